package transport_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/lookuptest"
	"rootwalk/lookup/message"
	"rootwalk/lookup/transport"
)

var (
	at       = netip.MustParseAddrPort("203.0.113.53:53")
	question = lookup.Question{Name: "www.example.", Type: lookup.TypeA, Class: lookup.ClassIN}
)

// reply answers a packet after edit had its way.
func reply(t testing.TB, p lookuptest.Packet, edit func(m *dns.Msg)) []byte {
	q := new(dns.Msg)
	if err := q.Unpack(p.Message); err != nil {
		t.Error(err)
		return nil
	}
	m := new(dns.Msg)
	m.SetReply(q)
	m.Authoritative = true
	rr, _ := dns.NewRR("www.example. 60 A 203.0.113.10")
	m.Answer = []dns.RR{rr}
	if edit != nil {
		edit(m)
	}
	b, err := m.Pack()
	if err != nil {
		t.Error(err)
	}
	return b
}

// ask puts the question to a server made of a handler and returns the keys of
// the facts as well.
func ask(ctx context.Context, w *lookuptest.Wire, h lookuptest.Handler, edit func(q *message.Query)) (*message.Response, []string, []lookup.Event, error) {
	return askWith(ctx, w, transport.Config{}, h, edit)
}

// askWith is ask with a client of some other configuration.
func askWith(ctx context.Context, w *lookuptest.Wire, config transport.Config, h lookuptest.Handler, edit func(q *message.Query)) (*message.Response, []string, []lookup.Event, error) {
	w.Handle(at, h)
	config.Network, config.Party, config.TCPTimeout = w, lookup.Party{By: lookup.RoleResolver, Host: "R1"}, 100*time.Millisecond
	c := transport.New(config)
	q := message.Query{
		Server: lookup.Server{Name: "ns1.example.", Addr: at, Role: lookup.RoleAuthoritative}, Zone: "example.",
		Question: question, Try: 1, Timeout: 2 * time.Second,
	}
	if edit != nil {
		edit(&q)
	}
	tr := lookup.NewTrace(lookup.TraceConfig{})
	r, err := c.Ask(ctx, tr.Root(), q)
	var keys []string
	for _, e := range tr.Events() {
		keys = append(keys, e.Fact.Line().Key)
	}
	return r, keys, tr.Events(), err
}

func want(t *testing.T, keys []string, want ...string) {
	t.Helper()
	if !slices.Equal(keys, want) {
		t.Errorf("facts %s\nwant %s", strings.Join(keys, " "), strings.Join(want, " "))
	}
}

func TestOnlyTheResponseToThisQueryIsBelieved(t *testing.T) {
	var sent [][]byte
	r, keys, events, err := ask(context.Background(), lookuptest.NewWire(), func(p lookuptest.Packet) [][]byte {
		query := slices.Clone(p.Message)
		sent = [][]byte{
			reply(t, p, func(m *dns.Msg) { m.Id++ }),
			reply(t, p, func(m *dns.Msg) { m.Question[0].Name = "www.bank." }),
			reply(t, p, func(m *dns.Msg) { m.Question[0].Qtype = dns.TypeAAAA }),
			reply(t, p, func(m *dns.Msg) { m.Question = nil }),
			query,
			reply(t, p, func(m *dns.Msg) { m.Opcode = dns.OpcodeNotify }),
			reply(t, p, nil)[:20],
			{1},
			reply(t, p, func(m *dns.Msg) { m.Question[0].Name = "WWW.Example." }),
		}
		return sent
	}, nil)
	if err != nil || r.Verdict != message.Answer || r.Sent != 1 {
		t.Fatalf("%v, %v", r, err)
	}
	want(t, keys, "query.sent.resolver", "response.rejected.id", "response.rejected.question", "response.rejected.question", "response.rejected.question",
		"response.rejected.notResponse", "response.rejected.opcode", "response.rejected.malformed", "response.rejected.malformed", "answer.received.resolver")
	query := events[0].Fact.(lookup.QuerySent)
	for i, e := range events[1:] {
		if got := lookup.WireMessage(e.Fact); string(got) != string(sent[i]) {
			t.Errorf("fact %d does not carry the bytes that arrived", i+1)
		}
	}
	if answer := events[len(events)-1].Fact.(lookup.AnswerReceived); answer.Query != 0 || !answer.AA || answer.Records[0].Data != "203.0.113.10" {
		t.Errorf("%+v", answer)
	}
	if query.From.Port() == 0 || len(query.Message) != 40 || query.TimeoutMs != 2000 {
		t.Errorf("%+v", query)
	}
}

func TestRejectionsAreBounded(t *testing.T) {
	_, keys, _, err := ask(context.Background(), lookuptest.NewWire(), func(p lookuptest.Packet) [][]byte {
		var out [][]byte
		for range 40 {
			out = append(out, reply(t, p, func(m *dns.Msg) { m.Id++ }))
		}
		return append(out, reply(t, p, nil))
	}, nil)
	if err != nil || len(keys) != 1+8+1 {
		t.Errorf("%d facts, %v", len(keys), err)
	}
}

func TestEveryQueryHasItsOwnIDAndPort(t *testing.T) {
	w := lookuptest.NewWire()
	for range 8 {
		if _, _, _, err := ask(context.Background(), w, func(p lookuptest.Packet) [][]byte { return [][]byte{reply(t, p, nil)} }, nil); err != nil {
			t.Fatal(err)
		}
	}
	ids, ports := map[string]bool{}, map[netip.AddrPort]bool{}
	for _, p := range w.Log() {
		ids[string(p.Message[:2])] = true
		ports[p.From] = true
	}
	if len(ids) < 7 || len(ports) != 8 { // two equal IDs among eight: 1 in 2,300
		t.Errorf("%d IDs, %d ports in 8 queries", len(ids), len(ports))
	}
}

func TestTruncationLeadsToTCP(t *testing.T) {
	var seen []string
	r, keys, events, err := ask(context.Background(), lookuptest.NewWire(), func(p lookuptest.Packet) [][]byte {
		if p.TCP {
			return [][]byte{reply(t, p, func(m *dns.Msg) { m.Truncated = true })} // senseless there, ignored
		}
		b := reply(t, p, func(m *dns.Msg) { m.Truncated = true })
		return [][]byte{b[:len(b)-3]} // cut in the middle of a record: truncated all the same
	}, func(q *message.Query) {
		q.Sending = func(from netip.AddrPort, id uint16) { seen = append(seen, from.String()) }
	})
	if err != nil || r.Verdict != message.Answer || !r.TCP || r.Sent != 2 {
		t.Fatalf("%+v, %v", r, err)
	}
	want(t, keys, "query.sent.resolver", "truncation.received", "connection.opened", "query.sent.resolver", "answer.received.resolver")
	if q := events[4].Fact.(lookup.AnswerReceived).Query; q != 3 {
		t.Errorf("the answer belongs to query %d, want the one over TCP", q)
	}
	if len(seen) != 2 || seen[0] == seen[1] {
		t.Errorf("told of %v before sending", seen)
	}
}

func TestTCPThatFails(t *testing.T) {
	truncated := func(p lookuptest.Packet) [][]byte {
		return [][]byte{reply(t, p, func(m *dns.Msg) { m.Truncated = true })}
	}
	// The server takes the query and closes.
	r, keys, _, err := ask(context.Background(), lookuptest.NewWire(), func(p lookuptest.Packet) [][]byte {
		if p.TCP {
			return nil
		}
		return truncated(p)
	}, nil)
	if !errors.Is(err, message.ErrUnreachable) || r.Sent != 2 {
		t.Errorf("%v after %d packets", err, r.Sent)
	}
	want(t, keys, "query.sent.resolver", "truncation.received", "connection.opened", "query.sent.resolver", "query.failed.closed")

	// It sends nothing but nonsense.
	_, keys, _, err = ask(context.Background(), lookuptest.NewWire(), func(p lookuptest.Packet) [][]byte {
		if p.TCP {
			var out [][]byte
			for range 20 {
				out = append(out, []byte{1, 2, 3})
			}
			return out
		}
		return truncated(p)
	}, nil)
	if !errors.Is(err, message.ErrUnreachable) || len(keys) != 4+8+1 {
		t.Errorf("%v, %v", err, keys)
	}
}

func TestErrorsOfTheNetwork(t *testing.T) {
	for _, c := range []struct {
		broken error
		want   error
		keys   []string
	}{
		{syscall.ECONNREFUSED, message.ErrUnreachable, []string{"query.sent.resolver", "query.failed.refused"}},
		{syscall.ENETUNREACH, message.ErrNoRoute, []string{"query.failed.unreachable"}},
		{syscall.EHOSTUNREACH, message.ErrUnreachable, []string{"query.failed.unreachable"}},
		{syscall.ENOBUFS, message.ErrUnreachable, []string{"query.failed.other"}},
		{policy{}, message.ErrBlocked, []string{"query.blocked.metadata"}},
	} {
		w := lookuptest.NewWire()
		w.Break(at.Addr(), c.broken)
		start := time.Now()
		r, keys, _, err := ask(context.Background(), w, nil, nil)
		if !errors.Is(err, c.want) || r == nil || time.Since(start) >= 2*time.Second {
			t.Errorf("%v: %v, want %v at once", c.broken, err, c.want)
		}
		want(t, keys, c.keys...)
	}
}

// policy is the error of a network that does not let everything out.
type policy struct{}

func (policy) Error() string             { return "blocked" }
func (policy) Refusal() (string, string) { return "metadata", "a cloud's metadata service" }

func TestTimer(t *testing.T) {
	_, keys, _, err := ask(context.Background(), lookuptest.NewWire(), nil, func(q *message.Query) { q.Timeout = 10 * time.Millisecond })
	if !errors.Is(err, message.ErrTimeout) {
		t.Error(err)
	}
	want(t, keys, "query.sent.resolver", "query.timedOut")
}

func TestCancelEndsTheWaitAtOnce(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	_, keys, _, err := ask(ctx, lookuptest.NewWire(), func(lookuptest.Packet) [][]byte { cancel(); return nil }, func(q *message.Query) { q.Timeout = time.Hour })
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	want(t, keys, "query.sent.resolver")
}

func TestDeadlineOfTheWholeLookupIsATimeout(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	_, keys, _, err := ask(ctx, lookuptest.NewWire(), nil, func(q *message.Query) { q.Timeout = time.Hour })
	if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, message.ErrTimeout) {
		t.Error(err)
	}
	want(t, keys, "query.sent.resolver", "query.timedOut")
}

func TestDiscardedRecordsAreTold(t *testing.T) {
	_, keys, _, _ := ask(context.Background(), lookuptest.NewWire(), func(p lookuptest.Packet) [][]byte {
		return [][]byte{reply(t, p, func(m *dns.Msg) {
			for range 12 {
				rr, _ := dns.NewRR("www.bank.test. 60 A 203.0.113.66")
				m.Extra = append(m.Extra, rr)
			}
		})}
	}, nil)
	if len(keys) != 2+8 || keys[2] != "record.discarded.outOfZone" {
		t.Errorf("%v", keys)
	}
}

func TestWithoutAnAudienceNothingIsMissing(t *testing.T) {
	w := lookuptest.NewWire()
	w.Handle(at, func(p lookuptest.Packet) [][]byte { return [][]byte{reply(t, p, nil)} })
	c := transport.New(transport.Config{Network: w})
	r, err := c.Ask(context.Background(), lookup.Step{}, message.Query{
		Server: lookup.Server{Addr: at}, Zone: "example.", Question: question, Try: 1, Timeout: time.Second,
	})
	if err != nil || r.Verdict != message.Answer || len(r.Answer) != 1 {
		t.Errorf("%+v, %v", r, err)
	}
}

// tooOften is the refusal of a rate.
type tooOften string

func (tooOften) Error() string               { return "too often" }
func (r tooOften) Refusal() (string, string) { return string(r), "20" }
func (tooOften) Budget() int                 { return 20 }

// A query beyond a rate does not leave, over UDP nor over TCP, and the error says
// whether another server may be asked.
func TestAQueryThatIsNotAdmitted(t *testing.T) {
	for rule, server := range map[string]bool{"serverRate": true, "zoneRate": false} {
		for granted := range 2 {
			w, admitted := lookuptest.NewWire(), 0
			r, keys, _, err := askWith(context.Background(), w, transport.Config{Admit: func(to netip.AddrPort, zone lookup.Name) error {
				if to != at || zone == "" {
					t.Errorf("asked about %v, %q", to, zone)
				}
				if admitted++; admitted > granted {
					return tooOften(rule)
				}
				return nil
			}}, func(p lookuptest.Packet) [][]byte {
				return [][]byte{reply(t, p, func(m *dns.Msg) { m.Truncated = true })}
			}, nil)
			var spent *message.SpentError
			if !errors.As(err, &spent) || spent.Limit != lookup.OutcomeRateLimit || spent.Max != 20 || spent.Server != server || r.Sent != granted {
				t.Errorf("%s: %v after %d packets", rule, err, r.Sent)
			}
			told := []string{"query.sent.resolver", "truncation.received"}[:2*granted]
			want(t, keys, append(told, "query.blocked."+rule)...)
		}
	}
}

// dialed counts the connections that are made.
type dialed struct {
	lookup.Network
	n int
}

func (d *dialed) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	d.n++
	return d.Network.DialContext(ctx, network, address)
}

// A query that is not admitted costs nothing: no socket is made for it, of which a
// run has so many, and a connection that is kept stays open. Each query is asked
// about, also one that is sent again because the connection was closed meanwhile.
func TestAQueryThatIsNotAdmittedCostsNothing(t *testing.T) {
	w, closes := lookuptest.NewWire(), false
	w.Handle(at, func(p lookuptest.Packet) [][]byte {
		if p.TCP && closes {
			closes = false
			return nil
		}
		return [][]byte{reply(t, p, func(m *dns.Msg) { m.Truncated = !p.TCP })}
	})
	network, asked, left := &dialed{Network: w}, 0, 0
	c := transport.New(transport.Config{Network: network, KeepTCP: time.Hour, Admit: func(netip.AddrPort, lookup.Name) error {
		if asked++; left == 0 {
			return tooOften("serverRate")
		}
		left--
		return nil
	}})
	t.Cleanup(c.Close)
	ask := func(admitted int) (sent int, err error) {
		left = admitted
		r, err := c.Ask(t.Context(), lookup.Step{}, message.Query{
			Server: lookup.Server{Addr: at}, Zone: "example.", Question: question, Try: 1, Timeout: time.Second,
		})
		return r.Sent, err
	}
	for i, want := range []struct {
		admitted, sent, dialed, asked int
		closes                        bool
	}{
		{admitted: 0, sent: 0, dialed: 0, asked: 1},
		{admitted: 2, sent: 2, dialed: 2, asked: 2}, // over UDP, and a connection
		{admitted: 1, sent: 1, dialed: 3, asked: 2}, // over UDP, and no more
		{admitted: 2, sent: 2, dialed: 4, asked: 2}, // the connection is still there
		{admitted: 2, sent: 2, dialed: 5, asked: 3, closes: true},
	} {
		asked, closes = 0, want.closes
		sent, err := ask(want.admitted)
		if sent != want.sent || network.n != want.dialed || asked != want.asked || (err == nil) != (sent == 2 && !want.closes) {
			t.Errorf("%d: %d sent, %d connections, asked about %d, %v, want %+v", i+1, sent, network.n, asked, err, want)
		}
	}
}
