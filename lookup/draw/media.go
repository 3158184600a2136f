package draw

import (
	"strconv"
	"strings"
)

// media is a list of media queries (Media Queries 4 §2): one that holds is enough.
type media struct {
	queries []query
	byWidth bool   // whether it holds depends on the window
	odd     string // what is not understood of it
}

type query struct {
	not      bool
	never    bool // of a medium that is none here, or not understood
	features []feature
}

// feature is a bound of the window: width or height, at least or at most, hundredths of
// a px.
type feature struct {
	height         bool
	atLeast, exact bool
	strict         bool
	size           int
	landscape      int // 1 landscape, -1 portrait, 0 neither
}

// parseMedia reads a list of media queries.
func parseMedia(text string) *media {
	m := &media{}
	for one := range strings.SplitSeq(strings.ToLower(text), ",") {
		m.queries = append(m.queries, m.query(strings.TrimSpace(one)))
	}
	return m
}

func (m *media) query(text string) query {
	q := query{}
	words := splitMedia(text)
	unknown := func(w string) query {
		if m.odd == "" {
			m.odd = w
		}
		return query{never: true}
	}
	for i, w := range words {
		switch {
		case w == "and", w == "only" && i == 0, w == "all", w == "screen":
		case w == "not" && i == 0:
			q.not = true
		case w == "print", w == "speech":
			q.never = true
		case strings.HasPrefix(w, "("):
			f, ok, never := parseFeature(strings.TrimSpace(strings.TrimSuffix(w[1:], ")")))
			if !ok {
				return unknown(w)
			}
			if never {
				q.never = true
			}
			q.features = append(q.features, f...)
			m.byWidth = m.byWidth || len(f) > 0
		case w == "":
		default:
			return unknown(w)
		}
	}
	return q
}

// splitMedia cuts a query into words and things in parentheses.
func splitMedia(s string) []string {
	var out []string
	depth, start := 0, -1
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '(':
			if depth == 0 && start < 0 {
				start = i
			}
			depth++
		case c == ')':
			depth--
			if depth == 0 && start >= 0 {
				out = append(out, s[start:i+1])
				start = -1
			}
		case depth == 0 && isSpace(rune(c)):
			if start >= 0 {
				out = append(out, s[start:i])
			}
			start = -1
		default:
			if start < 0 {
				start = i
			}
		}
	}
	if start >= 0 {
		out = append(out, s[start:])
	}
	return out
}

// mediaLength is a length of a media query: em is the initial font size.
func mediaLength(s string) (int, bool) {
	s = strings.TrimSpace(s)
	for unit, hundredths := range map[string]float64{"px": 100, "rem": 1600, "em": 1600} {
		if digits, ok := strings.CutSuffix(s, unit); ok {
			if v, err := strconv.ParseFloat(digits, 64); err == nil && v >= 0 && v < 1e6 {
				return int(v * hundredths), true
			}
		}
	}
	return 0, s == "0"
}

func parseFeature(s string) (out []feature, ok, never bool) {
	name, value, colon := strings.Cut(s, ":")
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	if !colon {
		return parseRange(s)
	}
	switch name {
	case "orientation":
		switch value {
		case "landscape":
			return []feature{{landscape: 1}}, true, false
		case "portrait":
			return []feature{{landscape: -1}}, true, false
		}
		return nil, false, false
	case "prefers-color-scheme": // it is drawn in light, with everything moving
		return nil, value == "light" || value == "dark", value == "dark"
	case "prefers-reduced-motion":
		return nil, value == "reduce" || value == "no-preference", value == "reduce"
	}
	f := feature{}
	switch {
	case strings.HasPrefix(name, "min-"):
		f.atLeast = true
		name = name[4:]
	case strings.HasPrefix(name, "max-"):
		name = name[4:]
	default:
		f.exact = true
	}
	f.height = name == "height"
	if f.size, ok = mediaLength(value); !ok || name != "width" && name != "height" {
		return nil, false, false
	}
	return []feature{f}, true, false
}

// parseRange reads "width >= 40em" and "400px <= width < 700px".
func parseRange(s string) (out []feature, ok, never bool) {
	var parts []string
	var ops []string
	for rest := s; ; {
		i := strings.IndexAny(rest, "<>=")
		if i < 0 {
			parts = append(parts, strings.TrimSpace(rest))
			break
		}
		j := i + 1
		if j < len(rest) && rest[j] == '=' {
			j++
		}
		parts, ops = append(parts, strings.TrimSpace(rest[:i])), append(ops, rest[i:j])
		rest = rest[j:]
	}
	if len(ops) == 0 || len(ops) > 2 {
		return nil, false, false
	}
	for i, op := range ops {
		left, right := parts[i], parts[i+1]
		name, value, turned := left, right, false
		if right == "width" || right == "height" {
			name, value, turned = right, left, true
		}
		if name != "width" && name != "height" {
			return nil, false, false
		}
		f := feature{height: name == "height", exact: op == "=", strict: op == "<" || op == ">"}
		f.atLeast = strings.HasPrefix(op, ">") != turned
		if f.size, ok = mediaLength(value); !ok {
			return nil, false, false
		}
		out = append(out, f)
	}
	return out, true, false
}

// holds reports whether a window fits, in hundredths of a px.
func (m *media) holds(width, height int) bool {
	for _, q := range m.queries {
		fits := !q.never
		for _, f := range q.features {
			have := width
			if f.height {
				have = height
			}
			switch {
			case f.landscape != 0:
				fits = fits && (f.landscape > 0) == (width >= height)
			case f.exact:
				fits = fits && have == f.size
			case f.atLeast:
				fits = fits && (have > f.size || have == f.size && !f.strict)
			default:
				fits = fits && (have < f.size || have == f.size && !f.strict)
			}
		}
		if fits != q.not || q.never && q.not {
			return true
		}
	}
	return false
}
