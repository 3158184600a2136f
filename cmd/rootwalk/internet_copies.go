package main

import (
	"errors"
	"fmt"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/lookup/lab/hosting"
)

// Copy lets the timers of the lab's secondaries run.
func (in *labInternet) Copy(record func(title string) (lookup.Step, func()), changed func()) {
	in.operator.Start(record, changed)
}

// Halt ends transfers that are under way.
func (in *labInternet) Halt() {
	if in.operator != nil {
		in.operator.Close()
	}
}

func (in *labInternet) ZoneStates() []lookup.ZoneState { return in.operator.States() }

func (in *labInternet) ZoneState(zone lookup.Name) (lookup.ZoneState, error) {
	s, err := in.operator.State(zone)
	return s, zoneError(err)
}

// Act does something about the copies of a zone.
func (in *labInternet) Act(a room.CopyAct) (room.Under, error) {
	o := in.operator
	var run hosting.Run
	var err error
	switch a.Do {
	case "change":
		run, err = o.Address(a.Zone, a.Owner, a.From, a.To, a.Bump, a.Tell)
	case "notify":
		run, err = o.Notify(a.Zone)
	case "ask":
		run, err = o.Refresh(a.Zone)
	case "forget":
		err = o.Forget(a.Zone)
	case "try":
		run, err = o.TryTransfer(a.Zone)
	case "down", "up":
		err = o.SetDown(a.Server, a.Do == "down")
	default:
		err = room.ErrUnknownAct
	}
	return room.Under{Trace: run.Trace, Done: run.Done}, zoneError(err)
}

// zoneError says of an error of the lab what rooms call it.
func zoneError(err error) error {
	for ours, theirs := range map[error]error{
		hosting.ErrUnknownZone: room.ErrUnknownZone, hosting.ErrUnknownServer: room.ErrUnknownServer, hosting.ErrUnknownRecord: room.ErrUnknownRecord,
		hosting.ErrNothing: room.ErrNothing, hosting.ErrTaken: room.ErrTaken, hosting.ErrNoPlace: room.ErrNoPlace,
		hosting.ErrBusy: room.ErrBusy, hosting.ErrClosed: room.ErrGone,
	} {
		if errors.Is(err, ours) {
			return fmt.Errorf("%w (%v)", theirs, err)
		}
	}
	return err
}
