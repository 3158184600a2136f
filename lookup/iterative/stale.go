package iterative

import (
	"context"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

// Data past its TTL, and data just before that.
const (
	staleTTL   = 30                      // seconds, of what is handed out past its TTL (RFC 8767 §4)
	staleAfter = 1800 * time.Millisecond // how long a client waits before it gets that (RFC 8767 §5)

	// prefetchPart is the part of a TTL, 1/n of it, in which an answer that is
	// still asked for is fetched again.
	prefetchPart = 10
)

// stale makes an answer of what is remembered, expired or not, along aliases;
// false if that does not make one.
func (r *Resolver) stale(step lookup.Step, q lookup.Question) (message.Resolution, bool) {
	out := message.Resolution{Outcome: lookup.OutcomeAnswer, FromCache: true, Extended: []lookup.ExtendedError{{Code: edeStale}}}
	var used []*message.Stored
	name, old := q.Name, false
	for range r.limits.Aliases + 1 {
		s, leftSec, ok := r.cache.Stale(name, q.Type)
		if !ok {
			return message.Resolution{}, false
		}
		if leftSec == 0 {
			leftSec, old = staleTTL, true
		}
		used = append(used, s)
		f, links := fromCache(s, leftSec, name, q.Type)
		out.Answer = append(out.Answer, f.answer...)
		if len(links) > 0 {
			name = links[0].Target
			continue
		}
		out.Outcome, out.Rcode, out.Authority = f.outcome, f.rcode, f.soa
		if f.outcome == lookup.OutcomeNxdomain {
			out.Extended[0].Code = edeStaleDenial
		}
		if !old || rcodeOf(f.outcome) == lookup.RcodeServFail {
			return message.Resolution{}, false
		}
		for _, s := range used {
			r.cache.Hit(step, s, "stale")
		}
		return out, true
	}
	return message.Resolution{}, false
}

// patiently resolves as resolve does, but hands out expired data if that takes
// long; the walk then goes on for whoever asks next (RFC 8767 §5).
func (r *Resolver) patiently(ctx context.Context, step lookup.Step, req message.Request) message.Resolution {
	if s, leftSec, ok := r.cache.Stale(req.Question.Name, req.Question.Type); !ok || leftSec > 0 && s.Type == req.Question.Type {
		return r.resolve(ctx, step, req, false)
	}
	if _, ok := r.stale(lookup.Step{}, req.Question); !ok {
		return r.resolve(ctx, step, req, false)
	}
	found := make(chan message.Resolution, 1)
	if !r.background(func(ctx context.Context) { found <- r.resolve(ctx, step, req, false) }) {
		return r.resolve(ctx, step, req, false)
	}
	timer := time.NewTimer(r.staleAfter)
	defer timer.Stop()
	select {
	case out := <-found:
		return out
	case <-ctx.Done():
		return message.Resolution{Outcome: lookup.OutcomeCanceled, Rcode: lookup.RcodeServFail}
	case <-timer.C:
	}
	if out, ok := r.stale(step, req.Question); ok {
		return out
	}
	select {
	case out := <-found:
		return out
	case <-ctx.Done():
		return message.Resolution{Outcome: lookup.OutcomeCanceled, Rcode: lookup.RcodeServFail}
	}
}

// refresh asks again for an answer that was in the cache and is about to
// expire.
func (r *Resolver) refresh(step lookup.Step, req message.Request, leftSec uint32) {
	q := req.Question
	if r.flights.flying(q) {
		return
	}
	step.Report(lookup.PrefetchStarted{Host: r.host, Question: q, LeftSec: leftSec})
	r.background(func(ctx context.Context) {
		r.resolve(ctx, lookup.Step{}, message.Request{Question: q, DNSSEC: req.DNSSEC}, true)
	})
}

// background runs work that outlives the lookup that caused it. It reports
// whether it does: not when there is enough of that, nor after Close.
func (r *Resolver) background(work func(ctx context.Context)) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ctx.Err() != nil || r.working >= maxBackground {
		return false
	}
	r.working++
	r.wg.Go(func() {
		defer func() {
			r.mu.Lock()
			r.working--
			r.mu.Unlock()
		}()
		work(r.ctx)
	})
	return true
}

// maxBackground bounds the walks that nobody waits for.
const maxBackground = 100

// Settle waits for walks that go on in the background. Nobody may ask meanwhile.
func (r *Resolver) Settle() { r.wg.Wait() }

// Close ends walks that go on in the background, and waits for them. A closed
// resolver still resolves, in its callers' time only.
func (r *Resolver) Close() {
	r.mu.Lock()
	r.cancel()
	r.mu.Unlock()
	r.wg.Wait()
}
