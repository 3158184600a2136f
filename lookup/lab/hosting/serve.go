package hosting

import (
	"net/netip"
	"slices"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/lab/auth"
)

// transfersAt is what a server does about copies: the primary of a zone lets the
// zone's secondaries have it and nobody else, and a secondary takes a NOTIFY from
// its primary and from nobody else.
func (o *Operator) transfersAt(s *site) *auth.Transfers {
	return &auth.Transfers{
		MessageSize: o.cfg.MessageSize,
		Allow: func(zone string, from netip.AddrPort) bool {
			o.mu.Lock()
			defer o.mu.Unlock()
			h := o.zones[lookup.Name(zone)]
			if h == nil || h.copies[0].at != s {
				return false
			}
			return slices.ContainsFunc(h.copies[1:], func(c *zoneCopy) bool { return slices.Contains(c.at.Addrs, from.Addr().Unmap()) })
		},
		Changes: func(zone string, serial uint32) ([]auth.Change, bool) {
			o.mu.Lock()
			defer o.mu.Unlock()
			h := o.zones[lookup.Name(zone)]
			if h == nil {
				return nil, false
			}
			i := slices.IndexFunc(h.journal, func(c auth.Change) bool { return c.From.Serial == serial })
			if i < 0 {
				return nil, false
			}
			return slices.Clone(h.journal[i:]), true
		},
		Notified: func(n auth.Notice) int { return o.notified(s, n) },
	}
}

// notified is a secondary that was told to look (RFC 1996 section 4.3): if it
// was by its primary, it asks for the serial as if its refresh timer had run
// out. What the NOTIFY says of the serial is not believed.
func (o *Operator) notified(s *site, n auth.Notice) (rcode int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	c := s.copies[lookup.Name(n.Zone)]
	if c == nil || o.closed {
		return dns.RcodeNotAuth
	}
	primary := c.of.copies[0]
	accepted := primary != c && slices.Contains(primary.at.Addrs, n.From.Addr().Unmap())
	r := o.flights[flight{from: netip.AddrPortFrom(n.From.Addr().Unmap(), n.From.Port()), id: n.ID}]
	fresh := r == nil || !r.hold()
	if fresh { // sent by somebody else, or so late that its trace has ended
		var err error
		if r, err = o.begin(c.of.name.Short() + " NOTIFY"); err != nil {
			return dns.RcodeServerFailure
		}
		r.open(c.of, "stranger")
	}
	defer func() { o.work.Go(r.release) }() // it takes the lock
	r.step.Report(lookup.NotifyReceived{Zone: c.of.name, Server: o.server(s), From: n.From, Accepted: accepted, Message: slices.Clone(n.Message)})
	if !accepted {
		return dns.RcodeRefused
	}
	o.refresh(c, "notify", r)
	return dns.RcodeSuccess
}
