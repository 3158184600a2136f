package draw

import "rootwalk/lookup"

// layouter gives boxes their places (CSS 2 §9 and §10): blocks one below the other, text
// on lines, images, what is positioned. A box that nothing changed about, and that gets
// the same width as before, is moved as it is.
type layouter struct {
	p    *Page
	done int // boxes that were laid out
	kept int // and those that were moved or left as they are
	text int // pieces of text
}

const (
	top = iota
	right
	bottom
	left
)

// layout gives all boxes their places.
func (p *Page) layout() layouter {
	l := layouter{p: p}
	if p.root == nil {
		return l
	}
	for _, b := range p.boxes {
		b.was = [4]int{b.x, b.y, b.w, b.h}
	}
	l.prepare(p.root, p.width)
	l.block(p.root, 0, p.root.margin[top], p.width)
	for _, b := range p.boxes {
		if !b.inFlow() {
			l.positioned(b)
		}
	}
	p.bottom = p.root.y + p.root.h + p.root.margin[bottom]
	for _, b := range p.boxes {
		if b.s.position != "fixed" { // that stays in the window
			p.bottom = max(p.bottom, b.y+b.h)
		}
	}
	return l
}

// own reports whether a box lays its content out on its own: no margin collapses out of
// it.
func (b *box) own() bool {
	return b.parent == nil || b.kind == inlineBlockBox || b.kind == imageBox || !b.inFlow() || b.s.overflow != "visible"
}

func (b *box) edge(side int) int { return b.border[side] + b.padding[side] }

// innerW is the width of its content.
func (b *box) innerW() int { return max(b.w-b.edge(left)-b.edge(right), 0) }

// prepare works out the edges of a box and its width, in so much.
func (l *layouter) prepare(b *box, given int) {
	s := b.s
	for i := range 4 {
		b.margin[i], b.padding[i], b.border[i] = s.margin[i].of(given, 0), s.padding[i].of(given, 0), s.border[i]
	}
	across := b.edge(left) + b.edge(right)
	if b.kind == imageBox {
		b.w, b.h = l.imageSize(b, given)
		b.w, b.h = b.w+across, b.h+b.edge(top)+b.edge(bottom)
	} else {
		content := func(e extent, auto int) int {
			if e.auto() {
				return auto
			}
			w := e.of(given, 0)
			if s.borderBox {
				w = max(w-across, 0)
			}
			return w
		}
		auto := given - b.margin[left] - b.margin[right] - across
		if b.kind == inlineBlockBox || !b.inFlow() {
			if s.width.auto() && !(!s.inset[left].auto() && !s.inset[right].auto() && !b.inFlow()) {
				auto = min(auto, l.wants(b))
			} else if !b.inFlow() {
				auto = given - s.inset[left].of(given, 0) - s.inset[right].of(given, 0) - b.margin[left] - b.margin[right] - across
			}
		}
		w := content(s.width, auto)
		w = min(w, content(s.maxW, maxLength))
		w = max(w, content(s.minW, 0), 0)
		b.w = min(w+across, maxLength)
	}
	if b.blockLevel() && b.inFlow() {
		spare := given - b.w - b.margin[left] - b.margin[right]
		autoL, autoR := s.margin[left].auto(), s.margin[right].auto()
		switch {
		case spare > 0 && autoL && autoR:
			b.margin[left] = spare / 2
		case spare > 0 && autoL:
			b.margin[left] = spare
		}
	}
}

// wants is how wide the content of a box would be with no line broken.
func (l *layouter) wants(b *box) int {
	if b.natural >= 0 && !b.dirty {
		return b.natural
	}
	w := 0
	if b.lined {
		w = l.lines(b, 0, 0, maxLength, true)
	} else {
		for _, k := range b.kids {
			if !k.inFlow() || k.kind == markerBox {
				continue
			}
			s := k.s
			inner := 0
			switch {
			case k.kind == imageBox:
				inner, _ = l.imageSize(k, 0)
			case s.width.unit == uPx:
				inner = s.width.n
			default:
				inner = l.wants(k)
			}
			if s.maxW.unit == uPx {
				inner = min(inner, s.maxW.n)
			}
			inner = max(inner, s.minW.of(0, 0))
			w = max(w, inner+s.margin[left].of(0, 0)+s.margin[right].of(0, 0)+s.padding[left].of(0, 0)+s.padding[right].of(0, 0)+s.border[left]+s.border[right])
		}
	}
	b.natural = w
	return w
}

// joinsTop reports whether the margin of a first child becomes the box's own.
func (b *box) joinsTop() bool { return !b.own() && !b.lined && b.edge(top) == 0 }

func (b *box) joinsBottom() bool {
	return !b.own() && !b.lined && b.edge(bottom) == 0 && b.s.height.auto() && b.s.minH.of(0, 0) == 0
}

// hollow reports whether a box has no height of its own: its margins collapse through it.
func (b *box) hollow() bool {
	if b.own() || b.lined || b.edge(top)+b.edge(bottom) != 0 || b.s.height.of(0, 0) != 0 || b.s.minH.of(0, 0) != 0 {
		return false
	}
	for _, k := range b.kids {
		if k.inFlow() && k.kind != markerBox && !k.hollow() {
			return false
		}
	}
	return true
}

// above is the margin over a box, with those that collapse into it.
func (l *layouter) above(b *box) strut {
	m := strut{}.with(b.margin[top])
	if b.joinsTop() {
		for _, k := range b.kids {
			if !k.inFlow() || k.kind == markerBox {
				continue
			}
			l.prepare(k, b.innerW())
			if !k.hollow() {
				m = m.and(l.above(k))
				break
			}
			m = m.and(l.through(k))
		}
	}
	return m
}

// through is the margin of a hollow box with all that is in it.
func (l *layouter) through(b *box) strut {
	m := strut{}.with(b.margin[top]).with(b.margin[bottom])
	for _, k := range b.kids {
		if k.inFlow() && k.kind != markerBox {
			l.prepare(k, b.innerW())
			m = m.and(l.through(k))
		}
	}
	return m
}

func (l *layouter) below(b *box) strut {
	m := strut{}.with(b.margin[bottom])
	if b.joinsBottom() {
		for i := len(b.kids) - 1; i >= 0; i-- {
			k := b.kids[i]
			if !k.inFlow() || k.kind == markerBox {
				continue
			}
			if !k.hollow() {
				m = m.and(l.below(k))
				break
			}
			m = m.and(l.through(k))
		}
	}
	return m
}

// block lays a box out with its border box at y, in a containing block from x on that is
// so wide. Prepare comes before it.
func (l *layouter) block(b *box, x, y, given int) {
	if !b.dirty && b.given == given {
		l.kept++
		l.move(b, x-b.ox, y-b.oy)
		b.ox, b.oy = x, y
		return
	}
	l.done++
	b.ox, b.oy, b.given, b.dirty = x, y, given, false
	b.x, b.y = x+b.margin[left], y
	if b.kind == imageBox {
		l.relative(b, given)
		return
	}
	inner, from := b.innerW(), b.y+b.edge(top)
	end := from
	switch {
	case b.lined:
		end += l.lines(b, b.x+b.edge(left), from, inner, false)
	default:
		end = l.blocks(b, b.x+b.edge(left), from, inner)
	}
	h := end - from
	content := func(e extent, auto int) int {
		if e.unit != uPx { // a percentage of a height that the content decides is none
			return auto
		}
		if b.s.borderBox {
			return max(e.n-b.edge(top)-b.edge(bottom), 0)
		}
		return e.n
	}
	h = content(b.s.height, h)
	h = min(h, content(b.s.maxH, maxLength))
	h = max(h, content(b.s.minH, 0))
	b.h = min(h+b.edge(top)+b.edge(bottom), maxLength)
	l.relative(b, given)
}

// relative moves a box from its place, with what is in it.
func (l *layouter) relative(b *box, given int) {
	if b.s.position != "relative" {
		return
	}
	dx, dy := b.s.inset[left].of(given, 0), b.s.inset[top].of(0, 0)
	if b.s.inset[left].auto() {
		dx = -b.s.inset[right].of(given, 0)
	}
	if b.s.inset[top].auto() {
		dy = -b.s.inset[bottom].of(0, 0)
	}
	l.move(b, dx, dy)
}

// move moves a box with what is in it.
func (l *layouter) move(b *box, dx, dy int) {
	if dx == 0 && dy == 0 {
		return
	}
	b.x, b.y = b.x+dx, b.y+dy
	for i := range b.pieces {
		b.pieces[i].x += dx
		b.pieces[i].y += dy
		b.pieces[i].baseline += dy
	}
	for _, k := range b.kids {
		k.ox, k.oy = k.ox+dx, k.oy+dy
		l.move(k, dx, dy)
	}
}

// blocks lays children out one below the other and returns where their content ends.
func (l *layouter) blocks(b *box, x, y, given int) int {
	var run strut
	joined := b.joinsTop() // the margin of what comes first is the box's own
	at := y
	for _, k := range b.kids {
		switch {
		case k.kind == markerBox:
			continue
		case !k.inFlow():
			k.ox, k.oy = x, at+run.size() // where it would stand
			continue
		}
		l.prepare(k, given)
		if k.hollow() {
			y := at
			if !joined {
				y += run.and(l.above(k)).size()
			}
			run = run.and(l.through(k))
			l.block(k, x, y, given)
			continue
		}
		if joined {
			joined = false
		} else {
			at += run.and(l.above(k)).size()
		}
		l.block(k, x, at, given)
		at += k.h
		run = l.below(k)
	}
	if !joined && !b.joinsBottom() {
		at += run.size()
	}
	for _, k := range b.kids {
		if k.kind == markerBox {
			l.marker(k, x, l.firstBaseline(b))
		}
	}
	return at
}

// marker puts the marker of a list item to the left of its content.
func (l *layouter) marker(k *box, x, baseline int) {
	f := k.s.font()
	w := f.width(k.text)
	k.x, k.w, k.y, k.h = x-w-f.size/2, w, baseline-f.ascent, f.ascent+f.descent
	k.pieces = append(k.pieces[:0], piece{k.x, k.y, k.w, k.h, baseline, k.text})
	k.dirty = false
	l.done++
}

// firstBaseline is the baseline of the first line in a box, or where one would be.
func (l *layouter) firstBaseline(b *box) int {
	f := b.s.font()
	for _, k := range b.kids {
		if k.kind != markerBox && k.inFlow() {
			if y, ok := baseline(k, true); ok {
				return y
			}
		}
	}
	return b.y + b.edge(top) + (b.s.lineHeight(f)-f.ascent-f.descent)/2 + f.ascent
}

// baseline is that of the first or last line in a box.
func baseline(b *box, first bool) (int, bool) {
	if len(b.pieces) > 0 {
		if first {
			return b.pieces[0].baseline, true
		}
		return b.pieces[len(b.pieces)-1].baseline, true
	}
	for i := range b.kids {
		k := b.kids[i]
		if !first {
			k = b.kids[len(b.kids)-1-i]
		}
		if k.kind == markerBox || !k.inFlow() {
			continue
		}
		if y, ok := baseline(k, first); ok {
			return y, true
		}
	}
	return 0, false
}

// positioned lays out a box that is in no flow, in its containing block.
func (l *layouter) positioned(b *box) {
	cx, cy, cw, ch := 0, 0, l.p.width, l.p.height
	if b.s.position == "absolute" {
		for o := b.parent; o != nil; o = o.parent {
			if o.s.position != "static" && o.kind != anonymousBox || o.s.transform != "none" && o.kind != anonymousBox {
				cx, cy = o.x+o.border[left], o.y+o.border[top]
				cw, ch = o.w-o.border[left]-o.border[right], o.h-o.border[top]-o.border[bottom]
				break
			}
		}
	}
	x, y := b.ox, b.oy
	if b.parent != nil && b.given == 0 && x == 0 && y == 0 {
		x, y = b.parent.x+b.parent.edge(left), b.parent.y+b.parent.edge(top)
	}
	l.prepare(b, cw)
	s := b.s
	switch {
	case !s.inset[left].auto():
		x = cx + s.inset[left].of(cw, 0)
	case !s.inset[right].auto():
		x = cx + cw - s.inset[right].of(cw, 0) - b.w - b.margin[left] - b.margin[right]
	}
	if !s.inset[top].auto() {
		y = cy + s.inset[top].of(ch, 0) + b.margin[top]
	}
	l.block(b, x, y, cw)
	if s.inset[top].auto() && !s.inset[bottom].auto() {
		to := cy + ch - s.inset[bottom].of(ch, 0) - b.h - b.margin[bottom]
		l.move(b, 0, to-b.y)
		b.oy = b.y
	}
}

// imageSize is the size of a picture's content (CSS 2 §10.3.2): what is not said of it
// follows from its own shape.
func (l *layouter) imageSize(b *box, given int) (w, h int) {
	s := b.s
	w, h = b.pixels[0]*100, b.pixels[1]*100
	ratioW, ratioH := w, h
	fixedW, fixedH := !s.width.auto() && (s.width.unit == uPx || given > 0), s.height.unit == uPx
	switch {
	case fixedW && fixedH:
		w, h = s.width.of(given, 0), s.height.n
	case fixedW:
		w = s.width.of(given, 0)
		if ratioW > 0 {
			h = bound(int64(w) * int64(ratioH) / int64(ratioW))
		}
	case fixedH:
		h = s.height.n
		if ratioH > 0 {
			w = bound(int64(h) * int64(ratioW) / int64(ratioH))
		}
	}
	limit := maxLength
	if s.maxW.unit == uPx || s.maxW.unit == uPercent && given > 0 {
		limit = s.maxW.of(given, maxLength)
	}
	if w > limit {
		if s.height.auto() && w > 0 {
			h = bound(int64(h) * int64(limit) / int64(w))
		}
		w = limit
	}
	return w, h
}

// toldPlaces is the layout as facts say it.
func (p *Page) toldPlaces(l *layouter) lookup.BoxesPlaced {
	f := lookup.BoxesPlaced{Width: p.width, Height: p.bottom, Count: len(p.boxes), Skipped: l.kept}
	list := func(v [4]int) []int {
		if v == [4]int{} {
			return nil
		}
		return []int{v[0], v[1], v[2], v[3]}
	}
	f.Boxes = make([]lookup.PlacedBox, 0, min(len(p.boxes), p.limits.Told))
	for _, b := range p.boxes {
		if b.was != [4]int{b.x, b.y, b.w, b.h} {
			f.Moved++
		}
		f.Pieces += len(b.pieces)
		if len(f.Boxes) < p.limits.Told {
			f.Boxes = append(f.Boxes, lookup.PlacedBox{Box: b.id, X: b.x, Y: b.y, W: b.w, H: b.h, Margin: list(b.margin), Border: list(b.border), Padding: list(b.padding)})
		}
		for _, t := range b.pieces {
			if len(f.Lines) < p.limits.Told {
				f.Lines = append(f.Lines, lookup.TextLine{Box: b.id, X: t.x, Y: t.y, W: t.w, H: t.h, Baseline: t.baseline, Text: excerpt(t.text, 160)})
			}
		}
	}
	return f
}
