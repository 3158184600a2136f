package vnet

import (
	"bytes"
	"fmt"
	"io"
	"testing"
)

func TestUDPAndTCPBothFamilies(t *testing.T) {
	for _, routers := range []int{0, 1, 4} {
		t.Run(fmt.Sprint(routers, " routers"), func(t *testing.T) {
			c := newChain(t, routers, HostOptions{})
			for _, a := range c.servers() {
				echoUDP(t, c.server, at(a, 53))
				echoTCP(t, c.server, at(a, 53))
				exchange(t, dial(t, c.client, "udp", at(a, 53)), "a question")
				exchange(t, dial(t, c.client, "tcp", at(a, 53)), "a longer question")
			}
		})
	}
}

func TestBulkTransferIsIntact(t *testing.T) {
	c := newChain(t, 2, HostOptions{SocketBuffer: 64 << 10})
	c.segments[1].Ports()[0].SetTx(Impairment{Loss: 0.02, Duplicate: 0.02, Reorder: 0.05, Delay: 1000})
	for _, a := range c.servers() {
		echoTCP(t, c.server, at(a, 80))
		conn := dial(t, c.client, "tcp", at(a, 80)).(*TCPConn)
		want := pattern(300_000)
		go func() {
			conn.Write(want)
			conn.CloseWrite()
		}()
		got, err := io.ReadAll(conn)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("%d octets came back, %d were sent, or they differ", len(got), len(want))
		}
	}
}
