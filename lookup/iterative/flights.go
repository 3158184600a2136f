package iterative

import (
	"sync"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

// flights are the questions that are being resolved. Whoever asks the same
// meanwhile waits for that result: a client that sends its query again, or many
// clients at once, cause no second walk, and a forger no second chance
// (RFC 5452 §5). It is safe for concurrent use.
type flights struct {
	mu sync.Mutex
	m  map[flightKey]*flight
}

// flightKey is what a resolution is for: with signatures it is another one.
type flightKey struct {
	q      lookup.Question // canonical
	signed bool
}

// flight is one of them.
type flight struct {
	trace  string
	landed chan struct{} // closed when result is there
	result message.Resolution
}

// board returns the flight for a question and whether it is the caller's own,
// which then must land.
func (f *flights) board(q lookup.Question, signed bool, trace string) (*flight, bool) {
	k := flightKey{q.Key(), signed}
	f.mu.Lock()
	defer f.mu.Unlock()
	if other := f.m[k]; other != nil {
		return other, false
	}
	own := &flight{trace: trace, landed: make(chan struct{})}
	if f.m == nil {
		f.m = map[flightKey]*flight{}
	}
	f.m[k] = own
	return own, true
}

// flying reports whether a question is being resolved.
func (f *flights) flying(q lookup.Question) bool {
	q = q.Key()
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.m[flightKey{q, false}] != nil || f.m[flightKey{q, true}] != nil
}

// land hands the result to all who wait.
func (f *flights) land(q lookup.Question, signed bool, own *flight, result message.Resolution) {
	f.mu.Lock()
	delete(f.m, flightKey{q.Key(), signed})
	f.mu.Unlock()
	own.result = result
	close(own.landed)
}

// join makes the walk the only one for its question, or waits for the one that
// is under way and returns its result; nil where the walk has to go on itself.
func (w *walk) join(step lookup.Step) *message.Resolution {
	for told := false; ; told = true {
		f, own := w.r.flights.board(w.question, w.signed, w.trace)
		if own {
			w.flight = f
			return nil
		}
		if !told {
			step.Report(lookup.ResolutionJoined{Host: w.r.host, Question: w.question, Trace: f.trace})
		}
		select {
		case <-f.landed:
			if f.result.Outcome == lookup.OutcomeCanceled {
				continue // whoever it was for went away; this one's client did not
			}
			joined := f.result
			joined.Queries, joined.FromCache = 0, false
			return &joined
		case <-w.ctx.Done():
			o := w.over(step, w.question.Name)
			return &message.Resolution{Outcome: o, Rcode: rcodeOf(o), Extended: w.extended(o)}
		}
	}
}
