package cache

import (
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

// forgive is after how many times its own length a failure no longer makes the
// next one last longer.
const forgive = 4

// Store keeps an RRset, a denial or a failure. The set's TTL is cut to the bounds; what
// then has none left is for this once only and is not kept (RFC 1035 §3.2.1).
// Data that is there, not expired and more credible stays (RFC 2181 §5.4.1).
// So does a delegation, or the address of a name server, that is there word for word:
// if hearing it again made it live longer, a child could keep a delegation
// alive that its parent has taken back.
// How long a failure is kept the cache decides: longer each time in a row.
// The stored value must not be changed afterwards.
func (c *Cache) Store(step lookup.Step, item message.Stored) {
	item.TTLSec = c.Bound(item.Kind, item.TTLSec)
	if item.Kind == lookup.CacheFailure {
		item.TTLSec = c.failureTTL
	}
	if item.TTLSec == 0 {
		return
	}
	if len(item.RRs) > c.maxRecords {
		item.RRs = item.RRs[:c.maxRecords]
	}
	k := key{name: item.Name.Canonical(), rrtype: item.Type, failure: item.Kind == lookup.CacheFailure}
	if item.Kind == lookup.CacheNxdomain {
		k.rrtype = wholeName
	}

	stored := &item
	var kept, evicted *message.Stored
	replaced := false

	c.mu.Lock()
	stored.StoredAt = c.clock.Now()
	old := c.nodes[k]
	if old != nil && k.failure {
		if stored.StoredAt.Sub(old.stored.StoredAt) < forgive*time.Duration(old.stored.TTLSec)*time.Second {
			stored.TTLSec = min(2*old.stored.TTLSec, uint32(MaxFailureTTL/time.Second))
		}
	}
	if old != nil {
		_, _, alive := left(old.stored, stored.StoredAt)
		switch {
		case alive && old.stored.Credibility.Rank() > stored.Credibility.Rank():
			kept = old.stored
		case alive && old.stored.Credibility == stored.Credibility && heardAgain(old.stored, stored):
			c.mu.Unlock()
			return
		default:
			replaced = true
			c.remove(old)
		}
	}
	if kept == nil {
		c.add(&node{key: k, stored: stored})
		// A name with credible data exists after all.
		if k.rrtype != wholeName && stored.Credibility.Rank() >= lookup.CredibilityAnswer.Rank() {
			if n := c.nodes[key{name: k.name, rrtype: wholeName}]; n != nil {
				c.remove(n)
				replaced = true
			}
		}
		if c.failed > 0 && !k.failure { // it could be found out after all
			if n := c.nodes[key{name: k.name, rrtype: item.Type, failure: true}]; n != nil {
				c.remove(n)
			}
		}
		if len(c.nodes) > c.maxEntries {
			last := c.used.prev
			c.remove(last)
			evicted = last.stored
		}
	}
	c.mu.Unlock()

	if !step.Recording() {
		return
	}
	if kept != nil {
		step.Report(lookup.CacheKept{Cache: c.name, Name: item.Name, Type: item.Type, Have: kept.Credibility, Offered: item.Credibility})
		return
	}
	step.Report(lookup.CacheStored{Cache: c.name, Entry: stored.Entry(), Replaced: replaced})
	if evicted != nil {
		step.Report(lookup.CacheEvicted{Cache: c.name, Name: evicted.Name, Type: evicted.Type, Max: c.maxEntries})
	}
}

// heardAgain reports whether b says nothing new about whom to ask.
func heardAgain(a, b *message.Stored) bool {
	if a.Unsigned && !b.Unsigned || a.Kind != lookup.CachePositive || b.Kind != lookup.CachePositive || len(a.RRs) != len(b.RRs) ||
		a.Type != lookup.TypeNS && a.Credibility != lookup.CredibilityAdditional {
		return false
	}
	for _, rr := range b.RRs {
		if !slices.ContainsFunc(a.RRs, func(have dns.RR) bool { return dns.IsDuplicate(have, rr) }) {
			return false
		}
	}
	return true
}

// sortEntries orders by time of storing, then by name and type, so that two
// snapshots of the same cache list the same rows in the same order.
func sortEntries(entries []lookup.CacheEntry) {
	slices.SortStableFunc(entries, func(a, b lookup.CacheEntry) int {
		if c := a.StoredAt.Compare(b.StoredAt); c != 0 {
			return c
		}
		if c := strings.Compare(string(a.Name.Canonical()), string(b.Name.Canonical())); c != 0 {
			return c
		}
		return int(a.Type) - int(b.Type)
	})
}
