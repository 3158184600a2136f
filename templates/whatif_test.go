package templates

import (
	"strings"
	"testing"

	"github.com/a-h/templ"

	"rootwalk/lookup"
)

func walkOf(t *testing.T, name string) *View {
	t.Helper()
	file, ok := goldenTraces(t)[name]
	if !ok {
		t.Fatalf("no trace %s", name)
	}
	return Fold(file.Events)
}

// A walk compared with itself has no message of its own; compared with a hit in
// the resolver's cache it has those between the resolver and the servers.
func TestCompareFindsWhatOneWalkHas(t *testing.T) {
	p := Page{Words: words(t, "en")}
	same := comparisonOf(p, &WhatIf{Left: &Run{ID: "a", View: walkOf(t, "lab-walk")}, Right: &Run{ID: "b", View: walkOf(t, "lab-walk")}})
	if !same.Same || len(same.Rows) != len(same.Left.Packets) || same.Left.Counts.Alone != 0 {
		t.Errorf("a walk differs from itself: %+v", same.Left.Counts)
	}
	c := comparisonOf(p, &WhatIf{Left: &Run{View: walkOf(t, "lab-walk")}, Right: &Run{View: walkOf(t, "r1hit")}})
	if c.Same || c.Right.Counts.Alone != 0 || c.Left.Counts.Alone != c.Left.Counts.Messages-2 {
		t.Errorf("left %+v, right %+v", c.Left.Counts, c.Right.Counts)
	}
	for _, row := range c.Rows {
		switch {
		case row.Left == nil && row.Right == nil:
			t.Error("an empty row")
		case row.Left != nil && row.Right != nil && row.Left.like() != row.Right.like():
			t.Errorf("%s beside %s", row.Left.like(), row.Right.like())
		case (row.Left == nil || row.Right == nil) != (row.Left != nil && row.Left.Alone || row.Right != nil && row.Right.Alone):
			t.Errorf("a row of one whose message is not marked: %+v", row)
		}
	}
	if c.Params["rightZones"] == c.Params["leftZones"] || !strings.Contains(c.Params["leftZones"], "kr") {
		t.Errorf("%v", c.Params)
	}
}

// The scale is one for both walks: what happened later stands lower, on either
// side, and no two messages of a walk touch.
func TestCommonScale(t *testing.T) {
	p := Page{Words: words(t, "en")}
	left, right := packets(p, walkOf(t, "lab-walk")), packets(p, walkOf(t, "halfdead"))
	s := scaleOf(left, right)
	for i := 1; i < len(s.at); i++ {
		if s.at[i] < s.at[i-1] || s.at[i] > s.at[i-1] && s.y[i] <= s.y[i-1] {
			t.Errorf("%d µs at %v, %d µs at %v", s.at[i-1], s.y[i-1], s.at[i], s.y[i])
		}
	}
	for _, side := range []sideOf{{Packets: left}, {Packets: right}} {
		ladder := s.ladder(p, side)
		if len(ladder.Rungs) != len(side.Packets) {
			t.Errorf("%d rungs for %d messages", len(ladder.Rungs), len(side.Packets))
		}
	}
	if len(s.at) != len(left)+len(right) {
		t.Errorf("%d places for %d messages", len(s.at), len(left)+len(right))
	}
}

// Any trace at all can be put beside any other.
func TestCompareTakesAnything(t *testing.T) {
	all := goldenTraces(t)
	for _, lang := range []string{"en", "ko"} {
		p := Page{Words: words(t, lang)}
		for name, file := range all {
			for k := 0; k <= len(file.Events); k += max(len(file.Events)/4, 1) {
				c := comparisonOf(p, &WhatIf{Left: &Run{View: Fold(file.Events[:k])}, Right: &Run{View: walkOf(t, "variety")}})
				for _, row := range c.tallies(p) {
					if !p.Words.Has(row.Key) {
						t.Errorf("%s: no word for %s", lang, row.Key)
					}
				}
				if text := p.Words.With(c.Says, c.Params); strings.Contains(text, "{") {
					t.Errorf("%s: %s", name, text)
				}
			}
		}
	}
}

// Flags are named as the RFCs do.
func TestFlagsOf(t *testing.T) {
	for want, m := range map[string]lookup.Message{
		"":         {},
		"RD":       {0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0},
		"RD RA":    {0, 1, 0x81, 0x80, 0, 0, 0, 0, 0, 0, 0, 0},
		"AA":       {0, 1, 0x84, 0, 0, 0, 0, 0, 0, 0, 0, 0},
		"TC AD CD": {0, 1, 0x82, 0x30, 0, 0, 0, 0, 0, 0, 0, 0},
		"RD DO":    {0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 41, 4, 208, 0, 0, 0x80, 0, 0, 0},
	} {
		if got := flagsOf(m); got != want {
			t.Errorf("%x: %q, want %q", []byte(m), got, want)
		}
	}
}

// The sheets about chains and about the whole tree take any trace, and any part of
// one.
func TestDetailSheetsTakeAnything(t *testing.T) {
	pure(t)
	for _, lang := range []string{"en", "ko"} {
		for name, file := range goldenTraces(t) {
			for k := 0; k <= len(file.Events); k += max(len(file.Events)/5, 1) {
				p := Page{Words: words(t, lang), TraceID: "t1", View: Fold(file.Events[:k]), Census: &Census{}, WhatIf: &WhatIf{Changes: []string{"cold"}}}
				for _, sheet := range []func(Page) templ.Component{HierarchyContent, ChainsContent, WhatIfContent} {
					var b strings.Builder
					if err := sheet(p).Render(t.Context(), &b); err != nil {
						t.Errorf("%s: %v", name, err)
					}
				}
			}
		}
	}
	if c := chainOf(Page{Words: words(t, "en"), View: walkOf(t, "lab-walk")}); c != nil {
		t.Errorf("one question is a chain: %+v", c)
	}
	c := chainOf(Page{Words: words(t, "en"), View: walkOf(t, "variety")})
	if c == nil || c.Race == nil || len(c.Race.Bars) != 2 || c.Race.PauseX == "" || len(c.Notes) < 5 {
		t.Errorf("%+v", c)
	}
	h := hierarchyOf(Page{Words: words(t, "en"), View: walkOf(t, "lab-walk")})
	if h.Asked != 3 || h.Zones != 3 || h.Named != 18 || len(h.Root) != 13 || h.RootAddrs != 26 || h.Servers != 0 {
		t.Errorf("asked %d of %d in %d zones, %d root names with %d addresses, %d servers", h.Asked, h.Named, h.Zones, len(h.Root), h.RootAddrs, h.Servers)
	}
}
