package dnssec

import (
	"context"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

// Begin begins the validations of one lookup, which share one [Budget].
func (v *Validator) Begin() message.Validation { return &session{v, NewBudget()} }

type session struct {
	v      *Validator
	budget *Budget
}

// Validate implements message.Validation.
func (s *session) Validate(ctx context.Context, step lookup.Step, fetch message.Fetch, e message.Evidence) message.Validated {
	out := s.v.Validate(ctx, step, fetchFunc(fetch), s.budget, e.Question, e.Kind, Response{Answer: e.Answer, Authority: e.Authority})
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
