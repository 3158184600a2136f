package iterative

import (
	"fmt"

	"rootwalk/lookup"
)

// INFO-CODEs that a resolver without validation has use for (RFC 8914 §4).
const (
	edeOther        = 0
	edeStale        = 3
	edeCachedError  = 13
	edeStaleDenial  = 19
	edeNotAuth      = 20
	edeNotSupported = 21
	edeUnreachable  = 22
)

// extended says in a response why a resolution ended as it did; nothing where
// the rcode says it all. What is said about a zone names it: whoever asked can
// do something about his own.
func (w *walk) extended(o lookup.Outcome) []lookup.ExtendedError {
	l := w.r.limits
	one := func(code uint16, format string, args ...any) []lookup.ExtendedError {
		return []lookup.ExtendedError{{Code: code, Text: fmt.Sprintf(format, args...)}}
	}
	if len(w.bogus) > 0 {
		return w.bogus
	}
	if o == lookup.OutcomeRateLimit {
		return one(edeOther, "servers are asked at most %d times a second", w.spent.Max)
	}
	if w.spent != nil && w.spent.Limit == o {
		unit := map[lookup.Outcome]string{lookup.OutcomeQueryLimit: "connections", lookup.OutcomeByteLimit: "octets", lookup.OutcomeTimeLimit: "ms"}[o]
		return one(edeOther, "more than %d %s for one question", w.spent.Max, unit)
	}
	at := ""
	if w.silent != "" {
		at = fmt.Sprintf("at delegation %s", w.silent)
	}
	switch o {
	case lookup.OutcomeUnreachable:
		return one(edeUnreachable, "%s", at)
	case lookup.OutcomeTimeLimit:
		return one(edeUnreachable, "gave up after %v", l.Time)
	case lookup.OutcomeQueryLimit:
		return one(edeOther, "more than %d queries for one question", l.Queries)
	case lookup.OutcomeReferralLimit:
		return one(edeOther, "more than %d referrals in a row", l.Referrals)
	case lookup.OutcomeAliasLimit:
		return one(edeOther, "chain of aliases too long")
	case lookup.OutcomeAliasLoop:
		return one(edeOther, "aliases lead in a circle")
	case lookup.OutcomeSideWalkLimit:
		return one(edeOther, "too many name server addresses to look up")
	case lookup.OutcomeByteLimit:
		return one(edeOther, "servers sent more than %d octets for one question", l.Bytes)
	case lookup.OutcomeRecordLimit:
		return one(edeOther, "RRset too large")
	case lookup.OutcomeDependencyLoop:
		return one(edeUnreachable, "address of a name server depends on itself")
	}
	return nil
}
