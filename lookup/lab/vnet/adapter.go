package vnet

import (
	"sync"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// maxInbox is how many frames wait for a host before more are dropped.
const maxInbox = 1024

// adapter is a host's network card: a stack.LinkEndpoint that adds and
// parses the Ethernet header itself.
type adapter struct {
	port *Port
	pool *pool
	next *adapter // in pool's list

	mu     sync.Mutex
	card   stack.NetworkDispatcher
	inbox  [][]byte
	spare  [][]byte // the other buffer of inbox
	queued bool     // with the pool or a worker
}

var _ stack.LinkEndpoint = (*adapter)(nil)

// WritePackets sends. The stack calls it with endpoint locks held, so nothing
// here may enter a stack. The packets' storage goes back to a pool, so
// this is where the one copy is made; from here on a frame never changes.
func (a *adapter) WritePackets(packets stack.PacketBufferList) (int, tcpip.Error) {
	list := packets.AsSlice()
	for _, pkt := range list {
		frame := make([]byte, 0, pkt.Size())
		views, skip := pkt.AsViewList()
		for v := views.Front(); v != nil; v = v.Next() {
			b := v.AsSlice()
			if skip >= len(b) {
				skip -= len(b)
				continue
			}
			frame = append(frame, b[skip:]...)
			skip = 0
		}
		a.port.segment.enter(a.port, frame)
	}
	return len(list), nil
}

// receive queues a frame for the stack.
func (a *adapter) receive(frame []byte) {
	a.mu.Lock()
	if a.card == nil {
		a.mu.Unlock()
		return
	}
	if len(a.inbox) >= maxInbox {
		a.mu.Unlock()
		a.port.segment.show(a.port, Rx, QueueFull, frame)
		return
	}
	a.inbox = append(a.inbox, frame)
	queued := a.queued
	a.queued = true
	a.mu.Unlock()
	if !queued {
		a.pool.put(a)
	}
}

// deliver hands the waiting frames to the stack; true if more came meanwhile.
func (a *adapter) deliver() (more bool) {
	a.mu.Lock()
	batch, card := a.inbox, a.card
	a.inbox, a.spare = a.spare[:0], nil
	a.mu.Unlock()
	for i, frame := range batch {
		batch[i] = nil
		if card == nil || len(frame) < ethernetHeader {
			continue
		}
		pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(frame)})
		a.ParseHeader(pkt)
		eth := header.Ethernet(frame)
		switch {
		case [6]byte(frame[:6]) == a.port.mac:
			pkt.PktType = tcpip.PacketHost
		case frame[0]&1 == 0:
			pkt.PktType = tcpip.PacketOtherHost
		case eth.DestinationAddress() == header.EthernetBroadcastAddress:
			pkt.PktType = tcpip.PacketBroadcast
		default:
			pkt.PktType = tcpip.PacketMulticast
		}
		if pkt.PktType != tcpip.PacketOtherHost { // a real card filters these
			a.port.segment.show(a.port, Rx, Sent, frame)
			card.DeliverNetworkPacket(eth.Type(), pkt)
			if eth.Type() == header.IPv6ProtocolNumber {
				tellUnreachable(card, frame)
			}
		}
		pkt.DecRef()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.spare = batch[:0]
	a.queued = len(a.inbox) > 0
	return a.queued
}

// Attach connects the stack's side; nil disconnects it.
func (a *adapter) Attach(card stack.NetworkDispatcher) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.card = card
	if card == nil {
		a.inbox = nil
	}
}

func (a *adapter) IsAttached() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.card != nil
}

// Capabilities: addresses must be resolved, checksums are real.
func (a *adapter) Capabilities() stack.LinkEndpointCapabilities {
	return stack.CapabilityResolutionRequired
}

func (a *adapter) AddHeader(pkt *stack.PacketBuffer) {
	eth := header.Ethernet(pkt.LinkHeader().Push(header.EthernetMinimumSize))
	eth.Encode(&header.EthernetFields{
		SrcAddr: pkt.EgressRoute.LocalLinkAddress,
		DstAddr: pkt.EgressRoute.RemoteLinkAddress,
		Type:    pkt.NetworkProtocolNumber,
	})
}

func (a *adapter) ParseHeader(pkt *stack.PacketBuffer) bool {
	_, ok := pkt.LinkHeader().Consume(header.EthernetMinimumSize)
	return ok
}

func (a *adapter) MTU() uint32                             { return uint32(a.port.mtu) }
func (a *adapter) SetMTU(uint32)                           {}
func (a *adapter) MaxHeaderLength() uint16                 { return header.EthernetMinimumSize }
func (a *adapter) LinkAddress() tcpip.LinkAddress          { return a.port.link }
func (a *adapter) SetLinkAddress(tcpip.LinkAddress)        {}
func (a *adapter) ARPHardwareType() header.ARPHardwareType { return header.ARPHardwareEther }
func (a *adapter) Wait()                                   {}
func (a *adapter) SetOnCloseAction(func())                 {}
func (a *adapter) Close()                                  { a.port.Unplug() }
