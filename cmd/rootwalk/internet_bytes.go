package main

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"time"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/lookup/lab"
	"rootwalk/lookup/stub"
)

// silence is how long a message made by hand waits for its response.
const silence = 2500 * time.Millisecond

// roles are the roles of the lab's servers that can be asked.
var roles = map[lab.Role]lookup.Role{
	lab.RoleResolver: lookup.RoleResolver, lab.RoleRoot: lookup.RoleRoot, lab.RoleTLD: lookup.RoleTLD, lab.RoleAuthoritative: lookup.RoleAuthoritative,
}

// Targets are the resolvers and name servers of the lab.
func (in *labInternet) Targets() []room.Target {
	var out []room.Target
	for _, s := range in.lab.Servers() {
		if role, ok := roles[s.Role]; ok && len(s.Addrs) > 0 {
			out = append(out, room.Target{Name: s.Name, Role: role, Addr: s.Addrs[0].String()})
		}
	}
	return out
}

// Send sends a message as it stands from the learner's device.
func (in *labInternet) Send(ctx context.Context, step lookup.Step, s room.Sending) {
	servers := in.lab.Servers()
	i := slices.IndexFunc(servers, func(d lab.ServerDescription) bool { return d.Name == s.To && roles[d.Role] != "" })
	if i < 0 {
		return // the room has checked it against Targets
	}
	to := servers[i]
	edit := lookup.MessageEdited{
		Of: s.Of, OfSeq: s.OfSeq, Transport: "udp", Prefix: -1, Message: s.Original,
		Server: lookup.Server{Name: lookup.Name(to.Name + "."), Addr: netip.AddrPortFrom(to.Addrs[0], 53), Role: roles[to.Role]},
		Zone:   zoneAbout(to.Zones, s.Question.Name),
	}
	if s.TCP {
		edit.Transport, edit.Prefix = "tcp", s.Prefix
	}
	edit.Edits, edit.Omitted = lookup.EditsOf(s.Original, s.Bytes)
	in.stub.Send(ctx, step, stub.Sending{Edit: edit, Question: s.Question, Bytes: s.Bytes, Timeout: in.slowly(silence)})
}

// zoneAbout is the zone of a server that is closest around a name, its first
// one where none is, "" for a resolver, which has none.
func zoneAbout(zones []string, name lookup.Name) lookup.Name {
	best := lookup.Name("")
	for _, z := range zones {
		if zone := lookup.Name(z); name.In(zone) && (best == "" || zone.CountLabels() > best.CountLabels()) {
			best = zone
		}
	}
	if best == "" && len(zones) > 0 {
		best = lookup.Name(strings.ToLower(zones[0]))
	}
	return best
}
