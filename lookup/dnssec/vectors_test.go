package dnssec

import (
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
)

func wireName(t testing.TB, s string) wire {
	t.Helper()
	w, ok := wireOf(s)
	if !ok {
		t.Fatalf("%q is no name", s)
	}
	return w
}

func rr(t testing.TB, s string) dns.RR {
	t.Helper()
	r, err := dns.NewRR(s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The example of RFC 4034 §6.1.
func TestCanonicalOrder(t *testing.T) {
	want := []string{"example.", "a.example.", "yljkjljk.a.example.", "Z.a.example.", "zABC.a.EXAMPLE.", "z.example.", `\001.z.example.`, "*.z.example.", `\200.z.example.`}
	for i, a := range want {
		for k, b := range want {
			got := wireName(t, a).compare(wireName(t, b))
			if (got < 0) != (i < k) || (got > 0) != (i > k) {
				t.Errorf("%s against %s: %d", a, b, got)
			}
		}
	}
}

func TestNameParts(t *testing.T) {
	w := wireName(t, `WWW.a\.b.Example.`)
	if w.labels() != 3 || w.name() != `www.a\.b.example.` || w.parent() != wireName(t, `a\.b.example.`) || w.suffix(1) != wireName(t, "example.") || w.suffix(9) != w || w.suffix(0) != rootWire {
		t.Errorf("%q: labels %d, parent %q", w, w.labels(), w.parent())
	}
	if !w.in(rootWire) || !w.in(w) || w.below(w) || !w.below(wireName(t, "example.")) || w.in(wireName(t, "b.example.")) {
		t.Error("in and below")
	}
	if got := wireName(t, "a.b.example.").common(wireName(t, "c.b.example.")); got != wireName(t, "b.example.") {
		t.Errorf("common: %q", got)
	}
	if got := wireName(t, "a.test.").common(wireName(t, "a.example.")); got != rootWire {
		t.Errorf("common: %q", got)
	}
	long := wireName(t, strings.Repeat("a123456789.", 23))
	if len(long) != 254 || long.wildcard() != "" {
		t.Errorf("a name of %d octets has no wildcard below it", len(long))
	}
	for _, s := range []string{strings.Repeat("a", 64) + ".", strings.Repeat("abcdefg.", 40), "a..b."} {
		if w, ok := wireOf(s); ok {
			t.Errorf("%q is no name, but %q", s, w)
		}
	}
}

// RFC 5155 appendix A: the hashes of its example zone.
func TestNSEC3Hashes(t *testing.T) {
	p := &proof{judge: NewJudge("", lookup.Step{}, Policy{}, epoch, NewBudget()), parameters: parameters{iterations: 12, salt: "\xaa\xbb\xcc\xdd"}}
	for name, want := range map[string]string{
		"example.": "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom", "a.example.": "35mthgpgcu1qg68fab165klnsnk3dpvl", "ai.example.": "gjeqe526plbf1g8mklp59enfd789njgi",
		"ns1.example.": "2t7b4g4vsa5smi47k61mv5bv1a22bojr", "*.w.example.": "r53bq7cc2uvmubfu5ocmm6pers9tk9en", "x.Y.w.example.": "2vptu5timamqttgl4luu9kg21e0aor3s",
		"xx.example.": "t644ebqk9bibcna874givr6joj62mlhv",
	} {
		if got, ok := p.hash(wireName(t, name)); !ok || got.String() != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if spent := NewBudget().Hashes - p.judge.budget.Hashes; spent != 7*13 {
		t.Errorf("%d rounds counted, want %d", spent, 7*13)
	}
}

// Keys, DS and signatures printed in RFCs: 5702 §6, 6605 §6, 8080 §6.
func TestSignaturesOfTheRFCs(t *testing.T) {
	for _, c := range []struct {
		rule, key, ds, record, sig string
		at                         time.Time
	}{
		{
			"RFC 6605 §6.1",
			"example.net. 3600 IN DNSKEY 257 3 13 GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==",
			"example.net. 3600 IN DS 55648 13 2 b4c8c1fe2e7477127b27115656ad6256f424625bf5c1e2770ce6d6e37df61d17",
			"www.example.net. 3600 IN A 192.0.2.1",
			"www.example.net. 3600 IN RRSIG A 13 3 3600 20100909100439 20100812100439 55648 example.net. qx6wLYqmh+l9oCKTN6qIc+bw6ya+KJ8oMz0YP107epXAyGmt+3SNruPFKG7tZoLBLlUzGGus7ZwmwWep666VCw==",
			time.Date(2010, 8, 20, 0, 0, 0, 0, time.UTC),
		},
		{
			"RFC 6605 §6.2",
			"example.net. 3600 IN DNSKEY 257 3 14 xKYaNhWdGOfJ+nPrL8/arkwf2EY3MDJ+SErKivBVSum1w/egsXvSADtNJhyem5RCOpgQ6K8X1DRSEkrbYQ+OB+v8/uX45NBwY8rp65F6Glur8I/mlVNgF6W/qTI37m40",
			"example.net. 3600 IN DS 10771 14 4 72d7b62976ce06438e9c0bf319013cf801f09ecc84b8d7e9495f27e305c6a9b0563a9b5f4d288405c3008a946df983d6",
			"www.example.net. 3600 IN A 192.0.2.1",
			"www.example.net. 3600 IN RRSIG A 14 3 3600 20100909102025 20100812102025 10771 example.net. /L5hDKIvGDyI1fcARX3z65qrmPsVz73QD1Mr5CEqOiLP95hxQouuroGCeZOvzFaxsT8Glr74hbavRKayJNuydCuzWTSSPdz7wnqXL5bdcJzusdnI0RSMROxxwGipWcJm",
			time.Date(2010, 8, 20, 0, 0, 0, 0, time.UTC),
		},
		{
			"RFC 8080 §6.1",
			"example.com. 3600 IN DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=",
			"example.com. 3600 IN DS 3613 15 2 3aa5ab37efce57f737fc1627013fee07bdf241bd10f3b1964ab55c78e79a304b",
			"example.com. 3600 IN MX 10 mail.example.com.",
			"example.com. 3600 IN RRSIG MX 15 2 3600 1440021600 1438207200 3613 example.com. oL9krJun7xfBOIWcGHi7mag5/hdZrKWw15jPGrHpjQeRAvTdszaPD+QLs3fx8A4M3e23mRZ9VrbpMngwcrqNAg==",
			time.Date(2015, 8, 10, 0, 0, 0, 0, time.UTC),
		},
	} {
		t.Run(c.rule, func(t *testing.T) {
			key := rr(t, c.key).(*dns.DNSKEY)
			set := NewSet(lookup.Name(key.Hdr.Name), lookup.Type(dns.TypeDNSKEY), []dns.RR{key}, nil)
			keys := readKeys(Policy{}, &set)
			j := NewJudge("", lookup.Step{}, Policy{}, c.at, NewBudget())
			ds := rr(t, c.ds).(*dns.DS)
			if k, reason := j.match(keys, ds, "ds"); k == nil {
				t.Errorf("the DS does not mean the key: %s", reason)
			}
			record := rr(t, c.record)
			data := NewSet(lookup.Name(record.Header().Name), lookup.Type(record.Header().Rrtype), []dns.RR{record}, []*dns.RRSIG{rr(t, c.sig).(*dns.RRSIG)})
			if got, _ := j.Set(&data, keys); got.Verdict != lookup.Secure {
				t.Errorf("the signature: %+v", got)
			}
		})
	}
}

// The compiled-in anchors are the digests of the published keys. The keys are
// those of the root zone; IANA published KSK-2017 and KSK-2024 with these tags.
func TestRootAnchors(t *testing.T) {
	keys := []string{
		". IN DNSKEY 257 3 8 AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3+/4RgWOq7HrxRixHlFlExOLAJr5emLvN7SWXgnLh4+B5xQlNVz8Og8kvArMtNROxVQuCaSnIDdD5LKyWbRd2n9WGe2R8PzgCmr3EgVLrjyBxWezF0jLHwVN8efS3rCj/EWgvIWgb9tarpVUDK/b58Da+sqqls3eNbuv7pr+eoZG+SrDK6nWeL3c6H5Apxz7LjVc1uTIdsIXxuOLYA4/ilBmSVIzuDWfdRUfhHdY6+cn8HFRm+2hM8AnXGXws9555KrUB5qihylGa8subX2Nn6UwNR1AkUTV74bU=",
		". IN DNSKEY 257 3 8 AwEAAa96jeuknZlaeSrvyAJj6ZHv28hhOKkx3rLGXVaC6rXTsDc449/cidltpkyGwCJNnOAlFNKF2jBosZBU5eeHspaQWOmOElZsjICMQMC3aeHbGiShvZsx4wMYSjH8e7Vrhbu6irwCzVBApESjbUdpWWmEnhathWu1jo+siFUiRAAxm9qyJNg/wOZqqzL/dL/q8PkcRU5oUKEpUge71M3ej2/7CPqpdVwuMoTvoB+ZOT4YeGyxMvHmbrxlFzGOHOijtzN+u1TQNatX2XBuzZNQ1K+s2CXkPIZo7s6JgZyvaBevYtxPvYLw4z9mR7K2vaF18UYH9Z9GNUUeayffKC73PYc=",
	}
	a := RootAnchors()
	for i, ds := range a.DS(lookup.Root) {
		made, err := NewAnchors(rr(t, keys[i]))
		if err != nil {
			t.Fatal(err)
		}
		own := made.DS(lookup.Root)[0]
		if own.KeyTag != ds.KeyTag || !strings.EqualFold(own.Digest, ds.Digest) || ds.DigestType != dns.SHA256 || ds.Algorithm != dns.RSASHA256 {
			t.Errorf("anchor %d: %s, the key says %s", i, ds, own)
		}
	}
	if tags := []uint16{a.DS(".")[0].KeyTag, a.DS(".")[1].KeyTag}; !slices.Equal(tags, []uint16{20326, 38696}) {
		t.Errorf("tags %v", tags)
	}
}

// Our own form of an RRset agrees with the library's, type by type: what it
// signs we verify, and what we hash is in the order of RFC 4034 §6.3.
func TestCanonicalFormOfEveryType(t *testing.T) {
	records := []string{
		"X.example. 60 IN A 192.0.2.2", "x.example. 60 IN NS NS.Example.", "x.example. 60 IN CNAME WWW.Example.", "x.example. 60 IN SOA A.Example. B.Example. 1 2 3 4 5",
		"x.example. 60 IN PTR Host.Example.", "x.example. 60 IN MX 10 Mail.Example.", "x.example. 60 IN TXT \"Case Stays\"", "x.example. 60 IN AAAA 2001:db8::1",
		"x.example. 60 IN SRV 1 2 3 Target.Example.", "x.example. 60 IN NAPTR 1 2 \"S\" \"SIP+D2U\" \"\" Replace.Example.", "x.example. 60 IN DNAME Other.Example.",
		"x.example. 60 IN RP Mbox.Example. Txt.Example.", "x.example. 60 IN AFSDB 1 Host.Example.", "x.example. 60 IN KX 1 Kx.Example.", "x.example. 60 IN HINFO \"CPU\" \"OS\"",
		"x.example. 60 IN MINFO R.Example. E.Example.", "x.example. 60 IN RT 1 R.Example.", "x.example. 60 IN PX 1 A.Example. B.Example.", "x.example. 60 IN CAA 0 issue \"CA.Example\"",
		"x.example. 60 IN NSEC Next.Example. A RRSIG NSEC", "x.example. 60 IN SVCB 1 Svc.Example. alpn=\"h2\" port=53", "x.example. 60 IN HTTPS 0 Alias.Example.",
		"x.example. 60 IN TLSA 3 1 1 0011", "x.example. 60 IN SSHFP 1 1 0011", "x.example. 60 IN DS 1 8 2 0000000000000000000000000000000000000000000000000000000000000000",
		`x.example. 60 IN TYPE65400 \# 3 414243`, "*.example. 60 IN A 192.0.2.1", "x.example. 60 IN LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m", "x.example. 60 IN URI 1 1 \"http://Example/\"",
	}
	key := &dns.DNSKEY{Hdr: dns.RR_Header{Name: "example.", Rrtype: dns.TypeDNSKEY, Class: dns.ClassINET}, Flags: 257, Protocol: 3}
	private := signerFor(t, key)
	for _, text := range records {
		record := rr(t, text)
		sig := &dns.RRSIG{Hdr: dns.RR_Header{Ttl: 60}, Algorithm: key.Algorithm, KeyTag: key.KeyTag(), SignerName: "Example.", Inception: uint32(epoch.Unix()), Expiration: uint32(epoch.Unix()) + 86400}
		if err := sig.Sign(private, []dns.RR{record}); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		own := *key
		own.Hdr.Name = "EXAMPLE."
		zone := NewSet("example.", lookup.Type(dns.TypeDNSKEY), []dns.RR{&own}, nil)
		set := NewSet(lookup.Name(record.Header().Name), lookup.Type(record.Header().Rrtype), []dns.RR{record, dns.Copy(record)}, []*dns.RRSIG{sig})
		if got, _ := NewJudge("", lookup.Step{}, Policy{}, epoch, NewBudget()).Set(&set, readKeys(Policy{}, &zone)); got.Verdict != lookup.Secure {
			t.Errorf("%s: %+v", text, got)
		}
	}
	// Order and duplicates.
	set := NewSet("x.example.", lookup.TypeA, []dns.RR{rr(t, "x.example. 60 IN A 192.0.2.9"), rr(t, "x.example. 99 IN A 192.0.2.10"), rr(t, "x.example. 60 IN A 192.0.2.9")}, nil)
	data, err := signedData(&set, &dns.RRSIG{TypeCovered: dns.TypeA, Labels: 2, OrigTtl: 0x01020304, SignerName: "example."})
	if err != nil {
		t.Fatal(err)
	}
	const one = "0178" + "076578616d706c6500" + "0001" + "0001" + "01020304" + "0004"
	if got, want := hex.EncodeToString(data[18+9:]), one+"c0000209"+one+"c000020a"; got != want {
		t.Errorf("\n%s, want\n%s", got, want)
	}
}
