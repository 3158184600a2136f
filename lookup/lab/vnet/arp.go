package vnet

import (
	"encoding/binary"
	"net/netip"
)

// An ARP packet for IPv4 over Ethernet (RFC 826): hardware type, protocol type,
// two lengths, operation, then sender and target, link and network address.
const (
	arpLength  = 28
	arpRequest = 1
	arpReply   = 2
)

var arpKind = [6]byte{0, 1, 0x08, 0x00, 6, 4}

// receiveARP merges the sender into the cache and answers for own addresses.
func (i *iface) receiveARP(f []byte) {
	if len(f) < ethernetHeader+arpLength {
		return
	}
	a := f[ethernetHeader:]
	if [6]byte(a[:6]) != arpKind {
		return
	}
	op := binary.BigEndian.Uint16(a[6:])
	mac := [6]byte(a[8:14])
	sender, target := netip.AddrFrom4([4]byte(a[14:18])), netip.AddrFrom4([4]byte(a[24:28]))
	local := i.router.tables.Load().local
	mine := local[target] == i
	// Not learned: group link addresses, addresses that are not on this link,
	// and anyone who claims ours. A probe (RFC 5227) has no sender address.
	if mac[0]&1 == 0 && local[sender] == nil && i.holds(sender) {
		i.confirm(sender, mac, mine, mine) // who asks us is there, and will hear us
	}
	if op == arpRequest && mine {
		i.sendARP(arpReply, mac, target, sender, mac)
	}
}

func (i *iface) askARP(a netip.Addr, at *[6]byte) {
	source, ok := i.sourceFor(a)
	if !ok {
		return
	}
	to := [6]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	if at != nil {
		to = *at
	}
	i.sendARP(arpRequest, to, source, a, [6]byte{})
}

func (i *iface) sendARP(op uint16, to [6]byte, sender, target netip.Addr, targetMAC [6]byte) {
	f := make([]byte, ethernetHeader+arpLength)
	copy(f, to[:])
	copy(f[6:], i.port.mac[:])
	binary.BigEndian.PutUint16(f[12:], typeARP)
	a := f[ethernetHeader:]
	copy(a, arpKind[:])
	binary.BigEndian.PutUint16(a[6:], op)
	copy(a[8:], i.port.mac[:])
	s, t := sender.As4(), target.As4()
	copy(a[14:], s[:])
	copy(a[18:], targetMAC[:])
	copy(a[24:], t[:])
	i.port.segment.enter(i.port, f)
}
