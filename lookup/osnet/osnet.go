// Package osnet is the real Internet as a [lookup.Network]: sockets of the
// operating system behind one policy of where they may go.
//
// Every connection passes the policy at the last moment, on the address that
// the kernel is about to be given: name servers of strangers decide which
// addresses a resolver asks, and a delegation to 127.0.0.1 or to a cloud's
// metadata service must not turn it into a tool against its own house. Only
// addresses of the public Internet and only the ports of the service pass; the
// rest ends in a [*Refused] that says why, and no packet leaves.
//
// There is no way to send from an unconnected socket: a dialed UDP socket
// talks to one address, and one that listens answers only those who asked.
//
// A [Network] is immutable and safe for concurrent use.
package osnet

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync/atomic"
	"syscall"

	"rootwalk/lookup"
)

// Config is what a network is made from. The zero value is the strictest:
// public addresses, port 53, listening on loopback only.
type Config struct {
	NoIPv4, NoIPv6 bool     // switch a family off
	Ports          []uint16 // that may be connected to [53]

	// AllowPrivate lets connections out to addresses that are no public ones but
	// that somebody's own network may have: private-use, unique-local,
	// shared, link-local, loopback, documentation and benchmarking
	// addresses, and this machine's own. Multicast, broadcast and
	// metadata services stay refused.
	AllowPrivate bool
	// Allow exempts single prefixes. Each must be one address, or lie inside
	// one refused block, so that it says which exception it is: 0.0.0.0/0
	// would switch the policy off without saying so, and is an error unless
	// AllowPrivate is set. Multicast, broadcast and "this network" cannot
	// be exempted, metadata services only by their very address.
	Allow []netip.Prefix

	// ListenAnywhere permits listening on addresses other than loopback.
	ListenAnywhere bool
}

// Network is the operating system's network; New makes one.
type Network struct {
	policy policy
	anyIn  bool // may listen on any address

	dials, refused, sent, received atomic.Int64
}

// New makes a network. The error names the setting that makes no sense.
func New(c Config) (*Network, error) {
	p := policy{
		no4: c.NoIPv4, no6: c.NoIPv6, private: c.AllowPrivate, ports: slices.Clone(c.Ports), own: &ownAddrs{list: net.InterfaceAddrs},
	}
	if c.NoIPv4 && c.NoIPv6 {
		return nil, fmt.Errorf("IPv4 and IPv6 are both switched off: nothing is left")
	}
	if len(p.ports) == 0 {
		p.ports = []uint16{dnsPort}
	}
	for _, prefix := range c.Allow {
		a, err := allowable(prefix, c.AllowPrivate)
		if err != nil {
			return nil, err
		}
		p.allow = append(p.allow, a)
	}
	return &Network{policy: p, anyIn: c.ListenAnywhere}, nil
}

// dnsPort is where name servers listen (RFC 1035 §4.2).
const dnsPort = 53

// Check says whether the policy lets a connection to an address out; the error
// is a *Refused.
func (n *Network) Check(to netip.AddrPort) error {
	if r := n.policy.check(to); r != nil {
		return r
	}
	return nil
}

// DialContext connects to addr, which is an IP address and a port. A refusal
// is a *Refused in the error's chain; it leaves no trace on the network.
func (n *Network) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	to, err := parse(network, addr)
	if err != nil {
		return nil, err
	}
	run := runOf(ctx)
	d := net.Dialer{
		// The only check is here, where the address is the kernel's: nothing
		// between it and the connection can change it any more.
		ControlContext: func(_ context.Context, _, address string, raw syscall.RawConn) error {
			at, err := netip.ParseAddrPort(address)
			if err != nil {
				return fmt.Errorf("connect to %q: not an IP address and a port", address)
			}
			if r := n.policy.check(at); r != nil {
				return r
			}
			if r := run.connect(at); r != nil {
				return r
			}
			n.dials.Add(1)
			if hook := lookup.SocketHookOf(ctx); hook != nil {
				return raw.Control(func(fd uintptr) { hook(int(fd)) })
			}
			return nil
		},
	}
	var c net.Conn
	if network[:3] == "udp" {
		c, err = d.DialUDP(ctx, network, netip.AddrPort{}, to) // the short way, for one socket a query
	} else {
		c, err = d.DialContext(ctx, network, to.String())
	}
	if err != nil {
		return nil, n.failed(err)
	}
	// A socket that is connected to its own address is in this machine,
	// whatever the list of interfaces said a moment ago.
	if local := addrOf(c.LocalAddr()); local == to.Addr().WithZone("") && !n.policy.mayOwn(local) {
		c.Close()
		return nil, n.failed(&Refused{Addr: to, Rule: RuleOwn, Text: ownText})
	}
	return &conn{c, n, run, to}, nil
}

func (n *Network) failed(err error) error {
	if AsRefused(err) != nil {
		n.refused.Add(1)
	}
	return translate(err)
}

// Caps says that nothing below the sockets can be shown of this network.
func (n *Network) Caps() lookup.Caps { return lookup.Caps{} }

// Counts is how much a network was used since it was made.
type Counts struct {
	Dials    int64 // sockets connected, or tried to
	Refused  int64 // by the policy
	Sent     int64 // octets written to connections
	Received int64 // octets read from them
}

// Counts reads the counters.
func (n *Network) Counts() Counts {
	return Counts{Dials: n.dials.Load(), Refused: n.refused.Load(), Sent: n.sent.Load(), Received: n.received.Load()}
}

// conn counts what goes through a connection.
type conn struct {
	net.Conn
	n   *Network
	run *Run // nil for none
	to  netip.AddrPort
}

// Charge has what goes through the connection from now on count against the
// run of another context: a connection may outlive who made it. Nothing may
// be under way on it.
func (c *conn) Charge(ctx context.Context) { c.run = runOf(ctx) }

func (c *conn) Read(b []byte) (int, error) {
	if r := c.run.spent(c.to); r != nil {
		return 0, c.n.failed(r)
	}
	k, err := c.Conn.Read(b)
	c.n.received.Add(int64(k))
	c.run.add(k)
	return k, translate(err)
}

func (c *conn) Write(b []byte) (int, error) {
	if r := c.run.spent(c.to); r != nil {
		return 0, c.n.failed(r)
	}
	k, err := c.Conn.Write(b)
	c.n.sent.Add(int64(k))
	c.run.add(k)
	return k, translate(err)
}

// CloseWrite ends the direction to the peer: over TCP a FIN is sent.
func (c *conn) CloseWrite() error {
	t, ok := c.Conn.(*net.TCPConn)
	if !ok {
		return syscall.EOPNOTSUPP
	}
	return translate(t.CloseWrite())
}

// SocketSnapshot is what the system tells about the connection, also after Close;
// nothing where it cannot be asked.
func (c *conn) SocketSnapshot() (s lookup.SocketSnapshot) {
	s.Unread = -1
	t, ok := c.Conn.(*net.TCPConn)
	if !ok {
		return s
	}
	raw, err := t.SyscallConn()
	if err == nil {
		err = raw.Control(func(fd uintptr) { s = tcpInfo(fd) })
	}
	if err != nil { // closed: the kernel may know it by its addresses
		local, ok := t.LocalAddr().(*net.TCPAddr)
		if !ok {
			return s
		}
		at := local.AddrPort()
		s = diag(netip.AddrPortFrom(at.Addr().Unmap(), at.Port()), c.to)
	}
	return s
}

// parse reads an address for a network: "udp" or "tcp", with 4 or 6 behind it
// where one family is wanted.
func parse(network, addr string) (netip.AddrPort, error) {
	to, err := netip.ParseAddrPort(addr)
	if err != nil {
		return to, fmt.Errorf("%q is not an IP address and a port", lookup.Printable(addr))
	}
	to = netip.AddrPortFrom(to.Addr().Unmap(), to.Port())
	switch network {
	case "udp", "tcp":
	case "udp4", "tcp4":
		if !to.Addr().Is4() {
			return to, fmt.Errorf("%v is not an address for %s", to, network)
		}
	case "udp6", "tcp6":
		if !to.Addr().Is6() {
			return to, fmt.Errorf("%v is not an address for %s", to, network)
		}
	default:
		return to, net.UnknownNetworkError(lookup.Printable(network))
	}
	return to, nil
}

// addrOf is the IP address of a socket, without its zone.
func addrOf(a net.Addr) netip.Addr {
	if p, ok := a.(interface{ AddrPort() netip.AddrPort }); ok {
		return p.AddrPort().Addr().Unmap().WithZone("")
	}
	return netip.Addr{}
}
