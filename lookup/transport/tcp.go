package transport

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

// errClosed is a connection that ended before the response was complete.
var errClosed = errors.New("connection closed before the response")

// tcp asks the same question over TCP (RFC 7766 §5): over the connection that
// is still open from a question before, else over one of its own. A server
// closes idle connections when it likes; then a new one is made
// (RFC 7766 §6.2.4).
func (x *exchange) tcp(ctx context.Context) (*message.Response, error) {
	if err := x.admit(ctx, "tcp"); err != nil {
		return nil, err
	}
	if x.q.Edited == nil {
		if conn, idle := x.kept.take(ctx, x.q.Server.Addr); conn != nil {
			r, err := x.stream(ctx, conn, idle)
			if r != nil || !errors.Is(err, message.ErrUnreachable) || ctx.Err() != nil {
				return r, err
			}
			if err := x.admit(ctx, "tcp"); err != nil { // it is one query more
				return nil, err
			}
		}
	}
	return x.stream(ctx, nil, 0)
}

// stream asks over a connection, which it makes if there is none.
func (x *exchange) stream(ctx context.Context, conn net.Conn, idle time.Duration) (*message.Response, error) {
	start := time.Now()
	f := flight{id: x.newID("tcp"), seq: -1, transport: "tcp", start: start}
	keep := false
	defer func() {
		switch {
		case conn == nil:
		case keep:
			x.kept.put(x.q.Server.Addr, conn)
		default:
			conn.Close()
		}
	}()
	if err := x.pack(&f); err != nil {
		return nil, err
	}
	deadline := start.Add(x.c.TCPTimeout)
	if x.q.Edited != nil {
		deadline = start.Add(x.q.Timeout)
	}
	if conn != nil {
		f.from = addrPort(conn.LocalAddr())
		x.step.Report(lookup.ConnectionReused{Party: x.c.Party, Server: x.q.Server, From: f.from, IdleUs: idle.Microseconds()})
	} else {
		dialing, cancel := context.WithDeadline(ctx, deadline)
		var err error
		conn, err = x.c.Network.DialContext(dialing, "tcp", x.q.Server.Addr.String())
		cancel()
		if err != nil {
			return nil, x.failed(ctx, f, err, true)
		}
		f.from = addrPort(conn.LocalAddr())
		x.step.Report(lookup.ConnectionOpened{Party: x.c.Party, Server: x.q.Server, From: f.from, ElapsedUs: time.Since(start).Microseconds()})
	}
	stop := guard(ctx, conn, deadline)
	defer func() { keep = stop() && keep }()
	x.dress(&f)
	f = x.send(f, f.query, max(time.Until(deadline), time.Millisecond))

	// Length and message in one write, so that they leave in one segment
	// (RFC 7766 §8).
	if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, x.length(f.query)), f.query...)); err != nil {
		return nil, x.failed(ctx, f, err, false)
	}
	for rejected := 0; ; {
		b, err := x.readMessage(conn)
		if err != nil {
			return nil, x.failed(ctx, f, err, false)
		}
		r, reason := x.believe(b, f)
		if r != nil {
			if x.doubted == "case" {
				// It was the server itself, then.
				x.peers.change(f.peer(), func(p *peer) { p.anyCase = true })
			}
			keep = rejected == 0
			return r, nil
		}
		// Over TCP nobody else can have sent it: the server is confused.
		x.rejected(b, f, reason)
		if rejected++; rejected == maxRejected {
			return nil, x.failed(ctx, f, errClosed, false)
		}
	}
}

// readMessage reads one message with its length in front (RFC 1035 §4.2.2), if
// there is room for one of that length.
func (x *exchange) readMessage(r io.Reader) ([]byte, error) {
	var size [2]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return nil, ended(err)
	}
	b := make([]byte, binary.BigEndian.Uint16(size[:]))
	x.got += len(size)
	if x.room() < len(b) {
		return nil, message.ErrTooMuch
	}
	n, err := io.ReadFull(r, b)
	x.got += n
	if err != nil {
		return nil, ended(err)
	}
	return b, nil
}

func ended(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errClosed
	}
	return err
}
