package templates

import (
	"slices"
	"strings"
)

// The geometry of a ladder, in units of its viewBox.
const (
	ladderWidth = 400
	ladderTop   = 40
	rungGap     = 26 // between two messages of one walk
	otherGap    = 4  // between two messages of different walks
	mostGap     = 48 // a longer wait is cut
	usPerUnit   = 350.
)

// Uprights: device, resolvers, servers.
var uprightX = [4]float64{0, 96, 222, 348}

// commonScale places instants of two walks on one axis that grows downwards: it is
// to scale where messages lie apart, moves them apart where they would touch, and
// cuts long waits.
type commonScale struct {
	at     []int64
	y      []float64
	cut    []bool // the gap before this instant was cut
	height float64
}

func scaleOf(left, right []Packet) commonScale {
	type instant struct {
		us    int64
		right bool
	}
	all := []instant{}
	for _, x := range left {
		all = append(all, instant{x.AtUs, false})
	}
	for _, x := range right {
		all = append(all, instant{x.AtUs, true})
	}
	slices.SortStableFunc(all, func(a, b instant) int { return int(a.us - b.us) })
	s := commonScale{height: ladderTop + 40}
	last := [2]float64{ladderTop - rungGap, ladderTop - rungGap}
	before, y := int64(0), float64(ladderTop)
	for i, t := range all {
		side := 0
		if t.right {
			side = 1
		}
		gap := float64(t.us-before) / usPerUnit
		cut := gap > mostGap
		if i > 0 {
			y += max(min(gap, mostGap), otherGap)
			if t.us == before { // the same instant in both walks has the same height
				y -= otherGap
			}
		}
		y = max(y, last[side]+rungGap)
		s.at, s.y, s.cut = append(s.at, t.us), append(s.y, y), append(s.cut, cut && i > 0)
		last[side], before = y, t.us
	}
	s.height = y + 28
	return s
}

// ladderOf is one walk on the common scale.
type ladderOf struct {
	Width, Height string
	Bottom        string
	Uprights      []ladderUpright
	Rungs         []ladderRung
	Breaks        []string // heights at which the axis is cut
}

type ladderUpright struct{ Role, X, Text string }

type ladderRung struct {
	N                   int
	Role, Style, Tag    string
	X1, X2, Y           string
	TagX, TagW          string
	TagY, TextY, NumX   string
	Head, TimeY, TimeTx string
	Alone, TCP          bool
}

// ladder draws a walk. Each message stands at the moment at which the asking
// side sent or received it: when the other side did, no fact tells.
func (s commonScale) ladder(p Page, side sideOf) ladderOf {
	l := ladderOf{Width: number(ladderWidth), Height: coordinate(s.height), Bottom: coordinate(s.height - 8)}
	for i, role := range []string{"stub", "resolver", "root"} {
		l.Uprights = append(l.Uprights, ladderUpright{role, coordinate(uprightX[i+1]), p.T([]string{"drawing.device", "drawing.resolver", "drawing.servers"}[i])})
	}
	used := 0
	place := func(us int64) float64 {
		for i := used; i < len(s.at); i++ {
			if s.at[i] == us {
				used = i + 1
				return s.y[i]
			}
		}
		return s.height - 28
	}
	for _, x := range side.Packets {
		y := place(x.AtUs)
		x1, x2 := uprightX[upright(x.From)], uprightX[upright(x.To)]
		style := rungStyles[x.Kind]
		role := string(x.Balloon.Role)
		if style == "failed" || style == "lost" {
			role = "error"
		}
		r := ladderRung{N: x.Balloon.N, Role: role, Style: style, Tag: x.Tag, X1: coordinate(x1), X2: coordinate(x2), Y: coordinate(y), TextY: coordinate(y + 4.5), Alone: x.Alone,
			TCP: x.Balloon.Transport == "tcp", TimeY: coordinate(y + 4.5), TimeTx: p.Words.Micros(x.AtUs)}
		if x.Kind == "timeout" || x.Kind == "unreachable" {
			r.Tag = "✕"
		}
		room := int(max(x1, x2)-min(x1, x2))/9 - 2
		if n := []rune(r.Tag); len(n) > room {
			r.Tag = string(n[:max(room-1, 1)]) + "…"
		}
		w := float64(len([]rune(r.Tag)))*8.4 + 8
		mid := (x1 + x2) / 2
		r.TagX, r.TagW, r.TagY = coordinate(mid-w/2), coordinate(w), coordinate(y-8)
		r.NumX = coordinate(mid)
		dir := 7.
		if x2 < x1 {
			dir = -7
		}
		r.Head = strings.Join([]string{"M", coordinate(x2 - dir), coordinate(y - 4), "L", coordinate(x2), coordinate(y), "L", coordinate(x2 - dir), coordinate(y + 4)}, " ")
		l.Rungs = append(l.Rungs, r)
	}
	for i, cut := range s.cut {
		if cut {
			l.Breaks = append(l.Breaks, coordinate((s.y[i]+s.y[i-1])/2))
		}
	}
	return l
}
