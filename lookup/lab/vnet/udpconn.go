package vnet

import (
	"bytes"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
	"gvisor.dev/gvisor/pkg/waiter"
)

// UDPConn is a UDP socket, connected or not: a net.Conn and a net.PacketConn.
// All methods may be called concurrently. On a connected one, an ICMP port
// unreachable wakes a waiting reader with ECONNREFUSED.
type UDPConn struct {
	host          *Host
	network       string
	ep            tcpip.Endpoint
	queue         waiter.Queue
	local, remote netip.AddrPort // remote is zero if not connected

	readable, writable signal
	read, write        deadline
	closed             chan struct{}
	closing            atomic.Bool
}

var (
	_ net.Conn       = (*UDPConn)(nil)
	_ net.PacketConn = (*UDPConn)(nil)
)

// signal lets goroutines wait for an endpoint's events. It is registered once
// per socket, not once per wait. One token wakes one waiter; who has
// been served wakes the next.
//
// A waiter enlists first and tries once more before it waits: then whoever is
// served either sees it, or was served before that last try.
type signal struct {
	entry   waiter.Entry
	token   chan struct{}
	waiters atomic.Int32
}

func (s *signal) init(queue *waiter.Queue, mask waiter.EventMask) {
	s.token = make(chan struct{}, 1)
	s.entry.Init(waiter.ChannelNotifier(s.token), mask|waiter.EventErr|waiter.EventHUp)
	queue.EventRegister(&s.entry)
}

// served passes the token on if others wait: one event may have made
// ready what serves several.
func (s *signal) served() {
	if s.waiters.Load() > 0 {
		waiter.ChannelNotifier(s.token).NotifyEvent(0)
	}
}

// wait is one goroutine's waiting for a signal.
type wait struct {
	signal   *signal
	host     *Host
	done     <-chan struct{} // the socket is closed
	passed   <-chan struct{} // the deadline has passed
	enlisted bool
}

// again returns nil when it is time to try again; the error says what came instead.
func (w *wait) again() error {
	if !w.enlisted {
		w.enlisted = true
		w.signal.waiters.Add(1)
		return nil
	}
	select {
	case <-w.signal.token:
		return nil
	case <-w.done:
		return net.ErrClosed
	case <-w.host.done:
		return net.ErrClosed
	case <-w.passed:
		return os.ErrDeadlineExceeded
	}
}

// end must be called when the waiting is over, one way or the other.
func (w *wait) end() {
	if w.enlisted {
		w.signal.waiters.Add(-1)
	}
}

// over is the error of a call that need not start, if any.
func over(h *Host, done, passed <-chan struct{}) error {
	switch {
	case closed(done), closed(h.done):
		return net.ErrClosed
	case closed(passed):
		return os.ErrDeadlineExceeded
	}
	return nil
}

// openUDP makes a socket bound to local and connected to remote, if valid.
func (h *Host) openUDP(op, network string, local, remote netip.AddrPort) (*UDPConn, error) {
	c := &UDPConn{host: h, network: network, remote: remote, closed: make(chan struct{})}
	fail := func(err error) (*UDPConn, error) {
		if c.ep != nil {
			c.ep.Close()
		}
		if remote.IsValid() {
			return nil, failure(op, network, nil, net.UDPAddrFromAddrPort(remote), err)
		}
		return nil, failure(op, network, nil, net.UDPAddrFromAddrPort(local), err)
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	if h.stopped {
		return fail(net.ErrClosed)
	}
	var err error
	if c.ep, err = h.endpoint(udp.ProtocolNumber, network, &c.queue, local, remote); err != nil {
		return fail(err)
	}
	// The stack would set "don't fragment" on the fragments it makes, and give all
	// of them identification 0: two large datagrams at once then mix up.
	must(c.ep.SetSockOptInt(tcpip.MTUDiscoverOption, int(tcpip.PMTUDiscoveryDont)))
	if remote.IsValid() {
		if terr := c.ep.Connect(fullAddress(remote)); terr != nil {
			return fail(errorOf(terr))
		}
	}
	at, terr := c.ep.GetLocalAddress()
	if terr != nil {
		return fail(errorOf(terr))
	}
	family := remote.Addr()
	if !family.IsValid() {
		family = local.Addr()
	}
	c.local = addrPortOf(at, protocolOf(family))
	c.readable.init(&c.queue, waiter.ReadableEvents)
	c.writable.init(&c.queue, waiter.WritableEvents)
	return c, nil
}

// scratch is what a stack call wants by pointer, kept between calls.
type scratch struct {
	in  tcpip.SliceWriter
	out bytes.Reader
	to  tcpip.FullAddress
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

func (s *scratch) free() {
	s.in = nil
	s.out.Reset(nil)
	scratches.Put(s)
}

// ReadFromUDPAddrPort reads one datagram; what does not fit b is lost.
func (c *UDPConn) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	passed := c.read.wait()
	if err := over(c.host, c.closed, passed); err != nil {
		return 0, netip.AddrPort{}, c.failure("read", err)
	}
	s := scratches.Get().(*scratch)
	defer s.free()
	w := wait{signal: &c.readable, host: c.host, done: c.closed, passed: passed}
	defer w.end()
	for {
		s.in = b
		r, terr := c.ep.Read(&s.in, tcpip.ReadOptions{NeedRemoteAddr: true})
		switch terr.(type) {
		case nil:
			c.readable.served()
			return r.Count, netip.AddrPortFrom(netipOf(r.RemoteAddr.Addr), r.RemoteAddr.Port), nil
		case *tcpip.ErrBadBuffer: // b is empty and the datagram is not: it is lost
			c.readable.served()
			return 0, netip.AddrPortFrom(netipOf(r.RemoteAddr.Addr), r.RemoteAddr.Port), nil
		case *tcpip.ErrWouldBlock:
			if err := w.again(); err != nil {
				return 0, netip.AddrPort{}, c.failure("read", err)
			}
		case *tcpip.ErrClosedForReceive:
			return 0, netip.AddrPort{}, c.failure("read", net.ErrClosed)
		default:
			c.readable.served()
			return 0, netip.AddrPort{}, c.failure("read", errorOf(terr))
		}
	}
}

// ReadFrom reads one datagram; what does not fit b is lost.
func (c *UDPConn) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := c.ReadFromUDPAddrPort(b)
	if err != nil {
		return n, nil, err
	}
	return n, net.UDPAddrFromAddrPort(from), nil
}

// Read reads one datagram; what does not fit b is lost.
func (c *UDPConn) Read(b []byte) (int, error) {
	n, _, err := c.ReadFromUDPAddrPort(b)
	return n, err
}

// Write sends one datagram to the connected address.
func (c *UDPConn) Write(b []byte) (int, error) {
	if !c.remote.IsValid() {
		return 0, c.failure("write", syscall.EDESTADDRREQ)
	}
	return c.send(b, netip.AddrPort{})
}

// WriteToUDPAddrPort sends one datagram from a socket that is not connected.
func (c *UDPConn) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	if c.remote.IsValid() {
		return 0, c.failure("write", net.ErrWriteToConnected)
	}
	if !to.IsValid() {
		return 0, c.failure("write", syscall.EDESTADDRREQ)
	}
	return c.send(b, to)
}

// WriteTo sends one datagram from a socket that is not connected; to must be
// a *net.UDPAddr.
func (c *UDPConn) WriteTo(b []byte, to net.Addr) (int, error) {
	ua, ok := to.(*net.UDPAddr)
	if !ok || ua == nil {
		return 0, c.failure("write", syscall.EINVAL)
	}
	return c.WriteToUDPAddrPort(b, ua.AddrPort())
}

func (c *UDPConn) send(b []byte, to netip.AddrPort) (int, error) {
	passed := c.write.wait()
	if err := over(c.host, c.closed, passed); err != nil {
		return 0, c.failure("write", err)
	}
	s := scratches.Get().(*scratch)
	defer s.free()
	var opts tcpip.WriteOptions
	if to.IsValid() {
		if to.Addr().Unmap().Is4() != c.local.Addr().Is4() && !c.local.Addr().IsUnspecified() {
			return 0, c.failure("write", syscall.EAFNOSUPPORT)
		}
		s.to = fullAddress(to)
		opts.To = &s.to
	}
	w := wait{signal: &c.writable, host: c.host, done: c.closed, passed: passed}
	defer w.end()
	for {
		s.out.Reset(b)
		n, terr := c.ep.Write(&s.out, opts)
		switch terr.(type) {
		case nil:
			c.writable.served()
			return int(n), nil
		case *tcpip.ErrWouldBlock: // packets wait for their neighbour's address
			if err := w.again(); err != nil {
				return 0, c.failure("write", err)
			}
		default:
			if closed(c.closed) || closed(c.host.done) {
				return 0, c.failure("write", net.ErrClosed)
			}
			return int(n), c.failure("write", errorOf(terr))
		}
	}
}

func (c *UDPConn) failure(op string, err error) error {
	return failure(op, c.network, c.LocalAddr(), c.RemoteAddr(), err)
}

// Close closes the socket and wakes everyone waiting on it.
func (c *UDPConn) Close() error {
	if c.closing.Swap(true) {
		return c.failure("close", net.ErrClosed)
	}
	close(c.closed)
	c.ep.Close()
	c.read.stop()
	c.write.stop()
	return nil
}

// LocalAddr is the bound address, a *net.UDPAddr.
func (c *UDPConn) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(c.local) }

// RemoteAddr is the connected address, or nil.
func (c *UDPConn) RemoteAddr() net.Addr {
	if !c.remote.IsValid() {
		return nil
	}
	return net.UDPAddrFromAddrPort(c.remote)
}

// SetDeadline sets both deadlines; the zero time is none.
func (c *UDPConn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	c.write.set(t)
	return nil
}

// SetReadDeadline ends reads, also waiting ones, at t.
func (c *UDPConn) SetReadDeadline(t time.Time) error {
	if closed(c.closed) {
		return c.failure("set", net.ErrClosed)
	}
	c.read.set(t)
	return nil
}

// SetWriteDeadline ends writes, also waiting ones, at t.
func (c *UDPConn) SetWriteDeadline(t time.Time) error {
	if closed(c.closed) {
		return c.failure("set", net.ErrClosed)
	}
	c.write.set(t)
	return nil
}

// SetReadBuffer sets the receive buffer in octets. QUIC libraries ask for it.
func (c *UDPConn) SetReadBuffer(octets int) error {
	c.ep.SocketOptions().SetReceiveBufferSize(int64(octets), true)
	return nil
}

// SetWriteBuffer sets the send buffer in octets.
func (c *UDPConn) SetWriteBuffer(octets int) error {
	c.ep.SocketOptions().SetSendBufferSize(int64(octets), true)
	return nil
}

// SetHopLimit sets the TTL or hop limit of what is sent, 1 to 255.
func (c *UDPConn) SetHopLimit(hops int) error {
	if hops < 1 || hops > 255 {
		return c.failure("set", syscall.EINVAL)
	}
	option := tcpip.IPv4TTLOption
	if c.local.Addr().Is6() {
		option = tcpip.IPv6HopLimitOption
	}
	if terr := c.ep.SetSockOptInt(option, hops); terr != nil {
		return c.failure("set", errorOf(terr))
	}
	return nil
}
