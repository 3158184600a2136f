package main

import (
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"rootwalk/lookup"
	"rootwalk/lookup/lookuptest"
	"rootwalk/lookup/lookuptest/hostile"
)

// Servers of HTTP/2 that do what none should, on the kernel's sockets: each has an
// address of its own, and is gone to with prior knowledge (RFC 9113 §3.3).

// hostileHTTP2Net is the network of all of them.
const hostileHTTP2Net = "185.12.67.1/24"

// hostileHTTP2 lists them in the order of their addresses.
func hostileHTTP2() []string { return slices.Sorted(maps.Keys(hostile.HTTP2())) }

func hostileHTTP2Addr(i int) string { return fmt.Sprintf("185.12.67.%d", i+1) }

func hostileHTTP2Name(i int) string { return fmt.Sprintf("s%d.h2.test", i+1) }

// hostileHTTP2Acts are what they do with a connection, by where they listen.
func hostileHTTP2Acts() map[string]func(net.Conn) {
	servers, acts := hostile.HTTP2(), map[string]func(net.Conn){}
	for i, name := range hostileHTTP2() {
		act := servers[name]
		acts[hostileHTTP2Addr(i)+":80"] = func(c net.Conn) {
			if _, err := io.ReadFull(c, make([]byte, len(http2.ClientPreface))); err == nil {
				act(http2.NewFramer(c, c), c)
			}
		}
	}
	return acts
}

// hostileHTTP2 goes to each: the journey ends with the request, for the reason and the
// bound that it should, and has neither read nor told more than it may.
func (n *namespaces) hostileHTTP2(t *testing.T) {
	const bytes, body = 2 << 20, 256 << 10
	waits := lookup.Stop{Reason: "firstByte", Limit: (400 * time.Millisecond).Microseconds()}
	late := lookup.Stop{Reason: "time", Limit: (2 * time.Second).Microseconds()}
	stream, flood, head := lookup.Stop{Reason: "stream"}, lookup.Stop{Reason: "flood"}, lookup.Stop{Reason: "headSize", Limit: 64 << 10}
	wants := map[string]lookup.Stop{
		"silent": waits, "no streams": waits, "stalls": late, "cut": stream, "status 101": {Reason: "upgrade"}, "closes": {Reason: "cut"},
		"interims": {Reason: "interim", Limit: 5}, "endless body": {Reason: "tooBig", Limit: body}, "large unknown": {Reason: "bytes", Limit: bytes},
		"bomb": head, "continuations": head, "large continuations": head,
		"empty data": flood, "padding": flood, "pings": flood, "settings": flood, "priorities": flood, "windows": flood, "goaways": flood, "unknown frames": flood,
	}
	for i, name := range hostileHTTP2() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, special := wants[name]
			if !special {
				want = lookup.Stop{Reason: "malformed"}
			}
			args := []string{"-http", "2", "http://" + hostileHTTP2Name(i) + "/"}
			if want == waits {
				args = append([]string{"-fetch-first-byte", "400ms"}, args...)
			}
			if want == late {
				args = append([]string{"-fetch-time", "2s"}, args...)
			}
			facts, status := n.open(t, args...)
			legs := lookuptest.Facts[lookup.LegFinished](facts)
			last := legs[len(legs)-1]
			if status != exitFailed || last.Leg != lookup.LegRequest || last.Stop != want {
				t.Errorf("status %d, %+v; want %+v", status, last, want)
			}
			read := 0
			for _, f := range lookuptest.Facts[lookup.FrameExchanged](facts) {
				if f.From == lookup.SideServer {
					read += f.Length
				}
			}
			if ended := lookuptest.Facts[lookup.SessionEnded](facts); read > bytes || len(ended) == 0 {
				t.Errorf("%d octets of frames, %d sessions ended", read, len(ended))
			}
		})
	}
}
