package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
)

// openSite is a program that programs outside may ask.
func openSite(t *testing.T) (s *site, at string) { return openSiteOver(t, tlsConfig{}) }

// openSiteOver is the same with HTTPS. Its own client believes any
// certificate.
func openSiteOver(t *testing.T, over tlsConfig) (s *site, at string) {
	t.Helper()
	p, err := Start(Config{Addr: "127.0.0.1:0", Seed: 1, RoomIdle: time.Minute, TLS: over, Outside: outsideConfig{Listen: netip.MustParseAddrPort("127.0.0.1:0"), DoH: true}})
	if err != nil {
		t.Fatal(err)
	}
	tr := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}
	one := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} // HTTP/1.1, as browsers open sockets
	t.Cleanup(func() {
		tr.CloseIdleConnections()
		one.CloseIdleConnections()
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	dnsAt, ok := p.DNS()
	if !ok {
		t.Fatal("it does not listen")
	}
	return &site{t: t, p: p, client: &http.Client{Transport: tr}, live: &http.Client{Transport: one}}, dnsAt.String()
}

// told waits for a room frame that fits.
func (k *liveSocket) told(fits func(latest []room.OutsideQuery) bool) []room.OutsideQuery {
	k.t.Helper()
	for {
		if f := k.read(); f.Room != nil && fits(f.Room.Outside) {
			return f.Room.Outside
		}
	}
}

// trace reads a trace of the site, once it has ended.
func (s *site) trace(id string) lookup.TraceFile {
	s.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; {
		res, body := s.get("/lookups/" + id + ".json")
		f, err := lookup.ReadTraceFile([]byte(body))
		if err != nil {
			s.t.Fatalf("%d: %v", res.StatusCode, err)
		}
		if n := len(f.Events); n > 0 {
			if _, ended := f.Events[n-1].Fact.(lookup.ResponseSent); ended {
				return f
			}
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%s does not end", id)
		}
		time.Sleep(time.Millisecond)
	}
}

func exchange(t *testing.T, network, at, name string, qtype uint16, edit func(*dns.Msg)) *dns.Msg {
	t.Helper()
	q := new(dns.Msg).SetQuestion(name, qtype)
	if edit != nil {
		edit(q)
	}
	m, _, err := (&dns.Client{Net: network, Timeout: 10 * time.Second}).Exchange(q, at)
	if err != nil {
		t.Fatalf("%s over %s: %v", name, network, err)
	}
	return m
}

// A query over UDP: a page that is open is told of it, follows it, and sees
// how it was resolved, with the very bytes that went over the wire.
func TestAProgramOutsideJoinsTheLesson(t *testing.T) {
	s, at := openSite(t)
	page := s.socket()
	page.told(func(latest []room.OutsideQuery) bool { return len(latest) == 0 })
	m := exchange(t, "udp", at, "www.example.co.kr.", dns.TypeA, func(q *dns.Msg) { q.Id = 4711 })
	if len(m.Answer) != 1 || m.Answer[0].(*dns.A).A.String() != "203.0.113.10" || m.Authoritative || !m.RecursionAvailable {
		t.Fatalf("%v", m)
	}
	latest := page.told(func(latest []room.OutsideQuery) bool { return len(latest) == 1 })
	if q := latest[0]; q.Title != "www.example.co.kr A" || !strings.HasPrefix(q.Client, "127.0.0.1:") {
		t.Errorf("%+v", q)
	}
	page.send(`{"id":"c1","do":"follow","trace":%q,"after":-1}`, latest[0].Trace)
	events, _ := page.follow(-1)
	f := s.trace(latest[0].Trace)
	if len(events) != len(f.Events) {
		t.Errorf("%d events over the socket, %d in the file", len(events), len(f.Events))
	}
	var kinds []string
	for _, e := range f.Events {
		switch x := e.Fact.(type) {
		case lookup.CacheOpened, lookup.CacheStored, lookup.CacheMissed, lookup.ServersListed, lookup.ServerChosen, lookup.QuestionMinimised:
			continue
		case lookup.QueryArrived:
			if x.Host != "R1" || x.Transport != "udp" || x.Client != latest[0].Client || x.Network != "lab" || x.Lesson.Lesson.IsZero() || len(x.Message) < 12 || x.Message[0] != 0x12 || x.Message[1] != 0x67 {
				t.Errorf("%+v", x)
			}
		case lookup.ResponseSent:
			var sent dns.Msg
			if err := sent.Unpack(x.Message); err != nil || sent.Id != 4711 || len(sent.Answer) != 1 || x.Outcome != lookup.OutcomeAnswer || x.Queries != 3 || len(x.Records) != 1 || x.Truncated || x.ElapsedUs <= 0 {
				t.Errorf("%+v: %v", x, err)
			}
		}
		kinds = append(kinds, lookup.Kind(e.Fact))
	}
	want := []string{"query.arrived", "resolution.started", "query.sent", "referral.received", "query.sent", "referral.received", "query.sent", "answer.received", "resolution.finished", "response.sent"}
	if !slices.Equal(kinds, want) {
		t.Errorf("%v\nwant %v", kinds, want)
	}

	// The cache and the clock are the room's, for both sides.
	if f := s.lookup("www.example.co.kr", "A"); finished(t, f).ResolverQueries != 0 {
		t.Error("the lesson's device did not profit from dig's query")
	}
	s.do("POST", "/clock", "application/x-www-form-urlencoded", "seconds=60&back=/")
	if m := exchange(t, "tcp", at, "www.example.co.kr.", dns.TypeA, nil); m.Answer[0].Header().Ttl > 240 {
		t.Errorf("after a minute of the lesson, the TTL left is %d", m.Answer[0].Header().Ttl)
	}
	latest = page.told(func(latest []room.OutsideQuery) bool { return len(latest) == 2 })
	if x := s.trace(latest[0].Trace); x.Events[len(x.Events)-1].Fact.(lookup.ResponseSent).Queries != 0 {
		t.Error("not from the cache")
	}
	res, body := s.get("/lookups/" + latest[0].Trace)
	for _, part := range []string{"<outside-list>", "dig @127.0.0.1 -p ", "/lookups/" + latest[1].Trace, "A query comes from outside, over TCP", `aria-current="page"`} {
		if !strings.Contains(body, part) {
			t.Errorf("%d: the page lacks %s", res.StatusCode, part)
		}
	}
}

// What else is asked for gets what hosted resolvers give, and a trace that
// says so.
func TestWhatIsNotForStrangers(t *testing.T) {
	s, at := openSite(t)
	page := s.socket()
	count := 0
	last := func() lookup.ResponseSent {
		t.Helper()
		count++
		f := s.trace(page.told(func(l []room.OutsideQuery) bool { return len(l) == count })[0].Trace)
		return f.Events[len(f.Events)-1].Fact.(lookup.ResponseSent)
	}
	m := exchange(t, "udp", at, "www.example.co.kr.", dns.TypeANY, nil)
	if got := last(); len(m.Answer) != 1 || m.Answer[0].Header().Rrtype != dns.TypeHINFO || got.Outcome != lookup.OutcomeAnswer || got.Queries != 0 {
		t.Errorf("ANY:\n%v\n%+v", m, got)
	}
	m = exchange(t, "udp", at, "version.bind.", dns.TypeTXT, func(q *dns.Msg) { q.Question[0].Qclass = dns.ClassCHAOS })
	if got := last(); m.Rcode != dns.RcodeRefused || got.Outcome != lookup.OutcomeRefused || got.Result() != "failure" {
		t.Errorf("CHAOS:\n%v\n%+v", m, got)
	}
	m = exchange(t, "udp", at, "t4k.big.test.", dns.TypeTXT, nil)
	if got := last(); !m.Truncated || !got.Truncated || len(got.Records) > 0 || got.Result() != "truncation" {
		t.Errorf("too large:\n%v\n%+v", m, got)
	}
	m = exchange(t, "tcp", at, "t4k.big.test.", dns.TypeTXT, nil)
	if got := last(); m.Truncated || got.Truncated || len(got.Records) == 0 || got.Transport != "tcp" {
		t.Errorf("over TCP:\n%v\n%+v", m, got)
	}
	m = exchange(t, "udp", at, "www.cold.example.", dns.TypeA, func(q *dns.Msg) { q.RecursionDesired = false })
	if got := last(); m.Rcode != dns.RcodeRefused || got.Queries != 0 {
		t.Errorf("RD=0:\n%v\n%+v", m, got)
	}
	m = exchange(t, "udp", at, "example.", dns.TypeSOA, func(q *dns.Msg) { q.Opcode = dns.OpcodeUpdate })
	if m.Rcode != dns.RcodeRefused {
		t.Errorf("UPDATE:\n%v", m)
	}
	exchange(t, "udp", at, "www.example.co.kr.", dns.TypeA, nil)
	if got := last(); got.Outcome != lookup.OutcomeAnswer {
		t.Errorf("after an UPDATE, which leaves no trace: %+v", got)
	}
}

func TestDNSOverHTTP(t *testing.T) {
	s, _ := openSite(t)
	q, err := new(dns.Msg).SetQuestion("www.nodata.example.", dns.TypeAAAA).Pack()
	if err != nil {
		t.Fatal(err)
	}
	text := base64.RawURLEncoding.EncodeToString(q)
	for _, do := range []func() (*http.Response, string){
		func() (*http.Response, string) { return s.get("/dns-query?dns=" + text) },
		func() (*http.Response, string) {
			return s.do("POST", "/dns-query", "application/dns-message", string(q))
		},
	} {
		res, body := do()
		var m dns.Msg
		age, _ := strings.CutPrefix(res.Header.Get("Cache-Control"), "max-age=")
		sec, _ := strconv.Atoi(age)
		if err := m.Unpack([]byte(body)); err != nil || res.StatusCode != 200 || res.Header.Get("Content-Type") != "application/dns-message" || len(m.Ns) != 1 || sec <= 0 || uint32(sec) > m.Ns[0].Header().Ttl {
			t.Errorf("%d %v: %v\n%v", res.StatusCode, res.Header, err, &m)
		}
	}
	page := s.socket()
	f := s.trace(page.told(func(l []room.OutsideQuery) bool { return len(l) == 2 })[0].Trace)
	if x := f.Events[len(f.Events)-1].Fact.(lookup.ResponseSent); x.Transport != "https" || x.Outcome != lookup.OutcomeNodata {
		t.Errorf("%+v", x)
	}
	for _, c := range []struct {
		what string
		want int
		do   func() (*http.Response, string)
	}{
		{"another host", 421, func() (*http.Response, string) { return s.get("/dns-query?dns="+text, "Host", "evil.example") }},
		{"another origin", 403, func() (*http.Response, string) {
			return s.get("/dns-query?dns="+text, "Origin", "http://evil.example")
		}},
		{"a page of another site", 403, func() (*http.Response, string) {
			return s.get("/dns-query?dns="+text, "Sec-Fetch-Site", "cross-site")
		}},
		{"no type", 415, func() (*http.Response, string) { return s.do("POST", "/dns-query", "", string(q)) }},
		{"no query", 400, func() (*http.Response, string) { return s.get("/dns-query") }},
		{"too long", 413, func() (*http.Response, string) {
			return s.do("POST", "/dns-query", "application/dns-message", strings.Repeat("x", 5000))
		}},
		{"another method", 405, func() (*http.Response, string) {
			return s.do("PUT", "/dns-query", "application/dns-message", string(q))
		}},
	} {
		if res, body := c.do(); res.StatusCode != c.want {
			t.Errorf("%s: %d %s", c.what, res.StatusCode, body)
		}
	}
	closed := startSite(t)
	if res, body := closed.get("/dns-query?dns=" + text); res.StatusCode != 404 || strings.Contains(body, "<outside-list") {
		t.Errorf("where it is off: %d", res.StatusCode)
	}
	if _, body := closed.get("/"); strings.Contains(body, "<outside-") {
		t.Error("where it is off, the page speaks of it")
	}
}

func TestWhoIsShown(t *testing.T) {
	for client, want := range map[string]string{
		"127.0.0.1:4242": "127.0.0.1:4242", "[::1]:4242": "[::1]:4242", "192.168.7.9:4242": "192.168.7.0/24", "[2001:db8:1:2::3]:4242": "2001:db8:1::/48", "[fe80::1%eth0]:4242": "fe80::/48",
	} {
		if got := shownClient(netip.MustParseAddrPort(client)); got != want {
			t.Errorf("%s is shown as %s", client, got)
		}
	}
	if got := shownClient(netip.AddrPort{}); got != "" {
		t.Error(got)
	}
}

func TestFlagsForProgramsOutside(t *testing.T) {
	for _, c := range []struct {
		listen, acl string
		doh         bool
		want        string // of the error
	}{
		{"off", "", false, ""}, {"", "", true, ""}, {"on", "", false, ""}, {"127.0.0.1:5301", "", false, ""}, {"[::1]:5301", "", false, ""},
		{"0.0.0.0:5301", "192.168.0.0/16, 10.0.0.0/8", false, ""}, {"off", "192.168.0.0/16", true, ""},
		{"0.0.0.0:5301", "", false, "-dns-acl 192.168.0.0/16"}, {"[::]:5301", "", true, "-dns-acl"}, {"192.0.2.1:53", "", false, "-dns-acl"}, {"[::ffff:192.0.2.1]:53", "", false, "-dns-acl"},
		{"localhost:5301", "", false, "IP address and a port"}, {"5301", "", false, "IP address and a port"}, {"yes", "", false, "on, off"},
		{"on", "192.168.0.1", false, "-dns-acl 192.168.0.1"}, {"on", "everybody", false, "prefixes"}, {"off", "10.0.0.0/8", false, "means nothing"},
	} {
		_, err := parseOutside(c.listen, c.acl, c.doh)
		if (err != nil) != (c.want != "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("-dns-listen %q -dns-acl %q: %v, want %q", c.listen, c.acl, err, c.want)
		}
	}
	_, at := openSite(t)
	for args, want := range map[string]string{
		"serve -addr 127.0.0.1:0 -dns-listen 0.0.0.0:5301": "-dns-acl",
		"serve -addr 127.0.0.1:0 -dns-listen " + at:        "-dns-listen 127.0.0.1:5302",
	} {
		var out, errs bytes.Buffer
		if status := run(t.Context(), strings.Fields(args), noEnv, &out, &errs); status != exitUsage && status != exitProgram || strings.Count(errs.String(), "\n") != 1 || !strings.Contains(errs.String(), want) || out.Len() > 0 {
			t.Errorf("%s: %d %q %q", args, status, out.String(), errs.String())
		}
	}
}

// behindTLS puts a proxy in front of a site, as whoever offers it to others
// would: DNS over HTTPS is usually spoken over TLS only.
func behindTLS(t *testing.T, s *site) string {
	t.Helper()
	to, err := url.Parse(s.url(""))
	if err != nil {
		t.Fatal(err)
	}
	tr := &http.Transport{}
	proxy := httptest.NewUnstartedServer(&httputil.ReverseProxy{Transport: tr, Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }})
	proxy.EnableHTTP2 = true
	proxy.StartTLS()
	t.Cleanup(func() { proxy.Close(); tr.CloseIdleConnections() })
	return proxy.Listener.Addr().String()
}

// The programs that people have.
func TestRealPrograms(t *testing.T) {
	s, at := openSite(t)
	dnsAt := netip.MustParseAddrPort(at)
	port := strconv.Itoa(int(dnsAt.Port()))
	web, secure := netip.MustParseAddrPort(strings.TrimPrefix(s.url(""), "http://")), netip.MustParseAddrPort(behindTLS(t, s))
	page, count := s.socket(), 0
	for _, c := range []struct {
		args      string // %s is the name
		transport string
		want      string // in the output
	}{
		{"dig @127.0.0.1 -p " + port + " www.example.co.kr", "udp", "203.0.113.10"},
		{"dig @127.0.0.1 -p " + port + " www.example.co.kr +tcp", "tcp", "203.0.113.10"},
		{fmt.Sprintf("dig @127.0.0.1 -p %d www.example.co.kr +http-plain=/dns-query", web.Port()), "https", "203.0.113.10"},
		{fmt.Sprintf("dig @127.0.0.1 -p %d www.example.co.kr +https=/dns-query", secure.Port()), "https", "203.0.113.10"},
		{"kdig @127.0.0.1 -p " + port + " www.example.co.kr", "udp", "203.0.113.10"},
		{"kdig @127.0.0.1 -p " + port + " www.example.co.kr +tcp", "tcp", "203.0.113.10"},
		{fmt.Sprintf("kdig @127.0.0.1 -p %d www.example.co.kr +https=/dns-query", secure.Port()), "https", "203.0.113.10"},
		// From a loopback address there is no way to the web server, and no
		// packet leaves: that it tries is what is wanted.
		{fmt.Sprintf("curl -sv -4 --interface 127.0.0.1 --max-time 10 --doh-insecure --doh-url https://%v/dns-query http://www.example.co.kr/", secure), "https", "Trying 203.0.113.10"},
	} {
		args := strings.Fields(c.args)
		t.Run(args[0]+" "+c.transport, func(t *testing.T) {
			needProgram(t, args[0])
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			out, err := exec.CommandContext(ctx, args[0], args[1:]...).CombinedOutput()
			if bytes.Contains(out, []byte("nvalid option")) {
				t.Skipf("this %s does not speak DNS over HTTP", args[0])
			}
			if !bytes.Contains(out, []byte(c.want)) {
				t.Fatalf("%s: %v\n%s", c.args, err, out)
			}
			count++
			latest := page.told(func(l []room.OutsideQuery) bool {
				count = max(count, len(l)) // curl may ask for AAAA as well
				return len(l) >= count && len(l) > 0
			})
			f := s.trace(latest[0].Trace)
			if x := f.Events[len(f.Events)-1].Fact.(lookup.ResponseSent); x.Transport != c.transport || x.Question.Name != "www.example.co.kr." {
				t.Errorf("%+v", x)
			}
		})
	}
}
