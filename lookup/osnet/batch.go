package osnet

import (
	"net"
	"net/netip"
	"runtime"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

	"rootwalk/lookup"
)

// batching is how several datagrams are moved at once: recvmmsg and sendmmsg on
// Linux, one at a time elsewhere. Both packages mean the same by a message.
type batching interface {
	ReadBatch(ms []ipv4.Message, flags int) (int, error)
	WriteBatch(ms []ipv4.Message, flags int) (int, error)
}

// batch is a [lookup.Batch] of a socket that answers: responses can go only to
// those whose datagrams are in it.
type batch struct {
	s   *answering
	c   batching
	in  []ipv4.Message
	out []ipv4.Message
	n   int // datagrams in it
}

// Batch makes a batch; nil where the system knows none, and for a socket for all of this machine's
// addresses: there each datagram carries the one that it came to.
func (s *answering) Batch(n, size int) lookup.Batch {
	if s.local != nil || runtime.GOOS == "windows" {
		return nil
	}
	b := &batch{s: s, in: make([]ipv4.Message, n), out: make([]ipv4.Message, 0, n), c: ipv4.NewPacketConn(s.conn)}
	if addrOf(s.conn.LocalAddr()).Is6() {
		b.c = ipv6.NewPacketConn(s.conn)
	}
	room, buffers := make([]byte, n*size), make([][]byte, 2*n)
	for i := range b.in {
		buffers[i] = room[i*size : (i+1)*size]
		b.in[i].Buffers = buffers[i : i+1]
	}
	for i := range b.out[:n] {
		b.out[:n][i].Buffers = buffers[n+i : n+i+1]
	}
	return b
}

func (b *batch) Read() (int, error) {
	b.n, b.out = 0, b.out[:0]
	n, err := b.c.ReadBatch(b.in, 0)
	if err != nil {
		return 0, translate(err)
	}
	b.n = n
	return n, nil
}

func (b *batch) Datagram(i int) ([]byte, netip.AddrPort) {
	m := &b.in[:b.n][i]
	return m.Buffers[0][:m.N], m.Addr.(*net.UDPAddr).AddrPort()
}

func (b *batch) Peer(i int) net.Addr {
	_, from := b.Datagram(i)
	return &peer{addr: from, heard: b.s}
}

func (b *batch) Reply(i int, response []byte) {
	to := b.in[:b.n][i].Addr
	b.out = b.out[:len(b.out)+1]
	m := &b.out[len(b.out)-1]
	m.Addr, m.Buffers[0] = to, response
}

func (b *batch) Send() (err error) {
	for ms := b.out; len(ms) > 0; {
		n, failed := b.c.WriteBatch(ms, 0)
		if failed != nil {
			err, n = translate(failed), 1 // that one is lost, the others go on
		}
		ms = ms[min(max(n, 1), len(ms)):]
	}
	b.out = b.out[:0]
	return err
}
