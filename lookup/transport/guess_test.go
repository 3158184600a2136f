package transport_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/lookuptest"
	"rootwalk/lookup/message"
	"rootwalk/lookup/transport"
)

// guard is a client on a wire, asked again and again.
type guard struct {
	*testing.T
	wire   *lookuptest.Wire
	client *transport.Client
}

func newGuard(t *testing.T, c transport.Config) *guard {
	g := &guard{T: t, wire: lookuptest.NewWire()}
	c.Network, c.Party, c.TCPTimeout = g.wire, lookup.Party{By: lookup.RoleResolver, Host: "R1"}, 100*time.Millisecond
	g.client = transport.New(c)
	return g
}

func (g *guard) ask(name lookup.Name, edit func(q *message.Query)) (*message.Response, string, error) {
	q := message.Query{
		Server: lookup.Server{Name: "ns1.example.", Addr: at}, Zone: "example.", Try: 1, Timeout: 200 * time.Millisecond,
		Question: lookup.Question{Name: name, Type: lookup.TypeA, Class: lookup.ClassIN},
	}
	if edit != nil {
		edit(&q)
	}
	tr := lookup.NewTrace(lookup.TraceConfig{})
	r, err := g.client.Ask(context.Background(), tr.Root(), q)
	var keys []string
	for _, e := range tr.Events() {
		keys = append(keys, e.Fact.Line().Key)
	}
	return r, strings.Join(keys, " "), err
}

func (g *guard) serve(h func(p lookuptest.Packet, q, m *dns.Msg)) {
	g.wire.Handle(at, func(p lookuptest.Packet) [][]byte {
		q, m := new(dns.Msg), new(dns.Msg)
		if err := q.Unpack(p.Message); err != nil {
			g.Error(err)
		}
		m.SetReply(q)
		m.Authoritative, m.Compress = true, true
		rr, _ := dns.NewRR(q.Question[0].Name + " 60 A 203.0.113.10")
		m.Answer = []dns.RR{rr}
		h(p, q, m)
		out, err := m.Pack()
		if err != nil {
			g.Error(err)
		}
		return [][]byte{out}
	})
}

const longName = "abcdefghijklmnopqrstuvwxyz.example."

func TestMixedCase(t *testing.T) {
	g := newGuard(t, transport.Config{MixedCase: true})
	seen := map[string]bool{}
	g.serve(func(_ lookuptest.Packet, q, m *dns.Msg) { seen[q.Question[0].Name] = true })
	for range 10 {
		r, keys, err := g.ask(longName, nil)
		if err != nil || keys != "query.sent.resolver answer.received.resolver" || r.Answer[0].Name != longName || r.Answer[0].RRs[0].Header().Name != longName {
			t.Fatalf("%s, %v, %+v", keys, err, r)
		}
	}
	if len(seen) < 10 {
		t.Errorf("%d ways to write 33 letters in 10 queries", len(seen))
	}
	for name := range seen {
		if !strings.EqualFold(name, longName) || name == longName {
			t.Errorf("asked for %s", name)
		}
	}
	// Escapes and octets that are no letters stay as they are.
	odd := lookup.Name(`a\000\255@[` + "`" + `{.example.`)
	g.serve(func(_ lookuptest.Packet, q, m *dns.Msg) {
		if !message.NameOf(q.Question[0].Name).Equal(odd) {
			t.Errorf("asked for %s", q.Question[0].Name)
		}
	})
	if _, _, err := g.ask(odd, nil); err != nil {
		t.Error(err)
	}
}

// A server that writes names in its own way is asked over TCP, once.
func TestAServerThatDoesNotKeepTheCase(t *testing.T) {
	g := newGuard(t, transport.Config{MixedCase: true})
	g.serve(func(_ lookuptest.Packet, q, m *dns.Msg) {
		m.Question[0].Name = strings.ToLower(m.Question[0].Name)
	})
	r, keys, err := g.ask(longName, nil)
	if err != nil || keys != "query.sent.resolver response.rejected.case connection.opened query.sent.resolver answer.received.resolver" || r.Sent != 2 {
		t.Errorf("%s, %v", keys, err)
	}
	if _, keys, err = g.ask(longName, nil); err != nil || keys != "query.sent.resolver answer.received.resolver" {
		t.Errorf("the second time: %s, %v", keys, err)
	}
}

// A response in the wrong case, forged over UDP, is not believed, and the
// server itself gets its say.
func TestAForgerWhoDoesNotKnowTheCase(t *testing.T) {
	g := newGuard(t, transport.Config{MixedCase: true})
	g.serve(func(p lookuptest.Packet, q, m *dns.Msg) {
		if !p.TCP {
			m.Question[0].Name = longName
			m.Answer[0].(*dns.A).A = netip.MustParseAddr("203.0.113.66").AsSlice()
		}
	})
	r, keys, err := g.ask(longName, nil)
	if err != nil || message.RecordText(r.Answer[0].RRs[0]) != "203.0.113.10" {
		t.Errorf("%s, %v, %+v", keys, err, r)
	}
}

// Somebody is guessing IDs: the question is settled over TCP, where guessing is
// of no use.
func TestNearMisses(t *testing.T) {
	g := newGuard(t, transport.Config{NearMisses: 2})
	wrong := 0
	honest := func(p lookuptest.Packet) [][]byte { return [][]byte{reply(t, p, nil)} }
	g.wire.Handle(at, func(p lookuptest.Packet) [][]byte {
		if p.TCP {
			return honest(p)
		}
		var out [][]byte
		for range wrong {
			out = append(out, reply(t, p, func(m *dns.Msg) { m.Id++ }))
		}
		return append(out, honest(p)...)
	})
	for n, want := range []string{
		"query.sent.resolver answer.received.resolver",
		"query.sent.resolver response.rejected.id answer.received.resolver",
		"query.sent.resolver response.rejected.id response.rejected.id connection.opened query.sent.resolver answer.received.resolver",
	} {
		wrong = n
		if _, keys, err := g.ask("www.example.", nil); err != nil || keys != want {
			t.Errorf("%d wrong: %s, %v", n, keys, err)
		}
	}
}

// cookies is a server that knows cookies (RFC 7873 §5.2).
type cookies struct {
	mu     sync.Mutex
	secret string
	strict bool
	got    []string
}

func (c *cookies) answer(_ lookuptest.Packet, q, m *dns.Msg) {
	c.mu.Lock()
	defer c.mu.Unlock()
	opt := q.IsEdns0()
	if opt == nil {
		return
	}
	m.SetEdns0(1232, false)
	for _, o := range opt.Option {
		if o, ok := o.(*dns.EDNS0_COOKIE); ok {
			c.got = append(c.got, o.Cookie)
			right := o.Cookie[:16] + hex.EncodeToString([]byte(c.secret))
			m.IsEdns0().Option = []dns.EDNS0{&dns.EDNS0_COOKIE{Code: dns.EDNS0COOKIE, Cookie: right}}
			if c.strict && o.Cookie != right {
				m.Answer, m.Rcode = nil, dns.RcodeBadCookie
			}
		}
	}
}

func TestCookies(t *testing.T) {
	g := newGuard(t, transport.Config{Cookies: true})
	c := &cookies{secret: "12345678"}
	g.serve(c.answer)
	plain := "query.sent.resolver answer.received.resolver"
	for range 2 {
		if _, keys, err := g.ask(longName, nil); err != nil || keys != plain {
			t.Fatalf("%s, %v", keys, err)
		}
	}
	if len(c.got[0]) != 16 || c.got[1] != c.got[0]+hex.EncodeToString([]byte("12345678")) {
		t.Errorf("sent cookies %q", c.got)
	}
	// The server changes its secret and insists (RFC 7873 §5.2.3).
	c.secret, c.strict = "abcdefgh", true
	r, keys, err := g.ask(longName, nil)
	if err != nil || keys != "query.sent.resolver failure.received query.sent.resolver answer.received.resolver" || r.Sent != 2 {
		t.Errorf("%s, %v", keys, err)
	}
	// A server that says BADCOOKIE whatever it gets is asked over TCP.
	g.serve(func(p lookuptest.Packet, q, m *dns.Msg) {
		if c.answer(p, q, m); !p.TCP {
			m.Answer, m.Rcode = nil, dns.RcodeBadCookie
		} else {
			m.Rcode = dns.RcodeSuccess
		}
	})
	if _, keys, err = g.ask(longName, nil); err != nil || keys != "query.sent.resolver failure.received query.sent.resolver failure.received connection.opened query.sent.resolver answer.received.resolver" {
		t.Errorf("%s, %v", keys, err)
	}
	// Another server gets another cookie; a query without EDNS has none.
	n := len(c.got)
	g.serve(c.answer)
	if _, _, err = g.ask(longName, func(q *message.Query) { q.Plain = true }); len(c.got) != n {
		t.Errorf("a plain query had a cookie, %v", err)
	}
}

func TestForgedCookies(t *testing.T) {
	right := func(q *dns.Msg) string { return q.IsEdns0().Option[0].(*dns.EDNS0_COOKIE).Cookie[:16] }
	for what, cookie := range map[string]func(q *dns.Msg) string{
		"of somebody else": func(*dns.Msg) string { return strings.Repeat("ab", 16) },
		"none":             nil,
		"too short":        func(q *dns.Msg) string { return right(q) },
		"too long":         func(q *dns.Msg) string { return right(q) + strings.Repeat("00", 33) },
	} {
		g := newGuard(t, transport.Config{Cookies: true})
		c := &cookies{secret: "12345678"}
		g.serve(c.answer)
		if _, _, err := g.ask(longName, nil); err != nil {
			t.Fatal(err)
		}
		g.serve(func(p lookuptest.Packet, q, m *dns.Msg) {
			if p.TCP {
				c.answer(p, q, m)
				return
			}
			m.Answer[0].(*dns.A).A = netip.MustParseAddr("203.0.113.66").AsSlice()
			if m.SetEdns0(1232, false); cookie != nil {
				m.IsEdns0().Option = []dns.EDNS0{&dns.EDNS0_COOKIE{Code: dns.EDNS0COOKIE, Cookie: cookie(q)}}
			}
		})
		r, keys, err := g.ask(longName, nil)
		if err != nil || keys != "query.sent.resolver response.rejected.cookie connection.opened query.sent.resolver answer.received.resolver" || !bytes.Contains([]byte(message.RecordText(r.Answer[0].RRs[0])), []byte("203.0.113.10")) {
			t.Errorf("%s: %s, %v", what, keys, err)
		}
		// When the server itself has forgotten cookies, that is learned over TCP.
		g.serve(func(lookuptest.Packet, *dns.Msg, *dns.Msg) {})
		g.ask(longName, nil)
		if _, keys, err := g.ask(longName, nil); err != nil || keys != "query.sent.resolver answer.received.resolver" {
			t.Errorf("%s, then without: %s, %v", what, keys, err)
		}
	}
}
