package socket

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"rootwalk/lookup"
)

// Bounds of what is kept of a packet, in octets.
const keptPayload = 256

// Flags of a TCP header (RFC 9293 §3.1).
const (
	flagFIN = 1 << iota
	flagSYN
	flagRST
	flagPSH
	flagACK
	flagURG
	flagECE
	flagCWR
)

// parsed is a packet with what only this package needs of it.
type parsed struct {
	lookup.Packet
	flags   byte
	scale   int // of a window scale option, -1 for none
	broken  bool
	quoted  *parsed // of an ICMP error: the packet it is about
	payload []byte
}

// parse reads an Ethernet frame with IP in it; nil where it is no TCP, UDP or
// ICMP error, or is cut short. Addresses of ICMP have port 0.
func parse(frame []byte) *parsed {
	if len(frame) < 14 {
		return nil
	}
	switch binary.BigEndian.Uint16(frame[12:]) {
	case 0x0800, 0x86dd:
		return parseIP(frame[14:], false)
	}
	return nil
}

// parseIP reads an IP packet; one that is quoted in an ICMP error may be cut.
func parseIP(b []byte, quoted bool) *parsed {
	if len(b) < 20 {
		return nil
	}
	var src, dst netip.Addr
	var protocol byte
	var head, ttl int
	switch b[0] >> 4 {
	case 4:
		head = int(b[0]&15) * 4
		if head < 20 || len(b) < head || binary.BigEndian.Uint16(b[6:])&0x1fff != 0 { // later fragments have no ports
			return nil
		}
		if total := int(binary.BigEndian.Uint16(b[2:])); total >= head && total < len(b) {
			b = b[:total] // padding of short frames
		}
		src, dst = netip.AddrFrom4([4]byte(b[12:16])), netip.AddrFrom4([4]byte(b[16:20]))
		protocol, ttl = b[9], int(b[8])
	case 6:
		if head = 40; len(b) < head {
			return nil
		}
		if total := head + int(binary.BigEndian.Uint16(b[4:])); total < len(b) {
			b = b[:total]
		}
		src, dst = netip.AddrFrom16([16]byte(b[8:24])), netip.AddrFrom16([16]byte(b[24:40]))
		protocol, ttl = b[6], int(b[7])
	default:
		return nil
	}
	p := &parsed{scale: -1}
	p.TTL = ttl
	p.Src, p.Dst = netip.AddrPortFrom(src, 0), netip.AddrPortFrom(dst, 0)
	body := b[head:]
	ports := func() {
		p.Src = netip.AddrPortFrom(src, binary.BigEndian.Uint16(body))
		p.Dst = netip.AddrPortFrom(dst, binary.BigEndian.Uint16(body[2:]))
	}
	switch protocol {
	case 6:
		p.Protocol = "tcp"
		if quoted {
			if len(body) < 8 {
				return nil
			}
			ports()
			p.Seq = binary.BigEndian.Uint32(body[4:])
			return p
		}
		if len(body) < 20 {
			return nil
		}
		offset := int(body[12]>>4) * 4
		if offset < 20 || offset > len(body) {
			return nil
		}
		ports()
		p.tcp(body, offset)
		p.Header, p.payload = clone(b[:head+offset]), body[offset:]
		p.broken = checksum(src, dst, 6, body) != 0
	case 17:
		if len(body) < 8 {
			return nil
		}
		p.Protocol = "udp"
		ports()
		p.Header, p.payload = clone(b[:min(head+8, len(b))]), body[8:]
		p.broken = !quoted && binary.BigEndian.Uint16(body[6:]) != 0 && checksum(src, dst, 17, body) != 0
	case 1, 58:
		if len(body) < 8 || quoted {
			return nil
		}
		if p.Text = icmpText(protocol, body[0], body[1]); p.Text == "" {
			return nil
		}
		p.Protocol = "icmp"
		p.Header = clone(b[:head+8])
		if p.quoted = parseIP(body[8:], true); p.quoted == nil {
			return nil
		}
	default:
		return nil
	}
	p.Length = len(p.payload)
	p.Payload = clone(p.payload[:min(len(p.payload), keptPayload)])
	return p
}

func clone(b []byte) []byte { return append([]byte(nil), b...) }

// tcp reads a TCP header whose options end at offset.
func (p *parsed) tcp(b []byte, offset int) {
	p.Seq, p.flags = binary.BigEndian.Uint32(b[4:]), b[13]
	if p.flags&flagACK != 0 {
		p.Ack = binary.BigEndian.Uint32(b[8:])
	}
	p.Window = int(binary.BigEndian.Uint16(b[14:]))
	var names []string
	for _, f := range []struct {
		bit  byte
		name string
	}{{flagSYN, "SYN"}, {flagFIN, "FIN"}, {flagRST, "RST"}, {flagPSH, "PSH"}, {flagACK, "ACK"}, {flagURG, "URG"}, {flagECE, "ECE"}, {flagCWR, "CWR"}} {
		if p.flags&f.bit != 0 {
			names = append(names, f.name)
		}
	}
	p.Flags = strings.Join(names, " ")
	for o := b[20:offset]; len(o) > 0; {
		kind := o[0]
		if kind == 0 { // end of the list
			break
		}
		if kind == 1 { // padding
			o = o[1:]
			continue
		}
		if len(o) < 2 || int(o[1]) < 2 || int(o[1]) > len(o) {
			break
		}
		p.option(kind, o[2:o[1]])
		o = o[o[1]:]
	}
}

func (p *parsed) option(kind byte, v []byte) {
	add := func(name, text string) {
		p.Options = append(p.Options, lookup.TCPOption{Kind: name, Text: text})
	}
	switch {
	case kind == 2 && len(v) == 2:
		add("mss", strconv.Itoa(int(binary.BigEndian.Uint16(v))))
	case kind == 3 && len(v) == 1: // RFC 7323 §2.3: 14 at the most
		p.scale = min(int(v[0]), 14)
		add("wscale", strconv.Itoa(p.scale))
	case kind == 4 && len(v) == 0:
		add("sackPermitted", "")
	case kind == 5 && len(v)%8 == 0 && len(v) <= 32:
		for ; len(v) > 0; v = v[8:] {
			add("sack", fmt.Sprintf("%d-%d", binary.BigEndian.Uint32(v), binary.BigEndian.Uint32(v[4:])))
		}
	case kind == 8 && len(v) == 8:
		add("timestamps", fmt.Sprintf("%d %d", binary.BigEndian.Uint32(v), binary.BigEndian.Uint32(v[4:])))
	default:
		add(strconv.Itoa(int(kind)), "")
	}
}

// icmpText says what an ICMP error tells; "" for what is no error.
func icmpText(protocol, kind, code byte) string {
	type key struct{ p, k, c byte }
	if text, ok := map[key]string{
		{1, 3, 0}: "network unreachable", {1, 3, 1}: "host unreachable", {1, 3, 3}: "port unreachable", {1, 3, 13}: "administratively prohibited", {1, 11, 0}: "time exceeded",
		{58, 1, 0}: "no route", {58, 1, 1}: "administratively prohibited", {58, 1, 3}: "address unreachable", {58, 1, 4}: "port unreachable", {58, 3, 0}: "hop limit exceeded",
	}[key{protocol, kind, code}]; ok {
		return text
	}
	if protocol == 1 && kind == 3 || protocol == 58 && kind == 1 {
		return "destination unreachable"
	}
	return ""
}

// checksum sums a segment with its pseudo header (RFC 9293 §3.1, RFC 8200 §8.1);
// the sum of a sound one is 0.
func checksum(src, dst netip.Addr, protocol byte, b []byte) uint16 {
	var sum uint32
	add := func(b []byte) {
		for ; len(b) > 1; b = b[2:] {
			sum += uint32(b[0])<<8 | uint32(b[1])
		}
		if len(b) == 1 {
			sum += uint32(b[0]) << 8
		}
	}
	add(src.AsSlice())
	add(dst.AsSlice())
	sum += uint32(protocol) + uint32(len(b))
	add(b)
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}
