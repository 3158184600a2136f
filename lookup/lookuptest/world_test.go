package lookuptest_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/iterative"
	"rootwalk/lookup/lab/auth"
	"rootwalk/lookup/lookuptest"
	"rootwalk/lookup/transport"
)

func newWorld(t *testing.T, c lookuptest.WorldConfig) *lookuptest.World {
	t.Helper()
	w, err := lookuptest.NewWorld(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

func ask(t *testing.T, w *lookuptest.World, name lookup.Name, rrtype lookup.Type, outcome lookup.Outcome, stubQueries, resolverQueries int) {
	t.Helper()
	r, tr := w.Lookup(context.Background(), lookup.Question{Name: name, Type: rrtype, Class: lookup.ClassIN})
	if r.Outcome != outcome || r.StubQueries != stubQueries || r.ResolverQueries != resolverQueries {
		t.Errorf("%s %s: %s with %d + %d packets, want %s with %d + %d", name, rrtype, r.Outcome, r.StubQueries, r.ResolverQueries, outcome, stubQueries, resolverQueries)
	}
	if err := lookuptest.CheckTrace(tr); err != nil {
		t.Error(err)
	}
}

// The counts that a learner is promised, stated here and not only recorded.
func TestWhatTheFirstWalkCosts(t *testing.T) {
	w := newWorld(t, lookuptest.WorldConfig{})
	const answer = lookup.OutcomeAnswer
	ask(t, w, "www.example.co.kr.", lookup.TypeA, answer, 1, 3) // root, kr, example.co.kr
	ask(t, w, "www.example.co.kr.", lookup.TypeA, answer, 0, 0)
	ask(t, w, "mail.example.co.kr.", lookup.TypeA, answer, 1, 1)
	ask(t, w, "www.sample.co.kr.", lookup.TypeA, answer, 1, 2) // from kr's servers downwards
	w.Clock.Skip(299 * time.Second)
	ask(t, w, "www.example.co.kr.", lookup.TypeA, answer, 0, 0)
	w.Clock.Skip(time.Second)
	ask(t, w, "www.example.co.kr.", lookup.TypeA, answer, 1, 1)
	w.Caches["device"].FlushAll()
	ask(t, w, "www.example.co.kr.", lookup.TypeA, answer, 1, 0)
	w.Clock.Skip(7 * 24 * time.Hour)
	ask(t, w, "www.example.co.kr.", lookup.TypeA, answer, 1, 3)
}

// Mixed case and cookies cost no packet, and nobody sees them in an answer.
func TestGuardsAgainstForgersCostNothing(t *testing.T) {
	plain := newWorld(t, lookuptest.WorldConfig{})
	w := newWorld(t, lookuptest.WorldConfig{Transport: func(c *transport.Config) { c.MixedCase, c.Cookies = true, true }})
	for _, name := range []lookup.Name{"www.example.co.kr.", "www.chain.example.", "nope.nx.example.", "t4k.big.test.", "www.old.dname.example."} {
		r, _ := plain.Lookup(context.Background(), lookup.Question{Name: name, Type: lookup.TypeTXT, Class: lookup.ClassIN})
		ask(t, w, name, lookup.TypeTXT, r.Outcome, r.StubQueries, r.ResolverQueries)
	}
	for _, e := range w.Caches["R1"].Snapshot().Entries {
		if e.Name != e.Name.Canonical() {
			t.Errorf("%s is kept", e.Name)
		}
		for _, r := range e.Records {
			if (r.Type == lookup.TypeNS || r.Type == lookup.TypeCNAME) && r.Data != strings.ToLower(r.Data) {
				t.Errorf("%s %s %s is kept", r.Name, r.Type, r.Data)
			}
		}
	}
}

func TestManyDevicesAtOnce(t *testing.T) {
	w := newWorld(t, lookuptest.WorldConfig{RealTimes: true})
	names := []lookup.Name{"www.example.co.kr.", "www.chain.example.", "www.sidewalk.org.", "nope.nx.example.", "www.old.dname.example.", "t4k.big.test."}
	var wg sync.WaitGroup
	for i := range 30 {
		wg.Go(func() {
			name := names[i%len(names)]
			r, tr := w.Lookup(context.Background(), lookup.Question{Name: name, Type: lookup.TypeTXT, Class: lookup.ClassIN})
			switch r.Outcome {
			case lookup.OutcomeAnswer, lookup.OutcomeNodata, lookup.OutcomeNxdomain:
			default:
				t.Errorf("%s: %s", name, r.Outcome)
			}
			if err := lookuptest.CheckTrace(tr); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	wg.Wait()
}

// When R1 is gone, the device asks R2.
func TestSecondResolver(t *testing.T) {
	w := newWorld(t, lookuptest.WorldConfig{Timeout: 2 * time.Second})
	w.CloseResolver("R1")
	r, tr := w.Lookup(context.Background(), question)
	if r.Outcome != lookup.OutcomeAnswer || r.StubQueries != 2 || r.ResolverQueries != 3 {
		t.Errorf("%+v\n%s", r, lookuptest.Transcript(tr.Events()))
	}
	if err := lookuptest.CheckTrace(tr); err != nil {
		t.Error(err)
	}
}

// A device that does not wait as long as the resolver needs sends its query
// again. That starts no second walk: both wait for the first, which is told
// once (RFC 5452 §5).
func TestARetransmissionJoinsTheWalk(t *testing.T) {
	w := newWorld(t, lookuptest.WorldConfig{StubServer: []string{"R1"}, Timeout: 100 * time.Millisecond, Attempts: 100})
	hints, err := lookuptest.Hints()
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range hints {
		w.Lab.NameServer(h.Name.Short()).SetBehaviour(func(x auth.Exchange) ([]byte, time.Duration) { return x.Response, 400 * time.Millisecond })
	}
	r, tr := w.Lookup(context.Background(), question)
	if r.Outcome != lookup.OutcomeAnswer || r.StubQueries < 2 || r.ResolverQueries != 3 {
		t.Errorf("%+v", r)
	}
	joined := 0
	for _, e := range tr.Events() {
		if f, ok := e.Fact.(lookup.ResolutionJoined); ok {
			if joined++; f.Trace != "t" {
				t.Errorf("%+v", f)
			}
		}
	}
	if joined == 0 {
		t.Errorf("none of %d queries joined the first", r.StubQueries)
	}
	if err := lookuptest.CheckTrace(tr); err != nil {
		t.Error(err)
	}
}

// All authoritative servers fall silent: the resolver's limit ends it before
// the device gives up, and the device gets to know.
func TestSilenceEndsInTime(t *testing.T) {
	w := newWorld(t, lookuptest.WorldConfig{Limits: iterative.Limits{Time: 50 * time.Millisecond}})
	hints, err := lookuptest.Hints()
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range hints {
		w.Lab.NameServer(h.Name.Short()).SetBehaviour(func(auth.Exchange) ([]byte, time.Duration) { return nil, 0 })
	}
	r, tr := w.Lookup(context.Background(), question)
	if r.Outcome != lookup.OutcomeServfail || r.StubQueries != 1 {
		t.Errorf("%+v", r)
	}
	limits := ""
	for _, e := range tr.Events() {
		if f, ok := e.Fact.(lookup.LimitReached); ok {
			limits += fmt.Sprint(f.Limit, " ", f.Max)
		}
	}
	if limits != "timeLimit 50" {
		t.Errorf("limits reached: %q\n%s", limits, lookuptest.Transcript(tr.Events()))
	}
}
