package iterative

import (
	"context"
	"errors"

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
		return
	}
	q := lookup.Question{Name: name, Type: rrtype, Class: lookup.ClassIN}
	v := w.validation.Validate(w.caller, step, w.fetch, message.EvidenceOf(q, kind, f.answer, f.soa))
	f.security = v.Security
	if v.Security == lookup.Bogus {
		w.bogus = v.Extended
		*f = found{outcome: lookup.OutcomeServfail, rcode: lookup.RcodeServFail, security: lookup.Bogus, zone: f.zone}
		return
	}
	for _, sets := range [2][]message.Set{f.answer, f.soa} {
		for i := range sets {
			sets[i].TTLSec = min(sets[i].TTLSec, v.TTLSec) // RFC 4035 §5.3.3
		}
	}
}

// fetch gets what a chain of trust needs, in a step of its own.
func (w *walk) fetch(_ context.Context, step lookup.Step, name lookup.Name, rrtype lookup.Type) (message.Evidence, error) {
	w.fetching = true
	defer func() { w.fetching = false }()
	f, _ := w.once(step.Child(), name, rrtype)
	kind, ok := f.kind()
	if !ok {
		return message.Evidence{}, errNotFetched
	}
	return message.EvidenceOf(lookup.Question{Name: name, Type: rrtype, Class: lookup.ClassIN}, kind, f.answer, f.soa), nil
}
