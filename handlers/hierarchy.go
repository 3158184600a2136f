package handlers

import (
	"net/http"

	"rootwalk/handlers/room"
	"rootwalk/templates"
)

func init() { fill["hierarchy"] = (*Handlers).fillHierarchy }

// fillHierarchy puts on the sheet what there is besides the trace: all name servers
// of the room's internet, where they are known.
func (h *Handlers) fillHierarchy(r *http.Request, place *room.Room, page *templates.Page) error {
	if page.View != nil && page.View.Network == "lab" {
		page.WhatIf = &templates.WhatIf{Changes: place.Changes()}
		if all := place.Census(); len(all) > 0 {
			page.Census = &templates.Census{}
			for _, s := range all {
				page.Census.Servers = append(page.Census.Servers, templates.CensusServer(s))
			}
			if m, err := place.Moving(); err == nil {
				for _, z := range m.ZonePlaces() {
					if !z.Shipped {
						page.Census.New = append(page.Census.New, z.Zone)
					}
				}
			}
		}
	}
	return nil
}
