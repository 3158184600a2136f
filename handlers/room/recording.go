package room

import (
	"context"
	"strconv"
	"sync"
	"time"

	"rootwalk/lookup"
)

// tick is how long events are gathered before they leave as one frame: one
// write for ten events costs hardly more than one write for one.
const tick = 20 * time.Millisecond

// Recording is a trace and the frames it is sent as. Frames are only ever
// appended, and each is encoded once.
type Recording struct {
	trace  *lookup.Trace
	decide Decide // nil where nothing is held back
	opened func() // called, without locks, after every release

	mu       sync.Mutex
	frames   []frame
	events   int    // events encoded so far
	ended    bool   // the last frame has been appended
	holds    []hold // decision points met so far, in order
	released int    // how many of them are open
	open     bool   // nothing is held back any more
	watchers map[*Viewer]struct{}
	encoded  chan struct{} // closed when ended
	captured Frames        // what went over the links meanwhile, nil where they are nobody's to watch
	imported bool          // read from a file: no room here ran it
}

// frame is one encoded message for events [from, to).
type frame struct {
	from, to int
	bytes    []byte
}

// newRecording begins to record a trace; run must be called. With decide, it
// is held at each decision that is found.
func newRecording(t *lookup.Trace, decide Decide) *Recording {
	return &Recording{trace: t, decide: decide, opened: func() {}, watchers: map[*Viewer]struct{}{}, encoded: make(chan struct{})}
}

// ID is the id of the trace.
func (r *Recording) ID() string { return r.trace.ID() }

// Title is the title of the trace.
func (r *Recording) Title() string { return r.trace.Title() }

// Done is closed when the trace is finished and wholly encoded.
func (r *Recording) Done() <-chan struct{} { return r.encoded }

// File is the trace as far as it may be seen: up to the first decision that
// nobody has made yet.
func (r *Recording) File() lookup.TraceFile {
	f := r.trace.File()
	if limit := r.limit(); limit >= 0 && limit < len(f.Events) {
		f.Events = f.Events[:limit]
	}
	return f
}

// limit is the seq of the first event that is held back, -1 for none.
func (r *Recording) limit() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.decide != nil && !r.open && r.released == len(r.holds) && !r.ended {
		return r.events // what is not encoded yet may still turn out to be held
	}
	return r.limitLocked()
}

func (r *Recording) limitLocked() int {
	if !r.open && r.released < len(r.holds) {
		return r.holds[r.released].Seq
	}
	return -1
}

// run encodes the trace as it grows, until it is finished. The trace has its
// own bounds in time, so this ends.
func (r *Recording) run() {
	batch := 0 // events gathered
	timer := time.NewTimer(tick)
	defer timer.Stop()
	for e := range r.trace.Follow(context.Background(), 0) {
		if batch == 0 && e.Seq > 0 {
			// Gather for a tick; if the trace ends before, go on at once.
			timer.Reset(tick)
			select {
			case <-timer.C:
			case <-r.trace.Done():
			}
		}
		batch++
		if e.Seq+1 < len(r.trace.Events()) {
			continue
		}
		r.encode(e.Seq+1, false)
		batch = 0
	}
	r.encode(len(r.trace.Events()), true)
	r.mu.Lock()
	r.ended = true
	r.frames = append(r.frames, frame{r.events, r.events, endFrame(r.trace.ID(), r.events-1)})
	close(r.encoded)
	r.wakeLocked()
	r.mu.Unlock()
}

// encode appends the events below upto as frames, cut at decision points so
// that no frame holds both sides of one. Of a gated trace it takes only what
// has been judged.
func (r *Recording) encode(upto int, finished bool) {
	events := r.trace.Events()[:upto]
	decisions := []lookup.Decision(nil)
	if r.decide != nil {
		decisions, upto = r.decide(events, finished)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, d := range decisions[min(len(r.holds), len(decisions)):] {
		r.appendLocked(events, d.Seq)
		r.holds = append(r.holds, hold{Decision: d, id: "d" + strconv.Itoa(len(r.holds)+1)})
	}
	r.appendLocked(events, upto)
	r.wakeLocked()
}

// appendLocked makes a frame of the events that come before upto and are in
// none yet.
func (r *Recording) appendLocked(events []lookup.Event, upto int) {
	if upto > r.events {
		r.frames = append(r.frames, frame{r.events, upto, eventsFrame(r.trace.ID(), events[r.events:upto])})
		r.events = upto
	}
}

func (r *Recording) wakeLocked() {
	for v := range r.watchers {
		v.wake()
	}
}

func (r *Recording) watch(v *Viewer) {
	r.mu.Lock()
	r.watchers[v] = struct{}{}
	r.mu.Unlock()
}

func (r *Recording) unwatch(v *Viewer) {
	r.mu.Lock()
	delete(r.watchers, v)
	r.mu.Unlock()
}

// cursor is a viewer's place in a recording.
type cursor struct {
	next  int    // seq of the next event to send
	index int    // frame that is probably next
	told  string // decision that the viewer was told about
	ended bool
}

// read appends what comes after the cursor to out and moves the cursor. Whole
// frames are shared; one that the cursor is in the middle of is encoded anew.
func (r *Recording) read(c *cursor, out [][]byte) [][]byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	limit := r.limitLocked()
	for c.index < len(r.frames) {
		f := r.frames[c.index]
		if limit >= 0 && f.to > limit {
			break
		}
		c.index++
		switch {
		case f.from == f.to: // the end
			c.ended = true
			return append(out, f.bytes)
		case f.to <= c.next:
		case f.from >= c.next:
			out = append(out, f.bytes)
		default:
			out = append(out, eventsFrame(r.trace.ID(), r.trace.Events()[c.next:f.to]))
		}
		c.next = max(c.next, f.to)
	}
	if limit >= 0 && c.next >= limit && c.told != r.holds[r.released].id {
		h := r.holds[r.released]
		c.told = h.id
		out = append(out, heldFrame(r.trace.ID(), c.told, limit-1, h.Prediction))
	}
	return out
}
