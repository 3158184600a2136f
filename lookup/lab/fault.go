package lab

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"rootwalk/lookup"
)

// ErrFault says that a fault does not exist, or not at that place.
var ErrFault = errors.New("lab: no such fault there")

// maxFaults bounds the faults of one lab at once.
const maxFaults = 32

// faults is what is wrong in a lab. Each method brings the lab in step with
// the list as a whole: links, sockets, behaviour of servers.
type faults struct {
	mu   sync.Mutex
	list []lookup.Fault
}

// linkKinds, serverKinds and resolverKinds are the faults that a place can have.
var (
	linkKinds     = []lookup.FaultKind{lookup.FaultDown, lookup.FaultLoss, lookup.FaultDelay, lookup.FaultDuplicate, lookup.FaultReorder, lookup.FaultNoIPv6, lookup.FaultNoIPv4}
	resolverKinds = []lookup.FaultKind{lookup.FaultStopped, lookup.FaultSilent}
	serverKinds   = []lookup.FaultKind{
		lookup.FaultStopped, lookup.FaultSilent, lookup.FaultLame, lookup.FaultRefused, lookup.FaultServfail, lookup.FaultFormErr,
		lookup.FaultWrongID, lookup.FaultTC, lookup.FaultNoTCP, lookup.FaultOldGone, lookup.FaultOldAddr,
	}
)

// FaultPlaces lists every link, server, resolver and zone that can have a
// fault, from the learner outwards.
func (l *Lab) FaultPlaces() []lookup.FaultPlace {
	var out []lookup.FaultPlace
	place := func(sort, name string, role Role, kinds []lookup.FaultKind, at []netip.Addr) {
		out = append(out, lookup.FaultPlace{ID: sort + ":" + name, Sort: sort, Name: name, Role: string(role), Kind: kinds, At: at})
	}
	resolvers := []netip.Addr{l.ResolverAddr("R1"), l.ResolverAddr("R2")}
	place("link", accessSegment, RoleRouter, linkKinds, resolvers)
	for _, name := range []string{"R1", "R2"} {
		place("resolver", name, RoleResolver, resolverKinds, []netip.Addr{l.ResolverAddr(name)})
		place("link", name, RoleResolver, linkKinds, []netip.Addr{l.ResolverAddr(name)})
	}
	for _, n := range networks {
		if n.segment != "isp" {
			place("link", n.segment, RoleRouter, linkKinds, addrsOn(func(m machine) bool { return m.segment == n.segment }))
		}
	}
	for _, m := range machines {
		if m.segment == "isp" {
			continue
		}
		place("link", m.name, roleOf(m), linkKinds, addrsOn(func(o machine) bool { return o.name == m.name }))
	}
	for _, s := range l.plan {
		place("server", s.name, s.role, serverKinds, s.addrs())
	}
	for _, zone := range faultyZones() {
		kinds := []lookup.FaultKind{}
		if _, signed := signedBy[zone]; signed {
			kinds = append(kinds, lookup.FaultExpired)
		}
		for _, g := range glues {
			if g.parent == zone {
				kinds = append(kinds, lookup.FaultGlueDead, lookup.FaultGlueOther)
				break
			}
		}
		p := lookup.FaultPlace{ID: "zone:" + zone, Sort: "zone", Name: zone, Kind: kinds, Zone: lookup.Name(zone)}
		out = append(out, p)
	}
	return out
}

// faultyZones are the zones whose data can be wrong.
func faultyZones() []string {
	zones := []string{}
	for _, g := range glues {
		zones = append(zones, g.parent)
	}
	for zone := range signedBy {
		zones = append(zones, zone)
	}
	slices.Sort(zones)
	return slices.Compact(zones)
}

func roleOf(m machine) Role {
	for _, s := range nameServers {
		if s.machine == m.name {
			return s.role
		}
	}
	return RoleWeb
}

// addrsOn are the addresses of all servers on some machines, and of the
// machines themselves.
func addrsOn(which func(machine) bool) []netip.Addr {
	var out []netip.Addr
	for _, m := range machines {
		if !which(m) {
			continue
		}
		for _, p := range prefixes(m.addrs...) {
			out = append(out, p.Addr())
		}
		for _, s := range nameServers {
			if s.machine == m.name {
				out = append(out, s.addrs()...)
			}
		}
	}
	return out
}

// Faults lists what is wrong now.
func (l *Lab) Faults() []lookup.Fault {
	l.faults.mu.Lock()
	defer l.faults.mu.Unlock()
	return slices.Clone(l.faults.list)
}

// SetFaults makes a list of faults all that is wrong; none repairs everything.
// Packets under way are not called back. It is an error, and changes nothing,
// if a fault does not exist at its place.
func (l *Lab) SetFaults(list ...lookup.Fault) error {
	places := l.FaultPlaces()
	kept := []lookup.Fault{}
	for _, f := range list {
		i := slices.IndexFunc(places, func(p lookup.FaultPlace) bool { return p.ID == f.At })
		if i < 0 || !slices.Contains(places[i].Kind, f.Kind) {
			return fmt.Errorf("%w: %s at %s", ErrFault, f.Kind, f.At)
		}
		switch f.Kind {
		case lookup.FaultLoss, lookup.FaultDuplicate, lookup.FaultReorder:
			f.Amount = min(max(f.Amount, 1), lookup.MaxFaultPercent)
		case lookup.FaultDelay:
			f.Amount = min(max(f.Amount, 1), lookup.MaxFaultDelay)
		default:
			f.Amount = 0
		}
		kept = slices.DeleteFunc(kept, func(o lookup.Fault) bool { return o.Kind == f.Kind && o.At == f.At })
		kept = append(kept, f)
	}
	if len(kept) > maxFaults {
		return fmt.Errorf("%w: %d at once are the most", ErrFault, maxFaults)
	}
	l.faults.mu.Lock()
	defer l.faults.mu.Unlock()
	l.mu.Lock()
	closed := l.closed
	l.mu.Unlock()
	if closed {
		return errClosed
	}
	l.faults.list = kept
	return l.apply(kept)
}

// apply brings everything in step with a list of faults.
func (l *Lab) apply(list []lookup.Fault) error {
	at := map[string][]lookup.Fault{}
	for _, f := range list {
		at[f.At] = append(at[f.At], f)
	}
	var errs []error
	for _, s := range l.plan {
		here := at["server:"+s.name]
		errs = append(errs, l.run(s, !has(here, lookup.FaultStopped)))
		l.desks[s.machine].refuse(s.addrs(), has(here, lookup.FaultStopped) || has(here, lookup.FaultNoTCP))
		l.servers[s.name].SetBehaviour(behaviour(here, glueFaults(s, at)))
	}
	quiet := func(name string, addrs []netip.Addr) []netip.Addr {
		if has(at[name], lookup.FaultSilent) {
			return addrs
		}
		return nil
	}
	for _, m := range machines {
		var silent []netip.Addr
		for _, s := range l.plan {
			if s.machine == m.name {
				silent = append(silent, quiet("server:"+s.name, s.addrs())...)
			}
		}
		if m.segment == "isp" {
			silent = append(silent, quiet("resolver:"+m.name, addrsOn(func(o machine) bool { return o.name == m.name }))...)
		}
		l.links[m.name].impair(at["link:"+m.name], silent)
	}
	l.links[accessSegment].impair(at["link:"+accessSegment], nil)
	for _, n := range networks {
		if n.segment != "isp" {
			l.links[n.segment].impair(at["link:"+n.segment], nil)
		}
	}
	expired := map[string]bool{}
	for zone := range signedBy {
		expired[zone] = has(at["zone:"+zone], lookup.FaultExpired)
	}
	l.keys.expire(expired)
	return errors.Join(errs...)
}

func has(list []lookup.Fault, kind lookup.FaultKind) bool {
	return slices.ContainsFunc(list, func(f lookup.Fault) bool { return f.Kind == kind })
}

// Stopped reports whether a resolver's program is to be down: whoever runs it
// sees to that.
func (l *Lab) Stopped(resolver string) bool {
	return slices.ContainsFunc(l.Faults(), func(f lookup.Fault) bool {
		return f.Kind == lookup.FaultStopped && f.At == "resolver:"+resolver
	})
}

// run opens or closes the UDP sockets of a server. Closed, its host tells
// askers so by ICMP (port unreachable).
func (l *Lab) run(s nameServer, on bool) error {
	if on == (len(l.sockets[s.name]) > 0) {
		return nil
	}
	if !on {
		for _, pc := range l.sockets[s.name] {
			pc.Close()
		}
		l.sockets[s.name] = nil
		return nil
	}
	return l.listen(s)
}

// glue is a delegation whose glue can be wrong: the parent's servers hand out
// another address for all name servers of the child.
type glue struct {
	parent, child string
	dead4, dead6  string // nobody has these
	other         string // this server has nothing of the child
}

var glues = []glue{
	{parent: "kr.", child: "example.co.kr.", dead4: "203.0.113.60", dead6: "2001:db8:53::60", other: "ns1.shop.example"},
	{parent: "example.", child: "shop.example.", dead4: "203.0.113.61", dead6: "2001:db8:53::61", other: "ns1.sister.example"},
	{parent: "test.", child: "y.test.", dead4: "198.51.100.157", dead6: "3fff:53::157", other: "ns1.shop.example"},
}

// glueFaults are the delegations that a server hands out wrongly.
func glueFaults(s nameServer, at map[string][]lookup.Fault) (wrong []wrongGlue) {
	for _, g := range glues {
		if !slices.Contains(s.zoneNames(), g.parent) {
			continue
		}
		faults := at["zone:"+g.parent]
		w := wrongGlue{child: strings.ToLower(g.child), v4: netip.MustParseAddr(g.dead4), v6: netip.MustParseAddr(g.dead6)}
		switch {
		case has(faults, lookup.FaultGlueDead):
		case has(faults, lookup.FaultGlueOther):
			i := slices.IndexFunc(nameServers, func(o nameServer) bool { return o.name == g.other })
			w.v4, w.v6 = nameServers[i].addrs()[0], nameServers[i].addrs()[1]
		default:
			continue
		}
		wrong = append(wrong, w)
	}
	return wrong
}
