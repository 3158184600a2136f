package room

import (
	"context"
	"errors"

	"rootwalk/lookup"
)

// maxExperiments bounds the experiments that run at once over all rooms: each has
// a lab of its own for as long as it runs.
const maxExperiments = 2

// Experimenter is an internet of which others can be made, to run a recorded
// lookup again with one thing changed.
type Experimenter interface {
	// Changes are the keys of what can be changed, in the order in which they are
	// offered.
	Changes() []string
	// JourneyChanges are those of what can be changed of a journey.
	JourneyChanges() []string
	// Experiment prepares both runs of a change; cold begins both with empty caches.
	// It fails with ErrUnknownChange, or with ErrNoExperiment for a trace that
	// cannot be run again.
	Experiment(of lookup.TraceFile, change string, cold bool) (Experiment, error)
}

// Experiment is a pair of runs that differ in one thing.
type Experiment interface {
	// Run runs one of the two, each once. They may be called at the same time: the
	// changed run waits until the other has ended. Run ends by itself, and soon
	// after ctx is done.
	Run(ctx context.Context, step lookup.Step, changed bool)
}

// Errors of experiments.
var (
	ErrUnknownChange = errors.New("no such change")
	ErrNoExperiment  = errors.New("this cannot be run again here")
)

// Changes are what an experiment in this room can change; none where none can be
// made.
func (r *Room) Changes() []string {
	if x, ok := r.internet.(Experimenter); ok {
		return x.Changes()
	}
	return nil
}

// JourneyChanges are what an experiment with a journey can change.
func (r *Room) JourneyChanges() []string {
	if x, ok := r.internet.(Experimenter); ok {
		return x.JourneyChanges()
	}
	return nil
}

// WhatIf runs what a trace tells again, twice: as it was, and with a change. It
// returns both recordings at once.
func (r *Room) WhatIf(of lookup.TraceFile, change string, cold bool) (base, changed *Recording, err error) {
	x, ok := r.internet.(Experimenter)
	if !ok {
		return nil, nil, ErrNoExperiment
	}
	run, err := x.Experiment(of, change, cold)
	if err != nil {
		return nil, nil, err
	}
	return r.pair(of.Title, run)
}

// pair records both runs of an experiment.
func (r *Room) pair(title string, run Experiment) (base, changed *Recording, err error) {
	select {
	case r.rooms.experiments <- struct{}{}:
	default:
		return nil, nil, ErrBusy
	}
	both := make(chan struct{}, 2)
	side := func(changed bool) (*Recording, error) {
		return r.record(plan{title: title, network: r.ground(), apart: true, run: func(ctx context.Context, step lookup.Step) {
			defer func() { both <- struct{}{} }()
			run.Run(ctx, step, changed)
		}})
	}
	if base, err = side(false); err != nil {
		<-r.rooms.experiments
		return nil, nil, err
	}
	if changed, err = side(true); err != nil {
		both <- struct{}{} // the other side ends all the same
	}
	r.work.Go(func() {
		<-both
		<-both
		<-r.rooms.experiments
	})
	return base, changed, err
}

// single records the first run of an experiment, which has no other.
func (r *Room) single(title string, run Experiment) (*Recording, error) {
	select {
	case r.rooms.experiments <- struct{}{}:
	default:
		return nil, ErrBusy
	}
	rec, err := r.record(plan{title: title, network: r.ground(), apart: true, run: func(ctx context.Context, step lookup.Step) {
		defer func() { <-r.rooms.experiments }()
		run.Run(ctx, step, false)
	}})
	if err != nil {
		<-r.rooms.experiments
	}
	return rec, err
}
