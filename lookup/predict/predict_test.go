package predict

import (
	"os"
	"reflect"
	"testing"

	"rootwalk/lookup"
)

func example(t *testing.T) []lookup.Event {
	t.Helper()
	b, err := os.ReadFile("../../static/example/trace.json")
	if err != nil {
		t.Fatal(err)
	}
	f, err := lookup.ReadTraceFile(b)
	if err != nil {
		t.Fatal(err)
	}
	return f.Events
}

// A growing trace must never be judged twice differently: what was found among
// the first events stays, and nothing is found later before what was safe.
func TestAGrowingTraceKeepsItsDecisions(t *testing.T) {
	events := example(t)
	all, safe := Decisions(events, true)
	if safe != len(events) || len(all) < 5 {
		t.Fatalf("%d decisions, safe up to %d of %d", len(all), safe, len(events))
	}
	for n := range events {
		some, safe := Decisions(events[:n], false)
		if len(some) > len(all) || len(some) > 0 && !reflect.DeepEqual(some, all[:len(some)]) {
			t.Fatalf("after %d events there are other decisions", n)
		}
		if len(some) < len(all) && all[len(some)].Seq < safe {
			t.Fatalf("after %d events, event %d counted as safe and then became decision %d", n, all[len(some)].Seq, len(some)+1)
		}
	}
}

// What a question says must come from what has been shown: it must not change
// when the events that are held back change, except that the option that came
// true is among the options.
func TestQuestionsAreMadeOfWhatHasBeenShown(t *testing.T) {
	events := example(t)
	all, _ := Decisions(events, true)
	for i, d := range all {
		if d.Shown < d.Seq || d.Shown >= len(events) {
			t.Errorf("decision %d at %d is shown by %d", i+1, d.Seq, d.Shown)
		}
		if len(d.Options) < 2 || len(d.Options) > maxOptions || d.Right >= len(d.Options) || len(d.Wrong) != len(d.Options) {
			t.Errorf("decision %d: %+v", i+1, d)
		}
		for k, w := range d.Wrong {
			if (w == "") != (k == d.Right) {
				t.Errorf("decision %d (%s): option %d (%s) has misconception %q, right is %d", i+1, d.Key, k, d.Options[k].Key, w, d.Right)
			}
		}
	}
}
