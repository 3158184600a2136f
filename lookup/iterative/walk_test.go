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
	"go.uber.org/goleak"

	"rootwalk/lookup"
	"rootwalk/lookup/cache"
	"rootwalk/lookup/iterative"
	"rootwalk/lookup/lookuptest"
	"rootwalk/lookup/message"
	"rootwalk/lookup/transport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bench is a resolver on a wire whose servers a test makes up.
type bench struct {
	testing.TB
	wire     *lookuptest.Wire
	clock    *lookuptest.Clock
	cache    *cache.Cache
	resolver *iterative.Resolver
	trace    *lookup.Trace // of the last lookup
}

var rootAddr = netip.MustParseAddr("198.41.0.4")

func newBench(t testing.TB, edit func(c *iterative.Config)) *bench {
	b := &bench{TB: t, wire: lookuptest.NewWire(), clock: lookuptest.NewClock()}
	b.cache = cache.New(cache.Config{Name: "R1", Clock: b.clock})
	c := iterative.Config{
		Host: "R1", Clock: b.clock, Cache: b.cache, Seed: 1,
		Hints: []lookup.NameServer{{Name: "a.root-servers.net.", Addrs: []netip.Addr{rootAddr}, Glue: lookup.GlueHint}},
		Asker: transport.New(transport.Config{Network: b.wire, Party: lookup.Party{By: lookup.RoleResolver, Host: "R1"}}),
	}
	if edit != nil {
		edit(&c)
	}
	b.resolver = iterative.New(c)
	return b
}

// serve makes a server of a function from question to response; what the
// function leaves open is NOERROR with AA=1.
func (b *bench) serve(addr string, answer func(q dns.Question, m *dns.Msg)) {
	b.wire.Handle(netip.AddrPortFrom(netip.MustParseAddr(addr), 53), func(p lookuptest.Packet) [][]byte {
		q := new(dns.Msg)
		if err := q.Unpack(p.Message); err != nil {
			b.Error(err)
			return nil
		}
		m := new(dns.Msg)
		m.SetReply(q)
		m.Authoritative = true
		answer(q.Question[0], m)
		out, err := m.Pack()
		if err != nil {
			b.Error(err)
			return nil
		}
		return [][]byte{out}
	})
}

func add(section *[]dns.RR, lines ...string) {
	for _, l := range lines {
		rr, err := dns.NewRR(l)
		if err != nil {
			panic(err)
		}
		*section = append(*section, rr)
	}
}

// delegate makes a response a referral.
func delegate(m *dns.Msg, child, ns string, glue ...string) {
	m.Authoritative = false
	add(&m.Ns, child+" 3600 NS "+ns)
	for _, g := range glue {
		add(&m.Extra, ns+" 3600 A "+g)
	}
}

func (b *bench) resolve(name lookup.Name, rrtype lookup.Type) message.Resolution {
	return b.resolveIn(context.Background(), name, rrtype)
}

func (b *bench) resolveIn(ctx context.Context, name lookup.Name, rrtype lookup.Type) message.Resolution {
	b.trace = lookup.NewTrace(lookup.TraceConfig{ID: "t"})
	r := b.resolver.Resolve(ctx, b.trace.Root(), message.Request{Question: lookup.Question{Name: name, Type: rrtype, Class: lookup.ClassIN}})
	events := b.trace.Events()
	if f, ok := events[len(events)-1].Fact.(lookup.ResolutionFinished); !ok || f.Outcome != r.Outcome || f.Queries != r.Queries {
		b.Errorf("the last fact is %+v, the result %+v", events[len(events)-1].Fact, r)
	}
	sent := 0
	for _, e := range events {
		if _, ok := e.Fact.(lookup.QuerySent); ok {
			sent++
		}
	}
	if sent != r.Queries {
		b.Errorf("%d packets counted, %d told", r.Queries, sent)
	}
	return r
}

// limit is the outcome and bound of the limit.reached facts of the last
// lookup.
func (b *bench) limits() string {
	var out []string
	for _, e := range b.trace.Events() {
		if f, ok := e.Fact.(lookup.LimitReached); ok {
			out = append(out, fmt.Sprintf("%s %d", f.Limit, f.Max))
		}
	}
	return strings.Join(out, ", ")
}

func (b *bench) want(r message.Resolution, o lookup.Outcome, rcode lookup.Rcode, limits string) {
	b.Helper()
	if r.Outcome != o || r.Rcode != rcode || b.limits() != limits {
		b.Errorf("%s %s, limits %q; want %s %s, %q", r.Outcome, r.Rcode, b.limits(), o, rcode, limits)
		b.Log(lookuptest.Transcript(b.trace.Events()))
	}
}

func TestReferralLimit(t *testing.T) {
	b := newBench(t, nil)
	labels := strings.Repeat("a.", 40)
	// One server that refers one label deeper every time.
	b.serve("198.41.0.4", func(q dns.Question, m *dns.Msg) {
		depth := 0
		for _, p := range b.wire.Log() {
			_ = p
			depth++
		}
		child := labels[len(labels)-2*depth:]
		delegate(m, child, "ns."+child, "198.41.0.4")
	})
	r := b.resolve(lookup.Name(labels), lookup.TypeA)
	b.want(r, lookup.OutcomeReferralLimit, lookup.RcodeServFail, "referralLimit 16")
	if r.Queries != 17 {
		t.Errorf("%d queries, want 16 referrals followed and one too many", r.Queries)
	}
}

func TestAliasLimit(t *testing.T) {
	b := newBench(t, nil)
	b.serve("198.41.0.4", func(q dns.Question, m *dns.Msg) {
		var n int
		fmt.Sscanf(q.Name, "n%d.", &n)
		add(&m.Answer, fmt.Sprintf("%s 60 CNAME n%d.", q.Name, n+1))
	})
	r := b.resolve("n0.", lookup.TypeA)
	b.want(r, lookup.OutcomeAliasLimit, lookup.RcodeServFail, "aliasLimit 10")
	if len(r.Answer) != 0 || r.Queries != 11 {
		t.Errorf("%d records, %d queries", len(r.Answer), r.Queries)
	}
}

func TestQueryLimit(t *testing.T) {
	b := newBench(t, func(c *iterative.Config) {
		c.Limits = iterative.Limits{Queries: 5, Aliases: 100}
	})
	b.serve("198.41.0.4", func(q dns.Question, m *dns.Msg) {
		var n int
		fmt.Sscanf(q.Name, "n%d.", &n)
		add(&m.Answer, fmt.Sprintf("%s 60 CNAME n%d.", q.Name, n+1))
	})
	r := b.resolve("n0.", lookup.TypeA)
	b.want(r, lookup.OutcomeQueryLimit, lookup.RcodeServFail, "queryLimit 5")
	if r.Queries != 5 {
		t.Errorf("%d queries", r.Queries)
	}
}

func TestTimeLimit(t *testing.T) {
	b := newBench(t, func(c *iterative.Config) {
		c.Limits = iterative.Limits{Time: 20 * time.Millisecond}
	})
	r := b.resolve("www.example.", lookup.TypeA) // nobody is there
	b.want(r, lookup.OutcomeTimeLimit, lookup.RcodeServFail, "timeLimit 20")
}

func TestCancelIsAnOutcome(t *testing.T) {
	b := newBench(t, nil)
	ctx, cancel := context.WithCancel(context.Background())
	b.wire.Handle(netip.AddrPortFrom(rootAddr, 53), func(lookuptest.Packet) [][]byte { cancel(); return nil })
	b.want(b.resolveIn(ctx, "www.example.", lookup.TypeA), lookup.OutcomeCanceled, lookup.RcodeServFail, "")
	cancel()
	r := b.resolveIn(ctx, "www.example.", lookup.TypeA)
	if b.want(r, lookup.OutcomeCanceled, lookup.RcodeServFail, ""); r.Queries != 0 {
		t.Error("a lookup that was cancelled before it began sent packets")
	}
}

// A zone may name many servers without addresses (NXNSAttack): few are looked
// for, in all and in a row.
func TestSideWalkLimits(t *testing.T) {
	b := newBench(t, nil)
	b.serve("198.41.0.4", func(q dns.Question, m *dns.Msg) {
		if strings.HasSuffix(q.Name, "victim.") {
			m.Rcode = dns.RcodeNameError
			return
		}
		m.Authoritative = false
		for i := range 13 {
			add(&m.Ns, fmt.Sprintf("attacker. 3600 NS n%d.victim.", i))
		}
	})
	r := b.resolve("www.attacker.", lookup.TypeA)
	b.want(r, lookup.OutcomeSideWalkLimit, lookup.RcodeServFail, "sideWalkLimit 3")
	if r.Queries != 1+3 {
		t.Errorf("%d queries, want the referral and three side walks", r.Queries)
	}
}

func TestSideWalksInsideEachOther(t *testing.T) {
	b := newBench(t, nil)
	// zone N's server is in zone N+1, for ever.
	b.serve("198.41.0.4", func(q dns.Question, m *dns.Msg) {
		labels := dns.SplitDomainName(q.Name)
		var n int
		fmt.Sscanf(labels[len(labels)-1], "z%d", &n)
		delegate(m, fmt.Sprintf("z%d.", n), fmt.Sprintf("ns.z%d.", n+1))
	})
	r := b.resolve("www.z0.", lookup.TypeA)
	b.want(r, lookup.OutcomeSideWalkLimit, lookup.RcodeServFail, "sideWalkLimit 4")
	if r.Queries != 5 {
		t.Errorf("%d queries, want one and four nested", r.Queries)
	}
}

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

func TestAServerWithoutEDNS(t *testing.T) {
	b := newBench(t, nil)
	b.wire.Handle(netip.AddrPortFrom(rootAddr, 53), func(p lookuptest.Packet) [][]byte {
		q, m := new(dns.Msg), new(dns.Msg)
		q.Unpack(p.Message)
		m.SetReply(q)
		m.Authoritative = true
		if q.IsEdns0() != nil {
			m.SetRcodeFormatError(q)
		} else {
			add(&m.Answer, q.Question[0].Name+" 60 A 203.0.113.99")
		}
		out, _ := m.Pack()
		return [][]byte{out}
	})
	b.want(b.resolve("a.", lookup.TypeA), lookup.OutcomeAnswer, lookup.RcodeNoError, "")
	r := b.resolve("b.", lookup.TypeA)
	if b.want(r, lookup.OutcomeAnswer, lookup.RcodeNoError, ""); r.Queries != 1 {
		t.Errorf("%d queries: the server without EDNS was forgotten", r.Queries)
	}
}

func TestCacheOnlyAsksNobody(t *testing.T) {
	b := newBench(t, nil)
	b.serve("198.41.0.4", func(q dns.Question, m *dns.Msg) { add(&m.Answer, q.Name+" 60 A 203.0.113.99") })
	req := message.Request{Question: lookup.Question{Name: "www.", Type: lookup.TypeA, Class: lookup.ClassIN}, CacheOnly: true}
	if r := b.resolver.Resolve(context.Background(), lookup.Step{}, req); r.Outcome != lookup.OutcomeRefused || r.Rcode != lookup.RcodeRefused || r.FromCache || len(b.wire.Log()) != 0 {
		t.Errorf("%+v", r)
	}
	b.resolve("www.", lookup.TypeA)
	if r := b.resolver.Resolve(context.Background(), lookup.Step{}, req); r.Outcome != lookup.OutcomeAnswer || !r.FromCache {
		t.Errorf("%+v", r)
	}
}

func TestAnswersCarryWhatIsLeft(t *testing.T) {
	b := newBench(t, nil)
	b.serve("198.41.0.4", func(q dns.Question, m *dns.Msg) {
		if q.Name == "no." {
			m.Rcode = dns.RcodeNameError
			add(&m.Ns, ". 86400 SOA a. b. 1 2 3 4 60")
			return
		}
		add(&m.Answer, q.Name+" 300 A 203.0.113.99")
	})
	b.resolve("www.", lookup.TypeA)
	b.resolve("no.", lookup.TypeA)
	b.clock.Skip(12500 * time.Millisecond)
	if r := b.resolve("www.", lookup.TypeA); r.Answer[0].TTLSec != 288 || !r.FromCache {
		t.Errorf("TTL %d, want 288", r.Answer[0].TTLSec)
	}
	if r := b.resolve("no.", lookup.TypeAAAA); r.Rcode != lookup.RcodeNXDomain || len(r.Authority) != 1 || r.Authority[0].TTLSec != 48 {
		t.Errorf("%+v, want an SOA with TTL 48", r.Authority)
	}
}

// The root's answer about one name must not be able to say anything about
// another zone's servers... and a child's servers nothing about its parent's.
func TestPoisonIsNotKept(t *testing.T) {
	b := newBench(t, nil)
	b.serve("198.41.0.4", func(q dns.Question, m *dns.Msg) { delegate(m, "evil.", "ns.evil.", "203.0.113.66") })
	b.serve("203.0.113.66", func(q dns.Question, m *dns.Msg) {
		add(&m.Answer, q.Name+" 60 A 203.0.113.1", "www.bank. 60 A 203.0.113.66")
		add(&m.Ns, "bank. 60 NS ns.evil.", ". 60 NS ns.evil.")
		add(&m.Extra, "a.root-servers.net. 60 A 203.0.113.66")
	})
	b.resolve("www.evil.", lookup.TypeA)
	for _, e := range b.cache.Snapshot().Entries {
		if !e.Name.In("evil.") {
			t.Errorf("%s %s was kept", e.Name, e.Type)
		}
	}
	if n := strings.Count(lookuptest.Transcript(b.trace.Events()), "record.discarded.outOfZone"); n != 4 {
		t.Errorf("%d records discarded", n)
	}
}

func TestManyAtOnce(t *testing.T) {
	b := newBench(t, nil)
	b.serve("198.41.0.4", func(q dns.Question, m *dns.Msg) { delegate(m, "example.", "ns.example.", "203.0.113.2") })
	b.serve("203.0.113.2", func(q dns.Question, m *dns.Msg) { add(&m.Answer, q.Name+" 60 A 203.0.113.99") })
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			name := lookup.Name(fmt.Sprintf("n%d.example.", i%10))
			r := b.resolver.Resolve(context.Background(), lookup.Step{}, message.Request{Question: lookup.Question{Name: name, Type: lookup.TypeA, Class: lookup.ClassIN}})
			if r.Outcome != lookup.OutcomeAnswer || !r.Answer[0].Name.Equal(name) {
				t.Errorf("%+v", r)
			}
		})
	}
	wg.Wait()
}

// A server that is lame for one zone is avoided there for a while, and asked
// for others as before.
func TestLamenessIsRememberedPerZone(t *testing.T) {
	b := newBench(t, nil)
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
