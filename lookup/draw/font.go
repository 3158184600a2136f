package draw

import "unicode/utf8"

// The widths of characters are those of the metric-compatible families that browsers
// on most systems have for the generic ones: Times, Helvetica, Courier. In thousandths
// of the font size, from U+0020 on.

// metric says whose widths these are.
const metric = "Times, Helvetica, Courier (and those with the same widths); other scripts 1 em"

var timesWidths = [95]uint16{
	250, 333, 408, 500, 500, 833, 778, 180, 333, 333, 500, 564, 250, 333, 250, 278, 500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 278, 278, 564, 564, 564, 444,
	921, 722, 667, 667, 722, 611, 556, 722, 722, 333, 389, 722, 611, 889, 722, 722, 556, 722, 667, 556, 611, 722, 722, 944, 722, 722, 611, 333, 278, 333, 469, 500,
	333, 444, 500, 444, 500, 444, 333, 500, 500, 278, 278, 500, 278, 778, 500, 500, 500, 500, 333, 389, 278, 500, 500, 722, 500, 500, 444, 480, 200, 480, 541,
}

var timesBoldWidths = [95]uint16{
	250, 333, 555, 500, 500, 1000, 833, 278, 333, 333, 500, 570, 250, 333, 250, 278, 500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 333, 333, 570, 570, 570, 500,
	930, 722, 667, 722, 722, 667, 611, 778, 778, 389, 500, 778, 667, 944, 722, 778, 611, 778, 722, 556, 667, 722, 722, 1000, 722, 722, 667, 333, 278, 333, 581, 500,
	333, 500, 556, 444, 556, 444, 333, 500, 556, 278, 333, 556, 278, 833, 556, 500, 556, 556, 444, 389, 333, 556, 500, 722, 500, 500, 444, 394, 220, 394, 520,
}

var helveticaWidths = [95]uint16{
	278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
	1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
	333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
}

var helveticaBoldWidths = [95]uint16{
	278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 333, 333, 584, 584, 584, 611,
	975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584, 556,
	333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611, 611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584,
}

// font is a face at a size.
type font struct {
	widths          *[95]uint16 // nil for one whose characters are all as wide
	size            int         // hundredths of a px
	ascent, descent int         // hundredths of a px, in whole px, as browsers round them
	normal          int         // line height where it is "normal"
}

// faces are the parts of a font's height in thousandths: ascent, descent, line gap.
var faces = map[string][3]int{"serif": {891, 216, 42}, "sans-serif": {905, 212, 33}, "monospace": {833, 300, 0}}

func (s *style) font() font {
	f := font{size: s.fontSize}
	switch {
	case s.family == "sans-serif" && s.bold:
		f.widths = &helveticaBoldWidths
	case s.family == "sans-serif":
		f.widths = &helveticaWidths
	case s.family == "monospace":
	case s.bold:
		f.widths = &timesBoldWidths
	default:
		f.widths = &timesWidths
	}
	part, ok := faces[s.family]
	if !ok {
		part = faces["serif"]
	}
	whole := func(thousandths int) int { return (s.fontSize*thousandths/1000 + 50) / 100 * 100 }
	f.ascent, f.descent = whole(part[0]), whole(part[1])
	f.normal = f.ascent + f.descent + whole(part[2])
	return f
}

// lineHeight is the height of a line of this style.
func (s *style) lineHeight(f font) int {
	switch s.lineUnit {
	case uNumber:
		return bound(int64(s.fontSize) * int64(s.line) / 1000)
	case uPx:
		return s.line
	}
	return f.normal
}

// wide reports whether a character is one of a script whose characters are as wide as
// they are high: lines may break on both sides of it.
func wide(r rune) bool {
	return r >= 0x1100 && r <= 0x115F || r >= 0x2E80 && r <= 0x303E || r >= 0x3041 && r <= 0xA4CF || r >= 0xAC00 && r <= 0xD7A3 ||
		r >= 0xF900 && r <= 0xFAFF || r >= 0xFE30 && r <= 0xFE6F || r >= 0xFF00 && r <= 0xFF60 || r >= 0x1F300 && r <= 0x1FAFF || r >= 0x20000 && r <= 0x3FFFD
}

// units is how wide a character is, in thousandths of the font size.
func (f font) units(r rune) int {
	switch {
	case r >= ' ' && r <= '~':
		if f.widths == nil {
			return 600
		}
		return int(f.widths[r-' '])
	case r == 0xA0:
		return f.units(' ')
	case wide(r):
		return 1000
	case r < ' ' || r == 0x200B || r == 0xFEFF || r >= 0x300 && r <= 0x36F:
		return 0
	}
	if f.widths == nil {
		return 600
	}
	return 556
}

// width is how wide a text is, in hundredths of a px.
func (f font) width(s string) int {
	sum := 0
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			sum += f.units(rune(c))
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		sum += f.units(r)
		i += n
	}
	return bound((int64(sum)*int64(f.size) + 500) / 1000)
}
