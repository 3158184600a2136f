package export

import (
	"fmt"
	"io"
	"iter"
	"strings"

	"rootwalk/lookup"
)

// Options say how a transcript looks.
type Options struct {
	Colour bool // ANSI colours by role (ECMA-48 SGR), for a terminal
	Level  Level
}

// Transcript writes one line a fact as events come: the time since the trace
// began, then the sentence, indented by its step. It returns when events end or
// a write fails.
func Transcript(w io.Writer, events iter.Seq[lookup.Event], words *lookup.Words, o Options) error {
	t := transcript{words: words, o: o, depth: map[lookup.StepID]int{}}
	for e := range events {
		if !o.Level.tells(e.Fact) {
			t.at(e)
			continue
		}
		text := t.line(e)
		if o.Level.has(LevelBytes) {
			text += dump(messageOf(e.Fact), strings.Repeat(" ", 14)+strings.Repeat("  ", t.at(e)))
		}
		if _, err := io.WriteString(w, text); err != nil {
			return err
		}
	}
	return nil
}

type transcript struct {
	words *lookup.Words
	o     Options
	depth map[lookup.StepID]int
}

// maxDepth bounds the indentation: what is deeper stands below what is there.
const maxDepth = 8

// at is how deep an event's step lies below the first.
func (t *transcript) at(e lookup.Event) int {
	d, ok := t.depth[e.Step]
	if !ok {
		if parent, known := t.depth[e.Parent]; known {
			d = min(parent+1, maxDepth)
		}
		t.depth[e.Step] = d
	}
	return d
}

func (t *transcript) line(e lookup.Event) string {
	time := fmt.Sprintf("%9.1f ms", float64(e.At.Microseconds())/1000)
	sentence := lookup.Printable(t.words.Line(e.Fact.Line()))
	indent := strings.Repeat("  ", t.at(e))
	if !t.o.Colour {
		return time + "  " + indent + sentence + "\n"
	}
	begin, end := style(e.Fact)
	return dim + time + reset + "  " + indent + begin + sentence + end + "\n"
}

// The styles (ECMA-48 §8.3.117). Hue says who speaks, as on the page; weight
// says what ended it.
const (
	reset = "\x1b[0m"
	bold  = "\x1b[1m"
	dim   = "\x1b[2m"
	red   = "\x1b[31m"
)

var hue = map[lookup.Role]string{
	lookup.RoleStub: "\x1b[34m", lookup.RoleResolver: "\x1b[36m", lookup.RoleRoot: "\x1b[35m", lookup.RoleTLD: "\x1b[33m", lookup.RoleAuthoritative: "\x1b[95m",
}

// style is what goes around a sentence.
func style(f lookup.Fact) (begin, end string) {
	switch x := f.(type) {
	case lookup.QuerySent:
		return hue[x.By], reset
	case lookup.ReferralReceived:
		return hue[x.Server.Role], reset
	case lookup.AliasReceived:
		return hue[x.Server.Role], reset
	case lookup.AnswerReceived:
		return bold + hue[x.Server.Role], reset
	case lookup.NodataReceived:
		return bold + hue[x.Server.Role], reset
	case lookup.NxdomainReceived:
		return bold + hue[x.Server.Role], reset
	case lookup.TruncationReceived:
		return hue[x.Server.Role], reset
	case lookup.QueryTimedOut, lookup.QueryFailed, lookup.QueryBlocked, lookup.FailureReceived, lookup.LameReceived, lookup.ResponseRejected, lookup.LimitReached:
		return red, reset
	case lookup.LookupFinished:
		return bold, reset
	case lookup.CacheHit:
		return bold + hue[lookup.RoleResolver], reset
	case lookup.CacheOpened, lookup.CacheStored, lookup.CacheKept, lookup.RecordDiscarded:
		return dim, reset
	}
	return "", ""
}
