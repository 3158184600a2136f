package socket_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"runtime"
	"syscall"
	"testing"

	"rootwalk/lookup"
	"rootwalk/lookup/osnet"
	"rootwalk/lookup/socket"
)

// loopback is the operating system's network, let loose on one port of this
// machine.
func loopback(t *testing.T, port uint16) lookup.Network {
	t.Helper()
	n, err := osnet.New(osnet.Config{Ports: []uint16{port}, Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestRealSocketsSayWhatTheSystemSays(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	served := make(chan struct{})
	go func() {
		defer close(served)
		c, err := ln.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		_, _ = io.Copy(c, c)
	}()
	to := ln.Addr().(*net.TCPAddr).AddrPort()
	trace := lookup.NewTrace(lookup.TraceConfig{ID: "t", Network: "internet"})
	w := &world{t: t, trace: trace, ctx: context.Background()}
	rec := socket.Record(socket.Config{Step: trace.Root()})
	c, err := rec.Program(lookup.SideClient, "device", socket.NewTable()).Dial(t.Context(), loopback(t, to.Port()), "tcp", to)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	if err := c.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Fatal(n, err)
	}
	c.Close()
	rec.Close()
	<-served

	if fd := c.Descriptor(); !fd.Real || fd.FD < 3 || fd.Socket != 1 {
		t.Errorf("descriptor %+v", fd)
	}
	if n := len(facts[lookup.PacketSent](w)); n != 0 {
		t.Errorf("%d packets were seen where none can be", n)
	}
	calls := facts[lookup.CallReturned](w)
	if len(calls) < 7 { // socket, connect, write, read, shutdown, read, close; the first read may come in parts
		t.Errorf("calls: %+v", calls)
	}
	for _, f := range calls {
		if f.Errno != "" || f.Detail != "" {
			t.Errorf("%s failed: %s%s", f.Call, f.Errno, f.Detail)
		}
	}
	if runtime.GOOS == "linux" {
		asked := false
		for _, f := range facts[lookup.StateCompared](w) {
			asked = asked || f.Source == "TCP_INFO" && f.Stack == lookup.TCPEstablished && f.Equal
		}
		if !asked {
			t.Error("TCP_INFO was not asked")
		}
	}
}

func TestRealRefusals(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	to := ln.Addr().(*net.TCPAddr).AddrPort()
	ln.Close() // nobody listens there now
	trace := lookup.NewTrace(lookup.TraceConfig{ID: "t", Network: "internet"})
	w := &world{t: t, trace: trace}
	rec := socket.Record(socket.Config{Step: trace.Root()})
	defer rec.Close()
	p := rec.Program(lookup.SideClient, "device", socket.NewTable())
	if _, err := p.Dial(t.Context(), loopback(t, to.Port()), "tcp", to); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Error(err)
	}
	// What the policy refuses never becomes a socket of the system.
	if _, err := p.Dial(t.Context(), loopback(t, to.Port()), "tcp", netip.MustParseAddrPort("127.0.0.1:1")); osnet.AsRefused(err) == nil {
		t.Error(err)
	}
	opened := facts[lookup.DescriptorOpened](w)
	if len(opened) != 4 {
		t.Errorf("descriptors: %+v", opened)
	}
}
