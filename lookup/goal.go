package lookup

import "slices"

// Bounds of a goal: the exchanges that a walk can be asked to have.
const (
	MinGoal = 1
	MaxGoal = 9
)

// WalkGoal is a task for whoever moves zones and cuts: the walk to the address of
// a name, from empty caches, is to have so many exchanges, no more and no fewer.
type WalkGoal struct {
	Name      Name
	Exchanges int // of the resolver with name servers
	Edits     int // in how few edits of the shipped lab it can be done, 0 where nobody has said
}

// GoalState is how a walk stands to a goal.
type GoalState string

// Every GoalState.
const (
	GoalOther   GoalState = "other"   // no walk to that name's address from empty caches
	GoalRunning GoalState = "running" // it has not ended
	GoalLost    GoalState = "lost"    // it found no address
	GoalLong    GoalState = "long"    // it has too many exchanges
	GoalShort   GoalState = "short"   // it has too few
	GoalReached GoalState = "reached"
)

// Judge says how the events of a walk stand to the goal, and how many queries the
// resolver sent. Nothing counts but what the walk's facts say: that it was run for
// this, began with caches in which nothing was, and came back with an address.
func (g WalkGoal) Judge(events []Event) (state GoalState, exchanges int) {
	var ended *LookupFinished
	apart, ours := false, false
	for _, e := range events {
		switch f := e.Fact.(type) {
		case ExperimentPrepared:
			apart = (f.Change == "edited" || f.Change == "none") && f.Restored == 0 && f.Before == 0
		case LookupStarted:
			ours = f.Question.Type == TypeA && f.Question.Name.Equal(g.Name)
		case QuerySent:
			if f.By == RoleResolver {
				exchanges++
			}
		case LookupFinished:
			ended = &f
		}
	}
	switch {
	case !apart || !ours:
		return GoalOther, exchanges
	case ended == nil:
		return GoalRunning, exchanges
	case ended.Outcome != OutcomeAnswer || !slices.ContainsFunc(ended.Records, func(r Record) bool { return r.Type == TypeA }):
		return GoalLost, exchanges
	case exchanges > g.Exchanges:
		return GoalLong, exchanges
	case exchanges < g.Exchanges:
		return GoalShort, exchanges
	}
	return GoalReached, exchanges
}
