package templates

import "rootwalk/lookup"

// told is one balloon in sentences.
type told struct {
	N       int
	Role    lookup.Role
	Line    string
	Details []string
}

// transcript is a page's trace in sentences, balloon by balloon. What was
// true before the first balloon is not part of it, as in the drawing.
func transcript(p Page) []told {
	if p.View == nil {
		return nil
	}
	out := make([]told, len(p.View.Balloons))
	for i := range p.View.Balloons {
		b := &p.View.Balloons[i]
		out[i] = told{N: b.N, Role: b.Role, Line: p.Words.Line(lookup.Line{Key: b.Line.Key, Params: b.Line.Params})}
		for _, seq := range b.Detail {
			if f := p.View.fact(seq); f != nil {
				out[i].Details = append(out[i].Details, p.Words.Line(f.Line()))
			}
		}
	}
	return out
}

// fact is what an event of the folded trace says, nil if there is no such
// event.
func (v *View) fact(seq int) lookup.Fact {
	if seq < 0 || seq >= len(v.events) {
		return nil
	}
	return v.events[seq].Fact
}
