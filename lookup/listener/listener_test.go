package listener_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"
	"go.uber.org/goleak"

	"rootwalk/lookup"
	"rootwalk/lookup/listener"
	"rootwalk/lookup/lookuptest"
	"rootwalk/lookup/message"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// resolver answers by a function.
type resolver func(ctx context.Context, req message.Request) message.Resolution

func (r resolver) Resolve(ctx context.Context, _ lookup.Step, req message.Request) message.Resolution {
	return r(ctx, req)
}

// found is an answer with n TXT records of 200 octets.
func found(name lookup.Name, n int) message.Resolution {
	set := message.Set{Name: name, Type: lookup.TypeTXT, TTLSec: 42}
	for range n {
		set.RRs = append(set.RRs, &dns.TXT{Hdr: dns.RR_Header{Name: string(name), Rrtype: dns.TypeTXT, Class: 1, Ttl: 60}, Txt: []string{strings.Repeat("x", 200)}})
	}
	return message.Resolution{Outcome: lookup.OutcomeAnswer, Answer: []message.Set{set}, Queries: 3}
}

func listen(t *testing.T, c listener.Config) (*listener.Listener, netip.AddrPort) {
	t.Helper()
	c.Network = lookuptest.Loopback{}
	c.Addrs = []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")}
	if c.Resolver == nil {
		c.Resolver = resolver(func(_ context.Context, req message.Request) message.Resolution { return found(req.Question.Name, 1) })
	}
	l, err := listener.Listen(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l, l.Addrs()[0]
}

func dial(t *testing.T, network string, at netip.AddrPort) net.Conn {
	t.Helper()
	conn, err := net.Dial(network, at.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	return conn
}

func query(name string, edit func(m *dns.Msg)) []byte {
	m := new(dns.Msg).SetQuestion(name, dns.TypeTXT)
	m.Id = 7
	if edit != nil {
		edit(m)
	}
	b, err := m.Pack()
	if err != nil {
		panic(err)
	}
	return b
}

func exchange(t *testing.T, conn net.Conn, query []byte) *dns.Msg {
	t.Helper()
	if _, err := conn.Write(query); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 65535)
	n, err := conn.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	m := new(dns.Msg)
	if err := m.Unpack(b[:n]); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestUDP(t *testing.T) {
	var last atomic.Pointer[message.Request]
	_, at := listen(t, listener.Config{Resolver: resolver(func(_ context.Context, req message.Request) message.Resolution {
		last.Store(&req)
		switch req.Question.Name {
		case "no.example.":
			soa, _ := dns.NewRR("example. 60 SOA a. b. 1 2 3 4 5")
			return message.Resolution{Outcome: lookup.OutcomeNxdomain, Rcode: lookup.RcodeNXDomain, Authority: []message.Set{{Name: "example.", Type: lookup.TypeSOA, TTLSec: 5, RRs: []dns.RR{soa}}}}
		case "fail.example.":
			return message.Resolution{Outcome: lookup.OutcomeUnreachable, Rcode: lookup.RcodeServFail}
		case "big.example.":
			return found(req.Question.Name, 5)
		case "huge.example.":
			return found(req.Question.Name, 10)
		}
		return found(req.Question.Name, 1)
	})})
	conn := dial(t, "udp", at)

	m := exchange(t, conn, query("wWw.example.", nil))
	if m.Id != 7 || !m.Response || !m.RecursionDesired || !m.RecursionAvailable || m.Authoritative || m.IsEdns0() != nil || m.Question[0].Name != "wWw.example." {
		t.Errorf("%v", m)
	}
	if len(m.Answer) != 1 || m.Answer[0].Header().Ttl != 42 {
		t.Errorf("answer %v, want the TTL that is left", m.Answer)
	}
	if last := last.Load(); last.Client != conn.LocalAddr().(*net.UDPAddr).AddrPort() || last.CacheOnly || last.Question != (lookup.Question{Name: "wWw.example.", Type: lookup.TypeTXT, Class: lookup.ClassIN}) {
		t.Errorf("asked %+v", *last)
	}
	if m = exchange(t, conn, query("no.example.", nil)); m.Rcode != dns.RcodeNameError || len(m.Ns) != 1 || m.Ns[0].Header().Ttl != 5 {
		t.Errorf("%v", m)
	}
	if m = exchange(t, conn, query("fail.example.", nil)); m.Rcode != dns.RcodeServerFailure {
		t.Errorf("%v", m)
	}
	if m = exchange(t, conn, query("www.example.", func(m *dns.Msg) { m.RecursionDesired = false; m.CheckingDisabled = true })); m.RecursionDesired || !m.CheckingDisabled || !last.Load().CacheOnly {
		t.Errorf("RD=0: %v", m)
	}
	// 1,000 octets fit if the client says so, and never more than 1,232.
	edns := func(size uint16) func(m *dns.Msg) { return func(m *dns.Msg) { m.SetEdns0(size, false) } }
	for _, c := range []struct {
		name      string
		edit      func(m *dns.Msg)
		truncated bool
	}{{"big.example.", nil, true}, {"big.example.", edns(1232), false}, {"big.example.", edns(512), true}, {"big.example.", edns(0), true}, {"huge.example.", edns(4096), true}} {
		m := exchange(t, conn, query(c.name, c.edit))
		if m.Truncated != c.truncated || (len(m.Answer) == 0) != c.truncated || (m.IsEdns0() != nil) != (c.edit != nil) {
			t.Errorf("%+v: %v", c, m)
		}
	}
	if m = exchange(t, conn, query("www.example.", func(m *dns.Msg) { m.SetEdns0(1232, false); m.IsEdns0().SetVersion(1) })); m.Rcode != dns.RcodeBadVers {
		t.Errorf("EDNS version 1: %v", m)
	}
	if m = exchange(t, conn, query("example.", func(m *dns.Msg) { m.Question[0].Qtype = dns.TypeAXFR })); m.Rcode != dns.RcodeRefused {
		t.Errorf("AXFR: %v", m)
	}
	if m = exchange(t, conn, query("example.", func(m *dns.Msg) { m.Opcode = dns.OpcodeUpdate })); m.Rcode != dns.RcodeNotImplemented || m.Opcode != dns.OpcodeUpdate {
		t.Errorf("UPDATE: %v", m)
	}
	if m = exchange(t, conn, query("example.", func(m *dns.Msg) { m.Question = append(m.Question, m.Question[0]) })); m.Rcode != dns.RcodeFormatError {
		t.Errorf("two questions: %v", m)
	}
	if m = exchange(t, conn, query("example.", nil)[:20]); m.Rcode != dns.RcodeFormatError {
		t.Errorf("half a query: %v", m)
	}
	// Responses and rubbish are not answered: the next response is to the
	// query after them.
	conn.Write([]byte{1, 2, 3})
	conn.Write(query("example.", func(m *dns.Msg) { m.Response = true; m.Id = 1 }))
	if m = exchange(t, conn, query("www.example.", func(m *dns.Msg) { m.Id = 9 })); m.Id != 9 {
		t.Errorf("a response was answered: %v", m)
	}
}

func frame(b []byte) []byte { return append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...) }

func readFrame(t *testing.T, r io.Reader) *dns.Msg {
	t.Helper()
	var size [2]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, binary.BigEndian.Uint16(size[:]))
	if _, err := io.ReadFull(r, b); err != nil {
		t.Fatal(err)
	}
	m := new(dns.Msg)
	if err := m.Unpack(b); err != nil {
		t.Fatal(err)
	}
	return m
}

// The first query of a connection takes longer than the second, whose response
// need not wait (RFC 7766 §6.2.1.1).
func TestTCPPipelining(t *testing.T) {
	second := make(chan struct{})
	_, at := listen(t, listener.Config{Resolver: resolver(func(ctx context.Context, req message.Request) message.Resolution {
		if req.Question.Name == "slow.example." {
			<-second
		}
		return found(req.Question.Name, 20)
	})})
	conn := dial(t, "tcp", at)
	conn.Write(append(frame(query("slow.example.", func(m *dns.Msg) { m.Id = 1 })), frame(query("fast.example.", func(m *dns.Msg) { m.Id = 2 }))...))
	if m := readFrame(t, conn); m.Id != 2 || len(m.Answer) != 20 || m.Truncated {
		t.Errorf("first %v", m)
	}
	close(second)
	if m := readFrame(t, conn); m.Id != 1 {
		t.Errorf("second %v", m)
	}
}

func ended(t *testing.T, conn net.Conn) bool {
	t.Helper()
	_, err := conn.Read(make([]byte, 1))
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return false
	}
	return err != nil
}

func TestTCPBounds(t *testing.T) {
	_, at := listen(t, listener.Config{MaxConnsPerIP: 2, MaxConnQueries: 2, Idle: 30 * time.Millisecond})
	conn := dial(t, "tcp", at)
	for range 2 {
		conn.Write(frame(query("www.example.", nil)))
		readFrame(t, conn)
	}
	if !ended(t, conn) {
		t.Error("open after its share of queries")
	}
	if !ended(t, dial(t, "tcp", at)) {
		t.Error("open although idle")
	}
	slow := dial(t, "tcp", at)
	slow.Write([]byte{0}) // half a length
	if !ended(t, slow) {
		t.Error("open although nothing comes")
	}
	long := dial(t, "tcp", at)
	long.Write([]byte{0xff, 0xff})
	if !ended(t, long) {
		t.Error("waits for 64 KiB of query")
	}

	_, at = listen(t, listener.Config{MaxConnsPerIP: 2})
	a, b := dial(t, "tcp", at), dial(t, "tcp", at)
	for _, c := range []net.Conn{a, b} {
		c.Write(frame(query("www.example.", nil)))
		readFrame(t, c)
	}
	if !ended(t, dial(t, "tcp", at)) {
		t.Error("a third connection from one address was let in")
	}
	a.Close()
	for { // as soon as the listener has noticed, there is room again
		c := dial(t, "tcp", at)
		c.Write(frame(query("www.example.", nil)))
		if _, err := io.ReadFull(c, make([]byte, 2)); err == nil {
			break
		}
		c.Close()
	}
}

func TestTooManyQueriesAreDropped(t *testing.T) {
	release, busy := make(chan struct{}), make(chan struct{}, 10)
	_, at := listen(t, listener.Config{MaxQueries: 1, Resolver: resolver(func(_ context.Context, req message.Request) message.Resolution {
		busy <- struct{}{}
		<-release
		return found(req.Question.Name, 1)
	})})
	conn := dial(t, "udp", at)
	conn.Write(query("a.example.", func(m *dns.Msg) { m.Id = 1 }))
	<-busy
	conn.Write(query("b.example.", func(m *dns.Msg) { m.Id = 2 }))
	// Over TCP the query waits instead of being lost.
	stream := dial(t, "tcp", at)
	stream.Write(frame(query("c.example.", func(m *dns.Msg) { m.Id = 3 })))
	close(release)
	if m := readFrame(t, stream); m.Id != 3 {
		t.Errorf("%v", m)
	}
	b := make([]byte, 512)
	if n, err := conn.Read(b); err != nil || n < 2 || b[1] != 1 {
		t.Errorf("% x, %v", b[:2], err)
	}
}

func TestCloseCancelsAndWaits(t *testing.T) {
	started := make(chan struct{}, 2)
	var mu sync.Mutex
	ended := 0
	l, at := listen(t, listener.Config{Resolver: resolver(func(ctx context.Context, req message.Request) message.Resolution {
		started <- struct{}{}
		<-ctx.Done()
		mu.Lock()
		defer mu.Unlock()
		ended++
		return message.Resolution{Outcome: lookup.OutcomeCanceled, Rcode: lookup.RcodeServFail}
	})})
	dial(t, "udp", at).Write(query("www.example.", nil))
	stream := dial(t, "tcp", at)
	stream.Write(frame(query("www.example.", nil)))
	<-started
	<-started
	l.Close()
	mu.Lock()
	defer mu.Unlock()
	if ended != 2 {
		t.Errorf("Close returned with %d of 2 lookups ended", ended)
	}
	l.Close() // twice is harmless
}

func TestListenFailsAsAWhole(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, err = listener.Listen(context.Background(), listener.Config{
		Network: lookuptest.Loopback{}, Resolver: resolver(nil),
		Addrs: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0"), netip.MustParseAddrPort(taken.Addr().String())},
	})
	if err == nil || !strings.Contains(err.Error(), "TCP") {
		t.Errorf("%v", err)
	}
}

type tracer struct {
	mu   sync.Mutex
	step lookup.Step
	told []int
}

func (t *tracer) StepFor(client netip.AddrPort, id uint16, q lookup.Question) lookup.Step {
	if id == 7 {
		return t.step
	}
	return lookup.Step{}
}

func (t *tracer) Resolved(client netip.AddrPort, id uint16, q lookup.Question, queries int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.told = append(t.told, queries)
}

type stepper struct{ recording chan bool }

func (s stepper) Resolve(_ context.Context, step lookup.Step, req message.Request) message.Resolution {
	s.recording <- step.Recording()
	return found(req.Question.Name, 1)
}

func TestTracer(t *testing.T) {
	tr := &tracer{step: lookup.NewTrace(lookup.TraceConfig{}).Root()}
	r := stepper{make(chan bool, 2)}
	_, at := listen(t, listener.Config{Resolver: r, Tracer: tr})
	conn := dial(t, "udp", at)
	exchange(t, conn, query("www.example.", nil))
	exchange(t, conn, query("www.example.", func(m *dns.Msg) { m.Id = 8 }))
	if a, b := <-r.recording, <-r.recording; !a || b {
		t.Errorf("watched %v, unwatched %v", a, b)
	}
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if len(tr.told) != 2 || tr.told[0] != 3 {
		t.Errorf("told %v before the responses left", tr.told)
	}
}
