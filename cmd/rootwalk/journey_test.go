package main

import (
	"testing"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
)

// openURL goes to an address in a lab of its own and returns what happened.
func openURL(t *testing.T, url string) []lookup.Event {
	t.Helper()
	in, err := openLab(labConfig{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	return travel(t, in, "", url)
}

// travel goes to an address in a lab that is there.
func travel(t testing.TB, in *labInternet, version, url string) []lookup.Event {
	t.Helper()
	to, err := lookup.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	q, reversed, err := lookup.ParseQuestion(to.Host, "A")
	if err != nil {
		t.Fatal(err)
	}
	trace := lookup.NewTrace(lookup.TraceConfig{ID: "t", Network: "lab"})
	in.Lookup(t.Context(), trace.Root(), room.Ask{Question: q, Reversed: reversed, URL: to, HTTP: version})
	trace.Finish()
	return trace.Events()
}

func TestJourneyIsOneTrace(t *testing.T) {
	events := openURL(t, "http://www.example.co.kr/")
	order := []string{"journey.started", "lookup.started", "lookup.finished", "leg.started", "call.made", "packet.sent", "packet.arrived", "leg.finished", "journey.finished"}
	at := 0
	for _, e := range events {
		if at < len(order) && lookup.Kind(e.Fact) == order[at] {
			at++
		}
		if f, ok := e.Fact.(lookup.StateCompared); ok && !f.Equal {
			t.Errorf("%s: %s by the packets, %s says the stack", f.Side, f.Derived, f.Stack)
		}
	}
	if at < len(order) {
		t.Fatalf("no %s after what comes before it", order[at])
	}
	first, last := events[0].Fact.(lookup.JourneyStarted), events[len(events)-1].Fact.(lookup.JourneyFinished)
	if first.Port != 80 || first.Host != "www.example.co.kr" || last.Outcome != "done" {
		t.Errorf("%+v … %+v", first, last)
	}
}

func TestJourneyEndsWhereTheNameIsNotFound(t *testing.T) {
	events := openURL(t, "http://missing.example.co.kr/")
	last, ok := events[len(events)-1].Fact.(lookup.JourneyFinished)
	if !ok || last.Outcome != "failed" || last.Last != "" {
		t.Errorf("%+v", events[len(events)-1].Fact)
	}
	for _, e := range events {
		if _, began := e.Fact.(lookup.LegStarted); began {
			t.Error("a leg began without an address")
		}
	}
}
