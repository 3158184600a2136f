// Package cache is an RRset cache: what a resolver, or a learner's device,
// remembers. It keeps RRsets and denials (RFC 2308) for their TTL, and failures
// for a short while (RFC 9520), counted in lesson time, and lets credible data replace less credible data only
// (RFC 2181 §5.4.1).
//
// A set lives from the moment it is stored until exactly its TTL later: at
// that instant it is expired. Expired sets are handed out by [Cache.Stale] only
// (RFC 8767), where that is switched on; they stay until somebody asks for them
// or room is needed, so that a page can show them with an empty ring.
//
// A [Cache] is safe for concurrent use. Facts go to the step that a call is
// given; with the zero step a hit allocates nothing.
package cache

import (
	"sync"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

// Defaults of a Config.
const (
	DefaultMaxEntries = 10000
	DefaultMaxRecords = 100

	// DefaultMaxTTL is a week: long enough for the two days of a top-level
	// domain, and what RFC 8767 §4 recommends as the upper end.
	DefaultMaxTTL = 7 * 24 * time.Hour

	// DefaultMaxNegativeTTL is the upper end of what RFC 2308 §5 found
	// sensible (one to three hours).
	DefaultMaxNegativeTTL = 3 * time.Hour

	// DefaultFailureTTL is how long a first failure is remembered; one that
	// follows soon doubles it, up to MaxFailureTTL (RFC 9520 §3.2).
	DefaultFailureTTL = 5 * time.Second
	MaxFailureTTL     = 5 * time.Minute

	// SnapshotEntries bounds a snapshot.
	SnapshotEntries = 500
)

// Config is what a cache is made from. Zero bounds mean the defaults.
type Config struct {
	Name  string       // "device", "R1", "R2": how facts call it
	Clock lookup.Clock // lesson time

	MaxEntries     int // entries in all; past it the one not used for longest goes
	MaxRecords     int // records of one entry; the others are left out
	MaxTTL         time.Duration
	MaxNegativeTTL time.Duration
	FailureTTL     time.Duration // at least 1 s

	// StaleFor is how long expired data stays at hand for [Cache.Stale]
	// (RFC 8767 §4 suggests one to three days); 0 for not at all.
	StaleFor time.Duration
}

// key finds an entry. Denials of a whole name are kept under type 0, failures
// beside what may be known from before.
type key struct {
	name    lookup.Name // canonical
	rrtype  lookup.Type
	failure bool
}

const wholeName lookup.Type = 0

// node is an entry in the order of use.
type node struct {
	key        key
	stored     *message.Stored
	prev, next *node
}

// Cache is a cache; New makes one.
type Cache struct {
	name        string
	clock       lookup.Clock
	maxEntries  int
	maxRecords  int
	maxTTL      uint32
	maxNegative uint32
	failureTTL  uint32
	staleFor    time.Duration

	mu      sync.Mutex
	nodes   map[key]*node
	used    node // ring: used.next was used last, used.prev is the next to go
	denied  int  // entries that deny a whole name
	renamed int  // entries of type DNAME
	failed  int  // failures
}

// New makes an empty cache.
func New(c Config) *Cache {
	orElse := func(v, otherwise int) int {
		if v > 0 {
			return v
		}
		return otherwise
	}
	seconds := func(d, otherwise time.Duration) uint32 {
		if d <= 0 {
			d = otherwise
		}
		return uint32(min(d, (1<<31-1)*time.Second) / time.Second)
	}
	cache := &Cache{
		name: c.Name, clock: c.Clock, nodes: map[key]*node{},
		maxEntries: orElse(c.MaxEntries, DefaultMaxEntries), maxRecords: orElse(c.MaxRecords, DefaultMaxRecords),
		maxTTL: seconds(c.MaxTTL, DefaultMaxTTL), maxNegative: seconds(c.MaxNegativeTTL, DefaultMaxNegativeTTL),
		failureTTL: min(max(seconds(c.FailureTTL, DefaultFailureTTL), 1), uint32(MaxFailureTTL/time.Second)),
		staleFor:   c.StaleFor,
	}
	cache.used.next, cache.used.prev = &cache.used, &cache.used
	return cache
}

// Bound is a TTL, cut to what data of a kind may live here: also where it is
// handed out without having been stored (RFC 8767 §4, RFC 2308 §5).
func (c *Cache) Bound(kind lookup.CacheKind, ttlSec uint32) uint32 {
	if kind == lookup.CachePositive {
		return min(ttlSec, c.maxTTL)
	}
	return min(ttlSec, c.maxTTL, c.maxNegative)
}

// Name is how facts call this cache.
func (c *Cache) Name() string { return c.name }

// left is how many whole seconds an entry still has, and its age in whole
// seconds; ok is false once it is expired.
func left(s *message.Stored, now time.Time) (leftSec, ageSec uint32, ok bool) {
	age := max(now.Sub(s.StoredAt), 0)
	secs := uint32(min(age/time.Second, 1<<31))
	if age >= time.Duration(s.TTLSec)*time.Second {
		return 0, secs, false
	}
	return s.TTLSec - secs, secs, true
}

func (c *Cache) unlink(n *node) {
	n.prev.next, n.next.prev = n.next, n.prev
}

func (c *Cache) toFront(n *node) {
	n.prev, n.next = &c.used, c.used.next
	n.prev.next, n.next.prev = n, n
}

// add and remove keep the counters in step with the map; the lock is held.
func (c *Cache) add(n *node) {
	c.nodes[n.key] = n
	c.toFront(n)
	c.count(n.key, 1)
}

func (c *Cache) remove(n *node) {
	delete(c.nodes, n.key)
	c.unlink(n)
	c.count(n.key, -1)
}

func (c *Cache) count(k key, by int) {
	switch {
	case k.failure:
		c.failed += by
	case k.rrtype == wholeName:
		c.denied += by
	case k.rrtype == lookup.TypeDNAME:
		c.renamed += by
	}
}

// Len is the number of entries, expired ones included.
func (c *Cache) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.nodes)
}

// Flush forgets what is known of a name and type: the RRset, its denial, the
// denial of the whole name, and a failure. It reports whether there was anything.
func (c *Cache) Flush(name lookup.Name, rrtype lookup.Type) bool {
	name = name.Canonical()
	c.mu.Lock()
	defer c.mu.Unlock()
	found := false
	for _, k := range [3]key{{name: name, rrtype: rrtype}, {name: name, rrtype: wholeName}, {name: name, rrtype: rrtype, failure: true}} {
		if n := c.nodes[k]; n != nil {
			c.remove(n)
			found = true
		}
	}
	return found
}

// FlushAll forgets everything and returns how many entries that were.
func (c *Cache) FlushAll() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(c.nodes)
	clear(c.nodes)
	c.used.next, c.used.prev = &c.used, &c.used
	c.denied, c.renamed, c.failed = 0, 0, 0
	return n
}
