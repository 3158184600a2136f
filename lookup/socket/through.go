package socket

import (
	"context"
	"net"
	"net/netip"

	"rootwalk/lookup"
)

type programKey struct{}

// WithProgram has what is dialed with the context be a program's, on networks that
// Through made: its sockets and their calls are recorded.
func WithProgram(ctx context.Context, p *Program) context.Context {
	return context.WithValue(ctx, programKey{}, p)
}

// Through is a network whose dials are recorded where WithProgram says whose they
// are.
func Through(n lookup.Network) lookup.Network { return through{n} }

type through struct{ lookup.Network }

func (t through) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	p, _ := ctx.Value(programKey{}).(*Program)
	to, err := netip.ParseAddrPort(addr)
	if p == nil || err != nil { // an address that is none is the network's to refuse
		return t.Network.DialContext(ctx, network, addr)
	}
	s, err := p.Dial(ctx, t.Network, network, to)
	if err != nil {
		return nil, err // no nil pointer in the interface
	}
	return s, nil
}
