package stub

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

// Walker is a resolver on the device itself; iterative.Resolver is one.
type Walker interface {
	Resolve(ctx context.Context, step lookup.Step, req message.Request) message.Resolution
}

// Order is a question with what it is wanted for.
type Order struct {
	Question lookup.Question
	Errand   lookup.Errand
	Typed    string // the name as it was typed, for ErrandSearch; "" for the question's

	// Reversed is the address that was typed where a name is expected, if one
	// was; the question's name is then its reverse name.
	Reversed netip.Addr

	// DO asks for signatures, and that the resolver checks them (RFC 4035
	// §4.9.1); CD for what there is, also if it fails the check (§3.2.2). The caches
	// of the device, which know nothing of that, are then not looked into. For a
	// question without an errand.
	DO, CD bool
}

// carryOut asks all the questions that an order needs. What cannot be done here
// is asked as a plain question.
func (s *Stub) carryOut(ctx context.Context, step lookup.Step, o Order, out *Result) {
	switch {
	case o.Errand == lookup.ErrandTargets && names(o.Question.Type):
		s.targets(ctx, step, o.Question, out)
	case o.Errand == lookup.ErrandConnect && o.Question.Class == lookup.ClassIN:
		s.connect(ctx, step, o.Question.Name, out)
	case o.Errand == lookup.ErrandSearch:
		s.search(ctx, step, o, out)
	case o.Errand == lookup.ErrandNonrecursive && len(s.c.Servers) > 0:
		s.nonrecursive(ctx, step, o.Question, out)
	case o.Errand == lookup.ErrandIterative && s.c.Walker != nil:
		s.walk(ctx, step, o.Question, out)
	case o.DO || o.CD:
		step.Report(lookup.ValidationAsked{Host: s.c.Host, DO: o.DO, CD: o.CD})
		if !s.fromHosts(step, o.Question, out) {
			s.ask(ctx, step, message.Query{Question: o.Question, DNSSEC: o.DO, Unchecked: o.CD}, out, nil)
		}
	default:
		s.find(ctx, step, o.Question, out)
	}
}

// fresh is a result before anything is known.
func fresh() Result {
	return Result{Outcome: lookup.OutcomeFailed, Rcode: lookup.RcodeServFail, Records: []lookup.Record{}}
}

// cost adds what another question cost.
func (r *Result) cost(other Result) {
	r.StubQueries += other.StubQueries
	r.ResolverQueries += other.ResolverQueries
	if other.FromCache == "" {
		r.FromCache = ""
	}
}

// nonrecursive asks the first resolver with RD=0, past the device's own cache:
// what the resolver says then is what it knows by itself (RFC 1034 §4.3.1).
func (s *Stub) nonrecursive(ctx context.Context, step lookup.Step, q lookup.Question, out *Result) {
	step.Report(lookup.ModeChosen{Host: s.c.Host, Mode: lookup.ErrandNonrecursive})
	flights := s.c.InFlight.group(step, q)
	defer func() { out.ResolverQueries = flights.land() }()
	out.Outcome = lookup.OutcomeUnreachable
	for attempt := range s.c.Attempts {
		if done(ctx) {
			out.Outcome = canceled(ctx)
			return
		}
		response, err := s.c.Asker.Ask(ctx, step, message.Query{
			Server: s.c.Servers[0], Question: q, Recursive: true, CacheOnly: true, Try: attempt + 1, Timeout: s.c.Timeout, Sending: flights.add,
		})
		out.StubQueries += response.Sent
		if err == nil {
			s.take(step, q, response, true, out)
			return
		}
	}
}

// walk does on the device what a resolver would do for it.
func (s *Stub) walk(ctx context.Context, step lookup.Step, q lookup.Question, out *Result) {
	step.Report(lookup.ModeChosen{Host: s.c.Host, Mode: lookup.ErrandIterative})
	if s.fromHosts(step, q, out) {
		return
	}
	found := s.c.Walker.Resolve(ctx, step.Child(), message.Request{Question: q})
	out.Outcome, out.Rcode, out.StubQueries = found.Outcome, found.Rcode, found.Queries
	if records := message.Records(found.Answer...); records != nil {
		out.Records = records
	}
	if found.FromCache && s.c.Cache != nil {
		out.FromCache = s.c.Cache.Name()
	}
}

// connect asks for both kinds of addresses at the same time, as a program does
// that is about to connect (RFC 8305). The question's type does not matter.
func (s *Stub) connect(ctx context.Context, step lookup.Step, name lookup.Name, out *Result) {
	types := []lookup.Type{lookup.TypeAAAA, lookup.TypeA}
	step.Report(lookup.RaceBegun{Host: s.c.Host, Name: name, Types: types})
	began := time.Now()
	came := make(chan runner, len(types))
	for _, t := range types {
		child, left := step.Child(), make(chan struct{})
		go func() {
			r := runner{rrtype: t, result: fresh()}
			q := lookup.Question{Name: name, Type: t, Class: lookup.ClassIN}
			if !s.fromBrowser(child, q, &r.result) {
				s.resolve(ctx, child, q, &r.result, sync.OnceFunc(func() { close(left) }))
			}
			came <- r
		}()
		if t == lookup.TypeA {
			break
		}
		select { // AAAA leaves first, and A at once after it (§3)
		case <-left:
		case r := <-came: // it needed no packet
			came <- r
		}
	}
	race := raceOf(s, step, name, began)
	race.first(<-came, came)
	race.end(out)
}

// search tries the names that a search list makes of what was typed
// (resolv.conf(5), RFC 1123 §6.1.4.3).
func (s *Stub) search(ctx context.Context, step lookup.Step, o Order, out *Result) {
	plan := s.plan(o)
	step.Report(plan)
	// The hosts file knows names as they are typed; lists are for the DNS.
	if s.fromHosts(step, o.Question, out) {
		return
	}
	failed := false
	for i, name := range plan.Names {
		q := o.Question
		q.Name = name
		step.Report(lookup.SearchTried{Host: s.c.Host, Name: name, N: i + 1, Of: len(plan.Names)})
		r, child := fresh(), step.Child()
		if !s.fromCache(child, q, &r) {
			s.fromServers(ctx, child, q, &r, nil)
		}
		r.StubQueries += out.StubQueries
		r.ResolverQueries += out.ResolverQueries
		*out = r
		if r.Outcome == lookup.OutcomeAnswer || r.Outcome == lookup.OutcomeCanceled || done(ctx) {
			return
		}
		failed = failed || r.Outcome != lookup.OutcomeNxdomain && r.Outcome != lookup.OutcomeNodata
		step.Report(lookup.SearchMissed{Host: s.c.Host, Name: name, Outcome: r.Outcome, Left: len(plan.Names) - i - 1})
	}
	if failed && (out.Outcome == lookup.OutcomeNxdomain || out.Outcome == lookup.OutcomeNodata) {
		// One of the names may exist after all.
		out.Outcome, out.Rcode = lookup.OutcomeServfail, lookup.RcodeServFail
	}
}

// maxSearch bounds the names of one search.
const maxSearch = 6

// plan makes the list of names to try.
func (s *Stub) plan(o Order) lookup.SearchPlanned {
	p := lookup.SearchPlanned{Host: s.c.Host, Typed: o.Question.Name, Ndots: s.c.Ndots, Search: append([]lookup.Name{}, s.c.Search...), Names: []lookup.Name{o.Question.Name}}
	p.Dots = max(o.Question.Name.CountLabels()-1, 0)
	if lookup.Absolute(o.Typed) || o.Question.Name == lookup.Root {
		p.Reason = "absolute"
		return p
	}
	var listed []lookup.Name
	for _, suffix := range s.c.Search[:min(len(s.c.Search), maxSearch-1)] {
		if name, err := lookup.ParseName(string(o.Question.Name) + string(suffix)); err == nil { // else it would be too long
			listed = append(listed, name)
		}
	}
	if p.Dots >= p.Ndots {
		p.Reason, p.Names = "enoughDots", append(p.Names, listed...)
	} else {
		p.Reason, p.Names = "fewDots", slices.Concat(listed, p.Names)
	}
	return p
}
