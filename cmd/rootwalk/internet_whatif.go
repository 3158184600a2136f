package main

import (
	"context"
	"hash/fnv"
	"strings"
	"time"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/lookup/lab/hosting"
)

// Bounds of one run of an experiment.
const (
	experimentTime = 30 * time.Second // on links at their own speed
	unchanged      = "none"           // the change of the run without one
	maxPrior       = 4                // lookups before the one that is drawn
)

// Changes are the keys of the table of variations.
func (in *labInternet) Changes() []string { return keysOf(variations) }

// JourneyChanges are those of the table of variations of journeys.
func (in *labInternet) JourneyChanges() []string { return keysOf(journeyVariations) }

func keysOf(table []variation) []string {
	keys := make([]string, len(table))
	for i, v := range table {
		keys[i] = v.key
	}
	return keys
}

// Experiment prepares two runs of what a trace tells, each in a lab of its own
// with the same seed.
func (in *labInternet) Experiment(of lookup.TraceFile, change string, cold bool) (room.Experiment, error) {
	ask, snapshots, known := askOf(of)
	table := variations
	if ask.URL.Host != "" {
		table = journeyVariations
	}
	v, ok := findVariation(table, change)
	if !ok {
		return nil, room.ErrUnknownChange
	}
	if !known || of.Network != in.Network() {
		return nil, room.ErrNoExperiment
	}
	x := &experiment{variation: v, of: of.ID, seed: seedOf(ask.Question), speed: in.speed, snapshots: snapshots, ended: make(chan struct{})}
	for _, s := range []*side{&x.base, &x.changed} {
		s.ask, s.setup.repeatable, s.empty, s.faults, s.edits = ask, true, cold, in.Faults(), in.operator.Edits()
		if v.both != nil {
			v.both(s)
		}
	}
	if v.base != nil {
		v.base(&x.base)
	}
	return x, nil
}

// askOf reads from a trace what was asked, and what the caches held then.
func askOf(of lookup.TraceFile) (ask room.Ask, snapshots []lookup.CacheSnapshot, ok bool) {
	for _, e := range of.Events {
		switch f := e.Fact.(type) {
		case lookup.LookupStarted:
			ask.Question, ok = f.Question, true
		case lookup.QueryArrived:
			ask.Question, ok = f.Question, true
		case lookup.CacheOpened:
			snapshots = append(snapshots, f.Snapshot)
		case lookup.ValidationAsked:
			ask.DO, ask.CD = f.DO, f.CD
		case lookup.AddressReversed:
			ask.Reversed = f.Addr
		case lookup.TargetsOrdered:
			ask.Errand = lookup.ErrandTargets
		case lookup.RaceBegun:
			ask.Errand = lookup.ErrandConnect
		case lookup.SearchPlanned:
			ask.Errand, ask.Typed = lookup.ErrandSearch, f.Typed.Short()
			if f.Reason == "absolute" {
				ask.Typed = string(f.Typed)
			}
		case lookup.ModeChosen:
			ask.Errand = f.Mode
		case lookup.JourneyStarted:
			ask.URL = f.Address
		case lookup.RequestSent:
			if ask.HTTP == "" && f.Version != "HTTP/2" { // which follows from what both ends offer
				ask.HTTP = strings.TrimPrefix(f.Version, "HTTP/")
			}
		}
	}
	if ask.URL.Host != "" { // what was asked first; redirects have led to other names
		var err error
		ask.Question, ask.Reversed, err = lookup.ParseQuestion(ask.URL.Host, "A")
		ok = err == nil
	}
	return ask, snapshots, ok
}

// seedOf is the seed of all experiments about a question: so they can be compared
// with each other, and run again tomorrow.
func seedOf(q lookup.Question) uint32 {
	h := fnv.New32a()
	h.Write([]byte(q.Key().String()))
	return max(h.Sum32(), 1)
}

// experiment is two runs that differ in one thing.
type experiment struct {
	variation     variation
	of            string
	seed          uint32
	speed         float64
	snapshots     []lookup.CacheSnapshot
	base, changed side
	ended         chan struct{} // closed when the first run has ended
	events        []lookup.Event
}

// Run runs one side.
func (x *experiment) Run(ctx context.Context, step lookup.Step, changed bool) {
	slow := max(1, x.speed)
	ctx, cancel := context.WithTimeout(ctx, time.Duration(slow*float64(2*experimentTime)))
	defer cancel()
	if !changed {
		defer close(x.ended)
		x.run(ctx, step, &x.base, unchanged)
		x.events = step.Events()
		return
	}
	select {
	case <-x.ended:
	case <-ctx.Done():
		return
	}
	x.variation.changed(&x.changed, experimentBase{x.events})
	x.run(ctx, step, &x.changed, x.variation.key)
}

// run opens a lab for one side, brings it to where the run begins, and reports
// what happens from there.
func (x *experiment) run(ctx context.Context, step lookup.Step, s *side, change string) {
	fact := lookup.ExperimentPrepared{Host: "device", Of: x.of, Change: change, Value: s.value, Seed: x.seed, Before: s.before, SkipSec: int(s.skip / time.Second)}
	failed := func() {
		step.Report(fact)
		if s.ask.URL.Host != "" {
			step.Report(lookup.JourneyStarted{Address: s.ask.URL})
			step.Report(lookup.JourneyFinished{Outcome: "failed"})
			return
		}
		step.Report(lookup.LookupStarted{Question: s.ask.Question, Host: "device", Network: "lab"})
		step.Report(lookup.LookupFinished{Question: s.ask.Question, Host: "device", Outcome: lookup.OutcomeFailed, Rcode: lookup.RcodeServFail, Records: []lookup.Record{}})
	}
	in, err := openLab(labConfig{Speed: x.speed, Seed: uint64(x.seed), setup: s.setup})
	if err != nil {
		failed()
		return
	}
	defer in.Close()
	// What was edited in the room is so here, and what is broken there is broken.
	if in.repeat(s.edits, s.setup.flat) != nil || in.SetFaults(s.faults...) != nil {
		failed()
		return
	}
	in.lab.Bend(s.setup.bend)
	if !s.empty {
		fact.Restored = in.restore(x.snapshots)
	}
	for _, q := range s.prior[:min(len(s.prior), maxPrior)] {
		in.Lookup(ctx, lookup.Step{}, room.Ask{Question: q})
	}
	for range min(s.before, maxPrior) {
		before := lookup.Step{}
		if s.ask.URL.Host != "" { // a journey reads what its lookup found
			before = lookup.NewTrace(lookup.TraceConfig{Network: "lab"}).Root()
		}
		in.Lookup(ctx, before, s.ask)
	}
	if s.skip > 0 && in.clock.Skip(s.skip) != nil {
		failed()
		return
	}
	step.Begin()
	step.Report(fact)
	in.Lookup(ctx, step, s.ask)
}

// repeat makes the edits of a room in this lab, which is as it was shipped.
func (in *labInternet) repeat(e hosting.Edits, flat bool) error {
	switch {
	case e.None():
		return nil
	case flat:
		return in.operator.RepeatOver(e)
	default:
		return in.operator.Repeat(e)
	}
}

// restore puts back what caches of the same names held.
func (in *labInternet) restore(snapshots []lookup.CacheSnapshot) (entries int) {
	for _, s := range snapshots {
		for _, c := range in.caches {
			if c.Name() == s.Cache {
				n, _ := c.Restore(s) // what cannot be read back was no use either
				entries += n
			}
		}
	}
	return entries
}

var _ room.Experimenter = (*labInternet)(nil)
