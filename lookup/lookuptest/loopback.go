package lookuptest

import (
	"context"
	"net"

	"rootwalk/lookup"
)

// Loopback is the operating system's network, for tests of servers on
// addresses such as 127.0.0.1:0.
type Loopback struct{}

// DialContext connects through the operating system.
func (Loopback) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, network, addr)
}

// ListenPacket opens a socket of the operating system.
func (Loopback) ListenPacket(ctx context.Context, network, addr string) (net.PacketConn, error) {
	return new(net.ListenConfig).ListenPacket(ctx, network, addr)
}

// Listen opens a listener of the operating system.
func (Loopback) Listen(ctx context.Context, network, addr string) (net.Listener, error) {
	return new(net.ListenConfig).Listen(ctx, network, addr)
}

// Caps says that nothing can be shown of this network.
func (Loopback) Caps() lookup.Caps { return lookup.Caps{} }
