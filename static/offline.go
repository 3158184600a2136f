package static

import (
	"bytes"
	"fmt"
	"slices"
	"sync"

	"github.com/evanw/esbuild/pkg/api"
)

// offlineEntry is the page that replays a trace from a file. It has to work
// without a network, so all its modules, the very ones that the site runs,
// become one script.
const offlineEntry = "js/offline.js"

// Offline is the script and the styles of that page.
func Offline() (script, style []byte) { return offline().script, offline().style }

// OfflineWords reports whether that page says words of a family, the first part
// of their keys: those that are common, without what only a server can bring
// about.
func OfflineWords(family string) bool {
	switch family {
	case "error", "example", "form", "outside", "share", "sheets", "strip", "clock", "details":
		return false
	}
	return !slices.Contains(Parts, family) && !slices.Contains(serverOnly, family)
}

var offline = sync.OnceValue(func() (o struct{ script, style []byte }) {
	result := api.Build(api.BuildOptions{
		EntryPoints: []string{offlineEntry}, Outdir: "/", Outbase: "/",
		Bundle: true, Format: api.FormatIIFE, Target: api.ES2023, Charset: api.CharsetUTF8, LegalComments: api.LegalCommentsNone,
		MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true,
		LogLevel: api.LogLevelSilent, AbsWorkingDir: "/",
		Plugins: []api.Plugin{{Name: "embedded", Setup: fromEmbedded}},
	})
	if len(result.Errors) > 0 || len(result.OutputFiles) != 1 {
		panic(fmt.Sprintf("static: offline: %v", result.Errors)) // a test joins the same files
	}
	o.script = bytes.TrimSpace(result.OutputFiles[0].Contents)
	o.style = bytes.TrimSpace(slim("offline.css", joined(offlineEntry)))
	return o
})
