package vnet

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/waiter"
)

// TCPConn is a TCP connection. All methods may be called concurrently. Read
// returns io.EOF only after the peer's FIN: a reset, a timeout and a local
// Close have their own errors, and the first of them stays.
type TCPConn struct {
	host          *Host
	network       string
	ep            *tcp.Endpoint
	queue         *waiter.Queue
	local, remote netip.AddrPort

	readable, writable signal
	read, write        deadline
	reading, writing   sync.Mutex // one Read and one Write at a time, as in package net
	closed             chan struct{}
	closing            atomic.Bool
	broken             atomic.Pointer[error] // the stack tells a hard error once only
}

var _ net.Conn = (*TCPConn)(nil)

func (h *Host) dialTCP(ctx context.Context, network string, local, remote netip.AddrPort) (*TCPConn, error) {
	queue := new(waiter.Queue)
	entry, token := waiter.NewChannelEntry(waiter.WritableEvents | waiter.EventErr | waiter.EventHUp)
	queue.EventRegister(&entry)
	defer queue.EventUnregister(&entry)
	ep, err := h.startConnect(network, queue, local, remote)
	if err == nil {
		err = h.established(ctx, ep, token, nil)
	}
	if err == nil {
		return newTCPConn(h, network, ep, queue), nil
	}
	if ep != nil {
		ep.Close()
	}
	return nil, failure("dial", network, nil, net.TCPAddrFromAddrPort(remote), err)
}

// established waits until a connection that was begun is there; the error says
// what came instead. token tells of the endpoint's events, gone that somebody
// closed it.
func (h *Host) established(ctx context.Context, ep *tcp.Endpoint, token, gone <-chan struct{}) error {
	for {
		switch state := ep.EndpointState(); state {
		case tcp.StateConnecting, tcp.StateSynSent, tcp.StateSynRecv, tcp.StateInitial, tcp.StateBound:
		case tcp.StateError, tcp.StateClose:
			if err := errorOf(ep.LastError()); err != nil {
				return err
			}
			return syscall.ECONNABORTED
		default: // established, or already further
			return nil
		}
		select {
		case <-token:
			// An ICMP error tells on the way; the stack ends the attempt by it.
			if ep.EndpointState() == tcp.StateSynSent {
				if err := errorOf(ep.LastError()); err != nil {
					return err
				}
			}
		case <-gone:
			return net.ErrClosed
		case <-ctx.Done():
			return contextError{ctx.Err()}
		case <-h.done:
			return net.ErrClosed
		}
	}
}

// startConnect sends the SYN.
func (h *Host) startConnect(network string, queue *waiter.Queue, local, remote netip.AddrPort) (*tcp.Endpoint, error) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	switch {
	case h.stopped:
		return nil, net.ErrClosed
	case h.opts.NoTCP:
		return nil, syscall.EPROTONOSUPPORT
	}
	e, err := h.endpoint(tcp.ProtocolNumber, network, queue, local, remote)
	if err != nil {
		return nil, err
	}
	ep := e.(*tcp.Endpoint)
	terr := ep.Connect(fullAddress(remote))
	if _, ok := terr.(*tcpip.ErrConnectStarted); !ok && terr != nil {
		ep.Close()
		return nil, errorOf(terr)
	}
	return ep, nil
}

func newTCPConn(h *Host, network string, ep *tcp.Endpoint, queue *waiter.Queue) *TCPConn {
	c := &TCPConn{host: h, network: network, ep: ep, queue: queue, closed: make(chan struct{})}
	if a, terr := ep.GetRemoteAddress(); terr == nil {
		c.remote = netip.AddrPortFrom(netipOf(a.Addr), a.Port)
	}
	if a, terr := ep.GetLocalAddress(); terr == nil {
		c.local = netip.AddrPortFrom(netipOf(a.Addr), a.Port)
	}
	c.readable.init(queue, waiter.ReadableEvents)
	c.writable.init(queue, waiter.WritableEvents)
	return c
}

// Read reads what has arrived, waiting for the first octet.
func (c *TCPConn) Read(b []byte) (int, error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	passed := c.read.wait()
	if err := over(c.host, c.closed, passed); err != nil {
		return 0, c.failure("read", err)
	}
	if len(b) == 0 {
		return 0, nil
	}
	s := scratches.Get().(*scratch)
	defer s.free()
	w := wait{signal: &c.readable, host: c.host, done: c.closed, passed: passed}
	defer w.end()
	for {
		s.in = b
		r, terr := c.ep.Read(&s.in, tcpip.ReadOptions{})
		switch terr.(type) {
		case nil:
			c.ep.ModerateRecvBuf(r.Count)
			return r.Count, nil
		case *tcpip.ErrWouldBlock:
			if err := w.again(); err != nil {
				return 0, c.failure("read", err)
			}
		case *tcpip.ErrClosedForReceive:
			if err := c.breakage(nil); err != nil {
				return 0, c.failure("read", err)
			}
			return 0, io.EOF
		default:
			return 0, c.failure("read", c.breakage(terr))
		}
	}
}

// Write queues all of b for sending, waiting for room.
func (c *TCPConn) Write(b []byte) (int, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	passed := c.write.wait()
	if err := over(c.host, c.closed, passed); err != nil {
		return 0, c.failure("write", err)
	}
	s := scratches.Get().(*scratch)
	defer s.free()
	w := wait{signal: &c.writable, host: c.host, done: c.closed, passed: passed}
	defer w.end()
	sent := 0
	for sent < len(b) {
		s.out.Reset(b[sent:])
		n, terr := c.ep.Write(&s.out, tcpip.WriteOptions{})
		sent += int(n)
		switch terr.(type) {
		case nil:
		case *tcpip.ErrWouldBlock:
			if err := w.again(); err != nil {
				return sent, c.failure("write", err)
			}
		default:
			return sent, c.failure("write", c.breakage(terr))
		}
	}
	return sent, nil
}

// breakage is the error that this connection has, and keeps, after the stack
// told terr; nil terr and nil result mean a regular end.
func (c *TCPConn) breakage(terr tcpip.Error) error {
	if closed(c.closed) || closed(c.host.done) {
		return net.ErrClosed
	}
	if err := c.broken.Load(); err != nil {
		return *err
	}
	err := errorOf(terr)
	if c.ep.EndpointState() != tcp.StateError {
		return err // EPIPE after CloseWrite, or the end of the stream
	}
	if err == nil || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ENOTCONN) {
		if err = errorOf(c.ep.LastError()); err == nil {
			err = syscall.ECONNRESET
		}
	}
	if c.broken.CompareAndSwap(nil, &err) {
		return err
	}
	return *c.broken.Load()
}

func (c *TCPConn) failure(op string, err error) error {
	return failure(op, c.network, c.LocalAddr(), c.RemoteAddr(), err)
}

// Close closes both directions: a FIN is sent, or a RST if received data was
// not read. It wakes everyone waiting on the connection.
func (c *TCPConn) Close() error {
	if c.closing.Swap(true) {
		return c.failure("close", net.ErrClosed)
	}
	close(c.closed)
	c.ep.Close()
	c.read.stop()
	c.write.stop()
	return nil
}

// CloseWrite sends a FIN; reading goes on.
func (c *TCPConn) CloseWrite() error { return c.shutdown(tcpip.ShutdownWrite) }

// CloseRead makes reads end; what arrives from now on is not delivered.
func (c *TCPConn) CloseRead() error { return c.shutdown(tcpip.ShutdownRead) }

func (c *TCPConn) shutdown(flags tcpip.ShutdownFlags) error {
	if closed(c.closed) || closed(c.host.done) {
		return c.failure("close", net.ErrClosed)
	}
	if terr := c.ep.Shutdown(flags); terr != nil {
		return c.failure("close", errorOf(terr))
	}
	return nil
}

// Reset ends the connection with a RST instead of a FIN.
func (c *TCPConn) Reset() error {
	c.ep.SocketOptions().SetLinger(tcpip.LingerOption{Enabled: true})
	return c.Close()
}

// LocalAddr is a *net.TCPAddr.
func (c *TCPConn) LocalAddr() net.Addr { return net.TCPAddrFromAddrPort(c.local) }

// RemoteAddr is a *net.TCPAddr.
func (c *TCPConn) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(c.remote) }

// SetDeadline sets both deadlines; the zero time is none.
func (c *TCPConn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	c.write.set(t)
	return nil
}

// SetReadDeadline ends reads, also waiting ones, at t.
func (c *TCPConn) SetReadDeadline(t time.Time) error {
	if closed(c.closed) {
		return c.failure("set", net.ErrClosed)
	}
	c.read.set(t)
	return nil
}

// SetWriteDeadline ends writes, also waiting ones, at t.
func (c *TCPConn) SetWriteDeadline(t time.Time) error {
	if closed(c.closed) {
		return c.failure("set", net.ErrClosed)
	}
	c.write.set(t)
	return nil
}
