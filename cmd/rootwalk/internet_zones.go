package main

import (
	"slices"
	"strconv"

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
	case "record":
		e.Record.Zone = e.Zone
		run, err = o.EditRecord(e.Record)
	case "delegation":
		e.Delegation.Parent = e.Zone
		run, err = o.EditDelegation(e.Delegation)
	case "undo":
		run, err = o.Undo()
	case "reset":
		run, err = o.Reset(e.Zone)
	case "resetAll":
		run, err = o.ResetAll()
	case "register":
		if run, err = o.Domain(e.Zone, e.Primary, e.Secondary, e.Address); err != nil {
			err = placeError(err)
		}
	default:
		err = room.ErrUnknownAct
	}
	return room.Under{Trace: run.Trace, Done: run.Done}, zoneError(err)
}

func (in *labInternet) ZoneRecords(zone lookup.Name) ([]lookup.ZoneRecord, error) {
	out, err := in.operator.Records(zone)
	return out, zoneError(err)
}

func (in *labInternet) Delegations(zone lookup.Name) ([]lookup.Delegation, error) {
	out, err := in.operator.Delegations(zone)
	return out, zoneError(err)
}

func (in *labInternet) Apart(zone lookup.Name) ([]lookup.CopyApart, error) {
	out, err := in.operator.Apart(zone)
	return out, zoneError(err)
}

// ExportLab is the lab as one file.
func (in *labInternet) ExportLab(faults bool) string {
	var list []lookup.Fault
	if faults {
		list = in.Faults()
	}
	return in.operator.Export(list)
}

// ImportLab makes a lab file all that there is. All of it is checked before
// anything is changed.
func (in *labInternet) ImportLab(text string) error {
	file, err := in.operator.ReadLabFile(text)
	if err != nil {
		return err
	}
	places := in.FaultPlaces()
	for i, f := range file.Faults {
		at := slices.IndexFunc(places, func(p lookup.FaultPlace) bool { return p.ID == f.At })
		most := lookup.MaxFaultPercent
		if f.Kind == lookup.FaultDelay {
			most = lookup.MaxFaultDelay
		}
		if at < 0 || !slices.Contains(places[at].Kind, f.Kind) || f.Amount < 0 || f.Amount > most {
			return &lookup.ZoneMistake{Line: file.Lines[i], Code: "lab.fault", Params: map[string]string{"word": lookup.Printable(string(f.Kind) + " " + f.At + " " + strconv.Itoa(f.Amount))}, Text: "no such fault here"}
		}
	}
	was := in.Faults()
	if err := in.SetFaults(file.Faults...); err != nil {
		_ = in.SetFaults(was...)
		return err
	}
	if err := in.operator.Import(file); err != nil {
		_ = in.SetFaults(was...)
		return zoneError(err)
	}
	in.Afresh() // who has just been switched on remembers nothing
	return nil
}
