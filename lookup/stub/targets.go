package stub

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"rootwalk/lookup"
)

// maxTargets bounds the hosts whose addresses are looked up for one answer.
const maxTargets = 4

// names reports whether records of a type name hosts.
func names(t lookup.Type) bool {
	return t == lookup.TypeMX || t == lookup.TypeSRV || t == lookup.TypeSVCB || t == lookup.TypeHTTPS
}

// targets finds out about a question, and then about the addresses of the hosts
// that the answer names, one after another in the order in which a client would
// go to them.
func (s *Stub) targets(ctx context.Context, step lookup.Step, q lookup.Question, out *Result) {
	s.resolve(ctx, step, q, out, nil)
	order := s.order(q, *out)
	step.Report(order)
	known := 0
	for i, t := range order.Targets {
		child := step.Child()
		for _, rrtype := range []lookup.Type{lookup.TypeA, lookup.TypeAAAA} {
			if done(ctx) {
				return
			}
			child.Report(lookup.TargetWanted{Host: s.c.Host, Via: q.Type, Target: t.Name, Type: rrtype, N: i + 1, Of: len(order.Targets)})
			r := fresh()
			s.resolve(ctx, child, lookup.Question{Name: t.Name, Type: rrtype, Class: q.Class}, &r, nil)
			addrs := addresses(r.Records, rrtype)
			child.Report(lookup.TargetFound{Host: s.c.Host, Via: q.Type, Target: t.Name, Type: rrtype, Outcome: r.Outcome, Addrs: addrs})
			known += len(addrs)
			out.Records = append(out.Records, r.Records...)
			out.cost(r)
		}
	}
	if order.Rule == "implicit" && known > 0 {
		out.Outcome = lookup.OutcomeAnswer // there is somewhere to go
	}
}

// order says which hosts an answer names, and in which order.
func (s *Stub) order(q lookup.Question, found Result) lookup.TargetsOrdered {
	o := lookup.TargetsOrdered{Host: s.c.Host, Owner: q.Name, Via: q.Type, Rule: "none", Targets: []lookup.Target{}}
	if q.Type == lookup.TypeMX && found.Outcome == lookup.OutcomeNodata {
		// No MX record: the name itself takes the mail (RFC 5321 §5.1).
		o.Rule, o.Targets = "implicit", []lookup.Target{{Name: q.Name}}
		return o
	}
	owner := q.Name
	for _, rr := range found.Records {
		if rr.Type != q.Type {
			continue
		}
		owner = rr.Name // behind the aliases
		if t, ok := target(rr); ok {
			o.Targets = append(o.Targets, t)
		}
	}
	switch {
	case len(o.Targets) == 0:
		return o
	case len(o.Targets) == 1 && o.Targets[0].Name == lookup.Root && q.Type == lookup.TypeMX:
		o.Rule, o.Targets = "noMail", []lookup.Target{}
		return o
	case len(o.Targets) == 1 && o.Targets[0].Name == lookup.Root && q.Type == lookup.TypeSRV:
		o.Rule, o.Targets = "noService", []lookup.Target{}
		return o
	}
	o.Rule = "priority"
	rng := s.rng(q)
	slices.SortStableFunc(o.Targets, func(a, b lookup.Target) int { return a.Priority - b.Priority })
	for from := 0; from < len(o.Targets); {
		to := from
		for to < len(o.Targets) && o.Targets[to].Priority == o.Targets[from].Priority {
			to++
		}
		shuffle(o.Targets[from:to], rng)
		from = to
	}
	if q.Type == lookup.TypeSVCB || q.Type == lookup.TypeHTTPS {
		for i, t := range o.Targets {
			if t.Name == lookup.Root && t.Priority > 0 {
				o.Targets[i].Name = owner // "." is the owner itself (RFC 9460 §2.5)
			}
		}
		if o.Targets[0].Priority == 0 {
			o.Rule, o.Targets = "alias", o.Targets[:1]
		}
	}
	// One host may stand there with several ports; its addresses are asked for once.
	once := o.Targets[:0:0]
	for _, t := range o.Targets {
		if t.Name != lookup.Root && !slices.ContainsFunc(once, func(o lookup.Target) bool { return o.Name.Equal(t.Name) }) {
			once = append(once, t)
		}
	}
	o.Dropped = max(len(once)-maxTargets, 0)
	o.Targets = once[:len(once)-o.Dropped]
	return o
}

// shuffle puts targets of one priority into a random order, in which a heavier
// one has a better chance to be first (RFC 2782). Without weights all have the
// same chance (RFC 5321 §5.1).
func shuffle(group []lookup.Target, rng *rand.Rand) {
	for at := range group {
		sum := 0
		for _, t := range group[at:] {
			sum += t.Weight
		}
		pick := at
		if sum == 0 {
			pick += rng.IntN(len(group) - at)
		} else {
			for n := rng.IntN(sum + 1); pick < len(group)-1 && n > group[pick].Weight; pick++ {
				n -= group[pick].Weight
			}
		}
		group[at], group[pick] = group[pick], group[at]
	}
}

func (s *Stub) rng(q lookup.Question) *rand.Rand {
	if s.c.Seed == 0 {
		return rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	}
	sum := uint64(q.Type)
	for _, c := range []byte(q.Name.Canonical()) {
		sum = sum*31 + uint64(c)
	}
	return rand.New(rand.NewPCG(s.c.Seed, sum))
}

// target reads what a record names. Whatever it is, it came from outside.
func target(rr lookup.Record) (lookup.Target, bool) {
	fields := strings.Fields(rr.Data)
	at := map[lookup.Type]int{lookup.TypeMX: 1, lookup.TypeSRV: 3, lookup.TypeSVCB: 1, lookup.TypeHTTPS: 1}[rr.Type]
	if at == 0 || len(fields) <= at {
		return lookup.Target{}, false
	}
	number := func(s string) int { n, _ := strconv.ParseUint(s, 10, 16); return int(n) }
	name, err := lookup.ParseName(fields[at])
	if err != nil {
		return lookup.Target{}, false
	}
	t := lookup.Target{Name: name, Priority: number(fields[0])}
	switch rr.Type {
	case lookup.TypeSRV:
		t.Weight, t.Port = number(fields[1]), number(fields[2])
	case lookup.TypeSVCB, lookup.TypeHTTPS:
		for _, p := range fields[2:] {
			if v, ok := strings.CutPrefix(p, "port="); ok {
				t.Port = number(strings.Trim(v, `"`))
			}
		}
	}
	return t, true
}
