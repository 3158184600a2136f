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
	// ZoneRecords are a zone's records in the order of its file, Delegations its
	// zone cuts beside what the children say, Apart how the copies of secondaries
	// differ.
	ZoneRecords(zone lookup.Name) ([]lookup.ZoneRecord, error)
	Delegations(zone lookup.Name) ([]lookup.Delegation, error)
	Apart(zone lookup.Name) ([]lookup.CopyApart, error)
	// Edit changes zones. What somebody wrote wrongly is a *lookup.ZoneMistake.
	Edit(e ZoneEdit) (Under, error)
	// ExportLab is the whole lab as one file, with what is broken or without;
	// ImportLab makes a file all that there is, or changes nothing.
	ExportLab(faults bool) string
	ImportLab(text string) error
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
	Do   string // "save", "record", "delegation", "reset", "register"; of all zones "undo", "resetAll"
	Zone lookup.Name

	Text  string // save: the file
	Raise bool   // save: the serial is raised unless it is newer already

	Record     lookup.RecordEdit     // record
	Delegation lookup.DelegationEdit // delegation

	Primary, Secondary lookup.Name // register
	Address            netip.Addr
}

// Errors of editing.
var (
	ErrNothing = errors.New("there is no version to go back to")
	ErrTaken   = errors.New("the name exists already")
	ErrNoPlace = errors.New("no zone here could delegate that name")
)

// ExportLab is the room's lab as one file; what a riddle hides is not in it.
func (r *Room) ExportLab() (string, error) {
	e, err := r.Editing()
	if err != nil {
		return "", err
	}
	r.bench.mu.Lock()
	defer r.bench.mu.Unlock()
	return e.ExportLab(r.bench.number == 0 || r.bench.solved), nil
}

// ImportLab makes a lab file all that there is in the room. While a riddle is
// open it is refused, since it says what is broken.
func (r *Room) ImportLab(text string) error {
	e, err := r.Editing()
	if err != nil {
		return err
	}
	r.bench.mu.Lock()
	defer r.bench.mu.Unlock()
	if r.bench.number > 0 && !r.bench.solved {
		return ErrRiddle
	}
	if err := e.ImportLab(text); err != nil {
		return err
	}
	r.zonesChanged()
	return nil
}

// Editing is the room's internet if its zones can be changed.
func (r *Room) Editing() (Editing, error) {
	if e, ok := r.internet.(Editing); ok {
		return e, nil
	}
	return nil, ErrNoZones
}
