package osnet

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"
)

// Listen opens a TCP listener. An address other than loopback needs
// Config.ListenAnywhere.
func (n *Network) Listen(ctx context.Context, network, addr string) (net.Listener, error) {
	at, err := n.mayListen(network, addr, "tcp")
	if err != nil {
		return nil, err
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp"+family(at), at.String())
	return l, translate(err)
}

// receiveBuffer is how much the kernel may hold for a listening UDP socket: a
// burst of queries while all processors are busy.
const receiveBuffer = 1 << 20

// ListenPacket opens a UDP socket that answers: its WriteTo takes only
// addresses that its ReadFrom returned. An address other than loopback needs
// Config.ListenAnywhere.
func (n *Network) ListenPacket(ctx context.Context, network, addr string) (net.PacketConn, error) {
	at, err := n.mayListen(network, addr, "udp")
	if err != nil {
		return nil, err
	}
	c, err := new(net.ListenConfig).ListenPacket(ctx, "udp"+family(at), at.String())
	if err != nil {
		return nil, translate(err)
	}
	conn := c.(*net.UDPConn)          // which is what "udp" makes
	conn.SetReadBuffer(receiveBuffer) // as much of it as the system grants
	s := &answering{conn: conn}
	if at.Addr().IsUnspecified() {
		s.local = tellLocal(conn, at.Addr().Is4())
	}
	return s, nil
}

func (n *Network) mayListen(network, addr, kind string) (netip.AddrPort, error) {
	at, err := parse(network, addr)
	switch {
	case err != nil:
		return at, err
	case network[:3] != kind:
		return at, net.UnknownNetworkError(network)
	case !n.anyIn && !at.Addr().IsLoopback():
		return at, fmt.Errorf("listening on %v, which is not loopback, was not permitted", at.Addr())
	}
	return at, nil
}

// family keeps 0.0.0.0 to IPv4 and :: to IPv6, where the standard library would
// take both.
func family(at netip.AddrPort) string {
	if at.Addr().Is4() {
		return "4"
	}
	return "6"
}

// answering is a UDP socket that speaks when it is spoken to.
type answering struct {
	conn  *net.UDPConn
	local localTeller // nil where the socket has one address
}

// localTeller reads and writes datagrams with the address of this machine that
// they came to. On a socket for all addresses the kernel would otherwise choose
// the source of the answer, and a client ignores one that comes from
// another address than it asked (RFC 5452 §9.1).
type localTeller interface {
	read(b []byte) (n int, from netip.AddrPort, at netip.Addr, err error)
	write(b []byte, to netip.AddrPort, at netip.Addr) (int, error)
}

// peer is somebody who sent a datagram to a socket.
type peer struct {
	addr  netip.AddrPort
	heard *answering
	at    netip.Addr // where it came to, if the socket can tell
}

func (*peer) Network() string            { return "udp" }
func (p *peer) String() string           { return p.addr.String() }
func (p *peer) AddrPort() netip.AddrPort { return p.addr }

func (s *answering) ReadFrom(b []byte) (int, net.Addr, error) {
	if s.local != nil {
		n, from, at, err := s.local.read(b)
		if err != nil {
			return n, nil, translate(err)
		}
		return n, &peer{addr: from, heard: s, at: at}, nil
	}
	n, from, err := s.conn.ReadFromUDPAddrPort(b)
	if err != nil {
		return n, nil, translate(err)
	}
	return n, &peer{addr: from, heard: s}, nil
}

// errUnasked is the error of a datagram that is no answer.
var errUnasked = errors.New("a listening socket only answers those who sent to it")

func (s *answering) WriteTo(b []byte, to net.Addr) (int, error) {
	p, ok := to.(*peer)
	if !ok || p.heard != s {
		return 0, &net.OpError{Op: "write", Net: "udp", Addr: to, Err: errUnasked}
	}
	if s.local != nil {
		n, err := s.local.write(b, p.addr, p.at)
		return n, translate(err)
	}
	n, err := s.conn.WriteToUDPAddrPort(b, p.addr)
	return n, translate(err)
}

func (s *answering) Close() error                       { return s.conn.Close() }
func (s *answering) LocalAddr() net.Addr                { return s.conn.LocalAddr() }
func (s *answering) SetDeadline(t time.Time) error      { return s.conn.SetDeadline(t) }
func (s *answering) SetReadDeadline(t time.Time) error  { return s.conn.SetReadDeadline(t) }
func (s *answering) SetWriteDeadline(t time.Time) error { return s.conn.SetWriteDeadline(t) }
