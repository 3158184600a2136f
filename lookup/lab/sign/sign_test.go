package sign

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

const zoneText = `
$ORIGIN example.
$TTL 3600
@        SOA   ns1 hostmaster 1 7200 900 1209600 300
@        NS    ns1
@        NS    NS2.Example.
@        MX    10 Mail
ns1      A     192.0.2.1
ns1      AAAA  2001:db8::1
ns2      A     192.0.2.2
mail     A     192.0.2.25
www      A     192.0.2.80
www      A     192.0.2.81
deep.a.b.c TXT "below three empty non-terminals"
*.wild   A     192.0.2.90
alias    CNAME www
moved    DNAME other.example.
signed   NS    ns.signed
signed   DS    4711 13 2 0101010101010101010101010101010101010101010101010101010101010101
ns.signed A    192.0.2.53
plain    NS    ns.plain
plain    NS    ns1
ns.plain A     192.0.2.54
under.plain A  192.0.2.55
`

func records(t testing.TB, text string) []dns.RR {
	t.Helper()
	p := dns.NewZoneParser(strings.NewReader(text), "", "zone")
	var out []dns.RR
	for rr, ok := p.Next(); ok; rr, ok = p.Next() {
		out = append(out, rr)
	}
	if err := p.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func text(t testing.TB, s *Signed) string {
	t.Helper()
	var b bytes.Buffer
	if _, err := s.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var variants = map[string]Options{
	"RSASHA256":           {Algorithm: dns.RSASHA256, Separate: true},
	"RSASHA512 NSEC3":     {Algorithm: dns.RSASHA512, NSEC3: &NSEC3{}},
	"ECDSAP256":           {Algorithm: dns.ECDSAP256SHA256},
	"ECDSAP256 KSK+ZSK":   {Algorithm: dns.ECDSAP256SHA256, Separate: true, NSEC3: &NSEC3{Iterations: 5, Salt: "aabbccdd"}},
	"ECDSAP384":           {Algorithm: dns.ECDSAP384SHA384},
	"ED25519":             {Algorithm: dns.ED25519, Separate: true},
	"ED25519 NSEC3":       {Algorithm: dns.ED25519, NSEC3: &NSEC3{Salt: "00ff"}},
	"ED25519 with optout": {Algorithm: dns.ED25519, NSEC3: &NSEC3{OptOut: true}},
}

func TestTheSameSeedGivesTheSameOctets(t *testing.T) {
	for name, o := range variants {
		a, err := Zone(records(t, zoneText), o)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		b, err := Zone(records(t, zoneText), o)
		if err != nil {
			t.Fatal(err)
		}
		if text(t, a) != text(t, b) {
			t.Errorf("%s: two runs differ", name)
		}
		o.Seed = "another"
		c, err := Zone(records(t, zoneText), o)
		if err != nil {
			t.Fatal(err)
		}
		if same := c.Keys[0].PublicKey == a.Keys[0].PublicKey; same != strings.HasPrefix(name, "RSA") {
			t.Errorf("%s: another seed, the same key: %v", name, same)
		}
	}
}

func TestTheRecordsGivenStayAsTheyAre(t *testing.T) {
	rrs := records(t, zoneText)
	var before []string
	for _, rr := range rrs {
		before = append(before, rr.String())
	}
	if _, err := Zone(rrs, Options{Faults: []Fault{{Kind: Tampered}}}); err != nil {
		t.Fatal(err)
	}
	for i, rr := range rrs {
		if rr.String() != before[i] {
			t.Errorf("%s became %s", before[i], rr)
		}
	}
}

// Two verifiers that others wrote agree that the zones are right.
func TestOtherVerifiersAgree(t *testing.T) {
	now := time.Now().Truncate(time.Hour)
	for name, o := range variants {
		o.Inception, o.Expiration = now.Add(-24*time.Hour), now.Add(24*30*time.Hour)
		s, err := Zone(records(t, zoneText), o)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "zone")
		if err := os.WriteFile(file, []byte(text(t, s)), 0o600); err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) {
			t.Run("ldns", func(t *testing.T) { run(t, "ldns-verify-zone", file) })
			t.Run("bind", func(t *testing.T) {
				args := []string{"-o", "example", file}
				if !o.Separate {
					args = append([]string{"-z"}, args...)
				}
				run(t, "dnssec-verify", args...)
			})
		})
	}
}

func run(t *testing.T, program string, args ...string) {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		if os.Getenv("ROOTWALK_CI") == "1" {
			t.Fatalf("%s is missing", program)
		}
		t.Skipf("%s is not installed", program)
	}
	if out, err := exec.Command(path, args...).CombinedOutput(); err != nil {
		t.Errorf("%s %v: %v\n%s", program, args, err, out)
	}
}

func sigOf(t *testing.T, s *Signed, name string, rrtype uint16) *dns.RRSIG {
	t.Helper()
	for _, rr := range s.Records {
		if sig, ok := rr.(*dns.RRSIG); ok && sig.TypeCovered == rrtype && sig.Hdr.Name == name {
			return sig
		}
	}
	return nil
}

func setOf(s *Signed, name string, rrtype uint16) []dns.RR {
	var out []dns.RR
	for _, rr := range s.Records {
		if rr.Header().Rrtype == rrtype && dns.CanonicalName(rr.Header().Name) == name {
			out = append(out, rr)
		}
	}
	return out
}

func TestFaultsBreakWhatTheySay(t *testing.T) {
	www := func(k Kind) []Fault { return []Fault{{Kind: k, Name: "www.example.", Type: dns.TypeA}} }
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at := start.Add(24 * time.Hour)
	for _, c := range []struct {
		name   string
		o      Options
		signed bool // www has a signature
		timely bool
		right  bool
	}{
		{"none", Options{}, true, true, true},
		{"expired", Options{Faults: www(Expired)}, true, false, true},
		{"not yet valid", Options{Faults: www(NotYetValid)}, true, false, true},
		{"stripped", Options{Faults: www(Stripped)}, false, false, false},
		{"tampered", Options{Faults: www(Tampered)}, true, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := Zone(records(t, zoneText), c.o)
			if err != nil {
				t.Fatal(err)
			}
			sig := sigOf(t, s, "www.example.", dns.TypeA)
			if (sig != nil) != c.signed {
				t.Fatalf("signature: %v", sig)
			}
			if sig != nil {
				if got := sig.ValidityPeriod(at); got != c.timely {
					t.Errorf("valid in time: %v", got)
				}
				if got := sig.Verify(s.Keys[0], setOf(s, "www.example.", dns.TypeA)) == nil; got != c.right {
					t.Errorf("verifies: %v", got)
				}
			}
			// Everything else is as it should be.
			mx := sigOf(t, s, "example.", dns.TypeMX)
			if mx == nil || !mx.ValidityPeriod(at) || mx.Verify(s.Keys[0], setOf(s, "example.", dns.TypeMX)) != nil {
				t.Error("the fault reached another set")
			}
		})
	}
	good, _ := Zone(records(t, zoneText), Options{})
	wrong, _ := Zone(records(t, zoneText), Options{Faults: []Fault{{Kind: WrongDS}}})
	if good.DS[0].Digest == wrong.DS[0].Digest || good.DS[0].KeyTag != wrong.DS[0].KeyTag {
		t.Error("wrongDS: the digest must differ, and nothing else")
	}
	silent, _ := Zone(records(t, zoneText), Options{Faults: []Fault{{Kind: NoDenial}}})
	if strings.Contains(text(t, silent), "\tNSEC\t") {
		t.Error("noDenial left NSEC records")
	}
	strange, err := Zone(records(t, zoneText), Options{Unsupported: true})
	if err != nil || strange.Keys[0].Algorithm != UnsupportedAlgorithm || strange.DS[0].Algorithm != UnsupportedAlgorithm ||
		sigOf(t, strange, "www.example.", dns.TypeA).Algorithm != UnsupportedAlgorithm {
		t.Errorf("unsupported: %v", err)
	}
}

// A parent signs of a delegation the DS and the denial only (RFC 4035 §2.2),
// and with opt-out leaves unsigned delegations out (RFC 5155 §6).
func TestDelegationsAreSignedAsAParentMay(t *testing.T) {
	s, err := Zone(records(t, zoneText), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		rrtype uint16
		want   bool
	}{
		{"signed.example.", dns.TypeNS, false}, {"signed.example.", dns.TypeDS, true}, {"signed.example.", dns.TypeNSEC, true},
		{"plain.example.", dns.TypeNS, false}, {"plain.example.", dns.TypeNSEC, true},
		{"ns.signed.example.", dns.TypeA, false}, {"under.plain.example.", dns.TypeA, false}, {"under.plain.example.", dns.TypeNSEC, false},
	} {
		if got := sigOf(t, s, c.name, c.rrtype) != nil; got != c.want {
			t.Errorf("%s %s is signed: %v", c.name, dns.TypeToString[c.rrtype], got)
		}
	}
	count := func(o NSEC3) (n int) {
		s, err := Zone(records(t, zoneText), Options{NSEC3: &o})
		if err != nil {
			t.Fatal(err)
		}
		for _, rr := range s.Records {
			if rr.Header().Rrtype == dns.TypeNSEC3 {
				n++
			}
		}
		return n
	}
	if all, some := count(NSEC3{}), count(NSEC3{OptOut: true}); all != some+1 {
		t.Errorf("%d NSEC3 records, %d with opt-out: one unsigned delegation makes the difference", all, some)
	}
}

func TestWhatCannotBeSignedIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		o    Options
	}{
		"no SOA":      {"example. 60 IN A 192.0.2.1\n", Options{}},
		"two SOA":     {"a. 60 IN SOA . . 1 1 1 1 1\nb. 60 IN SOA . . 1 1 1 1 1\n", Options{}},
		"outside":     {"a. 60 IN SOA . . 1 1 1 1 1\nb. 60 IN A 192.0.2.1\n", Options{}},
		"signed":      {"a. 60 IN SOA . . 1 1 1 1 1\na. 60 IN NSEC a. A\n", Options{}},
		"algorithm 0": {"a. 60 IN SOA . . 1 1 1 1 1\n", Options{Algorithm: 99}},
	} {
		if _, err := Zone(records(t, c.text), c.o); err == nil {
			t.Errorf("%s: was signed", name)
		}
	}
}

func BenchmarkZone(b *testing.B) {
	rrs := records(b, zoneText)
	for _, c := range []struct {
		name string
		o    Options
	}{{"ED25519", Options{Algorithm: dns.ED25519}}, {"ECDSAP256", Options{}}, {"ECDSAP256-NSEC3", Options{NSEC3: &NSEC3{}}}, {"RSASHA256", Options{Algorithm: dns.RSASHA256}}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Zone(rrs, c.o); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
