package draw

import (
	"strings"

	"rootwalk/lookup"
)

// Limits bound one page. A zero is the default in brackets.
type Limits struct {
	Octets       int // of the document, and of each other resource [256 KiB]
	Nodes        int // [8192]
	Depth        int // of elements in each other [200]
	Attributes   int // of a tag [32], each of at most 2048 octets
	Sheets       int // [24]
	Rules        int // [4096]
	Declarations int // [16384]
	Parts        int // simple selectors of one selector [32]
	Tests        int // selectors tried on elements [2,000,000 steps]
	Boxes        int // [8192]
	Lines        int // pieces of text on lines [16384]
	Ops          int // [16384]
	Layers       int // [64]
	Pixels       int // of a picture [100 million]
	Told         int // entries of one list in a fact [1500]
}

func (l Limits) orDefault() Limits {
	set := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	set(&l.Octets, 256<<10)
	set(&l.Nodes, 8192)
	set(&l.Depth, 200)
	set(&l.Attributes, 32)
	set(&l.Sheets, 24)
	set(&l.Rules, 4096)
	set(&l.Declarations, 16384)
	set(&l.Parts, 32)
	set(&l.Tests, 2_000_000)
	set(&l.Boxes, 8192)
	set(&l.Lines, 16384)
	set(&l.Ops, 16384)
	set(&l.Layers, 64)
	set(&l.Pixels, 100_000_000)
	set(&l.Told, 1500)
	return l
}

// maxText is how much of one attribute, value or selector is kept, in octets.
const maxText = 2048

// notes collects what a drawing has to say besides its stages: bounds that were
// reached, each once, and what was not understood, counted by name.
type notes struct {
	bounds []lookup.BoundReached
	missed []lookup.ConstructMissed
	index  map[string]int
}

// maxMissed is how many names of what is not understood are told.
const maxMissed = 64

func (n *notes) bound(stage, bound string, limit int) {
	for _, b := range n.bounds {
		if b.Bound == bound {
			return
		}
	}
	n.bounds = append(n.bounds, lookup.BoundReached{Stage: stage, Bound: bound, Max: limit})
}

// miss counts something that is not understood.
func (n *notes) miss(stage, what, name string, fetch, from, to int) {
	name = excerpt(name, 60)
	key := what + "\x00" + name
	if i, known := n.index[key]; known {
		n.missed[i].Count++
		return
	}
	if len(n.missed) >= maxMissed {
		return
	}
	if n.index == nil {
		n.index = map[string]int{}
	}
	n.index[key] = len(n.missed)
	n.missed = append(n.missed, lookup.ConstructMissed{Stage: stage, What: what, Name: name, N: fetch, From: from, To: to, Count: 1})
}

// report tells them and begins anew. What a change does not meet again is not told
// again.
func (n *notes) report(step lookup.Step) {
	for _, m := range n.missed {
		step.Report(m)
	}
	for _, b := range n.bounds {
		step.Report(b)
	}
	*n = notes{}
}

// excerpt is the beginning of a text with its white space in one and nothing in it
// that could turn or hide what stands beside it.
func excerpt(s string, limit int) string {
	if len(s) > 4*limit {
		s = strings.ToValidUTF8(s[:4*limit], "")
	}
	if plain(s, limit) {
		return s
	}
	out := make([]rune, 0, min(len(s), limit))
	blank := false
	for _, r := range s {
		if isSpace(r) {
			blank = len(out) > 0
			continue
		}
		if blank {
			out = append(out, ' ')
			blank = false
		}
		if len(out) >= limit {
			out = append(out[:limit-1], '…')
			break
		}
		out = append(out, r)
	}
	return lookup.Printable(string(out))
}

// plain reports whether a text is short and of ASCII that can be shown as it is.
func plain(s string, limit int) bool {
	if len(s) > limit {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == ' ' && (i == 0 || i == len(s)-1 || s[i-1] == ' ') {
			return false
		}
	}
	return true
}

// isSpace reports whether a character is white space of HTML and CSS.
func isSpace(r rune) bool { return r == ' ' || r == '\n' || r == '\t' || r == '\r' || r == '\f' }
