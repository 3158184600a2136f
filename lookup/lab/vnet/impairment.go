package vnet

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// Impairment is what one direction of one port does to frames. The zero value
// is a perfect wire. Shares are probabilities from 0 to 1; values outside, and
// negative durations and rates, count as the nearest allowed value.
type Impairment struct {
	Delay          time.Duration // time under way, at most a minute
	Jitter         time.Duration // uniform extra delay below this, at most a minute; order is kept
	Loss           float64       // share of frames that vanish
	Duplicate      float64       // share of frames that arrive twice
	Corrupt        float64       // share of frames with one bit after the Ethernet header flipped
	Reorder        float64       // share of frames that skip delay and jitter, overtaking others
	RateBitsPerSec int64         // serialisation rate, 0 = infinite; a full queue drops
	Down           bool          // nothing passes

	// Drop, if set, sees every frame before chance does and may drop it ("lose
	// the first SYN"). It may be called concurrently, must be quick, must not
	// change the frame and must not use sockets of the Net.
	Drop func(frame []byte) bool
}

const (
	maxDelay = time.Minute
	// queueBytes is what waits in front of a rate-limited wire before it drops.
	queueBytes = 64 << 10
)

func (i Impairment) perfect() bool {
	return i.Delay == 0 && i.Jitter == 0 && i.Loss == 0 && i.Duplicate == 0 && i.Corrupt == 0 &&
		i.Reorder == 0 && i.RateBitsPerSec == 0 && !i.Down && i.Drop == nil
}

func (i Impairment) clamped() Impairment {
	share := func(f float64) float64 {
		if !(f > 0) { // also NaN
			return 0
		}
		return min(f, 1)
	}
	i.Delay = min(max(i.Delay, 0), maxDelay)
	i.Jitter = min(max(i.Jitter, 0), maxDelay)
	i.Loss, i.Duplicate = share(i.Loss), share(i.Duplicate)
	i.Corrupt, i.Reorder = share(i.Corrupt), share(i.Reorder)
	i.RateBitsPerSec = max(i.RateBitsPerSec, 0)
	return i
}

// direction is one direction of one port's wire.
type direction struct {
	now atomic.Pointer[Impairment] // nil = perfect
	// flying is how many frames are with the scheduler. While there are any, no
	// later frame may take the direct way: it would overtake them.
	flying atomic.Int32

	mu    sync.Mutex
	rng   *rand.PCG
	busy  time.Duration // when the rate-limited wire is free again
	until time.Duration // when the last frame that keeps order arrives
}

func (d *direction) set(i Impairment) {
	i = i.clamped()
	if i.perfect() {
		d.now.Store(nil)
		return
	}
	d.now.Store(&i)
}

func (d *direction) get() Impairment {
	if i := d.now.Load(); i != nil {
		return *i
	}
	return Impairment{}
}

// verdict is what becomes of one frame.
type verdict struct {
	fate      Fate // Sent, or why not
	wait      bool // arrives at due, not at once
	due       time.Duration
	duplicate bool
	flip      int // bit to flip, counted from the first bit after the Ethernet header; -1 = none
}

// judge decides about one frame, now. A frame that meets an impairment and is
// not dropped by Down or Drop takes exactly six random numbers, whatever is
// switched on: so which frames are lost does not depend on the jitter.
func (d *direction) judge(n *Net, frame []byte) verdict {
	v := verdict{flip: -1}
	imp := d.now.Load()
	if imp == nil && d.flying.Load() == 0 {
		return v
	}
	if imp == nil { // lifted: what is still under way arrives first
		d.mu.Lock()
		defer d.mu.Unlock()
		v.wait, v.due = true, max(d.until, n.now())
		return v
	}
	if imp.Down {
		v.fate = Down
		return v
	}
	if imp.Drop != nil && imp.Drop(frame) {
		v.fate = Filtered
		return v
	}
	return d.chance(n, imp, frame, n.now())
}

// chance is what judge leaves to chance and time.
func (d *direction) chance(n *Net, imp *Impairment, frame []byte, now time.Duration) verdict {
	v := verdict{flip: -1}
	d.mu.Lock()
	defer d.mu.Unlock()
	loss, duplicate, corrupt := d.float(), d.float(), d.float()
	reorder, jitter, flip := d.float(), d.float(), d.float()
	if loss < imp.Loss {
		v.fate = Lost
		return v
	}
	v.due = now
	if imp.RateBitsPerSec > 0 {
		per := func(bytes int) time.Duration { // float: no overflow at 1 bit/s
			return n.scale(time.Duration(float64(bytes) * 8 * float64(time.Second) / float64(imp.RateBitsPerSec)))
		}
		if d.busy-now > per(queueBytes) {
			v.fate = QueueFull
			return v
		}
		d.busy = max(d.busy, now) + per(len(frame))
		v.due = d.busy
	}
	v.duplicate = duplicate < imp.Duplicate
	if bits := (len(frame) - ethernetHeader) * 8; corrupt < imp.Corrupt && bits > 0 {
		v.flip = int(flip * float64(bits))
	}
	if reorder < imp.Reorder {
		v.wait = v.due > now
		return v
	}
	v.due += n.scale(imp.Delay + time.Duration(jitter*float64(imp.Jitter)))
	v.due = max(v.due, d.until)
	d.until = v.due
	v.wait = v.due > now || d.flying.Load() > 0
	return v
}

// float is uniform in [0,1).
func (d *direction) float() float64 { return float64(d.rng.Uint64()>>11) / (1 << 53) }
