package dnssec

import (
	"slices"

	"github.com/miekg/dns"

	"rootwalk/lookup"
)

// maxDenials bounds the NSEC or NSEC3 sets of one response that are verified:
// the longest proof needs three (RFC 5155 §7.2).
const maxDenials = 8

// What a denial may claim.
const (
	claimNxdomain = "nxdomain" // no such name
	claimNodata   = "nodata"   // the name has no such type
	claimWildcard = "wildcard" // no name closer than the wildcard that was expanded
	claimUnsigned = "unsigned" // no DS at the name
)

// claim is one statement to prove.
type claim struct {
	kind   string
	name   wire
	rrtype uint16
	labels int // for claimWildcard: of the closest encloser
}

// proof is a set of verified NSEC or NSEC3 records of one zone.
type proof struct {
	judge *Judge
	zone  wire

	verified   []*Set // the sets of the records below
	nsecs      []nsec
	nsec3s     []nsec3
	parameters parameters

	life   Judgement // secure, as long as the signatures of the records last
	failed Judgement // why records were not believed, if some were not

	// Of the claim being tried.
	hashes   map[wire]hashed
	spent    bool
	spans    []lookup.DenialSpan
	encloser wire
	noCut    bool // no zone begins at the name
	nothing  bool // nor anything below: the name is not there
}

// proofs verifies the NSEC and NSEC3 records of a section.
func (j *Judge) proofs(sets []Set, keys *Keys) *proof {
	p := &proof{judge: j, zone: keys.zone, life: secure()}
	for i, n := 0, 0; i < len(sets) && n < maxDenials; i++ {
		set := &sets[i]
		if set.Type != lookup.Type(dns.TypeNSEC) && set.Type != lookup.Type(dns.TypeNSEC3) || len(set.RRs) == 0 {
			continue
		}
		n++
		judged, encloser := j.set(set, keys)
		if judged.Verdict != lookup.Secure {
			if p.failed.Verdict == "" {
				p.failed = judged
			}
			continue
		}
		if encloser != "" {
			continue // a denial made from a wildcard denies nothing: anyone could place it
		}
		if set.Type == lookup.Type(dns.TypeNSEC) {
			if one, ok := readNSEC(set, keys.zone); ok {
				p.nsecs = append(p.nsecs, one)
				p.verified = append(p.verified, set)
				p.life = p.life.and(judged)
			}
			continue
		}
		one, parameters, ok := readNSEC3(set, keys.zone)
		if !ok || len(p.nsec3s) > 0 && parameters != p.parameters {
			continue // one proof, one way of hashing (RFC 5155 §8.2)
		}
		p.parameters = parameters
		p.nsec3s = append(p.nsec3s, one)
		p.verified = append(p.verified, set)
		p.life = p.life.and(judged)
	}
	return p
}

// use notes the record that a step of the proof rests on.
func (p *proof) use(s lookup.DenialSpan) {
	if p.judge.step.Recording() && len(p.spans) < 8 && !slices.ContainsFunc(p.spans, func(o lookup.DenialSpan) bool { return o.From == s.From && o.Name == s.Name }) {
		if s.Types == nil {
			s.Types = []lookup.Type{} // facts have no null
		}
		p.spans = append(p.spans, s)
	}
}

// try decides a claim and reports how. The result is as in lookup.DenialChecked.
func (p *proof) try(c claim) Judgement {
	p.spent, p.spans, p.encloser, p.noCut, p.nothing = false, []lookup.DenialSpan{}, "", false, false
	result, method := "unproved", ""
	iterations := int(p.parameters.iterations)
	switch {
	case len(p.nsecs) > 0:
		method = "NSEC"
		if result = p.byNSEC(c); result != "unproved" || len(p.nsec3s) == 0 {
			break
		}
		fallthrough // a zone on its way from one to the other has both
	case len(p.nsec3s) > 0:
		method = "NSEC3"
		p.spans, p.encloser = []lookup.DenialSpan{}, ""
		if iterations > p.judge.policy.InsecureIterations {
			result = "iterations"
			break
		}
		if result = p.byNSEC3(c); p.spent {
			result = "work"
		}
	}
	zone, name := p.zone.name(), c.name.name()
	if p.judge.step.Recording() {
		f := lookup.DenialChecked{
			Host: p.judge.host, Zone: zone, Name: name, Type: lookup.Type(c.rrtype), Claim: c.kind, Method: method, Spans: p.spans, Result: result,
		}
		if p.encloser != "" {
			f.Encloser = p.encloser.name()
		}
		if method == "NSEC3" {
			f.Iterations = iterations
		}
		p.judge.step.Report(f)
	}
	switch result {
	case "proved":
		return p.life
	case "optOut":
		out := insecure(ReasonOptOut, name)
		out.Until, out.TTLSec = p.life.Until, p.life.TTLSec
		return out
	case "iterations":
		if iterations > p.judge.policy.BogusIterations {
			return bogus(ReasonIterations, zone)
		}
		return insecure(ReasonIterations, zone)
	case "work":
		return bogus(ReasonWork, name)
	}
	if p.failed.Verdict != "" {
		return p.failed // an expired proof says more than a missing one
	}
	return bogus(ReasonProofMissing, name)
}

// Denial decides whether the NSEC or NSEC3 records among sets, signed by the
// keys, prove that a name does not exist (nxdomain) or has no records of a
// type.
func (j *Judge) Denial(sets []Set, keys *Keys, name lookup.Name, rrtype lookup.Type, nxdomain bool) Judgement {
	owner, ok := wireOf(string(name))
	if !ok || !owner.in(keys.zone) {
		return bogus(ReasonMalformed, name)
	}
	c := claim{kind: claimNodata, name: owner, rrtype: uint16(rrtype)}
	if nxdomain {
		c.kind = claimNxdomain
	}
	return j.proofs(sets, keys).try(c)
}

// Expansion decides whether an answer from a wildcard was right: no name
// closer to the name asked for than the encloser exists (RFC 4035 §5.3.4, RFC
// 5155 §8.8).
func (j *Judge) Expansion(sets []Set, keys *Keys, name, encloser lookup.Name) Judgement {
	owner, ok := wireOf(string(name))
	above, known := wireOf(string(encloser))
	if !ok || !known || !owner.below(above) {
		return bogus(ReasonMalformed, name)
	}
	return j.proofs(sets, keys).try(claim{kind: claimWildcard, name: owner, labels: above.labels()})
}

// Delegation is what a parent says about a name below it.
type Delegation struct {
	Judgement           // secure: there is a DS set, or no zone begins here; insecure: a zone begins that has none
	DS        []*dns.DS // of a signed child
	Cut       bool      // a zone begins here
	Empty     bool      // no zone begins here or below: there is nothing
}

// Delegation decides about a response to a question for the DS of child, or
// about the authority section of a referral to it, by the keys of its parent
// (RFC 4035 §5.2, RFC 5155 §8.9).
func (j *Judge) Delegation(answer, authority []Set, keys *Keys, child lookup.Name) Delegation {
	owner, ok := wireOf(string(child))
	if !ok || !owner.below(keys.zone) {
		return Delegation{Judgement: bogus(ReasonMalformed, child)}
	}
	d := j.delegation(answer, authority, keys, owner, child)
	if j.step.Recording() {
		result := "bogus"
		switch {
		case d.Verdict == lookup.Secure && d.Cut:
			result = "signed"
		case d.Verdict == lookup.Secure:
			result = "noCut"
		case d.Verdict == lookup.Insecure:
			result = "unsigned"
		}
		j.step.Report(lookup.DelegationJudged{Host: j.host, Zone: keys.Zone, Child: child, Result: result})
	}
	return d
}

func (j *Judge) delegation(answer, authority []Set, keys *Keys, owner wire, child lookup.Name) Delegation {
	for _, sets := range [2][]Set{answer, authority} {
		set := find(sets, owner, dns.TypeDS)
		if set == nil {
			continue
		}
		judged, encloser := j.set(set, keys)
		if judged.Verdict != lookup.Secure {
			return Delegation{Judgement: judged}
		}
		if encloser != "" {
			return Delegation{Judgement: bogus(ReasonMalformed, child)} // no delegation from a wildcard
		}
		d := Delegation{Judgement: judged, Cut: true}
		for _, rr := range set.RRs {
			if ds, ok := rr.(*dns.DS); ok {
				d.DS = append(d.DS, ds)
			}
		}
		return d
	}
	// Below a DNAME, or where an alias is, no zone begins (RFC 6672 §2.4).
	for i := range answer {
		if set := &answer[i]; set.Type == lookup.TypeDNAME && len(set.RRs) > 0 && owner.below(set.owner) && set.owner.in(keys.zone) {
			judged, _ := j.set(set, keys)
			return Delegation{Judgement: judged, Empty: true}
		}
	}
	if set := find(answer, owner, dns.TypeCNAME); set != nil {
		judged, _ := j.set(set, keys)
		return Delegation{Judgement: judged}
	}
	p := j.proofs(authority, keys)
	judged := p.try(claim{kind: claimUnsigned, name: owner, rrtype: dns.TypeDS})
	if judged.Verdict != lookup.Secure {
		return Delegation{Judgement: judged, Cut: judged.Verdict == lookup.Insecure}
	}
	if p.noCut {
		return Delegation{Judgement: judged, Empty: p.nothing}
	}
	out := insecure(ReasonUnsignedZone, child)
	out.Until, out.TTLSec = judged.Until, judged.TTLSec
	return Delegation{Judgement: out, Cut: true}
}
