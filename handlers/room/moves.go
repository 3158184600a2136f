package room

import (
	"net/netip"
	"strconv"

	"rootwalk/lookup"
)

// Moving is an internet whose zones and zone cuts can be moved.
type Moving interface {
	// ZonePlaces lists where every zone is, parents before children.
	ZonePlaces() []lookup.ZonePlace
	// Arrange moves something. What it returns to be run compares the walk to a name
	// before and after, from empty caches. A request that makes no sense is a
	// *PlaceError.
	Arrange(m ZoneMove) (Under, Experiment, error)
}

// ZoneMove is something to do to where zones are and where they are cut.
type ZoneMove struct {
	Do string // "move", "follow", "split", "join", "tld", "domain", "undo", "resetAll"

	Zone     lookup.Name // move, follow, join; the new one of split, tld and domain
	From, To lookup.Name // move: servers
	Leave    bool        // move: the zone above is left behind

	Primary, Secondary lookup.Name // split, tld, domain; none for a split on the servers of the zone above
	Address            netip.Addr  // domain

	Walk lookup.Name // whose walk is compared
}

// PlaceError says why something cannot be put there.
type PlaceError struct {
	Field string // of the form
	Code  string // the end of the key of its words
	About string // the name that stands in the way
	Size  int
}

func (e *PlaceError) Error() string {
	return "zones: " + e.Field + ": " + e.Code + " " + strconv.Quote(e.About)
}

// Moving is the room's internet if its zones can be moved.
func (r *Room) Moving() (Moving, error) {
	if m, ok := r.internet.(Moving); ok {
		return m, nil
	}
	return nil, ErrNoZones
}

// Arrange moves zones or cuts and begins the two walks that show what came of
// it. Where there are too many experiments already, the move is made without
// them, and both recordings are nil.
func (r *Room) Arrange(m ZoneMove) (under Under, before, after *Recording, err error) {
	internet, err := r.Moving()
	if err != nil {
		return Under{}, nil, nil, err
	}
	under, run, err := internet.Arrange(m)
	if err != nil {
		return Under{}, nil, nil, err
	}
	if before, after, err = r.pair(m.Walk.Short(), run); err != nil {
		before, after = nil, nil
	}
	return under, before, after, nil
}
