package vnet

import (
	"net/netip"
	"slices"
)

// fib is a forwarding table of both families, searched by longest prefix. It is
// never changed once it is in use.
type fib struct {
	v4, v6 []fibLevel
}

// fibLevel holds the routes of one prefix length; the longest comes first.
type fibLevel struct {
	bits   int
	routes map[netip.Addr]route // by the prefix's first address
}

type route struct {
	prefix netip.Prefix
	via    netip.Addr // not valid = on-link
	out    *iface
}

// add enters a route. Of two routes to one prefix, the first stays.
func (f *fib) add(r route) {
	levels := &f.v6
	if r.prefix.Addr().Is4() {
		levels = &f.v4
	}
	i, found := slices.BinarySearchFunc(*levels, r.prefix.Bits(), func(l fibLevel, bits int) int { return bits - l.bits })
	if !found {
		*levels = slices.Insert(*levels, i, fibLevel{r.prefix.Bits(), make(map[netip.Addr]route)})
	}
	if _, taken := (*levels)[i].routes[r.prefix.Addr()]; !taken {
		(*levels)[i].routes[r.prefix.Addr()] = r
	}
}

// lookup finds the longest prefix with dst in it.
func (f *fib) lookup(dst netip.Addr) (route, bool) {
	levels := f.v6
	if dst.Is4() {
		levels = f.v4
	}
	for _, l := range levels {
		p, err := dst.Prefix(l.bits)
		if err != nil {
			return route{}, false
		}
		if r, ok := l.routes[p.Addr()]; ok {
			return r, true
		}
	}
	return route{}, false
}
