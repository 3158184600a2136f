package handlers

import (
	"errors"
	"net/http"
	"net/netip"
	"strings"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/templates"
)

// The zones of a room, edited.

func init() {
	fill["zones"] = (*Handlers).fillZones
}

// firstZone is on show where nobody has chosen one.
const firstZone = lookup.Name("example.co.kr.")

// fillZones puts on a page what the sheet of zones shows: the zone of the
// change on show, or that of the address.
func (h *Handlers) fillZones(r *http.Request, place *room.Room, page *templates.Page) error {
	file, err := h.file(page.TraceID)
	if err != nil {
		return err
	}
	zone := firstZone
	view := templates.FoldTransfer(file.Events)
	if view != nil {
		zone = view.Zone
	} else if text := r.URL.Query().Get("zone"); text != "" {
		if zone, err = lookup.ParseName(text); err != nil {
			return err
		}
	}
	return zonesOf(place, page, zone.Canonical(), view)
}

func zonesOf(place *room.Room, page *templates.Page, zone lookup.Name, view *templates.TransferView) error {
	e, err := place.Editing()
	if err != nil {
		return err
	}
	z := &templates.ZonesPage{Names: e.Zones(), Servers: e.ZoneServers(), View: view}
	if z.State, err = place.ZoneState(zone); err != nil {
		return err
	}
	if z.Text, err = e.ZoneFile(zone); err != nil {
		return err
	}
	for _, s := range e.ZoneEdits() {
		z.Steps = append(z.Steps, templates.ZoneStep(s))
	}
	page.Zones = z
	return nil
}

// Zones changes the zones of a room, and leads to what that began. A file with
// a mistake comes back with it.
func (h *Handlers) Zones(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 2*maxBody) // a zone file, every octet of it escaped
	if err := readForm(r); err != nil {
		h.fail(w, r, err)
		return
	}
	edit := room.ZoneEdit{Do: r.PostForm.Get("do"), Text: r.PostForm.Get("text"), Raise: r.PostForm.Get("raise") != ""}
	var err error
	if edit.Zone, err = lookup.ParseName(r.PostForm.Get("zone")); err == nil && edit.Do == "register" {
		edit.Primary, edit.Secondary = lookup.Name(r.PostForm.Get("primary")), lookup.Name(r.PostForm.Get("secondary"))
		text := strings.TrimSpace(r.PostForm.Get("address"))
		if edit.Address, err = netip.ParseAddr(text); err != nil || !edit.Address.Is4() {
			err = &badRequest{code: "address.malformed", status: http.StatusUnprocessableEntity, params: map[string]string{"text": printable(text)}}
		}
	}
	var place *room.Room
	if err == nil {
		place, err = h.cfg.Rooms.Enter(r.Context(), roomName(r))
	}
	var e room.Editing
	if err == nil {
		e, err = place.Editing()
	}
	var under room.Under
	if err == nil {
		under, err = e.Edit(edit)
	}
	var wrong *room.FileError
	switch {
	case errors.As(err, &wrong) && edit.Do == "save":
		h.zoneAgain(w, r, edit, wrong)
	case err != nil:
		h.fail(w, r, err)
	default:
		h.seeUnder(w, r, place, under, "zones")
	}
}

// zoneAgain shows a zone file with what is wrong with it.
func (h *Handlers) zoneAgain(w http.ResponseWriter, r *http.Request, edit room.ZoneEdit, wrong *room.FileError) {
	detail, _ := templates.FindDetail("zones")
	page := h.tracePage(r, ExampleID, h.cfg.Example)
	page.Detail, page.Path = "zones", "/lookups/example/zones"
	page.Assets = h.cfg.Assets("js/sheets/zones.js")
	place, err := h.enter(r, &page)
	if err == nil {
		err = zonesOf(place, &page, edit.Zone.Canonical(), nil)
	}
	if err != nil {
		h.fail(w, r, err)
		return
	}
	page.Zones.Text, page.Zones.Wrong = edit.Text, &templates.WrongLine{Line: wrong.Line, Text: wrong.Text}
	h.render(w, r, http.StatusUnprocessableEntity, templates.DetailSheet(page, detail))
}
