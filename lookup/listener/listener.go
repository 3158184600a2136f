// Package listener is a recursive resolver as its clients see it: DNS over UDP
// and TCP on one address of one host, and over HTTPS (RFC 8484) in a server of
// somebody else's. It parses queries, has them answered by a [Resolver], and
// sends responses that fit.
//
// A query with RD=0 is answered from the cache or refused: it must not make
// the resolver ask anybody (RFC 1034 §4.3.1). Zone transfers, updates and
// other opcodes are not for a resolver and get NOTIMP or REFUSED.
//
// Close ends everything: it cancels what is being resolved, closes sockets and
// connections, and returns when all goroutines have ended.
package listener

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

// Resolver answers questions; iterative.Resolver is one.
type Resolver interface {
	Resolve(ctx context.Context, step lookup.Step, req message.Request) message.Resolution
}

// Tracer knows which queries are being watched; stub.InFlight is one.
type Tracer interface {
	// StepFor returns the step under which facts about a client's query
	// belong; the zero Step for a query that nobody watches.
	StepFor(client netip.AddrPort, id uint16, q lookup.Question) lookup.Step
	// Resolved says how many packets were sent for that query, just before
	// the response leaves.
	Resolved(client netip.AddrPort, id uint16, q lookup.Question, queries int)
}

// Defaults of a Config.
const (
	DefaultMaxQueries     = 100
	DefaultMaxConns       = 100
	DefaultMaxConnsPerIP  = 10
	DefaultMaxConnQueries = 100
	DefaultIdle           = 10 * time.Second
)

// Config is what a listener is made from. Zero bounds mean the defaults.
type Config struct {
	Network  lookup.Network
	Addrs    []netip.AddrPort // where to listen, usually port 53; UDP and TCP on each
	Resolver Resolver
	Tracer   Tracer // may be nil

	// Reception, if set, takes the place of Resolver and Tracer.
	Reception Reception
	// Recalled, if set, is told of answers that are given again without the
	// Reception; else, with one, there are none. It must not wait.
	Recalled func(r Recalled)

	// ACL are the networks of clients that are answered; empty for all. Others
	// get REFUSED over UDP and no connection over TCP.
	ACL []netip.Prefix
	// Rate is how many queries a second are answered to one network of
	// clients, a /24 or a /56, and how many at once; over HTTPS to one
	// client. 0 is no bound. Over UDP what is too much is dropped, or
	// every other time answered with TC=1; over TCP it waits.
	Rate int
	// Strict refuses what a resolver for strangers should not do: other
	// classes than IN, ANY (which gets a minimal answer, RFC 8482), NOTIFY
	// and UPDATE.
	Strict bool

	MaxQueries     int           // being resolved at the same time; over UDP more are dropped, over TCP they wait
	MaxConns       int           // TCP connections; more are closed at once
	MaxConnsPerIP  int           // of these from one address
	MaxConnQueries int           // on one connection, then it is closed
	Idle           time.Duration // real time without a query after which a connection is closed

	now func() time.Time // what Rate is measured by; tests set it
}

// Listener serves until it is closed. Its methods are safe for concurrent use.
type Listener struct {
	c      Config
	ctx    context.Context
	cancel context.CancelFunc
	slots  chan struct{} // one for each query being resolved
	jobs   chan job      // to goroutines that wait for one
	idle   atomic.Int32  // goroutines that do
	pace   *pace         // over UDP and TCP
	web    *pace         // over HTTPS
	again  *answers      // over UDP; nil where every query goes the long way
	wg     sync.WaitGroup

	mu      sync.Mutex
	closers map[interface{ Close() error }]struct{}
	conns   map[netip.Addr]int
	open    int
	closed  bool
	addrs   []netip.AddrPort
}

// Listen opens the sockets and serves. When it fails nothing is left open.
func Listen(ctx context.Context, c Config) (*Listener, error) {
	for _, p := range []struct {
		v         *int
		otherwise int
	}{{&c.MaxQueries, DefaultMaxQueries}, {&c.MaxConns, DefaultMaxConns}, {&c.MaxConnsPerIP, DefaultMaxConnsPerIP}, {&c.MaxConnQueries, DefaultMaxConnQueries}} {
		if *p.v <= 0 {
			*p.v = p.otherwise
		}
	}
	if c.Idle <= 0 {
		c.Idle = DefaultIdle
	}
	l := &Listener{c: c, slots: make(chan struct{}, c.MaxQueries), jobs: make(chan job), closers: map[interface{ Close() error }]struct{}{}, conns: map[netip.Addr]int{}}
	l.pace, l.web = newPace(c, 24, 56), newPace(c, 32, 64)
	l.again = newAnswers(c)
	l.ctx, l.cancel = context.WithCancel(context.WithoutCancel(ctx))
	for _, a := range c.Addrs {
		if err := l.listen(ctx, a); err != nil {
			l.Close()
			return nil, err
		}
	}
	return l, nil
}

func (l *Listener) listen(ctx context.Context, a netip.AddrPort) error {
	stream, err := l.c.Network.Listen(ctx, "tcp", a.String())
	if err != nil {
		return fmt.Errorf("listen on %v over TCP: %w", a, err)
	}
	l.track(stream)
	if at, err := netip.ParseAddrPort(stream.Addr().String()); err == nil {
		a = at // where port 0 let the host choose, UDP takes the same
	}
	packets, err := l.c.Network.ListenPacket(ctx, "udp", a.String())
	if err != nil {
		return fmt.Errorf("listen on %v over UDP: %w", a, err)
	}
	l.track(packets)
	l.addrs = append(l.addrs, a)
	l.wg.Add(2)
	go func() { defer l.wg.Done(); l.serveUDP(packets) }()
	go func() { defer l.wg.Done(); l.serveTCP(stream) }()
	return nil
}

// Addrs are the addresses it listens on.
func (l *Listener) Addrs() []netip.AddrPort { return l.addrs }

// track remembers what Close has to close; false if it is too late.
func (l *Listener) track(c interface{ Close() error }) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		c.Close()
		return false
	}
	l.closers[c] = struct{}{}
	return true
}

// Close ends all and waits for it.
func (l *Listener) Close() error {
	l.mu.Lock()
	l.closed = true
	for c := range l.closers {
		c.Close()
	}
	clear(l.closers)
	l.mu.Unlock()
	l.cancel()
	l.wg.Wait()
	return nil
}

// pause keeps a failing socket from spinning; false when closed.
func (l *Listener) pause(err error) bool {
	if errors.Is(err, net.ErrClosed) {
		return false
	}
	select {
	case <-l.ctx.Done():
		return false
	case <-time.After(10 * time.Millisecond):
		return true
	}
}

func addrPort(a net.Addr) netip.AddrPort {
	var p netip.AddrPort
	switch a := a.(type) {
	case interface{ AddrPort() netip.AddrPort }: // *net.UDPAddr, *net.TCPAddr, and what other networks have
		p = a.AddrPort()
	default:
		p, _ = netip.ParseAddrPort(a.String())
	}
	return netip.AddrPortFrom(p.Addr().Unmap(), p.Port())
}
