package dnssec

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/lab/sign"
)

// Zones signed by BIND's and ldns's own programs validate, in all that they
// have and in what they deny: no code of ours has made them.
func TestZonesSignedByOthers(t *testing.T) {
	text := "$ORIGIN example.\n$TTL 3600\n" + plainText
	for _, c := range []struct {
		name, keygen, sign string
		algorithm          string
		args               []string
	}{
		{"BIND RSASHA256 NSEC", "dnssec-keygen", "dnssec-signzone", "RSASHA256", nil},
		{"BIND RSASHA512 NSEC3", "dnssec-keygen", "dnssec-signzone", "RSASHA512", []string{"-3", "aabbccdd", "-H", "10"}},
		{"BIND ECDSAP256SHA256 NSEC", "dnssec-keygen", "dnssec-signzone", "ECDSAP256SHA256", nil},
		{"BIND ECDSAP384SHA384 NSEC3", "dnssec-keygen", "dnssec-signzone", "ECDSAP384SHA384", []string{"-3", "-", "-H", "0"}},
		{"BIND ED25519 NSEC", "dnssec-keygen", "dnssec-signzone", "ED25519", nil},
		{"ldns ECDSAP256SHA256 NSEC3", "ldns-keygen", "ldns-signzone", "ECDSAP256SHA256", []string{"-n", "-s", "00ff", "-t", "1"}},
		{"ldns ED25519 NSEC", "ldns-keygen", "ldns-signzone", "ED25519", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, program := range []string{c.keygen, c.sign} {
				if _, err := exec.LookPath(program); err != nil {
					if os.Getenv("ROOTWALK_CI") == "1" {
						t.Fatalf("%s is missing", program)
					}
					t.Skipf("%s is not installed", program)
				}
			}
			dir := t.TempDir()
			run := func(program string, args ...string) string {
				t.Helper()
				cmd := exec.Command(program, args...)
				cmd.Dir = dir
				out, err := cmd.CombinedOutput()
				if err != nil {
					t.Fatalf("%s %v: %v\n%s", program, args, err, out)
				}
				words := append([]string{""}, strings.Fields(string(out))...)
				return words[len(words)-1]
			}
			if err := os.WriteFile(filepath.Join(dir, "zone"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(c.keygen, "ldns") {
				ksk := run(c.keygen, "-k", "-a", c.algorithm, "example")
				run(c.sign, append(append([]string{"-f", "signed", "-o", "example"}, c.args...), "zone", ksk)...)
			} else {
				run(c.keygen, "-a", c.algorithm, "-f", "KSK", "-q", "example")
				run(c.keygen, "-a", c.algorithm, "-q", "example")
				run(c.sign, append(append([]string{"-S", "-z", "-f", "signed", "-o", "example"}, c.args...), "zone")...)
			}
			signed, err := os.ReadFile(filepath.Join(dir, "signed"))
			if err != nil {
				t.Fatal(err)
			}
			z := &testZone{Server: sign.NewServer("example.", parse(t, "example.", string(signed)))}
			var ksk []dns.RR
			for _, r := range z.Records("example.", dns.TypeDNSKEY) {
				if k, ok := r.(*dns.DNSKEY); ok && k.Flags&dns.SEP != 0 {
					ksk = append(ksk, k)
				}
			}
			w := &testWorld{zones: map[string]*testZone{"example.": z}, missing: map[string]bool{}}
			if w.anchors, err = NewAnchors(ksk...); err != nil {
				t.Fatal(err)
			}
			v := w.validator(time.Now().Add(time.Minute), Policy{}) // some sign from this very second on
			checked := 0
			for name, rrtype := range z.Owners {
				if strings.HasSuffix(name, "unsigned.sub.example.") {
					continue
				}
				if got, kind := w.validate(v, lookup.Step{}, name, rrtype); got.Verdict != lookup.Secure || kind != lookup.CachePositive {
					t.Errorf("%s %s: %+v", name, dns.TypeToString[rrtype], got)
				}
				checked++
			}
			if checked < 15 {
				t.Errorf("only %d sets", checked)
			}
			for _, denied := range []string{"nothing.", "a.b.", "zzz.", "b.c.", "mail.", "any.text.", "x.wild.", "a.b.c.d.e."} {
				for _, rrtype := range []uint16{dns.TypeSRV, dns.TypeDS} {
					if got, kind := w.validate(v, lookup.Step{}, denied+"example.", rrtype); got.Verdict != lookup.Secure || kind != lookup.CacheNodata && kind != lookup.CacheNxdomain {
						t.Errorf("%s %s (%s): %+v", denied, dns.TypeToString[rrtype], kind, got)
					}
				}
			}
			for i := range 20 {
				if got, _ := w.validate(v, lookup.Step{}, fmt.Sprintf("n%d.wild.example.", i), dns.TypeA); got.Verdict != lookup.Secure {
					t.Errorf("wildcard %d: %+v", i, got)
				}
			}
		})
	}
}
