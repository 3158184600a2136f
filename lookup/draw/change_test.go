package draw

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rootwalk/lookup"
	"rootwalk/lookup/lookuptest"
)

const page = `<!doctype html><style>
body { margin: 0; font: 10px/20px monospace; color: #222 }
#side { width: 200px } .card { padding: 10px } @media (max-width: 500px) { h1 { display: none } }
</style><h1 id=h>Title</h1><div id=side><p>some words that wrap on lines</p></div><p id=t class=card>text <b id=b>bold</b></p><p id=l style="transform: rotate(1deg)">layer</p><p id=w>one</p>`

// ran tells which stages ran, as "style 1/9".
func ran(all []lookup.Fact) string {
	var out []string
	for _, s := range lookuptest.Facts[lookup.StageFinished](all) {
		if s.Ran != (s.TookNs > 0) || s.Ran == (s.Why == "kept") || !s.Ran && s.Done != 0 {
			out = append(out, fmt.Sprintf("wrong: %+v", s))
		}
		if s.Ran {
			out = append(out, fmt.Sprintf("%s %d", s.Stage, s.Done))
		}
	}
	return strings.Join(out, ", ")
}

// One change runs only the stages that it makes necessary, on as much as needs it.
func TestChangeRunsWhatItMakesNecessary(t *testing.T) {
	for _, c := range []struct {
		kind, id, value, before, want string
	}{
		// Of fifteen boxes the two in #side, whose width stays, are left as they are.
		{"width", "", "700", "800", "rules 1, layout 13, paint 6, layers 2"},
		{"colour", "t", "red", "#222222", "style 2, paint 5, layers 2"},
		{"colour", "b", "red", "#222222", "style 1, paint 5, layers 2"},
		{"background", "l", "red", "#00000000", "style 1, paint 2, layers 2"},
		{"transform", "l", "rotate(9deg)", "rotate(1deg)", "style 1, layers 2"},
		{"transform", "t", "rotate(9deg)", "none", "style 1, paint 6, layers 3"}, // a layer of its own comes into being
		{"opacity", "l", "0.5", "1", "style 1, layers 2"},
		{"fontSize", "w", "20px", "10px", "style 1, layout 4, paint 5, layers 2"},
		{"text", "w", "two", "one", "tree 1, layout 4, paint 5, layers 2"},
		{"display", "h", "none", "block", "style 1, boxes 13, layout 13, paint 5, layers 2"},
	} {
		p, first := drawn(t, page, 1000)
		if got := ran(first); !strings.HasPrefix(got, "tree ") || strings.Count(got, ",") != 6 {
			t.Fatalf("first: %s", got)
		}
		change := lookup.PageChange{Kind: c.kind, Value: c.value}
		if c.id != "" {
			change.Node = find(t, p, c.id)
		}
		var err error
		all := facts(func(step lookup.Step) { err = p.Change(step, change) })
		if err != nil {
			t.Errorf("%s: %v", c.kind, err)
			continue
		}
		if got := ran(all); got != c.want {
			t.Errorf("%s %s: %s, want %s", c.kind, c.id, got, c.want)
		}
		if m := only[lookup.ChangeMade](t, all); m.Before != c.before {
			t.Errorf("%s: %+v", c.kind, m)
		}
		if n := len(lookuptest.Facts[lookup.StageFinished](all)); n != len(lookup.DrawStages()) {
			t.Errorf("%s: %d stages told", c.kind, n)
		}
	}
}

func TestWidthThatMediaQueriesAskFor(t *testing.T) {
	p, _ := drawn(t, page, 1000)
	all := facts(func(step lookup.Step) { p.Change(step, lookup.PageChange{Kind: "width", Value: "400"}) })
	if got := ran(all); !strings.HasPrefix(got, "rules 1, style 11, boxes 13, layout 13, ") {
		t.Error(got)
	}
	if p.boxOf[find(t, p, "h")] != nil {
		t.Error("the heading is still there")
	}
}

func TestWhatCannotBeChanged(t *testing.T) {
	p, _ := drawn(t, page, 1000)
	h := find(t, p, "h")
	for _, c := range []struct {
		change lookup.PageChange
		want   error
	}{
		{lookup.PageChange{Kind: "width", Value: "0"}, ErrValue}, {lookup.PageChange{Kind: "width", Value: "x"}, ErrValue}, {lookup.PageChange{Kind: "colour", Node: h, Value: "nope"}, ErrValue},
		{lookup.PageChange{Kind: "colour", Node: 1, Value: "red"}, ErrNode}, {lookup.PageChange{Kind: "colour", Node: 9999, Value: "red"}, ErrNode}, {lookup.PageChange{Kind: "zoom", Node: h, Value: "2"}, ErrChange},
		{lookup.PageChange{Kind: "text", Node: h, Value: strings.Repeat("x", maxText+1)}, ErrValue}, {lookup.PageChange{Kind: "text", Node: 3, Value: "x"}, ErrNode}, {lookup.PageChange{Kind: "colour", Node: -1, Value: "red"}, ErrNode},
	} {
		if err := p.Change(lookup.Step{}, c.change); !errors.Is(err, c.want) {
			t.Errorf("%+v: %v", c.change, err)
		}
	}
	if p.number != 1 {
		t.Error("something was drawn")
	}
}

// sketch is all that can be seen of a page.
func sketch(p *Page) string {
	var b strings.Builder
	for _, x := range p.boxes {
		fmt.Fprintln(&b, boxNames[x.kind], x.node, x.x, x.y, x.w, x.h, x.pieces)
	}
	for _, o := range p.toldPaint().Ops {
		fmt.Fprintf(&b, "%+v\n", o)
	}
	fmt.Fprintf(&b, "%+v %d", p.toldLayers(), p.bottom)
	return b.String()
}

// Whatever is changed, and in whatever order: what stages left alone is what they would
// have made.
func TestChangesLeadWhereDrawingAnewLeads(t *testing.T) {
	docs := map[string]string{"page": page}
	files, err := filepath.Glob("../lab/pages/*/*.html")
	if err != nil || len(files) < 8 {
		t.Fatalf("%v: %v", files, err)
	}
	css, err := os.ReadFile("../lab/pages/article.css")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		docs[f] = strings.ReplaceAll(string(b), "/draw/article.css", "a.css")
	}
	kinds := []lookup.PageChange{{Kind: "width", Value: "390"}, {Kind: "colour", Value: "red"}, {Kind: "text", Value: "quite another text, which is longer than the one before"}, {Kind: "transform", Value: "scale(2)"},
		{Kind: "width", Value: "1200"}, {Kind: "fontSize", Value: "2em"}, {Kind: "opacity", Value: "0.3"}, {Kind: "display", Value: "none"}, {Kind: "background", Value: "#123456"}, {Kind: "display", Value: "inline"},
		{Kind: "transform", Value: "none"}, {Kind: "width", Value: "640"}, {Kind: "display", Value: "block"}, {Kind: "opacity", Value: "1"}}
	for name, doc := range docs {
		p := New(Input{Document: came(doc, 1000), Others: []Source{resource(2, "a.css", "text/css", string(css), 0, 1)}}, Window{800, 600}, Limits{})
		p.Draw(lookup.Step{})
		done := 0
		for i, c := range kinds {
			if c.Kind != "width" {
				for k := range p.tree.nodes { // another element each time
					if id := (k+i*13)%(len(p.tree.nodes)-1) + 1; p.tree.at(id).kind == elementNode && p.boxOf[min(id, len(p.boxOf)-1)] != nil && p.tree.at(id).tag != "body" && p.tree.at(id).tag != "html" {
						c.Node = id
						break
					}
				}
			}
			if err := p.Change(lookup.Step{}, c); err != nil {
				if c.Kind != "text" {
					t.Errorf("%s: %+v: %v", name, c, err)
				}
				continue
			}
			done++
			got := sketch(p)
			anew(p)
			if want := sketch(p); got != want {
				t.Fatalf("%s: after %+v: %s", name, c, diff(got, want))
			}
		}
		if done < len(kinds)-1 {
			t.Errorf("%s: only %d changes", name, done)
		}
	}
}

// anew runs all stages after the tree again, on everything.
func anew(p *Page) {
	p.applyMedia()
	p.indexRules()
	p.restyleAll()
	p.makeBoxes()
	p.layout()
	p.layers = nil
	p.formLayers()
	p.paint()
}

// diff shows the first lines in which two texts differ.
func diff(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return fmt.Sprintf("line %d:\n  %s\nanew:\n  %s", i, x[i], y[i])
		}
	}
	return fmt.Sprintf("%d lines, %d lines", len(x), len(y))
}
