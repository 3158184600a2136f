package iterative

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

// walk is the state of one lookup, side walks included.
type walk struct {
	r         *Resolver
	caller    context.Context // of whoever asked
	ctx       context.Context // the same with our time limit; nil until somebody has to be asked
	cancel    context.CancelFunc
	question  lookup.Question // what pays for it all
	cacheOnly bool
	unchecked bool   // CD=1
	signed    bool   // signatures are asked for
	afresh    bool   // do not take from the cache what is about to expire
	number    uint64 // of this lookup
	rng       *rand.Rand
	trace     string

	flight *flight             // what others who ask the same wait for, once this walk asks anybody
	joined *message.Resolution // the result of another walk for the same question

	leftSec uint32          // of an answer from the cache that is about to expire, else 0
	memory  *message.Memory // what was found in the cache so far, nil where nobody wants to know

	queries   int
	bytes     int // octets received
	sideWalks int
	sideFails int
	sideStart int                            // queries when the outermost side walk began
	vain      int                            // queries on side walks that found nothing
	vainTold  bool                           // that there were too many of them
	stack     []wanted                       // addresses being looked for, outermost first
	missing   map[lookup.Name]lookup.Outcome // name servers without an address, as this lookup found
	stopped   lookup.Outcome                 // the bound that ended all of it, "" while it runs
	spent     *message.SpentError            // the network's bound, if that was it
	silent    lookup.Name                    // the zone whose servers were of no use, "" for none
	last      lookup.Server                  // asked last
	heard     bool                           // some server said something, if of no use

	validation message.Validation     // nil where nothing is validated
	fetching   bool                   // a record of the chain of trust is being asked for
	bogus      []lookup.ExtendedError // why what was found is not believed
}

// wanted is a name server whose address is being looked for.
type wanted struct{ name lookup.Name }

// found is what was found out about one name and type.
type found struct {
	outcome lookup.Outcome
	rcode   lookup.Rcode
	answer  []message.Set
	soa     []message.Set

	zone       lookup.Name // whose server said so, "" for the cache
	security   lookup.Security
	remembered bool // the cache knew that it fails
}

func ended(o lookup.Outcome) found { return found{outcome: o, rcode: rcodeOf(o)} }

// limit reports that a bound was reached.
func (w *walk) limit(step lookup.Step, o lookup.Outcome, max int, name lookup.Name) lookup.Outcome {
	step.Report(lookup.LimitReached{Host: w.r.host, Limit: o, Max: max, Name: name})
	return o
}

// done reports whether a context has ended. Its deadline counts by the clock: a
// socket with the same deadline may notice a moment before the context does.
func done(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ctx.Err() != nil || ok && !time.Now().Before(deadline)
}

// over reports whether a bound on the whole lookup is reached, and which.
func (w *walk) over(step lookup.Step, name lookup.Name) lookup.Outcome {
	switch {
	case w.stopped != "":
	case done(w.caller):
		w.stopped = lookup.OutcomeCanceled
	case done(w.ctx):
		w.stopped = w.limit(step, lookup.OutcomeTimeLimit, int(w.r.limits.Time.Milliseconds()), name)
	case w.queries >= w.r.limits.Queries:
		w.stopped = w.limit(step, lookup.OutcomeQueryLimit, w.r.limits.Queries, name)
	case w.bytes >= w.r.limits.Bytes:
		w.stopped = w.limit(step, lookup.OutcomeByteLimit, w.r.limits.Bytes, name)
	case len(w.stack) > 0:
		return w.inVain(step, name)
	}
	return w.stopped
}

// inVain reports whether side walks have cost so many queries without finding
// anything that no more are taken. A zone may name any number of servers in
// other people's zones, and each would cost its client one packet and them
// several (NXNSAttack). The servers that are known may still be asked.
func (w *walk) inVain(step lookup.Step, name lookup.Name) lookup.Outcome {
	n := w.vain
	if len(w.stack) > 0 {
		n += w.queries - w.sideStart
	}
	if n < w.r.limits.SideWalkQueries {
		return ""
	}
	if !w.vainTold {
		w.vainTold = true
		w.limit(step, lookup.OutcomeSideWalkLimit, w.r.limits.SideWalkQueries, name)
	}
	return lookup.OutcomeSideWalkLimit
}

// find answers for a name and type, following aliases. Every restart at a
// canonical name is a step below the one before.
func (w *walk) find(step lookup.Step, name lookup.Name, rrtype lookup.Type) found {
	var chain []message.Set
	var zones []lookup.Name // that said something in this chain
	again := 0              // responses of a zone that had said something before
	visited := []lookup.Name{name}
	security := lookup.Security("")
	if w.validates() {
		security = lookup.Secure
	}
	for {
		f, links := w.once(step, name, rrtype)
		if security != "" {
			if w.validate(step, name, rrtype, &f); f.security == lookup.Bogus || f.outcome == lookup.OutcomeRateLimit {
				return f
			}
			security = worse(security, f.security)
			f.security = security
		}
		chain = append(chain, f.answer...)
		f.answer = chain
		if len(links) == 0 {
			switch rcodeOf(f.outcome) {
			case lookup.RcodeServFail, lookup.RcodeRefused:
				if f.rcode != lookup.RcodeYXDomain {
					f.answer = nil
				}
			}
			return f
		}
		restart := f.outcome == "" // the chain goes on outside what was found
		if restart && f.zone != "" {
			if !slices.ContainsFunc(zones, f.zone.Equal) {
				zones = append(zones, f.zone)
			} else if again++; again >= w.r.limits.AliasesPerZone {
				return ended(w.limit(step, lookup.OutcomeAliasLimit, w.r.limits.AliasesPerZone, links[len(links)-1].Target))
			}
		}
		for _, a := range links {
			for _, v := range visited {
				if v.Equal(a.Target) {
					return ended(w.limit(step, lookup.OutcomeAliasLoop, 0, a.Target))
				}
			}
			if len(visited) > w.r.limits.Aliases {
				return ended(w.limit(step, lookup.OutcomeAliasLimit, w.r.limits.Aliases, a.Target))
			}
			if restart {
				step.Report(lookup.AliasFollowed{Host: w.r.host, From: a.Owner, To: a.Target, Via: a.Via})
			}
			visited = append(visited, a.Target)
		}
		if !restart {
			return f
		}
		name = links[len(links)-1].Target
		step = step.Child()
	}
}

// once answers for one name without restarting: from the cache or by a walk.
// If the links are not empty and the outcome is "", the search must go on at
// the end of the links.
func (w *walk) once(step lookup.Step, name lookup.Name, rrtype lookup.Type) (found, []message.Alias) {
	find := w.r.cache.Find
	if w.signed && !w.cacheOnly {
		find = w.r.cache.FindSigned // what came without signatures cannot be validated
	}
	s, leftSec, ok := find(step, name, rrtype)
	if ok && len(w.stack) == 0 && !w.fetching && leftSec <= s.TTLSec/prefetchPart {
		w.leftSec, ok = leftSec, !w.afresh
	}
	if ok {
		if s.Kind == lookup.CacheFailure {
			w.memory = nil
			w.silent = s.Zone
			return found{outcome: s.Outcome, rcode: lookup.RcodeServFail, remembered: true}, nil
		}
		w.remember(name, rrtype, s, leftSec)
		return fromCache(s, leftSec, name, rrtype)
	}
	w.memory = nil
	step.Report(lookup.CacheMissed{Cache: w.r.cache.Name(), Name: name, Type: rrtype})
	if w.cacheOnly {
		return ended(lookup.OutcomeRefused), nil
	}
	if w.validates() {
		if d, ok := w.validation.Synthesise(lookup.Question{Name: name, Type: rrtype, Class: lookup.ClassIN}); ok {
			step.Report(lookup.DenialSynthesised{Host: w.r.host, Question: lookup.Question{Name: name, Type: rrtype, Class: lookup.ClassIN}, Zone: d.Zone, Outcome: d.Outcome, LeftSec: d.SOA.TTLSec})
			return found{outcome: d.Outcome, rcode: rcodeOf(d.Outcome), soa: []message.Set{d.SOA}}, nil
		}
	}
	if w.ctx == nil {
		w.begin()
	}
	if w.flight == nil && !w.unchecked {
		if w.joined = w.join(step); w.joined != nil {
			return ended(w.joined.Outcome), nil
		}
	}
	resp, zone, outcome := w.descend(step, name, rrtype)
	if resp == nil {
		return ended(outcome), nil
	}
	if resp.Cut {
		return ended(w.limit(step, lookup.OutcomeRecordLimit, len(resp.Answer[len(resp.Answer)-1].RRs), resp.Name)), nil
	}
	f := found{rcode: resp.Rcode, answer: w.bound(lookup.CachePositive, resp.Answer), zone: zone}
	switch resp.Verdict {
	case message.Answer:
		f.outcome, f.rcode = lookup.OutcomeAnswer, lookup.RcodeNoError
	case message.Nodata:
		f.outcome, f.rcode, f.soa = lookup.OutcomeNodata, lookup.RcodeNoError, w.bound(lookup.CacheNodata, resp.SOA)
	case message.Nxdomain:
		f.outcome, f.rcode, f.soa = lookup.OutcomeNxdomain, lookup.RcodeNXDomain, w.bound(lookup.CacheNxdomain, resp.SOA)
	case message.Failure:
		f.outcome = lookup.OutcomeFailed
	}
	return f, resp.Aliases
}

// bound cuts the TTLs of sets as the cache would: who gets them first must not
// keep them for longer than who gets them next.
func (w *walk) bound(kind lookup.CacheKind, sets []message.Set) []message.Set {
	for i := range sets {
		if ttl := w.r.cache.Bound(kind, sets[i].TTLSec); ttl != sets[i].TTLSec {
			sets[i].TTLSec = ttl
		}
	}
	return sets
}

// fromCache turns what the cache had into an answer, or into the alias to
// follow.
func fromCache(s *message.Stored, leftSec uint32, name lookup.Name, rrtype lookup.Type) (found, []message.Alias) {
	switch {
	case s.Kind == lookup.CacheNxdomain:
		return found{outcome: lookup.OutcomeNxdomain, rcode: lookup.RcodeNXDomain, soa: s.SOA(leftSec)}, nil
	case s.Kind == lookup.CacheNodata:
		return found{outcome: lookup.OutcomeNodata, soa: s.SOA(leftSec)}, nil
	case s.Type == rrtype:
		return found{outcome: lookup.OutcomeAnswer, answer: []message.Set{s.With(leftSec)}}, nil
	}
	sets, alias, ok := s.Follow(name, leftSec)
	if !ok {
		// The name would become too long: RFC 6672 §2.2 calls for YXDOMAIN,
		// with the DNAME as the reason.
		return found{outcome: lookup.OutcomeFailed, rcode: lookup.RcodeYXDomain, answer: []message.Set{s.With(leftSec)}}, nil
	}
	return found{answer: sets}, []message.Alias{alias}
}

// descend goes from the closest zone known down to a response that is no
// referral, and says which zone it is from. The response is nil if there was
// none; the outcome then says why.
func (w *walk) descend(step lookup.Step, name lookup.Name, rrtype lookup.Type) (*message.Response, lookup.Name, lookup.Outcome) {
	zone, servers, source := w.closest(step, name, rrtype)
	m := w.newMinimiser(name, rrtype)
	for referrals := 0; ; referrals++ {
		step.Report(lookup.ServersListed{Host: w.r.host, Name: name, Zone: zone, Source: source, Servers: servers})
		resp, outcome := w.askFor(step, m, zone, servers)
		if resp == nil {
			return nil, zone, outcome
		}
		if resp.Verdict != message.Referral {
			return resp, zone, ""
		}
		if referrals >= w.r.limits.Referrals {
			return nil, zone, w.limit(step, lookup.OutcomeReferralLimit, w.r.limits.Referrals, name)
		}
		// What the parent says about its child is always below the zone
		// asked, so this ends even without the limit.
		zone, servers, source = resp.Child, w.addresses(step, resp.Servers), "referral"
	}
}

// askFor asks the servers of a zone for a name, or for as much of it as they
// need to know, until one refers to others or knows all that is wanted.
func (w *walk) askFor(step lookup.Step, m *minimiser, zone lookup.Name, servers []lookup.NameServer) (*message.Response, lookup.Outcome) {
	for {
		q := w.next(step, m, zone)
		part := m.part(q)
		if part {
			step.Report(lookup.QuestionMinimised{Host: w.r.host, Zone: zone, Question: m.full, Asked: q})
		}
		w.heard = false
		resp, outcome := w.askZone(step, zone, servers, q.Name, q.Type)
		over := !part || resp != nil && resp.Verdict == message.Referral || w.took(m, q, resp)
		if resp != nil && (over || !denied(resp)) {
			w.keep(step, zone, q.Name, q.Type, resp)
		}
		if over {
			return resp, outcome
		}
	}
}

// keep stores all that a response taught.
func (w *walk) keep(step lookup.Step, zone, name lookup.Name, rrtype lookup.Type, resp *message.Response) {
	store := func(set message.Set, kind lookup.CacheKind) {
		w.r.cache.Store(step, message.Stored{Set: set, Kind: kind, Zone: zone, From: resp.Server, PaidBy: w.question, Trace: w.trace, Unsigned: !w.signed})
	}
	for _, set := range resp.Keep {
		kind := lookup.CachePositive
		if len(set.RRs) == 0 {
			kind = lookup.CacheNodata // a delegation's proof that it has no DS
		}
		store(set, kind)
	}
	kind := lookup.CacheNodata
	switch resp.Verdict {
	case message.Nxdomain:
		kind = lookup.CacheNxdomain
	case message.Nodata:
	default:
		return
	}
	if resp.NegativeSec == 0 {
		return // a denial without SOA is not kept (RFC 2308 §5)
	}
	soa := resp.SOA[0]
	store(message.Set{Name: resp.Name, Type: rrtype, TTLSec: resp.NegativeSec, RRs: soa.RRs, Credibility: soa.Credibility, Sigs: soa.Sigs, Proof: soa.Proof}, kind)
}
