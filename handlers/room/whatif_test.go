package room

import (
	"context"
	"errors"
	"testing"
	"time"

	"rootwalk/lookup"
)

// laboratory is an internet that can be experimented with; runs wait to be let go.
type laboratory struct {
	*script
	begun chan bool
	let   chan struct{}
}

func (l laboratory) Changes() []string        { return []string{"cold"} }
func (l laboratory) JourneyChanges() []string { return []string{"again"} }

func (l laboratory) Experiment(of lookup.TraceFile, change string, cold bool) (Experiment, error) {
	if change != "cold" {
		return nil, ErrUnknownChange
	}
	return l, nil
}

func (l laboratory) Run(ctx context.Context, step lookup.Step, changed bool) {
	l.begun <- changed
	select {
	case <-l.let:
	case <-ctx.Done():
	}
	step.Report(lookup.LookupFinished{Question: anything})
}

func openLaboratory(t *testing.T) (*Rooms, *Room, laboratory) {
	t.Helper()
	l := laboratory{&script{clock: lookup.NewLessonClock(time.Now), report: func(context.Context, lookup.Step) {}}, make(chan bool, 16), make(chan struct{})}
	rs := New(Config{Open: func(context.Context, string) (Internet, error) { return l, nil }})
	t.Cleanup(func() { rs.Close() })
	r, err := rs.Enter(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	return rs, r, l
}

// Both runs are recordings like any other, but not the room's latest lookup; only
// so many experiments run at once, over all rooms.
func TestExperimentsAreBounded(t *testing.T) {
	rs, r, l := openLaboratory(t)
	of := lookup.TraceFile{Title: "www.example A"}
	base, changed, err := r.WhatIf(of, "cold", false)
	if err != nil {
		t.Fatal(err)
	}
	other, err := rs.Enter(t.Context(), "b")
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i < maxExperiments; i++ {
		if _, _, err := other.WhatIf(of, "cold", false); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := other.WhatIf(of, "cold", false); !errors.Is(err, ErrBusy) {
		t.Errorf("one experiment too many: %v", err)
	}
	sides := map[bool]int{}
	for range 2 * maxExperiments {
		sides[<-l.begun]++
	}
	if sides[false] != maxExperiments || sides[true] != maxExperiments {
		t.Errorf("runs: %v", sides)
	}
	if latest := r.State().Latest; latest != "" {
		t.Errorf("the room's latest lookup is %s", latest)
	}
	close(l.let)
	for _, rec := range []*Recording{base, changed} {
		<-rec.Done()
		if got, err := rs.Trace(rec.ID()); err != nil || got.Title() != of.Title || len(got.File().Events) != 1 {
			t.Errorf("%v: %v", rec.ID(), err)
		}
	}
	deadline := time.Now().Add(10 * time.Second)
	for len(rs.experiments) > 0 && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	if _, _, err := r.WhatIf(of, "cold", false); err != nil {
		t.Errorf("there is room again: %v", err)
	}
}

// A room that closes ends its experiments; a change that is none costs no place.
func TestExperimentsEndWithTheirRoom(t *testing.T) {
	rs, r, _ := openLaboratory(t)
	for range 2 * maxExperiments {
		if _, _, err := r.WhatIf(lookup.TraceFile{}, "nonsense", false); !errors.Is(err, ErrUnknownChange) {
			t.Error(err)
		}
	}
	base, changed, err := r.WhatIf(lookup.TraceFile{}, "cold", false)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.close(); err != nil {
		t.Error(err)
	}
	<-base.Done()
	<-changed.Done()
	if len(rs.experiments) != 0 {
		t.Error("a place is still taken")
	}
	if _, _, err := r.WhatIf(lookup.TraceFile{}, "cold", false); !errors.Is(err, ErrGone) || len(rs.experiments) != 0 {
		t.Errorf("in a closed room: %v, %d places taken", err, len(rs.experiments))
	}
	plain := &script{clock: lookup.NewLessonClock(time.Now), report: func(context.Context, lookup.Step) {}}
	if other := newRoom(rs, "c", plain); other.Changes() != nil {
		t.Error("changes where none can be made")
	} else if _, _, err := other.WhatIf(lookup.TraceFile{}, "cold", false); !errors.Is(err, ErrNoExperiment) {
		t.Error(err)
	} else {
		other.close()
	}
}
