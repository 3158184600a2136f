package vnet

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
	"gvisor.dev/gvisor/pkg/waiter"

	"rootwalk/lookup"
)

// Socket makes a socket call by call, as a lookup.Sockets does: "tcp4", "tcp6",
// "udp4" or "udp6".
func (h *Host) Socket(network string) (lookup.Socket, error) {
	kind, family := datagrams, netip.IPv4Unspecified()
	switch network {
	case "tcp4", "tcp6":
		kind = streams
	case "udp4", "udp6":
	default:
		return nil, failure("socket", network, nil, nil, net.UnknownNetworkError(network))
	}
	if network[3] == '6' {
		family = netip.IPv6Unspecified()
	}
	s := &bsdSocket{host: h, network: network, kind: kind, queue: new(waiter.Queue), gone: make(chan struct{}), any: netip.AddrPortFrom(family, 0)}
	h.mu.RLock()
	defer h.mu.RUnlock()
	if h.stopped {
		return nil, failure("socket", network, nil, nil, net.ErrClosed)
	}
	if kind == streams && h.opts.NoTCP {
		return nil, failure("socket", network, nil, nil, syscall.EPROTONOSUPPORT)
	}
	number := udp.ProtocolNumber
	if kind == streams {
		number = tcp.ProtocolNumber
	}
	ep, err := h.endpoint(number, network, s.queue, netip.AddrPort{}, s.any)
	if err != nil {
		return nil, failure("socket", network, nil, nil, err)
	}
	s.ep = ep
	return s, nil
}

// bsdSocket is a socket before and after it is connected or listens.
type bsdSocket struct {
	host    *Host
	network string
	kind    socketKind
	queue   *waiter.Queue
	ep      tcpip.Endpoint
	any     netip.AddrPort
	gone    chan struct{} // closed by Close

	mu       sync.Mutex
	tcp      *TCPConn  // once connected or accepted
	udp      *UDPConn  // likewise
	listener *Listener // once it listens
	closed   bool
}

var (
	_ lookup.Sockets = (*Host)(nil)
	_ lookup.Socket  = (*bsdSocket)(nil)
)

func (s *bsdSocket) failed(op string, err error) error {
	return failure(op, s.network, nil, nil, err)
}

func (s *bsdSocket) Bind(local netip.AddrPort) error {
	if terr := s.ep.Bind(fullAddress(local)); terr != nil {
		err := errorOf(terr)
		if _, bound := terr.(*tcpip.ErrAlreadyBound); bound {
			err = syscall.EINVAL
		}
		if _, state := terr.(*tcpip.ErrInvalidEndpointState); state {
			err = syscall.EINVAL
		}
		return s.failed("bind", err)
	}
	return nil
}

func (s *bsdSocket) Connect(ctx context.Context, peer netip.AddrPort) error {
	s.mu.Lock()
	switch {
	case s.closed:
		s.mu.Unlock()
		return s.failed("connect", net.ErrClosed)
	case s.tcp != nil:
		s.mu.Unlock()
		return s.failed("connect", syscall.EISCONN)
	case s.listener != nil:
		s.mu.Unlock()
		return s.failed("connect", syscall.EOPNOTSUPP)
	}
	s.mu.Unlock()
	if s.kind == datagrams {
		if err := s.connectUDP(peer); err != nil {
			return err
		}
		if bound := lookup.BoundHookOf(ctx); bound != nil {
			bound(addrPortOfNet(s.LocalAddr()).Port())
		}
		return nil
	}
	ep := s.ep.(*tcp.Endpoint)
	if bound := lookup.BoundHookOf(ctx); bound != nil {
		// The stack chooses a port before it sends; done as a step of its own, the
		// port is known before the first packet is.
		at, terr := ep.GetLocalAddress()
		if terr == nil && at.Port == 0 {
			// The address has to be named: what the stack reserves without one, it
			// does not find again when the connection is gone.
			var route *stack.Route
			if route, terr = s.host.stack.FindRoute(0, tcpip.Address{}, addressOf(peer.Addr()), protocolOf(peer.Addr()), false); terr == nil {
				from := route.LocalAddress()
				route.Release()
				if terr = ep.Bind(tcpip.FullAddress{Addr: from}); terr == nil {
					at, terr = ep.GetLocalAddress()
				}
			}
		}
		if terr != nil {
			return s.failed("connect", errorOf(terr))
		}
		bound(at.Port)
	}
	entry, token := waiter.NewChannelEntry(waiter.WritableEvents | waiter.EventErr | waiter.EventHUp)
	s.queue.EventRegister(&entry)
	defer s.queue.EventUnregister(&entry)
	terr := ep.Connect(fullAddress(peer))
	if _, started := terr.(*tcpip.ErrConnectStarted); !started && terr != nil {
		return s.failed("connect", errorOf(terr))
	}
	if err := s.host.established(ctx, ep, token, s.gone); err != nil {
		return s.failed("connect", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tcp = newTCPConn(s.host, s.network, ep, s.queue)
	return nil
}

func (s *bsdSocket) connectUDP(peer netip.AddrPort) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.udp != nil {
		return s.failed("connect", syscall.EISCONN) // POSIX would let it change its peer
	}
	if terr := s.ep.Connect(fullAddress(peer)); terr != nil {
		return s.failed("connect", errorOf(terr))
	}
	c := s.packetsLocked()
	c.remote = peer
	s.udp = c
	return nil
}

// packetsLocked makes the UDP socket readable and writable.
func (s *bsdSocket) packetsLocked() *UDPConn {
	c := &UDPConn{host: s.host, network: s.network, ep: s.ep, closed: make(chan struct{})}
	if at, terr := s.ep.GetLocalAddress(); terr == nil {
		c.local = addrPortOf(at, protocolOf(s.any.Addr()))
	}
	c.readable.init(s.queue, waiter.ReadableEvents)
	c.writable.init(s.queue, waiter.WritableEvents)
	return c
}

func (s *bsdSocket) Listen(backlog int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kind == datagrams {
		return s.failed("listen", syscall.EOPNOTSUPP)
	}
	if s.tcp != nil {
		return s.failed("listen", syscall.EINVAL)
	}
	if terr := s.ep.(*tcp.Endpoint).Listen(backlog); terr != nil {
		err := errorOf(terr)
		if _, state := terr.(*tcpip.ErrInvalidEndpointState); state {
			err = syscall.EINVAL
		}
		return s.failed("listen", err)
	}
	if s.listener == nil {
		l := &Listener{host: s.host, network: s.network, ep: s.ep, queue: s.queue, closed: make(chan struct{})}
		if at, terr := s.ep.GetLocalAddress(); terr == nil {
			l.local = addrPortOf(at, protocolOf(s.any.Addr()))
		}
		l.ready.init(l.queue, waiter.ReadableEvents)
		s.listener = l
	}
	return nil
}

func (s *bsdSocket) Accept(ctx context.Context) (lookup.Socket, error) {
	s.mu.Lock()
	l := s.listener
	s.mu.Unlock()
	if l == nil {
		return nil, s.failed("accept", syscall.EINVAL)
	}
	c, err := l.accept(ctx.Done())
	if err != nil {
		if ctx.Err() != nil {
			err = s.failed("accept", contextError{ctx.Err()})
		}
		return nil, err
	}
	return &bsdSocket{host: s.host, network: s.network, kind: streams, queue: c.queue, ep: c.ep, any: s.any, gone: make(chan struct{}), tcp: c}, nil
}

// conn is the connection behind the socket.
func (s *bsdSocket) conn() (net.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.tcp != nil:
		return s.tcp, nil
	case s.udp != nil:
		return s.udp, nil
	case s.closed:
		return nil, net.ErrClosed
	case s.kind == datagrams:
		return nil, syscall.EDESTADDRREQ
	}
	return nil, syscall.ENOTCONN
}

func (s *bsdSocket) Read(b []byte) (int, error) {
	s.mu.Lock()
	if s.kind == datagrams && s.udp == nil && !s.closed { // bound, without a peer: datagrams from anybody
		s.udp = s.packetsLocked()
	}
	s.mu.Unlock()
	c, err := s.conn()
	if err != nil {
		return 0, s.failed("read", err)
	}
	return c.Read(b)
}

func (s *bsdSocket) Write(b []byte) (int, error) {
	c, err := s.conn()
	if err != nil {
		if err == syscall.ENOTCONN {
			err = syscall.EPIPE // write(2) to a stream that has no peer
		}
		return 0, s.failed("write", err)
	}
	return c.Write(b)
}

func (s *bsdSocket) CloseWrite() error {
	c, err := s.conn()
	if err != nil {
		return s.failed("shutdown", syscall.ENOTCONN)
	}
	t, ok := c.(*TCPConn)
	if !ok {
		return s.failed("shutdown", syscall.EOPNOTSUPP)
	}
	return t.CloseWrite()
}

func (s *bsdSocket) Close() error { return s.end(false) }

// Abort ends with a RST.
func (s *bsdSocket) Abort() error { return s.end(true) }

func (s *bsdSocket) end(reset bool) error {
	s.mu.Lock()
	tcpConn, udpConn, listener, was := s.tcp, s.udp, s.listener, s.closed
	s.closed = true
	if !was {
		close(s.gone)
	}
	s.mu.Unlock()
	switch {
	case was:
		return s.failed("close", net.ErrClosed)
	case tcpConn != nil && reset:
		return tcpConn.Reset()
	case tcpConn != nil:
		return tcpConn.Close()
	case udpConn != nil:
		return udpConn.Close()
	case listener != nil:
		return listener.Close()
	}
	s.ep.Close()
	return nil
}

// LocalAddr is the address that getsockname tells; its port is 0 before there
// is one.
func (s *bsdSocket) LocalAddr() net.Addr {
	s.mu.Lock()
	t := s.tcp
	s.mu.Unlock()
	if t != nil {
		return t.LocalAddr() // the stack forgets it at the end
	}
	at := s.any
	if a, terr := s.ep.GetLocalAddress(); terr == nil {
		at = addrPortOf(a, protocolOf(s.any.Addr()))
	}
	return s.kind.addr(at)
}

// RemoteAddr is nil while there is no peer.
func (s *bsdSocket) RemoteAddr() net.Addr {
	c, err := s.conn()
	if err != nil {
		return nil
	}
	return c.RemoteAddr()
}

func (s *bsdSocket) SetDeadline(t time.Time) error {
	c, err := s.conn()
	if err != nil {
		return s.failed("set", err)
	}
	return c.SetDeadline(t)
}

func (s *bsdSocket) SetReadDeadline(t time.Time) error {
	c, err := s.conn()
	if err != nil {
		return s.failed("set", err)
	}
	return c.SetReadDeadline(t)
}

func (s *bsdSocket) SetWriteDeadline(t time.Time) error {
	c, err := s.conn()
	if err != nil {
		return s.failed("set", err)
	}
	return c.SetWriteDeadline(t)
}

// tcpStates are the stack's states under the names of RFC 9293.
var tcpStates = map[tcp.EndpointState]lookup.TCPState{
	tcp.StateInitial: lookup.TCPClosed, tcp.StateBound: lookup.TCPClosed, tcp.StateConnecting: lookup.TCPSynSent, tcp.StateError: lookup.TCPClosed, tcp.StateClose: lookup.TCPClosed,
	tcp.StateListen: lookup.TCPListen, tcp.StateSynSent: lookup.TCPSynSent, tcp.StateSynRecv: lookup.TCPSynReceived, tcp.StateEstablished: lookup.TCPEstablished,
	tcp.StateFinWait1: lookup.TCPFinWait1, tcp.StateFinWait2: lookup.TCPFinWait2, tcp.StateCloseWait: lookup.TCPCloseWait,
	tcp.StateClosing: lookup.TCPClosing, tcp.StateLastAck: lookup.TCPLastAck, tcp.StateTimeWait: lookup.TCPTimeWait,
}

// SocketSnapshot is what the stack says. Of a UDP socket that is only what waits to be
// read.
func (s *bsdSocket) SocketSnapshot() lookup.SocketSnapshot {
	if ep, ok := s.ep.(*tcp.Endpoint); ok {
		return snapshotOf(ep)
	}
	out := lookup.SocketSnapshot{Source: "gvisor", Unread: -1}
	if n, terr := s.ep.GetSockOptInt(tcpip.ReceiveQueueSizeOption); terr == nil {
		out.Unread = n
	}
	return out
}

func snapshotOf(ep *tcp.Endpoint) lookup.SocketSnapshot {
	out := lookup.SocketSnapshot{Source: "gvisor", Unread: -1}
	// The state is that under the endpoint's lock: a segment that is being handled
	// has been, and the timers that its state needs run.
	var o tcpip.TCPInfoOption
	if terr := ep.GetSockOpt(&o); terr == nil {
		out.State = tcpStates[tcp.EndpointState(o.State)]
		out.RTT, out.RTO = o.RTT, o.RTO
		out.CwndSegments = int(o.SndCwnd)
		if o.SndSsthresh < 1<<24 {
			out.SsthreshSegments = int(o.SndSsthresh)
		}
	}
	if n, terr := ep.GetSockOptInt(tcpip.ReceiveQueueSizeOption); terr == nil {
		out.Unread = n
	}
	return out
}

// SocketSnapshot is what the stack says; it works at any time, also after Close.
func (c *TCPConn) SocketSnapshot() lookup.SocketSnapshot { return snapshotOf(c.ep) }

// addrPortOfNet reads an address that LocalAddr made.
func addrPortOfNet(a net.Addr) netip.AddrPort {
	return a.(interface{ AddrPort() netip.AddrPort }).AddrPort()
}
