package draw

import (
	"bytes"
	"image"
	_ "image/gif" // their sizes are read
	_ "image/jpeg"
	_ "image/png"
	"strconv"
	"strings"

	"rootwalk/lookup"
)

// measured is how big a picture is, and by what.
type measured struct {
	node, n int
	url     string
	source  string
	size    [2]int
}

// imagePixels is how big the picture of an element is by itself, in px. It is found out
// once for each element.
func (p *Page) imagePixels(id int) [2]int {
	for _, m := range p.images {
		if m.node == id {
			return m.size
		}
	}
	m := p.measure(id)
	p.images = append(p.images, m)
	return m.size
}

func (p *Page) measure(id int) measured {
	n := p.tree.at(id)
	m := measured{node: id, source: "none"}
	w, okW := pixels(n.get("width"))
	h, okH := pixels(n.get("height"))
	if n.tag == "img" {
		m.url = p.absolute(n.get("src"))
		s := p.in.find(m.url)
		if s.usable() {
			m.n = s.N
			if size, source := p.decode(s); source != "" {
				m.size, m.source = size, source
			}
		}
	} else {
		m.url = "<" + n.tag + ">"
		if n.tag != "svg" || !okW || !okH {
			m.size = [2]int{300, 150} // what CSS 2 §10.3.2 has where nothing is known
		}
		if size, ok := viewBox(n.get("viewbox"), n.get("viewBox")); ok && n.tag == "svg" {
			m.size = size
		}
	}
	if okW && okH {
		// The attributes give the shape before the picture comes.
		m.source = "attributes"
		if m.size == [2]int{} || n.tag != "img" {
			m.size = [2]int{w, h}
		}
	}
	return m
}

// decode reads the size that a picture says it has. Nothing more of it is unpacked.
func (p *Page) decode(s *Source) ([2]int, string) {
	media, _, _ := strings.Cut(strings.ToLower(s.Media), ";")
	if strings.TrimSpace(media) == "image/svg+xml" {
		if size, ok := svgSize(s.Data); ok {
			return size, "svg"
		}
		return [2]int{}, ""
	}
	c, format, err := image.DecodeConfig(bytes.NewReader(s.Data))
	if err != nil {
		p.notes.miss("image", "format", media, s.N, -1, -1)
		return [2]int{}, ""
	}
	if c.Width <= 0 || c.Height <= 0 || c.Width > p.limits.Pixels/max(c.Height, 1) {
		p.notes.bound("layout", "pixels", p.limits.Pixels)
		return [2]int{}, ""
	}
	return [2]int{c.Width, c.Height}, format
}

// svgSize reads the size from the first tag of an SVG picture.
func svgSize(data []byte) ([2]int, bool) {
	r := readTokens(data[:min(len(data), 4096)], Limits{}.orDefault(), &notes{})
	for range 32 {
		t, ok := r.next()
		if !ok {
			return [2]int{}, false
		}
		if t.name != "svg" {
			continue
		}
		n := node{attrs: t.attrs}
		box, boxed := viewBox(n.get("viewbox"))
		w, okW := pixels(n.get("width"))
		h, okH := pixels(n.get("height"))
		switch {
		case okW && okH:
			return [2]int{w, h}, true
		case boxed:
			return box, true
		}
		return [2]int{300, 150}, true
	}
	return [2]int{}, false
}

func viewBox(texts ...string) ([2]int, bool) {
	for _, text := range texts {
		f := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || isSpace(r) })
		if len(f) != 4 {
			continue
		}
		w, okW := pixels(f[2])
		h, okH := pixels(f[3])
		if okW && okH {
			return [2]int{w, h}, true
		}
	}
	return [2]int{}, false
}

// pixels reads a whole number of px: "120", "120px", "62.5".
func pixels(s string) (int, bool) {
	f, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(s), "px"), 64)
	if err != nil || f != f || f < 0 || f > 100_000 {
		return 0, false
	}
	return int(f + .5), true
}

func (m measured) told() lookup.ImageMeasured {
	return lookup.ImageMeasured{Node: m.node, N: m.n, URL: excerpt(m.url, 200), Source: m.source, Width: m.size[0], Height: m.size[1]}
}
