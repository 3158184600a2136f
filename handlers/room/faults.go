package room

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"rootwalk/lookup"
)

// Faulty is an internet in which things can be broken: the lab.
type Faulty interface {
	FaultPlaces() []lookup.FaultPlace
	Faults() []lookup.Fault
	// SetFaults makes these all that is wrong.
	SetFaults(list ...lookup.Fault) error
	Cases() []lookup.FaultCase
	// Afresh empties all caches, and what resolvers remember of servers.
	Afresh()
	// Measure sends real packets over each link and says how long they took.
	Measure(ctx context.Context) []lookup.LinkTime
}

// Errors about faults.
var (
	ErrNoFaults = errors.New("nothing can be broken in this internet")
	ErrFault    = errors.New("no such fault there")
	ErrRiddle   = errors.New("a riddle is open: faults are not told now")
)

// bench is what a room knows of its faults: an open riddle, and the last
// measurement.
type bench struct {
	mu     sync.Mutex
	number int // of the open case, 0 for none
	solved bool
	last   *Answer
	asked  []Witness // what was looked up since it was opened, oldest first
	times  []lookup.LinkTime
	at     time.Time // of the measurement
}

// Answer is what was said to a riddle, and what it is worth.
type Answer struct {
	Culprit string
	lookup.Judgement
}

// Bench is the room's fault bench as it may be shown.
type Bench struct {
	Places []lookup.FaultPlace
	Faults []lookup.Fault // none are told while a riddle is open
	Cases  int            // how many riddles there are
	Number int            // of the open riddle, 0 for none
	Case   lookup.FaultCase
	Solved bool // the culprit was named rightly, and repaired
	Last   *Answer
	Asked  []Witness
	Times  []lookup.LinkTime
	At     time.Time // when they were measured, zero for never
}

// faulty is the room's internet, if things can be broken in it.
func (r *Room) faulty() (Faulty, error) {
	if f, ok := r.internet.(Faulty); ok {
		return f, nil
	}
	return nil, ErrNoFaults
}

// Bench is the state of the room's fault bench.
func (r *Room) Bench() (Bench, error) {
	f, err := r.faulty()
	if err != nil {
		return Bench{}, err
	}
	cases := f.Cases()
	r.bench.mu.Lock()
	defer r.bench.mu.Unlock()
	b := Bench{Places: f.FaultPlaces(), Cases: len(cases), Number: r.bench.number, Solved: r.bench.solved, Last: r.bench.last, Asked: slices.Clone(r.bench.asked), Times: r.bench.times, At: r.bench.at}
	if b.Number > 0 {
		b.Case = cases[b.Number-1]
	}
	if b.Number == 0 || b.Solved {
		b.Faults = f.Faults()
	}
	return b, nil
}

// SetFault adds a fault to those of the room; ClearFault takes one away, or all
// for an empty one. Both are refused while a riddle is open.
func (r *Room) SetFault(fault lookup.Fault) error {
	return r.changeFaults(func(list []lookup.Fault) []lookup.Fault { return append(list, fault) })
}

// ClearFault takes a fault away; the zero Fault takes all away.
func (r *Room) ClearFault(fault lookup.Fault) error {
	return r.changeFaults(func(list []lookup.Fault) []lookup.Fault {
		return slices.DeleteFunc(list, func(f lookup.Fault) bool { return fault.Kind == "" || f.Kind == fault.Kind && f.At == fault.At })
	})
}

func (r *Room) changeFaults(change func([]lookup.Fault) []lookup.Fault) error {
	f, err := r.faulty()
	if err != nil {
		return err
	}
	r.bench.mu.Lock()
	defer r.bench.mu.Unlock()
	if r.bench.number > 0 && !r.bench.solved {
		return ErrRiddle
	}
	if err := f.SetFaults(change(f.Faults())...); err != nil {
		return fmt.Errorf("%w: %w", ErrFault, err)
	}
	r.changed()
	return nil
}

// OpenRiddle breaks the lab in the way of a case and tells nobody how; 0 ends
// the riddle and repairs all. Caches and what resolvers remember begin afresh.
func (r *Room) OpenRiddle(number int) error {
	f, err := r.faulty()
	if err != nil {
		return err
	}
	cases := f.Cases()
	if number < 0 || number > len(cases) {
		return fmt.Errorf("%w: riddle %d", ErrFault, number)
	}
	r.bench.mu.Lock()
	defer r.bench.mu.Unlock()
	list := []lookup.Fault(nil)
	if number > 0 {
		list = cases[number-1].Faults
	}
	if err := f.SetFaults(list...); err != nil {
		return err
	}
	f.Afresh()
	r.bench.number, r.bench.solved, r.bench.last, r.bench.asked = number, false, nil, nil
	r.changed()
	return nil
}

// Repair puts right what the open riddle broke, once it has been found; the
// lookup can then be tried again.
func (r *Room) Repair() error {
	f, err := r.faulty()
	if err != nil {
		return err
	}
	r.bench.mu.Lock()
	defer r.bench.mu.Unlock()
	if r.bench.number == 0 || r.bench.last == nil || !r.bench.last.Right() {
		return fmt.Errorf("%w: nothing has been found yet", ErrFault)
	}
	if err := f.SetFaults(); err != nil {
		return err
	}
	f.Afresh()
	r.bench.solved = true
	r.changed()
	return nil
}

// Afresh empties the room's caches and what its resolvers remember.
func (r *Room) Afresh() error {
	f, err := r.faulty()
	if err != nil {
		return err
	}
	f.Afresh()
	r.changed()
	return nil
}

// Measure sends packets over each link of the room and keeps the times.
func (r *Room) Measure(ctx context.Context) error {
	f, err := r.faulty()
	if err != nil {
		return err
	}
	times := f.Measure(ctx)
	r.bench.mu.Lock()
	defer r.bench.mu.Unlock()
	r.bench.times, r.bench.at = times, time.Now()
	return nil
}
