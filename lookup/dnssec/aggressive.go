package dnssec

import (
	"slices"
	"sync"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

// maxHeld bounds the denials that are held for all zones together, and
// maxHeldZone those of one zone: a zone that denies a great deal must not push
// out all others.
const (
	maxHeld     = 8192
	maxHeldZone = 2048
)

// held are validated denials that may answer further questions (RFC 8198): what
// lies in the span of a record is not there, whoever asks for it. It is safe
// for concurrent use.
type held struct {
	mu    sync.Mutex
	zones map[wire]*heldZone
	n     int
}

type heldZone struct {
	soa    *Set
	soaEnd time.Time
	nsec   []heldDenial // in canonical order of owners
	nsec3  []heldDenial // in order of hashes
	hashed parameters   // of nsec3
}

type heldDenial struct {
	owner wire
	hash  hashed
	set   *Set
	end   time.Time // lesson time after which it says nothing any more
}

// learn keeps what a proof rested on.
func (h *held) learn(zone wire, soa *Set, p *proof, life Judgement) {
	now := p.judge.now
	ttl := life.TTLSec
	for _, rr := range soa.RRs {
		if rr, ok := rr.(*dns.SOA); ok {
			ttl = min(ttl, message.NegativeTTL(rr)) // RFC 8198 §5.4
		}
	}
	end := now.Add(time.Duration(ttl) * time.Second)
	if u := life.Until; !u.IsZero() && u.Before(end) {
		end = u
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	z := h.zones[zone]
	if z == nil || h.n >= maxHeld {
		if h.zones == nil || h.n >= maxHeld {
			h.zones, h.n = map[wire]*heldZone{}, 0 // all of it can be had again
		}
		z = &heldZone{}
		h.zones[zone] = z
	}
	z.soa, z.soaEnd = soa, end
	put := func(list []heldDenial, d heldDenial, compare func(a, b heldDenial) int) []heldDenial {
		at, there := slices.BinarySearchFunc(list, d, compare)
		switch {
		case there:
			list[at] = d
		case len(list) < maxHeldZone:
			list = slices.Insert(list, at, d)
			h.n++
		}
		return list
	}
	for _, set := range p.verified {
		d := heldDenial{owner: set.owner, set: set, end: end}
		if set.Type == lookup.Type(dns.TypeNSEC) {
			z.nsec = put(z.nsec, d, func(a, b heldDenial) int { return a.owner.compare(b.owner) })
			continue
		}
		if !d.hash.read(set.owner.label(0)) {
			continue
		}
		if z.hashed != p.parameters { // the zone has been hashed anew
			h.n -= len(z.nsec3)
			z.nsec3, z.hashed = nil, p.parameters
		}
		z.nsec3 = put(z.nsec3, d, func(a, b heldDenial) int { return compareHashes(a.hash, b.hash) })
	}
}

func compareHashes(a, b hashed) int { return slices.Compare(a[:], b[:]) }

// deepest is the zone closest above a name of which something is held.
func (h *held) deepest(name wire, rrtype lookup.Type) (wire, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.zones) == 0 {
		return "", false
	}
	if rrtype == lookup.TypeDS {
		name = name.parent() // the parent's to say
	}
	for w := name; ; w = w.parent() {
		if h.zones[w] != nil {
			return w, true
		}
		if w == rootWire {
			return "", false
		}
	}
}

// candidates are the records that may prove that a name is not there, or has not
// the type: the one at it or over it, and those about its closest encloser. hash
// is for NSEC3, and fails where that costs too much.
func (h *held) candidates(zone, name wire, now time.Time, hash func(parameters, wire) (hashed, bool)) (soa *Set, denials []Set, end time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	z := h.zones[zone]
	if z == nil || !now.Before(z.soaEnd) {
		return nil, nil, end
	}
	end = z.soaEnd
	take := func(d *heldDenial) {
		if d == nil || !now.Before(d.end) || slices.ContainsFunc(denials, func(s Set) bool { return s.owner == d.owner }) {
			return
		}
		denials = append(denials, *d.set)
		if d.end.Before(end) {
			end = d.end
		}
	}
	if d := z.atOrBefore(name); d != nil {
		take(d)
		if one, ok := readNSEC(d.set, zone); ok && d.owner != name {
			if w := one.encloser(name).wildcard(); w != "" {
				take(z.atOrBefore(w))
			}
		}
	}
	if len(denials) > 0 || len(z.nsec3) == 0 {
		return z.soa, denials, end
	}
	for c, next := name, wire(""); c.in(zone); next, c = c, c.parent() {
		of, ok := hash(z.hashed, c)
		if !ok {
			return nil, nil, end
		}
		d := z.hashAtOrBefore(of)
		if d.hash != of {
			if c == zone {
				break
			}
			continue
		}
		take(d)
		if next != "" {
			for _, w := range []wire{next, c.wildcard()} {
				if w == "" {
					continue
				}
				if of, ok := hash(z.hashed, w); ok {
					take(z.hashAtOrBefore(of))
				}
			}
		}
		break
	}
	return z.soa, denials, end
}

func (z *heldZone) atOrBefore(name wire) *heldDenial {
	at, there := slices.BinarySearchFunc(z.nsec, name, func(d heldDenial, n wire) int { return d.owner.compare(n) })
	if !there {
		at--
	}
	if at < 0 {
		return nil
	}
	return &z.nsec[at]
}

// hashAtOrBefore goes round: what is before the first is the last one's.
func (z *heldZone) hashAtOrBefore(of hashed) *heldDenial {
	at, there := slices.BinarySearchFunc(z.nsec3, of, func(d heldDenial, h hashed) int { return compareHashes(d.hash, h) })
	if !there {
		at = (at + len(z.nsec3) - 1) % len(z.nsec3)
	}
	return &z.nsec3[at]
}

// Synthesise implements message.Validation: it answers a question with denials
// that came with other answers, if they prove that the name or the type is not
// there (RFC 8198 §5). Wildcards are not expanded, and spans with opt-out prove
// nothing. The evidence is validated as any other afterwards.
func (s *session) Synthesise(q lookup.Question) (made message.Denial, ok bool) {
	v := s.v
	name, valid := wireOf(string(q.Name))
	if !v.aggressive || !valid || q.Type == lookup.TypeANY || q.Type == lookup.Type(dns.TypeRRSIG) {
		return made, false
	}
	zone, found := v.held.deepest(name, q.Type)
	if !found {
		return made, false
	}
	now := v.clock.Now()
	v.mu.Lock()
	l := v.zones[zone]
	v.mu.Unlock()
	if l.keys == nil || !now.Before(l.end) {
		return made, false
	}
	judge := NewJudge(v.host, lookup.Step{}, v.policy, now, s.budget)
	judge.memo = &v.memo
	hasher := &proof{judge: judge, zone: zone}
	soa, denials, end := v.held.candidates(zone, name, now, func(p parameters, w wire) (hashed, bool) {
		if int(p.iterations) > v.policy.InsecureIterations {
			return hashed{}, false
		}
		hasher.parameters = p
		return hasher.hash(w)
	})
	if soa == nil || len(denials) == 0 {
		return made, false
	}
	p := judge.proofs(denials, l.keys)
	made.Outcome = lookup.OutcomeNxdomain
	if p.try(claim{kind: claimNxdomain, name: name, rrtype: uint16(q.Type)}).Verdict != lookup.Secure {
		made.Outcome = lookup.OutcomeNodata
		if p.try(claim{kind: claimNodata, name: name, rrtype: uint16(q.Type)}).Verdict != lookup.Secure {
			return made, false
		}
	}
	made.Zone = zone.name()
	made.SOA = message.Set{Name: soa.Name, Type: soa.Type, TTLSec: uint32(end.Sub(now) / time.Second), RRs: soa.RRs, Credibility: lookup.CredibilityAnswer}
	for _, sig := range soa.Sigs {
		made.SOA.Sigs = append(made.SOA.Sigs, sig)
	}
	for _, d := range denials {
		made.SOA.Proof = append(made.SOA.Proof, d.RRs...)
		for _, sig := range d.Sigs {
			made.SOA.Proof = append(made.SOA.Proof, sig)
		}
	}
	return made, made.SOA.TTLSec > 0
}
