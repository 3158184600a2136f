package osnet

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"rootwalk/lookup"
)

var _ lookup.Network = (*Network)(nil)

// pair is a server's network on loopback and a client's that may reach its port.
func client(t testing.TB, server net.Addr) *Network {
	t.Helper()
	ap := netip.MustParseAddrPort(server.String())
	n, err := New(Config{Ports: []uint16{ap.Port()}, Allow: []netip.Prefix{netip.PrefixFrom(ap.Addr(), ap.Addr().BitLen())}})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func network(t testing.TB) *Network {
	t.Helper()
	n, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// addresses are the loopback addresses of this machine to listen on.
func addresses(t *testing.T) []string {
	all := []string{"127.0.0.1:0"}
	if l, err := net.Listen("tcp6", "[::1]:0"); err == nil {
		l.Close()
		all = append(all, "[::1]:0")
	} else {
		t.Log("no IPv6 here:", err)
	}
	return all
}

func TestRefusedConnectionsSendNothing(t *testing.T) {
	for _, addr := range addresses(t) {
		packets, err := network(t).ListenPacket(t.Context(), "udp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer packets.Close()
		stream, err := network(t).Listen(t.Context(), "tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer stream.Close()
		n := network(t)
		for _, c := range []struct{ network, addr string }{{"udp", packets.LocalAddr().String()}, {"tcp", stream.Addr().String()}} {
			conn, err := n.DialContext(t.Context(), c.network, c.addr)
			if r := AsRefused(err); r == nil || r.Text != "loopback" {
				t.Errorf("%s %s: %v, %v", c.network, c.addr, conn, err)
			}
		}
		if got := n.Counts(); got != (Counts{Refused: 2}) {
			t.Errorf("%+v", got)
		}
		// The first thing that arrives is what is sent now: nothing came before.
		ok := client(t, packets.LocalAddr())
		conn, err := ok.DialContext(t.Context(), "udp", packets.LocalAddr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.Write([]byte("allowed"))
		b := make([]byte, 100)
		k, _, err := packets.ReadFrom(b)
		if err != nil || string(b[:k]) != "allowed" {
			t.Errorf("%q, %v", b[:k], err)
		}
		ok = client(t, stream.Addr())
		conn, err = ok.DialContext(t.Context(), "tcp", stream.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		in, err := stream.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		if in.RemoteAddr().String() != conn.LocalAddr().String() {
			t.Errorf("%v came before %v", in.RemoteAddr(), conn.LocalAddr())
		}
	}
}

func TestConversation(t *testing.T) {
	for _, addr := range addresses(t) {
		for _, kind := range []string{"udp", "tcp"} {
			server := network(t)
			var where net.Addr
			ready := make(chan struct{})
			defer func() { <-ready }()
			if kind == "udp" {
				pc, err := server.ListenPacket(t.Context(), kind, addr)
				if err != nil {
					t.Fatal(err)
				}
				defer pc.Close()
				where = pc.LocalAddr()
				go func() {
					defer close(ready)
					b := make([]byte, 100)
					k, from, err := pc.ReadFrom(b)
					if err != nil {
						t.Error(err)
						return
					}
					if from.Network() != "udp" || from.String() == "" {
						t.Error(from)
					}
					pc.WriteTo(b[:k], from)
				}()
			} else {
				l, err := server.Listen(t.Context(), kind, addr)
				if err != nil {
					t.Fatal(err)
				}
				defer l.Close()
				where = l.Addr()
				go func() {
					defer close(ready)
					c, err := l.Accept()
					if err != nil {
						t.Error(err)
						return
					}
					defer c.Close()
					io.CopyN(c, c, 5)
				}()
			}
			n := client(t, where)
			c, err := n.DialContext(t.Context(), kind, where.String())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			c.SetDeadline(time.Now().Add(10 * time.Second))
			b := make([]byte, 5)
			if _, err := c.Write([]byte("hello")); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(c, b); err != nil || string(b) != "hello" {
				t.Errorf("%s: %q, %v", kind, b, err)
			}
			if got := n.Counts(); got != (Counts{Dials: 1, Sent: 5, Received: 5}) {
				t.Errorf("%s: %+v", kind, got)
			}
			c.SetDeadline(time.Unix(1, 0))
			if _, err := c.Read(b); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("%s past its deadline: %v", kind, err)
			}
			c.Close()
			if _, err := c.Read(b); !errors.Is(err, net.ErrClosed) {
				t.Errorf("%s closed: %v", kind, err)
			}
		}
	}
}

func TestErrorsHaveTheirNames(t *testing.T) {
	pc, err := network(t).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := pc.LocalAddr() // soon
	taken, err := network(t).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	if _, err := network(t).Listen(t.Context(), "tcp", taken.Addr().String()); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a taken port: %v", err)
	}
	if _, err := network(t).ListenPacket(t.Context(), "udp", nobody.String()); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a taken port: %v", err)
	}
	pc.Close()
	if _, _, err := pc.ReadFrom(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
	n := client(t, nobody)
	if _, err := n.DialContext(t.Context(), "tcp", nobody.String()); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("nobody listens: %v", err)
	}
	c, err := n.DialContext(t.Context(), "udp", nobody.String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	c.Write([]byte("anybody?"))
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("nobody listens: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := n.DialContext(ctx, "tcp", nobody.String()); !errors.Is(err, context.Canceled) && !strings.Contains(err.Error(), "canceled") {
		t.Errorf("canceled: %v", err)
	}
	if got := n.Counts(); got.Refused != 0 {
		t.Errorf("%+v", got)
	}
}

func TestOnlyAddressesAndKnownNetworks(t *testing.T) {
	n := network(t)
	for _, c := range []struct{ network, addr string }{
		{"udp", "localhost:53"}, {"udp", "www.example.:53"}, {"udp", "1.1.1.1"}, {"udp", ":53"}, {"udp", ""}, {"udp", "1.1.1.1:domain"},
		{"unix", "1.1.1.1:53"}, {"", "1.1.1.1:53"}, {"ip4:1", "1.1.1.1:53"}, {"udp4", "[2001:500:2::c]:53"}, {"tcp6", "1.1.1.1:53"},
	} {
		if conn, err := n.DialContext(t.Context(), c.network, c.addr); err == nil {
			conn.Close()
			t.Errorf("connected %q %q", c.network, c.addr)
		}
		if l, err := n.Listen(t.Context(), c.network, c.addr); err == nil {
			l.Close()
			t.Errorf("listens on %q %q", c.network, c.addr)
		}
	}
	if n.Counts() != (Counts{}) || n.Caps() != (lookup.Caps{}) {
		t.Errorf("%+v, %+v", n.Counts(), n.Caps())
	}
	if _, err := n.Listen(t.Context(), "udp", "127.0.0.1:0"); err == nil {
		t.Error("a UDP listener")
	}
	if _, err := n.ListenPacket(t.Context(), "tcp", "127.0.0.1:0"); err == nil {
		t.Error("a TCP packet socket")
	}
}

func TestListeningElsewhereIsAskedFor(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", "[::]:0", "192.0.2.1:0"} {
		if _, err := network(t).Listen(t.Context(), "tcp", addr); err == nil || !strings.Contains(err.Error(), "not permitted") {
			t.Errorf("%s: %v", addr, err)
		}
		if _, err := network(t).ListenPacket(t.Context(), "udp", addr); err == nil || !strings.Contains(err.Error(), "not permitted") {
			t.Errorf("%s: %v", addr, err)
		}
	}
}

// On a socket for all addresses the answer comes from the one that was asked:
// the client is connected and would not hear another.
func TestAnswersComeFromTheAddressAsked(t *testing.T) {
	n, err := New(Config{ListenAnywhere: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ listen, ask string }{{"0.0.0.0:0", "127.0.0.2"}, {"0.0.0.0:0", "127.0.0.1"}, {"[::]:0", "::1"}} {
		pc, err := n.ListenPacket(t.Context(), "udp", c.listen)
		if err != nil {
			t.Log("skipped:", err)
			continue
		}
		port := netip.MustParseAddrPort(pc.LocalAddr().String()).Port()
		to := net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(c.ask), port))
		conn, err := client(t, to).DialContext(t.Context(), "udp", to.String())
		if err == nil {
			conn.SetDeadline(time.Now().Add(10 * time.Second))
			_, err = conn.Write([]byte("who?"))
		}
		if err != nil {
			t.Log("skipped:", err) // no such loopback address here
			pc.Close()
			continue
		}
		b := make([]byte, 10)
		k, from, err := pc.ReadFrom(b)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := pc.WriteTo(b[:k], from); err != nil {
			t.Error(err)
		}
		if k, err := conn.Read(b); err != nil || string(b[:k]) != "who?" {
			t.Errorf("%s: %q, %v", c.ask, b[:k], err)
		}
		conn.Close()
		pc.Close()
	}
}

func TestAListeningSocketOnlyAnswers(t *testing.T) {
	one, err := network(t).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer one.Close()
	two, err := network(t).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer two.Close()
	if _, err := one.WriteTo([]byte("x"), two.LocalAddr()); !errors.Is(err, errUnasked) {
		t.Errorf("sent to an address of its own choice: %v", err)
	}
	c, err := client(t, one.LocalAddr()).DialContext(t.Context(), "udp", one.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.Write([]byte("x"))
	_, from, err := one.ReadFrom(make([]byte, 10))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := two.WriteTo([]byte("x"), from); !errors.Is(err, errUnasked) {
		t.Errorf("answered what another socket was asked: %v", err)
	}
	one.SetDeadline(time.Unix(1, 0))
	if _, _, err := one.ReadFrom(make([]byte, 10)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err)
	}
}
