package draw

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// mode is an insertion mode (HTML Standard §13.2.4.1).
type mode uint8

const (
	initial mode = iota
	beforeHTML
	beforeHead
	inHead
	afterHead
	inBody
	inText
	inTable
	inRows
	inRow
	inCell
	afterBody
	afterAll
)

// builder makes a tree of tokens, one after the other (HTML Standard §13.2.6). What it
// has no rules for it counts in odd: the tree may then be another than a browser's, and
// is compared.
type builder struct {
	t       *tree
	limits  Limits
	notes   *notes
	mode    mode
	back    mode  // after raw text
	open    []int // stack of open elements
	formats []int // active formatting elements, 0 a marker
	head    int
	form    int
	odd     int
	full    bool
	made    []int          // nodes since it was emptied
	touched int            // node that the present token made, closed or went into
	longer  map[int][]byte // texts that grew beyond the characters that began them
	quirks  bool
	inside  []mode // modes to go back to after templates
}

func newBuilder(limits Limits, n *notes) *builder {
	return &builder{t: newTree(), limits: limits, notes: n}
}

// group is a set of names of elements.
type group map[string]bool

func groupOf(names string) group {
	g := group{}
	for _, n := range strings.Fields(names) {
		g[n] = true
	}
	return g
}

var (
	closesP    = groupOf("address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer header hgroup main menu nav ol p search section summary ul pre listing form")
	endsBlock  = groupOf("address article aside blockquote button center details dialog dir div dl fieldset figcaption figure footer header hgroup listing main menu nav ol pre search section summary ul")
	headings   = groupOf("h1 h2 h3 h4 h5 h6")
	formatting = groupOf("a b big code em font i nobr s small strike strong tt u")
	voids      = groupOf("area br embed img keygen wbr input param source track hr base basefont bgsound link meta col")
	inHeadTags = groupOf("base basefont bgsound link meta noframes script style title noscript")
	rawTags    = groupOf("script style title textarea xmp iframe noembed noframes noscript")
	impliedEnd = groupOf("dd dt li optgroup option p rb rp rt rtc")
	special    = groupOf(`address applet area article aside base basefont bgsound blockquote body br button caption center col colgroup dd details dir div dl dt embed
		fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html iframe img input keygen li link listing main marquee menu meta nav
		noembed noframes noscript object ol p param plaintext pre script search section select source style summary table tbody td template textarea tfoot th thead title tr track ul wbr xmp`)
	scopeEnds  = groupOf("applet caption html table td th marquee object template")
	buttonEnds = groupOf("applet caption html table td th marquee object template button")
	listEnds   = groupOf("applet caption html table td th marquee object template ol ul")
	tableEnds  = groupOf("html table template")
	tableParts = groupOf("caption col colgroup frame head tbody td tfoot th thead tr")
	unruled    = groupOf("frameset frame math nobr applet marquee object plaintext rb rp rt rtc image")
)

func (b *builder) top() int {
	if len(b.open) == 0 {
		return rootID
	}
	return b.open[len(b.open)-1]
}

func (b *builder) topTag() string { return b.t.nodes[b.top()].tag }

// add puts a node under the innermost open element.
func (b *builder) add(parent int, n node) int {
	if len(b.t.nodes)-1 >= b.limits.Nodes {
		b.notes.bound("tree", "nodes", b.limits.Nodes)
		b.full = true
		return 0
	}
	id := b.t.put(parent, n)
	b.made = append(b.made, id)
	b.touched = id
	return id
}

// push opens an element of a token. Deeper than the bound it becomes a leaf: what
// should be in it stands beside it.
func (b *builder) push(tk *token, name string, why uint8) int {
	n := node{kind: elementNode, tag: name, why: why, from: -1, to: -1}
	if tk != nil {
		n.attrs, n.from, n.to = tk.attrs, tk.from, tk.to
	}
	if p := b.t.nodes[b.top()]; p.foreign || name == "svg" {
		n.foreign = true
	}
	id := b.add(b.top(), n)
	if id == 0 {
		return 0
	}
	if b.t.nodes[id].depth > b.limits.Depth {
		b.notes.bound("tree", "depth", b.limits.Depth)
		b.odd++
		return id
	}
	b.open = append(b.open, id)
	return id
}

func (b *builder) pop() {
	if len(b.open) > 0 {
		b.open = b.open[:len(b.open)-1]
	}
}

// inScope is the place of the innermost open element of a name, -1 where the stack
// has one of the ends before it (§13.2.4.2).
func (b *builder) inScope(name string, ends group) int {
	for i := len(b.open) - 1; i >= 0; i-- {
		n := &b.t.nodes[b.open[i]]
		if n.tag == name && !n.foreign {
			return i
		}
		if ends[n.tag] || n.foreign && (n.tag == "foreignobject" || n.tag == "desc" || n.tag == "title") {
			return -1
		}
	}
	return -1
}

// closeTo closes elements up to and with the innermost of a name in scope.
func (b *builder) closeTo(name string, ends group) bool {
	i := b.inScope(name, ends)
	if i < 0 {
		return false
	}
	b.touched = b.open[i]
	b.open = b.open[:i]
	return true
}

// implyEnds closes elements whose end tag may be left out.
func (b *builder) implyEnds(but string) {
	for tag := b.topTag(); impliedEnd[tag] && tag != but; tag = b.topTag() {
		b.pop()
	}
}

// token takes one token.
func (b *builder) token(tk token) {
	b.touched = 0
	if b.full {
		return
	}
	for range 12 { // a token is handed on from mode to mode; each does so once at most
		if b.step(&tk) || b.full {
			return
		}
	}
}

// finish is the end of the document: what a page must have is there in any case.
func (b *builder) finish() {
	b.token(token{kind: html.ErrorToken, from: -1, to: -1})
}

// step takes a token in the present mode; false to take it once more.
func (b *builder) step(tk *token) bool {
	if len(b.open) > 0 && b.mode != inText && b.t.nodes[b.top()].foreign {
		return b.foreign(tk)
	}
	switch b.mode {
	case initial:
		return b.initial(tk)
	case beforeHTML, beforeHead:
		return b.before(tk)
	case inHead, afterHead:
		return b.headed(tk)
	case inText:
		return b.rawText(tk)
	case inTable, inRows, inRow:
		return b.table(tk)
	case inCell:
		return b.cell(tk)
	case afterBody, afterAll:
		return b.after(tk)
	}
	return b.body(tk)
}

func (b *builder) comment(parent int, tk *token) {
	b.add(parent, node{kind: commentNode, text: tk.text, from: tk.from, to: tk.to})
}

// text puts characters where the parser is; those that follow others join them.
func (b *builder) text(s string, tk *token) {
	if s == "" {
		return
	}
	p := b.top()
	if last := b.t.nodes[p].last; last != 0 && b.t.nodes[last].kind == textNode {
		n := &b.t.nodes[last]
		grown, ok := b.longer[last]
		if !ok {
			grown = []byte(n.text)
			if b.longer == nil {
				b.longer = map[int][]byte{}
			}
		}
		b.longer[last] = append(grown, s...)
		n.to = tk.to
		b.touched = last
		return
	}
	b.add(p, node{kind: textNode, text: s, from: tk.from, to: tk.to})
}

// settle gives texts that grew what they grew by.
func (b *builder) settle() {
	for id, text := range b.longer {
		b.t.nodes[id].text = string(text)
	}
	clear(b.longer)
}

// blank cuts the white space that a text begins with.
func blank(s string) (spaces, rest string) {
	rest = strings.TrimLeft(s, " \t\r\n\f")
	return s[:len(s)-len(rest)], rest
}

func (b *builder) initial(tk *token) bool {
	switch tk.kind {
	case html.TextToken:
		if _, tk.text = blank(tk.text); tk.text == "" {
			return true
		}
	case html.CommentToken:
		b.comment(rootID, tk)
		return true
	case html.DoctypeToken:
		name, rest, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tk.text)), " ")
		b.quirks = name != "html" || strings.Contains(rest, "transitional") && !strings.Contains(rest, "xhtml") || strings.Contains(rest, "html 3")
		b.add(rootID, node{kind: doctypeNode, tag: name, from: tk.from, to: tk.to})
		b.mode = beforeHTML
		return true
	}
	b.quirks = true
	b.mode = beforeHTML
	return false
}

// before is before <html>, and between it and <head>.
func (b *builder) before(tk *token) bool {
	switch tk.kind {
	case html.DoctypeToken:
		return true
	case html.CommentToken:
		b.comment(b.top(), tk)
		return true
	case html.TextToken:
		if _, tk.text = blank(tk.text); tk.text == "" {
			return true
		}
	case html.StartTagToken:
		switch {
		case tk.name == "html" && b.mode == beforeHTML:
			b.push(tk, "html", written)
			b.mode = beforeHead
			return true
		case tk.name == "html":
			b.merge(b.open[0], tk)
			return true
		case tk.name == "head" && b.mode == beforeHead:
			b.head = b.push(tk, "head", written)
			b.mode = inHead
			return true
		}
	case html.EndTagToken:
		if !slices.Contains([]string{"head", "body", "html", "br"}, tk.name) {
			return true
		}
	}
	if b.mode == beforeHTML {
		b.push(nil, "html", implied)
		b.mode = beforeHead
		return false
	}
	b.head = b.push(nil, "head", implied)
	b.mode = inHead
	return false
}

// merge gives an element those attributes of a second tag that it has not.
func (b *builder) merge(id int, tk *token) {
	n := &b.t.nodes[id]
	for _, a := range tk.attrs {
		if _, has := n.attr(a.name); !has && len(n.attrs) < b.limits.Attributes {
			n.attrs = append(n.attrs[:len(n.attrs):len(n.attrs)], a)
		}
	}
	b.touched = id
}

// headed is in the head, and between it and the body.
func (b *builder) headed(tk *token) bool {
	switch tk.kind {
	case html.DoctypeToken:
		return true
	case html.CommentToken:
		b.comment(b.top(), tk)
		return true
	case html.TextToken:
		spaces, rest := blank(tk.text)
		b.text(spaces, tk)
		if tk.text = rest; rest == "" {
			return true
		}
	case html.StartTagToken:
		switch {
		case tk.name == "html":
			b.merge(b.open[0], tk)
			return true
		case tk.name == "head":
			return true
		case tk.name == "template" && b.mode == inHead:
			b.template(tk)
			return true
		case inHeadTags[tk.name]:
			if b.mode == afterHead { // it still goes into the head
				b.open = append(b.open, b.head)
				b.element(tk)
				if i := slices.Index(b.open, b.head); i >= 0 {
					b.open = slices.Delete(b.open, i, i+1)
				}
				return true
			}
			b.element(tk)
			return true
		case tk.name == "body" && b.mode == afterHead:
			b.push(tk, "body", written)
			b.mode = inBody
			return true
		case tk.name == "frameset":
			b.unruled("frameset", tk)
		}
	case html.EndTagToken:
		switch {
		case tk.name == "head" && b.mode == inHead:
			b.touched = b.head
			b.pop()
			b.mode = afterHead
			return true
		case !slices.Contains([]string{"body", "html", "br"}, tk.name):
			return true
		}
	}
	if b.mode == inHead {
		b.pop()
		b.mode = afterHead
		return false
	}
	b.push(nil, "body", implied)
	b.mode = inBody
	return false
}

// element opens an element; one that has no end is closed at once, one whose content is
// raw text goes on in that mode.
func (b *builder) element(tk *token) {
	id := b.push(tk, tk.name, written)
	switch {
	case id == 0 || b.top() != id:
	case voids[tk.name]:
		b.pop()
	case rawTags[tk.name]:
		b.back, b.mode = b.mode, inText
	}
}

func (b *builder) rawText(tk *token) bool {
	switch tk.kind {
	case html.TextToken:
		s := tk.text
		if n := &b.t.nodes[b.top()]; n.tag == "textarea" && n.first == 0 {
			s = strings.TrimPrefix(s, "\n")
		}
		b.text(s, tk)
		return true
	case html.EndTagToken:
		b.touched = b.top()
		b.pop()
		b.mode = b.back
		return true
	}
	b.pop()
	b.mode = b.back
	return false
}

// unruled counts a tag for which there are no rules here.
func (b *builder) unruled(name string, tk *token) {
	b.odd++
	b.notes.miss("tree", "nesting", "<"+name+">", 0, tk.from, tk.to)
}

func (b *builder) after(tk *token) bool {
	switch tk.kind {
	case html.DoctypeToken:
		return true
	case html.CommentToken:
		if b.mode == afterAll {
			b.comment(rootID, tk)
		} else {
			b.comment(b.open[0], tk)
		}
		return true
	case html.TextToken:
		if _, rest := blank(tk.text); rest == "" {
			return b.body(tk)
		}
	case html.StartTagToken:
		if tk.name == "html" {
			return b.body(tk)
		}
	case html.EndTagToken:
		if tk.name == "html" && b.mode == afterBody {
			b.touched, b.mode = b.open[0], afterAll
			return true
		}
	}
	b.mode = inBody
	return false
}

// foreign is inside SVG: elements are as they are written (§13.2.6.5).
func (b *builder) foreign(tk *token) bool {
	switch tk.kind {
	case html.TextToken:
		b.text(strings.ReplaceAll(tk.text, "\x00", "\uFFFD"), tk)
	case html.CommentToken:
		b.comment(b.top(), tk)
	case html.StartTagToken:
		if closesP[tk.name] || headings[tk.name] || formatting[tk.name] && tk.name != "a" || slices.Contains([]string{"body", "br", "img", "hr", "li", "table", "span", "foreignobject", "script", "style", "title"}, tk.name) {
			b.unruled("svg "+tk.name, tk)
		}
		id := b.push(tk, tk.name, written)
		if tk.closed && b.top() == id {
			b.pop()
		}
	case html.EndTagToken:
		for i := len(b.open) - 1; i > 0 && b.t.nodes[b.open[i]].foreign; i-- {
			if b.t.nodes[b.open[i]].tag == tk.name {
				b.touched = b.open[i]
				b.open = b.open[:i]
				return true
			}
		}
		b.unruled("svg /"+tk.name, tk)
	}
	return true
}
