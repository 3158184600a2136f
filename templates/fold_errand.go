package templates

import "rootwalk/lookup"

// errandHost is the device that does something between two questions, "" for
// other facts: which name to try next, whose address it needs, whether to wait.
func errandHost(f lookup.Fact) string {
	switch x := f.(type) {
	case lookup.AddressReversed:
		return x.Host
	case lookup.ExperimentPrepared:
		return x.Host
	case lookup.ModeChosen:
		return x.Host
	case lookup.SearchPlanned:
		return x.Host
	case lookup.SearchTried:
		return x.Host
	case lookup.TargetsOrdered:
		return x.Host
	case lookup.TargetWanted:
		return x.Host
	case lookup.RaceBegun:
		return x.Host
	case lookup.RacePaused:
		return x.Host
	case lookup.RaceDecided:
		return x.Host
	}
	return ""
}
