package listener

import (
	"net"
	"net/netip"
	"sync"
	"time"

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
		l.later(job{conn, buf, n, client, from})
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
			l.later(job{conn, buf, copy(*buf, query), client, batch.Peer(i)})
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
	return l.again.recall(query, client, out)
}

// job is a query that takes a goroutine to answer.
type job struct {
	conn   net.PacketConn
	buf    *[]byte
	n      int
	client netip.AddrPort
	from   net.Addr
}

// maxIdle is how many goroutines wait for the next query: their stacks have
// grown to what a walk needs, which a new one's would have to do again.
const maxIdle = 32

// idleTime is how long they wait.
const idleTime = 10 * time.Second

// later answers a query in a goroutine, which gives the buffer back.
func (l *Listener) later(j job) {
	select {
	case l.slots <- struct{}{}:
	default:
		buffers.Put(j.buf) // too busy: the client will ask again
		return
	}
	select {
	case l.jobs <- j:
	default:
		l.wg.Add(1)
		go l.work(j)
	}
}

// work answers a query, and then others as long as there are not enough
// goroutines that wait for one.
func (l *Listener) work(j job) {
	defer l.wg.Done()
	rest := time.NewTimer(idleTime)
	defer rest.Stop()
	for {
		l.serve(j)
		rest.Reset(idleTime)
		if l.idle.Add(1) > maxIdle {
			l.idle.Add(-1)
			return
		}
		select {
		case j = <-l.jobs:
			l.idle.Add(-1)
		case <-rest.C:
			l.idle.Add(-1)
			return
		case <-l.ctx.Done():
			return
		}
	}
}

func (l *Listener) serve(j job) {
	defer func() { <-l.slots }()
	defer buffers.Put(j.buf)
	l.answer(l.ctx, (*j.buf)[:j.n], j.client, overUDP, func(response []byte) error {
		_, err := j.conn.WriteTo(response, j.from)
		return err
	})
}
