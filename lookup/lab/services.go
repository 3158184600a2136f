package lab

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"

	"rootwalk/lookup"
	"rootwalk/lookup/lab/vnet"
)

// Ports of the servers of web machines: pages from the start, echoes when asked
// for.
const (
	EchoPort  = 7
	HTTPPort  = 80
	HTTPSPort = 443
	OtherPort = 8443 // where sites can be reached too, over TLS
)

// WebMachine is one of the machines that the lesson's web sites are on.
type WebMachine struct {
	Name    string
	Network lookup.Network // the machine's own view of the network
	Addrs   []netip.Addr   // all of them, of all its sites
}

// WebMachines lists them.
func (l *Lab) WebMachines() []WebMachine {
	var out []WebMachine
	for _, m := range machines {
		if m.segment != "web" {
			continue
		}
		w := WebMachine{Name: m.name, Network: l.hosts[m.name]}
		for _, p := range l.hosts[m.name].Addrs() {
			w.Addrs = append(w.Addrs, p.Addr())
		}
		out = append(out, w)
	}
	return out
}

// services are the TCP servers on web machines.
type services struct {
	mu   sync.Mutex
	open map[serviceKey]net.Listener
	wrap func(host string, ln net.Listener) net.Listener
	work sync.WaitGroup
	over bool
}

type serviceKey struct {
	machine string
	port    uint16
}

// ServeTCP starts a server on a port of every web machine. serve runs in a
// goroutine of its own and must return soon after its listener is closed;
// Lab.Close closes it and waits. Who served the port before is closed, so
// a lesson can put its own server in the place of one that the lab has.
func (l *Lab) ServeTCP(port uint16, serve func(machine WebMachine, ln net.Listener)) error {
	s := &l.services
	for _, m := range l.WebMachines() {
		key := serviceKey{m.Name, port}
		s.mu.Lock()
		if s.over {
			s.mu.Unlock()
			return errClosed
		}
		if old := s.open[key]; old != nil {
			old.Close()
		}
		ln, err := m.Network.Listen(context.Background(), "tcp", netip.AddrPortFrom(netip.IPv6Unspecified(), port).String()) // both families
		if err != nil {
			s.mu.Unlock()
			return fmt.Errorf("%s port %d: %w", m.Name, port, err)
		}
		if s.wrap != nil {
			ln = s.wrap(m.Name, ln)
		}
		s.open[key] = ln
		s.work.Go(func() {
			serve(m, ln)
			ln.Close()
		})
		s.mu.Unlock()
	}
	return nil
}

// ServeUDP starts a server on a UDP port of every address of the web machines:
// one socket for each machine and address, as answers must leave from the
// address that was asked. serve must return soon after the socket is closed.
func (l *Lab) ServeUDP(port uint16, serve func(machine WebMachine, pc net.PacketConn)) error {
	s := &l.services
	for _, m := range l.WebMachines() {
		for _, a := range m.Addrs {
			pc, err := m.Network.ListenPacket(context.Background(), "udp", netip.AddrPortFrom(a, port).String())
			if err != nil {
				return fmt.Errorf("%s port %d: %w", m.Name, port, err)
			}
			s.mu.Lock()
			if s.over {
				s.mu.Unlock()
				pc.Close()
				return errClosed
			}
			s.work.Go(func() {
				serve(m, pc)
				pc.Close()
			})
			s.mu.Unlock()
		}
	}
	return nil
}

// stop closes every listener and waits; the machines' network is closed already.
func (s *services) stop() {
	s.mu.Lock()
	s.over = true
	for _, ln := range s.open {
		ln.Close()
	}
	s.mu.Unlock()
	s.work.Wait()
}

// TapFrames lets see every frame of all links, and once more each that reaches a
// host's stack, which arrival tells.
func (l *Lab) TapFrames(see func(f lookup.Frame, arrival bool)) (stop func()) {
	var stops []func()
	for _, seg := range l.net.Segments() {
		stops = append(stops, seg.TapArrivals(func(c vnet.Capture) {
			arrival := c.Way == vnet.Rx && c.Fate == vnet.Sent
			see(lookup.Frame{At: c.At, Link: seg.Name(), From: c.Port.Name(), Fate: c.Fate.String(), First: c.Way == vnet.Tx && c.Port.OfHost(), Data: c.Frame}, arrival)
		}))
	}
	return func() {
		for _, stop := range stops {
			stop()
		}
	}
}

// DeviceAddrs are the addresses of the learner's device, IPv4 first.
func (l *Lab) DeviceAddrs() []netip.Addr { return l.device.Addrs }

// Bounds of the echo server.
const maxEchoes = 64 // connections at once on a machine

// echo answers every connection with what it is sent (RFC 862) until the peer
// has closed its direction, and then closes its own.
func echo(_ WebMachine, ln net.Listener) {
	var conns sync.Map
	var work sync.WaitGroup
	free := make(chan struct{}, maxEchoes)
	for {
		c, err := ln.Accept()
		if err != nil {
			break
		}
		select {
		case free <- struct{}{}:
		default: // as a program does that has no descriptor left
			c.Close()
			continue
		}
		conns.Store(c, nil)
		work.Go(func() {
			defer func() {
				c.Close()
				conns.Delete(c)
				<-free
			}()
			echoes(c)
		})
	}
	conns.Range(func(c, _ any) bool {
		c.(net.Conn).Close()
		return true
	})
	work.Wait()
}

// echoes serves one connection.
func echoes(c net.Conn) {
	b := make([]byte, 4096)
	for {
		n, err := c.Read(b)
		if n > 0 {
			if _, werr := c.Write(b[:n]); werr != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// StartEcho starts an echo server (RFC 862) on port EchoPort of every web machine.
// Only lessons about sockets need it, so a lab begins without.
func (l *Lab) StartEcho() error { return l.ServeTCP(EchoPort, echo) }
