package dnssec

import (
	"crypto/sha1"
	"encoding/base32"
	"encoding/hex"
	"strings"

	"github.com/miekg/dns"

	"rootwalk/lookup"
)

// hashed is the SHA-1 hash that NSEC3 puts in place of a name (RFC 5155 §5).
type hashed [sha1.Size]byte

var base32hex = base32.HexEncoding.WithPadding(base32.NoPadding)

func (h hashed) String() string { return strings.ToLower(base32hex.EncodeToString(h[:])) }

// parameters are how a zone hashes its names.
type parameters struct {
	iterations uint16
	salt       string // octets
}

// nsec3 is one verified NSEC3 record.
type nsec3 struct {
	owner, next hashed
	optOut      bool
	types       []uint16
}

// readNSEC3 reads the record of a verified set. Records with an unknown hash
// algorithm or unknown flags must be ignored (RFC 5155 §8.1, §8.2).
func readNSEC3(set *Set, zone wire) (nsec3, parameters, bool) {
	rr, ok := set.RRs[0].(*dns.NSEC3)
	if !ok || len(set.RRs) != 1 || rr.Hash != dns.SHA1 || rr.Flags&^1 != 0 || set.owner.parent() != zone || set.owner == zone {
		return nsec3{}, parameters{}, false
	}
	n := nsec3{optOut: rr.Flags&1 != 0, types: rr.TypeBitMap}
	salt, err := hex.DecodeString(rr.Salt)
	if rr.Salt == "-" || rr.Salt == "" {
		salt, err = nil, nil
	}
	if err != nil || len(salt) > 255 || !n.owner.read(set.owner.label(0)) || !n.next.read(rr.NextDomain) {
		return nsec3{}, parameters{}, false
	}
	return n, parameters{iterations: rr.Iterations, salt: string(salt)}, true
}

func (h *hashed) read(text string) bool {
	if len(text) != base32hex.EncodedLen(len(h)) {
		return false
	}
	n, err := base32hex.Decode(h[:], []byte(strings.ToUpper(text)))
	return err == nil && n == len(h)
}

// covers reports whether a hash lies in the span after the record. The last
// record of a zone points back to the first.
func (n *nsec3) covers(h hashed) bool {
	after, before := string(h[:]) > string(n.owner[:]), string(h[:]) < string(n.next[:])
	if string(n.owner[:]) < string(n.next[:]) {
		return after && before
	}
	return h != n.owner && (after || before)
}

// hash is the hash of a name, computed once for each. It fails where the
// budget is spent.
func (p *proof) hash(name wire) (hashed, bool) {
	if h, ok := p.hashes[name]; ok {
		return h, true
	}
	if !spend(&p.judge.budget.Hashes, 1+int(p.parameters.iterations)) {
		p.spent = true
		return hashed{}, false
	}
	buf := make([]byte, 0, len(name)+len(p.parameters.salt)+sha1.Size)
	h := hashed(sha1.Sum(append(append(buf, name...), p.parameters.salt...)))
	for range p.parameters.iterations {
		h = sha1.Sum(append(append(buf[:0], h[:]...), p.parameters.salt...))
	}
	if p.hashes == nil {
		p.hashes = map[wire]hashed{}
	}
	p.hashes[name] = h
	return h, true
}

func (p *proof) nsec3Matching(name wire) *nsec3 {
	h, ok := p.hash(name)
	if !ok {
		return nil
	}
	for i := range p.nsec3s {
		if n := &p.nsec3s[i]; n.owner == h {
			p.use(lookup.DenialSpan{From: n.owner.String(), To: n.next.String(), Name: name.name(), Hash: h.String(), Use: "matches", OptOut: n.optOut, Types: typesOf(n.types)})
			return n
		}
	}
	return nil
}

func (p *proof) nsec3Covering(name wire) *nsec3 {
	h, ok := p.hash(name)
	if !ok {
		return nil
	}
	for i := range p.nsec3s {
		if n := &p.nsec3s[i]; n.covers(h) {
			p.use(lookup.DenialSpan{From: n.owner.String(), To: n.next.String(), Name: name.name(), Hash: h.String(), Use: "covers", OptOut: n.optOut})
			return n
		}
	}
	return nil
}

// closest is the closest encloser proof (RFC 5155 §8.3) for a name that no
// record matches: the longest ancestor that a record matches, while another
// covers the name one label longer, which is returned.
func (p *proof) closest(name wire) *nsec3 {
	next := name
	for c := name.parent(); next != p.zone && c.in(p.zone); next, c = c, c.parent() {
		n := p.nsec3Matching(c)
		if p.spent {
			return nil
		}
		if n == nil {
			continue
		}
		if isCut(n.types) || has(n.types, dns.TypeDNAME) {
			return nil // the encloser must not be a cut or an alias for all below it
		}
		p.encloser = c
		return p.nsec3Covering(next)
	}
	return nil
}

// byNSEC3 tries a claim with NSEC3 records (RFC 5155 §8.4 to §8.9).
func (p *proof) byNSEC3(c claim) string {
	if c.kind == claimWildcard {
		// The wildcard itself shows the encloser; what lies between must not be.
		p.encloser = c.name.suffix(c.labels)
		return covered(p.nsec3Covering(c.name.suffix(c.labels + 1)))
	}
	if n := p.nsec3Matching(c.name); n != nil {
		switch {
		case c.kind == claimUnsigned:
			return cutOf(n.types, c.name, p)
		case c.kind == claimNodata && lacks(n.types, c.name, c.rrtype):
			return "proved"
		}
		return "unproved" // the name is there
	}
	next := p.closest(c.name)
	if next == nil {
		return "unproved"
	}
	switch c.kind {
	case claimUnsigned:
		if next.optOut {
			return "optOut" // an unsigned delegation may be here (§8.6, §8.9)
		}
		p.noCut, p.nothing = true, true
		return "proved"
	case claimNodata:
		if w := p.encloser.wildcard(); w != "" {
			if n := p.nsec3Matching(w); n != nil && lacks(n.types, w, c.rrtype) {
				return covered(next)
			}
		}
		if next.optOut && !p.spent {
			// An unsigned delegation, or an empty non-terminal with only such below it, has no record of its own
			// (§8.6).
			return "optOut"
		}
		return "unproved"
	}
	if w := p.encloser.wildcard(); w != "" && p.nsec3Covering(w) == nil {
		return "unproved"
	}
	return covered(next)
}

// covered is what the record over a name is worth. In an opt-out span the
// name may be an unsigned delegation after all, so AD must stay 0 (RFC 5155 §9.2).
func covered(n *nsec3) string {
	switch {
	case n == nil:
		return "unproved"
	case n.optOut:
		return "optOut"
	}
	return "proved"
}
