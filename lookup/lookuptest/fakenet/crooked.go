package fakenet

import (
	"context"
	"net/netip"
	"strings"

	"github.com/miekg/dns"

	"rootwalk/lookup/lab/auth"
)

// misdeeds are what the crooked server does to the queries for a zone, in the
// place of the right response. Nil is no response.
var misdeeds = map[string]func(query *dns.Msg, right *dns.Msg, tcp bool) *dns.Msg{
	"servfail.net.":     rcode(dns.RcodeServerFailure),
	"servfailhalf.org.": rcode(dns.RcodeServerFailure),
	"tconly.net.": func(_, right *dns.Msg, tcp bool) *dns.Msg {
		if tcp {
			return nil
		}
		right.Truncated, right.Answer, right.Ns = true, nil, nil
		return right
	},
	"formerr.org.": noEDNS(dns.RcodeFormatError),
	"notimp.org.":  noEDNS(dns.RcodeNotImplemented),
	"upward.org.": func(_, right *dns.Msg, _ bool) *dns.Msg {
		right.Authoritative, right.Rcode, right.Answer = false, dns.RcodeSuccess, nil
		right.Ns = []dns.RR{mustRR(". 518400 NS a.root-servers.net.")}
		return right
	},
	"poison.org.": func(_, right *dns.Msg, _ bool) *dns.Msg {
		right.Answer = append(right.Answer, mustRR("www.plain.com. 86400 A 193.108.66.66"))
		right.Ns = append(right.Ns, mustRR("com. 86400 NS ns.poison.org."), mustRR("p256.se. 86400 NS ns.poison.org."))
		right.Extra = append(right.Extra, mustRR("ns1.dnshost.net. 86400 A 193.108.66.66"), mustRR("a.gtld-servers.net. 86400 A 193.108.66.66"))
		return right
	},
	"nosoa.org.": func(_, right *dns.Msg, _ bool) *dns.Msg {
		if len(right.Answer) == 0 {
			right.Ns = nil
		}
		return right
	},
	"wrongid.org.": func(_, right *dns.Msg, _ bool) *dns.Msg { right.Id++; return right },
}

func rcode(code int) func(_, right *dns.Msg, _ bool) *dns.Msg {
	return func(_, right *dns.Msg, _ bool) *dns.Msg {
		right.Rcode, right.Authoritative, right.Answer, right.Ns, right.Extra = code, false, nil, nil, nil
		return right
	}
}

// noEDNS is a server from before EDNS: it does not know the record, and says so.
func noEDNS(code int) func(query, right *dns.Msg, tcp bool) *dns.Msg {
	return func(query, right *dns.Msg, _ bool) *dns.Msg {
		if query.IsEdns0() != nil {
			right.Rcode, right.Authoritative, right.Answer, right.Ns, right.Extra = code, false, nil, nil, nil
		}
		return right
	}
}

func mustRR(s string) dns.RR {
	rr, err := dns.NewRR(s)
	if err != nil {
		panic(err)
	}
	return rr
}

// crooked answers as an honest server would, and then does what the zone is
// there for.
type crooked struct{ honest *auth.Server }

func (c crooked) answer(query []byte, from netip.Addr, tcp bool) []byte {
	truth := c.honest.Answer(nil, query, from, tcp)
	var q, right dns.Msg
	if truth == nil || q.Unpack(query) != nil || right.Unpack(truth) != nil || len(q.Question) != 1 {
		return truth
	}
	for zone, misdeed := range misdeeds {
		if !dns.IsSubDomain(zone, strings.ToLower(q.Question[0].Name)) {
			continue
		}
		told := misdeed(&q, &right, tcp)
		if told == nil {
			return nil
		}
		told.Compress = true
		b, err := told.Pack()
		if err != nil {
			return nil
		}
		return b
	}
	return truth
}

// ServeCrooked is the crooked server's process: it serves its zones on port 53
// of its addresses until ctx is done. Ready is called once it listens.
func ServeCrooked(ctx context.Context, s Server, file func(zone string) string, ready func()) error {
	var zones []*auth.Zone
	for _, name := range s.Zones {
		z, err := auth.ParseZone(name, strings.NewReader(file(name)))
		if err != nil {
			return err
		}
		zones = append(zones, z)
	}
	catalog, err := auth.NewCatalog(zones...)
	if err != nil {
		return err
	}
	c := crooked{auth.NewServer(auth.Config{Catalog: catalog})}
	return Serve(ctx, s.Addrs, func(query []byte, q Arrival) ([][]byte, bool) {
		if b := c.answer(query, q.From, q.TCP); b != nil {
			return [][]byte{b}, false
		}
		return nil, false
	}, ready)
}
