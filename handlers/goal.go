package handlers

import (
	"net/url"
	"strconv"
	"strings"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/templates"
)

// A goal for whoever moves zones and cuts lives in the address of the page: the
// name of the walk, and how many exchanges it is to have.

// setGoal puts the goal of an address on a page; one out of bounds is none.
func setGoal(m *templates.MovesPage, q url.Values) {
	n, err := strconv.Atoi(q.Get("goal"))
	if err != nil || n < lookup.MinGoal || n > lookup.MaxGoal {
		return
	}
	m.Goal = &lookup.WalkGoal{Name: m.Walk, Exchanges: n}
	for _, g := range m.Goals {
		if g.Name.Equal(m.Walk) && g.Exchanges == n {
			m.Goal = &g
		}
	}
}

// goalBack is the goal of the page that a form was sent from, without exchanges
// where it has none.
func goalBack(form url.Values) lookup.WalkGoal {
	m := templates.MovesPage{}
	if back, err := url.Parse(form.Get("back")); err == nil {
		if setGoal(&m, back.Query()); m.Goal != nil {
			return *m.Goal
		}
	}
	return lookup.WalkGoal{}
}

// readGoal reads the goal that a form sets for the walk to a name.
func readGoal(form url.Values, name lookup.Name) (lookup.WalkGoal, error) {
	text := form.Get("exchanges")
	if _, n, ok := strings.Cut(form.Get("goal"), " "); ok {
		text = n
	}
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || n < lookup.MinGoal || n > lookup.MaxGoal {
		return lookup.WalkGoal{}, &room.PlaceError{Field: "exchanges", Code: "exchanges", About: printable(text), Size: lookup.MaxGoal}
	}
	return lookup.WalkGoal{Name: name.Canonical(), Exchanges: n}, nil
}
