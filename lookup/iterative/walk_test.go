package iterative_test

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync"
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
	b := newBench(t, func(c *iterative.Config) { c.Limits = iterative.Limits{AliasesPerZone: 100} })
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
		c.Limits = iterative.Limits{Queries: 5, Aliases: 100, AliasesPerZone: 100}
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
