package socket_test

import (
	"context"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/lab"
	"rootwalk/lookup/lab/vnet"
	"rootwalk/lookup/socket"
)

// scripts are all that there are, in this lab.
func scripts() []socket.Script {
	return socket.Scripts(netip.MustParseAddr("192.0.2.130"), netip.MustParseAddr("203.0.113.10"), netip.MustParseAddr("203.0.113.30"), "hello")
}

// played are the scripts that a test has run already.
var played = map[string]*lookup.Trace{}

// play runs a script, once for all tests that look at it, and returns what
// happened.
func play(t *testing.T, key string) *world {
	t.Helper()
	w := &world{t: t, trace: played[key]}
	if w.trace == nil {
		w = playAnew(t, key)
		played[key] = w.trace
	}
	return w
}

// playAnew runs a script.
func playAnew(t *testing.T, key string) *world {
	t.Helper()
	script, ok := socket.FindScript(scripts(), key)
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
	b := socket.NewBench(ctx, w.rec, socket.World{Skip: timers.Skip, Interfere: l.Interfere, Delay: delay}, l.Device().(lookup.Sockets), m.Network.(lookup.Sockets), "device", m.Name)
	if err := b.Play(script.Acts); err != nil {
		t.Error(err)
	}
	w.rec.Close()
	b.Close()
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
		w := playAnew(t, "stream")
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

// In every script the states that follow from the packets are those that the
// stacks have, at every moment at which both were asked, and each end that was
// watched to the end was asked.
func TestStatesOfEveryScriptAreTheStacks(t *testing.T) {
	for _, s := range scripts() {
		t.Run(s.Key, func(t *testing.T) {
			w := play(t, s.Key)
			if s.Key == "udp" { // which has no states
				if n := len(facts[lookup.StateCompared](w)) + len(facts[lookup.StateEntered](w)); n != 0 {
					t.Errorf("%d facts about states of UDP", n)
				}
				return
			}
			w.agreed()
			last := map[string]lookup.TCPState{}
			for _, e := range w.trace.Events() {
				switch f := e.Fact.(type) {
				case lookup.StateEntered:
					last[string(f.Side)+strconv.Itoa(f.Conn)] = f.To
				case lookup.StateCompared:
					if want := last[string(f.Side)+strconv.Itoa(f.Conn)]; want != "" && want != f.Derived {
						t.Errorf("compared %s of the %s, which is in %s", f.Derived, f.Side, want)
					}
				}
			}
		})
	}
}

// The number of a misconception is that of the list of lookup.Beliefs: a run of
// its script refutes it.
func TestScriptsRefuteWhatManyBelieve(t *testing.T) {
	for _, b := range lookup.Beliefs() {
		if b.Script == "" {
			continue
		}
		t.Run(b.Key, func(t *testing.T) {
			if !refuted(play(t, b.Script).trace.Events())[b.Key] {
				t.Errorf("%s does not refute it", b.Script)
			}
		})
	}
	// M28 is about either side: who closes first waits.
	for script, side := range map[string]string{"serverFirst": "server", "clientFirst": "client"} {
		for _, r := range lookup.Refutations(play(t, script).trace.Events()) {
			if r.Key == "M28" && r.Seen != "M28.seen."+side {
				t.Errorf("%s: %s", script, r.Seen)
			}
		}
	}
	// Where both close at once, both wait: nothing is refuted.
	if refuted(play(t, "both").trace.Events())["M28"] {
		t.Error("both closed at once, and one of them first")
	}
}

func refuted(events []lookup.Event) map[string]bool {
	out := map[string]bool{}
	for _, r := range lookup.Refutations(events) {
		out[r.Key] = true
	}
	return out
}

// A refutation rests on the facts: with one of them otherwise it is none.
func TestRefutationsRestOnFacts(t *testing.T) {
	for _, c := range []struct {
		key, script string
		change      func(f lookup.Fact) lookup.Fact
	}{
		{"M22", "connectOnly", func(f lookup.Fact) lookup.Fact { // a SYN with data
			if p, ok := f.(lookup.PacketSent); ok && p.Flags == "SYN" {
				p.Length = 18
				return p
			}
			return f
		}},
		{"M23", "five", func(f lookup.Fact) lookup.Fact { // a port for each
			if r, ok := f.(lookup.CallReturned); ok && r.Call == "accept" {
				r.Local = r.Remote
				return r
			}
			return f
		}},
		{"M24", "cut", func(f lookup.Fact) lookup.Fact { // nothing is lost
			if p, ok := f.(lookup.PacketLost); ok {
				return lookup.PacketArrived{Packet: p.Packet}
			}
			return f
		}},
		{"M26", "three", func(f lookup.Fact) lookup.Fact { // no end
			if r, ok := f.(lookup.CallReturned); ok && r.Call == "recv" && r.Result == 0 {
				r.Errno = "EAGAIN"
				return r
			}
			return f
		}},
		{"M27", "timeWait", func(f lookup.Fact) lookup.Fact {
			if r, ok := f.(lookup.CallReturned); ok && r.Call == "bind" {
				r.Errno = ""
				return r
			}
			return f
		}},
		{"M29", "five", func(f lookup.Fact) lookup.Fact { // the descriptor's number in the header
			if p, ok := f.(lookup.PacketSent); ok && p.Flags == "SYN" && len(p.Header) > 20 {
				p.Header = append(lookup.Octets{}, p.Header...)
				p.Header[1] = byte(p.Src.Port())
				return p
			}
			return f
		}},
	} {
		events := slices.Clone(play(t, c.script).trace.Events())
		if !refuted(events)[c.key] {
			t.Errorf("%s: not refuted as it was", c.key)
		}
		for i := range events {
			events[i].Fact = c.change(events[i].Fact)
		}
		if refuted(events)[c.key] {
			t.Errorf("%s: refuted whatever the facts say", c.key)
		}
	}
}
