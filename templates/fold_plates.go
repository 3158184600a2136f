package templates

import (
	"slices"

	"rootwalk/lookup"
)

// shownServers is how many servers that nobody asked a plate names.
const shownServers = 3

// plate is the index of a plate, which is made if it is new.
func (f *folder) plate(id string, fresh Plate) int {
	i, ok := f.plates[id]
	if !ok {
		i = len(f.v.Plates)
		fresh.ID, fresh.Servers = id, []PlateServer{}
		f.plates[id] = i
		f.v.Plates = append(f.v.Plates, fresh)
	}
	return i
}

// host makes the plate of a device or a resolver.
func (f *folder) host(host string, role lookup.Role) {
	if host != "" {
		f.plate(host, Plate{Role: role, Host: host, Known: true})
	}
}

// zonePlate is the id of the plate of a zone's servers, which is made if it is
// new.
func (f *folder) zonePlate(zone lookup.Name) string {
	if zone == "" {
		zone = lookup.Root
	}
	id := "zone:" + string(zone.Canonical())
	f.plate(id, Plate{Role: lookup.RoleOfZone(zone), Zone: zone})
	return id
}

func idle(s PlateServer) bool { return s.State == "listed" || s.State == "nameless" }

func (p *Plate) named(name lookup.Name) int {
	return slices.IndexFunc(p.Servers, func(s PlateServer) bool { return s.Name.Equal(name) })
}

// hide counts a server that the plate has no room for.
func (p *Plate) hide(name lookup.Name) {
	if p.hidden == nil {
		p.hidden = map[lookup.Name]bool{}
	}
	p.hidden[name.Canonical()] = true
	p.More = len(p.hidden)
}

// show puts a server on the plate that was not there, or only counted.
func (p *Plate) show(s PlateServer) {
	delete(p.hidden, s.Name.Canonical())
	p.More = len(p.hidden)
	p.Servers = append(p.Servers, s)
}

// listed notes the servers of a zone and the addresses known of them: the
// first three are shown, beside those that were asked; the rest are counted.
func (f *folder) listed(zone lookup.Name, servers []lookup.NameServer) {
	p := &f.v.Plates[f.plates[f.zonePlate(zone)]]
	waiting := 0
	for _, s := range p.Servers {
		if idle(s) {
			waiting++
		}
	}
	for _, ns := range servers {
		addr := ""
		if len(ns.Addrs) > 0 {
			addr, p.Known = ns.Addrs[0].String(), true
		}
		state := "listed"
		if addr == "" {
			state = "nameless"
		}
		i := p.named(ns.Name)
		switch {
		case i >= 0:
			if s := &p.Servers[i]; s.State == "nameless" && addr != "" {
				s.Addr, s.State = addr, "listed"
			}
		case p.hidden[ns.Name.Canonical()]:
		case waiting < shownServers:
			waiting++
			p.show(PlateServer{Name: ns.Name, Addr: addr, State: state})
		default:
			p.hide(ns.Name)
		}
	}
}

// serve notes what a server did: it was asked, it answered, …
func (f *folder) serve(plate string, server lookup.Server, state string) {
	at, ok := f.plates[plate]
	if !ok {
		return
	}
	p, addr := &f.v.Plates[at], ""
	if server.Addr.IsValid() {
		addr, p.Known = server.Addr.Addr().String(), true
	}
	p.Asked = p.Asked || state == "asked"
	i := slices.IndexFunc(p.Servers, func(s PlateServer) bool { return s.Addr == addr && s.Name.Equal(server.Name) })
	if i < 0 {
		i = slices.IndexFunc(p.Servers, func(s PlateServer) bool { return idle(s) && s.Name.Equal(server.Name) })
	}
	if i < 0 {
		p.show(PlateServer{Name: server.Name, Addr: addr, State: state})
		return
	}
	p.Servers[i].Addr, p.Servers[i].State = addr, state
}

// wanted shows the server whose address a side walk looks for.
func (f *folder) wanted(x lookup.AddressWanted) {
	p := &f.v.Plates[f.plates[f.zonePlate(x.Zone)]]
	if p.named(x.Server) < 0 {
		p.show(PlateServer{Name: x.Server, State: "nameless"})
	}
}

// found notes the address that a side walk found, wherever it was wanted.
func (f *folder) found(x lookup.AddressFound) {
	if len(x.Addrs) == 0 {
		return
	}
	for i := range f.v.Plates {
		p := &f.v.Plates[i]
		for k := range p.Servers {
			if s := &p.Servers[k]; s.State == "nameless" && s.Name.Equal(x.Server) {
				s.Addr, s.State, p.Known = x.Addrs[0].String(), "listed", true
			}
		}
	}
}

func (f *folder) serversListed(e lookup.Event, x lookup.ServersListed) {
	f.listed(x.Zone, x.Servers)
	outcome := ""
	switch x.Source {
	case "hints":
		f.zone(x.Zone, "", e.Step)
		outcome = "hints"
	case "cache":
		f.zone(x.Zone, f.enclosing(x.Zone), e.Step)
		outcome = "known"
	}
	if b := f.last(); outcome != "" && b != nil && b.Kind == "cache" && b.Host == x.Host && f.rank < lookStart {
		f.rank, b.Outcome = lookStart, outcome
		b.tell(e)
	}
}

// zone notes a zone the first time it is learned of.
func (f *folder) zone(zone, parent lookup.Name, step lookup.StepID) {
	if !slices.ContainsFunc(f.v.Zones, func(z KnownZone) bool { return z.Zone.Equal(zone) }) {
		f.v.Zones = append(f.v.Zones, KnownZone{Zone: zone, Parent: parent, Plate: f.zonePlate(zone), Step: step})
	}
}

// enclosing is the closest known zone above a zone, "" for none.
func (f *folder) enclosing(zone lookup.Name) lookup.Name {
	closest := lookup.Name("")
	for _, z := range f.v.Zones {
		if zone.Below(z.Zone) && (closest == "" || z.Zone.Below(closest)) {
			closest = z.Zone
		}
	}
	return closest
}
