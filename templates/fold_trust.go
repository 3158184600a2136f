package templates

import "rootwalk/lookup"

// Trusted is what a trace tells of DNSSEC.
type Trusted struct {
	Asked   string          `json:"asked"`   // "checked", "unchecked" (CD=1), "" where no device asked
	Verdict lookup.Security `json:"verdict"` // the worst so far (RFC 4035 §4.3), "" for none
	Balloon int             `json:"balloon"` // that says it, 0 for none
	Names   []TrustedName   `json:"names"`   // in the order in which they were judged, the last word counts
}

// TrustedName is a name of which it is known how far the chain of trust goes
// there.
type TrustedName struct {
	Name  lookup.Name     `json:"name"`
	State lookup.Security `json:"state"`
}

// trusted is what is known of DNSSEC; the first fact about it makes it.
func (f *folder) trusted() *Trusted {
	if f.v.DNSSEC == nil {
		f.v.DNSSEC = &Trusted{Names: []TrustedName{}}
	}
	return f.v.DNSSEC
}

// trust takes the facts of validation; it reports false for all others.
func (f *folder) trust(e lookup.Event) bool {
	switch x := e.Fact.(type) {
	case lookup.ValidationAsked:
		f.trusted().Asked = "checked"
		if x.CD {
			f.trusted().Asked = "unchecked"
		}
	case lookup.AnchorChosen:
		f.check(e, x.Host, x.Zone, map[string]string{"none": "ends", "negative": "ends"}[x.Use])
	case lookup.DigestCompared:
		f.check(e, x.Host, x.Zone, map[string]string{"different": "broken", "noKey": "broken", "unsupported": "ends"}[x.Result])
	case lookup.KeyMatched:
		f.check(e, x.Host, x.Zone, "")
	case lookup.KeysTrusted:
		f.check(e, x.Host, x.Zone, "holds")
		f.judged(x.Zone, lookup.Secure)
	case lookup.SignatureChecked:
		state := signatureState(x)
		if q := f.v.Question; x.Type == lookup.TypeSOA && q != nil && q.Type != lookup.TypeSOA && state == "holds" {
			state = "" // it came with a denial, which says more
		}
		f.check(e, x.Host, x.Signer, state)
	case lookup.SignatureMissing:
		f.check(e, x.Host, x.Zone, "broken")
	case lookup.DenialChecked:
		f.check(e, x.Host, x.Zone, denialState(x))
	case lookup.DenialSynthesised:
		f.check(e, x.Host, x.Zone, "")
	case lookup.DelegationJudged:
		state := map[string]string{"signed": "holds", "unsigned": "ends", "bogus": "broken"}[x.Result]
		f.check(e, x.Host, x.Zone, state)
		switch state {
		case "ends":
			f.judged(x.Child, lookup.Insecure)
		case "broken":
			f.judged(x.Child, lookup.Bogus)
		}
	case lookup.ChainJudged:
		b := f.local(e, "verdict", x.Host)
		b.Zone, b.Outcome = x.At, string(x.Verdict)
		if t := f.trusted(); worse(x.Verdict) >= worse(t.Verdict) {
			t.Verdict, t.Balloon = x.Verdict, b.N
		}
		f.judged(x.Name, x.Verdict)
		if x.Verdict != lookup.Secure && x.At != "" && !x.At.Equal(x.Name) {
			f.judged(x.At, x.Verdict)
		}
	default:
		return false
	}
	return true
}

// check opens the balloon of a run of checks in one host, or joins it: it is
// headed by the last one that decides something. A state is what that one says of
// the chain: "holds", "ends", "broken", "" for one that only leads on.
func (f *folder) check(e lookup.Event, host string, zone lookup.Name, state string) {
	b := f.last()
	switch {
	case b == nil || b.Kind != "check" || b.Host != host:
		b = f.local(e, "check", host)
	case state == "":
		return
	default:
		b.tell(e)
	}
	b.Zone, b.Outcome = zone, state
}

// judged notes how far the chain of trust goes at a name.
func (f *folder) judged(name lookup.Name, state lookup.Security) {
	t := f.trusted()
	for i := range t.Names {
		if t.Names[i].Name.Equal(name) {
			t.Names[i].State = state
			return
		}
	}
	t.Names = append(t.Names, TrustedName{name, state})
}

// signatureState is what a signature says of the chain. Those over keys, DS and
// NSEC records only lead on to what those say.
func signatureState(x lookup.SignatureChecked) string {
	switch {
	case x.Result == "unsupported":
		return "ends"
	case x.Result != "valid":
		return "broken"
	case x.Type == typeDNSKEY || x.Type == lookup.TypeDS || x.Type == typeNSEC || x.Type == typeNSEC3:
		return ""
	}
	return "holds"
}

// denialState is what a proof of absence says of the chain.
func denialState(x lookup.DenialChecked) string {
	unbroken := x.Result == "proved" || x.Result == "optOut" || x.Result == "iterations"
	switch {
	case unbroken && x.Claim == "unsigned":
		return "" // whether a zone begins there is judged next
	case x.Result == "proved":
		return "holds"
	case unbroken:
		return "ends"
	}
	return "broken"
}

// worse orders verdicts: that on the whole is the worst of its parts.
func worse(v lookup.Security) int {
	for i, known := range []lookup.Security{"", lookup.Secure, lookup.Insecure, lookup.Indeterminate, lookup.Bogus} {
		if v == known {
			return i
		}
	}
	return 0
}
