package static

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/evanw/esbuild/pkg/api"
)

// bundle is what browsers get of the modules: some fifty files of which half
// is explanation become a few without it. Modules that several pages share
// stay files of their own, so that a browser keeps them from one page to the
// next and nothing runs twice. Entry modules keep their names.
type bundle struct {
	files   map[string][]byte   // by path below this folder
	modules map[string][]string // of each entry: its file and those it imports, directly or not
}

// chunks is the folder of shared modules; their names carry a hash of what
// they hold.
const chunks = "js/shared/"

// bundled is made at the first request, so that commands which serve nothing
// do not pay for it. It takes some tens of milliseconds.
var bundled = sync.OnceValue(func() *bundle {
	entries := slices.Concat(pageEntries(), byNeed())
	result := api.Build(api.BuildOptions{
		EntryPoints: entries, Outdir: "/", Outbase: "/", EntryNames: "[dir]/[name]", ChunkNames: chunks + "[hash]",
		Bundle: true, Splitting: true, Format: api.FormatESModule, Target: api.ES2023, Charset: api.CharsetUTF8, LegalComments: api.LegalCommentsNone,
		MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true,
		Metafile: true, LogLevel: api.LogLevelSilent, AbsWorkingDir: "/",
		Plugins: []api.Plugin{{Name: "embedded", Setup: fromEmbedded}},
	})
	if len(result.Errors) > 0 {
		panic(fmt.Sprintf("static: modules: %s", result.Errors[0].Text)) // a test bundles the same files
	}
	b := &bundle{files: map[string][]byte{}, modules: map[string][]string{}}
	for _, f := range result.OutputFiles {
		b.files[strings.TrimPrefix(f.Path, "/")] = f.Contents
	}
	var meta struct {
		Outputs map[string]struct {
			Imports []struct{ Path, Kind string }
		}
	}
	if err := json.Unmarshal([]byte(result.Metafile), &meta); err != nil {
		panic("static: " + err.Error())
	}
	for _, entry := range entries {
		var out []string
		var visit func(name string)
		visit = func(name string) {
			if slices.Contains(out, name) {
				return
			}
			out = append(out, name)
			for _, i := range meta.Outputs[name].Imports {
				if i.Kind == "import-statement" {
					visit(i.Path)
				}
			}
		}
		visit(entry)
		b.modules[entry] = out
	}
	return b
})

// fromEmbedded lets the bundler read the embedded files instead of a disk.
func fromEmbedded(build api.PluginBuild) {
	build.OnResolve(api.OnResolveOptions{Filter: ".*"}, func(a api.OnResolveArgs) (api.OnResolveResult, error) {
		if a.Kind == api.ResolveEntryPoint {
			return api.OnResolveResult{Path: "/" + a.Path, Namespace: "file"}, nil
		}
		if a.Kind == api.ResolveJSDynamicImport && !strings.HasPrefix(a.Path, ".") {
			return api.OnResolveResult{Path: a.Path, External: true}, nil
		}
		return api.OnResolveResult{Path: path.Join(path.Dir(a.Importer), a.Path), Namespace: "file"}, nil
	})
	build.OnLoad(api.OnLoadOptions{Filter: `\.js$`}, func(a api.OnLoadArgs) (api.OnLoadResult, error) {
		body, err := fs.ReadFile(FS, strings.TrimPrefix(a.Path, "/"))
		if err != nil {
			return api.OnLoadResult{}, err
		}
		text := string(body)
		return api.OnLoadResult{Contents: &text, Loader: api.LoaderJS}, nil
	})
}

// pageEntries are the modules that pages start with: the sheet's, and one for
// each detail sheet.
func pageEntries() []string { return append([]string{"js/main.js"}, list("js/sheets", ".js")...) }

// byNeed are the elements that no page has from the start.
func byNeed() []string {
	from := map[string]bool{}
	for _, entry := range pageEntries() {
		for _, m := range modulesOf(entry) {
			from[m] = true
		}
	}
	var out []string
	for _, m := range list("elements", ".js") {
		folder := path.Base(path.Dir(m))
		if !from[m] && path.Base(m) == folder+".js" {
			out = append(out, m)
		}
	}
	return out
}
