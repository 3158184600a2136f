package dnssec

import (
	"math"
	"time"

	"rootwalk/lookup"
)

// Verdict is what validation says about data (RFC 4033 §5).
type Verdict = lookup.Security

// Reason says why a verdict is what it is; "" for secure.
type Reason string

// The reasons. Each has a code that a client can be told (RFC 8914 §4).
const (
	ReasonExpired           Reason = "expired"           // the signature's time is over
	ReasonNotYetValid       Reason = "notYetValid"       // it has not begun
	ReasonExpiredFirst      Reason = "expiredFirst"      // it ends before it begins
	ReasonSignatureWrong    Reason = "signatureWrong"    // the bytes do not verify
	ReasonUnsigned          Reason = "unsigned"          // signatures should be there
	ReasonKeyMissing        Reason = "keyMissing"        // no key that the DS or the signature names
	ReasonKeyUnusable       Reason = "keyUnusable"       // it is no zone key, or revoked
	ReasonDigestWrong       Reason = "digestWrong"       // the DS digest is another key's
	ReasonProofMissing      Reason = "proofMissing"      // NSEC or NSEC3 do not prove the absence
	ReasonAlgorithm         Reason = "algorithm"         // signed only with algorithms not supported here
	ReasonDigestType        Reason = "digestType"        // DS only with digest types not supported here
	ReasonIterations        Reason = "iterations"        // NSEC3 with too many iterations (RFC 9276)
	ReasonUnsignedZone      Reason = "unsignedZone"      // the parent proves that there is no DS
	ReasonOptOut            Reason = "optOut"            // in an opt-out span of NSEC3 (RFC 5155 §6)
	ReasonNegativeAnchor    Reason = "negativeAnchor"    // the operator turned validation off here (RFC 7646)
	ReasonNoAnchor          Reason = "noAnchor"          // nothing to start from
	ReasonUnreachable       Reason = "unreachable"       // a DS or DNSKEY RRset could not be got
	ReasonWork              Reason = "work"              // the budget is spent
	ReasonMalformed         Reason = "malformed"         // records that cannot be what they say
	ReasonSignerElsewhere   Reason = "signerElsewhere"   // signed by a zone that has no say here
	ReasonSynthesisMismatch Reason = "synthesisMismatch" // a CNAME is not what its DNAME makes
	ReasonSignatures        Reason = "signatures"        // RRSIG records, which nothing signs

	// ReasonPostponed is no reason of a verdict: there is none, as the chain could
	// not be asked for just now. No fact tells it.
	ReasonPostponed Reason = "postponed"
)

var codes = map[Reason]uint16{
	ReasonExpired: 7, ReasonNotYetValid: 8, ReasonExpiredFirst: 25, ReasonSignatureWrong: 6, ReasonUnsigned: 10, ReasonKeyMissing: 9,
	ReasonKeyUnusable: 11, ReasonDigestWrong: 6, ReasonProofMissing: 12, ReasonAlgorithm: 1, ReasonDigestType: 2, ReasonIterations: 27,
	ReasonNoAnchor: 5, ReasonUnreachable: 9, ReasonWork: 6, ReasonMalformed: 6, ReasonSignerElsewhere: 6, ReasonSynthesisMismatch: 6,
}

// Code is the extended DNS error of a reason (RFC 8914 §5.2), and whether it
// has one: an unsigned zone is no error.
func (r Reason) Code() (uint16, bool) {
	c, ok := codes[r]
	return c, ok
}

// Judgement is a verdict on one RRset, one proof or one answer.
type Judgement struct {
	Verdict Verdict
	Reason  Reason
	// At is the name that the reason is about: a zone or an owner.
	At lookup.Name
	// Until is lesson time after which the verdict does not hold any more: the first
	// expiration of the signatures it rests on. Zero if it rests on none.
	Until time.Time
	// TTLSec is how long the data may be kept at most (RFC 4035 §5.3.3);
	// 1<<32-1 where validation sets no bound.
	TTLSec uint32
}

const noBound = math.MaxUint32

func secure() Judgement { return Judgement{Verdict: lookup.Secure, TTLSec: noBound} }

func bogus(r Reason, at lookup.Name) Judgement {
	return Judgement{Verdict: lookup.Bogus, Reason: r, At: at, TTLSec: noBound}
}

func insecure(r Reason, at lookup.Name) Judgement {
	return Judgement{Verdict: lookup.Insecure, Reason: r, At: at, TTLSec: noBound}
}

// and joins two verdicts on parts of one answer: the worse one counts, and of
// two secure ones the shorter life. The order from the worst is bogus,
// indeterminate, insecure, secure (RFC 4035 §4.3 wants all of it secure for
// AD=1).
func (j Judgement) and(other Judgement) Judgement {
	if rank[other.Verdict] < rank[j.Verdict] {
		j, other = other, j
	}
	if !other.Until.IsZero() && (j.Until.IsZero() || other.Until.Before(j.Until)) {
		j.Until = other.Until
	}
	j.TTLSec = min(j.TTLSec, other.TTLSec)
	return j
}

var rank = map[Verdict]int{lookup.Bogus: 0, lookup.Indeterminate: 1, lookup.Insecure: 2, lookup.Secure: 3}
