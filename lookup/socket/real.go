package socket

import (
	"context"
	"net/netip"

	"rootwalk/lookup"
)

// dialReal dials on a network that has no sockets call by call: the descriptor
// is the operating system's, and states are what it tells.
func (p *Program) dialReal(ctx context.Context, network lookup.Network, kind string, to netip.AddrPort) (*Socket, error) {
	s := &Socket{program: p, protocol: kind[:3], side: p.side}
	s.descriptor = lookup.Descriptor{Host: p.host, Side: p.side, FD: -1, Real: true}
	family := "AF_INET"
	if kind[3] == '6' {
		family = "AF_INET6"
	}
	made := s.begin(lookup.CallMade{Call: "socket", Protocol: s.protocol, Family: family})
	var connected func(int, error, []byte, ...func(*lookup.CallReturned))
	ctx = lookup.WithSocketHook(ctx, func(fd int) {
		if connected != nil {
			return
		}
		s.descriptor.Socket, s.descriptor.FD = p.rec.nextSocket(), fd
		made(fd, nil, nil)
		p.rec.step.Report(lookup.DescriptorOpened{Descriptor: s.descriptor, Of: s.protocol})
		connected = s.begin(lookup.CallMade{Call: "connect", Addr: to})
		s.infer(to, lookup.TCPSynSent)
	})
	c, err := network.DialContext(ctx, kind, to.String())
	if connected == nil { // refused by the policy, or a network without hooks
		made(-1, err, nil)
		if err != nil {
			return nil, err
		}
	}
	if err != nil {
		connected(-1, err, nil, func(f *lookup.CallReturned) { waitedEnough(ctx, f) })
		s.infer(to, lookup.TCPClosed)
		p.rec.step.Report(lookup.DescriptorClosed{Descriptor: s.descriptor, Of: s.protocol})
		return nil, err
	}
	s.raw = c
	if connected != nil {
		connected(0, nil, nil)
	}
	s.infer(to, lookup.TCPEstablished)
	if n, ok := c.(lookup.Snapshotter); ok && s.watch != nil {
		s.watch.mu.Lock()
		s.watch.ends[s.side].stack = n
		s.watch.mu.Unlock()
	}
	s.compare()
	return s, nil
}
