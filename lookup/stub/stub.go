// Package stub is the learner's device: a browser with a small cache of its own
// in front, behind it the operating system with a hosts file and a cache, and
// then one query with RD=1 to the recursive resolver that the device was told
// to use (RFC 1034 §5.3.1, "stub resolver").
//
// A [Stub] is immutable once made and safe for concurrent use. One lookup
// reports both halves into one trace: the stub its own facts, and, through
// [InFlight], the resolver on the other side of the network the facts about
// that very query.
package stub

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

// Asker sends one question to one server; transport.Client is one.
type Asker interface {
	Ask(ctx context.Context, step lookup.Step, q message.Query) (*message.Response, error)
}

// Cache is what the device remembers; cache.Cache is one.
type Cache interface {
	Name() string
	Find(step lookup.Step, name lookup.Name, rrtype lookup.Type) (s *message.Stored, leftSec uint32, ok bool)
	Store(step lookup.Step, s message.Stored)
}

// Defaults of a Config: what resolv.conf(5) says.
const (
	DefaultTimeout  = 5 * time.Second
	DefaultAttempts = 2
	DefaultNdots    = 1

	DefaultResolutionDelay = 50 * time.Millisecond // RFC 8305 §8
)

// maxAliases bounds an alias chain in the device's cache.
const maxAliases = 10

// Config is what a stub is made from.
type Config struct {
	Host    string // "device": how facts call it
	Network string // "lab" or "internet": what facts call the network
	Asker   Asker
	Servers []lookup.Server // recursive resolvers, in the order in which they are asked
	Cache   Cache
	Hosts   *Hosts // may be nil
	Browser Cache  // what the browser in front remembers; nil for a device without one

	// First names the server to ask before the others; nil, or a name that is
	// no server's, leaves the order as it is. It is asked at each lookup.
	First func() lookup.Name

	// Lesson reads the clock that TTLs follow; it goes into lookup.started.
	Lesson func() lookup.ClockReading
	// Snapshots are the caches of everybody involved, for cache.opened; may
	// be nil.
	Snapshots func() []lookup.CacheSnapshot
	// InFlight connects queries with the resolver's facts; may be nil.
	InFlight *InFlight

	Timeout  time.Duration // real time for one packet [5 s]
	Attempts int           // rounds through the servers [2]

	// Search is the search list and Ndots the number of dots from which on a
	// name is tried as it is before the list (resolv.conf(5)) [1].
	Search []lookup.Name
	Ndots  int
	// ResolutionDelay is the real time that an answer about IPv6 is waited for
	// once there are IPv4 addresses (RFC 8305 §3) [50 ms].
	ResolutionDelay time.Duration
	// Walker resolves on the device itself, for an errand without a resolver; may
	// be nil.
	Walker Walker
	// Seed makes repeatable what an errand leaves to chance; 0 means another
	// order each time.
	Seed uint64

	// NextOnFailure asks the next server also when one says SERVFAIL,
	// REFUSED or NOTIMP, as glibc does. Otherwise that is the result: a
	// second resolver would only take the same walk again.
	NextOnFailure bool
}

// Stub is a device's resolver; New makes one.
type Stub struct{ c Config }

// New makes a stub.
func New(c Config) *Stub {
	if c.Timeout <= 0 {
		c.Timeout = DefaultTimeout
	}
	if c.Attempts <= 0 {
		c.Attempts = DefaultAttempts
	}
	if c.Ndots <= 0 {
		c.Ndots = DefaultNdots
	}
	if c.ResolutionDelay <= 0 {
		c.ResolutionDelay = DefaultResolutionDelay
	}
	return &Stub{c}
}

// Result is how a lookup ended.
type Result struct {
	Outcome         lookup.Outcome
	Rcode           lookup.Rcode
	Records         []lookup.Record // alias chain in order, then the data, with the TTL left; never nil
	FromCache       string          // the cache on the device that had it, "" if none
	StubQueries     int             // packets the device sent
	ResolverQueries int             // packets its resolvers sent on its behalf
	Elapsed         time.Duration
}

// Lookup finds out about a question. It always reports lookup.started and
// lookup.finished, and always returns: after all attempts, or soon after ctx
// is done.
func (s *Stub) Lookup(ctx context.Context, step lookup.Step, q lookup.Question) Result {
	return s.Run(ctx, step, Order{Question: q})
}

// Run is Lookup for a question with an errand.
func (s *Stub) Run(ctx context.Context, step lookup.Step, o Order) (out Result) {
	q := o.Question
	start := time.Now()
	out = Result{Outcome: lookup.OutcomeFailed, Rcode: lookup.RcodeServFail, Records: []lookup.Record{}} // what a panic would leave
	var reading lookup.ClockReading
	if s.c.Lesson != nil {
		reading = s.c.Lesson()
	}
	step.Report(lookup.LookupStarted{Question: q, Host: s.c.Host, Network: s.c.Network, Lesson: reading})
	if o.Reversed.IsValid() {
		step.Report(lookup.AddressReversed{Host: s.c.Host, Addr: o.Reversed, Name: q.Name})
	}
	if s.c.Snapshots != nil && step.Recording() {
		for _, snapshot := range s.c.Snapshots() {
			step.Report(lookup.CacheOpened{Snapshot: snapshot})
		}
	}
	defer func() {
		out.Elapsed = time.Since(start)
		step.Report(lookup.LookupFinished{
			Question: q, Host: s.c.Host, Outcome: out.Outcome, Rcode: out.Rcode, Records: out.Records, FromCache: out.FromCache,
			StubQueries: out.StubQueries, ResolverQueries: out.ResolverQueries, ElapsedUs: out.Elapsed.Microseconds(),
		})
	}()
	s.carryOut(ctx, step, o, &out)
	return out
}

// find finds out about a question that a browser may have: from its cache, or
// as any other program does.
func (s *Stub) find(ctx context.Context, step lookup.Step, q lookup.Question, out *Result) {
	if !s.fromBrowser(step, q, out) {
		s.resolve(ctx, step, q, out, nil)
	}
}

// resolve finds out about a question from the hosts file, the device's cache, or
// a resolver. leaving, if not nil, is called just before each packet leaves.
func (s *Stub) resolve(ctx context.Context, step lookup.Step, q lookup.Question, out *Result, leaving func()) {
	if !s.fromHosts(step, q, out) && !s.fromCache(step, q, out) {
		s.fromServers(ctx, step, q, out, leaving)
	}
}

// fromHosts looks into the hosts file, which has addresses of names and, the
// other way round, names of addresses.
func (s *Stub) fromHosts(step lookup.Step, q lookup.Question, out *Result) bool {
	if s.c.Hosts == nil || q.Class != lookup.ClassIN || !s.c.Hosts.has(q.Type) {
		return false
	}
	found := s.c.Hosts.find(q)
	step.Report(lookup.HostsSearched{Host: s.c.Host, Name: q.Name, Found: found})
	if len(found) == 0 {
		return false
	}
	out.Outcome, out.Rcode, out.Records = lookup.OutcomeAnswer, lookup.RcodeNoError, found
	return true
}

// fromCache looks into the device's cache, along aliases if need be.
func (s *Stub) fromCache(step lookup.Step, q lookup.Question, out *Result) bool {
	if q.Class != lookup.ClassIN {
		return false
	}
	name := q.Name
	var chain []message.Set
	var first *message.Stored
	for range maxAliases + 1 {
		stored, leftSec, ok := s.c.Cache.Find(step, name, q.Type)
		if !ok {
			break
		}
		if first == nil {
			first = stored
		}
		switch {
		case stored.Kind == lookup.CacheNxdomain:
			out.Outcome, out.Rcode = lookup.OutcomeNxdomain, lookup.RcodeNXDomain
		case stored.Kind == lookup.CacheNodata:
			out.Outcome, out.Rcode = lookup.OutcomeNodata, lookup.RcodeNoError
		case stored.Type == q.Type:
			chain = append(chain, stored.With(leftSec))
			out.Outcome, out.Rcode = lookup.OutcomeAnswer, lookup.RcodeNoError
		default:
			sets, alias, ok := stored.Follow(name, leftSec)
			if !ok {
				return false
			}
			chain = append(chain, sets...)
			step.Report(lookup.AliasFollowed{Host: s.c.Host, From: alias.Owner, To: alias.Target, Via: alias.Via})
			name = alias.Target
			continue
		}
		out.Records, out.FromCache = message.Records(chain...), s.c.Cache.Name()
		s.browserKeeps(step, q, chain, first)
		return true
	}
	step.Report(lookup.CacheMissed{Cache: s.c.Cache.Name(), Name: name, Type: q.Type})
	return false
}

// fromServers asks the resolvers, round by round (resolv.conf(5)).
// leaving, if set, is called before each packet leaves.
func (s *Stub) fromServers(ctx context.Context, step lookup.Step, q lookup.Question, out *Result, leaving func()) {
	s.ask(ctx, step, message.Query{Question: q}, out, leaving)
}

// ask is fromServers for a query that says more than its question. What CD=1
// brings may be wrong and is not kept.
func (s *Stub) ask(ctx context.Context, step lookup.Step, query message.Query, out *Result, leaving func()) {
	q := query.Question
	servers := s.servers()
	flights := s.c.InFlight.group(step, q)
	defer func() { out.ResolverQueries = flights.land() }()
	sending := func(from netip.AddrPort, id uint16) {
		flights.add(from, id)
		if leaving != nil {
			leaving()
		}
	}
	out.Outcome = lookup.OutcomeUnreachable
	for attempt := range s.c.Attempts {
		for i, server := range servers {
			if done(ctx) {
				out.Outcome = canceled(ctx)
				return
			}
			last := attempt == s.c.Attempts-1 && i == len(servers)-1
			query.Server, query.Recursive, query.Try, query.Timeout, query.Sending = server, true, attempt+1, s.c.Timeout, sending
			response, err := s.c.Asker.Ask(ctx, step, query)
			out.StubQueries += response.Sent
			switch {
			case err != nil:
				continue
			case response.Verdict == message.Failure && s.c.NextOnFailure && !last:
				continue
			}
			s.take(step, q, response, !query.Unchecked, out)
			return
		}
	}
	if done(ctx) {
		out.Outcome = canceled(ctx)
	}
}

// servers are the resolvers in the order in which they are asked now.
func (s *Stub) servers() []lookup.Server {
	if s.c.First == nil {
		return s.c.Servers
	}
	first := s.c.First()
	i := slices.IndexFunc(s.c.Servers, func(x lookup.Server) bool { return x.Name.Equal(first) })
	if i <= 0 {
		return s.c.Servers
	}
	return slices.Concat(s.c.Servers[i:i+1], s.c.Servers[:i], s.c.Servers[i+1:])
}

// done reports whether a context has ended. Its deadline counts by the clock: a
// socket with the same deadline may notice a moment before the context does.
func done(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ctx.Err() != nil || ok && !time.Now().Before(deadline)
}

func canceled(ctx context.Context) lookup.Outcome {
	if errors.Is(ctx.Err(), context.Canceled) {
		return lookup.OutcomeCanceled
	}
	return lookup.OutcomeTimeLimit
}

// take turns a resolver's response into the result, and remembers it if it may
// be kept.
func (s *Stub) take(step lookup.Step, q lookup.Question, r *message.Response, keeps bool, out *Result) {
	out.Rcode = r.Rcode
	kind := lookup.CachePositive
	switch r.Verdict {
	case message.Answer:
		out.Outcome = lookup.OutcomeAnswer
	case message.Nodata:
		out.Outcome, kind = lookup.OutcomeNodata, lookup.CacheNodata
	case message.Nxdomain:
		out.Outcome, kind = lookup.OutcomeNxdomain, lookup.CacheNxdomain
	default:
		switch r.Rcode {
		case lookup.RcodeServFail:
			out.Outcome = lookup.OutcomeServfail
		case lookup.RcodeRefused:
			out.Outcome = lookup.OutcomeRefused
		default:
			out.Outcome = lookup.OutcomeFailed
		}
		return
	}
	out.Records = message.Records(r.Answer...)
	if q.Class != lookup.ClassIN || !keeps {
		return
	}
	keep := func(set message.Set, kind lookup.CacheKind) {
		s.c.Cache.Store(step, message.Stored{Set: set, Kind: kind, From: r.Server, PaidBy: q, Trace: step.TraceID()})
	}
	for _, set := range r.Keep {
		keep(set, lookup.CachePositive)
	}
	s.browserKeeps(step, q, r.Answer, &message.Stored{From: r.Server, PaidBy: q, Trace: step.TraceID()})
	if kind != lookup.CachePositive && r.NegativeSec > 0 {
		keep(message.Set{Name: r.Name, Type: q.Type, TTLSec: r.NegativeSec, RRs: r.SOA[0].RRs, Credibility: r.SOA[0].Credibility}, kind)
	}
}
