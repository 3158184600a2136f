package vnet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"gvisor.dev/gvisor/pkg/log"
)

// busy is a chain in full swing: TCP transfers, connections in many states,
// blocked readers, dials to nowhere, frames under way. It returns what ends
// when all its callers have returned.
func busy(t testing.TB, c *chain) *sync.WaitGroup {
	t.Helper()
	var calls sync.WaitGroup
	call := func(f func() error) {
		calls.Go(func() {
			if err := f(); err == nil {
				t.Error("a call on a closed net returned no error")
			}
		})
	}
	ctx := within(t)
	for _, a := range c.servers() {
		l, err := c.server.Listen(ctx, "tcp", at(a, 80))
		if err != nil {
			t.Fatal(err)
		}
		call(func() error {
			for {
				conn, err := l.Accept()
				if err != nil {
					return err
				}
				call(func() error {
					_, err := io.Copy(io.Discard, conn)
					if err == nil { // the peer's FIN: now both ends are half closed
						return io.EOF
					}
					return err
				})
			}
		})
		for range 3 {
			conn, err := c.client.DialContext(ctx, "tcp", at(a, 80))
			if err != nil {
				t.Fatal(err)
			}
			call(func() error { _, err := conn.Read(make([]byte, 1)); return err })
			call(func() error {
				for {
					if _, err := conn.Write(pattern(1 << 16)); err != nil {
						return err
					}
				}
			})
		}
		// FIN-WAIT-2 and CLOSE-WAIT, TIME-WAIT, SYN-SENT.
		half, err := c.client.DialContext(ctx, "tcp", at(a, 80))
		if err != nil {
			t.Fatal(err)
		}
		half.(*TCPConn).CloseWrite()
		full, err := c.client.DialContext(ctx, "tcp", at(a, 80))
		if err != nil {
			t.Fatal(err)
		}
		full.Close()
		pc, err := c.server.ListenPacket(ctx, "udp", at(a, 53))
		if err != nil {
			t.Fatal(err)
		}
		call(func() error {
			for {
				if _, _, err := pc.ReadFrom(make([]byte, 10)); err != nil {
					return err
				}
			}
		})
	}
	call(func() error { _, err := c.client.DialContext(ctx, "tcp", "10.0.0.99:80"); return err })
	call(func() error { _, err := c.client.DialContext(ctx, "tcp", "[2001:db8::99]:80"); return err })
	return &calls
}

func TestCloseInFullSwing(t *testing.T) {
	leak := goleak.IgnoreCurrent()
	for range 5 {
		c := newChain(t, 2, HostOptions{})
		c.segments[1].Ports()[0].SetTx(Impairment{Delay: time.Millisecond, Jitter: time.Millisecond, Loss: 0.01})
		calls := busy(t, c)
		var closers sync.WaitGroup
		for range 3 { // from several sides at once
			closers.Go(c.net.Close)
		}
		closers.Wait()
		calls.Wait()
		if err := goleak.Find(leak); err != nil {
			t.Fatal(err)
		}
		if _, err := c.client.DialContext(context.Background(), "udp", at(c.server4, 53)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("dial on a closed net: %v", err)
		}
		if _, err := c.client.Listen(context.Background(), "tcp", "10.0.0.1:80"); !errors.Is(err, net.ErrClosed) {
			t.Errorf("listen on a closed net: %v", err)
		}
	}
}

// BenchmarkClose is closing a net in full swing.
func BenchmarkClose(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		c := &chain{net: New(1)}
		c.build(b, 2, HostOptions{})
		calls := busy(b, c)
		b.StartTimer()
		c.net.Close()
		b.StopTimer()
		calls.Wait()
		b.StartTimer()
	}
}

func TestHostClosesAlone(t *testing.T) {
	c := newChain(t, 1, HostOptions{})
	client, server := pair(t, c, c.server4)
	udp := dial(t, c.server, "udp", at(end(0, 1)[0].Addr(), 53))
	l, err := c.server.Listen(within(t), "tcp", at(c.server4, 80))
	if err != nil {
		t.Fatal(err)
	}
	ends := map[string]chan error{
		"TCP read": blocked(func() error { _, err := server.Read(make([]byte, 1)); return err }),
		"UDP read": blocked(func() error { _, err := udp.Read(make([]byte, 1)); return err }),
		"accept":   blocked(func() error { _, err := l.Accept(); return err }),
		"dial": blocked(func() error {
			_, err := c.server.DialContext(within(t), "tcp", "10.0.1.99:80")
			return err
		}),
	}
	c.server.Close()
	c.server.Close()
	for what, end := range ends {
		wantIs(t, what+" on a closed host", <-end, net.ErrClosed)
	}
	_, err = server.Write([]byte("x"))
	wantIs(t, "write on a closed host", err, net.ErrClosed)
	for _, close := range []func() error{server.Close, udp.Close, l.Close} {
		if err := close(); err != nil {
			t.Errorf("closing a socket of a closed host: %v", err)
		}
	}
	// The others live on, and the peer was told nothing.
	client.SetReadDeadline(time.Now().Add(time.Millisecond))
	_, err = client.Read(make([]byte, 1))
	wantIs(t, "read from a peer whose host is gone", err, os.ErrDeadlineExceeded)
	next := c.net.NewHost("next", HostOptions{})
	next.Attach(c.segments[1], pfx("10.0.1.7/24"))
	next.Route(pfx("0.0.0.0/0"), end(1, 1)[0].Addr())
	echoUDP(t, next, "10.0.1.7:53")
	exchange(t, dial(t, c.client, "udp", "10.0.1.7:53"), "the net lives")
}

func TestHostsComeTooLate(t *testing.T) {
	n := New(1)
	s := n.Segment("s")
	early := n.NewHost("early", HostOptions{})
	n.Close()
	n.Close()
	early.Attach(s, pfx("10.0.0.1/24"))
	late := n.NewHost("late", HostOptions{})
	late.Attach(s, pfx("10.0.0.2/24"))
	for _, h := range []*Host{early, late} {
		_, err := h.DialContext(within(t), "tcp", "10.0.0.9:80")
		wantIs(t, h.Name(), err, net.ErrClosed)
		if len(s.Ports()) != 0 || h.Neighbours() != nil {
			t.Errorf("%s is attached to a closed net", h.Name())
		}
	}
}

// TestHostsComeAndGo while others work; with -race this is about the tables.
func TestHostsComeAndGo(t *testing.T) {
	c := newChain(t, 1, HostOptions{})
	echoUDP(t, c.server, at(c.server4, 53))
	var guests sync.WaitGroup
	for g := range 4 {
		guests.Go(func() {
			for k := range 10 {
				h := c.net.NewHost(fmt.Sprintf("guest%d.%d", g, k), HostOptions{NoTCP: true, NoIPv6: true})
				p := h.Attach(c.segments[0], pfx(fmt.Sprintf("10.0.0.%d/24", 10+g*10+k)))
				p.SetIsolated(true)
				p.SetTx(Impairment{Delay: time.Microsecond})
				h.Route(pfx("0.0.0.0/0"), end(0, 2)[0].Addr())
				conn, err := h.DialContext(context.Background(), "udp", at(c.server4, 53))
				if err != nil {
					t.Error(err)
					return
				}
				conn.SetDeadline(time.Now().Add(20 * time.Second))
				conn.Write([]byte("x"))
				if _, err := conn.Read(make([]byte, 1)); err != nil {
					t.Error(err)
				}
				h.Close()
			}
		})
	}
	guests.Wait()
	if n := len(c.segments[0].Ports()); n != 2 {
		t.Errorf("%d ports are left", n)
	}
	if n := len(c.net.hosts); n != 2 {
		t.Errorf("%d hosts are left", n)
	}
}

// TestNoDeadlockBetweenStacks: a stack sends with its locks held. Delivering
// into the other stack at once would close the circle when both send.
func TestNoDeadlockBetweenStacks(t *testing.T) {
	c := newChain(t, 2, HostOptions{SocketBuffer: 8 << 10})
	for _, a := range c.servers() {
		left, right := pair(t, c, a)
		var both sync.WaitGroup
		for _, conn := range []*TCPConn{left, right} {
			conn.SetDeadline(time.Now().Add(20 * time.Second))
			both.Go(func() {
				conn.Write(pattern(500_000))
				conn.CloseWrite()
			})
			both.Go(func() {
				if n, err := io.Copy(io.Discard, conn); n != 500_000 || err != nil {
					t.Errorf("%d octets, %v", n, err)
				}
			})
		}
		both.Wait()
	}
	// A device that answers within the call that brings the frame, as routers do.
	s := c.net.Segment("mirror")
	var port *Port
	depth := 0
	port = s.Plug("mirror", func(f []byte) {
		if depth++; depth < 100 {
			port.Send(f)
		}
	})
	other := s.Plug("other", nil)
	otherMAC := other.mac
	other.owner = device(func(f []byte) {
		g := append([]byte(nil), f...)
		copy(g, port.mac[:])
		copy(g[6:], otherMAC[:])
		other.Send(g)
	})
	f := make([]byte, 60)
	copy(f, port.mac[:])
	other.Send(f)
	if depth == 0 {
		t.Error("nothing was mirrored")
	}
}

// TestIdleNetsHaveFewGoroutines: no worker and no scheduler before they are needed.
func TestIdleNetsHaveFewGoroutines(t *testing.T) {
	before := runtime.NumGoroutine()
	n := newNet(t)
	for k := range 10 {
		n.NewHost(fmt.Sprint("h", k), HostOptions{NoTCP: true}).Attach(n.Segment("s"), pfx("10.0.0.1/24"))
		n.NewRouter("r").Attach(n.Segment("s"), pfx("10.0.0.1/24"))
	}
	if got := runtime.NumGoroutine() - before; got > 0 {
		t.Errorf("an idle net without TCP has %d goroutines", got)
	}
}

func TestGVisorIsSilent(t *testing.T) {
	newNet(t)
	if _, ok := log.Log().Emitter.(mute); !ok {
		t.Errorf("gVisor's log goes to %T, from there to standard error", log.Log().Emitter)
	}
}
