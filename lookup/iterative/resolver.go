// Package iterative is the resolving half of a recursive resolver: from root
// hints, or from whatever zone its cache knows closest to the name, it asks
// server after server until one knows the answer (RFC 1034 §5.3.3).
//
// What strangers' servers can make it do for one question is bounded ([Limits]):
// packets, octets, time, referrals, aliases, look-ups of other servers. A bound
// that is reached is a fact, an outcome and an extended error in the response. A
// question is resolved once at a time, whoever asks, and one that failed is not
// tried again for a while (RFC 9520). Priming, QNAME minimisation, stale data and
// prefetching are switches of [Config], all off in a lab's first lesson.
//
// A [Resolver] is immutable once made; what it learns lives in its cache and
// in its table of round-trip times, both safe for concurrent use. The state of
// one lookup lives in one value of its own and ends with it. Queries of one
// lookup are sent one after the other, so its facts tell one story; different
// lookups run side by side.
package iterative

import (
	"context"
	"hash/maphash"
	"math/rand/v2"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

// Asker sends one question to one server; transport.Client is one.
type Asker interface {
	Ask(ctx context.Context, step lookup.Step, q message.Query) (*message.Response, error)
}

// Cache is what a resolver remembers; cache.Cache is one.
type Cache interface {
	Name() string
	Find(step lookup.Step, name lookup.Name, rrtype lookup.Type) (s *message.Stored, leftSec uint32, ok bool)
	FindSigned(step lookup.Step, name lookup.Name, rrtype lookup.Type) (s *message.Stored, leftSec uint32, ok bool)
	Get(step lookup.Step, name lookup.Name, rrtype lookup.Type) (s *message.Stored, leftSec uint32, ok bool)
	Hit(step lookup.Step, s *message.Stored, use string)
	Store(step lookup.Step, s message.Stored)
	Stale(name lookup.Name, rrtype lookup.Type) (s *message.Stored, leftSec uint32, ok bool)
	Bound(kind lookup.CacheKind, ttlSec uint32) uint32
}

// Limits bound one lookup. Zero values mean the defaults, in brackets.
type Limits struct {
	Queries   int           // packets sent, side walks included [50]
	Time      time.Duration // real time in all [8 s]
	Referrals int           // in a row [16]
	Aliases   int           // CNAME and DNAME steps [10]
	Bytes     int           // octets received, side walks included [100000]

	// AliasesPerZone is how many responses of a zone that the chain has been
	// in before may be one more alias [4]. A server that knows where its
	// aliases end says so in one response (RFC 1034 §4.3.2 step 3a).
	AliasesPerZone int

	SideWalks       int // look-ups of name servers' addresses, in all [10]
	SideWalkNesting int // inside each other [4]
	SideWalkFanOut  int // for the servers of one delegation [3]
	SideWalkFails   int // that found nothing, in all [5]
	SideWalkQueries int // packets sent on side walks that found nothing, in all [10]

	TriesPerServer int           // packets to one address for one question [2]
	TriesPerZone   int           // timers that run out before a zone's servers count as unreachable [4]
	FirstTimeout   time.Duration // for a server that was never asked [800 ms]
	MinTimeout     time.Duration // for a fast one [300 ms]
	MaxTimeout     time.Duration // doubling ends here [1.5 s]
}

// DefaultLimits are the bounds for the lab and for the real Internet alike.
var DefaultLimits = Limits{
	Queries: 50, Time: 8 * time.Second, Referrals: 16, Aliases: 10, Bytes: 100_000, AliasesPerZone: 4,
	SideWalks: 10, SideWalkNesting: 4, SideWalkFanOut: 3, SideWalkFails: 5, SideWalkQueries: 10,
	TriesPerServer: 2, TriesPerZone: 4,
	FirstTimeout: 800 * time.Millisecond, MinTimeout: 300 * time.Millisecond, MaxTimeout: 1500 * time.Millisecond,
}

func (l Limits) orDefaults() Limits {
	d := DefaultLimits
	for _, p := range []struct{ v, otherwise *int }{
		{&l.Queries, &d.Queries}, {&l.Referrals, &d.Referrals}, {&l.Aliases, &d.Aliases},
		{&l.SideWalks, &d.SideWalks}, {&l.SideWalkNesting, &d.SideWalkNesting}, {&l.SideWalkFanOut, &d.SideWalkFanOut},
		{&l.SideWalkFails, &d.SideWalkFails}, {&l.SideWalkQueries, &d.SideWalkQueries}, {&l.Bytes, &d.Bytes}, {&l.AliasesPerZone, &d.AliasesPerZone},
		{&l.TriesPerServer, &d.TriesPerServer}, {&l.TriesPerZone, &d.TriesPerZone},
	} {
		if *p.v <= 0 {
			*p.v = *p.otherwise
		}
	}
	for _, p := range []struct{ v, otherwise *time.Duration }{
		{&l.Time, &d.Time}, {&l.FirstTimeout, &d.FirstTimeout}, {&l.MinTimeout, &d.MinTimeout}, {&l.MaxTimeout, &d.MaxTimeout},
	} {
		if *p.v <= 0 {
			*p.v = *p.otherwise
		}
	}
	return l
}

// Config is what a resolver is made from.
type Config struct {
	Host  string // "R1": how facts call it
	Asker Asker
	Clock lookup.Clock // lesson time: how long a failed server is avoided
	Cache Cache
	Hints []lookup.NameServer // the root servers (RFC 9609 §2.1)

	Limits Limits // of one lookup

	// Seed makes the choice between equal servers repeatable; 0 means
	// a different order in every program run.
	Seed uint64
	// Repeatable makes the choice between servers hang on Seed and their
	// addresses alone, not on measured times nor on what was asked before: for
	// runs that are to be compared.
	Repeatable bool
	// NoIPv4 and NoIPv6 leave a family out: its addresses are not asked, nor
	// looked for.
	NoIPv4, NoIPv6 bool
	// Minimise says how much of a name servers on the way get to see [off].
	Minimise Minimisation
	// Priming asks for the list of root servers before the hints are used
	// (RFC 9609), one query more for the first walk.
	Priming bool
	// ServeStale hands out expired data that the cache still has when nothing
	// better can be found, or not soon (RFC 8767).
	ServeStale bool
	// Prefetch asks again for answers that are asked for in the last tenth of
	// their TTL. Both need Close.
	Prefetch bool
	// StaleAfter is the real time after which expired data is handed out while
	// the search goes on [1.8 s].
	StaleAfter time.Duration
	// Validator validates answers (RFC 4035); nil: nothing is validated, and
	// no signatures are asked for.
	Validator message.Validator
	// ValidateWanted validates, and asks for signatures, only for clients that
	// ask for signatures (DO=1); the others get what there is, and cause no
	// query more than without a validator.
	ValidateWanted bool
	// Meter, if set, marks the context with which one walk asks, so that a
	// network can count what the walk uses; nil: nothing is marked.
	Meter func(ctx context.Context) context.Context
	// PreferIPv4 takes IPv6 addresses only where no IPv4 address is left.
	PreferIPv4 bool
}

// Resolver is a recursive resolver's engine; New makes one. With ServeStale or
// Prefetch it must be closed.
type Resolver struct {
	host       string
	asker      Asker
	clock      lookup.Clock
	cache      Cache
	hints      []lookup.NameServer
	limits     Limits
	preferIPv4 bool
	minimise   Minimisation
	seed       uint64
	repeatable bool
	count      atomic.Uint64 // lookups so far
	times      *times
	flights    flights
	priming    bool
	serveStale bool
	prefetch   bool
	staleAfter time.Duration
	validator  message.Validator
	wanted     bool   // ValidateWanted
	understood []byte // EDNS options for queries that ask for signatures
	meter      func(context.Context) context.Context

	ctx    context.Context // of what goes on in the background
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu        sync.Mutex
	working   int       // in the background
	primeNext time.Time // lesson time
}

// New makes a resolver.
func New(c Config) *Resolver {
	r := &Resolver{
		host: c.Host, asker: c.Asker, clock: c.Clock, cache: c.Cache, hints: c.Hints,
		limits: c.Limits.orDefaults(), preferIPv4: c.PreferIPv4, minimise: c.Minimise, seed: c.Seed, times: newTimes(c.Clock, c.NoIPv4, c.NoIPv6),
	}
	r.priming, r.serveStale, r.prefetch, r.staleAfter = c.Priming, c.ServeStale, c.Prefetch, c.StaleAfter
	r.validator, r.meter, r.repeatable, r.wanted = c.Validator, c.Meter, c.Repeatable, c.ValidateWanted
	if r.validator != nil {
		r.understood = r.validator.Understood()
	}
	if r.staleAfter <= 0 {
		r.staleAfter = staleAfter
	}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	if r.seed == 0 {
		r.seed = maphash.String(maphash.MakeSeed(), c.Host)
	}
	return r
}

// Host is how facts call this resolver.
func (r *Resolver) Host() string { return r.host }

// Resolve answers a question, from the cache or by asking. It always reports
// resolution.started and resolution.finished and always returns: within the
// time limit, or soon after ctx is done.
func (r *Resolver) Resolve(ctx context.Context, step lookup.Step, req message.Request) (out message.Resolution) {
	start := time.Now()
	out = message.Resolution{Outcome: lookup.OutcomeFailed, Rcode: lookup.RcodeServFail} // what a panic would leave
	client := ""
	if req.Client.IsValid() {
		client = req.Client.String()
	}
	step.Report(lookup.ResolutionStarted{Host: r.host, Client: client, Question: req.Question})
	defer func() {
		if step.Recording() {
			step.Report(lookup.ResolutionFinished{
				Host: r.host, Question: req.Question, Outcome: out.Outcome, Rcode: out.Rcode, Records: message.Records(out.Answer...),
				Queries: out.Queries, FromCache: out.FromCache, ElapsedUs: time.Since(start).Microseconds(), Extended: out.Extended,
			})
		}
	}()
	if req.Question.Class != lookup.ClassIN {
		// We know the Internet class only; CH is for servers to tell about
		// themselves, and this one does not (RFC 4892 §3 leaves it free).
		out.Outcome, out.Rcode = lookup.OutcomeRefused, lookup.RcodeRefused
		out.Extended = []lookup.ExtendedError{{Code: edeNotSupported, Text: "class IN only"}}
		return out
	}
	if r.serveStale && !req.CacheOnly {
		return r.patiently(ctx, step, req)
	}
	return r.resolve(ctx, step, req, false)
}

// resolve answers a question of class IN. With afresh it does not take from the
// cache what is about to expire.
func (r *Resolver) resolve(ctx context.Context, step lookup.Step, req message.Request, afresh bool) (out message.Resolution) {
	out = message.Resolution{Outcome: lookup.OutcomeFailed, Rcode: lookup.RcodeServFail} // what a panic would leave
	w := &walk{
		last: lookup.Server{Role: lookup.RoleRoot},
		r:    r, caller: ctx, question: req.Question, cacheOnly: req.CacheOnly, afresh: afresh,
		unchecked: req.Unchecked, number: r.count.Add(1), trace: step.TraceID(),
	}
	if req.Remember {
		w.memory = new(message.Memory)
	}
	w.signed = r.validator != nil && (!r.wanted || req.DNSSEC)
	if w.signed && !req.Unchecked && !req.CacheOnly {
		w.validation = r.validator.Begin()
	}
	defer func() {
		if w.cancel != nil {
			w.cancel()
		}
		if w.flight != nil {
			r.flights.land(req.Question, w.signed, w.flight, out)
		}
	}()
	f := w.find(step, req.Question.Name, req.Question.Type)
	if w.joined != nil {
		return *w.joined
	}
	out = message.Resolution{
		Outcome: f.outcome, Rcode: f.rcode, Answer: f.answer, Authority: f.soa, Queries: w.queries, Security: f.security,
		FromCache: w.queries == 0 && (f.remembered || rcodeOf(f.outcome) != lookup.RcodeServFail && f.outcome != lookup.OutcomeRefused),
	}
	if w.memory != nil && out.FromCache && len(w.memory.Parts) > 0 {
		out.Memory = w.recollection()
	}
	switch {
	case f.outcome == lookup.OutcomeRefused: // RD=0, and the cache had nothing (RFC 8914 §4.21)
		out.Extended = []lookup.ExtendedError{{Code: edeNotAuth}}
	case f.rcode != lookup.RcodeServFail || f.outcome == lookup.OutcomeCanceled:
	default:
		out.Extended = w.extended(f.outcome)
		if f.remembered {
			out.Extended = append(out.Extended, lookup.ExtendedError{Code: edeCachedError})
		} else if f.outcome != lookup.OutcomeRateLimit { // which says nothing about the question
			w.fail(step, f.outcome)
		}
		if r.serveStale && len(w.bogus) == 0 {
			if old, ok := r.stale(step, req.Question); ok {
				old.Queries, old.FromCache = w.queries, w.queries == 0
				old.Extended = append(old.Extended, out.Extended...)
				return old
			}
		}
	}
	if r.prefetch && w.leftSec > 0 && out.FromCache && !req.CacheOnly {
		r.refresh(step, req, w.leftSec)
	}
	return out
}

// fail remembers that the question could not be resolved, so that a client
// that asks again and again does not make us do so (RFC 9520 §3.2).
func (w *walk) fail(step lookup.Step, o lookup.Outcome) {
	w.r.cache.Store(step, message.Stored{
		Set:  message.Set{Name: w.question.Name, Type: w.question.Type, Credibility: lookup.CredibilityAnswer},
		Kind: lookup.CacheFailure, Outcome: o, Zone: w.silent, From: w.last, PaidBy: w.question, Trace: w.trace, Unsigned: !w.signed,
	})
}

// begin makes what only a walk needs and a hit in the cache does not: a limit of
// time and a source of random choices.
func (w *walk) begin() {
	ctx := w.caller
	if w.r.meter != nil {
		ctx = w.r.meter(ctx)
	}
	w.ctx, w.cancel = context.WithTimeout(ctx, w.r.limits.Time)
	w.rng = rand.New(rand.NewPCG(mixed(w.r.seed), mixed(w.number)))
}

// mixed spreads a small number over 64 bits (the finalizer of SplitMix64), so
// that the random choices of successive lookups have nothing in common.
func mixed(n uint64) uint64 {
	n += 0x9e3779b97f4a7c15
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return n ^ n>>31
}

// rcodeOf is the rcode with which an outcome is told to a client. Whatever
// stopped us from finding out is SERVFAIL (RFC 1034 §5.2.1).
func rcodeOf(o lookup.Outcome) lookup.Rcode {
	switch o {
	case lookup.OutcomeAnswer, lookup.OutcomeNodata:
		return lookup.RcodeNoError
	case lookup.OutcomeNxdomain:
		return lookup.RcodeNXDomain
	case lookup.OutcomeRefused:
		return lookup.RcodeRefused
	default:
		return lookup.RcodeServFail
	}
}

// RoundTrips lists what the resolver measured, for tests and for pages about a
// resolver: smoothed round-trip times by server address.
func (r *Resolver) RoundTrips() map[netip.Addr]time.Duration { return r.times.measured() }

// Forget empties what the resolver remembers of servers: their times, and who
// failed. Its cache is another matter.
func (r *Resolver) Forget() { r.times.forget() }
