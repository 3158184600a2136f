package main

//lint:file-ignore SA1019 the WebSocket library is named by this project's owner; it is frozen, so few files know it

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"nhooyr.io/websocket"

	"rootwalk/lookup"
)

func TestTheFirstWalk(t *testing.T) {
	s := startSite(t)
	step := func(what, name string, wantStub int, want ...string) {
		t.Helper()
		f := s.lookup(name, "A")
		end := finished(t, f)
		if end.Outcome != lookup.OutcomeAnswer || end.StubQueries != wantStub || end.ResolverQueries != len(want) || fmt.Sprint(asked(f)) != fmt.Sprint(want) {
			t.Errorf("%s: %s after %d and %d queries, asked %v; want %d by the device and %v", what, end.Outcome, end.StubQueries, end.ResolverQueries, asked(f), wantStub, want)
		}
	}
	skip := func(seconds string) {
		t.Helper()
		if res, body := s.do("POST", "/clock", "application/x-www-form-urlencoded", "seconds="+seconds+"&back=/"); res.StatusCode != http.StatusSeeOther {
			t.Fatalf("skip: %d %s", res.StatusCode, body)
		}
	}
	step("cold", "www.example.co.kr", 1, ".", "kr.", "example.co.kr.") // kr's servers serve co.kr too: one level skipped
	step("again", "www.example.co.kr", 0)
	skip("300")
	step("after its TTL", "www.example.co.kr", 1, "example.co.kr.")
	step("another name of the zone", "ns2.example.co.kr", 1, "example.co.kr.")
	flush := func(cache string) {
		t.Helper()
		if res, _ := s.do("POST", "/flush", "application/x-www-form-urlencoded", "cache="+cache); res.StatusCode != http.StatusSeeOther {
			t.Fatal(res.StatusCode)
		}
	}
	flush("device")
	step("with the device's cache empty, but the browser's not", "www.example.co.kr", 0)
	flush("browser")
	step("with both of them empty", "www.example.co.kr", 1)
	flush("all")
	step("with all caches empty", "www.example.co.kr", 1, ".", "kr.", "example.co.kr.")
}

func TestPagesAndFiles(t *testing.T) {
	s := startSite(t)
	f := s.lookup("www.example.co.kr", "A")
	for path, want := range map[string]struct{ kind, text string }{
		"/":                             {"text/html; charset=utf-8", "www.example.co.kr"},
		"/?lang=ko":                     {"text/html; charset=utf-8", `lang="ko"`},
		"/lookups/" + f.ID:              {"text/html; charset=utf-8", "203.0.113.10"},
		"/lookups/" + f.ID + ".json":    {"application/json; charset=utf-8", `"kind":"referral.received"`},
		"/lookups/example":              {"text/html; charset=utf-8", "203.0.113.10"},
		"/schema/trace.json":            {"application/schema+json", `"$schema"`},
		"/healthz":                      {"text/plain; charset=utf-8", "ok"},
		"/static/js/main.js":            {"text/javascript; charset=utf-8", "customElements"},
		"/static/css/00-tokens.css":     {"text/css; charset=utf-8", "--ink"},
		"/static/i18n/ko.json":          {"application/json; charset=utf-8", "{"},
		"/lookups/" + f.ID + "?lang=ko": {"text/html; charset=utf-8", "질의"},
	} {
		res, body := s.get(path)
		if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != want.kind || !strings.Contains(body, want.text) {
			t.Errorf("GET %s: %d %s, has %q: %v", path, res.StatusCode, res.Header.Get("Content-Type"), want.text, strings.Contains(body, want.text))
		}
		if res.Header.Get("Content-Security-Policy") == "" {
			t.Errorf("GET %s: no content security policy", path)
		}
	}
	for path, want := range map[string]int{"/nowhere": 404, "/lookups/tnone": 404, "/lookups/tnone.json": 404, "/static/../go.mod": 404, "/static/static.go": 404, "/live": 403} {
		if res, _ := s.get(path); res.StatusCode != want {
			t.Errorf("GET %s: %d, want %d", path, res.StatusCode, want)
		}
	}
	for _, path := range []string{"/", "/healthz", "/lookups/example", "/lookups/example.json", "/schema/trace.json", "/static/js/main.js"} {
		if res, body := s.do("HEAD", path, "", ""); res.StatusCode != http.StatusOK || body != "" {
			t.Errorf("HEAD %s: %d, %d bytes", path, res.StatusCode, len(body))
		}
	}
	for request, allow := range map[string]string{"POST /": "GET, HEAD", "DELETE /lookups": "POST", "GET /flush": "POST", "PUT /static/js/main.js": "GET, HEAD", "BREW /healthz": "GET, HEAD"} {
		method, path, _ := strings.Cut(request, " ")
		if res, _ := s.do(method, path, "", ""); res.StatusCode != http.StatusMethodNotAllowed || res.Header.Get("Allow") != allow {
			t.Errorf("%s: %d, Allow %q, want %q", request, res.StatusCode, res.Header.Get("Allow"), allow)
		}
	}
	res, _ := s.get("/static/js/main.js")
	if res, _ := s.get("/static/js/main.js", "If-None-Match", res.Header.Get("ETag")); res.StatusCode != http.StatusNotModified {
		t.Errorf("with its ETag: %d", res.StatusCode)
	}
	res, _ = s.get("/static/js/main.js", "Accept-Encoding", "gzip")
	if res.Header.Get("Content-Encoding") != "gzip" {
		t.Error("not compressed")
	}
}

func TestAFormLeadsToTheDrawing(t *testing.T) {
	s := startSite(t)
	form := func(v url.Values) (*http.Response, string) {
		return s.do("POST", "/lookups", "application/x-www-form-urlencoded", v.Encode())
	}
	res, _ := form(url.Values{"name": {"한글.kr"}, "type": {"A"}})
	if res.StatusCode != http.StatusSeeOther {
		t.Fatal(res.StatusCode)
	}
	if _, body := s.get(res.Header.Get("Location")); !strings.Contains(body, "xn--bj0bj06e.kr") {
		t.Error("the drawing does not name the A-label")
	}
	res, _ = form(url.Values{"name": {"www.example"}, "type": {"A"}, "room": {"two"}, "lang": {"ko"}})
	if at := res.Header.Get("Location"); !strings.HasPrefix(at, "/lookups/t") || !strings.HasSuffix(at, "?lang=ko&room=two") {
		t.Errorf("a form of room two in Korean led to %q", at)
	} else if _, body := s.get(at); !strings.Contains(body, `data-room="two"`) || !strings.Contains(body, `lang="ko"`) {
		t.Error("the drawing is in another room or language")
	}
	if res, body := form(url.Values{"name": {""}, "type": {"A"}, "lang": {"ko"}}); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, `<html lang="ko"`) {
		t.Errorf("a bad name on a Korean page: %d in another language", res.StatusCode)
	}
	res, body := form(url.Values{"name": {"www..example"}, "type": {"A"}})
	if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, "www..example") || !strings.Contains(body, "two dots") {
		t.Errorf("a bad name: %d; the page has what was typed: %v", res.StatusCode, strings.Contains(body, "www..example"))
	}
	for body, code := range map[string]string{
		`{"name":"www..example"}`:              "label.empty",
		`{"name":""}`:                          "name.empty",
		`{"name":"a.example","type":"NOPE"}`:   "type.unknown",
		`{"name":"a.example","network":"x"}`:   "network.unknown",
		`{"name":"a.example","room":"../etc"}`: "room.name",
		`[`:                                    "command.malformed",
	} {
		res, text := s.do("POST", "/lookups", "application/json", body)
		var e struct{ Error struct{ Code, Text string } }
		if err := json.Unmarshal([]byte(text), &e); err != nil || res.StatusCode < 400 || e.Error.Code != code || e.Error.Text == "error."+code {
			t.Errorf("%s: %d %s", body, res.StatusCode, text)
		}
	}
	if res, _ := s.do("POST", "/lookups", "application/json", `{"name":"`+strings.Repeat("a", 70<<10)+`"}`); res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a huge body: %d", res.StatusCode)
	}
	if res, _ := form(url.Values{"name": {strings.Repeat("a", 70<<10)}}); res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a huge form: %d", res.StatusCode)
	}
}

// TestExamplesAreWorthTrying looks up every name that the page offers.
func TestExamplesAreWorthTrying(t *testing.T) {
	s := startSite(t)
	_, page := s.get("/")
	offered := regexp.MustCompile(`<option value="([^"]+)"[^>]* data-type="([^"]+)"`).FindAllStringSubmatch(page, -1)
	if len(offered) < 10 {
		t.Fatalf("the page offers %d names", len(offered))
	}
	for _, o := range offered {
		end := finished(t, s.lookup(html.UnescapeString(o[1]), o[2]))
		if end.Outcome != lookup.OutcomeAnswer && end.Outcome != lookup.OutcomeNxdomain && end.Outcome != lookup.OutcomeNodata {
			t.Errorf("%s %s: %s", o[1], o[2], end.Outcome)
		}
	}
}

func TestOtherSitesAreRefused(t *testing.T) {
	s := startSite(t)
	if res, _ := s.get("/", "Host", "evil.example"); res.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("another host: %d", res.StatusCode)
	}
	if res, _ := s.do("POST", "/lookups", "application/json", `{"name":"a.example"}`, "Origin", "http://evil.example"); res.StatusCode != http.StatusForbidden {
		t.Errorf("another origin: %d", res.StatusCode)
	}
	if res, _ := s.do("POST", "/flush", "application/x-www-form-urlencoded", "cache=all", "Sec-Fetch-Site", "cross-site"); res.StatusCode != http.StatusForbidden {
		t.Errorf("a cross-site form: %d", res.StatusCode)
	}
	if res, _ := s.do("POST", "/flush", "application/x-www-form-urlencoded", "cache=all&back=//evil.example/"); res.Header.Get("Location") != "/" {
		t.Errorf("a form led to %q", res.Header.Get("Location"))
	}
	for _, origin := range []string{"", "null", "http://evil.example", "https://" + strings.TrimPrefix(s.url(""), "http://") + ".evil.example"} {
		h := http.Header{}
		if origin != "" {
			h.Set("Origin", origin)
		}
		if c, _, err := websocket.Dial(t.Context(), s.url("/live"), &websocket.DialOptions{HTTPClient: s.client, HTTPHeader: h}); err == nil {
			c.CloseNow()
			t.Errorf("a socket from origin %q was let in", origin)
		}
	}
}
