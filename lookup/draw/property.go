package draw

import (
	"slices"
	"strings"
)

// known are the properties that have one value, with how it is read.
var known = map[string]struct {
	property property
	read     func(string) (value, bool)
}{
	"display":             {pDisplay, oneOf("none block inline inline-block list-item")},
	"position":            {pPosition, oneOf("static relative absolute fixed")},
	"color":               {pColour, parseColour},
	"background-color":    {pBackground, parseColour},
	"font-size":           {pFontSize, fontSize},
	"font-weight":         {pWeight, weight},
	"font-style":          {pSlant, oneOf("normal italic oblique")},
	"font-family":         {pFamily, family},
	"line-height":         {pLineHeight, lineHeight},
	"text-align":          {pAlign, oneOf("left right center start end justify")},
	"text-decoration":     {pDecoration, decoration},
	"white-space":         {pSpace, oneOf("normal pre nowrap pre-wrap pre-line")},
	"list-style-type":     {pListStyle, oneOf("none disc circle square decimal")},
	"list-style":          {pListStyle, listStyle},
	"text-indent":         {pIndent, parseLength},
	"visibility":          {pVisibility, oneOf("visible hidden")},
	"width":               {pWidth, size("auto")},
	"height":              {pHeight, size("auto")},
	"min-width":           {pMinWidth, size("auto")},
	"max-width":           {pMaxWidth, size("none")},
	"min-height":          {pMinHeight, size("auto")},
	"max-height":          {pMaxHeight, size("none")},
	"box-sizing":          {pSizing, oneOf("content-box border-box")},
	"top":                 {pTop, length("auto")},
	"right":               {pRight, length("auto")},
	"bottom":              {pBottom, length("auto")},
	"left":                {pLeft, length("auto")},
	"z-index":             {pZ, index},
	"opacity":             {pOpacity, opacity},
	"transform":           {pTransform, transform},
	"will-change":         {pWillChange, anything},
	"overflow":            {pOverflow, oneOf("visible hidden auto scroll clip")},
	"margin-top":          {pMarginTop, length("auto")},
	"margin-right":        {pMarginRight, length("auto")},
	"margin-bottom":       {pMarginBottom, length("auto")},
	"margin-left":         {pMarginLeft, length("auto")},
	"padding-top":         {pPaddingTop, size("")},
	"padding-right":       {pPaddingRight, size("")},
	"padding-bottom":      {pPaddingBottom, size("")},
	"padding-left":        {pPaddingLeft, size("")},
	"border-top-width":    {pBorderTop, borderWidth},
	"border-right-width":  {pBorderRight, borderWidth},
	"border-bottom-width": {pBorderBottom, borderWidth},
	"border-left-width":   {pBorderLeft, borderWidth},
	"border-top-style":    {pStyleTop, borderStyle},
	"border-right-style":  {pStyleRight, borderStyle},
	"border-bottom-style": {pStyleBottom, borderStyle},
	"border-left-style":   {pStyleLeft, borderStyle},
	"border-top-color":    {pTintTop, parseColour},
	"border-right-color":  {pTintRight, parseColour},
	"border-bottom-color": {pTintBottom, parseColour},
	"border-left-color":   {pTintLeft, parseColour},
}

// four are shorthands of four sides, by their first longhand.
var four = map[string]string{"margin": "margin-top", "padding": "padding-top", "border-width": "border-top-width", "border-style": "border-top-style", "border-color": "border-top-color"}

var sides = []string{"top", "right", "bottom", "left"}

// longhands says what a declaration sets: nil for a value that is not understood. known
// is false for a property that is not.
func longhands(name, text string) (sets []setting, ok bool) {
	low := strings.ToLower(text)
	if low == "inherit" || low == "initial" || low == "unset" {
		for _, p := range longhandsOf(name) {
			sets = append(sets, setting{p, value{unit: uWord, word: low}})
		}
		return sets, sets != nil
	}
	if k, single := known[name]; single {
		v, good := k.read(text)
		if !good {
			return nil, true
		}
		return []setting{{k.property, v}}, true
	}
	if first, is := four[name]; is {
		return fourSides(first, text), true
	}
	switch name {
	case "background":
		for _, w := range words(text) {
			if v, good := parseColour(w); good && len(words(text)) == 1 {
				return []setting{{pBackground, v}}, true
			} else if w == "none" && len(words(text)) == 1 {
				return []setting{{pBackground, value{unit: uColour}}}, true
			}
		}
		return nil, true
	case "border":
		return border(sides, text), true
	case "border-top", "border-right", "border-bottom", "border-left":
		return border([]string{name[len("border-"):]}, text), true
	case "font":
		return fontShorthand(text), true
	case "inset":
		v := fourSides("margin-top", text)
		for i := range v {
			v[i].property = pTop + (v[i].property - pMarginTop)
		}
		return v, true
	}
	return nil, false
}

// longhandsOf lists the longhands of a property.
func longhandsOf(name string) []property {
	if k, single := known[name]; single {
		return []property{k.property}
	}
	if first, is := four[name]; is {
		p := known[first].property
		return []property{p, p + 1, p + 2, p + 3}
	}
	return nil
}

// fourSides reads one to four values for top, right, bottom, left.
func fourSides(first, text string) []setting {
	k := known[first]
	w := words(text)
	if len(w) < 1 || len(w) > 4 {
		return nil
	}
	var v []value
	for _, one := range w {
		x, ok := k.read(one)
		if !ok {
			return nil
		}
		v = append(v, x)
	}
	at := [][]int{{0, 0, 0, 0}, {0, 1, 0, 1}, {0, 1, 2, 1}, {0, 1, 2, 3}}[len(v)-1]
	out := make([]setting, 4)
	for i := range out {
		out[i] = setting{k.property + property(i), v[at[i]]}
	}
	return out
}

// border reads a width, a style and a colour in any order.
func border(of []string, text string) []setting {
	width, style, tint := value{unit: uPx, n: 300}, value{word: "none"}, value{word: "currentcolor"}
	list := words(text)
	if len(list) == 0 || len(list) > 3 {
		return nil
	}
	for _, w := range list {
		if v, ok := borderWidth(w); ok {
			width = v
		} else if v, ok := borderStyle(w); ok {
			style = v
		} else if v, ok := parseColour(w); ok {
			tint = v
		} else {
			return nil
		}
	}
	var out []setting
	for _, side := range of {
		i := property(slices.Index(sides, side))
		out = append(out, setting{pBorderTop + i, width}, setting{pStyleTop + i, style}, setting{pTintTop + i, tint})
	}
	return out
}

// fontShorthand reads "italic bold 16px/1.5 sans-serif".
func fontShorthand(text string) []setting {
	out := []setting{{pSlant, value{word: "normal"}}, {pWeight, value{unit: uNumber, n: 400_000}}, {pLineHeight, value{word: "normal"}}}
	w := words(text)
	for i, one := range w {
		low := strings.ToLower(one)
		if low == "italic" || low == "oblique" {
			out[0].value.word = low
			continue
		}
		if low == "normal" {
			continue
		}
		if v, ok := weight(one); ok {
			out[1].value = v
			continue
		}
		sizeText, lineText, lined := strings.Cut(one, "/")
		v, ok := fontSize(sizeText)
		if !ok || i == len(w)-1 {
			return nil
		}
		if lined {
			if out[2].value, ok = lineHeight(lineText); !ok {
				return nil
			}
		}
		f, _ := family(strings.Join(w[i+1:], " "))
		return append(out, setting{pFontSize, v}, setting{pFamily, f})
	}
	return nil
}

func oneOf(list string) func(string) (value, bool) {
	g := groupOf(list)
	return func(s string) (value, bool) {
		s = strings.ToLower(s)
		return value{word: s}, g[s]
	}
}

func length(word string) func(string) (value, bool) {
	return func(s string) (value, bool) {
		if strings.EqualFold(s, word) {
			return value{word: word}, true
		}
		return parseLength(s)
	}
}

// size is a length that is not negative.
func size(word string) func(string) (value, bool) {
	read := length(word)
	return func(s string) (value, bool) {
		v, ok := read(s)
		return v, ok && v.n >= 0
	}
}

func borderWidth(s string) (value, bool) {
	switch strings.ToLower(s) {
	case "thin":
		return value{unit: uPx, n: 100}, true
	case "medium":
		return value{unit: uPx, n: 300}, true
	case "thick":
		return value{unit: uPx, n: 500}, true
	}
	v, ok := parseLength(s)
	return v, ok && v.n >= 0 && v.unit != uPercent
}

var borderStyle = oneOf("none hidden solid dashed dotted double groove ridge inset outset")

func fontSize(s string) (value, bool) {
	switch strings.ToLower(s) {
	case "xx-small":
		return value{unit: uPx, n: 900}, true
	case "x-small":
		return value{unit: uPx, n: 1000}, true
	case "small":
		return value{unit: uPx, n: 1300}, true
	case "medium":
		return value{unit: uPx, n: 1600}, true
	case "large":
		return value{unit: uPx, n: 1800}, true
	case "x-large":
		return value{unit: uPx, n: 2400}, true
	case "xx-large":
		return value{unit: uPx, n: 3200}, true
	case "smaller":
		return value{unit: uEm, n: 833}, true
	case "larger":
		return value{unit: uEm, n: 1200}, true
	}
	v, ok := parseLength(s)
	return v, ok && v.n >= 0
}

func weight(s string) (value, bool) {
	switch strings.ToLower(s) {
	case "normal":
		return value{unit: uNumber, n: 400_000}, true
	case "bold", "bolder":
		return value{unit: uNumber, n: 700_000}, true
	case "lighter":
		return value{unit: uNumber, n: 300_000}, true
	}
	v, ok := parseNumber(s)
	return v, ok && v.n >= 1000 && v.n <= 1_000_000
}

// family takes the first family whose kind is known; the first named one decides
// nothing more than that.
func family(s string) (value, bool) {
	for one := range strings.SplitSeq(strings.ToLower(s), ",") {
		one = strings.Trim(strings.TrimSpace(one), `"'`)
		switch one {
		case "nimbus mono ps", "monospace", "ui-monospace", "courier", "courier new", "consolas", "menlo", "monaco", "liberation mono", "dejavu sans mono":
			return value{word: "monospace"}, true
		case "nimbus sans", "sans-serif", "system-ui", "ui-sans-serif", "arial", "helvetica", "helvetica neue", "verdana", "roboto", "liberation sans", "noto sans", "noto sans kr", "segoe ui", "-apple-system":
			return value{word: "sans-serif"}, true
		case "nimbus roman", "serif", "times", "times new roman", "georgia", "liberation serif":
			return value{word: "serif"}, true
		}
	}
	return value{word: "serif"}, s != "" // what browsers fall back to
}

func lineHeight(s string) (value, bool) {
	if strings.EqualFold(s, "normal") {
		return value{word: "normal"}, true
	}
	if v, ok := parseNumber(s); ok && v.n >= 0 {
		return v, true
	}
	v, ok := parseLength(s)
	return v, ok && v.n >= 0
}

func decoration(s string) (value, bool) {
	for _, w := range words(strings.ToLower(s)) {
		switch w {
		case "none":
			return value{word: "none"}, true
		case "underline":
			return value{word: "underline"}, true
		}
	}
	return value{}, false
}

func listStyle(s string) (value, bool) {
	read := oneOf("none disc circle square decimal")
	for _, w := range words(s) {
		if v, ok := read(w); ok {
			return v, true
		}
	}
	return value{}, false
}

func index(s string) (value, bool) {
	if strings.EqualFold(s, "auto") {
		return value{word: "auto"}, true
	}
	v, ok := parseNumber(s)
	return v, ok && v.n%1000 == 0
}

func opacity(s string) (value, bool) {
	if digits, percent := strings.CutSuffix(s, "%"); percent {
		v, ok := parseNumber(digits)
		v.n = min(max(v.n/100, 0), 1000)
		return v, ok
	}
	v, ok := parseNumber(s)
	v.n = min(max(v.n, 0), 1000)
	return v, ok
}

// transform takes functions whose names it knows as they are written: a layer is moved
// as a whole, and nothing else needs to know how.
func transform(s string) (value, bool) {
	low := strings.ToLower(s)
	if low == "none" {
		return value{word: "none"}, true
	}
	list := words(low)
	for _, w := range list {
		name, rest, ok := strings.Cut(w, "(")
		if !ok || !strings.HasSuffix(rest, ")") || !transforms[name] || strings.ContainsAny(rest[:len(rest)-1], "();{}") {
			return value{}, false
		}
	}
	return value{word: strings.Join(list, " ")}, len(list) > 0
}

var transforms = groupOf("translate translatex translatey translate3d translatez scale scalex scaley scale3d rotate rotatex rotatey rotatez skew skewx skewy matrix matrix3d perspective")

func anything(s string) (value, bool) { return value{word: strings.ToLower(s)}, s != "" }
