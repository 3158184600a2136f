package auth

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/miekg/dns"
)

// NewZone makes a zone of records, with the checks of ParseZone: the first
// record is the SOA. It is how a secondary makes a zone of what it was sent.
func NewZone(rrs []dns.RR) (*Zone, error) {
	b := newBuilder()
	for _, rr := range rrs {
		if err := b.add(rr); err != nil {
			return nil, err
		}
	}
	if err := b.finish(); err != nil {
		return nil, err
	}
	return b.zone, nil
}

// RRs lists the zone's records: the SOA, then the others by owner in canonical
// order (RFC 4034 section 6.1), glue included. They are copies.
func (z *Zone) RRs() []dns.RR {
	nodes := make([]*node, 0, len(z.nodes))
	for _, n := range z.nodes {
		nodes = append(nodes, n)
	}
	slices.SortFunc(nodes, func(a, b *node) int { return compareNames(a.name, b.name) })
	out := make([]dns.RR, 1, z.records)
	for _, n := range nodes {
		for _, s := range n.rrsets {
			for i := range s.rrs {
				rr := unpack(n.name, s, i)
				if s.typ == typeSOA {
					out[0] = rr
				} else {
					out = append(out, rr)
				}
			}
		}
	}
	return out
}

// unpack is one record of a set as the library has it.
func unpack(owner *name, s *rrset, i int) dns.RR {
	d := &s.rrs[i]
	wire := append([]byte(nil), owner.wire...)
	wire = binary.BigEndian.AppendUint16(wire, s.typ)
	wire = binary.BigEndian.AppendUint16(wire, classIN)
	wire = binary.BigEndian.AppendUint32(wire, s.ttl)
	length := len(wire)
	wire = append(wire, 0, 0)
	wire = append(wire, d.head...)
	for _, n := range d.names {
		wire = append(wire, n.wire...)
	}
	wire = append(wire, d.tail...)
	binary.BigEndian.PutUint16(wire[length:], uint16(len(wire)-length-2))
	rr, _, err := dns.UnpackRR(wire, 0)
	if err != nil { // it was packed by the same library
		panic(fmt.Sprintf("auth: a record of %s does not unpack: %v", owner, err))
	}
	return rr
}

// SOA is the zone's SOA record.
func (z *Zone) SOA() *dns.SOA { return unpack(z.apex.name, z.soa, 0).(*dns.SOA) }

// Serial is the zone's version.
func (z *Zone) Serial() uint32 { return binary.BigEndian.Uint32(z.soa.rrs[0].tail) }

// Expired is the zone as a secondary has it that has not reached the primary
// for longer than the SOA's EXPIRE: it is still the server's zone, but every
// question about it gets SERVFAIL (RFC 1034 section 4.3.5).
func (z *Zone) Expired() *Zone {
	old := *z
	old.expired = true
	return &old
}

// errNoSOA is what a list of records without a beginning is.
var errNoSOA = mistake("soa.first", "the first record must be the SOA")

// Plain is a signed zone without its signatures: what its zone file has.
func (z *Zone) Plain() *Zone {
	if z.secure == nil {
		return z
	}
	out := *z
	out.secure = nil
	return &out
}
