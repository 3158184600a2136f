package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/lookuptest"
)

// A Web server that does to its clients whatever it can, and the bound that each
// of its tricks meets.

var hostileWebAddrs = []string{"185.12.66.10", "185.12.66.11", "185.12.66.12", "185.12.66.13"}

var hostileWebNames = map[string]string{
	"hostile.test": hostileWebAddrs[0], "stalls.hostile.test": hostileWebAddrs[1], "plain.hostile.test": hostileWebAddrs[2], "resets.hostile.test": hostileWebAddrs[3],
}

// beHostileWeb is its process.
func beHostileWeb() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	var work sync.WaitGroup
	var all []net.Listener
	acts := hostileHTTP2Acts()
	maps.Copy(acts, map[string]func(net.Conn){
		hostileWebAddrs[0] + ":80":  tricks,
		hostileWebAddrs[1] + ":443": func(c net.Conn) { io.Copy(io.Discard, c) },
		hostileWebAddrs[2] + ":443": func(c net.Conn) { io.WriteString(c, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n") },
		hostileWebAddrs[3] + ":443": func(c net.Conn) { c.Read(make([]byte, 1)); c.(*net.TCPConn).SetLinger(0) },
	})
	for at, act := range acts {
		ln, err := net.Listen("tcp4", at)
		if err != nil {
			return err
		}
		all = append(all, ln)
		work.Go(func() {
			for {
				c, err := ln.Accept()
				if err != nil {
					return
				}
				work.Go(func() {
					defer c.Close()
					defer context.AfterFunc(ctx, func() { c.Close() })()
					act(c)
				})
			}
		})
	}
	gzipBomb()
	fmt.Println("ready")
	<-ctx.Done()
	for _, ln := range all {
		ln.Close()
	}
	work.Wait()
	return nil
}

// gzipBomb is a body that is 20 MiB when unpacked, made once: it takes a while.
var gzipBomb = sync.OnceValue(func() string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(make([]byte, 20<<20))
	z.Close()
	return b.String()
})

const okHead = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"

// tricks plays the trick that a path names, and goes on while the client does.
func tricks(c net.Conn) {
	r := bufio.NewReader(c)
	for {
		first := ""
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			if first == "" {
				first = line
			}
			if strings.TrimSpace(line) == "" {
				break
			}
		}
		f := strings.Fields(first)
		if len(f) < 2 || !trick(c, f[1]) {
			return
		}
	}
}

// trick reports whether the connection is to go on.
func trick(c net.Conn, path string) bool {
	say := func(s string) { io.WriteString(c, s) }
	forever := func(piece string) {
		for {
			if _, err := io.WriteString(c, piece); err != nil {
				return
			}
		}
	}
	page := func(head string, body string) {
		say(okHead + head + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body)) + body)
	}
	pictures := func(dir string) string {
		var b strings.Builder
		for i := range 14 {
			fmt.Fprintf(&b, `<img src="/%s/%d">`, dir, i)
		}
		return b.String()
	}
	redirect := func(to string) { say("HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + to + "\r\n\r\n") }
	piece := strings.Repeat("x", 4096)
	switch name, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/"); name {
	case "endless":
		say(okHead + "\r\n")
		forever(piece)
	case "endlesschunks":
		say(okHead + "Transfer-Encoding: chunked\r\n\r\n")
		forever("5\r\nhello\r\n")
	case "endlesschunk":
		say(okHead + "Transfer-Encoding: chunked\r\n\r\n5;")
		forever(piece)
	case "interims":
		forever("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
	case "headbomb":
		say(okHead)
		forever("X-" + piece + ": y\r\n")
	case "slowhead", "slowbody":
		say(okHead)
		if name == "slowbody" {
			say("\r\n")
		} else {
			say("X-Slow: ")
		}
		for {
			time.Sleep(50 * time.Millisecond)
			if _, err := io.WriteString(c, "x"); err != nil {
				return false
			}
		}
	case "silent":
		io.Copy(io.Discard, c)
	case "stalls": // in the middle of a body
		say(okHead + "Content-Length: 100\r\n\r\nhalf")
		io.Copy(io.Discard, c)
	case "gzipbomb":
		page("Content-Encoding: gzip\r\n", gzipBomb())
		return true
	case "heavy":
		if rest == "" {
			page("", pictures("heavy"))
		} else {
			page("", strings.Repeat("x", 250_000))
		}
		return true
	case "closing": // each picture wants a connection of its own
		if rest == "" {
			page("", pictures("closing"))
			return true
		}
		say(okHead + "Connection: close\r\nContent-Length: 1\r\n\r\nx")
	case "loop":
		redirect("/loop")
		return true
	case "maze":
		redirect("/maze/" + rest + "x")
		return true
	case "tunnel":
		redirect("http://169.254.169.254/latest/meta-data/")
		return true
	case "inward":
		redirect("http://self.test/")
		return true
	case "port":
		redirect("http://hostile.test:22/")
		return true
	case "file":
		redirect("file:///etc/passwd")
		return true
	case "upgrade":
		say("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n")
		forever(piece)
	case "reset", "resetbody":
		if name == "resetbody" {
			say(okHead + "Content-Length: 100000\r\n\r\n" + piece)
			time.Sleep(20 * time.Millisecond) // the octets arrive before the RST
		}
		c.(*net.TCPConn).SetLinger(0)
	case "nothttp":
		say("SSH-2.0-OpenSSH_9.2\r\n")
	case "coding":
		page("Content-Encoding: br\r\n", "abc")
		return true
	case "half":
		say(okHead + "Content-Length: 100\r\n\r\nhalf")
	}
	return false
}

// hostileWeb goes to each of them: the journey ends in the part, and for the
// reason and bound, that it should.
func (n *namespaces) hostileWeb(t *testing.T) {
	const bytes, body = 2 << 20, 256 << 10
	us := func(d time.Duration) int64 { return d.Microseconds() }
	for _, c := range []struct {
		url    string
		flags  []string
		leg    lookup.Leg
		reason string
		limit  int64
	}{
		{"http://hostile.test/endless", nil, lookup.LegRequest, "tooBig", body},
		{"http://hostile.test/endlesschunks", nil, lookup.LegRequest, "tooBig", body},
		{"http://hostile.test/endlesschunk", nil, lookup.LegRequest, "headSize", 64 << 10},
		{"http://hostile.test/interims", nil, lookup.LegRequest, "interim", 5},
		{"http://hostile.test/headbomb", nil, lookup.LegRequest, "headSize", 64 << 10},
		{"http://hostile.test/gzipbomb", nil, lookup.LegRequest, "bomb", body},
		{"http://hostile.test/coding", nil, lookup.LegRequest, "coding", 0},
		{"http://hostile.test/loop", nil, lookup.LegRequest, "redirect", 0},
		{"http://hostile.test/maze", nil, lookup.LegRequest, "redirect", 0},
		{"http://hostile.test/file", nil, lookup.LegRequest, "redirect", 0},
		{"http://hostile.test/tunnel", nil, lookup.LegRequest, "blocked", 0},
		{"http://hostile.test/inward", nil, lookup.LegRequest, "blocked", 0},
		{"http://hostile.test/port", nil, lookup.LegRequest, "blocked", 0},
		{"http://hostile.test/upgrade", nil, lookup.LegRequest, "upgrade", 0},
		{"http://hostile.test/reset", nil, lookup.LegRequest, "reset", 0},
		{"http://hostile.test/resetbody", nil, lookup.LegRequest, "reset", 0},
		{"http://hostile.test/nothttp", nil, lookup.LegRequest, "malformed", 0},
		{"http://hostile.test/half", nil, lookup.LegRequest, "cut", 0},
		{"http://hostile.test/nothing", nil, lookup.LegRequest, "cut", 0},
		// Stalls at each stage. The first bound is the one that all have by themselves.
		{"http://hostile.test/silent", nil, lookup.LegRequest, "firstByte", us(5 * time.Second)},
		{"http://hostile.test/slowhead", []string{"-fetch-first-byte", "2s"}, lookup.LegRequest, "headTime", us(2 * time.Second)},
		{"http://hostile.test/stalls", []string{"-fetch-time", "2s"}, lookup.LegRequest, "time", us(2 * time.Second)},
		{"http://hostile.test/slowbody", []string{"-fetch-time", "2s"}, lookup.LegRequest, "time", us(2 * time.Second)},
		{"http://nobody.test/", []string{"-fetch-connect-time", "300ms"}, lookup.LegConnect, "connectTime", us(300 * time.Millisecond)},
		{"https://stalls.hostile.test/", []string{"-fetch-tls-time", "300ms"}, lookup.LegEncrypt, "secureTime", us(300 * time.Millisecond)},
		{"https://plain.hostile.test/", nil, lookup.LegEncrypt, "secure", 0},
		{"https://resets.hostile.test/", nil, lookup.LegEncrypt, "reset", 0},
		{"https://other.nginx.test/", nil, lookup.LegEncrypt, "certificate", 0},
		{"https://hostile.test/", nil, lookup.LegConnect, "refused", 0},
		{"http://inside.test/", nil, lookup.LegConnect, "blocked", 0},
		{"http://metadata.test/", nil, lookup.LegConnect, "blocked", 0},
		{"http://self.test/", nil, lookup.LegConnect, "blocked", 0},
	} {
		t.Run(c.url, func(t *testing.T) {
			t.Parallel()
			facts, status := n.open(t, append(c.flags, c.url)...)
			legs := lookuptest.Facts[lookup.LegFinished](facts)
			last := legs[len(legs)-1]
			if status != exitFailed || last.Leg != c.leg || last.Outcome != "failed" || last.Reason != c.reason || last.Limit != c.limit {
				t.Errorf("status %d, %+v", status, last)
			}
			refused := lookuptest.Facts[lookup.DialRefused](facts)
			if (c.reason == "blocked") != (len(refused) == 1) {
				t.Errorf("%+v", refused)
			}
			if turns := lookuptest.Facts[lookup.RedirectFollowed](facts); len(turns) > 5 {
				t.Errorf("%d redirects", len(turns))
			}
		})
	}
	// What belongs to a page can use up the budget too; the page is there.
	for path, want := range map[string]lookup.Stop{"heavy": {Reason: "bytes", Limit: bytes}, "closing": {Reason: "connects", Limit: 8}} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			facts, status := n.open(t, "http://hostile.test/"+path)
			ends := lookuptest.Facts[lookup.FetchFinished](facts)
			if last := ends[len(ends)-1]; status != exitOK || last.Stop != want {
				t.Errorf("status %d, %+v", status, last)
			}
			moved, opened := 0, 0
			for _, b := range lookuptest.Facts[lookup.BodyFinished](facts) {
				moved += b.Wire
			}
			for _, d := range lookuptest.Facts[lookup.CallMade](facts) {
				if d.Call == "connect" && d.Protocol == "tcp" {
					opened++
				}
			}
			if moved > bytes || opened > 8 || path == "closing" && opened != 8 {
				t.Errorf("%d octets, %d connections", moved, opened)
			}
		})
	}
}

// A bound that makes no sense is refused.
func TestFetchLimitsHaveBounds(t *testing.T) {
	for given, ok := range map[string]bool{
		"-fetch-connects=8": true, "-fetch-connects=0": false, "-fetch-connects=33": false, "-fetch-redirects=11": false, "-fetch-bytes=1": false, "-fetch-body=99999999999": false,
		"-fetch-time=1ms": false, "-fetch-time=2m": false, "-fetch-connect-time=1s": true,
	} {
		var l fetchLimits
		fs := flag.NewFlagSet("", flag.ContinueOnError)
		l.flags(fs)
		err := fs.Parse([]string{given})
		if err = errors.Join(err, l.check()); (err == nil) != ok {
			t.Errorf("%s: %v", given, err)
		}
	}
}
