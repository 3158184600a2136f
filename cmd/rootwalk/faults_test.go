package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/lookup/lab"
	"rootwalk/lookup/lab/vnet"
	"rootwalk/templates"
)

// askCase runs the question of a case.
func askCase(t *testing.T, in *labInternet, c lookup.FaultCase) []lookup.Event {
	t.Helper()
	trace := lookup.NewTrace(lookup.TraceConfig{ID: "t1", Network: "lab"})
	in.Lookup(t.Context(), trace.Root(), room.Ask{Question: c.Question, DO: c.DO})
	trace.Finish()
	return trace.Events()
}

func outcome(events []lookup.Event) lookup.Outcome {
	end, ok := events[len(events)-1].Fact.(lookup.LookupFinished)
	if !ok {
		return ""
	}
	return end.Outcome
}

// Each shipped fault gives its evidence, whoever else is named is wrong, and
// once it is repaired the lookup works and shows no sign of it.
func TestEveryShippedFaultShowsAndCanBeRepaired(t *testing.T) {
	first, err := openLab(labConfig{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	cases := first.Cases()
	first.Close()
	if len(cases) < 20 {
		t.Fatalf("%d cases", len(cases))
	}
	// While they are broken all at once: they wait for timers, not for the
	// processor. What is repaired answers without a timer, so that there the
	// labs would only take the processor from each other, until the timers of a
	// resolver run out whose server is well: one after the other.
	labs := make([]*labInternet, len(cases))
	var going sync.WaitGroup
	for i, c := range cases {
		in, err := openLab(labConfig{Seed: uint64(i + 1), Speed: 1, DNSSEC: dnssecConfig{Mode: validateAuto, Aggressive: true}})
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		labs[i] = in
		going.Go(func() {
			if err := showCase(t, in, c); err != nil {
				t.Errorf("%s: %v", c.Key, err)
			}
		})
	}
	going.Wait()
	for i, c := range cases {
		if err := repairCase(t, labs[i], c); err != nil {
			t.Errorf("%s: %v", c.Key, err)
		}
	}
}

// well are the signs that a sound lab shows too.
var well = []string{"other", "quick", "before", "later", "otherMachine", "truncated", "plain"}

// showCase breaks a lab and looks for the evidence.
func showCase(t *testing.T, in *labInternet, c lookup.FaultCase) error {
	if err := in.SetFaults(c.Faults...); err != nil {
		return err
	}
	all := [][2]int{{0, 1 << 20}}
	shown := false
	for range 40 { // which server is asked is left to chance
		in.Afresh()
		events := askCase(t, in, c)
		witness := lookup.Witness{Trace: "t1", Events: events, Marked: all}
		j := c.Judge(c.Culprit, witness)
		if !j.Shown() {
			continue
		}
		shown = true
		if !j.Right() {
			return fmt.Errorf("the right answer counts as wrong: %+v", j)
		}
		if c.Judge("server:a.root-servers.net", witness).Right() || c.Judge(c.Culprit, lookup.Witness{Events: events}).Right() {
			return errors.New("a wrong answer counts as right")
		}
		places := in.FaultPlaces()
		at := slices.IndexFunc(places, func(p lookup.FaultPlace) bool { return p.ID == c.Culprit })
		if at < 0 || !places[at].Concerns(events) {
			return fmt.Errorf("the trace does not concern %s", c.Culprit)
		}
		break
	}
	if !shown {
		return errors.New("no lookup had the evidence")
	}
	return nil
}

// repairCase repairs a lab: the lookup works, and shows no sign of the case.
func repairCase(t *testing.T, in *labInternet, c lookup.FaultCase) error {
	if err := in.SetFaults(); err != nil {
		return err
	}
	in.Afresh()
	events := askCase(t, in, c)
	if o := outcome(events); o != lookup.OutcomeAnswer {
		return fmt.Errorf("repaired: %s", o)
	}
	for k, s := range c.Signs {
		if !slices.Contains(well, s.Key) && slices.ContainsFunc(events, s.Matches) {
			return fmt.Errorf("repaired, and yet sign %d (%s) is there", k, s.Key)
		}
	}
	return nil
}

// Every fault can be set at every place that offers it, and taken away.
func TestEveryFaultCanBeSetAndTakenAway(t *testing.T) {
	in, err := openLab(labConfig{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	n := 0
	for _, p := range in.FaultPlaces() {
		for _, kind := range p.Kind {
			n++
			if err := in.SetFaults(lookup.Fault{Kind: kind, At: p.ID, Amount: 10}); err != nil {
				t.Fatalf("%s at %s: %v", kind, p.ID, err)
			}
			if got := in.Faults(); len(got) != 1 || got[0].Kind != kind {
				t.Fatalf("%v", got)
			}
		}
	}
	if err := in.SetFaults(); err != nil {
		t.Fatal(err)
	}
	if events := askCase(t, in, in.Cases()[0]); outcome(events) != lookup.OutcomeAnswer {
		t.Errorf("after %d faults came and went: %s", n, outcome(events))
	}
	for _, bad := range []lookup.Fault{{Kind: lookup.FaultLame, At: "link:dns"}, {Kind: "fire", At: "link:dns"}, {Kind: lookup.FaultDown, At: "link:moon"}} {
		if err := in.SetFaults(bad); !errors.Is(err, lab.ErrFault) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func TestLinksAreMeasuredByRealPackets(t *testing.T) {
	in, err := openLab(labConfig{Seed: 1, Speed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if err := in.SetFaults(lookup.Fault{Kind: lookup.FaultDelay, At: "link:tld", Amount: 100}, lookup.Fault{Kind: lookup.FaultDown, At: "link:dns-2"}); err != nil {
		t.Fatal(err)
	}
	median := map[string]int64{}
	for _, m := range in.Measure(t.Context()) {
		if d, ok := m.Median(); ok {
			median[m.Place] = d
		} else if m.Place != "link:dns-2" {
			t.Errorf("%s: nothing came back", m.Place)
		}
	}
	if d := time.Duration(median["link:tld"]) * time.Microsecond; d < 200*time.Millisecond {
		t.Errorf("100 ms more each way measure as %v", d)
	}
	if median["link:root"] < 8800 || median["link:dns-2"] != 0 {
		t.Errorf("%v", median)
	}
}

// Frames that come twice and frames that overtake others are real ones too.
func TestLinksDuplicateAndReorder(t *testing.T) {
	in, err := openLab(labConfig{Seed: 1, Speed: 20})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	set := func(kind lookup.FaultKind) {
		t.Helper()
		if err := in.SetFaults(lookup.Fault{Kind: kind, At: "link:dns", Amount: 100}); err != nil {
			t.Fatal(err)
		}
	}
	set(lookup.FaultDuplicate)
	var twice atomic.Int32
	stop := in.lab.Segment("ix").Tap(func(c vnet.Capture) {
		if c.Fate == vnet.Duplicated {
			twice.Add(1)
		}
	})
	if o := outcome(askCase(t, in, in.Cases()[0])); o != lookup.OutcomeAnswer {
		t.Errorf("with every frame twice: %s", o)
	}
	stop()
	if twice.Load() == 0 {
		t.Error("no frame came twice")
	}
	// Who overtakes skips the way: at this speed 256 ms there and back, which
	// no busy machine takes for anything else.
	set(lookup.FaultReorder)
	for _, m := range in.Measure(t.Context()) {
		if d, ok := m.Median(); m.Place == "link:dns" && (!ok || d >= 256_000) {
			t.Errorf("overtaking everything takes %d µs", d)
		}
	}
}

func TestARiddleIsNotTold(t *testing.T) {
	s := startSite(t)
	post := func(form string) (int, string) {
		res, body := s.do("POST", "/faults", "application/x-www-form-urlencoded", form)
		return res.StatusCode, body
	}
	if code, body := post("do=riddle&number=2&trace=example"); code != 303 {
		t.Fatalf("%d %s", code, body)
	}
	place, err := s.p.rooms.Enter(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	bench, err := place.Bench()
	if err != nil || bench.Number != 2 || bench.Faults != nil {
		t.Fatalf("%+v, %v", bench, err)
	}
	if code, _ := post("do=set&at=link:dns&kind=down&trace=example"); code != 409 {
		t.Errorf("a fault was set while a riddle is open: %d", code)
	}
	_, page := s.get("/lookups/example/faults")
	for _, secret := range []string{"faults.case.", "nobody ever gave it the zone", `selected value="` + bench.Case.Culprit, `value="repair"`} {
		if strings.Contains(page, secret) {
			t.Errorf("the page tells %q", secret)
		}
	}
	// The learner looks, marks, accuses, repairs, and looks again.
	for range 60 {
		s.do("POST", "/faults", "application/x-www-form-urlencoded", "do=afresh&trace=example")
		f := s.lookup("www.sister.example", "A")
		if j := bench.Case.Judge(bench.Case.Culprit, lookup.Witness{Events: f.Events, Marked: [][2]int{{0, 1 << 20}}}); !j.Right() {
			continue
		}
		code, body := post("do=accuse&culprit=" + bench.Case.Culprit + "&trace=" + f.ID + marks(f))
		if code != 303 {
			t.Fatalf("%d %s", code, body)
		}
		if _, page := s.get("/lookups/" + f.ID + "/faults"); !strings.Contains(page, `value="repair"`) {
			t.Fatal("no repair is offered")
		}
		if code, body := post("do=repair&trace=" + f.ID); code != 303 {
			t.Fatalf("%d %s", code, body)
		}
		if end := finished(t, s.lookup("www.sister.example", "A")); end.Outcome != lookup.OutcomeAnswer {
			t.Errorf("repaired: %s", end.Outcome)
		}
		return
	}
	t.Fatal("the evidence never showed")
}

// marks marks every step of a trace.
func marks(f lookup.TraceFile) string {
	var b strings.Builder
	for _, balloon := range templates.Fold(f.Events).Balloons {
		b.WriteString("&mark=" + strconv.Itoa(balloon.N))
	}
	return b.String()
}
