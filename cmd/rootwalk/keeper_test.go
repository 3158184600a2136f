package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/listener"
)

// TestDNSKeepsTraces: with -traces the last queries can be looked at when the
// program has ended, from arrival to response, as they were.
func TestDNSKeepsTraces(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "made", "for it")
	asked := []struct {
		name   string
		rrtype uint16
	}{{"www.example.", dns.TypeA}, {"www.example.co.kr.", dns.TypeA}, {"www.example.co.kr.", dns.TypeA}, {"nobody.nx.example.", dns.TypeMX}}
	var responses [][]byte
	t.Run("ask", func(t *testing.T) {
		at := startDNS(t, "-lab-speed", "0", "-traces", folder, "-keep", "3")
		for _, q := range asked {
			m, _, err := (&dns.Client{Timeout: 20 * time.Second}).Exchange(new(dns.Msg).SetQuestion(q.name, q.rrtype), at)
			if err != nil {
				t.Fatal(err)
			}
			b, err := m.Pack()
			if err != nil {
				t.Fatal(err)
			}
			responses = append(responses, b)
		}
	})
	mode(t, folder, 0o700)
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil || len(files) != 3 {
		t.Fatalf("%v %v", files, err)
	}
	slices.Sort(files)
	for i, path := range files {
		q := asked[i+1]
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		file, err := lookup.ReadTraceFile(b)
		if err != nil {
			t.Fatal(err)
		}
		first, ok := file.Events[0].Fact.(lookup.QueryArrived)
		last, alsoOK := file.Events[len(file.Events)-1].Fact.(lookup.ResponseSent)
		if filepath.Base(path) != fmt.Sprintf("q%06d.json", i+2) || !ok || !alsoOK || file.Network != netLab ||
			string(first.Question.Name) != q.name || uint16(last.Question.Type) != q.rrtype {
			t.Errorf("%s: %+v … %+v", path, first, last)
		}
		var m dns.Msg
		if err := m.Unpack(last.Message); err != nil {
			t.Fatal(err)
		}
		m.Compress = false
		if sent, _ := m.Pack(); !bytes.Equal(sent, responses[i+1]) {
			t.Errorf("%s: the response in the trace is not the one that came", path)
		}
		sent, hit := 0, false
		for _, e := range file.Events {
			switch f := e.Fact.(type) {
			case lookup.QuerySent:
				sent++
			case lookup.CacheHit:
				hit = hit || f.Use == "answer"
			}
		}
		if again := i == 1; again != (sent == 0) || again != hit || sent != last.Queries {
			t.Errorf("%s: %d queries sent, %d told, hit %v", path, sent, last.Queries, hit)
		}
	}
}

// TestKeeperIsBounded: the oldest traces go, by number, by events and by the octets
// of their messages.
func TestKeeperIsBounded(t *testing.T) {
	k := newKeeper(place{"R1", netLab, lookup.NewLessonClock(time.Now)}, nil, 4)
	const few = 4 * keptWeightEach // all that is kept
	for i := range 60 {
		q := keptQuery{nth: k.next(), trace: lookup.NewTrace(lookup.TraceConfig{ID: fmt.Sprint(i)})}
		switch {
		case i == 18: // many events
			for range 3*keptWeightEach + 1 {
				q.trace.Root().Report(lookup.CacheMissed{})
			}
		case i == 28: // a few that carry much
			for range 3 {
				q.trace.Root().Report(lookup.ResponseSent{Message: make([]byte, keptWeightEach*octetsOfEvent)})
			}
		case i >= 30 && i < 40: // half of what there is room for each
			q.trace.Root().Report(lookup.ResponseSent{Message: make([]byte, few/2*octetsOfEvent)})
		case i >= 40 && i < 50: // as above, taken down
			q.trace, q.note = nil, &note{Recalled: listener.Recalled{Query: make([]byte, 40), Response: make([]byte, few/2*octetsOfEvent)}}
		default:
			q.trace.Root().Report(lookup.CacheMissed{})
		}
		if q.trace != nil {
			q.trace.Finish()
		}
		k.keep(q)
		weight, events, octets := 0, 0, 0
		for _, kept := range k.kept {
			weight += kept.weight
			if kept.trace == nil {
				octets += len(kept.note.Query) + len(kept.note.Response)
				continue
			}
			for _, e := range kept.trace.Events() {
				events++
				octets += len(lookup.WireMessage(e.Fact))
			}
		}
		if len(k.kept) > 4 || weight != k.weight || events > few || octets > few*octetsOfEvent || k.kept[len(k.kept)-1].nth != q.nth {
			t.Errorf("after %d: %d traces that weigh %d, %d counted; %d events, %d octets", i, len(k.kept), weight, k.weight, events, octets)
		}
		if i > 30 && i < 50 && len(k.kept) != 1 {
			t.Errorf("after %d: %d traces of which one has room", i, len(k.kept))
		}
	}
}

// TestRecalledTracesAreThoseOfTheLongWay: the trace of a query whose answer was
// recalled, which is told from the entries that it was made of, has the facts of
// one that was recorded.
func TestRecalledTracesAreThoseOfTheLongWay(t *testing.T) {
	for _, q := range []struct {
		name   string
		rrtype uint16
		edit   func(m *dns.Msg)
	}{
		{"www.example.co.kr.", dns.TypeA, nil},
		{"www.chain.example.", dns.TypeA, nil},
		{"nobody.nx.example.", dns.TypeMX, nil},
		{"www.nodata.example.", dns.TypeAAAA, func(m *dns.Msg) { m.SetEdns0(1232, true) }},
		{"WWW.example.co.kr.", dns.TypeA, func(m *dns.Msg) { m.CheckingDisabled = true }},
	} {
		folder := t.TempDir()
		const asked = 4 // a walk, the long way through the cache, recalled, recalled
		var heard []dns.RR
		t.Run(q.name, func(t *testing.T) {
			at := startDNS(t, "-lab-speed", "0", "-dnssec", "off", "-traces", folder)
			for range asked {
				m := new(dns.Msg).SetQuestion(q.name, q.rrtype)
				if q.edit != nil {
					q.edit(m)
				}
				r, _, err := (&dns.Client{Timeout: 20 * time.Second}).Exchange(m, at)
				if err != nil {
					t.Fatal(err)
				}
				heard = append(append([]dns.RR(nil), r.Answer...), r.Ns...)
			}
		})
		var told [asked]lookup.TraceFile
		for i := range told {
			b, err := os.ReadFile(filepath.Join(folder, fmt.Sprintf("q%06d.json", i+1)))
			if err != nil {
				t.Fatal(err)
			}
			if told[i], err = lookup.ReadTraceFile(b); err != nil {
				t.Fatal(err)
			}
		}
		want := timeless(t, told[1])
		for i := 2; i < asked; i++ {
			if got := timeless(t, told[i]); got != want {
				t.Errorf("%s: recalled:\n%s\nrecorded:\n%s", q.name, got, want)
			}
			if told[i].Title != told[1].Title || told[i].Network != told[1].Network || told[i].Started.Before(told[1].Started) {
				t.Errorf("%s: %+v", q.name, told[i])
			}
		}
		// What the last one says is left is what its client was told.
		last := told[asked-1].Events
		var m dns.Msg
		if err := m.Unpack(last[len(last)-1].Fact.(lookup.ResponseSent).Message); err != nil {
			t.Fatal(err)
		}
		for i, rr := range append(append([]dns.RR(nil), m.Answer...), m.Ns...) {
			if rr.String() != heard[i].String() {
				t.Errorf("%s: %v, the client heard %v", q.name, rr, heard[i])
			}
		}
		for _, e := range last {
			if hit, ok := e.Fact.(lookup.CacheHit); ok && !slices.ContainsFunc(heard, func(rr dns.RR) bool { return rr.Header().Ttl == hit.LeftSec }) {
				t.Errorf("%s: %d s left of what was told with %v", q.name, hit.LeftSec, heard)
			}
		}
	}
}

// timeless is a trace without what differs between one query and the next.
func timeless(t *testing.T, f lookup.TraceFile) string {
	t.Helper()
	var b bytes.Buffer
	for _, e := range f.Events {
		e.At = 0
		switch fact := e.Fact.(type) {
		case lookup.QueryArrived:
			fact.Client, fact.Message, fact.Lesson = "", fact.Message[2:], lookup.ClockReading{Rate: fact.Lesson.Rate}
			e.Fact = fact
		case lookup.ResolutionStarted:
			fact.Client = ""
			e.Fact = fact
		case lookup.CacheHit:
			fact.LeftSec, fact.AgeSec = 0, 0
			e.Fact = fact
		case lookup.ResolutionFinished:
			fact.ElapsedUs, fact.Records = 0, ageless(fact.Records)
			e.Fact = fact
		case lookup.ResponseSent:
			fact.Client, fact.ElapsedUs, fact.Records, fact.Message = "", 0, ageless(fact.Records), nil
			e.Fact = fact
		}
		line, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(line, '\n'))
	}
	return b.String()
}

func ageless(records []lookup.Record) []lookup.Record {
	out := slices.Clone(records)
	for i := range out {
		out[i].TTLSec = 0
	}
	return out
}

// TestTracesAreTheUsersOwn: they say who asked for what.
func TestTracesAreTheUsersOwn(t *testing.T) {
	folder := t.TempDir()
	old := filepath.Join(folder, "q000001.json")
	if err := os.WriteFile(old, []byte("of an earlier run"), 0o644); err != nil {
		t.Fatal(err)
	}
	k := newKeeper(place{"R1", netLab, lookup.NewLessonClock(time.Now)}, nil, 3)
	for range 2 {
		tr := lookup.NewTrace(lookup.TraceConfig{})
		tr.Finish()
		k.keep(keptQuery{nth: k.next(), trace: tr})
	}
	if err := k.write(folder); err != nil {
		t.Fatal(err)
	}
	mode(t, old, 0o600)
	mode(t, filepath.Join(folder, "q000002.json"), 0o600)
}

func mode(t *testing.T, path string, want os.FileMode) {
	t.Helper()
	st, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if st.Mode().Perm() != want {
		t.Errorf("%s: %v, want %v", path, st.Mode(), want)
	}
}

// TestKeeperKeepsTheOrderOfArrival: whichever ended first.
func TestKeeperKeepsTheOrderOfArrival(t *testing.T) {
	k := newKeeper(place{"R1", netLab, lookup.NewLessonClock(time.Now)}, nil, 3)
	var came []int
	for range 5 {
		came = append(came, k.next())
	}
	for _, i := range []int{1, 0, 4, 2, 3} {
		tr := lookup.NewTrace(lookup.TraceConfig{})
		tr.Finish()
		k.keep(keptQuery{nth: came[i], trace: tr})
	}
	for i, q := range k.kept {
		if q.nth != came[i+2] {
			t.Errorf("%d stands where %d should", q.nth, came[i+2])
		}
	}
}
