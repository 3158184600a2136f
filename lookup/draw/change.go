package draw

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"rootwalk/lookup"
)

// Errors of changes.
var (
	ErrChange = errors.New("draw: this cannot be changed")
	ErrNode   = errors.New("draw: the page has no such element")
	ErrValue  = errors.New("draw: this value is not understood")
)

// properties that changes set, by kind.
var changed = map[string]string{"colour": "color", "background": "background-color", "transform": "transform", "opacity": "opacity", "display": "display", "fontSize": "font-size"}

// Width of a window that can be asked for, in px.
const minWidth, maxWidth = 100, 4000

// Change changes one thing on a page that was drawn, and runs the stages that this makes
// necessary, each only on what needs it.
func (p *Page) Change(step lookup.Step, c lookup.PageChange) error {
	if p.tree == nil || p.root == nil {
		return ErrNode
	}
	if c.Kind == "width" {
		w, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(c.Value), "px"))
		if err != nil || w < minWidth || w > maxWidth {
			return ErrValue
		}
		p.changeWidth(step, c, w)
		return nil
	}
	if c.Node <= rootID || c.Node >= len(p.tree.nodes) || p.tree.at(c.Node).kind != elementNode {
		return ErrNode
	}
	if c.Kind == "text" {
		if len(c.Value) > maxText {
			return ErrValue
		}
		return p.changeText(step, c)
	}
	property, ok := changed[c.Kind]
	if !ok {
		return ErrChange
	}
	d := &declaration{property: property, value: strings.TrimSpace(c.Value), important: true, from: -1, to: -1}
	if d.sets, _ = longhands(property, d.value); d.sets == nil {
		return ErrValue
	}
	p.changeStyle(step, c, d)
	return nil
}

// start begins the next drawing.
func (p *Page) start(step lookup.Step, c lookup.PageChange, before string) {
	p.number++
	p.bounded = false
	f := lookup.ChangeMade{PageChange: c, Before: excerpt(before, 200)}
	f.Value = excerpt(c.Value, maxText)
	if c.Node != 0 {
		f.Name = p.tree.label(c.Node)
	}
	step.Report(f)
}

// changeWidth draws the page for another width of the window. Styles are worked out
// again only if other rules apply now, or something is measured in the window.
func (p *Page) changeWidth(step lookup.Step, c lookup.PageChange, width int) {
	p.start(step, c, strconv.Itoa(p.width/100))
	total := int64(0)
	p.width = width * 100
	p.keep(step, "tree", p.tree.count())
	other, depend := false, 0
	for _, s := range p.sheets {
		if s.media != nil && s.media.byWidth {
			depend++
		}
		for _, r := range s.rules {
			for _, m := range r.media {
				if m.byWidth {
					depend++
				}
			}
		}
	}
	if depend > 0 {
		p.stage(step, &total, "rules", "changed", func() (int, int) {
			depend, other = p.applyMedia()
			if other {
				p.indexRules()
			}
			return depend, p.rules
		}, nil)
	} else {
		p.keep(step, "rules", p.rules)
	}
	why := "depends"
	rebuild := false
	if other || p.byWindow {
		old := p.styles
		p.stage(step, &total, "style", "depends", p.restyleAll, func() { p.tellStyles(step, nil) })
		rebuild = p.restyled(old, nil).boxes
	} else {
		p.keep(step, "style", p.elements())
	}
	if rebuild {
		p.stage(step, &total, "boxes", "depends", func() (int, int) { p.makeBoxes(); return len(p.boxes), len(p.boxes) }, func() { p.tellBoxes(step) })
	} else {
		p.keep(step, "boxes", len(p.boxes))
		why = "changed" // the width is what layout starts from
	}
	for _, b := range p.boxes {
		if !b.inFlow() {
			p.soil(b)
		}
	}
	p.place(step, &total, why)
	if len(p.layers) > 0 {
		p.layers[0].dirty = true // the page itself is as wide as the window
	}
	p.paintLayers(step, &total, "depends", true)
	step.Report(p.end(total))
}

func (p *Page) elements() int {
	n := 0
	for i := range p.tree.nodes {
		if p.tree.nodes[i].kind == elementNode {
			n++
		}
	}
	return n
}

// effect is what other styles make necessary.
type effect struct{ boxes, layout, paint, layers bool }

// restyled compares styles with those before, for some elements or with nil for all. It
// soils the boxes that must be laid out again and the layers that must be painted again.
func (p *Page) restyled(old []*style, some []int) (e effect) {
	one := func(id int, before *style) {
		after := p.styles[id]
		if *after == *before {
			return
		}
		was, now := *before, *after
		if was.display != now.display || was.listStyle != now.listStyle || was.position != now.position {
			e.boxes = true
		}
		b := p.boxOf[id]
		// What differs once everything that is only painted is made equal?
		if was.transform != now.transform || was.opacity != now.opacity || was.willChange != now.willChange {
			e.layers = true
			was.transform, was.opacity, was.willChange = now.transform, now.opacity, now.willChange
		}
		painted := was
		painted.colour, painted.background, painted.tint, painted.underline, painted.visibility = now.colour, now.background, now.tint, now.underline, now.visibility
		painted.z, painted.zAuto = now.z, now.zAuto
		if painted != now {
			e.layout = true
			if b != nil {
				p.soil(b)
				for _, k := range b.kids {
					if k.borrows() {
						k.dirty, k.natural = true, -1
					}
				}
			}
		}
		if was != now {
			e.paint = true
			if l := p.layerAround(b); l != nil {
				l.dirty = true
			}
			if p.html == id || b != nil && p.canvasOf == b || b != nil && b.parent == p.root {
				p.layers[0].dirty = true
			}
		}
	}
	if some == nil {
		for id := range old {
			if p.tree.nodes[id].kind == elementNode {
				one(id, old[id])
			}
		}
		// Boxes keep the styles that they point at: those of now.
		for _, b := range p.boxes {
			p.adopt(b)
		}
		return e
	}
	for i, id := range some {
		one(id, old[i])
	}
	return e
}

// adopt gives a box the style of its element, or of the one around it, as it is now.
func (p *Page) adopt(b *box) {
	switch {
	case b.kind == anonymousBox:
		s := initialStyle
		s.inherited, s.display = b.parent.s.inherited, "block"
		b.s = &s
	case b.kind == textBox:
		b.s = p.styles[p.tree.at(b.node).parent]
	case b.kind == markerBox:
		b.s = b.parent.s
	default:
		b.s = p.styles[b.node]
	}
}

// soil has layout look at a box again, and at all around it.
func (p *Page) soil(b *box) {
	for ; b != nil; b = b.parent {
		b.dirty, b.natural = true, -1
	}
}

// changeStyle sets one property of one element, as its style attribute would.
func (p *Page) changeStyle(step lookup.Step, c lookup.PageChange, d *declaration) {
	p.start(step, c, p.now(c.Kind, c.Node))
	total := int64(0)
	p.keep(step, "tree", p.tree.count())
	p.keep(step, "rules", p.rules)
	list := slices.Clone(p.attributes(c.Node))
	list = slices.DeleteFunc(list, func(o *declaration) bool { return o.property == d.property && o.from < 0 })
	p.inlined[c.Node] = append(list, d)
	var done []int
	var old []*style
	p.match.tests, p.matched, p.found = 0, 0, 0
	p.stage(step, &total, "style", "changed", func() (int, int) {
		done, old = p.restyle(c.Node)
		return len(done), p.elements()
	}, func() { p.tellStyles(step, done) })
	e := p.restyled(old, done)
	p.redraw(step, &total, e)
	step.Report(p.end(total))
}

// restyle works out the style of one element again, and of those below it as far as
// what they inherit has changed.
func (p *Page) restyle(top int) (done []int, old []*style) {
	again := func(id int) (inherits bool) {
		before := *p.styles[id]
		p.matches[id] = p.matching(id)
		*p.styles[id] = p.compute(id, p.matches[id])
		done, old = append(done, id), append(old, &before)
		return before.inherited != p.styles[id].inherited
	}
	if again(top) {
		p.tree.walk(top, func(id int) bool { return p.tree.nodes[id].kind == elementNode && again(id) })
	}
	return done, old
}

// redraw runs the stages after style that an effect makes necessary.
func (p *Page) redraw(step lookup.Step, total *int64, e effect) {
	if e.boxes {
		p.stage(step, total, "boxes", "depends", func() (int, int) { p.makeBoxes(); return len(p.boxes), len(p.boxes) }, func() { p.tellBoxes(step) })
		e.layout, e.paint = true, true
	} else {
		p.keep(step, "boxes", len(p.boxes))
		for _, b := range p.boxes {
			if b.kind == anonymousBox {
				b.s.inherited = b.parent.s.inherited
			}
		}
	}
	if e.layout {
		for _, b := range p.boxes {
			if !b.inFlow() {
				p.soil(b)
			}
		}
		p.place(step, total, "depends")
		e.paint = true
		if len(p.layers) > 0 {
			p.layers[0].dirty = true
		}
	} else {
		p.keep(step, "layout", len(p.boxes))
	}
	p.paintLayers(step, total, "depends", e.paint)
}

// changeText puts one text in the place of all that is in an element.
func (p *Page) changeText(step lookup.Step, c lookup.PageChange) error {
	n := p.tree.at(c.Node)
	if n.foreign || voids[n.tag] || rawTags[n.tag] || n.tag == "html" || n.tag == "body" || n.tag == "head" {
		return ErrNode
	}
	p.start(step, c, p.now("text", c.Node))
	total := int64(0)
	only := n.first != 0 && n.first == n.last && p.tree.at(n.first).kind == textNode
	gone := p.tree.size(c.Node)
	grown := lookup.TreeGrown{N: p.in.Document.N, AtUs: -1, Count: 1}
	p.stage(step, &total, "tree", "changed", func() (int, int) {
		id := n.first
		if only {
			p.tree.nodes[id].text = c.Value
		} else {
			p.tree.empty(c.Node)
			id = p.tree.put(c.Node, node{kind: textNode, text: c.Value, from: -1, to: -1})
			p.styles, p.matches = append(p.styles, nil), append(p.matches, nil)
		}
		grown.Nodes = append(grown.Nodes, p.tree.told(id))
		grown.Of, grown.Depth = p.tree.count(), p.tree.depth
		return max(gone, 1), p.tree.count()
	}, func() { step.Report(grown) })
	p.keep(step, "rules", p.rules)
	p.keep(step, "style", p.elements())
	e := effect{layout: true, paint: true}
	if b := p.boxOf[c.Node]; only && b != nil {
		// White space alone may have no box.
		if k := p.boxOf[p.tree.at(c.Node).first]; k != nil && strings.TrimLeft(c.Value, " \t\r\n\f") != "" {
			k.text = c.Value
			p.soil(k)
			if l := p.layerAround(b); l != nil {
				l.dirty = true
			}
		} else {
			e.boxes = true
		}
	} else {
		e.boxes = true
	}
	p.redraw(step, &total, e)
	step.Report(p.end(total))
	return nil
}

// now is what stands where a change goes.
func (p *Page) now(kind string, id int) string {
	s := p.styles[id]
	switch kind {
	case "colour":
		return s.colour.String()
	case "background":
		return s.background.String()
	case "transform":
		return s.transform
	case "opacity":
		return thousandths(s.opacity)
	case "display":
		return s.display
	case "fontSize":
		return hundredths(s.fontSize) + "px"
	}
	return excerpt(p.tree.textBelow(id), 120)
}
