package socket

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"rootwalk/lookup"
)

// keptData is how much of a call's data is kept, in octets.
const keptData = 512

// Socket is a socket whose calls are recorded: a net.Conn once it is connected.
type Socket struct {
	program    *Program
	descriptor lookup.Descriptor
	side       lookup.Side
	protocol   string
	raw        net.Conn
	sock       lookup.Socket // raw, where it is used call by call; may be nil
	watch      *watch        // of its connection, nil for none
	own        bool          // the number is from our table
	ended      atomic.Bool
	total      atomic.Int64 // octets read
}

var _ net.Conn = (*Socket)(nil)

// Descriptor is its number.
func (s *Socket) Descriptor() lookup.Descriptor { return s.descriptor }

// Conn is the number of its connection in the trace, 0 while there is none.
func (s *Socket) Conn() int {
	if s.watch == nil {
		return 0
	}
	return s.watch.number
}

// State is the state of this end as its packets tell.
func (s *Socket) State() lookup.TCPState {
	if s.watch == nil {
		return lookup.TCPClosed
	}
	return s.watch.state(s.side)
}

// begin reports a call; what it returns reports how the call ended.
func (s *Socket) begin(f lookup.CallMade) func(result int, err error, data []byte, more ...func(*lookup.CallReturned)) {
	f.Descriptor = s.descriptor
	if f.Protocol == "" {
		f.Protocol = s.protocol
	}
	seq, ok := s.program.rec.call(f)
	if entered := s.program.entered.Load(); entered != nil {
		select {
		case *entered <- struct{}{}:
		default:
		}
	}
	began := time.Now()
	return func(result int, err error, data []byte, more ...func(*lookup.CallReturned)) {
		if !ok {
			return
		}
		out := lookup.CallReturned{Descriptor: s.descriptor, Conn: s.Conn(), Of: seq, Call: f.Call, Result: result, BlockedUs: time.Since(began).Microseconds(), Data: clone(data[:min(len(data), keptData)])}
		if err != nil {
			out.Errno, out.Detail = errnoOf(err)
			if result <= 0 {
				out.Result = -1
			}
		}
		if s.raw != nil {
			out.Local, out.Remote = addrPort(s.raw.LocalAddr()), addrPort(s.raw.RemoteAddr())
		}
		for _, m := range more {
			m(&out)
		}
		s.program.rec.step.Report(out)
	}
}

// compare holds this end's state against the stack's, where there is one.
func (s *Socket) compare() {
	if s.watch == nil {
		return
	}
	if s.watch.seen() {
		s.watch.compare(s.side, settle)
	} else {
		s.watch.ask(s.side)
	}
	s.watch.wake()
}

// Bind gives the socket a local address.
func (s *Socket) Bind(local netip.AddrPort) error {
	if s.sock == nil {
		return syscall.EOPNOTSUPP
	}
	done := s.begin(lookup.CallMade{Call: "bind", Addr: local})
	err := s.sock.Bind(local)
	done(0, err, nil)
	return err
}

// Listen makes it a listening socket.
func (s *Socket) Listen(backlog int) error {
	if s.sock == nil {
		return syscall.EOPNOTSUPP
	}
	done := s.begin(lookup.CallMade{Call: "listen", Size: backlog})
	err := s.sock.Listen(backlog)
	done(0, err, nil)
	return err
}

// Accept waits for a connection and returns the new socket for it.
func (s *Socket) Accept(ctx context.Context) (*Socket, error) {
	if s.sock == nil {
		return nil, syscall.EOPNOTSUPP
	}
	done := s.begin(lookup.CallMade{Call: "accept"})
	c, err := s.sock.Accept(ctx)
	if err != nil {
		done(-1, err, nil)
		return nil, err
	}
	p := s.program
	n := &Socket{program: p, raw: c, sock: c, protocol: "tcp", side: lookup.SideServer, own: true}
	n.descriptor = lookup.Descriptor{Host: p.host, Side: p.side, Socket: p.rec.nextSocket(), FD: p.table.take()}
	if w := p.rec.registry.find(addrPort(c.RemoteAddr()), addrPort(c.LocalAddr())); w != nil && w.rec == p.rec {
		n.watch = w
		w.mu.Lock()
		e := w.ends[lookup.SideServer]
		e.host, e.stack = p.host, c
		w.mu.Unlock()
	}
	done(n.descriptor.FD, nil, nil, func(f *lookup.CallReturned) {
		f.Accepted, f.Local, f.Remote = n.descriptor.Socket, addrPort(c.LocalAddr()), addrPort(c.RemoteAddr())
	})
	p.rec.step.Report(lookup.DescriptorOpened{Descriptor: n.descriptor, Of: "tcp"})
	n.compare()
	return n, nil
}

// Connect connects it to a peer.
func (s *Socket) Connect(ctx context.Context, to netip.AddrPort) error {
	if s.sock == nil {
		return syscall.EISCONN
	}
	done := s.begin(lookup.CallMade{Call: "connect", Addr: to})
	bound := lookup.WithBoundHook(ctx, func(port uint16) {
		if s.watch == nil {
			s.follow(port, to)
		}
	})
	err := s.sock.Connect(bound, to)
	done(0, err, nil, func(f *lookup.CallReturned) {
		if err != nil {
			waitedEnough(ctx, f)
		}
	})
	s.compare()
	return err
}

// waitedEnough gives a connect that its caller waits for no longer the errno that
// it has with SO_SNDTIMEO.
func waitedEnough(ctx context.Context, f *lookup.CallReturned) {
	until, bounded := ctx.Deadline()
	if ctx.Err() != nil || bounded && !time.Now().Before(until) {
		f.Errno, f.Detail = "EINPROGRESS", ""
	}
}

// follow begins to watch the connection from a local port.
func (s *Socket) follow(port uint16, to netip.AddrPort) {
	w := s.program.rec.watch(s.protocol, s.program.host, port, to)
	if w == nil {
		return
	}
	w.mu.Lock()
	if n, ok := s.raw.(lookup.Snapshotter); ok {
		w.ends[s.side].stack = n
	}
	w.mu.Unlock()
	s.watch = w
}

// Read takes what has arrived, as far as there is room in b.
func (s *Socket) Read(b []byte) (int, error) { return s.take("read", b) }

func (s *Socket) take(call string, b []byte) (int, error) {
	done := s.begin(lookup.CallMade{Call: call, Size: len(b)})
	n, err := s.raw.Read(b)
	s.total.Add(int64(n))
	if s.watch != nil && n > 0 {
		s.watch.mu.Lock()
		s.watch.ends[s.side].read += int64(n)
		s.watch.mu.Unlock()
	}
	told := err
	if errors.Is(err, io.EOF) {
		told = nil // read(2) returns 0
	}
	done(n, told, b[:n])
	if errors.Is(err, io.EOF) {
		s.over(afterPeers)
	}
	s.compare()
	return n, err
}

// ReadNow is recv(MSG_DONTWAIT): it takes what has arrived, and fails with EAGAIN
// where there is nothing that read would not wait for.
func (s *Socket) ReadNow(b []byte) (int, error) {
	if s.sock == nil {
		return 0, syscall.EOPNOTSUPP
	}
	switch at := s.sock.SocketSnapshot(); at.State {
	case lookup.TCPEstablished, lookup.TCPFinWait1, lookup.TCPFinWait2:
		if at.Unread == 0 {
			done := s.begin(lookup.CallMade{Call: "recv", Size: len(b)})
			done(-1, syscall.EAGAIN, nil)
			return 0, syscall.EAGAIN
		}
	}
	return s.take("recv", b)
}

// Write hands octets to the kernel. That it returns says nothing about the peer.
func (s *Socket) Write(b []byte) (int, error) {
	done := s.begin(lookup.CallMade{Call: "write", Size: len(b), Data: clone(b[:min(len(b), keptData)])})
	if s.watch != nil { // they are the kernel's before the call returns: packets may go first
		s.watch.mu.Lock()
		s.watch.ends[s.side].written += int64(len(b))
		s.watch.mu.Unlock()
	}
	n, err := s.raw.Write(b)
	if s.watch != nil && n < len(b) {
		s.watch.mu.Lock()
		s.watch.ends[s.side].written -= int64(len(b) - n)
		s.watch.mu.Unlock()
	}
	done(n, err, nil)
	if s.watch != nil {
		s.watch.wake()
	}
	return n, err
}

// CloseWrite is shutdown(SHUT_WR): a FIN is sent, reading goes on.
func (s *Socket) CloseWrite() error {
	c, ok := s.raw.(interface{ CloseWrite() error })
	if !ok {
		return syscall.EOPNOTSUPP
	}
	done := s.begin(lookup.CallMade{Call: "shutdown"})
	err := s.leave(c.CloseWrite)
	done(0, err, nil)
	s.compare()
	return err
}

// Close gives the descriptor back. The kernel ends the connection on its own.
func (s *Socket) Close() error {
	return s.end("close", s.raw.Close)
}

// Abort is close with SO_LINGER at zero: a RST ends the connection.
func (s *Socket) Abort() error {
	if s.sock != nil {
		return s.end("abort", s.sock.Abort)
	}
	if c, ok := s.raw.(interface{ Reset() error }); ok {
		return s.end("abort", c.Reset)
	}
	return syscall.EOPNOTSUPP
}

func (s *Socket) end(call string, end func() error) error {
	if s.ended.Swap(true) {
		return net.ErrClosed
	}
	done := s.begin(lookup.CallMade{Call: call})
	var err error
	if call == "close" {
		err = s.leave(end)
	} else {
		err = end()
	}
	done(0, err, nil)
	if s.watch != nil && s.side == lookup.SideClient {
		s.watch.mu.Lock()
		s.watch.left = true
		s.watch.mu.Unlock()
	}
	if s.own {
		s.program.table.free(s.descriptor.FD)
	}
	s.program.rec.step.Report(lookup.DescriptorClosed{Descriptor: s.descriptor, Of: s.protocol})
	s.compare()
	return err
}

// LocalAddr is what getsockname tells.
func (s *Socket) LocalAddr() net.Addr { return s.raw.LocalAddr() }

// RemoteAddr is what getpeername tells.
func (s *Socket) RemoteAddr() net.Addr { return s.raw.RemoteAddr() }

// SetDeadline sets both deadlines.
func (s *Socket) SetDeadline(t time.Time) error { return s.raw.SetDeadline(t) }

// SetReadDeadline bounds reads.
func (s *Socket) SetReadDeadline(t time.Time) error { return s.raw.SetReadDeadline(t) }

// SetWriteDeadline bounds writes.
func (s *Socket) SetWriteDeadline(t time.Time) error { return s.raw.SetWriteDeadline(t) }

// errnos are the errors that calls on sockets end with, under the names of
// POSIX.
var errnos = []struct {
	err  error
	name string
}{
	{syscall.ECONNREFUSED, "ECONNREFUSED"}, {syscall.ECONNRESET, "ECONNRESET"}, {syscall.ECONNABORTED, "ECONNABORTED"}, {syscall.ETIMEDOUT, "ETIMEDOUT"},
	{syscall.EHOSTUNREACH, "EHOSTUNREACH"}, {syscall.ENETUNREACH, "ENETUNREACH"}, {syscall.EADDRINUSE, "EADDRINUSE"}, {syscall.EADDRNOTAVAIL, "EADDRNOTAVAIL"},
	{syscall.EPIPE, "EPIPE"}, {syscall.ENOTCONN, "ENOTCONN"}, {syscall.EISCONN, "EISCONN"}, {syscall.EINVAL, "EINVAL"}, {syscall.EOPNOTSUPP, "EOPNOTSUPP"},
	{syscall.EDESTADDRREQ, "EDESTADDRREQ"}, {syscall.EMSGSIZE, "EMSGSIZE"}, {syscall.EACCES, "EACCES"}, {syscall.EAFNOSUPPORT, "EAFNOSUPPORT"}, {syscall.EAGAIN, "EAGAIN"},
	{net.ErrClosed, "EBADF"}, {os.ErrDeadlineExceeded, "EAGAIN"}, // as with SO_RCVTIMEO
}

// errnoOf is the errno of an error; without one, its text.
func errnoOf(err error) (errno, detail string) {
	for _, e := range errnos {
		if errors.Is(err, e.err) {
			return e.name, ""
		}
	}
	detail = lookup.Printable(err.Error())
	return "", detail[:min(len(detail), 200)]
}
