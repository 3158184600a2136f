package templates

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"rootwalk/lookup"
)

const drawnPage = "<!doctype html><title>t</title><h1>Big \u202e words</h1><p hidden>gone</p>"

// A drawing as facts tell it, told by hand: what the fold makes of each.
func drawing(t *testing.T) []lookup.Event {
	t.Helper()
	now := time.Unix(0, 0)
	tr := lookup.NewTrace(lookup.TraceConfig{ID: "t", Now: func() time.Time { return now }})
	say := func(facts ...lookup.Fact) {
		for _, f := range facts {
			now = now.Add(time.Millisecond)
			tr.Root().Report(f)
		}
	}
	at := func(part string) int { return strings.Index(drawnPage, part) }
	cut := at("<p hidden")
	say(lookup.FetchStarted{N: 1, URL: "http://a.example/"}, lookup.BodyFinished{N: 1, Data: []byte(drawnPage), Decoded: len(drawnPage), Whole: true},
		lookup.DrawingStarted{N: 1, URL: "http://a.example/", Octets: len(drawnPage), Width: 80000, Sources: []lookup.DrawSource{
			{N: 1, URL: "http://a.example/", Kind: "document", State: "there", FromUs: 1000, ToUs: 5000, Octets: len(drawnPage)},
			{N: 2, URL: "http://a.example/s.css", Kind: "style", State: "there", FromUs: 3000, ToUs: 9000}}},
		lookup.TokensRead{N: 1, AtUs: 2000, To: cut, Count: 2, Tokens: []lookup.DrawnToken{{Kind: "doctype", From: 0, To: 15}, {Kind: "start", Name: "h1", Node: 6, From: at("<h1"), To: at("Big")}}},
		lookup.TreeGrown{N: 1, Count: 6, Of: 6, Nodes: []lookup.TreeNode{{ID: 1, Kind: "document", From: -1}, {ID: 2, Parent: 1, Kind: "doctype", Name: "html", To: 15}, {ID: 3, Parent: 1, Kind: "element", Name: "html", Why: "implied", From: -1},
			{ID: 4, Parent: 3, Kind: "element", Name: "head", Why: "implied", From: -1}, {ID: 5, Parent: 3, Kind: "element", Name: "body", Why: "implied", From: -1}, {ID: 6, Parent: 5, Kind: "element", Name: "h1", From: at("<h1"), To: at("Big")},
			{ID: 9, Parent: 77, Kind: "element", Name: "orphan"}}},
		lookup.TokensRead{N: 1, AtUs: 5000, From: cut, To: len(drawnPage), Count: 1},
		lookup.TreeGrown{N: 1, Count: 2, Of: 8, Nodes: []lookup.TreeNode{{ID: 7, Parent: 5, Kind: "element", Name: "p", Attrs: []lookup.Field{{Name: "hidden"}}, From: cut, To: cut + 10}, {ID: 8, Parent: 7, Kind: "text", Text: "gone", From: -1}}},
		lookup.SheetParsed{Sheet: 1, Origin: "link", N: 2, Rules: []lookup.SheetRule{{ID: 1, Applies: true, Selectors: []lookup.StyleSelector{{Text: "h1", Types: 1, Known: true}}, Declarations: []lookup.StyleDeclaration{{Property: "color", Value: "#123456", Known: true}}}}, Count: 1},
		lookup.StylesComputed{Nodes: []lookup.NodeStyle{{Node: 6, Values: []lookup.StyleValue{{Property: "color", Value: "#123456", Rule: 1, Origin: "author", Won: true, By: "only"}}}}, Count: 1},
		lookup.BoxesMade{Boxes: []lookup.RenderBox{{ID: 1, Node: 3, Kind: "block", Name: "html"}, {ID: 2, Parent: 1, Node: 5, Kind: "block", Name: "body"}, {ID: 3, Parent: 2, Node: 6, Kind: "block", Name: "h1"}, {ID: 4, Parent: 99, Kind: "block"}}, Count: 3,
			Dropped: []lookup.DroppedNode{{Node: 7, Why: "hidden", With: 1}, {Node: 4, Why: "head"}}, Lost: 3},
		lookup.BoxesPlaced{Width: 80000, Height: 20000, Count: 3, Boxes: []lookup.PlacedBox{{Box: 1, W: 80000, H: 20000}, {Box: 2, X: 800, Y: 800, W: 78400, H: 18400}, {Box: 3, X: 800, Y: 2150, W: 78400, H: 3700}},
			Lines: []lookup.TextLine{{Box: 3, X: 800, Y: 2150, W: 9050, H: 3700, Baseline: 5000, Text: "Big words"}}},
		lookup.PaintOrdered{Count: 1, Ops: []lookup.PaintOp{{Kind: "text", Box: 3, Layer: 1, Colour: "#123456", Text: "Big words"}, {Kind: "background", Colour: "url(http://evil.example/)"}}},
		lookup.LayersFormed{Count: 1, Layers: []lookup.PageLayer{{ID: 1, Node: 3, Why: []string{"root"}, Ops: 1, W: 80000, H: 20000}}},
		lookup.ResourceHeld{N: 2, URL: "http://a.example/s.css", Kind: "style", Held: "rendering", Rule: "style", FromUs: 5000, ToUs: 9000},
		lookup.MomentsReckoned{FirstUs: 2000, ReadUs: 5000, RenderUs: 9000, ParsedUs: 5000, DeferredUs: 5000, LoadedUs: 9000})
	for _, s := range lookup.DrawStages() {
		say(lookup.StageFinished{Drawing: 1, Stage: s, Ran: true, Why: "first", Done: 1, Of: 1, TookNs: 1500})
	}
	say(lookup.DrawingFinished{Drawing: 1, Outcome: "done"})
	return tr.Events()
}

// changed is a drawing of which one colour was changed.
func changed(t *testing.T) []lookup.Event {
	t.Helper()
	events := drawing(t)
	add := func(f lookup.Fact) { events = append(events, lookup.Event{Seq: len(events), Fact: f}) }
	add(lookup.ChangeMade{PageChange: lookup.PageChange{Kind: "colour", Node: 6, Value: "crimson"}, Name: "h1", Before: "#123456"})
	for _, s := range lookup.DrawStages() {
		ran := s == "style" || s == "paint"
		add(lookup.StageFinished{Drawing: 2, Stage: s, Ran: ran, Why: map[bool]string{true: "depends", false: "kept"}[ran], Done: 1, Of: 1, TookNs: 700})
	}
	add(lookup.DrawingFinished{Drawing: 2, Outcome: "done", TookNs: 1400})
	return events
}

func TestDrawFold(t *testing.T) {
	events := drawing(t)
	v := FoldDraw(events, 0)
	if len(v.Steps) != 8 || v.At != 8 || v.Steps[7].Kind != "layers" {
		t.Fatalf("%d steps, at %d", len(v.Steps), v.At)
	}
	for node, path := range map[int]string{3: "", 4: "0", 5: "1", 6: "1.0", 7: "1.1"} {
		if v.Nodes[node].Path != path {
			t.Errorf("node %d is at %q, want %q", node, v.Nodes[node].Path, path)
		}
	}
	if v.Nodes[9] != nil || v.Nodes[7].Dropped != "hidden" || v.Nodes[8].With != "hidden" || v.Nodes[4].Dropped != "head" || v.Nodes[6].Dropped != "" {
		t.Errorf("dropped: %+v", v.Nodes)
	}
	first := FoldDraw(events, 1)
	if first.Tree != 6 || first.Arrived != strings.Index(drawnPage, "<p hidden") || first.Boxes != nil || first.Nodes[7] != nil || !first.Nodes[6].New || first.stageState("layout") != "future" || first.stageAt("layout") != 6 {
		t.Errorf("at step 1: %d nodes, %d octets", first.Tree, first.Arrived)
	}
	second := FoldDraw(events, 2)
	if second.Nodes[6].New || !second.Nodes[7].New || second.Tree != 8 {
		t.Error("at step 2 the nodes of step 1 are new")
	}
	rows, moments, span := v.waits()
	if span != 8000 || len(rows) != 2 || len(rows[1].Bars) != 2 || rows[1].Bars[1].Key != "rendering" || rows[1].Bars[1].FromUs != 4000 || rows[1].Bars[1].To != 1000 || len(moments) != 6 || moments[5].FromUs != 8000 {
		t.Errorf("waits: %+v, %+v, %d", rows, moments, span)
	}
	if FoldDraw(events[:2], 0) != nil {
		t.Error("a fetch alone is no drawing")
	}
}

// The octets of the document are all there, in order, whatever the step.
func TestOctetRunsAreTheDocument(t *testing.T) {
	events := drawing(t)
	for step := range 9 {
		d := &Draw{View: FoldDraw(events, step), Node: 6}
		runs, more := d.octetRuns()
		text, at := "", 0
		for _, r := range runs {
			if r.From != at {
				t.Errorf("step %d: a run begins at %d, want %d", step, r.From, at)
			}
			text += r.Text
			at += len(strings.ReplaceAll(r.Text, "·", "\u202e"))
			if r.Chosen != (r.Kind == "start") {
				t.Errorf("step %d: %+v", step, r)
			}
		}
		if want := strings.ReplaceAll(drawnPage, "\u202e", "·"); text != want || more {
			t.Errorf("step %d: %q", step, text)
		}
	}
}

var rawKey = regexp.MustCompile(`\b(draw|frame|glossary|request)\.[a-zA-Z]`)

// drawPage is the sheet of a trace at a step.
func drawPage(t *testing.T, lang string, events []lookup.Event, step, node int) string {
	t.Helper()
	p := Page{Words: words(t, lang), Other: words(t, "en"), Room: "main", Path: "/lookups/t1/draw?step=2", TraceID: "t1", Detail: "draw",
		Draw: &Draw{View: FoldDraw(events, step), URL: "http://a.example/", Node: node, Frame: "/lookups/t1/framed/http/a.example/", CanChange: true, Change: lookup.PageChange{Kind: "colour", Value: "crimson"}}}
	return render(t, drawSheet(p))
}

func TestTheSheetOfDrawing(t *testing.T) {
	events := changed(t)
	for _, lang := range []string{"en", "ko"} {
		for step := range len(FoldDraw(events, 0).Steps) + 1 {
			html := drawPage(t, lang, events, step, 7)
			for _, text := range said(html) {
				if rawKey.MatchString(text) {
					t.Fatalf("%s, step %d: a raw key in %.200s", lang, step, text)
				}
			}
			for _, bad := range []string{" style=", "evil.example", "\u202e"} {
				if strings.Contains(html, bad) {
					t.Fatalf("%s, step %d: %q", lang, step, bad)
				}
			}
		}
	}
	html := drawPage(t, "en", events, 0, 7)
	for _, part := range []string{
		`<s>&lt;p&gt;</s>`, `display: none`, `href="/lookups/t1/draw?node=7&amp;step=9#o-` + strconv.Itoa(strings.Index(drawnPage, "<p hidden")),
		`data-box-path="1.0" data-box="8 21.5 784 37"`, `sandbox="allow-scripts"`, `fill="#123456"`, `fill="none"`,
		`data-changes="[{&#34;path&#34;:&#34;1.0&#34;,&#34;property&#34;:&#34;color&#34;,&#34;value&#34;:&#34;crimson&#34;}]"`, "nothing it needs changed",
	} {
		if !strings.Contains(html, part) {
			t.Errorf("the sheet has no %s", part)
		}
	}
	if strings.Count(html, "allow-same-origin") > 0 {
		t.Error("the frame has our origin")
	}
}

// Facts in any order, as in a file that somebody made: every prefix and every
// single fact left out is drawn.
func TestIncompleteDrawingsAreDrawn(t *testing.T) {
	events := changed(t)
	for i := range events {
		drawPage(t, "en", events[:i], 0, 7)
		drawPage(t, "ko", append(append([]lookup.Event(nil), events[:i]...), events[i+1:]...), 0, 6)
	}
	deep := []lookup.Event{{Fact: lookup.DrawingStarted{N: 1}}, {Seq: 1, Fact: lookup.TokensRead{}}}
	nodes := make([]lookup.TreeNode, 5000)
	for i := range nodes {
		nodes[i] = lookup.TreeNode{ID: i + 1, Parent: i, Kind: "element", Name: "b"}
	}
	deep = append(deep, lookup.Event{Seq: 2, Fact: lookup.TreeGrown{Nodes: nodes}})
	if v := FoldDraw(deep, 0); len(v.Nodes) > maxDrawDepth+1 {
		t.Errorf("%d nodes in each other", len(v.Nodes))
	}
	drawPage(t, "en", deep, 0, 3)
}
