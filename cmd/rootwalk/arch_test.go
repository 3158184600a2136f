package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// The house as a test: who may know whom, and where each dependency lives.

// mayImport says which rooms a room may import, and why the edge is there.
// Packages are named by their folder; "x/..." is everything below x. A package
// that no line allows an import of ours may have none.
var mayImport = []struct{ from, to, why string }{
	{"lookup/...", "lookup", "everything speaks the vocabulary"},
	{"lookup/...", "lookup/message", "bytes and vocabulary are converted in one place"},
	{"lookup/lab", "lookup/lab/vnet", "the lab is built on the virtual network"},
	{"lookup/lab", "lookup/lab/auth", "the lab runs authoritative servers"},
	{"lookup/lab", "lookup/lab/sign", "the lab's servers sign what they send"},
	{"lookup/lab", "lookup/lab/hosting", "and somebody who looks after their zones"},
	{"lookup/lab/hosting", "lookup/lab/auth", "zones are put on authoritative servers"},
	{"templates", "lookup", "pages say facts"},
	{"handlers", "lookup", "commands become questions"},
	{"handlers", "templates", "handlers fill view models"},
	{"handlers", "lookup/export", "a trace leaves as a file"},
	{"handlers", "handlers/room", "rooms run things"},
	{"handlers/room", "lookup", "rooms keep traces"},
	{"web", "handlers", "routes lead to handlers"},
	{"web", "static", "routes lead to files"},
	{"cmd/...", "...", "the program wires everything"},
}

// mayImportInTests are further edges for test files only.
var mayImportInTests = []struct{ from, to, why string }{
	{"lookup/...", "lookup/...", "tests join the real pieces: the real servers start in milliseconds"},
	{"lookup", "static", "generated files and words are checked where they come from"},
	{"lookup/export", "static", "words"},
	{"templates", "static", "words"},
	{"handlers", "static", "words"},
}

// homes says where a dependency may be imported: one place, so that it can be
// replaced there.
var homes = map[string][]string{
	"github.com/go-chi/chi":         {"web"},
	"github.com/a-h/templ":          {"templates", "handlers"}, // handlers only hand components on
	"nhooyr.io/websocket":           {"handlers"},
	"github.com/miekg/dns":          {"lookup/..."},
	"gvisor.dev/gvisor":             {"lookup/lab/vnet"},
	"github.com/gopacket":           {"lookup/lab/vnet"},
	"github.com/evanw/esbuild":      {"static"},
	"golang.org/x/crypto":           {"lookup/page/secure"},
	"golang.org/x/net/idna":         {"lookup"},
	"github.com/nlnwa/whatwg-url":   {"lookup/page"},
	"golang.org/x/net/html":         {"lookup/page", "lookup/draw"}, // resources of a page; its tokens, and a second opinion on its tree
	"github.com/tdewolff/parse":     {"lookup/draw"},
	"golang.org/x/net/http2":        {"lookup/page", "lookup/lookuptest/hostile"},
	"golang.org/x/net/publicsuffix": {"lookup/page"},
	"golang.org/x/net/ipv4":         {"lookup/osnet"},
	"golang.org/x/net/ipv6":         {"lookup/osnet"},
	"golang.org/x/sys":              {"lookup/osnet"},
	"golang.org/x/text/language":    {"handlers"},
	"golang.org/x/time/rate":        {"handlers"},
	"rsc.io/qr":                     {"templates"},
}

// topLevel is what the first look at the repository may show.
var topLevel = []string{"cmd", "web", "handlers", "lookup", "static", "templates", "go.mod", "go.sum", "Dockerfile", "README.md"}

type listed struct {
	ImportPath                string
	Imports                   []string
	TestImports, XTestImports []string
}

func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func listPackages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", "./...")
	cmd.Dir = root(t)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// covers reports whether a pattern such as "lookup/..." means a folder. The
// folder itself is not below itself, but "..." is everything.
func covers(pattern, folder string) bool {
	if pattern == "..." {
		return true
	}
	if base, below := strings.CutSuffix(pattern, "/..."); below {
		return strings.HasPrefix(folder, base+"/")
	}
	return pattern == folder
}

func allowed(from, to string, tables ...[]struct{ from, to, why string }) bool {
	for _, table := range tables {
		for _, e := range table {
			if covers(e.from, from) && covers(e.to, to) {
				return true
			}
		}
	}
	return false
}

// forTests reports whether a package is there for tests only.
func forTests(folder string) bool {
	return folder == "lookup/lookuptest" || strings.HasPrefix(folder, "lookup/lookuptest/")
}

func TestImportsFollowTheHouse(t *testing.T) {
	for _, p := range listPackages(t) {
		from := strings.TrimPrefix(p.ImportPath, "rootwalk/")
		check := func(imports []string, tables ...[]struct{ from, to, why string }) {
			for _, i := range imports {
				if to, ours := strings.CutPrefix(i, "rootwalk/"); ours {
					if to != from && !allowed(from, to, tables...) {
						t.Errorf("%s imports %s: no line of the house allows it", from, to)
					}
				}
			}
		}
		tests := append(append([]string(nil), p.TestImports...), p.XTestImports...)
		if forTests(from) { // imported by tests only, so it is one
			check(p.Imports, mayImport, mayImportInTests)
		} else {
			check(p.Imports, mayImport)
		}
		check(tests, mayImport, mayImportInTests)
		for _, i := range p.Imports {
			if to := strings.TrimPrefix(i, "rootwalk/"); forTests(to) && !forTests(from) {
				t.Errorf("%s imports %s outside its tests", from, to)
			}
		}
	}
}

func TestEachDependencyHasOneHome(t *testing.T) {
	for _, p := range listPackages(t) {
		from := strings.TrimPrefix(p.ImportPath, "rootwalk/")
		if strings.HasPrefix(from, "cmd/") {
			continue
		}
		for _, i := range p.Imports {
			for dep, places := range homes {
				if i != dep && !strings.HasPrefix(i, dep+"/") {
					continue
				}
				ok := false
				for _, place := range places {
					ok = ok || covers(place, from)
				}
				if !ok {
					t.Errorf("%s imports %s, whose home is %s", from, i, strings.Join(places, ", "))
				}
			}
		}
	}
}

func TestOneFileKnowsTheWebSocketLibrary(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root(t), "handlers", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), `"nhooyr.io/websocket"`) && path.Base(f) != "live.go" && !strings.HasSuffix(f, "_test.go") {
			t.Errorf("%s imports the WebSocket library; only live.go may", f)
		}
	}
}

func TestTopLevelIsTheHouse(t *testing.T) {
	entries, err := os.ReadDir(root(t))
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, n := range topLevel {
		known[n] = true
	}
	for _, e := range entries {
		if n := e.Name(); !known[n] && !strings.HasPrefix(n, ".") {
			t.Errorf("%s stands at the top level", n)
		}
	}
}
