package hosting

import (
	"time"

	"rootwalk/lookup"
)

// keepTime lets the timers of secondaries run out on lesson time, until the
// operator is closed.
func (o *Operator) keepTime() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		moved := o.cfg.Clock.Moved() // before the clock is read, so that no skip is missed
		now := o.cfg.Clock.Read()
		next := o.due(now.Lesson)
		wait := time.Hour
		if !next.IsZero() {
			// Up to the timer's own instant: a millisecond more saves a wake for nothing.
			wait = min(wait, next.Sub(now.Lesson)/time.Duration(now.Rate)+time.Millisecond)
		}
		timer.Reset(max(wait, 0))
		select {
		case <-timer.C:
		case <-moved:
		case <-o.wake:
		case <-o.ctx.Done():
			return
		}
	}
}

// hurry makes keepTime look at the timers again.
func (o *Operator) hurry() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// due does what is due at an instant and returns when the next thing is.
func (o *Operator) due(now time.Time) (next time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	soonest := func(t time.Time) {
		if next.IsZero() || t.Before(next) {
			next = t
		}
	}
	for _, h := range o.zones {
		if !h.managed {
			continue
		}
		for _, c := range h.copies[1:] {
			if c.zone != nil && !c.expired {
				// A refresh that was due before still has its chance: a clock that
				// jumps past both does not make a copy too old at once.
				if now.Before(c.expiresAt) {
					soonest(c.expiresAt)
				} else if !c.busy && c.timer == "retry" {
					o.expire(c)
				}
			}
			switch {
			case c.busy: // it sets its timer when it is done
			case c.at.Server.Down(): // nobody asks; SetDown hurries
			case now.Before(c.nextAt):
				soonest(c.nextAt)
			default:
				if r, err := o.begin(h.name.Short() + " SOA"); err == nil {
					r.open(h, "timer")
					r.step.Report(lookup.TimerDue{Zone: h.name, Server: o.server(c.at), Timer: c.timer, SetAt: c.setAt, Sec: uint32(c.nextAt.Sub(c.setAt) / time.Second)})
					o.refresh(c, c.timer, r)
					o.work.Go(r.release)
				} else {
					soonest(now.Add(time.Second))
				}
			}
		}
	}
	return next
}

// expire gives up a copy. The lock is held.
func (o *Operator) expire(c *zoneCopy) {
	c.expired = true
	if err := o.serve(c.at); err != nil {
		c.expired = false
		return
	}
	r, err := o.begin(c.of.name.Short() + " expire")
	if err != nil {
		return // it is so without a trace as well
	}
	r.open(c.of, "expiry")
	sec := timersOf(c.zone).ExpireSec
	r.step.Report(lookup.TimerDue{Zone: c.of.name, Server: o.server(c.at), Timer: "expire", SetAt: c.refreshedAt, Sec: sec})
	r.step.Report(lookup.ZoneExpired{Zone: c.of.name, Server: o.server(c.at), RefreshedAt: c.refreshedAt, ExpireSec: sec})
	o.work.Go(r.release)
}
