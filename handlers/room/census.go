package room

import (
	"net/netip"

	"rootwalk/lookup"
)

// Surveyed is an internet that is known as a whole.
type Surveyed interface {
	// Census lists its name servers.
	Census() []NameServer
}

// NameServer is one name server of an internet.
type NameServer struct {
	Name    lookup.Name // with the final dot
	Role    lookup.Role
	Machine string // several servers may share one
	Addrs   []netip.Addr
	Zones   []lookup.Name
}

// Census lists the name servers of the room's internet; none where nobody knows
// them all.
func (r *Room) Census() []NameServer {
	if s, ok := r.internet.(Surveyed); ok {
		return s.Census()
	}
	return nil
}
