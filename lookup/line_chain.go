package lookup

// The sentences of these facts take their members as they are, under their names
// in JSON: static/js/line.js has one rule for all of them (PLAIN).

import (
	"net/netip"
	"strconv"
)

func shortNames(names []Name) string {
	return counted(len(names), func(i int) string { return names[i].Short() })
}

// fewAddrs joins addresses for one blank; past four the rest are counted.
func fewAddrs(list []netip.Addr) string {
	return counted(len(list), func(i int) string { return list[i].String() })
}

func (t Target) label() string {
	return strconv.Itoa(t.Priority) + " " + t.Name.Short()
}

func (f AddressReversed) Line() Line {
	return line("address.reversed", "host", f.Host, "addr", f.Addr.String(), "name", f.Name.Short())
}

func (f ModeChosen) Line() Line {
	return line("mode.chosen."+string(f.Mode), "host", f.Host, "mode", string(f.Mode))
}

func (f SearchPlanned) Line() Line {
	return line("search.planned."+f.Reason, "host", f.Host, "typed", f.Typed.Short(), "dots", num(f.Dots), "ndots", num(f.Ndots),
		"search", shortNames(f.Search), "names", shortNames(f.Names), "reason", f.Reason)
}

func (f SearchTried) Line() Line {
	return line("search.tried", "host", f.Host, "name", f.Name.Short(), "n", num(f.N), "of", num(f.Of))
}

func (f SearchMissed) Line() Line {
	return line("search.missed", "host", f.Host, "name", f.Name.Short(), "outcome", string(f.Outcome), "left", num(f.Left))
}

func (f TargetsOrdered) Line() Line {
	return line("targets.ordered."+f.Rule, "host", f.Host, "owner", f.Owner.Short(), "via", f.Via.String(), "rule", f.Rule,
		"targets", counted(len(f.Targets), func(i int) string { return f.Targets[i].label() }), "dropped", num(f.Dropped))
}

func (f TargetWanted) Line() Line {
	return line("target.wanted", "host", f.Host, "via", f.Via.String(), "target", f.Target.Short(), "type", f.Type.String(), "n", num(f.N), "of", num(f.Of))
}

func (f TargetFound) Line() Line {
	return line("target.found", "host", f.Host, "via", f.Via.String(), "target", f.Target.Short(), "type", f.Type.String(), "addrs", fewAddrs(f.Addrs), "outcome", string(f.Outcome))
}

func (f RaceBegun) Line() Line {
	return line("race.begun", "host", f.Host, "name", f.Name.Short(), "types", counted(len(f.Types), func(i int) string { return f.Types[i].String() }))
}

func (f RacePaused) Line() Line {
	return line("race.paused", "host", f.Host, "name", f.Name.Short(), "have", f.Have.String(), "missing", f.Missing.String(), "delayMs", num(f.DelayMs))
}

func (f RaceDecided) Line() Line {
	return line("race.decided."+f.Reason, "host", f.Host, "name", f.Name.Short(), "reason", f.Reason, "order", fewAddrs(f.Order), "waitedUs", num(f.WaitedUs), "afterUs", num(f.AfterUs))
}

func (f ExperimentPrepared) Line() Line {
	return line("experiment.prepared", "host", f.Host, "of", f.Of, "change", f.Change, "value", f.Value, "seed", num(f.Seed), "restored", num(f.Restored), "before", num(f.Before), "skipSec", num(f.SkipSec))
}

// chainKeys lists every key of the lines above.
func chainKeys() []string {
	return []string{
		"address.reversed", "mode.chosen.nonrecursive", "mode.chosen.iterative",
		"search.planned.absolute", "search.planned.fewDots", "search.planned.enoughDots", "search.tried", "search.missed",
		"targets.ordered.priority", "targets.ordered.implicit", "targets.ordered.alias", "targets.ordered.noMail", "targets.ordered.noService", "targets.ordered.none",
		"target.wanted", "target.found",
		"race.begun", "race.paused", "race.decided.both", "race.decided.ipv6First", "race.decided.delayOver", "race.decided.onlyIPv4", "race.decided.onlyIPv6", "race.decided.none",
		"experiment.prepared",
	}
}
