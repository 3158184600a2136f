package templates

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"

	"rootwalk/lookup"
)

// The ladder as a file: every message of a trace between upright lines, one for
// each host and each zone's servers, from top to bottom in the order in which
// they were. It is whole in itself: no style sheet, no script, no font to load.
// Line types mean the same as on the drawing, in grey too.

// Measures of the ladder, in its own units, which are CSS px.
const (
	ladderRow    = 48
	ladderHead   = 148
	ladderFoot   = 96
	ladderLeft   = 88
	ladderWords  = 400 // width of the words on the right
	maxLadder    = 300 // rows drawn
	sansFonts    = `system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Apple SD Gothic Neo', 'Malgun Gothic', 'Noto Sans KR', 'Noto Sans CJK KR', sans-serif`
	monoFonts    = `ui-monospace, 'SF Mono', 'Cascadia Mono', Consolas, 'Noto Sans Mono', 'DejaVu Sans Mono', D2Coding, 'Noto Sans Mono CJK KR', monospace`
	inkColour    = "#15232B"
	quietColour  = "#44545C"
	ruleColour   = "#76868C"
	errorColour  = "#C23E34"
	sheetColour  = "#FBFCFA"
	frameColour  = "#15232B"
	dashReferral = "7 4"
)

// roleColours are the hues of the drawing on paper.
var roleColours = map[lookup.Role]string{
	lookup.RoleStub: "#1C6BA9", lookup.RoleResolver: "#075858", lookup.RoleRoot: "#5525A7", lookup.RoleTLD: "#754600", lookup.RoleAuthoritative: "#64034D",
}

type svgWriter struct{ bytes.Buffer }

// tag writes an element without content; pairs are attributes.
func (w *svgWriter) tag(name string, pairs ...any) {
	w.open(name, pairs...)
	w.Truncate(w.Len() - 1)
	w.WriteString("/>")
}

func (w *svgWriter) open(name string, pairs ...any) {
	w.WriteByte('<')
	w.WriteString(name)
	for i := 0; i+1 < len(pairs); i += 2 {
		fmt.Fprintf(w, ` %s="`, pairs[i])
		escapeXML(w, fmt.Sprint(pairs[i+1]))
		w.WriteByte('"')
	}
	w.WriteByte('>')
}

// text writes a line of text.
func (w *svgWriter) text(x, y, size int, face, colour, text string, pairs ...any) {
	fonts := sansFonts
	if face == "mono" {
		fonts = monoFonts
	}
	pairs = append([]any{"x", x, "y", y, "font-family", fonts, "font-size", size, "fill", colour}, pairs...)
	if face == "bold" {
		pairs = append(pairs, "font-weight", 600)
	}
	w.open("text", pairs...)
	escapeXML(w, text)
	w.WriteString("</text>")
}

// escapeXML writes text into XML. What XML cannot hold becomes U+FFFD.
func escapeXML(w *svgWriter, s string) { _ = xml.EscapeText(w, []byte(s)) }

// LadderSVG is the ladder of a page's trace as a file; address is where the
// trace can be seen, "" for nowhere.
func LadderSVG(p Page, address string) []byte {
	w := &svgWriter{}
	if p.View == nil {
		p.View = Fold(nil)
	}
	rows := steps(p)
	omitted := max(0, len(rows)-maxLadder)
	rows = rows[:len(rows)-omitted]
	plates := p.View.Plates
	at := map[string]int{}
	gap := 0
	if n := len(plates); n > 1 {
		gap = max(76, 620/(n-1))
	}
	x := ladderLeft
	for _, plate := range plates {
		at[plate.ID] = x
		x += gap
	}
	right := max(x-gap, ladderLeft) + 84
	width, height := right+ladderWords+24, ladderHead+len(rows)*ladderRow+ladderFoot
	if omitted > 0 {
		height += 24
	}
	w.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	w.open("svg", "xmlns", "http://www.w3.org/2000/svg", "viewBox", fmt.Sprintf("0 0 %d %d", width, height), "width", width, "height", height,
		"role", "img", "aria-labelledby", "ladder-title ladder-desc", "xml:lang", p.Lang())
	w.open("title", "id", "ladder-title")
	escapeXML(w, sheetHeading(p))
	w.WriteString("</title>")
	w.open("desc", "id", "ladder-desc")
	for _, s := range rows {
		escapeXML(w, number(s.N)+". "+s.Title+". ")
	}
	w.WriteString("</desc>")
	w.tag("rect", "width", width, "height", height, "fill", sheetColour)
	w.tag("rect", "x", 12, "y", 12, "width", width-24, "height", height-24, "fill", "none", "stroke", frameColour)
	w.text(32, 48, 22, "bold", inkColour, fit(sheetHeading(p), width-80, 22, false))
	w.text(32, 72, 13, "sans", quietColour, fit(titleSource(p)+" · "+titleElapsed(p)+" · "+titleQueries(p), width-80, 13, false))
	bottom := ladderHead + len(rows)*ladderRow
	for _, plate := range plates {
		x, colour := at[plate.ID], colourOf(plate.Role)
		w.tag("path", "d", fmt.Sprintf("M%d %dV%d", x, ladderHead-16, bottom), "stroke", ruleColour, "stroke-width", 1)
		label := plateName(p, plate)
		w.text(x, ladderHead-40, 13, "bold", colour, fit(label, max(gap, 76)-8, 13, false), "text-anchor", "middle")
		if sub := plateSub(plate); sub != "" {
			w.text(x, ladderHead-24, 12, "mono", quietColour, fit(sub, max(gap, 76)-8, 12, true), "text-anchor", "middle")
		}
	}
	for i, s := range rows {
		w.row(p, s, at, ladderHead+i*ladderRow+ladderRow/2, right)
	}
	if omitted > 0 {
		w.text(right, bottom+16, 13, "sans", quietColour, "… +"+number(omitted))
		bottom += 24
	}
	w.tag("path", "d", fmt.Sprintf("M12 %dH%d", bottom+12, width-12), "stroke", frameColour)
	w.text(32, bottom+36, 12, "sans", quietColour, p.T("block.answer"))
	w.text(32, bottom+56, 14, "mono", inkColour, fit(titleAnswer(p), right-80, 14, true))
	w.text(right, bottom+36, 12, "sans", quietColour, "Rootwalk")
	w.text(right, bottom+56, 12, "mono", inkColour, fit(address, ladderWords, 12, true))
	w.WriteString("</svg>\n")
	return w.Bytes()
}

// row draws one balloon.
func (w *svgWriter) row(p Page, s step, at map[string]int, y, right int) {
	style := rungStyles[s.Kind]
	colour := colourOf(s.Role)
	if style == "failed" || style == "lost" {
		colour = errorColour
	}
	from, knownFrom := at[s.From]
	to, knownTo := at[s.To]
	if !knownFrom {
		from = ladderLeft
	}
	if !knownTo {
		to = from
	}
	spot := from
	if from == to {
		w.tag("rect", "x", from-6, "y", y-6, "width", 12, "height", 12, "fill", sheetColour, "stroke", colour, "stroke-width", 1.5)
		spot = from - 28
	} else {
		w.arrow(s, style, colour, from, to, y)
		spot = (from + to) / 2
	}
	w.tag("circle", "cx", spot, "cy", y, "r", 10.5, "fill", sheetColour, "stroke", colour, "stroke-width", 1.5)
	w.text(spot, y+4, 12, "bold", colour, number(s.N), "text-anchor", "middle")
	w.text(right, y-4, 14, "bold", inkColour, fit(s.Title, ladderWords, 14, false))
	under := tagOf(p, s.Balloon)
	if s.Transport != "" {
		under = strings.TrimSpace(under + "  " + strings.ToUpper(s.Transport))
	}
	w.text(right, y+14, 12, "mono", quietColour, fit(strings.TrimSpace(p.Words.Micros(s.AtUs)+"  "+under), ladderWords, 12, true))
}

// arrow draws a message between two uprights.
func (w *svgWriter) arrow(s step, style, colour string, from, to, y int) {
	way := 1
	if to < from {
		way = -1
	}
	tip, stop := to-way, to-way*10
	line := []any{"fill", "none", "stroke", colour}
	head := []any{"fill", colour, "stroke", "none"}
	size := 4
	switch style {
	case "query":
		line, head, stop = append(line, "stroke-width", 1.25), []any{"fill", "none", "stroke", colour, "stroke-width", 1.25}, tip
	case "referral":
		line = append(line, "stroke-width", 1.5, "stroke-dasharray", dashReferral)
	case "answer":
		line, size = append(line, "stroke-width", 2.5), 5
	case "negative":
		line, head = append(line, "stroke-width", 2.5), []any{"fill", sheetColour, "stroke", colour, "stroke-width", 1.5}
	case "lost":
		cross := to - way*(to-from)*way/6
		w.tag("path", append([]any{"d", fmt.Sprintf("M%d %dH%d", from, y, cross)}, append(line, "stroke-width", 2, "stroke-dasharray", "1 5", "stroke-linecap", "round")...)...)
		w.tag("path", "d", fmt.Sprintf("M%d %dl12 12m0 -12l-12 12", cross-6, y-6), "fill", "none", "stroke", colour, "stroke-width", 3)
		return
	default: // failed: two lines, grey-safe
		w.tag("path", append([]any{"d", fmt.Sprintf("M%d %dH%dM%d %dH%d", from, y-2, stop, from, y+2, stop)}, append(line, "stroke-width", 1.25)...)...)
	}
	if style != "failed" {
		w.tag("path", append([]any{"d", fmt.Sprintf("M%d %dH%d", from, y, stop)}, line...)...)
	}
	if s.Transport == "tcp" && style != "failed" {
		w.tag("path", "d", fmt.Sprintf("M%d %dH%d", from, y+4, stop), "fill", "none", "stroke", colour, "stroke-width", 1)
	}
	shape := fmt.Sprintf("M%d %dL%d %dL%d %d", tip-way*10, y-size, tip, y, tip-way*10, y+size)
	if style != "query" {
		shape += "z"
	}
	w.tag("path", append([]any{"d", shape}, head...)...)
}

func colourOf(role lookup.Role) string {
	if c, ok := roleColours[role]; ok {
		return c
	}
	return inkColour
}

// plateName is what stands over an upright.
func plateName(p Page, plate Plate) string {
	switch {
	case plate.Host == hostDevice:
		return p.T("drawing.device")
	case plate.Host == hostOutside:
		return p.T("drawing.outside")
	case plate.Zone == "":
		return plate.Host
	}
	return plate.Zone.Short()
}

// plateSub is the server that was asked, under its name.
func plateSub(plate Plate) string {
	if plate.Zone == "" {
		return ""
	}
	for _, s := range plate.Servers {
		if s.State != "listed" && s.State != "nameless" {
			return s.Name.Short()
		}
	}
	return ""
}

// fit is as much of a text as a width takes, with an ellipsis in its middle.
// The width of letters is estimated, on the wide side, as in
// static/js/text-fit.js.
func fit(text string, width, size int, mono bool) string {
	measure := func(r []rune) (em float64) {
		for _, c := range r {
			switch {
			case c >= 0x1100 && c <= 0x11ff, c >= 0x2e80 && c <= 0x9fff, c >= 0xac00 && c <= 0xd7ff, c >= 0xff00 && c <= 0xff60:
				em++
			case mono:
				em += .602
			default:
				em += .565
			}
		}
		return em
	}
	r := []rune(text)
	if len(r) > 400 {
		r = r[:400]
	}
	room := float64(width) / float64(size)
	if len(r) == len([]rune(text)) && measure(r) <= room {
		return text
	}
	for keep := len(r) - 1; keep > 1; keep-- {
		head := (keep + 1) / 2
		cut := append(append(append([]rune{}, r[:head]...), '…'), r[len(r)-(keep-head):]...)
		if measure(cut) <= room {
			return string(cut)
		}
	}
	return "…"
}
