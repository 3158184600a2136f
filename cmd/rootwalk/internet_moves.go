package main

import (
	"errors"
	"time"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/lookup/lab/hosting"
)

func (in *labInternet) ZonePlaces() []lookup.ZonePlace { return in.operator.Places() }

// WalkGoals are tasks for the lab as it was shipped; each can be done in so few
// edits, as a test does.
func (in *labInternet) WalkGoals() []lookup.WalkGoal {
	return []lookup.WalkGoal{
		{Name: "www.example.co.kr.", Exchanges: 2, Edits: 1},
		{Name: "www.example.co.kr.", Exchanges: 4, Edits: 1},
		{Name: "a.b.c.test.", Exchanges: 4, Edits: 1},
		{Name: "w.x.y.test.", Exchanges: 2, Edits: 2},
		{Name: "www.example.co.kr.", Exchanges: 5, Edits: 3},
		{Name: "www.shop.example.", Exchanges: 1, Edits: 2},
	}
}

// settling is how long an edit may take to reach all servers before walks are
// compared all the same; links are at their own speed.
const settling = 5 * time.Second

// Arrange moves zones and cuts of the lab.
func (in *labInternet) Arrange(m room.ZoneMove) (room.Under, room.Experiment, error) {
	before := in.operator.Edits()
	run, err := in.arrange(m)
	if err != nil {
		return room.Under{}, nil, placeError(err)
	}
	q := lookup.Question{Name: m.Walk, Type: lookup.TypeA, Class: lookup.ClassIN}
	edited := func(s *side, _ experimentBase) {
		settled := time.NewTimer(in.slowly(settling))
		defer settled.Stop()
		if run.Done != nil { // until all servers have what was changed
			select {
			case <-run.Done:
			case <-settled.C:
			}
		}
		s.edits, s.value = in.operator.Edits(), m.Zone.Short()
	}
	x := &experiment{variation: variation{key: "edited", changed: edited}, of: "edit", seed: seedOf(q), speed: in.speed, ended: make(chan struct{})}
	if run.Trace != "" {
		x.of = run.Trace
	}
	for _, s := range []*side{&x.base, &x.changed} {
		s.ask, s.setup.repeatable, s.empty, s.faults = room.Ask{Question: q}, true, true, in.Faults()
	}
	x.base.edits = before
	return room.Under{Trace: run.Trace, Done: run.Done}, x, nil
}

func (in *labInternet) arrange(m room.ZoneMove) (hosting.Run, error) {
	o := in.operator
	switch m.Do {
	case "move":
		return o.Move(m.Zone, m.From, m.To, m.Leave)
	case "follow":
		return o.Follow(m.Zone)
	case "split":
		return o.Split(m.Zone, m.Primary, m.Secondary)
	case "join":
		return o.Join(m.Zone)
	case "recut":
		return o.Recut(m.Zone, m.Cut)
	case "tld":
		return o.TopLevel(m.Zone, m.Primary, m.Secondary)
	case "domain":
		return o.Domain(m.Zone, m.Primary, m.Secondary, m.Address)
	case "undo":
		return o.Undo()
	case "resetAll":
		return o.ResetAll()
	case "walk":
		return hosting.Run{}, nil
	}
	return hosting.Run{}, room.ErrUnknownAct
}

// placeError says of an error of the lab what rooms call it.
func placeError(err error) error {
	var wrong *hosting.PlaceError
	if errors.As(err, &wrong) {
		return &room.PlaceError{Field: wrong.Field, Code: wrong.Code, About: wrong.About.Short(), Size: wrong.Size}
	}
	return zoneError(err)
}

var _ room.Moving = (*labInternet)(nil)
