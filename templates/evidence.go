package templates

import (
	"slices"
	"strconv"
	"strings"

	"rootwalk/lookup"
)

// FaultLookup is one lookup that was made while the riddle is open.
type FaultLookup struct {
	Trace    string
	N        int // of the lookups of this riddle, from 1
	Title    string
	Repaired bool  // it was made after the repair
	Marked   []int // balloons
	View     *View
}

// FaultStep is a step of one of the lookups.
type FaultStep struct {
	Trace     string
	N, Lookup int
}

// FaultSuspect is somebody who can be to blame, with the steps in which
// something went wrong there, and those in which a response came from there.
type FaultSuspect struct {
	Place       lookup.FaultPlace
	Wrong, Well []FaultStep
}

// Steps are the steps to which events belong, each once.
func (l FaultLookup) Steps(seqs []int) (out []FaultStep) {
	for _, seq := range seqs {
		i := slices.IndexFunc(l.View.Balloons, func(b Balloon) bool { return b.Seqs[0] <= seq && seq <= b.Seqs[1] })
		if s := (FaultStep{Trace: l.Trace, N: i + 1, Lookup: l.N}); i >= 0 && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// lookup is the lookup of the riddle with this trace, nil if it is none.
func (b *FaultBench) lookup(trace string) *FaultLookup {
	i := slices.IndexFunc(b.Lookups, func(l FaultLookup) bool { return l.Trace == trace })
	if i < 0 {
		return nil
	}
	return &b.Lookups[i]
}

// choices are the places of the suspects.
func (b *FaultBench) choices() (out []lookup.FaultPlace) {
	for _, s := range b.Suspects {
		out = append(out, s.Place)
	}
	return out
}

// suspectsOf are the suspects of one sort.
func (b *FaultBench) suspectsOf(sort string) (out []FaultSuspect) {
	for _, s := range b.Suspects {
		if s.Place.Sort == sort {
			out = append(out, s)
		}
	}
	return out
}

// byLookup are steps in groups of one lookup each.
func byLookup(steps []FaultStep) (out [][]FaultStep) {
	for _, s := range steps {
		if n := len(out); n > 0 && out[n-1][0].Trace == s.Trace {
			out[n-1] = append(out[n-1], s)
			continue
		}
		out = append(out, []FaultStep{s})
	}
	return out
}

// benchHref leads to the bench with another lookup of the riddle on it.
func benchHref(p Page, trace string) string {
	p.TraceID = trace
	return detailHref(p, "faults") + "#evidence"
}

// stepHref leads to the drawing of a lookup at a step.
func stepHref(p Page, s FaultStep) string {
	p.TraceID, p.Recorded = s.Trace, false
	return detailHref(p, "") + "#s=" + strconv.Itoa(s.N)
}

// lookupText is what a lookup of the riddle is called.
func lookupText(p Page, l FaultLookup) string {
	key := "faults.lookup"
	if l.Repaired {
		key = "faults.lookup.repaired"
	}
	return p.T(key, "n", strconv.Itoa(l.N))
}

// markedText says which steps of a lookup are marked.
func markedText(p Page, l FaultLookup) string {
	var steps []string
	for _, n := range l.Marked {
		steps = append(steps, strconv.Itoa(n))
	}
	return p.T("faults.lookups.marked", "steps", strings.Join(steps, ", "))
}
