package lab

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

// Holdings is what each server of the zone that a name is in has for a
// question now, the primary first. It looks into the servers; no packet is
// sent, and a server that a lesson has broken still shows what it holds. It is
// empty for what is in no zone of the lab.
func (l *Lab) Holdings(q lookup.Question) []lookup.Holding {
	zone, found := "", false
	var at []nameServer
	for _, s := range nameServers {
		server := l.servers[s.name]
		if server == nil {
			continue
		}
		for _, z := range server.Catalog().Zones() {
			switch origin := z.Origin(); {
			case !within(q.Name, origin):
			case found && origin == zone:
				at = append(at, s)
			case !found || len(origin) > len(zone) || zone == ".":
				zone, found, at = origin, true, []nameServer{s}
			}
		}
	}
	var out []lookup.Holding
	for _, s := range at {
		if h, ok := l.holding(s, lookup.Name(zone), q); ok {
			out = append(out, h)
		}
	}
	slices.SortStableFunc(out, func(a, b lookup.Holding) int {
		if a.Primary != b.Primary {
			if a.Primary {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.Server.Name, b.Server.Name)
	})
	return out
}

// within reports whether a name is at or below an origin.
func within(name lookup.Name, origin string) bool {
	n := string(name.Canonical())
	return origin == "." || n == origin || strings.HasSuffix(n, "."+origin)
}

func (l *Lab) holding(s nameServer, zone lookup.Name, q lookup.Question) (h lookup.Holding, ok bool) {
	addr, _ := netip.ParseAddr(s.v4)
	h = lookup.Holding{Server: lookup.Server{Name: lookup.Name(s.name + "."), Addr: netip.AddrPortFrom(addr, 53), Role: lookup.RoleOfZone(zone)}, Zone: zone, Records: []lookup.Record{}}
	soa := l.says(s, lookup.Question{Name: zone, Type: lookup.TypeSOA, Class: lookup.ClassIN})
	if soa == nil || len(soa.Answer) == 0 {
		return h, false
	}
	start, isSOA := soa.Answer[0].(*dns.SOA)
	if !isSOA {
		return h, false
	}
	h.Serial, h.NegativeSec = start.Serial, message.NegativeTTL(start)
	h.Primary = strings.EqualFold(start.Ns, s.name+".")
	m := l.says(s, q)
	if m == nil {
		return h, false
	}
	switch {
	case m.Rcode == dns.RcodeNameError:
		h.Kind, h.TTLSec = lookup.CacheNxdomain, h.NegativeSec
	case len(m.Answer) > 0:
		h.Kind = lookup.CachePositive
		first := message.TypeOf(m.Answer[0]) // the type asked for, or the alias
		for _, rr := range m.Answer {
			if message.TypeOf(rr) == first && message.Owner(rr).Equal(q.Name) {
				h.TTLSec = message.TTL(rr)
				h.Records = append(h.Records, message.Record(rr, h.TTLSec))
			}
		}
	default:
		h.Kind, h.TTLSec = lookup.CacheNodata, h.NegativeSec
	}
	// Servers rotate the order of records; what they hold has none.
	slices.SortFunc(h.Records, func(a, b lookup.Record) int { return strings.Compare(a.Data, b.Data) })
	return h, true
}

// says is the response a server would give, nil for none.
func (l *Lab) says(s nameServer, q lookup.Question) *dns.Msg {
	query, err := message.PackQuery(1, q, false, 0)
	if err != nil {
		return nil
	}
	m := new(dns.Msg)
	if m.Unpack(l.servers[s.name].Answer(nil, query, netip.IPv6Loopback(), true)) != nil || m.Rcode != dns.RcodeSuccess && m.Rcode != dns.RcodeNameError {
		return nil
	}
	return m
}
