package draw

import (
	"net/url"
	"strings"
	"sync"
	"time"

	"rootwalk/lookup"
)

// Page is a page that is drawn. Its methods must not be called concurrently.
type Page struct {
	in            Input
	limits        Limits
	notes         notes
	base          *url.URL
	width, height int // of the window, hundredths of a px
	number        int // of drawings so far
	bounded       bool

	tree *tree
	html int // its root element

	sheets              []*sheet
	rules, declarations int // so far, for bounds
	index               ruleIndex
	byWindow            bool // some style is measured in the window

	styles  []*style // of elements
	matches [][]match
	inlined map[int][]*declaration // declarations of style attributes, and of changes
	match   matcher
	matched int
	found   int
	stamp   int
	hits    []ruleSelector

	root    *box
	boxes   []*box
	boxOf   []*box // by node
	dropped []dropped
	added   int
	counted map[int]int // numbers of list items so far, by list
	images  []measured

	bottom   int // of the document
	layers   []*layer
	layerOf  map[*box]*layer
	painted  int
	canvasOf *box // whose background is the page's
}

// New makes a page for a window; nothing is drawn yet. A zero window is that of an
// earlier drawing, or 1024 by 768.
func New(in Input, w Window, l Limits) *Page {
	if w.Width <= 0 || w.Height <= 0 {
		w = in.Window
	}
	if w.Width <= 0 || w.Height <= 0 {
		w = Window{1024, 768}
	}
	p := &Page{in: in, limits: l.orDefault(), inlined: map[int][]*declaration{}}
	p.width, p.height = min(w.Width, 10_000)*100, min(w.Height, 10_000)*100
	p.base, _ = url.Parse(in.Document.URL)
	if p.base == nil {
		p.base = &url.URL{}
	}
	return p
}

// absolute is where a reference of the page leads, without a fragment.
func (p *Page) absolute(ref string) string {
	u, err := p.base.Parse(strings.TrimSpace(ref))
	if err != nil {
		return ref
	}
	u.Fragment, u.RawFragment = "", ""
	return u.String()
}

// stage runs one stage and tells it. Facts of the stage itself are told in between, and
// take none of its time.
func (p *Page) stage(step lookup.Step, total *int64, name, why string, work func() (done, of int), tell func()) {
	began := time.Now()
	done, of := work()
	took := time.Since(began).Nanoseconds()
	*total += took
	if step.Recording() && tell != nil {
		tell()
	}
	p.bounded = p.bounded || len(p.notes.bounds) > 0
	p.notes.report(step)
	step.Report(lookup.StageFinished{Drawing: p.number, Stage: name, Ran: true, Why: why, Done: done, Of: of, TookNs: max(took, 1)})
}

// keep tells a stage that is not run.
func (p *Page) keep(step lookup.Step, name string, of int) {
	step.Report(lookup.StageFinished{Drawing: p.number, Stage: name, Why: "kept", Of: of})
}

// Draw draws the page, all stages of it.
func (p *Page) Draw(step lookup.Step) {
	p.number = 1
	p.begin(step)
	end := lookup.DrawingFinished{Drawing: 1, Outcome: "unsuited"}
	defer func() { step.Report(end) }()
	if !isHTML(p.in.Document.Media) {
		return
	}
	total := int64(0)
	p.grow(step, &total)
	p.stage(step, &total, "rules", "first", func() (int, int) { p.readSheets(); p.applyMedia(); p.indexRules(); return p.rules, p.rules }, func() { p.tellSheets(step) })
	p.reckon(step)
	p.stage(step, &total, "style", "first", p.restyleAll, func() { p.tellStyles(step, nil) })
	p.stage(step, &total, "boxes", "first", func() (int, int) { p.makeBoxes(); return len(p.boxes), len(p.boxes) }, func() { p.tellBoxes(step) })
	p.place(step, &total, "first")
	p.paintLayers(step, &total, "first", true)
	end = p.end(total)
}

// end is how a drawing ended.
func (p *Page) end(total int64) lookup.DrawingFinished {
	f := lookup.DrawingFinished{Drawing: p.number, Outcome: "done", Nodes: p.tree.count(), Rules: p.rules, Boxes: len(p.boxes), Ops: p.painted, Layers: len(p.layers), TookNs: total}
	if p.bounded {
		f.Outcome = "bounded"
	}
	return f
}

// begin tells what is drawn.
func (p *Page) begin(step lookup.Step) {
	if !step.Recording() {
		return
	}
	d := &p.in.Document
	f := lookup.DrawingStarted{N: d.N, URL: excerpt(d.URL, 500), Media: excerpt(d.Media, 100), Octets: len(d.Data), Width: p.width, Height: p.height, Metric: metric}
	source := func(s *Source, kind string) {
		one := lookup.DrawSource{N: s.N, URL: excerpt(s.URL, 500), Kind: kind, State: s.state(), FromUs: -1, ToUs: -1, Octets: s.Size}
		if s.Asked {
			one.FromUs, one.ToUs = us(s.Began), us(s.Ended)
		}
		f.Sources = append(f.Sources, one)
	}
	source(d, "document")
	for i := range p.in.Others[:min(len(p.in.Others), 64)] {
		source(&p.in.Others[i], sourceKind(&p.in.Others[i]))
	}
	step.Report(f)
	taken := func(s *Source) {
		if !s.Carried && len(s.Data) > 0 {
			step.Report(lookup.SourceTaken{N: s.N, URL: excerpt(s.URL, 500), Media: excerpt(s.Media, 100), Size: s.Size, Data: s.Data[:min(len(s.Data), 64<<10)]})
		}
	}
	taken(d)
	for i := range p.in.Others[:min(len(p.in.Others), 64)] {
		taken(&p.in.Others[i])
	}
}

// sourceKind is what a resource is by its media type.
func sourceKind(s *Source) string {
	media := strings.ToLower(s.Media)
	switch {
	case strings.HasPrefix(media, "text/css"):
		return "style"
	case strings.Contains(media, "javascript"):
		return "script"
	case strings.HasPrefix(media, "image/"):
		return "image"
	}
	return "other"
}

// grow reads tokens and builds the tree, arrival by arrival.
func (p *Page) grow(step lookup.Step, total *int64) {
	data := p.in.Document.Data
	if len(data) > p.limits.Octets {
		p.notes.bound("tree", "octets", p.limits.Octets)
		data = data[:p.limits.Octets]
	}
	arrivals := p.in.Document.Arrivals
	if len(arrivals) == 0 || arrivals[len(arrivals)-1].To < len(data) {
		arrivals = append(arrivals[:len(arrivals):len(arrivals)], Arrival{unknown, len(data)})
	}
	b := newBuilder(p.limits, &p.notes)
	r := readTokens(data, p.limits, &p.notes)
	told, toldTokens := 0, 0
	took := int64(0)
	from := 0
	recording := step.Recording()
	var ahead token
	more, held := true, false
	for i, a := range arrivals {
		end := min(a.To, len(data))
		last := i == len(arrivals)-1 || end == len(data)
		began := time.Now()
		f := lookup.TokensRead{N: p.in.Document.N, AtUs: us(a.At), From: from, To: end}
		b.made = b.made[:0]
		for more {
			if !held {
				ahead, more = r.next()
				if !more {
					break
				}
			}
			// A text is whole only when what comes after it is there.
			held = !last && (ahead.to > end || ahead.to == end && tokenKind(ahead) == "text")
			if held {
				break
			}
			b.token(ahead)
			f.Count++
			if recording && toldTokens < 2*p.limits.Told {
				toldTokens++
				f.Tokens = append(f.Tokens, ahead.told(b.touched))
			}
		}
		if last {
			b.finish()
		}
		b.settle()
		took += time.Since(began).Nanoseconds()
		step.Report(f)
		g := lookup.TreeGrown{N: p.in.Document.N, AtUs: us(a.At), Count: len(b.made), Of: len(b.t.nodes) - 1, Depth: b.t.depth}
		if i == 0 {
			g.Count++
			g.Nodes = append(g.Nodes, b.t.told(rootID))
		}
		for _, id := range b.made {
			if recording && told < p.limits.Told {
				told++
				g.Nodes = append(g.Nodes, b.t.told(id))
			}
		}
		step.Report(g)
		from = end
		if last {
			break
		}
	}
	p.tree = b.t
	// A tree that a bound cut off is not what the other parser reads.
	if len(p.notes.bounds) == 0 {
		if other, differ, ok := compare(p.tree, data, p.limits, &p.notes); ok {
			f := lookup.TreeCompared{N: p.in.Document.N, Equal: other == nil, Count: p.tree.count(), Depth: p.tree.depth}
			if other != nil {
				p.tree = other
				f.Count, f.Depth, f.Differ = len(other.nodes)-1, other.depth, differ
				for id := rootID; id < len(other.nodes) && len(f.Nodes) < p.limits.Told; id++ {
					f.Nodes = append(f.Nodes, other.told(id))
				}
			}
			step.Report(f)
		}
	}
	*total += took
	for c := p.tree.nodes[rootID].first; c != 0; c = p.tree.nodes[c].next {
		if p.tree.nodes[c].kind == elementNode {
			p.html = c
		}
	}
	p.bounded = p.bounded || len(p.notes.bounds) > 0
	p.notes.report(step)
	n := p.tree.count()
	step.Report(lookup.StageFinished{Drawing: p.number, Stage: "tree", Ran: true, Why: "first", Done: n, Of: n, TookNs: max(took, 1)})
}

// agentRules is the browser's own sheet, read once.
var agentRules = sync.OnceValue(func() []*rule {
	p := New(Input{}, Window{}, Limits{})
	s := &sheet{origin: "agent"}
	p.readSheet(s, agentSheet, 0)
	if len(p.notes.missed) > 0 {
		panic("draw: the agent's sheet has " + p.notes.missed[0].Name) // our own text
	}
	return s.rules
})

// readSheets reads the style sheets of the page in the order of the document.
func (p *Page) readSheets() {
	p.sheets, p.rules, p.declarations = nil, 0, 0
	own := &sheet{number: 1, origin: "agent", octets: len(agentSheet)}
	copies := make([]rule, len(agentRules()))
	for i, r := range agentRules() {
		copies[i] = *r
		copies[i].sheet = own
		own.rules = append(own.rules, &copies[i])
	}
	p.rules = len(own.rules)
	p.sheets = append(p.sheets, own)
	for id := rootID + 1; id < len(p.tree.nodes); id++ {
		n := &p.tree.nodes[id]
		if n.kind != elementNode || n.foreign || n.tag != "style" && !isSheet(n) {
			continue
		}
		if len(p.sheets) > p.limits.Sheets {
			p.notes.bound("rules", "sheets", p.limits.Sheets)
			return
		}
		s := &sheet{number: len(p.sheets) + 1, node: id}
		if v, has := n.attr("media"); has {
			s.text, s.media = v, parseMedia(v)
			if s.media.odd != "" {
				p.notes.miss("rules", "media", s.media.odd, p.in.Document.N, n.from, n.to)
			}
		}
		if n.tag == "style" {
			s.origin, s.n, s.url = "element", p.in.Document.N, p.in.Document.URL
			shift := 0
			if n.first != 0 {
				shift = max(p.tree.nodes[n.first].from, 0)
			}
			p.sheets = append(p.sheets, s)
			p.readSheet(s, p.tree.textBelow(id), shift)
			continue
		}
		s.origin, s.url = "link", p.absolute(n.get("href"))
		src := p.in.find(s.url)
		if !src.usable() || !strings.HasPrefix(strings.ToLower(src.Media), "text/css") {
			continue // it did not come, or is no style sheet
		}
		s.n = src.N
		p.sheets = append(p.sheets, s)
		p.readSheet(s, string(src.Data), 0)
	}
}

// applyMedia finds which rules apply in this window, how many depend on it, and whether
// any changed.
func (p *Page) applyMedia() (depend int, changed bool) {
	for _, s := range p.sheets {
		on := s.media == nil || s.media.holds(p.width, p.height)
		for _, r := range s.rules {
			applies := on
			asked := s.media != nil && s.media.byWidth
			for _, m := range r.media {
				applies = applies && m.holds(p.width, p.height)
				asked = asked || m.byWidth
			}
			if asked {
				depend++
			}
			changed = changed || applies != r.applies
			r.applies = applies
		}
	}
	return depend, changed
}

// restyleAll works out the style of every element.
func (p *Page) restyleAll() (done, of int) {
	n := len(p.tree.nodes)
	p.styles, p.matches = make([]*style, n), make([][]match, n)
	arena := make([]style, p.elements())
	p.match = matcher{t: p.tree, limit: p.limits.Tests}
	p.matched, p.found, p.byWindow = 0, 0, false
	for id := rootID + 1; id < n; id++ {
		if p.tree.nodes[id].kind != elementNode {
			continue
		}
		done++
		p.matches[id] = p.matching(id)
		p.styles[id] = &arena[done-1]
		*p.styles[id] = p.compute(id, p.matches[id])
	}
	if p.match.tests > p.limits.Tests {
		p.notes.bound("style", "tests", p.limits.Tests)
	}
	return done, done
}

// place runs layout and tells it.
func (p *Page) place(step lookup.Step, total *int64, why string) (moved bool) {
	var l layouter
	p.stage(step, total, "layout", why, func() (int, int) { l = p.layout(); return l.done, len(p.boxes) }, func() { step.Report(p.toldPlaces(&l)) })
	for _, b := range p.boxes {
		if b.was != [4]int{b.x, b.y, b.w, b.h} {
			moved = true
			if around := p.layerAround(b); around != nil {
				around.dirty = true
			}
		}
	}
	return moved
}

// paintLayers paints what needs it, and puts the layers together.
func (p *Page) paintLayers(step lookup.Step, total *int64, why string, dirty bool) {
	if formed := p.formLayers(); formed || dirty {
		var q painter
		p.stage(step, total, "paint", why, func() (int, int) { q = p.paint(); return q.ops, p.painted }, func() { step.Report(p.toldPaint()) })
	} else {
		p.keep(step, "paint", p.painted)
	}
	var list lookup.LayersFormed
	p.stage(step, total, "layers", why, func() (int, int) { list = p.toldLayers(); return len(p.layers), len(p.layers) }, func() { step.Report(list) })
}

func (p *Page) tellSheets(step lookup.Step) {
	told := 0
	for _, s := range p.sheets {
		f := lookup.SheetParsed{Sheet: s.number, Origin: s.origin, N: s.n, URL: excerpt(s.url, 500), Node: s.node, Media: excerpt(s.text, 120), Octets: s.octets, Count: len(s.rules), Dropped: s.dropped}
		for _, r := range s.rules {
			if told < p.limits.Told/2 {
				told++
				f.Rules = append(f.Rules, r.told())
			}
		}
		step.Report(f)
	}
}

// tellStyles tells the styles of some elements, nil for all.
func (p *Page) tellStyles(step lookup.Step, some []int) {
	f := lookup.StylesComputed{Tests: p.match.tests, Matches: p.matched}
	one := func(id int) {
		f.Count++
		if len(f.Nodes) < p.limits.Told/3 {
			f.Nodes = append(f.Nodes, p.toldStyle(id))
		}
	}
	if some == nil {
		for id := rootID + 1; id < len(p.tree.nodes); id++ {
			if p.tree.nodes[id].kind == elementNode {
				one(id)
			}
		}
	}
	for _, id := range some {
		one(id)
	}
	step.Report(f)
}

func (p *Page) tellBoxes(step lookup.Step) {
	for _, m := range p.images {
		step.Report(m.told())
	}
	step.Report(p.toldBoxes())
}
