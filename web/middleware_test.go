package web

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

func at(addr string) net.Addr { return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(addr)) }

func TestHostsAreChecked(t *testing.T) {
	for _, c := range []struct {
		listen string
		extra  []string
		host   string
		want   bool
	}{
		{"127.0.0.1:8080", nil, "127.0.0.1:8080", true},
		{"127.0.0.1:8080", nil, "localhost:8080", true},
		{"127.0.0.1:8080", nil, "LOCALHOST:8080", true},
		{"127.0.0.1:8080", nil, "localhost", true},
		{"127.0.0.1:8080", nil, "localhost:8081", false},
		{"127.0.0.1:8080", nil, "evil.example:8080", false},
		{"127.0.0.1:8080", nil, "127.0.0.1.evil.example:8080", false},
		{"127.0.0.1:8080", nil, "", false},
		{"127.0.0.1:80", nil, "127.0.0.1", true},
		{"[::1]:8080", nil, "[::1]:8080", true},
		{"127.0.0.1:8080", []string{"class.example"}, "class.example", true},
		{"127.0.0.1:8080", []string{"class.example"}, "class.example:443", true},
		{"127.0.0.1:8080", []string{"class.example"}, "other.example", false},
		{"0.0.0.0:8080", nil, "127.0.0.1:8080", true},
		{"0.0.0.0:8080", nil, "203.0.113.77:8080", false}, // not an address of this machine
		{"0.0.0.0:8080", nil, "evil.example:8080", false},
		{"192.0.2.7:8080", nil, "192.0.2.7:8080", true},
		{"192.0.2.7:8080", nil, "localhost:8080", false},
	} {
		if got := newOrigins(at(c.listen), c.extra).host(c.host); got != c.want {
			t.Errorf("listening on %s with %v: host %q is %v, want %v", c.listen, c.extra, c.host, got, c.want)
		}
	}
}

func TestThePortOfTheSchemeMayBeLeftOut(t *testing.T) {
	o := newOrigins(at("192.0.2.7:443"), nil)
	for host, want := range map[string]bool{"192.0.2.7": true, "192.0.2.7:443": true, "192.0.2.7:80": false, "evil.example": false} {
		if got := o.host(host); got != want {
			t.Errorf("host %q is %v", host, got)
		}
	}
	for origin, want := range map[string]bool{"https://192.0.2.7": true, "https://192.0.2.7:443": true, "http://192.0.2.7": false} {
		if got := o.allows(origin); got != want {
			t.Errorf("origin %q is %v", origin, got)
		}
	}
}

func TestOriginsAreChecked(t *testing.T) {
	o := newOrigins(at("127.0.0.1:8080"), []string{"class.example"})
	for origin, want := range map[string]bool{
		"http://127.0.0.1:8080":        true,
		"http://localhost:8080":        true,
		"https://class.example":        true,
		"":                             false,
		"null":                         false,
		"http://localhost":             false,
		"http://evil.example":          false,
		"http://evil.example:8080":     false,
		"file://127.0.0.1:8080":        false,
		"http://a@127.0.0.1:8080":      false,
		"http://127.0.0.1:8080/x":      false,
		"http://127.0.0.1:8080.e.test": false,
	} {
		if got := o.allows(origin); got != want {
			t.Errorf("origin %q is %v, want %v", origin, got, want)
		}
	}
}

func TestGuardRefusesOthers(t *testing.T) {
	o := newOrigins(at("127.0.0.1:8080"), nil)
	h := headers(o.guard(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) })))
	for _, c := range []struct {
		host, origin string
		want         int
	}{
		{"127.0.0.1:8080", "", 204},
		{"127.0.0.1:8080", "http://127.0.0.1:8080", 204},
		{"127.0.0.1:8080", "http://evil.example", 403},
		{"127.0.0.1:8080", "null", 403},
		{"evil.example", "", 421},
		{"evil.example", "http://evil.example", 421},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = c.host
		if c.origin != "" {
			r.Header.Set("Origin", c.origin)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("host %q origin %q: %d, want %d", c.host, c.origin, w.Code, c.want)
		}
		if w.Header().Get("Content-Security-Policy") == "" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Error("an answer without its headers")
		}
	}
}

// A sandboxed frame gets the parts of its page, and nothing else.
func TestGuardKnowsFrames(t *testing.T) {
	o := newOrigins(at("127.0.0.1:8080"), nil)
	h := o.guard(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	for _, c := range []struct {
		method, path, origin string
		want                 int
	}{
		{"GET", "/lookups/t1/framed/http/a.example/s.css", "null", 204},
		{"HEAD", "/lookups/t1/framed/measure.js", "null", 204},
		{"POST", "/lookups/t1/framed/measure.js", "null", 403},
		{"GET", "/lookups/t1/framed/measure.js", "http://evil.example", 403},
		{"GET", "/lookups/t1/draw", "null", 403},
		{"GET", "/lookups/t1.json", "null", 403},
		{"GET", "/live", "null", 403},
		{"GET", "/x/lookups/t1/framed/y", "null", 403},
		{"GET", "/lookups/framed/y", "null", 403},
		{"POST", "/lookups", "null", 403},
	} {
		r := httptest.NewRequest(c.method, c.path, nil)
		r.Host = "127.0.0.1:8080"
		r.Header.Set("Origin", c.origin)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s %s from %s: %d, want %d", c.method, c.path, c.origin, w.Code, c.want)
		}
	}
}

func TestAPanicBecomesA500(t *testing.T) {
	w := httptest.NewRecorder()
	recovered(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("x") })).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != 500 {
		t.Error(w.Code)
	}
}
