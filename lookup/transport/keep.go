package transport

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"
)

// maxKept bounds the connections that are open without a question.
const maxKept = 32

// kept are TCP connections that stay open for the next question to the same
// server (RFC 7766 §6.2.1), one for each server. They close by themselves after
// a while. It is safe for concurrent use.
type kept struct {
	idle time.Duration

	mu     sync.Mutex
	conns  map[netip.AddrPort]*keptConn
	closed bool
}

type keptConn struct {
	net.Conn
	since time.Time
	timer *time.Timer
}

// take hands out the connection to a server and for how long nobody used it;
// nil if there is none.
func (k *kept) take(ctx context.Context, to netip.AddrPort) (net.Conn, time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	c := k.conns[to]
	if c == nil {
		return nil, 0
	}
	delete(k.conns, to)
	if !c.timer.Stop() {
		return nil, 0 // it is just being closed
	}
	if on, ok := c.Conn.(interface{ Charge(ctx context.Context) }); ok {
		on.Charge(ctx) // whoever uses it now pays for it
	}
	return c.Conn, time.Since(c.since)
}

// put keeps a connection on which nothing is under way, or closes it.
func (k *kept) put(to netip.AddrPort, conn net.Conn) {
	if k.idle <= 0 || conn.SetDeadline(time.Time{}) != nil {
		conn.Close()
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed || k.conns[to] != nil || len(k.conns) >= maxKept {
		conn.Close()
		return
	}
	if k.conns == nil {
		k.conns = map[netip.AddrPort]*keptConn{}
	}
	c := &keptConn{Conn: conn, since: time.Now()}
	c.timer = time.AfterFunc(k.idle, func() {
		k.mu.Lock()
		if k.conns[to] == c {
			delete(k.conns, to)
		}
		k.mu.Unlock()
		c.Close()
	})
	k.conns[to] = c
}

// close closes what is kept, and keeps nothing any more.
func (k *kept) close() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.closed = true
	for _, c := range k.conns {
		if c.timer.Stop() {
			c.Close()
		}
	}
	k.conns = nil
}
