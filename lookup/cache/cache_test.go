package cache_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/miekg/dns"
	"go.uber.org/goleak"

	"rootwalk/lookup"
	"rootwalk/lookup/cache"
	"rootwalk/lookup/lookuptest"
	"rootwalk/lookup/message"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// set is an RRset from records in master file format, of rank answerAA.
func set(t testing.TB, lines ...string) message.Stored {
	t.Helper()
	var rrs []dns.RR
	for _, l := range lines {
		rr, err := dns.NewRR(l)
		if err != nil {
			t.Fatal(err)
		}
		rrs = append(rrs, rr)
	}
	return message.Stored{Set: message.Sets(rrs, 1000, lookup.CredibilityAnswerAA)[0], Kind: lookup.CachePositive}
}

func ranked(s message.Stored, c lookup.Credibility) message.Stored {
	s.Credibility = c
	return s
}

// denial is a denial of a name and type with a TTL.
func denial(t testing.TB, kind lookup.CacheKind, name lookup.Name, rrtype lookup.Type, ttl uint32) message.Stored {
	s := set(t, "example. 3600 SOA ns1.example. h.example. 1 2 3 4 300")
	s.Kind, s.Name, s.Type, s.TTLSec = kind, name, rrtype, ttl
	return s
}

type bench struct {
	*testing.T
	clock *lookuptest.Clock
	cache *cache.Cache
	trace *lookup.Trace
	seen  int
}

func newBench(t *testing.T, c cache.Config) *bench {
	b := &bench{T: t, clock: lookuptest.NewClock(), trace: lookup.NewTrace(lookup.TraceConfig{})}
	c.Name, c.Clock = "R1", b.clock
	b.cache = cache.New(c)
	return b
}

func (b *bench) store(s message.Stored) { b.Helper(); b.cache.Store(b.trace.Root(), s) }

// facts are the kinds reported since the last call.
func (b *bench) facts() string {
	var out string
	events := b.trace.Events()
	for _, e := range events[b.seen:] {
		out += " " + e.Fact.Line().Key
	}
	b.seen = len(events)
	return out
}

// want checks what the cache says about a name and type: "" for a miss, else
// kind, type and seconds left.
func (b *bench) want(name lookup.Name, rrtype lookup.Type, want string) {
	b.Helper()
	got := ""
	if s, leftSec, ok := b.cache.Find(b.trace.Root(), name, rrtype); ok {
		got = fmt.Sprintf("%s %s %d", s.Kind, s.Type, leftSec)
	}
	if got != want {
		b.Errorf("%s %s: %q, want %q", name, rrtype, got, want)
	}
}

func (b *bench) wantFacts(want string) {
	b.Helper()
	if got := b.facts(); got != want {
		b.Errorf("facts%s, want%s", got, want)
	}
}

func TestPositiveBeforeAtAndAfterExpiry(t *testing.T) {
	b := newBench(t, cache.Config{})
	b.store(set(t, "www.example. 5 A 203.0.113.10", "www.example. 7 A 203.0.113.11"))
	b.wantFacts(" cache.stored.positive")
	b.want("WWW.example.", lookup.TypeA, "positive A 5")
	b.clock.Skip(999 * time.Millisecond)
	b.want("www.example.", lookup.TypeA, "positive A 5") // whole seconds: not yet one old
	b.clock.Skip(time.Millisecond)
	b.want("www.example.", lookup.TypeA, "positive A 4")
	b.clock.Skip(3999 * time.Millisecond)
	b.want("www.example.", lookup.TypeA, "positive A 1") // before
	b.wantFacts(" cache.hit.answer cache.hit.answer cache.hit.answer cache.hit.answer")
	b.clock.Skip(time.Millisecond)
	b.want("www.example.", lookup.TypeA, "") // at
	b.wantFacts(" cache.expired")
	b.clock.Skip(time.Hour)
	b.want("www.example.", lookup.TypeA, "") // after: forgotten, said once
	b.wantFacts("")
}

func TestDenialsBeforeAtAndAfterExpiry(t *testing.T) {
	for _, kind := range []lookup.CacheKind{lookup.CacheNodata, lookup.CacheNxdomain} {
		b := newBench(t, cache.Config{})
		b.store(denial(t, kind, "x.example.", lookup.TypeA, 60))
		b.want("x.example.", lookup.TypeA, string(kind)+" A 60")
		b.clock.Skip(59 * time.Second)
		b.want("x.example.", lookup.TypeA, string(kind)+" A 1")
		b.wantFacts(" cache.stored." + string(kind) + " cache.hit.denial cache.hit.denial")
		b.clock.Skip(time.Second)
		b.want("x.example.", lookup.TypeA, "")
		b.wantFacts(" cache.expired")
	}
}

func TestNodataIsForOneTypeNxdomainForAllAndBelow(t *testing.T) {
	b := newBench(t, cache.Config{})
	b.store(denial(t, lookup.CacheNodata, "no.example.", lookup.TypeA, 60))
	b.want("no.example.", lookup.TypeAAAA, "")
	b.want("below.no.example.", lookup.TypeA, "")
	b.store(denial(t, lookup.CacheNxdomain, "nx.example.", lookup.TypeA, 60))
	b.want("nx.example.", lookup.TypeMX, "nxdomain A 60")
	b.want("a.b.nx.example.", lookup.TypeAAAA, "nxdomain A 60") // RFC 8020
	b.want("anx.example.", lookup.TypeA, "")
	b.want("example.", lookup.TypeA, "")
	b.facts()
	// The name comes to exist.
	b.store(set(t, "nx.example. 60 TXT here"))
	b.want("nx.example.", lookup.TypeMX, "")
	b.want("nx.example.", lookup.TypeTXT, "positive TXT 60")
	b.want("a.b.nx.example.", lookup.TypeAAAA, "")
}

func TestCredibility(t *testing.T) {
	glue := ranked(set(t, "ns1.example. 600 A 203.0.113.1"), lookup.CredibilityAdditional)
	auth := ranked(set(t, "ns1.example. 60 A 203.0.113.2"), lookup.CredibilityAnswerAA)
	b := newBench(t, cache.Config{})
	b.store(glue)
	b.want("ns1.example.", lookup.TypeA, "") // glue is no answer
	if _, _, ok := b.cache.Get(lookup.Step{}, "ns1.example.", lookup.TypeA); !ok {
		t.Error("glue not there for the resolver itself")
	}
	b.wantFacts(" cache.stored.positive")
	b.store(auth)
	b.want("ns1.example.", lookup.TypeA, "positive A 60")
	b.wantFacts(" cache.stored.positive cache.hit.answer")
	b.store(glue)
	b.wantFacts(" cache.kept")
	b.want("ns1.example.", lookup.TypeA, "positive A 60")
	b.clock.Skip(time.Minute)
	b.facts()
	b.store(glue) // what is expired defends nothing
	b.wantFacts(" cache.stored.positive")
	b.want("ns1.example.", lookup.TypeA, "")
	b.facts()
	other := ranked(set(t, "ns1.example. 600 A 203.0.113.3"), lookup.CredibilityAdditional)
	b.store(other)
	b.wantFacts(" cache.stored.positive")
}

func TestADelegationDoesNotLiveLongerByBeingRepeated(t *testing.T) {
	ns := ranked(set(t, "example. 100 NS ns1.example.", "example. 100 NS ns2.example."), lookup.CredibilityReferral)
	b := newBench(t, cache.Config{})
	b.store(ns)
	b.clock.Skip(99 * time.Second)
	b.store(ns)
	b.wantFacts(" cache.stored.positive")
	b.clock.Skip(time.Second)
	if _, _, ok := b.cache.Get(lookup.Step{}, "example.", lookup.TypeNS); ok {
		t.Error("the delegation outlived its TTL")
	}
	// An answer may be refreshed.
	b.store(set(t, "www.example. 10 A 203.0.113.1"))
	b.clock.Skip(9 * time.Second)
	b.store(set(t, "www.example. 10 A 203.0.113.1"))
	b.clock.Skip(9 * time.Second)
	b.want("www.example.", lookup.TypeA, "positive A 1")
}

func TestAliases(t *testing.T) {
	b := newBench(t, cache.Config{})
	b.store(set(t, "www.example. 60 CNAME web.example."))
	b.store(set(t, "old.example. 60 DNAME new.example."))
	b.facts()
	b.want("www.example.", lookup.TypeA, "positive CNAME 60")
	b.want("www.example.", lookup.TypeCNAME, "positive CNAME 60")
	b.want("www.example.", lookup.TypeANY, "")
	b.want("a.b.old.example.", lookup.TypeA, "positive DNAME 60")
	b.want("old.example.", lookup.TypeA, "") // RFC 6672 §2.3
	b.want("old.example.", lookup.TypeDNAME, "positive DNAME 60")
	b.wantFacts(" cache.hit.alias cache.hit.answer cache.hit.alias cache.hit.answer")
}

func TestTTLBounds(t *testing.T) {
	b := newBench(t, cache.Config{})
	b.store(set(t, "a.example. 172800 A 203.0.113.1"))
	b.want("a.example.", lookup.TypeA, "positive A 172800")
	b.store(set(t, "b.example. 2000000000 A 203.0.113.1"))
	b.want("b.example.", lookup.TypeA, "positive A 604800")
	b.store(set(t, "c.example. 0 A 203.0.113.1"))
	b.want("c.example.", lookup.TypeA, "")
	b.store(denial(t, lookup.CacheNxdomain, "d.example.", lookup.TypeA, 86400))
	b.want("d.example.", lookup.TypeA, "nxdomain A 10800")
	top := set(t, "e.example. 1 A 203.0.113.1")
	top.RRs[0].Header().Ttl = 1 << 31
	if ttl := message.TTL(top.RRs[0]); ttl != 0 {
		t.Errorf("TTL with the top bit set counts as %d, want 0 (RFC 2181 §8)", ttl)
	}
}

func TestSizeBound(t *testing.T) {
	b := newBench(t, cache.Config{MaxEntries: 3, MaxRecords: 2})
	for i := range 3 {
		b.store(set(t, fmt.Sprintf("n%d.example. 60 A 203.0.113.1", i)))
	}
	b.want("n0.example.", lookup.TypeA, "positive A 60") // used: n1 is the next to go
	b.facts()
	b.store(set(t, "n3.example. 60 A 203.0.113.1"))
	b.wantFacts(" cache.stored.positive cache.evicted")
	b.want("n1.example.", lookup.TypeA, "")
	b.want("n0.example.", lookup.TypeA, "positive A 60")
	if b.cache.Len() != 3 {
		t.Errorf("%d entries, want 3", b.cache.Len())
	}
	b.store(set(t, "m.example. 60 A 203.0.113.1", "m.example. 60 A 203.0.113.2", "m.example. 60 A 203.0.113.3"))
	if s, _, _ := b.cache.Get(lookup.Step{}, "m.example.", lookup.TypeA); len(s.RRs) != 2 {
		t.Errorf("%d records kept, want 2", len(s.RRs))
	}
}

func TestFlushAndSnapshot(t *testing.T) {
	b := newBench(t, cache.Config{})
	b.store(set(t, "b.example. 60 A 203.0.113.1"))
	b.store(set(t, "a.example. 60 A 203.0.113.1"))
	b.clock.Skip(time.Second)
	b.store(denial(t, lookup.CacheNxdomain, "0.example.", lookup.TypeA, 60))
	snap := b.cache.Snapshot()
	got := ""
	for _, e := range snap.Entries {
		got += fmt.Sprintf("%s %s %s %d; ", e.Name, e.Type, e.Kind, len(e.Records))
	}
	if want := "a.example. A positive 1; b.example. A positive 1; 0.example. A nxdomain 1; "; got != want || snap.Cache != "R1" || !snap.At.Equal(b.clock.Now()) {
		t.Errorf("snapshot %q, want %q", got, want)
	}
	if !b.cache.Flush("0.EXAMPLE.", lookup.TypeA) || b.cache.Flush("0.example.", lookup.TypeA) {
		t.Error("flush of a denial")
	}
	b.want("0.example.", lookup.TypeA, "")
	if n := b.cache.FlushAll(); n != 2 || b.cache.Len() != 0 {
		t.Errorf("flushed %d", n)
	}
	b.want("a.example.", lookup.TypeA, "")
	for i := range cache.SnapshotEntries + 10 {
		b.cache.Store(lookup.Step{}, set(t, fmt.Sprintf("n%d.example. 60 A 203.0.113.1", i)))
	}
	if snap := b.cache.Snapshot(); len(snap.Entries) != cache.SnapshotEntries || snap.Dropped != 10 {
		t.Errorf("%d entries, %d dropped", len(snap.Entries), snap.Dropped)
	}
}

func TestHitDoesNotAllocate(t *testing.T) {
	c := cache.New(cache.Config{Name: "R1", Clock: lookuptest.NewClock()})
	c.Store(lookup.Step{}, set(t, "www.example.co.kr. 60 A 203.0.113.1"))
	if n := testing.AllocsPerRun(100, func() { c.Find(lookup.Step{}, "www.example.co.kr.", lookup.TypeA) }); n > 0 {
		t.Errorf("%v allocations for a hit", n)
	}
}

func BenchmarkCacheHit(b *testing.B) {
	clock := lookup.NewLessonClock(time.Now)
	c := cache.New(cache.Config{Name: "R1", Clock: clock})
	for i := range 1000 {
		c.Store(lookup.Step{}, set(b, fmt.Sprintf("n%d.example. 86400 A 203.0.113.1", i)))
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, ok := c.Find(lookup.Step{}, "n500.example.", lookup.TypeA); !ok {
			b.Fatal("miss")
		}
	}
}
