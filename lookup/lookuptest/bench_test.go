package lookuptest_test

import (
	"context"
	"testing"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/iterative"
	"rootwalk/lookup/lookuptest"
	"rootwalk/lookup/message"
)

var question = lookup.Question{Name: "www.example.co.kr.", Type: lookup.TypeA, Class: lookup.ClassIN}

// BenchmarkWalk is a cold three-referral lookup on the lab without link delays: the
// resolver's three exchanges, from an empty cache.
func BenchmarkWalk(b *testing.B) {
	for _, watched := range []bool{false, true} {
		name := map[bool]string{false: "unwatched", true: "watched"}[watched]
		b.Run(name, func(b *testing.B) {
			w, err := lookuptest.NewWorld(lookuptest.WorldConfig{})
			if err != nil {
				b.Fatal(err)
			}
			defer w.Close()
			b.ReportAllocs()
			for b.Loop() {
				w.Caches["R1"].FlushAll()
				var step lookup.Step
				if watched {
					step = lookup.NewTrace(lookup.TraceConfig{}).Root()
				}
				if r := w.Resolvers["R1"].Resolve(context.Background(), step, message.Request{Question: question}); r.Queries != 3 {
					b.Fatalf("%+v", r)
				}
			}
		})
	}
}

// BenchmarkLookup is the same with the device in front: four exchanges.
func BenchmarkLookup(b *testing.B) {
	w, err := lookuptest.NewWorld(lookuptest.WorldConfig{})
	if err != nil {
		b.Fatal(err)
	}
	defer w.Close()
	b.ReportAllocs()
	for b.Loop() {
		w.Caches["R1"].FlushAll()
		w.Caches["device"].FlushAll()
		if r, _ := w.Lookup(context.Background(), question); r.ResolverQueries != 3 || r.StubQueries != 1 {
			b.Fatalf("%+v", r)
		}
	}
}

// BenchmarkHit is a question that the resolver's cache answers.
func BenchmarkHit(b *testing.B) {
	for _, stale := range []bool{false, true} {
		name := map[bool]string{false: "plain", true: "stale"}[stale]
		b.Run(name, func(b *testing.B) {
			c := lookuptest.WorldConfig{}
			if stale {
				c.StaleFor = time.Hour
				c.Resolver = func(r *iterative.Config) { r.ServeStale, r.Prefetch = true, true }
			}
			w, err := lookuptest.NewWorld(c)
			if err != nil {
				b.Fatal(err)
			}
			defer w.Close()
			w.Resolvers["R1"].Resolve(context.Background(), lookup.Step{}, message.Request{Question: question})
			b.ReportAllocs()
			for b.Loop() {
				if r := w.Resolvers["R1"].Resolve(context.Background(), lookup.Step{}, message.Request{Question: question}); !r.FromCache {
					b.Fatalf("%+v", r)
				}
			}
		})
	}
}
