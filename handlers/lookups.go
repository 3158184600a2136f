package handlers

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/templates"
)

// maxBody bounds what a form or a JSON request may send, in bytes.
const maxBody = 64 << 10

// printable is lookup.Printable, cut to what fits on a line.
func printable(s string) string {
	if len(s) > 40 {
		s = s[:40] + "…"
	}
	return lookup.Printable(s)
}

// Home is sheet 2 with the recorded example, ready to be stepped through.
func (h *Handlers) Home(w http.ResponseWriter, r *http.Request) {
	h.remember(w, r)
	page := h.page(r, roomName(r))
	page.Form.Name, page.Form.Type = "www.example.co.kr", "A"
	h.showExample(&page)
	h.sheet(w, r, http.StatusOK, page)
}

func (h *Handlers) showExample(page *templates.Page) {
	page.TraceID, page.TraceURL, page.Recorded, page.View = ExampleID, "/lookups/"+ExampleID+".json", true, h.example
	page.Captured = h.captured(ExampleID)
}

// sheet draws a page with the state of its room.
func (h *Handlers) sheet(w http.ResponseWriter, r *http.Request, status int, page templates.Page) {
	if _, err := h.enter(r, &page); err != nil {
		h.fail(w, r, err)
		return
	}
	if page.Address == "" {
		page.Address = address(r, page.TraceID)
	}
	h.render(w, r, status, templates.Sheet(page))
}

// enter goes to the room of a page and puts the room's state on the page.
func (h *Handlers) enter(r *http.Request, page *templates.Page) (*room.Room, error) {
	place, err := h.cfg.Rooms.Enter(r.Context(), page.Room)
	if err != nil {
		return nil, err
	}
	state := place.State()
	page.Clock, page.Caches = state.Clock, state.Caches
	page.Outside = h.outside(r, state)
	page.Reach = reach(state.Reach)
	return place, nil
}

// request is a lookup asked for without a socket.
type request struct {
	Name    string `json:"name"`
	Type    string `json:"type"`
	Network string `json:"network"`
	Room    string `json:"room"`
	DO      bool   `json:"dnssec"`
	CD      bool   `json:"cd"`
	Gate    bool   `json:"gate"` // hold the trace at each decision point
	Errand  string `json:"errand"`
	Then    string `json:"then"` // the detail sheet on which a form wants to see it
	HTTP    string `json:"http"` // version of HTTP for that
	URL     string `json:"url"`  // go on to this address of the Web; name and type are then its
	DoH     string `json:"doh"`  // a name to be asked for over HTTPS, in a journey to the resolver
}

// StartLookup does without a socket what the socket does: it runs a lookup to
// its end. A form is answered with a redirect to the drawing, JSON with 201
// and the trace. On links in slow motion a lookup may take minutes: what takes
// longer than Config.Patience is answered with what there is by then, JSON
// with 202.
func (h *Handlers) StartLookup(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	in, err := readRequest(r)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	rec, err := h.lookup(r, in)
	if err != nil {
		if wantsJSON(r) {
			h.fail(w, r, err)
			return
		}
		h.formAgain(w, r, in, err)
		return
	}
	status := http.StatusCreated
	if !h.await(r, rec) {
		status = http.StatusAccepted // the lookup goes on
	}
	if r.Context().Err() != nil {
		return
	}
	drawing := "/lookups/" + rec.ID()
	if _, ok := templates.FindDetail(in.Then); ok && !wantsJSON(r) {
		drawing += "/" + in.Then
	}
	if wantsJSON(r) {
		w.Header().Set("Location", drawing)
		writeJSON(w, status, rec.File())
		return
	}
	// The page stays in its room, whose caches it shows and whose form it has,
	// and in its language where cookies are refused.
	drawing += h.staying(r, in.Room)
	w.Header().Set("Location", drawing)
	w.WriteHeader(http.StatusSeeOther)
}

func readRequest(r *http.Request) (request, error) {
	if !isJSON(r.Header.Get("Content-Type")) {
		if err := readForm(r); err != nil {
			return request{}, err
		}
		return request{Name: r.PostForm.Get("name"), Type: r.PostForm.Get("type"), Network: r.PostForm.Get("network"), Room: r.PostForm.Get("room"),
			DO: r.PostForm.Get("dnssec") != "", CD: r.PostForm.Get("cd") != "", Gate: r.PostForm.Get("predict") != "",
			Errand: r.PostForm.Get("errand"), Then: r.PostForm.Get("then"), URL: r.PostForm.Get("url"), HTTP: r.PostForm.Get("http"), DoH: r.PostForm.Get("doh")}, nil
	}
	var in request
	body, err := io.ReadAll(r.Body)
	if errors.As(err, new(*http.MaxBytesError)) {
		return in, tooLong()
	}
	if err != nil || json.Unmarshal(body, &in) != nil {
		return in, malformed("not a JSON object with name and type")
	}
	return in, nil
}

// formRoom reads the form of a request, whose body it bounds, and enters the room that
// the request is about.
func (h *Handlers) formRoom(w http.ResponseWriter, r *http.Request) (*room.Room, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := readForm(r); err != nil {
		return nil, err
	}
	return h.cfg.Rooms.Enter(r.Context(), roomName(r))
}

// readForm reads a form in a body that has been bounded.
func readForm(r *http.Request) error {
	err := r.ParseForm()
	switch {
	case errors.As(err, new(*http.MaxBytesError)):
		return tooLong()
	case err != nil:
		return malformed("the form cannot be read")
	}
	return nil
}

func tooLong() error {
	return &badRequest{code: "command.malformed", status: http.StatusRequestEntityTooLarge, params: map[string]string{"why": "longer than 64 KiB"}}
}

func (h *Handlers) lookup(r *http.Request, in request) (*room.Recording, error) {
	errand, err := errandOf(in.Errand)
	if err != nil {
		return nil, err
	}
	place, err := h.cfg.Rooms.Enter(r.Context(), in.Room)
	if err != nil {
		return nil, err
	}
	if in.DoH != "" {
		q, _, err := lookup.ParseQuestion(in.DoH, "A")
		if err != nil {
			return nil, err
		}
		if in.URL, err = place.SealedQuery(q); err != nil {
			return nil, err
		}
	}
	ask, err := asked(in.Name, in.Type, in.URL)
	if err != nil {
		return nil, err
	}
	if slices.Contains(templates.HTTPVersions, in.HTTP) {
		ask.HTTP = in.HTTP
	}
	ask.Errand, ask.Typed, ask.Network, ask.Gated, ask.DO, ask.CD = errand, in.Name, in.Network, in.Gate, in.DO, in.CD
	return place.Lookup(ask)
}

// asked reads what a person wants to know: a name's records, or all the way to
// an address of the Web.
func asked(name, rrtype, url string) (room.Ask, error) {
	if url == "" {
		q, reversed, err := lookup.ParseQuestion(name, rrtype)
		return room.Ask{Question: q, Reversed: reversed}, err
	}
	to, err := lookup.ParseURL(url)
	if err != nil {
		return room.Ask{}, err
	}
	q, reversed, err := lookup.ParseQuestion(to.Host, "A")
	return room.Ask{Question: q, Reversed: reversed, URL: to}, err
}

// formAgain shows the form with what was typed and what is wrong with it.
func (h *Handlers) formAgain(w http.ResponseWriter, r *http.Request, in request, err error) {
	p, status := problem(err)
	if p.Field == "" {
		h.fail(w, r, err)
		return
	}
	name := in.Room
	if name == "" {
		name = room.Main
	}
	page := h.page(r, name)
	page.Path = "/"
	page.Form.Name, page.Form.Type, page.Form.Network, page.Form.Error = in.Name, in.Type, in.Network, &p
	page.Form.DO, page.Form.CD = in.DO, in.CD
	h.showExample(&page)
	h.sheet(w, r, status, page)
}

// Lookup is the drawing of a trace as a page, or the trace file where the
// address ends in .json.
func (h *Handlers) Lookup(w http.ResponseWriter, r *http.Request) {
	id, asJSON := strings.CutSuffix(r.PathValue("id"), ".json")
	file, err := h.file(id)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	if asJSON || wantsJSON(r) {
		writeJSON(w, http.StatusOK, file)
		return
	}
	if templates.FoldTransfer(file.Events) != nil { // not a lookup: it has a sheet of its own
		to := *r.URL
		to.Path += "/transfer"
		http.Redirect(w, r, localPath(&to), http.StatusSeeOther)
		return
	}
	h.remember(w, r)
	h.sheet(w, r, http.StatusOK, h.tracePage(r, id, file))
}

// tracePage is a page about a trace.
func (h *Handlers) tracePage(r *http.Request, id string, file lookup.TraceFile) templates.Page {
	page := h.page(r, roomName(r))
	page.View = templates.Fold(file.Events)
	page.TraceID, page.TraceURL = id, "/lookups/"+id+".json"
	page.Imported = h.isImported(id)
	page.Recorded = page.Imported || id == ExampleID
	page.Captured, page.Address = h.captured(id), address(r, id)
	h.predictOn(&page)
	if q := page.View.Question; q != nil {
		page.Form.Name, page.Form.Type = q.Name.Short(), q.Type.String()
		if d := page.View.DNSSEC; d != nil {
			page.Form.DO, page.Form.CD = d.Asked != "", d.Asked == "unchecked"
		}
	}
	return page
}

func (h *Handlers) file(id string) (lookup.TraceFile, error) {
	if id == ExampleID {
		return h.cfg.Example, nil
	}
	rec, err := h.cfg.Rooms.Trace(id)
	if err != nil {
		return lookup.TraceFile{}, err
	}
	return rec.File(), nil
}
