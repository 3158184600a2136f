package dnssec

import (
	"slices"
	"sync"

	"github.com/miekg/dns"
)

// maxMemo bounds the signatures that are remembered.
const maxMemo = 8192

// memo remembers signatures that were right, so that an answer from a cache
// costs no arithmetic each time that it is asked for. It goes by identity: the
// very records, signature and key that were checked, which nobody changes
// afterwards. Times are looked at every time. It is safe for concurrent use;
// a nil memo remembers nothing.
type memo struct {
	mu sync.Mutex
	m  map[memoKey][]dns.RR
}

type memoKey struct {
	sig *dns.RRSIG
	key *zoneKey
}

func (m *memo) knows(set *Set, sig *dns.RRSIG, key *zoneKey) bool {
	if m == nil {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	rrs, ok := m.m[memoKey{sig, key}]
	return ok && slices.Equal(rrs, set.RRs)
}

func (m *memo) add(set *Set, sig *dns.RRSIG, key *zoneKey) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.m == nil || len(m.m) >= maxMemo {
		m.m = map[memoKey][]dns.RR{} // all of it can be had again
	}
	m.m[memoKey{sig, key}] = set.RRs
}
