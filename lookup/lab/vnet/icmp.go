package vnet

import (
	"encoding/binary"
	"net/netip"
	"sync"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/checksum"
)

// ICMP for IPv4 (RFC 792) and IPv6 (RFC 4443).
const (
	icmpEchoReply           = 0
	icmpUnreachable         = 3
	icmpNetUnreachable      = 0
	icmpHostUnreachable     = 1
	icmpProtocolUnreachable = 2
	icmpPortUnreachable     = 3
	icmpFragmentationNeeded = 4
	icmpSourceQuench        = 4
	icmpRedirect            = 5
	icmpEcho                = 8
	icmpTimeExceeded        = 11
	icmpParameterProblem    = 12

	icmp6Unreachable        = 1
	icmp6NoRoute            = 0
	icmp6BeyondScope        = 2
	icmp6AddressUnreachable = 3
	icmp6PortUnreachable    = 4
	icmp6PacketTooBig       = 2
	icmp6TimeExceeded       = 3
	icmp6ParameterProblem   = 4
	icmp6UnknownNextHeader  = 1
	icmp6Informational      = 128 // from here on not errors
	icmp6Echo               = 128
	icmp6EchoReply          = 129

	icmpHeader = 8
	ownHops    = 64 // TTL and hop limit of what a router sends itself

	// A router limits its errors (RFC 1812 §4.3.2.8, RFC 4443 §2.4 f). Enough for
	// a class that runs traceroute at once.
	icmpErrorsPerSecond = 200
	icmpErrorBurst      = 100
)

// tokenBucket allows a burst, then a rate.
type tokenBucket struct {
	mu      sync.Mutex
	perSec  float64
	burst   float64
	tokens  float64
	updated time.Duration
}

func (b *tokenBucket) init(perSec, burst float64) {
	b.perSec, b.burst, b.tokens = perSec, burst, burst
}

func (b *tokenBucket) take(now time.Duration) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now > b.updated {
		b.tokens = min(b.burst, b.tokens+(now-b.updated).Seconds()*b.perSec)
		b.updated = now
	}
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

// SetICMPErrorLimit sets how many ICMP errors the router sends, in a burst and
// per second; both families share it. The limits are 200 per second and a burst
// of 100 at first.
func (r *Router) SetICMPErrorLimit(perSecond, burst float64) {
	r.errors.mu.Lock()
	defer r.errors.mu.Unlock()
	r.errors.init(max(perSecond, 0), max(burst, 0))
}

// errorIPv4 tells the sender of p what went wrong. Nothing is said about
// errors, later fragments and packets that did not come from one host
// (RFC 1812 §4.3.2.7); p came as a link unicast.
func (i *iface) errorIPv4(p packet, kind, code byte, rest uint32) {
	r := i.router
	if martian4(p.src) || martian4(p.dst) || binary.BigEndian.Uint16(p.bytes[6:])&0x1fff != 0 {
		return
	}
	if rt, ok := r.tables.Load().fib.lookup(p.src); !ok || !rt.via.IsValid() && lastOf(rt.prefix) == p.src {
		return
	}
	if p.protocol == protocolICMP {
		if len(p.payload) == 0 {
			return
		}
		switch p.payload[0] {
		case icmpUnreachable, icmpSourceQuench, icmpRedirect, icmpTimeExceeded, icmpParameterProblem:
			return
		}
	}
	from, ok := i.sourceFor(p.src)
	if !ok || !r.errors.take(r.net.now()) {
		return
	}
	const most = 576 - ipv4Header - icmpHeader // RFC 1812 §4.3.2.3
	quoted := p.bytes[:min(len(p.bytes), most)]
	f, m := newIPv4(from, p.src, protocolICMP, ownHops, icmpHeader+len(quoted))
	m[0], m[1] = kind, code
	binary.BigEndian.PutUint32(m[4:], rest)
	copy(m[icmpHeader:], quoted)
	binary.BigEndian.PutUint16(m[2:], ^checksum.Checksum(m, 0))
	r.originate(p.src, f)
}

// errorIPv6 is the same for IPv6 (RFC 4443 §2.4).
func (i *iface) errorIPv6(p packet, kind, code byte, rest uint32) {
	r := i.router
	if p.src.IsUnspecified() || p.src.IsMulticast() || p.dst.IsMulticast() {
		return
	}
	protocol, b, ok := p.upperLayer()
	if ok && protocol == protocolICMPv6 && (len(b) == 0 || b[0] < icmp6Informational) {
		return
	}
	if !ok && kind != icmp6PacketTooBig { // a later fragment, or nothing that parses
		return
	}
	from, ok := i.sourceFor(p.src)
	if !ok || !r.errors.take(r.net.now()) {
		return
	}
	const most = 1280 - ipv6Header - icmpHeader
	quoted := p.bytes[:min(len(p.bytes), most)]
	f, m := newIPv6(from, p.src, protocolICMPv6, ownHops, icmpHeader+len(quoted))
	m[0], m[1] = kind, code
	binary.BigEndian.PutUint32(m[4:], rest)
	copy(m[icmpHeader:], quoted)
	binary.BigEndian.PutUint16(m[2:], ^transportSum(from, p.src, protocolICMPv6, m))
	if p.src.IsLinkLocalUnicast() { // the fib has no link-local routes
		i.transmit(p.src, f)
		return
	}
	r.originate(p.src, f)
}

// unreachable gives up a frame whose next hop did not answer. It may be one of
// the router's own.
func (i *iface) unreachable(f []byte) {
	r := i.router
	ip := f[ethernetHeader:]
	p, ok := parseIPv4(ip)
	if !ok {
		p, ok = parseIPv6(ip)
	}
	t := r.tables.Load()
	if !ok || t.local[p.src] != nil {
		return
	}
	rt, _ := t.fib.lookup(p.dst)
	r.tell(HostUnreachable, nil, p, rt)
	back, ok := t.fib.lookup(p.src)
	if !ok {
		return
	}
	if p.src.Is4() {
		back.out.errorIPv4(p, icmpUnreachable, icmpHostUnreachable, 0)
		return
	}
	back.out.errorIPv6(p, icmp6Unreachable, icmp6AddressUnreachable, 0)
}

// takeIPv4 is for packets to the router. It does not reassemble: fragments end here.
func (i *iface) takeIPv4(p packet) {
	if binary.BigEndian.Uint16(p.bytes[6:])&0x3fff != 0 {
		return
	}
	switch p.protocol {
	case protocolICMP:
		if len(p.payload) < icmpHeader || p.payload[0] != icmpEcho || checksum.Checksum(p.payload, 0) != 0xffff {
			return
		}
		f, m := newIPv4(p.dst, p.src, protocolICMP, ownHops, len(p.payload))
		copy(m, p.payload)
		m[0], m[2], m[3] = icmpEchoReply, 0, 0
		binary.BigEndian.PutUint16(m[2:], ^checksum.Checksum(m, 0))
		i.router.originate(p.src, f)
	case protocolTCP:
		i.refuse(p, p.payload)
	case protocolUDP:
		if udpIntact(p.src, p.dst, p.payload) {
			i.errorIPv4(p, icmpUnreachable, icmpPortUnreachable, 0)
		}
	default:
		i.errorIPv4(p, icmpUnreachable, icmpProtocolUnreachable, 0)
	}
}

// takeIPv6 is for packets to the router, and multicast.
func (i *iface) takeIPv6(p packet) {
	protocol, b, ok := p.upperLayer()
	if !ok {
		return
	}
	switch protocol {
	case protocolICMPv6:
		if len(b) < icmpHeader || transportSum(p.src, p.dst, protocolICMPv6, b) != 0xffff {
			return
		}
		switch {
		case isNDP(b):
			if p.protocol == protocolICMPv6 { // not behind extension headers (RFC 6980)
				i.receiveNDP(p)
			}
		case b[0] == icmp6Echo && !p.dst.IsMulticast() && !p.src.IsUnspecified():
			i.echoIPv6(p.dst, p.src, b)
		case b[0] < icmp6Informational: // somebody's error about us
		}
	case protocolTCP:
		i.refuse(p, b)
	case protocolUDP:
		if udpIntact(p.src, p.dst, b) {
			i.errorIPv6(p, icmp6Unreachable, icmp6PortUnreachable, 0)
		}
	default:
		// The pointer to the next header field is exact only without extension
		// headers; with them the router keeps silent.
		if protocol == p.protocol {
			const nextHeaderField = 6
			i.errorIPv6(p, icmp6ParameterProblem, icmp6UnknownNextHeader, nextHeaderField)
		}
	}
}

func (i *iface) echoIPv6(from, to netip.Addr, request []byte) {
	f, m := newIPv6(from, to, protocolICMPv6, ownHops, len(request))
	copy(m, request)
	m[0], m[2], m[3] = icmp6EchoReply, 0, 0
	binary.BigEndian.PutUint16(m[2:], ^transportSum(from, to, protocolICMPv6, m))
	if to.IsLinkLocalUnicast() {
		i.transmit(to, f)
		return
	}
	i.router.originate(to, f)
}

// udpIntact checks length and checksum; over IPv4 the sender may omit the sum
// (RFC 768).
func udpIntact(src, dst netip.Addr, b []byte) bool {
	if len(b) < 8 || int(binary.BigEndian.Uint16(b[4:])) != len(b) {
		return false
	}
	return src.Is4() && b[6] == 0 && b[7] == 0 || transportSum(src, dst, protocolUDP, b) == 0xffff
}

// refuse answers a TCP segment to a router with a reset: it has no TCP, so every
// port is closed (RFC 9293 §3.10.7.1).
func (i *iface) refuse(p packet, b []byte) {
	const fin, syn, rst, ack, tcpHeader = 1, 2, 4, 16, 20
	r := i.router
	if len(b) < tcpHeader || transportSum(p.src, p.dst, protocolTCP, b) != 0xffff {
		return
	}
	header := int(b[12]>>4) * 4
	if header < tcpHeader || header > len(b) || b[13]&rst != 0 || !r.errors.take(r.net.now()) {
		return
	}
	var f, m []byte
	if p.src.Is4() {
		f, m = newIPv4(p.dst, p.src, protocolTCP, ownHops, tcpHeader)
	} else {
		f, m = newIPv6(p.dst, p.src, protocolTCP, ownHops, tcpHeader)
	}
	copy(m, b[2:4])
	copy(m[2:], b[:2])
	m[12] = tcpHeader / 4 << 4
	if b[13]&ack != 0 {
		copy(m[4:], b[8:12])
		m[13] = rst
	} else {
		length := uint32(len(b) - header)
		for _, flag := range []byte{syn, fin} { // each counts as one octet
			if b[13]&flag != 0 {
				length++
			}
		}
		binary.BigEndian.PutUint32(m[8:], binary.BigEndian.Uint32(b[4:])+length)
		m[13] = rst | ack
	}
	binary.BigEndian.PutUint16(m[16:], ^transportSum(p.dst, p.src, protocolTCP, m))
	if p.src.Is6() && p.src.IsLinkLocalUnicast() {
		i.transmit(p.src, f)
		return
	}
	r.originate(p.src, f)
}
