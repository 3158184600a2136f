package dnssec

import (
	"context"
	"encoding/binary"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

// Begin begins the validations of one lookup, which share one [Budget].
func (v *Validator) Begin() message.Validation { return &session{v, NewBudget()} }

// Understood says which algorithms this validator can use: the options DAU, DHU
// and N3U (RFC 6975 §3). A zone's owner can learn from them when an old
// algorithm may go.
func (v *Validator) Understood() []byte {
	var out []byte
	option := func(code uint16, understood func(uint8) bool) {
		var list []byte
		for n := range 256 {
			if understood(uint8(n)) {
				list = append(list, byte(n))
			}
		}
		out = binary.BigEndian.AppendUint16(out, code)
		out = append(binary.BigEndian.AppendUint16(out, uint16(len(list))), list...)
	}
	option(dns.EDNS0DAU, v.policy.algorithm)
	option(dns.EDNS0DHU, v.policy.digest)
	option(dns.EDNS0N3U, func(n uint8) bool { return n == dns.SHA1 })
	return out
}

type session struct {
	v      *Validator
	budget *Budget
}

// Validate implements message.Validation.
func (s *session) Validate(ctx context.Context, step lookup.Step, fetch message.Fetch, e message.Evidence) message.Validated {
	out := s.v.Validate(ctx, step, fetchFunc(fetch), s.budget, e.Question, e.Kind, Response{Answer: e.Answer, Authority: e.Authority, TTLSec: e.TTLSec})
	made := message.Validated{Security: out.Verdict, TTLSec: out.TTLSec}
	if code, ok := out.Reason.Code(); ok && out.Verdict == lookup.Bogus {
		made.Extended = []lookup.ExtendedError{{Code: code, Text: string(out.Reason) + " at " + string(out.At)}}
	}
	return made
}

// fetchFunc is a function as a Fetcher.
type fetchFunc message.Fetch

// Fetch implements Fetcher.
func (f fetchFunc) Fetch(ctx context.Context, step lookup.Step, name lookup.Name, rrtype lookup.Type) (Response, error) {
	e, err := f(ctx, step, name, rrtype)
	return Response{Answer: e.Answer, Authority: e.Authority}, err
}
