package handlers

import (
	"net/http"
	"net/url"
	"strconv"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/templates"
)

// fillSpoof puts the room's spoof races on a page.
func (h *Handlers) fillSpoof(r *http.Request, place *room.Room, page *templates.Page) error {
	results, ok := place.Races()
	if !ok {
		return room.ErrNoSpoof
	}
	page.Spoof = &templates.Spoof{Results: results, Next: lookup.SpoofSeries{Races: 10, Packets: 500}}
	if len(results) > 0 {
		page.Spoof.Next = results[0].SpoofSeries
	}
	return nil
}

// Spoof runs a series of races, all in a lab of their own, and leads back to
// the sheet.
func (h *Handlers) Spoof(w http.ResponseWriter, r *http.Request) {
	place, err := h.formRoom(w, r)
	if err == nil {
		f := r.PostForm
		number := func(name string, otherwise int) int {
			n, err := strconv.Atoi(f.Get(name))
			if err != nil {
				return otherwise
			}
			return n
		}
		err = place.Spoof(r.Context(), lookup.SpoofSeries{
			Defences: lookup.Defences{IDs: f.Has("ids"), Ports: f.Has("ports"), Case: f.Has("case"), Cookies: f.Has("cookies"), DNSSEC: f.Has("dnssec")},
			Races:    number("races", 1), Packets: number("packets", 500),
		})
	}
	if err != nil {
		h.fail(w, r, err)
		return
	}
	trace := r.PostForm.Get("trace")
	if _, err := h.file(trace); err != nil {
		trace = ExampleID
	}
	http.Redirect(w, r, "/lookups/"+url.PathEscape(trace)+"/spoof"+h.staying(r, r.PostForm.Get("room"))+"#counted", http.StatusSeeOther)
}
