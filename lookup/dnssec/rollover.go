package dnssec

import (
	"slices"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
)

// KeyState is where a trust anchor stands in its life (RFC 5011 §4.2).
type KeyState string

// The states but Start, in which a key is not known at all.
const (
	KeyPending KeyState = "addPend" // seen, and waiting out the hold-down time
	KeyValid   KeyState = "valid"   // a trust anchor
	KeyMissing KeyState = "missing" // a trust anchor that is not published now; still one
	KeyRevoked KeyState = "revoked" // told to be never used again
	KeyRemoved KeyState = "removed" // long revoked; remembered so that it does not come back
)

// The hold-down times of RFC 5011 §2.4.1 and §2.4.2.
const (
	AddHoldDown    = 30 * 24 * time.Hour
	RemoveHoldDown = 30 * 24 * time.Hour
)

// maxManaged bounds the keys that are kept for one zone.
const maxManaged = 32

// ManagedKey is one key of a zone whose anchors follow RFC 5011.
type ManagedKey struct {
	Key   dns.DNSKEY // without the Revoke bit
	State KeyState
	Since time.Time // at which it came into this state
	Until time.Time // end of the hold-down time, in states KeyPending and KeyRevoked
}

// KeyChange is one step of a key's life; From is "" for a new key, and To is
// "" for one that is forgotten.
type KeyChange struct {
	Tag      uint16
	From, To KeyState
}

// Managed are the trust anchors of one zone as RFC 5011 keeps them up to date.
// It is not safe for concurrent use, and it does not ask for records: whoever
// does calls Observe with each DNSKEY RRset, and again at the time it returns.
type Managed struct {
	Zone lookup.Name
	Keys []ManagedKey
}

// NewManaged begins with keys that are trusted now: zone keys with the SEP
// bit, configured by hand.
func NewManaged(zone lookup.Name, now time.Time, keys ...*dns.DNSKEY) *Managed {
	m := &Managed{Zone: zone}
	for _, k := range keys[:min(len(keys), maxManaged)] {
		m.Keys = append(m.Keys, ManagedKey{Key: *k, State: KeyValid, Since: now})
	}
	return m
}

// Anchors are the keys that are trusted now: the valid and the missing ones.
func (m *Managed) Anchors() (*Anchors, error) {
	var rrs []dns.RR
	for i := range m.Keys {
		if s := m.Keys[i].State; s == KeyValid || s == KeyMissing {
			rrs = append(rrs, &m.Keys[i].Key)
		}
	}
	return NewAnchors(rrs...)
}

// Observe takes a DNSKEY RRset of the zone into account. Revocations count if
// the revoked key itself has signed the set (§2.1); everything else only if a trusted key
// has. It returns what changed, when to look next
// (§2.3), and whether the set was believed; if not, nothing but revocations
// changed and next is the time to try again.
func (m *Managed) Observe(j *Judge, set *Set) (changes []KeyChange, next time.Time, believed bool) {
	now := j.now
	var seen []*dns.DNSKEY
	revoked := false
	for _, rr := range set.RRs {
		k, ok := rr.(*dns.DNSKEY)
		if !ok || k.Flags&dns.SEP == 0 || k.Flags&dns.ZONE == 0 || k.Protocol != 3 || len(seen) >= maxKeys {
			continue
		}
		if k.Flags&dns.REVOKE == 0 {
			seen = append(seen, k)
			continue
		}
		plain := *k
		plain.Flags &^= dns.REVOKE
		at := m.index(&plain)
		if at < 0 || m.Keys[at].State == KeyRevoked || m.Keys[at].State == KeyRemoved || !signedBy(j, set, k) {
			continue
		}
		changes = append(changes, m.move(at, KeyRevoked, now, now.Add(RemoveHoldDown)))
		revoked = true
	}
	ttl, validity := timesOf(set, now)
	anchors, err := m.Anchors()
	if err != nil || len(anchors.DS(m.Zone)) == 0 {
		return changes, now.Add(retryInterval(ttl, validity)), revoked
	}
	if _, judged := j.Keys(set, anchors.DS(m.Zone), "anchor"); judged.Verdict != lookup.Secure {
		return changes, now.Add(retryInterval(ttl, validity)), revoked
	}
	for at := 0; at < len(m.Keys); at++ {
		k := &m.Keys[at]
		present := slices.ContainsFunc(seen, func(s *dns.DNSKEY) bool { return sameKey(s, &k.Key) })
		switch {
		case k.State == KeyPending && !present:
			changes = append(changes, KeyChange{Tag: k.Key.KeyTag(), From: KeyPending})
			m.Keys = slices.Delete(m.Keys, at, at+1)
			at--
		case k.State == KeyPending && !now.Before(k.Until):
			changes = append(changes, m.move(at, KeyValid, now, time.Time{}))
		case k.State == KeyValid && !present:
			changes = append(changes, m.move(at, KeyMissing, now, time.Time{}))
		case k.State == KeyMissing && present:
			changes = append(changes, m.move(at, KeyValid, now, time.Time{}))
		case k.State == KeyRevoked && !present && !now.Before(k.Until):
			changes = append(changes, m.move(at, KeyRemoved, now, time.Time{}))
		}
	}
	for _, k := range seen {
		if m.index(k) >= 0 || len(m.Keys) >= maxManaged {
			continue
		}
		m.Keys = append(m.Keys, ManagedKey{Key: *k, State: KeyPending, Since: now, Until: now.Add(AddHoldDown)})
		changes = append(changes, KeyChange{Tag: k.KeyTag(), To: KeyPending})
	}
	next = now.Add(queryInterval(ttl, validity))
	for i := range m.Keys {
		if k := &m.Keys[i]; k.State == KeyPending && k.Until.After(now) && k.Until.Before(next) {
			next = k.Until
		}
	}
	return changes, next, true
}

func (m *Managed) move(at int, to KeyState, now, until time.Time) KeyChange {
	k := &m.Keys[at]
	c := KeyChange{Tag: k.Key.KeyTag(), From: k.State, To: to}
	k.State, k.Since, k.Until = to, now, until
	return c
}

func (m *Managed) index(k *dns.DNSKEY) int {
	return slices.IndexFunc(m.Keys, func(o ManagedKey) bool { return sameKey(&o.Key, k) })
}

func sameKey(a, b *dns.DNSKEY) bool {
	return a.Flags == b.Flags && a.Protocol == b.Protocol && a.Algorithm == b.Algorithm && a.PublicKey == b.PublicKey
}

// signedBy reports whether a revoked key has signed the set that revokes it.
func signedBy(j *Judge, set *Set, k *dns.DNSKEY) bool {
	one, ok := readKey(j.policy, k)
	if !ok {
		return false
	}
	one.flags &^= dns.REVOKE // its tag stays that of the revoked key, which the signature names
	judged, _ := j.set(set, &Keys{Zone: set.Name, zone: set.owner, keys: []zoneKey{one}})
	return judged.Verdict == lookup.Secure
}

// timesOf are the original TTL of a set and the time that is left of its
// signatures, from which the intervals follow (RFC 5011 §2.3).
func timesOf(set *Set, now time.Time) (ttl, validity time.Duration) {
	validity = 15 * 24 * time.Hour
	for _, sig := range set.Sigs {
		if own := time.Duration(sig.OrigTtl) * time.Second; ttl == 0 || own < ttl {
			ttl = own
		}
		if left := time.Duration(int32(sig.Expiration-uint32(now.Unix()))) * time.Second; left < validity {
			validity = max(left, 0)
		}
	}
	return ttl, validity
}

func queryInterval(ttl, validity time.Duration) time.Duration {
	return max(time.Hour, min(15*24*time.Hour, ttl/2, validity/2))
}

func retryInterval(ttl, validity time.Duration) time.Duration {
	return max(time.Hour, min(24*time.Hour, ttl/10, validity/10))
}
