package templates

import (
	"slices"
	"strconv"
	"strings"

	"rootwalk/lookup"
)

// WhatIf is the detail sheet on which two runs are compared.
type WhatIf struct {
	Changes     []string // what can be changed; none where nothing can be run again
	Chosen      string   // what the form has
	Cold        bool     // both runs began, or are to begin, with empty caches
	Left, Right *Run     // what is compared; nil before there is anything
}

// Run is one side of a comparison.
type Run struct {
	ID   string
	View *View
}

// prepared is what was prepared for a run, if it was one of an experiment.
func (r *Run) prepared() lookup.ExperimentPrepared {
	for _, e := range r.View.events {
		if f, ok := e.Fact.(lookup.ExperimentPrepared); ok {
			return f
		}
	}
	return lookup.ExperimentPrepared{}
}

// running reports whether a run has not ended yet.
func (r *Run) running() bool { return r.View.State != "finished" }

// comparison is all that is drawn of two runs.
type comparison struct {
	Change      string // key of the change, "" for two runs that nobody changed on purpose
	Value       string
	Seed        string
	Restored    int
	Left, Right sideOf
	Rows        []pair
	Same        bool // no message differs
	Says        string
	Params      map[string]string
}

// sideOf is one run with what is counted of it.
type sideOf struct {
	*Run
	Packets  []Packet
	Counts   tally
	Ladder   ladderOf
	TitleKey string
}

// tally is what is counted of a walk.
type tally struct {
	Stub, Resolver, Messages, Alone, Timeouts, Bytes int
	Us                                               int64
}

// comparisonOf lines two runs up.
func comparisonOf(p Page, w *WhatIf) comparison {
	c := comparison{Left: sideOf{Run: w.Left}, Right: sideOf{Run: w.Right}}
	first, second := w.Left.prepared(), w.Right.prepared()
	if second.Of != "" && first.Of == second.Of && first.Change == "none" {
		c.Change, c.Value, c.Seed, c.Restored = second.Change, second.Value, strconv.FormatUint(uint64(second.Seed), 10), second.Restored
	}
	c.Left.Packets, c.Right.Packets = packets(p, w.Left.View), packets(p, w.Right.View)
	c.Rows = compare(c.Left.Packets, c.Right.Packets)
	c.Left.count()
	c.Right.count()
	c.Left.TitleKey, c.Right.TitleKey = "whatif.left", "whatif.right"
	if c.Change == "textbook" {
		c.Left.TitleKey, c.Right.TitleKey = "whatif.left.textbook", "whatif.right.textbook"
	}
	scale := scaleOf(c.Left.Packets, c.Right.Packets)
	c.Left.Ladder, c.Right.Ladder = scale.ladder(p, c.Left), scale.ladder(p, c.Right)
	c.Same = c.Left.Counts.Alone+c.Right.Counts.Alone == 0
	c.Params = c.params(p)
	c.Says = "whatif.says." + c.Change
	switch {
	case c.Change == "":
		c.Says = "whatif.says"
	case c.Same && p.Words.Has(c.Says+".same"):
		c.Says += ".same"
	}
	return c
}

func (s *sideOf) count() {
	for _, x := range s.Packets {
		s.Counts.Messages++
		s.Counts.Bytes += x.Bytes
		if x.Alone {
			s.Counts.Alone++
		}
		if x.Kind == "timeout" {
			s.Counts.Timeouts++
		}
	}
	s.Counts.Stub, s.Counts.Resolver, s.Counts.Us = s.View.Counts.Stub, s.View.Counts.Resolver, s.View.ElapsedUs
}

// zonesAsked are the zones whose servers a walk asked, in order.
func (s *sideOf) zonesAsked() []string {
	var out []string
	for _, x := range s.Packets {
		if zone, ok := strings.CutPrefix(x.To, "zone:"); ok && x.Kind == "query" {
			if name := lookup.Name(zone).Short(); !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

// params are the values for the sentence that says what came of the change: all
// of them are counted or measured.
func (c comparison) params(p Page) map[string]string {
	l, r := c.Left, c.Right
	only := func(a, b []string) string {
		var out []string
		for _, z := range a {
			if !slices.Contains(b, z) {
				out = append(out, z)
			}
		}
		if len(out) == 0 {
			return p.T("whatif.nothing")
		}
		return strings.Join(out, ", ")
	}
	zones := func(a []string) string {
		if len(a) == 0 {
			return p.T("whatif.nobody")
		}
		return strings.Join(a, " → ")
	}
	lz, rz := l.zonesAsked(), r.zonesAsked()
	return map[string]string{
		"value": c.Value, "leftStub": number(l.Counts.Stub), "rightStub": number(r.Counts.Stub), "leftResolver": number(l.Counts.Resolver), "rightResolver": number(r.Counts.Resolver),
		"leftMessages": number(l.Counts.Messages), "rightMessages": number(r.Counts.Messages), "leftAlone": number(l.Counts.Alone), "rightAlone": number(r.Counts.Alone),
		"leftTimeouts": number(l.Counts.Timeouts), "rightTimeouts": number(r.Counts.Timeouts), "leftBytes": number(l.Counts.Bytes), "rightBytes": number(r.Counts.Bytes),
		"left": strconv.FormatInt(l.Counts.Us, 10), "right": strconv.FormatInt(r.Counts.Us, 10), "leftZones": zones(lz), "rightZones": zones(rz), "extraZones": only(rz, lz), "missingZones": only(lz, rz),
		"leftOutcome": outcomeText(p, l.View), "rightOutcome": outcomeText(p, r.View), "tcp": number(opened(r.Packets)),
	}
}

// opened is how many queries went over TCP.
func opened(packets []Packet) (n int) {
	for _, x := range packets {
		if x.Kind == "query" && x.Balloon.Transport == "tcp" {
			n++
		}
	}
	return n
}

// outcomeText is what came of a run, in a few words.
func outcomeText(p Page, v *View) string {
	switch {
	case v.State != "finished":
		return p.T("whatif.running")
	case v.Outcome == lookup.OutcomeAnswer:
		if first, more := lastGroup(v.Records); first != nil {
			text := first.Type.String() + " " + shorten(first.Data)
			if more > 0 {
				text += " +" + number(more)
			}
			return text
		}
	}
	return p.T("block.outcome." + string(v.Outcome))
}

// tallyRow is one line of the table of counts.
type tallyRow struct {
	Key, Left, Right string
	Differs          bool
}

func (c comparison) tallies(p Page) []tallyRow {
	row := func(key string, l, r int, text func(int) string) tallyRow {
		return tallyRow{Key: key, Left: text(l), Right: text(r), Differs: l != r}
	}
	l, r := c.Left.Counts, c.Right.Counts
	out := []tallyRow{
		{"whatif.count.outcome", outcomeText(p, c.Left.View), outcomeText(p, c.Right.View), outcomeText(p, c.Left.View) != outcomeText(p, c.Right.View)},
		row("whatif.count.stub", l.Stub, r.Stub, number), row("whatif.count.resolver", l.Resolver, r.Resolver, number),
		row("whatif.count.messages", l.Messages, r.Messages, number), row("whatif.count.alone", l.Alone, r.Alone, number),
	}
	if l.Timeouts+r.Timeouts > 0 {
		out = append(out, row("whatif.count.timeouts", l.Timeouts, r.Timeouts, number))
	}
	return append(out,
		row("whatif.count.bytes", l.Bytes, r.Bytes, number),
		row("whatif.count.time", int(l.Us), int(r.Us), func(us int) string { return p.Words.Micros(int64(us)) }))
}
