package templates

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"rootwalk/lookup"
)

var update = flag.Bool("update", false, "write the golden files")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// readTraces reads the traces in static/test/traces by name, once.
var readTraces = sync.OnceValues(func() (map[string]lookup.TraceFile, error) {
	paths, err := filepath.Glob("../static/test/traces/*.json")
	if err != nil || len(paths) == 0 {
		return nil, fmt.Errorf("no golden traces (%v)", err)
	}
	out := map[string]lookup.TraceFile{}
	for _, p := range paths {
		data, err := os.ReadFile(p)
		if err != nil {
			return nil, err
		}
		if out[strings.TrimSuffix(filepath.Base(p), ".json")], err = lookup.ReadTraceFile(data); err != nil {
			return nil, fmt.Errorf("%s: %w", p, err)
		}
	}
	return out, nil
})

func goldenTraces(t testing.TB) map[string]lookup.TraceFile {
	t.Helper()
	traces, err := readTraces()
	if err != nil {
		t.Fatal(err)
	}
	return traces
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs: look at `go test ./templates -update` and git diff", path)
	}
}

func viewJSON(t testing.TB, v *View) []byte {
	t.Helper()
	data, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return append(data, '\n')
}

// The view files are what the browser's reducer must fold to as well
// (static/test/fold-golden.test.mjs).
func TestFoldGolden(t *testing.T) {
	for name, file := range goldenTraces(t) {
		golden(t, "../static/test/views/"+name+".json", viewJSON(t, Fold(file.Events)))
	}
}

// What every prefix of every trace must fold to.
func TestFoldKeepsItsPromises(t *testing.T) {
	for name, file := range goldenTraces(t) {
		for k := range len(file.Events) + 1 {
			v := Fold(file.Events[:k])
			next := -1
			for i, b := range v.Balloons {
				if b.N != i+1 {
					t.Fatalf("%s at %d: balloon %d has number %d", name, k, i, b.N)
				}
				if next >= 0 && b.Seqs[0] != next {
					t.Errorf("%s at %d: balloon %d begins at event %d, not %d", name, k, b.N, b.Seqs[0], next)
				}
				next = b.Seqs[1] + 1
				if b.Seq < b.Seqs[0] || b.Seq > b.Seqs[1] || len(b.Detail) != b.Seqs[1]-b.Seqs[0] {
					t.Errorf("%s at %d: balloon %d of events %v tells %d and has details %v", name, k, b.N, b.Seqs, b.Seq, b.Detail)
				}
				if v.Plate(b.From) == nil || v.Plate(b.To) == nil {
					t.Errorf("%s at %d: balloon %d goes from %q to %q, one of which is no plate", name, k, b.N, b.From, b.To)
				}
				if b.Line.Key == "" || b.Kind == "" || b.Role == "" || b.Host == "" {
					t.Errorf("%s at %d: balloon %d is incomplete: %+v", name, k, b.N, b)
				}
			}
			if len(v.Balloons) > 0 && next != k {
				t.Errorf("%s at %d: the last balloon ends before event %d", name, k, next)
			}
			for _, z := range v.Zones {
				if v.Plate(z.Plate) == nil {
					t.Errorf("%s at %d: zone %s has no plate", name, k, z.Zone)
				}
			}
			for _, c := range v.Caches {
				for _, r := range c.Rows {
					marked := r.State == "new" || r.State == "hit"
					if marked && r.State == "new" && r.Balloon != len(v.Balloons) {
						t.Errorf("%s at %d: row %s %s is new since balloon %d", name, k, r.Name, r.Type, r.Balloon)
					}
				}
			}
		}
	}
}

// Facts in an order that no resolver produces fold to something, at least.
func TestFoldTakesAnyFacts(t *testing.T) {
	for _, first := range lookup.Examples() {
		for _, second := range lookup.Examples() {
			v := Fold([]lookup.Event{{Fact: first}, {Seq: 1, Fact: second}, {Seq: 2}})
			viewJSON(t, v)
		}
	}
}

func BenchmarkFold(b *testing.B) {
	events := goldenTraces(b)["walk"].Events
	b.ReportAllocs()
	for b.Loop() {
		if v := Fold(events); v.State != "finished" {
			b.Fatal(v.State)
		}
	}
	b.ReportMetric(float64(b.N)*float64(len(events))/b.Elapsed().Seconds(), "events/s")
}
