package stub_test

import (
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/cache"
	"rootwalk/lookup/stub"
)

// kinds are the line keys of the last lookup that begin with one of the prefixes.
func (b *bench) kinds(prefixes ...string) string {
	var out []string
	for _, e := range b.trace.Events() {
		l := e.Fact.Line()
		for _, p := range prefixes {
			if strings.HasPrefix(l.Key, p) {
				out = append(out, strings.TrimSpace(l.Key+" "+l.Params["cache"]))
			}
		}
	}
	return strings.Join(out, ", ")
}

func TestABrowserRemembersAddressesBeforeTheDevice(t *testing.T) {
	b := newBench(t)
	browser := cache.New(cache.Config{Name: "browser", Clock: b.clock, MaxTTL: stub.BrowserMaxTTL})
	b.config.Browser = browser
	b.serve(r1, func(q dns.Question, m *dns.Msg) {
		switch q.Name {
		case "www.example.":
			add(&m.Answer, "www.example. 300 CNAME web.example.", "web.example. 200 A 203.0.113.7")
		case "brief.example.":
			add(&m.Answer, "brief.example. 5 A 203.0.113.8")
		case "mx.example.":
			add(&m.Answer, "mx.example. 300 MX 10 mail.example.")
		default:
			m.Rcode = dns.RcodeNameError
			add(&m.Ns, "example. 300 SOA ns. h. 1 2 3 4 300")
		}
	})

	ask := func(name lookup.Name, rrtype lookup.Type, want, from string) {
		t.Helper()
		r := b.lookup(t.Context(), name, rrtype)
		if got := b.kinds("cache", "hosts"); got != want {
			t.Errorf("%s %s:\n got %s\nwant %s", name, rrtype, got, want)
		}
		if r.FromCache != from || (from != "") != (r.StubQueries == 0) {
			t.Errorf("%s %s: from %q with %d packets, want %q", name, rrtype, r.FromCache, r.StubQueries, from)
		}
	}
	ask("www.example.", lookup.TypeA, "cache.missed browser, hosts.searched.empty, cache.missed device, cache.stored.positive device, cache.stored.positive device, cache.stored.positive browser", "")
	e := browser.Snapshot().Entries
	if len(e) != 1 || e[0].Name != "www.example." || len(e[0].Records) != 1 || e[0].Records[0].Name != "www.example." || e[0].TTLSec != 60 || e[0].PaidBy.Name != "www.example." || e[0].Trace != "t" {
		t.Errorf("the browser keeps %+v", e)
	}
	ask("WWW.example.", lookup.TypeA, "cache.hit.answer browser", "browser")
	b.clock.Skip(59 * time.Second)
	ask("www.example.", lookup.TypeA, "cache.hit.answer browser", "browser")
	b.clock.Skip(time.Second) // a minute: the browser has forgotten, the device has not
	ask("www.example.", lookup.TypeA, "cache.expired browser, cache.missed browser, hosts.searched.empty, cache.hit.alias device, cache.hit.answer device, cache.stored.positive browser", "device")
	b.clock.Skip(100 * time.Second) // the device has 40 s left: so has what it hands on
	ask("www.example.", lookup.TypeA, "cache.expired browser, cache.missed browser, hosts.searched.empty, cache.hit.alias device, cache.hit.answer device, cache.stored.positive browser", "device")
	if e := browser.Snapshot().Entries; len(e) != 1 || e[0].TTLSec != 40 {
		t.Errorf("after 160 of 200 s the browser keeps %+v", e)
	}
	ask("brief.example.", lookup.TypeA, "cache.missed browser, hosts.searched.empty, cache.missed device, cache.stored.positive device, cache.stored.positive browser", "")
	b.clock.Skip(5 * time.Second) // never longer than the TTL
	ask("brief.example.", lookup.TypeA, "cache.expired browser, cache.missed browser, hosts.searched.empty, cache.expired device, cache.missed device, cache.stored.positive device, cache.stored.positive browser", "")
	// No denials, and nothing but addresses.
	ask("none.example.", lookup.TypeA, "cache.missed browser, hosts.searched.empty, cache.missed device, cache.stored.nxdomain device", "")
	ask("none.example.", lookup.TypeA, "cache.missed browser, hosts.searched.empty, cache.hit.denial device", "device")
	ask("mx.example.", lookup.TypeMX, "cache.missed device, cache.stored.positive device", "")
	if r := b.lookup(t.Context(), "localhost.", lookup.TypeA); r.StubQueries != 0 || b.kinds("cache", "hosts") != "cache.missed browser, hosts.searched.found" {
		t.Errorf("localhost: %+v, %s", r, b.kinds("cache", "hosts"))
	}
}
