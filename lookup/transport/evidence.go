package transport

import (
	"slices"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

// maxProof bounds the NSEC and NSEC3 records, and the signatures of one set,
// that are taken from a response. The longest proof has three sets (RFC 5155
// §7.2).
const maxProof = 32

// vouches reports whether a record is there to vouch for others: it is neither
// asked for nor a stranger.
func vouches(rr dns.RR) bool {
	switch rr.Header().Rrtype {
	case dns.TypeRRSIG, dns.TypeNSEC, dns.TypeNSEC3, dns.TypeDS:
		return true
	}
	return false
}

// evidence gives every set that is used the signatures that came with it, and
// denials and sets from a wildcard their proof (RFC 4035 §3.1.3).
func (c *classifier) evidence() {
	r := c.r
	var proof []dns.RR
	for _, rr := range c.m.Ns {
		rrtype := rr.Header().Rrtype
		if sig, ok := rr.(*dns.RRSIG); ok {
			rrtype = sig.TypeCovered
		}
		if (rrtype == dns.TypeNSEC || rrtype == dns.TypeNSEC3) && len(proof) < maxProof && message.Owner(rr).In(c.zone) {
			proof = append(proof, rr)
		}
	}
	for _, sets := range [][]message.Set{r.Answer, r.Keep, r.SOA} {
		for i := range sets {
			s := &sets[i]
			s.Sigs = c.signatures(s)
			for _, sig := range s.Sigs {
				if sig := sig.(*dns.RRSIG); int(sig.Labels) < s.Name.CountLabels() {
					s.Proof = proof // perhaps from a wildcard: no closer name may exist
				}
			}
		}
	}
	for i := range r.SOA {
		r.SOA[i].Proof = proof
	}
	if r.Verdict == message.Referral {
		c.delegated(proof)
	}
}

// delegated keeps a referral's proof that the child has no DS (RFC 4035 §3.1.4.1),
// so that a validator need not ask for one. It is no answer to anybody's question
// for the DS: the SOA for that is missing.
func (c *classifier) delegated(proof []dns.RR) {
	isDS := func(rr dns.RR) bool { return rr.Header().Rrtype == dns.TypeDS }
	if len(proof) == 0 || slices.ContainsFunc(c.m.Ns, isDS) {
		return
	}
	set := message.Set{Name: c.r.Child, Type: lookup.TypeDS, TTLSec: message.TTL(proof[0]), Proof: proof, Credibility: lookup.CredibilityReferral}
	for _, rr := range proof {
		set.TTLSec = min(set.TTLSec, message.TTL(rr))
	}
	c.r.Keep = append(c.r.Keep, set)
}

// signatures are the RRSIG records of the message that cover a set.
func (c *classifier) signatures(s *message.Set) []dns.RR {
	var out []dns.RR
	for _, section := range [2][]dns.RR{c.m.Answer, c.m.Ns} {
		for _, rr := range section {
			if sig, ok := rr.(*dns.RRSIG); ok && lookup.Type(sig.TypeCovered) == s.Type && len(out) < maxProof && message.Owner(rr).Equal(s.Name) {
				out = append(out, rr)
			}
		}
	}
	return out
}
