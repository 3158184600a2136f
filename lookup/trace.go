package lookup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"
)

// TraceVersion is the version of the trace file format.
const TraceVersion = 1

// Bounds of one trace. A real walk has some 30 to 100 events; the bounds are
// for hostile zones.
const (
	DefaultMaxEvents = 4096
	DefaultMaxBytes  = 4 << 20 // of messages carried
)

// TraceConfig is what a trace is made from.
type TraceConfig struct {
	ID      string
	Title   string // "www.example.co.kr A"
	Network string // "lab" or "internet"

	// Bounds; zero means the default.
	MaxEvents, MaxBytes int

	// Expect is how many events there will probably be; 64 if 0. It is no bound.
	Expect int

	// Now is real time, time.Now if nil.
	Now func() time.Time
}

// Trace is the append-only record of one run. Reporters and any number of
// followers may use it at the same time. Finish must be called in the end, or
// followers wait for ever.
type Trace struct {
	id, title, network string
	started            time.Time
	now                func() time.Time
	maxEvents          int
	maxBytes           int

	mu        sync.Mutex
	events    []Event // only appended to: a prefix may be read without the lock
	bytes     int
	steps     StepID
	truncated bool
	finished  bool
	wake      chan struct{} // closed at the next append, nil while nobody waits
	done      chan struct{} // closed by Finish
}

// NewTrace begins a trace now.
func NewTrace(c TraceConfig) *Trace {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.MaxEvents == 0 {
		c.MaxEvents = DefaultMaxEvents
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = DefaultMaxBytes
	}
	if c.Expect <= 0 {
		c.Expect = 64
	}
	return &Trace{
		id: c.ID, title: c.Title, network: c.Network, started: c.Now(), now: c.Now,
		maxEvents: c.MaxEvents, maxBytes: c.MaxBytes, done: make(chan struct{}),
		events: make([]Event, 0, c.Expect),
	}
}

// ID is the trace's id, unique within the program that made it.
func (t *Trace) ID() string { return t.id }

// Title says in a few words what was run.
func (t *Trace) Title() string { return t.title }

// Network is the network that it ran on.
func (t *Trace) Network() string { return t.network }

// Started is the real time of its beginning.
func (t *Trace) Started() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.started
}

// Root is the first step: the run itself.
func (t *Trace) Root() Step {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.steps == 0 {
		t.steps = 1
	}
	return Step{t: t, id: 1}
}

// Finish says that no more facts will come. Later reports are dropped.
func (t *Trace) Finish() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.finished {
		return
	}
	t.finished = true
	close(t.done)
	t.notify()
}

// Done is closed when the trace is finished.
func (t *Trace) Done() <-chan struct{} { return t.done }

// Events returns what has happened so far. The slice must not be changed.
func (t *Trace) Events() []Event {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.events[:len(t.events):len(t.events)]
}

// notify wakes the followers; the lock is held.
func (t *Trace) notify() {
	if t.wake != nil {
		close(t.wake)
		t.wake = nil
	}
}

// append adds an event and returns its seq, or -1 if it was dropped.
func (t *Trace) append(s Step, f Fact) int {
	now := t.now()
	size := carried(f)
	t.mu.Lock()
	defer t.mu.Unlock()
	at := now.Sub(t.started)
	if t.finished {
		return -1
	}
	if _, keep := f.(lasting); !keep {
		if t.truncated {
			return -1
		}
		switch {
		case len(t.events) >= t.maxEvents:
			f = TraceTruncated{Limit: "events", Max: t.maxEvents}
			t.truncated = true
		case t.bytes+size > t.maxBytes:
			f = TraceTruncated{Limit: "bytes", Max: t.maxBytes}
			t.truncated = true
		}
	} else if len(t.events) >= 2*t.maxEvents {
		return -1 // the last facts of endless side walks are bounded as well
	}
	if n := len(t.events); n > 0 && at < t.events[n-1].At {
		at = t.events[n-1].At // two reporters took their time before the lock: seq decides
	}
	seq := len(t.events)
	t.bytes += size
	t.events = append(t.events, Event{Seq: seq, At: at, Step: s.id, Parent: s.parent, Fact: f})
	t.notify()
	if t.truncated {
		if _, said := f.(TraceTruncated); said {
			return -1
		}
	}
	return seq
}

// Follow yields the events from seq on: first what is there, then each as it
// happens, until the trace is finished or ctx is done. Every event from seq
// on is yielded exactly once, in order.
func (t *Trace) Follow(ctx context.Context, seq int) iter.Seq[Event] {
	return func(yield func(Event) bool) {
		next := max(seq, 0)
		for {
			events, wake, finished := t.after(next)
			for _, e := range events {
				if !yield(e) {
					return
				}
			}
			next += len(events)
			if len(events) > 0 {
				continue
			}
			if finished {
				return
			}
			select {
			case <-wake:
			case <-ctx.Done():
				return
			}
		}
	}
}

// after returns the events from next on; where there are none, a channel that
// is closed when there may be.
func (t *Trace) after(next int) (events []Event, wake <-chan struct{}, finished bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if next < len(t.events) {
		return t.events[next:len(t.events):len(t.events)], nil, t.finished
	}
	if t.finished {
		return nil, nil, true
	}
	if t.wake == nil {
		t.wake = make(chan struct{})
	}
	return nil, t.wake, false
}

// Step is a place in a trace's tree at which facts are reported. The zero
// Step discards everything, so that code can run without an audience.
type Step struct {
	t          *Trace
	id, parent StepID
}

// Report appends a fact and returns its seq; -1 if it was discarded.
func (s Step) Report(f Fact) int {
	if s.t == nil {
		return -1
	}
	return s.t.append(s, f)
}

// Child opens a step below this one: a side walk, or a restart at another
// name.
func (s Step) Child() Step {
	if s.t == nil {
		return Step{}
	}
	s.t.mu.Lock()
	defer s.t.mu.Unlock()
	s.t.steps++
	return Step{t: s.t, id: s.t.steps, parent: s.id}
}

// Recording reports whether anything listens: costly preparations for a
// report can be left out when it is false.
func (s Step) Recording() bool { return s.t != nil }

// Begin lets the trace begin now, if nothing has been reported to it yet: what was
// needed to get ready for a run is no part of it.
func (s Step) Begin() {
	if s.t == nil {
		return
	}
	s.t.mu.Lock()
	defer s.t.mu.Unlock()
	if len(s.t.events) == 0 {
		s.t.started = s.t.now()
	}
}

// Events are the events of the step's trace so far; none for the zero Step. The
// slice must not be changed.
func (s Step) Events() []Event {
	if s.t == nil {
		return nil
	}
	return s.t.Events()
}

// TraceID is the id of the trace that the step belongs to, "" for none.
func (s Step) TraceID() string {
	if s.t == nil {
		return ""
	}
	return s.t.id
}

// TraceFile is a trace as a file: the same from the server, from the command
// line, in exports and in imports.
type TraceFile struct {
	ID      string    `json:"id"`
	Version int       `json:"version"`
	Network string    `json:"network"`
	Started time.Time `json:"started"`
	Title   string    `json:"title"`
	Events  []Event   `json:"events"`
}

// File returns the trace as it stands, for encoding.
func (t *Trace) File() TraceFile {
	return TraceFile{ID: t.id, Version: TraceVersion, Network: t.network, Started: t.Started().UTC(), Title: t.title, Events: t.Events()}
}

// MarshalJSON is the file form of the trace as it stands.
func (t *Trace) MarshalJSON() ([]byte, error) { return json.Marshal(t.File()) }

// ReadTraceFile decodes a trace file and checks what readers rely on: the
// version, seq without gaps, times that do not go backwards.
func ReadTraceFile(data []byte) (TraceFile, error) {
	var f TraceFile
	if err := json.Unmarshal(data, &f); err != nil {
		return TraceFile{}, fmt.Errorf("not a trace file: %w", err)
	}
	if f.Version != TraceVersion {
		return TraceFile{}, fmt.Errorf("trace file version %d: this program reads version %d", f.Version, TraceVersion)
	}
	if len(f.Events) > 2*DefaultMaxEvents {
		return TraceFile{}, errors.New("trace file with too many events")
	}
	for i, e := range f.Events {
		if e.Seq != i {
			return TraceFile{}, fmt.Errorf("trace file: event %d has seq %d", i, e.Seq)
		}
		if i > 0 && e.At < f.Events[i-1].At {
			return TraceFile{}, fmt.Errorf("trace file: event %d is earlier than the one before", i)
		}
	}
	return f, nil
}

// TraceOf is a finished trace with the events of a file, under another id.
func TraceOf(f TraceFile, id string) *Trace {
	t := NewTrace(TraceConfig{ID: id, Title: f.Title, Network: f.Network, Now: func() time.Time { return f.Started }})
	t.events = f.Events
	for _, e := range f.Events {
		t.bytes += carried(e.Fact)
		t.steps = max(t.steps, e.Step)
	}
	t.Finish()
	return t
}
