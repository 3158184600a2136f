package draw

import (
	"slices"
	"strconv"
	"strings"

	"rootwalk/lookup"
)

// op is one thing that is painted.
type op struct {
	kind       string
	b          *box
	tint       colour
	text       string
	x, y, w, h int
	size       int
}

// entry is a thing to paint, or a layer that comes at this place.
type entry struct {
	op    op
	layer *layer
}

// layer is what is painted by itself and can be moved or faded as a whole.
type layer struct {
	id      int
	b       *box
	why     []string
	entries []entry
	ops     int
	dirty   bool
}

// reasons are why a box has a layer of its own.
func (b *box) reasons() []string {
	var why []string
	if b.s.transform != "none" && b.transformable() {
		why = append(why, "transform")
	}
	if b.s.opacity < 1000 {
		why = append(why, "opacity")
	}
	if b.s.position == "fixed" {
		why = append(why, "fixed")
	}
	if strings.Contains(b.s.willChange, "transform") || strings.Contains(b.s.willChange, "opacity") {
		why = append(why, "willChange")
	}
	return why
}

// transformable reports whether a transform has an effect on a box: on those of inline
// text it has none.
func (b *box) transformable() bool {
	return b.kind != inlineBox && !b.borrows()
}

// context reports whether a box paints all that is in it together (CSS 2 §9.9, CSS
// Transforms, CSS Color).
func (b *box) context() bool {
	if b.parent == nil {
		return true
	}
	if b.borrows() {
		return false
	}
	s := b.s
	return s.position == "fixed" || s.position != "static" && !s.zAuto || s.opacity < 1000 || b.transformable() && s.transform != "none" ||
		strings.Contains(s.willChange, "transform") || strings.Contains(s.willChange, "opacity")
}

// painter paints layers.
type painter struct {
	p     *Page
	now   *layer
	ops   int // painted just now
	fresh int // layers painted just now
}

// formLayers finds which boxes have layers of their own. Layers that were there before
// stay what they were.
func (p *Page) formLayers() (changed bool) {
	old := map[*box]*layer{}
	for _, l := range p.layers {
		old[l.b] = l
	}
	var list []*layer
	for _, b := range p.boxes {
		var why []string
		switch {
		case b.parent == nil:
			why = []string{"root"}
		case b.context():
			why = b.reasons()
		}
		if len(why) == 0 {
			continue
		}
		if len(list) >= p.limits.Layers {
			p.notes.bound("layers", "layers", p.limits.Layers)
			break
		}
		l := old[b]
		if l == nil {
			l = &layer{b: b, dirty: true}
			changed = true
		}
		l.why = why
		list = append(list, l)
	}
	if len(list) != len(p.layers) {
		changed = true
	}
	if changed {
		p.layerOf = map[*box]*layer{}
		for i, l := range list {
			l.id, l.dirty = i+1, true
			p.layerOf[l.b] = l
		}
	}
	p.layers = list
	return changed
}

// layerAround is the layer that a box is painted into.
func (p *Page) layerAround(b *box) *layer {
	for ; b != nil; b = b.parent {
		if l := p.layerOf[b]; l != nil {
			return l
		}
	}
	return nil
}

// paint paints the layers that need it (CSS 2 Appendix E) and leaves the others.
func (p *Page) paint() painter {
	q := painter{p: p}
	total := 0
	for _, l := range p.layers {
		if l.dirty {
			q.now = l
			l.entries, l.ops, l.dirty = l.entries[:0], 0, false
			q.fresh++
			q.context(l.b)
		}
		total += l.ops
	}
	p.painted = total
	return q
}

func (q *painter) op(o op) {
	if q.ops >= q.p.limits.Ops {
		q.p.notes.bound("paint", "ops", q.p.limits.Ops)
		return
	}
	q.ops++
	q.now.ops++
	q.now.entries = append(q.now.entries, entry{op: o})
}

// context paints a stacking context: its own background, what lies below, blocks, text,
// what is positioned, what lies above.
func (q *painter) context(b *box) {
	var below, level, over []*box
	q.collect(b, &below, &level, &over)
	byZ := func(a, c *box) int { return z(a) - z(c) }
	slices.SortStableFunc(below, byZ)
	slices.SortStableFunc(over, byZ)
	q.backgrounds(b)
	for _, k := range below {
		q.nested(k)
	}
	for _, k := range b.kids {
		q.blocks(k)
	}
	q.inline(b)
	for _, k := range level {
		q.nested(k)
	}
	for _, k := range over {
		q.nested(k)
	}
}

func z(b *box) int {
	if b.s.position == "static" {
		return 0
	}
	return b.s.z
}

// apart reports whether a box is painted after the flow that it stands in.
func (b *box) apart() bool {
	return b.context() || b.s.position != "static" && !b.borrows()
}

// collect finds what a context paints apart: other contexts, and what is positioned.
func (q *painter) collect(b *box, below, level, over *[]*box) {
	for _, k := range b.kids {
		if !k.apart() {
			q.collect(k, below, level, over)
			continue
		}
		switch n := z(k); {
		case k.context() && n < 0:
			*below = append(*below, k)
		case k.context() && n > 0:
			*over = append(*over, k)
		default:
			*level = append(*level, k)
			if !k.context() { // what is in it may lie in other places of this context
				var low, high []*box
				q.collect(k, &low, level, &high)
				*below, *over = append(*below, low...), append(*over, high...)
			}
		}
	}
}

// nested paints a context, or a positioned box, inside another: in a layer of its own
// if it has one.
func (q *painter) nested(b *box) {
	if l := q.p.layerOf[b]; l != nil {
		q.now.entries = append(q.now.entries, entry{layer: l})
		return
	}
	if b.context() {
		q.context(b)
		return
	}
	q.backgrounds(b)
	for _, k := range b.kids {
		q.blocks(k)
	}
	q.inline(b)
}

// blocks paints the backgrounds and borders of blocks in the flow.
func (q *painter) blocks(b *box) {
	if b.apart() || !b.blockLevel() {
		return
	}
	if b.kind != imageBox {
		q.backgrounds(b)
	}
	for _, k := range b.kids {
		q.blocks(k)
	}
}

// inline paints text, pictures and inline boxes in the flow.
func (q *painter) inline(b *box) {
	for _, k := range b.kids {
		if k.apart() {
			continue
		}
		switch k.kind {
		case inlineBox, inlineBlockBox:
			q.backgrounds(k)
			if k.kind == inlineBlockBox {
				for _, o := range k.kids {
					q.blocks(o)
				}
			}
		case imageBox:
			q.backgrounds(k)
			if k.s.visibility == "visible" {
				q.op(op{kind: "image", b: k, x: k.x + k.edge(left), y: k.y + k.edge(top), w: k.innerW(), h: max(k.h-k.edge(top)-k.edge(bottom), 0)})
			}
		case textBox, markerBox:
			q.text(k)
		}
		q.inline(k)
	}
	if b.kind == imageBox && b.parent != nil && b.apart() && b.s.visibility == "visible" {
		q.op(op{kind: "image", b: b, x: b.x + b.edge(left), y: b.y + b.edge(top), w: b.innerW(), h: max(b.h-b.edge(top)-b.edge(bottom), 0)})
	}
}

func (q *painter) text(k *box) {
	if k.s.visibility != "visible" || k.s.colour.a == 0 {
		return
	}
	kind := "text"
	if k.kind == markerBox {
		kind = "marker"
	}
	for _, t := range k.pieces {
		q.op(op{kind: kind, b: k, tint: k.s.colour, text: t.text, x: t.x, y: t.y, w: t.w, h: t.h, size: k.s.fontSize})
		if k.s.underline && k.kind == textBox {
			q.op(op{kind: "underline", b: k, tint: k.s.colour, x: t.x, y: t.baseline + k.s.fontSize/10, w: t.w, h: max(k.s.fontSize/16, 100)})
		}
	}
}

// backgrounds paints what lies under the content of a box.
func (q *painter) backgrounds(b *box) {
	s := b.s
	if b.kind == anonymousBox || s.visibility != "visible" {
		return
	}
	if b.parent == nil {
		q.canvas(b)
	} else if s.background.a != 0 && b != q.p.canvasOf {
		q.op(op{kind: "background", b: b, tint: s.background, x: b.x, y: b.y, w: b.w, h: b.h})
	}
	for i := range 4 {
		w := b.border[i]
		if w == 0 || s.tint[i].a == 0 {
			continue
		}
		o := op{kind: "border", b: b, tint: s.tint[i], x: b.x, y: b.y, w: b.w, h: w}
		switch i {
		case right:
			o.x, o.w, o.h = b.x+b.w-w, w, b.h
		case bottom:
			o.y = b.y + b.h - w
		case left:
			o.w, o.h = w, b.h
		}
		q.op(o)
	}
}

// canvas paints the background of the whole page: that of the root, or else of the body
// (CSS Backgrounds §2.11.2).
func (q *painter) canvas(b *box) {
	p := q.p
	p.canvasOf = nil
	tint := b.s.background
	if tint.a == 0 {
		for _, k := range b.kids {
			if k.node != 0 && p.tree.at(k.node).tag == "body" && k.s.background.a != 0 {
				tint, p.canvasOf = k.s.background, k
			}
		}
	}
	if tint.a != 0 {
		q.op(op{kind: "background", b: b, tint: tint, w: p.width, h: max(p.bottom, p.height)})
	}
}

// toldPaint is the order of painting as facts say it.
func (p *Page) toldPaint() lookup.PaintOrdered {
	f := lookup.PaintOrdered{Count: p.painted}
	var tell func(l *layer)
	tell = func(l *layer) {
		for _, e := range l.entries {
			if len(f.Ops) >= p.limits.Told {
				return
			}
			if e.layer != nil {
				tell(e.layer)
				continue
			}
			o := e.op
			one := lookup.PaintOp{Kind: o.kind, Box: o.b.id, Layer: l.id, X: o.x, Y: o.y, W: o.w, H: o.h, Size: o.size, Text: excerpt(o.text, 160)}
			if o.kind != "image" {
				one.Colour = o.tint.String()
			}
			f.Ops = append(f.Ops, one)
		}
	}
	if len(p.layers) > 0 {
		tell(p.layers[0])
	}
	return f
}

// toldLayers are the layers as facts say them.
func (p *Page) toldLayers() lookup.LayersFormed {
	f := lookup.LayersFormed{Count: len(p.layers)}
	for _, l := range p.layers {
		b := l.b
		one := lookup.PageLayer{ID: l.id, Node: b.node, Box: b.id, Why: l.why, Ops: l.ops, X: b.x, Y: b.y, W: b.w, H: b.h, Transform: excerpt(b.s.transform, 120), Opacity: thousandths(b.s.opacity)}
		if b.parent == nil {
			one.W, one.H = p.width, max(p.bottom, p.height)
		}
		f.Layers = append(f.Layers, one)
	}
	return f
}

func thousandths(n int) string { return strconv.FormatFloat(float64(n)/1000, 'f', -1, 64) }
