package iterative

import (
	"context"
	"errors"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

var errNotFetched = errors.New("not to be had")

// worse joins the verdicts on the parts of a chain of aliases: all of it must
// be secure for the whole to be (RFC 4035 §4.3).
func worse(a, b lookup.Security) lookup.Security {
	for _, s := range []lookup.Security{lookup.Bogus, lookup.Indeterminate, lookup.Insecure} {
		if a == s || b == s {
			return s
		}
	}
	return lookup.Secure
}

// kind is what an outcome amounts to for a validator.
func (f found) kind() (lookup.CacheKind, bool) {
	switch f.outcome {
	case lookup.OutcomeAnswer:
		return lookup.CachePositive, true
	case lookup.OutcomeNodata:
		return lookup.CacheNodata, true
	case lookup.OutcomeNxdomain:
		return lookup.CacheNxdomain, true
	case "":
		return "", len(f.answer) > 0
	}
	return "", false
}

// validates reports whether what is found now has to be validated: not what
// the validator itself asks for, and not the addresses of name servers, which
// only decide whom to ask.
func (w *walk) validates() bool { return w.validation != nil && !w.fetching && len(w.stack) == 0 }

// validate gives the verdict on what was found for one name, from servers or from the
// cache. A bogus find is replaced by a failure (RFC 4035 §5.5).
func (w *walk) validate(step lookup.Step, name lookup.Name, rrtype lookup.Type, f *found) {
	kind, ok := f.kind()
	if !ok {
		f.security = lookup.Indeterminate // nothing was found: nothing of it is authentic (RFC 4035 §3.2.3)
		return
	}
	q := lookup.Question{Name: name, Type: rrtype, Class: lookup.ClassIN}
	v := w.validation.Validate(w.caller, step, w.fetch, message.EvidenceOf(q, kind, f.answer, f.soa))
	f.security = v.Security
	if w.stopped == lookup.OutcomeRateLimit && v.Security != lookup.Bogus {
		// The chain could not be asked for just now: there is no answer, but nothing is
		// wrong with the data either.
		*f = ended(w.stopped)
		f.security = lookup.Indeterminate
		return
	}
	if v.Security == lookup.Bogus {
		w.bogus = v.Extended
		*f = found{outcome: lookup.OutcomeServfail, rcode: lookup.RcodeServFail, security: lookup.Bogus, zone: f.zone}
		return
	}
	for i := range f.soa {
		f.soa[i].TTLSec = min(f.soa[i].TTLSec, v.TTLSec) // RFC 4035 §5.3.3
	}
	now := w.r.clock.Now()
	for i := range f.answer {
		s := &f.answer[i]
		if v.Security != lookup.Secure || len(s.Sigs) == 0 {
			s.TTLSec = min(s.TTLSec, v.TTLSec)
			continue
		}
		// Each set by its own signatures: an alias outlives the denial of
		// what it leads to.
		s.TTLSec = min(s.TTLSec, vouched(s.Sigs, now))
	}
}

// vouched is how long signatures let a set be kept, in seconds: the original
// TTL, and not past their end, of the one that lasts longest.
func vouched(sigs []dns.RR, now time.Time) uint32 {
	most := uint32(0)
	for _, rr := range sigs {
		if sig, ok := rr.(*dns.RRSIG); ok {
			left := int32(sig.Expiration - uint32(now.Unix())) // serial numbers (RFC 4034 §3.1.5)
			most = max(most, min(sig.OrigTtl, message.TTL(sig), uint32(max(left, 0))))
		}
	}
	return most
}

// fetch gets what a chain of trust needs, in a step of its own.
func (w *walk) fetch(_ context.Context, step lookup.Step, name lookup.Name, rrtype lookup.Type) (message.Evidence, error) {
	w.fetching = true
	defer func() { w.fetching = false }()
	child := step.Child()
	if rrtype == lookup.TypeDS {
		if e, ok := w.referred(child, name); ok {
			return e, nil
		}
	}
	f, _ := w.once(child, name, rrtype)
	if f.outcome == lookup.OutcomeRateLimit {
		w.stopped = f.outcome // no more of the chain can be had
		return message.Evidence{}, &message.SpentError{Limit: f.outcome}
	}
	kind, ok := f.kind()
	if !ok {
		return message.Evidence{}, errNotFetched
	}
	return message.EvidenceOf(lookup.Question{Name: name, Type: rrtype, Class: lookup.ClassIN}, kind, f.answer, f.soa), nil
}

// referred is a referral's proof that a zone has no DS records, if one has come
// and is still in the cache.
func (w *walk) referred(step lookup.Step, zone lookup.Name) (message.Evidence, bool) {
	s, _, ok := w.r.cache.Get(step, zone, lookup.TypeDS)
	if !ok || s.Credibility != lookup.CredibilityReferral || s.Kind != lookup.CacheNodata {
		return message.Evidence{}, false
	}
	w.r.cache.Hit(step, s, "denial")
	q := lookup.Question{Name: zone, Type: lookup.TypeDS, Class: lookup.ClassIN}
	return message.Evidence{Question: q, Kind: lookup.CacheNodata, Authority: s.Proof}, true
}
