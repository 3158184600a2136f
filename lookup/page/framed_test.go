package page

import (
	"strings"
	"testing"
)

func TestFramedKeepsOctetsAndMovesResources(t *testing.T) {
	at, err := Read("http://www.example.co.kr/a/page?x=1")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]string{
		"http://www.example.co.kr/style.css":   "/f/style.css",
		"http://www.example.co.kr/a/s.js?v=1":  "/f/s.js?v=1",
		"http://www.example.co.kr/a/p.png":     "/f/p.png",
		"http://www.example.co.kr/a/page?x=1":  "/f/page",
		"http://www.example.co.kr/&quot;>.css": "/f/never",
	}
	to := func(url string) (string, bool) { a, ok := known[url]; return a, ok }
	const ours = `<script async src="/m.js"></script>`
	for _, c := range []struct{ name, body, want string }{
		{"after the document type", "<!doctype html>\n<p>x", "<!doctype html>" + ours + "\n<p>x"},
		{"a comment before it", "\ufeff <!-- c --><!DOCTYPE html><p>x", "\ufeff <!-- c --><!DOCTYPE html>" + ours + "<p>x"},
		{"without a type", "<p>x", ours + "<p>x"},
		{"nothing at all", "", ours},
		{"only text", "x < y", ours + "x < y"},
		{"rooted", `<!doctype html><link rel=stylesheet href=/style.css>`, `<!doctype html>` + ours + `<link rel="stylesheet" href="/f/style.css">`},
		{"relative, with a query", `<!doctype html><script defer src='s.js?v=1'></script>`, `<!doctype html>` + ours + `<script defer="" src="/f/s.js?v=1"></script>`},
		{"a fragment", `<!doctype html><img src="p.png#top" alt="a&amp;b">`, `<!doctype html>` + ours + `<img src="/f/p.png" alt="a&amp;b">`},
		{"what is not known stays, octet by octet", `<!doctype html><IMG  SRC=https://other.example/x.png   ><a href=/style.css>y</a>`, `<!doctype html>` + ours + `<IMG  SRC=https://other.example/x.png   ><a href=/style.css>y</a>`},
		{"text of a script is no markup", `<!doctype html><script>"<img src=p.png>"</script>`, `<!doctype html>` + ours + `<script>"<img src=p.png>"</script>`},
		{"an end in the middle of a tag", `<!doctype html><p>x<img src="p.p`, `<!doctype html>` + ours + `<p>x`},
	} {
		got := string(Framed([]byte(c.body), at, "/m.js", to))
		if c.name == "an end in the middle of a tag" { // a parser drops that tag, whatever is left of it
			got, _, _ = strings.Cut(got, "<img")
		}
		if got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
	if got := string(Framed([]byte("<p>x"), at, `/"><b>`, to)); !strings.HasPrefix(got, `<script async src="/&#34;&gt;&lt;b&gt;"></script>`) {
		t.Errorf("the script's address is not escaped: %s", got)
	}
}
