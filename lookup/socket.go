package lookup

import (
	"context"
	"net"
	"net/netip"
	"time"
)

// Side says which end of a connection something belongs to.
type Side string

// The two ends. The client is who connects.
const (
	SideClient Side = "client"
	SideServer Side = "server"
)

// Other is the end opposite.
func (s Side) Other() Side {
	if s == SideClient {
		return SideServer
	}
	return SideClient
}

// TCPState is the state of one end of a connection (RFC 9293 §3.3.2).
type TCPState string

// The states, under the names of the RFC.
const (
	TCPClosed      TCPState = "CLOSED"
	TCPListen      TCPState = "LISTEN"
	TCPSynSent     TCPState = "SYN-SENT"
	TCPSynReceived TCPState = "SYN-RECEIVED"
	TCPEstablished TCPState = "ESTABLISHED"
	TCPFinWait1    TCPState = "FIN-WAIT-1"
	TCPFinWait2    TCPState = "FIN-WAIT-2"
	TCPCloseWait   TCPState = "CLOSE-WAIT"
	TCPClosing     TCPState = "CLOSING"
	TCPLastAck     TCPState = "LAST-ACK"
	TCPTimeWait    TCPState = "TIME-WAIT"
)

// TCPStates lists the states in the order in which a connection meets them.
func TCPStates() []TCPState {
	return []TCPState{TCPClosed, TCPListen, TCPSynSent, TCPSynReceived, TCPEstablished, TCPFinWait1, TCPFinWait2, TCPCloseWait, TCPClosing, TCPLastAck, TCPTimeWait}
}

// Sockets is a network whose sockets are made and used call by call, as POSIX
// has them. A network that dials only has Network.DialContext.
type Sockets interface {
	Network
	// Socket makes a socket of "tcp4", "tcp6", "udp4" or "udp6". Nothing is
	// sent.
	Socket(network string) (Socket, error)
}

// Socket is one socket, call by call. A call that makes no sense in the state
// the socket is in ends with the error that POSIX has for it. All methods
// may be called concurrently; Close wakes whoever waits in another.
type Socket interface {
	net.Conn
	// Bind gives the socket its local address; port 0 chooses a free one.
	Bind(local netip.AddrPort) error
	// Connect names the peer. Over TCP it waits for the handshake; over UDP
	// nothing is sent.
	Connect(ctx context.Context, peer netip.AddrPort) error
	// Listen makes it a listening socket: so many connections may wait to be
	// accepted.
	Listen(backlog int) error
	// Accept waits for a connection and returns a new socket for it.
	Accept(ctx context.Context) (Socket, error)
	// CloseWrite is shutdown(SHUT_WR): a FIN is sent, reading goes on.
	CloseWrite() error
	// Abort is close with SO_LINGER on and zero: a RST is sent.
	Abort() error
	// SocketSnapshot is what the stack says about the socket; it works at any time,
	// also after Close.
	SocketSnapshot() SocketSnapshot
}

// SocketSnapshot is what a stack says about one socket.
type SocketSnapshot struct {
	Source           string // "gvisor", "TCP_INFO"; "" where the stack says nothing
	State            TCPState
	RTT, RTO         time.Duration // RTT is 0 before the first sample
	CwndSegments     int
	SsthreshSegments int // 0 while there is none
	Unread           int // octets received that nobody has read; -1 where it is not told
}

// Snapshotter is a connection whose stack can be asked about it.
type Snapshotter interface{ SocketSnapshot() SocketSnapshot }

// Frame is one Ethernet frame as somebody at a link saw it.
type Frame struct {
	At   time.Time
	Link string
	From string // the port of the host or router: "device.eth0"
	// Fate is "sent", or what became of it: "lost", "filtered", "link down".
	Fate  string
	First bool   // it comes from the host that made it, not from a router
	Data  []byte // must not be changed
}

// SocketHook is told about a socket that a Network makes for a dial, before
// anything is sent from it.
type SocketHook func(fd int)

type socketHookKey struct{}

// WithSocketHook asks networks that dial only to call the hook with the
// operating system's descriptor (or handle).
func WithSocketHook(ctx context.Context, hook SocketHook) context.Context {
	return context.WithValue(ctx, socketHookKey{}, hook)
}

// SocketHookOf is the hook of a context, nil for none.
func SocketHookOf(ctx context.Context) SocketHook {
	hook, _ := ctx.Value(socketHookKey{}).(SocketHook)
	return hook
}

type boundHookKey struct{}

// WithBoundHook asks Socket.Connect to call the hook with the local port, before
// anything is sent from it.
func WithBoundHook(ctx context.Context, hook func(port uint16)) context.Context {
	return context.WithValue(ctx, boundHookKey{}, hook)
}

// BoundHookOf is that hook of a context, nil for none.
func BoundHookOf(ctx context.Context) func(port uint16) {
	hook, _ := ctx.Value(boundHookKey{}).(func(port uint16))
	return hook
}
