package lookuptest

import (
	"sync"
	"time"

	"rootwalk/lookup"
)

// Clock is lesson time that moves only when told. It is safe for concurrent
// use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock starts at an arbitrary fixed instant.
func NewClock() *Clock { return &Clock{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)} }

// Now is the present lesson time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Skip moves the clock forward.
func (c *Clock) Skip(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Read is the clock as a page would copy it.
func (c *Clock) Read() lookup.ClockReading {
	now := c.Now()
	return lookup.ClockReading{Real: now, Lesson: now, Rate: 1}
}
