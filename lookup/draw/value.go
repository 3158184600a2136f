package draw

import (
	"strconv"
	"strings"
)

// property is a longhand that this drawing understands.
type property uint8

const (
	pDisplay property = iota
	pPosition
	pColour
	pBackground
	pFontSize
	pWeight
	pSlant
	pFamily
	pLineHeight
	pAlign
	pDecoration
	pSpace
	pListStyle
	pIndent
	pVisibility
	pMarginTop
	pMarginRight
	pMarginBottom
	pMarginLeft
	pPaddingTop
	pPaddingRight
	pPaddingBottom
	pPaddingLeft
	pBorderTop
	pBorderRight
	pBorderBottom
	pBorderLeft
	pStyleTop
	pStyleRight
	pStyleBottom
	pStyleLeft
	pTintTop
	pTintRight
	pTintBottom
	pTintLeft
	pWidth
	pHeight
	pMinWidth
	pMaxWidth
	pMinHeight
	pMaxHeight
	pSizing
	pTop
	pRight
	pBottom
	pLeft
	pZ
	pOpacity
	pTransform
	pWillChange
	pOverflow
	properties // how many
)

// unit is what a value is measured in.
type unit uint8

const (
	uWord    unit = iota // a keyword, in text
	uPx                  // hundredths of a px
	uEm                  // thousandths of the font size
	uRem                 // of the root's
	uPercent             // hundredths of a percent
	uVw                  // hundredths of a hundredth of the window's width
	uVh
	uNumber // thousandths
	uColour
)

// value is a value of a longhand.
type value struct {
	unit unit
	n    int
	tint colour
	word string
}

type setting struct {
	property property
	value    value
}

// colour is red, green, blue and opacity, each up to 255.
type colour struct{ r, g, b, a uint8 }

func (c colour) String() string {
	const digits = "0123456789abcdef"
	out := []byte{'#', digits[c.r>>4], digits[c.r&15], digits[c.g>>4], digits[c.g&15], digits[c.b>>4], digits[c.b&15]}
	if c.a != 255 {
		out = append(out, digits[c.a>>4], digits[c.a&15])
	}
	return string(out)
}

var names = map[string]uint32{
	"black": 0x000000, "silver": 0xc0c0c0, "gray": 0x808080, "grey": 0x808080, "white": 0xffffff, "maroon": 0x800000, "red": 0xff0000, "purple": 0x800080,
	"fuchsia": 0xff00ff, "magenta": 0xff00ff, "green": 0x008000, "lime": 0x00ff00, "olive": 0x808000, "yellow": 0xffff00, "navy": 0x000080, "blue": 0x0000ff,
	"teal": 0x008080, "aqua": 0x00ffff, "cyan": 0x00ffff, "orange": 0xffa500, "pink": 0xffc0cb, "brown": 0xa52a2a, "gold": 0xffd700, "indigo": 0x4b0082,
	"violet": 0xee82ee, "tomato": 0xff6347, "salmon": 0xfa8072, "coral": 0xff7f50, "crimson": 0xdc143c, "khaki": 0xf0e68c, "beige": 0xf5f5dc, "ivory": 0xfffff0,
	"lavender": 0xe6e6fa, "linen": 0xfaf0e6, "snow": 0xfffafa, "wheat": 0xf5deb3, "tan": 0xd2b48c, "turquoise": 0x40e0d0, "skyblue": 0x87ceeb, "steelblue": 0x4682b4,
	"royalblue": 0x4169e1, "rebeccapurple": 0x663399, "slategray": 0x708090, "slategrey": 0x708090, "dimgray": 0x696969, "dimgrey": 0x696969, "darkgray": 0xa9a9a9,
	"darkgrey": 0xa9a9a9, "lightgray": 0xd3d3d3, "lightgrey": 0xd3d3d3, "whitesmoke": 0xf5f5f5, "gainsboro": 0xdcdcdc, "lightblue": 0xadd8e6, "lightgreen": 0x90ee90,
	"lightyellow": 0xffffe0, "darkblue": 0x00008b, "darkgreen": 0x006400, "darkred": 0x8b0000, "darkorange": 0xff8c00, "seagreen": 0x2e8b57, "firebrick": 0xb22222,
	"cornflowerblue": 0x6495ed, "aliceblue": 0xf0f8ff, "ghostwhite": 0xf8f8ff, "hotpink": 0xff69b4, "orchid": 0xda70d6, "plum": 0xdda0dd, "sienna": 0xa0522d, "chocolate": 0xd2691e,
}

// parseColour reads a colour (CSS Color 4 §4).
func parseColour(s string) (value, bool) {
	s = strings.ToLower(s)
	switch {
	case s == "currentcolor":
		return value{unit: uWord, word: s}, true
	case s == "transparent":
		return value{unit: uColour}, true
	case strings.HasPrefix(s, "#"):
		return parseHex(s[1:])
	}
	if v, known := names[s]; known {
		return value{unit: uColour, tint: colour{uint8(v >> 16), uint8(v >> 8), uint8(v), 255}}, true
	}
	name, rest, ok := strings.Cut(s, "(")
	if !ok || !strings.HasSuffix(rest, ")") {
		return value{}, false
	}
	parts := strings.FieldsFunc(rest[:len(rest)-1], func(r rune) bool { return r == ',' || r == '/' || isSpace(r) })
	if len(parts) != 3 && len(parts) != 4 {
		return value{}, false
	}
	var v [4]float64
	v[3] = 1
	for i, p := range parts {
		digits, percent := strings.CutSuffix(strings.TrimSuffix(p, "deg"), "%")
		f, err := strconv.ParseFloat(digits, 64)
		if err != nil || f != f || f < -1e6 || f > 1e6 {
			return value{}, false
		}
		switch {
		case percent && (i == 3 || strings.HasPrefix(name, "hsl")):
			f /= 100
		case percent:
			f = f * 255 / 100
		}
		v[i] = f
	}
	out := colour{a: uint8(clamp(v[3], 0, 1)*255 + .5)}
	switch name {
	case "rgb", "rgba":
		out.r, out.g, out.b = uint8(clamp(v[0], 0, 255)+.5), uint8(clamp(v[1], 0, 255)+.5), uint8(clamp(v[2], 0, 255)+.5)
	case "hsl", "hsla":
		out.r, out.g, out.b = hsl(v[0], clamp(v[1], 0, 1), clamp(v[2], 0, 1))
	default:
		return value{}, false
	}
	return value{unit: uColour, tint: out}, true
}

func clamp(v, low, high float64) float64 { return min(max(v, low), high) }

func hsl(h, s, l float64) (r, g, b uint8) {
	at := func(n float64) uint8 {
		k := n + h/30
		for k < 0 {
			k += 12
		}
		for k >= 12 {
			k -= 12
		}
		c := l - s*min(l, 1-l)*max(-1, min(k-3, 9-k, 1))
		return uint8(clamp(c, 0, 1)*255 + .5)
	}
	for h < 0 || h >= 360 { // bounded: |h| is at most a million
		if h < 0 {
			h += 360
		} else {
			h -= 360
		}
	}
	return at(0), at(8), at(4)
}

func parseHex(s string) (value, bool) {
	var v [8]uint8
	for i := range len(s) {
		if i >= 8 {
			return value{}, false
		}
		d, err := strconv.ParseUint(s[i:i+1], 16, 8)
		if err != nil {
			return value{}, false
		}
		v[i] = uint8(d)
	}
	c := colour{a: 255}
	switch len(s) {
	case 4:
		c.a = v[3] * 17
		fallthrough
	case 3:
		c.r, c.g, c.b = v[0]*17, v[1]*17, v[2]*17
	case 8:
		c.a = v[6]<<4 | v[7]
		fallthrough
	case 6:
		c.r, c.g, c.b = v[0]<<4|v[1], v[2]<<4|v[3], v[4]<<4|v[5]
	default:
		return value{}, false
	}
	return value{unit: uColour, tint: c}, true
}

// maxLength bounds a length: a million px.
const maxLength = 100_000_000

var units = []struct {
	end   string
	unit  unit
	scale float64
}{
	{"rem", uRem, 1000}, {"em", uEm, 1000}, {"px", uPx, 100}, {"%", uPercent, 100}, {"vw", uVw, 100}, {"vh", uVh, 100},
	{"pt", uPx, 400.0 / 3}, {"ex", uEm, 500}, {"ch", uEm, 556}, {"in", uPx, 9600}, {"cm", uPx, 9600 / 2.54}, {"mm", uPx, 960 / 2.54},
}

// parseLength reads a length or a percentage.
func parseLength(s string) (value, bool) {
	s = strings.ToLower(s)
	for _, u := range units {
		if digits, ok := strings.CutSuffix(s, u.end); ok {
			f, err := strconv.ParseFloat(digits, 64)
			if err != nil || f != f || f > 1e6 || f < -1e6 {
				return value{}, false
			}
			return value{unit: u.unit, n: round(f * u.scale)}, true
		}
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil && f == 0 {
		return value{unit: uPx}, true
	}
	return value{}, false
}

func round(f float64) int {
	if f < 0 {
		return -round(-f)
	}
	return int(min(f, maxLength) + .5)
}

func parseNumber(s string) (value, bool) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f != f || f > 1e6 || f < -1e6 {
		return value{}, false
	}
	return value{unit: uNumber, n: round(f * 1000)}, true
}

// words splits a value at its spaces, those in parentheses and quotes left.
func words(s string) []string {
	var out []string
	depth, start := 0, -1
	var quote byte
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
			if start < 0 {
				start = i
			}
		case c == '(':
			depth++
		case c == ')':
			depth--
		case isSpace(rune(c)) && depth <= 0:
			if start >= 0 {
				out = append(out, s[start:i])
			}
			start = -1
			continue
		}
		if start < 0 {
			start = i
		}
	}
	if start >= 0 {
		out = append(out, s[start:])
	}
	return out
}
