package lookuptest_test

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"rootwalk/lookup/lookuptest"
)

var update = flag.Bool("update", false, "write the transcripts that the scenarios give")

func TestMain(m *testing.M) {
	flag.Parse()
	goleak.VerifyTestMain(m)
}

func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			s, err := lookuptest.ReadScenario(path)
			if err != nil {
				t.Fatal(err)
			}
			got, err := s.Run(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if *update {
				if err := s.Write(path, got); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != s.Transcript {
				t.Errorf("transcript differs (-update rewrites it):\n%s", diff(s.Transcript, got))
			}
		})
	}
}

// diff shows the first lines that differ.
func diff(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := 0; i < len(w) || i < len(g); i++ {
		at := func(lines []string) string {
			if i < len(lines) {
				return lines[i]
			}
			return "(end)"
		}
		if at(w) != at(g) {
			return "want " + at(w) + "\ngot  " + at(g)
		}
	}
	return ""
}

// Each scenario says which RFC it is about, and the list of rules names it.
func TestScenariosAreListedByRule(t *testing.T) {
	list, err := os.ReadFile("testdata/README.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	rfc, known := regexp.MustCompile(`RFC \d{3,4}|No RFC`), map[string]bool{}
	for _, path := range files {
		s, err := lookuptest.ReadScenario(path)
		if err != nil {
			t.Fatal(err)
		}
		if comment, _, _ := strings.Cut(s.Script, "\nlookup "); !rfc.MatchString(comment) {
			t.Errorf("%s names no RFC", path)
		}
		name := strings.TrimSuffix(filepath.Base(path), ".txtar")
		known[name] = true
		if !strings.Contains(string(list), "`"+name+"`") {
			t.Errorf("%s stands beside no rule", name)
		}
	}
	for line := range strings.Lines(string(list)) {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| rule") {
			continue
		}
		cells := strings.Split(line, "|")
		for _, m := range regexp.MustCompile("`([a-z_0-9]+)`").FindAllStringSubmatch(cells[3], -1) {
			if !known[m[1]] && !strings.HasSuffix(m[1], "_") {
				t.Errorf("there is no scenario %s", m[1])
			}
		}
	}
}
