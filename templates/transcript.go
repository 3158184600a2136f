package templates

import "rootwalk/lookup"

// told is one balloon in sentences.
type told struct {
	N       int
	Role    lookup.Role
	Line    string
	Message *toldDetail // of a step that brought records, the way to them; without a text
	Details []toldDetail
}

// toldDetail is one fact in a sentence, with the way to where its records come
// from, "" where it tells of none.
type toldDetail struct {
	Text, Label, Href string
	Seq               int
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
		if f := p.View.fact(b.Message); f != nil {
			if label, href := originLink(p, b.Message, f); href != "" {
				out[i].Message = &toldDetail{Label: label, Href: href, Seq: b.Message}
			}
		}
		for _, seq := range b.Detail {
			if f := p.View.fact(seq); f != nil {
				out[i].Details = append(out[i].Details, detailOf(p, seq, f))
			}
		}
	}
	return out
}

func detailOf(p Page, seq int, f lookup.Fact) toldDetail {
	d := toldDetail{Text: p.Words.Line(f.Line()), Seq: seq}
	d.Label, d.Href = originLink(p, seq, f)
	return d
}

// fact is what an event of the folded trace says, nil if there is no such
// event.
func (v *View) fact(seq int) lookup.Fact {
	if seq < 0 || seq >= len(v.events) {
		return nil
	}
	return v.events[seq].Fact
}
