package room

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"rootwalk/lookup"
)

// chosen decides at every server.chosen, once the query after it is there.
func chosen(events []lookup.Event, finished bool) (found []lookup.Decision, safe int) {
	for i, e := range events {
		if _, ok := e.Fact.(lookup.ServerChosen); !ok {
			continue
		}
		if i+1 == len(events) && !finished {
			return found, i
		}
		found = append(found, lookup.Decision{Seq: i, Shown: i + 1, Right: 1, Why: "secret-reason", Wrong: []string{"M02", ""},
			Prediction: lookup.Prediction{Kind: "next", Key: "next", Options: []lookup.PredictOption{{Key: "a"}, {Key: "b"}}}})
	}
	return found, len(events)
}

func threeChoices(_ context.Context, s lookup.Step) {
	for range 3 {
		s.Report(lookup.CacheMissed{Cache: "R1"})
		s.Report(lookup.ServerChosen{Host: "R1"})
		s.Report(lookup.QuerySent{})
	}
}

func TestTheGateHoldsBackWhatADecisionIsAbout(t *testing.T) {
	_, r := open(t, Config{Decide: chosen}, threeChoices)
	rec, err := r.Lookup(Ask{Question: anything, Gated: true})
	if err != nil {
		t.Fatal(err)
	}
	<-rec.Done()
	v := join(t, r)
	v.Follow(rec, -1)
	seen := 0
	for d := 1; d <= 3; d++ {
		var decision string
		seqs := until(t, v, func(m sent) bool {
			if m.Held != nil {
				decision = m.Held.Decision
			}
			return m.Held != nil
		})
		consecutive(t, seqs, seen, 3*d-2)
		seen = 3*d - 2
		if want := fmt.Sprintf("d%d", d); decision != want {
			t.Fatalf("held at %s, want %s", decision, want)
		}
		if f := rec.File(); len(f.Events) != seen {
			t.Fatalf("the file shows %d events while %d may be seen", len(f.Events), seen)
		}
		if held := rec.Held(); held == nil || held.Decision != decision || held.After != seen-1 {
			t.Fatalf("held: %+v", held)
		}
		if d == 3 {
			if rec.Release("d9") || !rec.Release(decision) || rec.Release(decision) {
				t.Fatal("a release of another decision, or a second one, passed")
			}
			continue
		}
		if _, err := rec.Predict("d9", Choice{}); !errors.Is(err, ErrDecision) {
			t.Errorf("another decision: %v", err)
		}
		if _, err := rec.Predict(decision, Choice{Option: 2}); !errors.Is(err, ErrDecision) {
			t.Errorf("an option that is not there: %v", err)
		}
		if _, err := rec.Observe(decision, 1); !errors.Is(err, ErrDecision) {
			t.Errorf("an observation before the prediction: %v", err)
		}
		verdict, err := rec.Predict(decision, Choice{Option: d - 1, Sure: true})
		if err != nil || verdict.Right != 1 || verdict.Shown != 3*d-1 || (verdict.Wrong == "") != (d == 2) {
			t.Errorf("%+v, %v", verdict, err)
		}
		if verdict, err = rec.Observe(decision, 1); err != nil || verdict.Observed == nil || *verdict.Observed != 1 {
			t.Errorf("%+v, %v", verdict, err)
		}
	}
	consecutive(t, until(t, v, end), seen, 9)
	if v := rec.Verdicts(); len(v) != 2 || v[0].Choice.Option != 0 || !v[1].Choice.Sure {
		t.Errorf("verdicts %+v", v)
	}
}

// No frame may say what is being asked about, nor which option came true.
func TestNothingOfADecisionLeavesBeforeIt(t *testing.T) {
	_, r := open(t, Config{Decide: chosen}, threeChoices)
	rec, err := r.Lookup(Ask{Question: anything, Gated: true})
	if err != nil {
		t.Fatal(err)
	}
	<-rec.Done()
	var c cursor
	for range 3 { // asking again and again does not help
		for _, b := range rec.read(&c, nil) {
			for _, secret := range []string{"server.chosen", "query.sent", "secret-reason", "M02", "right", `"end"`} {
				if strings.Contains(string(b), secret) {
					t.Errorf("%s is told: %s", secret, b)
				}
			}
		}
		c = cursor{next: 5} // as a page that claims to have seen more
	}
}

func TestWhoLeavesSeesTheWholeAtOnce(t *testing.T) {
	_, r := open(t, Config{Decide: chosen}, threeChoices)
	rec, err := r.Lookup(Ask{Question: anything, Gated: true})
	if err != nil {
		t.Fatal(err)
	}
	rec.Open() // perhaps before the lookup has ended
	v := join(t, r)
	v.Follow(rec, -1)
	consecutive(t, until(t, v, end), 0, 9)
	if rec.Held() != nil {
		t.Error("held")
	}
}

// What a held lookup brought is not told by the room's caches either.
func TestCachesAreSilentAboutWhatIsHeld(t *testing.T) {
	_, r := open(t, Config{Decide: chosen}, threeChoices)
	rec, err := r.Lookup(Ask{Question: anything, Gated: true})
	if err != nil {
		t.Fatal(err)
	}
	<-rec.Done()
	r.internet.(*script).set([]lookup.CacheEntry{{Name: "old.", Trace: "t1"}, {Name: "new.", Trace: rec.ID()}})
	names := func() (out []lookup.Name) {
		for _, e := range r.State().Caches[0].Entries {
			out = append(out, e.Name)
		}
		return out
	}
	if got := names(); len(got) != 1 || got[0] != "old." {
		t.Errorf("held: the caches show %v", got)
	}
	rec.Open()
	if got := names(); len(got) != 2 {
		t.Errorf("released: the caches show %v", got)
	}
}
