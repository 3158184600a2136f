package main

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"rootwalk/lookup"
	"rootwalk/lookup/page"
)

// locate finds where the first connection of a journey goes: to the addresses of the
// URL's own host, or of another place that the browser knows of. A place without an
// address is given up, as long as there is another. False where there is none at all.
func (j *journey) locate(ctx context.Context) bool {
	for {
		p := j.place()
		look := func() []netip.AddrPort {
			if p.Host != "" {
				return j.findHost(ctx, j.step, p.Host, p.Port)
			}
			<-j.own.done
			return ported(j.own.addrs, p.Port)
		}
		if j.addrs, j.later = hinted(p), nil; len(j.addrs) > 0 {
			j.later = j.beside(look)
			return true
		}
		<-j.own.done // one lookup after the other
		if j.addrs = look(); len(j.addrs) > 0 {
			return true
		}
		if ctx.Err() != nil || j.fetch == nil || !j.fetch.Abandon(errNoAddress) {
			return false
		}
	}
}

// another gives up where the journey could not go because of err, and finds the next
// place; false where there is none.
func (j *journey) another(ctx context.Context, err error) bool {
	return j.fetch != nil && ctx.Err() == nil && j.fetch.Abandon(err) && j.locate(ctx)
}

// place is where the journey's first request goes.
func (j *journey) place() page.Place {
	if j.fetch == nil {
		return page.Place{Port: uint16(j.to.Port)}
	}
	return j.fetch.Place()
}

// findHost is find for what a place or a URL has as its host: a name, or an address.
func (j *journey) findHost(ctx context.Context, step lookup.Step, host string, port uint16) []netip.AddrPort {
	if ip, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return []netip.AddrPort{netip.AddrPortFrom(ip, port)}
	}
	name, err := lookup.ParseName(host)
	if err != nil {
		return nil
	}
	return j.find(ctx, step, name, port)
}

// ported are addresses with another port.
func ported(addrs []netip.AddrPort, port uint16) []netip.AddrPort {
	out := slices.Clone(addrs)
	for i, a := range out {
		out[i] = netip.AddrPortFrom(a.Addr(), port)
	}
	return out
}

// hinted are the addresses that a place is said to have; they are tried while its
// name is looked up (RFC 9460 §7.3).
func hinted(p page.Place) (out []netip.AddrPort) {
	for _, a := range p.Hints {
		out = append(out, netip.AddrPortFrom(a, p.Port))
	}
	return out
}
