package templates

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"rootwalk/lookup"
)

// FaultBench is a room's fault bench: what is broken, the open riddle, and how
// long the links take.
type FaultBench struct {
	Places    []lookup.FaultPlace
	Faults    []lookup.Fault // none are told while a riddle is open
	Cases     int
	Number    int // of the open riddle, 0 for none
	Question  *lookup.Question
	Complaint string
	Key       string         // of the case, once it has been solved by evidence
	Solved    bool           // and repaired
	Lookups   []FaultLookup  // since the riddle was opened, oldest first
	Suspects  []FaultSuspect // who is concerned by one of them
	Last      *FaultAnswer
	Times     []lookup.LinkTime
	At        time.Time
}

// FaultAnswer is what was said to the riddle, judged.
type FaultAnswer struct {
	Culprit string
	Right   bool // the culprit is
	Proved  bool // and all signs were marked
	Signs   []FaultSign
}

// FaultSign is one thing that proves who is to blame.
type FaultSign struct {
	Key   string
	Found bool        // it is marked
	Seen  []FaultStep // where it is marked, or else where it could be
}

// telling reports whether the faults of the room may be shown and changed.
func (b *FaultBench) telling() bool { return b.Number == 0 || b.Solved }

// place is the place with an id, the zero place if there is none.
func (b *FaultBench) place(id string) lookup.FaultPlace {
	i := slices.IndexFunc(b.Places, func(p lookup.FaultPlace) bool { return p.ID == id })
	if i < 0 {
		return lookup.FaultPlace{ID: id, Name: id}
	}
	return b.Places[i]
}

// placeText is what a place is called.
func placeText(p Page, at lookup.FaultPlace) string {
	if key := "faults.place." + at.Sort + "." + at.Name; p.Words.Has(key) {
		return p.T(key)
	}
	return p.T("faults.place."+at.Sort, "name", lookup.Name(at.Name).Short())
}

func faultText(p Page, f lookup.Fault) string {
	return p.T("faults.kind."+string(f.Kind), "amount", strconv.Itoa(f.Amount))
}

// sorts are the kinds of places in the order in which they are offered.
var sorts = []string{"link", "server", "resolver", "zone"}

// placesOf are the places of one sort, by name in words.
func placesOf(p Page, all []lookup.FaultPlace, sort string) []lookup.FaultPlace {
	var out []lookup.FaultPlace
	for _, at := range all {
		if at.Sort == sort {
			out = append(out, at)
		}
	}
	return out
}

// kindsOf are the faults that places of a sort can have.
func kindsOf(all []lookup.FaultPlace, sort string) []lookup.FaultKind {
	var out []lookup.FaultKind
	for _, at := range all {
		if at.Sort != sort {
			continue
		}
		for _, k := range at.Kind {
			if !slices.Contains(out, k) {
				out = append(out, k)
			}
		}
	}
	return out
}

// evidence is one step that can be marked.
type evidence struct {
	N       int
	Role    lookup.Role
	Line    string
	Marked  bool
	Decides bool // something came or did not come: worth a look
}

// evidences are the steps of the trace as they can be marked.
func evidences(p Page) []evidence {
	var out []evidence
	on := p.Faults.lookup(p.TraceID)
	for _, t := range transcript(p) {
		e := evidence{N: t.N, Role: t.Role, Line: t.Line}
		if b := p.View.Balloon(t.N); b != nil {
			e.Decides = b.Kind != "query" && b.Kind != "cache"
		}
		e.Marked = on != nil && slices.Contains(on.Marked, t.N)
		out = append(out, e)
	}
	return out
}

// linkRow is a link in the table of times.
type linkRow struct {
	Place lookup.FaultPlace
	Time  *lookup.LinkTime
	Own   int64 // µs there and back on this link alone, -1 if nothing came back
}

// linkRows are all links with their times, from the learner outwards.
func (b *FaultBench) linkRows() []linkRow {
	var out []linkRow
	for _, at := range b.Places {
		if at.Sort != "link" {
			continue
		}
		row := linkRow{Place: at, Own: -1}
		if i := slices.IndexFunc(b.Times, func(t lookup.LinkTime) bool { return t.Place == at.ID }); i >= 0 {
			row.Time = &b.Times[i]
			row.Own = b.own(b.Times[i])
		}
		out = append(out, row)
	}
	return out
}

// own is the time that a link itself takes, there and back: less that of the
// link before it. -1 if nothing came back.
func (b *FaultBench) own(t lookup.LinkTime) int64 {
	d, ok := t.Median()
	if !ok {
		return -1
	}
	for _, before := range b.Times {
		if before.Place == t.Before {
			if way, ok := before.Median(); ok {
				d -= way
			}
		}
	}
	return max(d, 0)
}

func micros(d int64) string { return strconv.FormatInt(d, 10) }

// mapNode and mapLink are the lab's map: the learner on the left, the networks
// behind the exchange on the right.
type mapNode struct {
	X, Y, W   int
	Title     string
	Role, Sub string
}

type mapLink struct {
	X1, Y1, X2, Y2 int
	TX, TY         int // where the time stands
	Anchor         string
	Text, Class    string
}

// labMap places everything on a sheet of 960 by 430.
func labMap(p Page) (nodes []mapNode, links []mapLink) {
	b := p.Faults
	text := func(id string) (string, string) {
		for _, r := range b.linkRows() {
			if r.Place.ID != id {
				continue
			}
			switch {
			case r.Time == nil:
				return "", "unmeasured"
			case r.Own < 0:
				return p.T("faults.map.lost"), "lost"
			}
			return p.T("faults.map.ms", "time", micros(r.Own)), ""
		}
		return "", ""
	}
	link := func(id string, x1, y1, x2, y2, tx, ty int, anchor string) {
		t, class := text(id)
		links = append(links, mapLink{x1, y1, x2, y2, tx, ty, anchor, t, class})
	}
	node := func(x, y, w int, role, title string) {
		nodes = append(nodes, mapNode{X: x, Y: y, W: w, Title: title, Role: role})
	}
	node(10, 190, 110, "stub", p.T("drawing.device"))
	node(230, 190, 110, "", p.T("faults.map.isp"))
	node(230, 60, 110, "resolver", "R1")
	node(230, 320, 110, "resolver", "R2")
	node(430, 190, 110, "", p.T("faults.map.ix"))
	link("link:access", 120, 210, 230, 210, 175, 202, "middle")
	links = append(links, mapLink{X1: 285, Y1: 190, X2: 285, Y2: 100})
	link("link:R2", 285, 230, 285, 320, 291, 280, "start")
	links = append(links, mapLink{X1: 340, Y1: 210, X2: 430, Y2: 210})
	roles := map[string]string{"root": "root", "tld": "tld", "dns": "auth", "web": ""}
	for i, network := range []string{"root", "tld", "dns", "web"} {
		y := 14 + i*106
		node(650, y, 120, roles[network], p.T("faults.map."+network))
		link("link:"+network, 540, 210, 650, y+20, 642, y+13, "end")
		var machines []string
		for _, at := range b.Places {
			if name, n, ok := strings.Cut(at.Name, "-"); at.Sort == "link" && ok && name == network && n != "" {
				machines = append(machines, at.Name)
			}
		}
		slices.SortFunc(machines, cmp.Compare[string])
		for k, m := range machines {
			my := y - 8 + k*26
			links = append(links, mapLink{X1: 770, Y1: y + 20, X2: 800, Y2: my + 8})
			t, class := text("link:" + m)
			nodes = append(nodes, mapNode{X: 800, Y: my, W: 0, Title: m, Role: roles[network], Sub: t})
			links[len(links)-1].Class = class
		}
	}
	return nodes, links
}

func px(n int) string { return strconv.Itoa(n) }

// path is a line that leaves its node straight.
func (l mapLink) path() string {
	if l.X1 == l.X2 || l.Y1 == l.Y2 {
		return fmt.Sprintf("M%d %dL%d %d", l.X1, l.Y1, l.X2, l.Y2)
	}
	mid := 580 // between the exchange and the networks
	if l.X2 == 800 {
		mid = 786 // between a network and its machines
	}
	return fmt.Sprintf("M%d %dH%dV%dH%d", l.X1, l.Y1, mid, l.Y2, l.X2)
}
