package export

import (
	"fmt"
	"io"
	"strings"

	"rootwalk/lookup"
)

// The columns of a time line in a terminal, in characters.
const (
	lineWidth  = 48 // of the bar
	labelWidth = 44 // of what stands before it
)

// Timeline writes the phases of a journey as bars on one scale, a line each, and
// both definitions of time to first byte. What has no length to speak of is one
// mark long.
func Timeline(w io.Writer, t *lookup.Timeline, words *lookup.Words) error {
	var b strings.Builder
	row := func(label, what string, fromUs, toUs int64, failed bool) {
		mark := "━"
		if failed {
			mark = "×"
		}
		from, n := 0, lineWidth
		if t.SpanUs > 0 {
			from = int(min(max(fromUs, 0), t.SpanUs) * lineWidth / t.SpanUs)
			n = int(min(max(toUs, 0), t.SpanUs)*lineWidth/t.SpanUs) - from
		}
		from = min(from, lineWidth-1)
		n = min(max(n, 1), lineWidth-from)
		text := fitted(label, labelWidth)
		if room := labelWidth - width(label) - 2; room > 0 && what != "" {
			text = fitted(label+"  "+cutTo(lookup.Printable(what), room), labelWidth)
		}
		fmt.Fprintf(&b, "  %s │%s%s%s│ %s\n", text, strings.Repeat(" ", from), strings.Repeat(mark, n), strings.Repeat(" ", lineWidth-from-n), words.Micros(toUs-fromUs))
	}
	fmt.Fprintf(&b, "\n%s\n", words.Say("journey.line", "total", fmt.Sprint(t.SpanUs)))
	for _, p := range t.Phases {
		what := p.What
		if p.Saved {
			what += ", " + words.Say("journey.resumed")
		}
		row(words.Say("journey.phase."+p.Key), what, p.FromUs, p.ToUs, p.Failed)
	}
	if t.FirstUs >= 0 {
		row(words.Say("journey.first.start"), "", 0, t.FirstUs, false)
		row(words.Say("journey.first.sent"), "", t.FirstUs-t.SentUs, t.FirstUs, false)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// width is how many columns a text takes: Korean letters take two.
func width(s string) (n int) {
	for _, r := range s {
		if n++; r >= 0x1100 && (r <= 0x115F || r >= 0x2E80 && r <= 0xD7A3 || r >= 0xF900 && r <= 0xFAFF || r >= 0xFF00 && r <= 0xFF60) {
			n++
		}
	}
	return n
}

// cutTo is a text of at most n columns.
func cutTo(s string, n int) string {
	if width(s) <= n {
		return s
	}
	at := 0
	for i, r := range s {
		if at+width(string(r)) > n-1 {
			return s[:i] + "…"
		}
		at += width(string(r))
	}
	return s
}

// fitted is a text of exactly n columns.
func fitted(s string, n int) string {
	s = cutTo(s, n)
	return s + strings.Repeat(" ", max(n-width(s), 0))
}
