package static

import (
	"bytes"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Page is what a page loads before anything is asked of it. It follows from
// the page's entry module alone: every module that one imports, directly or
// not, and the styles of every element among them. What a page loads by need
// (js/session.js) is not part of it.
type Page struct {
	Main    string   // address of the entry module
	Styles  []string // addresses of style sheets
	Modules []string // addresses of all module files, the entry first
}

// PageOf is the page that starts with an entry module, such as "js/main.js".
// An entry that does not exist is a fault of this program.
func PageOf(entry string) Page {
	p := pages()[entry]
	if p == nil {
		panic("static: no page starts with " + entry)
	}
	return *p
}

// pages are all pages by their entry module.
var pages = sync.OnceValue(func() map[string]*Page {
	all := map[string]*Page{}
	for _, entry := range pageEntries() {
		p := &Page{Main: "/static/" + entry, Styles: []string{"/static/" + stylesOf(entry)}}
		for _, m := range bundled().modules[entry] {
			p.Modules = append(p.Modules, "/static/"+m)
		}
		all[entry] = p
	}
	return all
})

// stylesOf names the style sheets of a page as one: twenty small files would
// cost more on the way than they hold.
func stylesOf(entry string) string {
	return "page/" + strings.TrimSuffix(path.Base(entry), ".js") + ".css"
}

var (
	imported = regexp.MustCompile(`(?m)^(?:import|export)\b[^'"()]*['"](\.{1,2}/[^'"]+)['"]`)
	styled   = regexp.MustCompile(`(?m)^//rw:styles (.+)$`)
)

// modulesOf lists a module and all that it imports, each once.
func modulesOf(entry string) []string {
	var out []string
	var visit func(name string)
	visit = func(name string) {
		if slices.Contains(out, name) {
			return
		}
		out = append(out, name)
		for _, m := range imported.FindAllSubmatch(File(name), -1) {
			visit(path.Join(path.Dir(name), string(m[1])))
		}
	}
	visit(entry)
	return out
}

// joined is the styles of a page in the order they apply: the folder css by
// name, then the elements. An element is a folder; one that is only styles is
// named by the entry module in a line "//rw:styles line-legend".
func joined(entry string) []byte {
	names := list("css", ".css")
	var folders []string
	for _, m := range modulesOf(entry) {
		if strings.HasPrefix(m, "elements/") {
			folders = append(folders, path.Dir(m))
		}
		for _, line := range styled.FindAllSubmatch(File(m), -1) {
			for _, element := range strings.Fields(string(line[1])) {
				folders = append(folders, "elements/"+element)
			}
		}
	}
	slices.Sort(folders)
	for _, folder := range slices.Compact(folders) {
		names = append(names, list(folder, ".css")...)
	}
	var b bytes.Buffer
	for _, name := range names {
		b.Write(File(name))
		b.WriteByte('\n')
	}
	return b.Bytes()
}
