package sign

import (
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// maxHops bounds the aliases that a Server follows by itself.
const maxHops = 8

// Server answers from one zone as an authoritative server does that knows DNSSEC (RFC 4035 §3.1,
// RFC 5155 §7.2): with signatures and denials. It is small and slow, and there
// so that validators and resolvers can be tested against zones with faults.
// It does not change and is safe for concurrent use.
type Server struct {
	zone   string
	byName map[string]map[uint16][]dns.RR // signatures under the type that they cover, after the records
	names  map[string]bool                // empty non-terminals too
	nsecs  []nsecAt                       // in canonical order
	nsec3s []*dns.NSEC3
}

type nsecAt struct {
	labels [][]byte
	owner  string
}

// Response is what a Server says about a name.
type Response struct {
	Rcode                         int
	Authoritative                 bool // a referral is not
	Answer, Authority, Additional []dns.RR
}

// NewServer makes a server for the records of a zone, signed or not.
func NewServer(zone string, records []dns.RR) *Server {
	s := &Server{zone: dns.CanonicalName(zone), byName: map[string]map[uint16][]dns.RR{}, names: map[string]bool{}}
	sets := func(name string) map[uint16][]dns.RR {
		if s.byName[name] == nil {
			s.byName[name] = map[uint16][]dns.RR{}
		}
		return s.byName[name]
	}
	for _, signatures := range []bool{false, true} {
		for _, rr := range records {
			name, rrtype := dns.CanonicalName(rr.Header().Name), rr.Header().Rrtype
			sig, isSig := rr.(*dns.RRSIG)
			if isSig != signatures {
				continue
			}
			if isSig {
				rrtype = sig.TypeCovered
			}
			switch rr := rr.(type) {
			case *dns.NSEC:
				s.nsecs = append(s.nsecs, nsecAt{labelsOf(name), name})
			case *dns.NSEC3:
				c := *rr
				c.NextDomain = strings.ToUpper(c.NextDomain) // as from a message: the library compares it so
				s.nsec3s = append(s.nsec3s, &c)
			}
			sets(name)[rrtype] = append(sets(name)[rrtype], rr)
			if rrtype == dns.TypeNSEC3 {
				continue // a hash is not a name of the zone
			}
			for n := name; dns.IsSubDomain(s.zone, n); n = up(n) {
				s.names[n] = true
				if n == s.zone {
					break
				}
			}
		}
	}
	slices.SortFunc(s.nsecs, func(a, b nsecAt) int { return compare(a.labels, b.labels) })
	return s
}

// Zone is the zone's name.
func (s *Server) Zone() string { return s.zone }

// Records are all records of one owner and type, with their signatures.
func (s *Server) Records(name string, rrtype uint16) []dns.RR {
	return slices.Clone(s.byName[dns.CanonicalName(name)][rrtype])
}

// Owners lists every owner and type, NSEC3 records left out, in no order.
func (s *Server) Owners(yield func(name string, rrtype uint16) bool) {
	for name, sets := range s.byName {
		for rrtype := range sets {
			if rrtype != dns.TypeNSEC3 && !yield(name, rrtype) {
				return
			}
		}
	}
}

func up(name string) string {
	off, end := dns.NextLabel(name, 0)
	if end {
		return "."
	}
	return name[off:]
}

func below(label, name string) string {
	if name == "." {
		return label + "."
	}
	return label + "." + name
}

// denies is the record that stands at a name, or over it, with its signatures.
func (s *Server) denies(name string, match bool) []dns.RR {
	if len(s.nsec3s) > 0 {
		for _, n := range s.nsec3s {
			if match && n.Match(name) || !match && n.Cover(name) {
				return s.byName[dns.CanonicalName(n.Hdr.Name)][dns.TypeNSEC3]
			}
		}
		return nil
	}
	if match {
		return s.byName[name][dns.TypeNSEC]
	}
	labels, best := labelsOf(name), ""
	for _, n := range s.nsecs {
		if compare(n.labels, labels) < 0 {
			best = n.owner
		}
	}
	return s.byName[best][dns.TypeNSEC]
}

// absence is the proof that a name is not there, but for its wildcard, and the
// closest encloser.
func (s *Server) absence(name string) (proof []dns.RR, encloser string) {
	encloser, next := name, name
	for !s.names[encloser] {
		next, encloser = encloser, up(encloser)
	}
	if len(s.nsec3s) == 0 {
		return s.denies(name, false), encloser
	}
	// An encloser that opt-out left out has no record: the closest provable one.
	for s.denies(encloser, true) == nil && encloser != s.zone {
		next, encloser = encloser, up(encloser)
	}
	return append(slices.Clone(s.denies(encloser, true)), s.denies(next, false)...), encloser
}

// Respond answers a question about a name in the zone. Without dnssec there
// are no signatures and no denials.
func (s *Server) Respond(name string, rrtype uint16, dnssec bool) Response {
	r := Response{Authoritative: true}
	s.respond(&r, dns.CanonicalName(name), rrtype, 0)
	r.Answer, r.Authority, r.Additional = cleaned(r.Answer, rrtype, dnssec), cleaned(r.Authority, rrtype, dnssec), cleaned(r.Additional, rrtype, dnssec)
	return r
}

// cleaned leaves out what stands twice, and what nobody wants who does not
// know DNSSEC.
func cleaned(rrs []dns.RR, wanted uint16, dnssec bool) []dns.RR {
	var out []dns.RR
	for _, rr := range rrs {
		switch t := rr.Header().Rrtype; {
		case !dnssec && t != wanted && (t == dns.TypeRRSIG || t == dns.TypeNSEC || t == dns.TypeNSEC3 || t == dns.TypeDS):
		case slices.ContainsFunc(out, func(o dns.RR) bool { return o == rr }):
		default:
			out = append(out, rr)
		}
	}
	return out
}

func (s *Server) respond(r *Response, name string, rrtype uint16, hops int) {
	for n := name; n != s.zone && n != "."; n = up(n) {
		if d := s.byName[n][dns.TypeDNAME]; n != name && d != nil {
			target := strings.TrimSuffix(name, n) + d[0].(*dns.DNAME).Target
			r.Answer = append(append(r.Answer, d...), &dns.CNAME{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeCNAME, Class: dns.ClassINET, Ttl: d[0].Header().Ttl}, Target: target})
			s.follow(r, target, rrtype, hops)
			return
		}
		if s.byName[n][dns.TypeNS] != nil && (n != name || rrtype != dns.TypeDS) {
			s.refer(r, n)
			return
		}
	}
	sets := s.byName[name]
	if set := sets[rrtype]; set != nil {
		r.Answer = append(r.Answer, set...)
		return
	}
	if cname := sets[dns.TypeCNAME]; cname != nil {
		r.Answer = append(r.Answer, cname...)
		s.follow(r, cname[0].(*dns.CNAME).Target, rrtype, hops)
		return
	}
	if s.names[name] {
		r.Authority = append(r.Authority, s.byName[s.zone][dns.TypeSOA]...)
		if match := s.denies(name, true); match != nil {
			r.Authority = append(r.Authority, match...)
			return
		}
		proof, _ := s.absence(name) // hidden by opt-out
		if len(s.nsec3s) == 0 {
			proof = s.denies(name, false) // an empty non-terminal
		}
		r.Authority = append(r.Authority, proof...)
		return
	}
	proof, encloser := s.absence(name)
	wildcard := below("*", encloser)
	source := s.byName[wildcard]
	if source == nil {
		r.Rcode = dns.RcodeNameError
		r.Authority = append(append(append(r.Authority, s.byName[s.zone][dns.TypeSOA]...), proof...), s.denies(wildcard, false)...)
		return
	}
	set := source[rrtype]
	if set == nil {
		set = source[dns.TypeCNAME]
	}
	if set == nil {
		r.Authority = append(append(append(r.Authority, s.byName[s.zone][dns.TypeSOA]...), proof...), s.denies(wildcard, true)...)
		return
	}
	for _, rr := range set {
		c := dns.Copy(rr)
		c.Header().Name = name
		r.Answer = append(r.Answer, c)
	}
	if len(s.nsec3s) > 0 { // only the record over the next closer name (RFC 5155 §7.2.6)
		next := name
		for up(next) != encloser {
			next = up(next)
		}
		proof = s.denies(next, false)
	}
	r.Authority = append(r.Authority, proof...)
	if cname, ok := set[0].(*dns.CNAME); ok && rrtype != dns.TypeCNAME {
		s.follow(r, cname.Target, rrtype, hops)
	}
}

// follow goes on at the end of an alias, as long as that is in the zone.
func (s *Server) follow(r *Response, target string, rrtype uint16, hops int) {
	if target = dns.CanonicalName(target); hops < maxHops && dns.IsSubDomain(s.zone, target) {
		s.respond(r, target, rrtype, hops+1)
	}
}

// refer makes a referral: NS, the DS or the proof that there is none, and glue.
func (s *Server) refer(r *Response, cut string) {
	if len(r.Answer) > 0 {
		return // the end of an alias is somebody else's
	}
	r.Authoritative = false
	r.Authority = append(r.Authority, s.byName[cut][dns.TypeNS]...)
	for _, ns := range s.byName[cut][dns.TypeNS] {
		if ns, ok := ns.(*dns.NS); ok {
			glue := s.byName[dns.CanonicalName(ns.Ns)]
			r.Additional = append(append(r.Additional, glue[dns.TypeA]...), glue[dns.TypeAAAA]...)
		}
	}
	if ds := s.byName[cut][dns.TypeDS]; ds != nil {
		r.Authority = append(r.Authority, ds...)
		return
	}
	if match := s.denies(cut, true); match != nil {
		r.Authority = append(r.Authority, match...)
		return
	}
	proof, _ := s.absence(cut)
	r.Authority = append(r.Authority, proof...)
}
