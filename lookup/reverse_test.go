package lookup

import "testing"

// An address where a name is expected is asked about by its reverse name (RFC
// 1035 §3.5, RFC 3596 §2.5); static/test/names.test.mjs has the same cases.
func TestAddressTypedAsAName(t *testing.T) {
	for _, c := range []struct{ typed, rrtype, want string }{
		{"203.0.113.10", "A", "10.113.0.203.in-addr.arpa PTR"},
		{" 203.0.113.10 ", "", "10.113.0.203.in-addr.arpa PTR"},
		{"203.0.113.10", "AAAA", "10.113.0.203.in-addr.arpa PTR"},
		{"203.0.113.10", "NS", "10.113.0.203.in-addr.arpa NS"},
		{"::ffff:203.0.113.10", "PTR", "10.113.0.203.in-addr.arpa PTR"},
		{"2001:db8::1", "A", "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa PTR"},
		{"[2001:DB8::1]", "A", "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa PTR"},
		{"203.0.113.10.", "A", "203.0.113.10 A"}, // the final dot says: a name
		{"203.0.113", "A", "203.0.113 A"},
		{"203.0.113.010", "A", "203.0.113.010 A"},
		{"[203.0.113.10]", "A", "[203.0.113.10] A"},
		{"www.example", "MX", "www.example MX"},
	} {
		q, addr, err := ParseQuestion(c.typed, c.rrtype)
		if err != nil {
			t.Errorf("%s %s: %v", c.typed, c.rrtype, err)
			continue
		}
		if got := q.String(); got != c.want {
			t.Errorf("%s %s: %s, want %s", c.typed, c.rrtype, got, c.want)
		}
		if reversed := q.Name.In("arpa."); reversed != addr.IsValid() {
			t.Errorf("%s: address %v", c.typed, addr)
		}
	}
	for _, bad := range [][2]string{{"203.0.113.10", "B"}, {"www..example", "A"}, {"www.example", "AXFR"}, {"", "A"}} {
		if _, _, err := ParseQuestion(bad[0], bad[1]); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestAbsolute(t *testing.T) {
	for typed, want := range map[string]bool{"www.": true, "www": false, " www. ": true, ".": true, `www\\.`: true, `www\.`: false, "\ud55c\uad6d\u3002": true, "": false} {
		if Absolute(typed) != want {
			t.Errorf("Absolute(%q) is %v", typed, !want)
		}
	}
}
