package vnet

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func pfx(s string) netip.Prefix { return netip.MustParsePrefix(s) }
func ip(s string) netip.Addr    { return netip.MustParseAddr(s) }

func newNet(t testing.TB) *Net {
	t.Helper()
	n := New(1)
	t.Cleanup(n.Close)
	return n
}

// within ends a test that hangs; it is not an assertion about speed.
func within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// chain is a client and a server with n routers in between, dual stack:
//
//	client --net0-- r1 --net1-- ... rn --netn-- server
//
// net k is 10.0.k.0/24 and 2001:db8:k::/64; the left end of a net is .1 and ::1,
// the right end .2 and ::2.
type chain struct {
	net            *Net
	client, server *Host
	routers        []*Router
	segments       []*Segment
	server4        netip.Addr
	server6        netip.Addr
}

func end(k, side int) []netip.Prefix {
	return []netip.Prefix{
		pfx(fmt.Sprintf("10.0.%d.%d/24", k, side)),
		pfx(fmt.Sprintf("2001:db8:%x::%d/64", k, side)),
	}
}

func newChain(t testing.TB, routers int, opts HostOptions) *chain {
	t.Helper()
	c := &chain{net: newNet(t)}
	c.build(t, routers, opts)
	return c
}

func (c *chain) build(t testing.TB, routers int, opts HostOptions) {
	t.Helper()
	for k := 0; k <= routers; k++ {
		c.segments = append(c.segments, c.net.Segment(fmt.Sprintf("net%d", k)))
	}
	c.client = c.net.NewHost("client", opts)
	c.server = c.net.NewHost("server", opts)
	c.client.Attach(c.segments[0], end(0, 1)...)
	c.server.Attach(c.segments[routers], end(routers, 2)...)
	c.server4 = end(routers, 2)[0].Addr()
	c.server6 = end(routers, 2)[1].Addr()
	ok := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	for k := 1; k <= routers; k++ {
		r := c.net.NewRouter(fmt.Sprintf("r%d", k))
		r.Attach(c.segments[k-1], end(k-1, 2)...)
		r.Attach(c.segments[k], end(k, 1)...)
		for j := 0; j < k-1; j++ {
			ok(r.Route(pfx(fmt.Sprintf("10.0.%d.0/24", j)), end(k-1, 1)[0].Addr()))
			ok(r.Route(pfx(fmt.Sprintf("2001:db8:%x::/64", j)), end(k-1, 1)[1].Addr()))
		}
		if k < routers { // the default route leads to the server
			ok(r.Route(pfx("0.0.0.0/0"), end(k, 2)[0].Addr()))
			ok(r.Route(pfx("::/0"), end(k, 2)[1].Addr()))
		}
		c.routers = append(c.routers, r)
	}
	if routers > 0 {
		ok(c.client.Route(pfx("0.0.0.0/0"), end(0, 2)[0].Addr()))
		ok(c.client.Route(pfx("::/0"), end(0, 2)[1].Addr()))
		ok(c.server.Route(pfx("0.0.0.0/0"), end(routers, 1)[0].Addr()))
		ok(c.server.Route(pfx("::/0"), end(routers, 1)[1].Addr()))
	}
}

func (c *chain) servers() []netip.Addr { return []netip.Addr{c.server4, c.server6} }

func at(a netip.Addr, port int) string { return netip.AddrPortFrom(a, uint16(port)).String() }

// echoUDP answers every datagram with itself until the test ends.
func echoUDP(t testing.TB, h *Host, addr string) {
	t.Helper()
	pc, err := h.ListenPacket(context.Background(), "udp", addr)
	if err != nil {
		t.Fatal(err)
	}
	conn := pc.(*UDPConn)
	var done sync.WaitGroup
	done.Go(func() {
		b := make([]byte, 64<<10)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			conn.WriteToUDPAddrPort(b[:n], from)
		}
	})
	t.Cleanup(func() { conn.Close(); done.Wait() })
}

// echoTCP answers every connection with what it sends.
func echoTCP(t testing.TB, h *Host, addr string) {
	t.Helper()
	l, err := h.Listen(context.Background(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	var done sync.WaitGroup
	done.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			done.Go(func() {
				defer conn.Close()
				stop := context.AfterFunc(within(t), func() { conn.Close() })
				defer stop()
				io.Copy(conn, conn)
			})
		}
	})
	t.Cleanup(func() { l.Close(); done.Wait() })
}

func dial(t testing.TB, h *Host, network, addr string) net.Conn {
	t.Helper()
	conn, err := h.DialContext(within(t), network, addr)
	if err != nil {
		t.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	t.Cleanup(func() { conn.Close() })
	return conn
}

func exchange(t testing.TB, conn net.Conn, message string) {
	t.Helper()
	if _, err := io.WriteString(conn, message); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, len(message))
	if _, err := io.ReadFull(conn, b); err != nil {
		t.Fatal(err)
	}
	if string(b) != message {
		t.Fatalf("got %q, want %q", b, message)
	}
}

func pattern(n int) []byte { return bytes.Repeat([]byte("0123456789abcdef"), n/16+1)[:n] }
