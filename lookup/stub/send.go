package stub

import (
	"context"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

// Sending is a message that somebody changed by hand, to be sent from the
// device.
type Sending struct {
	Edit     lookup.MessageEdited // what was changed; its Host is set by Send
	Question lookup.Question      // what the message was about before: a trace is about something even where its bytes ask nothing
	Bytes    []byte
	Timeout  time.Duration // after which silence is silence
}

// Send sends a message as it stands, once, and tells what came back. It reports
// lookup.started and lookup.finished as Lookup does; the device's cache takes
// nothing from it.
func (s *Stub) Send(ctx context.Context, step lookup.Step, x Sending) (out Result) {
	start := time.Now()
	q, asks := message.QuestionIn(x.Bytes)
	if !asks {
		q = x.Question
	}
	out = Result{Outcome: lookup.OutcomeFailed, Rcode: lookup.RcodeServFail, Records: []lookup.Record{}}
	var reading lookup.ClockReading
	if s.c.Lesson != nil {
		reading = s.c.Lesson()
	}
	step.Report(lookup.LookupStarted{Question: q, Host: s.c.Host, Network: s.c.Network, Lesson: reading})
	if s.c.Snapshots != nil && step.Recording() {
		for _, snapshot := range s.c.Snapshots() {
			step.Report(lookup.CacheOpened{Snapshot: snapshot})
		}
	}
	x.Edit.Host = s.c.Host
	step.Report(x.Edit)
	flights := s.c.InFlight.group(step, q)
	defer func() {
		out.ResolverQueries, out.Elapsed = flights.land(), time.Since(start)
		step.Report(lookup.LookupFinished{
			Question: q, Host: s.c.Host, Outcome: out.Outcome, Rcode: out.Rcode, Records: out.Records,
			StubQueries: out.StubQueries, ResolverQueries: out.ResolverQueries, ElapsedUs: out.Elapsed.Microseconds(),
		})
	}()
	r, err := s.c.Asker.Ask(ctx, step, message.Query{
		Server: x.Edit.Server, Zone: x.Edit.Zone, Question: q, Recursive: x.Edit.Zone == "", Try: 1, Timeout: x.Timeout, Sending: flights.add,
		Edited: &message.Edited{Bytes: x.Bytes, TCP: x.Edit.Transport == "tcp", Prefix: x.Edit.Prefix},
	})
	out.StubQueries = r.Sent
	switch {
	case done(ctx):
		out.Outcome = canceled(ctx)
	case err != nil:
		out.Outcome = lookup.OutcomeUnreachable
	default:
		out.Rcode, out.Outcome = r.Rcode, outcomeOf(r)
		if r.Verdict == message.Answer {
			out.Records = message.Records(r.Answer...)
		}
	}
	return out
}

// outcomeOf is what a response means for whoever follows nothing.
func outcomeOf(r *message.Response) lookup.Outcome {
	switch {
	case r.Verdict == message.Answer:
		return lookup.OutcomeAnswer
	case r.Verdict == message.Nodata:
		return lookup.OutcomeNodata
	case r.Verdict == message.Nxdomain:
		return lookup.OutcomeNxdomain
	case r.Verdict == message.Referral:
		return lookup.OutcomeReferral
	case r.Rcode == lookup.RcodeServFail:
		return lookup.OutcomeServfail
	case r.Rcode == lookup.RcodeRefused:
		return lookup.OutcomeRefused
	}
	return lookup.OutcomeFailed
}
