package auth

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// The zones of RFC 4592 section 2.2.1 and more, small enough to know by heart.
const wildZone = `$ORIGIN example.
$TTL 3600
@ 300 SOA ns hostmaster 1 7200 900 86400 60
@ NS ns
ns A 192.0.2.53
ns AAAA 2001:db8::53
* TXT "this is a wildcard"
* MX 10 host1
sub.* TXT "this is not a wildcard"
host1 A 192.0.2.1
_ssh._tcp.host1 SRV 0 0 22 host1
_ssh._tcp.host2 SRV 0 0 22 host1
alias CNAME host1
far CNAME www.elsewhere.test.
gone CNAME nobody.host1
loop CNAME pool
pool CNAME loop
old DNAME new
www.new A 192.0.2.2
child NS ns.child
child NS ns.sibling
child NS ns.elsewhere.test.
ns.child A 192.0.2.60
sibling NS ns.sibling
ns.sibling A 192.0.2.61
both A 192.0.2.3
both AAAA 2001:db8::3
both TXT "and more"
only TXT "a text"
only HINFO "c" "o"
`

const wildSOA = "ns example. 60 SOA ns.example. hostmaster.example. 1 7200 900 86400 60\n"
const wildNS = "ns example. 3600 NS ns.example.\n"
const wildNSAddrs = "ar ns.example. 3600 A 192.0.2.53\nar ns.example. 3600 AAAA 2001:db8::53\n"

func TestAnswer(t *testing.T) {
	s := mustServer(t, Config{}, wildZone)
	for _, c := range []struct{ why, name, typ, want string }{
		{"a name and its type", "host1.example.", "A", "NOERROR aa\nan host1.example. 3600 A 192.0.2.1\n" + wildNS + wildNSAddrs},
		{"another type: NODATA, with the smaller of SOA TTL and MINIMUM", "host1.example.", "AAAA", "NOERROR aa\n" + wildSOA},
		{"RFC 4592: the wildcard", "host3.example.", "MX", "NOERROR aa\nan host3.example. 3600 MX 10 host1.example.\n" + wildNS + "ar host1.example. 3600 A 192.0.2.1\n" + wildNSAddrs},
		{"RFC 4592: NODATA from the wildcard", "host3.example.", "A", "NOERROR aa\n" + wildSOA},
		{"RFC 4592: two labels deep", "foo.bar.example.", "TXT", "NOERROR aa\nan foo.bar.example. 3600 TXT \"this is a wildcard\"\n" + wildNS + wildNSAddrs},
		{"RFC 4592: the name exists", "host1.example.", "MX", "NOERROR aa\n" + wildSOA},
		{"RFC 4592: the asterisk's own child", "sub.*.example.", "MX", "NOERROR aa\n" + wildSOA},
		{"RFC 4592: below it, no wildcard", "ghost.*.example.", "MX", "NXDOMAIN aa\n" + wildSOA},
		{"RFC 4592: an empty non-terminal stops it", "_telnet._tcp.host1.example.", "SRV", "NXDOMAIN aa\n" + wildSOA},
		{"RFC 8020: the empty non-terminal exists", "_tcp.host1.example.", "SRV", "NOERROR aa\n" + wildSOA},
		{"an alias is followed", "alias.example.", "A", "NOERROR aa\nan alias.example. 3600 CNAME host1.example.\nan host1.example. 3600 A 192.0.2.1\n" + wildNS + wildNSAddrs},
		{"unless it is asked for", "alias.example.", "CNAME", "NOERROR aa\nan alias.example. 3600 CNAME host1.example.\n" + wildNS + wildNSAddrs},
		{"out of the server's zones: as far as it goes", "far.example.", "A", "NOERROR aa\nan far.example. 3600 CNAME www.elsewhere.test.\n"},
		{"RFC 2308: NXDOMAIN of the last name", "gone.example.", "A", "NXDOMAIN aa\nan gone.example. 3600 CNAME nobody.host1.example.\n" + wildSOA},
		{"a circle ends", "loop.example.", "A", "NOERROR aa\nan loop.example. 3600 CNAME pool.example.\nan pool.example. 3600 CNAME loop.example.\n"},
		{"RFC 6672: DNAME", "www.old.example.", "A", "NOERROR aa\nan old.example. 3600 DNAME new.example.\nan www.old.example. 3600 CNAME www.new.example.\nan www.new.example. 3600 A 192.0.2.2\n" + wildNS + wildNSAddrs},
		{"RFC 6672: not its owner", "old.example.", "A", "NOERROR aa\n" + wildSOA},
		{"a referral, sibling glue too", "www.child.example.", "A", "NOERROR\nns child.example. 3600 NS ns.child.example.\nns child.example. 3600 NS ns.sibling.example.\nns child.example. 3600 NS ns.elsewhere.test.\n" +
			"ar ns.child.example. 3600 A 192.0.2.60\nar ns.sibling.example. 3600 A 192.0.2.61\n"},
		{"glue is not an answer", "ns.child.example.", "A", "NOERROR\nns child.example. 3600 NS ns.child.example.\nns child.example. 3600 NS ns.sibling.example.\nns child.example. 3600 NS ns.elsewhere.test.\n" +
			"ar ns.child.example. 3600 A 192.0.2.60\nar ns.sibling.example. 3600 A 192.0.2.61\n"},
		{"RFC 4035: DS is the parent's", "child.example.", "DS", "NOERROR aa\n" + wildSOA},
		{"not our zone", "www.elsewhere.test.", "A", "REFUSED\n"},
		{"RFC 8482: ANY gets one RRset", "both.example.", "ANY", "NOERROR aa\nan both.example. 3600 A 192.0.2.3\n"},
		{"RFC 8482: of what there is", "only.example.", "ANY", "NOERROR aa\nan only.example. 3600 HINFO \"c\" \"o\"\n"},
		{"AXFR", "example.", "AXFR", "REFUSED\n"},
		{"case does not count", "HOST1.Example.", "A", "NOERROR aa\nan HOST1.Example. 3600 A 192.0.2.1\nns Example. 3600 NS ns.Example.\nar ns.Example. 3600 A 192.0.2.53\nar ns.Example. 3600 AAAA 2001:db8::53\n"},
	} {
		t.Run(c.why, func(t *testing.T) {
			if got := brief(ask(t, s, question(c.name, c.typ, 1232), over4, false)); got != c.want {
				t.Errorf("%s %s\ngot\n%s\nwant\n%s", c.name, c.typ, got, c.want)
			}
		})
	}
}

func TestAddressesOfTheAskersFamilyComeFirst(t *testing.T) {
	s := mustServer(t, Config{}, wildZone)
	for from, want := range map[netip.Addr]uint16{over4: dns.TypeA, over6: dns.TypeAAAA} {
		m := ask(t, s, question("host1.example.", "A", 0), from, false)
		if got := m.Extra[0].Header().Rrtype; got != want {
			t.Errorf("asked from %s, the first address is of type %s", from, dns.Type(got))
		}
	}
}

// RFC 9471: a referral must carry all in-domain glue or say TC; sibling glue is
// left out without a word.
func TestReferralGlueThatDoesNotFit(t *testing.T) {
	referral := func(ns, glue string, n int) *dns.Msg {
		var zone strings.Builder
		zone.WriteString("$ORIGIN test.\n$TTL 60\n@ SOA a.dns a.dns 1 2 3 4 5\n@ NS a.dns\na.dns A 192.0.2.1\nsister NS ns0.sister\n")
		for i := range n {
			fmt.Fprintf(&zone, "child NS ns%d.%s\n", i, ns)
			fmt.Fprintf(&zone, "ns%d.%s A 192.0.2.%d\nns%d.%s AAAA 2001:db8::%d\n", i, glue, i+1, i, glue, i+1)
		}
		return ask(t, mustServer(t, Config{}, zone.String()), question("www.child.test.", "A", 0), over4, false)
	}
	if m := referral("child", "child", 5); m.Truncated || len(m.Extra) != 10 {
		t.Errorf("5 in-domain servers fit into 512 octets: %s", brief(m))
	}
	if m := referral("child", "child", 9); !m.Truncated {
		t.Errorf("9 in-domain servers, TC clear:\n%s", brief(m))
	}
	if m := referral("sister", "sister", 9); m.Truncated || len(m.Extra) == 0 || len(m.Extra) == 18 {
		t.Errorf("9 sibling servers: TC %t, %d addresses", m.Truncated, len(m.Extra))
	}
}

func TestTruncation(t *testing.T) {
	zone := "$ORIGIN test.\n$TTL 60\n@ SOA a.dns a.dns 1 2 3 4 5\n@ NS a.dns\na.dns A 192.0.2.1\n"
	for i := range 60 {
		zone += fmt.Sprintf("many A 192.0.2.%d\n", i+1)
	}
	s := mustServer(t, Config{}, zone)
	for _, c := range []struct {
		size   uint16
		stream bool
		limit  int
		whole  bool
	}{
		{0, false, 512, false},
		{1, false, 512, false}, // RFC 6891 section 6.2.3: below 512 counts as 512
		{512, false, 512, false},
		{1100, false, 1100, true},
		{1231, false, 1231, true},
		{65535, false, 1232, true},
		{0, true, 65535, true},
	} {
		raw := s.Answer(nil, pack(t, question("many.test.", "A", c.size)), over4, c.stream)
		m := new(dns.Msg)
		if err := m.Unpack(raw); err != nil {
			t.Fatal(err)
		}
		if len(raw) > c.limit {
			t.Errorf("EDNS %d: %d octets", c.size, len(raw))
		}
		if m.Truncated == c.whole || (len(m.Answer) == 60) != c.whole || !c.whole && len(m.Answer) != 0 {
			t.Errorf("EDNS %d stream %t: TC %t with %d answers", c.size, c.stream, m.Truncated, len(m.Answer))
		}
		if (m.IsEdns0() != nil) != (c.size > 0) {
			t.Errorf("EDNS %d: OPT in the response: %t", c.size, m.IsEdns0() != nil)
		}
	}
}

func TestDNAMEThatGrowsTooLong(t *testing.T) {
	label := strings.Repeat("x", 63)
	target := strings.Join([]string{label, label, label}, ".")
	s := mustServer(t, Config{}, "$ORIGIN test.\n$TTL 60\n@ SOA a.dns a.dns 1 2 3 4 5\n@ NS a.dns\na.dns A 192.0.2.1\nd DNAME "+target+"\n")
	fits := strings.Repeat("y", 255-len(target)-len(".test.")-2) + ".d.test."
	if m := ask(t, s, question(fits, "A", 1232), over4, false); m.Rcode != dns.RcodeNameError || len(m.Answer) != 2 {
		t.Errorf("a name of exactly 255 octets: %s", brief(m))
	}
	if m := ask(t, s, question("y"+fits, "A", 1232), over4, false); m.Rcode != dns.RcodeYXDomain || len(m.Answer) != 1 {
		t.Errorf("a name of 256 octets: %s", brief(m))
	}
}

func TestAliasChainsAreBounded(t *testing.T) {
	zone := "$ORIGIN test.\n$TTL 60\n@ SOA a.dns a.dns 1 2 3 4 5\n@ NS a.dns\na.dns A 192.0.2.1\n"
	for i := range 100 {
		zone += fmt.Sprintf("c%d CNAME c%d\n", i, i+1)
	}
	m := ask(t, mustServer(t, Config{}, zone), question("c0.test.", "A", 1232), over4, true)
	if m.Rcode != dns.RcodeSuccess || len(m.Answer) != maxChain+1 {
		t.Errorf("%d aliases in one response, want %d", len(m.Answer), maxChain+1)
	}
}

func TestChaosSaysWhoAnswers(t *testing.T) {
	s := mustServer(t, Config{Identity: "one of many", Version: "v"}, wildZone)
	chaos := func(s *Server, name string, class uint16) *dns.Msg {
		m := question(name, "TXT", 0)
		m.Question[0].Qclass = class
		return ask(t, s, m, over4, false)
	}
	for name, want := range map[string]string{"id.server.": "one of many", "hostname.bind.": "one of many", "VERSION.bind.": "v", "version.server.": "v"} {
		m := chaos(s, name, dns.ClassCHAOS)
		if len(m.Answer) != 1 || m.Answer[0].(*dns.TXT).Txt[0] != want || m.Authoritative {
			t.Errorf("%s: %s", name, brief(m))
		}
	}
	for _, m := range []*dns.Msg{
		chaos(s, "authors.bind.", dns.ClassCHAOS),
		chaos(mustServer(t, Config{}, wildZone), "id.server.", dns.ClassCHAOS),
		chaos(s, "host1.example.", dns.ClassHESIOD),
	} {
		if m.Rcode != dns.RcodeRefused {
			t.Errorf("%s: %s", m.Question[0].Name, brief(m))
		}
	}
}

func TestRotation(t *testing.T) {
	zone := "$ORIGIN test.\n$TTL 60\n@ SOA a.dns a.dns 1 2 3 4 5\n@ NS a.dns\na.dns A 192.0.2.1\nwww A 192.0.2.1\nwww A 192.0.2.2\nwww A 192.0.2.3\nt TXT \"a\"\nt TXT \"b\"\n"
	first := func(s *Server, name, typ string) string {
		f := strings.Fields(ask(t, s, question(name, typ, 0), over4, false).Answer[0].String())
		return f[len(f)-1]
	}
	fixed := mustServer(t, Config{}, zone)
	turning := mustServer(t, Config{Rotate: true, Seed: 1}, zone)
	var a, b, c []string
	for range 4 {
		a = append(a, first(fixed, "www.test.", "A"))
		b = append(b, first(turning, "www.test.", "A"))
		c = append(c, first(turning, "t.test.", "TXT"))
	}
	if want := []string{"192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.1"}; !slices.Equal(a, want) {
		t.Errorf("zone order: %v", a)
	}
	if want := []string{"192.0.2.2", "192.0.2.3", "192.0.2.1", "192.0.2.2"}; !slices.Equal(b, want) {
		t.Errorf("rotation from seed 1: %v", b)
	}
	if c[0] != c[1] || c[1] != c[2] {
		t.Errorf("texts rotate: %v", c)
	}
}

func TestNameServersAndAddrs(t *testing.T) {
	z := mustZone(t, wildZone)
	got := z.NameServers()
	if len(got) != 1 || got[0].Name != "ns.example." || fmt.Sprint(got[0].Addrs) != "[192.0.2.53 2001:db8::53]" {
		t.Errorf("name servers %v", got)
	}
	if got := fmt.Sprint(z.Addrs("Both.Example")); got != "[192.0.2.3 2001:db8::3]" {
		t.Errorf("addresses %s", got)
	}
	if got := z.Addrs("no-such.example."); got != nil {
		t.Errorf("addresses of a name that is not there: %v", got)
	}
	if _, err := NewCatalog(z, z); err == nil {
		t.Error("a catalog took the same zone twice")
	}
}

func FuzzAnswer(f *testing.F) {
	zones := []string{wildZone, "$ORIGIN child.example.\n$TTL 9\n@ SOA ns ns 1 2 3 4 5\n@ NS ns\nns A 192.0.2.60\n@ DNAME-IS-NOT-HERE TXT \"x\"\n"}
	zones[1] = strings.ReplaceAll(zones[1], "@ DNAME-IS-NOT-HERE TXT", "www TXT")
	s := mustServer(f, Config{Identity: "i", Version: "v", Rotate: true}, zones...)
	for _, name := range []string{".", "example.", "www.old.example.", "a.b.example.", "loop.example.", "www.child.example.", "id.server."} {
		for _, size := range []uint16{0, 700} {
			f.Add(pack(f, question(name, "A", size)), false)
			f.Add(pack(f, question(name, "ANY", size)), true)
		}
	}
	f.Fuzz(func(t *testing.T, query []byte, stream bool) {
		prefix := []byte("ab")
		out := s.Answer(prefix, query, over6, stream)
		if out == nil {
			if len(query) >= headerOctets && query[2]&0x80 == 0 {
				t.Fatal("a query was met with silence")
			}
			return
		}
		if string(out[:2]) != "ab" {
			t.Fatal("the prefix is damaged")
		}
		out = out[2:]
		if limit := maxUDPResponse; !stream && len(out) > limit || len(out) > maxStream {
			t.Fatalf("%d octets", len(out))
		}
		if out[0] != query[0] || out[1] != query[1] || out[2]&0x80 == 0 {
			t.Fatal("not a response to this query")
		}
		if err := new(dns.Msg).Unpack(out); err != nil {
			t.Fatalf("the response does not parse: %v\n%x", err, out)
		}
	})
}

func BenchmarkAnswer(b *testing.B) {
	s := mustServer(b, Config{}, wildZone, rootLike())
	for _, c := range []struct {
		what, name, typ string
		stream          bool
	}{
		{"Answer", "host1.example.", "A", false},
		{"NXDOMAIN", "nobody.host1.example.", "A", false},
		{"Referral", "www.child.example.", "A", false},
		{"ReferralOf13", "www.big.", "A", false},
		{"Wildcard", "a.b.c.example.", "TXT", false},
		{"DNAME", "www.old.example.", "A", false},
	} {
		b.Run(c.what, func(b *testing.B) {
			query := pack(b, question(c.name, c.typ, 1232))
			out := make([]byte, 0, maxUDPResponse)
			b.ReportAllocs()
			for b.Loop() {
				out = s.Answer(out[:0], query, over4, c.stream)
			}
		})
	}
}

// rootLike is a zone with a delegation to thirteen dual-stack servers.
func rootLike() string {
	var z strings.Builder
	z.WriteString("$ORIGIN .\n$TTL 60\n. SOA a.big. a.big. 1 2 3 4 5\n")
	for i := range 13 {
		fmt.Fprintf(&z, ". NS %c.servers.big.\nbig. NS %[1]c.servers.big.\n%[1]c.servers.big. A 192.0.2.%d\n%[1]c.servers.big. AAAA 2001:db8::%[2]d\n", 'a'+i, i+1)
	}
	return z.String()
}
