package templates

import (
	"fmt"

	"rootwalk/lookup"
)

// Versions is the comparison of a page in several versions of HTTP.
type Versions struct {
	Possible bool // another can be made
	URL      string
	Percent  int
	Runs     []*RunView // none where nothing was compared yet
	SpanUs   int64      // of the longest run
}

// RunView is one of the ways in which the page came.
type RunView struct {
	lookup.RunStarted
	View     *RequestView
	Measured *lookup.RunMeasured
	Holes    []HoleView
}

// HoleView is a hole in the octets of a connection, in the time of its run.
type HoleView struct {
	lookup.HoleFilled
	AtUs int64 // when it was filled
}

// FoldVersions folds a trace; nil for one that compares nothing.
func FoldVersions(events []lookup.Event) *Versions {
	var v *Versions
	var run *RunView
	from := 0
	end := func(to int) {
		if run != nil {
			if run.View = FoldRequest(events[from:to]); run.View != nil {
				v.SpanUs = max(v.SpanUs, run.View.SpanUs)
			}
		}
	}
	start := int64(0)
	for i, e := range events {
		switch f := e.Fact.(type) {
		case lookup.RunStarted:
			if v == nil {
				v = &Versions{URL: f.URL, Percent: f.Percent}
			}
			end(i)
			run, from, start = &RunView{RunStarted: f}, i, -1
			v.Runs = append(v.Runs, run)
		case lookup.FetchStarted:
			if start < 0 {
				start = e.At.Microseconds()
			}
		case lookup.HoleFilled:
			if run != nil {
				run.Holes = append(run.Holes, HoleView{f, e.At.Microseconds() - max(start, 0)})
			}
		case lookup.RunMeasured:
			if run != nil {
				run.Measured = &f
			}
		}
	}
	end(len(events))
	return v
}

// trips is the time in round trips of the connection, "" where no round trip was
// measured.
func (r *RunView) trips() string {
	if r.Measured == nil || r.Measured.RTTUs <= 0 {
		return ""
	}
	return fmt.Sprintf("%.1f", float64(r.Measured.ElapsedUs)/float64(r.Measured.RTTUs))
}

// bars are where the fetches of a run stand on the time line that all runs share,
// in thousandths: from the start of each to its first octet and to its end.
func (v *Versions) bars(r *RunView) (out []runBar) {
	if r.View == nil || v.SpanUs <= 0 {
		return nil
	}
	at := func(us int64) int { return int(990 * us / v.SpanUs) }
	for i, f := range r.View.Fetches {
		if f.End == nil {
			continue
		}
		b := runBar{Y: 3 + 9*i, From: at(f.AtUs), To: at(f.AtUs + f.End.TotalUs)}
		b.First = b.To
		if f.End.FirstUs >= 0 {
			b.First = min(at(f.AtUs+f.End.FirstUs), b.To)
		}
		b.To = max(b.To, b.First+3)
		out = append(out, b)
	}
	return out
}

// runBar is one fetch on the shared time line.
type runBar struct{ Y, From, First, To int }

// gaps are the holes on the shared time line.
func (v *Versions) gaps(r *RunView) (out []runBar) {
	if v.SpanUs <= 0 {
		return nil
	}
	for _, h := range r.Holes {
		from := int(990 * max(h.AtUs-h.WaitedUs, 0) / v.SpanUs)
		out = append(out, runBar{From: from, To: max(int(990*h.AtUs/v.SpanUs), from+2)})
	}
	return out
}

// waited is the most requests that one hole held up.
func (r *RunView) waited() int {
	most := 0
	for _, h := range r.Holes {
		most = max(most, h.Requests)
	}
	return most
}
