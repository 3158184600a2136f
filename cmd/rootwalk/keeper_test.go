package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
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

// TestKeeperIsBounded: the oldest traces go, by number and by events.
func TestKeeperIsBounded(t *testing.T) {
	k := newKeeper(place{"R1", netLab, lookup.NewLessonClock(time.Now)}, nil, 4)
	for i := range 20 {
		tr := lookup.NewTrace(lookup.TraceConfig{ID: fmt.Sprint(i)})
		for range map[bool]int{false: 1, true: 3*keptEventsEach + 1}[i == 18] {
			tr.Root().Report(lookup.CacheMissed{})
		}
		tr.Finish()
		k.keep(tr)
		events := 0
		for _, kept := range k.traces {
			events += len(kept.Events())
		}
		if len(k.traces) > 4 || events != k.events || events > 4*keptEventsEach || k.traces[len(k.traces)-1] != tr {
			t.Errorf("after %d: %d traces, %d events counted, %d there", i, len(k.traces), k.events, events)
		}
	}
}
