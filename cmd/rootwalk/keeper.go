package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/cache"
	"rootwalk/lookup/iterative"
	"rootwalk/lookup/listener"
	"rootwalk/lookup/message"
)

// Bounds of a trace that is kept, and of all together beside their number.
const (
	keptEvents      = 2048
	keptBytes       = 256 << 10
	keptWeightEach  = 64        // on average: beyond that the oldest go
	octetsOfEvent   = 256       // of messages, that weigh as much as an event
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
	kept   []keptQuery // in the order in which they came
	count  int         // queries so far
	weight int         // of all that are kept
}

// keptQuery is a query with its trace, or with what its trace follows from.
type keptQuery struct {
	nth    int // query that came, from 1
	trace  *lookup.Trace
	note   *note
	weight int // what weigh says of it
}

// note is a query whose answer was recalled: the entries of the cache that it was made
// of, the moment, and both messages. What the resolver does with these
// entries at that moment is always the same, so it is told only when
// somebody wants to read it.
type note struct {
	listener.Recalled
	lesson lookup.ClockReading
}

func newKeeper(at place, r listener.Resolver, max int) *keeper {
	return &keeper{at: at, resolver: r, max: max}
}

// receive is a listener's reception: the query is recorded from its arrival to
// its response.
func (k *keeper) receive(ctx context.Context, a listener.Arrival, answer listener.Answer) {
	began, nth := time.Now(), k.next()
	t := lookup.NewTrace(lookup.TraceConfig{
		Title: a.Question.String(), Network: k.at.network, MaxEvents: keptEvents, MaxBytes: keptBytes, Expect: expectedOfQuery,
	})
	record(ctx, k.at, a.Client.String(), k.resolver, t.Root(), a, answer, began)
	t.Finish()
	k.keep(keptQuery{nth: nth, trace: t})
}

// recalled takes down a query whose answer was recalled.
func (k *keeper) recalled(r listener.Recalled) {
	both := append(append(make([]byte, 0, len(r.Query)+len(r.Response)), r.Query...), r.Response...)
	r.Query, r.Response = both[:len(r.Query):len(r.Query)], both[len(r.Query):]
	k.keep(keptQuery{nth: k.next(), note: &note{r, k.at.clock.Read()}})
}

// weigh is roughly what a query takes of memory, in events: its own, and its
// messages.
func (q keptQuery) weigh() int {
	if q.trace == nil {
		return expectedOfQuery + (len(q.note.Query)+len(q.note.Response))/octetsOfEvent
	}
	events, octets := q.trace.Events(), 0
	for _, e := range events {
		octets += len(lookup.WireMessage(e.Fact))
	}
	return len(events) + octets/octetsOfEvent
}

// next is the number of a query that has come.
func (k *keeper) next() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.count++
	return k.count
}

// keep keeps a query that has ended. One that came later may have ended before:
// a client that has its response asks on while the trace is being closed.
func (k *keeper) keep(q keptQuery) {
	q.weight = q.weigh()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.weight += q.weight
	k.kept = append(k.kept, q)
	for i := len(k.kept) - 1; i > 0 && k.kept[i-1].nth > k.kept[i].nth; i-- {
		k.kept[i-1], k.kept[i] = k.kept[i], k.kept[i-1]
	}
	drop := 0
	for drop < len(k.kept)-1 && (len(k.kept)-drop > k.max || k.weight > k.max*keptWeightEach) {
		k.weight -= k.kept[drop].weight
		drop++
	}
	clear(k.kept[:drop])
	k.kept = k.kept[drop:] // append moves what is left to a new array from time to time
}

// file is the trace of a query as a file.
func (q keptQuery) file(at place) lookup.TraceFile {
	var f lookup.TraceFile
	if q.trace != nil {
		f = q.trace.File()
	} else {
		f = q.note.tell(at)
	}
	f.ID = fmt.Sprintf("q%06d", q.nth%maxNumber)
	return f
}

// tell lets a resolver answer from the entries of the note, with its clock at
// the moment of the note, and records that.
func (n *note) tell(at place) lookup.TraceFile {
	question, _ := message.QuestionIn(n.Query)
	at.clock = lookup.NewLessonClock(func() time.Time { return n.lesson.Lesson })
	r := iterative.New(iterative.Config{Host: at.host, Clock: at.clock, Cache: cache.Of(cache.Config{Name: at.host, Clock: at.clock}, n.Memory)})
	defer r.Close()
	t := lookup.NewTrace(lookup.TraceConfig{Title: question.String(), Network: at.network, Now: func() time.Time { return n.Began }})
	client := n.Client.String()
	a := listener.Arrival{Client: n.Client, Transport: "udp", Question: question, Message: n.Query}
	record(context.Background(), at, client, r, t.Root(), a, func(ctx context.Context, r listener.Resolver, step lookup.Step) listener.Sent {
		found := r.Resolve(ctx, step, message.Request{Question: question, Client: n.Client, CacheOnly: !n.RD, Unchecked: n.CD, DNSSEC: n.DO})
		return listener.Sent{Message: n.Response, Resolution: found}
	}, n.Began)
	t.Finish()
	f := t.File()
	f.Events = slices.Clone(f.Events)
	us := n.Elapsed.Microseconds()
	for i := range f.Events { // the times are those of the query, not of the telling
		switch fact := f.Events[i].Fact.(type) {
		case lookup.QueryArrived:
			fact.Lesson = n.lesson
			f.Events[i].Fact = fact
		case lookup.ResolutionFinished:
			fact.ElapsedUs = us
			f.Events[i].Fact = fact
		case lookup.ResponseSent:
			fact.ElapsedUs = us
			f.Events[i].Fact, f.Events[i].At = fact, n.Elapsed
		}
	}
	return f
}

// write writes each trace into a file of the folder, named by its number among
// the queries. Who asked for what is in there: only the user may read it, also
// where a file of that name was there before.
func (k *keeper) write(folder string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	var errs []error
	for _, q := range k.kept {
		f := q.file(k.at)
		b, err := json.Marshal(f)
		if err == nil {
			path := filepath.Join(folder, f.ID+".json")
			if err = os.Remove(path); err == nil || errors.Is(err, fs.ErrNotExist) {
				err = os.WriteFile(path, b, 0o600)
			}
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
