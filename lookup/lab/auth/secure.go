package auth

import (
	"encoding/binary"
	"slices"
	"sync"
)

// Signer holds the keys of one zone. Everything is RDATA in wire format. It is
// asked by several goroutines at once.
type Signer interface {
	// Keys is the DNSKEY RRset.
	Keys() [][]byte
	// Sign makes the RRSIG over an RRset: its owner in canonical form, and its
	// records, likewise and in order (RFC 4034 section 6). nil where the zone's
	// signer leaves signatures out.
	Sign(owner []byte, covered uint16, ttl uint32, records [][]byte) []byte
	// Epoch changes when signatures have to be made anew.
	Epoch() uint64
}

// Security is what makes a zone a signed one.
type Security struct {
	Signer Signer
	// DS are the records about a signed child, whose name is given in lower
	// case with the final dot; nil for an unsigned one.
	DS func(child string) [][]byte
	// NSEC3 denies with hashed names (RFC 5155); nil with plain ones.
	NSEC3 *NSEC3
}

// NSEC3 are the parameters of denial with hashed names.
type NSEC3 struct {
	Iterations uint16 // additional ones
	Salt       []byte
	OptOut     bool // unsigned delegations have no record (RFC 5155 section 6)
}

// secured is what a zone has on top of its zone file when it is signed. What
// does not depend on time is made when it is first needed; a signature is made
// when it is first sent, and again in the next epoch.
type secured struct {
	zone *Zone
	get  func() Security

	once    sync.Once
	signer  Signer
	sets    map[*node][]*rrset // DNSKEY, NSEC3PARAM, DS, NSEC
	denials []denial           // in order; of the zone's one kind
	at      map[*node]int      // the denial of a node, where it has one
	bare    bool               // its signer leaves signatures out: with DO=1 it answers as one that is not signed
	nsec3   *NSEC3             // nil for NSEC

	mu    sync.Mutex
	epoch uint64
	sigs  map[*rrset]*rrset // by what they cover; nil for a set without signature
}

// Secured is the same zone, signed. get is called once, when the zone is first
// asked for something of DNSSEC. The zone that it is made from stays as it is.
func (z *Zone) Secured(get func() Security) *Zone {
	out := *z
	out.secure = &secured{zone: &out, get: get}
	return &out
}

// Signed reports whether the zone is signed.
func (z *Zone) Signed() bool { return z.secure != nil }

// ready makes what does not depend on time.
func (s *secured) ready() *secured {
	s.once.Do(func() {
		security := s.get()
		s.signer, s.nsec3 = security.Signer, security.NSEC3
		s.sets, s.at, s.sigs = map[*node][]*rrset{}, map[*node]int{}, map[*rrset]*rrset{}
		apex := s.zone.apex
		s.add(apex, typeKEY, s.zone.soa.ttl, security.Signer.Keys()...)
		if s.nsec3 != nil {
			s.add(apex, typeNSEC3PARAM, 0, s.nsec3.parameters(0))
		}
		for _, n := range s.zone.nodes {
			if n.cut == n && n.find(typeDS) == nil && n.find(typeCDS) == nil { // what the file has is what was asked for
				s.add(n, typeDS, n.find(typeNS).ttl, security.DS(n.name.String())...)
			}
		}
		if s.nsec3 != nil {
			s.hashChain()
		} else {
			s.chain()
		}
		s.bare = s.signature(s.zone.soa) == nil
	})
	return s
}

// deletesDS reports whether a set of CDS records is the one that asks for no DS at
// all, "0 0 0 00" (RFC 8078 section 4). A parent's file has it at a zone cut to say
// that its servers are to make no DS of the child's key; there it is no record that
// they answer with, as all but NS and DS at a cut, but secondaries copy it.
func (s *rrset) deletesDS() bool {
	return len(s.rrs) == 1 && slices.Equal(s.rrs[0].head, make([]byte, 5))
}

// add gives a node a set that is not in the zone file.
func (s *secured) add(n *node, typ uint16, ttl uint32, data ...[]byte) {
	if len(data) == 0 {
		return
	}
	set := &rrset{typ: typ, ttl: ttl, at: n}
	for _, d := range data {
		set.rrs = append(set.rrs, rdata{head: d})
	}
	s.sets[n] = append(s.sets[n], set)
}

// find is a node's set of a type that is not in the zone file.
func (s *secured) find(n *node, typ uint16) *rrset {
	for _, set := range s.sets[n] {
		if set.typ == typ {
			return set
		}
	}
	return nil
}

// set is a node's RRset of a type, as a signed zone has it.
func (z *Zone) set(n *node, typ uint16) *rrset {
	if set := n.find(typ); set != nil || z.secure == nil {
		return set
	}
	switch typ {
	case typeKEY, typeDS, typeNSEC, typeNSEC3PARAM:
		return z.secure.ready().find(n, typ)
	}
	return nil
}

// signature is the RRSIG record over a set, nil if it has none: what belongs to
// a child is not the parent's to sign (RFC 4035 section 2.2).
func (s *secured) signature(set *rrset) *rrset {
	if set.at == nil || set.at.cut != nil && (set.at.cut != set.at || set.typ == typeNS || set.typ == typeA || set.typ == typeAAAA) {
		return nil
	}
	covered := set
	if set == s.zone.negative {
		covered = s.zone.soa
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if epoch := s.signer.Epoch(); epoch != s.epoch {
		s.epoch = epoch
		clear(s.sigs)
	}
	sig, known := s.sigs[covered]
	if !known {
		if data := s.signer.Sign(set.at.name.wire, set.typ, covered.ttl, canonical(covered)); data != nil {
			sig = &rrset{typ: typeRRSIG, ttl: covered.ttl, rrs: []rdata{{head: data}}}
		}
		s.sigs[covered] = sig
	}
	if covered != set && sig != nil { // it is sent with the TTL of what it covers
		return &rrset{typ: typeRRSIG, ttl: set.ttl, rrs: sig.rrs}
	}
	return sig
}

// canonical is the RDATA of a set in canonical form and order (RFC 4034 section
// 6.2 and 6.3). Names are in lower case already, but for those that were never
// cut out because they are not compressed either.
func canonical(set *rrset) [][]byte {
	out := make([][]byte, 0, len(set.rrs))
	for i := range set.rrs {
		rr := &set.rrs[i]
		data := slices.Clone(rr.head)
		switch set.typ {
		case typeSRV:
			data = append(data[:6], rr.target.wire...)
		case typeDNAME:
			data = slices.Clone(rr.target.wire)
		}
		for _, n := range rr.names {
			data = append(data, n.wire...)
		}
		out = append(out, append(data, rr.tail...))
	}
	slices.SortFunc(out, slices.Compare)
	return out
}

// signatures is the RRSIG RRset of a node, as a question for that type gets it;
// nil if it has none.
func (s *secured) signatures(n *node) *rrset {
	out := &rrset{typ: typeRRSIG}
	for _, set := range append(slices.Clone(n.rrsets), s.ready().sets[n]...) {
		if sig := s.signature(set); sig != nil {
			out.rrs = append(out.rrs, sig.rrs...)
			out.ttls = append(out.ttls, sig.ttl)
		}
	}
	if len(out.rrs) == 0 {
		return nil
	}
	return out
}

// parameters are the octets that NSEC3 and NSEC3PARAM records begin with.
func (p *NSEC3) parameters(flags byte) []byte {
	out := []byte{1, flags} // SHA-1, which is all that there is
	out = binary.BigEndian.AppendUint16(out, p.Iterations)
	return append(append(out, byte(len(p.Salt))), p.Salt...)
}
