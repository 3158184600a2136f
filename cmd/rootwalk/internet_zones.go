package main

import (
	"errors"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/lookup/lab/hosting"
)

func (in *labInternet) Zones() []lookup.Name { return in.operator.Zones() }

func (in *labInternet) ZoneServers() []lookup.Name { return in.operator.Servers() }

func (in *labInternet) ZoneFile(zone lookup.Name) (string, error) {
	text, err := in.operator.File(zone)
	return text, zoneError(err)
}

// ZoneEdits are the edits that can be taken back, newest first.
func (in *labInternet) ZoneEdits() []room.EditedZone {
	steps := in.operator.Steps()
	out := make([]room.EditedZone, len(steps))
	for i, s := range steps {
		out[i] = room.EditedZone(s)
	}
	return out
}

// Edit changes a zone of the lab.
func (in *labInternet) Edit(e room.ZoneEdit) (room.Under, error) {
	o := in.operator
	var run hosting.Run
	var err error
	switch e.Do {
	case "save":
		run, err = o.Edit(e.Zone, e.Text, e.Raise)
	case "undo":
		run, err = o.Undo()
	case "reset":
		run, err = o.Reset(e.Zone)
	case "resetAll":
		run, err = o.ResetAll()
	case "register":
		run, err = o.Register(e.Zone, e.Primary, e.Secondary, e.Address.String())
	default:
		err = room.ErrUnknownAct
	}
	var wrong *hosting.FileError
	if errors.As(err, &wrong) {
		return room.Under{}, &room.FileError{Line: wrong.Line, Text: wrong.Text}
	}
	return room.Under{Trace: run.Trace, Done: run.Done}, zoneError(err)
}
