package vnet

import (
	"hash/fnv"
	"math/rand"
	randv2 "math/rand/v2"
	"net/netip"
	"sync"
	"time"

	"gvisor.dev/gvisor/pkg/log"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// mute takes gVisor's log lines and drops them: it would otherwise write
// "handleListenSegment() failed" and the like to our standard error.
type mute struct{}

func (mute) Emit(int, log.Level, time.Time, string, ...any) {}

// silence is called by New, not at init: a program that never makes a Net
// keeps gVisor's log as it is.
var silence = sync.OnceFunc(func() { log.SetTarget(mute{}) })

func quietNDP() ipv6.NDPConfigurations {
	c := ipv6.DefaultNDPConfigurations()
	c.HandleRAs = ipv6.HandlingRAsDisabled
	c.MaxRtrSolicitations = 0
	return c
}

// noFilter is the packet filter that lets everything pass. It is never changed,
// so stacks can share it.
func noFilter(seed uint64) *stack.IPTables {
	return stack.DefaultTables(tcpip.NewStdClock(), rand.New(newRandSource(seed, "filter")))
}

// randSource is a small seeded source for a stack's timers and hashes; the one
// that gVisor makes holds 5 KiB. Ports and sequence numbers do not come
// from it but from the system's secure source.
type randSource struct {
	mu  sync.Mutex
	pcg *randv2.PCG
}

func newRandSource(seed uint64, name string) *randSource {
	h := fnv.New64a()
	h.Write([]byte(name))
	return &randSource{pcg: randv2.NewPCG(seed, h.Sum64())}
}

func (s *randSource) Int63() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return int64(s.pcg.Uint64() >> 1)
}

func (s *randSource) Seed(seed int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pcg.Seed(uint64(seed), 0)
}

func protocolOf(a netip.Addr) tcpip.NetworkProtocolNumber {
	if a.Is4() {
		return ipv4.ProtocolNumber
	}
	return ipv6.ProtocolNumber
}

func addressOf(a netip.Addr) tcpip.Address {
	if a.Is4() {
		return tcpip.AddrFrom4(a.As4())
	}
	return tcpip.AddrFrom16(a.As16())
}

// netipOf is the reverse; IPv4 inside IPv6, as on dual-stack sockets, is
// unwrapped, and the absent address is the zero Addr.
func netipOf(a tcpip.Address) netip.Addr {
	ip, _ := netip.AddrFromSlice(a.AsSlice())
	return ip.Unmap()
}

func subnetOf(p netip.Prefix) tcpip.Subnet {
	return tcpip.AddressWithPrefix{Address: addressOf(p.Addr()), PrefixLen: p.Bits()}.Subnet()
}
