package message_test

import (
	"testing"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

// FuzzRecords: whatever record arrives, its name and data in the vocabulary
// are bounded printable ASCII, and its name goes back onto the wire unchanged.
func FuzzRecords(f *testing.F) {
	for _, line := range []string{
		"www.example. 60 A 203.0.113.1", `a\.b\032c\@.example. 60 TXT "x\000\255" ""`, "x. 60 HTTPS 1 . alpn=h2 ipv6hint=2001:db8::1",
		`x. 60 TYPE65400 \# 4 0a000001`, "x. 60 MX 0 .", `x. 60 CAA 0 iodef "a\"b"`, "x. 60 LOC 37 33 59 N 126 58 41 E 38m",
		`x. 60 NAPTR 1 2 "u" "s" "!^.*$!sip:a@b!" .`, "x. 60 SOA a. b. 1 2 3 4 5", "x. 60 NSEC y. A MX TYPE65400",
	} {
		r, err := dns.NewRR(line)
		if err != nil {
			f.Fatal(err)
		}
		b := make([]byte, 1024)
		n, err := dns.PackRR(r, b, 0, nil, false)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b[:n])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, end, err := dns.UnpackRR(b, 0)
		if err != nil || end == 0 {
			return
		}
		rec := message.Record(r, 60)
		if len(rec.Data) > 17<<10 {
			t.Fatalf("%d characters of data", len(rec.Data))
		}
		for _, c := range []byte(string(rec.Name) + rec.Data) {
			if c < ' ' || c > '~' {
				t.Fatalf("byte %#x in %+v", c, rec)
			}
		}
		wire, again := make([]byte, 600), make([]byte, 600)
		n, err := dns.PackDomainName(r.Header().Name, wire, 0, nil, false)
		if err != nil {
			return // the library reads names that it does not write
		}
		m, err := dns.PackDomainName(string(rec.Name), again, 0, nil, false)
		if err != nil || string(wire[:n]) != string(again[:m]) || message.WireLen(rec.Name) != n {
			t.Fatalf("%q became % x, not % x (%d octets), %v", rec.Name, again[:m], wire[:n], message.WireLen(rec.Name), err)
		}
		if typed, err := lookup.ParseName(string(rec.Name)); err == nil && typed != rec.Name {
			t.Fatalf("%q typed again is %q", rec.Name, typed)
		}
	})
}
