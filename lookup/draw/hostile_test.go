package draw

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"rootwalk/lookup"
	"rootwalk/lookup/lookuptest"
)

// Whatever a page is made of, it is drawn up to a bound, and the bound is told.
func TestBounds(t *testing.T) {
	many := func(n int, f string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, f, i)
		}
		return b.String()
	}
	for bound, html := range map[string]string{
		"octets":       strings.Repeat("<p>x</p>\n", 40_000),
		"nodes":        strings.Repeat("<b></b>", 9000),
		"depth":        strings.Repeat("<div>", 400) + "x",
		"attributes":   "<p " + many(50, "a%d=1 ") + ">x",
		"rules":        "<style>" + many(5000, "a%d{}") + "</style>",
		"declarations": "<style>p{" + strings.Repeat("top:0;", 20_000) + "}</style>",
		"selectors":    "<style>" + strings.Repeat("p ", 60) + "{}</style>",
		"sheets":       strings.Repeat("<style></style>", 40),
		"tests":        "<style>" + strings.Repeat("* * * * * * p{color:red}", 1500) + "</style>" + strings.Repeat("<div>", 150) + strings.Repeat("<p>", 3000),
		"layers":       strings.Repeat("<p style='opacity:.5'>x", 200),
		"lines":        "<p style='width:1px'>" + strings.Repeat("a ", 20_000),
		"ops":          "<p style='width:1px'>" + strings.Repeat("<a href=x>가나", 1) + strings.Repeat("다", 20_000),
		"boxes":        "<ul>" + strings.Repeat("<li>a<li>", 2040),
	} {
		_, all := drawn(t, html, 1<<20)
		var got []string
		for _, b := range lookuptest.Facts[lookup.BoundReached](all) {
			got = append(got, b.Bound)
		}
		end := only[lookup.DrawingFinished](t, all)
		if !slices.Contains(got, bound) || end.Outcome != "bounded" {
			t.Errorf("%s: %v, %+v", bound, got, end)
		}
	}
}

// What makes others work for ever: margins through nested hollow blocks, texts that
// grow by single characters, one long list of classes, boxes in boxes that shrink.
func TestNothingTakesForEver(t *testing.T) {
	for name, html := range map[string]string{
		"hollow":    "<style>div{margin:1px}</style>" + strings.Repeat("<div>", 190) + strings.Repeat("</div>", 190),
		"shrink":    "<style>span{display:inline-block;padding:1px}</style>" + strings.Repeat("<span>x", 190),
		"absolute":  "<style>div{position:absolute}</style>" + strings.Repeat("<div>x", 190),
		"text":      strings.Repeat("a</x>", 50_000),
		"classes":   "<style>.a .b .c{}</style>" + strings.Repeat("<p class='"+strings.Repeat("x ", 1000)+"c'>", 100),
		"universal": "<style>*{" + strings.Repeat("top:0;", 9000) + "}</style>" + strings.Repeat("<b>", 4000),
		"formats":   strings.Repeat("<b><i>", 150) + strings.Repeat("<p>x", 2000),
		"long word": "<p>" + strings.Repeat("x", 250_000),
		"siblings":  "<style>p ~ p ~ p ~ b{color:red}</style>" + strings.Repeat("<p></p>", 3900),
		"comments":  "<style>" + strings.Repeat("/*", 90_000),
		"braces":    "<style>" + strings.Repeat("a{", 90_000),
		"media":     "<style>" + strings.Repeat("@media(min-width:1px){", 9000),
		"parens":    "<style>p{color:" + strings.Repeat("(", 200_000),
	} {
		p, all := drawn(t, html, 50_000)
		if end := only[lookup.DrawingFinished](t, all); end.Outcome != "done" && end.Outcome != "bounded" {
			t.Errorf("%s: %+v", name, end)
		}
		p.Change(lookup.Step{}, lookup.PageChange{Kind: "width", Value: "300"})
	}
}

// A trace holds what a large page tells, and ends as it must.
func TestLargePageFitsInATrace(t *testing.T) {
	_, all := drawn(t, largePage(), 2000)
	if n := len(lookuptest.Facts[lookup.TraceTruncated](all)); n != 0 {
		t.Errorf("the trace is cut")
	}
	if end := only[lookup.DrawingFinished](t, all); end.Boxes < 2000 {
		t.Errorf("%+v", end)
	}
}

func FuzzDraw(f *testing.F) {
	for _, html := range documents {
		f.Add(html, "p { color: red } .a > b { margin: 1em auto }", 400)
	}
	f.Add(page, "@media (max-width: 40em) { * { width: 50vw; position: absolute } }", 390)
	f.Add("<table><b><svg><p><a><div><a>", "x{y:z", 1)
	f.Fuzz(func(t *testing.T, html, css string, width int) {
		if len(html) > 20_000 || len(css) > 20_000 {
			return
		}
		size := max(width%97, 1)
		if len(html) > 400*size { // the bound of arrivals is somebody else's
			size = len(html)/400 + 1
		}
		limits := Limits{Nodes: 600, Boxes: 600, Rules: 200, Tests: 50_000, Lines: 2000}
		in := Input{Document: came(html+"<link rel=stylesheet href=a.css>", size), Others: []Source{resource(2, "a.css", "text/css", css, 0, 1)}}
		p := New(in, Window{max(width%2000, 1), 600}, limits)
		all := facts(func(step lookup.Step) { p.Draw(step) })
		only[lookup.DrawingFinished](t, all)
		for id := rootID; id < len(p.tree.nodes); id++ {
			if n := p.tree.at(id); n.parent >= id || n.from > n.to || n.to > len(in.Document.Data) {
				t.Fatalf("node %d: %+v", id, *n)
			}
		}
		for _, b := range p.boxes {
			if b.parent != nil && b.parent.id >= b.id || b.w < 0 || b.h < 0 {
				t.Fatalf("box %+v", *b)
			}
		}
		// Changes never fail half-way, and lead where drawing anew leads.
		node := 1 + width%max(len(p.tree.nodes)-1, 1)
		for _, c := range []lookup.PageChange{{Kind: "width", Value: "333"}, {Kind: "text", Node: node, Value: css}, {Kind: "display", Node: node, Value: "block"}, {Kind: "colour", Node: node, Value: "red"}, {Kind: "fontSize", Node: node, Value: "3em"}} {
			if p.Change(lookup.Step{}, c) != nil || len(p.notes.bounds) > 0 || p.bounded {
				continue // where a bound cuts off depends on what was there before
			}
			got := sketch(p)
			anew(p)
			if want := sketch(p); got != want {
				t.Fatalf("%+v: %s", c, diff(got, want))
			}
		}
	})
}

func FuzzStyleSheet(f *testing.F) {
	for _, css := range []string{"a{b:c}", "@media (min-width:1px) { a { b: c } }", "a:not(.b)::c, [d=e]>f+g~h{i:j!important;k}", "}{;:", "@import 'x';", "a{b:url(x;y) c}", "/*", "<!-- a{} -->"} {
		f.Add(css)
	}
	f.Fuzz(func(t *testing.T, css string) {
		p := New(Input{}, Window{}, Limits{})
		s := &sheet{origin: "link"}
		p.readSheet(s, css, 0)
		for _, r := range s.rules {
			if r.from < 0 || r.to > len(css) || r.from >= r.to {
				t.Fatalf("a rule from %d to %d of %d", r.from, r.to, len(css))
			}
			for _, d := range r.declarations {
				if d.from < r.from || d.to > r.to || !strings.Contains(css[d.from:d.to], ":") {
					t.Fatalf("a declaration from %d to %d: %q", d.from, d.to, css)
				}
			}
		}
	})
}
