package cache_test

import (
	"testing"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/cache"
	"rootwalk/lookup/lookuptest"
)

// A cache that was restored answers as the one did whose snapshot it was: the
// same entries, the same ranks, the same time left, also later.
func TestRestoreGoesOnWhereTheSnapshotWas(t *testing.T) {
	b := newBench(t, cache.Config{})
	b.store(set(t, "www.example. 300 A 192.0.2.1", "www.example. 300 A 192.0.2.2"))
	b.store(ranked(set(t, "ns.example. 60 AAAA 2001:db8::1"), lookup.CredibilityAdditional))
	b.store(set(t, `text.example. 60 TXT "a \"b\" c" "d;e"`))
	b.clock.Skip(40 * time.Second)
	b.store(denial(t, lookup.CacheNxdomain, "no.example.", lookup.TypeA, 90))
	b.store(denial(t, lookup.CacheNodata, "www.example.", lookup.TypeMX, 90))
	before := b.cache.Snapshot()

	clock := lookuptest.NewClock()
	clock.Skip(17 * time.Hour) // another time of day
	again := cache.New(cache.Config{Name: "R1", Clock: clock})
	if n, err := again.Restore(before); n != 5 || err != nil {
		t.Fatalf("%d entries, %v", n, err)
	}
	after := again.Snapshot()
	for i, e := range after.Entries {
		want := before.Entries[i]
		if e.Name != want.Name || e.Type != want.Type || e.Kind != want.Kind || e.Credibility != want.Credibility || e.TTLSec != want.TTLSec || len(e.Records) != len(want.Records) {
			t.Errorf("%+v, want %+v", e, want)
		}
		for k, r := range e.Records {
			if r != want.Records[k] {
				t.Errorf("record %+v, want %+v", r, want.Records[k])
			}
		}
		if got, want := after.At.Sub(e.StoredAt), before.At.Sub(want.StoredAt); got != want {
			t.Errorf("%s is %v old, want %v", e.Name, got, want)
		}
	}
	find := func(name lookup.Name, ty lookup.Type) (uint32, bool) {
		_, left, ok := again.Find(lookup.Step{}, name, ty)
		return left, ok
	}
	if left, ok := find("www.example.", lookup.TypeA); !ok || left != 260 {
		t.Errorf("www.example A: %d s left, %v", left, ok)
	}
	if _, ok := find("x.no.example.", lookup.TypeA); !ok {
		t.Error("the denial is not believed any more")
	}
	if _, ok := find("ns.example.", lookup.TypeAAAA); ok {
		t.Error("glue has become an answer")
	}
	clock.Skip(20 * time.Second)
	if _, ok := find("text.example.", lookup.TypeTXT); ok {
		t.Error("what had 20 s left lives 20 s later")
	}
}

// What cannot be read, and what is too much, is left out and told.
func TestRestoreTakesNoNonsense(t *testing.T) {
	clock := lookuptest.NewClock()
	c := cache.New(cache.Config{Name: "R1", Clock: clock, MaxEntries: 2})
	entry := func(name lookup.Name, kind lookup.CacheKind, data string) lookup.CacheEntry {
		return lookup.CacheEntry{Name: name, Type: lookup.TypeA, Kind: kind, TTLSec: 60, StoredAt: clock.Now(), Credibility: lookup.CredibilityAnswer,
			Records: []lookup.Record{{Name: name, Type: lookup.TypeA, Class: lookup.ClassIN, TTLSec: 60, Data: data}}}
	}
	s := lookup.CacheSnapshot{At: clock.Now(), Entries: []lookup.CacheEntry{
		entry("good.example.", lookup.CachePositive, "192.0.2.1"), entry("bad..example.", lookup.CachePositive, "192.0.2.1"),
	}}
	if n, err := c.Restore(s); n != 1 || err == nil {
		t.Errorf("%d taken, %v", n, err)
	}
	for _, e := range []lookup.CacheEntry{entry("a.example.", lookup.CachePositive, "no address"), entry("a.example.", "thought", "192.0.2.1"), {Name: "a.example.", Type: lookup.TypeA, Kind: lookup.CachePositive, TTLSec: 60}} {
		if n, err := c.Restore(lookup.CacheSnapshot{Entries: []lookup.CacheEntry{e}}); n != 0 || err == nil {
			t.Errorf("%+v: %d taken, %v", e, n, err)
		}
	}
	s.Entries = []lookup.CacheEntry{entry("a.example.", lookup.CachePositive, "192.0.2.1"), entry("b.example.", lookup.CachePositive, "192.0.2.1"), entry("c.example.", lookup.CachePositive, "192.0.2.1")}
	if n, err := c.Restore(s); n != 2 || err == nil {
		t.Errorf("%d of 3 taken into a cache of 2, %v", n, err)
	}
}
