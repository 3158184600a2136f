package templates

import "rootwalk/lookup"

// beliefRow is a belief on the sheet where it can be refuted.
type beliefRow struct {
	lookup.Belief
	Seen string // what the trace on show has against it, "" for nothing
}

// beliefs are those of a sheet, held against the trace on show.
func (p Page) beliefs(sheet string) []beliefRow {
	seen := map[string]string{}
	if p.View != nil {
		for _, r := range lookup.Refutations(p.View.events) {
			seen[r.Key] = p.T("belief."+r.Seen, r.Pairs...)
		}
	}
	var out []beliefRow
	for _, b := range lookup.Beliefs() {
		if b.Sheet == sheet {
			out = append(out, beliefRow{b, seen[b.Key]})
		}
	}
	return out
}
