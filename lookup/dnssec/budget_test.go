package dnssec

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
)

// colliding makes keys that all have one tag, which costs an attacker nothing:
// two octets even out the checksum.
func colliding(zone string, n int) (keys []dns.RR, tag uint16) {
	for i := range n {
		public := make([]byte, 32)
		binary.BigEndian.PutUint32(public, uint32(i))
		k := &dns.DNSKEY{Hdr: dns.RR_Header{Name: zone, Rrtype: dns.TypeDNSKEY, Class: dns.ClassINET, Ttl: 60}, Flags: 257, Protocol: 3, Algorithm: dns.ED25519}
		k.PublicKey = base64.StdEncoding.EncodeToString(public)
		if i == 0 {
			tag = k.KeyTag()
		}
		// The last two octets add to the checksum as they are, less a carry.
		for missing, fix := tag-k.KeyTag(), 0; k.KeyTag() != tag && fix < 3; fix++ {
			binary.BigEndian.PutUint16(public[30:], missing-1+uint16(fix))
			k.PublicKey = base64.StdEncoding.EncodeToString(public)
		}
		keys = append(keys, k)
	}
	return keys, tag
}

func bogusSignatures(owner string, covered, tag uint16, signer string, n int) (sigs []dns.RR) {
	for i := range n {
		signature := make([]byte, 64)
		binary.BigEndian.PutUint32(signature, uint32(i+1))
		sigs = append(sigs, &dns.RRSIG{
			Hdr: dns.RR_Header{Name: owner, Rrtype: dns.TypeRRSIG, Class: dns.ClassINET, Ttl: 60}, TypeCovered: covered, Algorithm: dns.ED25519, Labels: uint8(dns.CountLabel(owner)),
			OrigTtl: 60, Expiration: uint32(during.Unix()) + 3600, Inception: uint32(during.Unix()) - 3600, KeyTag: tag, SignerName: signer, Signature: base64.StdEncoding.EncodeToString(signature),
		})
	}
	return sigs
}

// KeyTrap (CVE-2023-50387): keys that share a tag, times signatures that are
// all wrong. Trials stay within the budget, for one set and for all of a lookup.
func TestKeyTrapIsBounded(t *testing.T) {
	keyRRs, tag := colliding("trap.example.", 60)
	set := NewSet("trap.example.", lookup.Type(dns.TypeDNSKEY), keyRRs, nil)
	keys := readKeys(Policy{}, &set)
	if len(keys.keys) != 60 || keys.keys[7].tag != tag || keys.keys[59].tag != tag {
		t.Fatal("the keys do not collide")
	}
	b := NewBudget()
	j := NewJudge("", lookup.Step{}, Policy{}, during, b)
	for i := range 50 {
		owner := fmt.Sprintf("n%d.trap.example.", i)
		sets := Sets(append(bogusSignatures(owner, dns.TypeA, tag, "trap.example.", 60), rr(t, owner+" 60 IN A 192.0.2.1")))
		before := b.Signatures
		got, _ := j.Set(&sets[0], keys)
		if got.Verdict != lookup.Bogus {
			t.Fatalf("%+v", got)
		}
		if used := before - b.Signatures; used > NewBudget().PerSet {
			t.Errorf("%d trials for one set", used)
		}
		if i == 49 && got.Reason != ReasonWork {
			t.Errorf("in the end: %s", got.Reason)
		}
	}
	if used := NewBudget().Signatures - b.Signatures; used > NewBudget().Failures+1 {
		t.Errorf("%d trials that failed, at most %d may", used, NewBudget().Failures)
	}
	// One honest signature among a few wrong ones is still found.
	w := internet(t)
	w.bend = func(name, rrtype string, r *Response) {
		if rrtype == "A" {
			var own *dns.RRSIG
			for _, a := range r.Answer {
				if s, ok := a.(*dns.RRSIG); ok {
					own = s
				}
			}
			for range 4 {
				c := *own
				c.Signature = "AAAA" + c.Signature[4:]
				r.Answer = append([]dns.RR{&c}, r.Answer...)
			}
		}
	}
	if got, _ := w.validate(w.validator(during, Policy{}), lookup.Step{}, "www.secure.example.", dns.TypeA); got.Verdict != lookup.Secure {
		t.Errorf("%+v", got)
	}
}

// A DS set that means many colliding keys: digests are counted as well.
func TestDigestsAreBounded(t *testing.T) {
	keyRRs, tag := colliding("trap.example.", 60)
	set := NewSet("trap.example.", lookup.Type(dns.TypeDNSKEY), keyRRs, nil)
	var ds []*dns.DS
	for i := range 100 {
		ds = append(ds, &dns.DS{Hdr: dns.RR_Header{Name: "trap.example."}, KeyTag: tag, Algorithm: dns.ED25519, DigestType: dns.SHA256, Digest: fmt.Sprintf("%064x", i)})
	}
	b := NewBudget()
	_, got := NewJudge("", lookup.Step{}, Policy{}, during, b).Keys(&set, ds, "ds")
	if got.Verdict != lookup.Bogus || got.Reason != ReasonWork || b.Digests != 0 {
		t.Errorf("%+v, %d digests left", got, b.Digests)
	}
}

// CVE-2023-50868: names of many labels under NSEC3 with many iterations.
func TestNSEC3HashingIsBounded(t *testing.T) {
	name := strings.Repeat("a.", 117) + "example."
	p := nsecProof(t, "example.", "0000000000000000000000000000000g.example. IN NSEC3 1 0 100 aabbccdd 0000000000000000000000000000000h A")
	for range 3 {
		got := p.try(claim{kind: claimNxdomain, name: wireName(t, name), rrtype: dns.TypeA})
		if got.Verdict != lookup.Bogus {
			t.Fatalf("%+v", got)
		}
	}
	if p.judge.budget.Hashes < 0 || len(p.hashes)*101 > NewBudget().Hashes {
		t.Errorf("%d names hashed, %d rounds left", len(p.hashes), p.judge.budget.Hashes)
	}
	p.judge.budget.Hashes = 1000
	p.hashes = nil
	if got := p.try(claim{kind: claimNxdomain, name: wireName(t, name), rrtype: dns.TypeA}); got.Reason != ReasonWork {
		t.Errorf("a spent budget: %+v", got)
	}
}

// A delegation chain of a hundred labels cannot ask for ever.
func TestFetchesAreBounded(t *testing.T) {
	w := internet(t)
	b := NewBudget()
	b.Fetches = 3
	q := lookup.Question{Name: "www.secure.example.", Type: lookup.TypeA, Class: lookup.ClassIN}
	r, kind := w.respond(q)
	got := w.validator(during, Policy{}).Validate(context.Background(), lookup.Step{}, w, b, q, kind, r)
	if got.Verdict != lookup.Bogus || got.Reason != ReasonWork || w.asked != 3 {
		t.Errorf("%+v after %d questions", got, w.asked)
	}
}

// The worst that one response can cost, whole: see the benchmark of the same name for how much that is.
func trap(t testing.TB) (q lookup.Question, r Response, keys *Keys) {
	keyRRs, tag := colliding("trap.example.", 60)
	set := NewSet("trap.example.", lookup.Type(dns.TypeDNSKEY), keyRRs, nil)
	for i := range 12 {
		owner := fmt.Sprintf("n%d.trap.example.", i)
		r.Authority = append(append(r.Authority, bogusSignatures(owner, dns.TypeNSEC, tag, "trap.example.", 40)...), rr(t, owner+" 60 IN NSEC zzz.trap.example. A"))
	}
	return lookup.Question{Name: "x.trap.example.", Type: lookup.TypeA}, r, readKeys(Policy{}, &set)
}

func BenchmarkKeyTrap(b *testing.B) {
	q, r, keys := trap(b)
	b.ReportAllocs()
	for b.Loop() {
		j := NewJudge("", lookup.Step{}, Policy{}, during, NewBudget())
		if got := j.Denial(Sets(r.Authority), keys, q.Name, q.Type, true); got.Verdict != lookup.Bogus {
			b.Fatal(got)
		}
	}
}

func BenchmarkNSEC3Worst(b *testing.B) {
	name, ok := wireOf(strings.Repeat("a.", 117) + "example.")
	if !ok {
		b.Fatal("no name")
	}
	b.ReportAllocs()
	for b.Loop() {
		p := &proof{judge: NewJudge("", lookup.Step{}, Policy{}, during, NewBudget()), zone: name.suffix(1), nsec3s: make([]nsec3, 8), parameters: parameters{iterations: 100, salt: "salt"}, life: secure()}
		p.try(claim{kind: claimNxdomain, name: name, rrtype: dns.TypeA})
	}
}

func BenchmarkSet(b *testing.B) {
	w := internet(b)
	for _, zone := range []string{"rsa.example.", "secure.example.", "p384.example.", "nsec3.example."} {
		z := w.zones[zone]
		dnskey := NewSet(lookup.Name(zone), lookup.Type(dns.TypeDNSKEY), z.Records(zone, dns.TypeDNSKEY), nil)
		keys := readKeys(Policy{}, &dnskey)
		sets := Sets(z.Records("www."+zone, dns.TypeA))
		b.Run(AlgorithmName(keys.keys[0].algorithm), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if got, _ := NewJudge("", lookup.Step{}, Policy{}, during, NewBudget()).Set(&sets[0], keys); got.Verdict != lookup.Secure {
					b.Fatal(got)
				}
			}
		})
	}
}

func BenchmarkChain(b *testing.B) {
	w := internet(b)
	for _, c := range []struct {
		name  string
		qname string
		cold  bool
	}{{"cold", "www.secure.example.", true}, {"warm", "www.secure.example.", false}, {"warmNXDOMAIN", "nothing.secure.example.", false}, {"warmNXDOMAIN3", "nothing.nsec3.example.", false}} {
		q := lookup.Question{Name: lookup.Name(c.qname), Type: lookup.TypeA, Class: lookup.ClassIN}
		r, kind := w.respond(q)
		v := w.validator(during, Policy{})
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if c.cold {
					v.Forget()
				}
				if got := v.Validate(context.Background(), lookup.Step{}, w, NewBudget(), q, kind, r); got.Verdict != lookup.Secure {
					b.Fatal(got)
				}
			}
		})
	}
}

// FuzzValidate gives a validator hostile responses, both to the question and to what it
// asks by itself. It must end within its budget and not call them secure
// unless every record that it was shown is the zone's own.
func FuzzValidate(f *testing.F) {
	w := internet(f)
	genuine := map[string]bool{}
	for _, z := range w.zones {
		for name, rrtype := range z.Owners {
			for _, r := range z.Records(name, rrtype) {
				genuine[strings.ToLower(signedText(r))] = true
			}
		}
	}
	seed := func(name string, rrtype uint16) {
		r, _ := w.respond(lookup.Question{Name: lookup.Name(name), Type: lookup.Type(rrtype)})
		m := dns.Msg{Answer: r.Answer, Ns: r.Authority, Question: []dns.Question{{Name: name, Qtype: rrtype, Qclass: dns.ClassINET}}}
		b, err := m.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, byte(0))
		f.Add(b, byte(1))
	}
	for _, name := range []string{"www.secure.example.", "nothing.secure.example.", "any.wild.secure.example.", "www.moved.secure.example.", "nothing.nsec3.example.", "any.text.nsec3.example.", "mail.faults.example.", "alias.secure.example."} {
		seed(name, dns.TypeA)
	}
	seed("secure.example.", dns.TypeDNSKEY)
	seed("plain.example.", dns.TypeDS)
	f.Fuzz(func(t *testing.T, b []byte, how byte) {
		var m dns.Msg
		if m.Unpack(b) != nil || len(m.Question) != 1 {
			return
		}
		q := lookup.Question{Name: lookup.Name(m.Question[0].Name), Type: lookup.Type(m.Question[0].Qtype), Class: lookup.ClassIN}
		r := Response{Answer: m.Answer, Authority: m.Ns}
		tr := lookup.NewTrace(lookup.TraceConfig{})
		budget := NewBudget()
		fetch := fetcher(func(name lookup.Name, rrtype lookup.Type) (Response, error) {
			if how&1 != 0 && name.In("secure.example.") {
				return r, nil
			}
			return w.Fetch(context.Background(), lookup.Step{}, name, rrtype)
		})
		kind := []lookup.CacheKind{lookup.CachePositive, lookup.CacheNodata, lookup.CacheNxdomain, ""}[how>>1&3]
		got := w.validator(during, Policy{}).Validate(context.Background(), tr.Root(), fetch, budget, q, kind, r)
		tr.Finish()
		if rank[got.Verdict] == 0 && got.Verdict != lookup.Bogus {
			t.Fatalf("no verdict: %+v", got)
		}
		if budget.Signatures < 0 || budget.Hashes < 0 || budget.Digests < 0 || budget.Fetches < 0 {
			t.Fatalf("over budget: %+v", budget)
		}
		if got.Verdict == lookup.Secure && kind == lookup.CachePositive {
			for _, set := range Sets(r.Answer) {
				for _, one := range set.RRs {
					if set.Type == q.Type && set.Name.Equal(q.Name) && !genuine[strings.ToLower(signedText(one))] && !strings.Contains(strings.ToLower(string(q.Name)), "wild") {
						t.Fatalf("%s %s: secure with %s", q.Name, q.Type, one)
					}
				}
			}
		}
	})
}

// signedText is a record without its TTL.
func signedText(r dns.RR) string {
	c := dns.Copy(r)
	c.Header().Ttl = 0
	return c.String()
}

type fetcher func(lookup.Name, lookup.Type) (Response, error)

func (f fetcher) Fetch(_ context.Context, _ lookup.Step, name lookup.Name, rrtype lookup.Type) (Response, error) {
	return f(name, rrtype)
}

// Facts carry lesson time, never the machine's.
func TestFactsCarryLessonTime(t *testing.T) {
	w := internet(t)
	tr := lookup.NewTrace(lookup.TraceConfig{})
	w.validate(w.validator(during, Policy{}), tr.Root(), "www.secure.example.", dns.TypeA)
	tr.Finish()
	seen := 0
	for _, e := range tr.Events() {
		if f, ok := e.Fact.(lookup.SignatureChecked); ok {
			seen++
			if !f.At.Equal(during) || !f.Inception.Equal(epoch) || !f.Expiration.Equal(epoch.Add(14*24*time.Hour)) || f.SignedOctets < 50 || len(f.SignedSHA256) != 64 {
				t.Errorf("%+v", f)
			}
		}
	}
	if seen != 6 { // three DNSKEY sets, two DS sets, the answer
		t.Errorf("%d signatures checked", seen)
	}
}
