package page

import (
	"bytes"
	"strings"

	"golang.org/x/net/html"
)

// Framed is an HTML document as it can be shown from another address than its
// own: the style sheets, scripts and pictures that to knows are asked for at the
// addresses that it gives, and the script at an address of ours comes first. All
// other octets stay what they are: what to does not know keeps its reference.
//
// The script is asynchronous, so that the parser does not wait for it; it stands
// behind the document type, since in front of that it would change the mode in
// which browsers lay out (HTML Standard §13.2.6.4.1).
func Framed(body []byte, at URL, script string, to func(url string) (string, bool)) []byte {
	var out bytes.Buffer
	out.Grow(len(body) + 512)
	ours := []byte(`<script async src="` + html.EscapeString(script) + `"></script>`)
	placed := false
	z := html.NewTokenizer(bytes.NewReader(body))
	for {
		kind := z.Next()
		raw := bytes.Clone(z.Raw()) // before Token, which may change it
		switch {
		case placed || kind == html.CommentToken || kind == html.TextToken && blank(raw):
		case kind == html.DoctypeToken:
			raw, placed = append(raw, ours...), true
		default: // a document without a type, or the end
			out.Write(ours)
			placed = true
		}
		if kind == html.ErrorToken { // the end of the octets: there are no others here
			out.Write(raw)
			return out.Bytes()
		}
		if kind == html.StartTagToken || kind == html.SelfClosingTagToken {
			if t := z.Token(); moved(&t, at, to) {
				raw = []byte(t.String())
			}
		}
		out.Write(raw)
	}
}

// moved gives a tag the address that its resource is to be asked for at, and
// reports whether it has another now.
func moved(t *html.Token, at URL, to func(url string) (string, bool)) bool {
	name := map[string]string{"link": "href", "script": "src", "img": "src"}[t.Data]
	for i, a := range t.Attr {
		if name == "" || a.Key != name || a.Namespace != "" {
			continue
		}
		ref, err := at.Resolve(a.Val)
		if err != nil {
			return false
		}
		address, known := to(ref.Key())
		if known {
			t.Attr[i].Val = address
		}
		return known
	}
	return false
}

// blank reports whether a text is white space, or the mark of its byte order.
func blank(text []byte) bool {
	return strings.Trim(string(text), " \t\r\n\f\ufeff") == ""
}
