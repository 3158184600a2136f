package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func readme(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root(t), "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestReadmeNamesEveryDependencyAndWhy(t *testing.T) {
	mod, err := os.ReadFile(filepath.Join(root(t), "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	text := readme(t)
	direct := regexp.MustCompile(`(?m)^\t(\S+) v\S+$`)
	for _, m := range direct.FindAllStringSubmatch(string(mod), -1) {
		if !strings.Contains(text, "| `"+m[1]+"` |") {
			t.Errorf("README's dependency table has no row for %s", m[1])
		}
	}
	npm, err := os.ReadFile(filepath.Join(root(t), ".ci", "package.json"))
	if err != nil {
		t.Fatal(err)
	}
	asked, _, _ := strings.Cut(string(npm), `"overrides"`) // what others ask for by "latest" is pinned there
	for _, m := range regexp.MustCompile(`"([@a-z/-]+)": "\d`).FindAllStringSubmatch(asked, -1) {
		if !strings.Contains(text, "| `"+m[1]+"` |") {
			t.Errorf("README's dependency table has no row for %s", m[1])
		}
	}
}

func TestReadmeTourNamesEveryPackage(t *testing.T) {
	text := readme(t)
	for _, p := range listPackages(t) {
		folder := strings.TrimPrefix(p.ImportPath, "rootwalk/")
		if !strings.Contains(text, "`"+folder+"`") {
			t.Errorf("README's tour does not mention `%s`", folder)
		}
	}
}

func TestReadmeLinksLeadSomewhere(t *testing.T) {
	for _, m := range regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(readme(t), -1) {
		if _, err := os.Stat(filepath.Join(root(t), m[1])); err != nil {
			t.Errorf("README links to %s: %v", m[1], err)
		}
	}
}

func TestReadmeFlagsExist(t *testing.T) {
	var out strings.Builder
	run(t.Context(), []string{"serve", "-h"}, noEnv, &out, &out)
	run(t.Context(), []string{"lookup", "-h"}, noEnv, &out, &out)
	run(t.Context(), []string{"open", "-h"}, noEnv, &out, &out)
	run(t.Context(), []string{"dns", "-h"}, noEnv, &out, &out)
	for _, m := range regexp.MustCompile(`rootwalk (?:serve|lookup|open|dns)?[^\n`+"`"+`]*? (-[a-z-]+)`).FindAllStringSubmatch(readme(t), -1) {
		if m[1] != "-h" && !strings.Contains(out.String(), "\n  "+m[1]+" ") && !strings.Contains(out.String(), "\n  "+m[1]+"\n") {
			t.Errorf("README uses the flag %s, which the help does not list", m[1])
		}
	}
}
