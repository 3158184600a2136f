package lab

import (
	"encoding/binary"
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/lab/auth"
)

// oldAddr is what a server with an old copy of its zones says for any address:
// one that was given back long ago.
const oldAddr = "203.0.113.30"

// wrongGlue is an address that a parent hands out for all name servers of a
// child.
type wrongGlue struct {
	child  string // in lower case, with the final dot
	v4, v6 netip.Addr
}

// behaviour makes a server do what its faults say; nil if there are none. The
// same query gets the same response each time.
func behaviour(list []lookup.Fault, glue []wrongGlue) auth.Behaviour {
	var steps []func(x auth.Exchange) []byte
	for _, f := range list {
		if edit := edits[f.Kind]; edit != nil {
			steps = append(steps, edit)
		}
	}
	for _, g := range glue {
		steps = append(steps, g.edit)
	}
	if len(steps) == 0 {
		return nil
	}
	return func(x auth.Exchange) ([]byte, time.Duration) {
		for _, edit := range steps {
			if x.Response = edit(x); len(x.Response) == 0 {
				break
			}
		}
		return x.Response, 0
	}
}

// edits are the faults of servers that change responses.
var edits = map[lookup.FaultKind]func(x auth.Exchange) []byte{
	lookup.FaultServfail: func(x auth.Exchange) []byte { return bare(x, 0, dns.RcodeServerFailure) },
	lookup.FaultRefused:  func(x auth.Exchange) []byte { return bare(x, 0, dns.RcodeRefused) },
	lookup.FaultTC:       func(x auth.Exchange) []byte { return bare(x, 1<<9, dns.RcodeSuccess) },
	lookup.FaultFormErr: func(x auth.Exchange) []byte {
		if len(x.Query) >= 12 && binary.BigEndian.Uint16(x.Query[10:]) > 0 { // ARCOUNT: an OPT record
			return bare(x, 0, dns.RcodeFormatError)
		}
		return x.Response
	},
	lookup.FaultWrongID: func(x auth.Exchange) []byte {
		if len(x.Response) >= 2 {
			binary.BigEndian.PutUint16(x.Response, binary.BigEndian.Uint16(x.Response)+1)
		}
		return x.Response
	},
	lookup.FaultLame: func(x auth.Exchange) []byte {
		return rewrite(x, func(m *dns.Msg) {
			m.Rcode, m.Authoritative, m.Answer, m.Extra = dns.RcodeSuccess, false, nil, optOf(m)
			root := dns.RR_Header{Name: ".", Rrtype: dns.TypeNS, Class: dns.ClassINET, Ttl: 518400}
			m.Ns = []dns.RR{&dns.NS{Hdr: root, Ns: "a.root-servers.net."}, &dns.NS{Hdr: root, Ns: "b.root-servers.net."}}
		})
	},
	lookup.FaultOldGone: func(x auth.Exchange) []byte {
		return rewrite(x, func(m *dns.Msg) {
			if len(m.Answer) == 0 || len(m.Question) != 1 {
				return
			}
			zone := apex(m)
			if zone == "" || strings.EqualFold(zone, m.Question[0].Name) || strings.HasPrefix(strings.ToLower(m.Question[0].Name), "ns") {
				return // the apex and the servers' own addresses were there already
			}
			m.Rcode, m.Answer, m.Extra = dns.RcodeNameError, nil, optOf(m)
			m.Ns = []dns.RR{&dns.SOA{
				Hdr: dns.RR_Header{Name: zone, Rrtype: dns.TypeSOA, Class: dns.ClassINET, Ttl: 60},
				Ns:  "ns1." + zone, Mbox: "hostmaster." + zone, Serial: 2025010100, Refresh: 7200, Retry: 900, Expire: 1209600, Minttl: 60,
			}}
		})
	},
	lookup.FaultOldAddr: func(x auth.Exchange) []byte {
		return rewrite(x, func(m *dns.Msg) {
			for _, rr := range m.Answer {
				if a, ok := rr.(*dns.A); ok && !strings.HasPrefix(strings.ToLower(a.Hdr.Name), "ns") {
					a.A = netip.MustParseAddr(oldAddr).AsSlice()
				}
			}
		})
	},
}

// apex is the zone that an answer is from, as its authority section says.
func apex(m *dns.Msg) string {
	for _, rr := range m.Ns {
		if rr.Header().Rrtype == dns.TypeNS {
			return rr.Header().Name
		}
	}
	if _, parent, ok := strings.Cut(m.Question[0].Name, "."); ok {
		return parent
	}
	return ""
}

func optOf(m *dns.Msg) []dns.RR {
	if opt := m.IsEdns0(); opt != nil {
		return []dns.RR{opt}
	}
	return nil
}

// bare is a response with only header and question.
func bare(x auth.Exchange, flags uint16, rcode int) []byte {
	end := questionEnd(x.Response)
	if end == 0 {
		return x.Response
	}
	out := x.Response[:end]
	was := binary.BigEndian.Uint16(out[2:])
	binary.BigEndian.PutUint16(out[2:], was&(1<<15|0xf<<11|1<<8)|flags|uint16(rcode)) // QR, opcode and RD stay
	binary.BigEndian.PutUint16(out[4:], 1)
	clear(out[6:12])
	return out
}

// questionEnd is where the question section of a response ends, 0 if it has
// not exactly one question.
func questionEnd(b []byte) int {
	if len(b) < 12 || binary.BigEndian.Uint16(b[4:]) != 1 {
		return 0
	}
	at := 12
	for at < len(b) && b[at] != 0 && b[at] < 64 {
		at += 1 + int(b[at])
	}
	if at += 5; at > len(b) {
		return 0
	}
	return at
}

// rewrite changes a response as records. What cannot be read stays as it is.
func rewrite(x auth.Exchange, edit func(m *dns.Msg)) []byte {
	var m dns.Msg
	if m.Unpack(x.Response) != nil {
		return x.Response
	}
	edit(&m)
	m.Compress = true
	out, err := m.Pack()
	if err != nil {
		return x.Response
	}
	return out
}

// edit puts the wrong address into referrals to the child.
func (g wrongGlue) edit(x auth.Exchange) []byte {
	return rewrite(x, func(m *dns.Msg) {
		if m.Authoritative {
			return
		}
		names := map[string]bool{}
		for _, rr := range m.Ns {
			if ns, ok := rr.(*dns.NS); ok && strings.EqualFold(ns.Hdr.Name, g.child) {
				names[strings.ToLower(ns.Ns)] = true
			}
		}
		for _, rr := range m.Extra {
			if !names[strings.ToLower(rr.Header().Name)] {
				continue
			}
			switch rr := rr.(type) {
			case *dns.A:
				rr.A = g.v4.AsSlice()
			case *dns.AAAA:
				rr.AAAA = g.v6.AsSlice()
			}
		}
	})
}
