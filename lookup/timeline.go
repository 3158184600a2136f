package lookup

import (
	"net/netip"
	"slices"
)

// Phase is a part of a journey that took time, as the facts of its trace tell.
type Phase struct {
	Key    string // "lookup", "connect", "secure", "send", "wait", "receive", "cache", "draw"
	What   string // a name, an address, a version, a URL
	Fetch  int    // number of the fetch that it is part of, 0 for none
	Nth    int    // of its kind in this journey, from 1
	FromUs int64  // since the journey began
	ToUs   int64
	Failed bool
	Saved  bool // TLS was resumed: no certificate crossed
}

// Us is how long it took.
func (p Phase) Us() int64 { return p.ToUs - p.FromUs }

// Timeline is a journey as phases on one line, from the address bar to the end.
type Timeline struct {
	URL    string
	Phases []Phase // in the order in which they began
	SpanUs int64   // to the end of the last phase, or as far as a trace goes that has not ended
	Ended  bool
	Done   bool

	// Time to first byte, of the page itself, not of what belongs to it. StartUs is
	// one definition, from the start of the journey; SentUs the other, from the end
	// of the request that was answered. -1 before there is one.
	StartUs, SentUs int64
	FirstUs         int64 // when that octet came, since the journey began
	HTTP            string
}

// maxPhases bounds a time line: of a trace with more, the rest is left out.
const maxPhases = 400

// TimelineOf puts the phases of a trace on one line; nil where it has no journey.
func TimelineOf(events []Event) *Timeline {
	i := slices.IndexFunc(events, func(e Event) bool { _, ok := e.Fact.(JourneyStarted); return ok })
	if i < 0 {
		return nil
	}
	t := &Timeline{StartUs: -1, SentUs: -1, FirstUs: -1}
	w := timeliner{Timeline: t, began: events[i].At.Microseconds(), open: map[phaseKey]int{}, nth: map[string]int{}, fetches: map[int]*fetchTimes{}}
	for _, e := range events[i:] {
		w.take(e)
	}
	for _, i := range w.open { // what has not ended yet goes on
		t.Phases[i].ToUs = t.SpanUs
	}
	if t.Ended && len(t.Phases) > 0 { // what comes after the page is closing connections
		t.SpanUs = 0
		for _, p := range t.Phases {
			t.SpanUs = max(t.SpanUs, p.ToUs)
		}
	}
	slices.SortStableFunc(t.Phases, func(a, b Phase) int { return int(a.FromUs - b.FromUs) })
	return t
}

// phaseKey finds the phase that a fact ends: by its kind and the step, the call
// or the fetch.
type phaseKey struct {
	key string
	of  int
}

type fetchTimes struct {
	url, why     string
	from, sentUs int64
	send, wait   int // index of the phase, -1 for none
	receive      int
}

type timeliner struct {
	*Timeline
	began   int64
	open    map[phaseKey]int // index of the phase
	nth     map[string]int
	fetches map[int]*fetchTimes
}

// begin adds a phase and returns its index, -1 past the bound.
func (w *timeliner) begin(key, what string, fetch int, at int64) int {
	if len(w.Phases) >= maxPhases {
		return -1
	}
	w.nth[key]++
	w.Phases = append(w.Phases, Phase{Key: key, What: what, Fetch: fetch, Nth: w.nth[key], FromUs: at, ToUs: at})
	return len(w.Phases) - 1
}

func (w *timeliner) opened(k phaseKey, what string, at int64) {
	if i := w.begin(k.key, what, 0, at); i >= 0 {
		w.open[k] = i
	}
}

func (w *timeliner) ended(k phaseKey, at int64, change func(*Phase)) {
	i, ok := w.open[k]
	if !ok {
		return
	}
	delete(w.open, k)
	w.Phases[i].ToUs = at
	if change != nil {
		change(&w.Phases[i])
	}
}

func (w *timeliner) take(e Event) {
	at := e.At.Microseconds() - w.began
	w.SpanUs = max(w.SpanUs, at)
	step := int(e.Step)
	switch f := e.Fact.(type) {
	case JourneyStarted:
		w.URL = f.URL
	case LookupStarted:
		w.opened(phaseKey{"lookup", step}, f.Question.Name.Short()+" "+f.Question.Type.String(), at)
	case LookupFinished:
		w.ended(phaseKey{"lookup", step}, at, func(p *Phase) { p.Failed = f.Outcome != OutcomeAnswer })
	case CallMade:
		if f.Call == "connect" && f.Side == SideClient && f.Protocol == "tcp" {
			w.opened(phaseKey{"connect", e.Seq}, addrText(f.Addr), at)
		}
	case CallReturned:
		if f.Call == "connect" {
			w.ended(phaseKey{"connect", f.Of}, at, func(p *Phase) { p.Failed = f.Errno != "" || f.Detail != "" })
		}
	case HandshakeStarted:
		w.opened(phaseKey{"secure", step}, f.ServerName, at)
	case HandshakeFinished:
		w.ended(phaseKey{"secure", step}, at, func(p *Phase) {
			p.Failed, p.Saved = f.Outcome != "done", f.Resumed
			if f.Version != "" {
				p.What = "TLS " + f.Version
			}
		})
	case LegStarted:
		if f.Leg == LegDraw {
			w.opened(phaseKey{"draw", 0}, "", at)
		}
	case LegFinished:
		if f.Leg == LegDraw {
			w.ended(phaseKey{"draw", 0}, at, func(p *Phase) { p.Failed = f.Outcome == "failed" })
		}
	case FetchStarted:
		w.fetches[f.N] = &fetchTimes{url: f.URL, why: f.Why, from: at, send: -1, wait: -1, receive: -1}
	case RequestSent, HeadReceived, BodyFinished, FetchFinished:
		w.fetch(at, f)
	case JourneyFinished:
		w.Ended, w.Done = true, f.Outcome == "done"
	}
}

// fetch takes what a trace tells of one fetch. When the first octet came is known
// to the fetch alone, which tells it at its end; until then the head stands for
// it.
func (w *timeliner) fetch(at int64, f Fact) {
	switch f := f.(type) {
	case RequestSent:
		if x := w.fetches[f.N]; x != nil {
			x.url, x.sentUs, w.HTTP = f.URL, at, f.Version
			x.send, x.wait = w.begin("send", f.Method+" "+f.URL, f.N, at), w.begin("wait", f.Method+" "+f.URL, f.N, at)
			if x.wait >= 0 {
				w.open[phaseKey{"wait", f.N}] = x.wait
			}
		}
	case HeadReceived:
		if x := w.fetches[f.N]; x != nil && f.Status >= 200 {
			w.ended(phaseKey{"wait", f.N}, at, nil)
			x.receive = w.begin("receive", x.url, f.N, at)
			if x.receive >= 0 {
				w.open[phaseKey{"receive", f.N}] = x.receive
			}
			if x.why != "resource" {
				w.StartUs, w.FirstUs, w.SentUs = at, at, at-x.sentUs
			}
		}
	case BodyFinished:
		w.ended(phaseKey{"receive", f.N}, at, func(p *Phase) { p.Failed = !f.Whole })
	case FetchFinished:
		x := w.fetches[f.N]
		if x == nil {
			return
		}
		w.ended(phaseKey{"wait", f.N}, at, func(p *Phase) { p.Failed = f.Outcome == "failed" })
		w.ended(phaseKey{"receive", f.N}, at, nil)
		if f.Outcome == "cached" && x.send < 0 {
			if i := w.begin("cache", f.URL, f.N, x.from); i >= 0 {
				w.Phases[i].ToUs = at
			}
		}
		if x.send >= 0 && f.SendUs >= 0 {
			w.Phases[x.send].FromUs = max(x.sentUs-f.SendUs, 0)
		}
		if f.WaitUs < 0 || x.wait < 0 || f.WaitUs > at {
			return
		}
		first := x.sentUs + f.WaitUs
		w.Phases[x.wait].ToUs = first
		if x.receive >= 0 {
			w.Phases[x.receive].FromUs = min(first, w.Phases[x.receive].ToUs)
		}
		if x.why != "resource" {
			w.StartUs, w.FirstUs, w.SentUs = first, first, f.WaitUs
		}
	}
}

func addrText(a netip.AddrPort) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}
