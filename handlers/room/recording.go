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
	trace *lookup.Trace
	gated bool

	mu       sync.Mutex
	frames   []frame
	events   int    // events encoded so far
	ended    bool   // the last frame has been appended
	holds    []hold // decision points met so far, in order
	released int    // how many of them are open
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

// hold is a decision point: event seq and all after it wait for a release.
type hold struct {
	decision string
	seq      int
}

// newRecording begins to record a trace; run must be called.
func newRecording(t *lookup.Trace, gated bool) *Recording {
	return &Recording{trace: t, gated: gated, watchers: map[*Viewer]struct{}{}, encoded: make(chan struct{})}
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
	if r.gated && r.released == len(r.holds) && !r.ended {
		return r.events // what is not encoded yet may still turn out to be held
	}
	return r.limitLocked()
}

func (r *Recording) limitLocked() int {
	if r.released < len(r.holds) {
		return r.holds[r.released].seq
	}
	return -1
}

// decides reports whether a fact is one that a prediction is about: whom the
// resolver asks next. It and all after it wait behind the gate.
func decides(f lookup.Fact) bool {
	_, ok := f.(lookup.ServerChosen)
	return ok
}

// run encodes the trace as it grows, until it is finished. The trace has its
// own bounds in time, so this ends.
func (r *Recording) run() {
	var batch []lookup.Event
	timer := time.NewTimer(tick)
	defer timer.Stop()
	for e := range r.trace.Follow(context.Background(), 0) {
		if len(batch) == 0 && e.Seq > 0 {
			// Gather for a tick; if the trace ends before, go on at once.
			timer.Reset(tick)
			select {
			case <-timer.C:
			case <-r.trace.Done():
			}
		}
		batch = append(batch, e)
		if e.Seq+1 < len(r.trace.Events()) {
			continue
		}
		r.encode(batch)
		batch = batch[:0]
	}
	r.mu.Lock()
	r.ended = true
	r.frames = append(r.frames, frame{r.events, r.events, endFrame(r.trace.ID(), r.events-1)})
	close(r.encoded)
	r.wakeLocked()
	r.mu.Unlock()
}

// encode appends a batch as frames, cut at decision points so that no frame
// holds both sides of one.
func (r *Recording) encode(batch []lookup.Event) {
	var frames []frame
	var holds []hold
	from := 0
	for i, e := range batch {
		if r.gated && decides(e.Fact) {
			if i > from {
				frames = append(frames, frame{batch[from].Seq, e.Seq, eventsFrame(r.trace.ID(), batch[from:i])})
				from = i
			}
			holds = append(holds, hold{"d", e.Seq})
		}
	}
	frames = append(frames, frame{batch[from].Seq, batch[len(batch)-1].Seq + 1, eventsFrame(r.trace.ID(), batch[from:])})
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, h := range holds {
		h.decision += strconv.Itoa(len(r.holds) + 1)
		r.holds = append(r.holds, h)
	}
	r.frames = append(r.frames, frames...)
	r.events = batch[len(batch)-1].Seq + 1
	r.wakeLocked()
}

// Release opens the gate at a decision, if that is the one that is waited
// for.
func (r *Recording) Release(decision string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.released >= len(r.holds) || r.holds[r.released].decision != decision {
		return false
	}
	r.released++
	r.wakeLocked()
	return true
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
	if limit >= 0 && c.next >= limit && c.told != r.holds[r.released].decision {
		c.told = r.holds[r.released].decision
		out = append(out, heldFrame(r.trace.ID(), c.told, limit-1))
	}
	return out
}
