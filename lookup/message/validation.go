package message

import (
	"context"
	"math"
	"slices"

	"github.com/miekg/dns"

	"rootwalk/lookup"
)

// Evidence is what came for one question, signatures and denials included, for
// whoever validates it.
type Evidence struct {
	Question          lookup.Question
	Kind              lookup.CacheKind // positive, nodata or nxdomain; "" for aliases whose end is elsewhere
	Answer, Authority []dns.RR
	TTLSec            uint32 // that is left of the shortest-lived set of them
}

// Validated is the verdict on it.
type Validated struct {
	Security lookup.Security
	Extended []lookup.ExtendedError // why it is bogus (RFC 8914)
	TTLSec   uint32                 // the longest that it may be kept
}

// Denial is an answer made of what other answers brought.
type Denial struct {
	Zone    lookup.Name
	Outcome lookup.Outcome // nxdomain or nodata
	SOA     Set            // with the records that prove it
}

// Fetch gets the DS or DNSKEY records that a chain of trust needs, without
// validating them. A denial is no error.
type Fetch func(ctx context.Context, step lookup.Step, name lookup.Name, rrtype lookup.Type) (Evidence, error)

// Validator begins validations; dnssec.Validator is one. It is safe for
// concurrent use.
type Validator interface {
	Begin() Validation
	// Understood are the EDNS options for queries that ask for signatures, in
	// wire format (RFC 6975); nil for none.
	Understood() []byte
}

// Validation validates the responses of one lookup, whose work is bounded as a
// whole.
type Validation interface {
	Validate(ctx context.Context, step lookup.Step, fetch Fetch, e Evidence) Validated
	// Synthesise answers a question from denials that came with other answers
	// (RFC 8198); false if they do not suffice.
	Synthesise(q lookup.Question) (Denial, bool)
}

// EvidenceOf collects the records of sets, each with what vouches for it.
func EvidenceOf(q lookup.Question, kind lookup.CacheKind, answer, authority []Set) Evidence {
	e := Evidence{Question: q, Kind: kind, Authority: Proofs(answer, authority), TTLSec: math.MaxUint32}
	for _, sets := range [2][]Set{answer, authority} {
		for _, s := range sets {
			e.TTLSec = min(e.TTLSec, s.TTLSec)
		}
	}
	for _, s := range answer {
		e.Answer = append(append(e.Answer, s.RRs...), s.Sigs...)
	}
	for _, s := range authority {
		e.Authority = append(append(e.Authority, s.RRs...), s.Sigs...)
	}
	return e
}

// Proofs are the denials that come with sets, each record once.
func Proofs(lists ...[]Set) []dns.RR {
	var out []dns.RR
	for _, sets := range lists {
		for _, s := range sets {
			for _, rr := range s.Proof {
				if !slices.ContainsFunc(out, func(have dns.RR) bool { return dns.IsDuplicate(have, rr) }) {
					out = append(out, rr)
				}
			}
		}
	}
	return out
}
