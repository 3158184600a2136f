package auth

import "net/netip"

// Record types the algorithm treats specially. The numbers are IANA's.
const (
	typeA          uint16 = 1
	typeNS         uint16 = 2
	typeCNAME      uint16 = 5
	typeSOA        uint16 = 6
	typePTR        uint16 = 12
	typeMX         uint16 = 15
	typeTXT        uint16 = 16
	typeAAAA       uint16 = 28
	typeSRV        uint16 = 33
	typeDNAME      uint16 = 39
	typeOPT        uint16 = 41
	typeDS         uint16 = 43
	typeRRSIG      uint16 = 46
	typeNSEC       uint16 = 47
	typeKEY        uint16 = 48 // DNSKEY
	typeNSEC3      uint16 = 50
	typeNSEC3PARAM uint16 = 51
	typeCDS        uint16 = 59
	typeIXFR       uint16 = 251
	typeAXFR       uint16 = 252
	typeANY        uint16 = 255
)

// Classes.
const (
	classIN  uint16 = 1
	classCH  uint16 = 3
	classANY uint16 = 255
)

// Zone is the data of one zone, parsed and checked. It never changes.
type Zone struct {
	apex  *node
	nodes map[string]*node // by wire name, empty non-terminals included

	soa      *rrset // as the zone file has it
	negative *rrset // the same with the TTL of a negative answer (RFC 2308 section 5)
	records  int

	secure  *secured // nil for a zone that is not signed
	expired bool     // a secondary's copy that is too old to be served
}

// node is one name of a zone. A node without rrsets is an empty non-terminal: it
// exists because something below it does (RFC 4592 section 2.2.2).
type node struct {
	name     *name
	parent   *node // nil at the apex
	rrsets   []*rrset
	wildcard *node // the "*" child
	cut      *node // the highest delegation at or above, nil inside the zone proper
}

// find returns the node's RRset of one type, or nil.
func (n *node) find(typ uint16) *rrset {
	for _, s := range n.rrsets {
		if s.typ == typ {
			return s
		}
	}
	return nil
}

// rrset is all records of one owner and type (RFC 2181 section 5).
type rrset struct {
	typ  uint16
	ttl  uint32
	rrs  []rdata
	at   *node    // nil for what belongs to no zone
	ttls []uint32 // of each record, for RRSIG records of several sets; else nil
}

// rdata is one record's data, cut where names may be compressed. Only the types
// of RFC 1035 may (RFC 3597 section 4); all others are head alone.
type rdata struct {
	head  []byte
	names []*name
	tail  []byte

	target *name   // the name this record leads to, for the types that do
	host   *hostAt // where this zone has target's addresses, or nil
}

// hostAt is what a zone knows of a host that a record names.
type hostAt struct {
	at   *node // the node, or the wildcard that stands for it
	glue bool  // below a delegation: usable in referrals only
}

// Origin is the zone's name in lower-case presentation format, with the final dot.
func (z *Zone) Origin() string { return z.apex.name.String() }

// Records counts the zone's records.
func (z *Zone) Records() int { return z.records }

// Owners calls yield with the presentation name of every owner and the types it
// has, in no order, until yield says stop. It is for tests and for the page;
// empty non-terminals have no types.
func (z *Zone) Owners(yield func(owner string, types []uint16) bool) {
	for _, n := range z.nodes {
		types := make([]uint16, 0, len(n.rrsets))
		for _, s := range n.rrsets {
			types = append(types, s.typ)
		}
		if !yield(n.name.String(), types) {
			return
		}
	}
}

// NameServer is a name server as a zone names it: the target of an NS record at
// the apex, with the addresses the zone has for it.
type NameServer struct {
	Name  string // lower case, with the final dot
	Addrs []netip.Addr
}

// NameServers lists the zone's own name servers in the order of the zone file.
// Of the root zone, this is the list of root hints (RFC 9609 section 2).
func (z *Zone) NameServers() []NameServer {
	var servers []NameServer
	for _, rr := range z.apex.find(typeNS).rrs {
		server := NameServer{Name: rr.target.String()}
		if rr.host != nil {
			for _, typ := range []uint16{typeA, typeAAAA} {
				server.Addrs = append(server.Addrs, rr.host.at.addrs(typ)...)
			}
		}
		servers = append(servers, server)
	}
	return servers
}

// Addrs lists the addresses the zone has for a name, without following aliases
// or expanding wildcards; glue counts.
func (z *Zone) Addrs(presentation string) []netip.Addr {
	n, err := presentationName(presentation)
	if err != nil {
		return nil
	}
	at, exact := z.find(n)
	if !exact {
		return nil
	}
	return append(at.addrs(typeA), at.addrs(typeAAAA)...)
}

func (n *node) addrs(typ uint16) []netip.Addr {
	set := n.find(typ)
	if set == nil {
		return nil
	}
	var out []netip.Addr
	for _, rr := range set.rrs {
		if a, ok := netip.AddrFromSlice(rr.head); ok {
			out = append(out, a)
		}
	}
	return out
}

// find looks a name up that lies in the zone: it returns the closest encloser
// (RFC 4592 section 3.3.1), and whether that is the name itself. It walks down
// from the apex, so a hostile name of 127 labels costs one step past the zone.
func (z *Zone) find(n *name) (encloser *node, exact bool) {
	encloser = z.apex
	for i := n.labels() - z.apex.name.labels() - 1; i >= 0; i-- {
		next := z.nodes[string(n.suffix(i))]
		if next == nil {
			return encloser, false
		}
		encloser = next
	}
	return encloser, true
}
