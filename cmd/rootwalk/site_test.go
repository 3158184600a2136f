package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rootwalk/lookup"
)

func TestMain(m *testing.M) {
	if part := os.Getenv(helperVariable); part != "" {
		os.Exit(helper(part))
	}
	goleak.VerifyTestMain(m)
}

// site is a running program with a client that follows no redirects.
type site struct {
	t      *testing.T
	p      *Program
	client *http.Client
	live   *http.Client // of sockets, where it differs
	at     string       // its address, where it is another process
}

func startSite(t *testing.T) *site {
	t.Helper()
	p, err := Start(Config{Addr: "127.0.0.1:0", LabSpeed: 0, Seed: 1, RoomIdle: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	tr := &http.Transport{}
	s := &site{t: t, p: p, client: &http.Client{Transport: tr, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	t.Cleanup(func() {
		tr.CloseIdleConnections()
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *site) url(path string) string {
	at := s.at
	if at == "" {
		at = s.p.URL()
	}
	return strings.TrimSuffix(at, "/") + path
}

func (s *site) do(method, path, contentType, body string, header ...string) (*http.Response, string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url(path), strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
		r.Header.Set(header[i], header[i+1])
	}
	res, err := s.client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res, string(b)
}

func (s *site) get(path string, header ...string) (*http.Response, string) {
	s.t.Helper()
	return s.do("GET", path, "", "", header...)
}

// lookup runs a question by JSON and returns its trace.
func (s *site) lookup(name, rrtype string) lookup.TraceFile {
	s.t.Helper()
	body, _ := json.Marshal(map[string]string{"name": name, "type": rrtype, "network": "lab"})
	res, text := s.do("POST", "/lookups", "application/json", string(body))
	if res.StatusCode != http.StatusCreated {
		s.t.Fatalf("%s %s: %d %s", name, rrtype, res.StatusCode, text)
	}
	f, err := lookup.ReadTraceFile([]byte(text))
	if err != nil {
		s.t.Fatal(err)
	}
	if want := "/lookups/" + f.ID; res.Header.Get("Location") != want {
		s.t.Errorf("Location %q, want %q", res.Header.Get("Location"), want)
	}
	return f
}

func finished(t *testing.T, f lookup.TraceFile) lookup.LookupFinished {
	t.Helper()
	end, ok := f.Events[len(f.Events)-1].Fact.(lookup.LookupFinished)
	if !ok {
		t.Fatalf("the last fact is a %T", f.Events[len(f.Events)-1].Fact)
	}
	return end
}

// asked lists the zones whose servers the resolvers sent a query to.
func asked(f lookup.TraceFile) (zones []string) {
	for _, e := range f.Events {
		if q, ok := e.Fact.(lookup.QuerySent); ok && q.By == lookup.RoleResolver {
			zones = append(zones, string(q.Zone))
		}
	}
	return zones
}
