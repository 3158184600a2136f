package vnet

import (
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/network/arp"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"

	"rootwalk/lookup"
)

// HostOptions are what a host can do without, to cost less. The zero value is
// a full dual-stack host.
type HostOptions struct {
	// NoTCP leaves TCP out: two goroutines and some memory less. Such a host
	// cannot serve DNS fully, which needs TCP (RFC 7766).
	NoTCP bool
	// NoIPv6 leaves IPv6 out: about 45 KiB less.
	NoIPv6 bool
	// SocketBuffer is the send and the receive buffer of each TCP socket, in
	// octets: 4 KiB to 8 MiB, 0 for 256 KiB.
	SocketBuffer int
	// TimeWait is how long closed TCP connections stay in TIME-WAIT, at least a
	// millisecond; 0 for the usual 60 s.
	TimeWait time.Duration
	// Clock is what the stack's timers follow; nil for real time.
	Clock *SkipClock
}

// Host is an end host with a TCP/IP stack of its own. It implements
// lookup.Network. All methods may be called concurrently.
type Host struct {
	name  string
	net   *Net
	stack *stack.Stack
	opts  HostOptions
	done  chan struct{} // closed by stop

	// mu lets no socket open while the stack stops: such a socket would
	// outlive it.
	mu      sync.RWMutex
	stopped bool
	once    sync.Once // wait
	ports   []*Port
	onLink  []onLink
	waiting []staticRoute // no on-link prefix has their gateway yet
}

var _ lookup.Network = (*Host)(nil)

type onLink struct {
	prefix netip.Prefix
	card   tcpip.NICID
}

type staticRoute struct {
	dst netip.Prefix
	via netip.Addr
}

// NewHost adds a host without ports.
func (n *Net) NewHost(name string, opts HostOptions) *Host {
	h := &Host{name: name, net: n, opts: opts, done: make(chan struct{})}
	so := stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{n.ipv4, arp.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{udp.NewProtocol, icmp.NewProtocol4},
		HandleLocal:        true,
		IPTables:           n.filter,
		RandSource:         newRandSource(n.seed, name),
	}
	if opts.Clock != nil {
		so.Clock = opts.Clock
	}
	if !opts.NoIPv6 {
		so.NetworkProtocols = append(so.NetworkProtocols, n.ipv6)
		so.TransportProtocols = append(so.TransportProtocols, icmp.NewProtocol6)
	}
	if !opts.NoTCP {
		so.TransportProtocols = append(so.TransportProtocols, tcp.NewProtocol)
	}
	h.stack = stack.New(so)
	if !opts.NoTCP {
		h.tuneTCP()
	}
	n.mu.Lock()
	closed := n.closed.Load()
	if !closed {
		n.hosts[h] = struct{}{}
	}
	n.mu.Unlock()
	if closed { // the Net ended meanwhile: a host that is closed already
		h.Close()
	}
	return h
}

func (h *Host) tuneTCP() {
	size := h.opts.SocketBuffer
	if size == 0 {
		size = 256 << 10
	}
	size = min(max(size, 4<<10), 8<<20)
	snd := tcpip.TCPSendBufferSizeRangeOption{Min: 4 << 10, Default: size, Max: size}
	rcv := tcpip.TCPReceiveBufferSizeRangeOption{Min: 4 << 10, Default: size, Max: size}
	must(h.stack.SetTransportProtocolOption(tcp.ProtocolNumber, &snd))
	must(h.stack.SetTransportProtocolOption(tcp.ProtocolNumber, &rcv))
	if h.opts.TimeWait > 0 {
		tw := tcpip.TCPTimeWaitTimeoutOption(max(h.opts.TimeWait, time.Millisecond))
		must(h.stack.SetTransportProtocolOption(tcp.ProtocolNumber, &tw))
	}
}

// must is for calls that fail only when this package is wrong.
func must(err tcpip.Error) {
	if err != nil {
		panic("vnet: " + err.String())
	}
}

// Name is the name the host was made with.
func (h *Host) Name() string { return h.name }

// Ports lists the host's ports in the order of their attachment.
func (h *Host) Ports() []*Port {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return slices.Clone(h.ports)
}

// Addrs lists the host's addresses with their on-link prefixes, link-local
// ones excepted.
func (h *Host) Addrs() []netip.Prefix {
	h.mu.RLock()
	defer h.mu.RUnlock()
	var all []netip.Prefix
	for _, o := range h.onLink {
		all = append(all, o.prefix)
	}
	return all
}

// Caps says what this network can show.
func (h *Host) Caps() lookup.Caps {
	return lookup.Caps{Frames: true, ARP: true, Faults: true, TCPState: !h.opts.NoTCP}
}

// Attach plugs the host into a segment. Each prefix is an address of the host
// and, by its length, what is reachable on the link. It panics on an invalid prefix,
// on an address the port has already, and on an IPv6 one when the host was made
// without: all are mistakes in the program.
func (h *Host) Attach(s *Segment, prefixes ...netip.Prefix) *Port {
	for _, p := range prefixes {
		if !p.IsValid() || p.Addr().Is4In6() || p.Addr().Is6() && h.opts.NoIPv6 {
			panic(fmt.Sprintf("vnet: host %s cannot have the address %v", h.name, p))
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	a := &adapter{pool: h.net.pool}
	name := fmt.Sprintf("eth%d", len(h.ports))
	a.port = s.plug(h.name+"."+name, a)
	h.ports = append(h.ports, a.port)
	if h.stopped {
		a.port.Unplug()
		return a.port
	}
	card := tcpip.NICID(len(h.ports))
	must(h.stack.CreateNICWithOptions(card, a, stack.NICOptions{Name: name}))
	for _, p := range prefixes {
		must(h.stack.AddProtocolAddress(card, tcpip.ProtocolAddress{
			Protocol:          protocolOf(p.Addr()),
			AddressWithPrefix: tcpip.AddressWithPrefix{Address: addressOf(p.Addr()), PrefixLen: p.Bits()},
		}, stack.AddressProperties{}))
		h.onLink = append(h.onLink, onLink{p, card})
		if !p.IsSingleIP() {
			h.stack.AddRoute(tcpip.Route{Destination: subnetOf(p), NIC: card})
		}
	}
	waiting := h.waiting
	h.waiting = nil
	for _, r := range waiting {
		h.routeLocked(r)
	}
	return a.port
}

// Route sends packets for dst to the gateway via, which must be in an on-link
// prefix; until one is attached the route waits. The order of Route and
// Attach calls does not matter: the longest prefix wins. It returns an error
// if the two are not of one family or not valid.
func (h *Host) Route(dst netip.Prefix, via netip.Addr) error {
	if !dst.IsValid() || !via.IsValid() || dst.Addr().Is4() != via.Is4() || via.Is4In6() || via.Zone() != "" {
		return fmt.Errorf("host %s: no route to %v via %v: need a prefix and a gateway of one family", h.name, dst, via)
	}
	if via.Is6() && h.opts.NoIPv6 {
		return fmt.Errorf("host %s: no route to %v: made without IPv6", h.name, dst)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.stopped {
		h.routeLocked(staticRoute{dst.Masked(), via})
	}
	return nil
}

func (h *Host) routeLocked(r staticRoute) {
	for _, o := range h.onLink {
		if o.prefix.Contains(r.via) {
			h.stack.AddRoute(tcpip.Route{Destination: subnetOf(r.dst), Gateway: addressOf(r.via), NIC: o.card})
			return
		}
	}
	h.waiting = append(h.waiting, r)
}

// Close takes the host off the network: its sockets end with net.ErrClosed,
// without a word to their peers. It may be called more than once, and must not
// be called from a tap, a filter or a router event hook.
func (h *Host) Close() {
	h.net.mu.Lock()
	delete(h.net.hosts, h)
	h.net.mu.Unlock()
	h.stop()
	h.wait()
}

// stop makes sockets and stack end, wait waits until they have.
func (h *Host) stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stopped {
		return
	}
	h.stopped = true
	close(h.done)
	for _, p := range h.ports {
		p.Unplug() // the host is gone: not even its resets get out
	}
	h.stack.Close()
}

func (h *Host) wait() { h.once.Do(h.stack.Wait) }

// Neighbour is one entry of a host's or router's neighbour cache (ARP table).
type Neighbour struct {
	Port  *Port
	Addr  netip.Addr
	MAC   string // empty while it is not known
	State string // as in RFC 4861 §7.3.2: Incomplete, Reachable, Stale, Delay, Probe
}

// Neighbours lists the neighbour cache.
func (h *Host) Neighbours() []Neighbour {
	h.mu.RLock()
	defer h.mu.RUnlock()
	var all []Neighbour
	if h.stopped {
		return all
	}
	for i, p := range h.ports {
		for _, proto := range []tcpip.NetworkProtocolNumber{ipv4.ProtocolNumber, ipv6.ProtocolNumber} {
			entries, err := h.stack.Neighbors(tcpip.NICID(i+1), proto)
			if err != nil { // made without this family
				continue
			}
			for _, e := range entries {
				n := Neighbour{Port: p, Addr: netipOf(e.Addr), State: e.State.String()}
				if e.LinkAddr != "" {
					n.MAC = e.LinkAddr.String()
				}
				all = append(all, n)
			}
		}
	}
	return all
}
