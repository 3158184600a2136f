package vnet

import (
	"encoding/binary"
	"net/netip"
	"sync"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// station is a device without a stack: it sends what a test makes, remembers
// what it receives, and answers for its addresses when asked where they are.
// Without delays everything a frame causes has happened when send returns.
type station struct {
	t     testing.TB
	port  *Port
	addrs []netip.Addr

	mu     sync.Mutex
	frames [][]byte
	mute   bool // does not answer ARP and NDP
}

func newStation(t testing.TB, s *Segment, name string, addrs ...string) *station {
	st := &station{t: t}
	for _, a := range addrs {
		st.addrs = append(st.addrs, ip(a))
	}
	st.port = s.Plug(name, st.receive)
	return st
}

func (s *station) receive(f []byte) {
	s.mu.Lock()
	mute := s.mute
	s.mu.Unlock()
	for _, a := range s.addrs {
		i := iface{port: s.port} // our own encoder; the other side is what is tested
		switch {
		case mute:
		case a.Is4() && binary.BigEndian.Uint16(f[12:]) == typeARP && len(f) >= 42 && f[21] == arpRequest && netip.AddrFrom4([4]byte(f[38:42])) == a:
			i.sendARP(arpReply, [6]byte(f[6:12]), a, netip.AddrFrom4([4]byte(f[28:32])), [6]byte(f[6:12]))
		case a.Is6() && isNS(f) && netip.AddrFrom16([16]byte(f[62:78])) == a:
			i.sendNDP(ndpAdvertisement, [6]byte(f[6:12]), a, netip.AddrFrom16([16]byte(f[22:38])), a, ndpSolicited|ndpOverride)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.frames = append(s.frames, f)
}

func isNS(f []byte) bool {
	return len(f) >= 78 && binary.BigEndian.Uint16(f[12:]) == typeIPv6 && f[20] == protocolICMPv6 && f[54] == ndpSolicitation
}

// setMute makes the station deaf to questions about addresses, or not.
func (s *station) setMute(mute bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mute = mute
}

// send sends a frame to a port and returns what came back, ARP and NDP left out.
func (s *station) send(to *Port, f []byte) []gopacket.Packet {
	s.t.Helper()
	s.take()
	copy(f, to.mac[:])
	copy(f[6:], s.port.mac[:])
	s.port.Send(f)
	return s.take()
}

// take returns and forgets what was received, ARP and NDP left out. What does not
// decode, or has a wrong checksum, fails the test.
func (s *station) take() []gopacket.Packet {
	s.t.Helper()
	s.mu.Lock()
	frames := s.frames
	s.frames = nil
	s.mu.Unlock()
	var got []gopacket.Packet
	for _, f := range frames {
		p := gopacket.NewPacket(f, layers.LayerTypeEthernet, gopacket.Default)
		if p.Layer(layers.LayerTypeARP) != nil || p.Layer(layers.LayerTypeICMPv6NeighborSolicitation) != nil || p.Layer(layers.LayerTypeICMPv6NeighborAdvertisement) != nil {
			continue
		}
		if e := p.ErrorLayer(); e != nil {
			s.t.Errorf("received a frame that does not decode: %v\n%v", e.Error(), p)
		}
		for _, l := range p.Layers() {
			if l, ok := l.(interface {
				SetNetworkLayerForChecksum(gopacket.NetworkLayer) error
			}); ok {
				l.SetNetworkLayerForChecksum(p.NetworkLayer())
			}
		}
		if err, wrong := p.VerifyChecksums(); err != nil || len(wrong) > 0 {
			s.t.Errorf("received a frame with wrong checksums: %v %v\n%v", err, wrong, p)
		}
		got = append(got, p)
	}
	return got
}

// all returns everything received, and forgets it.
func (s *station) all() [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.frames
	s.frames = nil
	return f
}

// datagram is a UDP datagram in a frame, for both families.
func datagram(src, dst string, hops uint8, payload []byte) []byte {
	s, d := ip(src), ip(dst)
	var f, m []byte
	if s.Is4() {
		f, m = newIPv4(s, d, protocolUDP, hops, 8+len(payload))
	} else {
		f, m = newIPv6(s, d, protocolUDP, hops, 8+len(payload))
	}
	binary.BigEndian.PutUint16(m, 4000)
	binary.BigEndian.PutUint16(m[2:], 33434)
	binary.BigEndian.PutUint16(m[4:], uint16(len(m)))
	copy(m[8:], payload)
	binary.BigEndian.PutUint16(m[6:], ^transportSum(s, d, protocolUDP, m))
	return f
}

// icmpOf is the type and code of the ICMP message of either family, and its
// source; kind is -1 if there is none.
func icmpOf(p gopacket.Packet) (kind, code int, src netip.Addr) {
	if l, ok := p.Layer(layers.LayerTypeICMPv4).(*layers.ICMPv4); ok {
		n := p.NetworkLayer().(*layers.IPv4)
		src, _ = netip.AddrFromSlice(n.SrcIP.To4())
		return int(l.TypeCode.Type()), int(l.TypeCode.Code()), src
	}
	if l, ok := p.Layer(layers.LayerTypeICMPv6).(*layers.ICMPv6); ok {
		n := p.NetworkLayer().(*layers.IPv6)
		src, _ = netip.AddrFromSlice(n.SrcIP)
		return int(l.TypeCode.Type()), int(l.TypeCode.Code()), src
	}
	return -1, -1, src
}
