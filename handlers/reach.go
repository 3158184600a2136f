package handlers

import (
	"rootwalk/handlers/room"
	"rootwalk/templates"
)

// reach is what a page says of the real internet; nil where it is not offered.
func reach(r *room.Reach) *templates.Reach {
	if r == nil {
		return nil
	}
	return &templates.Reach{State: r.State, Asked: r.Asked, Private: r.Private, Chosen: r.Chosen, Caches: r.Caches}
}
