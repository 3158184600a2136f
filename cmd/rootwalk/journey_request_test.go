package main

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/lookuptest"
)

// surf opens addresses one after the other with one browser of one lab.
func surf(t *testing.T, version string, urls ...string) (trips [][]lookup.Fact, in *labInternet) {
	t.Helper()
	in, err := openLab(labConfig{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	for _, url := range urls {
		trips = append(trips, trip(t, in, version, url))
	}
	return trips, in
}

func trip(t testing.TB, in *labInternet, version, url string) (facts []lookup.Fact) {
	t.Helper()
	for _, e := range travel(t, in, version, url) {
		facts = append(facts, e.Fact)
	}
	return facts
}

// whole is what must be true of every journey that reached its page.
func whole(t *testing.T, facts []lookup.Fact) {
	t.Helper()
	if end, ok := facts[len(facts)-1].(lookup.JourneyFinished); !ok || end.Outcome != "done" {
		t.Errorf("it ended with %+v", facts[len(facts)-1])
	}
	for _, c := range lookuptest.Facts[lookup.StateCompared](facts) {
		if !c.Equal {
			t.Errorf("%s: %s by the packets, %s says the stack", c.Side, c.Derived, c.Stack)
		}
	}
	if s, f := len(lookuptest.Facts[lookup.FetchStarted](facts)), len(lookuptest.Facts[lookup.FetchFinished](facts)); s != f || s == 0 {
		t.Errorf("%d fetches began, %d ended", s, f)
	}
	numbered(t, facts)
}

// numbered wants each request on a connection that a call opened, by its number.
func numbered(t *testing.T, facts []lookup.Fact) {
	t.Helper()
	opened := map[int]bool{}
	for _, c := range lookuptest.Facts[lookup.CallReturned](facts) {
		if c.Side == lookup.SideClient && c.Call == "connect" && c.Errno == "" && c.Remote.IsValid() {
			if c.Conn > 0 && opened[c.Conn] {
				t.Errorf("connect() to %v has the number %d of another", c.Remote, c.Conn)
			}
			opened[c.Conn] = c.Conn > 0
		}
	}
	for _, r := range lookuptest.Facts[lookup.RequestSent](facts) {
		if !opened[r.Conn] {
			t.Errorf("a request on connection %d, which no call opened", r.Conn)
		}
	}
}

// M22: connect() returned, and the server has no octet of HTTP yet.
func TestHandshakeCarriesNoRequest(t *testing.T) {
	trips, _ := surf(t, "", "http://www.example.co.kr/")
	whole(t, trips[0])
	connected := false
	for _, f := range trips[0] {
		switch f := f.(type) {
		case lookup.CallReturned:
			connected = connected || f.Call == "connect" && f.Errno == "" && f.Remote.Port() == 80
		case lookup.PacketSent:
			if strings.Contains(f.Flags, "SYN") && f.Length != 0 || !connected && f.Protocol == "tcp" && f.Length > 0 {
				t.Errorf("%s with %d octets before connect() returned", f.Flags, f.Length)
			}
		case lookup.RequestSent:
			if !connected {
				t.Error("a request before connect() returned")
			}
		}
	}
	// M29: the descriptor's number is nowhere in the request.
	sent := lookuptest.Facts[lookup.RequestSent](trips[0])
	if len(sent) != 1 || !bytes.HasPrefix(sent[0].Head, []byte("GET / HTTP/1.1\r\nHost: www.example.co.kr\r\n")) {
		t.Errorf("%+v", sent)
	}
}

func TestVersionsOfHTTPOnTheWire(t *testing.T) {
	closesFirst := map[string]lookup.Side{}
	for version, conns := range map[string]int{"1.0": 4, "1.1": 1} {
		trips, _ := surf(t, version, "http://www.example.co.kr/page")
		whole(t, trips[0])
		sent := lookuptest.Facts[lookup.RequestSent](trips[0])
		used := map[int]bool{}
		for _, s := range sent {
			used[s.Conn] = true
		}
		if len(sent) != 4 || len(used) != conns {
			t.Errorf("%s: %d requests on %d connections", version, len(sent), len(used))
		}
		for _, p := range lookuptest.Facts[lookup.PacketSent](trips[0]) {
			if strings.Contains(p.Flags, "FIN") && closesFirst[version] == "" {
				closesFirst[version] = p.From
			}
		}
	}
	if closesFirst["1.0"] != lookup.SideServer || closesFirst["1.1"] != lookup.SideClient {
		t.Errorf("who closes first: %v", closesFirst)
	}
}

func TestRedirectsInTheLab(t *testing.T) {
	for url, want := range map[string]struct{ end, turns string }{
		"http://www.example.co.kr/redirect/301": {"done", "301"}, "http://www.example.co.kr/redirect/308": {"done", "308"},
		"http://www.example.co.kr/chain/3":   {"done", "302 302 302"},
		"http://www.example.co.kr/loop":      {"failed", "302 302"},
		"http://www.example.co.kr/elsewhere": {"failed", ""},
	} {
		trips, _ := surf(t, "", url)
		var turns []string
		for _, r := range lookuptest.Facts[lookup.RedirectFollowed](trips[0]) {
			turns = append(turns, strconv.Itoa(r.Status))
		}
		end := trips[0][len(trips[0])-1].(lookup.JourneyFinished)
		if end.Outcome != want.end || strings.Join(turns, " ") != want.turns {
			t.Errorf("%s: %+v after %v", url, end, turns)
		}
		if want.end == "failed" && len(lookuptest.Facts[lookup.RedirectStopped](trips[0])) != 1 {
			t.Errorf("%s: nothing says why", url)
		}
	}
}

func TestCachesOfHTTPAndDNSAreKeptApart(t *testing.T) {
	trips, in := surf(t, "", "http://www.example.co.kr/cached", "http://www.example.co.kr/cached")
	whole(t, trips[0])
	whole(t, trips[1])
	if n := len(lookuptest.Facts[lookup.LookupStarted](trips[1])) + len(lookuptest.Facts[lookup.PacketSent](trips[1])); n != 0 {
		t.Errorf("fresh in the HTTP cache, and yet %d facts of a network", n)
	}
	if err := in.clock.Skip(2 * time.Minute); err != nil {
		t.Fatal(err)
	}
	third := trip(t, in, "", "http://www.example.co.kr/cached")
	whole(t, third)
	if r := lookuptest.Facts[lookup.StoreRefreshed](third); len(r) != 1 || len(lookuptest.Facts[lookup.LookupStarted](third)) != 1 {
		t.Errorf("%+v", r)
	}
	for _, h := range lookuptest.Facts[lookup.HeadReceived](third) {
		if h.Status != 304 {
			t.Errorf("%d", h.Status)
		}
	}
	in.pages.Forget()
	fourth := trip(t, in, "", "http://www.example.co.kr/cached")
	if h := lookuptest.Facts[lookup.HeadReceived](fourth); len(h) != 1 || h[0].Status != 200 {
		t.Errorf("%+v", h)
	}
}

func TestCookiesOfTheLab(t *testing.T) {
	trips, _ := surf(t, "", "http://www.example.co.kr/cookie", "http://www.example.co.kr/cookie")
	whole(t, trips[1])
	if r := lookuptest.Facts[lookup.CookieRefused](trips[0]); len(r) != 1 || r[0].Reason != "suffix" {
		t.Errorf("%+v", r)
	}
	if s := lookuptest.Facts[lookup.CookiesSent](trips[1]); len(s) != 1 || s[0].Names[0] != "visits" {
		t.Errorf("%+v", s)
	}
}

func TestOpenCommand(t *testing.T) {
	for _, c := range []struct {
		args   []string
		status int
		out    string
	}{
		{[]string{"open", "-colour", "never", "http://www.example.co.kr/redirect/302"}, exitOK, "302 leads to http://www.example.co.kr/landed"},
		{[]string{"open", "-lang", "ko", "http://www.example.co.kr/"}, exitOK, "200 OK"},
		{[]string{"open", "-format", "json", "-http", "1.0", "http://www.example.co.kr/"}, exitOK, `"request.sent"`},
		{[]string{"open", "-format", "har", "http://www.example.co.kr/"}, exitOK, `"version": "1.2"`},
		{[]string{"open", "-format", "curl", "http://www.example.co.kr/"}, exitOK, "--url 'http://www.example.co.kr/'"},
		{[]string{"open", "-format", "pcapng", "https://www.example.co.kr/"}, exitOK, "CLIENT_HANDSHAKE_TRAFFIC_SECRET "},
		{[]string{"open", "-format", "pcapng", "-link", "moon", "https://www.example.co.kr/"}, exitProgram, "-link moon: must be one of lan, "},
		{[]string{"open", "-format", "pcapng", "-net", "internet", "https://www.example.co.kr/"}, exitUsage, "in the lab only"},
		{[]string{"open", "-format", "xml", "http://www.example.co.kr/"}, exitUsage, "text, json, har, curl, pcapng"},
		{[]string{"open", "http://missing.example.co.kr/"}, exitFailed, ""},
		{[]string{"open", "-http", "3", "http://www.example.co.kr/"}, exitUsage, "-http 3"},
		{[]string{"open", "ftp://www.example.co.kr/"}, exitUsage, "only http and https"},
		{[]string{"open"}, exitUsage, "no address given"},
	} {
		var out bytes.Buffer
		if status := run(t.Context(), c.args, noEnv, &out, &out); status != c.status || !strings.Contains(out.String(), c.out) {
			t.Errorf("%v: status %d, want %d and %q:\n%.600s", c.args, status, c.status, c.out, out.String())
		}
	}
}
