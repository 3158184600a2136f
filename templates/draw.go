package templates

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/a-h/templ"

	"rootwalk/lookup"
)

// Draw is the sheet on which a page is drawn.
type Draw struct {
	View  *DrawView // nil where the trace draws no page
	URL   string    // to begin a journey with
	Tries []RequestTry
	Node  int // of the tree that is looked at, 0 for none

	Frame   string // where the page is, to be framed; "" where it may not be
	Unframe string // why not: "internet", "file", "octets"

	CanChange bool
	Change    lookup.PageChange // of the trace on show, or what the form begins with
}

// Bounds of what is written on the page; the facts may have more.
const (
	shownNodes  = 600
	shownBoxes  = 600
	shownRules  = 200
	shownOps    = 400
	shownOctets = 24 << 10
	deepest     = 12 // levels that are indented
)

// pixels are hundredths of a CSS pixel, for people and for SVG.
func pixels(n int) string {
	return strconv.FormatFloat(float64(n)/100, 'f', -1, 64)
}

// roundPixels are whole ones.
func roundPixels(n int) string { return strconv.Itoa((n + 50) / 100) }

// drawStages are the stages in order: the kind of step that shows each.
var drawStages = []string{"tokens", "sheet", "style", "boxes", "layout", "paint", "layers"}

// stageAt is the last step of a kind, 0 for none; of "change", the change's.
func (v *DrawView) stageAt(kind string) int {
	at := 0
	for _, s := range v.Steps {
		if s.Kind == kind && (at == 0 || kind == "tokens" || s.N <= v.At) {
			at = s.N
		}
	}
	return at
}

// stageState is "future", "now" or "done".
func (v *DrawView) stageState(kind string) string {
	if v.At > 0 && v.Steps[v.At-1].Kind == kind {
		return "now"
	}
	for _, s := range v.Steps[:v.At] {
		if s.Kind == kind {
			return "done"
		}
	}
	return "future"
}

// drawHref leads to another step, and to what is looked at there.
func (p Page) drawHref(step, node int) string {
	q := p
	q.Path = p.With("step", strconv.Itoa(step))
	return q.With("node", strconv.Itoa(node))
}

// nodeHref leads to a node and to the octets that it is made of.
func (p Page) nodeHref(x *DrawNode) string {
	to := p.drawHref(p.Draw.View.At, x.ID)
	if x.From >= 0 {
		to += "#o-" + strconv.Itoa(x.From)
	}
	return to
}

// octetRun is a piece of the document's octets: what one token is made of, or what
// has not come yet.
type octetRun struct {
	From   int
	Text   string
	Kind   string // of the token, "rest" between tokens, "future"
	Chosen bool   // the node that is looked at is made of it
	New    bool   // it came with the step on show
}

// octetRuns are the octets of the document at the step on show, cut where tokens
// are, and whether there are more than are shown.
func (d *Draw) octetRuns() (runs []octetRun, more bool) {
	v := d.View
	source := v.Sources[v.Started.N]
	data := source.Data
	if len(data) > shownOctets {
		data, more = data[:shownOctets], true
	}
	newFrom := v.Arrived
	for _, a := range v.Arrivals {
		if a.Now {
			newFrom = min(newFrom, a.From)
		}
	}
	chosenFrom, chosenTo := -1, -1
	if x := v.Nodes[d.Node]; x != nil {
		chosenFrom, chosenTo = x.From, x.To
	}
	at := 0
	add := func(to int, kind string) {
		to = min(to, len(data))
		if to <= at {
			return
		}
		runs = append(runs, octetRun{From: at, Text: sourceText(data[at:to]), Kind: kind, Chosen: at >= chosenFrom && at < chosenTo, New: kind != "future" && at >= newFrom})
		at = to
	}
	for _, t := range v.Tokens {
		if t.From < at || t.To > v.Arrived {
			continue
		}
		add(t.From, "rest")
		add(t.To, t.Kind)
	}
	add(v.Arrived, "rest")
	add(len(data), "future")
	return runs, more
}

// octetSpans writes them, with nothing between: white space counts here.
func octetSpans(runs []octetRun) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, out io.Writer) error {
		for _, r := range runs {
			class := "is-" + r.Kind
			if r.Chosen {
				class += " is-chosen"
			}
			if r.New {
				class += " is-new"
			}
			if _, err := io.WriteString(out, `<span id="o-`+strconv.Itoa(r.From)+`" class="`+templ.EscapeString(class)+`">`+templ.EscapeString(r.Text)+"</span>"); err != nil {
				return err
			}
		}
		return nil
	})
}

// sourceText is text of a page as people can read it: with its line ends, and
// nothing in it that would turn or hide what stands beside it.
func sourceText(data []byte) string {
	if utf8.Valid(data) {
		return printable(data)
	}
	return printable(bytes.ToValidUTF8(data, []byte("·")))
}

// chosen is the node that is looked at, nil for none.
func (d *Draw) chosen() *DrawNode { return d.View.Nodes[d.Node] }

// label is a node in a few words.
func (x *DrawNode) label() string {
	switch x.Kind {
	case "element":
		return "<" + x.Name + ">"
	case "text":
		if x.Text == "" {
			return "␣"
		}
		return "“" + x.Text + "”"
	case "comment":
		return "<!-- " + x.Text + " -->"
	case "doctype":
		return "<!doctype " + x.Name + ">"
	}
	return "#document"
}

// attrs are a node's attributes as they are written, cut where they are long.
func (x *DrawNode) attrs() string {
	var b strings.Builder
	for _, a := range x.Attrs {
		b.WriteString(" " + a.Name)
		if a.Value != "" {
			b.WriteString(`="` + abridge(a.Value, 40) + `"`)
		}
	}
	return b.String()
}

func abridge(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

// budget counts what may still be written.
type budget struct{ left int }

// take reports whether one more may be.
func (b *budget) take() bool {
	b.left--
	return b.left >= 0
}

// drawnBox is a box with its place and what it is of.
type drawnBox struct {
	lookup.RenderBox
	lookup.PlacedBox
	Path   string // of its element, "-" for none
	Chosen bool
	Moved  bool // it was elsewhere, or of another size, before the change
}

// boxes are those that have a place, in the order of the tree.
func (d *Draw) boxes() []drawnBox {
	v := d.View
	if v.Placed == nil || v.Boxes == nil {
		return nil
	}
	named := map[int]lookup.RenderBox{}
	for _, b := range v.Boxes.Boxes {
		named[b.ID] = b
	}
	before := map[int]lookup.PlacedBox{}
	if v.Before != nil {
		for _, b := range v.Before.Boxes {
			before[b.Box] = b
		}
	}
	var out []drawnBox
	for _, b := range v.Placed.Boxes[:min(len(v.Placed.Boxes), shownBoxes)] {
		x := drawnBox{RenderBox: named[b.Box], PlacedBox: b, Path: "-"}
		if n := v.Nodes[x.Node]; n != nil && n.Kind == "element" {
			x.Path = n.Path
		}
		x.Chosen = x.Node != 0 && x.Node == d.Node
		if was, known := before[b.Box]; known {
			x.Moved = was.X != b.X || was.Y != b.Y || was.W != b.W || was.H != b.H
		}
		out = append(out, x)
	}
	return out
}

// whole reports whether the browser's box of the same element can be held against
// it: an inline box is several in a browser.
func (b drawnBox) whole() bool {
	return b.Path != "-" && (b.RenderBox.Kind == "block" || b.RenderBox.Kind == "inlineBlock" || b.RenderBox.Kind == "image")
}

func (b drawnBox) place() string {
	return pixels(b.X) + " " + pixels(b.Y) + " " + pixels(b.W) + " " + pixels(b.H)
}

// ghosts are the places before the change of boxes that are elsewhere now.
func (d *Draw) ghosts() []lookup.PlacedBox {
	v := d.View
	if v.Before == nil || v.Placed == nil {
		return nil
	}
	now := map[int]lookup.PlacedBox{}
	for _, b := range v.Placed.Boxes {
		now[b.Box] = b
	}
	var out []lookup.PlacedBox
	for _, b := range v.Before.Boxes {
		n := now[b.Box]
		if (n.X != b.X || n.Y != b.Y || n.W != b.W || n.H != b.H) && len(out) < shownBoxes {
			out = append(out, b)
		}
	}
	return out
}

// colour is a colour of a fact as SVG takes it, "none" for what is none: a trace
// may be somebody's file.
func colour(c string) string {
	if len(c) != 4 && len(c) != 7 && len(c) != 9 || c[0] != '#' {
		return "none"
	}
	for _, r := range c[1:] {
		if !strings.ContainsRune("0123456789abcdefABCDEF", r) {
			return "none"
		}
	}
	return c
}

// drawingSize is how large a drawing of the page is, in px: at scale 1 : 1, but not
// without end.
func (v *DrawView) drawingSize() (w, h int) {
	if v.Placed == nil {
		return 0, 0
	}
	return min(max(v.Placed.Width/100, 1), 4000), min(max(v.Placed.Height/100, 1), 6000)
}

// drawBar is a bar of the waterfall, in thousandths of the whole.
type drawBar struct {
	Key      string // "fetch", "parser", "rendering", "script", "moment"
	Text     string
	FromUs   int64
	ToUs     int64
	From, To int
}

// drawRow is a row of the waterfall: a resource, and what it held.
type drawRow struct {
	Name string
	Kind string
	Bars []drawBar
	Rule string // of a script
}

// waits is the waterfall: who waits for whom. Times count from where the first
// fetch began.
func (v *DrawView) waits() (rows []drawRow, moments []drawBar, spanUs int64) {
	from, to := v.fromUs, v.fromUs+1
	for _, s := range v.Started.Sources {
		to = max(to, s.ToUs)
	}
	for _, h := range v.Held {
		to = max(to, h.ToUs)
	}
	spanUs = max(to-from, 1)
	bar := func(key, text string, a, b int64) drawBar {
		out := drawBar{Key: key, Text: text, FromUs: a - from, ToUs: b - from}
		out.From = min(max(int(1000*out.FromUs/spanUs), 0), 997)
		out.To = min(max(int(1000*out.ToUs/spanUs), out.From+3), 1000)
		return out
	}
	for _, s := range v.Started.Sources {
		row := drawRow{Name: s.URL, Kind: s.Kind}
		if s.FromUs >= 0 && s.ToUs >= s.FromUs {
			row.Bars = append(row.Bars, bar("fetch", s.State, s.FromUs, s.ToUs))
		}
		for _, h := range v.Held {
			if h.N == s.N && h.N != 0 && (h.URL == s.URL || h.URL == "") {
				row.Bars = append(row.Bars, bar(h.Held, h.Rule, h.FromUs, h.ToUs))
			}
		}
		for _, x := range v.Scripts {
			if x.URL != "" && x.URL == s.URL {
				row.Rule = x.Rule
			}
		}
		rows = append(rows, row)
	}
	if m := v.Moments; m != nil {
		for _, x := range []struct {
			key string
			us  int64
		}{{"first", m.FirstUs}, {"read", m.ReadUs}, {"render", m.RenderUs}, {"parsed", m.ParsedUs}, {"deferred", m.DeferredUs}, {"loaded", m.LoadedUs}} {
			if x.us >= 0 {
				moments = append(moments, bar("moment", x.key, x.us, x.us))
			}
		}
		slices.SortStableFunc(moments, func(a, b drawBar) int { return int(a.FromUs - b.FromUs) })
	}
	return rows, moments, spanUs
}

// changeable are the elements that a change can be made on: those that have a box.
func (v *DrawView) changeable() []*DrawNode {
	if v.Boxes == nil {
		return nil
	}
	var out []*DrawNode
	seen := map[int]bool{}
	for _, b := range v.Boxes.Boxes {
		if x := v.Nodes[b.Node]; x != nil && x.Kind == "element" && !seen[x.ID] && x.Name != "html" && len(out) < 100 {
			seen[x.ID] = true
			out = append(out, x)
		}
	}
	return out
}

// onlyText reports whether an element holds a text and nothing else.
func (x *DrawNode) onlyText() bool { return len(x.Children) == 1 && x.Children[0].Kind == "text" }

// firstText is an element that holds text, for the changes that are offered.
func (v *DrawView) firstText() *DrawNode {
	for _, x := range v.changeable() {
		if x.onlyText() && x.Dropped == "" {
			return x
		}
	}
	return nil
}

// inFrame is the property of CSS that makes a change in a browser, "" for none.
func inFrame(kind string) string {
	return map[string]string{"colour": "color", "background": "background-color", "transform": "transform", "opacity": "opacity", "text": "text", "display": "display", "fontSize": "font-size", "width": "window"}[kind]
}

// lastChange is the change of the trace, nil for none.
func (v *DrawView) lastChange() *lookup.ChangeMade {
	if n := len(v.Drawings); n > 0 {
		return v.Drawings[n-1].Change
	}
	return nil
}

// stage is what a drawing says of a stage, false for nothing.
func (d DrawDrawing) stage(name string) (lookup.StageFinished, bool) {
	for _, s := range d.Stages {
		if s.Stage == name {
			return s, true
		}
	}
	return lookup.StageFinished{}, false
}

// tookMicros is a time that a stage took, in µs.
func tookMicros(ns int64) string { return strconv.FormatFloat(float64(ns)/1000, 'f', 1, 64) }

// winners are the declarations that decide about a node, and losers those that
// another one beats.
func winners(s lookup.NodeStyle, won bool) []lookup.StyleValue {
	var out []lookup.StyleValue
	for _, x := range s.Values {
		if x.Won == won {
			out = append(out, x)
		}
	}
	return out
}

// ruleText is how a rule is written.
func ruleText(r lookup.SheetRule) string {
	var names []string
	for _, s := range r.Selectors {
		names = append(names, s.Text)
	}
	return strings.Join(names, ", ")
}

// renderRow is a box of the render tree with its level.
type renderRow struct {
	lookup.RenderBox
	Level int
}

// renderRows are the boxes as rows of an indented list.
func (v *DrawView) renderRows() []renderRow {
	if v.Boxes == nil {
		return nil
	}
	level := map[int]int{0: -1}
	var out []renderRow
	for _, b := range v.Boxes.Boxes[:min(len(v.Boxes.Boxes), shownBoxes)] {
		l, known := level[b.Parent]
		if !known {
			continue
		}
		level[b.ID] = min(l+1, deepest)
		out = append(out, renderRow{RenderBox: b, Level: l + 1})
	}
	return out
}

// changeTries are changes worth making, each for what it makes run again.
var changeTries = []lookup.PageChange{
	{Kind: "width", Value: "360"},
	{Kind: "colour", Value: "crimson"},
	{Kind: "transform", Value: "translateX(40px)"},
	{Kind: "text", Value: "Rootwalk"},
	{Kind: "fontSize", Value: "2em"},
	{Kind: "display", Value: "none"},
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func drawCount(b *lookup.BoxesMade) string {
	if b == nil {
		return "0"
	}
	return number(b.Count)
}

func drawLayerCount(l *lookup.LayersFormed) string {
	if l == nil {
		return "0"
	}
	return number(l.Count)
}

// frameChanges are the changes of the trace as the page's script makes them in the
// frame.
func (d *Draw) frameChanges() string {
	type change struct {
		Path     string `json:"path"`
		Property string `json:"property"`
		Value    string `json:"value"`
	}
	out := []change{}
	for _, x := range d.View.Drawings {
		if x.Change == nil {
			continue
		}
		if n := d.View.Nodes[x.Change.Node]; n != nil || x.Change.Kind == "width" {
			c := change{Property: inFrame(x.Change.Kind), Value: x.Change.Value}
			if n != nil {
				c.Path = n.Path
			}
			out = append(out, c)
		}
	}
	b, err := json.Marshal(out)
	if err != nil {
		return "[]"
	}
	return string(b)
}

// frameHeight is the height of the frame in px: more than the page's, so that no
// scroll bar takes some of its width. What is around it scrolls.
func frameHeight(v *DrawView) string {
	_, h := v.drawingSize()
	return number(max(h+h/4, 240))
}
