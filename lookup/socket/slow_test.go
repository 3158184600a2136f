package socket_test

import (
	"testing"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/lab"
	"rootwalk/lookup/socket"
)

// On links in slow motion the stacks' timers are as slow: nothing is sent again
// that is still on its way. The same delay without slow motion is longer than a
// stack waits for the answer to its first SYN (RFC 6298 §2: 1 s).
func TestSlowMotionSendsNothingAgain(t *testing.T) {
	for _, c := range []struct {
		name  string
		speed float64
		delay time.Duration // before it is multiplied
		again bool
	}{
		{"slow motion", 20, 60 * time.Millisecond, false},
		{"a slow network", 1, 1200 * time.Millisecond, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := &world{t: t}
			registry := socket.NewRegistry(func(see func(lookup.Frame, bool)) func() { return w.lab.TapFrames(see) })
			l, err := lab.New(lab.Config{Seed: 1, Speed: c.speed, Wrap: registry.Listener})
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			if err := l.StartEcho(); err != nil {
				t.Fatal(err)
			}
			w.lab = l
			l.Interfere(c.delay, nil)
			w.trace = lookup.NewTrace(lookup.TraceConfig{ID: "t", Network: "lab"})
			w.rec = socket.Record(socket.Config{Step: w.trace.Root(), Registry: registry, Addrs: l.DeviceAddrs()})
			conn, err := w.rec.Program(lookup.SideClient, "device", socket.NewTable()).Dial(t.Context(), l.Device(), "tcp", echo)
			if err != nil {
				t.Fatal(err)
			}
			syns, again := 0, 0
			for _, p := range facts[lookup.PacketSent](w) {
				if p.Flags == "SYN" {
					syns++
					if p.Again {
						again++
					}
				}
			}
			if syns == 0 || (again > 0) != c.again {
				t.Errorf("%d SYNs, %d of them again", syns, again)
			}
			if err := conn.Abort(); err != nil { // no slow goodbye
				t.Error(err)
			}
			w.rec.Close()
		})
	}
}
