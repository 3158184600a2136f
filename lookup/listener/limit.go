package listener

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"

	"rootwalk/lookup"
)

// permits reports whether a client is one of those that may ask at all.
func (l *Listener) permits(client netip.Addr) bool {
	if len(l.c.ACL) == 0 {
		return true
	}
	client = client.WithZone("")
	return slices.ContainsFunc(l.c.ACL, func(p netip.Prefix) bool { return p.Contains(client) })
}

// maxPaces bounds how many clients' networks are remembered at once.
const maxPaces = 8192

// pace is how often each network of clients may ask; nil lets everybody ask.
type pace struct {
	bits4 int // a network is this long a prefix
	bits6 int
	each  *lookup.Pace[netip.Prefix]

	mu  sync.Mutex
	odd bool // every other query too many is told so
}

func newPace(c Config, bits4, bits6 int) *pace {
	if c.Rate <= 0 {
		return nil
	}
	now := c.now
	if now == nil {
		now = time.Now
	}
	return &pace{bits4: bits4, bits6: bits6, each: lookup.NewPace[netip.Prefix](float64(c.Rate), maxPaces, now)}
}

func (p *pace) network(client netip.Addr) netip.Prefix {
	bits := p.bits6
	if client.Is4() {
		bits = p.bits4
	}
	n, _ := client.WithZone("").Prefix(bits) // fails only for the zero address, which is a network as well
	return n
}

// take counts a query. Where it is one too many, ok is false, and slip is true
// every other time: such a query is answered with TC=1, so that a client that
// really is at that address can ask over TCP, while one whose address is
// being forged gets half as many packets, none larger than what was sent.
func (p *pace) take(client netip.Addr) (ok, slip bool) {
	if p == nil {
		return true, false
	}
	if p.each.Take(p.network(client)) > 0 {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.odd = !p.odd
		return false, p.odd
	}
	return true, false
}

// wait holds a query back until it is due; false if ctx was done first.
func (p *pace) wait(ctx context.Context, client netip.Addr) bool {
	if p == nil {
		return true
	}
	d := p.each.Queue(p.network(client))
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// screen sorts out a query over UDP before any work is done for it. What it
// lets through is ok; else response, if there is one, is all that it gets.
func (l *Listener) screen(b []byte, client netip.Addr) (response []byte, ok bool) {
	within, slip := l.pace.take(client)
	switch {
	case !within && slip && l.permits(client):
		return brief(b, lookup.RcodeNoError, true), false
	case !within:
		return nil, false
	case !l.permits(client):
		return brief(b, lookup.RcodeRefused, false), false
	}
	return nil, true
}
