package sign

import (
	"bytes"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// labelsOf are the labels of a name from the right, in lower case: the order
// in which RFC 4034 §6.1 compares them.
func labelsOf(name string) [][]byte {
	var buf [256]byte
	end, err := dns.PackDomainName(dns.CanonicalName(name), buf[:], 0, nil, false)
	if err != nil {
		return nil
	}
	var out [][]byte
	for i := 0; i < end && buf[i] != 0; i += 1 + int(buf[i]) {
		out = append(out, slices.Clone(buf[i+1:i+1+int(buf[i])]))
	}
	slices.Reverse(out)
	return out
}

func compare(a, b [][]byte) int { return slices.CompareFunc(a, b, bytes.Compare) }

// denialTTL is the TTL of denials: the lower of the SOA's own and its MINIMUM field (RFC 9077).
func (s *signer) denialTTL() uint32 { return min(s.soa.Hdr.Ttl, s.soa.Minttl) }

// deny adds the records that say what is not there.
func (s *signer) deny() {
	if s.o.NSEC3 != nil {
		s.denyHashed()
		return
	}
	var owners []*node
	for _, n := range s.nodes {
		if !n.hidden {
			owners = append(owners, n)
		}
	}
	for i, n := range owners {
		types := append(n.shown(), dns.TypeRRSIG, dns.TypeNSEC)
		slices.Sort(types)
		n.sets[dns.TypeNSEC] = &set{rrs: []dns.RR{&dns.NSEC{
			Hdr:        dns.RR_Header{Name: n.name, Rrtype: dns.TypeNSEC, Class: dns.ClassINET, Ttl: s.denialTTL()},
			NextDomain: owners[(i+1)%len(owners)].name, TypeBitMap: types,
		}}}
	}
}

// shown are the types that the type bit map of a node lists: at a delegation
// those that the parent has a say about (RFC 4035 §2.3).
func (n *node) shown() []uint16 {
	var out []uint16
	for _, t := range n.types() {
		if !n.cut || t == dns.TypeNS || t == dns.TypeDS {
			out = append(out, t)
		}
	}
	return out
}

// denyHashed adds the NSEC3 chain (RFC 5155 §7.1).
func (s *signer) denyHashed() {
	p := s.o.NSEC3
	salt := strings.ToUpper(p.Salt)
	s.add(&dns.NSEC3PARAM{
		Hdr: dns.RR_Header{Name: s.zone, Rrtype: dns.TypeNSEC3PARAM, Class: dns.ClassINET, Ttl: 0}, Hash: dns.SHA1, Iterations: p.Iterations, SaltLength: uint8(len(salt) / 2), Salt: salt,
	})
	type link struct {
		hash  string
		types []uint16
	}
	var links []link
	seen := map[string]bool{}
	hash := func(name string) string { return dns.HashName(name, dns.SHA1, p.Iterations, salt) }
	for _, n := range s.nodes {
		if n.hidden || n.cut && p.OptOut && n.sets[dns.TypeDS] == nil {
			continue
		}
		l := link{hash: hash(n.name), types: n.shown()}
		if !n.cut || n.sets[dns.TypeDS] != nil {
			l.types = append(l.types, dns.TypeRRSIG)
		}
		slices.Sort(l.types)
		seen[n.name] = true
		links = append(links, l)
	}
	// The empty non-terminals above them exist as well.
	for _, n := range s.nodes {
		if !seen[n.name] {
			continue
		}
		for name := n.name; name != s.zone; {
			off, end := dns.NextLabel(name, 0)
			if end {
				break
			}
			if name = name[off:]; !seen[name] {
				seen[name] = true
				links = append(links, link{hash: hash(name)})
			}
		}
	}
	slices.SortFunc(links, func(a, b link) int { return strings.Compare(a.hash, b.hash) })
	flags := uint8(0)
	if p.OptOut {
		flags = 1
	}
	for i, l := range links {
		name := strings.ToLower(l.hash) + "." + s.zone
		if s.zone == "." {
			name = strings.ToLower(l.hash) + "."
		}
		s.node(name).sets[dns.TypeNSEC3] = &set{rrs: []dns.RR{&dns.NSEC3{
			Hdr:  dns.RR_Header{Name: name, Rrtype: dns.TypeNSEC3, Class: dns.ClassINET, Ttl: s.denialTTL()},
			Hash: dns.SHA1, Flags: flags, Iterations: p.Iterations, SaltLength: uint8(len(salt) / 2), Salt: salt,
			HashLength: 20, NextDomain: links[(i+1)%len(links)].hash, TypeBitMap: l.types,
		}}}
	}
}
