package lookup

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func collect(t *Trace, from int) []int {
	var got []int
	for e := range t.Follow(context.Background(), from) {
		got = append(got, e.Seq)
	}
	return got
}

func TestFollowReplaysThenGoesLiveThenEnds(t *testing.T) {
	tr := NewTrace(TraceConfig{ID: "t1", Title: "x A", Network: "lab"})
	s := tr.Root()
	const early, late = 10, 500
	for range early {
		s.Report(CacheMissed{Cache: "R1", Name: "x."})
	}
	var wg sync.WaitGroup
	got := make([][]int, 8)
	for i := range got {
		wg.Go(func() { got[i] = collect(tr, i) })
	}
	for range late {
		s.Report(CacheMissed{Cache: "R1", Name: "x."})
	}
	tr.Finish()
	wg.Wait()
	for i, seqs := range got {
		if len(seqs) != early+late-i {
			t.Fatalf("follower from %d saw %d events, want %d", i, len(seqs), early+late-i)
		}
		for k, seq := range seqs {
			if seq != i+k {
				t.Fatalf("follower from %d: event %d has seq %d", i, k, seq)
			}
		}
	}
	if s.Report(CacheMissed{}) != -1 {
		t.Error("a finished trace took another fact")
	}
}

func TestFollowEndsWithItsContext(t *testing.T) {
	tr := NewTrace(TraceConfig{ID: "t1"})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	tr.Root().Report(CacheMissed{})
	n := 0
	for range tr.Follow(ctx, 0) {
		n++
		cancel()
	}
	if n != 1 {
		t.Errorf("saw %d events, want 1", n)
	}
}

func TestTraceIsBoundedAndStillSaysHowItEnded(t *testing.T) {
	for _, bound := range []TraceConfig{{MaxEvents: 5}, {MaxBytes: 50}} {
		tr := NewTrace(bound)
		s := tr.Root()
		for range 20 {
			s.Report(QuerySent{Message: make([]byte, 10)})
		}
		s.Report(LookupFinished{Outcome: OutcomeAnswer})
		tr.Finish()
		events := tr.Events()
		truncated := 0
		for i, e := range events {
			if e.Seq != i {
				t.Errorf("event %d has seq %d", i, e.Seq)
			}
			if _, ok := e.Fact.(TraceTruncated); ok {
				truncated++
			}
		}
		if truncated != 1 {
			t.Errorf("%+v: %d trace.truncated facts, want 1", bound, truncated)
		}
		if _, ok := events[len(events)-1].Fact.(LookupFinished); !ok || len(events) != 7 {
			t.Errorf("%+v: %d events, the last a %T", bound, len(events), events[len(events)-1].Fact)
		}
	}
}

func TestZeroStepDiscards(t *testing.T) {
	var s Step
	if s.Report(CacheMissed{}) != -1 || s.Child().Report(CacheMissed{}) != -1 || s.Recording() {
		t.Error("the zero step kept something")
	}
}

func TestStepsFormATree(t *testing.T) {
	tr := NewTrace(TraceConfig{})
	root := tr.Root()
	a := root.Child()
	b := a.Child()
	for _, s := range []Step{root, a, b} {
		s.Report(CacheMissed{})
	}
	var got [][2]StepID
	for _, e := range tr.Events() {
		got = append(got, [2]StepID{e.Step, e.Parent})
	}
	if want := [][2]StepID{{1, 0}, {2, 1}, {3, 2}}; !reflect.DeepEqual(got, want) {
		t.Errorf("steps %v, want %v", got, want)
	}
}

func TestTimesDoNotGoBackwards(t *testing.T) {
	now := time.Unix(1000, 0)
	tr := NewTrace(TraceConfig{Now: func() time.Time { now = now.Add(-time.Second); return now }})
	s := tr.Root()
	for range 3 {
		s.Report(CacheMissed{})
	}
	tr.Finish()
	data, err := json.Marshal(tr)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ReadTraceFile(data); err != nil {
		t.Error(err)
	}
}

func BenchmarkAppendFollow(b *testing.B) {
	b.ReportAllocs()
	const perTrace = 1000
	for b.Loop() {
		tr := NewTrace(TraceConfig{MaxEvents: perTrace + 1})
		s := tr.Root()
		var wg sync.WaitGroup
		n := 0
		wg.Go(func() {
			for range tr.Follow(context.Background(), 0) {
				n++
			}
		})
		f := CacheMissed{Cache: "R1", Name: "www.example.co.kr.", Type: TypeA}
		for range perTrace {
			s.Report(f)
		}
		tr.Finish()
		wg.Wait()
		if n != perTrace {
			b.Fatal(n)
		}
	}
	b.ReportMetric(float64(b.N)*perTrace/b.Elapsed().Seconds(), "events/s")
}

// A trace begins when its run does, not when it was made; once it has an event
// its beginning stays.
func TestBegin(t *testing.T) {
	now := time.Unix(1000, 0)
	tr := NewTrace(TraceConfig{Now: func() time.Time { return now }})
	step := tr.Root()
	now = now.Add(time.Minute)
	step.Begin()
	now = now.Add(time.Second)
	step.Report(CacheMissed{})
	step.Begin()
	now = now.Add(time.Second)
	step.Report(CacheMissed{})
	if e := tr.Events(); e[0].At != time.Second || e[1].At != 2*time.Second || !tr.Started().Equal(time.Unix(1060, 0)) {
		t.Errorf("%v and %v since %v", e[0].At, e[1].At, tr.Started())
	}
	Step{}.Begin()
}

// Lists that a fact has not are empty in JSON, wherever they are, and the fact
// itself stays as it was.
func TestListsAreNeverNull(t *testing.T) {
	parts := []URLPart{{Name: "host"}}
	for _, f := range []Fact{CallMade{}, PacketSent{}, UrlRead{Parts: parts}, RequestSent{Head: nil}, HandshakeExchanged{Fields: []WireField{{}}}, ServersListed{Servers: []NameServer{{Name: "a."}}}} {
		b, err := json.Marshal(Event{Fact: f})
		if err != nil || strings.Contains(string(b), ":null") || strings.Contains(string(b), "[null") {
			t.Errorf("%s %v", b, err)
		}
	}
	servers := ServersListed{Servers: []NameServer{{Name: "a."}}}
	if _, err := json.Marshal(Event{Fact: servers}); err != nil || servers.Servers[0].Addrs != nil {
		t.Errorf("%v %v", servers, err)
	}
}
