package stub

import (
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

// BrowserMaxTTL is how long the browser in front of the device remembers an
// address at the most, whatever its TTL: a minute, as browsers that ask the
// operating system, which tells them no TTL, usually do.
const BrowserMaxTTL = time.Minute

// asksBrowser reports whether a question is one that a browser has: it looks for
// addresses, and leaves mail exchangers and the like to others.
func (s *Stub) asksBrowser(q lookup.Question) bool {
	return s.c.Browser != nil && q.Class == lookup.ClassIN && (q.Type == lookup.TypeA || q.Type == lookup.TypeAAAA)
}

// fromBrowser looks into the browser's own cache, which comes before anything
// the operating system knows, the hosts file too.
func (s *Stub) fromBrowser(step lookup.Step, q lookup.Question, out *Result) bool {
	if !s.asksBrowser(q) {
		return false
	}
	stored, leftSec, ok := s.c.Browser.Find(step, q.Name, q.Type)
	if !ok || stored.Kind != lookup.CachePositive || stored.Type != q.Type {
		step.Report(lookup.CacheMissed{Cache: s.c.Browser.Name(), Name: q.Name, Type: q.Type})
		return false
	}
	out.Outcome, out.Rcode = lookup.OutcomeAnswer, lookup.RcodeNoError
	out.Records, out.FromCache = message.Records(stored.With(leftSec)), s.c.Browser.Name()
	return true
}

// browserKeeps makes the browser remember an answer: the addresses under the
// name that was asked, without the aliases between, for as long as all records
// on the way hold. Denials it does not remember. What it keeps was paid for by
// whoever paid for the origin.
func (s *Stub) browserKeeps(step lookup.Step, q lookup.Question, chain []message.Set, origin *message.Stored) {
	if !s.asksBrowser(q) || len(chain) == 0 {
		return
	}
	last := chain[len(chain)-1]
	if last.Type != q.Type {
		return
	}
	set := message.Set{Name: q.Name, Type: q.Type, TTLSec: last.TTLSec, RRs: make([]dns.RR, len(last.RRs)), Credibility: last.Credibility}
	for _, s := range chain {
		set.TTLSec = min(set.TTLSec, s.TTLSec)
	}
	for i, rr := range last.RRs {
		own := dns.Copy(rr)
		own.Header().Name = string(q.Name)
		set.RRs[i] = own
	}
	s.c.Browser.Store(step, message.Stored{Set: set, Kind: lookup.CachePositive, Zone: origin.Zone, From: origin.From, PaidBy: origin.PaidBy, Trace: origin.Trace})
}
