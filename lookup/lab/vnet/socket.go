package vnet

import (
	"context"
	"net"
	"net/netip"
	"syscall"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/waiter"
)

// DialContext connects a "udp" or "tcp" socket (also with suffix 4 or 6) to an
// IP:port. The result is a *UDPConn or a *TCPConn. When ctx is done first,
// the socket is closed and the error answers errors.Is for ctx.Err().
func (h *Host) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	return h.DialFrom(ctx, network, netip.AddrPort{}, addr)
}

// DialFrom is DialContext with a local address; its port 0 chooses a free one,
// and the zero AddrPort leaves everything to the host.
func (h *Host) DialFrom(ctx context.Context, network string, local netip.AddrPort, addr string) (net.Conn, error) {
	kind, remote, err := parse("dial", network, addr)
	if err != nil {
		return nil, err
	}
	if local.IsValid() && local.Addr().Unmap().Is4() != remote.Addr().Is4() {
		return nil, failure("dial", network, nil, kind.addr(remote), syscall.EAFNOSUPPORT)
	}
	if err := ctx.Err(); err != nil {
		return nil, failure("dial", network, nil, kind.addr(remote), contextError{err})
	}
	if kind == streams {
		c, err := h.dialTCP(ctx, network, local, remote)
		if err != nil {
			return nil, err
		}
		return c, nil
	}
	c, err := h.openUDP("dial", network, local, remote)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// ListenPacket opens a "udp" socket at an IP:port; port 0 chooses a random free
// one. 0.0.0.0 takes datagrams for any IPv4 address of the host, [::] for any
// address (with "udp6": any IPv6 one). An answer from such a socket may leave
// from another address than the question came to: servers bind each of theirs.
// The result is a *UDPConn.
func (h *Host) ListenPacket(ctx context.Context, network, addr string) (net.PacketConn, error) {
	kind, local, err := parse("listen", network, addr)
	if err == nil && kind != datagrams {
		err = failure("listen", network, nil, nil, net.UnknownNetworkError(network))
	}
	if err == nil && ctx.Err() != nil {
		err = failure("listen", network, nil, nil, contextError{ctx.Err()})
	}
	if err != nil {
		return nil, err
	}
	c, err := h.openUDP("listen", network, local, netip.AddrPort{})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Listen opens a "tcp" listener at an IP:port; port 0 chooses a free one. The
// result is a *Listener.
func (h *Host) Listen(ctx context.Context, network, addr string) (net.Listener, error) {
	kind, local, err := parse("listen", network, addr)
	if err == nil && kind != streams {
		err = failure("listen", network, nil, nil, net.UnknownNetworkError(network))
	}
	if err == nil && ctx.Err() != nil {
		err = failure("listen", network, nil, nil, contextError{ctx.Err()})
	}
	if err != nil {
		return nil, err
	}
	l, err := h.listenTCP(network, local)
	if err != nil {
		return nil, err
	}
	return l, nil
}

// socketKind is what a network string asks for.
type socketKind uint8

const (
	datagrams socketKind = iota
	streams
)

func (k socketKind) addr(a netip.AddrPort) net.Addr {
	if k == streams {
		return net.TCPAddrFromAddrPort(a)
	}
	return net.UDPAddrFromAddrPort(a)
}

// parse reads a network and an address. Names are never resolved here.
func parse(op, network, addr string) (socketKind, netip.AddrPort, error) {
	kind, family := datagrams, 0
	switch network {
	case "udp":
	case "udp4":
		family = 4
	case "udp6":
		family = 6
	case "tcp":
		kind = streams
	case "tcp4":
		kind, family = streams, 4
	case "tcp6":
		kind, family = streams, 6
	default:
		return 0, netip.AddrPort{}, failure(op, network, nil, nil, net.UnknownNetworkError(network))
	}
	ap, err := netip.ParseAddrPort(addr)
	if err != nil {
		return 0, ap, failure(op, network, nil, nil, &net.AddrError{Err: "not an IP address and port", Addr: addr})
	}
	ap = netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
	if ap.Addr().Zone() != "" {
		return 0, ap, failure(op, network, nil, nil, &net.AddrError{Err: "zones are not supported", Addr: addr})
	}
	if family == 4 && !ap.Addr().Is4() || family == 6 && !ap.Addr().Is6() {
		return 0, ap, failure(op, network, nil, nil, &net.AddrError{Err: "not an address for " + network, Addr: addr})
	}
	return kind, ap, nil
}

func failure(op, network string, source, addr net.Addr, err error) error {
	return &net.OpError{Op: op, Net: network, Source: source, Addr: addr, Err: err}
}

// endpoint makes a socket of the family of local or remote, bound to local if
// that is valid. The host's lock is held.
func (h *Host) endpoint(transport tcpip.TransportProtocolNumber, network string, queue *waiter.Queue, local, remote netip.AddrPort) (tcpip.Endpoint, error) {
	family := remote.Addr()
	if !family.IsValid() {
		family = local.Addr()
	}
	if family.Is6() && h.opts.NoIPv6 {
		return nil, syscall.EAFNOSUPPORT
	}
	ep, terr := h.stack.NewEndpoint(transport, protocolOf(family), queue)
	if terr != nil {
		return nil, errorOf(terr)
	}
	so := ep.SocketOptions()
	so.SetBroadcast(true) // as package net does
	if family.Is6() {
		// [::] takes both families unless the network says 6, as in package net.
		dual := !remote.IsValid() && local.Addr().IsUnspecified() && network[len(network)-1] != '6'
		so.SetV6Only(!dual)
	}
	if local.IsValid() {
		if terr := ep.Bind(fullAddress(local)); terr != nil {
			ep.Close()
			return nil, errorOf(terr)
		}
	}
	return ep, nil
}

// fullAddress is gVisor's form; its unspecified address is the empty one.
func fullAddress(a netip.AddrPort) tcpip.FullAddress {
	f := tcpip.FullAddress{Port: a.Port()}
	if ip := a.Addr().Unmap(); ip.IsValid() && !ip.IsUnspecified() {
		f.Addr = addressOf(ip)
	}
	return f
}

// addrPortOf is the reverse. An unspecified local address gets the family's
// form of it, as package net shows it.
func addrPortOf(f tcpip.FullAddress, proto tcpip.NetworkProtocolNumber) netip.AddrPort {
	ip := netipOf(f.Addr)
	if !ip.IsValid() {
		ip = netip.IPv4Unspecified()
		if proto == ipv6.ProtocolNumber {
			ip = netip.IPv6Unspecified()
		}
	}
	return netip.AddrPortFrom(ip, f.Port)
}
