package room

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"rootwalk/lookup"
)

// The gate. A lookup that was asked for with Ask.Gated is held at each decision
// that Config.Decide finds: the deciding event and all after it leave the
// server only when a prediction has been made. That holds for frames and for
// the trace file, and for what the room's caches show of it.

// Decide finds the decisions among the first events of a trace, and the seq of
// the first event that may still turn out to be one; see lookup/predict.
type Decide func(events []lookup.Event, finished bool) (found []lookup.Decision, safe int)

// maxHeld is how long the entries that a held lookup brought stay out of the
// caches that the room shows.
const maxHeld = 10 * time.Minute

// hold is a decision point: its event and all after it wait for a release.
type hold struct {
	lookup.Decision
	id       string
	made     *Choice // what was predicted; nil if nothing, or nothing yet
	observed *int    // what was seen afterwards, as an option
}

// Choice is a prediction.
type Choice struct {
	Option int  `json:"option"`
	Sure   bool `json:"sure"`
}

// ErrDecision says that a decision is not the one that is waited for, or has no
// such option.
var ErrDecision = errors.New("no such decision now")

// Verdict is what is told of a decision once it has been made.
type Verdict struct {
	Decision string            `json:"decision"`
	Right    int               `json:"right"`
	Shown    int               `json:"shown"` // the event that shows it
	Why      string            `json:"why"`   // as in lookup.Decision
	Params   map[string]string `json:"params"`
	Wrong    string            `json:"wrong"` // misconception behind the option chosen, "" for none
	Choice   *Choice           `json:"choice,omitempty"`
	Observed *int              `json:"observed,omitempty"`
	Ask      lookup.Prediction `json:"ask"`
}

// Asked is a decision that waits to be made.
type Asked struct {
	Decision string
	After    int // the last event that may be seen
	Ask      lookup.Prediction
}

// Held is the decision that the recording is held at, nil for none.
func (r *Recording) Held() *Asked {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.limitLocked() < 0 {
		return nil
	}
	h := r.holds[r.released]
	return &Asked{Decision: h.id, After: h.Seq - 1, Ask: h.Prediction}
}

// hides reports whether anything of the recording is held back, or may be.
func (r *Recording) hides() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.decide != nil && !r.open && (!r.ended || r.released < len(r.holds))
}

// Verdicts are the decisions made so far, in order.
func (r *Recording) Verdicts() []Verdict {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []Verdict
	for _, h := range r.holds[:r.released] {
		if h.made != nil {
			out = append(out, h.verdict())
		}
	}
	return out
}

func (h hold) verdict() Verdict {
	v := Verdict{Decision: h.id, Right: h.Right, Shown: h.Shown, Why: h.Why, Params: h.Params, Choice: h.made, Observed: h.observed, Ask: h.Prediction}
	if h.made != nil {
		v.Wrong = h.Wrong[h.made.Option]
	}
	return v
}

// Predict makes a prediction at a decision and opens the gate there.
func (r *Recording) Predict(decision string, c Choice) (Verdict, error) {
	defer r.opened()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open || r.released >= len(r.holds) || r.holds[r.released].id != decision {
		return Verdict{}, fmt.Errorf("%w: %s", ErrDecision, decision)
	}
	h := &r.holds[r.released]
	if c.Option < 0 || c.Option >= len(h.Options) {
		return Verdict{}, fmt.Errorf("%w: %d options", ErrDecision, len(h.Options))
	}
	h.made = &c
	r.released++
	r.wakeLocked()
	return h.verdict(), nil
}

// Observe notes what was seen after a decision that has been made. The verdict
// is the same as before, with the observation.
func (r *Recording) Observe(decision string, option int) (Verdict, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.IndexFunc(r.holds[:r.released], func(h hold) bool { return h.id == decision && h.made != nil })
	if i < 0 || option < 0 || option >= len(r.holds[i].Options) {
		return Verdict{}, fmt.Errorf("%w: %s", ErrDecision, decision)
	}
	r.holds[i].observed = &option
	return r.holds[i].verdict(), nil
}

// Release opens the gate at a decision without a prediction, if that is the
// one that is waited for.
func (r *Recording) Release(decision string) bool {
	defer r.opened()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open || r.released >= len(r.holds) || r.holds[r.released].id != decision {
		return false
	}
	r.released++
	r.wakeLocked()
	return true
}

// Open ends the predicting: nothing of the recording is held back from now on.
func (r *Recording) Open() {
	defer r.opened()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open = true
	r.wakeLocked()
}

// discreet leaves out of cache snapshots what lookups brought that are held:
// the caches would tell what is about to be asked. Other lookups that find
// those entries say so all the same: their own traces are no secret.
func (r *Room) discreet(caches []lookup.CacheSnapshot) []lookup.CacheSnapshot {
	held := r.holdingBack()
	if len(held) == 0 {
		return caches
	}
	out := make([]lookup.CacheSnapshot, len(caches))
	for i, c := range caches {
		out[i] = c
		out[i].Entries = slices.DeleteFunc(slices.Clone(c.Entries), func(e lookup.CacheEntry) bool {
			return slices.ContainsFunc(held, func(rec *Recording) bool { return rec.ID() == e.Trace })
		})
	}
	return out
}

// holdingBack are the recordings of the room that still wait for a prediction.
func (r *Room) holdingBack() []*Recording {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held = slices.DeleteFunc(r.held, func(rec *Recording) bool { return !rec.hides() || time.Since(rec.trace.Started()) > maxHeld })
	return slices.Clone(r.held)
}

// holding reports whether a recording of the room waits for a prediction.
func (r *Room) holding() bool { return len(r.holdingBack()) > 0 }
