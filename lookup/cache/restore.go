package cache

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

// Restore puts what a snapshot lists into the cache as if it had been stored
// then, each entry with the age that it had in the snapshot: so another run can
// begin where an earlier one did. What has expired in the meantime comes back as
// expired. Signatures are not part of a snapshot. It returns how many entries it
// took; the others cannot be read, or there is no room for them, and the error
// says so. A snapshot may come from anywhere: its bounds are those of Store.
func (c *Cache) Restore(s lookup.CacheSnapshot) (int, error) {
	var errs []error
	taken := 0
	for i, e := range s.Entries {
		if i == min(c.maxEntries, SnapshotEntries) {
			errs = append(errs, fmt.Errorf("cache %s: %d of %d entries are left out", c.name, len(s.Entries)-i, len(s.Entries)))
			break
		}
		item, err := stored(e)
		if err != nil {
			errs = append(errs, fmt.Errorf("cache %s: %s %s: %w", c.name, lookup.Printable(string(e.Name)), e.Type, err))
			continue
		}
		age := max(s.At.Sub(e.StoredAt), 0)
		if c.restore(item, age) {
			taken++
		}
	}
	return taken, errors.Join(errs...)
}

func (c *Cache) restore(item message.Stored, age time.Duration) bool {
	item.TTLSec = c.Bound(item.Kind, item.TTLSec)
	if item.TTLSec == 0 {
		return false
	}
	k := key{name: item.Name.Canonical(), rrtype: item.Type, failure: item.Kind == lookup.CacheFailure}
	if item.Kind == lookup.CacheNxdomain {
		k.rrtype = wholeName
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	item.StoredAt = c.clock.Now().Add(-age)
	if old := c.nodes[k]; old != nil {
		c.remove(old)
	}
	c.add(&node{key: k, stored: &item})
	return true
}

// Of is a cache that holds what an answer was made of, as it was stored, and
// nothing else. On a clock that stands at the moment of the answer, the same search finds
// the same again.
func Of(c Config, m *message.Memory) *Cache {
	cache := New(c)
	now := cache.clock.Now()
	for _, p := range slices.Backward(m.Parts) { // where two are in one place, the first is what counted
		cache.restore(*p.Stored, now.Sub(p.Stored.StoredAt))
	}
	return cache
}

var errNoRecords = errors.New("no records")

// stored is an entry of a snapshot as the cache keeps it.
func stored(e lookup.CacheEntry) (message.Stored, error) {
	if _, err := lookup.ParseName(string(e.Name)); err != nil {
		return message.Stored{}, err
	}
	set := message.Set{Name: e.Name, Type: e.Type, TTLSec: e.TTLSec, Credibility: e.Credibility}
	for i, r := range e.Records {
		if i == DefaultMaxRecords {
			break
		}
		rr, err := dns.NewRR(fmt.Sprintf("%s %d %s %s %s", r.Name, r.TTLSec, r.Class, r.Type, r.Data))
		if err != nil {
			return message.Stored{}, err
		}
		if rr == nil {
			return message.Stored{}, errNoRecords
		}
		set.RRs = append(set.RRs, rr)
	}
	switch e.Kind {
	case lookup.CachePositive:
		if len(set.RRs) == 0 {
			return message.Stored{}, errNoRecords
		}
	case lookup.CacheNodata, lookup.CacheNxdomain, lookup.CacheFailure:
	default:
		return message.Stored{}, fmt.Errorf("%q is no kind of entry", e.Kind)
	}
	return message.Stored{Set: set, Kind: e.Kind, Outcome: e.Outcome, Zone: e.Zone, From: e.From, PaidBy: e.PaidBy, Trace: e.Trace}, nil
}
