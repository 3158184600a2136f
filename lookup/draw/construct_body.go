package draw

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// body is inside the body, which is where most of a page is (HTML Standard
// §13.2.6.4.7).
func (b *builder) body(tk *token) bool {
	switch tk.kind {
	case html.DoctypeToken:
	case html.CommentToken:
		b.comment(b.top(), tk)
	case html.TextToken:
		s := tk.text
		if n := &b.t.nodes[b.top()]; (n.tag == "pre" || n.tag == "listing") && n.first == 0 {
			s = strings.TrimPrefix(s, "\n")
		}
		if s = strings.ReplaceAll(s, "\x00", ""); s != "" {
			b.reopen()
			b.text(s, tk)
		}
	case html.StartTagToken:
		return b.bodyStart(tk)
	case html.EndTagToken:
		return b.bodyEnd(tk)
	}
	return true
}

func (b *builder) bodyStart(tk *token) bool {
	name := tk.name
	if unruled[name] {
		b.unruled(name, tk)
	}
	switch {
	case name == "html":
		b.merge(b.open[0], tk)
	case name == "body":
		if len(b.open) > 1 && b.t.nodes[b.open[1]].tag == "body" {
			b.merge(b.open[1], tk)
		}
	case name == "noscript", name == "iframe", name == "noembed":
		b.element(tk)
	case inHeadTags[name]:
		b.element(tk)
	case name == "template":
		b.template(tk)
	case name == "form" && b.form != 0:
	case closesP[name]:
		b.closeTo("p", buttonEnds)
		id := b.push(tk, name, written)
		if name == "form" {
			b.form = id
		}
	case headings[name]:
		b.closeTo("p", buttonEnds)
		if headings[b.topTag()] {
			b.pop()
		}
		b.push(tk, name, written)
	case name == "li", name == "dd", name == "dt":
		b.item(name)
		b.closeTo("p", buttonEnds)
		b.push(tk, name, written)
	case name == "a":
		for i := len(b.formats) - 1; i >= 0 && b.formats[i] != 0; i-- {
			if id := b.formats[i]; b.t.nodes[id].tag == "a" {
				b.unformat("a", tk)
				b.open = slices.DeleteFunc(b.open, func(o int) bool { return o == id })
				b.formats = slices.DeleteFunc(b.formats, func(o int) bool { return o == id })
				break
			}
		}
		b.format(tk)
	case formatting[name]:
		b.format(tk)
	case name == "table":
		if !b.quirks {
			b.closeTo("p", buttonEnds)
		}
		b.push(tk, name, written)
		b.mode = inTable
	case name == "hr":
		b.closeTo("p", buttonEnds)
		if b.inScope("select", scopeEnds) >= 0 {
			b.implyEnds("")
		}
		b.element(tk)
	case name == "button":
		if b.inScope("button", scopeEnds) >= 0 {
			b.implyEnds("")
			b.closeTo("button", scopeEnds)
		}
		b.reopen()
		b.push(tk, name, written)
	case name == "select":
		if !b.closeTo("select", scopeEnds) {
			b.reopen()
			b.push(tk, name, written)
		}
	case name == "option", name == "optgroup":
		switch {
		case b.inScope("select", scopeEnds) >= 0 && name == "option":
			b.implyEnds("optgroup")
		case b.inScope("select", scopeEnds) >= 0:
			b.implyEnds("")
		case b.topTag() == "option":
			b.pop()
		}
		b.reopen()
		b.push(tk, name, written)
	case name == "input":
		b.closeTo("select", scopeEnds)
		b.reopen()
		b.element(tk)
	case name == "param", name == "source", name == "track":
		b.element(tk)
	case name == "xmp":
		b.closeTo("p", buttonEnds)
		b.reopen()
		b.element(tk)
	case name == "textarea":
		b.element(tk)
	case name == "svg":
		b.reopen()
		id := b.push(tk, name, written)
		if tk.closed && b.top() == id {
			b.pop()
		}
	case tableParts[name]:
	default:
		b.reopen()
		b.element(tk)
	}
	return true
}

// template opens a template. What is in it is read as a body is; parts of tables that
// stand in it without a table are read otherwise by browsers, and lead to another tree.
func (b *builder) template(tk *token) {
	id := b.push(tk, "template", written)
	if id == 0 || b.top() != id {
		return
	}
	b.formats = append(b.formats, 0)
	b.inside = append(b.inside, b.mode)
	b.mode = inBody
}

func (b *builder) endTemplate() {
	if len(b.inside) == 0 || !slices.ContainsFunc(b.open, func(id int) bool { return b.t.nodes[id].tag == "template" }) {
		return
	}
	b.implyEnds("")
	for len(b.open) > 0 {
		tag := b.topTag()
		b.touched = b.top()
		b.pop()
		if tag == "template" {
			break
		}
	}
	b.unmark()
	b.mode = b.inside[len(b.inside)-1]
	b.inside = b.inside[:len(b.inside)-1]
}

// item closes a list item that was left open.
func (b *builder) item(name string) {
	for i := len(b.open) - 1; i >= 0; i-- {
		tag := b.t.nodes[b.open[i]].tag
		if tag == name || name != "li" && (tag == "dd" || tag == "dt") {
			b.open = b.open[:i]
			return
		}
		if special[tag] && tag != "address" && tag != "div" && tag != "p" {
			return
		}
	}
}

func (b *builder) bodyEnd(tk *token) bool {
	name := tk.name
	switch {
	case name == "body", name == "html":
		if b.inScope("body", scopeEnds) < 0 {
			return true
		}
		b.touched = b.open[min(1, len(b.open)-1)]
		b.mode = afterBody
		return name == "body"
	case name == "form":
		form := b.form
		b.form = 0
		if i := b.inScope("form", scopeEnds); form != 0 && i >= 0 && b.open[i] == form {
			b.implyEnds("")
			b.touched = form
			b.open = slices.DeleteFunc(b.open, func(o int) bool { return o == form })
		}
	case endsBlock[name]:
		if b.inScope(name, scopeEnds) >= 0 {
			b.implyEnds("")
			b.closeTo(name, scopeEnds)
		}
	case name == "p":
		if b.inScope("p", buttonEnds) < 0 {
			b.push(tk, "p", implied)
		}
		b.closeTo("p", buttonEnds)
	case name == "li":
		b.closeTo("li", listEnds)
	case name == "dd", name == "dt":
		b.closeTo(name, scopeEnds)
	case headings[name]:
		for i := len(b.open) - 1; i >= 0; i-- {
			tag := b.t.nodes[b.open[i]].tag
			if headings[tag] {
				b.touched = b.open[i]
				b.open = b.open[:i]
				break
			}
			if scopeEnds[tag] {
				break
			}
		}
	case formatting[name]:
		b.unformat(name, tk)
	case name == "br":
		b.reopen()
		if b.push(nil, "br", implied) != 0 && b.topTag() == "br" {
			b.pop()
		}
	case name == "template":
		b.endTemplate()
	case name == "applet", name == "marquee", name == "object":
		b.unruled("/"+name, tk)
	default:
		b.endOther(name)
	}
	return true
}

// endOther closes an element that has no rule of its own.
func (b *builder) endOther(name string) {
	for i := len(b.open) - 1; i >= 0; i-- {
		tag := b.t.nodes[b.open[i]].tag
		if tag == name {
			b.touched = b.open[i]
			b.open = b.open[:i]
			return
		}
		if special[tag] {
			return
		}
	}
}

// format opens a formatting element: it is opened again in the next block if it is
// still open there.
func (b *builder) format(tk *token) {
	b.reopen()
	id := b.push(tk, tk.name, written)
	if id == 0 {
		return
	}
	// At most three that are alike (§13.2.4.3).
	alike := 0
	for i := len(b.formats) - 1; i >= 0 && b.formats[i] != 0; i-- {
		if o := &b.t.nodes[b.formats[i]]; o.tag == tk.name && slices.Equal(o.attrs, tk.attrs) {
			if alike++; alike == 3 {
				b.formats = slices.Delete(b.formats, i, i+1)
				break
			}
		}
	}
	b.formats = append(b.formats, id)
}

// reopen opens formatting elements again that a block closed (§13.2.4.3, "reconstruct
// the active formatting elements").
func (b *builder) reopen() {
	i := len(b.formats)
	for i > 0 && b.formats[i-1] != 0 && !slices.Contains(b.open, b.formats[i-1]) {
		i--
	}
	for ; i < len(b.formats); i++ {
		old := b.t.nodes[b.formats[i]]
		id := b.push(&token{attrs: old.attrs, from: old.from, to: old.to}, old.tag, again)
		if id == 0 {
			return
		}
		b.formats[i] = id
	}
}

// unformat closes a formatting element. Where blocks are open in it the standard's
// "adoption agency" would move nodes: that is not done here, but counted.
func (b *builder) unformat(name string, tk *token) {
	if b.topTag() == name && !slices.Contains(b.formats, b.top()) {
		b.touched = b.top()
		b.pop()
		return
	}
	f := -1
	for i := len(b.formats) - 1; i >= 0 && b.formats[i] != 0; i-- {
		if b.t.nodes[b.formats[i]].tag == name {
			f = i
			break
		}
	}
	if f < 0 {
		b.endOther(name)
		return
	}
	id := b.formats[f]
	at := slices.Index(b.open, id)
	if at < 0 {
		b.formats = slices.Delete(b.formats, f, f+1)
		return
	}
	for _, o := range b.open[at+1:] {
		tag := b.t.nodes[o].tag
		if scopeEnds[tag] {
			return
		}
		if special[tag] {
			b.odd++
			b.notes.miss("tree", "nesting", "</"+name+">", 0, tk.from, tk.to)
			return
		}
	}
	b.touched = id
	b.open = b.open[:at]
	b.formats = slices.Delete(b.formats, f, f+1)
}

// unmark forgets formatting elements up to the last marker.
func (b *builder) unmark() {
	for len(b.formats) > 0 {
		last := b.formats[len(b.formats)-1]
		b.formats = b.formats[:len(b.formats)-1]
		if last == 0 {
			return
		}
	}
}

// table is inside a table, but in no cell (§13.2.6.4.9 to 14).
func (b *builder) table(tk *token) bool {
	clear := func(to ...string) {
		for len(b.open) > 1 && !slices.Contains(to, b.topTag()) && b.topTag() != "html" {
			b.pop()
		}
	}
	switch tk.kind {
	case html.DoctypeToken, html.ErrorToken:
		return true
	case html.CommentToken:
		b.comment(b.top(), tk)
		return true
	case html.TextToken:
		if _, rest := blank(tk.text); rest == "" {
			b.text(tk.text, tk)
			return true
		}
	case html.StartTagToken:
		switch name := tk.name; {
		case name == "caption" && b.mode == inTable:
			clear("table")
			b.formats = append(b.formats, 0)
			b.push(tk, name, written)
			b.mode = inCell
			return true
		case name == "col" && b.mode == inTable:
			if b.topTag() != "colgroup" {
				clear("table")
				b.push(nil, "colgroup", implied)
			}
			b.element(tk)
			return true
		case name == "colgroup" && b.mode == inTable:
			clear("table")
			b.push(tk, name, written)
			return true
		case name == "tbody" || name == "thead" || name == "tfoot":
			clear("table")
			b.push(tk, name, written)
			b.mode = inRows
			return true
		case name == "tr":
			if b.mode == inTable {
				clear("table")
				b.push(nil, "tbody", implied)
			}
			clear("tbody", "thead", "tfoot")
			b.push(tk, name, written)
			b.mode = inRow
			return true
		case name == "td" || name == "th":
			if b.mode != inRow {
				if b.mode == inTable {
					clear("table")
					b.push(nil, "tbody", implied)
				}
				clear("tbody", "thead", "tfoot")
				b.push(nil, "tr", implied)
			}
			clear("tr")
			b.push(tk, name, written)
			b.formats = append(b.formats, 0)
			b.mode = inCell
			return true
		case name == "style" || name == "script":
			b.element(tk)
			return true
		}
	case html.EndTagToken:
		switch name := tk.name; {
		case name == "table":
			if b.closeTo("table", tableEnds) {
				b.resetMode()
			}
			return true
		case name == "tr" && b.mode == inRow:
			clear("tr")
			b.touched = b.top()
			b.pop()
			b.mode = inRows
			return true
		case name == "tbody" || name == "thead" || name == "tfoot":
			if b.inScope(name, tableEnds) >= 0 {
				clear(name)
				b.touched = b.top()
				b.pop()
				b.mode = inTable
			}
			return true
		case name == "colgroup":
			if b.topTag() == "colgroup" {
				b.pop()
			}
			return true
		case tableParts[name] || name == "body" || name == "html":
			return true
		}
	}
	// What stands here would be put before the table ("foster parenting").
	b.odd++
	b.notes.miss("tree", "nesting", "<table> "+tk.name, 0, tk.from, tk.to)
	return b.body(tk)
}

// cell is inside a cell or caption.
func (b *builder) cell(tk *token) bool {
	close := func() {
		for len(b.open) > 1 {
			tag := b.topTag()
			b.touched = b.top()
			b.pop()
			if tag == "td" || tag == "th" || tag == "caption" {
				b.mode = inRow
				if tag == "caption" {
					b.mode = inTable
				}
				break
			}
		}
		b.unmark()
	}
	switch {
	case tk.kind == html.StartTagToken && (tableParts[tk.name]):
		close()
		return false
	case tk.kind == html.EndTagToken && (tk.name == "td" || tk.name == "th" || tk.name == "caption"):
		if b.inScope(tk.name, tableEnds) >= 0 {
			b.implyEnds("")
			close()
		}
		return true
	case tk.kind == html.EndTagToken && (tk.name == "table" || tk.name == "tbody" || tk.name == "thead" || tk.name == "tfoot" || tk.name == "tr"):
		if b.inScope(tk.name, tableEnds) < 0 {
			return true
		}
		close()
		return false
	case tk.kind == html.EndTagToken && (tk.name == "body" || tk.name == "html"):
		return true
	}
	return b.body(tk)
}

// resetMode finds the mode again once a table is closed (§13.2.4.1).
func (b *builder) resetMode() {
	for i := len(b.open) - 1; i >= 0; i-- {
		switch b.t.nodes[b.open[i]].tag {
		case "td", "th", "caption":
			b.mode = inCell
			return
		case "tr":
			b.mode = inRow
			return
		case "tbody", "thead", "tfoot":
			b.mode = inRows
			return
		case "table":
			b.mode = inTable
			return
		case "body":
			b.mode = inBody
			return
		}
	}
	b.mode = inBody
}
