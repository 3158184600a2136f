package dnssec

// Policy is what a validator's operator decides. The zero value is the
// default.
type Policy struct {
	// SHA1 accepts the algorithms RSASHA1 and RSASHA1-NSEC3-SHA1. RFC 9905 §2
	// asks operators to treat them as unsupported, so that zones with nothing
	// better are insecure.
	SHA1 bool

	// InsecureIterations is the number of additional NSEC3 iterations above
	// which a proof is not computed and its zone counts as insecure
	// [100]; above BogusIterations [2500] the answer is bogus (RFC 9276 §3.2
	// allows both, and asks that the second be higher). At most 2500, which is
	// all that RFC 5155 §10.3 ever allowed: up to there Unbound, Knot
	// Resolver and BIND say insecure, and so does the default.
	InsecureIterations, BogusIterations int
}

const maxIterations = 2500

func (p Policy) orDefaults() Policy {
	if p.InsecureIterations <= 0 {
		p.InsecureIterations = 100
	}
	if p.BogusIterations <= 0 {
		p.BogusIterations = maxIterations
	}
	p.InsecureIterations = min(p.InsecureIterations, maxIterations)
	p.BogusIterations = max(p.BogusIterations, p.InsecureIterations)
	return p
}

// Budget bounds the costly work of one lookup, whatever zones it meets. A
// field counts down; below zero the work ends, and what needed it is bogus:
// an attacker must not be able to switch validation off by making it costly.
type Budget struct {
	PerSet     int // trials of a signature with a key, for one RRset
	Signatures int // trials in all
	Failures   int // trials that may fail, in all
	Digests    int // comparisons of a DS digest with a key
	Hashes     int // rounds of SHA-1 for NSEC3: one more per name than the iterations
	Fetches    int // DS and DNSKEY RRsets that may be asked for
}

// NewBudget returns the bounds for one lookup. An honest chain needs about two
// trials a zone and none that fail; KeyTrap (CVE-2023-50387) offered a hundred
// thousand. The worst that fits in costs about 20 ms of one core.
func NewBudget() *Budget {
	return &Budget{PerSet: 8, Signatures: 128, Failures: 32, Digests: 64, Hashes: 12_000, Fetches: 48}
}

// spend takes n from one counter and reports whether it was there.
func spend(counter *int, n int) bool {
	if *counter < n {
		*counter = 0
		return false
	}
	*counter -= n
	return true
}
