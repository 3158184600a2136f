package templates

import (
	"strings"
	"testing"
)

func TestLinkTerms(t *testing.T) {
	w := words(t, "en")
	a := func(slug, text string) string {
		return `<a class="term" href="/glossary/` + slug + `">` + text + `</a>`
	}
	for _, c := range []struct{ name, in, want string }{
		{"running text, once a section",
			`<section><p>The glue and the glue.</p><p>Glue</p></section><section><p>A glue &amp; its TTL</p></section>`,
			`<section><p>The ` + a("glue", "glue") + ` and the glue.</p><p>Glue</p></section><section><p>A ` + a("glue", "glue") + ` &amp; its ` + a("ttl", "TTL") + `</p></section>`},
		{"not in controls, headings, links, code", `<h2>Glue</h2><p><a href="/x">glue</a> <button>glue</button><code>glue</code></p>`, ``},
		{"not in names", `<p><span class="mono">glue.example</span> glue.example</p>`, ``},
		{"not outside of running text", `<div>glue</div><span>glue</span>`, ``},
		{"quotes and void elements", `<p title="a > glue"><input value="glue"><br/>glue</p>`, `<p title="a > glue"><input value="glue"><br/>` + a("glue", "glue") + `</p>`},
		{"comments, and ends that nobody began", `<!-- <p> glue --></div><p>glue`, `<!-- <p> glue --></div><p>` + a("glue", "glue")},
		{"cut off", `<p>glue<`, `<p>` + a("glue", "glue") + `<`},
	} {
		want := c.want
		if want == "" {
			want = c.in
		}
		if got := linkTerms(w, c.in); got != want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, want)
		}
	}
}

// Whatever is written, taking the links out gives it back.
func FuzzLinkTerms(f *testing.F) {
	f.Add(`<section><p>glue <b>TTL</b></p></section>`)
	f.Add(`<p class='`)
	f.Add(`</`)
	w := words(f, "en")
	f.Fuzz(func(t *testing.T, in string) {
		if strings.Contains(in, `class="term"`) || strings.Contains(in, "</a>") {
			t.Skip()
		}
		out := linkTerms(w, in)
		for {
			i := strings.Index(out, `<a class="term" href="/glossary/`)
			if i < 0 {
				break
			}
			from := i + strings.IndexByte(out[i:], '>') + 1
			to := from + strings.Index(out[from:], "</a>")
			out = out[:i] + out[from:to] + out[to+len("</a>"):]
		}
		if out != in {
			t.Errorf("%q became %q", in, out)
		}
	})
}
