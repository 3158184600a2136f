package templates

import (
	"bytes"
	"context"
	"io"
	"strings"

	"github.com/a-h/templ"

	"rootwalk/lookup"
)

// withGlossary is a component in which each term of the glossary leads there
// where running text first uses it, once in every section. It works on what the
// component has written, so that no sheet has to remember it: markup of ours,
// well formed, in which every text is escaped. Words in controls, links,
// headings, drawings and program text stay as they are.
func withGlossary(w *lookup.Words, inner templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, out io.Writer) error {
		var b bytes.Buffer
		if err := inner.Render(ctx, &b); err != nil {
			return err
		}
		_, err := io.WriteString(out, linkTerms(w, b.String()))
		return err
	})
}

// Elements in which text runs, those in which no link may stand or would be in
// the way, those without an end tag, and those that begin a section.
var (
	running  = wordSet("p li dt dd figcaption blockquote td th legend")
	unlinked = wordSet("a button label option select textarea summary caption svg pre code script style h1 h2 h3 h4 b title datalist")
	void     = wordSet("area base br col embed hr img input link meta source track wbr")
	sections = wordSet("section article aside figure h2")
)

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}

// openTag is an element that has begun.
type openTag struct {
	name           string
	runs, unlinked bool // inside it
}

// linkTerms links terms in a piece of HTML; see withGlossary. Its time is linear
// in the length, but for the terms that are looked for at each word.
func linkTerms(w *lookup.Words, html string) string {
	var out strings.Builder
	out.Grow(len(html) + len(html)/8)
	open := []openTag{{}}
	seen := map[string]bool{}
	for html != "" {
		top := open[len(open)-1]
		if html[0] != '<' {
			end := strings.IndexByte(html, '<')
			if end < 0 {
				end = len(html)
			}
			text := html[:end]
			html = html[end:]
			if !top.runs || top.unlinked || strings.TrimSpace(text) == "" {
				out.WriteString(text)
				continue
			}
			// Terms hold no character that is escaped, so escaped text can be searched.
			for _, p := range withTermsBut(w, text, seen) {
				if p.Slug == "" {
					out.WriteString(p.Text)
				} else {
					out.WriteString(`<a class="term" href="/glossary/` + p.Slug + `">` + p.Text + `</a>`)
				}
			}
			continue
		}
		tag := html[:tagEnd(html)]
		html = html[len(tag):]
		out.WriteString(tag)
		name, closing := tagName(tag)
		switch {
		case name == "" || void[name] || strings.HasSuffix(tag, "/>"):
		case closing:
			for i := len(open) - 1; i > 0; i-- {
				if open[i].name == name {
					open = open[:i]
					break
				}
			}
		default:
			if sections[name] {
				clear(seen)
			}
			open = append(open, openTag{name, top.runs || running[name], top.unlinked || unlinked[name] || quietTag(tag)})
		}
	}
	return out.String()
}

// quietTag reports whether an element is not to be read as running text: names
// and data in the mono face, what is hidden, what says something to a screen reader.
func quietTag(tag string) bool {
	for _, mark := range []string{`aria-hidden="true"`, `role="status"`, `role="alert"`, ` hidden`, `mono`, `vh"`} {
		if strings.Contains(tag, mark) {
			return true
		}
	}
	return false
}

// tagEnd is the length of the tag that html begins with; quotes may hold ">".
func tagEnd(html string) int {
	if strings.HasPrefix(html, "<!--") {
		if i := strings.Index(html, "-->"); i >= 0 {
			return i + len("-->")
		}
		return len(html)
	}
	var quote byte
	for i := 1; i < len(html); i++ {
		switch c := html[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return i + 1
		}
	}
	return len(html)
}

// tagName is the name of a tag, "" for a comment or a declaration.
func tagName(tag string) (name string, closing bool) {
	name = strings.TrimPrefix(tag[1:], "/")
	closing = len(name) < len(tag)-1
	if end := strings.IndexAny(name, " \t\n/>"); end >= 0 {
		name = name[:end]
	}
	if strings.HasPrefix(name, "!") {
		return "", false
	}
	return name, closing
}
