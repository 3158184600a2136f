package vnet

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Router forwards IPv4 and IPv6. It has no gVisor stack: it works in the
// goroutine that brings the frame, never blocks, and holds none of its
// locks while it sends. It answers echo requests and refuses everything else
// that is addressed to it. All methods may be called concurrently.
type Router struct {
	name   string
	net    *Net
	tables atomic.Pointer[routerTables]
	errors tokenBucket
	event  atomic.Pointer[func(RouterEvent)]

	// How long a neighbour counts as reachable, and how long to wait for an
	// answer before asking again (RFC 4861 §10); tests shorten them.
	reachableTime, retransTimer time.Duration

	mu     sync.Mutex // guards changes of tables, and what follows
	static []staticRoute
}

// routerTables is replaced as a whole when an interface or a route is added.
type routerTables struct {
	ifaces []*iface
	local  map[netip.Addr]*iface // link-local ones too; link addresses are unique, so are they
	fib    fib
}

// iface is one of a router's interfaces.
type iface struct {
	router     *Router
	port       *Port
	addrs      []netip.Prefix
	linkLocal  netip.Addr
	neighbours neighbours
}

// Verdict is what a router did with a packet.
type Verdict uint8

const (
	Forwarded       Verdict = iota
	Delivered               // addressed to the router itself
	TimeExceeded            // TTL or hop limit used up
	NoRoute                 // no prefix fits
	HostUnreachable         // the next hop's link address cannot be had
	TooBig                  // larger than the next link takes, and not to be fragmented
	Martian                 // source or destination that must not be forwarded (RFC 1812 §5.3.7, RFC 4291 §2)
	Malformed               // header or its checksum wrong
)

func (v Verdict) String() string {
	switch v {
	case Forwarded:
		return "forwarded"
	case Delivered:
		return "delivered"
	case TimeExceeded:
		return "time exceeded"
	case NoRoute:
		return "no route"
	case HostUnreachable:
		return "host unreachable"
	case TooBig:
		return "too big"
	case Martian:
		return "martian"
	case Malformed:
		return "malformed"
	}
	return "unknown"
}

// RouterEvent is one decision of a router.
type RouterEvent struct {
	Router   *Router
	Verdict  Verdict
	In, Out  *Port // Out is nil unless a route was found; In is nil for a frame that waited in vain
	Src, Dst netip.Addr
	Prefix   netip.Prefix // of the route that was chosen
	Via      netip.Addr   // next hop: the gateway, or Dst itself if on-link
	HopLimit uint8        // as it arrived
}

// NewRouter adds a router without ports.
func (n *Net) NewRouter(name string) *Router {
	r := &Router{name: name, net: n, reachableTime: 30 * time.Second, retransTimer: time.Second}
	r.errors.init(icmpErrorsPerSecond, icmpErrorBurst)
	r.tables.Store(&routerTables{local: map[netip.Addr]*iface{}})
	return r
}

// Name is the name the router was made with.
func (r *Router) Name() string { return r.name }

// Ports lists the router's ports in the order of their attachment.
func (r *Router) Ports() []*Port {
	var all []*Port
	for _, i := range r.tables.Load().ifaces {
		all = append(all, i.port)
	}
	return all
}

// Addrs lists the router's addresses with their on-link prefixes, link-local
// ones excepted.
func (r *Router) Addrs() []netip.Prefix {
	var all []netip.Prefix
	for _, i := range r.tables.Load().ifaces {
		all = append(all, i.addrs...)
	}
	return all
}

// OnEvent lets see watch every decision; nil ends it. see runs inside the
// sender, possibly inside a TCP stack and from several goroutines at once: it
// must be quick and must not use sockets of the Net.
func (r *Router) OnEvent(see func(RouterEvent)) {
	if see == nil {
		r.event.Store(nil)
		return
	}
	r.event.Store(&see)
}

// Attach plugs the router into a segment. Each prefix is an address of the
// router and an on-link route. It panics on an invalid prefix, a mistake in
// the program.
func (r *Router) Attach(s *Segment, prefixes ...netip.Prefix) *Port {
	for _, p := range prefixes {
		if !p.IsValid() || p.Addr().Is4In6() || p.Addr().IsMulticast() {
			panic(fmt.Sprintf("vnet: router %s cannot have the address %v", r.name, p))
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	old := r.tables.Load()
	i := &iface{router: r, addrs: slices.Clone(prefixes)}
	i.neighbours.init()
	i.port = newPort(s, fmt.Sprintf("%s.eth%d", r.name, len(old.ifaces)), i)
	i.linkLocal = linkLocalOf(i.port.mac)
	r.rebuild(append(slices.Clone(old.ifaces), i))
	s.connect(i.port) // only now: the first frame finds the tables ready
	return i.port
}

// Route sends packets for dst to the next hop via, which must be in an on-link
// prefix; until one is attached the route waits. The order of Route and Attach
// calls does not matter: the longest prefix wins; of two routes to one
// prefix, the first. It returns an error if the two are not of one
// family or not valid.
func (r *Router) Route(dst netip.Prefix, via netip.Addr) error {
	if !dst.IsValid() || !via.IsValid() || dst.Addr().Is4() != via.Is4() || via.Is4In6() || via.Zone() != "" {
		return fmt.Errorf("router %s: no route to %v via %v: need a prefix and a gateway of one family", r.name, dst, via)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.static = append(r.static, staticRoute{dst.Masked(), via})
	r.rebuild(r.tables.Load().ifaces)
	return nil
}

// rebuild makes new tables; the lock is held.
func (r *Router) rebuild(ifaces []*iface) {
	t := &routerTables{ifaces: ifaces, local: make(map[netip.Addr]*iface)}
	for _, i := range ifaces {
		t.local[i.linkLocal] = i
		for _, p := range i.addrs {
			t.local[p.Addr()] = i
			t.fib.add(route{prefix: p.Masked(), out: i})
		}
	}
	for _, s := range r.static {
		for _, i := range ifaces {
			if i.holds(s.via) {
				t.fib.add(route{prefix: s.dst, via: s.via, out: i})
				break
			}
		}
	}
	r.tables.Store(t)
}

// holds reports whether an address is on-link at the interface.
func (i *iface) holds(a netip.Addr) bool {
	return slices.ContainsFunc(i.addrs, func(p netip.Prefix) bool { return p.Contains(a) })
}

// sourceFor chooses the address to speak from towards dst: one on dst's link,
// else the interface's first, else any of the router's (RFC 4443 §2.2). For
// link-local destinations it is the link-local one.
func (i *iface) sourceFor(dst netip.Addr) (netip.Addr, bool) {
	if dst.Is6() && dst.IsLinkLocalUnicast() {
		return i.linkLocal, true
	}
	var first netip.Addr
	for _, p := range i.addrs {
		switch {
		case p.Addr().Is4() != dst.Is4():
		case p.Contains(dst):
			return p.Addr(), true
		case !first.IsValid():
			first = p.Addr()
		}
	}
	if first.IsValid() {
		return first, true
	}
	for _, other := range i.router.tables.Load().ifaces {
		for _, p := range other.addrs {
			if p.Addr().Is4() == dst.Is4() {
				return p.Addr(), true
			}
		}
	}
	return netip.Addr{}, false
}

// Frame types (IEEE 802 numbers).
const (
	typeIPv4 = 0x0800
	typeARP  = 0x0806
	typeIPv6 = 0x86dd
)

// receive takes a frame from the port. What the router sends about it, it
// sends before this returns.
func (i *iface) receive(f []byte) {
	if len(f) < ethernetHeader {
		return
	}
	mine := [6]byte(f[:6]) == i.port.mac
	if !mine && f[0]&1 == 0 {
		return // flooded, for another station
	}
	switch binary.BigEndian.Uint16(f[12:]) {
	case typeARP:
		i.receiveARP(f)
	case typeIPv4:
		if mine { // IPv4 to a link multicast or broadcast address is not forwarded (RFC 1812 §5.3.4)
			i.receiveIPv4(f)
		}
	case typeIPv6:
		i.receiveIPv6(f, mine)
	}
}

// transmit sends an IP packet in f, whose Ethernet type is set, to a
// neighbour. f must not be in use elsewhere: its addresses are filled in.
func (i *iface) transmit(to netip.Addr, f []byte) {
	copy(f[6:12], i.port.mac[:])
	if i.resolve(to, f) {
		i.port.segment.enter(i.port, f)
	}
}

// originate sends a packet of the router itself.
func (r *Router) originate(dst netip.Addr, f []byte) {
	rt, ok := r.tables.Load().fib.lookup(dst)
	if !ok || dst.IsLinkLocalUnicast() {
		return
	}
	next := rt.via
	if !next.IsValid() {
		next = dst
	}
	rt.out.transmit(next, f)
}

// tell reports a decision about a packet.
func (r *Router) tell(v Verdict, in *iface, p packet, rt route) {
	see := r.event.Load()
	if see == nil {
		return
	}
	e := RouterEvent{Router: r, Verdict: v, Src: p.src, Dst: p.dst, HopLimit: p.hops, Prefix: rt.prefix, Via: rt.via}
	if in != nil {
		e.In = in.port
	}
	if rt.out != nil {
		e.Out = rt.out.port
		if !e.Via.IsValid() {
			e.Via = p.dst
		}
	}
	(*see)(e)
}

// packet is a checked IP packet. bytes is cut to the length its header states;
// payload is what follows the header (IPv6: the fixed header).
type packet struct {
	bytes, payload []byte
	src, dst       netip.Addr
	hops           uint8
	protocol       uint8 // IPv6: the first next header
}
