package templates

import (
	"strings"

	"rootwalk/lookup"
)

// Reach is the real internet as a page offers it, beside the lab.
type Reach struct {
	State   string   // "probing", "open", "closed", "intercepted", "none"
	Asked   []string // addresses that were asked to find that out
	Private bool     // addresses that are no public ones may be asked
	Chosen  bool     // it is what is meant where nobody chooses
	Caches  []lookup.CacheSnapshot
}

// open reports whether the real internet can be looked up on.
func (r *Reach) open() bool { return r.State == "open" }

// onInternet reports whether the switch of a page stands on the real internet:
// it stays with the trace on show.
func onInternet(p Page) bool {
	switch {
	case p.Reach == nil || !p.Reach.open():
		return false
	case p.Form.Network != "":
		return p.Form.Network == lookup.NetworkInternet
	case p.View != nil && !p.Recorded:
		return p.View.Network == lookup.NetworkInternet
	}
	return p.Reach.Chosen
}

// reachText says whether there is a way out of here.
func reachText(p Page) string {
	return p.T("reach."+p.Reach.State, "asked", strings.Join(p.Reach.Asked, ", "))
}

// cachesOf are the room's caches of the network that a page's trace is from.
func cachesOf(p Page) []lookup.CacheSnapshot {
	if p.View != nil && p.View.Network == lookup.NetworkInternet {
		if p.Reach == nil || len(p.Reach.Caches) == 0 {
			return nil
		}
		return p.Reach.Caches
	}
	return p.Caches
}

// cacheID is what empties a cache: those of the real internet have its name in
// front.
func cacheID(p Page, cache string) string {
	if p.View != nil && p.View.Network == lookup.NetworkInternet {
		return lookup.NetworkInternet + "/" + cache
	}
	return cache
}
