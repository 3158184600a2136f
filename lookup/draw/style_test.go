package draw

import (
	"strings"
	"testing"

	"rootwalk/lookup"
	"rootwalk/lookup/lookuptest"
)

func TestSpecificity(t *testing.T) { // the examples of Selectors 4 §17, as far as they are understood
	for text, want := range map[string][3]int{
		"*": {0, 0, 0}, "LI": {0, 0, 1}, "UL LI": {0, 0, 2}, "UL OL+LI": {0, 0, 3}, "H1 + *[REL=up]": {0, 1, 1}, "UL OL LI.red": {0, 1, 3}, "LI.red.level": {0, 2, 1},
		"#x34y": {1, 0, 0}, "#s12:not(foo)": {1, 0, 1}, "a:hover": {0, 1, 1}, "p:nth-child(2n+1) > b": {0, 1, 2}, `[lang|="en"] ~ p`: {0, 1, 1},
	} {
		s, odd := parseSelector(lexCSS(text), 32)
		if odd != "" || s.weight != want {
			t.Errorf("%s: %v, %q", text, s.weight, odd)
		}
	}
	for _, text := range []string{"p::before", "a:has(b)", "a > > b", "> a", "a >", "p:nth-child(x)", "[=a]", "&"} {
		if s, odd := parseSelector(lexCSS(text), 32); odd == "" {
			t.Errorf("%s was read as %+v", text, s)
		}
	}
}

func TestSelectorsMeet(t *testing.T) {
	p, _ := drawn(t, `<div id=d class="x y"><p id=p1>a<p id=p2 lang=en-GB data-k="one two">b<b id=b>c</b><p id=p3><a id=a href=/x.html>l</a><i id=i></i></div>`, 1000)
	for text, want := range map[string]string{
		"p": "p1 p2 p3", ".x.y": "d", ".x p": "p1 p2 p3", "div > b": "", "p > b": "b", "#p1 + p": "p2", "#p1 ~ p": "p2 p3", "p:first-child": "p1", "p:last-child": "p3",
		"p:nth-child(odd)": "p1 p3", "p:nth-child(-n+2)": "p1 p2", "p:nth-child(2)": "p2", "[lang|=en]": "p2", "[data-k~=two]": "p2", "[href$='.html']": "a", "[href^='/X' i]": "a", "[href*=htm]": "a",
		"p:not(#p2)": "p1 p3", "a:link": "a", "a:hover": "", "i:empty": "i", "body div p a": "a", "body > p a": "", ":root b": "b", "b:only-child": "b",
	} {
		s, odd := parseSelector(lexCSS(text), 32)
		if odd != "" {
			t.Errorf("%s: %s", text, odd)
			continue
		}
		m := matcher{t: p.tree, limit: 10_000}
		var got []string
		for id := range p.tree.nodes {
			if n := p.tree.at(id); n.kind == elementNode && n.get("id") != "" && m.meets(&s, id) {
				got = append(got, n.get("id"))
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s meets %v, want %q", text, got, want)
		}
	}
}

// What wins, and why: origin, importance, specificity, order (CSS Cascade §6.1).
func TestCascade(t *testing.T) {
	p, all := drawn(t, `<style>
p { color: blue; margin: 0 } p { color: green } #x { color: red } .c { color: teal !important; background: none }
</style><p id=x class=c style="color: black; width: 10px">a</p><p id=y>b<b id=z>c</b>`, 1000)
	x := *p.styles[find(t, p, "x")]
	if x.colour.String() != "#008080" || x.width != (extent{uPx, 1000}) || p.styles[find(t, p, "y")].colour.String() != "#008000" || p.styles[find(t, p, "z")].colour.String() != "#008000" {
		t.Errorf("%+v", x)
	}
	by := map[string]string{}
	for _, n := range only[lookup.StylesComputed](t, all).Nodes {
		for _, v := range n.Values {
			if v.Won {
				by[p.tree.at(n.Node).get("id")+" "+v.Property+" "+v.Value] = v.By
			}
		}
		if n.Node == find(t, p, "z") && (len(n.Inherited) == 0 || n.Inherited[0] != lookup.Field{Name: "color", Value: "#008000"}) {
			t.Errorf("z inherits %v", n.Inherited)
		}
	}
	for what, why := range map[string]string{"x color teal": "important", "y color green": "order", "x width 10px": "only", "y margin 0": "origin"} {
		if by[what] != why {
			t.Errorf("%s won by %q, want %q (%v)", what, by[what], why, by)
		}
	}
}

// What is not understood is named with its octets, and has no effect.
func TestUnknownIsNamed(t *testing.T) {
	const css = `@import "a.css"; @supports (x: y) { p { color: red } } p::before { color: red } p { colour: red; color: nonsense; width: calc(1px + 1em); float: left } a { & b { color: red } } @media (hover) { p { color: red } }`
	html := "<style>" + css + "</style><p id=p>x"
	p, all := drawn(t, html, 1000)
	if c := p.styles[find(t, p, "p")].colour; c != (colour{0, 0, 0, 255}) {
		t.Errorf("p is %v", c)
	}
	got := map[string]string{}
	for _, m := range lookuptest.Facts[lookup.ConstructMissed](all) {
		got[m.What+" "+m.Name] = html[m.From:m.To]
	}
	for _, want := range []string{"atRule @import", "atRule @supports", "selector ::", "property colour", "value color: nonsense", "value width: calc(1px + 1em)", "property float", "selector & & b", "media (hover)"} {
		if source, ok := got[want]; !ok || source == "" {
			t.Errorf("%s is not named: %v", want, got)
		}
	}
	if got["property float"] != "float: left " && got["property float"] != "float: left" {
		t.Errorf("float is from %q", got["property float"])
	}
}

func TestMediaQueries(t *testing.T) {
	for text, want := range map[string]bool{
		"all": true, "screen": true, "print": false, "not print": true, "(min-width: 800px)": true, "(min-width: 800.5px)": false, "(max-width: 50em)": true, "(width < 800px)": false,
		"(width <= 800px)": true, "(600px < width < 900px)": true, "(800px < width)": false, "screen and (min-width: 1px) and (max-width: 2px)": false, "print, (min-width: 1px)": true,
		"(orientation: landscape)": true, "(orientation: portrait)": false, "(prefers-color-scheme: dark)": false, "(hover)": false, "not all": false, "(min-height: 601px)": false,
	} {
		if got := parseMedia(text).holds(80_000, 60_000); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func TestColours(t *testing.T) {
	for text, want := range map[string]string{"#123": "#112233", "#12345678": "#12345678", "RED": "#ff0000", "rgb(1, 2, 3)": "#010203", "rgb(100% 0 0 / 50%)": "#ff000080", "hsl(120, 100%, 25%)": "#008000", "transparent": "#00000000", "hsl(-240deg 100% 25%)": "#008000"} {
		if v, ok := parseColour(text); !ok || v.tint.String() != want {
			t.Errorf("%s is %v", text, v.tint)
		}
	}
	for _, text := range []string{"#12", "#xyz", "rgb(1,2)", "rgb(a,b,c)", "rgb(1,2,3", "lab(1 2 3)", "rgb(nan,0,0)", ""} {
		if v, ok := parseColour(text); ok {
			t.Errorf("%q was read as %v", text, v)
		}
	}
}
