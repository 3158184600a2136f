// Package predict finds the points of a trace at which a learner can say what
// comes next before it is shown (predict, observe, explain).
//
// [Decisions] is a pure function of events. Questions, options and the right
// answer all come from the facts of the very run: servers that the resolver
// knows, zones above the name, TTLs that were really received. Nothing is
// written down for a name. Options that are wrong carry the misconception
// that leads to them, with the ids of the lesson material.
//
// A decision depends on the events up to the one with which it has happened
// and on none after it, so a growing trace is never judged twice differently.
package predict

import (
	"hash/fnv"
	"slices"

	"rootwalk/lookup"
)

// Bounds of what one trace asks.
const (
	maxDecisions = 12
	maxOptions   = 5
)

// Decisions lists the decision points of the first events of a trace, in
// order, and the seq of the first event that must not be shown yet: it may
// still turn out to be one. With finished set, that is len(events).
//
// It reads each event a bounded number of times; events are not changed.
func Decisions(events []lookup.Event, finished bool) (found []lookup.Decision, safe int) {
	w := watcher{events: events, finished: finished, asked: map[string]bool{}}
	for w.at = 0; w.at < len(events); w.at++ {
		if len(found) < maxDecisions {
			p := w.point()
			if p != nil && p.pending {
				return found, w.at
			}
			if p != nil && p.right != nil {
				if d, ok := p.decision(w.at); ok {
					found = append(found, d)
				}
			}
		}
		w.note(events[w.at])
	}
	return found, len(events)
}

// watcher is what the events before the current one have told.
type watcher struct {
	events   []lookup.Event
	finished bool
	at       int // the current event

	question lookup.Question
	device   string
	opened   map[string]lookup.CacheSnapshot // by cache
	listed   lookup.ServersListed            // the last one
	last     lookup.Fact                     // the last fact of an exchange that leaves something to decide, nil for none
	replies  int                             // of servers to the resolver
	asked    map[string]bool                 // what is asked once
	ttls     []uint32                        // TTLs received so far, newest last
	answer   *lookup.CacheEntry              // what the resolver has for the question
	host     string                          // the resolver at work
	entry    lookup.StepID                   // its first step
	begun    lookup.Fact                     // the last event, if something of a journey begins with it
	call     int                             // seq of the last connect
	page     string                          // URL of the first request
}

// note takes an event that is shown.
func (w *watcher) note(e lookup.Event) {
	switch x := e.Fact.(type) {
	case lookup.LookupStarted:
		w.question, w.device, w.opened = x.Question, x.Host, map[string]lookup.CacheSnapshot{}
	case lookup.CacheOpened:
		if w.opened != nil {
			w.opened[x.Snapshot.Cache] = x.Snapshot
		}
	case lookup.ResolutionStarted:
		w.host, w.entry = x.Host, e.Step
	case lookup.ServersListed:
		w.listed = x
	case lookup.CacheStored:
		w.ttls = append(w.ttls, x.Entry.TTLSec)
		w.keep(x.Cache, x.Entry)
	case lookup.CacheHit:
		w.ttls = append(w.ttls, x.Entry.TTLSec)
		w.keep(x.Cache, x.Entry)
	}
	switch x := e.Fact.(type) {
	case lookup.ReferralReceived:
		w.last = x
	case lookup.QueryTimedOut, lookup.QueryFailed, lookup.LameReceived, lookup.FailureReceived, lookup.TruncationReceived:
		w.last = x
	case lookup.QuerySent, lookup.ServerChosen, lookup.ResolutionFinished, lookup.AddressWanted, lookup.AnswerReceived, lookup.NodataReceived, lookup.NxdomainReceived, lookup.AliasReceived, lookup.AddressFound:
		w.last = nil
	}
	if r, ok := reply(e.Fact); ok && r.By == lookup.RoleResolver {
		w.replies++
	}
	w.begun = w.begins(e)
}

func (w *watcher) keep(cache string, e lookup.CacheEntry) {
	if cache != w.device && e.Kind == lookup.CachePositive && e.Type == w.question.Type && e.Name.Equal(w.question.Name) {
		w.answer = &e
	}
}

// once reports whether something is asked for the first time, and notes it.
func (w *watcher) once(what string) bool {
	if w.asked[what] {
		return false
	}
	w.asked[what] = true
	return true
}

// point is a decision in the making.
type point struct {
	pending bool // it has not happened yet

	kind, key string
	params    map[string]string
	options   []option
	right     *option
	shown     int
	why       string
}

// option is one thing that could come next.
type option struct {
	key    string
	params map[string]string
	plate  string
	wrong  string // misconception that leads here where it is wrong
}

func (o option) same(p option) bool {
	return o.key == p.key && o.params["zone"] == p.params["zone"] && o.params["name"] == p.params["name"] && o.params["ttl"] == p.params["ttl"]
}

// decision puts a point's options into an order that tells nothing, the right
// one among them.
func (p *point) decision(seq int) (lookup.Decision, bool) {
	options := []option{}
	for _, o := range p.options {
		if !slices.ContainsFunc(options, o.same) {
			options = append(options, o)
		}
	}
	if i := slices.IndexFunc(options, p.right.same); i < 0 {
		options = append(options[:min(len(options), maxOptions-1)], *p.right)
	}
	if len(options) < 2 {
		return lookup.Decision{}, false
	}
	slices.SortStableFunc(options, func(a, b option) int { return compare(p.place(a), p.place(b)) })
	d := lookup.Decision{
		Seq: seq, Shown: max(p.shown, seq), Why: p.why,
		Prediction: lookup.Prediction{Kind: p.kind, Key: p.key, Params: p.params},
	}
	for i, o := range options {
		d.Options = append(d.Options, lookup.PredictOption{Key: o.key, Params: o.params, Plate: o.plate})
		if o.same(*p.right) {
			d.Right = i
			d.Wrong = append(d.Wrong, "")
		} else {
			d.Wrong = append(d.Wrong, o.wrong)
		}
	}
	return d, true
}

// place is where an option stands: by chance, but the same each time.
func (p *point) place(o option) uint32 {
	h := fnv.New32a()
	for _, s := range []string{p.key, p.params["name"], p.params["zone"], o.key, o.params["zone"], o.params["name"], o.params["ttl"]} {
		h.Write([]byte(s))
		h.Write([]byte{0})
	}
	return h.Sum32()
}

func compare(a, b uint32) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// point is the decision that the current event would give away, nil for none.
func (w *watcher) point() *point {
	e := w.events[w.at]
	if w.begun != nil {
		return w.journey()
	}
	switch e.Fact.(type) {
	case lookup.HostsSearched, lookup.CacheMissed, lookup.CacheHit, lookup.CacheExpired:
		return w.look(e)
	}
	if w.last != nil {
		if p := w.afterwards(e); p != nil {
			w.last = nil // it is asked once, whatever happens in between
			if p.pending {
				return p
			}
			return p
		}
	}
	if r, ok := reply(e.Fact); ok {
		if r.By == lookup.RoleStub {
			return w.ttl(e)
		}
		return w.reply(e, r)
	}
	return nil
}

// ahead calls f with the events from the current one on until f has decided;
// it reports whether f has.
func (w *watcher) ahead(f func(i int, e lookup.Event) bool) bool {
	for i := w.at; i < len(w.events); i++ {
		if f(i, w.events[i]) {
			return true
		}
	}
	return false
}

// wait is what to do about a point that has not happened: wait for it, or, in a
// finished trace, let it be.
func (w *watcher) wait() *point {
	if w.finished {
		return nil
	}
	return &point{pending: true}
}

// reply is what a response has, whichever it is.
func reply(f lookup.Fact) (lookup.Reply, bool) {
	switch x := f.(type) {
	case lookup.AnswerReceived:
		return x.Reply, true
	case lookup.AliasReceived:
		return x.Reply, true
	case lookup.ReferralReceived:
		return x.Reply, true
	case lookup.NodataReceived:
		return x.Reply, true
	case lookup.NxdomainReceived:
		return x.Reply, true
	case lookup.TruncationReceived:
		return x.Reply, true
	case lookup.FailureReceived:
		return x.Reply, true
	case lookup.LameReceived:
		return x.Reply, true
	}
	return lookup.Reply{}, false
}
