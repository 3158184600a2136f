package socket

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"rootwalk/lookup"
)

// Bounds of one recorder; Config may set others.
const (
	DefaultMaxPackets = 400 // of one connection, told one by one
	DefaultMaxCalls   = 400
)

// udpNumbers is what the numbers of UDP sockets with a peer begin above.
const udpNumbers = 1000

// settle is how long packets under way may take until a state is held against
// the stack's.
const settle = 2 * time.Second

// ending is how long a connection that is being closed may take to come to its
// end before a recorder stops watching.
const ending = time.Second

// Config is what a recorder is made from.
type Config struct {
	Step     lookup.Step
	Registry *Registry    // nil where no frames can be seen
	Addrs    []netip.Addr // of the client's host, one a family

	MaxPackets, MaxCalls int
}

// Recorder records the sockets of one trace.
type Recorder struct {
	step       lookup.Step
	registry   *Registry
	addrs      []netip.Addr
	maxPackets int
	maxCalls   int

	mu      sync.Mutex
	sockets int
	conns   int // of TCP
	// datagrams are the numbers of UDP: they begin far above, so that the first
	// connection is 1 whatever was looked up before it.
	datagrams int
	calls     int
	watches   []*watch
	servers   map[*listener]*Program
	closed    bool
	done      chan struct{}
	asking    sync.WaitGroup
}

// Record begins. Close ends it.
func Record(c Config) *Recorder {
	r := &Recorder{step: c.Step, registry: c.Registry, addrs: c.Addrs, maxPackets: c.MaxPackets, maxCalls: c.MaxCalls, done: make(chan struct{}), servers: map[*listener]*Program{}, datagrams: udpNumbers}
	if r.maxPackets == 0 {
		r.maxPackets = DefaultMaxPackets
	}
	if r.maxCalls == 0 {
		r.maxCalls = DefaultMaxCalls
	}
	return r
}

// Settle waits until the connections that the client has closed are at their end
// on the other side too, but no longer than limit: a server learns of the end
// later, and what it does then belongs to the trace. Where no packets can be
// seen there is nothing to wait for.
func (r *Recorder) Settle(limit time.Duration) {
	if r.registry == nil {
		return
	}
	r.mu.Lock()
	watches := r.watches
	r.mu.Unlock()
	until := time.Now().Add(limit)
	for _, w := range watches {
		for w.ending() && time.Now().Before(until) {
			time.Sleep(500 * time.Microsecond)
		}
	}
}

// Close compares states a last time and stops watching. Connections that are
// still open stay usable; nobody records them any more.
func (r *Recorder) Close() {
	r.mu.Lock()
	was, watches := r.closed, r.watches
	r.closed = true
	r.mu.Unlock()
	if was {
		return
	}
	for _, w := range watches {
		if !w.seen() {
			w.askEnd(lookup.SideClient, ending)
			w.measure(lookup.SideClient)
			continue
		}
		w.rest(ending)
		w.land(settle)
		for _, side := range []lookup.Side{lookup.SideClient, lookup.SideServer} {
			w.compare(side, settle)
			w.measure(side)
		}
		w.finish(settle)
	}
	close(r.done)
	r.asking.Wait()
	for _, w := range watches {
		r.registry.remove(w.pair, w)
	}
}

// watch begins to follow a connection from a local port. It returns nil where
// nothing can be followed.
func (r *Recorder) watch(protocol, host string, port uint16, server netip.AddrPort) *watch {
	client := netip.AddrPort{}
	for _, a := range r.addrs {
		if a.Is4() == server.Addr().Is4() {
			client = netip.AddrPortFrom(a, port)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil
	}
	number := &r.conns
	if protocol == "udp" {
		number = &r.datagrams
	}
	*number++
	w := newWatch(r, *number, pair{client, server}, protocol, host)
	r.registry.add(w.pair, w)
	r.watches = append(r.watches, w)
	r.asking.Go(func() {
		for {
			select {
			case <-w.woken:
				w.measure(lookup.SideClient)
				w.measure(lookup.SideServer)
			case <-r.done:
				return
			}
		}
	})
	return w
}

// call reports that a call was made; false past the bound.
func (r *Recorder) call(f lookup.CallMade) (seq int, ok bool) {
	r.mu.Lock()
	r.calls++
	over := r.closed || r.calls > r.maxCalls
	r.mu.Unlock()
	if over {
		return -1, false
	}
	return r.step.Report(f), true
}

func (r *Recorder) nextSocket() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sockets++
	return r.sockets
}

// accepted makes the recorded server's end of a connection.
func (r *Recorder) accepted(w *watch, l *listener, c net.Conn) net.Conn {
	r.mu.Lock()
	p := r.servers[l]
	if r.closed {
		r.mu.Unlock()
		return c
	}
	if p == nil {
		r.sockets++
		p = &Program{rec: r, side: lookup.SideServer, host: l.host, table: l.table, listening: lookup.Descriptor{Host: l.host, Side: lookup.SideServer, Socket: r.sockets, FD: l.fd}}
		r.servers[l] = p
		r.step.Report(lookup.DescriptorOpened{Descriptor: p.listening, Of: "tcp", Name: "listening"})
	}
	r.mu.Unlock()
	s := &Socket{program: p, raw: c, protocol: "tcp", watch: w, side: lookup.SideServer}
	s.sock, _ = c.(lookup.Socket)
	s.descriptor = lookup.Descriptor{Host: l.host, Side: lookup.SideServer, Socket: r.nextSocket(), FD: p.table.take()}
	s.own = true
	w.mu.Lock()
	e := w.ends[lookup.SideServer]
	e.host = l.host
	if n, ok := c.(lookup.Snapshotter); ok {
		e.stack = n
	}
	w.mu.Unlock()
	r.step.Report(lookup.CallReturned{
		Descriptor: p.listening, Conn: w.number, Of: -1, Call: "accept", Result: s.descriptor.FD, Accepted: s.descriptor.Socket, Local: addrPort(c.LocalAddr()), Remote: addrPort(c.RemoteAddr()),
	})
	r.step.Report(lookup.DescriptorOpened{Descriptor: s.descriptor, Of: "tcp"})
	w.compare(lookup.SideServer, settle)
	return s
}

// Program is one program on one side.
type Program struct {
	rec       *Recorder
	side      lookup.Side
	host      string
	table     *Table
	listening lookup.Descriptor
	entered   atomic.Pointer[chan struct{}] // told of each call that is made
}

// Program begins to record a program and its first three descriptors.
func (r *Recorder) Program(side lookup.Side, host string, table *Table) *Program {
	p := &Program{rec: r, side: side, host: host, table: table}
	for fd, of := range []string{"stdin", "stdout", "stderr"} {
		r.step.Report(lookup.DescriptorOpened{Descriptor: lookup.Descriptor{Host: host, Side: side, FD: fd, Real: r.registry == nil}, Of: of})
	}
	return p
}

// Open opens something that is no socket: "file" or "pipe".
func (p *Program) Open(of, name string) lookup.Descriptor {
	d := lookup.Descriptor{Host: p.host, Side: p.side, FD: p.table.take()}
	p.rec.step.Report(lookup.DescriptorOpened{Descriptor: d, Of: of, Name: name})
	return d
}

// Opened says that the operating system gave this very process a descriptor for
// something that is no socket.
func (p *Program) Opened(of, name string, fd int) lookup.Descriptor {
	d := lookup.Descriptor{Host: p.host, Side: p.side, FD: fd, Real: true}
	p.rec.step.Report(lookup.DescriptorOpened{Descriptor: d, Of: of, Name: name})
	return d
}

// Close closes what Open or Opened opened.
func (p *Program) Close(d lookup.Descriptor, of string) {
	if !d.Real {
		p.table.free(d.FD)
	}
	p.rec.step.Report(lookup.DescriptorClosed{Descriptor: d, Of: of})
}

// Socket makes a socket of "tcp4", "tcp6", "udp4" or "udp6".
func (p *Program) Socket(network lookup.Sockets, kind string) (*Socket, error) {
	s := &Socket{program: p, protocol: kind[:3], side: p.side, own: true}
	s.descriptor = lookup.Descriptor{Host: p.host, Side: p.side, FD: -1}
	family := "AF_INET"
	if kind[len(kind)-1] == '6' {
		family = "AF_INET6"
	}
	done := s.begin(lookup.CallMade{Call: "socket", Protocol: s.protocol, Family: family})
	sock, err := network.Socket(kind)
	if err != nil {
		done(-1, err, nil)
		return nil, err
	}
	s.sock, s.raw = sock, sock
	s.descriptor.Socket, s.descriptor.FD = p.rec.nextSocket(), p.table.take()
	done(s.descriptor.FD, nil, nil)
	p.rec.step.Report(lookup.DescriptorOpened{Descriptor: s.descriptor, Of: s.protocol})
	return s, nil
}

// Dial makes a socket and connects it. On a network whose sockets are used call
// by call both calls are recorded as they are made; on others as far as the
// network tells.
func (p *Program) Dial(ctx context.Context, network lookup.Network, kind string, to netip.AddrPort) (*Socket, error) {
	if sockets, ok := network.(lookup.Sockets); ok {
		kind = familyOf(kind, to)
		s, err := p.Socket(sockets, kind)
		if err != nil {
			return nil, err
		}
		if err := s.Connect(ctx, to); err != nil {
			_ = s.Close() // as a program does that gives up
			return nil, err
		}
		return s, nil
	}
	return p.dialReal(ctx, network, familyOf(kind, to), to)
}

// familyOf puts the address family behind "tcp" or "udp".
func familyOf(kind string, to netip.AddrPort) string {
	if to.Addr().Unmap().Is4() {
		return kind[:3] + "4"
	}
	return kind[:3] + "6"
}

// addrPort reads a socket's address.
func addrPort(a net.Addr) netip.AddrPort {
	if p, ok := a.(interface{ AddrPort() netip.AddrPort }); ok && a != nil {
		at := p.AddrPort()
		return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
	}
	return netip.AddrPort{}
}
