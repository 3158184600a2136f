package vnet

import (
	"encoding/binary"
	"net/netip"
)

// Neighbor Discovery messages (RFC 4861 §4) are ICMPv6 with a hop limit of 255,
// which proves that no router has forwarded them.
const (
	ndpSolicitation  = 135
	ndpAdvertisement = 136
	ndpLength        = 24 // type, code, checksum, flags, target
	ndpHopLimit      = 255

	ndpRouter    = 0x80 // flags of an advertisement
	ndpSolicited = 0x40
	ndpOverride  = 0x20

	ndpSourceLink = 1 // options
	ndpTargetLink = 2
)

var (
	allNodes   = netip.MustParseAddr("ff02::1")
	allRouters = netip.MustParseAddr("ff02::2")
)

// linkLocalOf is fe80::/64 with the interface identifier of RFC 4291 appendix A.
func linkLocalOf(mac [6]byte) netip.Addr {
	return netip.AddrFrom16([16]byte{
		0: 0xfe, 1: 0x80,
		8: mac[0] ^ 2, 9: mac[1], 10: mac[2], 11: 0xff, 12: 0xfe, 13: mac[3], 14: mac[4], 15: mac[5],
	})
}

// solicitedNode is the multicast address where the owner of a listens for
// solicitations (RFC 4291 §2.7.1).
func solicitedNode(a netip.Addr) netip.Addr {
	b := a.As16()
	return netip.AddrFrom16([16]byte{0: 0xff, 1: 0x02, 11: 1, 12: 0xff, 13: b[13], 14: b[14], 15: b[15]})
}

// multicastMAC is 33:33 and the last four octets (RFC 2464 §7).
func multicastMAC(a netip.Addr) [6]byte {
	b := a.As16()
	return [6]byte{0x33, 0x33, b[12], b[13], b[14], b[15]}
}

// listensTo reports whether an IPv6 multicast address is one of ours.
func (i *iface) listensTo(a netip.Addr) bool {
	if a == allNodes || a == allRouters || a == solicitedNode(i.linkLocal) {
		return true
	}
	for _, p := range i.addrs {
		if p.Addr().Is6() && a == solicitedNode(p.Addr()) {
			return true
		}
	}
	return false
}

// isNDP reports whether an ICMPv6 message is about neighbours.
func isNDP(m []byte) bool {
	return len(m) > 0 && (m[0] == ndpSolicitation || m[0] == ndpAdvertisement)
}

// linkOption finds a link address among the options; ok is false if the options
// are malformed, in which case the message counts for nothing (RFC 4861 §7.1).
func linkOption(options []byte, kind byte) (mac [6]byte, found, ok bool) {
	for len(options) > 0 {
		if len(options) < 2 || options[1] == 0 || len(options) < int(options[1])*8 {
			return mac, false, false
		}
		if options[0] == kind && options[1] == 1 {
			mac, found = [6]byte(options[2:8]), options[2]&1 == 0
		}
		options = options[int(options[1])*8:]
	}
	return mac, found, true
}

// receiveNDP takes a solicitation or an advertisement whose checksum is right.
func (i *iface) receiveNDP(p packet) {
	m := p.payload
	if p.hops != ndpHopLimit || len(m) < ndpLength || m[1] != 0 {
		return
	}
	target := netip.AddrFrom16([16]byte(m[8:24]))
	if target.IsMulticast() {
		return
	}
	kind := byte(ndpSourceLink)
	if m[0] == ndpAdvertisement {
		kind = ndpTargetLink
	}
	mac, found, ok := linkOption(m[ndpLength:], kind)
	if !ok {
		return
	}
	local := i.router.tables.Load().local
	if m[0] == ndpAdvertisement {
		// Never creates an entry (RFC 4861 §7.2.5). Without its option, and without
		// override for another address, it confirms nothing we would use.
		if found && local[target] == nil {
			i.confirm(target, mac, false, m[4]&ndpSolicited != 0)
		}
		return
	}
	if local[target] != i {
		return
	}
	if p.src.IsUnspecified() { // duplicate address detection: all shall hear (RFC 4861 §7.2.4)
		if !found {
			i.sendNDP(ndpAdvertisement, multicastMAC(allNodes), target, allNodes, target, ndpRouter|ndpOverride)
		}
		return
	}
	if local[p.src] != nil || p.src.Is4In6() || !p.src.IsLinkLocalUnicast() && !i.holds(p.src) {
		return
	}
	if found {
		i.confirm(p.src, mac, true, false)
	}
	// Answered like any packet: this asks for the address first if it must.
	f := i.ndpFrame(ndpAdvertisement, target, p.src, target, ndpRouter|ndpSolicited|ndpOverride)
	i.transmit(p.src, f)
}

func (i *iface) askNDP(a netip.Addr, at *[6]byte) {
	source, ok := i.sourceFor(a)
	if !ok {
		source = i.linkLocal
	}
	if at != nil {
		i.sendNDP(ndpSolicitation, *at, source, a, a, 0)
		return
	}
	group := solicitedNode(a)
	i.sendNDP(ndpSolicitation, multicastMAC(group), source, group, a, 0)
}

func (i *iface) sendNDP(kind byte, to [6]byte, src, dst, target netip.Addr, flags byte) {
	f := i.ndpFrame(kind, src, dst, target, flags)
	copy(f, to[:])
	i.port.segment.enter(i.port, f)
}

// ndpFrame makes a message with our link address as its option; the frame's
// destination is left open.
func (i *iface) ndpFrame(kind byte, src, dst, target netip.Addr, flags byte) []byte {
	f, m := newIPv6(src, dst, protocolICMPv6, ndpHopLimit, ndpLength+8)
	copy(f[6:], i.port.mac[:])
	m[0], m[4] = kind, flags
	t := target.As16()
	copy(m[8:], t[:])
	m[24], m[25] = ndpTargetLink, 1
	if kind == ndpSolicitation {
		m[24] = ndpSourceLink
	}
	copy(m[26:], i.port.mac[:])
	binary.BigEndian.PutUint16(m[2:], ^transportSum(src, dst, protocolICMPv6, m))
	return f
}
