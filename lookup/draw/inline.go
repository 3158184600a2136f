package draw

import (
	"unicode/utf8"
)

// item is something on a line: a part of a text, a picture, a box.
type item struct {
	b              *box
	text           string
	x, w           int
	ascent, height int // of what is painted
	over, under    int // what it takes of the line over and under the baseline
}

// liner fills the lines of one box.
type liner struct {
	l        *layouter
	b        *box
	x, y     int
	width    int
	measure  bool // nothing is placed: only the widest line is wanted
	items    []item
	at       int // where the next thing goes, from x
	space    int // width of a space that goes before the next word, if that comes on this line
	spaceIn  *box
	spaced   bool // white space that follows is not shown
	widest   int
	font     font // of the last text
	fontOf   *style
	baseOver int // what a line of the box takes at least
	baseUnd  int
}

// lines puts the content of a box on lines and returns how high they are together; with
// measure, how wide the widest is.
func (l *layouter) lines(b *box, x, y, width int, measure bool) int {
	n := liner{l: l, b: b, x: x, y: y, width: width, measure: measure, spaced: true}
	f := b.s.font()
	n.baseOver, n.baseUnd = halves(f.ascent, f.descent, b.s.lineHeight(f))
	n.at = b.s.indent.of(width, 0)
	for _, k := range b.kids {
		n.content(k)
	}
	n.endLine(false)
	if measure {
		return n.widest
	}
	for _, k := range b.kids {
		n.extent(k)
	}
	for _, k := range b.kids {
		if k.kind == markerBox {
			l.marker(k, x, l.firstBaseline(b))
		}
	}
	return n.y - y
}

// halves shares what a line is higher than its font between over and under.
func halves(ascent, descent, height int) (over, under int) {
	lead := height - ascent - descent
	half := lead / 2
	if half = half / 100 * 100; lead < 0 && half*2 != lead { // whole px, as browsers do
		half -= 100
	}
	return ascent + half, height - ascent - half
}

// content takes one box.
func (n *liner) content(k *box) {
	if k.kind == markerBox {
		return
	}
	if !k.inFlow() {
		if !n.measure {
			k.ox, k.oy = n.x+n.at, n.y
		}
		return
	}
	if !n.measure {
		if k.kind != inlineBlockBox && k.kind != imageBox {
			k.dirty, k.given = false, n.width
			n.l.done++
		}
		k.pieces = k.pieces[:0]
	}
	switch k.kind {
	case textBox:
		n.words(k)
	case breakBox:
		n.endLine(true)
		k.x, k.y, k.w, k.h = n.x, n.y, 0, 0
	case imageBox, inlineBlockBox:
		n.atom(k)
	case inlineBox:
		n.l.prepareInline(k, n.width)
		n.at += k.margin[left] + k.edge(left)
		for _, o := range k.kids {
			n.content(o)
		}
		n.at += k.margin[right] + k.edge(right)
	}
}

func (l *layouter) prepareInline(k *box, given int) {
	for i := range 4 {
		k.margin[i], k.padding[i], k.border[i] = k.s.margin[i].of(given, 0), k.s.padding[i].of(given, 0), k.s.border[i]
	}
}

// atom puts a picture or a box on the line.
func (n *liner) atom(k *box) {
	given := n.width
	if n.measure {
		given = 0
		if k.kind == imageBox {
			for i := range 4 {
				k.padding[i], k.border[i], k.margin[i] = k.s.padding[i].of(0, 0), k.s.border[i], k.s.margin[i].of(0, 0)
			}
			k.w, k.h = n.l.imageSize(k, 0)
			k.w += k.edge(left) + k.edge(right)
		} else {
			w := n.l.wants(k)
			if k.s.width.unit == uPx {
				w = k.s.width.n
			}
			k.w = w + k.s.padding[left].of(0, 0) + k.s.padding[right].of(0, 0) + k.s.border[left] + k.s.border[right]
			k.margin[left], k.margin[right] = k.s.margin[left].of(0, 0), k.s.margin[right].of(0, 0)
		}
	} else {
		n.l.prepare(k, given)
	}
	w := k.w + k.margin[left] + k.margin[right]
	n.make(w)
	it := item{b: k, x: n.at, w: w}
	if !n.measure {
		n.l.block(k, n.x+n.at, n.y, given)
		it.over = k.h + k.margin[top] + k.margin[bottom]
		if k.kind == inlineBlockBox {
			if y, ok := baseline(k, false); ok {
				it.over = y - k.y + k.margin[top]
				it.under = k.h + k.margin[top] + k.margin[bottom] - it.over
			}
		}
	}
	n.items = append(n.items, it)
	n.at += w
	n.spaced = false
}

// make makes room for something: the line ends before it if it does not fit.
func (n *liner) make(w int) {
	if n.at+n.space+w > n.width && len(n.items) > 0 {
		n.endLine(false)
		return
	}
	n.join()
}

// join puts the space that waits on the line.
func (n *liner) join() {
	if n.space == 0 {
		return
	}
	if last := len(n.items) - 1; last >= 0 && n.items[last].b == n.spaceIn {
		n.items[last].text += " "
		n.items[last].w += n.space
	}
	n.at += n.space
	n.space = 0
}

// words puts a text on lines, word by word.
func (n *liner) words(k *box) {
	if n.fontOf != k.s {
		n.font, n.fontOf = k.s.font(), k.s
	}
	keep := k.s.space == "pre" || k.s.space == "pre-wrap"
	breaks := keep || k.s.space == "pre-line"
	wraps := k.s.space != "pre" && k.s.space != "nowrap"
	s := k.text
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '\n' && breaks:
			n.endLine(true)
			i++
			continue
		case isSpace(rune(c)) && !keep:
			for i < len(s) && isSpace(rune(s[i])) && !(s[i] == '\n' && breaks) {
				i++
			}
			if !n.spaced {
				n.space, n.spaceIn, n.spaced = n.font.width(" "), k, true
			}
			continue
		}
		// A word: to the next space, or to where a line may break in it.
		j := i
		for j < len(s) {
			r, size := rune(s[j]), 1
			if r >= utf8.RuneSelf {
				r, size = utf8.DecodeRuneInString(s[j:])
			}
			if r == '\n' && breaks || isSpace(r) && !keep {
				break
			}
			if wraps && wide(r) {
				if j == i {
					j += size
				}
				break
			}
			j += size
			if wraps && (r == '-' || keep && r == ' ') {
				break
			}
		}
		n.word(k, s[i:j], wraps)
		i = j
	}
}

// word puts one word on the line, or on the next.
func (n *liner) word(k *box, w string, wraps bool) {
	width := n.font.width(w)
	if wraps {
		n.make(width)
	} else {
		n.join()
	}
	n.spaced = false
	if last := len(n.items) - 1; last >= 0 && n.items[last].b == k {
		n.items[last].text += w
		n.items[last].w += width
	} else {
		f := n.font
		over, under := halves(f.ascent, f.descent, k.s.lineHeight(f))
		n.items = append(n.items, item{b: k, text: w, x: n.at, w: width, ascent: f.ascent, height: f.ascent + f.descent, over: over, under: under})
	}
	n.at += width
}

// endLine closes a line; forced also if nothing is on it.
func (n *liner) endLine(forced bool) {
	n.widest = max(n.widest, n.at)
	if len(n.items) == 0 && !forced {
		n.space, n.spaced = 0, true
		return
	}
	over, under := n.baseOver, n.baseUnd
	for _, it := range n.items {
		over, under = max(over, it.over), max(under, it.under)
	}
	if !n.measure {
		shift := 0
		if spare := n.width - n.at; spare > 0 {
			switch n.b.s.align {
			case "center":
				shift = spare / 2
			case "right", "end":
				shift = spare
			case "justify":
				n.l.p.notes.miss("layout", "value", "text-align: justify", 0, -1, -1)
			}
		}
		base := n.y + over
		for _, it := range n.items {
			n.place(it, shift, base)
		}
	}
	n.y = min(n.y+over+under, maxLength)
	n.items = n.items[:0]
	n.at, n.space, n.spaced = 0, 0, true
}

func (n *liner) place(it item, shift, base int) {
	if it.b.kind != textBox {
		y := base - it.over + it.b.margin[top]
		n.l.move(it.b, n.x+it.x+shift-it.b.ox, y-it.b.oy)
		it.b.ox, it.b.oy = n.x+it.x+shift, y
		return
	}
	if n.l.text >= n.l.p.limits.Lines {
		n.l.p.notes.bound("layout", "lines", n.l.p.limits.Lines)
		return
	}
	n.l.text++
	it.b.pieces = append(it.b.pieces, piece{x: n.x + it.x + shift, y: base - it.ascent, w: it.w, h: it.height, baseline: base, text: it.text})
}

// extent gives boxes of text and inline boxes what their parts take together, from x and
// y to far and low.
func (n *liner) extent(k *box) (x, y, far, low int, any bool) {
	grow := func(ax, ay, af, al int) {
		if !any {
			x, y, far, low, any = ax, ay, af, al, true
			return
		}
		x, y, far, low = min(x, ax), min(y, ay), max(far, af), max(low, al)
	}
	switch k.kind {
	case textBox:
		for _, p := range k.pieces {
			grow(p.x, p.y, p.x+p.w, p.y+p.h)
		}
	case imageBox, inlineBlockBox:
		return k.x, k.y, k.x + k.w, k.y + k.h, k.inFlow()
	case inlineBox:
		for _, o := range k.kids {
			if o.inFlow() {
				if ax, ay, af, al, ok := n.extent(o); ok {
					grow(ax, ay, af, al)
				}
			}
		}
		if any {
			x, far = x-k.edge(left), far+k.edge(right)
			y, low = y-k.edge(top), low+k.edge(bottom)
		}
	default:
		return
	}
	if !any {
		x, y, far, low = n.x, n.y, n.x, n.y
	}
	k.x, k.y, k.w, k.h = x, y, far-x, low-y
	return x, y, far, low, any
}
