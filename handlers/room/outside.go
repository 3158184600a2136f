package room

import (
	"context"
	"time"

	"rootwalk/lookup"
)

// Bounds of what is kept of queries from outside, so that nobody's flood of
// them costs the people in the room their own traces.
const (
	shownOutside     = 20 // queries told to viewers, newest first
	keptOutside      = 64 // traces kept over all rooms
	recordingOutside = 8  // being recorded at once in a room
	recordedPerSec   = 10 // begun in one second in a room
)

// OutsideQuery is a query that a program outside sent to the room's internet.
type OutsideQuery struct {
	Trace  string    `json:"trace"`
	Title  string    `json:"title"`  // "www.example.co.kr A"
	Client string    `json:"client"` // who asked, as far as that is shown
	At     time.Time `json:"at"`     // real time
}

// outside is what a room knows of queries from outside; the room's lock guards
// it.
type outside struct {
	latest    []OutsideQuery // newest first
	visitors  int            // queries being answered
	recording int            // of these with a trace
	second    time.Time      // the second in which
	begun     int            // so many recordings were begun
}

// record reports whether one more recording may begin at an instant, and
// counts it.
func (o *outside) record(now time.Time) bool {
	if s := now.Truncate(time.Second); !s.Equal(o.second) {
		o.second, o.begun = s, 0
	}
	if o.recording >= recordingOutside || o.begun >= recordedPerSec {
		return false
	}
	o.begun++
	o.recording++
	return true
}

// Outside answers a query that came to the room's internet from outside: run
// does so, reports to the step, and returns soon after its context is done.
// Beyond the bounds a query is answered all the same, but the step discards.
// Viewers are told of the query as soon as it comes. Outside returns when run
// has; it is an error if the room has closed.
func (r *Room) Outside(ctx context.Context, title, client string, run func(ctx context.Context, in Internet, step lookup.Step)) error {
	now := time.Now()
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return ErrGone
	}
	r.work.Add(1)
	defer r.work.Done()
	r.outside.visitors++
	r.idle.Stop()
	var step lookup.Step
	finish := func() {}
	if r.outside.record(now) {
		t := lookup.NewTrace(lookup.TraceConfig{ID: newID(), Title: title, Network: r.internet.Network()})
		rec := newRecording(t, nil)
		r.rooms.keepOutside(rec)
		r.work.Go(rec.run)
		r.outside.latest = append([]OutsideQuery{{Trace: t.ID(), Title: title, Client: client, At: now.UTC()}}, r.outside.latest[:min(len(r.outside.latest), shownOutside-1)]...)
		r.changedLocked()
		step, finish = t.Root(), t.Finish
	}
	r.mu.Unlock()

	defer func() {
		finish()
		r.mu.Lock()
		defer r.mu.Unlock()
		r.outside.visitors--
		if step.Recording() {
			r.outside.recording--
		}
		r.restLocked()
		r.changedLocked()
	}()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(r.ctx, cancel)()
	run(ctx, r.internet, step)
	return nil
}
