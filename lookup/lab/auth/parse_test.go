package auth

import (
	"fmt"
	"strings"
	"testing"
)

const head = "$ORIGIN z.test.\n$TTL 60\n@ SOA ns hostmaster 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n"

func TestParseZoneSaysWhatIsWrongAndWhere(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "no records"},
		{"only comments", "; nothing\n", "no records"},
		{"SOA not first", "$ORIGIN z.test.\n$TTL 60\n@ NS ns\n", "z:3: the first record must be the SOA"},
		{"two SOA", head + "@ SOA ns hostmaster 2 2 3 4 5\n", "z:6: a second SOA"},
		{"no NS", "$ORIGIN z.test.\n@ 60 SOA ns hostmaster 1 2 3 4 5\n", "z.test. has no NS records"},
		{"outside", head + "\n\nwww.other.test. A 192.0.2.2\n", "z:8: www.other.test. lies outside the zone z.test."},
		{"bad address", head + "www A 192.0.2.256\n", "z:6: bad A A: "},
		{"no newline at the end", head + "www A 192.0.2", "z:6: bad A A: "},
		{"class", head + "www CH TXT \"x\"\n", "z:6: www.z.test. is not of class IN"},
		{"alias and more", head + "www CNAME ns\nwww A 192.0.2.2\n", "z:7: www.z.test.: a CNAME stands alone"},
		{"more and alias", head + "www A 192.0.2.2\n; a comment\nwww CNAME ns\n", "z:8: www.z.test.: a CNAME stands alone"},
		{"two aliases", head + "www CNAME ns\nwww CNAME ns2\n", "z:7: www.z.test.: a second CNAME"},
		{"two DNAME", head + "d DNAME a\nd DNAME b\n", "z:7: d.z.test.: a second DNAME"},
		{"TTLs differ", head + "www 1 A 192.0.2.2\nwww 2 A 192.0.2.3\n", "z:7: www.z.test.: the records of one RRset have one TTL"},
		{"twice the same", head + "www A 192.0.2.2\nWWW A 192.0.2.2\n", "z:7: www.z.test.: the same A record twice"},
		{"data below a cut", head + "sub NS ns.sub\nns.sub A 192.0.2.2\nwww.sub TXT \"x\"\n", "www.sub.z.test. TXT lies at or below the delegation of sub.z.test."},
		{"data at a cut", head + "sub NS ns\nsub MX 1 ns\n", "sub.z.test. MX lies at or below the delegation"},
		{"a cut below a cut", head + "sub NS ns\na.sub NS ns\n", "a.sub.z.test. lies below the delegation of sub.z.test."},
		{"below a DNAME", head + "d DNAME e\nx.d A 192.0.2.2\n", "x.d.z.test. lies below a DNAME"},
		{"TTL", head + "www 2147483648 A 192.0.2.2\n", "z:6: TTL 2147483648 is above 2^31-1"},
		{"no origin", "z SOA ns hostmaster 1 2 3 4 5\n", "z:1: "},
		{"nothing but an owner", head + "www A\n", "z:6: "},
		{"include", head + "$INCLUDE /etc/passwd\n", "z:6: "},
		{"label", head + strings.Repeat("x", 64) + " A 192.0.2.2\n", "z:6: "},
		{"parenthesis", head + "www TXT ( \"x\"\n", "z:"},
		{"a record of several lines", head + "www TXT (\n\"x\"\n)\nwww CNAME ns\n", "z:9: www.z.test.: a CNAME stands alone"},
	} {
		t.Run(c.name, func(t *testing.T) {
			z, err := ParseZone("z", strings.NewReader(c.text))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("zone %v, error %v\nwant %s", z, err, c.want)
			}
			if err != nil && !strings.HasPrefix(err.Error(), "z:") {
				t.Errorf("%q does not begin with the file", err)
			}
		})
	}
}

func TestParseZoneIsBounded(t *testing.T) {
	long := head + strings.Repeat("; a comment that only takes room\n", MaxZoneOctets/32)
	if _, err := ParseZone("z", strings.NewReader(long)); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("a file of %d octets: %v", len(long), err)
	}
	var many strings.Builder
	many.WriteString(head)
	for i := range MaxZoneRecords {
		fmt.Fprintf(&many, "h%d A 192.0.2.1\n", i)
	}
	if _, err := ParseZone("z", strings.NewReader(many.String())); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("%d records: %v", MaxZoneRecords+3, err)
	}
	deep := "$GENERATE 1-65535 " + strings.Repeat("a.", 100) + "$ A 192.0.2.1\n"
	if _, err := ParseZone("z", strings.NewReader(head+deep)); err == nil || !strings.Contains(err.Error(), "more than 40000 names") {
		t.Errorf("deep names: %v", err)
	}
	if _, err := ParseZone("z", strings.NewReader(head+"$GENERATE 1-65535 h TXT $\n")); err == nil || !strings.Contains(err.Error(), "more than 1000 records") {
		t.Errorf("a huge RRset: %v", err)
	}
	if _, err := ParseZone("z", strings.NewReader(head+"$GENERATE 1-65535 h$ A 192.0.2.1\n")); err == nil {
		t.Error("65,535 generated records were accepted")
	}
}

func FuzzParseZone(f *testing.F) {
	f.Add(head)
	f.Add(head + "* TXT \"x\"\na.b A 192.0.2.1\nd DNAME a\nsub NS ns.sub\nns.sub AAAA 2001:db8::1\n")
	f.Fuzz(func(t *testing.T, text string) {
		z, err := ParseZone("z", strings.NewReader(text))
		if err != nil {
			return
		}
		c, err := NewCatalog(z)
		if err != nil {
			t.Fatal(err)
		}
		s := NewServer(Config{Catalog: c})
		for owner := range z.Owners {
			n, err := presentationName(owner)
			if err != nil {
				t.Fatalf("%q: %v", owner, err)
			}
			q := append([]byte{0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}, n.wire...)
			if s.Answer(nil, append(q, 0, 255, 0, 1), over4, false) == nil {
				t.Fatalf("no answer for %q", owner)
			}
		}
	})
}
