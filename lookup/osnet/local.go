package osnet

import (
	"net"
	"net/netip"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// tellLocal makes a socket say which address of this machine a datagram came
// to (RFC 3542 §6.2 and its like for IPv4). It returns nil where the system cannot.
func tellLocal(c *net.UDPConn, is4 bool) localTeller {
	if is4 {
		p := ipv4.NewPacketConn(c)
		if p.SetControlMessage(ipv4.FlagDst|ipv4.FlagInterface, true) != nil {
			return nil
		}
		return local4{p}
	}
	p := ipv6.NewPacketConn(c)
	if p.SetControlMessage(ipv6.FlagDst|ipv6.FlagInterface, true) != nil {
		return nil
	}
	return local6{p}
}

type local4 struct{ p *ipv4.PacketConn }

func (l local4) read(b []byte) (int, netip.AddrPort, netip.Addr, error) {
	n, cm, from, err := l.p.ReadFrom(b)
	if err != nil {
		return n, netip.AddrPort{}, netip.Addr{}, err
	}
	var at netip.Addr
	if cm != nil {
		at, _ = netip.AddrFromSlice(cm.Dst)
	}
	return n, from.(*net.UDPAddr).AddrPort(), at.Unmap(), nil
}

func (l local4) write(b []byte, to netip.AddrPort, at netip.Addr) (int, error) {
	var cm *ipv4.ControlMessage
	if at.IsValid() {
		cm = &ipv4.ControlMessage{Src: at.AsSlice()}
	}
	return l.p.WriteTo(b, cm, net.UDPAddrFromAddrPort(to))
}

type local6 struct{ p *ipv6.PacketConn }

func (l local6) read(b []byte) (int, netip.AddrPort, netip.Addr, error) {
	n, cm, from, err := l.p.ReadFrom(b)
	if err != nil {
		return n, netip.AddrPort{}, netip.Addr{}, err
	}
	var at netip.Addr
	if cm != nil {
		at, _ = netip.AddrFromSlice(cm.Dst)
	}
	return n, from.(*net.UDPAddr).AddrPort(), at, nil
}

func (l local6) write(b []byte, to netip.AddrPort, at netip.Addr) (int, error) {
	var cm *ipv6.ControlMessage
	if at.IsValid() {
		cm = &ipv6.ControlMessage{Src: at.AsSlice()}
	}
	return l.p.WriteTo(b, cm, net.UDPAddrFromAddrPort(to))
}
