package lab

import (
	"net/netip"
	"slices"
)

// ServerDescription is one thing of the lab that has addresses, for the page to
// list and draw.
type ServerDescription struct {
	Name    string       `json:"name"` // a domain name without the final dot, or a plain name
	Role    Role         `json:"role"`
	Machine string       `json:"machine"`         // the computer it runs on; several servers share one
	Addrs   []netip.Addr `json:"addrs"`           // IPv4 first
	Zones   []string     `json:"zones,omitempty"` // what it is authoritative for, with the final dot
	AS      uint32       `json:"as"`              // 0 at the exchange
	Segment string       `json:"segment"`         // the link it is on; of a router, the one it is named after
}

// Servers lists everything with addresses: the routers from the learner outwards,
// the learners' devices, the resolvers, the name servers and the web sites.
func (l *Lab) Servers() []ServerDescription {
	var out []ServerDescription
	router := func(name, segment string, as uint32) {
		d := ServerDescription{Name: name, Role: RoleRouter, Machine: name, AS: as, Segment: segment}
		for _, p := range l.routers[name].Addrs() {
			d.Addrs = append(d.Addrs, p.Addr())
		}
		slices.SortStableFunc(d.Addrs, func(a, b netip.Addr) int { return a.BitLen() - b.BitLen() })
		out = append(out, d)
	}
	as := map[string]uint32{}
	for _, n := range networks {
		as[n.segment] = n.as
	}
	as[lanSegment] = as["isp"] // the LAN's addresses are the provider's

	router(homeRouter, lanSegment, as[lanSegment])
	for _, n := range networks {
		router(n.router, n.segment, n.as)
	}
	l.mu.Lock()
	for octet := firstDevice; octet <= lastDevice; octet++ {
		if d := l.devices[octet]; d != nil {
			out = append(out, ServerDescription{Name: d.Name, Role: RoleDevice, Machine: d.Name, Addrs: slices.Clone(d.Addrs), AS: as[lanSegment], Segment: lanSegment})
		}
	}
	l.mu.Unlock()
	segmentOf := map[string]string{}
	for _, m := range machines {
		segmentOf[m.name] = m.segment
		if m.segment != "isp" {
			continue
		}
		d := ServerDescription{Name: m.name, Role: RoleResolver, Machine: m.name, AS: as[m.segment], Segment: m.segment}
		for _, p := range prefixes(m.addrs...) {
			d.Addrs = append(d.Addrs, p.Addr())
		}
		out = append(out, d)
	}
	for _, s := range l.plan {
		segment := segmentOf[s.machine]
		out = append(out, ServerDescription{Name: s.name, Role: s.role, Machine: s.machine, Addrs: s.addrs(), Zones: l.zonesAt(s), AS: as[segment], Segment: segment})
	}
	sites, err := sites()
	if err != nil {
		return out // New has reported it: there is no Lab without sites
	}
	for _, s := range sites {
		if !s.web {
			continue
		}
		m, _ := webMachine(s.addrs[0])
		out = append(out, ServerDescription{Name: s.name, Role: RoleWeb, Machine: m.name, Addrs: slices.Clone(s.addrs), AS: as[m.segment], Segment: m.segment})
	}
	return out
}

// zonesAt are the zones that a server has now, in the order of the plan, and those
// that came to it behind.
func (l *Lab) zonesAt(s nameServer) []string {
	planned := s.zoneNames()
	server := l.servers[s.name]
	if server == nil { // the lab is not whole yet
		return planned
	}
	var out, more []string
	for _, z := range server.Catalog().Zones() {
		if slices.Contains(planned, z.Origin()) {
			out = append(out, z.Origin())
		} else {
			more = append(more, z.Origin())
		}
	}
	slices.SortFunc(out, func(a, b string) int { return slices.Index(planned, a) - slices.Index(planned, b) })
	slices.Sort(more)
	return append(out, more...)
}
