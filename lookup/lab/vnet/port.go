package vnet

import (
	"math/rand/v2"
	"net"
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// receiver is what sits behind a port. receive must not block, must not change
// the frame, and must not enter a gVisor stack: the sender may be inside one,
// holding locks. A host therefore only queues here; a router, which has no
// stack, works here.
type receiver interface {
	receive(frame []byte)
}

// Port is where a device meets a segment, with one wire each way. All methods
// may be called at any time from any goroutine.
type Port struct {
	name     string
	mac      [6]byte
	link     tcpip.LinkAddress // mac, in gVisor's form
	mtu      int
	segment  *Segment
	owner    receiver
	tx, rx   direction
	gone     atomic.Bool
	isolated atomic.Bool
}

func newPort(s *Segment, name string, owner receiver) *Port {
	mac, seed := s.net.claim(name)
	p := &Port{name: name, mac: mac, link: tcpip.LinkAddress(mac[:]), mtu: s.MTU(), segment: s, owner: owner}
	p.tx.rng = rand.NewPCG(seed, 1)
	p.rx.rng = rand.NewPCG(seed, 2)
	return p
}

// Name is the device's name and the interface's, as in "r1.eth0".
func (p *Port) Name() string { return p.name }

// MAC is the port's link address.
func (p *Port) MAC() net.HardwareAddr { return net.HardwareAddr(p.mac[:]) }

// Segment is where the port is attached.
func (p *Port) Segment() *Segment { return p.segment }

// SetTx impairs the wire from the device to the segment, from the next frame on.
func (p *Port) SetTx(i Impairment) { p.tx.set(i) }

// SetRx impairs the wire from the segment to the device, from the next frame on.
func (p *Port) SetRx(i Impairment) { p.rx.set(i) }

// Tx is the impairment that SetTx set.
func (p *Port) Tx() Impairment { return p.tx.get() }

// Rx is the impairment that SetRx set.
func (p *Port) Rx() Impairment { return p.rx.get() }

// SetIsolated keeps frames from passing between this port and other isolated
// ports of the segment, as an access network does between its customers.
func (p *Port) SetIsolated(on bool) { p.isolated.Store(on) }

// Send puts a complete Ethernet frame (no FCS) on the wire as if the device had
// sent it. The frame must not be changed afterwards.
func (p *Port) Send(frame []byte) { p.segment.enter(p, frame) }

// Unplug takes the port off its segment for good.
func (p *Port) Unplug() {
	if !p.gone.Swap(true) {
		p.segment.unplug(p)
	}
}

// OfHost reports whether a host's stack sits behind the port.
func (p *Port) OfHost() bool {
	_, ok := p.owner.(*adapter)
	return ok
}
