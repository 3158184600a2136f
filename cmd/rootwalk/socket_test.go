package main

//lint:file-ignore SA1019 the WebSocket library is named by this project's owner; it is frozen, so few files know it

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"nhooyr.io/websocket"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
)

// liveSocket is a live connection as a page has it.
type liveSocket struct {
	t *testing.T
	c *websocket.Conn
}

func (s *site) socket() *liveSocket {
	s.t.Helper()
	client := s.live
	if client == nil {
		client = s.client
	}
	c, _, err := websocket.Dial(s.t.Context(), s.url("/live"), &websocket.DialOptions{HTTPClient: client, HTTPHeader: http.Header{"Origin": {s.url("")}}})
	if err != nil {
		s.t.Fatal(err)
	}
	c.SetReadLimit(4 << 20)
	s.t.Cleanup(func() { c.CloseNow() })
	return &liveSocket{s.t, c}
}

func (k *liveSocket) send(format string, args ...any) {
	k.t.Helper()
	if err := k.c.Write(k.t.Context(), websocket.MessageText, fmt.Appendf(nil, format, args...)); err != nil {
		k.t.Fatal(err)
	}
}

type frame struct {
	ID, Trace string
	OK, End   bool
	Error     *struct{ Code, Field, Text string }
	Events    []json.RawMessage
	Held      *struct{ Decision string }
	Room      *struct {
		Clock   lookup.ClockReading
		Outside []room.OutsideQuery
		Reach   *room.Reach
	}
}

func (k *liveSocket) read() frame {
	k.t.Helper()
	ctx, cancel := context.WithTimeout(k.t.Context(), 20*time.Second)
	defer cancel()
	_, b, err := k.c.Read(ctx)
	if err != nil {
		k.t.Fatal(err)
	}
	var f frame
	if err := json.Unmarshal(b, &f); err != nil {
		k.t.Fatalf("%s: %v", b, err)
	}
	return f
}

// follow reads events until the end of the trace, or until there are n.
func (k *liveSocket) follow(n int) (events []string, id string) {
	k.t.Helper()
	for n < 0 || len(events) < n {
		f := k.read()
		if f.Error != nil {
			k.t.Fatalf("%+v", f.Error)
		}
		if f.Trace != "" {
			id = f.Trace
		}
		for _, e := range f.Events {
			events = append(events, string(e))
		}
		if f.End {
			break
		}
	}
	return events, id
}

func TestTwoSocketsSeeTheSameAndACutOneResumes(t *testing.T) {
	s := startSite(t)
	a, b := s.socket(), s.socket()
	a.send(`{"id":"c1","do":"lookup","name":"www.example.co.kr","type":"A","network":"lab"}`)
	all, id := a.follow(-1)
	b.send(`{"id":"x","do":"follow","trace":%q,"after":-1}`, id)
	same, _ := b.follow(-1)
	if strings.Join(all, "\n") != strings.Join(same, "\n") {
		t.Error("two sockets saw different events")
	}
	if len(all) < 20 {
		t.Fatalf("%d events", len(all))
	}
	for cut := range all { // the connection breaks after each event in turn
		k := s.socket()
		k.send(`{"id":"x","do":"follow","trace":%q,"after":%d}`, id, cut)
		rest, _ := k.follow(-1)
		if strings.Join(rest, "\n") != strings.Join(all[cut+1:], "\n") {
			t.Fatalf("cut after event %d: %d events follow, want %d", cut, len(rest), len(all)-cut-1)
		}
		k.c.CloseNow()
	}
}

func TestAStalledSocketHurtsNobody(t *testing.T) {
	s := startSite(t)
	stuck := s.socket() // never reads
	reader := s.socket()
	for i := range 20 {
		reader.send(`{"id":"c%d","do":"lookup","name":"n%d.wild.example","type":"A"}`, i, i)
		events, id := reader.follow(-1)
		if len(events) < 10 {
			t.Fatalf("lookup %d: %d events", i, len(events))
		}
		stuck.send(`{"id":"f%d","do":"follow","trace":%q,"after":-1}`, i, id)
	}
}

func TestSocketCommands(t *testing.T) {
	s := startSite(t)
	k := s.socket()
	until := func(id string) frame {
		t.Helper()
		for {
			if f := k.read(); f.ID == id {
				return f
			}
		}
	}
	for i, c := range []struct{ send, code string }{
		{`"do":"skip","seconds":300`, ""},
		{`"do":"skip","seconds":7`, "clock.range"},
		{`"do":"rate","rate":60`, ""},
		{`"do":"rate","rate":7`, "clock.range"},
		{`"do":"flush","cache":"R1"`, ""},
		{`"do":"flush","cache":"R1","name":"www.example.co.kr","type":"A"`, ""},
		{`"do":"flush","cache":"R9"`, "cache.unknown"},
		{`"do":"follow","trace":"tnone"`, "trace.unknown"},
		{`"do":"release","trace":"tnone","decision":"d1"`, "trace.unknown"},
		{`"do":"lookup","name":"a..b"`, "label.empty"},
		{`"do":"lookup","name":"a.b","type":"X"`, "type.unknown"},
		{`"do":"lookup","name":"a.b","network":"internet"`, "network.unknown"},
		{`"do":"dance"`, "command.unknown"},
		{`"do":5`, "command.malformed"},
	} {
		id := fmt.Sprintf("c%d", i)
		k.send(`{"id":%q,%s}`, id, c.send)
		f := until(id)
		switch {
		case c.code == "" && !f.OK:
			t.Errorf("%s: %+v", c.send, f.Error)
		case c.code != "" && (f.Error == nil || f.Error.Code != c.code || f.Error.Text == "" || strings.HasPrefix(f.Error.Text, "error.")):
			t.Errorf("%s: %+v, want %s", c.send, f.Error, c.code)
		}
	}
	k.send(`{"id":"g","do":"lookup","name":"www.example.co.kr","gate":true}`)
	trace := until("g").Trace
	for d := 1; ; d++ {
		f := k.read()
		if f.End {
			if d < 3 {
				t.Error("the gate did not hold three decisions")
			}
			break
		}
		if f.Held == nil {
			d--
			continue
		}
		if f.Held.Decision != fmt.Sprintf("d%d", d) {
			t.Fatalf("held at %s, want d%d", f.Held.Decision, d)
		}
		k.send(`{"id":"r","do":"release","trace":%q,"decision":"d%d"}`, trace, d)
	}
}

func TestASocketThatMisbehavesIsCutOff(t *testing.T) {
	s := startSite(t)
	ends := func(k *liveSocket) bool {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		for {
			if _, _, err := k.c.Read(ctx); err != nil {
				return ctx.Err() == nil
			}
		}
	}
	binary := s.socket()
	if err := binary.c.Write(t.Context(), websocket.MessageBinary, []byte("{}")); err != nil || !ends(binary) {
		t.Error("a binary frame passed")
	}
	long := s.socket()
	_ = long.c.Write(t.Context(), websocket.MessageText, bytes.Repeat([]byte("a"), 17<<10))
	if !ends(long) {
		t.Error("a frame of 17 KiB passed")
	}
	fast := s.socket()
	for i := range 40 {
		if fast.c.Write(t.Context(), websocket.MessageText, fmt.Appendf(nil, `{"id":"%d","do":"x"}`, i)) != nil {
			break
		}
	}
	if !ends(fast) {
		t.Error("40 commands at once passed")
	}
}

// misbehave opens a socket, breaks a rule on it, and returns when the server
// has said that it closes: it then waits for an answer, which never comes.
func misbehave(t *testing.T, at string) net.Conn {
	t.Helper()
	host := strings.TrimSuffix(strings.TrimPrefix(at, "http://"), "/")
	c, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(c, "GET /live HTTP/1.1\r\nHost: %[1]s\r\nOrigin: http://%[1]s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n", host)
	in := bufio.NewReader(c)
	res, err := http.ReadResponse(in, nil)
	if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(res, err)
	}
	if _, err := c.Write([]byte("\x82\x80\x00\x00\x00\x00")); err != nil { // a binary frame
		t.Fatal(err)
	}
	for { // until the close frame (RFC 6455 §5.2); none of ours is longer than 16 bits say
		var head [2]byte
		if _, err := io.ReadFull(in, head[:]); err != nil {
			t.Fatal(err)
		}
		if head[0] == 0x88 {
			return c
		}
		size := int64(head[1])
		if size == 126 {
			if _, err := io.ReadFull(in, head[:]); err != nil {
				t.Fatal(err)
			}
			size = int64(head[0])<<8 | int64(head[1])
		}
		if _, err := io.CopyN(io.Discard, in, size); err != nil {
			t.Fatal(err)
		}
	}
}
