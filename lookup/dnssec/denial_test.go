package dnssec

import (
	"strings"
	"testing"

	"github.com/miekg/dns"

	"rootwalk/lookup"
)

// nsecProof is a proof of records that count as verified.
func nsecProof(t *testing.T, zone string, records ...string) *proof {
	t.Helper()
	p := &proof{judge: NewJudge("", lookup.Step{}, Policy{}, epoch, NewBudget()), zone: wireName(t, zone), life: secure()}
	for _, s := range records {
		r := rr(t, s)
		set := NewSet(lookup.Name(r.Header().Name), lookup.Type(r.Header().Rrtype), []dns.RR{r}, nil)
		switch r.(type) {
		case *dns.NSEC:
			if n, ok := readNSEC(&set, p.zone); ok {
				p.nsecs = append(p.nsecs, n)
			}
		case *dns.NSEC3:
			if n, parameters, ok := readNSEC3(&set, p.zone); ok {
				p.nsec3s, p.parameters = append(p.nsec3s, n), parameters
			}
		}
	}
	return p
}

func TestNSECProofs(t *testing.T) {
	for _, c := range []struct {
		rule    string
		zone    string
		records string // separated by |
		claim   string
		name    string
		rrtype  uint16
		want    Verdict
	}{
		{"the span covers the name, the wildcard too", "example.", "a.example. IN NSEC d.example. A|example. IN NSEC a.example. SOA NS", claimNxdomain, "b.example.", dns.TypeA, lookup.Secure},
		{"nothing says that there is no wildcard, RFC 4035 §5.4", "example.", "a.example. IN NSEC d.example. A", claimNxdomain, "b.example.", dns.TypeA, lookup.Bogus},
		{"one record for both", "example.", "example. IN NSEC d.example. SOA NS", claimNxdomain, "b.example.", dns.TypeA, lookup.Secure},
		{"the wildcard is there", "example.", "a.example. IN NSEC d.example. A|*.example. IN NSEC a.example. A", claimNxdomain, "b.example.", dns.TypeA, lookup.Bogus},
		{"the ends of a span are there", "example.", "example. IN NSEC d.example. SOA NS", claimNxdomain, "d.example.", dns.TypeA, lookup.Bogus},
		{"the last record points to the apex", "example.", "y.example. IN NSEC example. A|example. IN NSEC a.example. SOA", claimNxdomain, "z.example.", dns.TypeA, lookup.Secure},
		{"before the last record nothing is covered", "example.", "y.example. IN NSEC example. A|example. IN NSEC a.example. SOA", claimNxdomain, "x.example.", dns.TypeA, lookup.Bogus},
		{"the only record of a zone", "example.", "example. IN NSEC example. SOA NS", claimNxdomain, "x.example.", dns.TypeA, lookup.Secure},
		{"a name of another zone", "example.", "y.example. IN NSEC example. A|example. IN NSEC a.example. SOA", claimNxdomain, "z.test.", dns.TypeA, lookup.Bogus},
		{"an empty non-terminal is there, RFC 4592 §2.2.2", "example.", "example. IN NSEC a.b.example. SOA", claimNxdomain, "b.example.", dns.TypeA, lookup.Bogus},
		{"and has no data", "example.", "example. IN NSEC a.b.example. SOA", claimNodata, "b.example.", dns.TypeA, lookup.Secure},
		{"minimally covering, RFC 4470", "example.", `\000.b.example. IN NSEC \001.b.example. A|a.example. IN NSEC b\000.example. RRSIG NSEC|\033.example. IN NSEC +.example. RRSIG NSEC`, claimNxdomain, "b.example.", dns.TypeA, lookup.Secure},
		{"compact denial, RFC 9824", "example.", `no.example. IN NSEC \000.no.example. RRSIG NSEC TYPE128`, claimNodata, "no.example.", dns.TypeA, lookup.Secure},

		{"the type is not listed", "example.", "a.example. IN NSEC b.example. A RRSIG NSEC", claimNodata, "a.example.", dns.TypeAAAA, lookup.Secure},
		{"the type is listed", "example.", "a.example. IN NSEC b.example. A RRSIG NSEC", claimNodata, "a.example.", dns.TypeA, lookup.Bogus},
		{"an alias is listed, RFC 6840 §4.3", "example.", "a.example. IN NSEC b.example. CNAME RRSIG NSEC", claimNodata, "a.example.", dns.TypeA, lookup.Bogus},
		{"letter case does not count", "example.", "A.Example. IN NSEC b.example. A", claimNodata, "a.EXAMPLE.", dns.TypeAAAA, lookup.Secure},
		{"ANY where there are types", "example.", "a.example. IN NSEC b.example. A RRSIG NSEC", claimNodata, "a.example.", dns.TypeANY, lookup.Bogus},

		// RFC 6840 §4.1: parents and children.
		{"a delegation's record denies nothing below it", "example.", "sub.example. IN NSEC zzz.example. NS RRSIG NSEC|example. IN NSEC a.example. SOA", claimNxdomain, "www.sub.example.", dns.TypeA, lookup.Bogus},
		{"nor a DNAME's, RFC 6672 §5.3.4.1", "example.", "sub.example. IN NSEC zzz.example. DNAME RRSIG NSEC|example. IN NSEC a.example. SOA", claimNxdomain, "www.sub.example.", dns.TypeA, lookup.Bogus},
		{"nor data at the cut itself", "example.", "sub.example. IN NSEC zzz.example. NS RRSIG NSEC", claimNodata, "sub.example.", dns.TypeA, lookup.Bogus},
		{"only the DS", "example.", "sub.example. IN NSEC zzz.example. NS RRSIG NSEC", claimNodata, "sub.example.", dns.TypeDS, lookup.Secure},
		{"but names beside it", "example.", "sub.example. IN NSEC zzz.example. NS RRSIG NSEC|example. IN NSEC a.example. SOA", claimNxdomain, "tub.example.", dns.TypeA, lookup.Secure},
		{"a child's apex record does not deny its DS", "sub.example.", "sub.example. IN NSEC a.sub.example. NS SOA RRSIG NSEC", claimNodata, "sub.example.", dns.TypeDS, lookup.Bogus},
		{"the root's may: it has no parent", ".", ". IN NSEC aaa. NS SOA RRSIG NSEC DNSKEY", claimNodata, ".", dns.TypeDS, lookup.Secure},

		{"wildcard without the type, RFC 4035 §3.1.3.4", "example.", "*.example. IN NSEC a.example. TXT|a.example. IN NSEC d.example. A", claimNodata, "b.example.", dns.TypeA, lookup.Secure},
		{"wildcard with the type", "example.", "*.example. IN NSEC a.example. A|a.example. IN NSEC d.example. A", claimNodata, "b.example.", dns.TypeA, lookup.Bogus},
		{"a wildcard of another encloser", "example.", "*.x.example. IN NSEC a.example. TXT|a.example. IN NSEC d.example. A", claimNodata, "b.example.", dns.TypeA, lookup.Bogus},
		{"wildcard NODATA without proof that the name is not there", "example.", "*.example. IN NSEC a.example. TXT", claimNodata, "b.example.", dns.TypeA, lookup.Bogus},

		{"unsigned delegation", "example.", "sub.example. IN NSEC t.example. NS RRSIG NSEC", claimUnsigned, "sub.example.", dns.TypeDS, lookup.Secure},
		{"signed delegation", "example.", "sub.example. IN NSEC t.example. NS DS RRSIG NSEC", claimUnsigned, "sub.example.", dns.TypeDS, lookup.Bogus},
		{"records that point backwards are none", "example.", "d.example. IN NSEC a.example. A", claimNxdomain, "e.example.", dns.TypeA, lookup.Bogus},
		{"records that point out of the zone are none", "example.", "d.example. IN NSEC e.test. A", claimNxdomain, "e.example.", dns.TypeA, lookup.Bogus},
		{"no records at all", "example.", "", claimNodata, "e.example.", dns.TypeA, lookup.Bogus},
	} {
		t.Run(c.rule, func(t *testing.T) {
			var records []string
			if c.records != "" {
				records = strings.Split(c.records, "|")
			}
			p := nsecProof(t, c.zone, records...)
			if got := p.try(claim{kind: c.claim, name: wireName(t, c.name), rrtype: c.rrtype}); got.Verdict != c.want {
				t.Errorf("%s %s %s by %s: %+v", c.claim, c.name, dns.TypeToString[c.rrtype], c.records, got)
			}
		})
	}
}

// What a response for a DS says about the tree (RFC 4035 §5.2).
func TestZoneCuts(t *testing.T) {
	for _, c := range []struct {
		rule, record string
		cut          bool
	}{
		{"NS without DS: a cut", "sub.example. IN NSEC t.example. NS RRSIG NSEC", true},
		{"no NS: no cut", "sub.example. IN NSEC t.example. A RRSIG NSEC", false},
		{"no such name: no cut", "s.example. IN NSEC t.example. A RRSIG NSEC", false},
		{"an empty non-terminal: no cut", "s.example. IN NSEC a.sub.example. A RRSIG NSEC", false},
	} {
		p := nsecProof(t, "example.", c.record)
		if got := p.try(claim{kind: claimUnsigned, name: wireName(t, "sub.example."), rrtype: dns.TypeDS}); got.Verdict != lookup.Secure || p.noCut == c.cut {
			t.Errorf("%s: %+v, no cut: %v", c.rule, got, p.noCut)
		}
	}
}

// RFC 5155 appendix B: the responses of its example zone, less signatures.
func TestNSEC3Proofs(t *testing.T) {
	const apex = "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example. IN NSEC3 1 1 12 aabbccdd 2t7b4g4vsa5smi47k61mv5bv1a22bojr MX DNSKEY NS SOA NSEC3PARAM RRSIG"
	const ns1 = "2t7b4g4vsa5smi47k61mv5bv1a22bojr.example. IN NSEC3 1 1 12 aabbccdd 2vptu5timamqttgl4luu9kg21e0aor3s A RRSIG"
	const xyw = "2vptu5timamqttgl4luu9kg21e0aor3s.example. IN NSEC3 1 1 12 aabbccdd 35mthgpgcu1qg68fab165klnsnk3dpvl MX RRSIG"
	const a = "35mthgpgcu1qg68fab165klnsnk3dpvl.example. IN NSEC3 1 1 12 aabbccdd b4um86eghhds6nea196smvmlo4ors995 NS DS RRSIG"
	const xw = "b4um86eghhds6nea196smvmlo4ors995.example. IN NSEC3 1 1 12 aabbccdd gjeqe526plbf1g8mklp59enfd789njgi MX RRSIG"
	const yw = "ji6neoaepv8b5o6k4ev33abha8ht9fgc.example. IN NSEC3 1 1 12 aabbccdd k8udemvp1j2f7eg6jebps17vp3n8i58h"
	const w = "k8udemvp1j2f7eg6jebps17vp3n8i58h.example. IN NSEC3 1 1 12 aabbccdd q04jkcevqvmu85r014c7dkba38o0ji5r"
	const ns2 = "q04jkcevqvmu85r014c7dkba38o0ji5r.example. IN NSEC3 1 1 12 aabbccdd r53bq7cc2uvmubfu5ocmm6pers9tk9en A RRSIG"
	const wild = "r53bq7cc2uvmubfu5ocmm6pers9tk9en.example. IN NSEC3 1 1 12 aabbccdd t644ebqk9bibcna874givr6joj62mlhv MX RRSIG"
	secured := func(s string) string { return strings.Replace(s, "NSEC3 1 1 ", "NSEC3 1 0 ", 1) }
	for _, c := range []struct {
		rule    string
		records []string
		claim   claim
		name    string
		rrtype  uint16
		want    Verdict
		reason  Reason
	}{
		{"B.1 name error; opt-out spans leave AD at 0, §9.2", []string{apex, xw, a}, claim{kind: claimNxdomain}, "a.c.x.w.example.", dns.TypeA, lookup.Insecure, ReasonOptOut},
		{"B.1 without opt-out", []string{secured(apex), secured(xw), secured(a)}, claim{kind: claimNxdomain}, "a.c.x.w.example.", dns.TypeA, lookup.Secure, ""},
		{"B.1 without the encloser", []string{secured(apex), secured(a)}, claim{kind: claimNxdomain}, "a.c.x.w.example.", dns.TypeA, lookup.Bogus, ReasonProofMissing},
		{"B.1 without the next closer name", []string{secured(xw), secured(a)}, claim{kind: claimNxdomain}, "a.c.x.w.example.", dns.TypeA, lookup.Bogus, ReasonProofMissing},
		{"B.1 without the wildcard", []string{secured(xw), secured(apex)}, claim{kind: claimNxdomain}, "a.c.x.w.example.", dns.TypeA, lookup.Bogus, ReasonProofMissing},
		{"B.2 no data", []string{ns1}, claim{kind: claimNodata}, "ns1.example.", dns.TypeMX, lookup.Secure, ""},
		{"B.2 the type is there", []string{ns1}, claim{kind: claimNodata}, "ns1.example.", dns.TypeA, lookup.Bogus, ReasonProofMissing},
		{"B.2.1 no data, empty non-terminal", []string{yw}, claim{kind: claimNodata}, "y.w.example.", dns.TypeA, lookup.Secure, ""},
		{"B.3 opt-out unsigned delegation", []string{apex, a}, claim{kind: claimUnsigned}, "c.example.", dns.TypeDS, lookup.Insecure, ReasonOptOut},
		{"B.4 wildcard expansion", []string{secured(ns2)}, claim{kind: claimWildcard, labels: 2}, "a.z.w.example.", dns.TypeMX, lookup.Secure, ""},
		{"B.4 in an opt-out span", []string{ns2}, claim{kind: claimWildcard, labels: 2}, "a.z.w.example.", dns.TypeMX, lookup.Insecure, ReasonOptOut},
		{"B.5 wildcard no data", []string{secured(w), secured(ns2), secured(wild)}, claim{kind: claimNodata}, "a.z.w.example.", dns.TypeAAAA, lookup.Secure, ""},
		{"B.5 the wildcard has the type", []string{secured(w), secured(ns2), secured(wild)}, claim{kind: claimNodata}, "a.z.w.example.", dns.TypeMX, lookup.Bogus, ReasonProofMissing},
		{"B.6 the apex does not deny its DS", []string{apex}, claim{kind: claimUnsigned}, "example.", dns.TypeDS, lookup.Bogus, ReasonProofMissing},
		{"§8.9 a signed delegation is not unsigned", []string{a}, claim{kind: claimUnsigned}, "a.example.", dns.TypeDS, lookup.Bogus, ReasonProofMissing},
		{"§8.3 a delegation is no encloser", []string{secured(a), secured(apex), secured(xw)}, claim{kind: claimNxdomain}, "x.a.example.", dns.TypeA, lookup.Bogus, ReasonProofMissing},
		{"§8.5 a parent's record denies no data at the cut", []string{a}, claim{kind: claimNodata}, "a.example.", dns.TypeA, lookup.Bogus, ReasonProofMissing},
		{"the name is there", []string{secured(xyw), secured(apex), secured(a)}, claim{kind: claimNxdomain}, "x.y.w.example.", dns.TypeA, lookup.Bogus, ReasonProofMissing},
	} {
		t.Run(c.rule, func(t *testing.T) {
			p := nsecProof(t, "example.", c.records...)
			if len(p.nsec3s) != len(c.records) {
				t.Fatalf("%d of %d records read", len(p.nsec3s), len(c.records))
			}
			c.claim.name, c.claim.rrtype = wireName(t, c.name), c.rrtype
			if got := p.try(c.claim); got.Verdict != c.want || got.Reason != c.reason {
				t.Errorf("%s %s: %s %s, want %s %s", c.name, dns.TypeToString[c.rrtype], got.Verdict, got.Reason, c.want, c.reason)
			}
		})
	}
}

// Records with an unknown hash or unknown flags are ignored (RFC 5155 §8.1,
// §8.2), and so is what is no NSEC3 at all.
func TestStrangeNSEC3RecordsAreIgnored(t *testing.T) {
	for _, s := range []string{
		"2t7b4g4vsa5smi47k61mv5bv1a22bojr.example. IN NSEC3 2 0 12 aabbccdd 2vptu5timamqttgl4luu9kg21e0aor3s A",
		"2t7b4g4vsa5smi47k61mv5bv1a22bojr.example. IN NSEC3 1 2 12 aabbccdd 2vptu5timamqttgl4luu9kg21e0aor3s A",
		"2t7b4g4vsa5smi47k61mv5bv1a22bojr.sub.example. IN NSEC3 1 0 12 aabbccdd 2vptu5timamqttgl4luu9kg21e0aor3s A",
		"2t7b4g4v.example. IN NSEC3 1 0 12 aabbccdd 2vptu5timamqttgl4luu9kg21e0aor3s A",
		"example. IN NSEC3 1 0 12 aabbccdd 2vptu5timamqttgl4luu9kg21e0aor3s A",
		"2t7b4g4vsa5smi47k61mv5bv1a22bojz.example. IN NSEC3 1 0 12 aabbccdd 2vptu5timamqttgl4luu9kg21e0aor3s A",
	} {
		if p := nsecProof(t, "example.", s); len(p.nsec3s) != 0 {
			t.Errorf("read: %s", s)
		}
	}
}
