package iterative_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/iterative"
	"rootwalk/lookup/lookuptest"
	"rootwalk/lookup/message"
	"rootwalk/lookup/transport"
)

// tree serves a root that delegates com. and net., which delegate everything
// one label below to one server.
func (b *bench) tree(leaf string) {
	b.serve("198.41.0.4", func(q dns.Question, m *dns.Msg) {
		for _, tld := range []string{"com.", "net."} {
			if dns.IsSubDomain(tld, q.Name) {
				delegate(m, tld, "ns."+tld, "192.0.2.7")
			}
		}
	})
	b.serve("192.0.2.7", func(q dns.Question, m *dns.Msg) {
		labels := dns.SplitDomainName(q.Name)
		child := strings.Join(labels[len(labels)-2:], ".") + "."
		delegate(m, child, "ns."+child, leaf)
	})
}

// What one client question may cost, from an empty cache, in packets: the
// numbers that other resolvers hold to.
func TestPacketsForOneQuestion(t *testing.T) {
	names := func(zone string, m *dns.Msg, format string) {
		m.Authoritative = false
		for i := range 13 {
			add(&m.Ns, fmt.Sprintf("%s 3600 NS "+format, zone, i))
		}
	}
	for what, c := range map[string]struct {
		name   lookup.Name
		serve  func(b *bench)
		most   int
		limits string
	}{
		// NXNSAttack: the victim is asked for names that do not exist.
		"servers that do not exist": {"www.sub.attack.com.", func(b *bench) {
			b.tree("203.0.113.1")
			b.serve("203.0.113.1", func(q dns.Question, m *dns.Msg) {
				if dns.IsSubDomain("attack.com.", q.Name) {
					names("sub.attack.com.", m, "n%d.victim.net.")
				} else {
					m.Rcode = dns.RcodeNameError
				}
			})
		}, 15, "sideWalkLimit 3"},
		"servers each in a zone of its own": {"www.sub.attack.com.", func(b *bench) {
			b.tree("203.0.113.1")
			b.serve("203.0.113.1", func(q dns.Question, m *dns.Msg) {
				if dns.IsSubDomain("attack.com.", q.Name) {
					names("sub.attack.com.", m, "ns.victim%d.net.")
				} // else NODATA for A and AAAA
			})
		}, 15, "sideWalkLimit 10"},
		"servers in zones that are silent": {"www.sub.attack.com.", func(b *bench) {
			b.tree("203.0.113.1")
			b.serve("203.0.113.1", func(q dns.Question, m *dns.Msg) { names("sub.attack.com.", m, "ns.victim%d.net.") })
			b.serve("192.0.2.7", func(q dns.Question, m *dns.Msg) {
				if dns.IsSubDomain("attack.com.", q.Name) {
					delegate(m, "attack.com.", "ns.attack.com.", "203.0.113.1")
					return
				}
				labels := dns.SplitDomainName(q.Name)
				child := labels[len(labels)-2] + ".net."
				m.Authoritative = false
				for i := range 8 {
					delegate(m, child, fmt.Sprintf("ns%d.%s", i, child), fmt.Sprintf("203.0.113.%d", 100+i))
				}
			})
		}, 15, "sideWalkLimit 10"},
		"servers whose zones do the same": {"www.sub.attack.com.", func(b *bench) {
			b.tree("203.0.113.1")
			b.serve("203.0.113.1", func(q dns.Question, m *dns.Msg) {
				labels := dns.SplitDomainName(q.Name)
				below := strings.Join(labels[1:], ".") + "."
				names(below, m, "x%d.y."+labels[len(labels)-2]+"z.com.")
			})
		}, 15, "sideWalkLimit 4"},
		"aliases without end in one zone": {"n0.attack.com.", func(b *bench) {
			b.tree("203.0.113.1")
			b.serve("203.0.113.1", func(q dns.Question, m *dns.Msg) {
				var n int
				fmt.Sscanf(q.Name, "n%d.", &n)
				add(&m.Answer, fmt.Sprintf("%s 60 CNAME n%d.attack.com.", q.Name, n+1))
			})
		}, 7, "aliasLimit 4"},
		"aliases to and fro": {"n0.attack.com.", func(b *bench) {
			b.tree("203.0.113.1")
			b.serve("203.0.113.1", func(q dns.Question, m *dns.Msg) {
				var n int
				fmt.Sscanf(q.Name, "n%d.", &n)
				add(&m.Answer, fmt.Sprintf("%s 60 CNAME n%d.%s.", q.Name, n+1, [2]string{"attack.com", "attack.net"}[(n+1)%2]))
			})
		}, 10, "aliasLimit 4"},
		"delegation without end": {lookup.Name(strings.Repeat("a.", 120)), func(b *bench) {
			depth := 0
			b.serve("198.41.0.4", func(q dns.Question, m *dns.Msg) {
				depth++
				child := strings.Repeat("a.", depth)
				delegate(m, child, "ns."+child, "198.41.0.4")
			})
		}, 50, "referralLimit 16"},
		"an address that is none": {"www.attack.com.", func(b *bench) { b.tree("127.0.0.1") }, 3, "dependencyLoop 0"},
	} {
		t.Run(what, func(t *testing.T) {
			// Where every server answers, no timer is to run out on a busy machine.
			timer := time.Minute
			if strings.HasSuffix(what, "silent") {
				timer = 10 * time.Millisecond
			}
			b := newBench(t, func(c *iterative.Config) {
				c.Limits = iterative.Limits{FirstTimeout: timer, MinTimeout: timer, MaxTimeout: timer, Time: 2 * time.Minute}
			})
			c.serve(b)
			r := b.resolve(c.name, lookup.TypeA)
			if r.Rcode != lookup.RcodeServFail || r.Queries > c.most || !strings.HasPrefix(b.limits(), c.limits) || len(r.Extended) == 0 {
				t.Errorf("%s with %d packets (at most %d), limits %q, want %q, %v", r.Rcode, r.Queries, c.most, b.limits(), c.limits, r.Extended)
				t.Log(lookuptest.Transcript(b.trace.Events()))
			}
			n := len(b.wire.Log())
			if again := b.resolve(c.name, lookup.TypeA); again.Outcome != r.Outcome || again.Queries != 0 || !again.FromCache || len(b.wire.Log()) != n {
				t.Errorf("asked again it sent %d packets", again.Queries)
			}
			for _, p := range b.wire.Log() {
				if p.To.Addr().IsLoopback() {
					t.Errorf("a packet went to %v", p.To)
				}
			}
		})
	}
}

// A side walk that finds its server costs nothing of what bounds those in
// vain.
func TestSideWalksThatFindAreNotInVain(t *testing.T) {
	b := newBench(t, func(c *iterative.Config) { c.Limits = iterative.Limits{SideWalkQueries: 3} })
	b.serve("198.41.0.4", func(q dns.Question, m *dns.Msg) {
		labels := dns.SplitDomainName(q.Name)
		zone := labels[len(labels)-1] + "."
		switch {
		case strings.HasPrefix(zone, "host"):
			delegate(m, zone, "ns."+zone, "203.0.113.1")
		default:
			m.Authoritative = false
			add(&m.Ns, zone+" 60 NS ns.host"+zone)
		}
	})
	b.serve("203.0.113.1", func(q dns.Question, m *dns.Msg) { add(&m.Answer, q.Name+" 60 A 203.0.113.2") })
	b.serve("203.0.113.2", func(q dns.Question, m *dns.Msg) {
		var n int
		if fmt.Sscanf(q.Name, "www.z%d.", &n); n < 5 {
			add(&m.Answer, fmt.Sprintf("%s 60 CNAME www.z%d.", q.Name, n+1))
			return
		}
		add(&m.Answer, q.Name+" 60 A 203.0.113.99")
	})
	b.want(b.resolve("www.z0.", lookup.TypeA), lookup.OutcomeAnswer, lookup.RcodeNoError, "")
}

func TestByteLimit(t *testing.T) {
	b := newBench(t, func(c *iterative.Config) { c.Limits = iterative.Limits{Bytes: 3000} })
	b.serve("198.41.0.4", func(q dns.Question, m *dns.Msg) {
		var n int
		fmt.Sscanf(q.Name, "n%d.", &n)
		add(&m.Answer, fmt.Sprintf("%s 60 CNAME n%d.", q.Name, n+1))
		for range 4 {
			add(&m.Extra, q.Name+` 60 TXT "`+strings.Repeat("x", 250)+`"`)
		}
	})
	r := b.resolve("n0.", lookup.TypeA)
	if b.want(r, lookup.OutcomeByteLimit, lookup.RcodeServFail, "byteLimit 3000"); r.Queries != 3 {
		t.Errorf("%d queries", r.Queries)
	}
	// Over TCP a length says beforehand what would come.
	b.serve("198.41.0.4", func(q dns.Question, m *dns.Msg) {
		m.Truncated = true
		for range 16 {
			add(&m.Answer, q.Name+` 60 TXT "`+strings.Repeat("x", 250)+`"`)
		}
	})
	b.want(b.resolve("big.", lookup.TypeTXT), lookup.OutcomeByteLimit, lookup.RcodeServFail, "byteLimit 3000")
}

// A part of an RRset is of no use to anybody (RFC 2181 §9), and neither kept nor
// handed out.
func TestRecordLimit(t *testing.T) {
	b := newBench(t, nil)
	b.serve("198.41.0.4", func(q dns.Question, m *dns.Msg) {
		for i := range 101 {
			add(&m.Answer, fmt.Sprintf("%s 60 A 203.0.113.%d", q.Name, i))
		}
	})
	r := b.resolve("many.", lookup.TypeA)
	b.want(r, lookup.OutcomeRecordLimit, lookup.RcodeServFail, "recordLimit 100")
	for _, e := range b.cache.Snapshot().Entries {
		if e.Kind != lookup.CacheFailure {
			t.Errorf("%s %s was kept", e.Name, e.Type)
		}
	}
}

// dripping is a server whose TCP responses come one octet at a time, for ever.
type dripping struct {
	*lookuptest.Wire
	wg sync.WaitGroup
}

func (d *dripping) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	if network == "udp" {
		return d.Wire.DialContext(ctx, network, addr)
	}
	here, there := net.Pipe()
	d.wg.Go(func() {
		defer there.Close()
		there.Read(make([]byte, 512))
		for _, c := range binary.BigEndian.AppendUint16(nil, 0xffff) {
			there.Write([]byte{c})
		}
		for {
			time.Sleep(time.Millisecond)
			if _, err := there.Write([]byte{0}); err != nil {
				return
			}
		}
	})
	return stream{here}, nil
}

type stream struct{ net.Conn }

func (stream) LocalAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 4711} }

func TestDripsAreBounded(t *testing.T) {
	var d *dripping
	b := newBench(t, func(c *iterative.Config) { c.Limits = iterative.Limits{TriesPerZone: 2} })
	d = &dripping{Wire: b.wire}
	b.resolver = iterative.New(iterative.Config{
		Host: "R1", Clock: b.clock, Cache: b.cache, Seed: 1, Limits: iterative.Limits{TriesPerZone: 2},
		Hints: []lookup.NameServer{{Name: "a.root-servers.net.", Addrs: []netip.Addr{rootAddr}, Glue: lookup.GlueHint}},
		Asker: transport.New(transport.Config{Network: d, Party: lookup.Party{By: lookup.RoleResolver, Host: "R1"}, TCPTimeout: 30 * time.Millisecond}),
	})
	b.serve("198.41.0.4", func(q dns.Question, m *dns.Msg) { m.Truncated = true })
	r := b.resolve("www.", lookup.TypeA)
	b.want(r, lookup.OutcomeUnreachable, lookup.RcodeServFail, "")
	if r.Queries != 4 {
		t.Errorf("%d packets, want two tries over UDP and TCP", r.Queries)
	}
	d.wg.Wait()
}

// A query that comes again while the first is being resolved waits for that
// result; nothing is sent for it.
func TestTheSameQuestionIsResolvedOnce(t *testing.T) {
	b := newBench(t, nil)
	asked, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	b.serve("198.41.0.4", func(q dns.Question, m *dns.Msg) {
		once.Do(func() { close(asked) })
		<-release
		add(&m.Answer, q.Name+" 60 A 203.0.113.99")
	})
	var wg sync.WaitGroup
	resolve := func(name lookup.Name) (tr *lookup.Trace, r *message.Resolution) {
		tr, r = lookup.NewTrace(lookup.TraceConfig{ID: "t" + string(name)}), new(message.Resolution)
		wg.Go(func() {
			*r = b.resolver.Resolve(context.Background(), tr.Root(), message.Request{Question: lookup.Question{Name: name, Type: lookup.TypeA, Class: lookup.ClassIN}})
		})
		return tr, r
	}
	_, first := resolve("www.")
	<-asked
	type one struct {
		tr *lookup.Trace
		r  *message.Resolution
	}
	var others []one
	for range 10 {
		tr, r := resolve("WWW.")
		others = append(others, one{tr, r})
		for e := range tr.Follow(context.Background(), 0) {
			if f, ok := e.Fact.(lookup.ResolutionJoined); ok {
				if f.Trace != "twww." {
					t.Errorf("joined the walk of trace %q", f.Trace)
				}
				break
			}
		}
	}
	close(release)
	wg.Wait()
	for _, o := range others {
		if o.r.Outcome != lookup.OutcomeAnswer || o.r.Queries != 0 || o.r.FromCache || first.Queries != 1 {
			t.Errorf("%+v", o.r)
		}
	}
	if n := len(b.wire.Log()); n != 1 {
		t.Errorf("%d packets were sent", n)
	}
}

// The one for whom all waited goes away: another takes the walk over.
func TestAJoinedWalkThatIsCanceledGoesOn(t *testing.T) {
	b := newBench(t, nil)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	asked := make(chan struct{}, 10)
	silent := true
	var mu sync.Mutex
	b.wire.Handle(netip.AddrPortFrom(rootAddr, 53), func(p lookuptest.Packet) [][]byte {
		mu.Lock()
		defer mu.Unlock()
		if asked <- struct{}{}; silent {
			return nil
		}
		q := new(dns.Msg)
		q.Unpack(p.Message)
		m := new(dns.Msg).SetReply(q)
		m.Authoritative = true
		add(&m.Answer, q.Question[0].Name+" 60 A 203.0.113.99")
		out, _ := m.Pack()
		return [][]byte{out}
	})
	req := message.Request{Question: lookup.Question{Name: "www.", Type: lookup.TypeA, Class: lookup.ClassIN}}
	var wg sync.WaitGroup
	wg.Go(func() {
		if r := b.resolver.Resolve(ctx, lookup.Step{}, req); r.Outcome != lookup.OutcomeCanceled {
			t.Errorf("%+v", r)
		}
	})
	<-asked
	tr := lookup.NewTrace(lookup.TraceConfig{ID: "t"})
	wg.Go(func() {
		if r := b.resolver.Resolve(context.Background(), tr.Root(), req); r.Outcome != lookup.OutcomeAnswer || r.Queries != 1 {
			t.Errorf("%+v", r)
		}
	})
	for e := range tr.Follow(context.Background(), 0) {
		if _, ok := e.Fact.(lookup.ResolutionJoined); ok {
			break
		}
	}
	mu.Lock()
	silent = false
	mu.Unlock()
	cancel()
	wg.Wait()
}
