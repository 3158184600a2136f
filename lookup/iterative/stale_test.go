package iterative_test

import (
	"context"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/cache"
	"rootwalk/lookup/iterative"
	"rootwalk/lookup/lookuptest"
	"rootwalk/lookup/message"
)

// newStaleBench is a bench whose cache keeps expired data for a day.
func newStaleBench(t *testing.T, edit func(c *iterative.Config)) *bench {
	b := newBench(t, func(c *iterative.Config) {
		c.Cache = cache.New(cache.Config{Name: "R1", Clock: c.Clock, StaleFor: 24 * time.Hour})
		c.ServeStale, c.StaleAfter = true, 10*time.Millisecond
		c.Limits = iterative.Limits{FirstTimeout: 300 * time.Millisecond, MinTimeout: 300 * time.Millisecond, TriesPerZone: 1}
		if edit != nil {
			edit(c)
		}
	})
	t.Cleanup(b.resolver.Close)
	return b
}

func texts(r message.Resolution) string {
	var out []string
	for _, rec := range message.Records(r.Answer...) {
		out = append(out, rec.Data)
	}
	return strings.Join(out, " ")
}

// A client does not wait longer than that for servers that are silent, and the
// walk goes on for the next one (RFC 8767 §5).
func TestStaleDataWhileTheSearchGoesOn(t *testing.T) {
	b := newStaleBench(t, nil)
	addr := "203.0.113.1"
	answer := func(q dns.Question, m *dns.Msg) {
		switch q.Name {
		case "www.":
			add(&m.Answer, "www. 60 CNAME web.")
		case "web.":
			add(&m.Answer, "web. 30 A "+addr)
		case "gone.":
			m.Rcode = dns.RcodeNameError
			add(&m.Ns, ". 60 SOA a. b. 1 2 3 4 60")
		}
	}
	b.serve("198.41.0.4", answer)
	b.resolve("www.", lookup.TypeA)
	b.resolve("gone.", lookup.TypeA)
	asked, release := make(chan struct{}, 10), make(chan struct{})
	b.serve("198.41.0.4", func(q dns.Question, m *dns.Msg) {
		asked <- struct{}{}
		<-release
		answer(q, m)
	})
	resolve := func(name lookup.Name) message.Resolution {
		return b.resolver.Resolve(context.Background(), lookup.Step{}, message.Request{Question: lookup.Question{Name: name, Type: lookup.TypeA, Class: lookup.ClassIN}})
	}
	b.clock.Skip(45 * time.Second) // web. is expired, www. is not
	r := resolve("www.")
	if r.Outcome != lookup.OutcomeAnswer || texts(r) != "web. 203.0.113.1" || r.Answer[0].TTLSec != 15 || r.Answer[1].TTLSec != 30 || len(r.Extended) != 1 || r.Extended[0].Code != 3 {
		t.Errorf("%+v", r)
	}
	<-asked
	b.clock.Skip(time.Minute)
	if r = resolve("gone."); r.Outcome != lookup.OutcomeNxdomain || r.Rcode != lookup.RcodeNXDomain || r.Extended[0].Code != 19 || r.Authority[0].TTLSec != 30 {
		t.Errorf("%+v", r)
	}
	addr = "203.0.113.2"
	close(release)
	for texts(r) != "web. 203.0.113.2" {
		b.clock.Skip(time.Second)
		r = resolve("www.")
	}
	if r := resolve("new."); r.Outcome != lookup.OutcomeNodata || len(r.Extended) != 0 {
		t.Errorf("%+v", r)
	}
}

func TestStaleDataIsOfLimitedAge(t *testing.T) {
	b := newStaleBench(t, nil)
	b.serve("198.41.0.4", func(q dns.Question, m *dns.Msg) { add(&m.Answer, q.Name+" 60 A 203.0.113.1") })
	b.resolve("www.", lookup.TypeA)
	b.serve("198.41.0.4", func(q dns.Question, m *dns.Msg) { m.Rcode = dns.RcodeServerFailure })
	b.clock.Skip(24*time.Hour + 59*time.Second)
	if r := b.resolve("www.", lookup.TypeA); r.Outcome != lookup.OutcomeAnswer || len(r.Extended) < 2 || r.Extended[0].Code != 3 || r.Extended[1].Code != 22 {
		t.Errorf("%+v", r)
	}
	b.clock.Skip(time.Second)
	if r := b.resolve("www.", lookup.TypeA); r.Rcode != lookup.RcodeServFail {
		t.Errorf("%+v", r)
	}
}

// An answer that is asked for in the last tenth of its TTL is fetched again; the
// client does not wait for that.
func TestPrefetch(t *testing.T) {
	var fetched atomic.Int32
	b := newBench(t, func(c *iterative.Config) { c.Prefetch = true })
	defer b.resolver.Close()
	b.serve("198.41.0.4", func(q dns.Question, m *dns.Msg) {
		fetched.Add(1)
		add(&m.Answer, q.Name+" 100 A 203.0.113.1")
	})
	prefetched := func() bool {
		return strings.Contains(lookuptest.Transcript(b.trace.Events()), "prefetch.started")
	}
	b.resolve("www.", lookup.TypeA)
	b.clock.Skip(89 * time.Second)
	if r := b.resolve("www.", lookup.TypeA); !r.FromCache || r.Answer[0].TTLSec != 11 || prefetched() {
		t.Errorf("%+v", r)
	}
	b.clock.Skip(time.Second)
	if r := b.resolve("www.", lookup.TypeA); !r.FromCache || r.Answer[0].TTLSec != 10 || !prefetched() {
		t.Errorf("%+v", r)
	}
	for left := uint32(0); left != 100; {
		left = b.resolve("www.", lookup.TypeA).Answer[0].TTLSec
	}
	if n := fetched.Load(); n != 2 {
		t.Errorf("fetched %d times", n)
	}
}

func TestACloseInTheMiddle(t *testing.T) {
	b := newBench(t, func(c *iterative.Config) { c.Prefetch = true })
	b.serve("198.41.0.4", func(q dns.Question, m *dns.Msg) { add(&m.Answer, q.Name+" 100 A 203.0.113.1") })
	b.resolve("www.", lookup.TypeA)
	b.wire.Handle(netip.AddrPortFrom(rootAddr, 53), nil) // silent
	b.clock.Skip(95 * time.Second)
	b.resolve("www.", lookup.TypeA)
	b.resolver.Close() // waits for the walk, which ends at once
	b.want(b.resolve("www.", lookup.TypeA), lookup.OutcomeAnswer, lookup.RcodeNoError, "")
}

// Everybody gets the TTL that the cache lives by, also who asked first.
func TestTTLsAreBounded(t *testing.T) {
	b := newBench(t, nil)
	b.serve("198.41.0.4", func(q dns.Question, m *dns.Msg) {
		switch q.Name {
		case "long.":
			add(&m.Answer, "long. 2147483647 A 203.0.113.1")
		case "none.":
			add(&m.Answer, "none. 4294967295 A 203.0.113.1") // the top bit counts as 0 (RFC 2181 §8)
		default:
			m.Rcode = dns.RcodeNameError
			add(&m.Ns, ". 2147483647 SOA a. b. 1 2 3 4 2147483647")
		}
	})
	for range 2 {
		if r := b.resolve("long.", lookup.TypeA); r.Answer[0].TTLSec != 7*24*3600 {
			t.Errorf("TTL %d", r.Answer[0].TTLSec)
		}
		if r := b.resolve("none.", lookup.TypeA); r.Answer[0].TTLSec != 0 || r.FromCache {
			t.Errorf("%+v", r)
		}
		if r := b.resolve("no.", lookup.TypeA); r.Authority[0].TTLSec != 3*3600 {
			t.Errorf("negative TTL %d", r.Authority[0].TTLSec)
		}
	}
}

// A root server that does not know who the root servers are: the hints do.
func TestPrimingThatFails(t *testing.T) {
	b := newBench(t, func(c *iterative.Config) { c.Priming = true })
	b.serve("198.41.0.4", func(q dns.Question, m *dns.Msg) {
		if q.Qtype == dns.TypeNS {
			m.Rcode = dns.RcodeServerFailure
		} else {
			add(&m.Answer, q.Name+" 1 A 203.0.113.1")
		}
	})
	for i, queries := range []int{3, 1} { // not tried again at once
		b.cache.FlushAll()
		if r := b.resolve("www.", lookup.TypeA); r.Outcome != lookup.OutcomeAnswer || r.Queries > queries {
			t.Errorf("%d: %+v", i, r)
		}
	}
}
