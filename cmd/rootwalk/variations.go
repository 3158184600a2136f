package main

import (
	"slices"
	"strings"
	"time"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/lookup/iterative"
	"rootwalk/lookup/lab/hosting"
)

// side is one of the two runs of an experiment.
type side struct {
	setup setup
	ask   room.Ask

	faults []lookup.Fault    // what is broken
	edits  hosting.Edits     // of the zones of the room
	empty  bool              // the caches begin empty, not as they were
	prior  []lookup.Question // asked by the device before, so that caches know it
	before int               // how often the question itself is asked before
	skip   time.Duration     // lesson time that passes after that
	value  string            // what the change was set to, where the key does not say it
}

// variation is one change of an experiment. Both runs begin with what both does;
// base and changed are where they differ. The words for it are "whatif.change."
// and its key.
type variation struct {
	key     string
	both    func(*side)
	base    func(*side)
	changed func(*side, experimentBase)
}

// experimentBase is what is known when the second run begins.
type experimentBase struct {
	events []lookup.Event // of the first run
}

// variations are all changes, in the order in which they are offered.
var variations = []variation{
	{key: "textbook",
		base: func(s *side) { s.empty, s.setup.flat = true, true },
		changed: func(s *side, _ experimentBase) {
			// What resolvers do: they have been up for a while, tell servers no more
			// than they need, and are asked for both families at once.
			s.setup.minimise = iterative.MinimiseOn
			s.prior = []lookup.Question{{Name: topOf(s.ask.Question.Name), Type: lookup.TypeNS, Class: lookup.ClassIN}}
			if t := s.ask.Question.Type; t == lookup.TypeA || t == lookup.TypeAAAA {
				s.ask.Errand = lookup.ErrandConnect
			}
		}},
	{key: "cold", changed: func(s *side, _ experimentBase) { s.empty, s.value = true, "" }},
	{key: "warm", changed: func(s *side, _ experimentBase) { s.before = 1 }},
	{key: "flat", both: func(s *side) { s.empty = true }, changed: func(s *side, _ experimentBase) { s.setup.flat = true }},
	{key: "minimise", changed: func(s *side, _ experimentBase) { s.setup.minimise = iterative.MinimiseOn }},
	{key: "strict", changed: func(s *side, _ experimentBase) { s.setup.minimise = iterative.MinimiseStrict }},
	{key: "down", changed: func(s *side, b experimentBase) {
		if name := authority(b.events); name != "" {
			s.faults, s.value = append(s.faults, lookup.Fault{Kind: lookup.FaultSilent, At: "server:" + name}), name
		}
	}},
	{key: "do", changed: func(s *side, _ experimentBase) { s.ask.DO = true }},
	{key: "ttl", both: func(s *side) { s.before, s.skip = 1, 10*time.Second }, changed: func(s *side, _ experimentBase) { s.setup.bend.TTL, s.value = 5, "5 s" }},
	{key: "tcp", changed: func(s *side, _ experimentBase) { s.setup.tcpOnly = true }},
	{key: "ipv6", changed: func(s *side, _ experimentBase) { s.setup.ipv6Only = true }},
	{key: "loss", changed: func(s *side, _ experimentBase) { s.setup.bend.Loss, s.value = .3, "30 %" }},
	{key: "connect", changed: func(s *side, _ experimentBase) { s.ask.Errand = lookup.ErrandConnect }},
	{key: "iterative", changed: func(s *side, _ experimentBase) { s.ask.Errand = lookup.ErrandIterative }},
	{key: "nonrecursive", changed: func(s *side, _ experimentBase) { s.ask.Errand = lookup.ErrandNonrecursive }},
	{key: "priming", both: func(s *side) { s.empty = true }, changed: func(s *side, _ experimentBase) { s.setup.priming = true }},
}

// journeyVariations are the changes of a journey. Both runs begin with nothing in
// any cache. The words for them are "journey.change." and the key.
var journeyVariations = []variation{
	{key: "again", both: coldly, changed: func(s *side, _ experimentBase) { s.before = 1 }},
	{key: "scheme", both: coldly, changed: func(s *side, _ experimentBase) {
		s.ask.URL = otherScheme(s.ask.URL)
		s.value = s.ask.URL.Scheme
	}},
	{key: "http10", both: coldly, changed: func(s *side, _ experimentBase) { s.ask.HTTP = "1.0" }},
	{key: "lossy", both: coldly, changed: func(s *side, _ experimentBase) { s.setup.bend.Loss, s.value = .1, "10 %" }},
}

func coldly(s *side) { s.empty = true }

// otherScheme is an address with http in place of https, or the other way; a port
// that is not the scheme's own stays.
func otherScheme(a lookup.Address) lookup.Address {
	rest, secure := strings.CutPrefix(a.URL, "https:")
	to := "http:"
	if !secure {
		rest, to = strings.TrimPrefix(a.URL, "http:"), "https:"
	}
	b, err := lookup.ParseURL(to + rest)
	if err != nil {
		return a // it was an address before
	}
	return b
}

func findVariation(table []variation, key string) (variation, bool) {
	i := slices.IndexFunc(table, func(v variation) bool { return v.key == key })
	if i < 0 {
		return variation{}, false
	}
	return table[i], true
}

// topOf is the top-level domain of a name, or the root.
func topOf(name lookup.Name) lookup.Name {
	for name.CountLabels() > 1 {
		name = name.Parent()
	}
	return name
}

// authority is the name server whose authoritative answer ended a run, "" if no
// such server was asked.
func authority(events []lookup.Event) string {
	for _, e := range slices.Backward(events) {
		var r lookup.Reply
		switch f := e.Fact.(type) {
		case lookup.AnswerReceived:
			r = f.Reply
		case lookup.NodataReceived:
			r = f.Reply
		case lookup.NxdomainReceived:
			r = f.Reply
		}
		if r.By == lookup.RoleResolver && r.AA {
			return strings.TrimSuffix(string(r.Server.Name.Canonical()), ".")
		}
	}
	return ""
}
