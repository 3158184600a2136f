package templates

import (
	"strconv"

	"rootwalk/lookup"
)

// goalValue is a goal as a form sends it.
func goalValue(g lookup.WalkGoal) string {
	return string(g.Name) + " " + strconv.Itoa(g.Exchanges)
}

// judged is how the walk on show stands to the goal, and its exchanges.
func (m *MovesPage) judged() (lookup.GoalState, int) {
	if m.After == nil {
		return lookup.GoalOther, 0
	}
	return m.Goal.Judge(m.After.View.Events())
}

// offBy is how many exchanges lie between two numbers of them.
func offBy(a, b int) int { return max(a-b, b-a) }

// alone is the walk that is compared with none, counted.
func (m *MovesPage) alone(p Page) sideOf {
	s := sideOf{Run: m.After}
	if !s.running() {
		s.Packets = packets(p, s.View)
		s.Counts.Resolver, s.Counts.Us = s.View.Counts.Resolver, s.View.ElapsedUs
	}
	return s
}

// movable are the zones whose cuts can be moved on the way to the chosen name.
func (m *MovesPage) movable() (out []lookup.Name) {
	free := false
	for _, r := range m.ladderTo() {
		switch {
		case r.Place == nil:
			free = true
		case r.Name != lookup.Root:
			out = append(out, r.Name)
		}
	}
	if !free { // no name on the way where a cut could go
		return nil
	}
	return out
}
