package static

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strings"
	"testing"
)

func get(t *testing.T, target string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest("GET", target, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w
}

func TestEveryFileIsServedSlim(t *testing.T) {
	err := fs.WalkDir(FS, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !served(name) || path.Ext(name) == ".js" {
			return err
		}
		w := get(t, "/"+name)
		if w.Code != http.StatusOK || w.Header().Get("ETag") == "" || w.Header().Get("Content-Type") != types[path.Ext(name)] {
			t.Errorf("%s: %d %v", name, w.Code, w.Header())
		}
		if _, err := slimmed(name, File(name)); err != nil {
			t.Error(err)
		}
		if path.Ext(name) == ".json" && !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s is no JSON any more", name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestNotesAndGoFilesStayHere(t *testing.T) {
	for _, name := range []string{"/static.go", "/css/README.md", "/js/README.md", "/nothing.js", "/", "/js", "/../go.mod"} {
		if w := get(t, name); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
}

func TestRevalidationAndCompression(t *testing.T) {
	name := PageOf("js/main.js").Main[len("/static"):]
	plain := get(t, name)
	if w := get(t, name, "If-None-Match", `"x", W/`+plain.Header().Get("ETag")); w.Code != http.StatusNotModified || w.Body.Len() != 0 {
		t.Errorf("with its ETag: %d, %d bytes", w.Code, w.Body.Len())
	}
	zipped := get(t, name, "Accept-Encoding", "br, gzip;q=0.5")
	if zipped.Header().Get("Content-Encoding") != "gzip" || zipped.Body.Len() >= plain.Body.Len() {
		t.Error("not compressed")
	}
	for _, refused := range []string{"", "br", "gzip;q=0", "gzip; q=0.0"} {
		if w := get(t, name, "Accept-Encoding", refused); w.Header().Get("Content-Encoding") != "" {
			t.Errorf("compressed for %q", refused)
		}
	}
	r := httptest.NewRequest("HEAD", name, nil)
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	if w.Body.Len() != 0 {
		t.Error("HEAD has a body")
	}
}

func TestEveryPageIsLight(t *testing.T) {
	size := func(addresses []string) (n int) {
		for _, a := range addresses {
			w := get(t, strings.TrimPrefix(a, "/static"), "Accept-Encoding", "gzip")
			if w.Code != http.StatusOK {
				t.Errorf("%s: %d", a, w.Code)
			}
			n += w.Body.Len()
		}
		return n
	}
	for entry, p := range pages() {
		scripts, styles := size(p.Modules), size(p.Styles)
		t.Logf("%s, gzip: scripts %d bytes, styles %d bytes", entry, scripts, styles)
		if scripts > 60<<10 {
			t.Errorf("the scripts of %s take %d bytes; 60 KiB is the limit", entry, scripts)
		}
		if styles > 12<<10 {
			t.Errorf("the styles of %s take %d bytes; 12 KiB is the limit", entry, styles)
		}
	}
}

func TestWordsComeInParts(t *testing.T) {
	for _, lang := range []string{"en", "ko"} {
		var all map[string]string
		if err := json.Unmarshal(File("i18n/"+lang+".json"), &all); err != nil {
			t.Fatal(err)
		}
		read := func(name string) map[string]string {
			var words map[string]string
			if err := json.Unmarshal(get(t, name).Body.Bytes(), &words); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			return words
		}
		n := len(read("/i18n/" + lang + ".json"))
		for _, p := range Parts {
			words := read("/i18n/" + lang + "/" + p + ".json")
			if len(words) == 0 {
				t.Errorf("no words in part %s of %s", p, lang)
			}
			n += len(words)
		}
		for key := range all {
			if slices.Contains(serverOnly, Family(key)) {
				n++
			}
		}
		if n != len(all) {
			t.Errorf("%s: %d words in parts, %d in the file", lang, n, len(all))
		}
	}
}

// The page asks for the words of the facts that a trace has, by the same list.
func TestWordsOfFactsComeWithThem(t *testing.T) {
	module := string(File("js/word-parts.js"))
	for part, nouns := range factLines {
		if want := "(" + strings.Join(nouns, "|") + ")"; !strings.Contains(module, want) {
			t.Errorf("js/word-parts.js does not name %s as the facts of %q", want, part)
		}
	}
	for key, want := range map[string]string{
		"line.chain.judged.secure": "dnssec", "step.check.title": "dnssec", "step.query.why.dnssec.keys": "dnssec", "block.dnssec.bogus": "dnssec", "block.dnssec": "block",
		"line.race.begun": "errand", "step.errand.why": "errand", "line.zone.expired": "transfer", "line.query.sent.stub": "line", "step.query.why": "step",
	} {
		if got := Family(key); got != want {
			t.Errorf("%s belongs to %q, want %q", key, got, want)
		}
	}
}

func TestNothingIsFetchedFromElsewhere(t *testing.T) {
	for name, a := range table() {
		if strings.HasPrefix(name, "example/") || strings.HasPrefix(name, "schema/") {
			continue
		}
		for _, scheme := range []string{"https://", "http://"} {
			rest := a.body
			for {
				i := bytes.Index(rest, []byte(scheme))
				if i < 0 {
					break
				}
				rest = rest[i+len(scheme):]
				// Names of SVG's namespaces are never fetched; an address made of what was typed is only parsed.
				if !bytes.HasPrefix(rest, []byte("www.w3.org/")) && !bytes.HasPrefix(rest, []byte("${")) {
					t.Errorf("%s holds an address of elsewhere: %s%.30s", name, scheme, rest)
				}
			}
		}
	}
}

func TestAStepAsksForNothing(t *testing.T) {
	if c := get(t, "/"+icon).Header().Get("Cache-Control"); !strings.Contains(c, "max-age=") {
		t.Errorf("the icon is asked for at each step of a drawing: Cache-Control %q", c)
	}
	if c := get(t, "/i18n/en.json").Header().Get("Cache-Control"); c != "no-cache" {
		t.Errorf("words: Cache-Control %q", c)
	}
}
