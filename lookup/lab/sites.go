package lab

import (
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
)

// site is a name with addresses in the web networks.
type site struct {
	name  string // without the final dot
	addrs []netip.Addr
	web   bool // a web site; else a mail host or the like, which is only there
}

// sites finds every name of the zones that has addresses on a web machine's
// link: the zone files alone say which hosts exist. In order of name.
var sites = sync.OnceValues(func() ([]site, error) {
	all, err := zones()
	if err != nil {
		return nil, err
	}
	byName := map[string]site{}
	for _, z := range all {
		for owner := range z.Owners {
			var here []netip.Addr
			for _, a := range z.Addrs(owner) {
				if _, ok := webMachine(a); ok {
					here = append(here, a)
				}
			}
			if len(here) > 0 {
				name := strings.TrimSuffix(owner, ".")
				first, _, _ := strings.Cut(name, ".")
				byName[name] = site{name: name, addrs: here, web: slices.Contains([]string{"www", "blog", "edge"}, first)}
			}
		}
	}
	var out []site
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		out = append(out, byName[name])
	}
	return out, nil
})

// webMachine is the machine of the web network on whose link an address is.
func webMachine(a netip.Addr) (machine, bool) {
	for _, m := range machines {
		if m.segment == "web" && m.onLink(a) {
			return m, true
		}
	}
	return machine{}, false
}

// onLink reports whether an address is in one of the machine's prefixes.
func (m machine) onLink(a netip.Addr) bool {
	return slices.ContainsFunc(m.addrs, func(p string) bool { return netip.MustParsePrefix(p).Contains(a) })
}
