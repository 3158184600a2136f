// Package static ships what browsers download unchanged: modules, style
// sheets, custom elements, the words of both languages, the schema of trace
// files and the recorded example. There is no build step: what lies in this
// folder is what runs.
//
// Files have content ETags and are revalidated at each use, since the imports
// inside modules cannot carry a version in their names.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

//go:embed css elements example i18n js schema
var embedded embed.FS

// FS is all embedded files, by their path below this folder.
var FS fs.FS = embedded

// types are told here because a machine's own table may be missing or wrong.
var types = map[string]string{
	".js":   "text/javascript; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".json": "application/json; charset=utf-8",
	".svg":  "image/svg+xml",
	".png":  "image/png",
	".ico":  "image/x-icon",
}

// served reports whether a file is for browsers; notes and type
// configurations live beside the code they are about.
func served(name string) bool { return types[path.Ext(name)] != "" }

// asset is one file, ready to be served.
type asset struct {
	body, zipped []byte // zipped is nil where that would be no shorter
	etag, kind   string
}

// table is made at the first request, so that commands which serve nothing
// do not pay for it.
var table = sync.OnceValue(func() map[string]*asset {
	t := map[string]*asset{}
	_ = fs.WalkDir(FS, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !served(name) {
			return nil
		}
		body, err := fs.ReadFile(FS, name)
		if err != nil {
			return nil
		}
		sum := sha256.Sum256(body)
		kind := types[path.Ext(name)]
		if kind == "" {
			kind = mime.TypeByExtension(path.Ext(name))
		}
		t[name] = &asset{body: body, zipped: zip(body), kind: kind, etag: `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`}
		return nil
	})
	return t
})

func zip(body []byte) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil
	}
	if _, err := w.Write(body); err != nil || w.Close() != nil || b.Len() >= len(body) {
		return nil
	}
	return b.Bytes()
}

// Handler serves the files; the request's path is the path below this folder.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := table()[strings.TrimPrefix(r.URL.Path, "/")]
		if a == nil {
			http.NotFound(w, r)
			return
		}
		head := w.Header()
		head.Set("Content-Type", a.kind)
		head.Set("Cache-Control", "no-cache")
		head.Set("Vary", "Accept-Encoding")
		head.Set("ETag", a.etag)
		if matches(r.Header.Get("If-None-Match"), a.etag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		body := a.body
		if a.zipped != nil && acceptsGzip(r.Header.Get("Accept-Encoding")) {
			head.Set("Content-Encoding", "gzip")
			body = a.zipped
		}
		head.Set("Content-Length", strconv.Itoa(len(body)))
		if r.Method != http.MethodHead {
			_, _ = w.Write(body)
		}
	})
}

// matches compares as If-None-Match does: weakly (RFC 9110 §13.1.2).
func matches(header, etag string) bool {
	for candidate := range strings.SplitSeq(header, ",") {
		if c := strings.TrimPrefix(strings.TrimSpace(candidate), "W/"); c == etag || c == "*" {
			return true
		}
	}
	return false
}

func acceptsGzip(header string) bool {
	for item := range strings.SplitSeq(header, ",") {
		coding, weight, _ := strings.Cut(strings.TrimSpace(item), ";")
		if coding == "gzip" || coding == "*" {
			w := strings.ReplaceAll(weight, " ", "")
			return w != "q=0" && !strings.HasPrefix(w, "q=0.0")
		}
	}
	return false
}

// Styles are the addresses of the style sheets in the order they apply: the
// folder css by name, then the elements.
func Styles() []string { return list("css", ".css", "elements", ".css") }

// Modules are the addresses of all modules of the page.
func Modules() []string { return list("js", ".js", "elements", ".js") }

// list is the addresses of the files with the given endings in two folders.
func list(pairs ...string) []string {
	var out []string
	for i := 0; i < len(pairs); i += 2 {
		_ = fs.WalkDir(FS, pairs[i], func(name string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && path.Ext(name) == pairs[i+1] && path.Base(name) != "event-types.js" {
				out = append(out, "/static/"+name)
			}
			return nil
		})
	}
	return out
}

// File reads one embedded file that this program cannot do without.
func File(name string) []byte {
	b, err := fs.ReadFile(FS, name)
	if err != nil {
		panic("static: " + err.Error()) // it was embedded when the program was built
	}
	return b
}
