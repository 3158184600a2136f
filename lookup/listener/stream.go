package listener

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"time"
)

func (l *Listener) serveTCP(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			if !l.pause(err) {
				return
			}
			continue
		}
		if !l.admit(conn) {
			conn.Close()
			continue
		}
		l.wg.Add(1)
		go func() {
			defer l.wg.Done()
			defer l.dismiss(conn)
			l.serveConn(conn)
		}()
	}
}

// admit counts a connection in; false if there are enough, or none for this
// client.
func (l *Listener) admit(conn net.Conn) bool {
	ip := addrPort(conn.RemoteAddr()).Addr()
	if !l.permits(ip) {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || l.open >= l.c.MaxConns || l.conns[ip] >= l.c.MaxConnsPerIP {
		return false
	}
	l.open++
	l.conns[ip]++
	l.closers[conn] = struct{}{}
	return true
}

func (l *Listener) dismiss(conn net.Conn) {
	conn.Close()
	ip := addrPort(conn.RemoteAddr()).Addr()
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.closers, conn)
	l.open--
	if l.conns[ip]--; l.conns[ip] <= 0 {
		delete(l.conns, ip)
	}
}

// serveConn reads queries one after the other and answers them as they are
// ready, in any order (RFC 7766 §6.2.1.1). Reading waits while too much is
// being resolved.
func (l *Listener) serveConn(conn net.Conn) {
	var writing sync.Mutex
	var pending sync.WaitGroup
	defer pending.Wait()
	from := addrPort(conn.RemoteAddr())
	r := bufio.NewReader(conn)
	for range l.c.MaxConnQueries {
		conn.SetReadDeadline(time.Now().Add(l.c.Idle))
		var size [2]byte
		if _, err := io.ReadFull(r, size[:]); err != nil {
			return
		}
		n := int(binary.BigEndian.Uint16(size[:]))
		if n > maxQuery {
			return
		}
		query := make([]byte, n)
		if _, err := io.ReadFull(r, query); err != nil {
			return
		}
		if !l.pace.wait(l.ctx, from.Addr()) {
			return
		}
		select {
		case l.slots <- struct{}{}:
		case <-l.ctx.Done():
			return
		}
		pending.Go(func() {
			defer func() { <-l.slots }()
			if !l.answer(l.ctx, query, from, overTCP, func(response []byte) error {
				writing.Lock()
				defer writing.Unlock()
				conn.SetWriteDeadline(time.Now().Add(l.c.Idle))
				_, err := conn.Write(append(binary.BigEndian.AppendUint16(make([]byte, 0, 2+len(response)), uint16(len(response))), response...))
				return err
			}) {
				conn.Close() // no DNS: nothing sensible can follow
			}
		})
	}
}
