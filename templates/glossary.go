package templates

import (
	"sort"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"rootwalk/lookup"
)

// FindTerm is the entry of the glossary with a slug.
func FindTerm(slug string) (term, bool) {
	for _, t := range terms {
		if t.Slug == slug {
			return t, true
		}
	}
	return term{}, false
}

func (t term) name(w *lookup.Words) string { return w.Say("glossary." + t.Slug + ".name") }

// otherName is the term in the other language.
func (t term) otherName(p Page) string {
	if p.Other == nil {
		return ""
	}
	return t.name(p.Other)
}

func (t term) href() string { return "/glossary/" + t.Slug }

// source is where the term is defined, for people.
func (t term) source() string {
	if standards[t.RFC] != "" {
		return t.RFC
	}
	return "RFC " + t.RFC + " §" + t.At
}

func (t term) sourceHref() string {
	if to := standards[t.RFC]; to != "" {
		return to + t.At
	}
	return "https://www.rfc-editor.org/rfc/rfc" + t.RFC + "#section-" + t.At
}

// form is a way in which a term is written in a text.
type form struct{ text, slug string }

var formTables sync.Map // of *lookup.Words: []form, longest first

// formsOf are the forms of all terms in a language, longest first, in lower case.
func formsOf(w *lookup.Words) []form {
	if have, ok := formTables.Load(w); ok {
		return have.([]form)
	}
	var out []form
	for _, t := range terms {
		for _, f := range strings.Split(w.Say("terms."+t.Slug), ";") {
			if f != "-" && f != "" {
				out = append(out, form{strings.ToLower(f), t.Slug})
			}
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return len(out[i].text) > len(out[j].text) })
	formTables.Store(w, out)
	return out
}

// piece is a run of a text; Slug is the term that it is, "" for none.
type piece struct {
	Text string `json:"text"`
	Slug string `json:"slug"`
}

// maxTerms bounds the terms that are linked in one text: more would make it
// hard to read.
const maxTerms = 3

// withTerms cuts a text where terms of the glossary stand in it, each once. The
// browser does the same (static/elements/term-links/terms.js);
// static/test/terms.json holds the two together. A Latin term is a word of its own; a
// Korean one begins a word, and a particle may follow.
func withTerms(w *lookup.Words, text string) []piece {
	return withTermsBut(w, text, map[string]bool{})
}

// withTermsBut leaves out the terms in seen, and adds those that it found.
func withTermsBut(w *lookup.Words, text string, seen map[string]bool) []piece {
	forms := formsOf(w)
	most := len(seen) + maxTerms
	low := strings.ToLower(text)
	if len(low) != len(text) { // a letter whose lower case is longer: such a text has no links
		return []piece{{text, ""}}
	}
	var out []piece
	from := 0
	before := ' '
	for i := 0; i < len(low); {
		r, size := utf8.DecodeRuneInString(low[i:])
		found := form{}
		if !wordRune(before) && len(seen) < most {
			for _, f := range forms {
				if !seen[f.slug] && strings.HasPrefix(low[i:], f.text) && ends(f.text, low[i+len(f.text):]) {
					found = f
					break
				}
			}
		}
		if found.text == "" {
			before = r
			i += size
			continue
		}
		if i > from {
			out = append(out, piece{text[from:i], ""})
		}
		end := i + len(found.text)
		out = append(out, piece{text[i:end], found.slug})
		seen[found.slug] = true
		from, i = end, end
		before, _ = utf8.DecodeLastRuneInString(found.text)
	}
	if from < len(text) {
		out = append(out, piece{text[from:], ""})
	}
	return out
}

func wordRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_' || r == '='
}

// ends reports whether a form that was found ends where a word does.
func ends(form, rest string) bool {
	last, _ := utf8.DecodeLastRuneInString(form)
	next, size := utf8.DecodeRuneInString(rest)
	if size == 0 || last > unicode.MaxLatin1 || next > unicode.MaxLatin1 { // a Korean term, or a particle after a Latin one
		return true
	}
	if next == '.' { // the end of a sentence, but not a dot inside a name
		after, n := utf8.DecodeRuneInString(rest[1:])
		return n == 0 || !wordRune(after)
	}
	return !wordRune(next)
}
