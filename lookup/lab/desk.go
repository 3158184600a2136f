package lab

import (
	"context"
	"net"
	"net/netip"
	"sync"

	"rootwalk/lookup"
	"rootwalk/lookup/lab/auth"
)

// desk accepts TCP connections to port 53 of one machine and hands each to the
// server whose address was called. One listener for a dozen servers with two
// addresses each saves half of the lab's goroutines. (UDP cannot do so: a socket
// that hears all addresses does not say which one it answers from.)
type desk struct {
	servers   map[netip.Addr]*auth.Server
	accepting sync.WaitGroup
}

// open listens until the machine is switched off.
func (d *desk) open(host lookup.Network) error {
	ln, err := host.Listen(context.Background(), "tcp", "[::]:53") // both families
	if err != nil {
		return err
	}
	d.accepting.Go(func() {
		defer ln.Close()
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			local, ok := conn.LocalAddr().(*net.TCPAddr)
			if !ok {
				conn.Close()
				continue
			}
			server := d.servers[local.AddrPort().Addr().Unmap()]
			if server == nil { // the machine's own address: no server has it
				conn.Close()
				continue
			}
			server.TakeConn(conn)
		}
	})
	return nil
}
