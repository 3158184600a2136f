package lookuptest

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"rootwalk/lookup"
	"rootwalk/lookup/lab/auth"
)

// ServeZones puts authoritative servers for zones on a wire: each zone on
// all addresses that any of the zones has for its name servers. Zones are
// texts in master file format. It returns the root hints; one of the zones
// must be the root.
func (w *Wire) ServeZones(texts ...string) ([]lookup.NameServer, error) {
	var zones []*auth.Zone
	for i, text := range texts {
		z, err := auth.ParseZone(fmt.Sprintf("zone %d", i+1), strings.NewReader(text))
		if err != nil {
			return nil, err
		}
		zones = append(zones, z)
	}
	return w.Serve(zones)
}

// Serve is ServeZones for parsed zones.
func (w *Wire) Serve(zones []*auth.Zone) ([]lookup.NameServer, error) {
	held := map[netip.Addr][]*auth.Zone{}
	var hints []lookup.NameServer
	for _, z := range zones {
		for _, ns := range z.NameServers() {
			seen := map[netip.Addr]bool{}
			var addrs []netip.Addr
			for _, other := range zones {
				if !lookup.Name(ns.Name).In(lookup.Name(other.Origin())) {
					continue
				}
				for _, a := range other.Addrs(ns.Name) {
					if !seen[a] {
						seen[a] = true
						addrs = append(addrs, a)
						if !slices.Contains(held[a], z) {
							held[a] = append(held[a], z)
						}
					}
				}
			}
			if z.Origin() == "." {
				hints = append(hints, lookup.NameServer{Name: lookup.Name(ns.Name), Addrs: addrs, Glue: lookup.GlueHint})
			}
		}
	}
	for a, zones := range held {
		catalog, err := auth.NewCatalog(zones...)
		if err != nil {
			return nil, err
		}
		server := auth.NewServer(auth.Config{Catalog: catalog})
		w.Handle(netip.AddrPortFrom(a, 53), Authoritative(server))
	}
	return hints, nil
}

// Authoritative is a handler that answers as a server of the lab does.
func Authoritative(s *auth.Server) Handler {
	return func(p Packet) [][]byte {
		if r := s.Answer(nil, p.Message, p.From.Addr(), p.TCP); r != nil {
			return [][]byte{r}
		}
		return nil
	}
}
