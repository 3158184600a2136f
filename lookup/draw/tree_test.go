package draw

import (
	"strings"
	"testing"

	"rootwalk/lookup"
	"rootwalk/lookup/lookuptest"
)

// documents are of shapes that pages really have; each must become the tree that the
// other parser makes of it.
var documents = []string{
	"", "x", "<p>one<p>two", "<!doctype html><title>t</title>hello",
	"<!doctype html><html lang=en><head><meta charset=utf-8></head><body class=a><h1>x</h1></body></html>\n",
	"<!--a--><!doctype html><!--b--><html><!--c--><head><!--d--></head><!--e--><body><!--f--></body><!--g--></html><!--h-->",
	"<ul><li>a<li>b<ul><li>c</ul><li>d</ul>", "<dl><dt>a<dd>b<dt>c<dd>d</dl>",
	"<p>a<div>b</div>c</p>d", "<div><p>a</div>b", "<h1>a<h2>b</h2></h1>c", "</p></br>x</div></span>",
	"<a href=1>x<a href=2>y</a>z", "<b>one<p>two</p></b>", "<p><b><i>x</i></b> y</p>", "<p><b>x<p>y<p>z",
	"<table><tr><td>a<td>b<tr><th>c</table>d", "<table><caption>c</caption><thead><tr><th>h<tbody><tr><td>x<tfoot><tr><td>y</table>",
	"<table>\n<tr>\n<td><p>a</td>\n</tr>\n</table>\n<p>b", "<table><tr><td><table><tr><td>in</table>out</table>",
	"<pre>\nkept\n</pre><textarea>\nx</textarea>", "<script>if (a < b) '</p>'</script><style>a>b{}</style><p>x",
	"<body><title>late</title><link rel=stylesheet href=a.css><p>x", "<head><script>1</script></head>\n\n<body>\n",
	"<img src=a alt='b c'><br/><hr><input disabled><p/>x", "<svg viewBox='0 0 1 1'><path d='M0'/><g><circle r=1></circle></g></svg><p>x",
	"a &amp; b &lt; &#48; &euro; &nosuch; &", "<p title=\"a&quot;b\" title=twice data-x>x", "<form><input><form><p>x</form>y", "<html><body a=1><body b=2><html c=3>",
	"<p>한국어 문서<br>두 줄", "a\r\nb\rc\x00d", "<noscript><p>x</noscript><p>y", "<head><noscript><style>a</style></noscript><title>t</title>",
	"<button>a<p>b</button>c", "<button>a<button>b", "<select><option>a<option selected>b<optgroup label=g><option>c</select>d", "<option>a<option>b<p>c", "<select><select>x", "<select>a<input>b",
	"<head><template><p>x</template><title>t</title>", "<p>a<template id=t><div><b>x</div></template>b", "<div><template>x<template>y</template></template></div>z",
	"<table><col><col span=2>\n<tr><td>a</table>", "<table><colgroup> <col></colgroup><colgroup><col><thead><tr><th>x</table>",
	"<a class=x href=/y data-t=z>attributes in another order</a>", "<article><header><h1>a</h1></header><p>b</article><footer>c</footer>", "<iframe src=x><p>raw</iframe>y", "<div", "<div a=", "<!-- no end", "x<",
	"<details><summary>s</summary>d</details><figure><img><figcaption>c</figure>", "<p><span>a<div>b</span>c</div>d", "<li>alone<dd>alone", "<!doctype html><p>a<table><tr><td>x</table>",
	"<p>a<table><tr><td>x</table>", "<p>x</body>\n<p>late</html>\n <!--z-->", "<nav><a href=/>a</a> <a href=/b>b</a></nav><main><section><h2>s</h2></section></main>",
}

func TestTreeIsTheOtherParsers(t *testing.T) {
	for _, html := range documents {
		_, all := drawn(t, html, 7)
		if c := only[lookup.TreeCompared](t, all); !c.Equal {
			t.Errorf("%q: %s", html, c.Differ)
		}
	}
}

// Where there are no rules here, the other parser's tree is drawn, and that is told.
func TestOverlapIsTheOtherParsers(t *testing.T) {
	for _, html := range []string{"<b>1<p>2</b>3</p>", "<table>text<tr><td>x</table>", "<a>1<div>2</a>3</div>", "<em>a<em>b<em>c<em>d<p>e</em>f", "<table><tr><b>x</b><td>y</table>", "<svg><p>out</svg>"} {
		p, all := drawn(t, html, 9)
		c := only[lookup.TreeCompared](t, all)
		missed := lookuptest.Facts[lookup.ConstructMissed](all)
		if c.Equal || len(missed) == 0 || missed[0].What != "nesting" || missed[0].From < 0 {
			t.Errorf("%q: %+v, %+v", html, c, missed)
		}
		if !c.Equal && (len(c.Nodes) != p.tree.count() || c.Nodes[1].From != -1) {
			t.Errorf("%q: the tree that is drawn is not told", html)
		}
	}
}

// The tree that grew is the same however the octets came, and each node says which
// octets made it.
func TestTreeGrowsWithArrivals(t *testing.T) {
	const html = "<!doctype html><html><head><title>T</title></head><body><p id=a>one <b>two</b></p><!--n--><p>three</body></html>"
	var whole []lookup.TreeNode
	for _, size := range []int{1000, 40, 11, 1} {
		_, all := drawn(t, html, size)
		var nodes []lookup.TreeNode
		have := map[int]bool{0: true}
		at := 0
		for _, f := range all {
			switch f := f.(type) {
			case lookup.TokensRead:
				at = f.To
				for _, k := range f.Tokens {
					if k.To > at {
						t.Errorf("%d: token %+v is told when %d octets are there", size, k, at)
					}
				}
			case lookup.TreeGrown:
				for _, n := range f.Nodes {
					if !have[n.Parent] || n.To > at {
						t.Errorf("%d: %+v when %d octets are there", size, n, at)
					}
					have[n.ID] = true
				}
				nodes = append(nodes, f.Nodes...)
				if f.Of != len(nodes) {
					t.Errorf("%d: %d nodes told, %d so far", size, len(nodes), f.Of)
				}
			}
		}
		if whole == nil {
			whole = nodes
			for _, n := range nodes {
				if source := html[max(n.From, 0):max(n.To, 0)]; n.Kind == "element" && n.Why == "" && !strings.HasPrefix(source, "<"+n.Name) || n.Kind == "text" && source != "" && source != n.Text && strings.TrimSpace(source) != n.Text {
					t.Errorf("%+v is from %q", n, source)
				}
			}
			continue
		}
		if len(nodes) != len(whole) {
			t.Fatalf("%d: %d nodes, %d at once", size, len(nodes), len(whole))
		}
		for i := range nodes {
			if nodes[i].ID != whole[i].ID || nodes[i].Parent != whole[i].Parent || nodes[i].Name != whole[i].Name || nodes[i].From != whole[i].From || nodes[i].To != whole[i].To {
				t.Errorf("%d: %+v, at once %+v", size, nodes[i], whole[i])
			}
		}
	}
}

func TestWhatIsNoHTMLIsNotDrawn(t *testing.T) {
	in := Input{Document: came("plain", 10)}
	in.Document.Media = "text/plain"
	p := New(in, Window{}, Limits{})
	end := only[lookup.DrawingFinished](t, facts(func(step lookup.Step) { p.Draw(step) }))
	if end.Outcome != "unsuited" || p.Change(lookup.Step{}, lookup.PageChange{Kind: "width", Value: "300"}) == nil {
		t.Errorf("%+v", end)
	}
}
