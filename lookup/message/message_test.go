package message_test

import (
	"strings"
	"testing"

	"github.com/miekg/dns"
	"go.uber.org/goleak"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func rr(t testing.TB, line string) dns.RR {
	t.Helper()
	r, err := dns.NewRR(line)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Names from the wire must read as anatomy and typed names do.
func TestNamesAgreeWithTheVocabulary(t *testing.T) {
	label := []byte{'a', ' ', '.', '\'', '@', '$', '"', '\\', '(', ';', 0, 0xff, '-', 'Z'}
	wire := append(append([]byte{byte(len(label))}, label...), 0)
	s, _, err := dns.UnpackDomainName(wire, 0)
	if err != nil {
		t.Fatal(err)
	}
	got := message.NameOf(s)
	if want := lookup.Name(lookup.EscapeLabel(label) + "."); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if typed, err := lookup.ParseName(string(got)); err != nil || typed != got {
		t.Errorf("typed again: %q, %v", typed, err)
	}
	back := make([]byte, 100)
	n, err := dns.PackDomainName(string(got), back, 0, nil, false)
	if err != nil || string(back[:n]) != string(wire) {
		t.Errorf("packed again: %q, %v", back[:n], err)
	}
	if n := message.WireLen(got); n != len(wire) {
		t.Errorf("WireLen %d, want %d", n, len(wire))
	}
	if message.NameOf("") != "." || message.NameOf("a") != "a." || message.WireLen(".") != 1 || message.WireLen("a.b.") != 5 {
		t.Error("short names")
	}
}

func TestSubstitute(t *testing.T) {
	for _, c := range []struct{ name, owner, target, want lookup.Name }{
		{"a.b.old.example.", "old.example.", "new.test.", "a.b.new.test."},
		{"a.OLD.example.", "old.Example.", "new.test.", "a.new.test."},
		{"a.old.example.", "old.example.", ".", "a."},
		{"a.example.", ".", "new.", "a.example.new."},
		{"old.example.", "old.example.", "new.", ""},
		{"bold.example.", "old.example.", "new.", ""},
		{lookup.Name(strings.Repeat("x", 60) + ".old."), "old.", lookup.Name(strings.Repeat(strings.Repeat("y", 62)+".", 3)), "!"},
		{lookup.Name(strings.Repeat("x", 63) + ".old."), "old.", lookup.Name(strings.Repeat(strings.Repeat("y", 63)+".", 3)), ""},
	} {
		got, ok := message.Substitute(c.name, c.owner, c.target)
		if c.want == "!" {
			if !ok {
				t.Errorf("%s: refused at %d octets", c.name, message.WireLen(c.name[:61]+c.target))
			}
			continue
		}
		if got != c.want || ok != (c.want != "") {
			t.Errorf("%s by %s to %s: %q %v, want %q", c.name, c.owner, c.target, got, ok, c.want)
		}
	}
}

func TestRecordText(t *testing.T) {
	for line, want := range map[string]string{
		"x. 60 A 203.0.113.1":                                  "203.0.113.1",
		"x. 60 AAAA 2001:DB8:0::1":                             "2001:db8::1",
		"x. 60 NS ns1.X.example.":                              "ns1.X.example.",
		"x. 60 MX 10 mail.example.":                            "10 mail.example.",
		"x. 60 SRV 1 2 53 a.example.":                          "1 2 53 a.example.",
		`x. 60 TXT "a b" "c\"d" "\255"`:                        `"a b" "c\"d" "\255"`,
		`x. 60 CAA 0 issue "ca.example"`:                       `0 issue "ca.example"`,
		"x. 60 HTTPS 1 . alpn=h2,h3 ipv4hint=203.0.113.1":      `1 . alpn="h2,h3" ipv4hint="203.0.113.1"`,
		`x. 60 TYPE65400 \# 4 0a000001`:                        `\# 4 0a000001`,
		`x. 60 TYPE65400 \# 0`:                                 `\# 0`,
		"x. 60 SOA a. b. 1 2 3 4 5":                            "a. b. 1 2 3 4 5",
		"x. 60 DNAME y.":                                       "y.",
		"x. 60 PTR host.example.":                              "host.example.",
		"x. 60 CNAME www.example.":                             "www.example.",
		`x. 60 NAPTR 1 2 "u" "E2U+sip" "!^.*$!sip:a@b!" .`:     `1 2 "u" "E2U+sip" "!^.*$!sip:a@b!" .`,
		`x. 60 HINFO "RFC8482" ""`:                             `"RFC8482" ""`,
		`x. 60 DS 1 13 2 aabbccddeeff00112233445566778899aabb`: `1 13 2 AABBCCDDEEFF00112233445566778899AABB`,
	} {
		if got := message.RecordText(rr(t, line)); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
	long := &dns.TXT{Hdr: dns.RR_Header{Name: "x.", Rrtype: dns.TypeTXT, Class: 1}}
	for range 200 {
		long.Txt = append(long.Txt, strings.Repeat("\x01", 255))
	}
	if got := message.RecordText(long); len(got) > 17<<10 || !strings.HasSuffix(got, "...") {
		t.Errorf("%d characters of data", len(got))
	}
}

func TestSetsTakeTheLowestTTL(t *testing.T) {
	sets := message.Sets([]dns.RR{rr(t, "x. 60 A 203.0.113.1"), rr(t, "y. 5 A 203.0.113.1"), rr(t, "X. 30 A 203.0.113.2"), rr(t, "x. 90 A 203.0.113.3")}, 2, lookup.CredibilityAnswer)
	if len(sets) != 2 || sets[0].TTLSec != 30 || len(sets[0].RRs) != 2 || sets[1].TTLSec != 5 {
		t.Errorf("%+v", sets)
	}
}

func TestPackQuery(t *testing.T) {
	q := lookup.Question{Name: `a\.b.example.`, Type: 65400, Class: lookup.ClassIN}
	b, err := message.PackQuery(0xabcd, q, true, message.UDPSize)
	if err != nil {
		t.Fatal(err)
	}
	var m dns.Msg
	if err := m.Unpack(b); err != nil {
		t.Fatal(err)
	}
	if m.Id != 0xabcd || !m.RecursionDesired || m.Response || message.QuestionOf(m.Question[0]) != q || m.IsEdns0().UDPSize() != 1232 || m.IsEdns0().Do() {
		t.Errorf("%v", &m)
	}
	b, _ = message.PackQuery(1, lookup.Question{Name: ".", Type: lookup.TypeNS, Class: lookup.ClassIN}, false, 0)
	if len(b) != 17 || b[2] != 0 || b[11] != 0 {
		t.Errorf("% x", b)
	}
	if _, err := message.PackQuery(1, lookup.Question{Name: lookup.Name(strings.Repeat("x", 64) + ".")}, false, 0); err == nil {
		t.Error("a label of 64 octets was packed")
	}
}

func TestReplyTruncates(t *testing.T) {
	var rrs []dns.RR
	for range 4 {
		rrs = append(rrs, rr(t, "x.example. 60 TXT "+strings.Repeat("a", 250)))
	}
	r := message.Reply{
		ID: 7, Question: []dns.Question{{Name: "x.example.", Qtype: dns.TypeTXT, Qclass: 1}}, RD: true, OPT: true,
		Answer: []message.Set{{Name: "x.example.", Type: lookup.TypeTXT, TTLSec: 42, RRs: rrs}},
	}
	for size, cut := range map[int]bool{512: true, 1232: false, 65535: false} {
		b, err := r.Pack(size)
		if err != nil {
			t.Fatal(err)
		}
		var m dns.Msg
		if err := m.Unpack(b); err != nil {
			t.Fatal(err)
		}
		if m.Truncated != cut || (len(m.Answer) == 0) != cut || len(b) > size || m.IsEdns0() == nil || !m.RecursionAvailable || m.Authoritative || !m.RecursionDesired {
			t.Errorf("size %d: %v", size, &m)
		}
		if !cut && m.Answer[0].Header().Ttl != 42 {
			t.Errorf("TTL %d, want what is left", m.Answer[0].Header().Ttl)
		}
	}
	if rrs[0].Header().Ttl != 60 {
		t.Error("packing changed a record that belongs to a cache")
	}
	r.OPT, r.Rcode = false, lookup.RcodeBadVers
	if b, err := r.Pack(512); err != nil || b[3]&15 != byte(lookup.RcodeServFail) {
		t.Errorf("rcode above 15 without EDNS: %v", err)
	}
}

func TestNegativeTTL(t *testing.T) {
	for line, want := range map[string]uint32{
		"x. 3600 SOA a. b. 1 2 3 4 300":      300,
		"x. 60 SOA a. b. 1 2 3 4 300":        60,
		"x. 60 SOA a. b. 1 2 3 4 0":          0,
		"x. 60 SOA a. b. 1 2 3 4 4000000000": 0,
	} {
		if got := message.NegativeTTL(rr(t, line).(*dns.SOA)); got != want {
			t.Errorf("%s: %d, want %d", line, got, want)
		}
	}
}
