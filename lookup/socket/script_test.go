package socket_test

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/lab"
	"rootwalk/lookup/lab/vnet"
	"rootwalk/lookup/socket"
)

// bench is the network of a script.
type bench struct {
	lab    *lab.Lab
	timers *vnet.SkipClock
	delay  time.Duration
}

func (b bench) Skip(d time.Duration) { b.timers.Skip(d) }

func (b bench) Drop(rule string) bool {
	if rule == "" {
		b.lab.Interfere(b.delay, nil)
	} else {
		b.lab.Interfere(b.delay, socket.Dropper(rule))
	}
	return true
}

// play runs a script and returns what happened.
func play(t *testing.T, key string) *world {
	t.Helper()
	server := netip.MustParseAddr("203.0.113.10")
	script, ok := socket.FindScript(socket.Scripts(netip.MustParseAddr("192.0.2.130"), server, netip.MustParseAddr("203.0.113.30"), "hello"), key)
	if !ok {
		t.Fatal("no script ", key)
	}
	w := &world{t: t}
	registry := socket.NewRegistry(func(see func(lookup.Frame, bool)) func() { return w.lab.TapFrames(see) })
	timers := vnet.NewSkipClock()
	l, err := lab.New(lab.Config{Seed: 1, Wrap: registry.Listener, Timers: timers, TimeWait: time.Minute, Buffer: script.Buffer})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	w.lab = l
	delay := time.Duration(script.DelayMs) * time.Millisecond
	l.Interfere(delay, nil)
	if delay > 0 {
		l.SetSpeed(1)
	}
	w.trace = lookup.NewTrace(lookup.TraceConfig{ID: "t", Network: "lab"})
	w.rec = socket.Record(socket.Config{Step: w.trace.Root(), Registry: registry, Addrs: l.DeviceAddrs()})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	m := l.WebMachines()[0]
	b := socket.NewBench(ctx, w.rec, bench{l, timers, delay}, l.Device().(lookup.Sockets), m.Network.(lookup.Sockets), "device", m.Name)
	if err := b.Play(script.Acts); err != nil {
		t.Error(err)
	}
	w.rec.Close()
	b.Close()
	if key != "udp" { // which has no states
		w.agreed()
	}
	if t.Failed() || testing.Verbose() {
		for _, e := range w.trace.Events() {
			l := e.Fact.Line()
			t.Log(e.Seq, l.Key, l.Params)
		}
	}
	return w
}

// errno is what the nth call of a kind on a side came to: an errno, or "".
func (w *world) errno(side lookup.Side, call string, n int) string {
	w.t.Helper()
	for _, f := range facts[lookup.CallReturned](w) {
		if f.Side == side && f.Call == call {
			if n == 0 {
				return f.Errno
			}
			n--
		}
	}
	w.t.Errorf("%s made no such %s", side, call)
	return ""
}

// results are what the calls of a kind returned.
func (w *world) results(side lookup.Side, call string) (out []int) {
	for _, f := range facts[lookup.CallReturned](w) {
		if f.Side == side && f.Call == call {
			out = append(out, f.Result)
		}
	}
	return out
}

func (w *world) is(side lookup.Side, want string) {
	w.t.Helper()
	if got := w.states(side); got != want {
		w.t.Errorf("%s: %s, want %s", side, got, want)
	}
}

const (
	opened   = "SYN-SENT ESTABLISHED "
	accepted = "SYN-RECEIVED ESTABLISHED "
	active   = "FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT"
	passive  = "CLOSE-WAIT LAST-ACK CLOSED"
)

// The three orders in which a connection can end (RFC 9293 §3.6).
func TestServerClosesFirst(t *testing.T) {
	w := play(t, "serverFirst")
	w.is(lookup.SideServer, accepted+active)
	w.is(lookup.SideClient, opened+passive)
	if r := w.results(lookup.SideClient, "read"); len(r) != 2 || r[1] != 0 {
		t.Error("reads of the client:", r)
	}
}

func TestClientClosesFirst(t *testing.T) {
	w := play(t, "clientFirst")
	w.is(lookup.SideClient, opened+active)
	w.is(lookup.SideServer, accepted+passive)
}

func TestBothCloseAtOnce(t *testing.T) {
	w := play(t, "both")
	w.is(lookup.SideClient, opened+"FIN-WAIT-1 CLOSING TIME-WAIT")
	w.is(lookup.SideServer, accepted+"FIN-WAIT-1 CLOSING TIME-WAIT")
}

func TestHalfClose(t *testing.T) {
	w := play(t, "halfClose")
	w.is(lookup.SideClient, opened+active)
	if r := w.results(lookup.SideClient, "read"); len(r) != 2 || r[0] != len("answer") || r[1] != 0 {
		t.Error("reads after shutdown:", r)
	}
}

func TestReset(t *testing.T) {
	w := play(t, "reset")
	w.is(lookup.SideClient, opened+"CLOSED")
	w.is(lookup.SideServer, accepted+"CLOSED")
	if e := w.errno(lookup.SideClient, "read", 0); e != "ECONNRESET" {
		t.Error(e)
	}
}

func TestRefused(t *testing.T) {
	w := play(t, "refused")
	if e := w.errno(lookup.SideClient, "connect", 0); e != "ECONNREFUSED" {
		t.Error(e)
	}
}

func TestTimeout(t *testing.T) {
	w := play(t, "timeout")
	if e := w.errno(lookup.SideClient, "connect", 0); e != "ETIMEDOUT" {
		t.Error(e)
	}
	again := 0
	for _, f := range facts[lookup.PacketSent](w) {
		if f.Again && f.Flags == "SYN" {
			again++
		}
	}
	if again < 4 || len(facts[lookup.PacketArrived](w)) != 0 {
		t.Error("SYNs sent again:", again)
	}
}

func TestTimeWaitKeepsThePort(t *testing.T) {
	w := play(t, "timeWait")
	w.is(lookup.SideClient, opened+active+" CLOSED")
	if a, b := w.errno(lookup.SideClient, "bind", 1), w.errno(lookup.SideClient, "bind", 2); a != "EADDRINUSE" || b != "" {
		t.Errorf("bind: %q, and a minute later %q", a, b)
	}
}

func TestFiveClientsOnOnePort(t *testing.T) {
	w := play(t, "five")
	peers := map[netip.AddrPort]bool{}
	for _, f := range facts[lookup.CallReturned](w) {
		if f.Call == "accept" {
			if f.Local.Port() != socket.ScriptPort {
				t.Error("an accepted socket has another port:", f.Local)
			}
			peers[f.Remote] = true
		}
	}
	if len(peers) != 5 {
		t.Errorf("%d clients", len(peers))
	}
}

func TestBacklog(t *testing.T) {
	w := play(t, "backlog")
	if r := w.results(lookup.SideServer, "accept"); len(r) != 3 {
		t.Error("accepted:", r)
	}
}

// Two writes are read as one where both have come by then. That is a matter of
// moments: no octet is ever lost or out of order, and in one run of some they
// have.
func TestStreamHasNoMessages(t *testing.T) {
	const both = len("one write and another")
	for range 10 {
		w := play(t, "stream")
		r := w.results(lookup.SideServer, "read")
		total := 0
		for _, n := range r {
			total += n
		}
		if len(r) != 4 || r[0] != 4 || total != both+4000 {
			t.Fatal("reads:", r)
		}
		if r[1] == both-4 {
			return
		}
	}
	t.Error("two writes were never read as one")
}

func TestWindowCloses(t *testing.T) {
	w := play(t, "window")
	full := false
	for _, f := range facts[lookup.PacketSent](w) {
		full = full || f.From == lookup.SideServer && f.Scaled == 0 && !strings.Contains(f.Flags, "SYN")
	}
	if !full {
		t.Error("the window never closed")
	}
	total := 0
	for _, n := range w.results(lookup.SideServer, "read") {
		total += n
	}
	if total != 20000 {
		t.Error("octets read:", total)
	}
}

func TestLossIsRepaired(t *testing.T) {
	w := play(t, "loss")
	var lost, again int
	sack := false
	for _, e := range w.trace.Events() {
		switch f := e.Fact.(type) {
		case lookup.PacketLost:
			lost++
		case lookup.PacketSent:
			if f.Again {
				again++
			}
			for _, o := range f.Options {
				sack = sack || o.Kind == "sack"
			}
		}
	}
	if lost != 3 || again < 3 || !sack {
		t.Errorf("lost %d, sent again %d, SACK %v", lost, again, sack)
	}
}

func TestEndOfStreamIsNotOfHTTP(t *testing.T) {
	w := play(t, "dns")
	if r := w.results(lookup.SideClient, "read"); len(r) != 2 || r[0] < 12 || r[1] != 0 {
		t.Error("reads:", r)
	}
}

func TestUDPConnectSendsNothing(t *testing.T) {
	w := play(t, "udp")
	connects := 0
	for _, e := range w.trace.Events() {
		switch f := e.Fact.(type) {
		case lookup.CallMade:
			if f.Call == "write" {
				connects = -1
			}
		case lookup.PacketSent:
			if connects >= 0 {
				t.Error("a packet was sent before the first write")
			}
		}
	}
	if e := w.errno(lookup.SideClient, "read", 0); e != "ECONNREFUSED" {
		t.Error("read of a socket connected to a closed port:", e)
	}
}

func TestUnreachable(t *testing.T) {
	w := play(t, "unreachable")
	if e := w.errno(lookup.SideClient, "connect", 0); e != "EHOSTUNREACH" {
		t.Error(e)
	}
}
