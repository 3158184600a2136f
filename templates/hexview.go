package templates

import "fmt"

// The bytes of a message as a drawing: twelve a row, underlined by section, with
// an arrow from every compression pointer to the name that it stands for.

// Measures of the drawing, in CSS px.
const (
	hexLeft  = 64
	hexCell  = 36
	hexPitch = 34
	hexTop   = 26
)

// hexView is where everything lies.
type hexView struct {
	Width, Height int
	Bytes         []hexByte
	Arrows        []hexArrow
	Cut           int // bytes left out
}

type hexByte struct {
	I, X, Y, Span int
	Text, Section string
}

type hexArrow struct {
	From, To, Saves int
	Path, Head      string
	Span            int
}

func hexAt(i int) (x, y int) { return hexLeft + i%dumpWidth*hexCell, hexTop + i/dumpWidth*hexPitch }

// hexOf lays a message out.
func hexOf(m *largeMessage) hexView {
	shown := min(len(m.bytes), maxLargeBytes)
	v := hexView{Cut: len(m.bytes) - shown}
	owner := make([]int, len(m.bytes))
	for i := range owner {
		owner[i] = -1
	}
	for i, s := range m.spans {
		for at := s.At; at < s.At+s.Len && at < len(owner); at++ {
			owner[at] = i
		}
	}
	for i := range shown {
		x, y := hexAt(i)
		b := hexByte{I: i, X: x, Y: y, Span: owner[i], Text: fmt.Sprintf("%02x", m.bytes[i])}
		if owner[i] >= 0 {
			b.Section = m.spans[owner[i]].Section
		}
		v.Bytes = append(v.Bytes, b)
	}
	// Arrows run in a margin on the right, one track each as far as there is
	// room, so that they can be told apart.
	const tracks, track = 9, 11
	edge := hexLeft + dumpWidth*hexCell
	for k, p := range m.pointers {
		if p.At+1 >= shown {
			continue
		}
		x1, y1 := hexAt(p.At + 1)
		x2, y2 := hexAt(p.To)
		lane := edge + 12 + k%tracks*track
		from, to := y1+4, y2+16
		a := hexArrow{From: p.At, To: p.To, Saves: p.Saves, Span: owner[p.At]}
		a.Path = fmt.Sprintf("M%d %dV%dH%dV%dH%dV%d", x1+12, y1+9, from+13, lane, to+1, x2+hexCell/2-4, y2+9)
		if p.At/dumpWidth == p.To/dumpWidth {
			a.Path = fmt.Sprintf("M%d %dv7H%dv-7", x1+12, y1+9, x2+hexCell/2-4)
		}
		a.Head = fmt.Sprintf("M%d %dl4 -6l4 6z", x2+hexCell/2-8, y2+14)
		v.Arrows = append(v.Arrows, a)
	}
	v.Width = edge + 24 + tracks*track
	v.Height = hexTop + (shown+dumpWidth-1)/dumpWidth*hexPitch + 8
	return v
}

// rowStarts are the offsets at which rows begin.
func (v hexView) rowStarts() []int {
	var out []int
	for i := 0; i < len(v.Bytes); i += dumpWidth {
		out = append(out, i)
	}
	return out
}

// underline is how a section's bytes are underlined: line type, width.
func underline(section string) (dash string, width string) {
	switch section {
	case "question":
		return "none", "2"
	case "answer":
		return "none", "4"
	case "authority":
		return "5 3", "2"
	case "additional":
		return "2 2", "2"
	}
	return "none", "1"
}

// ruler is the size of a message beside what fits.
type ruler struct {
	Width   int
	Max     int
	Parts   []rulerPart
	Ticks   []rulerTick
	Message int // where the message ends
}

type rulerPart struct {
	Section      string
	X, W, Octets int
}

type rulerTick struct {
	X, At int
	Key   string
	Row   int // rows of words, so that neighbours do not touch
}

// rulerOf lays the ruler out, a thousand units wide.
func rulerOf(m *largeMessage) ruler {
	r := ruler{Width: 1000, Max: 1500}
	for r.Max < len(m.bytes)+60 || r.Max < min(m.advertised, 4096)+60 {
		r.Max += 500
	}
	x := func(n int) int { return n * r.Width / r.Max }
	for _, s := range m.sections() {
		r.Parts = append(r.Parts, rulerPart{s.Section, x(s.At), max(1, x(s.At+s.Len)-x(s.At)), s.Len})
	}
	r.Message = x(len(m.bytes))
	at := []rulerTick{{At: 512, Key: "bits.ruler.512"}, {At: 1232, Key: "bits.ruler.1232"}, {At: 1400, Key: "bits.ruler.1400"}}
	if m.advertised <= 4096 {
		found := false
		for i := range at {
			if at[i].At == m.advertised {
				found = true
				at[i].Key += ".advertised"
			}
		}
		if !found {
			at = append(at, rulerTick{At: m.advertised, Key: "bits.ruler.advertised"})
		}
	}
	for i := range at {
		at[i].X = x(at[i].At)
		at[i].Row = i % 2
	}
	r.Ticks = at
	return r
}
