package vnet

import (
	"context"
	"fmt"
	"io"
	"net"
	"runtime"
	"testing"
)

// BenchmarkExchange is one UDP question and answer over four routers at zero
// delay, on a kept socket and on a fresh one each time.
func BenchmarkExchange(b *testing.B) {
	for _, fresh := range []bool{false, true} {
		for family := range 2 {
			b.Run(fmt.Sprintf("fresh=%v/IPv%d", fresh, 4+2*family), func(b *testing.B) {
				c := newChain(b, 4, HostOptions{NoTCP: true})
				addr := at(c.servers()[family], 53)
				echoUDP(b, c.server, addr)
				question, answer := pattern(50), make([]byte, 512)
				conn := dial(b, c.client, "udp", addr)
				ask := func(conn net.Conn) {
					if _, err := conn.Write(question); err != nil {
						b.Fatal(err)
					}
					if _, err := conn.Read(answer); err != nil {
						b.Fatal(err)
					}
				}
				ask(conn) // neighbours known
				b.ReportAllocs()
				b.ResetTimer()
				for range b.N {
					if !fresh {
						ask(conn)
						continue
					}
					conn, err := c.client.DialContext(context.Background(), "udp", addr)
					if err != nil {
						b.Fatal(err)
					}
					ask(conn)
					conn.Close()
				}
			})
		}
	}
}

// BenchmarkBulk is 1 MiB over one TCP connection and four routers.
func BenchmarkBulk(b *testing.B) {
	c := newChain(b, 4, HostOptions{})
	l, err := c.server.Listen(context.Background(), "tcp", at(c.server4, 80))
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				io.Copy(io.Discard, conn)
				conn.Close()
			}()
		}
	}()
	data := pattern(1 << 20)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		conn, err := c.client.DialContext(context.Background(), "tcp", at(c.server4, 80))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := conn.Write(data); err != nil {
			b.Fatal(err)
		}
		conn.(*TCPConn).CloseWrite()
		io.Copy(io.Discard, conn) // until the server has all of it
		conn.Close()
	}
}

// benchLab is about what package lab starts: 25 hosts, 6 routers.
func benchLab(n *Net, opts HostOptions) {
	core := n.Segment("core")
	for r := range 6 {
		lan := n.Segment(fmt.Sprint("lan", r))
		router := n.NewRouter(fmt.Sprint("r", r))
		router.Attach(core, pfx(fmt.Sprintf("10.0.0.%d/24", r+1)), pfx(fmt.Sprintf("2001:db8::%d/64", r+1)))
		router.Attach(lan, pfx(fmt.Sprintf("10.1.%d.1/24", r)), pfx(fmt.Sprintf("2001:db8:%d::1/64", r+1)))
		for h := range 5 {
			if r*5+h >= 25 {
				break
			}
			host := n.NewHost(fmt.Sprintf("h%d.%d", r, h), opts)
			if opts.NoIPv6 {
				host.Attach(lan, pfx(fmt.Sprintf("10.1.%d.%d/24", r, h+2)))
			} else {
				host.Attach(lan, pfx(fmt.Sprintf("10.1.%d.%d/24", r, h+2)), pfx(fmt.Sprintf("2001:db8:%d::%d/64", r+1, h+2)))
			}
		}
	}
}

// BenchmarkStart is starting and closing 25 hosts and 6 routers.
func BenchmarkStart(b *testing.B) {
	for name, opts := range map[string]HostOptions{"full": {}, "IPv4": {NoIPv6: true}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				n := New(1)
				benchLab(n, opts)
				n.Close()
			}
		})
	}
}

// BenchmarkMemory reports what 25 hosts and 6 routers hold.
func BenchmarkMemory(b *testing.B) {
	for name, opts := range map[string]HostOptions{"full": {}, "IPv4": {NoIPv6: true}} {
		b.Run(name, func(b *testing.B) {
			var before, after runtime.MemStats
			goroutines := runtime.NumGoroutine()
			runtime.GC()
			runtime.ReadMemStats(&before)
			nets := make([]*Net, b.N)
			for i := range nets {
				nets[i] = New(1)
				benchLab(nets[i], opts)
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(b.N)/1024, "KiB/net")
			b.ReportMetric(float64(after.StackInuse-before.StackInuse)/float64(b.N)/1024, "stackKiB/net")
			b.ReportMetric(float64(runtime.NumGoroutine()-goroutines)/float64(b.N), "goroutines/net")
			for _, n := range nets {
				n.Close()
			}
		})
	}
}
