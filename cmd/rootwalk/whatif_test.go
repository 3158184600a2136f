package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"testing"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/lookup/lookuptest"
)

// recorded runs a lookup in a lab and returns its trace as a file.
func recorded(t *testing.T, in *labInternet, ask room.Ask) lookup.TraceFile {
	t.Helper()
	tr := lookup.NewTrace(lookup.TraceConfig{ID: "tbase", Title: ask.Question.String(), Network: "lab"})
	in.Lookup(t.Context(), tr.Root(), ask)
	tr.Finish()
	return tr.File()
}

// experimented runs both sides of an experiment.
func experimented(t *testing.T, in *labInternet, of lookup.TraceFile, change string, cold bool) (base, changed lookup.TraceFile) {
	t.Helper()
	x, err := in.Experiment(of, change, cold)
	if err != nil {
		t.Fatalf("%s: %v", change, err)
	}
	var files [2]lookup.TraceFile
	for i := range files {
		tr := lookup.NewTrace(lookup.TraceConfig{ID: fmt.Sprint("t", i), Network: "lab"})
		x.Run(t.Context(), tr.Root(), i == 1)
		tr.Finish()
		if err := lookuptest.CheckTrace(tr); err != nil {
			t.Errorf("%s, run %d: %v", change, i, err)
		}
		files[i] = tr.File()
	}
	return files[0], files[1]
}

func asks(name lookup.Name, t lookup.Type) room.Ask {
	return room.Ask{Question: lookup.Question{Name: name, Type: t, Class: lookup.ClassIN}}
}

var measured = regexp.MustCompile(`"(atUs|rttUs|elapsedUs|waitedUs|afterUs|srttUs|real|lesson|at|storedAt|client|from|timeoutMs|inception|expiration|until|step|parent|seq|query)":("[^"]*"|\d+)`)

// facts are the facts of a trace without what real scheduling decides: times, and
// the ports that a stack chose.
func facts(t *testing.T, f lookup.TraceFile) []string {
	t.Helper()
	var out []string
	for _, e := range f.Events {
		b, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, measured.ReplaceAllString(string(b), `"$1":0`))
	}
	return out
}

// The same seed gives the same packets, whatever the change, and whatever the
// room's own lab is seeded with.
func TestExperimentsRepeat(t *testing.T) {
	var files [2]map[string][2]lookup.TraceFile
	for i := range files {
		in, err := openLab(labConfig{Seed: uint64(i + 1)})
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		in.Lookup(t.Context(), lookup.Step{}, asks("sample.co.kr.", lookup.TypeA))
		of := recorded(t, in, asks("www.example.co.kr.", lookup.TypeA))
		// What the caches held differs between the two labs: so begin with none.
		files[i] = map[string][2]lookup.TraceFile{}
		for _, key := range in.Changes() {
			base, changed := experimented(t, in, of, key, true)
			files[i][key] = [2]lookup.TraceFile{base, changed}
		}
	}
	for key, first := range files[0] {
		second := files[1][key]
		for i := range first {
			if i == 1 && (key == "textbook" || key == "connect") {
				continue // two walks at the same time: what one finds in the cache of the other depends on the moment
			}
			a, b := facts(t, first[i]), facts(t, second[i])
			for k := range max(len(a), len(b)) {
				if k >= len(a) || k >= len(b) || a[k] != b[k] {
					at := func(l []string) string {
						if k < len(l) {
							return l[k][:min(len(l[k]), 700)]
						}
						return "nothing"
					}
					t.Errorf("%s, run %d, fact %d:\n%s\n%s", key, i, k, at(a), at(b))
					break
				}
			}
		}
	}
}

// Each change does what it says, and the run without it does not.
func TestEveryChangeChangesWhatItSays(t *testing.T) {
	in, err := openLab(labConfig{Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	plain := recorded(t, in, asks("www.example.co.kr.", lookup.TypeA)) // from empty caches
	later := recorded(t, in, asks("www.example.co.kr.", lookup.TypeA)) // the browser has it
	mail := recorded(t, in, asks("mx.example.", lookup.TypeMX))
	for _, c := range []struct {
		key  string
		of   lookup.TraceFile
		cold bool
		// what must be so of the base and of the changed run
		base, changed func(s seen) bool
	}{
		{"textbook", plain, false, func(s seen) bool {
			return slices.Equal(s.zones, []string{".", "kr.", "co.kr.", "example.co.kr."}) && s.bits["minimised"] == 0
		},
			func(s seen) bool { return s.zones[0] == "kr." && s.bits["minimised"] > 0 && s.bits["race.begun"] == 1 }},
		{"cold", later, false, func(s seen) bool { return s.stub+s.resolver == 0 }, func(s seen) bool { return s.stub == 1 && s.resolver == 3 }},
		{"warm", plain, false, func(s seen) bool { return s.resolver == 3 }, func(s seen) bool { return s.stub+s.resolver == 0 }},
		{"flat", plain, false, func(s seen) bool { return s.resolver == 3 }, func(s seen) bool { return s.resolver == 4 && slices.Contains(s.zones, "co.kr.") }},
		{"minimise", plain, false, func(s seen) bool { return s.bits["minimised"] == 0 }, func(s seen) bool { return s.bits["minimised"] > 0 && s.asked[0] == "kr." }},
		{"strict", plain, false, func(s seen) bool { return s.bits["minimised"] == 0 }, func(s seen) bool { return s.bits["minimised"] > 0 }},
		{"down", plain, false, func(s seen) bool { return s.bits["timeout"] == 0 }, func(s seen) bool { return s.bits["timeout"] > 0 && s.outcome == lookup.OutcomeAnswer }},
		{"do", plain, true, func(s seen) bool { return s.bits["DO"] == 0 }, func(s seen) bool { return s.bits["DO"] > 0 && s.outcome == lookup.OutcomeAnswer }},
		{"ttl", plain, false, func(s seen) bool { return s.stub+s.resolver == 0 }, func(s seen) bool { return s.stub == 1 && s.resolver == 1 && s.ttl == 5 }},
		{"tcp", plain, false, func(s seen) bool { return s.bits["tcp"] == 0 }, func(s seen) bool { return s.bits["tcp"] == 4 && s.bits["udp"] == 0 }},
		{"ipv6", plain, false, func(s seen) bool { return s.bits["ipv4"] == 4 }, func(s seen) bool { return s.bits["ipv6"] == 4 && s.bits["ipv4"] == 0 }},
		{"loss", mail, true, func(s seen) bool { return s.bits["timeout"] == 0 }, func(s seen) bool { return s.bits["timeout"] > 0 }},
		{"connect", plain, false, func(s seen) bool { return s.stub == 1 }, func(s seen) bool { return s.stub == 2 && s.bits["race.begun"] == 1 && s.bits["race.decided"] == 1 }},
		{"iterative", plain, false, func(s seen) bool { return s.stub == 1 }, func(s seen) bool { return s.stub == 0 && s.resolver == 3 && s.bits["rd"] == 0 && s.bits["device"] == 3 }},
		{"nonrecursive", plain, false, func(s seen) bool { return s.bits["rd"] == 1 }, func(s seen) bool {
			return s.stub == 1 && s.resolver == 0 && s.bits["rd"] == 0 && s.outcome == lookup.OutcomeRefused
		}},
		{"priming", plain, false, func(s seen) bool { return s.bits["root.primed"] == 0 }, func(s seen) bool { return s.bits["root.primed"] == 1 }},
	} {
		base, changed := experimented(t, in, c.of, c.key, c.cold)
		if s := see(base); !c.base(s) {
			t.Errorf("%s: the run without the change: %+v", c.key, s)
		}
		if s := see(changed); !c.changed(s) {
			t.Errorf("%s: the run with the change: %+v", c.key, s)
		}
		for i, f := range []lookup.TraceFile{base, changed} {
			first, ok := f.Events[0].Fact.(lookup.ExperimentPrepared)
			if !ok || first.Of != "tbase" || first.Seed == 0 || (first.Change == c.key) != (i == 1) {
				t.Errorf("%s, run %d begins with %+v", c.key, i, f.Events[0].Fact)
			}
		}
	}
}

// seen is what a test wants to know of a trace.
type seen struct {
	stub, resolver int
	zones, asked   []string // of the resolver's queries, in order
	outcome        lookup.Outcome
	ttl            uint32 // of the first record of the resolver's last answer
	bits           map[string]int
}

func see(f lookup.TraceFile) seen {
	s := seen{bits: map[string]int{}}
	for _, e := range f.Events {
		s.bits[lookup.Kind(e.Fact)]++
		switch x := e.Fact.(type) {
		case lookup.QuerySent:
			s.bits[x.Transport]++
			s.bits[x.Host]++
			if x.Server.Addr.Addr().Is4() {
				s.bits["ipv4"]++
			} else {
				s.bits["ipv6"]++
			}
			if m := x.Message; m[len(m)-4]&0x80 != 0 { // the flags of the OPT record at its end
				s.bits["DO"]++
			}
			if x.Message[2]&1 != 0 {
				s.bits["rd"]++
			}
			if x.By == lookup.RoleStub {
				s.stub++
				continue
			}
			s.resolver++
			s.zones, s.asked = append(s.zones, string(x.Zone)), append(s.asked, string(x.Question.Name))
		case lookup.QuestionMinimised:
			s.bits["minimised"]++
		case lookup.QueryTimedOut:
			s.bits["timeout"]++
		case lookup.AnswerReceived:
			if x.By == lookup.RoleResolver {
				s.ttl = x.Records[0].TTLSec
			}
		case lookup.LookupFinished:
			s.outcome = x.Outcome
		}
	}
	return s
}

// What cannot be run again is refused.
func TestExperimentsThatCannotBe(t *testing.T) {
	in, err := openLab(labConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	of := recorded(t, in, asks("localhost.", lookup.TypeA))
	if _, err := in.Experiment(of, "nonsense", false); !errors.Is(err, room.ErrUnknownChange) {
		t.Error(err)
	}
	abroad := of
	abroad.Network = "internet"
	for _, f := range []lookup.TraceFile{abroad, {Network: "lab"}} {
		if _, err := in.Experiment(f, "cold", false); !errors.Is(err, room.ErrNoExperiment) {
			t.Error(err)
		}
	}
}

// BenchmarkExperiment is both runs of a change, in a lab each, without link
// delays.
func BenchmarkExperiment(b *testing.B) {
	in, err := openLab(labConfig{Seed: 1})
	if err != nil {
		b.Fatal(err)
	}
	defer in.Close()
	tr := lookup.NewTrace(lookup.TraceConfig{ID: "tbase", Network: "lab"})
	in.Lookup(b.Context(), tr.Root(), asks("www.example.co.kr.", lookup.TypeA))
	tr.Finish()
	b.ReportAllocs()
	for b.Loop() {
		x, err := in.Experiment(tr.File(), "flat", false)
		if err != nil {
			b.Fatal(err)
		}
		for _, changed := range []bool{false, true} {
			run := lookup.NewTrace(lookup.TraceConfig{Network: "lab"})
			x.Run(b.Context(), run.Root(), changed)
			run.Finish()
		}
	}
}
