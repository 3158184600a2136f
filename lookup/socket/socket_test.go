package socket_test

import (
	"context"
	"errors"
	"io"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rootwalk/lookup"
	"rootwalk/lookup/lab"
	"rootwalk/lookup/socket"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a lab with a recorder of the learner's device.
type world struct {
	t     *testing.T
	lab   *lab.Lab
	trace *lookup.Trace
	rec   *socket.Recorder
	ctx   context.Context
}

func open(t *testing.T) *world {
	t.Helper()
	w := &world{t: t}
	registry := socket.NewRegistry(func(see func(lookup.Frame, bool)) func() { return w.lab.TapFrames(see) })
	l, err := lab.New(lab.Config{Seed: 1, Wrap: registry.Listener})
	if err != nil {
		t.Fatal(err)
	}
	w.lab = l
	t.Cleanup(l.Close)
	if err := l.StartEcho(); err != nil {
		t.Fatal(err)
	}
	w.trace = lookup.NewTrace(lookup.TraceConfig{ID: "t", Title: "sockets", Network: "lab"})
	w.rec = socket.Record(socket.Config{Step: w.trace.Root(), Registry: registry, Addrs: l.DeviceAddrs()})
	t.Cleanup(w.rec.Close)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	w.ctx = ctx
	return w
}

var echo = netip.MustParseAddrPort("203.0.113.10:7")

// facts are the facts of a type, in order.
func facts[F lookup.Fact](w *world) []F {
	var out []F
	for _, e := range w.trace.Events() {
		if f, ok := e.Fact.(F); ok {
			out = append(out, f)
		}
	}
	return out
}

// states are the states that one side of a connection came to.
func (w *world) states(side lookup.Side) string {
	var out []string
	for _, f := range facts[lookup.StateEntered](w) {
		if f.Side == side {
			out = append(out, string(f.To))
		}
	}
	return strings.Join(out, " ")
}

// agreed fails where a derived state is not the stack's.
func (w *world) agreed() {
	w.t.Helper()
	n := 0
	for _, f := range facts[lookup.StateCompared](w) {
		n++
		if !f.Equal {
			w.t.Errorf("%s %s: %s by the packets, %s says the stack", f.Side, f.Host, f.Derived, f.Stack)
		}
	}
	if n == 0 {
		w.t.Error("no state was compared with the stack's")
	}
}

func TestOneConnectionIsSeenFromEverySide(t *testing.T) {
	w := open(t)
	p := w.rec.Program(lookup.SideClient, "device", socket.NewTable())
	c, err := p.Dial(w.ctx, w.lab.Device(), "tcp", echo)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 2) // a program may take less than there is
	if n, err := c.Read(b); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	rest := make([]byte, 100)
	if n, err := c.Read(rest); n != 3 || err != nil {
		t.Fatal(n, err)
	}
	if err := c.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(rest); !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	w.rec.Close()

	if got := w.states(lookup.SideClient); got != "SYN-SENT ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT" {
		t.Error("client:", got)
	}
	if got := w.states(lookup.SideServer); got != "SYN-RECEIVED ESTABLISHED CLOSE-WAIT LAST-ACK CLOSED" {
		t.Error("server:", got)
	}
	w.agreed()
	var calls []string
	for _, f := range facts[lookup.CallReturned](w) {
		if f.Side == lookup.SideClient {
			calls = append(calls, f.Call)
		}
	}
	if got := strings.Join(calls, " "); got != "socket connect write read read shutdown read close" {
		t.Error("calls:", got)
	}
	sent := facts[lookup.PacketSent](w)
	if len(sent) < 8 || sent[0].Flags != "SYN" || sent[1].Flags != "SYN ACK" || sent[0].RelSeq != 0 || sent[1].RelAck != 1 {
		t.Fatalf("packets: %+v", sent)
	}
	for _, f := range sent {
		if f.Again {
			t.Error("sent again without a loss:", f.Flags, f.RelSeq)
		}
	}
	if len(facts[lookup.PacketArrived](w)) != len(sent) {
		t.Error("a packet did not arrive")
	}
	server := facts[lookup.CallReturned](w)
	if i := 0; true {
		for _, f := range server {
			if f.Side == lookup.SideServer && f.Call == "read" && f.Result > 0 {
				i += f.Result
			}
		}
		if i != 5 {
			t.Error("octets that the server read:", i)
		}
	}
}

func TestErrorsHaveTheirNumbers(t *testing.T) {
	for _, c := range []struct {
		to    string
		errno syscall.Errno
		name  string
	}{
		{"203.0.113.10:81", syscall.ECONNREFUSED, "ECONNREFUSED"},
		{"203.0.113.30:80", syscall.EHOSTUNREACH, "EHOSTUNREACH"},
	} {
		w := open(t)
		p := w.rec.Program(lookup.SideClient, "device", socket.NewTable())
		_, err := p.Dial(w.ctx, w.lab.Device(), "tcp", netip.MustParseAddrPort(c.to))
		if !errors.Is(err, c.errno) {
			t.Errorf("%s: %v", c.to, err)
		}
		w.rec.Close()
		named := false
		for _, f := range facts[lookup.CallReturned](w) {
			named = named || f.Call == "connect" && f.Errno == c.name && f.Result == -1
		}
		if !named {
			t.Errorf("%s: no connect that failed with %s", c.to, c.name)
		}
		if got := w.states(lookup.SideClient); got != "SYN-SENT CLOSED" {
			t.Errorf("%s: states %s", c.to, got)
		}
		w.agreed()
	}
}
