package vnet

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"
)

var families = [][2]string{{"10.0.0.2", "10.0.1.2"}, {"2001:db8::2", "2001:db8:1::2"}}

// states is the state of every neighbour, by address.
func (r *Router) states() map[netip.Addr]string {
	m := make(map[netip.Addr]string)
	for _, n := range r.Neighbours() {
		m[n.Addr] = n.State
	}
	return m
}

// until waits for something that timers cause.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	ctx := within(t)
	for !is() {
		select {
		case <-ctx.Done():
			t.Fatal("never: " + what)
		case <-time.After(time.Millisecond):
		}
	}
}

func TestNeighbourIsResolvedOnceAndKept(t *testing.T) {
	for _, way := range families {
		b := newBench(t)
		questions := 0
		b.right.port.segment.Tap(func(c Capture) {
			if c.Port == b.out {
				if binary.BigEndian.Uint16(c.Frame[12:]) == typeARP || isNS(c.Frame) {
					questions++
					if c.Frame[0]&1 == 0 {
						t.Error("the first question is not for everyone")
					}
				}
			}
		})
		for range 5 {
			b.left.send(b.in, datagram(way[0], way[1], 9, nil))
		}
		if got := len(b.right.take()); got != 5 || questions != 1 {
			t.Errorf("%s: %d packets arrived after %d questions", way[0], got, questions)
		}
		if s := b.r.states()[ip(way[1])]; s != "Reachable" {
			t.Errorf("%s: neighbour is %q", way[1], s)
		}
	}
}

func TestNeighbourIsAskedAgainWhenOld(t *testing.T) {
	for _, way := range families {
		b := newBench(t)
		b.left.send(b.in, datagram(way[0], way[1], 9, nil))
		b.right.take()
		b.r.reachableTime = 1           // every entry is old at once
		var unicast, group atomic.Int32 // timers ask too
		b.right.port.segment.Tap(func(c Capture) {
			if c.Port == b.out && (binary.BigEndian.Uint16(c.Frame[12:]) == typeARP || isNS(c.Frame)) {
				if c.Frame[0]&1 == 0 {
					unicast.Add(1)
				} else {
					group.Add(1)
				}
			}
		})
		b.left.send(b.in, datagram(way[0], way[1], 9, nil))
		if got := len(b.right.take()); got != 1 || unicast.Load() != 1 || group.Load() != 0 {
			t.Errorf("%s: %d packets, %d unicast and %d group questions", way[0], got, unicast.Load(), group.Load())
		}
		// The neighbour falls silent: asked three times, then forgotten, then unreachable.
		b.right.setMute(true)
		b.left.send(b.in, datagram(way[0], way[1], 9, nil))
		until(t, "forgotten", func() bool { return b.r.states()[ip(way[1])] == "" })
		if got := b.left.send(b.in, datagram(way[0], way[1], 9, nil)); len(got) != 0 {
			t.Error("an error before anyone was asked")
		}
		var kind, code int
		until(t, "unreachable", func() bool {
			for _, p := range b.left.take() {
				kind, code, _ = icmpOf(p)
				return true
			}
			return false
		})
		if want := map[bool][2]int{true: {3, 1}, false: {1, 3}}[ip(way[0]).Is4()]; [2]int{kind, code} != want {
			t.Errorf("%s: error %d/%d, want %v", way[0], kind, code, want)
		}
		// It comes back with another link address.
		again := newStation(t, b.right.port.segment, "again", way[1])
		b.left.send(b.in, datagram(way[0], way[1], 9, nil))
		if len(again.take()) != 1 {
			t.Errorf("%s: the neighbour's new link address is not used", way[0])
		}
	}
}

func TestNeighbourChangesItsLinkAddress(t *testing.T) {
	b := newBench(t)
	b.left.send(b.in, datagram("10.0.0.2", "10.0.1.2", 9, nil))
	b.left.send(b.in, datagram("2001:db8::2", "2001:db8:1::2", 9, nil))
	b.right.take()
	next := newStation(t, b.right.port.segment, "next", "10.0.1.2", "2001:db8:1::2")
	i := iface{port: next.port}
	// A gratuitous ARP, and an unsolicited advertisement with override.
	i.sendARP(arpRequest, [6]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, ip("10.0.1.2"), ip("10.0.1.2"), [6]byte{})
	i.sendNDP(ndpAdvertisement, multicastMAC(allNodes), ip("2001:db8:1::2"), allNodes, ip("2001:db8:1::2"), ndpOverride)
	b.right.take()
	b.left.send(b.in, datagram("10.0.0.2", "10.0.1.2", 9, nil))
	b.left.send(b.in, datagram("2001:db8::2", "2001:db8:1::2", 9, nil))
	if got, old := len(next.take()), len(b.right.take()); got != 2 || old != 0 {
		t.Errorf("%d packets at the new link address, %d at the old", got, old)
	}
}

func TestNobodyTakesOurAddress(t *testing.T) {
	b := newBench(t)
	before := len(b.r.Neighbours())
	i := iface{port: b.left.port}
	everyone := [6]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	i.sendARP(arpRequest, everyone, ip("10.0.0.1"), ip("10.0.0.1"), [6]byte{})  // claims ours
	i.sendARP(arpRequest, everyone, ip("192.0.2.1"), ip("10.0.0.1"), [6]byte{}) // not on this link
	i.sendARP(arpReply, b.in.mac, ip("10.0.0.9"), ip("10.0.0.1"), [6]byte{})    // asked for by nobody, but for us
	i.sendNDP(ndpSolicitation, multicastMAC(solicitedNode(ip("2001:db8::1"))), ip("2001:db8::1"), solicitedNode(ip("2001:db8::1")), ip("2001:db8::1"), 0)
	i.sendNDP(ndpAdvertisement, b.in.mac, ip("2001:db8::9"), ip("2001:db8::1"), ip("2001:db8::9"), ndpSolicited)
	states := b.r.states()
	for _, a := range []string{"10.0.0.1", "192.0.2.1", "2001:db8::1", "2001:db8::9"} {
		if states[ip(a)] != "" {
			t.Errorf("%s was learned", a)
		}
	}
	if len(states) > before+1 {
		t.Errorf("learned %v", states)
	}
}

// TestSolicitations is what a router answers when asked for its link address.
func TestSolicitations(t *testing.T) {
	group := solicitedNode(ip("2001:db8::1"))
	for _, c := range []struct {
		name   string
		src    string
		change func(f []byte)
		answer string // where to
	}{
		{"normal", "2001:db8::2", nil, "2001:db8::2"},
		{"link-local", "fe80::2", nil, "fe80::2"},
		{"with an option, which duplicate address detection must not have", "::", nil, ""},
		{"forwarded by a router", "2001:db8::2", func(f []byte) { f[21] = 64 }, ""},
		{"code not 0", "2001:db8::2", func(f []byte) { f[55] = 1 }, ""},
		{"option of length 0", "2001:db8::2", func(f []byte) { f[79] = 0 }, ""},
		{"option too long", "2001:db8::2", func(f []byte) { f[79] = 9 }, ""},
		{"another target", "2001:db8::2", func(f []byte) { f[77] = 99 }, ""},
		{"multicast target", "2001:db8::2", func(f []byte) { f[62] = 0xff }, ""},
		{"source not on link", "2001:db8:7::2", nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			i := iface{port: b.left.port}
			f := i.ndpFrame(ndpSolicitation, ip(c.src), group, ip("2001:db8::1"), 0)
			mac := multicastMAC(group)
			copy(f, mac[:])
			if c.change != nil {
				c.change(f)
				f[56], f[57] = 0, 0
				binary.BigEndian.PutUint16(f[56:], ^transportSum(ip(c.src), group, protocolICMPv6, f[54:]))
			}
			b.left.all()
			b.left.port.Send(f)
			var answers [][]byte
			for _, g := range b.left.all() {
				if g[20] == protocolICMPv6 && g[54] == ndpAdvertisement {
					answers = append(answers, g)
				}
			}
			if c.answer == "" {
				if len(answers) != 0 {
					t.Errorf("answered %x", answers)
				}
				return
			}
			if len(answers) != 1 {
				t.Fatalf("%d answers", len(answers))
			}
			p, ok := parseIPv6(answers[0][14:])
			if !ok || p.dst != ip(c.answer) || p.hops != 255 || transportSum(p.src, p.dst, protocolICMPv6, p.payload) != 0xffff ||
				p.payload[4] != ndpRouter|ndpSolicited|ndpOverride || !bytes.Equal(p.payload[26:32], b.in.mac[:]) {
				t.Errorf("answer %x", answers[0])
			}
		})
	}
	t.Run("duplicate address detection", func(t *testing.T) {
		b := newBench(t)
		f, m := newIPv6(ip("::"), group, protocolICMPv6, 255, ndpLength)
		m[0] = ndpSolicitation
		target := ip("2001:db8::1").As16()
		copy(m[8:], target[:])
		binary.BigEndian.PutUint16(m[2:], ^transportSum(ip("::"), group, protocolICMPv6, m))
		mac := multicastMAC(group)
		copy(f, mac[:])
		copy(f[6:], b.left.port.mac[:])
		b.left.port.Send(f)
		got := b.left.all()
		if len(got) != 1 || !bytes.Equal(got[0][:6], []byte{0x33, 0x33, 0, 0, 0, 1}) || got[0][54+4]&ndpSolicited != 0 {
			t.Errorf("answers %x", got)
		}
	})
}

func TestNeighbourTablesAreBounded(t *testing.T) {
	for _, n := range []struct{ src, dst string }{{"10.0.0.2", "10.0.1.%d"}, {"2001:db8::2", "2001:db8:1::%x"}} {
		b := newBench(t)
		b.r.retransTimer = time.Hour // nothing is given up meanwhile
		b.right.setMute(true)
		count := 240 // of a /24
		if ip(n.src).Is6() {
			count = 5000
		}
		for k := range count {
			for range 3 {
				b.left.send(b.in, datagram(n.src, fmt.Sprintf(n.dst, k+3), 9, nil))
			}
		}
		entries, waiting := 0, 0
		for _, i := range b.r.tables.Load().ifaces {
			entries += len(i.neighbours.entries)
			for _, e := range i.neighbours.entries {
				waiting += len(e.pending)
			}
		}
		if entries != maxIncomplete || waiting != 3*maxIncomplete {
			t.Errorf("%d entries and %d waiting frames after a scan", entries, waiting)
		}
	}
	// One neighbour that does not answer: the newest frames wait, in order.
	b := newBench(t)
	b.right.setMute(true)
	b.r.retransTimer = time.Hour
	for k := range 100 {
		b.left.send(b.in, datagram("10.0.0.2", "10.0.1.2", 9, []byte{byte(k)}))
	}
	i := iface{port: b.right.port}
	i.sendARP(arpReply, b.out.mac, ip("10.0.1.2"), ip("10.0.1.1"), b.out.mac)
	got := b.right.take()
	if len(got) != maxPending {
		t.Fatalf("%d frames had waited", len(got))
	}
	for k, p := range got {
		if d := p.Data(); int(d[len(d)-1]) != 100-maxPending+k {
			t.Errorf("frame %d is number %d", k, d[len(d)-1])
		}
	}
	// Many neighbours that do speak: the oldest are forgotten.
	b = newBench(t)
	i = iface{port: b.left.port}
	for k := range 2 * maxNeighbours {
		src := ip(fmt.Sprintf("2001:db8::%x", 0x100+k))
		i.sendNDP(ndpSolicitation, b.in.mac, src, ip("2001:db8::1"), ip("2001:db8::1"), 0)
	}
	states := b.r.states()
	if len(states) != maxNeighbours || states[ip("2001:db8::100")] != "" || states[ip(fmt.Sprintf("2001:db8::%x", 0x100+2*maxNeighbours-1))] == "" {
		t.Errorf("%d neighbours, the oldest %q", len(states), states[ip("2001:db8::100")])
	}
}

// TestNeighboursOfHosts: what a page shows of a host's ARP table.
func TestNeighboursOfHosts(t *testing.T) {
	c := newChain(t, 1, HostOptions{})
	for i, a := range c.servers() {
		echoUDP(t, c.server, at(a, 53))
		exchange(t, dial(t, c.client, "udp", at(a, 53)), "x")
		gateway := end(0, 2)[i].Addr()
		found := false
		for _, n := range c.client.Neighbours() {
			if n.Addr == gateway && n.State == "Reachable" && n.MAC == c.routers[0].Ports()[0].MAC().String() {
				found = true
			}
		}
		if !found {
			t.Errorf("the gateway %v is not among %+v", gateway, c.client.Neighbours())
		}
	}
}
