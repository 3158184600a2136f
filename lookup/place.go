package lookup

// ZonePlace is a zone and its place: which servers have it, and which servers
// its own NS records and those of the zone above name (RFC 1034 §4.2.2). Where
// they differ, some walks end at a server that does not know the zone.
type ZonePlace struct {
	Zone    Name
	Above   Name        // the zone that delegates it, "" of the root
	At      []Name      // servers that have it, the primary first
	Own     []NamedHost // by its own NS records
	Named   []NamedHost // by the NS records of the zone above; none of the root
	Records int
	Shipped bool // it was there in the beginning
}

// NamedHost is the target of an NS record.
type NamedHost struct {
	Name   Name
	Server Name // that has this address, "" for nobody in this lab
	Serves bool // that server has the zone: else it is lame for it (RFC 9499 §7)
}

// Agrees reports whether both sets of NS records name the same hosts, and all of
// them serve the zone.
func (z ZonePlace) Agrees() bool {
	if z.Above == "" {
		return true
	}
	if len(z.Own) != len(z.Named) {
		return false
	}
	own := map[Name]NamedHost{}
	for _, h := range z.Own {
		own[h.Name.Canonical()] = h
	}
	for _, h := range z.Named {
		if o, ok := own[h.Name.Canonical()]; !ok || o.Server != h.Server || !h.Serves {
			return false
		}
	}
	return true
}
