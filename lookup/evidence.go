package lookup

import (
	"net/netip"
	"slices"
)

// Witness is one trace that is called on to prove who is to blame, with the
// stretches of its events (first and last seq) that were marked as evidence.
type Witness struct {
	Trace  string // id
	Events []Event
	Marked [][2]int
}

// Sighting is a sign in a trace: the first event that is the sign, or the first
// marked one.
type Sighting struct {
	Trace  string
	Seq    int
	Marked bool
}

// Judgement is what a learner's answer to a case is worth.
type Judgement struct {
	Culprit bool         // the right place was named
	Seen    [][]Sighting // by sign: the traces that have it, one sighting each
}

// Found reports whether a sign is among what was marked, in whichever trace.
func (j Judgement) Found(sign int) bool {
	return slices.ContainsFunc(j.Seen[sign], func(s Sighting) bool { return s.Marked })
}

// Shown reports whether the traces together have every sign, marked or not.
func (j Judgement) Shown() bool {
	return !slices.ContainsFunc(j.Seen, func(s []Sighting) bool { return len(s) == 0 })
}

// Right reports whether the right place was named, with all that proves it.
func (j Judgement) Right() bool {
	for i := range j.Seen {
		if !j.Found(i) {
			return false
		}
	}
	return j.Culprit
}

// Judge checks an answer against the facts of all traces together: a sign may
// be in one of them and the next in another.
func (c FaultCase) Judge(culprit string, witnesses ...Witness) Judgement {
	j := Judgement{Culprit: culprit == c.Culprit, Seen: make([][]Sighting, len(c.Signs))}
	for i, s := range c.Signs {
		for _, w := range witnesses {
			if seen, ok := s.in(w); ok {
				j.Seen[i] = append(j.Seen[i], seen)
			}
		}
	}
	return j
}

// in finds the sign in a trace.
func (s Sign) in(w Witness) (seen Sighting, ok bool) {
	for _, e := range w.Events {
		if !s.Matches(e) {
			continue
		}
		if !ok {
			seen, ok = Sighting{Trace: w.Trace, Seq: e.Seq}, true
		}
		if slices.ContainsFunc(w.Marked, func(m [2]int) bool { return m[0] <= e.Seq && e.Seq <= m[1] }) {
			return Sighting{Trace: w.Trace, Seq: e.Seq, Marked: true}, true
		}
	}
	return seen, ok
}

// Observations are the events of a trace that tell of a place: where something
// went wrong with what is reached through it, and where a response came. Of a
// link any response will do, of a server one that is of use; of a zone what
// came of the addresses that it handed out, and of its signatures. Whether what
// a response says is true is not looked at.
func (p FaultPlace) Observations(events []Event) (wrong, well []int) {
	handed := map[netip.Addr]bool{}
	for _, e := range events {
		if x, ok := e.Fact.(ReferralReceived); ok && p.Sort == "zone" && x.Zone.Equal(p.Zone) {
			for _, ns := range x.Servers {
				for _, a := range ns.Addrs {
					handed[a] = true
				}
			}
		}
		switch addr, went := p.observed(e); {
		case went == 0 || p.Sort != "zone" && !slices.Contains(p.At, addr) || p.Sort == "zone" && addr.IsValid() && !handed[addr]:
		case went < 0:
			wrong = append(wrong, e.Seq)
		default:
			well = append(well, e.Seq)
		}
	}
	return wrong, well
}

// observed is how an exchange with a server ended: -1 for wrong, 1 for well, 0
// for an event that tells nothing. The address is not valid where the event
// tells of the zone itself.
func (p FaultPlace) observed(e Event) (server netip.Addr, went int) {
	reply := func(r Reply, went int) (netip.Addr, int) {
		if p.Sort == "link" { // it passed both ways
			went = 1
		}
		return r.Server.Addr.Addr(), went
	}
	switch x := e.Fact.(type) {
	case QueryTimedOut:
		return x.Server.Addr.Addr(), -1
	case QueryFailed:
		return x.Server.Addr.Addr(), -1
	case ResponseRejected:
		return reply(Reply{Server: Server{Addr: x.From}}, -1)
	case FailureReceived:
		return reply(x.Reply, -1)
	case LameReceived:
		return reply(x.Reply, -1)
	case AnswerReceived:
		return reply(x.Reply, 1)
	case ReferralReceived:
		return reply(x.Reply, 1)
	case NodataReceived:
		return reply(x.Reply, 1)
	case NxdomainReceived:
		return reply(x.Reply, 1)
	case SignatureChecked:
		if p.Sort != "zone" || !x.Signer.Equal(p.Zone) {
			return server, 0
		}
		if x.Result == "valid" {
			return server, 1
		}
		return server, -1
	}
	return server, 0
}
