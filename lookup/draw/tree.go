package draw

import (
	"strings"

	"rootwalk/lookup"
)

// kind is what a node is.
type kind uint8

const (
	documentNode kind = iota
	doctypeNode
	elementNode
	textNode
	commentNode
)

var kindNames = [...]string{"document", "doctype", "element", "text", "comment"}

// Why a node is there.
const (
	written uint8 = iota
	implied
	again
)

var whyNames = [...]string{"", "implied", "again"}

type attr struct{ name, value string }

// node is a node of a tree. Links are numbers of nodes, 0 for none.
type node struct {
	kind                            kind
	why                             uint8
	foreign                         bool // of SVG or MathML
	tag, text                       string
	attrs                           []attr
	parent, first, last, next, prev int
	depth                           int
	from, to                        int
}

// tree is a document. nodes[0] stands for none, nodes[1] is the document itself; what
// has a number keeps it.
type tree struct {
	nodes []node
	depth int
	gone  int // nodes that were taken out
}

// count is how many nodes the document has.
func (t *tree) count() int { return len(t.nodes) - 1 - t.gone }

// empty takes all out that is in a node.
func (t *tree) empty(top int) {
	var all []int
	t.walk(top, func(id int) bool { all = append(all, id); return true })
	for _, id := range all {
		t.nodes[id] = node{from: -1, to: -1}
	}
	t.gone += len(all)
	t.nodes[top].first, t.nodes[top].last = 0, 0
}

const rootID = 1

func newTree() *tree {
	return &tree{nodes: append(make([]node, 0, 64), node{}, node{kind: documentNode, depth: 1, from: -1, to: -1}), depth: 1}
}

func (t *tree) at(id int) *node { return &t.nodes[id] }

// put makes a node the last child of another and returns its number.
func (t *tree) put(parent int, n node) int {
	id := len(t.nodes)
	p := &t.nodes[parent]
	n.parent, n.prev, n.depth = parent, p.last, p.depth+1
	if p.last != 0 {
		t.nodes[p.last].next = id
	} else {
		p.first = id
	}
	p.last = id
	t.depth = max(t.depth, n.depth)
	t.nodes = append(t.nodes, n)
	return id
}

// attr is the value of an attribute; the first of a name counts.
func (n *node) attr(name string) (string, bool) {
	for _, a := range n.attrs {
		if a.name == name {
			return a.value, true
		}
	}
	return "", false
}

func (n *node) get(name string) string { v, _ := n.attr(name); return v }

// words are the words of an attribute.
func (n *node) has(name, word string) bool {
	v := n.get(name)
	for v != "" {
		var one string
		i := strings.IndexAny(v, " \t\n\r\f")
		if i < 0 {
			one, v = v, ""
		} else {
			one, v = v[:i], v[i+1:]
		}
		if one == word {
			return true
		}
	}
	return false
}

// walk visits the nodes below one in the order of the document; below returns whether
// to go below a node.
func (t *tree) walk(top int, visit func(id int) (below bool)) {
	id := t.nodes[top].first
	for id != 0 && id != top {
		n := &t.nodes[id]
		if visit(id) && n.first != 0 {
			id = n.first
			continue
		}
		for id != top && t.nodes[id].next == 0 {
			id = t.nodes[id].parent
		}
		if id == top {
			return
		}
		id = t.nodes[id].next
	}
}

// size is how many nodes are below one.
func (t *tree) size(top int) int {
	n := 0
	t.walk(top, func(int) bool { n++; return true })
	return n
}

// textBelow is all text below a node.
func (t *tree) textBelow(top int) string {
	var b strings.Builder
	t.walk(top, func(id int) bool {
		if n := &t.nodes[id]; n.kind == textNode {
			b.WriteString(n.text)
		}
		return true
	})
	return b.String()
}

// told is a node as facts say it.
func (t *tree) told(id int) lookup.TreeNode {
	n := &t.nodes[id]
	out := lookup.TreeNode{ID: id, Parent: n.parent, Kind: kindNames[n.kind], Name: lookup.Printable(n.tag), Why: whyNames[n.why], From: n.from, To: n.to}
	if n.kind == textNode || n.kind == commentNode {
		out.Text, out.Length = excerpt(n.text, 80), len([]rune(n.text))
	}
	for _, a := range n.attrs[:min(len(n.attrs), 12)] {
		out.Attrs = append(out.Attrs, lookup.Field{Name: excerpt(a.name, 40), Value: excerpt(a.value, 120)})
	}
	return out
}

// label is what an element is called in a sentence: "p.lead", "h1#top".
func (t *tree) label(id int) string {
	if id <= 0 || id >= len(t.nodes) {
		return ""
	}
	n := &t.nodes[id]
	s := n.tag
	if v := n.get("id"); v != "" {
		s += "#" + v
	} else if v := strings.Fields(n.get("class")); len(v) > 0 {
		s += "." + v[0]
	}
	return excerpt(s, 60)
}
