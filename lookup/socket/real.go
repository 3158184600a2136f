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
		s.infer(to, lookup.TCPClosed, lookup.TCPSynSent, "inferred")
	})
	c, err := network.DialContext(ctx, kind, to.String())
	if connected == nil { // refused by the policy, or a network without hooks
		made(-1, err, nil)
		if err != nil {
			return nil, err
		}
	}
	if err != nil {
		connected(-1, err, nil)
		s.infer(to, lookup.TCPSynSent, lookup.TCPClosed, "inferred")
		p.rec.step.Report(lookup.DescriptorClosed{Descriptor: s.descriptor, Of: s.protocol})
		return nil, err
	}
	s.raw = c
	if connected != nil {
		connected(0, nil, nil)
	}
	s.infer(to, lookup.TCPSynSent, lookup.TCPEstablished, "inferred")
	if n, ok := c.(lookup.Snapshotter); ok && s.watch != nil {
		s.watch.mu.Lock()
		s.watch.ends[s.side].stack = n
		s.watch.mu.Unlock()
	}
	s.compare()
	return s, nil
}

// infer says a state that follows from what a call did, where no packets can be
// seen.
func (s *Socket) infer(to netip.AddrPort, from, state lookup.TCPState, source string) {
	if s.protocol != "tcp" {
		return
	}
	if s.watch == nil {
		s.follow(0, to)
	}
	if s.watch == nil {
		return
	}
	w := s.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	e := w.ends[s.side]
	e.state = state
	w.rec.step.Report(lookup.StateEntered{Conn: w.number, Host: e.host, Side: s.side, From: from, To: state, Source: source, Cause: -1})
}
