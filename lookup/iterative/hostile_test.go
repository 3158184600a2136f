package iterative_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/iterative"
	"rootwalk/lookup/lookuptest"
	"rootwalk/lookup/lookuptest/hostile"
	"rootwalk/lookup/message"
	"rootwalk/lookup/transport"
)

// counted is a network that knows how many connections are open.
type counted struct {
	lookup.Network
	open atomic.Int64
}

type countedConn struct {
	net.Conn
	closed atomic.Bool
	of     *counted
}

func (c *counted) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := c.Network.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	c.open.Add(1)
	return &countedConn{Conn: conn, of: c}, nil
}

func (c *countedConn) Close() error {
	if !c.closed.Swap(true) {
		c.of.open.Add(-1)
	}
	return c.Conn.Close()
}

// Whatever servers send, over UDP and over TCP, with and without the checks
// that make forging harder: a resolution ends in bounded time and work, nothing
// of anybody else's zones is kept, no connection stays open, and the trace
// can be read.
func TestHostileServers(t *testing.T) {
	if len(hostile.Servers) < 40 {
		t.Fatalf("%d kinds", len(hostile.Servers))
	}
	for what, h := range hostile.Servers {
		for _, over := range []string{"udp", "tcp"} {
			for _, guarded := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%s/%v", what, over, guarded), func(t *testing.T) {
					t.Parallel()
					standHostile(t, h, over == "tcp", guarded)
				})
			}
		}
	}
}

func standHostile(t *testing.T, h hostile.Server, overTCP, guarded bool) {
	var network *counted
	b := newBench(t, func(c *iterative.Config) {
		c.Limits = iterative.Limits{Time: 500 * time.Millisecond, FirstTimeout: 20 * time.Millisecond, MinTimeout: 20 * time.Millisecond, MaxTimeout: 20 * time.Millisecond}
		if guarded {
			c.Minimise = iterative.MinimiseOn
		}
	})
	network = &counted{Network: b.wire}
	config := iterative.Config{
		Host: "R1", Clock: b.clock, Cache: b.cache, Seed: 1,
		Limits: iterative.Limits{Time: 500 * time.Millisecond, FirstTimeout: 20 * time.Millisecond, MinTimeout: 20 * time.Millisecond, MaxTimeout: 20 * time.Millisecond},
		Hints:  []lookup.NameServer{{Name: "a.root-servers.net.", Addrs: []netip.Addr{rootAddr}, Glue: lookup.GlueHint}},
		Asker: transport.New(transport.Config{
			Network: network, Party: lookup.Party{By: lookup.RoleResolver, Host: "R1"}, TCPTimeout: 30 * time.Millisecond, MixedCase: guarded, Cookies: guarded,
		}),
	}
	if guarded {
		config.Minimise = iterative.MinimiseOn
	}
	b.resolver = iterative.New(config)
	b.serve("198.41.0.4", func(q dns.Question, m *dns.Msg) {
		switch {
		case dns.IsSubDomain("bank.", q.Name):
			delegate(m, "bank.", "ns.bank.", "203.0.113.10")
		case dns.IsSubDomain("example.", q.Name):
			delegate(m, "example.", "ns.example.", "203.0.113.66")
		default:
			m.Rcode = dns.RcodeNameError
			add(&m.Ns, ". 60 SOA a. b. 1 2 3 4 60")
		}
	})
	b.serve("203.0.113.10", func(q dns.Question, m *dns.Msg) { add(&m.Answer, "www.bank. 3600 A 203.0.113.11") })
	b.wire.Handle(netip.MustParseAddrPort("203.0.113.66:53"), func(p lookuptest.Packet) [][]byte {
		q := new(dns.Msg)
		if err := q.Unpack(p.Message); err != nil {
			t.Error(err)
			return nil
		}
		m := new(dns.Msg).SetReply(q)
		m.Authoritative = true
		if overTCP && !p.TCP {
			m.Truncated = true
		} else {
			add(&m.Answer, q.Question[0].Name+" 60 A 203.0.113.1")
		}
		honest, err := m.Pack()
		if err != nil {
			t.Error(err)
			return nil
		}
		if overTCP && !p.TCP {
			return [][]byte{honest}
		}
		return h(q, honest)
	})
	bank := func() string { return texts(b.resolve("www.bank.", lookup.TypeA)) }
	if got := bank(); got != "203.0.113.11" {
		t.Fatalf("www.bank. is at %q", got)
	}
	began := time.Now()
	r := b.resolve("www.example.", lookup.TypeA)
	if took := time.Since(began); took > 10*time.Second { // far above the limit: machines may be busy
		t.Errorf("took %v", took)
	}
	if r.Queries > 50 {
		t.Errorf("%d packets", r.Queries)
	}
	if err := lookuptest.CheckTrace(b.trace); err != nil {
		t.Error(err)
	}
	if _, err := (message.Reply{Rcode: r.Rcode, OPT: true, Answer: r.Answer, Authority: r.Authority, Extended: r.Extended}).Pack(message.MaxSize); err != nil {
		t.Errorf("the client gets no response: %v", err)
	}
	for _, e := range b.cache.Snapshot().Entries {
		if e.From.Addr.Addr() == netip.MustParseAddr("203.0.113.66") && e.Kind != lookup.CacheFailure && (!e.Name.In("example.") || e.Name == "example." && e.Kind == lookup.CacheNxdomain) {
			t.Errorf("%s %s %v was kept", e.Name, e.Type, e.Records)
		}
		if e.Name != e.Name.Canonical() && e.Kind != lookup.CacheFailure {
			t.Errorf("%s was kept", e.Name)
		}
		for _, rec := range e.Records {
			if rec.Class != lookup.ClassIN {
				t.Errorf("%+v was kept", rec)
			}
			for _, c := range string(rec.Name) + rec.Data {
				if c < ' ' || c > '~' {
					t.Errorf("%q was kept", string(rec.Name)+rec.Data)
				}
			}
		}
	}
	for _, p := range b.wire.Log() {
		if a := p.To.Addr(); a.IsLoopback() || a.IsUnspecified() || a.IsMulticast() {
			t.Errorf("a packet went to %v", p.To)
		}
	}
	if got := bank(); got != "203.0.113.11" {
		t.Errorf("www.bank. is at %q now", got)
	}
	if n := network.open.Load(); n != 0 {
		t.Errorf("%d connections are open", n)
	}
}
