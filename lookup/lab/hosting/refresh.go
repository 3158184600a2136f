package hosting

import (
	"errors"
	"net/netip"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/lab/auth"
)

// refresh makes a secondary find out whether its copy is the newest, and copy
// the zone if it is not (RFC 1034 section 4.3.5). One refresh of a copy is under
// way at a time; asked for during one, another one follows it. The lock is
// held, and the run too.
func (o *Operator) refresh(c *zoneCopy, cause string, r *run) {
	if c.busy {
		c.again = true
		return
	}
	c.busy = true
	if !r.hold() {
		c.busy = false
		return
	}
	primary := c.of.copies[0].at
	o.work.Go(func() {
		defer r.release()
		o.refreshNow(c, primary, cause, r.step.Child())
		o.mu.Lock()
		again := c.again && !c.ended && !o.closed
		c.busy, c.again = false, false
		if again {
			o.refresh(c, cause, r)
		}
		o.mu.Unlock()
		o.hurry()
		o.changed()
	})
}

// refreshNow is one refresh, in the goroutine of its own.
func (o *Operator) refreshNow(c *zoneCopy, primary *site, cause string, step lookup.Step) {
	began := time.Now()
	zone, me, them := c.of.name, o.server(c.at), o.server(primary)
	o.mu.Lock()
	have := c.zone
	o.mu.Unlock()
	serial := uint32(0)
	if have != nil {
		serial = have.Serial()
	}
	step.Report(lookup.RefreshStarted{Zone: zone, Server: me, Primary: them, Cause: cause, Serial: serial})
	outcome := "failed"
	defer func() {
		o.mu.Lock()
		now := o.cfg.Clock.Now()
		if outcome == "current" || outcome == "updated" || outcome == "replaced" {
			was := c.expired
			c.fresh(now)
			if was && !c.ended { // it had expired, and the primary says that it is the newest
				_ = o.serve(c.at) // the same zones as before: nothing new to refuse
			}
		} else {
			c.failed(now)
		}
		d := o.describe(c)
		o.mu.Unlock()
		step.Report(lookup.TimerSet{Zone: zone, Server: me, Timer: d.Timer, Sec: uint32(d.NextAt.Sub(d.SetAt) / time.Second), DueAt: d.NextAt, ExpiresAt: d.ExpiresAt})
		step.Report(lookup.RefreshFinished{Zone: zone, Outcome: outcome, Copy: d, ElapsedUs: time.Since(began).Microseconds()})
	}()

	offered, got := o.askSerial(c, primary, step)
	if got != "" {
		outcome = got
		return
	}
	if have != nil {
		order := lookup.Serial(offered).Compare(lookup.Serial(serial))
		step.Report(lookup.SerialCompared{Zone: zone, Server: me, Have: serial, Offered: offered, Order: order})
		if order != lookup.SerialNewer {
			outcome = "current"
			return
		}
	}
	outcome = o.copyZone(c, primary, have, step)
}

// askSerial asks the primary for its SOA record over UDP; failure is an outcome.
func (o *Operator) askSerial(c *zoneCopy, primary *site, step lookup.Step) (serial uint32, failure string) {
	zone, me, them := c.of.name, o.server(c.at), o.server(primary)
	for try := 1; try <= askTries; try++ {
		q := new(dns.Msg)
		q.Id = newID()
		q.Question = []dns.Question{{Name: string(zone), Qtype: dns.TypeSOA, Qclass: dns.ClassINET}}
		began := time.Now()
		m, wire, err := o.exchange(c.at, primary, q, func(from netip.AddrPort, wire []byte) {
			step.Report(lookup.SerialAsked{Zone: zone, Server: me, Primary: them, From: from, Try: try, Message: wire})
		})
		took := time.Since(began).Microseconds()
		if err != nil {
			if o.ctx.Err() != nil {
				return 0, "failed"
			}
			step.Report(lookup.SerialUnanswered{Zone: zone, Server: me, Primary: them, Try: try, WaitedUs: took})
			continue
		}
		got := lookup.SerialReceived{Zone: zone, Server: me, Primary: them, Rcode: lookup.Rcode(m.Rcode), RTTUs: took, Message: wire}
		var soa *dns.SOA
		if len(m.Answer) > 0 {
			soa, _ = m.Answer[0].(*dns.SOA)
		}
		if soa != nil {
			got.Serial = soa.Serial
		}
		step.Report(got)
		switch {
		case m.Rcode == dns.RcodeRefused:
			return 0, "refused"
		case m.Rcode != dns.RcodeSuccess || soa == nil || !m.Authoritative:
			return 0, "failed"
		}
		return soa.Serial, ""
	}
	return 0, "unreachable"
}

// copyZone fetches a newer version, as differences where that can be, and puts
// it in place. It returns the outcome.
func (o *Operator) copyZone(c *zoneCopy, primary *site, have *auth.Zone, step lookup.Step) (outcome string) {
	zone, me, them := c.of.name, o.server(c.at), o.server(primary)
	client := c.at.Name.Short()
	local := netip.AddrPortFrom(c.at.Addrs[0], 0)
	if have != nil {
		s := &stream{o: o, step: step, zone: zone, client: client, server: them, typ: dns.TypeIXFR, have: have.SOA()}
		f, err := s.fetch(c.at.Host, local)
		var failed *transferError
		switch {
		case err == nil && f.records == nil && f.changes == nil:
			return "current"
		case err == nil && f.changes != nil:
			next := have
			for _, change := range f.changes {
				if next, err = apply(next, change); err != nil {
					break
				}
			}
			if err == nil && o.install(c, next) == nil {
				for _, change := range f.changes {
					step.Report(lookup.DiffApplied{Zone: zone, Server: me, From: change.From.Serial, To: change.To.Serial, Deleted: reported(change.Deleted), Added: reported(change.Added)})
				}
				return "updated"
			}
			step.Report(lookup.TransferFailed{Zone: zone, Client: client, Server: them, Type: lookup.Type(dns.TypeIXFR), Reason: "outOfStep"})
		case err == nil:
			step.Report(lookup.TransferFellBack{Zone: zone, Client: client, Server: them, Reason: "whole"})
			return o.replace(c, f.records, them, step)
		case errors.As(err, &failed) && failed.reason == "unreachable" || o.ctx.Err() != nil:
			return "unreachable"
		}
		step.Report(lookup.TransferFellBack{Zone: zone, Client: client, Server: them, Reason: "again"})
	}
	s := &stream{o: o, step: step, zone: zone, client: client, server: them, typ: dns.TypeAXFR}
	f, err := s.fetch(c.at.Host, local)
	var failed *transferError
	switch {
	case errors.As(err, &failed) && failed.refused:
		return "refused"
	case errors.As(err, &failed) && failed.reason == "unreachable":
		return "unreachable"
	case err != nil:
		return "failed"
	}
	return o.replace(c, f.records, them, step)
}

// replace puts a whole zone in place.
func (o *Operator) replace(c *zoneCopy, records []dns.RR, them lookup.Server, step lookup.Step) (outcome string) {
	next, err := auth.NewZone(records)
	if err == nil {
		err = o.install(c, next)
	}
	if err != nil {
		step.Report(lookup.TransferFailed{Zone: c.of.name, Client: c.at.Name.Short(), Server: them, Type: lookup.Type(dns.TypeAXFR), Reason: "unusable"})
		return "failed"
	}
	step.Report(lookup.ZoneReplaced{Zone: c.of.name, Server: o.server(c.at), Serial: next.Serial(), Records: next.Records()})
	return "replaced"
}

var errEnded = errors.New("hosting: the copy is no more")

// install serves a new version from now on.
func (o *Operator) install(c *zoneCopy, next *auth.Zone) error {
	if lookup.Name(next.Origin()) != c.of.name {
		return errOutOfStep
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if c.ended {
		return errEnded
	}
	old, was := c.zone, c.expired
	c.zone, c.expired = next, false
	if err := o.serve(c.at); err != nil {
		c.zone, c.expired = old, was
		return err
	}
	return nil
}
