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

	mu      sync.Mutex
	refused map[netip.Addr]bool // connections to these are reset
}

// refuse makes the desk reset connections to some addresses, or take them
// again.
func (d *desk) refuse(addrs []netip.Addr, on bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.refused == nil {
		d.refused = map[netip.Addr]bool{}
	}
	for _, a := range addrs {
		if on {
			d.refused[a] = true
		} else {
			delete(d.refused, a)
		}
	}
}

// takes is the server that has an address; nil for none, or one that takes no
// connections.
func (d *desk) takes(a netip.Addr) *auth.Server {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.refused[a] {
		return nil
	}
	return d.servers[a]
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
			server := d.takes(local.AddrPort().Addr().Unmap())
			if server == nil { // the machine's own address, which no server has, or a fault
				if c, ok := conn.(interface{ Reset() error }); ok {
					c.Reset()
				} else {
					conn.Close()
				}
				continue
			}
			server.TakeConn(conn)
		}
	})
	return nil
}
