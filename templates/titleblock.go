package templates

import (
	"strconv"

	"rootwalk/lookup"
)

// titleAnswer is what was found, or how the lookup ended.
func titleAnswer(p Page) string {
	v := p.View
	if v == nil || v.State != "finished" {
		return p.T("block.notYet")
	}
	if v.Outcome != lookup.OutcomeAnswer {
		return p.T("block.outcome." + string(v.Outcome))
	}
	first, more := lastGroup(v.Records)
	if first == nil {
		return "–"
	}
	if more > 0 {
		return first.Data + " +" + strconv.Itoa(more)
	}
	return first.Data
}

// verdictKey is the word for what is known of DNSSEC: of a trace that runs on,
// so far.
func verdictKey(v *View) string {
	switch {
	case v == nil || v.DNSSEC == nil:
	case v.DNSSEC.Verdict != "":
		return "block.dnssec." + string(v.DNSSEC.Verdict)
	case v.DNSSEC.Asked == "unchecked":
		return "block.dnssec.unchecked"
	case v.DNSSEC.Asked == "checked" && v.State != "finished":
		return "block.dnssec.running"
	}
	return "block.unchecked"
}

// titleVerdict is the verdict so far, "" for none.
func titleVerdict(p Page) string {
	if p.View == nil || p.View.DNSSEC == nil {
		return ""
	}
	return string(p.View.DNSSEC.Verdict)
}

// titleSource is where the drawing comes from.
func titleSource(p Page) string {
	switch {
	case p.Imported:
		return p.T("block.source.file")
	case p.Recorded:
		return p.T("block.source.recorded")
	case p.View != nil && p.View.Network == "internet":
		return p.T("block.source.internet")
	}
	return p.T("block.source.lab")
}

// titleDrawing is what the drawing is of.
func titleDrawing(p Page) string {
	if p.View == nil || p.View.Title == "" {
		return p.T("block.none")
	}
	return p.View.Title
}

func titleQueries(p Page) string {
	var c Counts
	if p.View != nil {
		c = p.View.Counts
	}
	key := "block.queries.count"
	if p.View != nil && p.View.Plate(hostOutside) != nil {
		key = "block.queries.outside"
	}
	return p.T(key, "stub", strconv.Itoa(c.Stub), "resolver", strconv.Itoa(c.Resolver))
}

func titleElapsed(p Page) string {
	if p.View == nil || len(p.View.Balloons) == 0 {
		return p.T("block.notYet")
	}
	return p.Words.Micros(p.View.ElapsedUs)
}

// recordedWhere says where a recording is from: "file", or "" with the program.
func (p Page) recordedWhere() string {
	if p.Imported {
		return "file"
	}
	return ""
}

// answered reports whether the trace ended with an answer.
func answered(p Page) bool {
	return p.View != nil && p.View.State == "finished" && p.View.Outcome == lookup.OutcomeAnswer
}
