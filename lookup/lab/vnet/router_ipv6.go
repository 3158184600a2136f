package vnet

import (
	"encoding/binary"
	"net/netip"

	"gvisor.dev/gvisor/pkg/tcpip/checksum"
)

const ipv6Header = 40

// parseIPv6 checks the fixed header (RFC 8200 §3).
func parseIPv6(b []byte) (packet, bool) {
	if len(b) < ipv6Header || b[0]>>4 != 6 {
		return packet{}, false
	}
	total := ipv6Header + int(binary.BigEndian.Uint16(b[4:]))
	if total > len(b) {
		return packet{}, false
	}
	p := packet{
		bytes:    b[:total],
		payload:  b[ipv6Header:total],
		src:      netip.AddrFrom16([16]byte(b[8:24])),
		dst:      netip.AddrFrom16([16]byte(b[24:40])),
		hops:     b[7],
		protocol: b[6],
	}
	// IPv4 inside IPv6 must not appear on a wire; netip treats it as another address.
	return p, !p.src.Is4In6() && !p.dst.Is4In6()
}

// receiveIPv6 forwards a packet or takes it in. Multicast is taken in only, for
// Neighbor Discovery.
func (i *iface) receiveIPv6(f []byte, unicast bool) {
	r := i.router
	p, ok := parseIPv6(f[ethernetHeader:])
	if !ok {
		r.tell(Malformed, i, packet{}, route{})
		return
	}
	if p.src.IsMulticast() || p.src.IsLoopback() || p.dst.IsLoopback() || p.dst.IsUnspecified() {
		r.tell(Martian, i, p, route{}) // RFC 4291 §2.5.3, §2.7
		return
	}
	if p.dst.IsMulticast() {
		if p.protocol == protocolICMPv6 && i.listensTo(p.dst) {
			i.takeIPv6(p)
		}
		return
	}
	if !unicast {
		return
	}
	t := r.tables.Load()
	if at := t.local[p.dst]; at != nil && (at == i || !p.dst.IsLinkLocalUnicast()) {
		if p.protocol != protocolICMPv6 || !isNDP(p.payload) {
			r.tell(Delivered, i, p, route{})
		}
		i.takeIPv6(p)
		return
	}
	if t.local[p.src] != nil || p.src.IsUnspecified() || p.dst.IsLinkLocalUnicast() {
		r.tell(Martian, i, p, route{}) // RFC 4291 §2.5.2, §2.5.6
		return
	}
	if p.src.IsLinkLocalUnicast() {
		r.tell(Martian, i, p, route{})
		i.errorIPv6(p, icmp6Unreachable, icmp6BeyondScope, 0)
		return
	}
	if p.hops <= 1 { // RFC 4443 §3.3
		r.tell(TimeExceeded, i, p, route{})
		i.errorIPv6(p, icmp6TimeExceeded, 0, 0)
		return
	}
	rt, ok := t.fib.lookup(p.dst)
	if !ok {
		r.tell(NoRoute, i, p, route{})
		i.errorIPv6(p, icmp6Unreachable, icmp6NoRoute, 0)
		return
	}
	if mtu := rt.out.port.mtu; len(p.bytes) > mtu { // routers never fragment (RFC 8200 §4.5)
		r.tell(TooBig, i, p, rt)
		i.errorIPv6(p, icmp6PacketTooBig, 0, uint32(mtu))
		return
	}
	r.tell(Forwarded, i, p, rt)
	out := make([]byte, ethernetHeader+len(p.bytes))
	binary.BigEndian.PutUint16(out[12:], typeIPv6)
	copy(out[ethernetHeader:], p.bytes)
	out[ethernetHeader+7]--
	next := rt.via
	if !next.IsValid() {
		next = p.dst
	}
	rt.out.transmit(next, out)
}

// upperLayer finds the protocol and its octets behind the extension headers. ok
// is false if they do not parse or if this is not the first fragment.
func (p packet) upperLayer() (protocol uint8, b []byte, ok bool) {
	const hopByHop, routing, fragment, destination = 0, 43, 44, 60
	protocol, b = p.protocol, p.payload
	for range 8 { // more extension headers are nobody's honest packet
		var size int
		switch protocol {
		case hopByHop, routing, destination:
			if len(b) < 8 {
				return 0, nil, false
			}
			size = 8 + int(b[1])*8
		case fragment:
			if len(b) < 8 || binary.BigEndian.Uint16(b[2:])&^7 != 0 {
				return 0, nil, false
			}
			size = 8
		default:
			return protocol, b, true
		}
		if len(b) < size {
			return 0, nil, false
		}
		protocol, b = b[0], b[size:]
	}
	return 0, nil, false
}

// newIPv6 makes a frame for a packet with size octets after the fixed header.
func newIPv6(src, dst netip.Addr, protocol, hops uint8, size int) (frame, payload []byte) {
	frame = make([]byte, ethernetHeader+ipv6Header+size)
	binary.BigEndian.PutUint16(frame[12:], typeIPv6)
	ip := frame[ethernetHeader:]
	ip[0] = 6 << 4
	binary.BigEndian.PutUint16(ip[4:], uint16(size))
	ip[6], ip[7] = protocol, hops
	s, d := src.As16(), dst.As16()
	copy(ip[8:], s[:])
	copy(ip[24:], d[:])
	return frame, ip[ipv6Header:]
}

// newIPv4 makes a frame for a packet with size octets after the header.
func newIPv4(src, dst netip.Addr, protocol, hops uint8, size int) (frame, payload []byte) {
	frame = make([]byte, ethernetHeader+ipv4Header+size)
	binary.BigEndian.PutUint16(frame[12:], typeIPv4)
	ip := frame[ethernetHeader:]
	ip[0] = 4<<4 | ipv4Header/4
	binary.BigEndian.PutUint16(ip[2:], uint16(ipv4Header+size))
	ip[8], ip[9] = hops, protocol
	s, d := src.As4(), dst.As4()
	copy(ip[12:], s[:])
	copy(ip[16:], d[:])
	binary.BigEndian.PutUint16(ip[10:], ^checksum.Checksum(ip[:ipv4Header], 0))
	return frame, ip[ipv4Header:]
}

// transportSum is the checksum over the pseudo header (RFC 9293 §3.1, RFC 8200
// §8.1) and b: 0xffff for correct data, and the complement of what to
// put in where the field is 0.
func transportSum(src, dst netip.Addr, protocol uint8, b []byte) uint16 {
	s, d := src.As16(), dst.As16()
	from := 0
	if src.Is4() { // the last four octets; what comes before is not part of it
		from = 12
	}
	sum := checksum.Checksum(s[from:], 0)
	sum = checksum.Checksum(d[from:], sum)
	sum = checksum.Combine(sum, uint16(protocol))
	sum = checksum.Combine(sum, uint16(len(b)>>16))
	sum = checksum.Combine(sum, uint16(len(b)))
	return checksum.Checksum(b, sum)
}
