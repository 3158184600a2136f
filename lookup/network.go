package lookup

import (
	"context"
	"net"
	"net/netip"
)

// The networks there are, as traces, forms and flags name them.
const (
	NetworkLab      = "lab"
	NetworkInternet = "internet"
)

// Network is one host's view of a network: a lab host or the operating system.
// Addresses are always IP:port; a name is never resolved behind the learner's
// back, so an address that does not parse is an error.
//
// All methods may be called by several goroutines. Errors answer errors.Is for
// the syscall errors (ECONNREFUSED, EHOSTUNREACH, …), net.ErrClosed and
// os.ErrDeadlineExceeded, whatever the network is made of.
type Network interface {
	// DialContext connects "udp" or "tcp" (also with suffix 4 or 6) to addr.
	DialContext(ctx context.Context, network, addr string) (net.Conn, error)
	// ListenPacket opens a "udp" socket at addr; port 0 chooses a free one.
	ListenPacket(ctx context.Context, network, addr string) (net.PacketConn, error)
	// Listen opens a "tcp" listener at addr; port 0 chooses a free one.
	Listen(ctx context.Context, network, addr string) (net.Listener, error)
	// Caps says what this network can show, so that the page can say what is
	// real and what is missing.
	Caps() Caps
}

// Caps are the capabilities of a Network, for the page to name.
type Caps struct {
	Frames     bool `json:"frames"`     // link-layer frames can be tapped
	ARP        bool `json:"arp"`        // neighbour resolution can be seen
	Faults     bool `json:"faults"`     // links and servers can be broken on purpose
	TCPState   bool `json:"tcpState"`   // the stack tells its TCP state
	SlowMotion bool `json:"slowMotion"` // the stack's timers can be slowed
}

// Batcher is a packet socket that can move several datagrams with one call of
// the system, if it is of a kind that can.
type Batcher interface {
	// Batch has room for n datagrams of at most size octets each; longer ones
	// are cut. It is nil where they have to be moved one by one.
	Batch(n, size int) Batch
}

// Batch is datagrams that came together. It is for one goroutine; different
// batches of one socket, and its other methods, may be used at the same time.
type Batch interface {
	// Read waits for datagrams, and drops those that were in the batch.
	Read() (n int, err error)
	// Datagram is one of them and who sent it. The octets change with the next Read.
	Datagram(i int) (b []byte, from netip.AddrPort)
	// Peer is its sender for WriteTo of the socket, at any time later.
	Peer(i int) net.Addr
	// Reply lines up a response to a datagram, at most one to each. The
	// octets must stay as they are until Send.
	Reply(i int, response []byte)
	// Send sends what is lined up. An error is about some of it.
	Send() error
}
