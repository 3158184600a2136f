package room

import (
	"fmt"
	"slices"

	"rootwalk/lookup"
)

// maxWitnesses is how many lookups of a riddle are kept for its evidence; the
// oldest go first.
const maxWitnesses = 12

// Witness is a lookup that was made while a riddle is open, and the steps of it
// that were marked as evidence.
type Witness struct {
	Trace    string   // id
	Number   int      // 1, 2, … in the order in which they were made
	Repaired bool     // made after the repair
	Balloons []int    // what was marked, as the page numbers it
	Seqs     [][2]int // and as stretches of events, first and last
}

// witness keeps a lookup as evidence if a riddle is open.
func (r *Room) witness(trace string) {
	r.bench.mu.Lock()
	defer r.bench.mu.Unlock()
	if r.bench.number == 0 {
		return
	}
	w := Witness{Trace: trace, Number: 1, Repaired: r.bench.solved}
	if n := len(r.bench.asked); n > 0 {
		w.Number = r.bench.asked[n-1].Number + 1
	}
	r.bench.asked = append(r.bench.asked, w)
	if len(r.bench.asked) > maxWitnesses {
		r.bench.asked = r.bench.asked[1:]
	}
}

// Mark keeps which steps of a lookup are marked as evidence, in place of those
// that were. Only lookups count that were made while the riddle is open.
func (r *Room) Mark(trace string, balloons []int, seqs [][2]int) error {
	r.bench.mu.Lock()
	defer r.bench.mu.Unlock()
	i := slices.IndexFunc(r.bench.asked, func(w Witness) bool { return w.Trace == trace })
	if i < 0 {
		return fmt.Errorf("%w: that lookup is none of this riddle", ErrFault)
	}
	r.bench.asked[i].Balloons, r.bench.asked[i].Seqs = balloons, seqs
	return nil
}

// Accuse answers the open riddle: who is to blame. It is judged by what is
// marked in all lookups of the riddle together. Whoever is right may repair.
func (r *Room) Accuse(culprit string) (lookup.Judgement, error) {
	f, err := r.faulty()
	if err != nil {
		return lookup.Judgement{}, err
	}
	r.bench.mu.Lock()
	defer r.bench.mu.Unlock()
	if r.bench.number == 0 {
		return lookup.Judgement{}, fmt.Errorf("%w: no riddle is open", ErrFault)
	}
	var witnesses []lookup.Witness
	for _, w := range r.bench.asked {
		if rec, err := r.rooms.Trace(w.Trace); err == nil && !w.Repaired {
			witnesses = append(witnesses, lookup.Witness{Trace: w.Trace, Events: rec.File().Events, Marked: w.Seqs})
		}
	}
	j := f.Cases()[r.bench.number-1].Judge(culprit, witnesses...)
	r.bench.last = &Answer{Culprit: culprit, Judgement: j}
	return j, nil
}
