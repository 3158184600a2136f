package vnet

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

// wire is two stations on a segment; frames carry a number.
type wire struct {
	net      *Net
	segment  *Segment
	from, to *Port

	mu   sync.Mutex
	got  []int
	seen []string // captures
}

func newWire(t testing.TB, seed uint64) *wire {
	w := &wire{net: New(seed)}
	t.Cleanup(w.net.Close)
	w.segment = w.net.Segment("wire")
	w.from = w.segment.Plug("from", func([]byte) {})
	w.to = w.segment.Plug("to", func(f []byte) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.got = append(w.got, int(binary.BigEndian.Uint32(f[14:])))
	})
	w.segment.Tap(func(c Capture) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.seen = append(w.seen, fmt.Sprint(c.Port.Name(), " ", c.Way, " ", c.Fate, " ", binary.BigEndian.Uint32(c.Frame[14:])))
	})
	return w
}

func (w *wire) frame(k int) []byte {
	f := make([]byte, 114)
	copy(f, w.to.mac[:])
	copy(f[6:], w.from.mac[:])
	binary.BigEndian.PutUint32(f[14:], uint32(k))
	return f
}

func (w *wire) send(n int) {
	for k := range n {
		w.from.Send(w.frame(k))
	}
}

func (w *wire) arrived() []int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]int(nil), w.got...)
}

func TestSameSeedSameDecisions(t *testing.T) {
	run := func(seed uint64, extra Impairment) ([]int, []string) {
		w := newWire(t, seed)
		i := Impairment{Loss: 0.2, Duplicate: 0.2, Corrupt: 0.1}
		i.Jitter, i.Delay = extra.Jitter, extra.Delay
		if extra.Jitter > 0 {
			w.net.SetSpeed(0) // the decisions, not the waiting
		}
		w.from.SetTx(i)
		w.to.SetRx(Impairment{Loss: 0.1})
		w.send(500)
		return w.got, w.seen
	}
	got1, seen1 := run(7, Impairment{})
	got2, seen2 := run(7, Impairment{})
	if !reflect.DeepEqual(got1, got2) || !reflect.DeepEqual(seen1, seen2) {
		t.Error("the same seed decided differently")
	}
	if got3, _ := run(8, Impairment{}); reflect.DeepEqual(got1, got3) {
		t.Error("another seed decided the same")
	}
	if got4, _ := run(7, Impairment{Jitter: time.Second, Delay: time.Second}); !reflect.DeepEqual(got1, got4) {
		t.Error("delay and jitter change which frames are lost")
	}
}

func TestSharesAreKept(t *testing.T) {
	const n = 20000
	share := func(i Impairment, fate Fate) float64 {
		w := newWire(t, 5)
		count := 0
		w.segment.Tap(func(c Capture) {
			if c.Fate == fate {
				count++
			}
		})
		w.from.SetTx(i)
		w.send(n)
		return float64(count) / n
	}
	for _, want := range []float64{0, 0.01, 0.3, 1} {
		for fate, i := range map[Fate]Impairment{Lost: {Loss: want}, Duplicated: {Duplicate: want}, Corrupted: {Corrupt: want}} {
			if got := share(i, fate); math.Abs(got-want) > 0.015 {
				t.Errorf("%v: a share of %v, want %v", fate, got, want)
			}
		}
	}
}

func TestFates(t *testing.T) {
	for _, c := range []struct {
		tx, rx Impairment
		fate   string
		copies int
	}{
		{Impairment{}, Impairment{}, "", 1},
		{Impairment{Down: true}, Impairment{}, "from tx link down 0", 0},
		{Impairment{}, Impairment{Down: true}, "to rx link down 0", 0},
		{Impairment{Loss: 1}, Impairment{}, "from tx lost 0", 0},
		{Impairment{}, Impairment{Loss: 1}, "to rx lost 0", 0},
		{Impairment{Drop: func([]byte) bool { return true }}, Impairment{}, "from tx filtered 0", 0},
		{Impairment{Drop: func([]byte) bool { return false }}, Impairment{}, "", 1},
		{Impairment{Duplicate: 1}, Impairment{}, "from tx duplicated 0", 2},
		{Impairment{}, Impairment{Duplicate: 1}, "to rx duplicated 0", 2},
		{Impairment{Loss: math.NaN(), Duplicate: -3, Delay: -time.Second, RateBitsPerSec: -1}, Impairment{}, "", 1},
		{Impairment{Loss: 7}, Impairment{}, "from tx lost 0", 0},
	} {
		w := newWire(t, 1)
		w.from.SetTx(c.tx)
		w.to.SetRx(c.rx)
		w.send(1)
		found := c.fate == ""
		for _, s := range w.seen {
			found = found || s == c.fate
			if c.fate == "" && s != "from tx sent 0" {
				t.Errorf("%+v: seen %q", c.tx, s)
			}
		}
		if !found || len(w.got) != c.copies {
			t.Errorf("tx %+v rx %+v: seen %q, %d copies arrived", c.tx, c.rx, w.seen, len(w.got))
		}
		// Lifted while running.
		w.from.SetTx(Impairment{})
		w.to.SetRx(Impairment{})
		w.got = nil
		w.send(1)
		if len(w.got) != 1 {
			t.Errorf("%+v: %d copies after it was lifted", c.tx, len(w.got))
		}
		if w.from.Tx().Down || w.from.Tx().Loss != 0 {
			t.Error("Tx still tells the old impairment")
		}
	}
}

func TestCorruptFlipsOneBit(t *testing.T) {
	w := newWire(t, 1)
	var got [][]byte
	w.segment.Tap(func(c Capture) { got = append(got, c.Frame) })
	w.from.SetTx(Impairment{Corrupt: 1})
	places := make(map[int]bool)
	for k := range 200 {
		f := w.frame(k)
		w.from.Send(f)
		ones := 0
		for i, b := range got[k] {
			for x := b ^ f[i]; x != 0; x &= x - 1 {
				ones++
				places[i] = true
				if i < ethernetHeader {
					t.Error("a bit of the Ethernet header")
				}
			}
		}
		if ones != 1 {
			t.Errorf("frame %d: %d bits differ", k, ones)
		}
	}
	if len(places) < 60 {
		t.Errorf("only %d places", len(places))
	}
}

// TestOrder: whatever delay and jitter do, and however they change, a wire
// keeps the order unless it shall reorder.
func TestOrder(t *testing.T) {
	w := newWire(t, 1)
	w.from.SetTx(Impairment{Delay: 3 * time.Millisecond, Jitter: 3 * time.Millisecond})
	w.to.SetRx(Impairment{Jitter: time.Millisecond})
	for k := range 300 {
		switch k {
		case 100:
			w.from.SetTx(Impairment{Delay: time.Microsecond})
		case 150:
			w.from.SetTx(Impairment{})
		case 200:
			w.net.SetSpeed(0)
		case 250:
			w.to.SetRx(Impairment{})
		}
		w.from.Send(w.frame(k))
	}
	until(t, "all arrive", func() bool { return len(w.arrived()) == 300 })
	for k, got := range w.arrived() {
		if got != k {
			t.Fatalf("frame %d arrived as number %d", got, k)
		}
	}
	// What was under way has arrived: the wire is fast again.
	w.send(1)
	if len(w.arrived()) != 301 {
		t.Error("a perfect wire still delays")
	}

	w = newWire(t, 1)
	w.from.SetTx(Impairment{Delay: 2 * time.Millisecond, Reorder: 0.3})
	w.send(100)
	until(t, "all arrive", func() bool { return len(w.arrived()) == 100 })
	swapped := 0
	for k, got := range w.arrived() {
		if got != k {
			swapped++
		}
	}
	if swapped == 0 {
		t.Error("nothing was reordered")
	}
}

func TestDelayAndSpeed(t *testing.T) {
	n := newNet(t)
	var d direction
	d.rng = newPort(n.Segment("s"), "p", device(nil)).tx.rng
	frame := make([]byte, 1250) // 10000 bit
	judge := func(i Impairment, speed float64) time.Duration {
		n.SetSpeed(speed)
		d.set(i)
		d.until, d.busy = 0, 0
		return d.chance(n, d.now.Load(), frame, time.Hour).due - time.Hour
	}
	for _, c := range []struct {
		i     Impairment
		speed float64
		want  time.Duration
	}{
		{Impairment{Delay: time.Second}, 1, time.Second},
		{Impairment{Delay: time.Second}, 0.5, time.Second / 2},
		{Impairment{Delay: time.Second}, 10, 10 * time.Second},
		{Impairment{Delay: time.Second}, 0, 0},
		{Impairment{Delay: time.Second}, -1, 0},
		{Impairment{Delay: time.Second}, math.NaN(), 0},
		{Impairment{Delay: time.Millisecond}, math.Inf(1), time.Second},
		{Impairment{RateBitsPerSec: 10000}, 1, time.Second},
		{Impairment{RateBitsPerSec: 10000}, 2, 2 * time.Second},
		{Impairment{RateBitsPerSec: 10000, Delay: time.Second}, 1, 2 * time.Second},
		{Impairment{RateBitsPerSec: 10000}, 0, 0},
		{Impairment{Delay: time.Second, Reorder: 1}, 1, 0},
		{Impairment{Delay: time.Hour}, 1, time.Minute},
	} {
		if got := judge(c.i, c.speed); got != c.want {
			t.Errorf("%+v at speed %v: delayed %v, want %v", c.i, c.speed, got, c.want)
		}
	}
	// Frames queue behind each other, and a full queue drops.
	n.SetSpeed(1)
	d.set(Impairment{RateBitsPerSec: 1})
	d.until, d.busy = 0, 0
	passed := 0
	for d.judge(n, frame).fate == Sent {
		passed++
	}
	if passed*len(frame) < queueBytes || passed*len(frame) > queueBytes+3*len(frame) {
		t.Errorf("%d octets queued, the bound is %d", passed*len(frame), queueBytes)
	}
}

func TestUnderWayIsBounded(t *testing.T) {
	w := newWire(t, 1)
	w.from.SetTx(Impairment{Delay: time.Minute})
	w.send(maxUnderWay + 10)
	full := 0
	for _, s := range w.seen {
		if strings.HasPrefix(s, "from tx queue full") {
			full++
		}
	}
	if full != 10 {
		t.Errorf("%d frames were told to be over the bound, want 10", full)
	}
}

func TestSwitch(t *testing.T) {
	n := newNet(t)
	s := n.Segment("s")
	got := make([]int, 4)
	var ports []*Port
	for i := range got {
		ports = append(ports, s.Plug(fmt.Sprint("p", i), func([]byte) { got[i]++ }))
	}
	send := func(from int, to [6]byte) []int {
		clear(got)
		f := make([]byte, 60)
		copy(f, to[:])
		copy(f[6:], ports[from].mac[:])
		ports[from].Send(f)
		return append([]int(nil), got...)
	}
	everyone := [6]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	check := func(what string, got []int, want ...int) {
		t.Helper()
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: arrived %v, want %v", what, got, want)
		}
	}
	check("unicast", send(0, ports[2].mac), 0, 0, 1, 0)
	check("to itself", send(0, ports[0].mac), 0, 0, 0, 0)
	check("broadcast", send(0, everyone), 0, 1, 1, 1)
	check("unknown", send(0, [6]byte{2, 9, 9, 9, 9, 9}), 0, 1, 1, 1)
	ports[0].SetIsolated(true)
	ports[1].SetIsolated(true)
	check("isolated to isolated", send(0, ports[1].mac), 0, 0, 0, 0)
	check("isolated to other", send(0, ports[2].mac), 0, 0, 1, 0)
	check("isolated broadcast", send(0, everyone), 0, 0, 1, 1)
	ports[2].Unplug()
	ports[2].Unplug()
	check("unplugged", send(3, everyone), 1, 1, 0, 0)
	check("from unplugged", send(2, everyone), 0, 0, 0, 0)
	if len(s.Ports()) != 3 {
		t.Errorf("%d ports", len(s.Ports()))
	}
	if err := s.SetMTU(1280); err == nil {
		t.Error("the MTU changed under attached ports")
	}
	fates := map[Fate]int{}
	s.Tap(func(c Capture) { fates[c.Fate]++ })
	ports[3].Send(make([]byte, 13))
	ports[3].Send(nil)
	ports[3].Send(make([]byte, 1515))
	if fates[Oversize] != 3 || len(fates) != 1 {
		t.Errorf("frames of impossible sizes: %v", fates)
	}
}
