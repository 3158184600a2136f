package export

import (
	"fmt"
	"slices"
	"strings"

	"rootwalk/lookup"
)

// Level is how much of a trace is told. Each has all that the one before has.
type Level string

// The levels. The zero value counts as LevelFacts.
const (
	LevelAnswer Level = "answer" // what came of it
	LevelSteps  Level = "steps"  // what was done; not what only prepares
	LevelFacts  Level = "facts"  // everything
	LevelBytes  Level = "bytes"  // and the octets of every message
)

// Levels lists them, from the least to the most.
func Levels() []Level { return []Level{LevelAnswer, LevelSteps, LevelFacts, LevelBytes} }

// has reports whether a level tells what another one does.
func (l Level) has(other Level) bool {
	at := func(l Level) int {
		if l == "" {
			l = LevelFacts
		}
		return slices.Index(Levels(), l)
	}
	return at(l) >= at(other)
}

// tells reports whether a level tells of a fact.
func (l Level) tells(f lookup.Fact) bool {
	switch f.(type) {
	case lookup.LookupFinished, lookup.ChainJudged:
		return true
	case lookup.CacheOpened, lookup.CacheStored, lookup.CacheKept, lookup.ServersListed:
		return l.has(LevelFacts)
	}
	return l.has(LevelSteps)
}

// rowSize is how many octets stand on a line of a dump.
const rowSize = 16

// dump writes octets as lines: where they are, what they are, and as letters.
func dump(b []byte, prefix string) string {
	var out strings.Builder
	for at := 0; at < len(b); at += rowSize {
		row := b[at:min(at+rowSize, len(b))]
		letters := make([]byte, len(row))
		for i, c := range row {
			if letters[i] = c; c < ' ' || c > '~' {
				letters[i] = '.'
			}
		}
		fmt.Fprintf(&out, "%s%04x  %-47x  %s\n", prefix, at, spaced(row), letters)
	}
	return out.String()
}

// spaced prints octets with blanks between.
type spaced []byte

func (s spaced) Format(f fmt.State, _ rune) {
	text := strings.TrimSuffix(fmt.Sprintf("% x", []byte(s)), " ")
	width, _ := f.Width()
	fmt.Fprintf(f, "%-*s", width, text)
}

// messageOf is the message that a fact carries; nil for none.
func messageOf(f lookup.Fact) lookup.Message {
	if r, ok := replyOf(f); ok {
		return r.Message
	}
	switch f := f.(type) {
	case lookup.QuerySent:
		return f.Message
	case lookup.QueryArrived:
		return f.Message
	case lookup.ResponseSent:
		return f.Message
	case lookup.ResponseRejected:
		return f.Message
	}
	return nil
}
