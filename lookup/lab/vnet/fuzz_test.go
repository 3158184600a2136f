package vnet

import (
	"bytes"
	"testing"
	"time"
)

// FuzzRouterReceive feeds hostile frames to a router. Nothing may panic, no
// table may outgrow its bound, and what the router sends must be well formed.
func FuzzRouterReceive(f *testing.F) {
	group := solicitedNode(ip("2001:db8::1"))
	station := iface{port: &Port{mac: [6]byte{2, 9, 9, 9, 9, 9}}}
	f.Add([]byte{})
	f.Add(datagram("10.0.0.2", "10.0.1.2", 9, []byte("x")))
	f.Add(datagram("10.0.0.2", "10.0.0.1", 9, []byte("x")))
	f.Add(datagram("10.0.0.2", "192.0.2.1", 1, []byte("x")))
	f.Add(datagram("10.0.0.2", "10.0.2.2", 9, make([]byte, 1200))) // fragmented
	f.Add(datagram("2001:db8::2", "2001:db8:1::2", 9, []byte("x")))
	f.Add(datagram("2001:db8::2", "2001:db8::1", 9, []byte("x")))
	f.Add(datagram("2001:db8::2", "2001:db8:9::1", 1, []byte("x")))
	f.Add(station.ndpFrame(ndpSolicitation, ip("2001:db8::2"), group, ip("2001:db8::1"), 0))
	f.Add(station.ndpFrame(ndpAdvertisement, ip("2001:db8::2"), ip("2001:db8::1"), ip("2001:db8::2"), ndpSolicited))
	arp := make([]byte, 42)
	copy(arp[12:], []byte{8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 9, 9, 9, 9, 9, 10, 0, 0, 2, 0, 0, 0, 0, 0, 0, 10, 0, 0, 1})
	f.Add(arp)
	extension := datagram("2001:db8::2", "2001:db8::1", 9, make([]byte, 64))
	extension[20] = 0 // the UDP header read as a hop-by-hop header
	f.Add(extension)
	options := append(bytes.Clone(datagram("10.0.0.2", "10.0.2.2", 9, make([]byte, 1200))), 0)
	options[14] = 0x4f
	f.Add(options)

	n := New(1)
	f.Cleanup(n.Close)
	left, right, tight := n.Segment("left"), n.Segment("right"), n.Segment("tight")
	if err := tight.SetMTU(600); err != nil {
		f.Fatal(err)
	}
	r := n.NewRouter("r")
	r.retransTimer = time.Hour
	r.SetICMPErrorLimit(1e9, 1e9)
	in := r.Attach(left, pfx("10.0.0.1/24"), pfx("2001:db8::1/64"))
	r.Attach(right, pfx("10.0.1.1/24"), pfx("2001:db8:1::1/64"))
	r.Attach(tight, pfx("10.0.2.1/24"))
	r.Route(pfx("198.51.100.0/24"), ip("10.0.1.2"))
	r.OnEvent(func(e RouterEvent) { _ = e.Verdict.String() })
	f.Fuzz(func(t *testing.T, frame []byte) {
		for _, s := range []*Segment{left, right, tight} {
			stop := s.Tap(func(c Capture) {
				if c.Fate != Sent {
					t.Errorf("the router sent a frame with the fate %v", c.Fate)
				}
				p := c.Frame[ethernetHeader:]
				switch c.Frame[12] {
				case 0x08:
					if c.Frame[13] == 6 {
						return
					}
					if _, ok := parseIPv4(p); !ok {
						t.Errorf("sent a bad IPv4 packet %x", p)
					}
				default:
					if _, ok := parseIPv6(p); !ok {
						t.Errorf("sent a bad IPv6 packet %x", p)
					}
				}
			})
			defer stop()
		}
		i := in.owner.(*iface)
		i.receive(bytes.Clone(frame))
		if len(frame) >= ethernetHeader { // and to its own link address, so that more is looked at
			g := bytes.Clone(frame)
			copy(g, in.mac[:])
			before := bytes.Clone(g)
			i.receive(g)
			if !bytes.Equal(g, before) {
				t.Error("the router changed a frame that it received")
			}
			// With the header checksum put right, more still.
			if len(g) >= 34 && g[12] == 8 && g[13] == 0 {
				h := g[14:min(len(g), 14+int(g[14]&15)*4)]
				if len(h) >= 20 {
					g[24], g[25] = 0, 0
					sum := checksumOf(h)
					g[24], g[25] = byte(sum>>8), byte(sum)
					i.receive(g)
				}
			}
		}
		for _, i := range r.tables.Load().ifaces {
			if len(i.neighbours.entries) > maxNeighbours || i.neighbours.incomplete > maxIncomplete || i.neighbours.incomplete < 0 {
				t.Errorf("%d neighbours, %d incomplete", len(i.neighbours.entries), i.neighbours.incomplete)
			}
		}
	})
}

func checksumOf(b []byte) uint16 {
	var sum uint32
	for k, v := range b {
		sum += uint32(v) << (8 * (1 - k%2))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}
