package lab

import (
	"bytes"
	"embed"
	"maps"
	"slices"
	"strings"
	"sync"

	"rootwalk/lookup/lab/auth"
)

// The textbook's internet: every zone on servers of its own. The zones whose
// parent's servers hold them as well get others; these files replace those of the
// same names.
//
//go:embed zones/flat/*.zone
var flatFiles embed.FS

// flatOwn are the servers of the zones that lose their place beside the parent.
var flatOwn = []nameServer{
	{"ns1.co.kr", RoleTLD, "tld-1", "198.51.100.8", "2001:db8:7::8", "co.kr"},
	{"ns2.co.kr", RoleTLD, "tld-2", "198.51.100.9", "2001:db8:7::9", "co.kr"},
	{"a.ns.in-addr.arpa", RoleTLD, "tld-1", "198.51.100.62", "2001:db8:7::62", "in-addr.arpa"},
	{"b.ns.in-addr.arpa", RoleTLD, "tld-2", "198.51.100.63", "2001:db8:7::63", "in-addr.arpa"},
	{"a.ns.ip6.arpa", RoleTLD, "tld-1", "198.51.100.64", "2001:db8:7::64", "ip6.arpa"},
	{"b.ns.ip6.arpa", RoleTLD, "tld-2", "198.51.100.65", "2001:db8:7::65", "ip6.arpa"},
	{"ns1.b.c.test", RoleAuthoritative, "dns-1", "203.0.113.49", "2001:db8:53::49", "b.c.test"},
	{"ns2.b.c.test", RoleAuthoritative, "dns-2", "203.0.113.50", "2001:db8:53::50", "b.c.test"},
}

// flatServers are all name servers of the textbook's internet.
func flatServers() []nameServer {
	moved := map[string]bool{}
	for _, s := range flatOwn {
		moved[s.zones] = true
	}
	out := slices.Clone(nameServers)
	for i, s := range out {
		out[i].zones = strings.Join(slices.DeleteFunc(strings.Fields(s.zones), func(z string) bool { return moved[z] }), " ")
	}
	return append(out, flatOwn...)
}

// flatCatalogs are the catalogs of the textbook's internet, made once for the whole
// process.
var flatCatalogs = sync.OnceValues(func() (map[string]*auth.Catalog, error) {
	shipped, err := zones()
	if err != nil {
		return nil, err
	}
	all := maps.Clone(shipped)
	entries, err := flatFiles.ReadDir("zones/flat")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		text, err := flatFiles.ReadFile("zones/flat/" + e.Name())
		if err != nil {
			return nil, err
		}
		z, err := auth.ParseZone("flat/"+e.Name(), bytes.NewReader(text))
		if err != nil {
			return nil, err
		}
		all[z.Origin()] = z
	}
	return catalogsOf(flatServers(), all)
})
