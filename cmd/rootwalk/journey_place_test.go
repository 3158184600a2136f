package main

import (
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/lookup/lab"
	"rootwalk/lookup/lookuptest"
	"rootwalk/lookup/page"
)

// ask goes to an address, with HTTPS records, and returns the facts.
func ask(t *testing.T, in *labInternet, url string) (facts []lookup.Fact) {
	t.Helper()
	to, err := lookup.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	q, _, err := lookup.ParseQuestion(to.Host, "A")
	if err != nil {
		t.Fatal(err)
	}
	trace := lookup.NewTrace(lookup.TraceConfig{ID: "t"})
	in.Lookup(t.Context(), trace.Root(), room.Ask{Question: q, URL: to, Errand: lookup.ErrandConnect})
	trace.Finish()
	for _, e := range trace.Events() {
		facts = append(facts, e.Fact)
	}
	reached(t, facts)
	return facts
}

// reached is what must be true of a journey that got to its page in some way. What
// becomes of connections that were given up within a handshake is not looked at here.
func reached(t *testing.T, facts []lookup.Fact) {
	t.Helper()
	if end, ok := facts[len(facts)-1].(lookup.JourneyFinished); !ok || end.Outcome != "done" {
		t.Errorf("it ended with %+v", facts[len(facts)-1])
	}
	if s, f := len(lookuptest.Facts[lookup.FetchStarted](facts)), len(lookuptest.Facts[lookup.FetchFinished](facts)); s != f || s == 0 {
		t.Errorf("%d fetches began, %d ended", s, f)
	}
}

// HTTPS records are followed: aliases, ports, other hosts, hints, and what is left
// when nothing of that can be reached (RFC 9460 §3).
func TestHTTPSRecordsAreFollowed(t *testing.T) {
	in, err := openLab(labConfig{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	for name, want := range map[string]struct{ reasons, failed, at, tries string }{
		"www":      {"upgraded", "", "[2001:db8:80::23]:443 203.0.113.23:443", "first"},
		"alias":    {"alias used", "", "[2001:db8:80::23]:443 203.0.113.23:443", "first"},
		"port":     {"upgraded", "", "203.0.113.23:8443", ""},
		"pool":     {"upgraded", "", "[2001:db8:80::10]:443 203.0.113.10:443", "first"},
		"hint":     {"upgraded", "", "203.0.113.23:443", "hint"},
		"oldhint":  {"upgraded", "", "203.0.113.23:443", "hint found"},
		"fallback": {"upgraded spare spare", "gone.types.example:443 :80 :8444", "203.0.113.23:443", ""},
		"circle":   {"alias chain", "", "203.0.113.23:443", ""},
	} {
		t.Run(name, func(t *testing.T) {
			facts := ask(t, in, "http://"+name+".types.example/")
			if want.failed == "" {
				whole(t, facts)
			}
			var reasons, failed, tries []string
			for _, r := range lookuptest.Facts[lookup.ServiceRead](facts) {
				reasons = append(reasons, r.Reason)
			}
			for _, f := range lookuptest.Facts[lookup.ServiceFailed](facts) {
				failed = append(failed, f.Host+":"+strconv.Itoa(f.Port))
			}
			for _, a := range lookuptest.Facts[lookup.AttemptStarted](facts) {
				if a.Why != "delay" { // on a slow machine another family is tried too
					tries = append(tries, a.Why)
				}
			}
			var at netip.AddrPort // of the last connection that was there
			for _, c := range lookuptest.Facts[lookup.CallReturned](facts) {
				if c.Call == "connect" && c.Errno == "" && c.Remote.Port() != 53 {
					at = c.Remote
				}
			}
			got := strings.Join(reasons, " ") + "|" + strings.Join(failed, " ") + "|" + strings.Join(tries, " ")
			if got != want.reasons+"|"+want.failed+"|"+want.tries || !slices.Contains(strings.Fields(want.at), at.String()) {
				t.Errorf("%s at %s; want %+v", got, at, want)
			}
			sent := lookuptest.Facts[lookup.RequestSent](facts)
			if len(sent) != 1 || sent[0].URL != "https://"+name+".types.example/" {
				t.Errorf("%+v", sent)
			}
			// Whatever place it is, the certificate is the origin's.
			names := 0
			for _, c := range lookuptest.Facts[lookup.CertificateChecked](facts) {
				if c.Check == "name" && c.Passed && c.Wanted == name+".types.example" {
					names++
				}
			}
			if names == 0 {
				t.Error("nobody looked for whom the certificate is")
			}
		})
	}
}

// A place that cannot show a certificate of the origin is given up, in the first
// connection of a journey and in a later one.
func TestAnotherPlaceMustShowTheCertificate(t *testing.T) {
	in, err := openLab(labConfig{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	stray, err := lab.New(lab.Config{Seed: 2}) // its authority is nobody's here
	if err != nil {
		t.Fatal(err)
	}
	defer stray.Close()
	const port = 9443
	if err := in.lab.ServeTCP(port, func(_ lab.WebMachine, ln net.Listener) {
		server := http.Server{TLSConfig: stray.SecureConfig("h2", "http/1.1"), Handler: http.NotFoundHandler(), ErrorLog: log.New(io.Discard, "", 0)}
		_ = server.ServeTLS(ln, "", "") // until the lab is closed
		server.Close()
	}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ from, url string }{
		{"https://www.example.co.kr", "https://www.example.co.kr/other"},
		{"https://www.shop.example", "http://www.shop.example/secure"}, // a redirect leads to https
	} {
		a, err := page.Read(c.from)
		if err != nil {
			t.Fatal(err)
		}
		if _, why := in.pages.Services.Note(a, `h2="www.dual.example:9443"; ma=60`); why != "" {
			t.Fatal(why)
		}
		facts := trip(t, in, "", c.url)
		reached(t, facts)
		failed := lookuptest.Facts[lookup.ServiceFailed](facts)
		if len(failed) != 1 || failed[0].Host != "www.dual.example" || failed[0].Port != port {
			t.Errorf("%+v", failed)
		}
		for _, r := range lookuptest.Facts[lookup.RequestSent](facts) {
			for _, f := range r.Fields {
				if strings.EqualFold(f.Name, "Alt-Used") {
					t.Errorf("%+v", r)
				}
			}
		}
	}
}
