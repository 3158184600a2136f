package dnssec

import (
	"slices"

	"github.com/miekg/dns"

	"rootwalk/lookup"
)

// nsec is one verified NSEC record: there is a name owner with these types, and
// nothing between it and next (RFC 4034 §4).
type nsec struct {
	owner, next wire
	types       []uint16
}

// readNSEC reads the record of a verified set. A record that points out of its
// zone, or backwards other than to the apex, is none.
func readNSEC(set *Set, zone wire) (nsec, bool) {
	rr, ok := set.RRs[0].(*dns.NSEC)
	if !ok || len(set.RRs) != 1 {
		return nsec{}, false
	}
	next, ok := wireOf(rr.NextDomain)
	if !ok || !next.in(zone) || next != zone && set.owner.compare(next) >= 0 {
		return nsec{}, false
	}
	return nsec{owner: set.owner, next: next, types: rr.TypeBitMap}, true
}

// covers reports whether the record proves that there is no such name: it lies
// strictly between owner and next. A name below a delegation or a DNAME is not
// denied by the record of the cut, whatever the order says (RFC 6840 §4.1,
// RFC 6672 §5.3.4.1).
func (n *nsec) covers(name, zone wire) bool {
	if !name.in(zone) || n.owner.compare(name) >= 0 || n.next != zone && name.compare(n.next) >= 0 {
		return false
	}
	return !(name.below(n.owner) && (isCut(n.types) || has(n.types, dns.TypeDNAME)))
}

// encloser is the closest ancestor of a covered name that exists: the record's
// two names do, and so do all above them.
func (n *nsec) encloser(name wire) wire {
	a, b := name.common(n.owner), name.common(n.next)
	if len(a) > len(b) {
		return a
	}
	return b
}

// has reports whether a type bit map lists a type.
func has(types []uint16, rrtype uint16) bool { return slices.Contains(types, rrtype) }

// isCut reports whether types are those of a delegation, seen from the parent:
// NS without SOA.
func isCut(types []uint16) bool { return has(types, dns.TypeNS) && !has(types, dns.TypeSOA) }

// lacks reports whether the type bit map at a name proves that the name has
// neither the type nor an alias (RFC 4035 §5.4, RFC 6840 §4.1 and §4.3).
func lacks(types []uint16, name wire, rrtype uint16) bool {
	if has(types, rrtype) || has(types, dns.TypeCNAME) {
		return false
	}
	if rrtype == dns.TypeDS {
		// Only the parent knows of a DS; the child's own apex record says
		// nothing about it. The root has no parent.
		return !has(types, dns.TypeSOA) || name == rootWire
	}
	if rrtype == dns.TypeANY && slices.ContainsFunc(types, func(t uint16) bool { return t != dns.TypeNSEC && t != dns.TypeRRSIG }) {
		return false
	}
	return !isCut(types) // what the child has at its apex, the parent does not know
}

// byNSEC tries a claim with NSEC records.
func (p *proof) byNSEC(c claim) string {
	switch c.kind {
	case claimNxdomain:
		n := p.nsecCovering(c.name)
		if n == nil || n.next.below(c.name) {
			return "unproved" // with something below it the name exists (RFC 4592 §2.2.2)
		}
		p.encloser = n.encloser(c.name)
		wildcard := p.encloser.wildcard()
		if wildcard != "" && p.nsecCovering(wildcard) == nil {
			return "unproved"
		}
		return "proved"
	case claimWildcard:
		n := p.nsecCovering(c.name)
		if n == nil || n.next.below(c.name) {
			return "unproved"
		}
		if p.encloser = n.encloser(c.name); p.encloser.labels() > c.labels {
			return "unproved" // a closer name exists: its wildcard would have been the source
		}
		return "proved"
	case claimUnsigned:
		if n := p.nsecMatching(c.name); n != nil {
			return cutOf(n.types, c.name, p)
		}
		if n := p.nsecCovering(c.name); n != nil {
			p.noCut, p.nothing = true, !n.next.below(c.name)
			return "proved"
		}
		return "unproved"
	}
	if n := p.nsecMatching(c.name); n != nil {
		if lacks(n.types, c.name, c.rrtype) {
			return "proved"
		}
		return "unproved"
	}
	n := p.nsecCovering(c.name)
	switch {
	case n == nil:
		return "unproved"
	case n.next.below(c.name):
		return "proved" // an empty non-terminal: the name is there, without any type
	}
	// No such name, but a wildcard that has not the type either (RFC 4035
	// §3.1.3.4).
	p.encloser = n.encloser(c.name)
	if w := p.encloser.wildcard(); w != "" {
		if m := p.nsecMatching(w); m != nil && lacks(m.types, w, c.rrtype) {
			return "proved"
		}
	}
	return "unproved"
}

// cutOf reads from the types at a name whether an unsigned zone begins there.
func cutOf(types []uint16, name wire, p *proof) string {
	if has(types, dns.TypeDS) || has(types, dns.TypeSOA) && name != rootWire {
		return "unproved" // there is a DS, or the record is the child's own
	}
	p.noCut = !has(types, dns.TypeNS)
	return "proved"
}

// nsecMatching finds the record at a name.
func (p *proof) nsecMatching(name wire) *nsec {
	for i := range p.nsecs {
		if n := &p.nsecs[i]; n.owner == name {
			p.use(lookup.DenialSpan{From: n.owner.name().Short(), To: n.next.name().Short(), Name: name.name(), Use: "matches", Types: typesOf(n.types)})
			return n
		}
	}
	return nil
}

// nsecCovering finds a record that proves that there is no such name.
func (p *proof) nsecCovering(name wire) *nsec {
	for i := range p.nsecs {
		if n := &p.nsecs[i]; n.covers(name, p.zone) {
			p.use(lookup.DenialSpan{From: n.owner.name().Short(), To: n.next.name().Short(), Name: name.name(), Use: "covers"})
			return n
		}
	}
	return nil
}

func typesOf(types []uint16) []lookup.Type {
	out := make([]lookup.Type, 0, min(len(types), 64))
	for _, t := range types[:min(len(types), 64)] {
		out = append(out, lookup.Type(t))
	}
	return out
}
