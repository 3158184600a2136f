package auth

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"rootwalk/lookup"
)

// Bounds of what strangers can make a server hold.
const (
	maxDatagram    = 1536             // a query longer than a frame is malformed anyway
	maxStreamQuery = 4096             // a longer one closes the connection
	maxConns       = 64               // per server; further connections are closed at once
	idleTimeout    = 10 * time.Second // RFC 7766 section 6.2.3: in the order of seconds
	maxReadErrors  = 32               // in a row, until a socket is given up
)

// sockets is everything a server must close and wait for.
type sockets struct {
	mu     sync.Mutex
	closed bool
	open   map[io.Closer]struct{}
	conns  int
	timers map[*time.Timer]struct{}
	wait   sync.WaitGroup
}

func (k *sockets) init() {
	k.open = map[io.Closer]struct{}{}
	k.timers = map[*time.Timer]struct{}{}
}

// enter registers a socket whose user calls leave; a closed server or one with
// too many connections closes it instead.
func (k *sockets) enter(c io.Closer, conn bool) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed || conn && k.conns >= maxConns {
		c.Close()
		return false
	}
	if conn {
		k.conns++
	}
	k.open[c] = struct{}{}
	k.wait.Add(1)
	return true
}

func (k *sockets) leave(c io.Closer, conn bool) {
	c.Close()
	k.mu.Lock()
	if conn {
		k.conns--
	}
	delete(k.open, c)
	k.mu.Unlock()
	k.wait.Done()
}

// later runs send after a delay unless the server is closed first.
func (k *sockets) later(delay time.Duration, send func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed || len(k.timers) >= maxDelayed {
		return
	}
	var t *time.Timer
	k.wait.Add(1)
	t = time.AfterFunc(delay, func() {
		defer k.wait.Done()
		k.mu.Lock()
		delete(k.timers, t)
		k.mu.Unlock()
		send()
	})
	k.timers[t] = struct{}{}
}

// Close closes every socket the server was given, drops the responses that are
// held back, and waits until nothing of the server runs any more. Closing twice
// is harmless.
func (s *Server) Close() error {
	k := &s.sockets
	k.mu.Lock()
	k.closed = true
	for c := range k.open {
		c.Close()
	}
	for t := range k.timers {
		if t.Stop() {
			k.wait.Done()
		}
	}
	clear(k.timers)
	k.mu.Unlock()
	k.wait.Wait()
	return nil
}

// Listen opens addr ("IP:port") for UDP and TCP on a host and answers there
// until the server is closed.
func (s *Server) Listen(ctx context.Context, host lookup.Network, addr string) error {
	pc, err := host.ListenPacket(ctx, "udp", addr)
	if err != nil {
		return err
	}
	// With port 0, TCP gets the port that UDP got.
	ln, err := host.Listen(ctx, "tcp", pc.LocalAddr().String())
	if err != nil {
		pc.Close()
		return err
	}
	go s.ServePacket(pc)
	go s.ServeStream(ln)
	return nil
}

// datagrams is what ServePacket needs of a socket; every real UDP socket has it.
type datagrams interface {
	ReadFromUDPAddrPort([]byte) (int, netip.AddrPort, error)
	WriteToUDPAddrPort([]byte, netip.AddrPort) (int, error)
}

// slow gives the methods of datagrams to a PacketConn without them.
type slow struct{ net.PacketConn }

func (c slow) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	n, from, err := c.ReadFrom(b)
	return n, addrPort(from), err
}

func (c slow) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	return c.WriteTo(b, net.UDPAddrFromAddrPort(to))
}

// addrPort reads an address of any network; the zero value if it has none.
func addrPort(a net.Addr) netip.AddrPort {
	if a == nil {
		return netip.AddrPort{}
	}
	if u, ok := a.(interface{ AddrPort() netip.AddrPort }); ok {
		return u.AddrPort()
	}
	p, _ := netip.ParseAddrPort(a.String())
	return p
}

// ServePacket answers the queries that arrive at a UDP socket, in one goroutine:
// the caller's. It returns nil once the server is closed, else the error that
// ended it. The socket is closed when it returns.
func (s *Server) ServePacket(pc net.PacketConn) error {
	if !s.sockets.enter(pc, false) {
		return nil
	}
	defer s.sockets.leave(pc, false)
	conn, ok := pc.(datagrams)
	if !ok {
		conn = slow{pc}
	}
	to := addrPort(pc.LocalAddr())
	in := make([]byte, maxDatagram)
	for failures := 0; ; {
		n, from, err := conn.ReadFromUDPAddrPort(in)
		if err != nil {
			// Some systems report here that an earlier asker has gone away (ICMP):
			// no reason to stop serving the others.
			if failures++; s.sockets.isClosed() {
				return nil
			} else if errors.Is(err, net.ErrClosed) || failures >= maxReadErrors {
				return err
			}
			continue
		}
		failures = 0
		s.answerDatagram(conn, Exchange{From: from, To: to, Query: in[:n]})
	}
}

// responseBuffers are shared by all servers of the process, like responders:
// hundreds of sockets wait at any time, few answer.
var responseBuffers = sync.Pool{New: func() any { return new([maxUDPResponse]byte) }}

func (s *Server) answerDatagram(conn datagrams, x Exchange) {
	if s.down.Load() {
		return
	}
	buf := responseBuffers.Get().(*[maxUDPResponse]byte)
	defer responseBuffers.Put(buf)
	if x.Response = s.special(x.Query, x.From, x.To); x.Response == nil {
		x.Response = s.Answer(buf[:0], x.Query, x.From.Addr(), false)
	}
	if x.Response == nil {
		return
	}
	response, delay := s.behave(x)
	switch {
	case len(response) == 0:
	case delay > 0:
		held := append([]byte(nil), response...)
		s.sockets.later(delay, func() { conn.WriteToUDPAddrPort(held, x.From) })
	default:
		conn.WriteToUDPAddrPort(response, x.From) // a lost response is the asker's to repeat
	}
}

func (k *sockets) isClosed() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.closed
}

// ServeStream accepts TCP connections and answers the queries on each in a
// goroutine of its own, any number one after the other (RFC 7766). It returns
// nil once the server is closed, else the error that ended it. The listener is
// closed when it returns.
func (s *Server) ServeStream(ln net.Listener) error {
	if !s.sockets.enter(ln, false) {
		return nil
	}
	defer s.sockets.leave(ln, false)
	for failures := 0; ; {
		conn, err := ln.Accept()
		if err != nil {
			if failures++; s.sockets.isClosed() {
				return nil
			} else if errors.Is(err, net.ErrClosed) || failures >= maxReadErrors {
				return err
			}
			continue
		}
		failures = 0
		s.TakeConn(conn)
	}
}

// TakeConn answers the queries on one accepted TCP connection, in a goroutine
// that the server owns. It is for who accepts connections for several servers
// at once; ServeStream does both.
func (s *Server) TakeConn(conn net.Conn) {
	if s.down.Load() {
		conn.Close()
		return
	}
	if s.sockets.enter(conn, true) {
		go s.serveConn(conn)
	}
}

// serveConn answers on one connection until it is idle for too long, sends
// something that is no query, or goes away.
func (s *Server) serveConn(conn net.Conn) {
	defer s.sockets.leave(conn, true)
	from, to := addrPort(conn.RemoteAddr()), addrPort(conn.LocalAddr())
	var sending sync.Mutex // held-back responses come from other goroutines
	send := func(framed []byte) error {
		sending.Lock()
		defer sending.Unlock()
		conn.SetWriteDeadline(time.Now().Add(idleTimeout))
		_, err := conn.Write(framed) // length and message in one segment (RFC 7766 section 8)
		return err
	}
	in := make([]byte, 512)
	var out []byte
	for {
		conn.SetReadDeadline(time.Now().Add(idleTimeout))
		if _, err := io.ReadFull(conn, in[:2]); err != nil {
			return
		}
		size := int(in[0])<<8 | int(in[1])
		if size > maxStreamQuery {
			return
		}
		if size > len(in) {
			in = make([]byte, maxStreamQuery)
		}
		query := in[:size]
		if _, err := io.ReadFull(conn, query); err != nil {
			return
		}
		if s.down.Load() {
			return
		}
		if stream := s.transferStream(query, from); stream != nil {
			for _, framed := range stream {
				if send(framed) != nil {
					return
				}
			}
			continue
		}
		if notified := s.special(query, from, to); notified != nil {
			out = append(append(out[:0], 0, 0), notified...)
		} else {
			out = s.Answer(append(out[:0], 0, 0), query, from.Addr(), true)
		}
		if out == nil {
			return
		}
		response, delay := s.behave(Exchange{From: from, To: to, Stream: true, Query: query, Response: out[2:]})
		if len(response) == 0 {
			continue
		}
		var framed []byte
		if &response[0] == &out[2] && delay == 0 {
			framed = out[:2+len(response)]
		} else { // not in our buffer, or needed after the buffer is used again
			framed = append(make([]byte, 2, 2+len(response)), response...)
		}
		frame(framed)
		if delay > 0 {
			s.sockets.later(delay, func() { send(framed) })
		} else if send(framed) != nil {
			return
		}
	}
}
