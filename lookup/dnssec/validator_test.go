package dnssec

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

var during = epoch.Add(7 * 24 * time.Hour)

func TestVerdicts(t *testing.T) {
	w := internet(t)
	for _, c := range []struct {
		rule    string
		name    string
		rrtype  uint16
		kind    lookup.CacheKind
		verdict Verdict
		reason  Reason
	}{
		// RFC 4035 §5.3: positive answers of every supported algorithm.
		{"ECDSA P-256, RFC 6605", "www.secure.example.", dns.TypeA, lookup.CachePositive, lookup.Secure, ""},
		{"ECDSA P-384, RFC 6605", "www.p384.example.", dns.TypeA, lookup.CachePositive, lookup.Secure, ""},
		{"RSA/SHA-256 with KSK and ZSK, RFC 5702", "www.rsa.example.", dns.TypeA, lookup.CachePositive, lookup.Secure, ""},
		{"RSA/SHA-512, RFC 5702", "www.rsa512.example.", dns.TypeA, lookup.CachePositive, lookup.Secure, ""},
		{"Ed25519, RFC 8080", "www.nsec3.example.", dns.TypeAAAA, lookup.CachePositive, lookup.Secure, ""},
		{"names in RDATA in lower case, RFC 4034 §6.2", "secure.example.", dns.TypeMX, lookup.CachePositive, lookup.Secure, ""},
		{"owner in upper case, RFC 4034 §6.2", "www2.secure.example.", dns.TypeTXT, lookup.CachePositive, lookup.Secure, ""},
		{"DNSKEY at the apex", "secure.example.", dns.TypeDNSKEY, lookup.CachePositive, lookup.Secure, ""},
		{"DS is the parent's, RFC 4034 §5", "secure.example.", dns.TypeDS, lookup.CachePositive, lookup.Secure, ""},
		{"NSEC3PARAM, RFC 5155 §4", "nsec3.example.", dns.TypeNSEC3PARAM, lookup.CachePositive, lookup.Secure, ""},
		{"the root itself", ".", dns.TypeSOA, lookup.CachePositive, lookup.Secure, ""},
		{"all of an ANY answer is checked", "alias.secure.example.", dns.TypeCNAME, lookup.CachePositive, lookup.Secure, ""},

		// RFC 4035 §5.4 with NSEC.
		{"NXDOMAIN with NSEC", "nothing.secure.example.", dns.TypeA, lookup.CacheNxdomain, lookup.Secure, ""},
		{"NXDOMAIN with NSEC, far below", "a.b.c.d.e.nothing.secure.example.", dns.TypeA, lookup.CacheNxdomain, lookup.Secure, ""},
		{"NXDOMAIN after the last name", "zzz.secure.example.", dns.TypeA, lookup.CacheNxdomain, lookup.Secure, ""},
		{"NODATA with NSEC", "mail.secure.example.", dns.TypeAAAA, lookup.CacheNodata, lookup.Secure, ""},
		{"NODATA at an empty non-terminal, NSEC", "a.b.c.secure.example.", dns.TypeA, lookup.CacheNodata, lookup.Secure, ""},
		{"NODATA at the highest empty non-terminal, NSEC", "c.secure.example.", dns.TypeA, lookup.CacheNodata, lookup.Secure, ""},
		{"wildcard answer, RFC 4035 §5.3.4", "any.wild.secure.example.", dns.TypeA, lookup.CachePositive, lookup.Secure, ""},
		{"wildcard answer, several labels", "a.b.c.wild.secure.example.", dns.TypeA, lookup.CachePositive, lookup.Secure, ""},
		{"the wildcard itself, RFC 4592 §2.2.1", "*.wild.secure.example.", dns.TypeA, lookup.CachePositive, lookup.Secure, ""},
		{"wildcard NODATA, RFC 4035 §3.1.3.4", "any.text.secure.example.", dns.TypeA, lookup.CacheNodata, lookup.Secure, ""},
		{"wildcard hidden by a closer name", "x.wild.secure.example.", dns.TypeA, lookup.CacheNodata, lookup.Secure, ""},
		{"no DS at a name without a zone", "www.secure.example.", dns.TypeDS, lookup.CacheNodata, lookup.Secure, ""},
		{"no DS at an unsigned delegation", "unsigned.sub.secure.example.", dns.TypeDS, lookup.CacheNodata, lookup.Secure, ""},

		// The same with NSEC3, RFC 5155 §8.
		{"NXDOMAIN with NSEC3, §8.4", "nothing.nsec3.example.", dns.TypeA, lookup.CacheNxdomain, lookup.Secure, ""},
		{"NXDOMAIN with NSEC3, far below", "a.b.c.d.e.nothing.nsec3.example.", dns.TypeA, lookup.CacheNxdomain, lookup.Secure, ""},
		{"NODATA with NSEC3, §8.5", "mail.nsec3.example.", dns.TypeAAAA, lookup.CacheNodata, lookup.Secure, ""},
		{"NODATA at an empty non-terminal, NSEC3", "a.b.c.nsec3.example.", dns.TypeA, lookup.CacheNodata, lookup.Secure, ""},
		{"wildcard NODATA with NSEC3, §8.7", "any.text.nsec3.example.", dns.TypeA, lookup.CacheNodata, lookup.Secure, ""},
		{"wildcard answer with NSEC3, §8.8", "a.b.wild.nsec3.example.", dns.TypeA, lookup.CachePositive, lookup.Secure, ""},
		{"no DS with NSEC3, §8.6", "unsigned.sub.nsec3.example.", dns.TypeDS, lookup.CacheNodata, lookup.Secure, ""},
		{"100 iterations and salt are computed", "nothing.salted.example.", dns.TypeA, lookup.CacheNxdomain, lookup.Secure, ""},
		{"101 iterations: insecure, RFC 9276 §3.2", "nothing.iter101.example.", dns.TypeA, lookup.CacheNxdomain, lookup.Insecure, ReasonIterations},
		{"101 iterations: what is there is secure", "www.iter101.example.", dns.TypeA, lookup.CachePositive, lookup.Secure, ""},
		{"2501 iterations: bogus, RFC 5155 §10.3", "nothing.iter2501.example.", dns.TypeA, lookup.CacheNxdomain, lookup.Bogus, ReasonIterations},
		{"NXDOMAIN in an opt-out span: AD stays 0, §9.2", "nothing.optout.example.", dns.TypeA, lookup.CacheNxdomain, lookup.Insecure, ReasonOptOut},
		{"NODATA at a name with a record needs no span", "mail.optout.example.", dns.TypeAAAA, lookup.CacheNodata, lookup.Secure, ""},
		{"no DS in an opt-out span, §8.6", "unsigned.sub.optout.example.", dns.TypeDS, lookup.CacheNodata, lookup.Insecure, ReasonOptOut},

		// Aliases.
		{"CNAME inside the zone", "alias.secure.example.", dns.TypeA, lookup.CachePositive, lookup.Secure, ""},
		{"CNAME to elsewhere: what is here is secure", "far.secure.example.", dns.TypeA, "", lookup.Secure, ""},
		{"CNAME from a wildcard", "some.star.secure.example.", dns.TypeA, lookup.CachePositive, lookup.Secure, ""},
		{"DNAME, RFC 6672 §5.3", "www.moved.secure.example.", dns.TypeA, lookup.CachePositive, lookup.Secure, ""},
		{"a DNAME's own name", "moved.secure.example.", dns.TypeDNAME, lookup.CachePositive, lookup.Secure, ""},

		// Insecure, RFC 4035 §4.3 and §5.2.
		{"no DS: unsigned zone, by opt-out at its parent", "www.plain.example.", dns.TypeA, lookup.CachePositive, lookup.Insecure, ReasonOptOut},
		{"no DS: signatures without a chain", "www.nods.example.", dns.TypeA, lookup.CachePositive, lookup.Insecure, ReasonOptOut},
		{"no DS: proved by NSEC at the root", "www.test.", dns.TypeA, lookup.CachePositive, lookup.Insecure, ReasonUnsignedZone},
		{"NXDOMAIN of an unsigned zone", "nothing.test.", dns.TypeA, lookup.CacheNxdomain, lookup.Insecure, ReasonUnsignedZone},
		{"an unknown algorithm only, §5.2", "www.unknown.example.", dns.TypeA, lookup.CachePositive, lookup.Insecure, ReasonAlgorithm},
		{"SHA-1 signatures only, RFC 9905 §2", "www.sha1.example.", dns.TypeA, lookup.CachePositive, lookup.Insecure, ReasonAlgorithm},

		// Bogus.
		{"expired, RFC 4035 §5.3.1", "www.faults.example.", dns.TypeA, lookup.CachePositive, lookup.Bogus, ReasonExpired},
		{"not yet valid, §5.3.1", "www.faults.example.", dns.TypeAAAA, lookup.CachePositive, lookup.Bogus, ReasonNotYetValid},
		{"another address than was signed", "mail.faults.example.", dns.TypeA, lookup.CachePositive, lookup.Bogus, ReasonSignatureWrong},
		{"signature taken away", "ns.faults.example.", dns.TypeA, lookup.CachePositive, lookup.Bogus, ReasonUnsigned},
		{"the rest of that zone is well", "alias.faults.example.", dns.TypeTXT, lookup.CacheNodata, lookup.Secure, ""},
		{"all expired: the keys are the first to fail", "mail.expired.example.", dns.TypeA, lookup.CachePositive, lookup.Bogus, ReasonExpired},
		{"all too early", "mail.early.example.", dns.TypeA, lookup.CachePositive, lookup.Bogus, ReasonNotYetValid},
		{"the DS is of another key", "mail.wrongds.example.", dns.TypeA, lookup.CachePositive, lookup.Bogus, ReasonDigestWrong},
		{"all signatures taken away", "mail.stripped.example.", dns.TypeA, lookup.CachePositive, lookup.Bogus, ReasonUnsigned},
		{"denials taken away", "nothing.silent.example.", dns.TypeA, lookup.CacheNxdomain, lookup.Bogus, ReasonProofMissing},
		{"wildcard without the denial, RFC 4035 §5.3.4", "any.wild.silent.example.", dns.TypeA, lookup.CachePositive, lookup.Bogus, ReasonProofMissing},
	} {
		t.Run(c.rule, func(t *testing.T) {
			tr := lookup.NewTrace(lookup.TraceConfig{})
			defer tr.Finish()
			got, kind := w.validate(w.validator(during, Policy{}), tr.Root(), c.name, c.rrtype)
			if kind != c.kind {
				t.Fatalf("the test's own server said %q", kind)
			}
			if got.Verdict != c.verdict || got.Reason != c.reason {
				t.Errorf("%s %s: %s %s at %s, want %s %s", c.name, dns.TypeToString[c.rrtype], got.Verdict, got.Reason, got.At, c.verdict, c.reason)
				for _, e := range tr.Events() {
					t.Logf("%+v", e.Fact)
				}
			}
			// Every fact has its sentence, and the trace ends with the verdict, told once.
			events := tr.Events()
			for _, e := range events {
				if text, err := json.Marshal(e); err != nil || strings.Contains(string(text), "null") {
					t.Errorf("a null, or %v, in %s", err, text)
				}
				if key := e.Fact.Line().Key; !slices.Contains(lineKeys, key) {
					t.Errorf("no sentence %q for %+v", key, e.Fact)
				}
			}
			last, ok := events[len(events)-1].Fact.(lookup.ChainJudged)
			if !ok || last.Verdict != got.Verdict || last.Reason != string(got.Reason) {
				t.Errorf("the last fact is %+v", events[len(events)-1].Fact)
			}
		})
	}
}

var lineKeys = lookup.LineKeys()

// Each reason stands with a verdict, so that there is a sentence for it.
func TestEveryReasonHasAVerdict(t *testing.T) {
	known := map[string]bool{}
	for _, reasons := range lookup.JudgedReasons {
		for _, r := range reasons {
			known[r] = true
		}
	}
	for _, r := range []Reason{ReasonExpired, ReasonNotYetValid, ReasonExpiredFirst, ReasonSignatureWrong, ReasonUnsigned, ReasonKeyMissing, ReasonKeyUnusable, ReasonDigestWrong,
		ReasonProofMissing, ReasonAlgorithm, ReasonDigestType, ReasonIterations, ReasonUnsignedZone, ReasonOptOut, ReasonNegativeAnchor, ReasonNoAnchor, ReasonUnreachable,
		ReasonWork, ReasonMalformed, ReasonSignerElsewhere, ReasonSynthesisMismatch, ReasonSignatures} {
		if !known[string(r)] {
			t.Errorf("%s stands with no verdict", r)
		}
	}
	for r, code := range codes {
		if code == 0 || code > 30 {
			t.Errorf("%s: %d is no code of RFC 8914", r, code)
		}
	}
}

// With the operator's leave SHA-1 is checked, and wrong is wrong (RFC 9905 §2).
func TestSHA1IsAMatterOfPolicy(t *testing.T) {
	w := internet(t)
	if got, _ := w.validate(w.validator(during, Policy{SHA1: true}), lookup.Step{}, "www.sha1.example.", dns.TypeA); got.Verdict != lookup.Secure {
		t.Errorf("allowed: %+v", got)
	}
	w.bend = changeFirstA
	if got, _ := w.validate(w.validator(during, Policy{SHA1: true}), lookup.Step{}, "www.sha1.example.", dns.TypeA); got.Verdict != lookup.Bogus {
		t.Errorf("allowed, and tampered with: %+v", got)
	}
}

func changeFirstA(_, rrtype string, r *Response) {
	for i, rr := range r.Answer {
		if a, ok := rr.(*dns.A); ok && rrtype == "A" {
			c := *a
			c.A = slices.Clone(c.A)
			c.A[len(c.A)-1]++
			r.Answer[i] = &c
			return
		}
	}
}

// Lesson time decides: the same answer before, at and after both ends of the
// validity period, which belong to it (RFC 4034 §3.1.5).
func TestLessonTimeDecides(t *testing.T) {
	w := internet(t)
	end := epoch.Add(14 * 24 * time.Hour)
	for _, c := range []struct {
		name   string
		at     time.Time
		want   Verdict
		reason Reason
	}{
		{"a second early", epoch.Add(-time.Second), lookup.Bogus, ReasonNotYetValid},
		{"at inception", epoch, lookup.Secure, ""},
		{"between", during, lookup.Secure, ""},
		{"at expiration", end, lookup.Secure, ""},
		{"a second late", end.Add(time.Second), lookup.Bogus, ReasonExpired},
	} {
		got, _ := w.validate(w.validator(c.at, Policy{}), lookup.Step{}, "www.secure.example.", dns.TypeA)
		if got.Verdict != c.want || got.Reason != c.reason {
			t.Errorf("%s: %s %s, want %s %s", c.name, got.Verdict, got.Reason, c.want, c.reason)
		}
		if c.want == lookup.Secure && (!got.Until.Equal(end) || int64(got.TTLSec) != min(3600, int64(end.Sub(c.at).Seconds()))) {
			t.Errorf("%s: until %v, TTL %d: a TTL ends with the signature (RFC 4035 §5.3.3)", c.name, got.Until, got.TTLSec)
		}
	}
}

// Whatever one record of a secure response is changed to or left out of,
// nobody is told something else as secure: either the verdict is not secure, or the record was not
// needed for it.
func TestNoChangeGoesUnnoticed(t *testing.T) {
	w := internet(t)
	questions := []struct {
		name   string
		rrtype uint16
	}{
		{"www.secure.example.", dns.TypeA}, {"nothing.secure.example.", dns.TypeA}, {"mail.secure.example.", dns.TypeAAAA}, {"b.c.secure.example.", dns.TypeA},
		{"any.wild.secure.example.", dns.TypeA}, {"any.text.secure.example.", dns.TypeA}, {"alias.secure.example.", dns.TypeA}, {"www.moved.secure.example.", dns.TypeA},
		{"nothing.nsec3.example.", dns.TypeA}, {"mail.nsec3.example.", dns.TypeAAAA}, {"any.wild.nsec3.example.", dns.TypeA}, {"any.text.nsec3.example.", dns.TypeA},
		{"www.rsa.example.", dns.TypeA}, {"secure.example.", dns.TypeDS}, {"secure.example.", dns.TypeDNSKEY},
	}
	for _, q := range questions {
		question := lookup.Question{Name: lookup.Name(q.name), Type: lookup.Type(q.rrtype), Class: lookup.ClassIN}
		w.bend = nil
		whole, kind := w.respond(question)
		judge := func(r Response) Verdict {
			v := w.validator(during, Policy{})
			return v.Validate(context.Background(), lookup.Step{}, w, NewBudget(), question, kind, r).Verdict
		}
		if judge(whole) != lookup.Secure {
			t.Fatalf("%s %s is not secure to begin with", q.name, dns.TypeToString[q.rrtype])
		}
		for section := range 2 {
			rrs := [2][]dns.RR{whole.Answer, whole.Authority}[section]
			for i, rr := range rrs {
				with := func(changed ...dns.RR) Response {
					r := whole
					out := slices.Concat(rrs[:i], changed, rrs[i+1:])
					if section == 0 {
						r.Answer = out
					} else {
						r.Authority = out
					}
					return r
				}
				for _, c := range changes(rr) {
					if got := judge(with(c)); got == lookup.Secure && !harmless(c, rr) {
						t.Errorf("%s %s: secure with\n  %s\ninstead of\n  %s", q.name, dns.TypeToString[q.rrtype], c, rr)
					}
				}
				got := judge(with())
				// The SOA of a denial says how long it may be kept, not what is denied;
				// and the CNAME beside a DNAME is only a service.
				_, soa := rr.(*dns.SOA)
				_, cname := rr.(*dns.CNAME)
				needed := !soa && !(cname && strings.Contains(q.name, "moved")) && !(section == 1 && covers(rr) == dns.TypeSOA && len(with().Authority) == 0)
				if got == lookup.Secure && needed {
					t.Errorf("%s %s: secure without\n  %s", q.name, dns.TypeToString[q.rrtype], rr)
				}
			}
		}
	}
}

func covers(rr dns.RR) uint16 {
	if sig, ok := rr.(*dns.RRSIG); ok {
		return sig.TypeCovered
	}
	return 0
}

// harmless says whether a changed record means the same as before: TTLs are
// not signed as such, and the letter case of names counts nowhere.
func harmless(changed, rr dns.RR) bool {
	switch rr.(type) {
	case *dns.SOA:
		if changed.Header().Class != dns.ClassINET {
			return true // then it is as if it were not there
		}
	case *dns.CNAME:
		if strings.Contains(rr.Header().Name, "moved") && rr.Header().String() != changed.Header().String() {
			return true // nor is the CNAME that a DNAME makes needed
		}
	}
	c := dns.Copy(changed)
	c.Header().Ttl = rr.Header().Ttl
	return strings.EqualFold(c.String(), rr.String())
}

// changes are a record with one thing each changed.
func changes(rr dns.RR) []dns.RR {
	var out []dns.RR
	add := func(change func(dns.RR)) {
		c := dns.Copy(rr)
		change(c)
		out = append(out, c)
	}
	switch rr := rr.(type) {
	case *dns.A:
		add(func(c dns.RR) { c.(*dns.A).A[len(rr.A)-1] ^= 1 })
	case *dns.AAAA:
		add(func(c dns.RR) { c.(*dns.AAAA).AAAA[3] ^= 1 })
	case *dns.CNAME:
		add(func(c dns.RR) { c.(*dns.CNAME).Target = "evil.example." })
	case *dns.DNAME:
		add(func(c dns.RR) { c.(*dns.DNAME).Target = "evil.example." })
	case *dns.DS:
		add(func(c dns.RR) { c.(*dns.DS).KeyTag++ })
	case *dns.DNSKEY:
		add(func(c dns.RR) { c.(*dns.DNSKEY).Flags ^= 1 })
	case *dns.SOA:
		add(func(c dns.RR) { c.(*dns.SOA).Minttl++ })
	case *dns.NSEC:
		add(func(c dns.RR) { c.(*dns.NSEC).NextDomain = "zzzz.secure.example." })
		add(func(c dns.RR) { c.(*dns.NSEC).TypeBitMap = []uint16{dns.TypeRRSIG} })
	case *dns.NSEC3:
		add(func(c dns.RR) { c.(*dns.NSEC3).NextDomain = "00000000000000000000000000000000" })
		add(func(c dns.RR) { c.(*dns.NSEC3).Flags ^= 1 })
		add(func(c dns.RR) { c.(*dns.NSEC3).Iterations++ })
		add(func(c dns.RR) { c.(*dns.NSEC3).TypeBitMap = nil })
	case *dns.RRSIG:
		add(func(c dns.RR) { c.(*dns.RRSIG).Expiration++ })
		add(func(c dns.RR) { c.(*dns.RRSIG).Inception-- })
		add(func(c dns.RR) { c.(*dns.RRSIG).OrigTtl++ })
		add(func(c dns.RR) { c.(*dns.RRSIG).Labels-- })
		add(func(c dns.RR) { c.(*dns.RRSIG).Labels++ })
		add(func(c dns.RR) { c.(*dns.RRSIG).KeyTag++ })
		add(func(c dns.RR) { c.(*dns.RRSIG).Algorithm = dns.RSASHA512 })
		add(func(c dns.RR) { c.(*dns.RRSIG).SignerName = "example." })
		add(func(c dns.RR) { c.(*dns.RRSIG).SignerName = "." })
		add(func(c dns.RR) { c.(*dns.RRSIG).TypeCovered = dns.TypeTXT })
		add(func(c dns.RR) {
			s := c.(*dns.RRSIG)
			s.Signature = strings.Map(func(r rune) rune {
				if r == 'A' {
					return 'B'
				}
				return r
			}, "A"+s.Signature[1:])
		})
		add(func(c dns.RR) { c.(*dns.RRSIG).Signature = "" })
		add(func(c dns.RR) { c.(*dns.RRSIG).Signature = "!" })
	}
	add(func(c dns.RR) { c.Header().Name = "other." + strings.TrimPrefix(c.Header().Name, "www.") })
	add(func(c dns.RR) { c.Header().Class = dns.ClassCHAOS })
	return out
}

// What was proved for one name must not serve for another: each denial is
// replayed against names that do exist.
func TestDenialsAreNotGoodForOtherNames(t *testing.T) {
	w := internet(t)
	for _, zone := range []string{"secure.example.", "nsec3.example."} {
		var denials []Response
		for _, name := range []string{"nothing.", "a.b.c.d.", "zzz.", "mail.", "b.c.", "any.text.", "x.wild.", "unsigned.sub."} {
			for _, rrtype := range []uint16{dns.TypeA, dns.TypeSRV, dns.TypeDS} {
				r, kind := w.respond(lookup.Question{Name: lookup.Name(name + zone), Type: lookup.Type(rrtype)})
				if kind != "" && kind != lookup.CachePositive {
					denials = append(denials, Response{Authority: r.Authority})
				}
			}
		}
		if len(denials) < 12 {
			t.Fatalf("only %d denials to replay", len(denials))
		}
		for i, r := range denials {
			for _, there := range []struct {
				name   string
				rrtype uint16
			}{{"www.", dns.TypeA}, {"www.", dns.TypeAAAA}, {"alias.", dns.TypeA}, {"", dns.TypeMX}, {"deep.a.b.c.", dns.TypeTXT}, {"any.wild.", dns.TypeA}, {"www.moved.", dns.TypeA}, {"host.unsigned.sub.", dns.TypeA}} {
				q := lookup.Question{Name: lookup.Name(there.name + zone), Type: lookup.Type(there.rrtype)}
				for _, kind := range []lookup.CacheKind{lookup.CacheNodata, lookup.CacheNxdomain} {
					got := w.validator(during, Policy{}).Validate(context.Background(), lookup.Step{}, w, NewBudget(), q, kind, r)
					if got.Verdict == lookup.Secure {
						t.Errorf("denial %d of %s proves that %s has no %s (%s):\n%v", i, zone, q.Name, q.Type, kind, r.Authority)
					}
				}
			}
		}
	}
}

// An answer from a wildcard must not be used for a name that has its own
// (RFC 4035 §5.3.4): the signature alone would be right.
func TestWildcardIsNotGoodForOtherNames(t *testing.T) {
	w := internet(t)
	for _, zone := range []string{"secure.example.", "nsec3.example."} {
		whole, _ := w.respond(lookup.Question{Name: lookup.Name("any.wild." + zone), Type: lookup.TypeA})
		for _, name := range []string{"x.wild.", "a.x.wild."} {
			r := Response{Authority: whole.Authority}
			for _, rr := range whole.Answer {
				c := dns.Copy(rr)
				c.Header().Name = name + zone
				r.Answer = append(r.Answer, c)
			}
			q := lookup.Question{Name: lookup.Name(name + zone), Type: lookup.TypeA}
			got := w.validator(during, Policy{}).Validate(context.Background(), lookup.Step{}, w, NewBudget(), q, lookup.CachePositive, r)
			if got.Verdict != lookup.Bogus || got.Reason != ReasonProofMissing {
				t.Errorf("%s: %+v", q.Name, got)
			}
		}
	}
}

// The CNAME that a server makes of a DNAME is not signed: it has to be what
// the DNAME says (RFC 6672 §5.3.1).
func TestSynthesisedAliasMustFitItsDNAME(t *testing.T) {
	w := internet(t)
	w.bend = func(_, _ string, r *Response) {
		for i, rr := range r.Answer {
			if c, ok := rr.(*dns.CNAME); ok {
				d := *c
				d.Target = "evil.example."
				r.Answer[i] = &d
			}
		}
	}
	got, _ := w.validate(w.validator(during, Policy{}), lookup.Step{}, "www.moved.secure.example.", dns.TypeA)
	if got.Verdict != lookup.Bogus || got.Reason != ReasonSynthesisMismatch {
		t.Errorf("%+v", got)
	}
}

// Who can drop the packets of a chain must not be able to turn validation off.
func TestUnreachableChainsAreBogus(t *testing.T) {
	for _, missing := range []string{". DNSKEY", "example. DS", "example. DNSKEY", "secure.example. DS", "secure.example. DNSKEY"} {
		w := internet(t)
		w.missing[missing] = true
		if got, _ := w.validate(w.validator(during, Policy{}), lookup.Step{}, "www.secure.example.", dns.TypeA); got.Verdict != lookup.Bogus || got.Reason != ReasonUnreachable {
			t.Errorf("without %s: %+v", missing, got)
		}
	}
}

// A rate that keeps a chain from being asked for is no verdict, and no fact tells
// one; nothing is remembered of it.
func TestARateIsNoVerdict(t *testing.T) {
	for _, missing := range []string{". DNSKEY", "example. DS", "example. DNSKEY", "secure.example. DS", "secure.example. DNSKEY"} {
		for _, name := range []string{"www.secure.example.", "no.secure.example."} {
			w := internet(t)
			v := w.validator(during, Policy{})
			w.missing[missing], w.why = true, fmt.Errorf("the chain: %w", &message.SpentError{Limit: lookup.OutcomeRateLimit})
			tr := lookup.NewTrace(lookup.TraceConfig{})
			if got, _ := w.validate(v, tr.Root(), name, dns.TypeA); got.Verdict != lookup.Indeterminate || got.Reason != ReasonPostponed {
				t.Errorf("%s without %s: %+v", name, missing, got)
			}
			for _, e := range tr.Events() {
				if f, ok := e.Fact.(lookup.ChainJudged); ok {
					t.Errorf("%s without %s: told %+v", name, missing, f)
				}
			}
			w.missing = nil
			if got, _ := w.validate(v, lookup.Step{}, name, dns.TypeA); got.Verdict != lookup.Secure {
				t.Errorf("%s, later: %+v", name, got)
			}
			// What else a lookup has used up is its own doing, or a stranger's.
			w.missing, w.why = map[string]bool{missing: true}, &message.SpentError{Limit: lookup.OutcomeByteLimit}
			if got, _ := w.validate(w.validator(during, Policy{}), lookup.Step{}, name, dns.TypeA); got.Verdict != lookup.Bogus || got.Reason != ReasonUnreachable {
				t.Errorf("%s without %s, for other reasons: %+v", name, missing, got)
			}
		}
	}
}

// An unsigned answer does not show that the zone is unsigned: the parent has
// to say so.
func TestStrippedChainsAreBogus(t *testing.T) {
	w := internet(t)
	strip := func(rrs []dns.RR) (out []dns.RR) {
		for _, rr := range rrs {
			switch rr.Header().Rrtype {
			case dns.TypeRRSIG, dns.TypeNSEC, dns.TypeNSEC3, dns.TypeDS, dns.TypeDNSKEY:
			default:
				out = append(out, rr)
			}
		}
		return out
	}
	for _, from := range []string{".", "example.", "secure.example."} {
		w.bend = func(name, _ string, r *Response) {
			if dns.IsSubDomain(from, name) && (name != from || from == ".") {
				r.Answer, r.Authority = strip(r.Answer), strip(r.Authority)
			}
		}
		if got, _ := w.validate(w.validator(during, Policy{}), lookup.Step{}, "www.secure.example.", dns.TypeA); got.Verdict != lookup.Bogus {
			t.Errorf("stripped below %s: %+v", from, got)
		}
	}
}

// A chain is walked once: later answers of the zone need no further question,
// until a TTL or a signature runs out.
func TestChainsAreRemembered(t *testing.T) {
	w := internet(t)
	clock := during
	v := New(Config{Host: "R1", Clock: movingClock{&clock}, Anchors: w.anchors})
	ask := func(name string) int {
		before := w.asked
		if got, _ := w.validate(v, lookup.Step{}, name, dns.TypeA); got.Verdict != lookup.Secure {
			t.Fatalf("%s at %v: %+v", name, clock, got)
		}
		return w.asked - before
	}
	if n := ask("www.secure.example."); n != 5 { // . DNSKEY, example. DS DNSKEY, secure.example. DS DNSKEY
		t.Errorf("cold: %d questions", n)
	}
	if n := ask("mail.secure.example."); n != 0 {
		t.Errorf("same zone: %d questions", n)
	}
	if n := ask("mail.nsec3.example."); n != 2 {
		t.Errorf("sibling: %d questions", n)
	}
	clock = clock.Add(3599 * time.Second)
	if n := ask("www.secure.example."); n != 0 {
		t.Errorf("before the TTL ends: %d questions", n)
	}
	clock = clock.Add(time.Second)
	if n := ask("www.secure.example."); n != 5 {
		t.Errorf("at its end: %d questions", n)
	}
	v.Forget()
	if n := ask("www.secure.example."); n != 5 {
		t.Errorf("forgotten: %d questions", n)
	}
}

type movingClock struct{ now *time.Time }

func (c movingClock) Now() time.Time { return *c.now }

// Negative trust anchors turn validation off below them, and a trust anchor
// below turns it on again (RFC 7646 §2).
func TestNegativeTrustAnchors(t *testing.T) {
	w := internet(t)
	a, err := w.anchors.WithNegative("example.")
	if err != nil {
		t.Fatal(err)
	}
	v := New(Config{Host: "R1", Clock: fixedClock(during), Anchors: a})
	if got, _ := w.validate(v, lookup.Step{}, "mail.faults.example.", dns.TypeA); got.Verdict != lookup.Insecure || got.Reason != ReasonNegativeAnchor {
		t.Errorf("below: %+v", got)
	}
	if got, _ := w.validate(v, lookup.Step{}, ".", dns.TypeNS); got.Verdict != lookup.Secure {
		t.Errorf("above: %+v", got)
	}
	island, err := NewAnchors(w.zones["faults.example."].signed.Keys[0])
	if err != nil {
		t.Fatal(err)
	}
	v.SetAnchors(a.Merge(island))
	if got, _ := w.validate(v, lookup.Step{}, "mail.faults.example.", dns.TypeA); got.Verdict != lookup.Bogus {
		t.Errorf("at the island below: %+v", got)
	}
	if got, _ := w.validate(v, lookup.Step{}, "www.secure.example.", dns.TypeA); got.Verdict != lookup.Insecure {
		t.Errorf("beside it: %+v", got)
	}
}

// Without an anchor above, nothing says whether data should be signed (RFC
// 4033 §5).
func TestNoAnchorIsIndeterminate(t *testing.T) {
	w := internet(t)
	island, err := NewAnchors(w.zones["secure.example."].signed.Keys[0])
	if err != nil {
		t.Fatal(err)
	}
	v := New(Config{Host: "R1", Clock: fixedClock(during), Anchors: island})
	if got, _ := w.validate(v, lookup.Step{}, "www.nsec3.example.", dns.TypeA); got.Verdict != lookup.Indeterminate || got.Reason != ReasonNoAnchor {
		t.Errorf("outside: %+v", got)
	}
	if got, _ := w.validate(v, lookup.Step{}, "www.secure.example.", dns.TypeA); got.Verdict != lookup.Secure {
		t.Errorf("inside: %+v", got)
	}
	if got, _ := w.validate(New(Config{Clock: fixedClock(during)}), lookup.Step{}, "www.secure.example.", dns.TypeA); got.Verdict != lookup.Indeterminate {
		t.Errorf("no anchors at all: %+v", got)
	}
}

// An unsigned answer for a long name in a signed zone costs few questions: the
// first name that is not there ends the search for a zone cut.
func TestLongNamesCostLittle(t *testing.T) {
	for _, zone := range []string{"secure.example.", "nsec3.example."} {
		for name, want := range map[string]int{strings.Repeat("a.", 100): 1, strings.Repeat("a.", 100) + "moved.": 2, strings.Repeat("a.", 90) + "b.c.": 4} {
			w := internet(t)
			v := w.validator(during, Policy{})
			w.validate(v, lookup.Step{}, zone, dns.TypeSOA)
			before := w.asked
			q := lookup.Question{Name: lookup.Name(name + zone), Type: lookup.TypeA, Class: lookup.ClassIN}
			got := v.Validate(context.Background(), lookup.Step{}, w, NewBudget(), q, lookup.CachePositive, Response{Answer: []dns.RR{rr(t, name+zone+" 60 IN A 192.0.2.66")}})
			if got.Verdict != lookup.Bogus || w.asked-before != want {
				t.Errorf("%d labels in %s: %s after %d questions, want %d", dns.CountLabel(name), zone, got.Verdict, w.asked-before, want)
			}
		}
	}
}

// A signature that was right is not computed again while records and keys are the same
// ones, but its times are looked at, and other records are other records.
func TestRightSignaturesAreRemembered(t *testing.T) {
	w := internet(t)
	clock := during
	v := New(Config{Host: "R1", Clock: movingClock{&clock}, Anchors: w.anchors})
	q := lookup.Question{Name: "www.secure.example.", Type: lookup.TypeA, Class: lookup.ClassIN}
	r, kind := w.respond(q)
	judge := func(r Response) (Judgement, int) {
		b := NewBudget()
		got := v.Validate(context.Background(), lookup.Step{}, w, b, q, kind, r)
		return got, NewBudget().Signatures - b.Signatures
	}
	if got, n := judge(r); got.Verdict != lookup.Secure || n == 0 {
		t.Fatalf("first: %+v, %d trials", got, n)
	}
	if got, n := judge(r); got.Verdict != lookup.Secure || n != 0 {
		t.Errorf("again: %+v, %d trials", got, n)
	}
	forged := Response{Answer: slices.Clone(r.Answer)}
	forged.Answer[0] = rr(t, "www.secure.example. 3600 IN A 192.0.2.66")
	if got, _ := judge(forged); got.Verdict != lookup.Bogus {
		t.Errorf("another record with the same signature: %+v", got)
	}
	more := Response{Answer: append(slices.Clone(r.Answer), rr(t, "www.secure.example. 3600 IN A 192.0.2.66"))}
	if got, _ := judge(more); got.Verdict != lookup.Bogus {
		t.Errorf("a record more: %+v", got)
	}
	clock = epoch.Add(14*24*time.Hour + time.Second)
	if got, _ := judge(r); got.Verdict != lookup.Bogus || got.Reason != ReasonExpired {
		t.Errorf("after its time: %+v", got)
	}
}
