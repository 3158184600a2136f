package draw

import (
	"strconv"
	"strings"

	"rootwalk/lookup"
)

// boxKind is what a box is to layout.
type boxKind uint8

const (
	blockBox boxKind = iota
	inlineBox
	inlineBlockBox
	textBox
	imageBox
	breakBox
	markerBox
	anonymousBox
)

var boxNames = [...]string{"block", "inline", "inlineBlock", "text", "image", "break", "marker", "anonymous"}

// box is a box of the render tree, and after layout its place: the border box, in
// hundredths of a px from the corner of the document.
type box struct {
	id     int
	kind   boxKind
	node   int // 0 for one without
	s      *style
	parent *box
	kids   []*box
	text   string // of a text or marker

	dirty   bool // layout must look at it again
	given   int  // the width that it was laid out in
	natural int  // width of its content with no line broken, -1 where it is not known
	lined   bool // its content is text and the like, on lines

	ox, oy                  int // where it was put, before it was moved from its place
	x, y, w, h              int
	margin, border, padding [4]int
	pieces                  []piece // of a text, on lines
	pixels                  [2]int  // of an image, px

	was [4]int // place and size in the drawing before
}

// piece is a part of a text on one line.
type piece struct {
	x, y, w, h, baseline int
	text                 string
}

// strut is a margin that has collapsed: the largest positive and the smallest negative
// one (CSS 2 §8.3.1).
type strut struct{ plus, minus int }

func (m strut) size() int { return m.plus + m.minus }

func (m strut) with(n int) strut {
	if n >= 0 {
		m.plus = max(m.plus, n)
	} else {
		m.minus = min(m.minus, n)
	}
	return m
}

func (m strut) and(o strut) strut {
	return strut{max(m.plus, o.plus), min(m.minus, o.minus)}
}

// inFlow reports whether a box takes part in the flow of its parent.
func (b *box) inFlow() bool {
	return b.s.position != "absolute" && b.s.position != "fixed" || b.borrows()
}

// borrows reports whether the style of a box is that of the element around it.
func (b *box) borrows() bool {
	return b.kind == textBox || b.kind == markerBox || b.kind == anonymousBox
}

func (b *box) blockLevel() bool {
	return b.kind == blockBox || b.kind == anonymousBox || b.kind == imageBox && b.s.display == "block"
}

type dropped struct {
	node int
	why  string
}

// maker makes the boxes of a page.
type maker struct {
	p       *Page
	count   int
	arena   []box
	dropped []dropped
	added   int
}

// makeBoxes makes the render tree anew.
func (p *Page) makeBoxes() {
	m := maker{p: p}
	p.counted = nil
	p.root = nil
	for c := p.tree.nodes[rootID].first; c != 0; c = p.tree.nodes[c].next {
		if b := m.node(c, nil); b != nil {
			p.root = b
		}
	}
	p.dropped, p.added = m.dropped, m.added
	p.boxes = p.boxes[:0]
	p.boxOf = make([]*box, len(p.tree.nodes))
	if p.root != nil {
		p.numberBoxes(p.root)
	}
}

// numberBoxes gives boxes their numbers, each before those that are in it.
func (p *Page) numberBoxes(b *box) {
	p.boxes = append(p.boxes, b)
	b.id = len(p.boxes)
	if b.node != 0 {
		p.boxOf[b.node] = b
	}
	for _, k := range b.kids {
		p.numberBoxes(k)
	}
}

func (m *maker) new(kind boxKind, node int, s *style, parent *box) *box {
	if m.count >= m.p.limits.Boxes {
		m.p.notes.bound("boxes", "boxes", m.p.limits.Boxes)
		return nil
	}
	if len(m.arena) == cap(m.arena) {
		m.arena = make([]box, 0, min(max(64, m.count), 1024))
	}
	m.count++
	m.arena = append(m.arena, box{kind: kind, node: node, s: s, parent: parent, dirty: true, natural: -1})
	return &m.arena[len(m.arena)-1]
}

func (m *maker) drop(node int, why string) *box {
	m.dropped = append(m.dropped, dropped{node, why})
	return nil
}

// replaced are elements whose content is not of the document: they are drawn as boxes of
// their size.
var (
	replaced    = groupOf("img svg video iframe canvas object embed")
	unsupported = groupOf("input select textarea audio frameset frame math meter progress")
	tables      = groupOf("table caption thead tbody tfoot tr td th")
)

// node makes the box of a node with all that is in it, nil for none.
func (m *maker) node(id int, parent *box) *box {
	p := m.p
	n := &p.tree.nodes[id]
	switch n.kind {
	case textNode:
		b := m.new(textBox, id, parent.s, parent)
		if b != nil {
			b.text = n.text
		}
		return b
	case commentNode:
		return m.drop(id, "comment")
	case doctypeNode:
		return m.drop(id, "doctype")
	}
	s := p.styles[id]
	switch {
	case s.display == "none" && n.tag == "head":
		return m.drop(id, "head")
	case s.display == "none":
		return m.drop(id, "hidden")
	case unsupported[n.tag]:
		p.notes.miss("layout", "element", n.tag, 0, n.from, n.to)
		return m.drop(id, "unsupported")
	}
	if parent == nil && n.kind != elementNode {
		return nil
	}
	if tables[n.tag] {
		p.notes.miss("layout", "element", n.tag, 0, n.from, n.to)
	}
	kind := inlineBox
	switch {
	case n.tag == "br":
		return m.new(breakBox, id, s, parent)
	case replaced[n.tag]:
		b := m.new(imageBox, id, s, parent)
		if b != nil {
			if n.tag != "img" {
				p.notes.miss("layout", "element", n.tag, 0, n.from, n.to)
			}
			b.pixels = p.imagePixels(id)
		}
		return b
	case s.display == "block", s.display == "list-item":
		kind = blockBox
	case s.display == "inline-block":
		kind = inlineBlockBox
	}
	b := m.new(kind, id, s, parent)
	if b == nil {
		return nil
	}
	if s.display == "list-item" && s.listStyle != "none" {
		if k := m.new(markerBox, 0, s, b); k != nil {
			k.text = p.markerText(id, s)
			m.added++
			b.kids = append(b.kids, k)
		}
	}
	for c := n.first; c != 0; c = p.tree.nodes[c].next {
		if k := m.node(c, b); k != nil {
			b.kids = append(b.kids, k)
		}
	}
	m.settle(b)
	return b
}

// settle gives a box children of one kind: where blocks stand in it, what is inline
// between them goes into boxes that no node stands for (CSS 2 §9.2.1.1).
func (m *maker) settle(b *box) {
	blocks := false
	for _, k := range b.kids {
		blocks = blocks || k.blockLevel() && k.inFlow()
	}
	if b.kind == inlineBox {
		if !blocks {
			return
		}
		b.kind = blockBox
		if n := m.p.tree.at(b.node); n.tag != "" {
			m.p.notes.miss("layout", "nesting", "<"+n.tag+"> + block", 0, n.from, n.to)
		}
	}
	if !blocks {
		b.lined = len(b.kids) > 0
		blank := true
		for _, k := range b.kids {
			blank = blank && k.kind == textBox && strings.TrimLeft(k.text, " \t\r\n\f") == "" && !keepsSpace(k.s)
		}
		if blank && b.kind == blockBox {
			for _, k := range b.kids {
				m.drop(k.node, "blank")
			}
			b.kids, b.lined = nil, false
		}
		return
	}
	var out, run []*box
	flush := func() {
		blank := true
		for _, k := range run {
			if k.kind == markerBox || !k.inFlow() {
				continue
			}
			blank = blank && k.kind == textBox && strings.TrimLeft(k.text, " \t\r\n\f") == "" && !keepsSpace(k.s)
		}
		switch {
		case blank:
			for _, k := range run {
				if k.kind == textBox {
					m.drop(k.node, "blank")
				} else {
					out = append(out, k)
				}
			}
		default:
			s := initialStyle
			s.inherited, s.display = b.s.inherited, "block"
			a := m.new(anonymousBox, 0, &s, b)
			if a == nil {
				out = append(out, run...)
				break
			}
			m.added++
			a.lined = true
			for _, k := range run {
				k.parent = a
			}
			a.kids = append(a.kids, run...)
			out = append(out, a)
		}
		run = run[:0]
	}
	for _, k := range b.kids {
		if k.blockLevel() && k.inFlow() {
			flush()
			out = append(out, k)
		} else {
			run = append(run, k)
		}
	}
	flush()
	b.kids = out
}

func keepsSpace(s *style) bool {
	return s.space == "pre" || s.space == "pre-wrap" || s.space == "pre-line"
}

// markerText is what stands before a list item.
func (p *Page) markerText(id int, s *style) string {
	switch s.listStyle {
	case "circle":
		return "◦"
	case "square":
		return "▪"
	case "decimal":
		up := p.tree.at(id).parent
		k := 1
		if v, err := strconv.Atoi(p.tree.at(up).get("start")); err == nil && v > -100_000 && v < 100_000 {
			k = v
		}
		if p.counted == nil {
			p.counted = map[int]int{}
		}
		if last, begun := p.counted[up]; begun {
			k = last + 1
		}
		p.counted[up] = k
		return strconv.Itoa(k) + "."
	}
	return "•"
}

// toldBoxes is the render tree as facts say it.
func (p *Page) toldBoxes() lookup.BoxesMade {
	f := lookup.BoxesMade{Count: len(p.boxes), Added: p.added}
	for _, b := range p.boxes[:min(len(p.boxes), p.limits.Told)] {
		one := lookup.RenderBox{ID: b.id, Node: b.node, Kind: boxNames[b.kind]}
		if b.parent != nil {
			one.Parent = b.parent.id
		}
		switch {
		case b.text != "":
			one.Name = excerpt(b.text, 32)
		case b.node != 0:
			one.Name = p.tree.label(b.node)
		}
		f.Boxes = append(f.Boxes, one)
	}
	for _, d := range p.dropped {
		with := p.tree.size(d.node)
		f.Lost += 1 + with
		if len(f.Dropped) < p.limits.Told/2 {
			f.Dropped = append(f.Dropped, lookup.DroppedNode{Node: d.node, Why: d.why, With: with})
		}
	}
	return f
}
