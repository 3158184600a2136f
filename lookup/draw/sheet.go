package draw

import (
	"strings"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/css"

	"rootwalk/lookup"
)

// declaration is one of a rule, as the longhands that it sets.
type declaration struct {
	property, value string
	important       bool
	sets            []setting // nil: not understood
	from, to        int
}

// rule is a rule of a style sheet.
type rule struct {
	id           int
	sheet        *sheet
	media        []*media // all must apply
	mediaText    string
	applies      bool
	selectors    []selector
	declarations []declaration
	from, to     int
	stamp, hit   int // of the element that meets it just now
}

// sheet is a style sheet of a page.
type sheet struct {
	number  int
	origin  string // "agent", "link", "element"
	n       int    // fetch
	url     string
	node    int
	text    string // of its media attribute
	media   *media // nil: always
	octets  int
	rules   []*rule
	dropped int
}

// cssToken is a token of CSS with the octets that it was read from.
type cssToken struct {
	kind     css.TokenType
	text     string
	from, to int
}

// sheetReader reads one style sheet (CSS Syntax §5).
type sheetReader struct {
	p     *Page
	s     *sheet
	data  string
	toks  []cssToken
	at    int
	depth int
	shift int // where data begins in its resource
}

// lexCSS cuts CSS into tokens; comments are none.
func lexCSS(data string) []cssToken {
	l := css.NewLexer(parse.NewInputString(data))
	toks := make([]cssToken, 0, len(data)/4+8)
	at := 0
	for {
		kind, text := l.Next()
		if kind == css.ErrorToken || len(text) == 0 {
			return toks
		}
		end := min(at+len(text), len(data))
		if kind != css.CommentToken {
			toks = append(toks, cssToken{kind, data[at:end], at, end})
		}
		at = end
	}
}

// readSheet parses a style sheet into the page's rules. Shift is where it begins in
// its resource.
func (p *Page) readSheet(s *sheet, data string, shift int) {
	if len(data) > p.limits.Octets {
		p.notes.bound("rules", "octets", p.limits.Octets)
		data = data[:p.limits.Octets]
	}
	s.octets = len(data)
	r := sheetReader{p: p, s: s, data: data, toks: lexCSS(data), shift: shift}
	r.rules(nil, "")
}

func (r *sheetReader) peek() css.TokenType {
	if r.at >= len(r.toks) {
		return css.ErrorToken
	}
	return r.toks[r.at].kind
}

// octets are those of the tokens from i to before j.
func (r *sheetReader) octets(i, j int) (from, to int) {
	if i >= j || i >= len(r.toks) {
		return -1, -1
	}
	return r.shift + r.toks[i].from, r.shift + r.toks[j-1].to
}

// until goes on to one of the kinds that is not inside brackets, and stays at it.
func (r *sheetReader) until(kinds ...css.TokenType) {
	depth := 0
	for ; r.at < len(r.toks); r.at++ {
		k := r.toks[r.at].kind
		if depth == 0 {
			for _, want := range kinds {
				if k == want {
					return
				}
			}
		}
		switch k {
		case css.LeftParenthesisToken, css.FunctionToken, css.LeftBracketToken, css.LeftBraceToken:
			depth++
		case css.RightParenthesisToken, css.RightBracketToken, css.RightBraceToken:
			depth = max(depth-1, 0)
		}
	}
}

// block goes behind the end of a block that begins here.
func (r *sheetReader) block() {
	r.at++
	r.until(css.RightBraceToken)
	r.at = min(r.at+1, len(r.toks))
}

// text is what tokens say, comments left out.
func (r *sheetReader) text(i, j int) string {
	var b strings.Builder
	for _, t := range r.toks[i:min(j, len(r.toks))] {
		b.WriteString(t.text)
	}
	return strings.TrimSpace(b.String())
}

// rules reads rules to the end of the sheet, or of the block that they stand in.
func (r *sheetReader) rules(around []*media, text string) {
	for {
		switch r.peek() {
		case css.ErrorToken:
			return
		case css.WhitespaceToken, css.CDOToken, css.CDCToken, css.SemicolonToken:
			r.at++
		case css.RightBraceToken:
			if r.depth > 0 {
				return
			}
			r.at++
		case css.AtKeywordToken:
			r.atRule(around, text)
		default:
			r.rule(around, text)
		}
	}
}

func (r *sheetReader) atRule(around []*media, text string) {
	begin := r.at
	name := strings.ToLower(r.toks[r.at].text)
	r.at++
	start := r.at
	r.until(css.LeftBraceToken, css.SemicolonToken, css.RightBraceToken)
	prelude := r.text(start, r.at)
	from, to := r.octets(begin, r.at)
	if name == "@media" && r.peek() == css.LeftBraceToken && r.depth < 8 {
		m := parseMedia(prelude)
		if m.odd != "" {
			r.p.notes.miss("rules", "media", m.odd, r.s.n, from, to)
		}
		r.at++
		r.depth++
		inner := prelude
		if text != "" {
			inner = text + " and " + prelude
		}
		r.rules(append(around[:len(around):len(around)], m), inner)
		r.depth--
		if r.peek() == css.RightBraceToken {
			r.at++
		}
		return
	}
	if name != "@charset" {
		r.p.notes.miss("rules", "atRule", name, r.s.n, from, to)
		r.s.dropped++
	}
	if r.peek() == css.LeftBraceToken {
		r.block()
		return
	}
	r.at = min(r.at+1, len(r.toks))
}

func (r *sheetReader) rule(around []*media, text string) {
	begin := r.at
	r.until(css.LeftBraceToken, css.RightBraceToken)
	prelude := r.toks[begin:r.at]
	if r.peek() != css.LeftBraceToken { // no block: no rule
		r.s.dropped++
		if r.peek() == css.RightBraceToken && r.depth == 0 {
			r.at++
		}
		return
	}
	if r.p.rules >= r.p.limits.Rules {
		r.p.notes.bound("rules", "rules", r.p.limits.Rules)
		r.block()
		return
	}
	one := &rule{sheet: r.s, media: around, mediaText: text}
	one.selectors = r.selectors(prelude)
	r.at++
	one.declarations = r.declarations()
	if r.peek() == css.RightBraceToken {
		r.at++
	}
	one.from, one.to = r.octets(begin, r.at)
	if len(one.selectors) == 0 {
		r.s.dropped++
		return
	}
	r.p.rules++
	one.id = r.p.rules
	r.s.rules = append(r.s.rules, one)
}

// declarations reads to the end of a block and stays at it.
func (r *sheetReader) declarations() []declaration {
	var out []declaration
	for {
		for k := r.peek(); k == css.WhitespaceToken || k == css.SemicolonToken; k = r.peek() {
			r.at++
		}
		switch r.peek() {
		case css.ErrorToken, css.RightBraceToken:
			return out
		}
		begin := r.at
		r.until(css.SemicolonToken, css.RightBraceToken, css.LeftBraceToken)
		if r.peek() == css.LeftBraceToken { // a rule in a rule
			from, to := r.octets(begin, r.at)
			r.p.notes.miss("rules", "selector", "& "+r.text(begin, r.at), r.s.n, from, to)
			r.s.dropped++
			r.block()
			continue
		}
		if d, ok := r.declaration(begin, r.at); ok {
			out = append(out, d)
		}
	}
}

func (r *sheetReader) declaration(begin, end int) (declaration, bool) {
	d := declaration{}
	d.from, d.to = r.octets(begin, end)
	i := begin + 1
	for i < end && r.toks[i].kind == css.WhitespaceToken {
		i++
	}
	first := r.toks[begin]
	if i >= end || r.toks[i].kind != css.ColonToken || first.kind != css.IdentToken && first.kind != css.CustomPropertyNameToken {
		r.p.notes.miss("rules", "property", r.text(begin, min(begin+3, end)), r.s.n, d.from, d.to)
		return d, false
	}
	if r.p.declarations >= r.p.limits.Declarations {
		r.p.notes.bound("rules", "declarations", r.p.limits.Declarations)
		return d, false
	}
	r.p.declarations++
	d.property = strings.ToLower(first.text)
	d.value = r.text(i+1, end)
	if cut := strings.LastIndexByte(d.value, '!'); cut >= 0 && strings.EqualFold(strings.TrimSpace(d.value[cut+1:]), "important") {
		d.important = true
		d.value = strings.TrimSpace(d.value[:cut])
	}
	if len(d.value) > maxText {
		d.value = strings.ToValidUTF8(d.value[:maxText], "")
	}
	d.understand(&r.p.notes, r.s.n)
	return d, true
}

// understand finds what a declaration sets, or names what is not understood of it.
func (d *declaration) understand(n *notes, fetch int) {
	sets, known := longhands(d.property, d.value)
	switch {
	case !known:
		n.miss("style", "property", d.property, fetch, d.from, d.to)
	case sets == nil:
		n.miss("style", "value", d.property+": "+d.value, fetch, d.from, d.to)
	}
	d.sets = sets
}

// inline reads the declarations of a style attribute.
func (p *Page) inline(value string, n *node) []declaration {
	s := &sheet{n: p.in.Document.N}
	r := sheetReader{p: p, s: s, data: value, toks: lexCSS(value), shift: 0}
	out := r.declarations()
	for i := range out {
		out[i].from, out[i].to = n.from, n.to
	}
	return out
}

// told is a rule as facts say it.
func (r *rule) told() lookup.SheetRule {
	out := lookup.SheetRule{ID: r.id, Media: excerpt(r.mediaText, 120), Applies: r.applies, From: r.from, To: r.to}
	for _, s := range r.selectors[:min(len(r.selectors), 24)] {
		out.Selectors = append(out.Selectors, lookup.StyleSelector{Text: excerpt(s.text, 120), IDs: s.weight[0], Classes: s.weight[1], Types: s.weight[2], Known: s.parts != nil})
	}
	for _, d := range r.declarations[:min(len(r.declarations), 48)] {
		out.Declarations = append(out.Declarations, lookup.StyleDeclaration{Property: excerpt(d.property, 60), Value: excerpt(d.value, 120), Important: d.important, Known: d.sets != nil, From: d.from, To: d.to})
	}
	return out
}
