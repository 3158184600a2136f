package main

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/lookup/lab"
	"rootwalk/lookup/lab/vnet"
	"rootwalk/lookup/socket"
)

// The client and the server that benches use, and an address at which nobody is.
var (
	benchClient = netip.MustParseAddr("192.0.2.130")  // the device of a fresh lab
	benchServer = netip.MustParseAddr("203.0.113.10") // www.example.co.kr
	benchNobody = netip.MustParseAddr("203.0.113.30")
)

// benchPatience is how long a learner waits for a call to return before the page
// says that it blocks.
const benchPatience = 150 * time.Millisecond

// Scripts are what can be seen of sockets.
func (in *labInternet) Scripts() []string {
	var out []string
	for _, s := range socket.Scripts(benchClient, benchServer, benchNobody, "") {
		out = append(out, s.Key)
	}
	return out
}

// Bench runs a script or a learner's own calls in a lab of its own, so that nobody
// else's packets are lost and nobody else's timers run out.
func (in *labInternet) Bench(ctx context.Context, step lookup.Step, ask room.BenchAsk, next func() (room.BenchTurn, bool)) {
	script := socket.Script{Acts: socket.Begin()}
	if ask.Script != "" {
		script, _ = socket.FindScript(socket.Scripts(benchClient, benchServer, benchNobody, ask.Text), ask.Script)
	}
	timers := vnet.NewSkipClock()
	var l *lab.Lab
	registry := socket.NewRegistry(func(see func(lookup.Frame, bool)) func() { return l.TapFrames(see) })
	l, err := lab.New(lab.Config{Seed: 1, Speed: 1, Wrap: registry.Listener, Timers: timers, TimeWait: time.Minute, Buffer: script.Buffer})
	if err != nil {
		return // a trace without events says so
	}
	defer l.Close()
	if l.StartEcho() != nil {
		return
	}
	w := socket.World{Skip: timers.Skip, Interfere: l.Interfere, Delay: time.Duration(script.DelayMs) * time.Millisecond}
	l.Interfere(w.Delay, nil)
	step.Begin()
	rec := socket.Record(socket.Config{Step: step, Registry: registry, Addrs: l.DeviceAddrs()})
	m := l.WebMachines()[0]
	bench := socket.NewBench(ctx, rec, w, l.Device().(lookup.Sockets), m.Network.(lookup.Sockets), "device", m.Name)
	defer bench.Close()
	defer rec.Close()
	_ = bench.Play(script.Acts) // what came of it is in the trace
	for next != nil {
		turn, more := next()
		if !more {
			break
		}
		turn.Done(benchError(bench.Do(benchAct(turn), benchPatience)))
	}
}

// benchAct is a turn as an act.
func benchAct(t room.BenchTurn) socket.Act {
	a := socket.Act{Side: t.Side, Call: t.Call, Socket: t.Socket, Text: t.Text, Size: t.Size}
	switch t.Call {
	case "socket":
		a.Kind = "tcp4"
		if t.To == "udp" {
			a.Kind = "udp4"
		}
	case "connect":
		port := map[string]uint16{"closed": 9, "echo": lab.EchoPort, "http": lab.HTTPPort}[t.To]
		if port == 0 {
			port = socket.ScriptPort
		}
		a.Addr = netip.AddrPortFrom(benchServer, port)
	case "bind":
		a.Addr = netip.AddrPortFrom(netip.IPv4Unspecified(), socket.ScriptPort)
	}
	return a
}

func benchError(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	return room.ErrNoTurn
}
