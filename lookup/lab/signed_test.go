package lab

import (
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup/lab/auth"
	"rootwalk/lookup/lab/sign"
)

// The corner cases once more, signed in three ways: wildcards, aliases, empty
// non-terminals and delegations with all that has to be proved about them.
func TestSameSignedAnswersAsNSD(t *testing.T) {
	program := findNSD(t)
	inception := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for name, o := range map[string]sign.Options{
		"NSEC":    {Separate: true},
		"NSEC3":   {Algorithm: dns.ED25519, NSEC3: &sign.NSEC3{Iterations: 3, Salt: "00ff"}},
		"opt-out": {NSEC3: &sign.NSEC3{OptOut: true}},
	} {
		t.Run(name, func(t *testing.T) {
			o.Inception, o.Expiration = inception, inception.Add(14*day)
			texts := map[string]string{}
			var held []*auth.Zone
			for zone, text := range cornerCases {
				// Escaped or not it is the same name, but not to the library that signs the yardstick.
				text = strings.ReplaceAll(text, `\*`, `*`)
				// The signer sorts by type, and ANY goes by the order in the file.
				text = strings.Replace(text, "aaaa-first AAAA 2001:db8::1\naaaa-first A 192.0.2.2", "aaaa-first A 192.0.2.2\naaaa-first AAAA 2001:db8::1", 1)
				z, err := auth.ParseZone(zone, strings.NewReader(text))
				if err != nil {
					t.Fatal(err)
				}
				signer, err := sign.NewSigner(zone, o, func() (time.Time, time.Time) { return o.Inception, o.Expiration })
				if err != nil {
					t.Fatal(err)
				}
				var records []dns.RR
				p := dns.NewZoneParser(strings.NewReader(text), "", zone)
				for rr, ok := p.Next(); ok; rr, ok = p.Next() {
					records = append(records, rr)
				}
				whole, err := sign.Zone(records, o)
				if err != nil {
					t.Fatal(err)
				}
				var b strings.Builder
				if _, err := whole.WriteTo(&b); err != nil {
					t.Fatal(err)
				}
				texts[zone] = b.String()
				held = append(held, z.Secured(func() auth.Security {
					security := auth.Security{Signer: signer, DS: func(string) [][]byte { return nil }}
					if p := o.NSEC3; p != nil {
						salt, _ := hex.DecodeString(p.Salt)
						security.NSEC3 = &auth.NSEC3{Iterations: p.Iterations, Salt: salt, OptOut: p.OptOut}
					}
					return security
				}))
			}
			compareZones(t, program, held, texts, false)
		})
	}
}

// Zones that are said to be right are right for BIND's and ldns's verifiers, and
// those that are said to be wrong are not.
func TestOthersVerifyTheSignedZones(t *testing.T) {
	now := time.Now() // both programs judge by it
	keys := newKeyring(1, func() time.Time { return now })
	wrong := map[string]bool{"expired.example.": true, "notyet.example.": true, "stripped.example.": true, "tampered.example.": true}
	for _, verifier := range []struct {
		program string
		args    func(zone, file string) []string
	}{
		{"dnssec-verify", func(zone, file string) []string { return []string{"-o", zone, "-z", file} }},
		{"ldns-verify-zone", func(zone, file string) []string { return []string{file} }},
	} {
		t.Run(verifier.program, func(t *testing.T) {
			if _, err := exec.LookPath(verifier.program); err != nil {
				if os.Getenv("ROOTWALK_CI") == "1" {
					t.Fatalf("%s is missing", verifier.program)
				}
				t.Skipf("%s is not installed", verifier.program)
			}
			for zone, s := range signedBy {
				if s.options.Unsupported {
					continue // neither knows the algorithm
				}
				file := filepath.Join(t.TempDir(), "zone")
				if err := os.WriteFile(file, []byte(signedText(t, keys, zone)), 0o600); err != nil {
					t.Fatal(err)
				}
				out, err := exec.Command(verifier.program, verifier.args(zone, file)...).CombinedOutput()
				if refused := zone == "iterations.example." && verifier.program == "dnssec-verify"; (err != nil) != (wrong[zone] || refused) {
					t.Errorf("%s: %v\n%s", zone, err, out)
				}
			}
		})
	}
}

// Signatures follow lesson time: a server that lives signs anew, one whose signer
// stopped does not.
func TestSignaturesFollowLessonTime(t *testing.T) {
	start := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	now := start
	keys := newKeyring(1, func() time.Time { return now })
	good := func(zone string) bool {
		inception, expiration := signedBy[zone].life.times(keys.start, now)
		return !now.Before(inception) && !now.After(expiration)
	}
	for _, c := range []struct {
		zone string
		want [4]bool // at the start, after 4 days, 8 days, 30 days
	}{
		{"signed.example.", [4]bool{true, true, true, true}},
		{"expired.example.", [4]bool{}},
		{"notyet.example.", [4]bool{false, true, true, false}},
		{"forgotten.example.", [4]bool{true, true, false, false}},
	} {
		for i, after := range []time.Duration{0, 4 * day, 8 * day, 30 * day} {
			if now = start.Add(after); good(c.zone) != c.want[i] {
				t.Errorf("%s after %v: good %t", c.zone, after, !c.want[i])
			}
		}
	}
	// At any instant of some weeks, a renewed signature has a week left at least.
	for now = start; now.Before(start.Add(40 * day)); now = now.Add(61 * time.Minute) {
		if inception, expiration := renewed.times(start, now); now.Before(inception.Add(time.Hour)) || expiration.Sub(now) < period {
			t.Fatalf("at %v: %v to %v", now, inception, expiration)
		}
	}
}

// The server sends what it signs now, with the same keys, when time has gone by.
func TestServersSignAnew(t *testing.T) {
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	keys := newKeyring(1, func() time.Time { return now })
	all := mustZones(t)
	catalog, err := auth.NewCatalog(keys.secured(all["signed.example."]))
	if err != nil {
		t.Fatal(err)
	}
	server := auth.NewServer(auth.Config{Catalog: catalog})
	ask := func() *dns.RRSIG {
		q := new(dns.Msg)
		q.SetQuestion("www.signed.example.", dns.TypeA)
		q.SetEdns0(1232, true)
		b, err := q.Pack()
		if err != nil {
			t.Fatal(err)
		}
		var m dns.Msg
		if err := m.Unpack(server.Answer(nil, b, loopback, false)); err != nil || len(m.Answer) != 2 {
			t.Fatalf("%v\n%v", err, &m)
		}
		sig := m.Answer[1].(*dns.RRSIG)
		if !sig.ValidityPeriod(now) {
			t.Errorf("at %v: %v", now, sig)
		}
		signed, err := keys.export("signed.example.")
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range signed.Keys {
			if k.KeyTag() == sig.KeyTag {
				if err := sig.Verify(k, m.Answer[:1]); err != nil {
					t.Error(err)
				}
				return sig
			}
		}
		t.Fatal("signed with a key that the zone does not have")
		return nil
	}
	first := ask()
	now = now.Add(time.Hour)
	if again := ask(); again.Signature != first.Signature {
		t.Error("signed anew within an hour")
	}
	now = now.Add(30 * day)
	if later := ask(); later.KeyTag != first.KeyTag || later.Expiration <= first.Expiration {
		t.Errorf("after 30 days: %v, then %v", first, later)
	}
}

// One seed, one set of keys; another seed, others. The anchor is the DS of the
// root's key.
func TestKeysFollowTheSeed(t *testing.T) {
	keysOf := func(seed uint64) string {
		k := newKeyring(seed, nil)
		return fmt.Sprintf("%x %x", k.signer(".").Keys(), k.signer("signed.example.").DS(false))
	}
	if one := keysOf(1); one != keysOf(1) || one == keysOf(2) {
		t.Error("keys do not follow the seed")
	}
	l, err := New(Config{Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	root, err := l.Signed(".")
	if err != nil {
		t.Fatal(err)
	}
	ds, err := dns.NewRR(l.Anchor())
	if err != nil || ds.String() != func() string {
		d := *root.DS[0]
		d.Hdr.Ttl = ds.Header().Ttl
		d.Digest = strings.ToUpper(d.Digest)
		return d.String()
	}() {
		t.Errorf("anchor %v, root has %v (%v)", ds, root.DS, err)
	}
}
