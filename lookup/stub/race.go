package stub

import (
	"net/netip"
	"time"

	"rootwalk/lookup"
)

// runner is one of the two questions of a race, answered.
type runner struct {
	rrtype lookup.Type
	result Result
}

func (r runner) addrs() []netip.Addr { return addresses(r.result.Records, r.rrtype) }

// race is what a device knows while both answers are on their way. It belongs to
// one goroutine.
type race struct {
	s     *Stub
	step  lookup.Step
	name  lookup.Name
	began time.Time
	all   []runner // in the order in which they came
}

func raceOf(s *Stub, step lookup.Step, name lookup.Name, began time.Time) *race {
	return &race{s: s, step: step, name: name, began: began}
}

// first takes the answer that came first and decides when the device may begin
// to connect (RFC 8305 §3): at once with IPv6 addresses, after the Resolution
// Delay with IPv4 addresses. It returns when the other answer is there too.
func (r *race) first(first runner, other <-chan runner) {
	r.all = append(r.all, first)
	has := len(first.addrs()) > 0
	select {
	case second := <-other: // there at the same moment
		r.all = append(r.all, second)
		r.decide("", 0)
		return
	default:
	}
	switch {
	case has && first.rrtype == lookup.TypeAAAA:
		r.decide("ipv6First", 0)
	case has:
		delay := r.s.c.ResolutionDelay
		r.step.Report(lookup.RacePaused{Host: r.s.c.Host, Name: r.name, Have: lookup.TypeA, Missing: lookup.TypeAAAA, DelayMs: int(delay.Milliseconds())})
		paused, timer := time.Now(), time.NewTimer(delay)
		defer timer.Stop()
		select {
		case second := <-other:
			r.all = append(r.all, second)
			r.decide("", time.Since(paused))
			return
		case <-timer.C:
			r.decide("delayOver", time.Since(paused))
		}
	}
	r.all = append(r.all, <-other)
	if !has {
		r.decide("", 0)
	}
}

// decide reports the decision; a reason is worked out where none is given.
func (r *race) decide(reason string, waited time.Duration) {
	var v4, v6 []netip.Addr
	for _, one := range r.all {
		if one.rrtype == lookup.TypeA {
			v4 = one.addrs()
		} else {
			v6 = one.addrs()
		}
	}
	if reason == "" {
		switch {
		case len(v4) > 0 && len(v6) > 0:
			reason = "both"
		case len(v4) > 0:
			reason = "onlyIPv4"
		case len(v6) > 0:
			reason = "onlyIPv6"
		default:
			reason = "none"
		}
	}
	r.step.Report(lookup.RaceDecided{
		Host: r.s.c.Host, Name: r.name, Reason: reason, Order: interleaved(v6, v4), WaitedUs: waited.Microseconds(), AfterUs: time.Since(r.began).Microseconds(),
	})
}

// end is what came of both questions together.
func (r *race) end(out *Result) {
	best := func(o lookup.Outcome) int {
		switch o {
		case lookup.OutcomeAnswer:
			return 0
		case lookup.OutcomeNodata:
			return 1
		case lookup.OutcomeNxdomain:
			return 2
		}
		return 3
	}
	a, b := r.all[0].result, r.all[1].result
	if r.all[0].rrtype == lookup.TypeA { // AAAA first, as they were asked
		a, b = b, a
	}
	*out = a
	out.Records = append(append([]lookup.Record{}, a.Records...), b.Records...)
	if best(b.Outcome) < best(a.Outcome) {
		out.Outcome, out.Rcode = b.Outcome, b.Rcode
	}
	if out.FromCache == "" && b.FromCache != "" && a.StubQueries == 0 && len(a.Records) == 0 {
		out.FromCache = b.FromCache
	}
	out.cost(b)
}

// interleaved is the order in which a device tries addresses: the families in
// turn, IPv6 first (RFC 8305 §4).
func interleaved(v6, v4 []netip.Addr) []netip.Addr {
	out := make([]netip.Addr, 0, len(v6)+len(v4))
	for i := range max(len(v6), len(v4)) {
		if i < len(v6) {
			out = append(out, v6[i])
		}
		if i < len(v4) {
			out = append(out, v4[i])
		}
	}
	return out
}

// addresses are the addresses of one family among records.
func addresses(records []lookup.Record, t lookup.Type) []netip.Addr {
	out := []netip.Addr{}
	for _, rr := range records {
		if rr.Type != t {
			continue
		}
		if a, err := netip.ParseAddr(rr.Data); err == nil {
			out = append(out, a)
		}
	}
	return out
}
