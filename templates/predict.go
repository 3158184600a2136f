package templates

import (
	"slices"

	"rootwalk/lookup"
)

// Predict is what a held trace asks, and what became of the last answer.
type Predict struct {
	Decision string
	Ask      *lookup.Prediction // nil where nothing is held back
	Last     *Predicted         // nil before the first prediction
}

// Predicted is a decision that has been made.
type Predicted struct {
	Decision string
	Ask      lookup.Prediction
	Right    int
	Shown    int // event that shows it
	Why      string
	Params   map[string]string
	Wrong    string
	Chosen   int
	Sure     bool
	Observed *int // nil until it was said what was seen
}

// balloonOf is the number of the balloon that an event belongs to, 0 for none.
func balloonOf(v *View, seq int) int {
	i := slices.IndexFunc(v.Balloons, func(b Balloon) bool { return b.Seqs[0] <= seq && seq <= b.Seqs[1] })
	if i < 0 {
		return 0
	}
	return v.Balloons[i].N
}

func optionText(p Page, o lookup.PredictOption) string {
	return p.Words.With("predict.option."+o.Key, o.Params)
}

// verdictKey is the word for how a prediction came out.
func (d Predicted) verdictKey() string {
	switch {
	case d.Chosen == d.Right && d.Sure:
		return "predict.right.sure"
	case d.Chosen == d.Right:
		return "predict.right.unsure"
	case d.Sure:
		return "predict.missed.sure"
	}
	return "predict.missed.unsure"
}
