package hosting

import (
	"slices"
	"strconv"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/lab/auth"
)

// Split makes a name a zone of its own (RFC 1034 section 4.2): its records and
// all below it leave the zone that they are in, which gets a delegation with glue
// in their place. The new zone begins on two servers, or, without names of servers,
// on those of the zone above: then no walk is longer than before, since one server
// has both. A zone above that is signed is signed anew. The error is a *PlaceError
// where no cut can be.
func (o *Operator) Split(name, primary, secondary lookup.Name) (Run, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	name = name.Canonical()
	above := o.home(name)
	switch {
	case above == nil:
		return Run{}, ErrNoPlace
	case above.name == name:
		return Run{}, &PlaceError{Field: "name", Code: "apex", About: name}
	}
	if _, shipped := o.shipped.zones[name]; !shipped && o.added() >= maxNew {
		return Run{}, &PlaceError{Field: "name", Code: "full", About: name, Size: maxNew}
	}
	var at []*site
	if primary == "" && secondary == "" {
		for _, c := range above.copies {
			at = append(at, c.at)
		}
	} else {
		first, second, err := o.pair(primary, secondary)
		if err != nil {
			return Run{}, err
		}
		at = []*site{first, second}
	}
	upper, lower, err := o.divided(above, above.copies[0].zone.RRs(), name, at)
	if err != nil {
		return Run{}, err
	}
	z, err := auth.NewZone(lower)
	if err != nil {
		return Run{}, &PlaceError{Field: "name", Code: "conflict", About: name}
	}
	return o.alter(Edited{Do: "split", Zone: above.name, What: name.Short()}, func() (*run, error) {
		if err := o.add(name, z, "; Cut off from "+above.name.Short()+" in this room.\n\n"+write(z), at...); err != nil {
			return nil, err
		}
		return o.replaceRecords(above, upper)
	})
}

// pair finds two servers, which must be different ones. The lock is held.
func (o *Operator) pair(primary, secondary lookup.Name) (first, second *site, err error) {
	first, second = o.sites[primary], o.sites[secondary]
	switch {
	case first == nil:
		return nil, nil, &PlaceError{Field: "primary", Code: "server", About: primary}
	case second == nil:
		return nil, nil, &PlaceError{Field: "secondary", Code: "server", About: secondary}
	case first == second:
		return nil, nil, &PlaceError{Field: "secondary", Code: "same", About: secondary}
	}
	return first, second, nil
}

// divided are all the records of a zone as those that stay and those of a zone
// that is cut off from it. The lock is held.
func (o *Operator) divided(above *hosted, all []dns.RR, name lookup.Name, at []*site) (upper, lower []dns.RR, err error) {
	if c := cutAbove(cuts(all, above.name), name); c != "" {
		return nil, nil, &PlaceError{Field: "name", Code: "delegated", About: c}
	}
	var inside []dns.RR
	for _, rr := range all {
		switch {
		case !owner(rr).In(name):
			upper = append(upper, rr)
		case owner(rr) == name && rr.Header().Rrtype == dns.TypeCNAME:
			return nil, nil, &PlaceError{Field: "name", Code: "alias", About: name}
		default:
			inside = append(inside, rr)
		}
	}
	if len(inside) == 0 {
		return nil, nil, &PlaceError{Field: "name", Code: "nothing", About: name}
	}
	own := nameServers(all, above.name)
	ttl := own[0].Hdr.Ttl
	hosts, glue := hostsFor(above, name, at, own, inside, ttl)
	soa := above.copies[0].zone.SOA()
	soa.Hdr.Name, soa.Ns, soa.Serial = string(name), hosts[0], uint32(lookup.Serial(0).Next(o.cfg.Clock.Now()))
	lower = []dns.RR{soa}
	for _, host := range hosts {
		lower = append(lower, &dns.NS{Hdr: dns.RR_Header{Name: string(name), Rrtype: dns.TypeNS, Class: dns.ClassINET, Ttl: ttl}, Ns: host})
		upper = append(upper, &dns.NS{Hdr: dns.RR_Header{Name: string(name), Rrtype: dns.TypeNS, Class: dns.ClassINET, Ttl: ttl}, Ns: host})
	}
	lower = append(append(lower, glue...), inside...)
	return withGlue(upper, name, lower, ttl), lower, nil
}

// hostsFor are what the servers of a new zone are called in its NS records, and
// the addresses that it has of them: as the zone above calls them where it is on the
// same servers, else by names of its own, so that there is glue.
func hostsFor(above *hosted, name lookup.Name, at []*site, own []*dns.NS, inside []dns.RR, ttl uint32) (hosts []string, glue []dns.RR) {
	same := len(at) == len(above.copies)
	for i := range at {
		same = same && above.copies[i].at == at[i]
	}
	if same {
		for _, ns := range own {
			hosts = append(hosts, ns.Ns)
		}
		return hosts, nil
	}
	n := 0
	for _, s := range at {
		host := lookup.Name("")
		for host == "" || slices.ContainsFunc(inside, func(rr dns.RR) bool { return owner(rr).In(host) }) {
			n++
			host = lookup.Name("ns" + strconv.Itoa(n) + "." + string(name))
		}
		hosts = append(hosts, string(host))
		glue = append(glue, addresses(host, ttl, s.Addrs)...)
	}
	return hosts, glue
}

// Join puts a zone back into the one above it: its records go there, its
// delegation and glue end, and so do its copies on all servers. The zone above is
// signed anew if it is signed; what was signed before with keys of its own is so
// with those of the zone above.
func (o *Operator) Join(zone lookup.Name) (Run, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	h, above, err := o.delegatedZone(zone)
	if err != nil {
		return Run{}, err
	}
	joined := oneZone(h, above)
	return o.alter(Edited{Do: "join", Zone: above.name, What: h.name.Short()}, func() (*run, error) {
		next := o.image()
		delete(next.zones, h.name)
		if err := o.become(next); err != nil {
			return nil, err
		}
		return o.replaceRecords(above, joined)
	})
}

// oneZone are the records of a zone and of one that it delegates as one zone's.
func oneZone(h, above *hosted) (all []dns.RR) {
	for _, rr := range above.copies[0].zone.RRs() {
		if !owner(rr).In(h.name) {
			all = append(all, rr)
		}
	}
	for _, rr := range h.copies[0].zone.RRs() {
		if t := rr.Header().Rrtype; owner(rr) != h.name || t != dns.TypeSOA && t != dns.TypeNS {
			all = append(all, rr)
		}
	}
	return all
}

// Recut moves the cut above a zone to another name below the same zone above: the
// zone ends, and one that begins at that name is on its servers. It is Join and
// Split as one edit, with one walk before and one after. The error is a *PlaceError
// where no cut can be, of field "zone" or "name".
func (o *Operator) Recut(zone, to lookup.Name) (Run, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	h, above, err := o.delegatedZone(zone)
	if err != nil {
		return Run{}, err
	}
	to = to.Canonical()
	switch {
	case o.zones[to] != nil:
		return Run{}, &PlaceError{Field: "name", Code: "apex", About: to}
	case !to.Below(above.name):
		return Run{}, &PlaceError{Field: "name", Code: "outside", About: above.name}
	}
	var at []*site
	for _, c := range h.copies {
		at = append(at, c.at)
	}
	upper, lower, err := o.divided(above, oneZone(h, above), to, at)
	if err != nil {
		return Run{}, err
	}
	z, err := auth.NewZone(lower)
	if err != nil {
		return Run{}, &PlaceError{Field: "name", Code: "conflict", About: to}
	}
	return o.alter(Edited{Do: "recut", Zone: above.name, What: h.name.Short() + " → " + to.Short()}, func() (*run, error) {
		next := o.image()
		delete(next.zones, h.name)
		img := zoneImage{text: "; Cut off from " + above.name.Short() + " in this room.\n\n" + write(z), changed: true, managed: true}
		for _, s := range at {
			img.copies = append(img.copies, copyImage{server: s.Name, zone: z})
		}
		next.zones[to] = img
		if err := o.become(next); err != nil {
			return nil, err
		}
		return o.replaceRecords(above, upper)
	})
}
