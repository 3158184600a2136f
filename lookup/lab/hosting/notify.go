package hosting

import (
	"net/netip"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
)

// flight is a NOTIFY under way, as both sides see it: so the secondary that
// receives it reports into the trace that it belongs to.
type flight struct {
	from netip.AddrPort
	id   uint16
}

// notifyTries is how often a secondary is told; one that is down finds out by
// its timers (RFC 1996 section 3.6).
const notifyTries = 2

// notify tells all secondaries of a zone to look. The lock is held, and the run
// too.
func (o *Operator) notify(h *hosted, r *run) {
	if h.copies[0].at.Server.Down() {
		return
	}
	for _, c := range h.copies[1:] {
		if !r.hold() {
			return
		}
		soa, primary := h.copies[0].zone.SOA(), h.copies[0].at
		o.work.Go(func() {
			defer r.release()
			o.notifyOne(h.name, soa, primary, c.at, r)
		})
	}
}

// notifyOne sends a NOTIFY with the new SOA record (RFC 1996 section 3.7) until
// it is answered.
func (o *Operator) notifyOne(zone lookup.Name, soa *dns.SOA, primary, secondary *site, r *run) {
	step, me, them := r.step.Child(), o.server(primary), o.server(secondary)
	for try := 1; try <= notifyTries; try++ {
		m := new(dns.Msg)
		m.Id, m.Opcode, m.Authoritative = newID(), dns.OpcodeNotify, true
		m.Question = []dns.Question{{Name: string(zone), Qtype: dns.TypeSOA, Qclass: dns.ClassINET}}
		m.Answer = []dns.RR{soa}
		var under flight
		began := time.Now()
		response, wire, err := o.exchange(primary, secondary, m, func(from netip.AddrPort, wire []byte) {
			under = flight{from: from, id: m.Id}
			o.mu.Lock()
			o.flights[under] = r
			o.mu.Unlock()
			step.Report(lookup.NotifySent{Zone: zone, Primary: me, Server: them, From: from, Serial: soa.Serial, ID: m.Id, Try: try, Message: wire})
		})
		o.mu.Lock()
		delete(o.flights, under)
		o.mu.Unlock()
		if err == nil {
			step.Report(lookup.NotifyAnswered{Zone: zone, Primary: me, Server: them, Rcode: lookup.Rcode(response.Rcode), RTTUs: time.Since(began).Microseconds(), Message: wire})
			return
		}
		if o.ctx.Err() != nil {
			return
		}
		step.Report(lookup.NotifyUnanswered{Zone: zone, Primary: me, Server: them, Try: try, WaitedUs: time.Since(began).Microseconds()})
	}
}
