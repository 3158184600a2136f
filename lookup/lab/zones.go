package lab

import (
	"bytes"
	"embed"
	"fmt"
	"sync"

	"rootwalk/lookup/lab/auth"
)

// The zone files are lesson material: plain master files with comments, to be
// read beside the drawing. README.md there lists what each one shows.
//
//go:embed zones/*.zone
var zoneFiles embed.FS

// zones parses the embedded zone files once for the whole process: zones do not
// change, so all labs share them.
var zones = sync.OnceValues(func() (map[string]*auth.Zone, error) {
	entries, err := zoneFiles.ReadDir("zones")
	if err != nil {
		return nil, err
	}
	all := make(map[string]*auth.Zone, len(entries))
	for _, e := range entries {
		text, err := zoneFiles.ReadFile("zones/" + e.Name())
		if err != nil {
			return nil, err
		}
		z, err := auth.ParseZone(e.Name(), bytes.NewReader(text))
		if err != nil {
			return nil, err
		}
		if name := z.Origin(); e.Name() != name+"zone" && name != "." {
			return nil, fmt.Errorf("%s holds the zone %s", e.Name(), name)
		}
		all[z.Origin()] = z
	}
	return all, nil
})

// catalogs makes the catalog of each list of zones once for the whole process.
var catalogs = sync.OnceValues(func() (map[string]*auth.Catalog, error) {
	all, err := zones()
	if err != nil {
		return nil, err
	}
	return catalogsOf(nameServers, all)
})

// catalogsOf makes the catalog of each list of zones in a plan.
func catalogsOf(plan []nameServer, all map[string]*auth.Zone) (map[string]*auth.Catalog, error) {
	made := map[string]*auth.Catalog{}
	for _, s := range plan {
		if made[s.zones] != nil {
			continue
		}
		var held []*auth.Zone
		for _, name := range s.zoneNames() {
			z := all[name]
			if z == nil {
				return nil, fmt.Errorf("%s serves %s, which has no zone file", s.name, name)
			}
			held = append(held, z)
		}
		c, err := auth.NewCatalog(held...)
		if err != nil {
			return nil, err
		}
		made[s.zones] = c
	}
	return made, nil
}

// Zones returns every zone of the lab by its name, in lower case with the final
// dot. The zones are shared and never change.
func Zones() (map[string]*auth.Zone, error) {
	all, err := zones()
	if err != nil {
		return nil, fmt.Errorf("lab: %w", err)
	}
	out := make(map[string]*auth.Zone, len(all))
	for name, z := range all {
		out[name] = z
	}
	return out, nil
}

// ZoneFile returns the text of a zone's master file, comments and all; the name
// is as in Zones.
func ZoneFile(name string) (string, bool) {
	file := name + "zone"
	if name == "." {
		file = "root.zone"
	}
	text, err := zoneFiles.ReadFile("zones/" + file)
	return string(text), err == nil
}

// Hints returns the root hints: the names of the root servers with their IPv4
// and IPv6 addresses, from the lab's root zone (RFC 9609 section 2).
func Hints() ([]auth.NameServer, error) {
	all, err := zones()
	if err != nil {
		return nil, fmt.Errorf("lab: %w", err)
	}
	root := all["."]
	if root == nil {
		return nil, fmt.Errorf("lab: no root zone")
	}
	return root.NameServers(), nil
}
