package vnet

import (
	"sync"
	"time"
)

// deadline is a moment that can be moved while others wait for it.
type deadline struct {
	mu     sync.Mutex
	passed chan struct{} // closed when it has passed
	timer  *time.Timer
	turn   uint64 // set calls; a timer of an earlier one does nothing
}

// wait returns the channel that is closed when the deadline has passed.
func (d *deadline) wait() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.passed == nil {
		d.passed = make(chan struct{})
	}
	return d.passed
}

// set moves the deadline; the zero time is never.
func (d *deadline) set(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.turn++
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	over := d.passed != nil && closed(d.passed)
	if t.IsZero() {
		if over {
			d.passed = make(chan struct{})
		}
		return
	}
	left := time.Until(t)
	if left <= 0 {
		if d.passed == nil {
			d.passed = make(chan struct{})
		}
		if !over {
			close(d.passed)
		}
		return
	}
	if over || d.passed == nil {
		d.passed = make(chan struct{})
	}
	turn := d.turn
	d.timer = time.AfterFunc(left, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.turn == turn {
			close(d.passed)
		}
	})
}

// stop lets the timer go when the socket is closed.
func (d *deadline) stop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.turn++
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
