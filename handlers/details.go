package handlers

import (
	"net/http"

	"rootwalk/handlers/room"
	"rootwalk/templates"
)

// mainEntry is the module that starts sheet 2.
const mainEntry = "js/main.js"

// fill puts on a page what a detail sheet shows besides the trace and the
// room's state. Sheets that need nothing more have none.
var fill = map[string]func(h *Handlers, r *http.Request, place *room.Room, page *templates.Page) error{
	"bytes": fillBytes,
	"print": func(_ *Handlers, r *http.Request, _ *room.Room, page *templates.Page) error {
		page.Worksheet = r.URL.Query().Has("worksheet")
		return nil
	},
	"connect": (*Handlers).fillConnect,
	"draw":    (*Handlers).fillDraw,
	"faults":  (*Handlers).fillFaults,
	"request": (*Handlers).fillRequest,
	"spoof":   (*Handlers).fillSpoof,
}

// Detail is a detail sheet of a trace: one aspect of it, drawn large.
func (h *Handlers) Detail(w http.ResponseWriter, r *http.Request) {
	key := r.PathValue("detail")
	detail, ok := templates.FindDetail(key)
	if !ok {
		h.NotFound(w, r)
		return
	}
	id := r.PathValue("id")
	file, err := h.file(id)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.remember(w, r)
	page := h.tracePage(r, id, file)
	page.Detail = key
	page.Assets = h.cfg.Assets("js/sheets/" + key + ".js")
	place, err := h.enter(r, &page)
	if err == nil && fill[key] != nil {
		err = fill[key](h, r, place, &page)
	}
	if err != nil {
		h.fail(w, r, err)
		return
	}
	if page.Draw != nil && page.Draw.Frame != "" {
		allowFrame(w, r, id)
	}
	h.render(w, r, http.StatusOK, templates.DetailSheet(page, detail))
}
