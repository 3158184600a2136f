package iterative

import (
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

// primeAgain is how long after a priming query the next one is sent, at the
// soonest, in lesson time: the root servers' answer lives for days, so this is
// for when there was none.
const primeAgain = time.Minute

// prime asks one of the hinted servers who the root servers are (RFC 9609 §3).
// It reports whether the cache knows more of them than before.
func (w *walk) prime(step lookup.Step) bool {
	r := w.r
	now := r.clock.Now()
	r.mu.Lock()
	due := r.priming && !now.Before(r.primeNext)
	if due {
		r.primeNext = now.Add(primeAgain)
	}
	r.mu.Unlock()
	if !due {
		return false
	}
	step = step.Child()
	resp, _ := w.askZone(step, lookup.Root, r.hints, lookup.Root, lookup.TypeNS)
	if resp == nil || resp.Verdict != message.Answer || !resp.AA {
		return false // the hints themselves will do (RFC 9609 §3.1)
	}
	w.keep(step, lookup.Root, lookup.Root, lookup.TypeNS, resp)
	ns := resp.Answer[len(resp.Answer)-1]
	step.Report(lookup.RootPrimed{Host: r.host, Servers: w.addresses(step, nameServers(ns.RRs)), TTLSec: ns.TTLSec})
	return true
}
