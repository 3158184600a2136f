package handlers

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/templates"
)

// The fault bench: what is broken in a room's lab, and the riddles about it.
// Everything is a form that leads back to the bench.

// fillFaults puts the bench of a room on a page.
func (h *Handlers) fillFaults(_ *http.Request, place *room.Room, page *templates.Page) error {
	b, err := place.Bench()
	if err != nil {
		return err
	}
	v := &templates.FaultBench{Places: b.Places, Faults: b.Faults, Cases: b.Cases, Number: b.Number, Solved: b.Solved, Times: b.Times, At: b.At}
	if b.Number > 0 {
		v.Question, v.Complaint = &b.Case.Question, b.Case.Complaint
	}
	h.fillEvidence(v, b)
	page.Faults = v
	return nil
}

// ChangeFaults does what a form of the bench says.
func (h *Handlers) ChangeFaults(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := readForm(r); err != nil {
		h.fail(w, r, err)
		return
	}
	place, err := h.cfg.Rooms.Enter(r.Context(), roomName(r))
	trace := r.PostForm.Get("trace")
	if err == nil {
		trace, err = h.changeFaults(r, place, trace)
	}
	if err != nil {
		h.fail(w, r, err)
		return
	}
	to := "/lookups/" + url.PathEscape(trace) + "/faults" + h.staying(r, r.PostForm.Get("room"))
	http.Redirect(w, r, to+"#"+anchors[r.PostForm.Get("do")], http.StatusSeeOther)
}

// anchors are the parts of the bench that forms lead back to.
var anchors = map[string]string{"set": "break", "clear": "break", "measure": "map", "ask": "evidence", "again": "evidence", "accuse": "verdict"}

// changeFaults does one thing and returns the trace to show.
func (h *Handlers) changeFaults(r *http.Request, place *room.Room, trace string) (string, error) {
	if _, err := h.file(trace); err != nil {
		trace = ExampleID
	}
	f := r.PostForm
	fault := func() lookup.Fault {
		n, _ := strconv.Atoi(f.Get("amount")) // out of bounds and nonsense become the nearest there is
		if kind, at, ok := strings.Cut(f.Get("both"), " "); ok {
			return lookup.Fault{Kind: lookup.FaultKind(kind), At: at}
		}
		return lookup.Fault{Kind: lookup.FaultKind(f.Get("kind")), At: f.Get("at"), Amount: n}
	}
	switch f.Get("do") {
	case "set":
		return trace, place.SetFault(fault())
	case "clear":
		return trace, place.ClearFault(fault())
	case "riddle":
		n, err := strconv.Atoi(f.Get("number"))
		if err != nil {
			return "", malformed("number is not a number")
		}
		return trace, place.OpenRiddle(n)
	case "afresh":
		return trace, place.Afresh()
	case "measure":
		return trace, place.Measure(r.Context())
	case "ask":
		return h.askBench(r, place)
	case "accuse":
		if err := h.mark(place, trace, f["mark"]); err != nil {
			return "", err
		}
		_, err := place.Accuse(f.Get("culprit"))
		return trace, err
	case "again":
		if err := h.mark(place, trace, f["mark"]); err != nil {
			return "", err
		}
		return h.askBench(r, place)
	case "repair":
		return trace, place.Repair()
	}
	return "", malformed("do is none of set, clear, riddle, afresh, measure, ask, again, accuse, repair")
}

// askBench runs the question of the open riddle with everything afresh, and
// waits for its end.
func (h *Handlers) askBench(r *http.Request, place *room.Room) (string, error) {
	b, err := place.Bench()
	if err != nil {
		return "", err
	}
	if b.Number == 0 {
		return "", room.ErrFault
	}
	if err := place.Afresh(); err != nil {
		return "", err
	}
	rec, err := place.Lookup(room.Ask{Question: b.Case.Question, DO: b.Case.DO})
	if err != nil {
		return "", err
	}
	h.await(r, rec)
	return rec.ID(), nil
}
