package templates

import (
	"math"
	"strconv"
	"strings"

	"rootwalk/lookup"
)

// timeLane is a row of the time chart: everything measured towards one plate.
type timeLane struct {
	Role  lookup.Role
	Label string
	Y     int
	Spans []timeSpan
}

// timeSpan is one dimension line: when something began and ended.
type timeSpan struct {
	Role        lookup.Role
	X1, X2      string
	Text        string
	Lost        bool
	LabelAnchor string
	LabelX      string
}

// The chart's geometry, in units of its viewBox.
const (
	timeLeft   = 150
	timeWidth  = 560
	timeRow    = 26
	timeTop    = 8
	timeGlyph  = 7 // width of a character, about
	timeMargin = 20
)

// timeChart is the time chart of a page's trace.
type timeChart struct {
	Lanes         []timeLane
	Ticks         []timeTick
	Width, Height int
	Axis          int // y of the axis
}

type timeTick struct{ X, Text string }

// timeLanes lays out one lane a plate that was waited for, in the order in
// which they were: the device's wait first, as it spans all others.
func timeLanes(p Page) timeChart {
	c := timeChart{Width: timeLeft + timeWidth + timeMargin}
	if p.View == nil || p.View.ElapsedUs <= 0 {
		return c
	}
	total := float64(p.View.ElapsedUs)
	x := func(us int64) float64 {
		return timeLeft + timeWidth*math.Min(math.Max(float64(us)/total, 0), 1)
	}
	lane := map[string]int{}
	add := func(id, label string, role lookup.Role) *timeLane {
		i, ok := lane[id]
		if !ok {
			i = len(c.Lanes)
			lane[id] = i
			c.Lanes = append(c.Lanes, timeLane{Role: role, Label: label, Y: timeTop + timeRow*i + timeRow/2})
		}
		return &c.Lanes[i]
	}
	for i := range p.View.Balloons {
		if b := &p.View.Balloons[i]; b.Kind == "query" && asks(b.Host) {
			add(hostDevice, p.T("time."+b.Host), lookup.RoleStub)
			break
		}
	}
	for i := range p.View.Balloons {
		b := &p.View.Balloons[i]
		if b.RTTUs <= 0 {
			continue
		}
		lost := b.Kind == "timeout" || b.Kind == "unreachable"
		id := b.From
		if lost {
			id = b.To
		}
		plate := p.View.Plate(id)
		if plate == nil {
			continue
		}
		role, label := plate.Role, plateLabel(p, id)
		if asks(b.Host) && !strings.HasPrefix(id, "zone:") {
			id, role, label = hostDevice, lookup.RoleStub, p.T("time."+b.Host)
		}
		from, to := x(b.AtUs-b.RTTUs), x(b.AtUs)
		s := timeSpan{Role: role, X1: coordinate(from), X2: coordinate(to), Text: p.Words.Micros(b.RTTUs), Lost: lost, LabelAnchor: "middle"}
		room := float64(timeGlyph * (len([]rune(s.Text)) + 2))
		switch {
		case to-from > room:
			s.LabelX = coordinate((from + to) / 2)
		case to+room < timeLeft+timeWidth:
			s.LabelX, s.LabelAnchor = coordinate(to+6), "start"
		default:
			s.LabelX, s.LabelAnchor = coordinate(from-6), "end"
		}
		l := add(id, label, role)
		l.Spans = append(l.Spans, s)
	}
	c.Axis = timeTop + timeRow*len(c.Lanes) + 4
	c.Height = c.Axis + 22
	step := tickStep(total)
	for us := 0.0; us <= total; us += step {
		c.Ticks = append(c.Ticks, timeTick{X: coordinate(x(int64(us))), Text: p.Words.Micros(int64(us))})
	}
	return c
}

// tickStep is 1, 2 or 5 times a power of ten microseconds, such that there are
// at most six ticks.
func tickStep(total float64) float64 {
	step := math.Pow(10, math.Floor(math.Log10(total)))
	for _, k := range []float64{.1, .2, .5, 1, 2} {
		if total/(step*k) <= 5 {
			return step * k
		}
	}
	return step * 5
}

func coordinate(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }
