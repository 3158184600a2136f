package iterative

import (
	"strings"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

// Minimisation says how much of a name the servers on the way get to see
// (RFC 9156).
type Minimisation string

// The three ways. The zero value counts as MinimiseOff.
const (
	MinimiseOff    Minimisation = "off"    // all of it, as RFC 1034 has it
	MinimiseOn     Minimisation = "on"     // what they need; all of it where a server does not bear that (relaxed, §2.3 (6))
	MinimiseStrict Minimisation = "strict" // what they need, also if that means no answer
)

// Bounds of RFC 9156 §2.3: queries with a part of the name for one walk, and
// how many of them add one label only. A name of many labels must not cost a
// query for each.
const (
	maxMinimised = 10
	oneLabel     = 4
)

// minimiser chooses what to ask while a walk goes down to one name.
type minimiser struct {
	full  lookup.Question
	known int // labels of the longest ancestor that is known to be no zone cut
	asked int // queries with a part of the name
	off   bool
}

func (w *walk) newMinimiser(name lookup.Name, rrtype lookup.Type) *minimiser {
	return &minimiser{
		full: lookup.Question{Name: name, Type: rrtype, Class: lookup.ClassIN},
		off:  w.r.minimise != MinimiseOn && w.r.minimise != MinimiseStrict,
	}
}

// part reports whether a question is only a part of the full one.
func (m *minimiser) part(q lookup.Question) bool { return len(q.Name) != len(m.full.Name) }

// next is the question for the servers of a zone.
func (w *walk) next(step lookup.Step, m *minimiser, zone lookup.Name) lookup.Question {
	total := m.full.Name.CountLabels()
	m.known = max(m.known, zone.CountLabels())
	for !m.off && m.asked < maxMinimised {
		n := m.known + 1
		if m.asked >= oneLabel {
			left := maxMinimised - m.asked
			n = m.known + (total-m.known+left-1)/left
		}
		name := m.full.Name
		for range total - n {
			name = name.Parent()
		}
		// Names such as _25._tcp.mail are made of labels between which
		// there is no cut (RFC 9156 §2.3).
		for n < total && strings.HasPrefix(string(name), "_") {
			n++
			name = m.full.Name
			for range total - n {
				name = name.Parent()
			}
		}
		if n >= total {
			break
		}
		// The type hides what is wanted, and every server answers it (§2.1).
		if s, _, ok := w.r.cache.Get(step, name, lookup.TypeA); ok && s.Credibility.Rank() >= lookup.CredibilityAnswer.Rank() {
			m.known = n // it is there, or nothing of this type is: no cut, as far as we know
			continue
		}
		return lookup.Question{Name: name, Type: lookup.TypeA, Class: lookup.ClassIN}
	}
	return m.full
}

// denied reports whether the name asked for, not one that it is an alias of,
// does not exist.
func denied(resp *message.Response) bool {
	return resp.Verdict == message.Nxdomain && len(resp.Aliases) == 0
}

// took takes what came to a part of the name in. It reports whether the walk
// is over with that.
func (w *walk) took(m *minimiser, q lookup.Question, resp *message.Response) bool {
	m.asked++
	switch {
	case resp == nil && (w.r.minimise == MinimiseStrict || !w.heard || w.stopped != ""):
		return true // silence would not be broken by a longer name
	case resp == nil:
		m.off = true
	case denied(resp) && w.r.minimise == MinimiseStrict:
		return true // nothing is below it either (RFC 8020 §2)
	case denied(resp):
		m.off = true // some servers say so of empty non-terminals
	default:
		m.known = q.Name.CountLabels()
	}
	return false
}
