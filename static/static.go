// Package static ships what browsers download: modules, style sheets, custom
// elements, the words of both languages, the schema of trace files and the
// recorded example. There is no build step: the program itself joins the
// modules of a page and leaves comments out when it starts to serve
// (bundle.go), since half of these files is explanation and thirty phones on
// one network ask for them at once.
//
// Files have content ETags and are revalidated at each use; shared modules
// have a hash in their names and are kept.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

//go:embed css elements example framed i18n js schema
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

// icon is asked for again by browsers whenever the address changes, and a
// drawing's address changes with each step.
const icon = "css/icon.svg"

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
		if err != nil || d.IsDir() || !served(name) || path.Ext(name) == ".js" {
			return nil
		}
		body, err := fs.ReadFile(FS, name)
		if err != nil {
			return nil
		}
		if path.Dir(name) == "i18n" {
			addWords(t, name)
			return nil
		}
		t[name] = newAsset(name, slim(name, body))
		return nil
	})
	for name, body := range bundled().files {
		t[name] = newAsset(name, body)
	}
	for entry := range pages() {
		name := stylesOf(entry)
		t[name] = newAsset(name, slim(name, joined(entry)))
	}
	return t
})

// Warm prepares all files for serving, so that the first visitor does not
// wait for it. It takes some tens of milliseconds, once.
func Warm() { table() }

func newAsset(name string, body []byte) *asset {
	sum := sha256.Sum256(body)
	return &asset{body: body, zipped: zip(body), kind: types[path.Ext(name)], etag: `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`}
}

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
		switch name := strings.TrimPrefix(r.URL.Path, "/"); {
		case strings.HasPrefix(name, chunks):
			head.Set("Cache-Control", "public, max-age=31536000, immutable") // another content has another name
		case name == icon:
			head.Set("Cache-Control", "public, max-age=86400")
		default:
			head.Set("Cache-Control", "no-cache")
		}
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

// list is the files below a folder with an ending, by name.
func list(folder, ending string) []string {
	var out []string
	_ = fs.WalkDir(FS, folder, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && path.Ext(name) == ending {
			out = append(out, name)
		}
		return nil
	})
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
