package handlers

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/templates"
)

// fillConnect puts on a page what its trace tells of sockets, and what else can
// be seen.
func (h *Handlers) fillConnect(r *http.Request, place *room.Room, page *templates.Page) error {
	file, err := h.file(page.TraceID)
	if err != nil {
		return err
	}
	at, _ := strconv.Atoi(r.URL.Query().Get("at"))
	c := &templates.Connect{View: templates.FoldConnect(file.Events, at), Scripts: place.BenchScripts(), Open: place.BenchOpen(page.TraceID), URL: "http://www.example.co.kr/", Text: "hello"}
	if script, ok := strings.CutPrefix(file.Title, "sockets: "); ok && slices.Contains(c.Scripts, script) {
		c.Script = script
	}
	for _, e := range file.Events {
		if f, ok := e.Fact.(lookup.JourneyStarted); ok {
			c.URL = f.URL
			break
		}
	}
	page.Connect = c
	return nil
}

// Connect runs a script of two programs, or seats them for a learner's own calls,
// and leads to what is seen.
func (h *Handlers) Connect(w http.ResponseWriter, r *http.Request) {
	place, err := h.formRoom(w, r)
	var rec *room.Recording
	own := r.PostForm.Get("script") == "own"
	if err == nil {
		ask := room.BenchAsk{Script: r.PostForm.Get("script"), Text: r.PostForm.Get("text")}
		if own {
			ask.Script = ""
		} else if ask.Script == "" {
			ask.Script = "echo"
		}
		rec, err = place.OpenBench(ask)
	}
	if err != nil {
		h.fail(w, r, err)
		return
	}
	under := room.Under{Trace: rec.ID(), Done: rec.Done()}
	if !own {
		h.await(r, rec)
		under.Done = nil
	}
	if r.Context().Err() == nil {
		h.seeUnder(w, r, place, under, "connect")
	}
}

// ConnectTurn has one of the programs make the call that a learner chose.
func (h *Handlers) ConnectTurn(w http.ResponseWriter, r *http.Request) {
	place, err := h.formRoom(w, r)
	trace := r.PostForm.Get("trace")
	if err == nil {
		f := r.PostForm
		size, _ := strconv.Atoi(f.Get("size"))
		turn := room.BenchTurn{Side: lookup.Side(f.Get("side")), Call: f.Get("call"), Socket: f.Get("socket"), To: f.Get("to"), Text: f.Get("text"), Size: size}
		switch {
		case turn.Call == "socket" && turn.To == "":
			turn.To = "tcp"
		case turn.Call == "listen" && size == 0:
			turn.Size = 2
		case turn.Call != "write":
			turn.Text = ""
		}
		err = place.Turn(r.Context(), trace, turn)
	}
	if err != nil {
		h.fail(w, r, err)
		return
	}
	to := url.URL{Path: "/lookups/" + trace + "/connect"}
	http.Redirect(w, r, localPath(&to)+h.staying(r, r.PostForm.Get("room")), http.StatusSeeOther)
}
