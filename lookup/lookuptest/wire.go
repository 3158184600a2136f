// Package lookuptest helps tests of the packages around it: a network in
// memory with servers that say what a test wants, zones served as in the lab,
// a clock that moves when told, and a runner of scenario files. Only tests
// import it.
package lookuptest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"

	"rootwalk/lookup"
)

// Packet is a query that reached a server of a Wire.
type Packet struct {
	From    netip.AddrPort
	To      netip.AddrPort
	TCP     bool
	Message []byte
}

// Handler answers a packet with any number of messages, which arrive at once
// and in this order. It is called by several goroutines.
type Handler func(p Packet) [][]byte

// Wire is a network without wires: a lookup.Network on which queries are
// answered by functions, for tests of what servers may do. Nothing listens
// there in earnest; on an address without a handler packets are lost, and
// connections refused.
type Wire struct {
	mu       sync.Mutex
	handlers map[netip.AddrPort]Handler
	errors   map[netip.Addr]error
	port     uint16
	log      []Packet
}

// NewWire makes an empty network.
func NewWire() *Wire {
	return &Wire{handlers: map[netip.AddrPort]Handler{}, errors: map[netip.Addr]error{}}
}

// Handle sets the server at an address, nil for none.
func (w *Wire) Handle(at netip.AddrPort, h Handler) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.handlers[at] = h
}

// Break makes dialing an address fail with an error such as ENETUNREACH; for
// ECONNREFUSED it is the read that fails, as after an ICMP message.
func (w *Wire) Break(at netip.Addr, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.errors[at] = err
}

// Log is every packet so far.
func (w *Wire) Log() []Packet {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]Packet(nil), w.log...)
}

// Caps says that nothing can be shown of this network.
func (w *Wire) Caps() lookup.Caps { return lookup.Caps{} }

// ListenPacket always fails: see Wire.
func (w *Wire) ListenPacket(context.Context, string, string) (net.PacketConn, error) {
	return nil, syscall.EOPNOTSUPP
}

// Listen always fails: see Wire.
func (w *Wire) Listen(context.Context, string, string) (net.Listener, error) {
	return nil, syscall.EOPNOTSUPP
}

// DialContext connects to an address, whether there is a server or not.
func (w *Wire) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	to, err := netip.ParseAddrPort(addr)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	broken := w.errors[to.Addr()]
	if broken != nil && !errors.Is(broken, syscall.ECONNREFUSED) {
		return nil, fmt.Errorf("dial %s: %w", addr, broken)
	}
	w.port++
	from := netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, 1}), 20000+w.port)
	c := &wireConn{wire: w, from: from, to: to, refused: broken, queue: make(chan []byte, 64), closed: make(chan struct{}), moved: make(chan struct{})}
	if len(network) > 2 && network[:3] == "tcp" {
		if broken != nil || w.handlers[to] == nil {
			return nil, fmt.Errorf("dial %s: %w", addr, syscall.ECONNREFUSED)
		}
		here, there := net.Pipe()
		go c.serveStream(there)
		return streamConn{here, from}, nil
	}
	return c, nil
}

type wireConn struct {
	wire     *Wire
	from, to netip.AddrPort
	refused  error
	queue    chan []byte
	closed   chan struct{}
	once     sync.Once

	mu       sync.Mutex
	deadline time.Time
	moved    chan struct{} // closed when the deadline changes
}

func (c *wireConn) handle(p Packet) [][]byte {
	c.wire.mu.Lock()
	c.wire.log = append(c.wire.log, p)
	h := c.wire.handlers[c.to]
	c.wire.mu.Unlock()
	if h == nil {
		return nil
	}
	return h(p)
}

func (c *wireConn) Write(b []byte) (int, error) {
	for _, r := range c.handle(Packet{From: c.from, To: c.to, Message: append([]byte(nil), b...)}) {
		select {
		case c.queue <- r:
		default:
		}
	}
	return len(b), nil
}

func (c *wireConn) Read(b []byte) (int, error) {
	if c.refused != nil {
		return 0, fmt.Errorf("read: %w", c.refused)
	}
	for {
		c.mu.Lock()
		deadline, moved := c.deadline, c.moved
		c.mu.Unlock()
		var timer <-chan time.Time
		if !deadline.IsZero() {
			t := time.NewTimer(time.Until(deadline))
			defer t.Stop()
			timer = t.C
		}
		select {
		case m := <-c.queue:
			return copy(b, m), nil
		case <-c.closed:
			return 0, net.ErrClosed
		case <-timer:
			return 0, os.ErrDeadlineExceeded
		case <-moved:
		}
	}
}

func (c *wireConn) SetDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deadline = t
	close(c.moved)
	c.moved = make(chan struct{})
	return nil
}

func (c *wireConn) Close() error                       { c.once.Do(func() { close(c.closed) }); return nil }
func (c *wireConn) LocalAddr() net.Addr                { return net.UDPAddrFromAddrPort(c.from) }
func (c *wireConn) RemoteAddr() net.Addr               { return net.UDPAddrFromAddrPort(c.to) }
func (c *wireConn) SetReadDeadline(t time.Time) error  { return c.SetDeadline(t) }
func (c *wireConn) SetWriteDeadline(t time.Time) error { return nil }

// serveStream answers the queries of one connection until it ends.
func (c *wireConn) serveStream(conn net.Conn) {
	defer conn.Close()
	for {
		var size [2]byte
		if _, err := io.ReadFull(conn, size[:]); err != nil {
			return
		}
		b := make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := io.ReadFull(conn, b); err != nil {
			return
		}
		replies := c.handle(Packet{From: c.from, To: c.to, TCP: true, Message: b})
		if len(replies) == 0 {
			return
		}
		for _, r := range replies {
			if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(r))), r...)); err != nil {
				return
			}
		}
	}
}

type streamConn struct {
	net.Conn
	from netip.AddrPort
}

func (c streamConn) LocalAddr() net.Addr { return net.TCPAddrFromAddrPort(c.from) }
