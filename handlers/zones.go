package handlers

import (
	"errors"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
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
// address, or that of the change on show.
func (h *Handlers) fillZones(r *http.Request, place *room.Room, page *templates.Page) error {
	file, err := h.file(page.TraceID)
	if err != nil {
		return err
	}
	zone, q := firstZone, r.URL.Query()
	view := templates.FoldTransfer(file.Events)
	if view != nil {
		zone = view.Zone
	}
	if text := q.Get("zone"); text != "" {
		if zone, err = lookup.ParseName(text); err != nil {
			return err
		}
		if view != nil && !view.Zone.Equal(zone) {
			view = nil
		}
	}
	if err := zonesOf(place, page, zone.Canonical(), view); err != nil {
		return err
	}
	page.Zones.Open(q.Get("edit"), q.Get("cut"))
	return nil
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
	if z.Records, err = e.ZoneRecords(zone); err != nil {
		return err
	}
	if z.Delegations, err = e.Delegations(zone); err != nil {
		return err
	}
	if z.Apart, err = e.Apart(zone); err != nil {
		return err
	}
	for _, s := range e.ZoneEdits() {
		z.Steps = append(z.Steps, templates.ZoneStep(s))
	}
	page.Zones = z
	return nil
}

// Zones changes the zones of a room, and leads to what that began. A file, a
// record or a delegation with a mistake comes back with it.
func (h *Handlers) Zones(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 2*maxBody) // a zone file, every octet of it escaped
	if err := readForm(r); err != nil {
		h.fail(w, r, err)
		return
	}
	edit, err := readZoneEdit(r.PostForm)
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
	var wrong *lookup.ZoneMistake
	new := (*templates.MoveWrong)(nil)
	if edit.Do == "register" {
		new = moveWrong("register", err)
	}
	switch {
	case new != nil:
		h.zoneAgain(w, r, zoneBack(r.PostForm), func(z *templates.ZonesPage) { z.New = typedIn(new, r.PostForm) })
	case errors.As(err, &wrong):
		h.zoneAgain(w, r, edit.Zone, func(z *templates.ZonesPage) { z.Mistaken(edit.Do, wrong, edit.Text, edit.Record, edit.Delegation) })
	case err != nil:
		h.fail(w, r, err)
	default:
		h.seeUnder(w, r, place, under, "zones")
	}
}

// readZoneEdit reads what a form asks for.
func readZoneEdit(form url.Values) (edit room.ZoneEdit, err error) {
	raise := form.Get("serial") != "keep"
	edit = room.ZoneEdit{Do: form.Get("do"), Text: form.Get("text"), Raise: raise}
	if edit.Zone, err = lookup.ParseName(form.Get("zone")); err != nil {
		return edit, err
	}
	switch edit.Do {
	case "register":
		edit.Primary, edit.Secondary = serverField(form, "primary"), serverField(form, "secondary")
		text := strings.TrimSpace(form.Get("address"))
		if edit.Address, err = netip.ParseAddr(text); err != nil || edit.Address.Zone() != "" || edit.Address.Is4In6() {
			err = &badRequest{code: "address.malformed", status: http.StatusUnprocessableEntity, params: map[string]string{"text": printable(text)}}
		}
	case "record", "recordGone":
		edit.Record = lookup.RecordEdit{Old: form.Get("old"), Keep: !raise}
		if edit.Do == "record" {
			edit.Record.New = &lookup.RecordText{Name: form.Get("name"), TTL: form.Get("ttl"), Type: form.Get("type"), Data: form.Get("data")}
		}
		edit.Do = "record"
	case "delegation":
		edit.Delegation = lookup.DelegationEdit{Servers: strings.ReplaceAll(form.Get("servers"), "\r\n", "\n"), DS: strings.ReplaceAll(form.Get("ds"), "\r\n", "\n"), NoDS: form.Get("nods") != "", Keep: !raise}
		if edit.Delegation.Child, err = lookup.ParseName(form.Get("child")); err != nil {
			return edit, err
		}
		ttl, err := strconv.ParseUint(strings.TrimSpace(form.Get("ttl")), 10, 32)
		if err != nil {
			ttl = 1 << 31 // which no TTL is
		}
		edit.Delegation.TTL = uint32(ttl)
	}
	return edit, err
}

// zoneBack is the zone of the page that a form was sent from.
func zoneBack(form url.Values) lookup.Name {
	if back, err := url.Parse(form.Get("back")); err == nil {
		if zone, err := lookup.ParseName(back.Query().Get("zone")); err == nil && back.Query().Get("zone") != "" {
			return zone
		}
	}
	return firstZone
}

// zoneAgain shows the sheet again with what is wrong.
func (h *Handlers) zoneAgain(w http.ResponseWriter, r *http.Request, zone lookup.Name, tell func(*templates.ZonesPage)) {
	detail, _ := templates.FindDetail("zones")
	page := h.tracePage(r, ExampleID, h.cfg.Example)
	page.Detail, page.Path = "zones", "/lookups/example/zones"
	page.Assets = h.cfg.Assets("js/sheets/zones.js")
	place, err := h.enter(r, &page)
	if err == nil {
		err = zonesOf(place, &page, zone.Canonical(), nil)
	}
	if err != nil {
		h.fail(w, r, err)
		return
	}
	q := url.Values{"zone": {zone.Canonical().Short()}}
	if place.Name() != room.Main {
		q.Set("room", place.Name())
	}
	page.Path += "?" + q.Encode()
	tell(page.Zones)
	h.render(w, r, http.StatusUnprocessableEntity, templates.DetailSheet(page, detail))
}

// ExportLab is the room's lab as one file.
func (h *Handlers) ExportLab(w http.ResponseWriter, r *http.Request) {
	place, err := h.cfg.Rooms.Enter(r.Context(), roomName(r))
	var text string
	if err == nil {
		text, err = place.ExportLab()
	}
	if err != nil {
		h.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Disposition", `attachment; filename="rootwalk-lab-`+place.Name()+`.txt"`) // a room's name needs no escaping
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = io.WriteString(w, text)
}

// ImportLab makes a lab file all that there is in the room; one with a mistake
// changes nothing and is told where.
func (h *Handlers) ImportLab(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxLabFile+maxBody)
	form, text, err := readLabForm(r)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	r.PostForm, r.Form = form, form
	place, err := h.cfg.Rooms.Enter(r.Context(), roomName(r))
	if err == nil {
		err = place.ImportLab(text)
	}
	var wrong *lookup.ZoneMistake
	switch {
	case errors.As(err, &wrong):
		h.zoneAgain(w, r, firstZone, func(z *templates.ZonesPage) {
			z.Mistaken("lab", wrong, text, lookup.RecordEdit{}, lookup.DelegationEdit{})
		})
	case err != nil:
		h.fail(w, r, err)
	default:
		h.seeUnder(w, r, place, room.Under{}, "zones")
	}
}

// maxLabFile is how much of a lab file is read: more than one may have.
const maxLabFile = 1<<20 + 1

// readLabForm reads a form with a lab file in it: its fields, and the file. The
// body has been bounded; nothing is put on a disk.
func readLabForm(r *http.Request) (form url.Values, text string, err error) {
	form = url.Values{}
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, "", malformed("no form with a file")
	}
	for range 8 { // ours has four
		part, err := parts.NextPart()
		if err != nil {
			break
		}
		most := int64(1024)
		if part.FormName() == "file" {
			most = maxLabFile
		}
		data, err := io.ReadAll(io.LimitReader(part, most))
		if err != nil {
			return nil, "", malformed("the file did not come whole")
		}
		if part.FormName() == "file" {
			text = string(data)
		} else {
			form.Set(part.FormName(), string(data))
		}
	}
	return form, text, nil
}
