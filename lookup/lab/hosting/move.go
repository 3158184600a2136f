package hosting

import (
	"slices"

	"github.com/miekg/dns"

	"rootwalk/lookup"
)

// Move takes a zone off one server and puts it on another, with the same part:
// the primary stays the primary. From then on the first really refuses questions
// about the zone and the second answers them. The zone's own NS records follow,
// and its secondaries copy that. The zone above follows too, with glue, unless
// leave is set: then it still names the old server, a lame delegation, as when
// somebody changes providers and forgets the registrar. The error is a
// *PlaceError where the move makes no sense.
func (o *Operator) Move(zone, from, to lookup.Name, leave bool) (Run, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	h, err := o.zone(zone)
	if err != nil {
		return Run{}, err
	}
	src, dst := o.sites[from], o.sites[to]
	switch {
	case src == nil || dst == nil:
		return Run{}, ErrUnknownServer
	case h.name == lookup.Root:
		return Run{}, &PlaceError{Field: "zone", Code: "root", About: h.name}
	case src.copies[h.name] == nil:
		return Run{}, &PlaceError{Field: "from", Code: "absent", About: src.Name}
	case dst.copies[h.name] != nil:
		return Run{}, &PlaceError{Field: "to", Code: "there", About: dst.Name}
	}
	what := src.Name.Short() + " → " + dst.Name.Short()
	return o.alter(Edited{Do: "move", Zone: h.name, What: what}, func() (*run, error) {
		above := o.above(h.name)
		own := renamed(h.copies[0].zone.RRs(), h.name, h.name, src, dst, o.leadsTo(h, h, src))
		delegation := renamed(above.copies[0].zone.RRs(), above.name, h.name, src, dst, o.leadsTo(h, above, src))
		next := o.image()
		z := next.zones[h.name]
		z.copies = slices.Clone(z.copies)
		for i := range z.copies {
			if z.copies[i].server == from {
				z.copies[i] = copyImage{server: to, zone: z.primary()}
			}
		}
		next.zones[h.name] = z
		if err := o.become(next); err != nil {
			return nil, err
		}
		r, err := o.replaceRecords(h, own)
		if err != nil || leave {
			return r, err
		}
		if sameRecords(above.copies[0].zone.RRs(), delegation) {
			return r, nil
		}
		other, err := o.replaceRecords(above, delegation)
		if err == nil {
			o.together(r, other)
		}
		return r, err
	})
}

func sameRecords(a, b []dns.RR) bool {
	keys := func(rrs []dns.RR) (out []string) {
		for _, rr := range rrs[1:] {
			out = append(out, recordKey(rr))
		}
		slices.Sort(out)
		return out
	}
	return slices.Equal(keys(a), keys(b))
}

// leadsTo are the NS targets of a zone, as it or the zone above names them, that
// lead to a server. The lock is held.
func (o *Operator) leadsTo(h, in *hosted, s *site) (out []lookup.Name) {
	for _, n := range o.hosts(h, in) {
		if n.Server == s.Name || n.Name == s.Name {
			out = append(out, n.Name)
		}
	}
	return out
}

// renamed is a zone's records with the NS records of one owner, the zone itself
// or one that it delegates, naming another server. A host name of the moved zone's
// own keeps its name and gets the new addresses; else the new server is named as
// it is called, with glue where this zone can have it.
func renamed(rrs []dns.RR, zone, of lookup.Name, src, dst *site, old []lookup.Name) []dns.RR {
	ttl := uint32(300)
	if all := nameServers(rrs, of); len(all) > 0 {
		ttl = all[0].Hdr.Ttl
	}
	target := dst.Name
	for _, name := range old {
		if name.Below(of) && name != src.Name {
			target = name // the host is theirs: it has another address from now on
		}
	}
	named := false
	out := slices.DeleteFunc(rrs, func(rr dns.RR) bool {
		switch ns, isNS := rr.(*dns.NS); {
		case isNS && owner(rr) == of:
			host := lookup.Name(dns.CanonicalName(ns.Ns))
			if host == target {
				named = true
			}
			return host != target && slices.Contains(old, host)
		default:
			return target != dst.Name && isAddress(rr) && owner(rr) == target
		}
	})
	if !named {
		out = append(out, &dns.NS{Hdr: dns.RR_Header{Name: string(of), Rrtype: dns.TypeNS, Class: dns.ClassINET, Ttl: ttl}, Ns: string(target)})
	}
	if target.In(zone) && !hasAddress(out, target) && (target.In(of) || cutAbove(cuts(out, zone), target) != "") {
		out = append(out, addresses(target, ttl, dst.Addrs)...)
	}
	return withoutStrayGlue(out, zone, old)
}

// delegatedZone is a zone and the one that delegates it; the root has none above.
func (o *Operator) delegatedZone(zone lookup.Name) (h, above *hosted, err error) {
	if h, err = o.zone(zone); err != nil {
		return nil, nil, err
	}
	if above = o.above(h.name); above == nil {
		return nil, nil, &PlaceError{Field: "zone", Code: "root", About: h.name}
	}
	return h, above, nil
}

// Follow makes the delegation in the zone above what the zone itself says: its
// NS records and the addresses of their hosts. It is what repairs a delegation that
// was left behind.
func (o *Operator) Follow(zone lookup.Name) (Run, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	h, above, err := o.delegatedZone(zone)
	if err != nil {
		return Run{}, err
	}
	rrs := delegated(above.copies[0].zone.RRs(), above.name, h.name, h.copies[0].zone.RRs())
	if sameRecords(above.copies[0].zone.RRs(), rrs) {
		return Run{}, &PlaceError{Field: "zone", Code: "agrees", About: h.name}
	}
	return o.alter(Edited{Do: "follow", Zone: above.name, What: h.name.Short()}, func() (*run, error) { return o.replaceRecords(above, rrs) })
}

// delegated is a zone's records with a delegation as the delegated zone would
// have it.
func delegated(rrs []dns.RR, zone, child lookup.Name, own []dns.RR) []dns.RR {
	ttl := uint32(300)
	if all := nameServers(rrs, child); len(all) > 0 {
		ttl = all[0].Hdr.Ttl
	}
	out := slices.DeleteFunc(rrs, func(rr dns.RR) bool {
		return owner(rr).In(child) && (isAddress(rr) || rr.Header().Rrtype == dns.TypeNS)
	})
	for _, ns := range nameServers(own, child) {
		out = append(out, &dns.NS{Hdr: dns.RR_Header{Name: string(child), Rrtype: dns.TypeNS, Class: dns.ClassINET, Ttl: ttl}, Ns: ns.Ns})
	}
	return withGlue(out, child, own, ttl)
}

// withGlue adds the addresses of all hosts below a delegation that the NS records
// of a zone name.
func withGlue(rrs []dns.RR, child lookup.Name, own []dns.RR, ttl uint32) []dns.RR {
	needed := map[lookup.Name]bool{}
	for _, rr := range rrs {
		if ns, ok := rr.(*dns.NS); ok {
			if host := lookup.Name(dns.CanonicalName(ns.Ns)); host.In(child) {
				needed[host] = true
			}
		}
	}
	for _, rr := range own {
		if isAddress(rr) && needed[owner(rr)] {
			glue := dns.Copy(rr)
			glue.Header().Ttl = ttl
			rrs = append(rrs, glue)
		}
	}
	return rrs
}
