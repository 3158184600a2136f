package templates

import (
	"slices"
	"strconv"
)

// The sheets are the journey of a page, in order. Those that are not drawn
// yet are listed all the same: the order of the journey is never hidden.
const sheetName = "name"

var sheetKeys = []string{"join", sheetName, "route", "connect", "encrypt", "request", "page", "layers"}

// sheetDetails are the sheets that are detail sheets of a trace, by the key of
// that.
var sheetDetails = map[string]string{"connect": "connect", "encrypt": "encrypt", "request": "request", "page": "draw"}

// onSheet reports whether the page is on a sheet.
func onSheet(p Page, key string) bool {
	for sheet, detail := range sheetDetails {
		if detail == p.Detail {
			return sheet == key
		}
	}
	return key == sheetName
}

// offeredTypes are the record types the form suggests. It takes any type, also
// as TYPE65400 (RFC 3597 §5).
var offeredTypes = []string{"A", "AAAA", "CNAME", "NS", "MX", "TXT", "SOA", "PTR", "SRV", "CAA", "HTTPS", "TYPE65400"}

// otherLanguage is the name of the other language in that language.
func otherLanguage(p Page) string {
	if p.OtherLang() == "ko" {
		return "한국어"
	}
	return "English"
}

// sheetHref leads to the sheet that is shown, with its trace.
func sheetHref(p Page) string {
	if p.TraceID != "" && !p.Recorded {
		return "/lookups/" + p.TraceID
	}
	return "/"
}

// wordParts are the families of words that the page's script needs besides the
// common ones: those of its sheet, and those of facts that the trace has
// (static/js/word-parts.js).
func wordParts(p Page) []string {
	d, _ := FindDetail(p.Detail)
	parts := slices.Clone(d.Words)
	if p.View == nil {
		return parts
	}
	if p.View.DNSSEC != nil {
		parts = append(parts, "dnssec")
	}
	if slices.ContainsFunc(p.View.Balloons, func(b Balloon) bool { return b.Kind == "errand" }) {
		parts = append(parts, "errand")
	}
	return parts
}

// early is what the page's script will ask for first, so that it need not wait
// for the script: the words, and the trace. The script of the glossary's pages
// asks for nothing: they are complete as they are.
func early(p Page) []string {
	if p.Assets.Main == "" || p.Detail == "glossary" {
		return nil
	}
	out := []string{"/static/i18n/" + p.Lang() + ".json"}
	for _, part := range wordParts(p) {
		out = append(out, "/static/i18n/"+p.Lang()+"/"+part+".json")
	}
	if p.TraceURL != "" {
		out = append(out, p.TraceURL)
	}
	return out
}

func number(n int) string { return strconv.Itoa(n) }

// wrong reports whether the form came back because of this field.
func (f Form) wrong(field string) bool { return f.Error != nil && f.Error.Field == field }

// sheetTitle names the page by what it draws.
func sheetTitle(p Page) string {
	if p.View == nil || p.View.Question == nil {
		return p.T("sheet.name")
	}
	return p.T("page.title", "name", p.View.Question.Name.Short(), "type", p.View.Question.Type.String())
}

// sheetHeading says what the drawing is of.
func sheetHeading(p Page) string {
	if p.View == nil || p.View.Question == nil {
		return p.T("drawing.heading.none")
	}
	return p.T("drawing.heading", "name", p.View.Question.Name.Short(), "type", p.View.Question.Type.String())
}

// pressed is a value for aria-pressed.
func pressed(on bool) string { return strconv.FormatBool(on) }
