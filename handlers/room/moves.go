package room

import (
	"net/netip"
	"strconv"

	"rootwalk/lookup"
)

// Moving is an internet whose zones and zone cuts can be moved.
type Moving interface {
	// WalkGoals are tasks that can be done here.
	WalkGoals() []lookup.WalkGoal
	// ZonePlaces lists where every zone is, parents before children.
	ZonePlaces() []lookup.ZonePlace
	// Arrange moves something. What it returns to be run compares the walk to a name
	// before and after, from empty caches. A request that makes no sense is a
	// *PlaceError.
	Arrange(m ZoneMove) (Under, Experiment, error)
}

// ZoneMove is something to do to where zones are and where they are cut.
type ZoneMove struct {
	Do string // "move", "follow", "split", "join", "recut", "tld", "domain", "undo", "resetAll", "walk" (nothing: the walk is run)

	Zone     lookup.Name // move, follow, join, recut; the new one of split, tld and domain
	Cut      lookup.Name // recut: the name above which the cut goes
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
// them, and both recordings are nil. Where nothing is moved, there is one walk, after.
func (r *Room) Arrange(m ZoneMove) (under Under, before, after *Recording, err error) {
	internet, err := r.Moving()
	if err != nil {
		return Under{}, nil, nil, err
	}
	under, run, err := internet.Arrange(m)
	if err != nil {
		return Under{}, nil, nil, err
	}
	if m.Do == "walk" {
		after, err = r.single(m.Walk.Short(), run)
		return under, nil, after, err
	}
	if before, after, err = r.pair(m.Walk.Short(), run); err != nil {
		before, after = nil, nil
	}
	return under, before, after, nil
}
