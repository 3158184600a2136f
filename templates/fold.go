package templates

import (
	"time"

	"rootwalk/lookup"
)

// hostDevice is the learner's device: it asks, everybody else is asked.
const hostDevice = "device"

// cacheBrowser is the cache of the browser on it.
const cacheBrowser = "browser"

// Fold makes the view of a trace's events, which may be any prefix of a trace:
// folding the first k events is the drawing as it was then. Events are taken
// as they come; nothing in them can make Fold fail.
func Fold(events []lookup.Event) *View {
	f := folder{
		v: &View{events: events, State: "empty", Records: []lookup.Record{}, Names: []SearchedName{}, Plates: []Plate{}, Balloons: []Balloon{}, Caches: []CacheTable{}, Zones: []KnownZone{}},

		plates: map[string]int{}, queries: map[int]int{}, side: map[lookup.StepID]bool{},
	}
	for _, e := range events {
		f.event(e)
	}
	f.detail()
	return f.v
}

type folder struct {
	v *View

	plates  map[string]int         // index by id
	queries map[int]int            // index of a query's balloon by the seq of query.sent
	marked  []mark                 // rows to be plain again when the next balloon opens
	rank    int                    // how much the sentence of the last cache balloon tells
	side    map[lookup.StepID]bool // the steps seen, true for those of side walks
	journey bool                   // the trace goes on after its lookup
	opening lookup.StepID          // step in which an address was just wanted, 0 for none
}

// event takes one event: it opens a balloon or joins the last one, and
// changes plates, zones and caches.
func (f *folder) event(e lookup.Event) {
	if _, begins := e.Fact.(lookup.JourneyStarted); begins {
		f.journey = true
	}
	if f.journey && lookup.DrawnByServer(e.Fact) {
		return // what a journey has besides lookups, connecting for example, has drawings of its own
	}
	f.v.ElapsedUs = max(f.v.ElapsedUs, e.At.Microseconds())
	f.remember(e)
	f.apply(e)
	if b := f.last(); b != nil {
		b.Seqs[1] = e.Seq
	}
}

func (f *folder) apply(e lookup.Event) {
	switch x := e.Fact.(type) {
	case lookup.LookupStarted:
		f.begin(e, x.Question, x.Network, x.Lesson)
		f.host(x.Host, lookup.RoleStub)
	case lookup.QueryArrived:
		f.arrived(e, x)
	case lookup.ResponseSent:
		f.responded(e, x)
	case lookup.LookupFinished:
		f.v.State, f.v.Outcome, f.v.Rcode, f.v.Records, f.v.ElapsedUs = "finished", x.Outcome, x.Rcode.String(), orEmpty(x.Records), x.ElapsedUs
	case lookup.TraceTruncated:
		f.v.Truncated = true
	case lookup.HostsSearched:
		if len(x.Found) > 0 {
			f.look(e, x.Host, lookDecides, "found")
		} else {
			f.look(e, x.Host, lookMiss, "miss")
		}
	case lookup.CacheOpened, lookup.CacheMissed, lookup.CacheHit, lookup.CacheExpired, lookup.CacheStored, lookup.CacheEvicted:
		f.cache(e)
	case lookup.MessageEdited:
		f.local(e, "edited", x.Host).Zone = x.Zone
	case lookup.LimitReached:
		f.local(e, "limit", x.Host)
	case lookup.AliasFollowed:
		if !f.side[e.Step] {
			f.v.Names = append(f.v.Names, SearchedName{Name: x.To, Step: e.Step, Via: x.Via.String()})
		}
		f.local(e, "restart", x.Host)
	case lookup.AddressWanted:
		f.wanted(x)
		f.local(e, "sidewalk", x.Host).Zone = x.Zone
	case lookup.AddressFound:
		f.found(x)
	case lookup.ServersListed:
		f.serversListed(e, x)
	case lookup.ExperimentPrepared, lookup.AddressReversed, lookup.ModeChosen, lookup.SearchPlanned, lookup.SearchTried, lookup.TargetsOrdered, lookup.TargetWanted, lookup.RaceBegun, lookup.RacePaused, lookup.RaceDecided:
		f.local(e, "errand", errandHost(x))
	default:
		if !f.trust(e) {
			f.exchange(e)
		}
	}
}

// begin notes what a trace is about.
func (f *folder) begin(e lookup.Event, q lookup.Question, network string, lesson lookup.ClockReading) {
	f.v.State, f.v.Title, f.v.Network, f.v.Question, f.v.Lesson, f.v.StartedUs = "running", q.String(), network, &q, &lesson, e.At.Microseconds()
	f.v.Names = append(f.v.Names[:0], SearchedName{Name: q.Name, Step: e.Step})
}

// remember keeps which steps are side walks: names found there are not names
// that the learner asked for. A side walk begins with address.wanted, in a
// step of its own or just before it.
func (f *folder) remember(e lookup.Event) {
	_, seen := f.side[e.Step]
	switch e.Fact.(type) {
	case lookup.AddressWanted:
		if seen {
			f.opening = e.Step
		} else {
			f.side[e.Step] = true
		}
		return
	case lookup.AddressFound, lookup.AddressMissing:
		if seen {
			f.opening = 0
		}
	}
	if !seen {
		side := f.side[e.Parent] || f.opening != 0 && f.opening == e.Parent
		f.side[e.Step] = side
		if side {
			f.opening = 0
		}
	}
}

// last is the current balloon, nil before the first.
func (f *folder) last() *Balloon {
	if n := len(f.v.Balloons); n > 0 {
		return &f.v.Balloons[n-1]
	}
	return nil
}

// open begins a balloon at e, with the sentence of e. What was new or hit in
// the one before is merely held from now on.
func (f *folder) open(e lookup.Event, b Balloon) *Balloon {
	for _, m := range f.marked {
		if i := f.find(m.cache, m.name, m.rrtype); i >= 0 {
			if row := &f.table(m.cache).Rows[i]; row.State == "new" || row.State == "hit" {
				row.State = "held"
			}
		}
	}
	f.marked = f.marked[:0]
	b.N, b.Step, b.AtUs, b.Seqs, b.Message = len(f.v.Balloons)+1, e.Step, e.At.Microseconds(), [2]int{e.Seq, e.Seq}, -1
	f.v.Balloons = append(f.v.Balloons, b)
	now := f.last()
	now.tell(e)
	return now
}

// tell makes e the event whose sentence the balloon says.
func (b *Balloon) tell(e lookup.Event) {
	l := e.Fact.Line()
	b.Seq, b.Line = e.Seq, Line{Key: l.Key, Params: l.Params}
}

// local opens a balloon for something that happens inside one host.
func (f *folder) local(e lookup.Event, kind, host string) *Balloon {
	role := lookup.RoleResolver
	if host == hostDevice {
		role = lookup.RoleStub
	}
	f.host(host, role)
	return f.open(e, Balloon{Kind: kind, Role: role, Host: host, From: host, To: host})
}

// How much an event of a look into hosts file and cache tells: the most
// telling gives the balloon its sentence, and of equals the first.
const (
	lookMiss = iota
	lookStart
	lookExpired
	lookDecides
)

// look opens a "cache" balloon, or joins one of the same host.
func (f *folder) look(e lookup.Event, host string, rank int, outcome string) {
	b := f.last()
	if b != nil && b.Kind == "check" && b.Host == host && rank == lookDecides {
		return // what a check needs is at hand
	}
	if b == nil || b.Kind != "cache" || b.Host != host {
		f.local(e, "cache", host).Outcome = outcome
		f.rank = rank
		return
	}
	if rank > f.rank {
		f.rank, b.Outcome = rank, outcome
		b.tell(e)
	}
}

// detail lists the events of each balloon but the one that it tells.
func (f *folder) detail() {
	for i := range f.v.Balloons {
		b := &f.v.Balloons[i]
		b.Detail = make([]int, 0, b.Seqs[1]-b.Seqs[0])
		for seq := b.Seqs[0]; seq <= b.Seqs[1]; seq++ {
			if seq != b.Seq {
				b.Detail = append(b.Detail, seq)
			}
		}
	}
}

func orEmpty(r []lookup.Record) []lookup.Record {
	if r == nil {
		return []lookup.Record{}
	}
	return r
}

// instant is a time as its JSON has it.
func instant(t time.Time) string { return t.Format(time.RFC3339Nano) }
