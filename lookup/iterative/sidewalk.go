package iterative

import (
	"net/netip"

	"rootwalk/lookup"
)

// lookForServer takes a side walk for the address of one of the zone's servers
// that has none, or none that this host can reach (RFC 1034 §5.3.3 step 3). It reports whether there is
// something to go on with: another address, or another server to look for.
// The outcome says what was in the way, "" for nothing.
func (w *walk) lookForServer(step lookup.Step, s *slist, name lookup.Name) (lookup.Outcome, bool) {
	if !w.r.times.family(true) && !w.r.times.family(false) {
		return "", false // no address would be of use
	}
	for i := range s.servers {
		ns := s.servers[i]
		if w.r.times.reachable(ns.Addrs) || w.missing[ns.Name.Canonical()] != "" {
			continue
		}
		if len(ns.Addrs) > 0 && ns.Name.In(s.zone) {
			continue // its glue is all that the parent knows, and only the servers of the zone itself would know more
		}
		l := w.r.limits
		if o := w.inVain(step, ns.Name); o != "" {
			return o, false
		}
		switch {
		case w.sideWalks >= l.SideWalks:
			return w.limit(step, lookup.OutcomeSideWalkLimit, l.SideWalks, ns.Name), false
		case w.sideFails >= l.SideWalkFails:
			return w.limit(step, lookup.OutcomeSideWalkLimit, l.SideWalkFails, ns.Name), false
		case s.walks >= l.SideWalkFanOut:
			return w.limit(step, lookup.OutcomeSideWalkLimit, l.SideWalkFanOut, ns.Name), false
		case w.looping(ns.Name):
			w.lost(ns.Name, lookup.OutcomeDependencyLoop)
			return w.limit(step, lookup.OutcomeDependencyLoop, 0, ns.Name), true
		case len(w.stack) >= l.SideWalkNesting:
			return w.limit(step, lookup.OutcomeSideWalkLimit, l.SideWalkNesting, ns.Name), false
		}
		s.walks++
		if len(w.stack) == 0 {
			w.sideStart = w.queries
		}
		addrs, outcome := w.sideWalk(step.Child(), s.zone, ns.Name)
		if len(addrs) == 0 {
			if len(w.stack) == 0 {
				w.vain += w.queries - w.sideStart
			}
			w.sideFails++
			w.lost(ns.Name, outcome)
			switch outcome {
			case lookup.OutcomeNodata, lookup.OutcomeNxdomain:
				outcome = "" // that server is out, which is no reason of its own
			}
			if w.stopped == lookup.OutcomeRateLimit {
				w.stopped = "" // that was about others' servers: the zone's own may be asked
			}
			return outcome, w.stopped == ""
		}
		found := append([]lookup.NameServer(nil), s.servers...)
		found[i].Addrs = addrs
		s.servers = found
		s.add(w, &found[i])
		return "", true
	}
	return "", false
}

// lost notes that a server's address cannot be found in this lookup.
func (w *walk) lost(name lookup.Name, o lookup.Outcome) {
	if w.missing == nil {
		w.missing = map[lookup.Name]lookup.Outcome{}
	}
	w.missing[name.Canonical()] = o
}

// sideWalk finds addresses of a name server: IPv4 first, IPv6 if there is none.
// A family to which there is no way is left out.
func (w *walk) sideWalk(step lookup.Step, zone, server lookup.Name) ([]netip.Addr, lookup.Outcome) {
	w.stack = append(w.stack, wanted{server})
	defer func() { w.stack = w.stack[:len(w.stack)-1] }()
	outcome := lookup.OutcomeNodata
	for _, t := range [2]lookup.Type{lookup.TypeA, lookup.TypeAAAA} {
		if !w.r.times.family(t == lookup.TypeA) {
			continue
		}
		if w.sideWalks >= w.r.limits.SideWalks {
			outcome = w.limit(step, lookup.OutcomeSideWalkLimit, w.r.limits.SideWalks, server)
			break
		}
		w.sideWalks++
		step.Report(lookup.AddressWanted{Host: w.r.host, Zone: zone, Server: server, Type: t})
		f := w.find(step, server, t)
		var addrs []netip.Addr
		for _, set := range f.answer {
			addrs = appendAddrs(addrs, set.RRs)
		}
		if f.outcome == lookup.OutcomeAnswer && len(addrs) > 0 {
			step.Report(lookup.AddressFound{Host: w.r.host, Server: server, Addrs: addrs})
			return addrs, lookup.OutcomeAnswer
		}
		outcome = f.outcome
		if outcome != lookup.OutcomeNodata {
			break // a name without A may have AAAA; one that cannot be found has neither
		}
	}
	step.Report(lookup.AddressMissing{Host: w.r.host, Server: server, Outcome: outcome})
	return nil, outcome
}
