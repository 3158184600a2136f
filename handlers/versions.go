package handlers

import (
	"net/http"
	"strconv"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/templates"
)

// versionsURL is the page that is compared where nobody names another.
const versionsURL = "https://www.example.co.kr/gallery"

// Versions fetches a page in several versions of HTTP and leads to what is seen.
func (h *Handlers) Versions(w http.ResponseWriter, r *http.Request) {
	place, err := h.formRoom(w, r)
	var rec *room.Recording
	if err == nil {
		url := r.PostForm.Get("url")
		if url == "" {
			url = versionsURL
		}
		var to lookup.Address
		if to, err = lookup.ParseURL(url); err == nil {
			percent, _ := strconv.Atoi(r.PostForm.Get("loss"))
			rec, err = place.CompareVersions(room.VersionsAsk{URL: to, Percent: percent})
		}
	}
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.await(r, rec)
	if r.Context().Err() == nil {
		h.seeUnder(w, r, place, room.Under{Trace: rec.ID()}, "request")
	}
}

// versionsOf is what a sheet shows of a comparison, nil where there is none and
// none can be made.
func versionsOf(place *room.Room, events []lookup.Event) *templates.Versions {
	v := templates.FoldVersions(events)
	if v == nil {
		v = &templates.Versions{URL: versionsURL}
	}
	v.Possible = place.CanCompareVersions()
	return v
}
