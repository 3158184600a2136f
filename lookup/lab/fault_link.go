package lab

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/lab/vnet"
)

// link is a wire of the lab as it was planned, and the port that has it.
type link struct {
	port *vnet.Port
	base time.Duration // one way
}

// impair makes a link do what its faults say, and keeps queries from reaching
// the addresses of programs that hear and say nothing.
func (k *link) impair(list []lookup.Fault, silent []netip.Addr) {
	i := vnet.Impairment{Delay: k.base}
	var families []uint16 // by Ethernet type
	for _, f := range list {
		share := float64(f.Amount) / 100
		switch f.Kind {
		case lookup.FaultDown:
			i.Down = true
		case lookup.FaultLoss:
			i.Loss = share
		case lookup.FaultDelay:
			i.Delay += time.Duration(f.Amount) * time.Millisecond
		case lookup.FaultDuplicate:
			i.Duplicate = share
		case lookup.FaultReorder:
			i.Reorder = share
		case lookup.FaultNoIPv6:
			families = append(families, 0x86dd)
		case lookup.FaultNoIPv4:
			families = append(families, 0x0800)
		}
	}
	if len(families) > 0 {
		i.Drop = func(frame []byte) bool { return ofFamily(frame, families) }
	}
	k.port.SetTx(i)
	if len(silent) > 0 {
		i.Drop = func(frame []byte) bool { return dnsQueryTo(frame, silent) || ofFamily(frame, families) }
	}
	k.port.SetRx(i)
}

// ofFamily reports whether a frame is one of some families. Neighbour discovery, as
// ARP, is not meant: the machines on the link know each other.
func ofFamily(frame []byte, families []uint16) bool {
	if len(frame) < 14 || !slices.Contains(families, binary.BigEndian.Uint16(frame[12:])) {
		return false
	}
	return !(frame[12] == 0x86 && len(frame) > 54 && frame[20] == 58 && frame[54] >= 133 && frame[54] <= 137)
}

// dnsQueryTo reports whether a frame carries UDP or TCP to port 53 of one of
// the addresses.
func dnsQueryTo(frame []byte, addrs []netip.Addr) bool {
	if len(frame) < 14 {
		return false
	}
	var to netip.Addr
	var protocol byte
	packet := frame[14:]
	switch binary.BigEndian.Uint16(frame[12:]) {
	case 0x0800:
		if len(packet) < 20 {
			return false
		}
		head := int(packet[0]&15) * 4
		to, protocol = netip.AddrFrom4([4]byte(packet[16:20])), packet[9]
		if len(packet) < head {
			return false
		}
		packet = packet[head:]
	case 0x86dd:
		if len(packet) < 40 {
			return false
		}
		to, protocol = netip.AddrFrom16([16]byte(packet[24:40])), packet[6]
		packet = packet[40:]
	}
	return (protocol == 17 || protocol == 6) && len(packet) >= 4 && binary.BigEndian.Uint16(packet[2:]) == 53 && slices.Contains(addrs, to)
}
