package room

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"rootwalk/lookup"
)

func respond(step lookup.Step) {
	step.Report(lookup.ResponseSent{Host: "R1", Outcome: lookup.OutcomeAnswer, Question: anything})
}

// A query from outside is told to everybody in the room while it is being
// answered, and recorded as a lookup is.
func TestAQueryFromOutsideIsToldAndRecorded(t *testing.T) {
	rs, r := open(t, Config{}, nil)
	v := join(t, r)
	arrived, proceed := make(chan struct{}), make(chan struct{})
	done := make(chan error, 1)
	go func() {
		done <- r.Outside(t.Context(), "www.example.co.kr A", "127.0.0.1:4242", func(_ context.Context, in Internet, step lookup.Step) {
			if in != r.internet {
				t.Error("another internet")
			}
			close(arrived)
			<-proceed
			respond(step)
		})
	}()
	<-arrived
	var told State
	until(t, v, func(m sent) bool {
		told = State{}
		return m.Room != nil && json.Unmarshal(m.Room, &told) == nil && len(told.Outside) == 1
	})
	q := told.Outside[0]
	if q.Title != "www.example.co.kr A" || q.Client != "127.0.0.1:4242" || q.At.IsZero() || told.Latest != "" {
		t.Errorf("%+v", told)
	}
	rec, err := rs.Trace(q.Trace)
	if err != nil {
		t.Fatal(err)
	}
	v.Follow(rec, -1)
	close(proceed)
	if seqs := until(t, v, func(m sent) bool { return m.End }); fmt.Sprint(seqs) != "[0]" {
		t.Errorf("events %v", seqs)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	<-rec.Done()
	if f := rec.File(); f.Title != "www.example.co.kr A" || f.Network != "lab" || len(f.Events) != 1 {
		t.Errorf("%+v", f)
	}
}

// What is too much to record is answered all the same.
func TestOutsideRecordsWithinBounds(t *testing.T) {
	var o outside
	second := time.Unix(1_000_000, 0)
	at := func(ms int) bool {
		ok := o.record(second.Add(time.Duration(ms) * time.Millisecond))
		if ok {
			o.recording-- // it is over at once
		}
		return ok
	}
	for i := range recordedPerSec {
		if !at(i) {
			t.Fatalf("%d in a second are too many", i+1)
		}
	}
	if at(999) || !at(1000) {
		t.Error("the next second does not begin where it should")
	}
	o = outside{recording: recordingOutside}
	if o.record(second) {
		t.Error("too many at once")
	}
	o.recording--
	if !o.record(second) {
		t.Error("one fewer, and still too many")
	}

	// Together: all are answered, some with a trace, 20 are shown.
	rs, r := open(t, Config{MaxTraces: 300}, func(ctx context.Context, s lookup.Step) { s.Report(lookup.LookupFinished{}) })
	own, err := r.Lookup(Ask{Question: anything, Network: "", Gated: false})
	if err != nil {
		t.Fatal(err)
	}
	answered, recorded := 0, 0
	for i := range 3 * keptOutside {
		r.mu.Lock()
		r.outside.begun = 0 // as if seconds had passed
		r.mu.Unlock()
		if err := r.Outside(t.Context(), fmt.Sprint("query ", i), "", func(_ context.Context, _ Internet, step lookup.Step) {
			answered++
			if step.Recording() {
				recorded++
			}
			respond(step)
		}); err != nil {
			t.Fatal(err)
		}
	}
	if answered != 3*keptOutside || recorded != answered {
		t.Errorf("%d answered, %d recorded", answered, recorded)
	}
	list := r.State().Outside
	if len(list) != shownOutside || list[0].Title != fmt.Sprint("query ", answered-1) || list[19].Title != fmt.Sprint("query ", answered-20) {
		t.Errorf("%d shown: %+v", len(list), list)
	}
	for _, q := range list {
		if _, err := rs.Trace(q.Trace); err != nil {
			t.Error(err)
		}
	}
	if _, err := rs.Trace(own.ID()); err != nil || len(rs.traces) != keptOutside+1 {
		t.Errorf("a lookup of our own: %v; %d traces", err, len(rs.traces))
	}
	r.mu.Lock()
	r.outside.second, r.outside.begun = time.Now().Add(time.Hour).Truncate(time.Second), recordedPerSec
	r.outside.recording = recordingOutside
	r.mu.Unlock()
	r.Outside(t.Context(), "one too many", "", func(_ context.Context, _ Internet, step lookup.Step) {
		if step.Recording() {
			t.Error("it was recorded")
		}
		respond(step)
	})
	if got := r.State().Outside[0].Title; got == "one too many" {
		t.Error("it was shown, without a trace to show")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.outside.recording != recordingOutside || r.outside.visitors != 0 {
		t.Errorf("%+v", r.outside)
	}
}

// A room with a query under way is not idle; one that closes ends the query
// and takes no more.
func TestOutsideAndTheEndOfARoom(t *testing.T) {
	rs, r := open(t, Config{Idle: time.Hour}, nil)
	r.Outside(t.Context(), "", "", func(context.Context, Internet, lookup.Step) {
		r.expire()
		if rs.Count() != 1 {
			t.Error("a room in use has closed")
		}
	})
	var ended sync.WaitGroup
	began := make(chan struct{})
	ended.Go(func() {
		r.Outside(context.Background(), "", "", func(ctx context.Context, _ Internet, step lookup.Step) {
			close(began)
			<-ctx.Done()
			respond(step)
		})
	})
	<-began
	if err := r.close(); err != nil {
		t.Error(err)
	}
	ended.Wait()
	if err := r.Outside(t.Context(), "", "", func(context.Context, Internet, lookup.Step) { t.Error("it was run") }); !errors.Is(err, ErrGone) {
		t.Error(err)
	}
}
