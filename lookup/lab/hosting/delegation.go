package hosting

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"rootwalk/lookup"
)

// maxDelegations is how many delegations of a zone are told.
const maxDelegations = 64

// Delegations lists the zone cuts of a zone in order.
func (o *Operator) Delegations(zone lookup.Name) ([]lookup.Delegation, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	h, err := o.zone(zone)
	if err != nil {
		return nil, err
	}
	rrs := h.copies[0].zone.RRs()
	var out []lookup.Delegation
	for _, child := range cutsOf(h.name, rrs) {
		if len(out) == maxDelegations {
			break
		}
		out = append(out, o.delegation(h.name, child, rrs))
	}
	return out, nil
}

// cutsOf are the owners of NS records below the apex.
func cutsOf(zone lookup.Name, rrs []dns.RR) (cuts []lookup.Name) {
	for _, rr := range rrs {
		if name := lookup.Name(rr.Header().Name).Canonical(); rr.Header().Rrtype == dns.TypeNS && name != zone && !slices.Contains(cuts, name) {
			cuts = append(cuts, name)
		}
	}
	return cuts
}

// delegation compares a cut with its child. The lock is held.
func (o *Operator) delegation(parent, child lookup.Name, rrs []dns.RR) lookup.Delegation {
	d := lookup.Delegation{Parent: parent, Child: child}
	at := func(name lookup.Name) *lookup.DelegatedServer {
		name = name.Canonical()
		i := slices.IndexFunc(d.Servers, func(s lookup.DelegatedServer) bool { return s.Name == name })
		if i < 0 {
			i = len(d.Servers)
			d.Servers = append(d.Servers, lookup.DelegatedServer{Name: name, InDomain: name.In(child)})
			d.Servers[i].Glue = addressesOf(rrs, name)
			d.Servers[i].Addrs, d.Servers[i].Known = o.addresses(name)
		}
		return &d.Servers[i]
	}
	for _, rr := range rrs {
		if !lookup.Name(rr.Header().Name).Equal(child) {
			continue
		}
		switch rr := rr.(type) {
		case *dns.NS:
			at(lookup.Name(rr.Ns)).Parent = true
			d.TTLSec = rr.Hdr.Ttl
		case *dns.DS:
			d.DS = append(d.DS, dataText(rr))
		case *dns.CDS:
			d.Withdrawn = true
		}
	}
	h := o.zones[child]
	d.Here = h != nil
	if h != nil {
		for _, ns := range h.copies[0].zone.NameServers() {
			at(lookup.Name(ns.Name)).Child = true
		}
	}
	if o.cfg.DS != nil {
		var made []string
		d.ChildDS, made = o.cfg.DS(child)
		d.Signed = len(d.ChildDS) > 0
		if len(d.DS) == 0 && !d.Withdrawn && o.signed(parent) {
			d.DS, d.Made = made, len(made) > 0
		}
	}
	o.compare(&d)
	return d
}

// compare finds what does not fit. The operator's lock is held.
func (o *Operator) compare(d *lookup.Delegation) {
	fault := func(kind string, s lookup.Name, a netip.Addr) {
		d.Faults = append(d.Faults, lookup.DelegationFault{Kind: kind, Server: s, Addr: a})
	}
	for _, s := range d.Servers {
		switch {
		case d.Here && s.Parent && !s.Child:
			fault("ns.parent", s.Name, netip.Addr{})
		case !s.Parent:
			fault("ns.child", s.Name, netip.Addr{})
			continue
		}
		if s.InDomain && len(s.Glue) == 0 {
			fault("glue.missing", s.Name, netip.Addr{})
		}
		for _, a := range s.Glue {
			if s.Known && !slices.Contains(s.Addrs, a) {
				fault("glue.stale", s.Name, a)
			}
		}
		for _, a := range s.Addrs {
			if s.Known && len(s.Glue) > 0 && !slices.Contains(s.Glue, a) {
				fault("glue.short", s.Name, a)
			}
		}
		asked := s.Glue
		if len(asked) == 0 {
			asked = s.Addrs
		}
		for _, a := range asked {
			switch site := o.siteAt(a); {
			case site == nil:
				fault("nobody", s.Name, a)
			case d.Here && site.copies[d.Child] == nil:
				fault("lame", s.Name, a)
			}
		}
	}
	if !o.signed(d.Parent) { // what an unsigned parent has, nobody believes
		return
	}
	switch {
	case d.Signed && len(d.DS) == 0:
		fault("ds.missing", d.Child, netip.Addr{})
	case d.Signed && !slices.ContainsFunc(d.DS, func(have string) bool {
		return slices.ContainsFunc(d.ChildDS, func(fits string) bool { return strings.EqualFold(have, fits) })
	}):
		fault("ds.wrong", d.Child, netip.Addr{})
	case d.Here && !d.Signed && len(d.DS) > 0:
		fault("ds.unsigned", d.Child, netip.Addr{})
	}
}

// signed reports whether the lab signs a zone.
func (o *Operator) signed(zone lookup.Name) bool {
	if o.cfg.DS == nil {
		return false
	}
	fits, _ := o.cfg.DS(zone)
	return len(fits) > 0
}

// siteAt is the name server with an address, nil for none.
func (o *Operator) siteAt(a netip.Addr) *site {
	for _, name := range o.order {
		if s := o.sites[name]; slices.Contains(s.Addrs, a) {
			return s
		}
	}
	return nil
}

// addressesOf are the addresses of a name among records.
func addressesOf(rrs []dns.RR, name lookup.Name) (out []netip.Addr) {
	for _, rr := range rrs {
		if !lookup.Name(rr.Header().Name).Equal(name) {
			continue
		}
		switch rr := rr.(type) {
		case *dns.A:
			if a, ok := netip.AddrFromSlice(rr.A.To4()); ok {
				out = append(out, a)
			}
		case *dns.AAAA:
			if a, ok := netip.AddrFromSlice(rr.AAAA.To16()); ok {
				out = append(out, a)
			}
		}
	}
	return out
}

// addresses are those that the zone of a name has for it; known says that the
// lab has that zone. The lock is held.
func (o *Operator) addresses(name lookup.Name) (addrs []netip.Addr, known bool) {
	h := o.zoneOf(name)
	if h == nil {
		return nil, false
	}
	rrs := h.copies[0].zone.RRs()
	for _, cut := range cutsOf(h.name, rrs) {
		if name.In(cut) { // in a zone that nobody has
			return nil, false
		}
	}
	return addressesOf(rrs, name), true
}

// zoneOf is the zone that a name is in, nil for none. The lock is held.
func (o *Operator) zoneOf(name lookup.Name) (deepest *hosted) {
	for zone, h := range o.zones {
		if name.In(zone) && (deepest == nil || zone.CountLabels() > deepest.name.CountLabels()) {
			deepest = h
		}
	}
	return deepest
}

// Bounds of a delegation that is filled in.
const (
	maxDelegated = 13
	maxGlue      = 8 // for one server
	maxDS        = 8
)

// EditDelegation makes a delegation in its parent's file what a registrar is
// told. The error is a *lookup.ZoneMistake with its field and the line in it.
func (o *Operator) EditDelegation(e lookup.DelegationEdit) (Run, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	h, err := o.zone(e.Parent)
	if err != nil {
		return Run{}, err
	}
	e.Child = e.Child.Canonical()
	if e.Child == h.name || !e.Child.In(h.name) {
		return Run{}, ErrNoPlace
	}
	l := layoutOf(h.name, o.text(h), h.copies[0].zone)
	if l == nil {
		return Run{}, ErrUnknownRecord
	}
	fresh, err := readDelegation(e)
	if err != nil {
		return Run{}, err
	}
	var old []int
	for i, r := range l.records {
		if lookup.Name(r.rr.Header().Name).In(e.Child) {
			switch r.rr.Header().Rrtype {
			case dns.TypeNS, dns.TypeDS, dns.TypeCDS, dns.TypeA, dns.TypeAAAA:
				old = append(old, i)
			}
		}
	}
	if len(old)+len(fresh) == 0 {
		return Run{}, ErrUnknownRecord
	}
	return o.alter(Edited{Do: "delegation", Zone: h.name, What: e.Child.Short()}, func() (*run, error) { return o.rewrite(h, l, old, fresh, !e.Keep, true) })
}

// readDelegation reads what was filled in.
func readDelegation(e lookup.DelegationEdit) (out []dns.RR, err error) {
	header := func(name lookup.Name, typ uint16) dns.RR_Header {
		return dns.RR_Header{Name: string(name), Rrtype: typ, Class: dns.ClassINET, Ttl: e.TTL}
	}
	wrong := func(field string, line int, code, token, text string) error {
		return &lookup.ZoneMistake{Line: line, Code: code, Field: field, Params: map[string]string{"token": lookup.Printable(token), "name": lookup.Printable(token), "child": string(e.Child)}, Text: text}
	}
	if e.TTL > 1<<31-1 {
		return nil, wrong("ttl", 0, "ttl", fmt.Sprint(e.TTL), "the TTL is too large")
	}
	if len(e.Servers) > maxRecordText || len(e.DS) > maxRecordText {
		return nil, wrong("servers", 0, "field.long", "", "too long")
	}
	var glue []dns.RR
	seen := map[lookup.Name]bool{}
	for i, line := range strings.Split(e.Servers, "\n") {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		name, err := lookup.ParseName(fields[0])
		switch name = name.Canonical(); {
		case err != nil:
			return nil, wrong("servers", i+1, "owner", fields[0], "this is no name")
		case seen[name]:
			return nil, wrong("servers", i+1, "server.twice", fields[0], "this server is there twice")
		case len(seen) == maxDelegated || len(fields) > 1+maxGlue:
			return nil, wrong("servers", i+1, "server.many", fields[0], "more than 13 servers, or more than 8 addresses for one")
		case len(fields) > 1 && !name.In(e.Child):
			return nil, wrong("servers", i+1, "glue.outside", fields[0], "its addresses are in another zone: no glue here")
		}
		seen[name] = true
		out = append(out, &dns.NS{Hdr: header(e.Child, dns.TypeNS), Ns: string(name)})
		for _, text := range fields[1:] {
			a, err := netip.ParseAddr(text)
			if err != nil || a.Zone() != "" {
				return nil, wrong("servers", i+1, "address", text, "this is no address")
			}
			if a = a.Unmap(); a.Is4() {
				glue = append(glue, &dns.A{Hdr: header(name, dns.TypeA), A: a.AsSlice()})
			} else {
				glue = append(glue, &dns.AAAA{Hdr: header(name, dns.TypeAAAA), AAAA: a.AsSlice()})
			}
		}
	}
	for i, line := range strings.Split(e.DS, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		l := layout{zone: e.Child}
		rr, err := l.read(lookup.RecordText{Name: "@", TTL: ttlText(e.TTL), Type: "DS", Data: line})
		if err != nil {
			return nil, wrong("ds", i+1, "data", line, "this is no DS record")
		}
		if out = append(out, rr); len(out) > maxDelegated+maxDS {
			return nil, wrong("ds", i+1, "server.many", line, "too many DS records")
		}
	}
	if e.NoDS {
		if len(out) > len(seen) {
			return nil, wrong("ds", 0, "ds.both", "", "DS records, and none at all")
		}
		out = append(out, &dns.CDS{DS: dns.DS{Hdr: header(e.Child, dns.TypeCDS), Digest: "00"}})
	}
	if len(seen) == 0 && len(out) > 0 {
		return nil, wrong("servers", 0, "server.none", "", "DS records, but no server")
	}
	return append(out, glue...), nil
}

// Apart compares each secondary's copy of a zone with the primary's.
func (o *Operator) Apart(zone lookup.Name) ([]lookup.CopyApart, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	h, err := o.zone(zone)
	if err != nil {
		return nil, err
	}
	primary := h.copies[0].zone
	out := make([]lookup.CopyApart, 0, len(h.copies)-1)
	for _, c := range h.copies[1:] {
		if c.zone == nil {
			continue
		}
		a := lookup.CopyApart{Server: c.at.Name, Serial: c.zone.Serial(), Order: lookup.Serial(primary.Serial()).Compare(lookup.Serial(c.zone.Serial()))}
		if c.zone != primary {
			change := difference(c.zone, primary)
			a.Records = len(change.Added) + len(change.Deleted)
		}
		out = append(out, a)
	}
	return out, nil
}
