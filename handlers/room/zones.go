package room

import (
	"errors"
	"net/netip"
	"time"

	"rootwalk/lookup"
)

// Editing is an internet whose zones can be changed.
type Editing interface {
	// Zones lists all zones, parents before children; Servers all name servers.
	Zones() []lookup.Name
	ZoneServers() []lookup.Name
	// ZoneFile is a zone as a text.
	ZoneFile(zone lookup.Name) (text string, err error)
	// ZoneEdits are the edits that can be taken back, newest first.
	ZoneEdits() []EditedZone
	// Edit changes zones. A mistake in a file is a *FileError.
	Edit(e ZoneEdit) (Under, error)
}

// EditedZone is an edit that was made. Do is the end of the key of its words,
// "zones.did." + Do.
type EditedZone struct {
	Do   string
	Zone lookup.Name
	What string
	At   time.Time // lesson time
}

// ZoneEdit is something to do to a zone.
type ZoneEdit struct {
	Do   string // "save", "reset", "register"; of all zones "undo", "resetAll"
	Zone lookup.Name

	Text  string // save: the file
	Raise bool   // save: the serial is raised unless it is newer already

	Primary, Secondary lookup.Name // register
	Address            netip.Addr
}

// FileError says what is wrong with a zone file.
type FileError struct {
	Line int    // 0 for the whole
	Text string // English
}

func (e *FileError) Error() string { return "zone file: " + e.Text }

// Errors of editing.
var (
	ErrNothing = errors.New("there is no version to go back to")
	ErrTaken   = errors.New("the name exists already")
	ErrNoPlace = errors.New("no zone here could delegate that name")
)

// Editing is the room's internet if its zones can be changed.
func (r *Room) Editing() (Editing, error) {
	if e, ok := r.internet.(Editing); ok {
		return e, nil
	}
	return nil, ErrNoZones
}
