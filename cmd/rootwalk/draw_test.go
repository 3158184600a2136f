package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"rootwalk/lookup"
	"rootwalk/lookup/lookuptest"
)

const formType = "application/x-www-form-urlencoded"

// opened opens an address and returns the trace of that.
func (s *site) opened(address string) lookup.TraceFile {
	s.t.Helper()
	body, _ := json.Marshal(map[string]string{"url": address, "network": "lab"})
	res, text := s.do("POST", "/lookups", "application/json", string(body))
	if res.StatusCode != http.StatusCreated {
		s.t.Fatalf("%s: %d %s", address, res.StatusCode, text)
	}
	f, err := lookup.ReadTraceFile([]byte(text))
	if err != nil {
		s.t.Fatal(err)
	}
	return f
}

// A page of the lab is framed under a policy of its own, and nothing else is.
func TestOnlyPagesOfTheLabAreFramed(t *testing.T) {
	s := startSite(t)
	f := s.opened("http://www.example.co.kr/page")
	under := "/lookups/" + f.ID
	host := strings.TrimPrefix(s.url(""), "http://")
	policy := func(r *http.Response) string { return r.Header.Get("Content-Security-Policy") }

	res, page := s.get(under + "/draw")
	src := under + "/framed/http/www.example.co.kr/page"
	if !strings.HasSuffix(policy(res), "; frame-src "+host+under+"/framed/") || !strings.Contains(page, `src="`+src+`"`) || !strings.Contains(page, `sandbox="allow-scripts"`) {
		t.Errorf("the sheet: %s", policy(res))
	}
	if res, page := s.get(under + "/request"); strings.Contains(policy(res), "frame-src") || strings.Contains(page, "<iframe") {
		t.Errorf("another sheet: %s", policy(res))
	}

	res, document := s.get(src)
	for _, want := range []string{"default-src 'none'; script-src " + host + under + "/framed/ 'unsafe-inline'; ", "form-action 'none'", "frame-ancestors 'self'", "sandbox allow-scripts"} {
		if !strings.Contains(policy(res), want) {
			t.Errorf("the framed page has no %s: %s", want, policy(res))
		}
	}
	if strings.Contains(policy(res), "allow-same-origin") || strings.Contains(policy(res), "connect-src") || res.Header.Get("X-Content-Type-Options") != "nosniff" || res.Header.Get("Cross-Origin-Opener-Policy") != "" {
		t.Errorf("the framed page: %v", res.Header)
	}
	if res.StatusCode != http.StatusOK || !strings.Contains(document, `<!doctype html><script async src="`+under+`/framed/measure.js"></script>`) || !strings.Contains(document, `href="`+under+`/framed/http/www.example.co.kr/page/style.css"`) {
		t.Errorf("%d %s", res.StatusCode, document)
	}
	var style string
	for _, e := range f.Events {
		if b, ok := e.Fact.(lookup.BodyFinished); ok && strings.HasPrefix(b.Media, "text/css") {
			style = string(b.Data)
		}
	}
	if res, body := s.get(under + "/framed/http/www.example.co.kr/page/style.css"); style == "" || body != style || res.Header.Get("Cross-Origin-Resource-Policy") != "cross-origin" {
		t.Errorf("the style sheet: %d, %q instead of %q", res.StatusCode, body, style)
	}
	if res, body := s.get(under + "/framed/measure.js"); res.StatusCode != http.StatusOK || !strings.Contains(body, "postMessage") {
		t.Errorf("the script that measures: %d", res.StatusCode)
	}
	walk := s.lookup("www.example.co.kr", "A")
	for _, path := range []string{under + "/framed/http/www.example.co.kr/other", under + "/framed/", under + "/framed/file/etc/passwd", "/lookups/" + walk.ID + "/framed/measure.js", "/lookups/example/framed/measure.js"} {
		if res, _ := s.get(path); res.StatusCode != http.StatusNotFound || strings.Contains(policy(res), "unsafe-inline") {
			t.Errorf("%s: %d, %s", path, res.StatusCode, policy(res))
		}
	}

	// The same trace as somebody's file: it may say that it is of the lab.
	_, file := s.get(under + ".json")
	res, _ = s.do("POST", "/traces", "application/json", strings.ReplaceAll(file, "text/css", "text/html"), "Accept", "text/html")
	brought := res.Header.Get("Location")
	if res.StatusCode != http.StatusSeeOther && res.StatusCode != http.StatusCreated {
		t.Fatalf("%d", res.StatusCode)
	}
	if res, page := s.get(brought + "/draw"); res.StatusCode != http.StatusOK || strings.Contains(policy(res), "frame-src") || strings.Contains(page, "<iframe") || !strings.Contains(page, "never executed") {
		t.Errorf("a file's page: %d, %s", res.StatusCode, policy(res))
	}
	for _, path := range []string{"/framed/http/www.example.co.kr/page", "/framed/measure.js"} {
		if res, _ := s.get(brought + path); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s of a file: %d", path, res.StatusCode)
		}
	}
	if res, _ := s.do("POST", brought+"/draw", formType, "kind=width&value=300"); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a file's page is drawn again: %d", res.StatusCode)
	}
}

// A change really runs the engine again, as a trace of its own.
func TestAPageIsDrawnAgain(t *testing.T) {
	s := startSite(t)
	f := s.opened("http://www.example.co.kr/page")
	redraw := func(form url.Values) (*http.Response, lookup.TraceFile) {
		res, _ := s.do("POST", "/lookups/"+f.ID+"/draw", formType, form.Encode())
		var out lookup.TraceFile
		if res.StatusCode == http.StatusSeeOther {
			to, _, _ := strings.Cut(strings.TrimPrefix(res.Header.Get("Location"), "/lookups/"), "/")
			_, text := s.get("/lookups/" + to + ".json")
			var err error
			if out, err = lookup.ReadTraceFile([]byte(text)); err != nil {
				t.Fatal(err)
			}
		}
		return res, out
	}
	heading := 0
	for _, e := range f.Events {
		if g, ok := e.Fact.(lookup.TreeGrown); ok {
			for _, n := range g.Nodes {
				if n.Name == "h1" {
					heading = n.ID
				}
			}
		}
	}
	if heading == 0 {
		t.Fatal("the journey drew no heading")
	}
	for _, c := range []struct {
		form       url.Values
		ran, still string // stages that must have run, and that must not
	}{
		{url.Values{"kind": {"width"}, "value": {"300"}}, "layout paint", "tree rules"},
		{url.Values{"kind": {"colour"}, "node": {strconv.Itoa(heading)}, "value": {"crimson"}}, "style paint", "tree layout"},
		{url.Values{"try": {"transform " + strconv.Itoa(heading) + " translateX(40px)"}}, "style layers", "tree layout"},
		{url.Values{"kind": {"text"}, "node": {strconv.Itoa(heading)}, "value": {"Rootwalk, a long title <b>"}}, "tree layout paint", "rules boxes"},
	} {
		res, out := redraw(c.form)
		if res.StatusCode != http.StatusSeeOther {
			t.Errorf("%v: %d", c.form, res.StatusCode)
			continue
		}
		ran := map[string]bool{}
		facts := lookuptest.Facts[lookup.StageFinished](factsOf(out.Events))
		for _, x := range facts {
			if x.Drawing == 2 {
				ran[x.Stage] = x.Ran
			}
		}
		for _, stage := range strings.Fields(c.ran) {
			if !ran[stage] {
				t.Errorf("%v: %s did not run: %+v", c.form, stage, facts)
			}
		}
		for _, stage := range strings.Fields(c.still) {
			if ran[stage] {
				t.Errorf("%v: %s ran again", c.form, stage)
			}
		}
		if res, page := s.get("/lookups/" + out.ID + "/draw"); res.StatusCode != http.StatusOK || !strings.Contains(page, "<iframe") || !strings.Contains(page, "After the change") {
			t.Errorf("%v: its sheet: %d", c.form, res.StatusCode)
		}
	}
	for _, bad := range []url.Values{{}, {"kind": {"script"}, "value": {"x"}}, {"kind": {"width"}, "value": {"1e9"}}, {"kind": {"width"}, "value": {"-5"}}, {"kind": {"colour"}, "node": {"x"}, "value": {"red"}},
		{"kind": {"colour"}, "node": {"1"}, "value": {strings.Repeat("r", 201)}}, {"kind": {"colour"}, "node": {"99999"}, "value": {"red"}}, {"try": {"width"}}} {
		if res, _ := redraw(bad); res.StatusCode != http.StatusUnprocessableEntity && res.StatusCode != http.StatusBadRequest {
			t.Errorf("%v: %d", bad, res.StatusCode)
		}
	}
	walk := s.lookup("www.example.co.kr", "A")
	if res, _ := s.do("POST", "/lookups/"+walk.ID+"/draw", formType, "kind=width&value=300"); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a lookup is drawn again: %d", res.StatusCode)
	}
}
