package vnet

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"

	"rootwalk/lookup"
)

// wantIs fails unless err answers errors.Is for target.
func wantIs(t *testing.T, what string, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Errorf("%s: error %v, want one that is %v", what, err, target)
	}
}

// endpoints is how many sockets the stack still has.
func endpoints(h *Host) int {
	return len(h.stack.RegisteredEndpoints()) + len(h.stack.CleanupEndpoints())
}

func TestRefused(t *testing.T) {
	c := newChain(t, 1, HostOptions{})
	for _, a := range c.servers() {
		_, err := c.client.DialContext(within(t), "tcp", at(a, 9))
		wantIs(t, "TCP dial of a closed port", err, syscall.ECONNREFUSED)

		// gonet's UDP reader would sleep through this.
		conn := dial(t, c.client, "udp", at(a, 9))
		read := make(chan error)
		go func() {
			_, err := conn.Read(make([]byte, 10))
			read <- err
		}()
		if _, err := conn.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		wantIs(t, "UDP read after port unreachable", <-read, syscall.ECONNREFUSED)
		// The error is told once; the socket goes on.
		echoUDP(t, c.server, at(a, 9))
		exchange(t, conn, "still here")
	}
	// A router refuses too: it has no services.
	for _, a := range c.routers[0].Addrs()[:2] {
		_, err := c.client.DialContext(within(t), "tcp", at(a.Addr(), 179))
		wantIs(t, "TCP dial of a router", err, syscall.ECONNREFUSED)
		conn := dial(t, c.client, "udp", at(a.Addr(), 161))
		conn.Write([]byte("x"))
		_, err = conn.Read(make([]byte, 10))
		wantIs(t, "UDP to a router", err, syscall.ECONNREFUSED)
	}
	if n := endpoints(c.server); n != 2 {
		t.Errorf("server has %d endpoints, want the 2 echo sockets", n)
	}
}

func TestDeadHostIsUnreachable(t *testing.T) {
	c := newChain(t, 2, HostOptions{})
	c.routers[1].retransTimer = time.Millisecond
	for _, addr := range []string{"10.0.2.99:80", "[2001:db8:2::99]:80"} {
		_, err := c.client.DialContext(within(t), "tcp", addr)
		wantIs(t, "dial of a dead host far away", err, syscall.EHOSTUNREACH)
		// UDP is told nothing, as on other systems; the router must survive it.
		conn := dial(t, c.client, "udp", addr)
		if _, err := conn.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	for _, addr := range []string{"172.16.0.1:80", "[2001:db8:ffff::1]:80"} {
		_, err := c.client.DialContext(within(t), "tcp", addr)
		if !errors.Is(err, syscall.ENETUNREACH) && !errors.Is(err, syscall.EHOSTUNREACH) {
			t.Errorf("dial beyond all routes: error %v", err)
		}
	}
	lonely := c.net.NewHost("lonely", HostOptions{})
	lonely.Attach(c.segments[0], pfx("10.0.0.50/24"))
	_, err := lonely.DialContext(within(t), "tcp", "192.0.2.1:80")
	wantIs(t, "dial without a route", err, syscall.ENETUNREACH)
}

func TestDialEndsWithItsContext(t *testing.T) {
	c := newChain(t, 0, HostOptions{})
	c.server.Ports()[0].SetTx(Impairment{Down: true})
	for _, addr := range []string{at(c.server4, 80), at(c.server6, 80)} {
		cancelled, now := context.WithCancel(within(t))
		stop := c.segments[0].Tap(func(Capture) { now() }) // something was sent: the dial is under way
		_, err := c.client.DialContext(cancelled, "tcp", addr)
		stop()
		wantIs(t, "cancelled dial", err, context.Canceled)

		ctx, cancel := context.WithTimeout(within(t), time.Millisecond)
		_, err = c.client.DialContext(ctx, "tcp", addr)
		cancel()
		wantIs(t, "dial past its deadline", err, context.DeadlineExceeded)
		wantIs(t, "dial past its deadline", err, os.ErrDeadlineExceeded)
		var ne net.Error
		if !errors.As(err, &ne) || !ne.Timeout() {
			t.Errorf("dial past its deadline: %v is not a timeout", err)
		}
		_, err = c.client.DialContext(ctx, "udp", addr)
		wantIs(t, "dial with a context that is done", err, context.DeadlineExceeded)
	}
	if n := endpoints(c.client); n != 0 {
		t.Errorf("client has %d endpoints after all dials failed", n)
	}
}

// pair is both ends of a TCP connection.
func pair(t *testing.T, c *chain, a netip.Addr) (client, server *TCPConn) {
	t.Helper()
	l, err := c.server.Listen(within(t), "tcp", at(a, 0))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	accepted := make(chan net.Conn, 1)
	go func() {
		conn, err := l.Accept()
		if err == nil {
			accepted <- conn
		}
	}()
	conn := dial(t, c.client, "tcp", l.Addr().String())
	s := <-accepted
	t.Cleanup(func() { s.Close() })
	return conn.(*TCPConn), s.(*TCPConn)
}

func TestEndOfStreamAndReset(t *testing.T) {
	c := newChain(t, 1, HostOptions{})
	for _, a := range c.servers() {
		client, server := pair(t, c, a)
		server.Write([]byte("all"))
		server.CloseWrite()
		if b, err := io.ReadAll(client); err != nil || string(b) != "all" {
			t.Errorf("read %q, %v before the FIN", b, err)
		}
		if _, err := server.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
			t.Errorf("write after CloseWrite: %v", err)
		}

		client, server = pair(t, c, a)
		server.Reset()
		b := make([]byte, 10)
		for try := range 3 {
			if _, err := client.Read(b); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("read %d after the reset: %v", try, err)
			}
			if _, err := client.Write(b); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("write %d after the reset: %v", try, err)
			}
		}
		if s := client.SocketSnapshot().State; s != lookup.TCPClosed {
			t.Errorf("state after the reset: %s", s)
		}
	}
}

func TestUnansweredDataTimesOut(t *testing.T) {
	c := newChain(t, 0, HostOptions{})
	client, _ := pair(t, c, c.server4)
	// A day's patience made short; the option has no need outside tests.
	o := tcpip.TCPUserTimeoutOption(100 * time.Millisecond)
	must(client.ep.SetSockOpt(&o))
	c.server.Ports()[0].SetRx(Impairment{Down: true})
	client.Write([]byte("x"))
	for range 2 {
		_, err := client.Read(make([]byte, 1))
		wantIs(t, "read of a dead connection", err, syscall.ETIMEDOUT)
	}
}

func TestStateIsKept(t *testing.T) {
	c := newChain(t, 0, HostOptions{TimeWait: time.Hour})
	client, server := pair(t, c, c.server4)
	if s := client.SocketSnapshot(); s.State != lookup.TCPEstablished || s.CwndSegments == 0 || s.RTO == 0 {
		t.Errorf("snapshot of an open connection: %+v", s)
	}
	client.CloseWrite()
	io.ReadAll(server)
	if s := server.SocketSnapshot().State; s != lookup.TCPCloseWait {
		t.Errorf("server is in %s", s)
	}
	server.Close()
	io.ReadAll(client) // the server's FIN
	if s := client.SocketSnapshot().State; s != lookup.TCPTimeWait {
		t.Errorf("client is in %s", s)
	}
}

// blocked is a call that waits; it reports its error.
func blocked(call func() error) chan error {
	started, end := make(chan bool), make(chan error, 1)
	go func() {
		close(started)
		end <- call()
	}()
	<-started
	return end
}

func TestCloseWakesWaiters(t *testing.T) {
	c := newChain(t, 0, HostOptions{})
	client, _ := pair(t, c, c.server4)
	b := make([]byte, 10)
	udp := dial(t, c.client, "udp", at(c.server4, 53))
	l, err := c.server.Listen(within(t), "tcp", at(c.server4, 80))
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []struct {
		name  string
		close func() error
		call  func() error
	}{
		{"TCP read", client.Close, func() error { _, err := client.Read(b); return err }},
		{"UDP read", udp.Close, func() error { _, err := udp.Read(make([]byte, 10)); return err }},
		{"accept", l.Close, func() error { _, err := l.Accept(); return err }},
	} {
		end := blocked(w.call)
		if err := w.close(); err != nil {
			t.Errorf("%s: close: %v", w.name, err)
		}
		wantIs(t, w.name+" when closed", <-end, net.ErrClosed)
		wantIs(t, w.name+" after close", w.call(), net.ErrClosed)
		wantIs(t, w.name+", second close", w.close(), net.ErrClosed)
	}
	_, err = client.Write(b)
	wantIs(t, "TCP write after close", err, net.ErrClosed)
	_, err = udp.Write(b)
	wantIs(t, "UDP write after close", err, net.ErrClosed)
	wantIs(t, "deadline after close", udp.SetDeadline(time.Now()), net.ErrClosed)
}

func TestFullWindowBlocksUntilDeadlineOrClose(t *testing.T) {
	c := newChain(t, 0, HostOptions{SocketBuffer: 4 << 10})
	client, _ := pair(t, c, c.server4) // the server never reads
	client.SetWriteDeadline(time.Now().Add(20 * time.Millisecond))
	n, err := client.Write(pattern(1 << 20))
	wantIs(t, "write into a full window", err, os.ErrDeadlineExceeded)
	if n == 0 || n >= 1<<20 {
		t.Errorf("wrote %d octets", n)
	}
	client.SetWriteDeadline(time.Time{})
	end := blocked(func() error { _, err := client.Write(pattern(1 << 20)); return err })
	client.Close()
	wantIs(t, "blocked write when closed", <-end, net.ErrClosed)
}

func TestDeadlines(t *testing.T) {
	c := newChain(t, 0, HostOptions{})
	echoUDP(t, c.server, at(c.server4, 53))
	echoTCP(t, c.server, at(c.server4, 53))
	for _, network := range []string{"udp", "tcp"} {
		conn := dial(t, c.client, network, at(c.server4, 53))
		b := make([]byte, 10)
		conn.SetReadDeadline(time.Now().Add(-time.Second))
		_, err := conn.Read(b)
		wantIs(t, network+" read past its deadline", err, os.ErrDeadlineExceeded)
		conn.SetReadDeadline(time.Now().Add(time.Millisecond))
		_, err = conn.Read(b)
		wantIs(t, network+" read", err, os.ErrDeadlineExceeded)
		var ne net.Error
		if !errors.As(err, &ne) || !ne.Timeout() {
			t.Errorf("%s: %v is not a timeout", network, err)
		}
		// Moved earlier while a read waits, and away again.
		conn.SetReadDeadline(time.Now().Add(time.Hour))
		end := blocked(func() error { _, err := conn.Read(make([]byte, 10)); return err })
		conn.SetReadDeadline(time.Now())
		wantIs(t, network+" read, deadline moved", <-end, os.ErrDeadlineExceeded)
		conn.SetWriteDeadline(time.Now().Add(-time.Second))
		_, err = conn.Write(b)
		wantIs(t, network+" write past its deadline", err, os.ErrDeadlineExceeded)
		conn.SetDeadline(time.Time{})
		exchange(t, conn, "works on")
	}
}

func TestForeignAddressesAreErrors(t *testing.T) {
	c := newChain(t, 0, HostOptions{})
	pc, err := c.client.ListenPacket(within(t), "udp", "10.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer pc.Close()
	var none *net.UDPAddr
	for _, a := range []net.Addr{&net.IPAddr{IP: net.IPv4(10, 0, 0, 2)}, &net.TCPAddr{IP: net.IPv4(10, 0, 0, 2), Port: 1}, nil, none, &net.UDPAddr{}} {
		if _, err := pc.WriteTo([]byte("x"), a); err == nil {
			t.Errorf("WriteTo %T %v worked", a, a)
		}
	}
	_, err = pc.WriteTo([]byte("x"), &net.UDPAddr{IP: net.ParseIP("2001:db8::2"), Port: 1})
	wantIs(t, "WriteTo the other family", err, syscall.EAFNOSUPPORT)
	// The 16-octet form of an IPv4 address is the usual one in package net.
	if _, err := pc.WriteTo([]byte("x"), &net.UDPAddr{IP: net.ParseIP("10.0.0.2"), Port: 1}); err != nil {
		t.Error(err)
	}
	_, err = pc.(*UDPConn).Write([]byte("x"))
	wantIs(t, "Write without a peer", err, syscall.EDESTADDRREQ)
	conn := dial(t, c.client, "udp", at(c.server4, 1)).(*UDPConn)
	_, err = conn.WriteTo([]byte("x"), conn.RemoteAddr())
	wantIs(t, "WriteTo on a connected socket", err, net.ErrWriteToConnected)
	_, err = conn.Write(make([]byte, 70000))
	wantIs(t, "a datagram of 70000 octets", err, syscall.EMSGSIZE)
}

func TestNetworkStrings(t *testing.T) {
	c := newChain(t, 0, HostOptions{})
	ctx := within(t)
	for _, bad := range []struct{ network, addr string }{
		{"udp4", at(c.server6, 53)}, {"udp6", at(c.server4, 53)}, {"tcp4", at(c.server6, 53)}, {"tcp6", at(c.server4, 53)},
		{"udp", "localhost:53"}, {"tcp", "www.example.com:80"}, {"udp", ":53"}, {"udp", "10.0.0.2"}, {"udp", "[fe80::1%eth0]:53"},
		{"ip", "10.0.0.2:1"}, {"", ""}, {"unix", "/tmp/x"},
	} {
		if _, err := c.client.DialContext(ctx, bad.network, bad.addr); err == nil {
			t.Errorf("dial %s %s worked", bad.network, bad.addr)
		}
		if _, err := c.client.ListenPacket(ctx, bad.network, bad.addr); err == nil {
			t.Errorf("listen for packets at %s %s worked", bad.network, bad.addr)
		}
		if _, err := c.client.Listen(ctx, bad.network, bad.addr); err == nil {
			t.Errorf("listen at %s %s worked", bad.network, bad.addr)
		}
	}
	for i, a := range c.servers() {
		echoUDP(t, c.server, at(a, 53))
		echoTCP(t, c.server, at(a, 53))
		family := []string{"4", "6"}[i]
		exchange(t, dial(t, c.client, "udp"+family, at(a, 53)), "x")
		exchange(t, dial(t, c.client, "tcp"+family, at(a, 53)), "x")
	}
	if _, err := c.client.ListenPacket(ctx, "tcp", "10.0.0.1:0"); err == nil {
		t.Error("a packet socket for tcp")
	}
	if _, err := c.client.Listen(ctx, "udp", "10.0.0.1:0"); err == nil {
		t.Error("a listener for udp")
	}
	_, err := c.client.ListenPacket(ctx, "udp", "10.0.0.77:0")
	wantIs(t, "bind to an address of somebody else", err, syscall.EADDRNOTAVAIL)
	_, err = c.server.ListenPacket(ctx, "udp", at(c.server4, 53))
	wantIs(t, "bind to a port in use", err, syscall.EADDRINUSE)
	_, err = c.server.Listen(ctx, "tcp", at(c.server4, 53))
	wantIs(t, "listen at a port in use", err, syscall.EADDRINUSE)
}

func TestUnspecifiedAddresses(t *testing.T) {
	c := newChain(t, 1, HostOptions{})
	echoUDP(t, c.server, "[::]:53")
	echoTCP(t, c.server, "[::]:53")
	for _, a := range c.servers() {
		exchange(t, dial(t, c.client, "udp", at(a, 53)), "both families")
		exchange(t, dial(t, c.client, "tcp", at(a, 53)), "both families")
	}
	echoUDP(t, c.server, "0.0.0.0:54")
	exchange(t, dial(t, c.client, "udp", at(c.server4, 54)), "IPv4 only")
	pc, err := c.server.ListenPacket(within(t), "udp6", "[::]:54") // no clash with the one above
	if err != nil {
		t.Fatal(err)
	}
	pc.Close()
}

func TestEphemeralPortsAreRandom(t *testing.T) {
	c := newChain(t, 0, HostOptions{})
	seen := make(map[int]bool)
	steps := make(map[int]bool)
	last := 0
	for range 32 {
		pc, err := c.client.ListenPacket(within(t), "udp", "0.0.0.0:0")
		if err != nil {
			t.Fatal(err)
		}
		defer pc.Close()
		port := pc.LocalAddr().(*net.UDPAddr).Port
		if port < 1024 || seen[port] {
			t.Errorf("port %d again or privileged", port)
		}
		seen[port] = true
		steps[port-last] = true
		last = port
	}
	if len(steps) < 30 { // of 32; RFC 5452 §9.2 wants them unpredictable
		t.Errorf("only %d different steps between 32 ports", len(steps))
	}
}

func TestManyReadersOfOneSocket(t *testing.T) {
	c := newChain(t, 0, HostOptions{})
	pc, err := c.server.ListenPacket(within(t), "udp", at(c.server4, 53))
	if err != nil {
		t.Fatal(err)
	}
	defer pc.Close()
	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			if _, _, err := pc.ReadFrom(make([]byte, 10)); err != nil {
				t.Error(err)
			}
		})
	}
	conn := dial(t, c.client, "udp", at(c.server4, 53))
	for range 8 {
		conn.Write([]byte("x"))
	}
	readers.Wait() // each must get one
}

func TestShortBuffersAndEmptyDatagrams(t *testing.T) {
	c := newChain(t, 0, HostOptions{})
	echoUDP(t, c.server, at(c.server4, 53))
	conn := dial(t, c.client, "udp", at(c.server4, 53))
	for _, r := range []struct{ send, room, want int }{{10, 4, 4}, {10, 0, 0}, {0, 10, 0}, {0, 0, 0}, {10, 10, 10}} {
		if n, err := conn.Write(make([]byte, r.send)); n != r.send || err != nil {
			t.Fatal(n, err)
		}
		if n, err := conn.Read(make([]byte, r.room)); n != r.want || err != nil {
			t.Errorf("%d octets into %d: read %d, %v", r.send, r.room, n, err)
		}
	}
}

func TestHostsWithout(t *testing.T) {
	n := newNet(t)
	s := n.Segment("s")
	h := n.NewHost("h", HostOptions{NoTCP: true, NoIPv6: true})
	h.Attach(s, pfx("10.0.0.1/24"))
	_, err := h.Listen(within(t), "tcp", "10.0.0.1:80")
	wantIs(t, "listen without TCP", err, syscall.EPROTONOSUPPORT)
	_, err = h.DialContext(within(t), "tcp", "10.0.0.2:80")
	wantIs(t, "dial without TCP", err, syscall.EPROTONOSUPPORT)
	_, err = h.DialContext(within(t), "udp", "[2001:db8::1]:80")
	wantIs(t, "dial without IPv6", err, syscall.EAFNOSUPPORT)
	if err := h.Route(pfx("::/0"), ip("2001:db8::1")); err == nil {
		t.Error("an IPv6 route without IPv6")
	}
	if c := h.Caps(); !c.Frames || c.TCPState {
		t.Errorf("caps %+v", c)
	}
}

func TestDialFrom(t *testing.T) {
	n := newNet(t)
	s := n.Segment("s")
	a, b := n.NewHost("a", HostOptions{}), n.NewHost("b", HostOptions{})
	a.Attach(s, pfx("10.0.0.1/24"), pfx("10.0.0.3/24"))
	b.Attach(s, pfx("10.0.0.2/24"))
	echoUDP(t, b, "10.0.0.2:53")
	for _, local := range []string{"10.0.0.3:4000", "10.0.0.1:0"} {
		conn, err := a.DialFrom(within(t), "udp", netip.MustParseAddrPort(local), "10.0.0.2:53")
		if err != nil {
			t.Fatal(err)
		}
		exchange(t, conn, "x")
		if got := conn.LocalAddr().(*net.UDPAddr).AddrPort(); got.Addr().Unmap() != netip.MustParseAddrPort(local).Addr() {
			t.Errorf("local address %v, want %s", got, local)
		}
		conn.Close()
	}
	_, err := a.DialFrom(within(t), "udp", netip.MustParseAddrPort("[::1]:0"), "10.0.0.2:53")
	wantIs(t, "two families", err, syscall.EAFNOSUPPORT)
}

func TestHostTalksToItself(t *testing.T) {
	c := newChain(t, 0, HostOptions{})
	frames := 0
	for _, a := range c.servers() {
		echoUDP(t, c.server, at(a, 53))
		echoTCP(t, c.server, at(a, 53))
		c.segments[0].Tap(func(Capture) { frames++ })
		exchange(t, dial(t, c.server, "udp", at(a, 53)), "to myself")
		exchange(t, dial(t, c.server, "tcp", at(a, 53)), "to myself")
	}
	if frames != 0 {
		t.Errorf("%d frames left the host", frames)
	}
}
