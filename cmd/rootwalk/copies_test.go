package main

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
)

// copying is a lab whose transfers are recorded.
func copying(t *testing.T) (*labInternet, <-chan *lookup.Trace) {
	t.Helper()
	in, err := openLab(labConfig{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := in.Close(); err != nil {
			t.Error(err)
		}
	})
	traces := make(chan *lookup.Trace, 100)
	in.Copy(func(title string) (lookup.Step, func()) {
		trace := lookup.NewTrace(lookup.TraceConfig{ID: title, Title: title})
		return trace.Root(), func() { trace.Finish(); traces <- trace }
	}, func() {})
	return in, traces
}

// nextTrace is the next one about a zone that has a kind of fact.
func nextTrace(t *testing.T, traces <-chan *lookup.Trace, zone lookup.Name, kind string) (*lookup.Trace, string) {
	t.Helper()
	for late := time.After(20 * time.Second); ; {
		select {
		case trace := <-traces:
			var kinds []string
			for _, e := range trace.Events() {
				kinds = append(kinds, lookup.Kind(e.Fact))
			}
			if opened := trace.Events()[0].Fact.(lookup.CopiesListed); opened.Zone == zone && slices.Contains(kinds, kind) {
				return trace, strings.Join(kinds, " ")
			}
		case <-late:
			t.Fatalf("no trace of %s has %s", zone, kind)
			return nil, ""
		}
	}
}

// answer looks a name up with empty caches and returns the address.
func answer(t *testing.T, in *labInternet, name lookup.Name) string {
	t.Helper()
	if err := in.Flush("all", "", 0); err != nil {
		t.Fatal(err)
	}
	trace := lookup.NewTrace(lookup.TraceConfig{ID: "t"})
	in.Lookup(context.Background(), trace.Root(), room.Ask{Question: lookup.Question{Name: name, Type: lookup.TypeA, Class: lookup.ClassIN}})
	for _, e := range trace.Events() {
		if f, ok := e.Fact.(lookup.LookupFinished); ok {
			if len(f.Records) == 0 {
				return string(f.Outcome)
			}
			return f.Records[len(f.Records)-1].Data
		}
	}
	return ""
}

// In the lab, over its network: a change is notified and copied as a
// difference; with the primary down the secondary answers, and its timers run on
// lesson time until the copy expires.
func TestZonesAreCopiedInTheLab(t *testing.T) {
	in, traces := copying(t)
	const zone, www = lookup.Name("copies.example."), lookup.Name("www.copies.example.")
	old, changed := netip.MustParseAddr("203.0.113.28"), netip.MustParseAddr("203.0.113.29")
	if _, err := in.Act(room.CopyAct{Do: "change", Zone: zone, Owner: www, From: old, To: changed, Bump: true, Tell: true}); err != nil {
		t.Fatal(err)
	}
	_, kinds := nextTrace(t, traces, zone, "refresh.finished")
	for _, want := range []string{"notify.sent", "notify.received", "serial.compared", "transfer.requested", "transfer.received", "diff.applied", "timer.set refresh.finished"} {
		if !strings.Contains(kinds, want) {
			t.Errorf("no %s in %s", want, kinds)
		}
	}
	if err := in.operator.SetDown("ns1.dnshost.net.", true); err != nil {
		t.Fatal(err)
	}
	if got := answer(t, in, www); got != changed.String() {
		t.Errorf("with the primary down: %s", got)
	}
	// REFRESH is an hour, RETRY five minutes, EXPIRE a day (copies.example.zone).
	for _, step := range []struct {
		skip time.Duration
		due  string
	}{{time.Hour, "refresh"}, {5 * time.Minute, "retry"}} {
		if err := in.clock.Skip(step.skip); err != nil {
			t.Fatal(err)
		}
		trace, kinds := nextTrace(t, traces, zone, "refresh.finished")
		due, ok := trace.Events()[1].Fact.(lookup.TimerDue)
		if !ok || due.Timer != step.due || !strings.Contains(kinds, "serial.unanswered") {
			t.Errorf("after %v: %s, %+v", step.skip, kinds, due)
		}
	}
	if err := in.clock.Skip(24 * time.Hour); err != nil {
		t.Fatal(err)
	}
	nextTrace(t, traces, zone, "zone.expired")
	if got := answer(t, in, www); got != string(lookup.OutcomeServfail) {
		t.Errorf("from an expired zone: %s", got)
	}
	if got := answer(t, in, "www.example.co.kr."); got != "203.0.113.10" {
		t.Errorf("another zone: %s", got)
	}
}

// Every zone of the lab has a primary, and what does not exist is an error that
// rooms know.
func TestWhatCopiesAreThere(t *testing.T) {
	in, _ := copying(t)
	for _, zone := range []lookup.Name{".", "kr.", "example.co.kr.", "signed.example.", "lame.test."} {
		s, err := in.ZoneState(zone)
		if err != nil || len(s.Copies) == 0 || !s.Copies[0].Primary || len(s.Records) == 0 {
			t.Errorf("%s: %+v %v", zone, s, err)
		}
	}
	if _, err := in.ZoneState("nowhere.example."); !errors.Is(err, room.ErrUnknownZone) {
		t.Error(err)
	}
	for want, act := range map[error]room.CopyAct{
		room.ErrUnknownAct: {Do: "dance", Zone: "kr."}, room.ErrUnknownServer: {Do: "down", Zone: "kr.", Server: "a."}, room.ErrUnknownZone: {Do: "notify", Zone: "a."},
	} {
		if _, err := in.Act(act); !errors.Is(err, want) {
			t.Errorf("%+v: %v", act, err)
		}
	}
}
