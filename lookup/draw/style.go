package draw

import (
	"slices"
	"strconv"
	"strings"

	"rootwalk/lookup"
)

// size of something: hundredths of a px, hundredths of a percent, or neither.
type extent struct {
	unit unit // uWord for auto and none, uPx, uPercent
	n    int
}

func (e extent) auto() bool { return e.unit == uWord }

// of is the extent where all is so much, or what stands in for auto.
func (e extent) of(all, auto int) int {
	switch e.unit {
	case uPx:
		return e.n
	case uPercent:
		return all * e.n / 10_000
	}
	return auto
}

// inherited is what an element takes from its parent.
type inherited struct {
	colour     colour
	fontSize   int
	bold       bool
	italic     bool
	family     string
	lineUnit   unit // uWord for normal, uNumber, uPx
	line       int
	align      string
	space      string
	listStyle  string
	indent     extent
	visibility string
	underline  bool // it is painted on what is below, too
}

// style is what the cascade makes of an element, with everything worked out that does
// not need layout. It is comparable.
type style struct {
	inherited
	display, position     string
	background            colour
	margin, padding       [4]extent
	border                [4]int
	edged                 [4]bool // the border has a style that shows
	tint                  [4]colour
	width, height         extent
	minW, maxW            extent
	minH, maxH            extent
	inset                 [4]extent
	borderBox             bool
	z                     int
	zAuto                 bool
	opacity               int // thousandths
	transform, willChange string
	overflow              string
}

var initialStyle = style{
	inherited: inherited{colour: colour{0, 0, 0, 255}, fontSize: 1600, family: "serif", align: "start", space: "normal", listStyle: "disc", indent: extent{unit: uPx}, visibility: "visible"},
	display:   "inline", position: "static", zAuto: true, opacity: 1000, transform: "none", willChange: "auto", overflow: "visible",
	margin: [4]extent{{unit: uPx}, {unit: uPx}, {unit: uPx}, {unit: uPx}}, padding: [4]extent{{unit: uPx}, {unit: uPx}, {unit: uPx}, {unit: uPx}},
}

// match is a declaration that meets an element.
type match struct {
	d      *declaration
	rule   *rule // nil for one of an attribute
	origin string
	rank   int // of origin and importance (CSS Cascade §6.1)
	weight [3]int
	order  int
}

const (
	rankAgent = iota
	rankHint
	rankAuthor
	rankAttribute
	rankAuthorImportant
	rankAttributeImportant
	rankAgentImportant
)

// compareMatches orders matches from the weakest to the strongest.
func compareMatches(a, b match) int {
	if a.rank != b.rank {
		return a.rank - b.rank
	}
	for i := range a.weight {
		if a.weight[i] != b.weight[i] {
			return a.weight[i] - b.weight[i]
		}
	}
	return a.order - b.order
}

// ruleIndex finds rules that an element may meet by what their last part asks for.
type ruleIndex struct {
	ids, classes, tags map[string][]ruleSelector
	rest               []ruleSelector
}

type ruleSelector struct {
	rule     *rule
	selector *selector
	order    int
}

// indexRules puts the rules that apply into the index.
func (p *Page) indexRules() {
	x := ruleIndex{ids: map[string][]ruleSelector{}, classes: map[string][]ruleSelector{}, tags: map[string][]ruleSelector{}}
	order := 0
	for _, s := range p.sheets {
		for _, r := range s.rules {
			order += len(r.declarations)
			if !r.applies {
				continue
			}
			for i := range r.selectors {
				sel := &r.selectors[i]
				if sel.parts == nil {
					continue
				}
				one := ruleSelector{r, sel, order}
				id, class, tag := "", "", ""
				for _, t := range sel.parts[len(sel.parts)-1].tests {
					switch t.kind {
					case '#':
						id = t.name
					case '.':
						class = t.name
					case 't':
						tag = t.name
					}
				}
				switch {
				case id != "":
					x.ids[id] = append(x.ids[id], one)
				case class != "":
					x.classes[class] = append(x.classes[class], one)
				case tag != "":
					x.tags[tag] = append(x.tags[tag], one)
				default:
					x.rest = append(x.rest, one)
				}
			}
		}
	}
	p.index = x
}

// matching collects what meets an element, the weakest first.
func (p *Page) matching(id int) []match {
	n := p.tree.at(id)
	p.stamp++
	hits := p.hits[:0]
	tried := func(list []ruleSelector) {
		for _, c := range list {
			if !p.match.meets(c.selector, id) {
				continue
			}
			p.matched++
			if c.rule.stamp == p.stamp { // reached by another of its selectors already
				h := &hits[c.rule.hit]
				if slices.Compare(c.selector.weight[:], h.selector.weight[:]) > 0 {
					h.selector = c.selector
				}
				continue
			}
			c.rule.stamp, c.rule.hit = p.stamp, len(hits)
			hits = append(hits, c)
		}
	}
	if v := n.get("id"); v != "" {
		tried(p.index.ids[v])
	}
	if v := n.get("class"); v != "" {
		if strings.IndexByte(v, ' ') < 0 {
			tried(p.index.classes[v])
		} else {
			seen := strings.Fields(v)
			seen = seen[:min(len(seen), 64)]
			for i, c := range seen {
				if !slices.Contains(seen[:i], c) {
					tried(p.index.classes[c])
				}
			}
		}
	}
	tried(p.index.tags[n.tag])
	tried(p.index.rest)
	p.hits = hits
	found := make([]match, 0, 2*len(hits)+4)
	for _, c := range hits {
		if p.found += len(c.rule.declarations); p.found > p.limits.Tests/10 {
			p.notes.bound("style", "tests", p.limits.Tests)
			break
		}
		for i := range c.rule.declarations {
			d := &c.rule.declarations[i]
			if d.sets == nil {
				continue
			}
			m := match{d: d, rule: c.rule, origin: "author", rank: rankAuthor, weight: c.selector.weight, order: c.order + i}
			switch {
			case c.rule.sheet.origin == "agent":
				m.origin, m.rank = "agent", rankAgent
			case d.important:
				m.rank = rankAuthorImportant
			}
			found = append(found, m)
		}
	}
	for i, d := range p.hints(id) {
		found = append(found, match{d: d, origin: "hint", rank: rankHint, order: i})
	}
	for i, d := range p.attributes(id) {
		if d.sets == nil {
			continue
		}
		m := match{d: d, origin: "attribute", rank: rankAttribute, order: i}
		if d.important {
			m.rank = rankAttributeImportant
		}
		found = append(found, m)
	}
	slices.SortStableFunc(found, compareMatches)
	return found
}

// hints are presentational attributes (HTML Standard §15.3).
func (p *Page) hints(id int) []*declaration {
	n := p.tree.at(id)
	var out []*declaration
	add := func(property, text string) {
		d := declaration{property: property, value: text, from: n.from, to: n.to}
		if d.sets, _ = longhands(property, text); d.sets != nil {
			out = append(out, &d)
		}
	}
	for _, a := range n.attrs {
		switch a.name {
		case "width", "height":
			if slices.Contains([]string{"img", "video", "iframe", "svg", "canvas", "table", "td", "th", "hr", "object", "embed"}, n.tag) && !(n.tag == "svg" && strings.HasSuffix(a.value, "em")) {
				if v := dimension(a.value); v != "" {
					add(a.name, v)
				}
			}
		case "bgcolor":
			add("background-color", a.value)
		case "align":
			if v := strings.ToLower(a.value); n.tag != "img" && (v == "left" || v == "right" || v == "center" || v == "justify") {
				add("text-align", v)
			}
		case "color":
			if n.tag == "font" {
				add("color", a.value)
			}
		}
	}
	return out
}

// dimension reads an attribute such as width: "120", "120px", "50%" (HTML Standard
// §2.3.4.4).
func dimension(s string) string {
	s = strings.TrimSpace(s)
	end := 0
	for end < len(s) && (s[end] >= '0' && s[end] <= '9' || s[end] == '.') {
		end++
	}
	if v, err := strconv.ParseFloat(s[:end], 64); err != nil || v > 1e6 {
		return ""
	}
	if end < len(s) && s[end] == '%' {
		return s[:end] + "%"
	}
	return s[:end] + "px"
}

// attributes are the declarations of a style attribute, and of changes after them.
func (p *Page) attributes(id int) []*declaration {
	if list, known := p.inlined[id]; known {
		return list
	}
	n := p.tree.at(id)
	text, has := n.attr("style")
	if !has {
		return nil
	}
	list := p.inline(text, n)
	out := make([]*declaration, len(list))
	for i := range list {
		out[i] = &list[i]
	}
	p.inlined[id] = out
	return out
}

// compute works out the style of one element from what meets it and from its parent's.
func (p *Page) compute(id int, matches []match) style {
	parent := &initialStyle
	if up := p.tree.at(id).parent; up != rootID {
		parent = p.styles[up]
	}
	s := initialStyle
	s.inherited = parent.inherited
	rem := 1600
	if p.html != 0 && p.html != id {
		rem = p.styles[p.html].fontSize
	}
	c := computing{p: p, s: &s, parent: parent, rem: rem}
	// The size of the font and the colour first: others are measured in them.
	for _, m := range matches {
		for _, set := range m.d.sets {
			if set.property == pFontSize || set.property == pColour {
				c.set(set)
			}
		}
	}
	for i := range s.tint {
		s.tint[i] = s.colour
	}
	for _, m := range matches {
		for _, set := range m.d.sets {
			if set.property != pFontSize && set.property != pColour {
				c.set(set)
			}
		}
	}
	for i := range s.border {
		if !s.edged[i] {
			s.border[i] = 0
		}
	}
	if s.position == "absolute" || s.position == "fixed" || p.tree.at(id).parent == rootID {
		if s.display == "inline" || s.display == "inline-block" { // blockified (CSS 2 §9.7)
			s.display = "block"
		}
	}
	return s
}

// computing is the computation of one style.
type computing struct {
	p         *Page
	s, parent *style
	rem       int
}

// px works out a length, percentages left out.
func (c *computing) px(v value, em int) (extent, bool) {
	switch v.unit {
	case uPx:
		return extent{uPx, v.n}, true
	case uEm:
		return extent{uPx, bound(int64(v.n) * int64(em) / 1000)}, true
	case uRem:
		return extent{uPx, bound(int64(v.n) * int64(c.rem) / 1000)}, true
	case uVw:
		c.p.byWindow = true
		return extent{uPx, bound(int64(v.n) * int64(c.p.width) / 10_000)}, true
	case uVh:
		return extent{uPx, bound(int64(v.n) * int64(c.p.height) / 10_000)}, true
	case uPercent:
		return extent{uPercent, v.n}, true
	case uWord:
		return extent{}, true
	}
	return extent{}, false
}

func bound(n int64) int { return int(min(max(n, -maxLength), maxLength)) }

func (c *computing) tint(v value) colour {
	if v.unit == uColour {
		return v.tint
	}
	return c.s.colour
}

// set applies one setting. Later ones win.
func (c *computing) set(set setting) {
	s, v := c.s, set.value
	from := c.parent
	if v.unit == uWord && (v.word == "inherit" || v.word == "initial" || v.word == "unset") {
		inherits := set.property >= pColour && set.property <= pVisibility && set.property != pBackground && set.property != pDecoration
		if v.word == "initial" || v.word == "unset" && !inherits {
			from = &initialStyle
		}
		s.take(set.property, from)
		return
	}
	size, _ := c.px(v, s.fontSize)
	switch q := set.property; q {
	case pDisplay:
		s.display = v.word
	case pPosition:
		s.position = v.word
	case pColour:
		if v.unit == uColour {
			s.colour = v.tint
		} else {
			s.colour = from.colour
		}
	case pBackground:
		s.background = c.tint(v)
	case pFontSize:
		e, _ := c.px(v, from.fontSize)
		s.fontSize = min(max(e.of(from.fontSize, from.fontSize), 0), 100_000)
	case pWeight:
		s.bold = v.n >= 600_000
	case pSlant:
		s.italic = v.word != "normal"
	case pFamily:
		s.family = v.word
	case pLineHeight:
		switch v.unit {
		case uWord:
			s.lineUnit, s.line = uWord, 0
		case uNumber:
			s.lineUnit, s.line = uNumber, v.n
		default:
			s.lineUnit, s.line = uPx, size.of(s.fontSize, 0)
		}
	case pAlign:
		s.align = v.word
	case pDecoration:
		s.underline = v.word == "underline"
	case pSpace:
		s.space = v.word
	case pListStyle:
		s.listStyle = v.word
	case pIndent:
		s.indent = size
	case pVisibility:
		s.visibility = v.word
	case pMarginTop, pMarginRight, pMarginBottom, pMarginLeft:
		s.margin[q-pMarginTop] = size
	case pPaddingTop, pPaddingRight, pPaddingBottom, pPaddingLeft:
		s.padding[q-pPaddingTop] = size
	case pBorderTop, pBorderRight, pBorderBottom, pBorderLeft:
		s.border[q-pBorderTop] = size.of(0, 0)
	case pStyleTop, pStyleRight, pStyleBottom, pStyleLeft:
		s.edged[q-pStyleTop] = v.word != "none" && v.word != "hidden"
	case pTintTop, pTintRight, pTintBottom, pTintLeft:
		s.tint[q-pTintTop] = c.tint(v)
	case pWidth:
		s.width = size
	case pHeight:
		s.height = size
	case pMinWidth:
		s.minW = size
	case pMaxWidth:
		s.maxW = size
	case pMinHeight:
		s.minH = size
	case pMaxHeight:
		s.maxH = size
	case pSizing:
		s.borderBox = v.word == "border-box"
	case pTop, pRight, pBottom, pLeft:
		s.inset[q-pTop] = size
	case pZ:
		s.zAuto, s.z = v.unit == uWord, v.n/1000
	case pOpacity:
		s.opacity = v.n
	case pTransform:
		s.transform = v.word
	case pWillChange:
		s.willChange = v.word
	case pOverflow:
		s.overflow = v.word
	}
}

// take copies a property from another style.
func (s *style) take(q property, from *style) {
	switch q {
	case pDisplay:
		s.display = from.display
	case pPosition:
		s.position = from.position
	case pColour:
		s.colour = from.colour
	case pBackground:
		s.background = from.background
	case pFontSize:
		s.fontSize = from.fontSize
	case pWeight:
		s.bold = from.bold
	case pSlant:
		s.italic = from.italic
	case pFamily:
		s.family = from.family
	case pLineHeight:
		s.lineUnit, s.line = from.lineUnit, from.line
	case pAlign:
		s.align = from.align
	case pDecoration:
		s.underline = from.underline
	case pSpace:
		s.space = from.space
	case pListStyle:
		s.listStyle = from.listStyle
	case pIndent:
		s.indent = from.indent
	case pVisibility:
		s.visibility = from.visibility
	case pMarginTop, pMarginRight, pMarginBottom, pMarginLeft:
		s.margin[q-pMarginTop] = from.margin[q-pMarginTop]
	case pPaddingTop, pPaddingRight, pPaddingBottom, pPaddingLeft:
		s.padding[q-pPaddingTop] = from.padding[q-pPaddingTop]
	case pBorderTop, pBorderRight, pBorderBottom, pBorderLeft:
		s.border[q-pBorderTop] = from.border[q-pBorderTop]
	case pStyleTop, pStyleRight, pStyleBottom, pStyleLeft:
		s.edged[q-pStyleTop] = from.edged[q-pStyleTop]
	case pTintTop, pTintRight, pTintBottom, pTintLeft:
		s.tint[q-pTintTop] = from.tint[q-pTintTop]
	case pWidth:
		s.width = from.width
	case pHeight:
		s.height = from.height
	case pMinWidth:
		s.minW = from.minW
	case pMaxWidth:
		s.maxW = from.maxW
	case pMinHeight:
		s.minH = from.minH
	case pMaxHeight:
		s.maxH = from.maxH
	case pSizing:
		s.borderBox = from.borderBox
	case pTop, pRight, pBottom, pLeft:
		s.inset[q-pTop] = from.inset[q-pTop]
	case pZ:
		s.z, s.zAuto = from.z, from.zAuto
	case pOpacity:
		s.opacity = from.opacity
	case pTransform:
		s.transform = from.transform
	case pWillChange:
		s.willChange = from.willChange
	case pOverflow:
		s.overflow = from.overflow
	}
}

// told is an element's style as facts say it: what met it, what won, and by what.
func (p *Page) toldStyle(id int) lookup.NodeStyle {
	out := lookup.NodeStyle{Node: id}
	matches := p.matches[id]
	// The strongest and the second for each longhand.
	var best, second [properties]int
	for i, m := range matches {
		for _, set := range m.d.sets {
			second[set.property], best[set.property] = best[set.property], i+1
		}
	}
	for i, m := range matches[:min(len(matches), 48)] {
		v := lookup.StyleValue{Property: excerpt(m.d.property, 60), Value: excerpt(m.d.value, 120), Origin: m.origin}
		if m.rule != nil {
			v.Rule = m.rule.id
		}
		for _, set := range m.d.sets {
			if best[set.property] != i+1 {
				continue
			}
			v.Won = true
			by := "only"
			if o := second[set.property]; o > 0 {
				other := matches[o-1]
				switch {
				case other.rank != m.rank && m.rank >= rankAuthorImportant:
					by = "important"
				case other.rank != m.rank:
					by = "origin"
				case other.weight != m.weight:
					by = "specificity"
				default:
					by = "order"
				}
			}
			if v.By == "" || v.By == "only" {
				v.By = by
			}
		}
		out.Values = append(out.Values, v)
	}
	s := p.styles[id]
	inherits := func(q property, name, text string, differs bool) {
		if differs && best[q] == 0 {
			out.Inherited = append(out.Inherited, lookup.Field{Name: name, Value: text})
		}
	}
	i := &initialStyle
	inherits(pColour, "color", s.colour.String(), s.colour != i.colour)
	inherits(pFontSize, "font-size", hundredths(s.fontSize)+"px", s.fontSize != i.fontSize)
	inherits(pWeight, "font-weight", "bold", s.bold)
	inherits(pSlant, "font-style", "italic", s.italic)
	inherits(pFamily, "font-family", s.family, s.family != i.family)
	inherits(pLineHeight, "line-height", s.lineText(), s.lineUnit != uWord)
	inherits(pAlign, "text-align", s.align, s.align != i.align)
	inherits(pSpace, "white-space", s.space, s.space != i.space)
	inherits(pListStyle, "list-style-type", s.listStyle, s.listStyle != i.listStyle)
	inherits(pVisibility, "visibility", s.visibility, s.visibility != i.visibility)
	return out
}

func (s *style) lineText() string {
	switch s.lineUnit {
	case uNumber:
		return hundredths(s.line / 10)
	case uPx:
		return hundredths(s.line) + "px"
	}
	return "normal"
}

// hundredths shows hundredths: "62.5".
func hundredths(n int) string {
	return strconv.FormatFloat(float64(n)/100, 'f', -1, 64)
}
