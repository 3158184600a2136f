package page

import (
	"bytes"
	"strings"

	"golang.org/x/net/html"
)

// MaxResources is how many resources of one page are fetched.
const MaxResources = 16

// Resources lists what a page asks for by itself: style sheets, scripts and
// pictures, in the order in which a parser meets them, each once. Only those of
// its own origin are listed, and only of HTML that was found.
func Resources(r Response) []URL {
	media, _, _ := strings.Cut(strings.ToLower(r.Media), ";")
	if r.Status != 200 || strings.TrimSpace(media) != "text/html" {
		return nil
	}
	var out []URL
	seen := map[string]bool{}
	add := func(ref string) {
		a, err := r.At.Resolve(ref)
		if err == nil && a.Origin() == r.At.Origin() && !seen[a.Key()] && len(out) < MaxResources {
			seen[a.Key()] = true
			out = append(out, a)
		}
	}
	z := html.NewTokenizer(bytes.NewReader(r.Body))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return out
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			attr := map[string]string{}
			for _, a := range t.Attr {
				if _, twice := attr[a.Key]; !twice {
					attr[a.Key] = a.Val
				}
			}
			switch t.Data {
			case "link":
				if rel := strings.Fields(strings.ToLower(attr["rel"])); len(rel) == 1 && rel[0] == "stylesheet" && attr["href"] != "" {
					add(attr["href"])
				}
			case "script", "img":
				if attr["src"] != "" {
					add(attr["src"])
				}
			}
		}
	}
}
