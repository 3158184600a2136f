package lab

import (
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup/lab/auth"
	"rootwalk/lookup/lab/vnet"
)

// Bend is how a lab is made to differ from the plan, for an experiment in which
// one thing is changed. The zero value changes nothing.
type Bend struct {
	// Loss is the share of frames, from 0 to 1, that vanish between the provider
	// and the exchange, in each direction: the resolvers feel it, the device does
	// not. Which ones follows from Config.Seed.
	Loss float64
	// TTL cuts the TTL of what authoritative servers give as an answer, in
	// seconds; 0 for no cut.
	TTL uint32
}

// Bend makes the lab differ. It is to be called once, before the first packet and
// after SetFaults, which takes back what it does to servers.
func (l *Lab) Bend(b Bend) {
	if b.Loss > 0 {
		for _, p := range l.routers["isp"].Ports() {
			if p.Segment().Name() == exchangeSegment {
				p.SetTx(vnet.Impairment{Loss: b.Loss})
				p.SetRx(vnet.Impairment{Loss: b.Loss})
			}
		}
	}
	if b.TTL > 0 {
		for _, s := range l.plan {
			if s.role == RoleAuthoritative {
				l.servers[s.name].SetBehaviour(cutTTL(b.TTL))
			}
		}
	}
}

// cutTTL cuts the TTLs in authoritative answers.
func cutTTL(most uint32) auth.Behaviour {
	return func(x auth.Exchange) ([]byte, time.Duration) {
		if len(x.Response) < 12 || binary.BigEndian.Uint16(x.Response[2:])&0x0400 == 0 { // AA=0: a referral
			return x.Response, 0
		}
		var m dns.Msg
		if m.Unpack(x.Response) != nil {
			return x.Response, 0
		}
		for _, rr := range m.Answer {
			rr.Header().Ttl = min(rr.Header().Ttl, most)
		}
		m.Compress = true
		out, err := m.Pack()
		if err != nil || len(out) > len(x.Response) { // only what fits as the answer did
			return x.Response, 0
		}
		return out, 0
	}
}

// ResolverAddrs are the addresses of a resolver's machine, IPv4 first; none for any
// other name.
func (l *Lab) ResolverAddrs(name string) []netip.Addr {
	if l.Resolver(name) == nil {
		return nil
	}
	var out []netip.Addr
	for _, p := range l.hosts[name].Addrs() {
		out = append(out, p.Addr())
	}
	return out
}
