// Package vnet is a small internet inside the process: Ethernet segments, hosts
// with real TCP/IP stacks (gVisor's), and routers. Real frames travel; nothing
// needs privileges and nothing leaves the process.
//
// # Use
//
//	n := vnet.New(1)
//	defer n.Close()
//	lan, isp := n.Segment("lan"), n.Segment("isp")
//
//	host := n.NewHost("pc", vnet.HostOptions{})
//	port := host.Attach(lan, netip.MustParsePrefix("192.0.2.10/24"))
//	host.Route(netip.MustParsePrefix("0.0.0.0/0"), netip.MustParseAddr("192.0.2.1"))
//
//	r := n.NewRouter("home")
//	r.Attach(lan, netip.MustParsePrefix("192.0.2.1/24"))
//	r.Attach(isp, netip.MustParsePrefix("198.51.100.2/24"))
//
//	port.SetTx(vnet.Impairment{Delay: 5 * time.Millisecond, Loss: 0.01})
//	stop := lan.Tap(func(c vnet.Capture) { … })
//
// A Host is a lookup.Network: it dials and listens like package net, and its
// errors answer errors.Is like those of package net. Attach and Route may be
// called in any order. Segment and host names are for people and for the
// seeds of impairments; they are never resolved.
//
// A Port has one wire each way, which SetTx and SetRx impair while the network
// runs. What chance decides hangs on the Net's seed, the port's name and the
// frames that passed before: the same again gives the same again. SetSpeed
// scales all delays.
//
// A Tap sees every frame of a segment and its fate; NewCapture writes them as
// pcapng. Router.OnEvent sees every forwarding decision.
//
// # Concurrency and ownership
//
// Everything may be called from any goroutine at any time, with one
// exception: callbacks (Tap, Impairment.Drop, Plug, OnEvent) run inside the
// sender, maybe with a TCP stack's locks held. They must be quick, must not
// use sockets of the Net and must not Close anything of it. Sending frames with
// Port.Send is allowed there.
//
// Frames never change after they were sent, so a callback may keep them
// without copying, and must not write to them.
//
// Hosts cost about 110 KiB and two goroutines each, without IPv6 58 KiB. Beyond
// that, a Net has a scheduler goroutine once a frame is delayed, and at most
// GOMAXPROCS+1 workers once frames reach hosts. An idle Net does nothing.
//
// # Closing
//
// Net.Close ends everything and returns when no goroutine is left; open
// sockets, dials and accepts end with net.ErrClosed. Host.Close does so
// for one host. Sockets may be closed before, after or not at all. The
// peers of a closed host are told nothing, as when a plug is pulled: close
// the sockets first for a FIN.
//
// # Bounds
//
// All queues and tables are bounded: frames waiting for a host (1024) or
// under way (65536 in the Net), neighbours (512 an interface, 128 of them
// incomplete with 16 frames each), ICMP errors a second, octets in a capture
// file. What is over is dropped and, where there is a tap, shown as QueueFull.
//
// # Testing
//
// Tests that use this package should check with goleak that nothing is left,
// set the speed to 0 unless delays matter, and wait for events rather than for
// time.
package vnet
