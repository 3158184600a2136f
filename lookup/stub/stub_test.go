package stub_test

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
	"go.uber.org/goleak"

	"rootwalk/lookup"
	"rootwalk/lookup/cache"
	"rootwalk/lookup/lookuptest"
	"rootwalk/lookup/stub"
	"rootwalk/lookup/transport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	r1 = netip.MustParseAddrPort("192.0.2.53:53")
	r2 = netip.MustParseAddrPort("192.0.2.54:53")
)

type bench struct {
	testing.TB
	wire   *lookuptest.Wire
	clock  *lookuptest.Clock
	cache  *cache.Cache
	config stub.Config
	trace  *lookup.Trace
}

func newBench(t testing.TB) *bench {
	b := &bench{TB: t, wire: lookuptest.NewWire(), clock: lookuptest.NewClock()}
	b.cache = cache.New(cache.Config{Name: "device", Clock: b.clock})
	b.config = stub.Config{
		Host: "device", Network: "lab", Cache: b.cache, Lesson: b.clock.Read, Hosts: stub.ParseHosts("127.0.0.1 localhost\n::1 localhost\n"),
		Asker:   transport.New(transport.Config{Network: b.wire, Party: lookup.Party{By: lookup.RoleStub, Host: "device"}}),
		Servers: []lookup.Server{{Name: "R1.", Addr: r1, Role: lookup.RoleResolver}, {Name: "R2.", Addr: r2, Role: lookup.RoleResolver}},
		Timeout: 20 * time.Millisecond,
	}
	return b
}

// serve makes a resolver of a function.
func (b *bench) serve(at netip.AddrPort, answer func(q dns.Question, m *dns.Msg)) {
	b.wire.Handle(at, func(p lookuptest.Packet) [][]byte {
		q := new(dns.Msg)
		if err := q.Unpack(p.Message); err != nil || !q.RecursionDesired {
			b.Errorf("query %v: %v", q, err)
			return nil
		}
		m := new(dns.Msg)
		m.SetReply(q)
		m.RecursionAvailable = true
		answer(q.Question[0], m)
		out, err := m.Pack()
		if err != nil {
			b.Error(err)
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

func (b *bench) lookup(ctx context.Context, name lookup.Name, rrtype lookup.Type) stub.Result {
	b.Helper()
	b.trace = lookup.NewTrace(lookup.TraceConfig{ID: "t"})
	r := stub.New(b.config).Lookup(ctx, b.trace.Root(), lookup.Question{Name: name, Type: rrtype, Class: lookup.ClassIN})
	events := b.trace.Events()
	if _, ok := events[0].Fact.(lookup.LookupStarted); !ok {
		b.Errorf("begins with %T", events[0].Fact)
	}
	if f, ok := events[len(events)-1].Fact.(lookup.LookupFinished); !ok || f.Outcome != r.Outcome || f.StubQueries != r.StubQueries || f.Records == nil {
		b.Errorf("ends with %+v, result %+v", events[len(events)-1].Fact, r)
	}
	return r
}

func (b *bench) wantFacts(want ...string) {
	b.Helper()
	var got []string
	for _, e := range b.trace.Events() {
		got = append(got, e.Fact.Line().Key)
	}
	if !slices.Equal(got, want) {
		b.Errorf("facts %s\nwant %s", strings.Join(got, " "), strings.Join(want, " "))
	}
}

func answer(q dns.Question, m *dns.Msg) { add(&m.Answer, q.Name+" 100 A 203.0.113.9") }

func TestHostsThenCacheThenResolver(t *testing.T) {
	b := newBench(t)
	b.serve(r1, answer)
	b.config.Snapshots = func() []lookup.CacheSnapshot {
		return []lookup.CacheSnapshot{b.cache.Snapshot(), {Cache: "R1"}}
	}
	r := b.lookup(context.Background(), "www.example.", lookup.TypeA)
	if r.Outcome != lookup.OutcomeAnswer || r.StubQueries != 1 || r.Records[0].Data != "203.0.113.9" {
		t.Errorf("%+v", r)
	}
	b.wantFacts("lookup.started", "cache.opened.empty", "cache.opened.empty", "hosts.searched.empty", "cache.missed", "query.sent.stub", "answer.received.stub", "cache.stored.positive", "lookup.finished.answer")
	b.clock.Skip(99 * time.Second)
	r = b.lookup(context.Background(), "www.example.", lookup.TypeA)
	if r.FromCache != "device" || r.StubQueries != 0 || r.Records[0].TTLSec != 1 {
		t.Errorf("%+v", r)
	}
	b.wantFacts("lookup.started", "cache.opened.one", "cache.opened.empty", "hosts.searched.empty", "cache.hit.answer", "lookup.finished.answer")
	b.clock.Skip(time.Second)
	if r = b.lookup(context.Background(), "www.example.", lookup.TypeA); r.StubQueries != 1 {
		t.Errorf("%+v", r)
	}
	r = b.lookup(context.Background(), "LOCALHOST.", lookup.TypeAAAA)
	if r.StubQueries != 0 || r.FromCache != "" || r.Records[0].Data != "::1" {
		t.Errorf("%+v", r)
	}
	b.wantFacts("lookup.started", "cache.opened.one", "cache.opened.empty", "hosts.searched.found", "lookup.finished.answer")
}

func TestTheNextResolverIsAskedWhenOneIsSilent(t *testing.T) {
	b := newBench(t)
	b.serve(r2, answer)
	r := b.lookup(context.Background(), "www.example.", lookup.TypeA)
	if r.Outcome != lookup.OutcomeAnswer || r.StubQueries != 2 {
		t.Errorf("%+v", r)
	}
	b.wantFacts("lookup.started", "hosts.searched.empty", "cache.missed", "query.sent.stub", "query.timedOut", "query.sent.stub", "answer.received.stub", "cache.stored.positive", "lookup.finished.answer")
}

func TestNobodyAnswers(t *testing.T) {
	b := newBench(t)
	r := b.lookup(context.Background(), "www.example.", lookup.TypeA)
	if r.Outcome != lookup.OutcomeUnreachable || r.StubQueries != 4 {
		t.Errorf("%+v", r)
	}
	b.wantFacts("lookup.started", "hosts.searched.empty", "cache.missed",
		"query.sent.stub", "query.timedOut", "query.sent.stub", "query.timedOut",
		"query.sent.stub.again", "query.timedOut", "query.sent.stub.again", "query.timedOut", "lookup.finished.unreachable")
}

func TestOutcomes(t *testing.T) {
	b := newBench(t)
	const soa = "example. 60 SOA a. b. 1 2 3 4 30"
	b.serve(r1, func(q dns.Question, m *dns.Msg) {
		label, _, _ := strings.Cut(q.Name, ".")
		switch label {
		case "alias":
			add(&m.Answer, q.Name+" 100 CNAME www.test.", "www.test. 50 A 203.0.113.9")
		case "nodata":
			add(&m.Ns, soa)
		case "nx":
			m.Rcode = dns.RcodeNameError
			add(&m.Ns, soa)
		case "gone":
			m.Rcode = dns.RcodeNameError
			add(&m.Answer, q.Name+" 100 CNAME gone.test.")
			add(&m.Ns, "test. 60 SOA a. b. 1 2 3 4 30")
		default:
			m.Rcode = dns.StringToRcode[strings.ToUpper(label)]
		}
	})
	b.serve(r2, answer)
	for _, c := range []struct {
		name    lookup.Name
		outcome lookup.Outcome
		records int
		again   int // packets the second time
	}{
		{"alias.example.", lookup.OutcomeAnswer, 2, 0},
		{"nodata.example.", lookup.OutcomeNodata, 0, 0},
		{"nx.example.", lookup.OutcomeNxdomain, 0, 0},
		{"gone.example.", lookup.OutcomeNxdomain, 1, 0},
		{"servfail.example.", lookup.OutcomeServfail, 0, 1},
		{"refused.example.", lookup.OutcomeRefused, 0, 1},
		{"yxdomain.example.", lookup.OutcomeFailed, 0, 1},
	} {
		first := b.lookup(context.Background(), c.name, lookup.TypeA)
		second := b.lookup(context.Background(), c.name, lookup.TypeA)
		if first.Outcome != c.outcome || second.Outcome != c.outcome || first.Rcode != second.Rcode || first.StubQueries != 1 || second.StubQueries != c.again ||
			len(first.Records) != c.records || len(second.Records) != c.records {
			t.Errorf("%s: first %+v, second %+v", c.name, first, second)
		}
	}
	b.config.NextOnFailure = true
	if r := b.lookup(context.Background(), "servfail.example.", lookup.TypeA); r.Outcome != lookup.OutcomeAnswer || r.StubQueries != 2 {
		t.Errorf("%+v, want R2's answer", r)
	}
}

func TestCancel(t *testing.T) {
	b := newBench(t)
	b.config.Timeout = time.Hour
	ctx, cancel := context.WithCancel(context.Background())
	b.wire.Handle(r1, func(lookuptest.Packet) [][]byte { cancel(); return nil })
	if r := b.lookup(ctx, "www.example.", lookup.TypeA); r.Outcome != lookup.OutcomeCanceled || r.StubQueries != 1 {
		t.Errorf("%+v", r)
	}
	ctx, cancel = context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	b.wire.Handle(r1, nil)
	if r := b.lookup(ctx, "www.example.", lookup.TypeA); r.Outcome != lookup.OutcomeTimeLimit {
		t.Errorf("%+v", r)
	}
}

// The resolver's facts must land below the lookup that its query belongs to,
// with many lookups under way.
func TestInFlight(t *testing.T) {
	b := newBench(t)
	var registry stub.InFlight
	b.config.InFlight = &registry
	b.config.Timeout = 10 * time.Second
	var wg sync.WaitGroup
	translated := netip.MustParseAddrPort("198.51.100.1:4242")
	b.wire.Handle(r1, func(p lookuptest.Packet) [][]byte {
		q := new(dns.Msg)
		q.Unpack(p.Message)
		question := lookup.Question{Name: lookup.Name(strings.ToUpper(q.Question[0].Name)), Type: lookup.TypeA, Class: lookup.ClassIN}
		client := p.From
		if strings.HasPrefix(q.Question[0].Name, "n0") {
			client = translated
		}
		step := registry.StepFor(client, q.Id, question)
		if step != registry.StepFor(client, q.Id, question) {
			t.Error("two steps for one query")
		}
		step.Report(lookup.ResolutionStarted{Host: "R1", Question: question})
		registry.Resolved(client, q.Id, question, 3)
		if registry.StepFor(client, q.Id+1, question).Recording() {
			t.Error("a step for an ID that nobody sent")
		}
		m := new(dns.Msg).SetReply(q)
		answer(q.Question[0], m)
		out, _ := m.Pack()
		return [][]byte{out}
	})
	s := stub.New(b.config)
	for i := range 20 {
		wg.Go(func() {
			q := lookup.Question{Name: lookup.Name(fmt.Sprintf("n%d.example.", i)), Type: lookup.TypeA, Class: lookup.ClassIN}
			tr := lookup.NewTrace(lookup.TraceConfig{ID: "t"})
			r := s.Lookup(context.Background(), tr.Root(), q)
			if r.ResolverQueries != 3 {
				t.Errorf("%+v", r)
			}
			seen := 0
			for _, e := range tr.Events() {
				if f, ok := e.Fact.(lookup.ResolutionStarted); ok {
					seen++
					if e.Parent != 1 || !f.Question.Name.Equal(q.Name) {
						t.Errorf("%s: step %d below %d tells of %s", q.Name, e.Step, e.Parent, f.Question.Name)
					}
				}
			}
			if seen != 1 {
				t.Errorf("%s: %d resolutions in its trace", q.Name, seen)
			}
		})
	}
	wg.Wait()
	for _, p := range b.wire.Log() {
		q := new(dns.Msg)
		q.Unpack(p.Message)
		if registry.StepFor(p.From, q.Id, lookup.Question{Name: lookup.Name(q.Question[0].Name), Type: lookup.TypeA, Class: lookup.ClassIN}).Recording() {
			t.Error("a finished lookup is still in flight")
		}
	}
	var none *stub.InFlight
	none.Resolved(r1, 1, lookup.Question{}, 1)
	if none.StepFor(r1, 1, lookup.Question{}).Recording() {
		t.Error("nil knows something")
	}
}

func TestHosts(t *testing.T) {
	b := newBench(t)
	b.config.Hosts = stub.ParseHosts("# comment\n" +
		"203.0.113.1 www.example WWW2.example # the same\n" +
		"203.0.113.2 www.example.\n" +
		"2001:db8::1 www.example\n" +
		"::ffff:203.0.113.3 mapped\n" +
		"not-an-address x\n" +
		"203.0.113.4\n" +
		"203.0.113.5 bad..name 한글.example\n" + strings.Repeat("203.0.113.6 many\n", 2000))
	b.serve(r1, func(q dns.Question, m *dns.Msg) { m.Rcode = dns.RcodeNameError })
	b.serve(r2, answer)
	for _, c := range []struct {
		name   lookup.Name
		rrtype lookup.Type
		want   string
	}{
		{"www.example.", lookup.TypeA, "203.0.113.1 203.0.113.2"},
		{"www2.example.", lookup.TypeA, "203.0.113.1"},
		{"www.example.", lookup.TypeAAAA, "2001:db8::1"},
		{"mapped.", lookup.TypeA, "203.0.113.3"},
		{"xn--bj0bj06e.example.", lookup.TypeA, "203.0.113.5"},
		{"x.", lookup.TypeA, ""},
		{"localhost.", lookup.TypeA, "127.0.0.1"},
		{"localhost.", lookup.TypeAAAA, "::1"},
		{"localhost.", lookup.TypeMX, ""},
		{"1.113.0.203.in-addr.arpa.", lookup.TypePTR, "www.example."},
		{"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.", lookup.TypePTR, "www.example."},
	} {
		r := b.lookup(context.Background(), c.name, c.rrtype)
		var got []string
		for _, rec := range r.Records {
			got = append(got, rec.Data)
		}
		if strings.Join(got, " ") != c.want || (c.want == "") != (r.StubQueries > 0) {
			t.Errorf("%s %s: %v with %d queries, want %q", c.name, c.rrtype, got, r.StubQueries, c.want)
		}
	}
}
