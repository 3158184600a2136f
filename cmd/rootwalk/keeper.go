package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/listener"
)

// Bounds of a trace that is kept, and of all together beside their number.
const (
	keptEvents      = 2048
	keptBytes       = 256 << 10
	keptEventsEach  = 64        // on average: beyond that the oldest go
	expectedOfQuery = 8         // events of a query that the cache answers
	maxNumber       = 1_000_000 // numbers of queries begin anew there
)

// keeper keeps the traces of the last queries that came to a listener. It is safe
// for concurrent use.
type keeper struct {
	at       place
	resolver listener.Resolver
	max      int

	mu     sync.Mutex
	traces []*lookup.Trace // the oldest first
	count  int             // queries so far
	events int             // of all that are kept
}

func newKeeper(at place, r listener.Resolver, max int) *keeper {
	return &keeper{at: at, resolver: r, max: max}
}

// receive is a listener's reception: the query is recorded from its arrival to
// its response.
func (k *keeper) receive(ctx context.Context, a listener.Arrival, answer listener.Answer) {
	began := time.Now()
	k.mu.Lock()
	k.count++
	id := fmt.Sprintf("q%06d", k.count%maxNumber)
	k.mu.Unlock()
	t := lookup.NewTrace(lookup.TraceConfig{
		ID: id, Title: a.Question.String(), Network: k.at.network, MaxEvents: keptEvents, MaxBytes: keptBytes, Expect: expectedOfQuery,
	})
	record(ctx, k.at, a.Client.String(), k.resolver, t.Root(), a, answer, began)
	t.Finish()
	k.keep(t)
}

func (k *keeper) keep(t *lookup.Trace) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.events += len(t.Events())
	k.traces = append(k.traces, t)
	drop := max(len(k.traces)-k.max, 0)
	for _, old := range k.traces[:drop] {
		k.events -= len(old.Events())
	}
	for drop < len(k.traces)-1 && k.events > k.max*keptEventsEach {
		k.events -= len(k.traces[drop].Events())
		drop++
	}
	clear(k.traces[:drop])
	k.traces = k.traces[drop:] // append moves what is left to a new array from time to time
}

// write writes each trace into a file of the folder, named by its number among
// the queries.
func (k *keeper) write(folder string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	var errs []error
	for _, t := range k.traces {
		b, err := t.MarshalJSON()
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, t.ID()+".json"), b, 0o644)
		}
		if err != nil {
			errs = append(errs, err)
			if len(errs) == 3 {
				break // a full disk is not told a thousand times
			}
		}
	}
	return errors.Join(errs...)
}
