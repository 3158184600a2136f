package handlers

import (
	"net/http"
	"net/url"
	"time"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/templates"
)

func init() { fill["trust"] = (*Handlers).fillTrust }

// signedNames are names of the lab's signed zones: each shows something else.
var signedNames = []string{
	"www.signed.example", "nobody.signed.example", "www.plain.signed.example", "www.rsa.example", "www.ed25519.example",
	"nobody.nsec3.example", "nobody.optout.example", "nobody.iterations.example", "www.newalg.example",
	"www.expired.example", "www.notyet.example", "www.forgotten.example", "www.wrongds.example", "www.stripped.example", "www.tampered.example",
}

// fillTrust puts the same question, asked with CD=1, beside a trace, if the
// address names it, and the names worth trying.
func (h *Handlers) fillTrust(r *http.Request, place *room.Room, page *templates.Page) error {
	page.Trust = &templates.Trust{}
	if place.State().Network == "lab" {
		page.Trust.Names = signedNames
	}
	id := r.URL.Query().Get("beside")
	if id == "" {
		return nil
	}
	file, err := h.file(id)
	if err != nil {
		return err
	}
	page.Trust.Beside = &templates.Run{ID: id, View: templates.Fold(file.Events)}
	return nil
}

// StartTrust looks a name up with its signatures checked, and with how=both a
// second time with CD=1, and leads to the chain of trust. What takes longer than
// Config.Patience is shown as far as it has come.
func (h *Handlers) StartTrust(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	err := readForm(r)
	var q lookup.Question
	if err == nil {
		q, _, err = lookup.ParseQuestion(r.PostForm.Get("name"), r.PostForm.Get("type"))
	}
	var place *room.Room
	if err == nil {
		place, err = h.cfg.Rooms.Enter(r.Context(), roomName(r))
	}
	began := time.Now()
	var checked, unchecked *room.Recording
	if err == nil {
		checked, err = place.Lookup(room.Ask{Question: q, DO: true})
	}
	if err == nil {
		if h.await(r, checked); r.Context().Err() != nil {
			return
		}
		if r.PostForm.Get("how") == "both" {
			// After the first: what the second one gets is then what the first did not believe.
			unchecked, err = place.Lookup(room.Ask{Question: q, DO: true, CD: true})
		}
	}
	if err != nil {
		h.fail(w, r, err)
		return
	}
	to := url.Values{}
	if unchecked != nil {
		// One patience for both.
		if await(r, h.cfg.Patience-time.Since(began), unchecked.Done()); r.Context().Err() != nil {
			return
		}
		to.Set("beside", unchecked.ID())
	}
	h.stay(r, place.Name(), to)
	sheet := "/lookups/" + url.PathEscape(checked.ID()) + "/trust"
	if len(to) > 0 {
		sheet += "?" + to.Encode()
	}
	http.Redirect(w, r, sheet, http.StatusSeeOther)
}
