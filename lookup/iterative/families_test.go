package iterative_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"syscall"
	"testing"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/iterative"
	"rootwalk/lookup/lookuptest"
	"rootwalk/lookup/message"
)

// Whatever is left of the two families, every name with a server in it is
// found, and no packet goes to the other.
func TestOneFamilyIsEnough(t *testing.T) {
	const root4, root6 = "198.41.0.4", "2001:503:ba3e::2:30"
	servers := map[string]func(q dns.Question, m *dns.Msg){
		root4 + " " + root6: func(q dns.Question, m *dns.Msg) {
			m.Authoritative = false
			switch {
			case dns.IsSubDomain("host.test.", q.Name):
				add(&m.Ns, "host.test. 3600 NS ns1.host.test.")
				add(&m.Extra, "ns1.host.test. 3600 A 192.0.2.41", "ns1.host.test. 3600 AAAA 2001:db8::41")
			case dns.IsSubDomain("glueless.", q.Name):
				add(&m.Ns, "glueless. 3600 NS ns.host.test.")
			case dns.IsSubDomain("sibling4.", q.Name): // the parent knows half of it
				add(&m.Ns, "sibling4. 3600 NS ns.host.test.")
				add(&m.Extra, "ns.host.test. 3600 A 192.0.2.42")
			case dns.IsSubDomain("sibling6.", q.Name):
				add(&m.Ns, "sibling6. 3600 NS ns.host.test.")
				add(&m.Extra, "ns.host.test. 3600 AAAA 2001:db8::42")
			case dns.IsSubDomain("only4.", q.Name):
				add(&m.Ns, "only4. 3600 NS ns.only4.")
				add(&m.Extra, "ns.only4. 3600 A 192.0.2.42")
			case dns.IsSubDomain("only6.", q.Name):
				add(&m.Ns, "only6. 3600 NS ns.only6.")
				add(&m.Extra, "ns.only6. 3600 AAAA 2001:db8::42")
			}
		},
		"192.0.2.41 2001:db8::41": func(q dns.Question, m *dns.Msg) {
			if q.Qtype == dns.TypeA {
				add(&m.Answer, "ns.host.test. 60 A 192.0.2.42")
			} else {
				add(&m.Answer, "ns.host.test. 60 AAAA 2001:db8::42")
			}
		},
		"192.0.2.42 2001:db8::42": func(q dns.Question, m *dns.Msg) { add(&m.Answer, q.Name+" 60 A 203.0.113.99") },
	}
	for _, c := range []struct {
		left       string // family
		switched   bool   // the other is off, or else has no route
		unanswered string
	}{{"IPv4", true, "only6."}, {"IPv4", false, "only6."}, {"IPv6", true, "only4."}, {"IPv6", false, "only4."}, {"both", false, ""}} {
		for _, zone := range []string{"glueless.", "sibling4.", "sibling6.", "only4.", "only6."} {
			t.Run(fmt.Sprintf("%s switched %v %s", c.left, c.switched, zone), func(t *testing.T) {
				b := newBench(t, func(config *iterative.Config) {
					config.NoIPv4, config.NoIPv6 = c.switched && c.left == "IPv6", c.switched && c.left == "IPv4"
					config.Hints = []lookup.NameServer{{Name: "a.root-servers.net.", Addrs: []netip.Addr{netip.MustParseAddr(root4), netip.MustParseAddr(root6)}, Glue: lookup.GlueHint}}
				})
				for addrs, answer := range servers {
					for addr := range strings.FieldsSeq(addrs) {
						b.serve(addr, answer)
						if a := netip.MustParseAddr(addr); !c.switched && (c.left == "IPv4" && a.Is6() || c.left == "IPv6" && a.Is4()) {
							b.wire.Break(a, syscall.ENETUNREACH)
						}
					}
				}
				for range 2 { // the second time with what the first left in the cache
					r := b.resolve("www."+lookup.Name(zone), lookup.TypeA)
					if zone == c.unanswered {
						b.want(r, lookup.OutcomeUnreachable, lookup.RcodeServFail, "")
					} else {
						b.want(r, lookup.OutcomeAnswer, lookup.RcodeNoError, "")
					}
					if r.Queries > 7 {
						t.Errorf("%d queries", r.Queries)
					}
					for _, e := range b.trace.Events() {
						switch f := e.Fact.(type) {
						case lookup.QuerySent:
							if is4 := f.Server.Addr.Addr().Is4(); c.left == "IPv4" && !is4 || c.left == "IPv6" && is4 {
								t.Errorf("%v was asked", f.Server.Addr)
							}
						case lookup.ServerChosen:
							if f.Server.Addr.Addr().Is4() && c.switched && c.left == "IPv6" {
								t.Errorf("%v was chosen", f.Server.Addr)
							}
						}
					}
					b.clock.Skip(120e9)
				}
			})
		}
	}
}

// blocked is the error of a network with a policy.
type blocked struct{ error }

func (blocked) Refusal() (rule, text string) { return "special", "loopback" }

// A delegation to addresses that nothing may be sent to ends at once, without a
// packet to them, and is the fault of no other server.
func TestBlockedServers(t *testing.T) {
	b := newBench(t, nil)
	b.serve("198.41.0.4", func(q dns.Question, m *dns.Msg) {
		delegate(m, "evil.", "ns.evil.", "10.0.0.1", "10.0.0.2", "169.254.169.254")
	})
	for _, a := range []string{"10.0.0.1", "10.0.0.2", "169.254.169.254"} {
		b.serve(a, func(q dns.Question, m *dns.Msg) { t.Errorf("%s was asked", a) })
		b.wire.Break(netip.MustParseAddr(a), blocked{errors.New("blocked")})
	}
	r := b.resolve("www.evil.", lookup.TypeA)
	b.want(r, lookup.OutcomeUnreachable, lookup.RcodeServFail, "")
	told := 0
	for _, e := range b.trace.Events() {
		if f, ok := e.Fact.(lookup.QueryBlocked); ok && f.Reason == "special" && f.Text == "loopback" && f.Host == "R1" {
			told++
		}
	}
	if told != 3 || r.Queries != 1 {
		t.Errorf("told of %d, %d queries\n%s", told, r.Queries, lookuptest.Transcript(b.trace.Events()))
	}
}

// spent is the error of a network where a run has used up what it may use.
type spent struct {
	error
	rule string
}

func (s spent) Refusal() (rule, text string) { return s.rule, "7" }
func (spent) Budget() int                    { return 7 }

// What a network grants one lookup ends that lookup, with its own outcome: no
// other server is tried.
func TestABudgetEndsTheLookup(t *testing.T) {
	for rule, want := range map[string]struct {
		outcome lookup.Outcome
		text    string
	}{
		"connects": {lookup.OutcomeQueryLimit, "more than 7 connections for one question"},
		"bytes":    {lookup.OutcomeByteLimit, "more than 7 octets for one question"},
		"time":     {lookup.OutcomeTimeLimit, "more than 7 ms for one question"},
	} {
		t.Run(rule, func(t *testing.T) {
			type key struct{}
			metered := 0
			b := newBench(t, func(c *iterative.Config) {
				c.Meter = func(ctx context.Context) context.Context {
					metered++
					return context.WithValue(ctx, key{}, true)
				}
				c.Asker = marked{c.Asker, func(ctx context.Context) {
					if ctx.Value(key{}) != true {
						t.Error("asked outside the budget")
					}
				}}
			})
			b.serve("198.41.0.4", func(q dns.Question, m *dns.Msg) {
				m.Authoritative = false
				for i := range 5 {
					add(&m.Ns, fmt.Sprintf("far. 3600 NS ns%d.far.", i))
					add(&m.Extra, fmt.Sprintf("ns%d.far. 3600 A 203.0.113.%d", i, i+1))
				}
			})
			for i := range 5 {
				b.wire.Break(netip.MustParseAddr(fmt.Sprintf("203.0.113.%d", i+1)), spent{errors.New("spent"), rule})
			}
			r := b.resolve("www.far.", lookup.TypeA)
			b.want(r, want.outcome, lookup.RcodeServFail, string(want.outcome)+" 7")
			told := strings.Count(lookuptest.Transcript(b.trace.Events()), "query.blocked."+rule)
			if len(r.Extended) != 1 || r.Extended[0].Text != want.text || told != 1 || metered != 1 {
				t.Errorf("%v, told %d times, metered %d", r.Extended, told, metered)
			}
		})
	}
}

// marked looks at the context of every question.
type marked struct {
	iterative.Asker
	look func(ctx context.Context)
}

func (m marked) Ask(ctx context.Context, step lookup.Step, q message.Query) (*message.Response, error) {
	m.look(ctx)
	return m.Asker.Ask(ctx, step, q)
}

// A server that may not be asked for now is left alone and another one asked; where
// no other is left, or the whole zone has had its share, the lookup says so. It is
// not remembered as a failure of the question.
func TestARateLeavesOthersToAsk(t *testing.T) {
	for name, c := range map[string]struct {
		spent   map[string]spent // by address
		outcome lookup.Outcome
		asked   int
	}{
		"one server": {map[string]spent{"203.0.113.1": {errors.New("busy"), "serverRate"}}, lookup.OutcomeAnswer, 2},
		"all":        {map[string]spent{"203.0.113.1": {errors.New("busy"), "serverRate"}, "203.0.113.2": {errors.New("busy"), "serverRate"}}, lookup.OutcomeRateLimit, 1},
		"the zone":   {map[string]spent{"203.0.113.1": {errors.New("busy"), "zoneRate"}, "203.0.113.2": {errors.New("busy"), "zoneRate"}}, lookup.OutcomeRateLimit, 1},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, nil)
			b.serve("198.41.0.4", func(q dns.Question, m *dns.Msg) {
				delegate(m, "far.", "ns.far.", "203.0.113.1", "203.0.113.2")
			})
			for i := range 2 {
				addr := fmt.Sprintf("203.0.113.%d", i+1)
				b.serve(addr, func(q dns.Question, m *dns.Msg) { add(&m.Answer, "www.far. 60 A 192.0.2.1") })
				if s, ok := c.spent[addr]; ok {
					b.wire.Break(netip.MustParseAddr(addr), s)
				}
			}
			r := b.resolve("www.far.", lookup.TypeA)
			if r.Outcome != c.outcome || r.Queries != c.asked {
				t.Errorf("%s after %d queries\n%s", r.Outcome, r.Queries, lookuptest.Transcript(b.trace.Events()))
			}
			if c.outcome == lookup.OutcomeAnswer {
				return
			}
			if r.Rcode != lookup.RcodeServFail || len(r.Extended) != 1 || r.Extended[0].Text != "servers are asked at most 7 times a second" {
				t.Errorf("%v %v", r.Rcode, r.Extended)
			}
			for addr := range c.spent {
				b.wire.Break(netip.MustParseAddr(addr), nil)
			}
			if r := b.resolve("www.far.", lookup.TypeA); r.Outcome != lookup.OutcomeAnswer {
				t.Errorf("a moment later: %s", r.Outcome)
			}
		})
	}
}

// A rate that is reached on the way to a name server's address ends that side walk;
// the zone's other servers are still looked for and asked.
func TestARateOnASideWalkLeavesOtherServers(t *testing.T) {
	for rule, others := range map[string]bool{"serverRate": true, "zoneRate": true, "serverRate, no other": false, "zoneRate, no other": false} {
		t.Run(rule, func(t *testing.T) {
			b := newBench(t, nil)
			b.serve("198.41.0.4", func(q dns.Question, m *dns.Msg) {
				switch {
				case strings.HasSuffix(q.Name, "busy."):
					delegate(m, "busy.", "ns.busy.", "203.0.113.1")
				case strings.HasSuffix(q.Name, "free."):
					delegate(m, "free.", "ns.free.", "203.0.113.2")
				default:
					delegate(m, "far.", "n1.busy.")
					if others {
						add(&m.Ns, "far. 3600 NS n2.free.")
					}
				}
			})
			busy := netip.MustParseAddr("203.0.113.1")
			b.serve("203.0.113.1", func(q dns.Question, m *dns.Msg) { add(&m.Answer, "n1.busy. 60 A 203.0.113.3") })
			b.serve("203.0.113.2", func(q dns.Question, m *dns.Msg) { add(&m.Answer, "n2.free. 60 A 203.0.113.3") })
			b.serve("203.0.113.3", func(q dns.Question, m *dns.Msg) { add(&m.Answer, "www.far. 60 A 192.0.2.1") })
			b.wire.Break(busy, spent{errors.New("busy"), strings.TrimSuffix(rule, ", no other")})
			if others {
				r := b.resolve("www.far.", lookup.TypeA)
				b.want(r, lookup.OutcomeAnswer, lookup.RcodeNoError, "rateLimit 7")
				return
			}
			r := b.resolve("www.far.", lookup.TypeA)
			b.want(r, lookup.OutcomeRateLimit, lookup.RcodeServFail, "rateLimit 7")
			if len(r.Extended) != 1 || r.Extended[0].Text != "servers are asked at most 7 times a second" {
				t.Errorf("%v", r.Extended)
			}
			b.wire.Break(busy, nil)
			if r := b.resolve("www.far.", lookup.TypeA); r.Outcome != lookup.OutcomeAnswer {
				t.Errorf("a moment later: %s", r.Outcome)
			}
		})
	}
}
