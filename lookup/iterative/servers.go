package iterative

import (
	"net/netip"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

// maxServers bounds the servers of one zone, maxAddresses the addresses of one
// of them, also where they come from the cache.
const (
	maxServers   = 13
	maxAddresses = 8
)

// closest finds where to begin: the servers of the deepest zone around the
// name that the cache knows and that can be asked, else the root hints
// (RFC 1034 §5.3.3 step 2).
func (w *walk) closest(step lookup.Step, name lookup.Name, rrtype lookup.Type) (zone lookup.Name, servers []lookup.NameServer, source string) {
	zone = name
	if rrtype == lookup.TypeDS {
		zone = name.Parent() // the parent's side of the cut has it (RFC 4035 §2.4)
	}
	for ; ; zone = zone.Parent() {
		s, _, ok := w.r.cache.Get(step, zone, lookup.TypeNS)
		if ok && s.Kind == lookup.CachePositive {
			if servers := w.addresses(step, nameServers(s.RRs)); w.startable(zone, servers) {
				w.r.cache.Hit(step, s, "servers")
				return zone, servers, "cache"
			}
		}
		if zone == lookup.Root {
			if w.prime(step) {
				if s, _, ok := w.r.cache.Get(step, zone, lookup.TypeNS); ok && s.Kind == lookup.CachePositive {
					if servers := w.addresses(step, nameServers(s.RRs)); w.startable(zone, servers) {
						return lookup.Root, servers, "cache"
					}
				}
			}
			return lookup.Root, w.r.hints, "hints"
		}
	}
}

// nameServers are the servers that an NS set names, without addresses.
func nameServers(rrs []dns.RR) []lookup.NameServer {
	out := make([]lookup.NameServer, 0, len(rrs))
	for _, rr := range rrs {
		if ns, ok := rr.(*dns.NS); ok && len(out) < maxServers {
			out = append(out, lookup.NameServer{Name: message.NameOf(ns.Ns), Addrs: []netip.Addr{}, Glue: lookup.GlueNone})
		}
	}
	return out
}

// addresses fills in from the cache the addresses of servers that have none.
func (w *walk) addresses(step lookup.Step, servers []lookup.NameServer) []lookup.NameServer {
	out := servers
	for i, ns := range servers {
		if len(ns.Addrs) > 0 {
			continue
		}
		var addrs []netip.Addr
		for _, t := range [2]lookup.Type{lookup.TypeA, lookup.TypeAAAA} {
			s, _, ok := w.r.cache.Get(step, ns.Name, t)
			if !ok || s.Kind != lookup.CachePositive {
				continue
			}
			addrs = appendAddrs(addrs, s.RRs)
		}
		if len(addrs) == 0 {
			continue
		}
		if &out[0] == &servers[0] {
			out = append([]lookup.NameServer(nil), servers...) // the other slice may be in a fact already
		}
		out[i].Addrs, out[i].Glue = addrs, lookup.GlueCache
	}
	return out
}

func appendAddrs(addrs []netip.Addr, rrs []dns.RR) []netip.Addr {
	for _, rr := range rrs {
		if a, ok := message.Addr(rr); ok && len(addrs) < maxAddresses {
			addrs = append(addrs, a)
		}
	}
	return addrs
}

// startable reports whether a walk can begin at a cached zone. If no address
// that can be reached is known and every server's name lies inside the zone, or is just being
// looked for, only the parent's glue helps: the walk must begin further up.
func (w *walk) startable(zone lookup.Name, servers []lookup.NameServer) bool {
	for _, ns := range servers {
		if w.r.times.reachable(ns.Addrs) {
			return true
		}
	}
	for _, ns := range servers {
		if !ns.Name.In(zone) && !w.looping(ns.Name) && w.missing[ns.Name.Canonical()] == "" {
			return true
		}
	}
	return false
}

// looping reports whether a server's address is being looked for already.
func (w *walk) looping(name lookup.Name) bool {
	for _, x := range w.stack {
		if x.name.Equal(name) {
			return true
		}
	}
	return false
}
