package lookup

import (
	"context"
	"net"
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
