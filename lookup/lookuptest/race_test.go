package lookuptest_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/iterative"
	"rootwalk/lookup/lab/auth"
	"rootwalk/lookup/lookuptest"
	"rootwalk/lookup/stub"
)

// raced runs an errand that connects and returns its facts about the race.
func raced(t *testing.T, w *lookuptest.World, name lookup.Name) (paused int, decided lookup.RaceDecided, end lookup.LookupFinished) {
	t.Helper()
	_, tr := w.Run(t.Context(), stub.Order{Question: lookup.Question{Name: name, Type: lookup.TypeA, Class: lookup.ClassIN}, Errand: lookup.ErrandConnect})
	if err := lookuptest.CheckTrace(tr); err != nil {
		t.Error(err)
	}
	begun, decisions := 0, 0
	for _, e := range tr.Events() {
		switch f := e.Fact.(type) {
		case lookup.RaceBegun:
			begun++
			if !slices.Equal(f.Types, []lookup.Type{lookup.TypeAAAA, lookup.TypeA}) {
				t.Errorf("asked for %v (RFC 8305 §3: AAAA, then A)", f.Types)
			}
		case lookup.RacePaused:
			paused++
		case lookup.RaceDecided:
			decisions++
			decided = f
		case lookup.LookupFinished:
			end = f
		}
	}
	if begun != 1 || decisions != 1 {
		t.Errorf("%d races, %d decisions", begun, decisions)
	}
	return paused, decided, end
}

func known(t *testing.T, w *lookuptest.World, name lookup.Name, ty lookup.Type) {
	t.Helper()
	if r, _ := w.Lookup(t.Context(), lookup.Question{Name: name, Type: ty, Class: lookup.ClassIN}); r.Outcome != lookup.OutcomeAnswer {
		t.Fatalf("%s %s: %s", name, ty, r.Outcome)
	}
}

// slowly makes the servers of dual.example behave.
func slowly(w *lookuptest.World, b auth.Behaviour) {
	for i := range 2 {
		w.Lab.NameServer(fmt.Sprintf("ns%d.dnshost.net", i+1)).SetBehaviour(b)
	}
}

// With IPv4 addresses in hand the device waits for the answer about IPv6 (RFC 8305
// §3, Resolution Delay), and then has both, the families in turn (§4).
func TestRaceWaitsForIPv6(t *testing.T) {
	w, err := lookuptest.NewWorld(lookuptest.WorldConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	known(t, w, "www.dual.example.", lookup.TypeA) // in the device's cache: that answer is there at once
	slowly(w, func(x auth.Exchange) ([]byte, time.Duration) { return x.Response, 100 * time.Millisecond })
	paused, d, end := raced(t, w, "www.dual.example.")
	if paused != 1 || d.Reason != "both" || len(d.Order) < 2 || !d.Order[0].Is6() || !d.Order[1].Is4() {
		t.Errorf("%d pauses, %+v", paused, d)
	}
	if end.Outcome != lookup.OutcomeAnswer || len(end.Records) < 2 || end.FromCache != "" {
		t.Errorf("%+v", end)
	}
	// Now both are known: nothing is sent and nothing is waited for.
	paused, d, end = raced(t, w, "www.dual.example.")
	if d.Reason != "both" && d.Reason != "ipv6First" || end.StubQueries != 0 || end.FromCache != "device" {
		t.Errorf("%d pauses, %+v, %+v", paused, d, end)
	}
}

// An IPv6 address that is there needs no waiting.
func TestRaceNeedNotWaitForIPv4(t *testing.T) {
	w, err := lookuptest.NewWorld(lookuptest.WorldConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	known(t, w, "www.dual.example.", lookup.TypeAAAA)
	slowly(w, func(x auth.Exchange) ([]byte, time.Duration) { return x.Response, 100 * time.Millisecond })
	paused, d, _ := raced(t, w, "www.dual.example.")
	if paused != 0 || d.Reason != "ipv6First" && d.Reason != "both" || !d.Order[0].Is6() {
		t.Errorf("%d pauses, %+v", paused, d)
	}
}

// When the Resolution Delay is over the device goes on with what it has.
func TestRaceGoesOnWithoutIPv6(t *testing.T) {
	w, err := lookuptest.NewWorld(lookuptest.WorldConfig{
		ResolutionDelay: time.Millisecond, Timeout: 300 * time.Millisecond,
		Limits: iterative.Limits{Time: 200 * time.Millisecond, FirstTimeout: 100 * time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	known(t, w, "www.dual.example.", lookup.TypeA)
	slowly(w, func(auth.Exchange) ([]byte, time.Duration) { return nil, 0 })
	paused, d, end := raced(t, w, "www.dual.example.")
	if paused != 1 || d.Reason != "delayOver" || len(d.Order) == 0 || !d.Order[0].Is4() || d.WaitedUs < 1000 {
		t.Errorf("%d pauses, %+v", paused, d)
	}
	if end.Outcome != lookup.OutcomeAnswer {
		t.Errorf("%+v", end)
	}
}

// One family only, and none.
func TestRaceOfOne(t *testing.T) {
	w, err := lookuptest.NewWorld(lookuptest.WorldConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for name, want := range map[lookup.Name]string{"backup.srv.example.": "onlyIPv4", "nothing.srv.example.": "none"} {
		_, d, end := raced(t, w, name)
		if d.Reason != want {
			t.Errorf("%s: %+v", name, d)
		}
		if (end.Outcome == lookup.OutcomeAnswer) != (want == "onlyIPv4") {
			t.Errorf("%s: %+v", name, end)
		}
	}
}

// Who goes away ends both questions.
func TestRaceEndsWithItsContext(t *testing.T) {
	w, err := lookuptest.NewWorld(lookuptest.WorldConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	slowly(w, func(auth.Exchange) ([]byte, time.Duration) { return nil, 0 })
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	out, _ := w.Run(ctx, stub.Order{Question: lookup.Question{Name: "www.dual.example.", Type: lookup.TypeA, Class: lookup.ClassIN}, Errand: lookup.ErrandConnect})
	if out.Outcome != lookup.OutcomeCanceled {
		t.Error(out.Outcome)
	}
}
