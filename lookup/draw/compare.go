package draw

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// compare holds a tree against that of an independent parser of the same octets. It
// returns nil where they are equal, else the other tree, and where they part; ok is
// false where the other parser refuses the document.
func compare(t *tree, data []byte, limits Limits, n *notes) (other *tree, differ string, ok bool) {
	doc, err := html.Parse(bytes.NewReader(data))
	if err != nil {
		return nil, "", false
	}
	if differ = differs(t, rootID, doc); differ == "" {
		return nil, "", true
	}
	return convert(doc, limits, n), differ, true
}

// differs says where two trees part, "" nowhere.
func differs(t *tree, id int, o *html.Node) string {
	mine, its := t.nodes[id].first, o.FirstChild
	for mine != 0 && its != nil {
		n := &t.nodes[mine]
		same := false
		switch its.Type {
		case html.ElementNode:
			same = n.kind == elementNode && strings.EqualFold(n.tag, its.Data) && len(n.attrs) == len(its.Attr)
			for i := 0; same && i < len(its.Attr); i++ {
				o := its.Attr[i] // in an order of the other parser's
				same = slices.ContainsFunc(n.attrs, func(a attr) bool { return a.value == o.Val && (strings.EqualFold(a.name, o.Key) || o.Namespace != "") })
			}
		case html.TextNode:
			same = n.kind == textNode && n.text == its.Data
		case html.CommentNode:
			same = n.kind == commentNode && n.text == its.Data
		case html.DoctypeNode:
			same = n.kind == doctypeNode
		}
		if !same {
			return fmt.Sprintf("%s, %s", described(t, mine), describedOther(its))
		}
		if d := differs(t, mine, its); d != "" {
			return d
		}
		mine, its = n.next, its.NextSibling
	}
	switch {
	case mine != 0:
		return fmt.Sprintf("%s, –", described(t, mine))
	case its != nil:
		return fmt.Sprintf("–, %s", describedOther(its))
	}
	return ""
}

func described(t *tree, id int) string {
	n := &t.nodes[id]
	if n.kind == elementNode {
		return "<" + excerpt(n.tag, 20) + ">"
	}
	return kindNames[n.kind] + " “" + excerpt(n.text, 20) + "”"
}

func describedOther(o *html.Node) string {
	switch o.Type {
	case html.ElementNode:
		return "<" + excerpt(o.Data, 20) + ">"
	case html.TextNode:
		return "text “" + excerpt(o.Data, 20) + "”"
	}
	return "comment “" + excerpt(o.Data, 20) + "”"
}

// convert makes a tree of the other parser's. Nothing in it says from which octets a
// node came.
func convert(doc *html.Node, limits Limits, n *notes) *tree {
	t := newTree()
	var below func(parent int, o *html.Node)
	below = func(parent int, o *html.Node) {
		for c := o.FirstChild; c != nil; c = c.NextSibling {
			if len(t.nodes)-1 >= limits.Nodes {
				n.bound("tree", "nodes", limits.Nodes)
				return
			}
			if t.nodes[parent].depth >= limits.Depth {
				n.bound("tree", "depth", limits.Depth)
				return
			}
			x := node{from: -1, to: -1}
			switch c.Type {
			case html.ElementNode:
				x.kind, x.tag, x.foreign = elementNode, c.Data, c.Namespace != ""
				for _, a := range c.Attr[:min(len(c.Attr), limits.Attributes)] {
					if len(a.Val) <= maxText {
						x.attrs = append(x.attrs, attr{a.Key, a.Val})
					}
				}
			case html.TextNode:
				x.kind, x.text = textNode, c.Data
			case html.CommentNode:
				x.kind, x.text = commentNode, c.Data
			case html.DoctypeNode:
				x.kind, x.tag = doctypeNode, c.Data
			default:
				continue
			}
			below(t.put(parent, x), c)
		}
	}
	below(rootID, doc)
	return t
}
