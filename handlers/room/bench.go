package room

import (
	"context"
	"errors"
	"sync"
	"time"

	"rootwalk/lookup"
)

// Bounds of benches.
const (
	maxBenches   = 4 // that wait for a learner, in a room
	benchIdle    = 5 * time.Minute
	benchTime    = 2 * time.Minute // of a script
	MaxBenchText = 2000            // octets of a learner's own
)

// Benching is an internet on which two programs can be watched as they use
// sockets.
type Benching interface {
	// Scripts are the keys of what can be shown from beginning to end.
	Scripts() []string
	// Bench runs a script, or for "" whatever next says until it says no more, and
	// reports to the step. It ends soon after its context.
	Bench(ctx context.Context, step lookup.Step, ask BenchAsk, next func() (BenchTurn, bool))
}

// BenchAsk is what somebody wants to see.
type BenchAsk struct {
	Script string // "" to choose each call
	Text   string // what the client says, where the script lets it
}

// BenchTurn is a call that a learner chose. Done must be called once.
type BenchTurn struct {
	Side   lookup.Side
	Call   string
	Socket string // "fd 6"
	To     string // of connect and bind: "server", "closed", "echo"
	Text   string
	Size   int
	Done   func(error)
}

// Errors of benches.
var (
	ErrNoBench  = errors.New("no programs can be watched in this internet")
	ErrNoScript = errors.New("there is no such thing to see")
	ErrNoTurn   = errors.New("this call cannot be made now")
	ErrOverTurn = errors.New("these programs have ended")
)

// benches are those of a room that wait for a learner.
type benches struct {
	mu   sync.Mutex
	open map[string]chan BenchTurn // by trace
}

// BenchScripts are the scripts of the room's internet, none where it has none.
func (r *Room) BenchScripts() []string {
	if b, ok := r.internet.(Benching); ok {
		return b.Scripts()
	}
	return nil
}

// OpenBench begins to run a script, or opens a bench for a learner's own calls, and
// returns the recording at once.
func (r *Room) OpenBench(ask BenchAsk) (*Recording, error) {
	b, ok := r.internet.(Benching)
	if !ok {
		return nil, ErrNoBench
	}
	known := ask.Script == ""
	for _, s := range b.Scripts() {
		known = known || s == ask.Script
	}
	if !known || len(ask.Text) > MaxBenchText {
		return nil, ErrNoScript
	}
	turns := make(chan BenchTurn)
	ready := make(chan string, 1)
	if ask.Script == "" {
		r.benches.mu.Lock()
		full := len(r.benches.open) >= maxBenches
		r.benches.mu.Unlock()
		if full {
			return nil, ErrBusy
		}
	}
	title := "sockets: " + ask.Script
	if ask.Script == "" {
		title = "sockets"
	}
	rec, err := r.record(plan{title: title, network: lookup.NetworkLab, apart: true, run: func(ctx context.Context, step lookup.Step) {
		id := <-ready
		if ask.Script != "" {
			within, cancel := context.WithTimeout(ctx, benchTime)
			defer cancel()
			b.Bench(within, step, ask, nil)
			return
		}
		idle := time.NewTimer(benchIdle)
		defer idle.Stop()
		b.Bench(ctx, step, ask, func() (BenchTurn, bool) {
			idle.Reset(benchIdle)
			select {
			case t := <-turns:
				return t, t.Call != "end"
			case <-idle.C:
			case <-ctx.Done():
			}
			return BenchTurn{}, false
		})
		r.benches.mu.Lock()
		delete(r.benches.open, id)
		r.benches.mu.Unlock()
	}})
	if err != nil {
		return nil, err
	}
	if ask.Script == "" {
		r.benches.mu.Lock()
		if r.benches.open == nil {
			r.benches.open = map[string]chan BenchTurn{}
		}
		r.benches.open[rec.ID()] = turns
		r.benches.mu.Unlock()
	}
	ready <- rec.ID()
	return rec, nil
}

// BenchOpen reports whether a bench waits for the next call.
func (r *Room) BenchOpen(trace string) bool {
	r.benches.mu.Lock()
	defer r.benches.mu.Unlock()
	return r.benches.open[trace] != nil
}

// Turn has a program on a bench make a call, and waits until it has returned or
// waits for something.
func (r *Room) Turn(ctx context.Context, trace string, t BenchTurn) error {
	r.benches.mu.Lock()
	turns := r.benches.open[trace]
	r.benches.mu.Unlock()
	if turns == nil {
		return ErrOverTurn
	}
	if len(t.Text) > MaxBenchText {
		return ErrNoTurn
	}
	done := make(chan error, 1)
	t.Done = func(err error) { done <- err }
	select {
	case turns <- t:
	case <-ctx.Done():
		return ctx.Err()
	case <-r.ctx.Done():
		return ErrGone
	}
	if t.Call == "end" {
		return nil
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-r.ctx.Done():
		return ErrGone
	}
}
