package static

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	says = []*regexp.Regexp{
		regexp.MustCompile(`\btell\((?:this, )?'([a-z-]+)'`), // js/dom.js: tell, and what elements make of it
		regexp.MustCompile(`CustomEvent\('rw:([a-z-]+)'`),
	}

	quoted  = regexp.MustCompile("`([^`\n]+)`")
	ofFile  = regexp.MustCompile(`^[\w./<>-]+\.(?:js|go|templ|css|json)$`)
	defines = regexp.MustCompile(`customElements\.define\('([a-z-]+)'`)
)

// TestElementsAreDescribed keeps the note of each element true as far as a
// machine can tell: there is one; it names every element that the folder
// defines, every event that the element says, and every module beside the
// element's own; and every file that it names exists.
func TestElementsAreDescribed(t *testing.T) {
	folders, err := fs.ReadDir(FS, "elements")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range folders {
		folder, name := path.Join("elements", d.Name()), d.Name()
		b, err := fs.ReadFile(FS, path.Join(folder, name+".md"))
		if err != nil {
			t.Errorf("%s: no %s.md says what it is", folder, name)
			continue
		}
		note := string(b)
		if !strings.HasPrefix(note, "# ") || !strings.Contains(strings.SplitN(note, "\n", 2)[0], name) {
			t.Errorf("%s.md does not begin with the element's name", name)
		}
		if note = strings.SplitN(note, "\n", 2)[1]; len(strings.Fields(note)) < 10 {
			t.Errorf("%s.md says next to nothing", name)
		}
		scripts := list(folder, ".js")
		if len(scripts) == 0 && len(list(folder, ".css")) == 0 {
			t.Errorf("%s has neither a script nor a style", folder)
		}
		for _, m := range scripts {
			code := string(File(m))
			for _, def := range defines.FindAllStringSubmatch(code, -1) {
				if def[1] != name && !strings.Contains(string(b), def[1]) {
					t.Errorf("%s.md: <%s> is not spoken of", name, def[1])
				}
			}
			if own := path.Base(m); own != name+".js" && !strings.Contains(note, own) {
				t.Errorf("%s.md: %s is not spoken of", name, own)
			}
			for _, said := range says {
				for _, event := range said.FindAllStringSubmatch(code, -1) {
					if !saidIn(note, event[1]) {
						t.Errorf("%s.md: rw:%s is not spoken of, which %s says", name, event[1], m)
					}
				}
			}
		}
		for _, q := range quoted.FindAllStringSubmatch(note, -1) {
			if ofFile.MatchString(q[1]) && !strings.Contains(q[1], "<") && !exists(folder, q[1]) {
				t.Errorf("%s.md speaks of %s, and there is no such file", name, q[1])
			}
		}
	}
}

// saidIn reports whether a note names an event, as a word of its own.
func saidIn(note, event string) bool {
	return slices.ContainsFunc(strings.FieldsFunc(note, func(r rune) bool {
		return r != ':' && r != '-' && (r < 'a' || r > 'z')
	}), func(word string) bool { return word == "rw:"+event })
}

// exists reports whether a file that a note names is there: beside the note,
// in this folder, or from the repository's root.
func exists(folder, name string) bool {
	for _, at := range []string{folder, ".", ".."} {
		if _, err := os.Stat(path.Join(at, name)); err == nil {
			return true
		}
	}
	return false
}
