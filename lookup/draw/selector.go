package draw

import (
	"strconv"
	"strings"

	"github.com/tdewolff/parse/v2/css"
)

// simple is one condition of a selector.
type simple struct {
	kind        byte // 't' type, '#', '.', '[', ':', '!' for :not
	name, value string
	op          byte // of an attribute: 0 is there, '=', '~', '|', '^', '$', '*'
	fold        bool // values in any case
	a, b        int  // of :nth-child
	inner       []simple
}

// part is a compound selector with the combinator before it: ' ', '>', '+', '~', 0 for
// the first.
type part struct {
	before byte
	tests  []simple
}

// selector is a complex selector. Parts is nil where it is not understood.
type selector struct {
	text   string
	parts  []part
	weight [3]int // specificity: ids, classes, types (Selectors 4 §17)
}

// selectors reads the list before a block. None means that it is no list of selectors
// at all.
func (r *sheetReader) selectors(toks []cssToken) []selector {
	var out []selector
	depth, start := 0, 0
	cut := func(end int) {
		for start < end && toks[start].kind == css.WhitespaceToken {
			start++
		}
		for end > start && toks[end-1].kind == css.WhitespaceToken {
			end--
		}
		if start >= end || len(out) >= 64 {
			return
		}
		one, odd := parseSelector(toks[start:end], r.p.limits.Parts)
		if odd != "" {
			if odd == "…" {
				r.p.notes.bound("rules", "selectors", r.p.limits.Parts)
			} else {
				r.p.notes.miss("rules", "selector", odd, r.s.n, r.shift+toks[start].from, r.shift+toks[end-1].to)
			}
			one.parts = nil
		}
		out = append(out, one)
	}
	for i, t := range toks {
		switch t.kind {
		case css.LeftParenthesisToken, css.FunctionToken, css.LeftBracketToken:
			depth++
		case css.RightParenthesisToken, css.RightBracketToken:
			depth--
		case css.CommaToken:
			if depth == 0 {
				cut(i)
				start = i + 1
			}
		}
	}
	cut(len(toks))
	return out
}

// parseSelector reads a complex selector; odd is what is not understood of it, "…" for
// one that is too long.
func parseSelector(toks []cssToken, limit int) (s selector, odd string) {
	var text strings.Builder
	for _, t := range toks {
		text.WriteString(t.text)
	}
	s.text = strings.Join(strings.Fields(text.String()), " ")
	p := part{}
	count := 0
	for i := 0; i < len(toks); {
		t := toks[i]
		if t.kind == css.WhitespaceToken || t.kind == css.DelimToken && (t.text == ">" || t.text == "+" || t.text == "~") {
			c := byte(' ')
			for ; i < len(toks) && (toks[i].kind == css.WhitespaceToken || toks[i].kind == css.DelimToken && strings.Contains(">+~", toks[i].text)); i++ {
				if toks[i].kind == css.DelimToken {
					if c != ' ' {
						return s, s.text
					}
					c = toks[i].text[0]
				}
			}
			if len(p.tests) == 0 || i == len(toks) {
				return s, s.text
			}
			s.parts = append(s.parts, p)
			p = part{before: c}
			continue
		}
		if count++; count > limit {
			return s, "…"
		}
		one, next, weight, odd := parseSimple(toks, i)
		if odd != "" {
			return s, odd
		}
		for k := range weight {
			s.weight[k] += weight[k]
		}
		i = next
		p.tests = append(p.tests, one)
	}
	if len(p.tests) == 0 {
		return s, s.text
	}
	s.parts = append(s.parts, p)
	return s, ""
}

// never are pseudo-classes that nothing meets here: nobody points at anything, and
// nothing was visited.
var never = groupOf("hover focus focus-within focus-visible active visited target checked disabled invalid")

func parseSimple(toks []cssToken, i int) (one simple, next int, weight [3]int, odd string) {
	t := toks[i]
	after := func() string {
		if i+1 < len(toks) {
			return toks[i+1].text
		}
		return ""
	}
	switch {
	case t.kind == css.IdentToken:
		return simple{kind: 't', name: strings.ToLower(t.text)}, i + 1, [3]int{0, 0, 1}, ""
	case t.kind == css.DelimToken && t.text == "*":
		return simple{kind: 't'}, i + 1, weight, ""
	case t.kind == css.HashToken:
		return simple{kind: '#', name: t.text[1:]}, i + 1, [3]int{1, 0, 0}, ""
	case t.kind == css.DelimToken && t.text == "." && i+1 < len(toks) && toks[i+1].kind == css.IdentToken:
		return simple{kind: '.', name: toks[i+1].text}, i + 2, [3]int{0, 1, 0}, ""
	case t.kind == css.LeftBracketToken:
		return parseAttribute(toks, i)
	case t.kind == css.ColonToken && i+1 < len(toks):
		n := toks[i+1]
		name := strings.ToLower(strings.TrimSuffix(n.text, "("))
		switch {
		case n.kind == css.IdentToken && (never[name] || name == "root" || name == "first-child" || name == "last-child" || name == "only-child" || name == "link" || name == "any-link" || name == "empty"):
			return simple{kind: ':', name: name}, i + 2, [3]int{0, 1, 0}, ""
		case n.kind == css.FunctionToken && (name == "not" || name == "nth-child"):
			end := i + 2
			for end < len(toks) && toks[end].kind != css.RightParenthesisToken {
				end++
			}
			if end == len(toks) {
				return one, i, weight, ":" + n.text
			}
			if name == "nth-child" {
				a, b, ok := parseNth(toks[i+2 : end])
				if !ok {
					return one, i, weight, ":" + n.text + "…)"
				}
				return simple{kind: ':', name: name, a: a, b: b}, end + 1, [3]int{0, 1, 0}, ""
			}
			one = simple{kind: '!'}
			for j := i + 2; j < end; {
				if toks[j].kind == css.WhitespaceToken {
					j++
					continue
				}
				in, next, w, odd := parseSimple(toks[:end], j)
				if odd != "" || in.kind == '!' {
					return one, i, weight, ":not(…)"
				}
				for k := range w {
					weight[k] += w[k]
				}
				one.inner = append(one.inner, in)
				j = next
			}
			if len(one.inner) == 0 {
				return one, i, weight, ":not()"
			}
			return one, end + 1, weight, ""
		}
		return one, i, weight, ":" + after()
	}
	return one, i, weight, t.text
}

func parseAttribute(toks []cssToken, i int) (one simple, next int, weight [3]int, odd string) {
	end := i
	for end < len(toks) && toks[end].kind != css.RightBracketToken {
		end++
	}
	var in []cssToken
	for _, t := range toks[i+1 : end] {
		if t.kind != css.WhitespaceToken {
			in = append(in, t)
		}
	}
	if end == len(toks) || len(in) == 0 || in[0].kind != css.IdentToken {
		return one, i, weight, "["
	}
	one = simple{kind: '[', name: strings.ToLower(in[0].text)}
	weight = [3]int{0, 1, 0}
	if len(in) == 1 {
		return one, end + 1, weight, ""
	}
	ops := map[css.TokenType]byte{css.IncludeMatchToken: '~', css.DashMatchToken: '|', css.PrefixMatchToken: '^', css.SuffixMatchToken: '$', css.SubstringMatchToken: '*'}
	one.op = ops[in[1].kind]
	if in[1].kind == css.DelimToken && in[1].text == "=" {
		one.op = '='
	}
	if one.op == 0 || len(in) < 3 || in[2].kind != css.StringToken && in[2].kind != css.IdentToken {
		return one, i, weight, "[" + in[0].text + "…]"
	}
	one.value = strings.Trim(in[2].text, `"'`)
	one.fold = len(in) > 3 && strings.EqualFold(in[3].text, "i")
	return one, end + 1, weight, ""
}

// parseNth reads "odd", "even", "3", "2n", "2n+1" and "-n+3".
func parseNth(toks []cssToken) (a, b int, ok bool) {
	var t strings.Builder
	for _, x := range toks {
		if x.kind != css.WhitespaceToken {
			t.WriteString(strings.ToLower(x.text))
		}
	}
	s := t.String()
	switch s {
	case "odd":
		return 2, 1, true
	case "even":
		return 2, 0, true
	}
	step, rest, n := strings.Cut(s, "n")
	if !n {
		b, err := strconv.Atoi(s)
		return 0, b, err == nil
	}
	switch step {
	case "", "+":
		a = 1
	case "-":
		a = -1
	default:
		v, err := strconv.Atoi(step)
		if err != nil {
			return 0, 0, false
		}
		a = v
	}
	if rest != "" {
		v, err := strconv.Atoi(rest)
		if err != nil {
			return 0, 0, false
		}
		b = v
	}
	return a, b, a > -1000 && a < 1000 && b > -100000 && b < 100000
}

// matcher tries selectors on elements and counts what that costs.
type matcher struct {
	t     *tree
	tests int
	limit int
	index []int // place of each element among its siblings that are elements, from 1
}

// meets reports whether an element meets a selector, from its last part to its first.
func (m *matcher) meets(s *selector, id int) bool { return m.part(s, len(s.parts)-1, id) }

func (m *matcher) part(s *selector, i, id int) bool {
	if m.tests++; m.tests > m.limit {
		return false
	}
	for k := range s.parts[i].tests {
		if !m.simple(&s.parts[i].tests[k], id) {
			return false
		}
	}
	if i == 0 {
		return true
	}
	n := &m.t.nodes[id]
	switch s.parts[i].before {
	case '>':
		return m.isElement(n.parent) && m.part(s, i-1, n.parent)
	case '+':
		for o := n.prev; o != 0; o = m.t.nodes[o].prev {
			if m.isElement(o) {
				return m.part(s, i-1, o)
			}
		}
	case '~':
		for o := n.prev; o != 0; o = m.t.nodes[o].prev {
			if m.isElement(o) && m.part(s, i-1, o) {
				return true
			}
		}
	default:
		for o := n.parent; m.isElement(o); o = m.t.nodes[o].parent {
			if m.part(s, i-1, o) {
				return true
			}
		}
	}
	return false
}

func (m *matcher) isElement(id int) bool { return id != 0 && m.t.nodes[id].kind == elementNode }

func (m *matcher) simple(s *simple, id int) bool {
	n := &m.t.nodes[id]
	switch s.kind {
	case 't':
		return s.name == "" || s.name == n.tag
	case '#':
		return n.get("id") == s.name
	case '.':
		m.tests += len(n.get("class")) >> 6
		return n.has("class", s.name)
	case '[':
		m.tests += len(n.get(s.name)) >> 6
		return s.attribute(n)
	case '!':
		for i := range s.inner {
			if !m.simple(&s.inner[i], id) {
				return true
			}
		}
		return false
	}
	switch s.name {
	case "root":
		return n.parent == rootID
	case "link", "any-link":
		_, has := n.attr("href")
		return has && (n.tag == "a" || n.tag == "area")
	case "empty":
		for c := n.first; c != 0; c = m.t.nodes[c].next {
			if k := m.t.nodes[c].kind; k == elementNode || k == textNode {
				return false
			}
		}
		return true
	case "first-child":
		return m.place(id) == 1
	case "last-child":
		return m.lastOf(id)
	case "only-child":
		return m.place(id) == 1 && m.lastOf(id)
	case "nth-child":
		d := m.place(id) - s.b
		if s.a == 0 {
			return d == 0
		}
		return d%s.a == 0 && d/s.a >= 0
	}
	return false
}

func (s *simple) attribute(n *node) bool {
	v, has := n.attr(s.name)
	if !has || s.op == 0 {
		return has
	}
	want := s.value
	if s.fold {
		v, want = strings.ToLower(v), strings.ToLower(want)
	}
	switch s.op {
	case '=':
		return v == want
	case '|':
		return v == want || strings.HasPrefix(v, want+"-")
	}
	if want == "" {
		return false
	}
	switch s.op {
	case '^':
		return strings.HasPrefix(v, want)
	case '$':
		return strings.HasSuffix(v, want)
	case '*':
		return strings.Contains(v, want)
	}
	for _, w := range strings.Fields(v) {
		if w == want {
			return true
		}
	}
	return false
}

// place is where an element stands among its siblings. All places are worked out at
// once, the first time that one is wanted.
func (m *matcher) place(id int) int {
	if m.index == nil {
		m.index = make([]int, len(m.t.nodes))
		for parent := range m.t.nodes {
			k := 0
			for c := m.t.nodes[parent].first; c != 0; c = m.t.nodes[c].next {
				if m.t.nodes[c].kind == elementNode {
					k++
					m.index[c] = k
				}
			}
		}
	}
	return m.index[id]
}

func (m *matcher) lastOf(id int) bool {
	for o := m.t.nodes[id].next; o != 0; o = m.t.nodes[o].next {
		m.tests++
		if m.t.nodes[o].kind == elementNode {
			return false
		}
	}
	return true
}
