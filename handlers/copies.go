package handlers

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/templates"
)

// The copies of zones on the lab's name servers.

func init() {
	fill["transfer"] = (*Handlers).fillTransfer
	commands["change"] = (*Handlers).liveChange
}

// fillTransfer puts on a page what the sheet of zone transfers shows: the zone
// of the trace, or that of the address.
func (h *Handlers) fillTransfer(r *http.Request, place *room.Room, page *templates.Page) error {
	file, err := h.file(page.TraceID)
	if err != nil {
		return err
	}
	t := &templates.Transfer{View: templates.FoldTransfer(file.Events)}
	states := place.ZoneStates()
	if len(states) == 0 {
		return room.ErrNoZones
	}
	t.State = states[0]
	want := lookup.Name("")
	if t.View != nil {
		want = t.View.Zone
	} else if text := r.URL.Query().Get("zone"); text != "" {
		if want, err = lookup.ParseName(text); err != nil {
			return err
		}
	}
	known := false
	for _, s := range states {
		t.Zones = append(t.Zones, s.Zone)
		if s.Zone.Equal(want) {
			t.State, known = s, true
		}
	}
	if want != "" && !known { // watched from the first change on
		if s, err := place.ZoneState(want); err == nil {
			t.State, t.Zones = s, append(t.Zones, s.Zone)
		} else if t.View == nil {
			return err
		}
	}
	for _, l := range place.State().Zones.Latest {
		t.Latest = append(t.Latest, templates.TransferLink{Trace: l.Trace, Title: l.Title, At: l.At})
	}
	page.Transfer = t
	return nil
}

// moment is how long a form waits for what it began: long enough for a
// transfer, so that the page it leads to is complete; what takes longer goes
// on, and the page is drawn anew.
const moment = 600 * time.Millisecond

// Copies does something about the copies of a zone, and leads to the trace of
// it.
func (h *Handlers) Copies(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := readForm(r); err != nil {
		h.fail(w, r, err)
		return
	}
	act, err := readAct(r.PostForm)
	var place *room.Room
	if err == nil {
		place, err = h.cfg.Rooms.Enter(r.Context(), roomName(r))
	}
	var under room.Under
	if err == nil {
		under, err = place.Act(act)
	}
	if err != nil {
		h.fail(w, r, err)
		return
	}
	if r.PostForm.Get("stay") != "" { // the sheet that the form is on shows what follows
		under.Trace = ""
	}
	h.seeUnder(w, r, place, under, "transfer")
}

// liveChange is {"do":"change","zone":…,"record":"www.example.co.kr. 203.0.113.10","to":…}: an address of a zone
// becomes another, the serial is raised, and the secondaries are told. The reply
// comes when that has begun.
func (h *Handlers) liveChange(c call) (reply, error) {
	var in struct {
		Zone   string `json:"zone"`
		Record string `json:"record"`
		To     string `json:"to"`
	}
	if err := c.fields(&in); err != nil {
		return reply{}, err
	}
	act, err := readAct(url.Values{"do": {"change"}, "zone": {in.Zone}, "record": {in.Record}, "to": {in.To}, "bump": {"1"}, "tell": {"1"}})
	if err != nil {
		return reply{}, err
	}
	_, err = c.place.Act(act)
	return reply{}, err
}

// seeUnder waits for what is under way, as long as a form may, and leads to its
// trace; or back to where the form was.
func (h *Handlers) seeUnder(w http.ResponseWriter, r *http.Request, place *room.Room, under room.Under, sheet string) {
	if under.Done != nil {
		if await(r, moment, under.Done); r.Context().Err() != nil {
			return
		}
	}
	back, err := url.Parse(r.PostForm.Get("back"))
	if err != nil || back.Host != "" || back.Scheme != "" {
		back = &url.URL{Path: "/"}
	}
	if under.Trace != "" {
		back = &url.URL{Path: "/lookups/" + under.Trace + "/" + sheet}
		stay := url.Values{}
		h.stay(r, place.Name(), stay)
		back.RawQuery = stay.Encode()
	}
	http.Redirect(w, r, localPath(back), http.StatusSeeOther)
}

// readAct reads what a form asks for.
func readAct(form url.Values) (room.CopyAct, error) {
	a := room.CopyAct{Do: form.Get("do"), Bump: form.Get("bump") != "", Tell: form.Get("tell") != ""}
	var err error
	if a.Zone, err = lookup.ParseName(form.Get("zone")); err != nil {
		return a, err
	}
	if s := form.Get("server"); s != "" {
		if a.Server, err = lookup.ParseName(s); err != nil {
			return a, err
		}
	}
	if a.Do != "change" {
		return a, nil
	}
	owner, from, _ := strings.Cut(form.Get("record"), " ")
	if a.Owner, err = lookup.ParseName(owner); err != nil {
		return a, err
	}
	if a.From, err = netip.ParseAddr(from); err != nil {
		return a, room.ErrUnknownRecord
	}
	if a.To, err = netip.ParseAddr(strings.TrimSpace(form.Get("to"))); err != nil || a.To.Zone() != "" {
		return a, &badRequest{code: "address.malformed", status: http.StatusUnprocessableEntity, params: map[string]string{"text": printable(form.Get("to"))}}
	}
	return a, nil
}
