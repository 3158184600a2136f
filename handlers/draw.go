package handlers

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/templates"
)

// drawTries are pages of the lab worth drawing, each for one thing, in a language.
func drawTries(lang string) []templates.RequestTry {
	under := "http://www.example.co.kr/draw/"
	if lang == "ko" {
		under += "ko/"
	}
	var out []templates.RequestTry
	for _, name := range []string{"article", "text", "blocking", "deferred", "slow"} {
		out = append(out, templates.RequestTry{URL: under + name, Note: "draw.try." + name})
	}
	return out
}

// fillDraw puts on a page what its trace tells of drawing one.
func (h *Handlers) fillDraw(r *http.Request, place *room.Room, page *templates.Page) error {
	file, err := h.file(page.TraceID)
	if err != nil {
		return err
	}
	step, _ := strconv.Atoi(r.URL.Query().Get("step"))
	node, _ := strconv.Atoi(r.URL.Query().Get("node"))
	tries := drawTries(page.Lang())
	d := &templates.Draw{View: templates.FoldDraw(file.Events, step), URL: tries[0].URL, Tries: tries, Node: node}
	page.Draw = d
	if d.View == nil {
		for _, e := range file.Events {
			if f, ok := e.Fact.(lookup.JourneyStarted); ok {
				d.URL = f.URL
			}
		}
		return nil
	}
	d.URL = d.View.Started.URL
	d.Change = lookup.PageChange{Kind: "colour", Value: "crimson"}
	for _, e := range file.Events {
		if f, ok := e.Fact.(lookup.ChangeMade); ok {
			d.Change = f.PageChange
		}
	}
	imported := h.isImported(page.TraceID)
	d.CanChange = place.Redraws() && !imported && page.TraceID != ExampleID
	site, ok := h.framed(page.TraceID)
	switch {
	case ok:
		d.Frame, _ = site.address(site.document)
	case imported:
		d.Unframe = "file"
	case file.Network != "lab":
		d.Unframe = "internet"
	default:
		d.Unframe = "octets"
	}
	return nil
}

// maxChange bounds the value of a change, in octets.
const maxChange = 200

// Redraw changes one thing on a page that was drawn, draws it again, and leads to
// that.
func (h *Handlers) Redraw(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	err := readForm(r)
	var c lookup.PageChange
	if err == nil {
		c, err = changeOf(r.PostForm)
	}
	var place *room.Room
	if err == nil {
		place, err = h.cfg.Rooms.Enter(r.Context(), roomName(r))
	}
	var rec *room.Recording
	if err == nil {
		rec, err = place.Redraw(r.Context(), r.PathValue("id"), c)
	}
	if err != nil {
		h.fail(w, r, err)
		return
	}
	to := url.URL{Path: "/lookups/" + rec.ID() + "/draw"}
	w.Header().Set("Location", localPath(&to)+h.staying(r, r.PostForm.Get("room"))+"#live-draw-change")
	w.WriteHeader(http.StatusSeeOther)
}

// changeOf reads a change from a form: its parts, or all of them in the value of
// one button.
func changeOf(f url.Values) (lookup.PageChange, error) {
	kind, node, value := f.Get("kind"), f.Get("node"), f.Get("value")
	if try := f.Get("try"); try != "" {
		kind, value, _ = strings.Cut(try, " ")
		node, value, _ = strings.Cut(value, " ")
	}
	c := lookup.PageChange{Kind: kind, Value: value}
	if !slices.Contains(lookup.ChangeKinds(), c.Kind) {
		return c, malformed("nothing of that kind is changed")
	}
	if c.Value == "" && c.Kind != "text" || len(c.Value) > maxChange || !utf8.ValidString(c.Value) {
		return c, &badRequest{code: "draw.value", status: http.StatusUnprocessableEntity}
	}
	if c.Kind == "width" {
		n, err := strconv.Atoi(strings.TrimSuffix(c.Value, "px"))
		if err != nil || n < 120 || n > 4000 {
			return c, &badRequest{code: "draw.width", status: http.StatusUnprocessableEntity}
		}
		c.Value = strconv.Itoa(n)
		return c, nil
	}
	n, err := strconv.Atoi(node)
	if err != nil || n < 1 {
		return c, malformed("the node is no number")
	}
	c.Node = n
	return c, nil
}
