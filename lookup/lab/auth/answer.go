package auth

import "sync"

// section says where a set of records goes. The order is the order on the wire,
// and the order in which things are left out when space runs short, last first.
type section uint8

const (
	answerSection section = iota
	authoritySection
	courtesySection // the zone's own NS beside an answer: authority section, may be left out
	firstAddresses  // additional: A, or AAAA if the asker came over IPv6
	otherAddresses  // additional: the other family
	sections
)

// maxChain is how many aliases the server follows by itself; the asker goes on
// from where it stops.
const maxChain = 18

// part is one RRset of a response.
type part struct {
	owner    *name
	set      *rrset
	section  section
	required bool   // glue without which a referral leads nowhere (RFC 9471)
	sig      *rrset // what signs it, for who asked with DO=1
}

// responder holds everything one response needs while it is made.
type responder struct {
	query  query
	enc    encoder
	parts  []part
	chain  int
	rcode  int
	aa     bool
	inet6  bool
	ede    uint16   // extended error to add (RFC 8914), 0 for none
	secure *secured // of the zone that is answered from, if it is signed and the asker wants to know
}

// Responders are shared by all servers of the process: one is needed only while
// a response is made, not while a server waits.
var responders = sync.Pool{New: func() any { return new(responder) }}

// resolve answers the query from the zones of a catalog (RFC 1034 section 4.3.2).
func (r *responder) resolve(c *Catalog, n *name) {
	zone := c.deepest(n, 0)
	if zone == nil { // step 2: no such zone here
		if r.chain == 0 {
			r.rcode = rcodeRefused
			r.ede = edeNotAuthoritative
		}
		return
	}
	if zone.expired {
		if r.chain == 0 {
			r.rcode = rcodeServFail
		}
		return
	}
	at, exact := zone.find(n)
	// The DS RRset of a zone lives in its parent (RFC 4035 section 3.1.4.1).
	if exact && r.query.typ == typeDS && at == zone.apex && n.labels() > 0 {
		if parent := c.deepest(n, 1); parent != nil {
			zone = parent
			at, exact = zone.find(n)
		}
	}
	if r.secure = nil; r.query.do && zone.secure != nil && !zone.secure.ready().bare {
		r.secure = zone.secure
	}
	// Step 3b: a delegation at or above the name.
	if at.cut != nil && !(exact && r.query.typ == typeDS && at == at.cut) {
		r.refer(zone, at.cut)
		return
	}
	r.aa = r.query.class != classANY
	switch {
	case exact:
		r.match(c, zone, at, n)
	case at.find(typeDNAME) != nil:
		r.redirect(c, at, n)
	case at.wildcard != nil: // step 3c
		if r.secure != nil {
			r.denyName(r.secure, n, at, true)
		}
		r.match(c, zone, at.wildcard, n)
	default:
		r.rcode = rcodeNXDomain
		if r.secure != nil {
			r.denyName(r.secure, n, at, false)
		}
		r.negative(zone)
	}
}

// refer makes a referral: the delegation and the addresses that go with it.
func (r *responder) refer(zone *Zone, cut *node) {
	r.aa = r.chain > 0 // AA speaks of the first owner in the answer (RFC 1035 section 4.1.1)
	set := cut.find(typeNS)
	r.add(authoritySection, cut.name, set)
	if r.secure != nil {
		if ds := zone.set(cut, typeDS); ds != nil {
			r.add(authoritySection, cut.name, ds)
		} else {
			r.denyDelegation(r.secure, cut)
		}
	}
	for i := range set.rrs {
		r.addresses(&set.rrs[i], true, set.rrs[i].target.under(cut.name))
	}
}

// match answers from a node that matches the name: its own, or the wildcard
// that stands for it. The owner in the answer is the name asked for either way
// (RFC 4592 section 3.3.3).
func (r *responder) match(c *Catalog, zone *Zone, at *node, n *name) {
	set := zone.set(at, r.query.typ)
	switch r.query.typ {
	case typeANY:
		set = at.representative()
	case typeRRSIG:
		if zone.secure != nil {
			set = zone.secure.signatures(at)
		}
	}
	if set == nil {
		if alias := at.find(typeCNAME); alias != nil { // step 3a
			// An alias that is in the answer already closes a circle.
			if r.add(answerSection, n, alias) && r.follow() {
				r.resolve(c, alias.rrs[0].target)
			}
			return
		}
		r.negative(zone) // NODATA: the name exists, the type does not (RFC 2308 section 2.2)
		if r.secure != nil {
			r.denyType(r.secure, at)
		}
		return
	}
	r.add(answerSection, n, set)
	r.additional(set)
	if r.query.class == classANY || r.query.typ == typeANY || r.query.typ == typeDS || r.query.typ == typeKEY {
		return
	}
	if servers := zone.apex.find(typeNS); r.add(courtesySection, zone.apex.name, servers) {
		r.additional(servers)
	}
}

// representative is the one RRset that answers a question of type ANY. Sending
// everything invites abuse, so one common type stands for the lot (RFC 8482
// section 4.1).
func (n *node) representative() *rrset {
	var ordinary, bulky *rrset
	for _, s := range n.rrsets {
		switch s.typ {
		case typeA, typeAAAA, typeSOA, typeMX, typePTR:
			return s
		case typeKEY, typeRRSIG, typeNSEC:
			bulky = s
		default:
			ordinary = s
		}
	}
	if ordinary != nil {
		return ordinary
	}
	return bulky
}

// redirect applies the DNAME above a name: the DNAME itself, the CNAME it
// amounts to for this name, and whatever is found there (RFC 6672 section 3.2).
func (r *responder) redirect(c *Catalog, at *node, n *name) {
	set := at.find(typeDNAME)
	target := set.rrs[0].target
	if !r.add(answerSection, at.name, set) && target.under(at.name) {
		return // a DNAME that leads below itself: the name would grow for ever
	}
	if !r.follow() {
		return
	}
	to, err := n.replaceSuffix(at.name, target)
	if err != nil {
		r.rcode = rcodeYXDomain
		return
	}
	alias := &rrset{typ: typeCNAME, ttl: set.ttl, rrs: []rdata{{names: []*name{to}, target: to}}}
	for _, p := range r.parts {
		if p.section == answerSection && p.set.typ == typeCNAME && p.owner.equal(n) && p.set.rrs[0].target.equal(to) {
			return
		}
	}
	r.add(answerSection, n, alias)
	if r.query.typ != typeCNAME {
		r.resolve(c, to)
	}
}

// follow counts one more alias and reports whether to go on.
func (r *responder) follow() bool {
	r.chain++
	return r.chain <= maxChain
}

// negative adds the SOA that says how long "no" may be remembered (RFC 2308
// section 3).
func (r *responder) negative(zone *Zone) {
	if r.query.class != classANY {
		r.add(authoritySection, zone.apex.name, zone.negative)
	}
}

// additional adds the addresses of the hosts that a set's records name.
func (r *responder) additional(set *rrset) {
	if set.typ != typeNS && set.typ != typeMX && set.typ != typeSRV {
		return
	}
	for i := range set.rrs {
		r.addresses(&set.rrs[i], set.typ == typeNS, false)
	}
}

func (r *responder) addresses(rr *rdata, glueToo, required bool) {
	if rr.host == nil || rr.host.glue && !glueToo {
		return
	}
	first, other := typeA, typeAAAA
	if r.inet6 { // an asker that came over IPv6 gets IPv6 first
		first, other = other, first
	}
	for i, typ := range [2]uint16{first, other} {
		if set := rr.host.at.find(typ); set != nil && r.add(firstAddresses+section(i), rr.target, set) {
			r.parts[len(r.parts)-1].required = required
		}
	}
}

// add puts an RRset into the response unless it is there. One that is there but
// in a later section moves up.
func (r *responder) add(where section, owner *name, set *rrset) bool {
	for i := range r.parts {
		if p := &r.parts[i]; p.set == set && p.owner.equal(owner) {
			if where >= p.section {
				return false
			}
			p.section = where
			return true
		}
	}
	p := part{owner: owner, set: set, section: where}
	if r.secure != nil {
		p.sig = r.secure.signature(set)
	}
	r.parts = append(r.parts, p)
	return true
}

// write encodes the sections and reports whether something that mattered did
// not fit: then TC is set. first chooses where a rotated RRset begins.
func (r *responder) write(first func(*rrset) int) (counts [3]int, truncated bool) {
	for s := answerSection; s < sections; s++ {
		full := false
		for i := range r.parts {
			p := &r.parts[i]
			if p.section != s {
				continue
			}
			begin := 0
			if s == answerSection && len(p.set.rrs) > 1 {
				begin = first(p.set)
			}
			m := r.enc.mark()
			n, ok := r.enc.rrset(p.owner, classIN, p.set, begin)
			if ok && p.sig != nil {
				// A set travels with its signature or not at all (RFC 4035 section 3.1.1).
				if _, ok = r.enc.rrset(p.owner, classIN, p.sig, 0); !ok {
					r.enc.rollback(m)
				}
				n += len(p.sig.rrs)
			}
			switch {
			case ok:
				counts[wireSection[s]] += n
			case s <= authoritySection || p.required:
				// RFC 2181 section 9: an incomplete RRset that is needed; RFC 9471
				// section 3.1: glue without which the referral is of no use.
				return counts, true
			default:
				full = true
			}
		}
		if full {
			break // what follows matters less than what was left out
		}
	}
	return counts, false
}

var wireSection = [sections]int{0, 1, 1, 2, 2}
