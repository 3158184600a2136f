package handlers

import (
	"slices"
	"strconv"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/templates"
)

// fillEvidence puts on the bench what the lookups of the open riddle show: who
// can be to blame, what was seen at each of them, and how the last answer
// stands to it.
func (h *Handlers) fillEvidence(v *templates.FaultBench, b room.Bench) {
	files := map[string]lookup.TraceFile{}
	for _, w := range b.Asked {
		rec, err := h.cfg.Rooms.Trace(w.Trace)
		if err != nil {
			continue // forgotten: newer ones took its place
		}
		f := rec.File()
		files[w.Trace] = f
		v.Lookups = append(v.Lookups, templates.FaultLookup{
			Trace: w.Trace, N: w.Number, Title: f.Title, Repaired: w.Repaired, Marked: w.Balloons, View: templates.Fold(f.Events)})
	}
	for _, p := range b.Places {
		s := templates.FaultSuspect{Place: p}
		concerned := false
		for _, l := range v.Lookups {
			if l.Repaired {
				continue
			}
			events := files[l.Trace].Events
			concerned = concerned || p.Concerns(events)
			wrong, well := p.Observations(events)
			s.Wrong, s.Well = append(s.Wrong, l.Steps(wrong)...), append(s.Well, l.Steps(well)...)
		}
		if concerned {
			v.Suspects = append(v.Suspects, s)
		}
	}
	a := b.Last
	if a == nil {
		return
	}
	v.Last = &templates.FaultAnswer{Culprit: a.Culprit, Right: a.Judgement.Culprit, Proved: a.Right()}
	if a.Judgement.Culprit { // only who is right hears what is missing, and why it was so
		for i, s := range b.Case.Signs {
			sign := templates.FaultSign{Key: s.Key, Found: a.Found(i)}
			for _, seen := range a.Seen[i] {
				n := slices.IndexFunc(v.Lookups, func(l templates.FaultLookup) bool { return l.Trace == seen.Trace })
				if n >= 0 && seen.Marked == sign.Found {
					sign.Seen = append(sign.Seen, v.Lookups[n].Steps([]int{seen.Seq})...)
				}
			}
			v.Last.Signs = append(v.Last.Signs, sign)
		}
	}
	if a.Right() {
		v.Key = b.Case.Key
	}
}

// mark keeps the marked steps of a lookup; what is no step of it is left out.
func (h *Handlers) mark(place *room.Room, trace string, marks []string) error {
	rec, err := h.cfg.Rooms.Trace(trace)
	if err != nil {
		return err
	}
	view := templates.Fold(rec.File().Events)
	var numbers []int
	var seqs [][2]int
	for _, m := range marks {
		n, err := strconv.Atoi(m)
		if b := view.Balloon(n); err == nil && b != nil && !slices.Contains(numbers, n) {
			numbers = append(numbers, n)
			seqs = append(seqs, b.Seqs)
		}
	}
	slices.Sort(numbers)
	return place.Mark(trace, numbers, seqs)
}
