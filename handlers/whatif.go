package handlers

import (
	"net/http"
	"net/url"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/templates"
)

func init() { fill["whatif"] = (*Handlers).fillWhatIf }

// fillWhatIf puts both runs on the sheet that compares them: those that the
// address names, or for a run of an experiment the form alone.
func (h *Handlers) fillWhatIf(r *http.Request, place *room.Room, page *templates.Page) error {
	q := r.URL.Query()
	page.WhatIf = &templates.WhatIf{Changes: place.Changes(), Chosen: q.Get("change"), Cold: q.Get("cold") != ""}
	if page.View == nil || page.View.Network != "lab" && len(page.View.Network) > 0 {
		page.WhatIf.Changes = nil
	}
	if q.Get("left") == "" && q.Get("right") == "" {
		return nil
	}
	side := func(id string) (*templates.Run, error) {
		file, err := h.file(id)
		if err != nil {
			return nil, err
		}
		return &templates.Run{ID: id, View: templates.Fold(file.Events)}, nil
	}
	var err error
	if page.WhatIf.Left, err = side(q.Get("left")); err == nil {
		page.WhatIf.Right, err = side(q.Get("right"))
	}
	return err
}

// StartWhatIf runs a trace again, twice, and leads to both. An experiment that
// takes longer than Config.Patience is shown as far as it has come.
func (h *Handlers) StartWhatIf(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	id := r.PathValue("id")
	file, err := h.file(id)
	if err == nil {
		err = readForm(r)
	}
	var place *room.Room
	if err == nil {
		place, err = h.cfg.Rooms.Enter(r.Context(), roomName(r))
	}
	var base, changed *room.Recording
	if err == nil {
		base, changed, err = place.WhatIf(file, r.PostForm.Get("change"), r.PostForm.Get("cold") != "")
	}
	if err != nil {
		h.fail(w, r, err)
		return
	}
	if h.await(r, base, changed); r.Context().Err() != nil {
		return
	}
	to := url.Values{"left": {base.ID()}, "right": {changed.ID()}, "change": {r.PostForm.Get("change")}}
	if cold := r.PostForm.Get("cold"); cold != "" {
		to.Set("cold", cold)
	}
	h.stay(r, place.Name(), to)
	sheet := "/whatif?" + to.Encode()
	if lookup.TimelineOf(file.Events) != nil { // journeys are compared on their own sheet
		sheet = "/journey?" + to.Encode()
	}
	if then := r.PostForm.Get("then"); then != "" { // another sheet, about the changed run alone
		if _, ok := templates.FindDetail(then); ok {
			id, sheet = changed.ID(), "/"+then
			if v := to.Get("room"); v != "" {
				sheet += "?room=" + url.QueryEscape(v)
			}
		}
	}
	http.Redirect(w, r, "/lookups/"+url.PathEscape(id)+sheet, http.StatusSeeOther)
}
