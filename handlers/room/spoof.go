package room

import (
	"context"
	"errors"
	"sync"

	"rootwalk/lookup"
)

// Spoofed is an internet in which forged responses can be raced against real
// ones. Only the lab is one.
type Spoofed interface {
	// Spoof runs a series of races, and returns what was counted and the trace of
	// one race.
	Spoof(ctx context.Context, s lookup.SpoofSeries) (lookup.SpoofResult, lookup.TraceFile, error)
}

// ErrNoSpoof says that no races are run here.
var ErrNoSpoof = errors.New("no forged responses are sent in this internet")

// keptSeries is how many results a room remembers.
const keptSeries = 16

// races is what a room remembers of its spoof races.
type races struct {
	mu      sync.Mutex
	results []lookup.SpoofResult // newest first
}

// Spoof runs a series of races and keeps what came of it.
func (r *Room) Spoof(ctx context.Context, s lookup.SpoofSeries) error {
	in, ok := r.internet.(Spoofed)
	if !ok {
		return ErrNoSpoof
	}
	select {
	case r.rooms.experiments <- struct{}{}:
		defer func() { <-r.rooms.experiments }()
	default:
		return ErrBusy
	}
	result, trace, err := in.Spoof(ctx, s)
	if err != nil {
		return err
	}
	result.Trace = r.keepApart(trace).ID()
	r.races.mu.Lock()
	defer r.races.mu.Unlock()
	r.races.results = append([]lookup.SpoofResult{result}, r.races.results[:min(len(r.races.results), keptSeries-1)]...)
	return nil
}

// Races are the results of the room's spoof races, newest first; false where no
// races are run.
func (r *Room) Races() ([]lookup.SpoofResult, bool) {
	if _, ok := r.internet.(Spoofed); !ok {
		return nil, false
	}
	r.races.mu.Lock()
	defer r.races.mu.Unlock()
	return append([]lookup.SpoofResult(nil), r.races.results...), true
}

// keepApart keeps a trace of something that has ended elsewhere than on the
// room's own internet.
func (r *Room) keepApart(f lookup.TraceFile) *Recording {
	rec := newRecording(lookup.TraceOf(f, newID()), nil)
	rec.run()
	r.rooms.keep(rec)
	r.rooms.weigh(rec)
	return rec
}
