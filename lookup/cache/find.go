package cache

import (
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

// expiry is what a search found to be over.
type expiry struct {
	stored *message.Stored
	ageSec uint32
}

// at looks under one key; the lock is held. What is expired is removed and
// remembered in over.
func (c *Cache) at(k key, over *[]expiry) (*message.Stored, uint32) {
	n := c.nodes[k]
	if n == nil {
		return nil, 0
	}
	leftSec, ageSec, ok := left(n.stored, c.clock.Now())
	if !ok {
		if c.staleFor <= 0 || c.clock.Now().Sub(n.stored.StoredAt) >= time.Duration(n.stored.TTLSec)*time.Second+c.staleFor {
			c.remove(n)
		}
		*over = append(*over, expiry{n.stored, ageSec})
		return nil, 0
	}
	if c.used.next != n {
		c.unlink(n)
		c.toFront(n)
	}
	return n.stored, leftSec
}

// report tells a step what a search found expired, once.
func (c *Cache) report(step lookup.Step, over []expiry) {
	for _, e := range over {
		step.Report(lookup.CacheExpired{Cache: c.name, Name: e.stored.Name, Type: e.stored.Type, Kind: e.stored.Kind, TTLSec: e.stored.TTLSec, AgeSec: e.ageSec})
	}
}

// Find looks for what answers a question about a name and type: the RRset, a
// denial, or else a CNAME there or a DNAME above, which the caller then
// follows. Glue and the servers of a referral are never found: they must not
// be used as answers (RFC 2181 §5.4.1). Expired entries in the way are
// removed and reported; a hit is reported as "answer", "alias" or "denial". So
// is, as "failure", that the very question failed a moment ago.
func (c *Cache) Find(step lookup.Step, name lookup.Name, rrtype lookup.Type) (s *message.Stored, leftSec uint32, ok bool) {
	return c.search(step, name, rrtype, false)
}

// FindSigned is Find for who validates: what was asked for without signatures
// is passed over, as if it were not there.
func (c *Cache) FindSigned(step lookup.Step, name lookup.Name, rrtype lookup.Type) (s *message.Stored, leftSec uint32, ok bool) {
	return c.search(step, name, rrtype, true)
}

func (c *Cache) search(step lookup.Step, name lookup.Name, rrtype lookup.Type, signed bool) (s *message.Stored, leftSec uint32, ok bool) {
	var over []expiry
	c.mu.Lock()
	s, leftSec = c.find(name.Canonical(), rrtype, signed, &over)
	c.mu.Unlock()
	if step.Recording() {
		c.report(step, over)
		if s != nil {
			use := "answer"
			switch {
			case s.Kind == lookup.CacheFailure:
				use = "failure"
			case s.Kind != lookup.CachePositive:
				use = "denial"
			case s.Type != rrtype && (s.Type == lookup.TypeCNAME || s.Type == lookup.TypeDNAME):
				use = "alias"
			}
			c.Hit(step, s, use)
		}
	}
	return s, leftSec, s != nil
}

func (c *Cache) find(name lookup.Name, rrtype lookup.Type, signed bool, over *[]expiry) (*message.Stored, uint32) {
	usable := func(s *message.Stored) bool {
		return s != nil && s.Credibility.Rank() >= lookup.CredibilityAnswer.Rank() && !(signed && s.Unsigned)
	}
	if s, leftSec := c.at(key{name: name, rrtype: rrtype}, over); usable(s) {
		return s, leftSec
	}
	if s, leftSec := c.denial(name, over); s != nil && !(signed && s.Unsigned) {
		return s, leftSec
	}
	if c.failed > 0 {
		// Before aliases: the failure is one of what lies behind them.
		if s, leftSec := c.failure(name, rrtype); s != nil && s.Unsigned != signed {
			return s, leftSec
		}
	}
	if rrtype == lookup.TypeANY {
		return nil, 0
	}
	if rrtype != lookup.TypeCNAME {
		if s, leftSec := c.at(key{name: name, rrtype: lookup.TypeCNAME}, over); usable(s) && s.Kind == lookup.CachePositive {
			return s, leftSec
		}
	}
	// A DNAME says nothing about its owner, only about names below
	// (RFC 6672 §2.3).
	for n := name; c.renamed > 0 && n != lookup.Root; {
		n = n.Parent()
		if s, leftSec := c.at(key{name: n, rrtype: lookup.TypeDNAME}, over); usable(s) && s.Kind == lookup.CachePositive {
			return s, leftSec
		}
	}
	return nil, 0
}

// failure looks for a failure; the lock is held. One that is over stays for a
// while: the next one lasts longer.
func (c *Cache) failure(name lookup.Name, rrtype lookup.Type) (*message.Stored, uint32) {
	n := c.nodes[key{name: name, rrtype: rrtype, failure: true}]
	if n == nil {
		return nil, 0
	}
	leftSec, _, ok := left(n.stored, c.clock.Now())
	if !ok {
		return nil, 0
	}
	return n.stored, leftSec
}

// denial looks for an NXDOMAIN of the name or of a name above it, below which
// nothing exists (RFC 8020 §2).
func (c *Cache) denial(name lookup.Name, over *[]expiry) (*message.Stored, uint32) {
	for n := name; c.denied > 0; n = n.Parent() {
		if s, leftSec := c.at(key{name: n, rrtype: wholeName}, over); s != nil {
			return s, leftSec
		}
		if n == lookup.Root {
			break
		}
	}
	return nil, 0
}

// Get looks for exactly one RRset or NODATA, glue and the servers of
// referrals included, for finding out whom to ask next. It reports what
// expired but no hit: that is for [Cache.Hit], once it is clear that the entry
// is of use.
func (c *Cache) Get(step lookup.Step, name lookup.Name, rrtype lookup.Type) (s *message.Stored, leftSec uint32, ok bool) {
	var over []expiry
	c.mu.Lock()
	s, leftSec = c.at(key{name: name.Canonical(), rrtype: rrtype}, &over)
	c.mu.Unlock()
	c.report(step, over)
	return s, leftSec, s != nil
}

// Stale looks for what answers a question as [Cache.Find] does, expired data
// included that is within the time for that. It is for when nobody can be
// asked: old data is better than none (RFC 8767 §5). leftSec is 0 for what is
// expired. It reports nothing; see [Cache.Hit].
func (c *Cache) Stale(name lookup.Name, rrtype lookup.Type) (s *message.Stored, leftSec uint32, ok bool) {
	if c.staleFor <= 0 {
		return nil, 0, false
	}
	name = name.Canonical()
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.clock.Now()
	for _, k := range [3]key{{name: name, rrtype: rrtype}, {name: name, rrtype: wholeName}, {name: name, rrtype: lookup.TypeCNAME}} {
		n := c.nodes[k]
		if n == nil || n.stored.Credibility.Rank() < lookup.CredibilityAnswer.Rank() ||
			k.rrtype != rrtype && k.rrtype == lookup.TypeCNAME && n.stored.Kind != lookup.CachePositive {
			continue
		}
		leftSec, ageSec, fresh := left(n.stored, now)
		if fresh || time.Duration(ageSec-n.stored.TTLSec)*time.Second < c.staleFor {
			return n.stored, leftSec, true
		}
	}
	return nil, 0, false
}

// Hit reports that an entry was used: "answer", "alias", "servers", "address",
// "denial", "failure" or "stale".
func (c *Cache) Hit(step lookup.Step, s *message.Stored, use string) {
	if !step.Recording() {
		return
	}
	leftSec, ageSec, _ := left(s, c.clock.Now())
	step.Report(lookup.CacheHit{Cache: c.name, Entry: s.Entry(), LeftSec: leftSec, AgeSec: ageSec, Use: use})
}

// Snapshot is what the cache holds now, in order of storing, expired entries
// that nobody asked for since included, but failures only while they count. Of more than [SnapshotEntries] the
// ones used last are taken.
func (c *Cache) Snapshot() lookup.CacheSnapshot {
	c.mu.Lock()
	stored := make([]*message.Stored, 0, min(len(c.nodes), SnapshotEntries))
	at := c.clock.Now()
	over := 0
	for n := c.used.next; n != &c.used && len(stored) < SnapshotEntries; n = n.next {
		if _, _, alive := left(n.stored, at); !alive && n.key.failure {
			over++
			continue
		}
		stored = append(stored, n.stored)
	}
	dropped := len(c.nodes) - len(stored) - over
	c.mu.Unlock()

	s := lookup.CacheSnapshot{Cache: c.name, At: at, Entries: make([]lookup.CacheEntry, 0, len(stored)), Dropped: dropped}
	for i := len(stored) - 1; i >= 0; i-- {
		s.Entries = append(s.Entries, stored[i].Entry())
	}
	sortEntries(s.Entries)
	return s
}
