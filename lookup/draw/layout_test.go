package draw

import (
	"encoding/binary"
	"hash/crc32"
	"strings"
	"testing"

	"rootwalk/lookup"
	"rootwalk/lookup/lookuptest"
)

// place is a border box in px.
func place(b *box) [4]float64 {
	return [4]float64{float64(b.x) / 100, float64(b.y) / 100, float64(b.w) / 100, float64(b.h) / 100}
}

// Where boxes lie, as CSS 2 §8 to §10 say, worked out by hand.
func TestBoxesArePlaced(t *testing.T) {
	const reset = "<!doctype html><style>*{margin:0;font:10px/20px monospace}"
	for name, c := range map[string]struct {
		html string
		want map[string][4]float64
	}{
		"blocks":          {reset + "</style><div id=a>x</div><div id=b>y</div>", map[string][4]float64{"a": {0, 0, 800, 20}, "b": {0, 20, 800, 20}}},
		"edges":           {reset + "#a{margin:10px 20px;padding:5px;border:2px solid}</style><div id=a>x</div>", map[string][4]float64{"a": {20, 10, 760, 34}}},
		"centre":          {reset + "#a{width:200px;margin:0 auto}</style><div id=a>x</div>", map[string][4]float64{"a": {300, 0, 200, 20}}},
		"percent":         {reset + "#a{width:50%}#b{width:50%;padding-left:10%}</style><div id=a><div id=b>x</div></div>", map[string][4]float64{"a": {0, 0, 400, 20}, "b": {0, 0, 240, 20}}},
		"border-box":      {reset + "#a{box-sizing:border-box;width:100px;height:50px;padding:10px}</style><div id=a>x</div>", map[string][4]float64{"a": {0, 0, 100, 50}}},
		"max-width":       {reset + "#a{max-width:300px}#b{min-width:900px}</style><p id=a>x<p id=b>y", map[string][4]float64{"a": {0, 0, 300, 20}, "b": {0, 20, 900, 20}}},
		"siblings":        {reset + "#a{margin-bottom:30px}#b{margin-top:10px}</style><div id=a>x</div><div id=b>y</div>", map[string][4]float64{"b": {0, 50, 800, 20}}},
		"negative":        {reset + "#a{margin-bottom:30px}#b{margin-top:-10px}</style><div id=a>x</div><div id=b>y</div>", map[string][4]float64{"b": {0, 40, 800, 20}}},
		"through parent":  {reset + "#b{margin:15px 0}</style><div id=a><div id=b>x</div></div><div id=c>y</div>", map[string][4]float64{"a": {0, 15, 800, 20}, "b": {0, 15, 800, 20}, "c": {0, 50, 800, 20}}},
		"not through":     {reset + "#a{padding:1px}#b{margin:15px 0}</style><div id=a><div id=b>x</div></div>", map[string][4]float64{"a": {0, 0, 800, 52}, "b": {1, 16, 798, 20}}},
		"through empty":   {reset + "#e{margin:15px 0}</style><div id=a>x</div><div id=e></div><div id=b>y</div>", map[string][4]float64{"b": {0, 35, 800, 20}, "e": {0, 35, 800, 0}}},
		"wrap":            {reset + "#a{width:60px}</style><div id=a>aaaa bbbb cccc</div>", map[string][4]float64{"a": {0, 0, 60, 40}}}, // 6 px a character: nine and a space fit in 60
		"wide characters": {reset + "#a{width:50px}</style><div id=a>가나다라마바사</div>", map[string][4]float64{"a": {0, 0, 50, 40}}},
		"pre":             {reset + "#a{white-space:pre}</style><div id=a>a  b\nc\n\nd</div>", map[string][4]float64{"a": {0, 0, 800, 80}}},
		"br":              {reset + "</style><div id=a>a<br>b<br></div>", map[string][4]float64{"a": {0, 0, 800, 40}}},
		"image":           {reset + "</style><div id=a><img id=i width=30 height=40></div>", map[string][4]float64{"i": {0, 0, 30, 40}, "a": {0, 0, 800, 48}}}, // it stands on the baseline; 8 px of the line are below that
		"image block":     {reset + "img{display:block;width:50%}</style><img id=i width=100 height=50>", map[string][4]float64{"i": {0, 0, 400, 50}}},
		"image max":       {reset + "img{display:block;max-width:100%;height:auto}div{width:200px}</style><div><img id=i width=400 height=100></div>", map[string][4]float64{"i": {0, 0, 200, 50}}},
		"inline-block":    {reset + "span{display:inline-block;padding:5px}</style><span id=a>xx</span><span id=b>y</span>", map[string][4]float64{"a": {0, 0, 22, 30}, "b": {22, 0, 16, 30}}},
		"relative":        {reset + "#a{position:relative;left:7px;top:3px}</style><div id=a>x</div><div id=b>y</div>", map[string][4]float64{"a": {7, 3, 800, 20}, "b": {0, 20, 800, 20}}},
		"absolute":        {reset + "#p{position:relative;margin-top:10px;height:100px}#a{position:absolute;right:10px;bottom:5px;width:40px}</style><div id=p><div id=a>x</div></div>", map[string][4]float64{"a": {750, 85, 40, 20}}},
		"absolute shrink": {reset + "#a{position:absolute;left:3px;top:4px}</style><div id=a>xxx</div><div id=b>y</div>", map[string][4]float64{"a": {3, 4, 18, 20}, "b": {0, 0, 800, 20}}},
		"fixed":           {reset + "#a{position:fixed;left:0;bottom:0;width:100%;height:30px}</style><div id=a>x</div>", map[string][4]float64{"a": {0, 570, 800, 30}}},
		"text-align":      {reset + "#a{text-align:right}</style><div id=a><b id=b>xx</b></div>", map[string][4]float64{"b": {788, 4, 12, 11}}},
		"list":            {reset + "ul{padding-left:40px}</style><ul id=a><li id=l>x</ul>", map[string][4]float64{"a": {0, 0, 800, 20}, "l": {40, 0, 760, 20}}},
		"float is told":   {reset + "#a{float:left}</style><div id=a>x</div>", map[string][4]float64{"a": {0, 0, 800, 20}}},
		"vw":              {reset + "#a{width:50vw;height:10vh}</style><div id=a></div>", map[string][4]float64{"a": {0, 0, 400, 60}}},
		"box in text":     {reset + "</style><div id=a>x<div id=b>y</div>z</div>", map[string][4]float64{"a": {0, 0, 800, 60}, "b": {0, 20, 800, 20}}},
	} {
		p, _ := drawn(t, c.html, 1000)
		for id, want := range c.want {
			if got := place(boxFor(t, p, id)); got != want {
				t.Errorf("%s: #%s lies at %v, want %v", name, id, got, want)
			}
		}
	}
}

// A margin of the body and of its first child collapse, those of the root do not.
func TestUsualPage(t *testing.T) {
	p, _ := drawn(t, "<!doctype html><body id=b><h1 id=h>Title</h1><p id=p>Text", 1000)
	// h1: 2em of 16 px, margin .67em of that; its font is 32 px: 29 + 7 + 1 px high.
	if got := place(boxFor(t, p, "h")); got != [4]float64{8, 21.44, 784, 37} {
		t.Errorf("h1 %v", got)
	}
	if got := place(boxFor(t, p, "p")); got != [4]float64{8, 79.88, 784, 18} {
		t.Errorf("p %v", got)
	}
}

func TestTextWidths(t *testing.T) {
	sans := style{inherited: inherited{family: "sans-serif", fontSize: 1000}}
	for text, want := range map[string]int{"": 0, "i": 222, "W": 944, "Hello": 722 + 556 + 222 + 222 + 556, "가": 1000, "é": 556, "\u0301": 0} {
		if got := sans.font().width(text); got != want {
			t.Errorf("%q is %d wide, want %d", text, got, want)
		}
	}
}

func TestRenderTreeSaysWhatDropsOut(t *testing.T) {
	p, all := drawn(t, `<!doctype html><head><title>x</title></head><body><!--c--><p hidden>a<b>b</b></p> <p>t</p>loose <input> text<ul><li>i</ul></body>`, 1000)
	f := only[lookup.BoxesMade](t, all)
	why := map[string]int{}
	for _, d := range f.Dropped {
		why[d.Why] += 1 + d.With
	}
	if why["doctype"] != 1 || why["head"] != 3 || why["comment"] != 1 || why["hidden"] != 4 || why["unsupported"] != 1 || why["blank"] == 0 {
		t.Errorf("%v", why)
	}
	kinds := map[string]int{}
	for _, b := range f.Boxes {
		kinds[b.Kind]++
		if b.Parent >= b.ID {
			t.Errorf("%+v comes before what it is in", b)
		}
	}
	if kinds["anonymous"] != 1 || kinds["marker"] != 1 || f.Added != 2 || f.Count != len(p.boxes) || f.Lost+f.Count-f.Added != p.tree.count()-1 {
		t.Errorf("%v, %d lost and %d boxes of %d nodes", kinds, f.Lost, f.Count, p.tree.count())
	}
}

// Painting: backgrounds under text, negative z-index under both, positive over all (CSS
// 2 Appendix E).
func TestOrderOfPainting(t *testing.T) {
	_, all := drawn(t, `<!doctype html><style>div{background:#111}#neg{position:relative;z-index:-1;background:#222}#pos{position:relative;z-index:2;background:#444}#rel{position:relative;background:#333}body{background:#eee}</style>
<body><div id=pos>over</div><div id=rel>level</div><div id=neg>under</div><div id=flow>flow</div>`, 1000)
	var got []string
	for _, o := range only[lookup.PaintOrdered](t, all).Ops {
		if o.Kind == "background" {
			got = append(got, o.Colour)
		} else {
			got = append(got, o.Text)
		}
	}
	if s := strings.Join(got, " "); s != "#eeeeee #222222 under #111111 flow #333333 level #444444 over" {
		t.Error(s)
	}
}

func TestLayersSayWhy(t *testing.T) {
	_, all := drawn(t, `<p style="transform: rotate(1deg)">a<p style="opacity: .5">b<p style="position: fixed; top: 0">c<p style="will-change: transform">d<p style="opacity: 1">e<b style="transform: scale(2)">none</b>`, 1000)
	var got []string
	for _, l := range only[lookup.LayersFormed](t, all).Layers {
		got = append(got, strings.Join(l.Why, "+"))
	}
	if s := strings.Join(got, " "); s != "root transform opacity fixed willChange" {
		t.Error(s)
	}
}

func TestPicturesAreMeasured(t *testing.T) {
	png := picture(16, 32)
	huge := picture(0xffff, 0xffff)
	gif := "GIF89a\x05\x00\x07\x00\x00\x00\x00;"
	p, all := drawn(t, `<img id=p src=p.png><img id=g src=g.gif><img id=s src=s.svg><img id=h src=h.png><img id=n src=none.png><img id=a src=none2.png width=3 height=4>`, 1000,
		resource(2, "p.png", "image/png", png, 0, 1), resource(3, "g.gif", "image/gif", gif, 0, 1), resource(4, "h.png", "image/png", huge, 0, 1),
		resource(5, "s.svg", "image/svg+xml", `<?xml version="1.0"?><svg viewBox="0 0 120 60"><path/></svg>`, 0, 1))
	want := map[string]struct {
		source string
		w, h   int
	}{"p": {"png", 16, 32}, "g": {"gif", 5, 7}, "s": {"svg", 120, 60}, "h": {"none", 0, 0}, "n": {"none", 0, 0}, "a": {"attributes", 3, 4}}
	told := lookuptest.Facts[lookup.ImageMeasured](all)
	if len(told) != len(want) {
		t.Fatalf("%+v", told)
	}
	for _, m := range told {
		if w := want[p.tree.at(m.Node).get("id")]; m.Source != w.source || m.Width != w.w || m.Height != w.h {
			t.Errorf("%+v, want %v", m, w)
		}
	}
}

// picture is the head of a PNG that says it is so big.
func picture(w, h uint32) string {
	b := append([]byte("IHDR"), binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)...)
	b = append(b, 8, 2, 0, 0, 0)
	return "\x89PNG\r\n\x1a\n\x00\x00\x00\x0d" + string(binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b)))
}
