package vnet

import (
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// The pinned gVisor tells its sockets about ICMPv6 "no route" and "port
// unreachable" only. "Address unreachable", which a router sends for a dead
// host, would leave a dial waiting for its timeout, where over IPv4 it fails at
// once. So the adapter hands this one to the sockets itself.

type addressUnreachable struct{}

var _ stack.TransportError = addressUnreachable{}

func (addressUnreachable) Origin() tcpip.SockErrOrigin { return tcpip.SockExtErrorOriginICMP6 }
func (addressUnreachable) Type() uint8                 { return icmp6Unreachable }
func (addressUnreachable) Code() uint8                 { return icmp6AddressUnreachable }
func (addressUnreachable) Info() uint32                { return 0 }
func (addressUnreachable) Kind() stack.TransportErrorKind {
	return stack.DestinationHostUnreachableTransportError
}

// tellUnreachable hands an ICMPv6 address unreachable in frame to the sockets.
func tellUnreachable(card stack.NetworkDispatcher, frame []byte) {
	const kind, code = ethernetHeader + ipv6Header, ethernetHeader + ipv6Header + 1
	if len(frame) <= code || frame[kind] != icmp6Unreachable || frame[code] != icmp6AddressUnreachable {
		return
	}
	sockets, ok := card.(stack.TransportDispatcher)
	if !ok {
		return
	}
	p, ok := parseIPv6(frame[ethernetHeader:])
	if !ok || p.protocol != protocolICMPv6 || len(p.payload) < icmpHeader+ipv6Header ||
		transportSum(p.src, p.dst, protocolICMPv6, p.payload) != 0xffff {
		return
	}
	// What we once sent, maybe cut off, so its length is not checked.
	sent := header.IPv6(p.payload[icmpHeader:])
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(sent[ipv6Header:])})
	defer pkt.DecRef()
	pkt.NetworkProtocolNumber = header.IPv6ProtocolNumber
	sockets.DeliverTransportError(sent.SourceAddress(), sent.DestinationAddress(), header.IPv6ProtocolNumber,
		tcpip.TransportProtocolNumber(sent.NextHeader()), addressUnreachable{}, pkt)
}
