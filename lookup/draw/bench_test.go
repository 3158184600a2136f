package draw

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"rootwalk/lookup"
)

// largePage is a page of some 100 KB, with a style sheet in it.
func largePage() string {
	var b strings.Builder
	b.WriteString(`<!doctype html><html lang="en"><head><title>large</title><style>
body { margin: 0 auto; max-width: 60em; font: 16px/1.5 sans-serif }
article { margin: 1em 0; padding: .5em 1em; border: 1px solid #999 } article > h2 { font-size: 1.2em } .odd { background: #f4f4f4 } .odd p em { color: #a00 }
@media (max-width: 40em) { article { padding: 0 } }
</style></head><body>`)
	for i := 0; b.Len() < 100<<10; i++ {
		fmt.Fprintf(&b, `<article class="%s" id="a%d"><h2>Article %d</h2><p>Some text with <em>emphasis</em>, <a href="/x/%d">a link</a> and enough words that they go on over more than one line of the page.</p><ul><li>one<li>two</ul></article>`+"\n", []string{"even", "odd"}[i%2], i, i, i)
	}
	b.WriteString("</body></html>")
	return b.String()
}

func benchmark(b *testing.B, in Input, told bool) {
	b.ReportAllocs()
	b.SetBytes(int64(len(in.Document.Data)))
	for b.Loop() {
		p := New(in, Window{800, 600}, Limits{})
		if told {
			p.Draw(lookup.NewTrace(lookup.TraceConfig{ID: "t"}).Root())
		} else {
			p.Draw(lookup.Step{})
		}
	}
}

func article(b *testing.B) Input {
	html, err := os.ReadFile("../lab/pages/en/article.html")
	if err != nil {
		b.Fatal(err)
	}
	css, err := os.ReadFile("../lab/pages/article.css")
	if err != nil {
		b.Fatal(err)
	}
	return Input{Document: came(strings.ReplaceAll(string(html), "/draw/article.css", "a.css"), 640), Others: []Source{resource(2, "a.css", "text/css", string(css), 0, 1)}}
}

func BenchmarkArticle(b *testing.B)     { benchmark(b, article(b), false) }
func BenchmarkArticleTold(b *testing.B) { benchmark(b, article(b), true) }
func BenchmarkLarge(b *testing.B)       { benchmark(b, Input{Document: came(largePage(), 4096)}, false) }
func BenchmarkLargeTold(b *testing.B)   { benchmark(b, Input{Document: came(largePage(), 4096)}, true) }

func BenchmarkChange(b *testing.B) {
	for _, c := range []lookup.PageChange{{Kind: "width", Value: "390"}, {Kind: "colour", Value: "red"}, {Kind: "transform", Value: "rotate(1deg)"}} {
		b.Run(c.Kind, func(b *testing.B) {
			p := New(Input{Document: came(largePage(), 4096)}, Window{800, 600}, Limits{})
			p.Draw(lookup.Step{})
			if c.Kind != "width" {
				c.Node = find(b, p, "a9")
			}
			values := []string{c.Value, map[string]string{"width": "800", "colour": "blue", "transform": "rotate(2deg)"}[c.Kind]}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				c.Value = values[i%2]
				if err := p.Change(lookup.Step{}, c); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
