package vnet

import (
	"math"
	"sync"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// SkipClock is the clock of stacks whose timers can be made to run out, and to run
// slower: real time by a factor, plus what was skipped. On links in slow motion
// the timers have to be as slow, or a stack sends again what is still on its way.
// All methods may be called concurrently. It must not be skipped from a callback
// of the Net.
type SkipClock struct {
	real  tcpip.Clock
	begun time.Time
	zero  tcpip.MonotonicTime

	mu      sync.Mutex
	shown   time.Duration       // since it was made, at the moment since
	since   tcpip.MonotonicTime // real
	slow    float64             // real seconds for one of its own
	pending map[*skipTimer]struct{}
}

// NewSkipClock makes a clock that shows real time.
func NewSkipClock() *SkipClock {
	c := &SkipClock{real: tcpip.NewStdClock(), slow: 1, pending: map[*skipTimer]struct{}{}}
	c.begun, c.zero = c.real.Now(), c.real.NowMonotonic()
	c.since = c.zero
	return c
}

// Skip lets all timers of the stacks run d further at once, and returns when what
// those do that ran out is done. It does nothing for a d that is not above 0.
func (c *SkipClock) Skip(d time.Duration) {
	if d <= 0 {
		return
	}
	c.mu.Lock()
	c.shown += d
	pending, slow := c.all(), c.slow
	c.mu.Unlock()
	var due sync.WaitGroup
	for _, t := range pending {
		if turn, over := t.move(func(left time.Duration) time.Duration { return left - stretched(d, slow) }); over {
			due.Go(func() { t.fire(turn) })
		}
	}
	due.Wait()
}

// Slow has it run by a factor slower than real time from now on, also for timers
// that run already. It does nothing for a factor below 1.
func (c *SkipClock) Slow(factor float64) {
	if !(factor >= 1) || math.IsInf(factor, 0) {
		return
	}
	c.mu.Lock()
	now := c.real.NowMonotonic()
	c.shown, c.since = c.elapsed(now), now
	was := c.slow
	c.slow = factor
	pending := c.all()
	c.mu.Unlock()
	for _, t := range pending {
		t.move(func(left time.Duration) time.Duration { return max(stretched(left, factor/was), 1) })
	}
}

// all are the timers that run; the lock is held.
func (c *SkipClock) all() []*skipTimer {
	out := make([]*skipTimer, 0, len(c.pending))
	for t := range c.pending {
		out = append(out, t)
	}
	return out
}

// stretched is a duration by a factor.
func stretched(d time.Duration, factor float64) time.Duration {
	return time.Duration(float64(d) * factor)
}

// elapsed is what it shows at a real moment, since it was made; the lock is held.
func (c *SkipClock) elapsed(now tcpip.MonotonicTime) time.Duration {
	return c.shown + stretched(now.Sub(c.since), 1/c.slow)
}

func (c *SkipClock) read() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.elapsed(c.real.NowMonotonic())
}

// Now is what it shows.
func (c *SkipClock) Now() time.Time { return c.begun.Add(c.read()) }

// NowMonotonic is the same for durations.
func (c *SkipClock) NowMonotonic() tcpip.MonotonicTime { return c.zero.Add(c.read()) }

// AfterFunc runs f in a goroutine of its own after d on this clock.
func (c *SkipClock) AfterFunc(d time.Duration, f func()) tcpip.Timer {
	t := &skipTimer{clock: c, f: f}
	t.start(d)
	return t
}

// skipTimer is one timer.
type skipTimer struct {
	clock *SkipClock
	f     func()

	mu    sync.Mutex
	timer *time.Timer
	due   time.Time // real
	turn  uint64    // starts; what an earlier one fires does nothing
	armed bool
}

func (t *skipTimer) start(d time.Duration) {
	t.clock.mu.Lock()
	t.clock.pending[t] = struct{}{}
	d = stretched(d, t.clock.slow)
	t.clock.mu.Unlock()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.turn++
	turn := t.turn
	t.armed, t.due = true, time.Now().Add(d)
	if t.timer != nil {
		t.timer.Stop()
	}
	t.timer = time.AfterFunc(d, func() { t.fire(turn) })
}

func (t *skipTimer) fire(turn uint64) {
	t.mu.Lock()
	ok := t.armed && t.turn == turn
	if ok {
		t.armed = false
	}
	t.mu.Unlock()
	if ok {
		t.forget()
		t.f()
	}
}

func (t *skipTimer) forget() {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	delete(t.clock.pending, t)
}

// move gives the timer another time to run, made of what is left; over is true
// where none is left by that, and it must be fired.
func (t *skipTimer) move(next func(left time.Duration) time.Duration) (turn uint64, over bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.armed {
		return 0, false
	}
	t.turn++
	turn = t.turn
	t.timer.Stop()
	left := next(max(time.Until(t.due), 0))
	t.due = time.Now().Add(left)
	if left <= 0 {
		return turn, true
	}
	t.timer = time.AfterFunc(left, func() { t.fire(turn) })
	return turn, false
}

// Stop keeps the timer from firing; false if it has fired, or was stopped.
func (t *skipTimer) Stop() bool {
	t.mu.Lock()
	was := t.armed
	t.armed = false
	t.timer.Stop()
	t.mu.Unlock()
	t.forget()
	return was
}

// Reset starts it anew.
func (t *skipTimer) Reset(d time.Duration) { t.start(d) }
