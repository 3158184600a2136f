package auth

import (
	"bytes"
	"crypto/sha1"
	"encoding/base32"
	"slices"
	"strings"
)

// denial is one NSEC or NSEC3 record: it says that there is nothing between its
// owner and the next.
type denial struct {
	owner *name
	hash  [sha1.Size]byte // of NSEC3
	set   *rrset
}

// compareNames is the canonical order of names: by labels from the right (RFC
// 4034 section 6.1).
func compareNames(a, b *name) int {
	for i := 1; i <= min(a.labels(), b.labels()); i++ {
		if c := bytes.Compare(a.label(a.labels()-i), b.label(b.labels()-i)); c != 0 {
			return c
		}
	}
	return a.labels() - b.labels()
}

// label is the octets of label i without their length.
func (n *name) label(i int) []byte {
	at := int(n.starts[i])
	return n.wire[at+1 : at+1+int(n.wire[at])]
}

// typeBits is a type bit map (RFC 4034 section 4.1.2).
func typeBits(types []uint16) []byte {
	slices.Sort(types)
	var out []byte
	for i := 0; i < len(types); {
		window := types[i] >> 8
		var bits [32]byte
		last := 0
		for ; i < len(types) && types[i]>>8 == window; i++ {
			low := int(types[i] & 0xff)
			bits[low/8] |= 0x80 >> (low % 8)
			last = low / 8
		}
		out = append(append(out, byte(window), byte(last+1)), bits[:last+1]...)
	}
	return out
}

// types are those that the denial at a node lists. Of a delegation they are
// what the parent has a say about.
func (s *secured) types(n *node) (types []uint16, signed bool) {
	for _, set := range append(slices.Clone(n.rrsets), s.sets[n]...) {
		if n.cut == nil || set.typ == typeNS || set.typ == typeDS {
			types = append(types, set.typ)
			signed = signed || n.cut == nil || set.typ == typeDS
		}
	}
	return types, signed
}

// hidden reports whether a node lies below a delegation: what is there is glue.
func (n *node) hidden() bool { return n.cut != nil && n.cut != n }

// chain makes the NSEC records: one for every name that has records (RFC 4035
// section 2.3).
func (s *secured) chain() {
	var owners []*node
	for _, n := range s.zone.nodes {
		if !n.hidden() && len(n.rrsets) > 0 {
			owners = append(owners, n)
		}
	}
	slices.SortFunc(owners, func(a, b *node) int { return compareNames(a.name, b.name) })
	for i, n := range owners {
		next := owners[(i+1)%len(owners)]
		types, _ := s.types(n)
		s.add(n, typeNSEC, s.zone.negative.ttl, append(slices.Clone(next.name.wire), typeBits(append(types, typeRRSIG, typeNSEC))...))
		s.at[n] = i
		s.denials = append(s.denials, denial{owner: n.name, set: s.sets[n][len(s.sets[n])-1]})
	}
}

var hashText = base32.HexEncoding.WithPadding(base32.NoPadding)

// hash is the hash of a name (RFC 5155 section 5).
func (p *NSEC3) hash(wire []byte) [sha1.Size]byte {
	h := sha1.Sum(append(slices.Clone(wire), p.Salt...))
	for range p.Iterations {
		h = sha1.Sum(append(h[:], p.Salt...))
	}
	return h
}

// hashChain makes the NSEC3 records: one for every name, empty non-terminals
// too, and with opt-out none for unsigned delegations nor for what is there
// only because of them (RFC 5155 section 7.1).
func (s *secured) hashChain() {
	there := map[*node]bool{}
	for _, n := range s.zone.nodes {
		if n.hidden() || len(n.rrsets) == 0 || n.cut == n && s.nsec3.OptOut && n.find(typeDS) == nil && s.find(n, typeDS) == nil {
			continue
		}
		for up := n; up != nil && !there[up]; up = up.parent {
			there[up] = true
		}
	}
	type link struct {
		denial
		of *node
	}
	var links []link
	for n := range there {
		links = append(links, link{denial{hash: s.nsec3.hash(n.name.wire)}, n})
	}
	slices.SortFunc(links, func(a, b link) int { return bytes.Compare(a.hash[:], b.hash[:]) })
	flags := byte(0)
	if s.nsec3.OptOut {
		flags = 1
	}
	apex := s.zone.apex.name.wire
	for i, l := range links {
		next := links[(i+1)%len(links)].hash
		types, signed := s.types(l.of)
		if signed {
			types = append(types, typeRRSIG)
		}
		label := strings.ToLower(hashText.EncodeToString(l.hash[:]))
		owner, err := newName(append(append([]byte{byte(len(label))}, label...), apex...))
		if err != nil { // the zone's name is too long to have hashes below it: it is served without
			continue
		}
		data := append(append(s.nsec3.parameters(flags), byte(len(next))), next[:]...)
		l.owner = owner
		l.set = &rrset{typ: typeNSEC3, ttl: s.zone.negative.ttl, at: &node{name: owner}, rrs: []rdata{{head: append(data, typeBits(types)...)}}}
		s.at[l.of] = len(s.denials)
		s.denials = append(s.denials, l.denial)
	}
}

// matching is the denial that stands at a node, nil if none does.
func (s *secured) matching(n *node) *denial {
	if i, ok := s.ready().at[n]; ok {
		return &s.denials[i]
	}
	return nil
}

// covering is the denial in whose span a name lies: the last one that is not
// behind it, and round the end the last of all.
func (s *secured) covering(n *name) *denial {
	s.ready()
	if len(s.denials) == 0 {
		return nil
	}
	var i int
	if s.nsec3 == nil {
		i, _ = slices.BinarySearchFunc(s.denials, n, func(d denial, n *name) int {
			if compareNames(d.owner, n) <= 0 {
				return -1
			}
			return 1
		})
	} else {
		h := s.nsec3.hash(n.wire)
		i, _ = slices.BinarySearchFunc(s.denials, h, func(d denial, h [sha1.Size]byte) int {
			if bytes.Compare(d.hash[:], h[:]) <= 0 {
				return -1
			}
			return 1
		})
	}
	return &s.denials[(i+len(s.denials)-1)%len(s.denials)]
}

// deny adds a denial to the authority section.
func (r *responder) deny(d *denial) {
	if d != nil {
		r.add(authoritySection, d.owner, d.set)
	}
}

// ancestor is a name cut down to some of its labels, counted from the right.
func (n *name) ancestor(labels int) *name {
	a, err := newName(n.suffix(n.labels() - labels))
	if err != nil { // a suffix of a name is a name
		panic(err)
	}
	return a
}

// wildcardBelow is the wildcard of a name; nil where there is no room for one.
func wildcardBelow(n *name) *name {
	w, err := newName(append([]byte{1, '*'}, n.wire...))
	if err != nil {
		return nil
	}
	return w
}

// denyName proves that a name is not there, whose closest encloser is given (RFC
// 4035 section 3.1.3.2, RFC 5155 section 7.2.1), and unless a wildcard answers in
// its place, that there is no such wildcard either.
func (r *responder) denyName(s *secured, n *name, encloser *node, wildcard bool) {
	if s.ready().nsec3 == nil {
		r.deny(s.covering(n))
		if w := wildcardBelow(encloser.name); !wildcard && w != nil {
			r.deny(s.covering(w))
		}
		return
	}
	r.deny(s.covering(n.ancestor(encloser.name.labels() + 1)))
	if wildcard {
		return // the expanded wildcard shows the encloser (RFC 5155 section 7.2.6)
	}
	r.deny(s.matching(encloser))
	if w := wildcardBelow(encloser.name); w != nil {
		r.deny(s.covering(w))
	}
}

// denyType proves that a node, a name's own or the wildcard that stands for it,
// has no records of the type asked for (RFC 4035 section 3.1.3.1 and 3.1.3.4,
// RFC 5155 section 7.2.3 to 7.2.5).
func (r *responder) denyType(s *secured, at *node) {
	switch match := s.matching(at); {
	case match == nil && s.nsec3 == nil:
		r.deny(s.covering(at.name)) // an empty non-terminal
	case match == nil:
		r.denyDelegation(s, at) // only unsigned delegations are there, or below it
	default:
		if s.nsec3 != nil && at.name.isWildcard() && at != s.zone.apex {
			r.deny(s.matching(at.parent))
		}
		r.deny(match)
	}
}

// denyDelegation proves that a child is not signed (RFC 4035 section 3.1.4.1,
// RFC 5155 section 7.2.7).
func (r *responder) denyDelegation(s *secured, cut *node) {
	if match := s.matching(cut); match != nil {
		r.deny(match)
		return
	}
	// Opt-out: the closest encloser that can be proved, and the span in which the
	// name one label longer lies.
	up, below := cut.parent, cut
	for s.matching(up) == nil && up.parent != nil {
		up, below = up.parent, up
	}
	r.deny(s.matching(up))
	if below != cut {
		r.deny(s.covering(below.name))
	}
	r.deny(s.covering(cut.name))
}
