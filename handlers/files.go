package handlers

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/lookup/export"
	"rootwalk/templates"
)

// A trace leaves as files: /lookups/{id}/files/{name}.
//
//	trace.json      the trace file
//	dig.txt         every response as dig shows it
//	transcript.txt  a sentence a fact, in the language of the visit
//	ladder.svg      the exchange as a drawing
//	replay.html     the drawing with all that it needs, to be played anywhere
//	qr.svg          the address of the drawing as a QR code
//	journey.har     the fetches of a journey, as browsers' tools show them
//	curl.sh         its requests as commands
//	keys.txt        its TLS key log
//	LINK.pcapng     the frames of one link, with the key log in it
//	index.json      which links have frames, and why not

// File is one of them.
func (h *Handlers) File(w http.ResponseWriter, r *http.Request) {
	id, name := r.PathValue("id"), r.PathValue("name")
	file, err := h.file(id)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	events := slices.Values(file.Events)
	words := h.cfg.Words[h.lang(r)]
	var b bytes.Buffer
	kind := "text/plain; charset=utf-8"
	switch link, isCapture := strings.CutSuffix(name, ".pcapng"); {
	case name == "trace.json":
		kind, err = "application/json; charset=utf-8", export.JSON(&b, file)
	case name == "dig.txt":
		err = export.Dig(&b, events, file.Started, export.LevelSteps)
	case name == "transcript.txt":
		err = export.Transcript(&b, events, words, export.Options{})
	case name == "journey.har":
		kind, err = "application/json; charset=utf-8", export.HAR(&b, file)
	case name == "curl.sh":
		err = export.Curl(&b, file.Events)
	case name == "keys.txt":
		b.Write(export.KeyLog(file.Events))
	case name == "ladder.svg":
		kind = "image/svg+xml"
		b.Write(templates.LadderSVG(h.tracePage(r, id, file), address(r, id)))
	case name == "replay.html":
		kind, err = "text/html; charset=utf-8", h.replay(&b, r, id, file)
	case name == "qr.svg":
		// Shown in pages, so it is no attachment.
		h.send200(w, "image/svg+xml", "", templates.QRSVG(address(r, id)))
		return
	case name == "index.json":
		writeJSON(w, http.StatusOK, h.captured(id))
		return
	case isCapture:
		kind, err = "application/x-pcapng", h.frames(&b, id, link, export.KeyLog(file.Events))
	default:
		err = &badRequest{code: "page.unknown", status: http.StatusNotFound}
	}
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.send200(w, kind, fileName(file, name), b.Bytes())
}

// send200 sends bytes; with a name they are to be saved, not shown.
func (h *Handlers) send200(w http.ResponseWriter, kind, name string, b []byte) {
	head := w.Header()
	head.Set("Content-Type", kind)
	head.Set("Cache-Control", "no-store")
	head.Set("Content-Length", strconv.Itoa(len(b)))
	if name != "" {
		head.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	}
	_, _ = w.Write(b)
}

// fileName is what a file is called on the learner's device: letters, digits,
// dots and hyphens only.
func fileName(file lookup.TraceFile, name string) string {
	title := []byte("rootwalk-" + file.Title)
	for i, c := range title {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.') {
			title[i] = '-'
		}
	}
	return strings.Trim(string(title[:min(len(title), 80)]), "-.") + "-" + name
}

// address is where a trace is shown.
func address(r *http.Request, id string) string {
	u := url.URL{Scheme: "http", Host: r.Host, Path: "/lookups/" + id}
	if r.TLS != nil {
		u.Scheme = "https"
	}
	return u.String()
}

// captured is what is known of the frames of a trace.
func (h *Handlers) captured(id string) templates.Captured {
	rec, err := h.cfg.Rooms.Trace(id)
	switch {
	case err != nil:
		return templates.Captured{Why: "recorded"}
	case rec.Imported():
		return templates.Captured{Why: "file"}
	case !rec.Whole():
		return templates.Captured{Why: "running"}
	case rec.Frames() == nil:
		return templates.Captured{Why: "network"}
	}
	c := templates.Captured{Links: []templates.Link{}}
	for _, l := range rec.Frames().Links() {
		if l.Frames > 0 {
			c.Links = append(c.Links, templates.Link{Name: l.Name, Frames: l.Frames, Bytes: l.Bytes, Skipped: l.Skipped})
		}
	}
	if len(c.Links) == 0 {
		c.Why = "silent"
	}
	return c
}

// isImported reports whether a trace was read from a file.
func (h *Handlers) isImported(id string) bool {
	rec, err := h.cfg.Rooms.Trace(id)
	return err == nil && rec.Imported()
}

// frames writes the frames of one link of a trace that is whole: before, they
// could tell what is still held back.
func (h *Handlers) frames(b *bytes.Buffer, id, link string, keyLog []byte) error {
	for _, l := range h.captured(id).Links {
		if l.Name == link {
			rec, err := h.cfg.Rooms.Trace(id)
			if err != nil {
				return err
			}
			return rec.Frames().WritePcapng(b, link, keyLog)
		}
	}
	return &badRequest{code: "files.frames", status: http.StatusNotFound}
}

// Import takes a trace file, from a form or as JSON, and shows it as a recording
// that nobody here made.
func (h *Handlers) Import(w http.ResponseWriter, r *http.Request) {
	if !h.imports.Allow() {
		h.fail(w, r, room.ErrBusy)
		return
	}
	const forms = 64 << 10 // what a form has around the file
	r.Body = http.MaxBytesReader(w, r.Body, lookup.MaxTraceFile+forms)
	data, err := readFile(r)
	if err == nil {
		var file lookup.TraceFile
		if file, err = lookup.ReadForeignTraceFile(data); err == nil {
			h.imported(w, r, h.cfg.Rooms.Import(file))
			return
		}
		err = &badRequest{code: "files.bad", status: http.StatusUnprocessableEntity, params: map[string]string{"why": lookup.Printable(err.Error())}}
	}
	h.fail(w, r, err)
}

func (h *Handlers) imported(w http.ResponseWriter, r *http.Request, rec *room.Recording) {
	to := "/lookups/" + rec.ID()
	w.Header().Set("Location", to)
	if wantsJSON(r) {
		writeJSON(w, http.StatusCreated, map[string]string{"id": rec.ID()})
		return
	}
	w.WriteHeader(http.StatusSeeOther)
}
