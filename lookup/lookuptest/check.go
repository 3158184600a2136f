package lookuptest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/miekg/dns"

	"rootwalk/lookup"
)

// CheckTrace says where a finished trace contradicts itself: what must hold
// for every lookup, whatever happened in it.
//
//   - Steps form a tree whose nodes appear after their parents.
//   - A response belongs to a query of the same party to the same server, sent
//     before it, and at most one response belongs to a query.
//   - Messages are the ones that were on the wire: they parse, and ID and
//     question are those that the facts tell.
//   - A referral leads downwards, towards the name.
//   - Side walks, resolutions and the lookup end, and count what was sent.
//   - In JSON there is no null, and reading it back gives the same.
func CheckTrace(tr *lookup.Trace) error {
	events := tr.Events()
	var errs []error
	bad := func(e lookup.Event, format string, args ...any) {
		errs = append(errs, fmt.Errorf("event %d %s: %s", e.Seq, lookup.Kind(e.Fact), fmt.Sprintf(format, args...)))
	}
	steps := map[lookup.StepID]bool{0: true}
	answered := map[int]bool{}
	wanted := map[lookup.StepID]int{}
	sent := map[lookup.Role]int{}
	started, finished, joined := 0, 0, 0
	journey := false // which may have several lookups, one after the other
	for _, e := range events {
		if !steps[e.Parent] {
			bad(e, "step %d is below step %d, which was not seen", e.Step, e.Parent)
		}
		steps[e.Step] = true
		if r, ok := replyOf(e.Fact); ok {
			checkReply(bad, events, e, r, answered)
		}
		switch f := e.Fact.(type) {
		case lookup.QuerySent:
			by := f.By
			if f.Host == "device" { // also where it walks by itself
				by = lookup.RoleStub
			}
			sent[by]++
			var m dns.Msg
			if err := m.Unpack(f.Message); err != nil || m.Id != f.ID || len(m.Question) != 1 || !lookup.Name(m.Question[0].Name).Equal(f.Question.Name) && !bytes.Contains([]byte(f.Question.Name), []byte{'\\'}) {
				bad(e, "message %v, %v", &m, err)
			}
			if !f.From.IsValid() || f.Try < 1 || f.TimeoutMs <= 0 {
				bad(e, "%+v", f)
			}
		case lookup.ReferralReceived:
			if !f.Child.Below(f.Zone) || !f.Question.Name.In(f.Child) {
				bad(e, "from %s to %s for %s", f.Zone, f.Child, f.Question.Name)
			}
		case lookup.ServerChosen:
			found := false
			for _, c := range f.Candidates {
				found = found || c.Addr == f.Server.Addr.Addr() && c.Name.Equal(f.Server.Name)
			}
			if !found || f.Server.Role != lookup.RoleOfZone(f.Zone) {
				bad(e, "%+v is no candidate", f.Server)
			}
		case lookup.CacheHit:
			stale := f.Use == "stale" && f.LeftSec == 0 && f.AgeSec >= f.Entry.TTLSec
			if !stale && (f.LeftSec == 0 || f.LeftSec+f.AgeSec != f.Entry.TTLSec) {
				bad(e, "%d left and %d old of %d", f.LeftSec, f.AgeSec, f.Entry.TTLSec)
			}
		case lookup.CacheExpired:
			if f.AgeSec < f.TTLSec {
				bad(e, "%d old of %d", f.AgeSec, f.TTLSec)
			}
		case lookup.AddressWanted:
			if f.Type == lookup.TypeA {
				wanted[e.Step]++
			}
		case lookup.AddressFound, lookup.AddressMissing:
			wanted[e.Step]--
		case lookup.ResolutionStarted:
			started++
		case lookup.ResolutionFinished:
			finished++
		case lookup.ResolutionJoined:
			joined++
		case lookup.LookupFinished:
			if f.StubQueries != sent[lookup.RoleStub] || f.ResolverQueries != sent[lookup.RoleResolver] {
				bad(e, "counts %d and %d packets, %v were told", f.StubQueries, f.ResolverQueries, sent)
			}
			if journey {
				clear(sent)
			}
		case lookup.JourneyStarted:
			journey = true
		}
	}
	for step, n := range wanted {
		if n != 0 {
			errs = append(errs, fmt.Errorf("step %d: %d side walks did not end", step, n))
		}
	}
	// Who has the answer of the first query does not wait for those of others.
	if started < finished || started > finished+joined {
		errs = append(errs, fmt.Errorf("%d resolutions began, %d ended", started, finished))
	}
	return errors.Join(append(errs, checkJSON(tr))...)
}

// replyOf is what every response fact has.
func replyOf(f lookup.Fact) (lookup.Reply, bool) {
	switch f := f.(type) {
	case lookup.AnswerReceived:
		return f.Reply, true
	case lookup.AliasReceived:
		return f.Reply, true
	case lookup.ReferralReceived:
		return f.Reply, true
	case lookup.NodataReceived:
		return f.Reply, true
	case lookup.NxdomainReceived:
		return f.Reply, true
	case lookup.TruncationReceived:
		return f.Reply, true
	case lookup.FailureReceived:
		return f.Reply, true
	case lookup.LameReceived:
		return f.Reply, true
	}
	return lookup.Reply{}, false
}

func checkReply(bad func(lookup.Event, string, ...any), events []lookup.Event, e lookup.Event, r lookup.Reply, answered map[int]bool) {
	if r.Query < 0 || r.Query >= e.Seq {
		bad(e, "answers query %d", r.Query)
		return
	}
	q, ok := events[r.Query].Fact.(lookup.QuerySent)
	if !ok || q.Server != r.Server || q.Party != r.Party || q.Question != r.Question || q.Transport != r.Transport || q.Zone != r.Zone || events[r.Query].Step != e.Step {
		bad(e, "answers event %d, %+v", r.Query, events[r.Query].Fact)
		return
	}
	if answered[r.Query] {
		bad(e, "a second response to query %d", r.Query)
	}
	answered[r.Query] = true
	var m dns.Msg
	if err := m.Unpack(r.Message); err != nil || m.Id != q.ID || !m.Response || m.Authoritative != r.AA || lookup.Rcode(m.Rcode) != r.Rcode {
		bad(e, "message %v, %v", &m, err)
	}
}

func checkJSON(tr *lookup.Trace) error {
	data, err := json.Marshal(tr)
	if err != nil {
		return err
	}
	if i := bytes.Index(data, []byte(":null")); i >= 0 {
		return fmt.Errorf("null in …%s", data[max(0, i-80):i+4])
	}
	file, err := lookup.ReadTraceFile(data)
	if err != nil {
		return err
	}
	again, err := json.Marshal(file)
	if err != nil || !bytes.Equal(data, again) {
		return fmt.Errorf("read and written again it is another trace: %v", err)
	}
	return nil
}
