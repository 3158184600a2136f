package iterative_test

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/iterative"
	"rootwalk/lookup/lookuptest"
	"rootwalk/lookup/message"
)

// Every server of the zone fails in its way; the last one is well.
func TestNextServer(t *testing.T) {
	b := newBench(t, func(c *iterative.Config) {
		c.Limits = iterative.Limits{FirstTimeout: 20 * time.Millisecond}
	})
	b.serve("198.41.0.4", func(q dns.Question, m *dns.Msg) {
		m.Authoritative = false
		for i := range 8 {
			add(&m.Ns, fmt.Sprintf("example. 3600 NS ns%d.example.", i))
			add(&m.Extra, fmt.Sprintf("ns%d.example. 3600 A 203.0.113.%d", i, i))
		}
	})
	// .0 is silent
	b.wire.Break(netip.MustParseAddr("203.0.113.1"), syscall.ECONNREFUSED)
	b.serve("203.0.113.2", func(q dns.Question, m *dns.Msg) { m.Rcode = dns.RcodeServerFailure })
	b.serve("203.0.113.3", func(q dns.Question, m *dns.Msg) { m.Rcode = dns.RcodeRefused })
	b.serve("203.0.113.4", func(q dns.Question, m *dns.Msg) { m.Authoritative = false })
	b.serve("203.0.113.5", func(q dns.Question, m *dns.Msg) { delegate(m, ".", "a.root-servers.net.") })
	b.wire.Break(netip.MustParseAddr("203.0.113.6"), syscall.EHOSTUNREACH)
	b.serve("203.0.113.7", func(q dns.Question, m *dns.Msg) { add(&m.Answer, q.Name+" 60 A 203.0.113.99") })
	asked := map[string]bool{}
	for range 40 { // whatever the order
		b.cache.FlushAll()
		b.clock.Skip(time.Hour) // nor does it remember who failed
		r := b.resolve("www.example.", lookup.TypeA)
		b.want(r, lookup.OutcomeAnswer, lookup.RcodeNoError, "")
		for _, e := range b.trace.Events() {
			asked[e.Fact.Line().Key] = true
		}
	}
	for _, key := range []string{"query.timedOut", "query.failed.refused", "failure.received", "lame.received.refused", "lame.received.notAuthoritative", "lame.received.upward", "query.failed.unreachable", "server.chosen.next"} {
		if !asked[key] {
			t.Errorf("%s never happened", key)
		}
	}
}

func TestAFailedServerIsAvoidedForAWhile(t *testing.T) {
	b := newBench(t, func(c *iterative.Config) {
		c.Limits = iterative.Limits{FirstTimeout: 20 * time.Millisecond}
	})
	b.serve("198.41.0.4", func(q dns.Question, m *dns.Msg) {
		m.Authoritative = false
		add(&m.Ns, "example. 60 NS dead.example.", "example. 60 NS live.example.")
		add(&m.Extra, "dead.example. 60 A 203.0.113.1", "live.example. 60 A 203.0.113.2")
	})
	b.serve("203.0.113.2", func(q dns.Question, m *dns.Msg) { add(&m.Answer, q.Name+" 1 A 203.0.113.99") })
	timedOut := func() bool {
		b.cache.FlushAll()
		b.want(b.resolve("www.example.", lookup.TypeA), lookup.OutcomeAnswer, lookup.RcodeNoError, "")
		return strings.Contains(lookuptest.Transcript(b.trace.Events()), "query.timedOut")
	}
	for !timedOut() { // until it has met the dead one
		b.clock.Skip(time.Hour)
	}
	for range 30 {
		if timedOut() {
			t.Fatal("a server that failed was asked again at once")
		}
	}
	again := false
	for range 30 {
		b.clock.Skip(time.Hour)
		again = again || timedOut()
	}
	if !again {
		t.Error("a server that failed was never tried again")
	}
}

func TestWithoutIPv6(t *testing.T) {
	v6 := netip.MustParseAddr("2001:db8::1")
	b := newBench(t, func(c *iterative.Config) {
		c.Hints = []lookup.NameServer{{Name: "a.root-servers.net.", Addrs: []netip.Addr{v6, rootAddr}, Glue: lookup.GlueHint}}
	})
	b.wire.Break(v6, syscall.ENETUNREACH)
	b.serve("198.41.0.4", func(q dns.Question, m *dns.Msg) { add(&m.Answer, q.Name+" 60 A 203.0.113.99") })
	failed := 0
	for i := range 20 {
		b.want(b.resolve(lookup.Name(fmt.Sprintf("n%d.", i)), lookup.TypeA), lookup.OutcomeAnswer, lookup.RcodeNoError, "")
		failed += strings.Count(lookuptest.Transcript(b.trace.Events()), "query.failed")
	}
	if failed > 1 {
		t.Errorf("the missing family was tried %d times", failed)
	}
}

func TestPreferIPv4(t *testing.T) {
	b := newBench(t, func(c *iterative.Config) {
		c.PreferIPv4 = true
		c.Hints = []lookup.NameServer{{Name: "a.root-servers.net.", Addrs: []netip.Addr{netip.MustParseAddr("2001:db8::1"), rootAddr}}}
	})
	b.serve("198.41.0.4", func(q dns.Question, m *dns.Msg) { add(&m.Answer, q.Name+" 60 A 203.0.113.99") })
	for i := range 30 {
		if r := b.resolve(lookup.Name(fmt.Sprintf("n%d.", i)), lookup.TypeA); r.Queries != 1 {
			t.Fatal("asked over IPv6")
		}
	}
}

func TestTheFastestServerIsAskedMost(t *testing.T) {
	b := newBench(t, func(c *iterative.Config) {
		var hints []lookup.NameServer
		for i := range 4 {
			hints = append(hints, lookup.NameServer{Name: lookup.Name(fmt.Sprintf("ns%d.", i)), Addrs: []netip.Addr{netip.AddrFrom4([4]byte{203, 0, 113, byte(i)})}})
		}
		c.Hints = hints
		c.Asker = timed{c.Asker}
	})
	for i := range 4 {
		b.serve(fmt.Sprintf("203.0.113.%d", i), func(q dns.Question, m *dns.Msg) { add(&m.Answer, q.Name+" 60 A 203.0.113.99") })
	}
	reasons := map[string]int{}
	asked := map[string]int{}
	for i := range 200 {
		b.resolve(lookup.Name(fmt.Sprintf("n%d.", i)), lookup.TypeA)
		for _, e := range b.trace.Events() {
			if f, ok := e.Fact.(lookup.ServerChosen); ok {
				asked[f.Server.Addr.Addr().String()]++
				reasons[f.Reason]++
			}
		}
	}
	if asked["203.0.113.0"] < 150 || reasons["untried"] != 1 || reasons["explore"] < 2 || len(b.resolver.RoundTrips()) != 4 {
		t.Errorf("asked %v because %v", asked, reasons)
	}
}

// timed gives every server the round-trip time of its last octet in tens of
// milliseconds.
type timed struct{ iterative.Asker }

func (a timed) Ask(ctx context.Context, step lookup.Step, q message.Query) (*message.Response, error) {
	r, err := a.Asker.Ask(ctx, step, q)
	addr := q.Server.Addr.Addr().As4()
	r.RTT = time.Duration(addr[3]+1) * 10 * time.Millisecond
	return r, err
}

func TestRetransmissionToAServerThatIsKnownToLive(t *testing.T) {
	b := newBench(t, func(c *iterative.Config) {
		c.Limits = iterative.Limits{FirstTimeout: 20 * time.Millisecond, MinTimeout: 20 * time.Millisecond}
		c.Hints = append(c.Hints, lookup.NameServer{Name: "b.", Addrs: []netip.Addr{netip.MustParseAddr("198.41.0.5")}})
	})
	var mu sync.Mutex
	lost := false
	for _, addr := range []string{"198.41.0.4", "198.41.0.5"} {
		b.serve(addr, func(q dns.Question, m *dns.Msg) {
			mu.Lock()
			defer mu.Unlock()
			if q.Name == "lost." && !lost {
				lost = true
				m.Id++ // as good as lost: it will not be believed
			}
			add(&m.Answer, q.Name+" 60 A 203.0.113.99")
		})
	}
	for i := range 8 { // get to know both
		b.resolve(lookup.Name(fmt.Sprintf("n%d.", i)), lookup.TypeA)
	}
	b.want(b.resolve("lost.", lookup.TypeA), lookup.OutcomeAnswer, lookup.RcodeNoError, "")
	var servers []netip.AddrPort
	for _, e := range b.trace.Events() {
		if f, ok := e.Fact.(lookup.QuerySent); ok {
			servers = append(servers, f.Server.Addr)
			if f.Try != len(servers) {
				t.Errorf("try %d of query %d", f.Try, len(servers))
			}
		}
	}
	if len(servers) != 2 || servers[0] != servers[1] {
		t.Errorf("asked %v", servers)
	}
}

// Servers that do not know EDNS say so in various ways, or nothing at all. They
// are asked without, and that is remembered (RFC 6891 §7).
func TestAServerWithoutEDNS(t *testing.T) {
	for reason, how := range map[string]func(q, m *dns.Msg) bool{
		"formErr": func(q, m *dns.Msg) bool { m.SetRcodeFormatError(q); return true },
		"notImp":  func(q, m *dns.Msg) bool { m.SetRcode(q, dns.RcodeNotImplemented); return true },
		"badVers": func(q, m *dns.Msg) bool {
			m.SetEdns0(1232, false)
			m.Rcode = dns.RcodeBadVers
			return true
		},
		"silence": func(q, m *dns.Msg) bool { return false },
	} {
		b := newBench(t, func(c *iterative.Config) { c.Limits = iterative.Limits{FirstTimeout: 10 * time.Millisecond} })
		b.wire.Handle(netip.AddrPortFrom(rootAddr, 53), func(p lookuptest.Packet) [][]byte {
			q, m := new(dns.Msg), new(dns.Msg)
			q.Unpack(p.Message)
			m.SetReply(q)
			m.Authoritative = true
			if q.IsEdns0() == nil {
				add(&m.Answer, q.Question[0].Name+" 60 A 203.0.113.99")
			} else if !how(q, m) {
				return nil
			}
			out, _ := m.Pack()
			return [][]byte{out}
		})
		b.want(b.resolve("a.", lookup.TypeA), lookup.OutcomeAnswer, lookup.RcodeNoError, "")
		if told := lookuptest.Transcript(b.trace.Events()); !strings.Contains(told, "edns.dropped."+reason) {
			t.Errorf("%s is not told:\n%s", reason, told)
		}
		r := b.resolve("b.", lookup.TypeA)
		if b.want(r, lookup.OutcomeAnswer, lookup.RcodeNoError, ""); r.Queries != 1 {
			t.Errorf("%s: %d queries: the server without EDNS was forgotten", reason, r.Queries)
		}
	}
}

// A server that is lame for one zone is avoided there for a while, and asked
// for others as before.
func TestLamenessIsRememberedPerZone(t *testing.T) {
	b := newBench(t, func(c *iterative.Config) { c.Asker = timed{c.Asker} }) // 203.0.113.1 is the faster one
	b.serve("198.41.0.4", func(q dns.Question, m *dns.Msg) {
		zone := q.Name[strings.Index(q.Name, ".")+1:]
		m.Authoritative = false
		for i := 1; i <= 2; i++ {
			add(&m.Ns, fmt.Sprintf("%s 60 NS ns%d.%s", zone, i, zone))
			add(&m.Extra, fmt.Sprintf("ns%d.%s 60 A 203.0.113.%d", i, zone, i))
		}
	})
	b.serve("203.0.113.1", func(q dns.Question, m *dns.Msg) {
		if strings.HasSuffix(q.Name, ".lame.") {
			m.Rcode = dns.RcodeRefused
			return
		}
		add(&m.Answer, q.Name+" 1 A 203.0.113.99")
	})
	b.serve("203.0.113.2", func(q dns.Question, m *dns.Msg) { add(&m.Answer, q.Name+" 1 A 203.0.113.99") })
	n := 0
	asked := func(zone string) (lame, first bool) {
		n++
		b.want(b.resolve(lookup.Name(fmt.Sprintf("n%d.%s", n, zone)), lookup.TypeA), lookup.OutcomeAnswer, lookup.RcodeNoError, "")
		for _, e := range b.trace.Events() {
			switch f := e.Fact.(type) {
			case lookup.LameReceived:
				lame = true
			case lookup.QuerySent:
				first = first || f.Server.Addr.Addr() == netip.MustParseAddr("203.0.113.1")
			}
		}
		return lame, first
	}
	for lame := false; !lame; lame, _ = asked("lame.") {
		if n > 200 {
			t.Fatal("the lame server was never met")
		}
		b.clock.Skip(time.Hour)
	}
	used := false
	for range 20 {
		if lame, _ := asked("lame."); lame {
			t.Fatal("a server known to be lame was asked for the zone again at once")
		}
		_, first := asked("sound.")
		used = used || first
	}
	if !used {
		t.Error("it was avoided for a zone that it does serve")
	}
}
