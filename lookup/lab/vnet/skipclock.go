package vnet

import (
	"sync"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// SkipClock is the clock of stacks whose timers can be made to run out: real
// time plus what was skipped. All methods may be called concurrently. It must
// not be skipped from a callback of the Net.
type SkipClock struct {
	real tcpip.Clock

	mu      sync.Mutex
	skipped time.Duration
	pending map[*skipTimer]struct{}
}

// NewSkipClock makes a clock that shows real time.
func NewSkipClock() *SkipClock {
	return &SkipClock{real: tcpip.NewStdClock(), pending: map[*skipTimer]struct{}{}}
}

// Skip lets all timers of the stacks run d further at once, and returns when what
// those do that ran out is done. It does nothing for a d that is not above 0.
func (c *SkipClock) Skip(d time.Duration) {
	if d <= 0 {
		return
	}
	c.mu.Lock()
	c.skipped += d
	pending := make([]*skipTimer, 0, len(c.pending))
	for t := range c.pending {
		pending = append(pending, t)
	}
	c.mu.Unlock()
	var due sync.WaitGroup
	for _, t := range pending {
		if turn, over := t.hurry(d); over {
			due.Go(func() { t.fire(turn) })
		}
	}
	due.Wait()
}

func (c *SkipClock) offset() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.skipped
}

// Now is real time plus what was skipped.
func (c *SkipClock) Now() time.Time { return c.real.Now().Add(c.offset()) }

// NowMonotonic is the same for durations.
func (c *SkipClock) NowMonotonic() tcpip.MonotonicTime {
	return c.real.NowMonotonic().Add(c.offset())
}

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

// hurry brings the timer forward; over is true where it has run out by that, and
// must be fired.
func (t *skipTimer) hurry(d time.Duration) (turn uint64, over bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.armed {
		return 0, false
	}
	t.turn++
	turn = t.turn
	t.due = t.due.Add(-d)
	t.timer.Stop()
	left := time.Until(t.due)
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
