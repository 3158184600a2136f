package lookup

import (
	"fmt"
	"sync"
	"time"
)

// Clock tells lesson time: the time that caches, leases and signatures follow.
// It never goes backwards. Implementations are safe for concurrent use.
type Clock interface {
	Now() time.Time
}

// LessonRates are the speeds at which lesson time may run; 1 is real time.
var LessonRates = []int{1, 60, 3600}

// MaxSkip is the longest single jump of a lesson clock.
const MaxSkip = 24 * time.Hour

// maxLessonLead bounds how far lesson time may run ahead of real time in all: past it the clock
// runs at real speed again. 50 years keep every instant inside what
// JavaScript dates and RFC 1982 serials can carry.
const maxLessonLead = 50 * 365 * 24 * time.Hour

// LessonClock is real time plus what the learner skipped, running at one of
// LessonRates. The zero value is not usable; call NewLessonClock. It is safe
// for concurrent use.
type LessonClock struct {
	real func() time.Time

	mu     sync.Mutex
	anchor time.Time // real time at the last change
	lesson time.Time // lesson time at the last change
	rate   int
	moved  chan struct{} // closed at the next change, nil while nobody waits
}

// NewLessonClock returns a clock that agrees with real, which is time.Now
// outside tests.
func NewLessonClock(real func() time.Time) *LessonClock {
	now := real()
	return &LessonClock{real: real, anchor: now, lesson: now, rate: 1}
}

// Now is the present lesson time.
func (c *LessonClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at(c.real())
}

// at is lesson time at a real instant; the lock is held.
func (c *LessonClock) at(real time.Time) time.Time {
	since := max(real.Sub(c.anchor), 0)
	lead := maxLessonLead - c.lesson.Sub(c.anchor)
	if c.rate > 1 && since > lead/time.Duration(c.rate) {
		return c.lesson.Add(max(lead, 0)).Add(since)
	}
	return c.lesson.Add(since * time.Duration(c.rate))
}

// Skip moves lesson time forward by d, which must be above 0 and at most
// MaxSkip.
func (c *LessonClock) Skip(d time.Duration) error {
	if d <= 0 || d > MaxSkip {
		return fmt.Errorf("skip of %v: must be above 0 and at most %v", d, MaxSkip)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.real()
	next := c.at(now).Add(d)
	if next.Sub(now) > maxLessonLead {
		return fmt.Errorf("skip of %v: lesson time is already %v ahead", d, maxLessonLead)
	}
	c.lesson, c.anchor = next, now
	c.tell()
	return nil
}

// Moved returns a channel that is closed when the clock is next skipped or
// given another rate: until then, lesson time runs as Read says.
func (c *LessonClock) Moved() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.moved == nil {
		c.moved = make(chan struct{})
	}
	return c.moved
}

// tell wakes those who wait for a change; the lock is held.
func (c *LessonClock) tell() {
	if c.moved != nil {
		close(c.moved)
		c.moved = nil
	}
}

// SetRate makes lesson time run rate times as fast as real time from now on.
// The rate must be one of LessonRates.
func (c *LessonClock) SetRate(rate int) error {
	ok := false
	for _, r := range LessonRates {
		ok = ok || r == rate
	}
	if !ok {
		return fmt.Errorf("rate %d: must be one of %v", rate, LessonRates)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.real()
	c.lesson, c.anchor, c.rate = c.at(now), now, rate
	c.tell()
	return nil
}

// ClockReading is what a page needs to run its own copy of a lesson clock.
type ClockReading struct {
	Real   time.Time `json:"real"`   // real time of the reading
	Lesson time.Time `json:"lesson"` // lesson time at that instant
	Rate   int       `json:"rate"`   // lesson seconds per real second
}

// Read returns the present state of the clock.
func (c *LessonClock) Read() ClockReading {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.real()
	return ClockReading{Real: now, Lesson: c.at(now), Rate: c.rate}
}
