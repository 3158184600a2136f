package osnet_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"testing"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/osnet"
)

// TestBatch: datagrams that wait are read together, and each response goes to
// whoever sent that datagram.
func TestBatch(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows moves datagrams one by one")
	}
	network, err := osnet.New(osnet.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{"127.0.0.1:0", "[::1]:0"} {
		t.Run(at, func(t *testing.T) {
			conn, err := network.ListenPacket(context.Background(), "udp", at)
			if err != nil {
				t.Skip(err)
			}
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(20 * time.Second))
			batch := conn.(lookup.Batcher).Batch(4, 7)
			if batch == nil {
				t.Fatal("no batch")
			}
			var clients []net.Conn
			for i := range 6 {
				c, err := net.Dial("udp", conn.LocalAddr().String())
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				c.SetDeadline(time.Now().Add(20 * time.Second))
				fmt.Fprintf(c, "query %d and what is cut", i)
				clients = append(clients, c)
			}
			for seen := 0; seen < len(clients); {
				n, err := batch.Read()
				if err != nil || n < 1 || n > 4 || runtime.GOOS == "linux" && seen == 0 && n != 4 {
					t.Fatalf("%d datagrams, %v", n, err)
				}
				for i := range n {
					b, from := batch.Datagram(i)
					if string(b) != fmt.Sprintf("query %d", seen) || from.String() != clients[seen].LocalAddr().String() {
						t.Errorf("%q from %v", b, from)
					}
					switch seen {
					case 1: // gets no answer
					case 2: // gets it later, by the socket
						if _, err := conn.WriteTo([]byte("late 2"), batch.Peer(i)); err != nil {
							t.Error(err)
						}
					default:
						batch.Reply(i, fmt.Appendf(nil, "reply %d", seen))
					}
					seen++
				}
				if err := batch.Send(); err != nil {
					t.Error(err)
				}
			}
			for i, want := range []string{"reply 0", "", "late 2", "reply 3", "reply 4", "reply 5"} {
				if want == "" {
					continue
				}
				b := make([]byte, 20)
				n, err := clients[i].Read(b)
				if err != nil || string(b[:n]) != want {
					t.Errorf("client %d heard %q, %v", i, b[:n], err)
				}
			}
			done := make(chan error)
			go func() { _, err := batch.Read(); done <- err }()
			conn.Close()
			if err := <-done; !errors.Is(err, net.ErrClosed) {
				t.Errorf("reading a closed socket: %v", err)
			}
		})
	}
	// Where a datagram may have come to any address, each has to be asked for that.
	anywhere, err := osnet.New(osnet.Config{ListenAnywhere: true})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := anywhere.ListenPacket(context.Background(), "udp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if conn.(lookup.Batcher).Batch(4, 8) != nil {
		t.Error("a batch on a socket for all addresses")
	}
}
