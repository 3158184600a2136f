package fakenet

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"
)

// Arrival is how a query came to a server.
type Arrival struct {
	At   netip.Addr // of the server
	From netip.Addr // who asked; the zero address over TCP
	TCP  bool
}

// connectionTime is how long a connection is served.
const connectionTime = 30 * time.Second

// Serve answers DNS on port 53 of addresses, over UDP and TCP, until ctx is done. For each query answer
// gives the messages to send, any number of them, and whether a TCP connection stays
// open after that. It is called from several goroutines, over UDP one query of an
// address after the other, and must not keep the query. Ready is called once all
// addresses are listened on.
func Serve(ctx context.Context, addrs []netip.Addr, answer func(query []byte, a Arrival) (responses [][]byte, open bool), ready func()) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for _, a := range addrs {
		at := netip.AddrPortFrom(a, 53)
		packets, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
		if err != nil {
			return err
		}
		stream, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(at))
		if err != nil {
			packets.Close()
			return err
		}
		context.AfterFunc(ctx, func() { packets.Close(); stream.Close() })
		wg.Go(func() {
			buf := make([]byte, 65535)
			for {
				n, from, err := packets.ReadFromUDPAddrPort(buf)
				if err != nil {
					return
				}
				responses, _ := answer(buf[:n], Arrival{At: a, From: from.Addr().Unmap()})
				for _, r := range responses {
					packets.WriteToUDPAddrPort(r, from)
				}
			}
		})
		wg.Go(func() {
			for {
				conn, err := stream.AcceptTCP()
				if err != nil {
					return
				}
				wg.Go(func() {
					defer context.AfterFunc(ctx, func() { conn.Close() })()
					defer conn.Close()
					conn.SetDeadline(time.Now().Add(connectionTime))
					for open := true; open; {
						var size [2]byte
						if _, err := io.ReadFull(conn, size[:]); err != nil {
							return
						}
						query := make([]byte, binary.BigEndian.Uint16(size[:]))
						if _, err := io.ReadFull(conn, query); err != nil {
							return
						}
						var responses [][]byte
						responses, open = answer(query, Arrival{At: a, TCP: true})
						for _, r := range responses {
							conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(r))), r...))
						}
					}
				})
			}
		})
	}
	ready()
	<-ctx.Done()
	return nil
}
