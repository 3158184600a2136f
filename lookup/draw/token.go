package draw

import (
	"bytes"

	"golang.org/x/net/html"

	"rootwalk/lookup"
)

// token is a token of HTML with the octets that it was read from.
type token struct {
	kind     html.TokenType
	name     string // of a tag
	text     string // of a text, comment or doctype
	attrs    []attr
	closed   bool // <br/>
	from, to int
}

// tokens reads a document's tokens one after the other.
type tokens struct {
	z      *html.Tokenizer
	at     int
	limits Limits
	notes  *notes
	names  map[string]string // so that a name of many tags is one string
}

func readTokens(data []byte, limits Limits, n *notes) *tokens {
	return &tokens{z: html.NewTokenizer(bytes.NewReader(data)), limits: limits, notes: n, names: make(map[string]string, 32)}
}

func (r *tokens) intern(b []byte) string {
	if s, known := r.names[string(b)]; known {
		return s
	}
	s := string(b[:min(len(b), 200)])
	if len(r.names) < 512 {
		r.names[s] = s
	}
	return s
}

// next is the next token; false after the last. What a document ends in the middle of
// is no token.
func (r *tokens) next() (token, bool) {
	t := token{kind: r.z.Next(), from: r.at}
	r.at += len(r.z.Raw())
	t.to = r.at
	switch t.kind {
	case html.ErrorToken:
		return t, false
	case html.TextToken, html.CommentToken, html.DoctypeToken:
		t.text = string(r.z.Text())
	default:
		name, more := r.z.TagName()
		t.name = r.intern(name)
		for more {
			var key, value []byte
			key, value, more = r.z.TagAttr()
			if len(t.attrs) >= r.limits.Attributes || len(key) > maxText || len(value) > maxText {
				r.notes.bound("tree", "attributes", r.limits.Attributes)
				continue
			}
			t.attrs = append(t.attrs, attr{r.intern(key), string(value)})
		}
		if t.kind == html.SelfClosingTagToken {
			t.kind, t.closed = html.StartTagToken, true
		}
	}
	return t, true
}

func tokenKind(t token) string {
	switch t.kind {
	case html.TextToken:
		return "text"
	case html.StartTagToken:
		return "start"
	case html.EndTagToken:
		return "end"
	case html.CommentToken:
		return "comment"
	}
	return "doctype"
}

// told is a token as facts say it, with the node that it was about.
func (t token) told(node int) lookup.DrawnToken {
	name := t.name
	if name == "" {
		name = excerpt(t.text, 24)
	}
	return lookup.DrawnToken{Kind: tokenKind(t), Name: lookup.Printable(name), Node: node, From: t.from, To: t.to}
}
