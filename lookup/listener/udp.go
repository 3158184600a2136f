package listener

import (
	"net"
	"net/netip"
	"sync"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

// buffers hold one query each: a query larger than this is no query.
var buffers = sync.Pool{New: func() any { b := make([]byte, maxQuery); return &b }}

// maxQuery bounds a query: a name, a type, and room for EDNS options.
const maxQuery = 4096

// serveUDP answers what comes to a socket. Answers that can be recalled leave
// from here, others from a goroutine of their own.
func (l *Listener) serveUDP(conn net.PacketConn) {
	if c, ok := conn.(lookup.Batcher); ok {
		if b := c.Batch(maxBatch, maxQuery); b != nil {
			l.serveBatches(conn, b)
			return
		}
	}
	out := make([]byte, 0, message.UDPSize)
	for {
		buf := buffers.Get().(*[]byte)
		n, from, err := conn.ReadFrom(*buf)
		if err != nil {
			buffers.Put(buf)
			// An ICMP error for an earlier response, say: go on.
			if !l.pause(err) {
				return
			}
			continue
		}
		client := addrPort(from)
		if response, ok := l.atOnce((*buf)[:n], client, out); ok {
			if response != nil {
				conn.WriteTo(response, from)
			}
			buffers.Put(buf)
			continue
		}
		l.later(conn, buf, n, client, from)
	}
}

// maxBatch is how many queries are taken from the kernel at once: what has come
// while the ones before were being answered.
const maxBatch = 32

// serveBatches is serveUDP for several datagrams at a time.
func (l *Listener) serveBatches(conn net.PacketConn, batch lookup.Batch) {
	room := make([]byte, maxBatch*message.UDPSize)
	for {
		n, err := batch.Read()
		if err != nil {
			if !l.pause(err) {
				return
			}
			continue
		}
		replies := false
		for i := range n {
			query, client := batch.Datagram(i)
			client = netip.AddrPortFrom(client.Addr().Unmap(), client.Port())
			out := room[i*message.UDPSize : i*message.UDPSize : (i+1)*message.UDPSize]
			if response, ok := l.atOnce(query, client, out); ok {
				if response != nil {
					batch.Reply(i, response)
					replies = true
				}
				continue
			}
			buf := buffers.Get().(*[]byte)
			l.later(conn, buf, copy(*buf, query), client, batch.Peer(i))
		}
		if replies {
			batch.Send() // an error is about a client that has gone
		}
	}
}

// atOnce does what can be done about a query without waiting for anything: ok
// says that the response, nil for none, is all that it gets. The response may
// be in out.
func (l *Listener) atOnce(query []byte, client netip.AddrPort, out []byte) (response []byte, ok bool) {
	if response, ok := l.screen(query, client.Addr()); !ok {
		return response, true
	}
	return l.again.recall(query, out)
}

// later answers a query in a goroutine, which gives the buffer back.
func (l *Listener) later(conn net.PacketConn, buf *[]byte, n int, client netip.AddrPort, from net.Addr) {
	select {
	case l.slots <- struct{}{}:
	default:
		buffers.Put(buf) // too busy: the client will ask again
		return
	}
	l.wg.Add(1)
	go func() {
		defer l.wg.Done()
		defer func() { <-l.slots }()
		defer buffers.Put(buf)
		l.answer(l.ctx, (*buf)[:n], client, overUDP, func(response []byte) error {
			_, err := conn.WriteTo(response, from)
			return err
		})
	}()
}
