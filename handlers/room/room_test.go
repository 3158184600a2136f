package room

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rootwalk/lookup"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// script is an Internet whose lookups report what a test tells them to.
type script struct {
	clock  *lookup.LessonClock
	report func(ctx context.Context, s lookup.Step)
	mu     sync.Mutex
	closed bool
	cached []lookup.CacheEntry
}

func (s *script) set(entries []lookup.CacheEntry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cached = entries
}

func (s *script) Network() string { return "lab" }
func (s *script) Lookup(ctx context.Context, step lookup.Step, _ Ask) {
	s.report(ctx, step)
}
func (s *script) Snapshots() []lookup.CacheSnapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	return []lookup.CacheSnapshot{{Cache: "R1", Entries: append([]lookup.CacheEntry{}, s.cached...)}}
}
func (s *script) Flush(cache string, _ lookup.Name, _ lookup.Type) error {
	if cache != "R1" {
		return ErrUnknownCache
	}
	return nil
}
func (s *script) Clock() *lookup.LessonClock { return s.clock }
func (s *script) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return nil
}

var anything = lookup.Question{Name: "www.example.co.kr.", Type: lookup.TypeA, Class: lookup.ClassIN}

func open(t *testing.T, cfg Config, report func(context.Context, lookup.Step)) (*Rooms, *Room) {
	t.Helper()
	cfg.Open = func(context.Context, string) (Internet, error) {
		return &script{clock: lookup.NewLessonClock(time.Now), report: report}, nil
	}
	rs := New(cfg)
	t.Cleanup(func() {
		if err := rs.Close(); err != nil {
			t.Error(err)
		}
	})
	r, err := rs.Enter(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	return rs, r
}

func join(t *testing.T, r *Room) *Viewer {
	t.Helper()
	v, err := r.Join()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Leave)
	return v
}

// sent is what a message to a page may hold.
type sent struct {
	Trace  string
	Events []struct{ Seq int }
	End    bool
	Seq    int
	Held   *struct {
		Decision string
		After    int
	}
	Room json.RawMessage
}

// until reads what a viewer is sent until stop says so, and returns the seqs
// of the events.
func until(t *testing.T, v *Viewer, stop func(sent) bool) (seqs []int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for {
		out, err := v.Next(ctx)
		if err != nil {
			t.Fatalf("after %d events: %v", len(seqs), err)
		}
		for _, b := range out {
			var m sent
			if err := json.Unmarshal(b, &m); err != nil {
				t.Fatalf("%s: %v", b, err)
			}
			for _, e := range m.Events {
				seqs = append(seqs, e.Seq)
			}
			if stop(m) {
				return seqs
			}
		}
	}
}

func end(m sent) bool { return m.End }

func consecutive(t *testing.T, seqs []int, from, to int) {
	t.Helper()
	if len(seqs) != to-from {
		t.Fatalf("%d events, want %d from %d", len(seqs), to-from, from)
	}
	for i, s := range seqs {
		if s != from+i {
			t.Fatalf("event %d has seq %d", i, s)
		}
	}
}

// bursts reports n events with pauses, so that they make several frames.
func bursts(n int) func(context.Context, lookup.Step) {
	return func(_ context.Context, s lookup.Step) {
		for i := range n {
			s.Report(lookup.CacheMissed{Cache: "R1", Name: lookup.Name(fmt.Sprintf("n%d.", i))})
			if i%10 == 9 {
				time.Sleep(2 * tick)
			}
		}
	}
}

func TestAViewerResumesAtEveryEventWithoutGapOrRepeat(t *testing.T) {
	const n = 45
	_, r := open(t, Config{}, bursts(n))
	rec, err := r.Lookup(Ask{Question: anything, Network: "lab", Gated: false})
	if err != nil {
		t.Fatal(err)
	}
	live := join(t, r)
	live.Follow(rec, -1)
	consecutive(t, until(t, live, end), 0, n)
	for _, after := range []int{math.MaxInt, n, math.MinInt} { // what no page of ours says
		v := join(t, r)
		v.Follow(rec, after)
		want := n
		if after < 0 {
			want = 0
		}
		consecutive(t, until(t, v, end), want, n)
		v.Leave()
	}
	for after := -1; after < n; after++ {
		v := join(t, r)
		v.Follow(rec, after)
		consecutive(t, until(t, v, end), after+1, n)
		v.Leave()
	}
}

func TestAConnectionCutWhileTheTraceGrowsLosesNothing(t *testing.T) {
	const n = 60
	_, r := open(t, Config{}, bursts(n))
	rec, err := r.Lookup(Ask{Question: anything, Network: "", Gated: false})
	if err != nil {
		t.Fatal(err)
	}
	var all []int
	for done := false; !done; {
		v := join(t, r)
		v.Follow(rec, len(all)-1)
		all = append(all, until(t, v, func(m sent) bool { done = m.End; return m.End || len(m.Events) > 0 })...)
		v.Leave()
	}
	consecutive(t, all, 0, n)
}

func TestAViewerThatDoesNotReadHurtsNobody(t *testing.T) {
	const n = 500
	_, r := open(t, Config{}, func(_ context.Context, s lookup.Step) {
		for range n {
			s.Report(lookup.CacheMissed{Cache: "R1"})
		}
	})
	stuck := join(t, r)
	reader := join(t, r)
	rec, err := r.Lookup(Ask{Question: anything, Network: "", Gated: false})
	if err != nil {
		t.Fatal(err)
	}
	stuck.Follow(rec, -1)
	reader.Follow(rec, -1)
	consecutive(t, until(t, reader, end), 0, n)
	consecutive(t, until(t, stuck, end), 0, n) // later, it still gets everything
}

func TestTwoViewersShareTheEncodedBytes(t *testing.T) {
	_, r := open(t, Config{}, bursts(30))
	rec, err := r.Lookup(Ask{Question: anything, Network: "", Gated: false})
	if err != nil {
		t.Fatal(err)
	}
	<-rec.Done()
	var got [2][][]byte
	for i := range got {
		var c cursor
		got[i] = rec.read(&c, nil)
	}
	for k := range got[0] {
		if !bytes.Equal(got[0][k], got[1][k]) || &got[0][k][0] != &got[1][k][0] {
			t.Fatalf("frame %d was encoded twice", k)
		}
	}
}

func TestAnUngatedTraceIsNeverHeld(t *testing.T) {
	_, r := open(t, Config{}, func(_ context.Context, s lookup.Step) { s.Report(lookup.ServerChosen{}) })
	rec, err := r.Lookup(Ask{Question: anything, Network: "", Gated: false})
	if err != nil {
		t.Fatal(err)
	}
	v := join(t, r)
	v.Follow(rec, -1)
	until(t, v, func(m sent) bool {
		if m.Held != nil {
			t.Fatal("held")
		}
		return m.End
	})
}

func TestRoomStateFollowsTheClock(t *testing.T) {
	_, r := open(t, Config{}, bursts(1))
	v := join(t, r)
	isRoom := func(m sent) bool { return m.Room != nil }
	until(t, v, isRoom)
	before := r.State().Clock.Lesson
	if err := r.Skip(5 * time.Minute); err != nil {
		t.Fatal(err)
	}
	until(t, v, isRoom)
	if d := r.State().Clock.Lesson.Sub(before); d < 5*time.Minute {
		t.Errorf("lesson time moved by %v", d)
	}
	if err := r.Flush("R9", "", 0); !errors.Is(err, ErrUnknownCache) {
		t.Error(err)
	}
}

func TestBounds(t *testing.T) {
	hold := make(chan struct{})
	rs, r := open(t, Config{MaxRunning: 2, MaxRooms: 2, MaxViewers: 1, MaxTraces: 2}, func(ctx context.Context, s lookup.Step) {
		select {
		case <-hold:
		case <-ctx.Done():
		}
	})
	var first *Recording
	for i := range 3 {
		rec, err := r.Lookup(Ask{Question: anything, Network: "", Gated: false})
		if i == 0 {
			first = rec
		}
		if busy := errors.Is(err, ErrBusy); busy != (i == 2) {
			t.Errorf("lookup %d: %v", i, err)
		}
	}
	if _, err := r.Lookup(Ask{Question: anything, Network: "mars", Gated: false}); !errors.Is(err, ErrUnknownNetwork) {
		t.Error(err)
	}
	join(t, r)
	if _, err := r.Join(); !errors.Is(err, ErrFull) {
		t.Error("a second viewer came in:", err)
	}
	if _, err := rs.Enter(t.Context(), "two"); err != nil {
		t.Error(err)
	}
	if _, err := rs.Enter(t.Context(), "three"); !errors.Is(err, ErrFull) {
		t.Error("a third room opened:", err)
	}
	for _, name := range []string{"A", "a b", "../x", string(make([]byte, 40))} {
		var bad *NameError
		if _, err := rs.Enter(t.Context(), name); !errors.As(err, &bad) {
			t.Errorf("room %q: %v", name, err)
		}
	}
	close(hold)
	<-first.Done()
	for busy := true; busy; { // the lookups end on their own
		r.mu.Lock()
		busy = r.running > 0
		r.mu.Unlock()
		time.Sleep(time.Millisecond)
	}
	if _, err := r.Lookup(Ask{Question: anything, Network: "", Gated: false}); err != nil {
		t.Fatal(err)
	}
	if _, err := rs.Trace(first.ID()); !errors.Is(err, ErrUnknownTrace) {
		t.Error("the oldest of three traces is still kept:", err)
	}
}

func TestAnIdleRoomClosesItsLab(t *testing.T) {
	in := &script{clock: lookup.NewLessonClock(time.Now), report: func(context.Context, lookup.Step) {}}
	rs := New(Config{Idle: 30 * time.Millisecond, Open: func(context.Context, string) (Internet, error) { return in, nil }})
	defer rs.Close()
	r, err := rs.Enter(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	v, err := r.Join()
	if err != nil {
		t.Fatal(err)
	}
	v.Leave()
	deadline := time.Now().Add(10 * time.Second)
	for rs.Count() > 0 && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if rs.Count() != 0 || !in.closed {
		t.Error("the room is still open")
	}
}

func TestCloseEndsLookupsAndViewers(t *testing.T) {
	rs, r := open(t, Config{}, func(ctx context.Context, s lookup.Step) { <-ctx.Done() })
	rec, err := r.Lookup(Ask{Question: anything, Network: "", Gated: false})
	if err != nil {
		t.Fatal(err)
	}
	v := join(t, r)
	v.Follow(rec, -1)
	errs := make(chan error)
	go func() {
		for {
			if _, err := v.Next(context.Background()); err != nil {
				errs <- err
				return
			}
		}
	}()
	if err := rs.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-errs; !errors.Is(err, ErrGone) {
		t.Error(err)
	}
	if _, err := rs.Enter(t.Context(), ""); !errors.Is(err, ErrGone) {
		t.Error("a closed building let somebody in:", err)
	}
}

// BenchmarkFanOut is one lookup's events to many viewers, frames made once.
func BenchmarkFanOut(b *testing.B) {
	for _, viewers := range []int{1, 30, 200} {
		b.Run(fmt.Sprintf("%d viewers", viewers), func(b *testing.B) {
			t := lookup.NewTrace(lookup.TraceConfig{ID: "t1"})
			s := t.Root()
			for i := range 100 {
				s.Report(lookup.QuerySent{Question: anything, Message: make([]byte, 60+i)})
			}
			t.Finish()
			b.ReportAllocs()
			for b.Loop() {
				rec := newRecording(t, nil)
				rec.run()
				for range viewers {
					var c cursor
					if out := rec.read(&c, nil); len(out) == 0 {
						b.Fatal("nothing")
					}
				}
			}
			b.ReportMetric(float64(b.N)*100*float64(viewers)/b.Elapsed().Seconds(), "deliveries/s")
		})
	}
}

// lingering is an internet that takes its time to close.
type lingering struct {
	*script
	closing, let chan struct{}
}

func (l lingering) Close() error {
	close(l.closing)
	<-l.let
	return l.script.Close()
}

func TestCloseWaitsForARoomThatClosesByItself(t *testing.T) {
	in := lingering{&script{clock: lookup.NewLessonClock(time.Now)}, make(chan struct{}), make(chan struct{})}
	rs := New(Config{Idle: time.Millisecond, Open: func(context.Context, string) (Internet, error) { return in, nil }})
	if _, err := rs.Enter(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	<-in.closing
	closed := make(chan bool)
	go func() {
		_ = rs.Close()
		in.mu.Lock()
		defer in.mu.Unlock()
		closed <- in.closed
	}()
	select {
	case <-closed:
		t.Error("Close did not wait")
	case <-time.After(20 * time.Millisecond): // long enough for one that does not wait
		close(in.let)
		if !<-closed {
			t.Error("the internet is still open")
		}
	}
}

// What runs at once, and what is begun in a second, is bounded over all rooms:
// whoever opens another room gets no more of it.
func TestBoundsOverAllRooms(t *testing.T) {
	hold := make(chan struct{})
	defer close(hold)
	waiting := func(ctx context.Context, s lookup.Step) {
		select {
		case <-hold:
		case <-ctx.Done():
		}
	}
	for name, c := range map[string]struct {
		cfg    Config
		report func(context.Context, lookup.Step)
	}{
		"at once":  {Config{MaxRuns: 3}, waiting},
		"a second": {Config{MaxStarts: 3}, func(context.Context, lookup.Step) {}},
	} {
		rs, r := open(t, c.cfg, c.report)
		now := time.Unix(0, 0)
		rs.starts = lookup.NewPace[struct{}](float64(rs.cfg.MaxStarts), 1, func() time.Time { return now })
		other, err := rs.Enter(t.Context(), "other")
		if err != nil {
			t.Fatal(err)
		}
		for i, place := range []*Room{r, other, r, other, r} {
			if _, err := place.Lookup(Ask{Question: anything}); errors.Is(err, ErrBusy) != (i >= 3) {
				t.Errorf("%s: lookup %d: %v", name, i, err)
			}
		}
		if name == "at once" {
			continue
		}
		now = now.Add(time.Second)
		if _, err := other.Lookup(Ask{Question: anything}); err != nil {
			t.Errorf("%s: a second later: %v", name, err)
		}
	}
}
