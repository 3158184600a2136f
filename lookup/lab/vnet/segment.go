package vnet

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
)

const (
	// DefaultMTU is the largest IP packet on a segment, in octets.
	DefaultMTU     = 1500
	ethernetHeader = 14
)

// Segment is a switched Ethernet: every port's link address is known, so a
// unicast frame goes to its port only; broadcast, multicast and unknown
// addresses go to all others. With two ports it is a cable.
type Segment struct {
	name string
	net  *Net

	mu    sync.Mutex // guards changes of what follows
	mtu   int
	table atomic.Pointer[switchTable]
	taps  atomic.Pointer[[]*tap]
}

// switchTable is replaced as a whole when a port comes or goes.
type switchTable struct {
	ports []*Port
	byMAC map[[6]byte]*Port
}

// Name is the name the segment was made with.
func (s *Segment) Name() string { return s.name }

// MTU is the largest IP packet on this segment, in octets.
func (s *Segment) MTU() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mtu
}

// SetMTU sets the largest IP packet, 576 to 9000 octets (1280 at least for
// IPv6, RFC 8200 §5). It must be called before the first port is attached.
func (s *Segment) SetMTU(octets int) error {
	if octets < 576 || octets > 9000 {
		return fmt.Errorf("segment %s: MTU %d: must be 576 to 9000", s.name, octets)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.table.Load().ports) > 0 {
		return fmt.Errorf("segment %s: MTU cannot change once ports are attached", s.name)
	}
	s.mtu = octets
	return nil
}

// Ports lists the attached ports.
func (s *Segment) Ports() []*Port { return slices.Clone(s.table.Load().ports) }

// Plug attaches a device without a stack: receive gets every frame that
// arrives, Port.Send sends. receive runs in the sender's goroutine, possibly
// inside a TCP stack: it must be quick and must not use sockets of the Net, but
// it may Send.
func (s *Segment) Plug(name string, receive func(frame []byte)) *Port {
	return s.plug(name, device(receive))
}

type device func([]byte)

func (d device) receive(frame []byte) { d(frame) }

// plug makes a port and connects it.
func (s *Segment) plug(name string, owner receiver) *Port {
	p := newPort(s, name, owner)
	s.connect(p)
	return p
}

func (s *Segment) connect(p *Port) {
	s.changeTable(func(t *switchTable) {
		t.ports = append(t.ports, p)
		t.byMAC[p.mac] = p
	})
}

func (s *Segment) unplug(p *Port) {
	s.changeTable(func(t *switchTable) {
		if i := slices.Index(t.ports, p); i >= 0 {
			t.ports = slices.Delete(t.ports, i, i+1)
			delete(t.byMAC, p.mac)
		}
	})
}

func (s *Segment) changeTable(change func(*switchTable)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.table.Load()
	next := &switchTable{ports: slices.Clone(old.ports), byMAC: make(map[[6]byte]*Port, len(old.ports)+1)}
	for _, p := range next.ports {
		next.byMAC[p.mac] = p
	}
	change(next)
	s.table.Store(next)
}

// enter takes a frame from a port: its wire into the switch, then spread.
func (s *Segment) enter(from *Port, frame []byte) {
	if s.net.closed.Load() || from.gone.Load() {
		return
	}
	if len(frame) < ethernetHeader || len(frame) > ethernetHeader+from.mtu {
		s.show(from, Tx, Oversize, frame)
		return
	}
	v := from.tx.judge(s.net, frame)
	if v.fate != Sent {
		s.show(from, Tx, v.fate, frame)
		return
	}
	fate := Sent
	if v.flip >= 0 {
		frame, fate = flipped(frame, v.flip), Corrupted
	}
	s.show(from, Tx, fate, frame)
	s.travel(from, nil, frame, v)
	if v.duplicate {
		s.show(from, Tx, Duplicated, frame)
		s.travel(from, nil, frame, v)
	}
}

// travel moves a frame along one wire: from a port into the switch, or (to is
// set) out to a port.
func (s *Segment) travel(from, to *Port, frame []byte, v verdict) {
	if v.wait {
		if s.net.sched.frame(v.due, from, to, frame) {
			return
		}
		if to != nil {
			s.show(to, Rx, QueueFull, frame)
		} else {
			s.show(from, Tx, QueueFull, frame)
		}
		return
	}
	s.arrive(from, to, frame)
}

// arrive is the end of a wire.
func (s *Segment) arrive(from, to *Port, frame []byte) {
	if to != nil {
		to.owner.receive(frame)
		return
	}
	s.spread(from, frame)
}

// spread is the switch: it chooses the ports.
func (s *Segment) spread(from *Port, frame []byte) {
	t := s.table.Load()
	if frame[0]&1 == 0 {
		if to := t.byMAC[[6]byte(frame[:6])]; to != nil {
			if to != from && !(from.isolated.Load() && to.isolated.Load()) {
				s.leave(to, frame)
			}
			return
		}
	}
	isolated := from.isolated.Load()
	for _, to := range t.ports {
		if to != from && !(isolated && to.isolated.Load()) {
			s.leave(to, frame)
		}
	}
}

// leave takes a frame out of the switch along a port's wire.
func (s *Segment) leave(to *Port, frame []byte) {
	v := to.rx.judge(s.net, frame)
	if v.fate != Sent {
		s.show(to, Rx, v.fate, frame)
		return
	}
	if v.flip >= 0 {
		frame = flipped(frame, v.flip)
		s.show(to, Rx, Corrupted, frame)
	}
	s.travel(nil, to, frame, v)
	if v.duplicate {
		s.show(to, Rx, Duplicated, frame)
		s.travel(nil, to, frame, v)
	}
}

// flipped is a copy with one bit flipped: frames never change, others hold them.
func flipped(frame []byte, bit int) []byte {
	frame = slices.Clone(frame)
	frame[ethernetHeader+bit/8] ^= 1 << (bit % 8)
	return frame
}
