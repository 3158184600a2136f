package vnet

import (
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/link/channel"
	"gvisor.dev/gvisor/pkg/tcpip/link/ethernet"
	"gvisor.dev/gvisor/pkg/tcpip/network/arp"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
	"os"
	"runtime"
	"runtime/pprof"
	"testing"
)

func TestZZ(t *testing.T) {
	runtime.MemProfileRate = 1
	var a, b runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&a)
	const N = 100
	var ss []*stack.Stack
	for i := 0; i < N; i++ {
		s := stack.New(stack.Options{NetworkProtocols: []stack.NetworkProtocolFactory{ipv4.NewProtocol, arp.NewProtocol, ipv6.NewProtocol},
			TransportProtocols: []stack.TransportProtocolFactory{udp.NewProtocol, icmp.NewProtocol4, icmp.NewProtocol6, tcp.NewProtocol}, HandleLocal: true})
		s.CreateNIC(1, ethernet.New(channel.New(1, 1500, "\x02\x00\x00\x00\x00\x01")))
		s.AddProtocolAddress(1, tcpip.ProtocolAddress{Protocol: ipv4.ProtocolNumber, AddressWithPrefix: tcpip.AddressWithPrefix{Address: tcpip.AddrFrom4([4]byte{10, 0, 0, 1}), PrefixLen: 24}}, stack.AddressProperties{})
		ss = append(ss, s)
	}
	runtime.GC()
	runtime.ReadMemStats(&b)
	t.Log((b.HeapAlloc-a.HeapAlloc)/N, (b.StackInuse-a.StackInuse)/N, (b.TotalAlloc-a.TotalAlloc)/N)
	f, _ := os.Create("/tmp/vnprof/heap")
	pprof.WriteHeapProfile(f)
	f.Close()
	for _, s := range ss {
		s.Destroy()
	}
}
