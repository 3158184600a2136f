package vnet

import (
	"encoding/binary"
	"net/netip"

	"gvisor.dev/gvisor/pkg/tcpip/checksum"
)

const ipv4Header = 20 // without options

// IP protocol numbers.
const (
	protocolICMP   = 1
	protocolTCP    = 6
	protocolUDP    = 17
	protocolICMPv6 = 58
)

// parseIPv4 checks what RFC 1812 §5.2.2 requires.
func parseIPv4(b []byte) (packet, bool) {
	if len(b) < ipv4Header || b[0]>>4 != 4 {
		return packet{}, false
	}
	header, total := int(b[0]&15)*4, int(binary.BigEndian.Uint16(b[2:]))
	if header < ipv4Header || total < header || total > len(b) || checksum.Checksum(b[:header], 0) != 0xffff {
		return packet{}, false
	}
	return packet{
		bytes:    b[:total],
		payload:  b[header:total],
		src:      netip.AddrFrom4([4]byte(b[12:16])),
		dst:      netip.AddrFrom4([4]byte(b[16:20])),
		hops:     b[8],
		protocol: b[9],
	}, true
}

// martian4 reports addresses that a router must not forward (RFC 1812 §4.2.2.11,
// §5.3.7): this network, loopback, multicast and the reserved class E with the
// limited broadcast; as a source also.
func martian4(a netip.Addr) bool {
	first := a.As4()[0]
	return first == 0 || first == 127 || first >= 224
}

// receiveIPv4 forwards a packet or takes it in.
func (i *iface) receiveIPv4(f []byte) {
	r := i.router
	p, ok := parseIPv4(f[ethernetHeader:])
	if !ok {
		r.tell(Malformed, i, packet{}, route{})
		return
	}
	t := r.tables.Load()
	if martian4(p.src) || martian4(p.dst) || t.local[p.src] != nil || p.src.IsLinkLocalUnicast() || p.dst.IsLinkLocalUnicast() {
		r.tell(Martian, i, p, route{}) // RFC 3927 §2.7 for link-local
		return
	}
	if t.local[p.dst] != nil {
		r.tell(Delivered, i, p, route{})
		i.takeIPv4(p)
		return
	}
	if p.hops <= 1 { // RFC 1812 §5.3.1: not forwarded with a TTL of 0
		r.tell(TimeExceeded, i, p, route{})
		i.errorIPv4(p, icmpTimeExceeded, 0, 0)
		return
	}
	rt, ok := t.fib.lookup(p.dst)
	if !ok {
		r.tell(NoRoute, i, p, route{})
		i.errorIPv4(p, icmpUnreachable, icmpNetUnreachable, 0)
		return
	}
	if !rt.via.IsValid() && lastOf(rt.prefix) == p.dst {
		r.tell(Martian, i, p, rt) // a directed broadcast (RFC 2644 §2)
		return
	}
	const dontFragment = 0x40
	if mtu := rt.out.port.mtu; len(p.bytes) > mtu {
		if p.bytes[6]&dontFragment != 0 {
			r.tell(TooBig, i, p, rt)
			i.errorIPv4(p, icmpUnreachable, icmpFragmentationNeeded, uint32(mtu))
			return
		}
		r.tell(Forwarded, i, p, rt)
		for _, piece := range fragment4(p.bytes, mtu) {
			rt.out.forward4(p.dst, rt, piece)
		}
		return
	}
	r.tell(Forwarded, i, p, rt)
	out := make([]byte, ethernetHeader+len(p.bytes)) // the one copy: frames never change
	copy(out[ethernetHeader:], p.bytes)
	rt.out.forward4(p.dst, rt, out)
}

// forward4 counts the TTL down in out, which is ours, and sends it. The header
// checksum is updated, not computed (RFC 1624 eqn. 3), so that an error in the
// header stays visible; the transport checksum is the end hosts' affair.
func (i *iface) forward4(dst netip.Addr, rt route, out []byte) {
	binary.BigEndian.PutUint16(out[12:], typeIPv4)
	ip := out[ethernetHeader:]
	was := binary.BigEndian.Uint16(ip[8:])
	ip[8]--
	binary.BigEndian.PutUint16(ip[10:], updatedChecksum(binary.BigEndian.Uint16(ip[10:]), was, binary.BigEndian.Uint16(ip[8:])))
	next := rt.via
	if !next.IsValid() {
		next = dst
	}
	i.transmit(next, out)
}

// updatedChecksum is HC' = ~(~HC + ~m + m') (RFC 1624 eqn. 3).
func updatedChecksum(sum, was, is uint16) uint16 {
	c := uint32(^sum) + uint32(^was) + uint32(is)
	c = c>>16 + c&0xffff
	return ^uint16(c>>16 + c)
}

// lastOf is the directed broadcast address of an IPv4 prefix; prefixes longer
// than 30 bits have none (RFC 3021), and get the zero Addr.
func lastOf(p netip.Prefix) netip.Addr {
	if !p.Addr().Is4() || p.Bits() > 30 {
		return netip.Addr{}
	}
	a := p.Addr().As4()
	binary.BigEndian.PutUint32(a[:], binary.BigEndian.Uint32(a[:])|^uint32(0)>>p.Bits())
	return netip.AddrFrom4(a)
}

// fragment4 cuts a packet into frames whose packets fit mtu (RFC 791 §3.2).
func fragment4(ip []byte, mtu int) [][]byte {
	const moreFragments = 0x2000
	first := ip[:int(ip[0]&15)*4]
	later := copiedOptions(first)
	rest := ip[len(first):]
	flags := binary.BigEndian.Uint16(ip[6:])
	offset := int(flags&0x1fff) * 8
	more := flags&moreFragments != 0
	var frames [][]byte
	for header := first; len(rest) > 0; header = later {
		size := min((mtu-len(header))&^7, len(rest))
		f := make([]byte, ethernetHeader+len(header)+size)
		h := f[ethernetHeader:]
		copy(h, header)
		copy(h[len(header):], rest[:size])
		rest = rest[size:]
		word := uint16(offset / 8)
		if more || len(rest) > 0 {
			word |= moreFragments
		}
		offset += size
		binary.BigEndian.PutUint16(h[2:], uint16(len(header)+size))
		binary.BigEndian.PutUint16(h[6:], word)
		h[10], h[11] = 0, 0
		binary.BigEndian.PutUint16(h[10:], ^checksum.Checksum(h[:len(header)], 0))
		frames = append(frames, f)
	}
	return frames
}

// copiedOptions is the header for all fragments but the first: only options
// with the copied flag stay (RFC 791 §3.1).
func copiedOptions(header []byte) []byte {
	out := append([]byte(nil), header[:ipv4Header]...)
	for o := header[ipv4Header:]; len(o) > 0 && o[0] != 0; {
		n := 1
		if o[0] != 1 { // not a no-operation: it has a length
			if len(o) < 2 || o[1] < 2 || int(o[1]) > len(o) {
				break
			}
			n = int(o[1])
		}
		if o[0]&0x80 != 0 {
			out = append(out, o[:n]...)
		}
		o = o[n:]
	}
	for len(out)%4 != 0 {
		out = append(out, 0)
	}
	out[0] = 0x40 | byte(len(out)/4)
	return out
}
