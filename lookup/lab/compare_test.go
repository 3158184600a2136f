package lab

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup/lab/auth"
)

// comparison puts the same query to our server and to NSD, which hold the same
// zone files, and demands the same response.
type comparison struct {
	ours    *auth.Server
	theirs  *nsd
	asked   int
	failed  int
	partial int // responses with TC
	signed  int // responses with signatures

	thorough bool // ask for every type of every name in every mode
}

// mode is how a query is asked.
type mode struct {
	name   string
	stream bool
	size   uint16 // EDNS UDP size, 0 for no EDNS
	do     bool
}

var loopback = netip.MustParseAddr("127.0.0.1")

var modes = []mode{
	{name: "udp"},
	{name: "udp, EDNS 512", size: 512},
	{name: "udp, EDNS 1232, DO", size: 1232, do: true},
	{name: "udp, EDNS 4096", size: 4096},
	{name: "tcp", stream: true},
	{name: "tcp, EDNS", stream: true, size: 1232},
	{name: "tcp, EDNS, DO", stream: true, size: 1232, do: true},
}

var comparedTypes = []uint16{
	dns.TypeA, dns.TypeAAAA, dns.TypeNS, dns.TypeSOA, dns.TypeMX, dns.TypeTXT, dns.TypeCNAME, dns.TypeANY,
	dns.TypeHTTPS, dns.TypeSVCB, dns.TypeSRV, dns.TypeCAA, dns.TypePTR, dns.TypeDNAME, dns.TypeDS, 65400,
	dns.TypeDNSKEY, dns.TypeRRSIG, dns.TypeNSEC, dns.TypeNSEC3PARAM,
}

// TestSameAnswersAsNSD is the comparison, for every distinct set of zones that a
// server of the lab holds.
func TestSameAnswersAsNSD(t *testing.T) {
	program := findNSD(t)
	all, err := Zones()
	if err != nil {
		t.Fatal(err)
	}
	sets := map[string]bool{}
	total := 0
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	keys := newKeyring(7, func() time.Time { return now })
	for _, s := range nameServers {
		if sets[s.zones] || s.zones == hostedZones { // the second hosting server has these and more
			continue
		}
		sets[s.zones] = true
		t.Run(s.name, func(t *testing.T) {
			texts := map[string]string{}
			var held []*auth.Zone
			for _, name := range s.zoneNames() {
				text, ok := ZoneFile(name)
				if !ok {
					t.Fatalf("no zone file for %s", name)
				}
				if _, signed := signedBy[name]; signed {
					text = signedText(t, keys, name)
				}
				texts[name] = text
				held = append(held, keys.secured(all[name]))
			}
			total += compareZones(t, program, held, texts, false)
		})
	}
	t.Run("corner cases", func(t *testing.T) {
		var held []*auth.Zone
		for name, text := range cornerCases {
			z, err := auth.ParseZone(name, strings.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			held = append(held, z)
		}
		total += compareZones(t, program, held, cornerCases, true)
	})
	t.Logf("%d queries in all", total)
}

// signedText is the master file of a signed zone, made by other code than what
// our servers sign with.
func signedText(t testing.TB, keys *keyring, zone string) string {
	t.Helper()
	signed, err := keys.export(zone)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if _, err := signed.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// compareZones is the comparison for one server's zones; it returns how many
// queries were asked.
func compareZones(t *testing.T, program string, held []*auth.Zone, texts map[string]string, thorough bool) int {
	t.Helper()
	catalog, err := auth.NewCatalog(held...)
	if err != nil {
		t.Fatal(err)
	}
	c := &comparison{
		ours:   auth.NewServer(auth.Config{Identity: testIdentity, Version: testVersion, Catalog: catalog}),
		theirs: startNSD(t, program, texts),

		thorough: thorough && !underRace || os.Getenv("ROOTWALK_COMPARE") == "all",
	}
	c.names(t, held)
	c.oddities(t, held[0].Origin())
	t.Logf("%d queries, %d truncated, %d with signatures", c.asked, c.partial, c.signed)
	return c.asked
}

// names asks for every owner of the zones and for many names that are not there,
// with every type and in every mode.
func (c *comparison) names(t *testing.T, held []*auth.Zone) {
	random := rand.New(rand.NewPCG(1, 2))
	set := map[string]bool{}
	for _, z := range held {
		for owner := range z.Owners {
			set[owner] = true
			// Below, far below, and beside: depending on the owner this is below a
			// delegation, a DNAME, a wildcard, an empty non-terminal or nothing.
			for _, prefix := range []string{"no-such-name.", "a.b.c.d.", "*.", "x.*.", randomLabel(random) + "."} {
				set[prefix+strings.TrimPrefix(owner, ".")] = true
			}
			if _, parent, ok := strings.Cut(owner, "."); ok && owner != "." {
				set[dns.Fqdn(randomLabel(random)+"."+parent)] = true
				set[dns.Fqdn(parent)] = true
			}
		}
	}
	// Targets of the alias cases, names elsewhere, and sizes at the limit.
	for _, name := range []string{
		".", "com.", "no-such-tld.", "www.example.co.kr.", "www.example.com.", "edge.cdn.net.", "www.shop.example.",
		"a.root-servers.net.", "10.113.0.203.in-addr.arpa.", "example.", "kr.", "co.kr.",
	} {
		set[name] = true
	}
	long := strings.Repeat("x", 40)
	for n := range 30 {
		set[strings.Repeat("y", n+10)+"."+long[:n]+"z.deep.dname.example."] = true
	}
	set[strings.Repeat("a.", 110)+"wild.example."] = true
	var names []string
	for name := range set {
		if _, ok := dns.IsDomainName(name); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	turn := 0
	for _, name := range names {
		for _, typ := range comparedTypes {
			// In CI every question; elsewhere every ninth, so that each name still meets
			// one or two types and each type many names; fewer where the race detector
			// watches, which is there for our server and not for what it says.
			every := 9
			if underRace {
				every = 61
			}
			if turn++; turn%every != 0 && !c.thorough {
				continue
			}
			for _, m := range modes {
				c.compare(t, m, mixCase(random, name), typ, dns.ClassINET)
			}
		}
		c.compare(t, modes[0], name, dns.TypeA, dns.ClassANY)
		c.compare(t, modes[4], name, dns.TypeANY, dns.ClassANY)
	}
}

func randomLabel(random *rand.Rand) string {
	label := make([]byte, 1+random.IntN(12))
	for i := range label {
		label[i] = "abcdefghijklmnopqrstuvwxyz0123456789-"[random.IntN(37)]
	}
	return string(label)
}

// mixCase changes the case of letters at random, but not inside \DDD.
func mixCase(random *rand.Rand, name string) string {
	out := []byte(name)
	for i, b := range out {
		if 'a' <= b && b <= 'z' && random.IntN(3) == 0 {
			out[i] = b - 32
		}
	}
	return string(out)
}

func (c *comparison) compare(t *testing.T, m mode, name string, typ, class uint16) {
	t.Helper()
	q := new(dns.Msg)
	q.Id = uint16(c.asked + 1)
	q.RecursionDesired = c.asked%2 == 0
	q.CheckingDisabled = c.asked%5 == 0
	q.Question = []dns.Question{{Name: name, Qtype: typ, Qclass: class}}
	if m.size > 0 {
		q.SetEdns0(m.size, m.do)
	}
	msg, err := q.Pack()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	c.compareBytes(t, fmt.Sprintf("%s %s %s (%s)", name, dns.Class(class), dns.Type(typ), m.name), m, msg, false)
}

// compareBytes is compare for a message as it stands; silent says that no
// response is expected.
func (c *comparison) compareBytes(t *testing.T, what string, m mode, msg []byte, silent bool) {
	t.Helper()
	c.asked++
	if c.failed >= 20 {
		return // enough to see what is wrong
	}
	ours := c.ours.Answer(nil, msg, loopback, m.stream)
	theirs := c.theirs.ask(t, msg, m.stream, silent)
	fail := func(format string, args ...any) {
		c.failed++
		t.Errorf("%s\n%s", what, fmt.Sprintf(format, args...))
	}
	if (ours == nil) != (theirs == nil) {
		fail("ours: %x\nnsd: %x", ours, theirs)
		return
	}
	if ours == nil {
		return
	}
	var a, b dns.Msg
	if err := a.Unpack(ours); err != nil {
		fail("our response does not parse: %v", err)
		return
	}
	if err := b.Unpack(theirs); err != nil {
		fail("nsd's response does not parse: %v", err)
		return
	}
	if len(b.Question) == 0 && len(a.Question) == 1 && b.Rcode == dns.RcodeRefused {
		// The one exception: NSD leaves the question out when it refuses a class.
		// RFC 1035 section 4.1.1 and RFC 5452 section 4.2 want it in a response, as
		// the asker recognises its response by it.
		theirs = append(theirs, msg[12:len(ours)-extendedErrorOctets(&a)]...)
		b.Question = a.Question
	}
	if a.Truncated {
		c.partial++
	}
	if slices.ContainsFunc(append(a.Answer, a.Ns...), func(rr dns.RR) bool { return rr.Header().Rrtype == dns.TypeRRSIG }) {
		c.signed++
	}
	// Names that NSD makes up for a DNAME it does not always compress, and does
	// not prove the absence of in full.
	synthesised := slices.ContainsFunc(b.Answer, func(rr dns.RR) bool { return rr.Header().Rrtype == dns.TypeDNAME })
	got, want := canonical(&a), canonical(&b)
	if synthesised && got != want && m.do {
		got, want = withoutDenials(got), withoutDenials(want)
		if got == want {
			return
		}
	}
	// Where a wildcard's alias leads to the name itself, NSD sometimes writes its one
	// record twice. A set has no record twice (RFC 2181 section 5).
	repeated := false
	if got != want && onceEach(&b) {
		repeated = true
		want = canonical(&b)
	}
	if got != want {
		fail("--- ours\n%s--- nsd\n%s", got, want)
	}
	// Same records and same compression: the same size, but for the extended
	// error that NSD and we may choose differently (RFC 8914 is advice).
	if x, y := len(ours)-extendedErrorOctets(&a), len(theirs)-extendedErrorOctets(&b); x != y && !((synthesised || repeated) && x < y) {
		fail("%d octets, nsd %d", x, y)
	}
}

// onceEach takes out of the answer section of a response what stands in it twice,
// and says whether there was any.
func onceEach(m *dns.Msg) bool {
	n := len(m.Answer)
	var kept []dns.RR
	for _, rr := range m.Answer {
		if !slices.ContainsFunc(kept, func(k dns.RR) bool { return dns.IsDuplicate(k, rr) && k.Header().Ttl == rr.Header().Ttl }) {
			kept = append(kept, rr)
		}
	}
	m.Answer = kept
	return len(kept) != n
}

// canonical writes a response so that equal responses are equal strings: the
// order inside a section does not count, nor does the case of names, except in
// the question.
func canonical(m *dns.Msg) string {
	var b strings.Builder
	fmt.Fprintf(&b, "id %d opcode %d rcode %s qr=%t aa=%t tc=%t rd=%t ra=%t z=%t ad=%t cd=%t\n", m.Id, m.Opcode, dns.RcodeToString[m.Rcode],
		m.Response, m.Authoritative, m.Truncated, m.RecursionDesired, m.RecursionAvailable, m.Zero, m.AuthenticatedData, m.CheckingDisabled)
	for _, q := range m.Question {
		fmt.Fprintf(&b, "question %s %d %d\n", q.Name, q.Qtype, q.Qclass)
	}
	for i, rrs := range [][]dns.RR{m.Answer, m.Ns, m.Extra} {
		var lines []string
		for _, rr := range rrs {
			if opt, ok := rr.(*dns.OPT); ok {
				lines = append(lines, fmt.Sprintf("OPT version %d size %d do=%t", opt.Version(), opt.UDPSize(), opt.Do()))
				continue
			}
			text := strings.ToLower(rr.String())
			if rr.Header().Rrtype == dns.TypeTXT || rr.Header().Rrtype == dns.TypeCAA {
				text = rr.String()
			}
			lines = append(lines, text)
		}
		slices.Sort(lines)
		for _, l := range lines {
			fmt.Fprintf(&b, "%s %s\n", [...]string{"answer", "authority", "additional"}[i], l)
		}
	}
	return b.String()
}

// withoutDenials leaves out the lines of NSEC and NSEC3 records and their
// signatures.
func withoutDenials(text string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(text, "\n"), func(l string) bool {
		return strings.HasPrefix(l, "authority ") && (strings.Contains(l, "\tnsec") || strings.Contains(l, "\trrsig\tnsec"))
	}), "\n")
}

func extendedErrorOctets(m *dns.Msg) int {
	opt := m.IsEdns0()
	if opt == nil {
		return 0
	}
	n := 0
	for _, o := range opt.Option {
		if e, ok := o.(*dns.EDNS0_EDE); ok {
			n += 6 + len(e.ExtraText)
		}
	}
	return n
}

// oddities asks what is not an ordinary question. Left out are NOTIFY and AXFR
// over UDP: NSD, which can be a secondary, treats them specially; to us they are
// an opcode we do not have (RFC 1035 section 4.1.1) and a transfer we refuse.
func (c *comparison) oddities(t *testing.T, origin string) {
	for _, m := range modes {
		for _, name := range []string{"version.bind.", "version.server.", "id.server.", "Hostname.Bind.", "authors.bind.", "."} {
			for _, typ := range []uint16{dns.TypeTXT, dns.TypeANY, dns.TypeA} {
				c.compare(t, m, name, typ, dns.ClassCHAOS)
			}
		}
		for _, typ := range []uint16{dns.TypeMAILA, dns.TypeMAILB, dns.TypeOPT, dns.TypeNSEC3, dns.TypeDNSKEY, dns.TypeRRSIG, 65535, 0} {
			c.compare(t, m, origin, typ, dns.ClassINET)
		}
	}
	base := func(change func(*dns.Msg)) []byte {
		q := new(dns.Msg)
		q.SetQuestion(origin, dns.TypeSOA)
		q.Id = 0x5eed
		change(q)
		msg, err := q.Pack()
		if err != nil {
			t.Fatal(err)
		}
		return msg
	}
	plain := base(func(*dns.Msg) {})
	edns := base(func(q *dns.Msg) { q.SetEdns0(1232, false) })
	put16 := func(at int, v uint16) []byte {
		msg := slices.Clone(plain)
		binary.BigEndian.PutUint16(msg[at:], v)
		return msg
	}
	for _, o := range []struct {
		what   string
		msg    []byte
		silent bool
	}{
		{"a response", base(func(q *dns.Msg) { q.Response = true }), true},
		{"eleven octets", plain[:11], true},
		{"a header that promises a question", plain[:12], false},
		{"half a question", plain[:len(plain)-3], false},
		{"opcode IQUERY", base(func(q *dns.Msg) { q.Opcode = dns.OpcodeIQuery }), false},
		{"opcode STATUS", base(func(q *dns.Msg) { q.Opcode = dns.OpcodeStatus }), false},
		{"opcode UPDATE", base(func(q *dns.Msg) { q.Opcode = dns.OpcodeUpdate }), false},
		{"an rcode in a query", base(func(q *dns.Msg) { q.Rcode = dns.RcodeRefused }), false},
		{"an answer in a query", base(func(q *dns.Msg) {
			q.Answer = []dns.RR{&dns.NULL{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeNULL, Class: 1}}}
		}), false},
		{"authority in a query", base(func(q *dns.Msg) {
			q.Ns = []dns.RR{&dns.NULL{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeNULL, Class: 1}}}
		}), false},
		{"a record that is no OPT", base(func(q *dns.Msg) {
			q.Extra = []dns.RR{&dns.NULL{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeNULL, Class: 1}}}
		}), false},
		{"two OPT records", base(func(q *dns.Msg) { q.SetEdns0(1232, false); q.Extra = append(q.Extra, q.Extra[0]) }), false},
		{"EDNS version 1", base(func(q *dns.Msg) { q.SetEdns0(1232, true); q.IsEdns0().SetVersion(1) }), false},
		{"EDNS with options", base(func(q *dns.Msg) {
			q.SetEdns0(1232, false)
			q.IsEdns0().Option = []dns.EDNS0{&dns.EDNS0_NSID{Code: dns.EDNS0NSID}, &dns.EDNS0_LOCAL{Code: 65001, Data: []byte("x")}}
		}), false},
		{"EDNS cut short", edns[:len(edns)-1], false},
		{"EDNS with an option that is too long", append(slices.Clone(edns[:len(edns)-2]), 0, 4, 0, 3, 0, 9), false},
		{"additional records that are not there", put16(10, 1), false},
		{"something behind the end", append(slices.Clone(plain), 1, 2, 3), false},
		{"a pointer in the question", append(slices.Clone(plain[:12]), 0xc0, 12, 0, 1, 0, 1), false},
		{"class HS", base(func(q *dns.Msg) { q.Question[0].Qclass = dns.ClassHESIOD }), false},
	} {
		for _, m := range []mode{modes[0], modes[4]} {
			if m.stream && (o.silent || len(o.msg) < len(plain)) {
				continue // NSD closes such a connection
			}
			c.compareBytes(t, o.what+" ("+m.name+")", m, o.msg, o.silent)
		}
	}
	c.compareBytes(t, "AXFR", modes[4], base(func(q *dns.Msg) { q.SetAxfr(origin); q.Id = 1 }), false)
}
