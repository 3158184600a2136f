package main

import (
	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/lookup/lab"
)

// Census lists the authoritative servers of the lab.
func (in *labInternet) Census() []room.NameServer {
	var out []room.NameServer
	for _, s := range in.lab.Servers() {
		if s.Role != lab.RoleRoot && s.Role != lab.RoleTLD && s.Role != lab.RoleAuthoritative {
			continue
		}
		n := room.NameServer{Name: lookup.Name(s.Name + "."), Role: roles[s.Role], Machine: s.Machine, Addrs: s.Addrs}
		for _, z := range s.Zones {
			n.Zones = append(n.Zones, lookup.Name(z))
		}
		out = append(out, n)
	}
	return out
}

var _ room.Surveyed = (*labInternet)(nil)
