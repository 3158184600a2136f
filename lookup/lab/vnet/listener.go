package vnet

import (
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/waiter"
)

// backlog is how many connections wait to be accepted.
const backlog = 512

// Listener accepts TCP connections. All methods may be called concurrently.
type Listener struct {
	host    *Host
	network string
	ep      tcpip.Endpoint
	queue   *waiter.Queue
	local   netip.AddrPort

	ready   signal
	closed  chan struct{}
	closing atomic.Bool
}

var _ net.Listener = (*Listener)(nil)

func (h *Host) listenTCP(network string, local netip.AddrPort) (*Listener, error) {
	l := &Listener{host: h, network: network, queue: new(waiter.Queue), closed: make(chan struct{})}
	fail := func(err error) (*Listener, error) {
		if l.ep != nil {
			l.ep.Close()
		}
		return nil, failure("listen", network, nil, net.TCPAddrFromAddrPort(local), err)
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	switch {
	case h.stopped:
		return fail(net.ErrClosed)
	case h.opts.NoTCP:
		return fail(syscall.EPROTONOSUPPORT)
	}
	var err error
	if l.ep, err = h.endpoint(tcp.ProtocolNumber, network, l.queue, local, netip.AddrPort{}); err != nil {
		return fail(err)
	}
	if terr := l.ep.Listen(backlog); terr != nil {
		return fail(errorOf(terr))
	}
	at, terr := l.ep.GetLocalAddress()
	if terr != nil {
		return fail(errorOf(terr))
	}
	l.local = addrPortOf(at, protocolOf(local.Addr()))
	l.ready.init(l.queue, waiter.ReadableEvents)
	return l, nil
}

// Accept waits for a connection; the result is a *TCPConn. After Close, and
// after the host's, the error is net.ErrClosed.
func (l *Listener) Accept() (net.Conn, error) {
	c, err := l.accept(nil)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// accept is Accept that gives up once passed is closed.
func (l *Listener) accept(passed <-chan struct{}) (*TCPConn, error) {
	w := wait{signal: &l.ready, host: l.host, done: l.closed, passed: passed}
	defer w.end()
	for {
		if err := over(l.host, l.closed, nil); err != nil {
			return nil, l.failure("accept", err)
		}
		ep, queue, terr := l.ep.Accept(nil)
		switch terr.(type) {
		case nil:
			l.ready.served()
			return newTCPConn(l.host, l.network, ep.(*tcp.Endpoint), queue), nil
		case *tcpip.ErrWouldBlock:
			if err := w.again(); err != nil {
				return nil, l.failure("accept", err)
			}
		default:
			return nil, l.failure("accept", errorOf(terr))
		}
	}
}

// Close stops listening; connections that wait to be accepted are reset.
func (l *Listener) Close() error {
	if l.closing.Swap(true) {
		return l.failure("close", net.ErrClosed)
	}
	close(l.closed)
	l.ep.Close()
	return nil
}

// Addr is the address listened at, a *net.TCPAddr.
func (l *Listener) Addr() net.Addr { return net.TCPAddrFromAddrPort(l.local) }

func (l *Listener) failure(op string, err error) error {
	return failure(op, l.network, nil, l.Addr(), err)
}
