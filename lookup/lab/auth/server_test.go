package auth

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
)

// loopback is the operating system's network, for tests.
type loopback struct{}

func (loopback) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, network, addr)
}
func (loopback) ListenPacket(ctx context.Context, network, addr string) (net.PacketConn, error) {
	return new(net.ListenConfig).ListenPacket(ctx, network, addr)
}
func (loopback) Listen(ctx context.Context, network, addr string) (net.Listener, error) {
	return new(net.ListenConfig).Listen(ctx, network, addr)
}
func (loopback) Caps() lookup.Caps { return lookup.Caps{} }

// listen serves on a free loopback port, both protocols, until the test ends.
func listen(t *testing.T, s *Server) (addr string) {
	t.Helper()
	t.Cleanup(func() { s.Close() })
	var pc net.PacketConn
	var ln net.Listener
	for range 20 { // the port must be free for both
		var err error
		if pc, err = net.ListenPacket("udp", "127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
		if ln, err = net.Listen("tcp", pc.LocalAddr().String()); err == nil {
			break
		}
		pc.Close()
	}
	go s.ServePacket(pc)
	go s.ServeStream(ln)
	return pc.LocalAddr().String()
}

func dial(t *testing.T, network, addr string) net.Conn {
	t.Helper()
	conn, err := net.Dial(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	return conn
}

// readFramed reads one message from a stream.
func readFramed(r io.Reader) (*dns.Msg, error) {
	var size [2]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return nil, err
	}
	b := make([]byte, binary.BigEndian.Uint16(size[:]))
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, err
	}
	m := new(dns.Msg)
	return m, m.Unpack(b)
}

func framed(b []byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...)
}

func exchange(t *testing.T, conn net.Conn, q *dns.Msg) *dns.Msg {
	t.Helper()
	if _, err := conn.Write(pack(t, q)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 65535)
	n, err := conn.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	m := new(dns.Msg)
	if err := m.Unpack(buf[:n]); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestServeUDP(t *testing.T) {
	addr := listen(t, mustServer(t, Config{}, wildZone))
	conn := dial(t, "udp", addr)
	if _, err := conn.Write([]byte("rubbish")); err != nil { // no answer, no harm
		t.Fatal(err)
	}
	m := exchange(t, conn, question("host1.example.", "A", 1232))
	if m.Id != 7 || len(m.Answer) != 1 {
		t.Errorf("%s", brief(m))
	}
}

// RFC 7766 section 6.2.1.1: several queries at once on one connection, even when
// they arrive in odd pieces.
func TestServeTCPPipelining(t *testing.T) {
	addr := listen(t, mustServer(t, Config{}, wildZone))
	conn := dial(t, "tcp", addr)
	var all []byte
	for id := range 50 {
		q := question("host1.example.", "A", 0)
		q.Id = uint16(id)
		all = append(all, framed(pack(t, q))...)
	}
	go func() {
		for len(all) > 0 {
			n := min(7, len(all))
			conn.Write(all[:n])
			all = all[n:]
		}
	}()
	for id := range 50 {
		m, err := readFramed(conn)
		if err != nil {
			t.Fatal(err)
		}
		if int(m.Id) != id || len(m.Answer) != 1 {
			t.Fatalf("response %d: id %d\n%s", id, m.Id, brief(m))
		}
	}
}

func TestServeTCPClosesWhatIsNoQuery(t *testing.T) {
	addr := listen(t, mustServer(t, Config{}, wildZone))
	for _, b := range [][]byte{{0xff, 0xff}, {0, 3, 1, 2, 3}, framed([]byte{0, 1, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0})} {
		conn := dial(t, "tcp", addr)
		conn.Write(b)
		if n, err := conn.Read(make([]byte, 1)); err == nil || n != 0 || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("% x: read %d octets, %v", b, n, err)
		}
	}
}

func TestConnectionsAreCapped(t *testing.T) {
	addr := listen(t, mustServer(t, Config{}, wildZone))
	query := framed(pack(t, question("host1.example.", "A", 0)))
	open := func() bool {
		conn := dial(t, "tcp", addr)
		if _, err := conn.Write(query); err != nil {
			return false
		}
		_, err := readFramed(conn)
		return err == nil
	}
	for i := range maxConns {
		if !open() {
			t.Fatalf("connection %d was refused", i)
		}
	}
	if open() {
		t.Errorf("connection %d was served", maxConns)
	}
}

func TestListen(t *testing.T) {
	s := mustServer(t, Config{}, wildZone)
	defer s.Close()
	if err := s.Listen(t.Context(), loopback{}, "127.0.0.1:0"); err != nil && !errors.Is(err, syscall.EADDRINUSE) {
		t.Error(err)
	}
	if err := s.Listen(t.Context(), loopback{}, "no address"); err == nil {
		t.Error("listened at no address")
	}
}

func TestCloseEndsEverything(t *testing.T) {
	s := mustServer(t, Config{Behaviour: func(x Exchange) ([]byte, time.Duration) { return x.Response, time.Hour }}, wildZone)
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ends := make(chan error, 2)
	go func() { ends <- s.ServePacket(pc) }()
	go func() { ends <- s.ServeStream(ln) }()
	// A connection that is open, and responses that are being held back.
	udp, tcp := dial(t, "udp", pc.LocalAddr().String()), dial(t, "tcp", ln.Addr().String())
	udp.Write(pack(t, question("host1.example.", "A", 0)))
	tcp.Write(framed(pack(t, question("host1.example.", "A", 0))))
	s.Close()
	s.Close()
	for range 2 {
		if err := <-ends; err != nil {
			t.Error(err)
		}
	}
	if _, err := tcp.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the connection is still open: %v", err)
	}
	// What comes too late is closed at once.
	late, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.ServePacket(late); err != nil {
		t.Error(err)
	}
	if _, err := late.WriteTo([]byte("x"), late.LocalAddr()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the late socket is open: %v", err)
	}
}

func TestBehaviour(t *testing.T) {
	s := mustServer(t, Config{}, wildZone)
	addr := listen(t, s)
	udp, tcp := dial(t, "udp", addr), dial(t, "tcp", addr)
	overTCP := func() *dns.Msg {
		t.Helper()
		if _, err := tcp.Write(framed(pack(t, question("host1.example.", "A", 0)))); err != nil {
			t.Fatal(err)
		}
		m, err := readFramed(tcp)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	overUDP := func() *dns.Msg { t.Helper(); return exchange(t, udp, question("host1.example.", "A", 0)) }

	var mu sync.Mutex
	var seen []Exchange
	s.SetBehaviour(func(x Exchange) ([]byte, time.Duration) { // wrong ID, in place
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, x)
		x.Response[0] ^= 0xff
		return x.Response, 0
	})
	if a, b := overUDP(), overTCP(); a.Id != 0xff07 || b.Id != 0xff07 {
		t.Errorf("wrong IDs: %x and %x", a.Id, b.Id)
	}
	mu.Lock()
	if len(seen) != 2 || seen[0].Stream || !seen[1].Stream || seen[0].To.String() != addr || seen[0].From.String() != udp.LocalAddr().String() {
		t.Errorf("exchanges %+v", seen)
	}
	mu.Unlock()

	s.SetBehaviour(func(x Exchange) ([]byte, time.Duration) { // SERVFAIL in a message of its own, later
		m := append([]byte(nil), x.Query[:4]...)
		m[2], m[3] = m[2]|0x80, rcodeNoError+2
		return append(m, 0, 0, 0, 0, 0, 0, 0, 0), time.Millisecond
	})
	if a, b := overUDP(), overTCP(); a.Rcode != dns.RcodeServerFailure || b.Rcode != dns.RcodeServerFailure {
		t.Errorf("rcodes %d and %d", a.Rcode, b.Rcode)
	}

	// Silence: the next query, answered again, gets the first response seen.
	var silent sync.Once
	s.SetBehaviour(func(x Exchange) ([]byte, time.Duration) {
		r := x.Response
		silent.Do(func() { r = nil })
		return r, 0
	})
	udp.Write(pack(t, question("nobody.example.", "A", 0)))
	if m := overUDP(); m.Question[0].Name != "host1.example." {
		t.Errorf("the silent server said %s", brief(m))
	}

	s.SetBehaviour(nil)
	s.SetCatalog(nil)
	if a, b := overUDP(), overTCP(); a.Rcode != dns.RcodeRefused || b.Rcode != dns.RcodeRefused {
		t.Errorf("without zones: rcodes %d and %d", a.Rcode, b.Rcode)
	}
}

// plainConn hides everything but net.PacketConn.
type plainConn struct{ net.PacketConn }

func TestServePacketOnAnyPacketConn(t *testing.T) {
	s := mustServer(t, Config{}, wildZone)
	defer s.Close()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go s.ServePacket(plainConn{pc})
	if m := exchange(t, dial(t, "udp", pc.LocalAddr().String()), question("host1.example.", "A", 0)); len(m.Answer) != 1 {
		t.Error(brief(m))
	}
}
