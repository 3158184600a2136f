package handlers

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/templates"
)

// resend is a message to be sent as somebody made it by hand.
type resend struct {
	Trace     string `json:"trace"` // where the original is
	Seq       int    `json:"seq"`
	To        string `json:"to"`        // name of a server
	Transport string `json:"transport"` // "udp" or "tcp"
	Prefix    string `json:"prefix"`    // over TCP: the length in front, decimal; "" for the message's own
	Bytes     string `json:"bytes"`     // hexadecimal, white space allowed
	Room      string `json:"room"`
}

// send sends it in a room.
func (h *Handlers) send(place *room.Room, in resend) (*room.Recording, error) {
	file, err := h.file(in.Trace)
	if err != nil {
		return nil, err
	}
	s := room.Sending{To: in.To, TCP: in.Transport == "tcp", Prefix: -1, Of: in.Trace, OfSeq: in.Seq}
	if in.Seq >= 0 && in.Seq < len(file.Events) {
		f := file.Events[in.Seq].Fact
		s.Original, s.Question = lookup.WireMessage(f), lookup.Asked(f)
	}
	if len(s.Original) == 0 {
		return nil, room.ErrNoMessage
	}
	if s.Question.Name == "" { // an edited message that was edited once more
		s.Question = titleQuestion(file)
	}
	if in.Transport != "tcp" && in.Transport != "udp" {
		return nil, malformed("transport is neither udp nor tcp")
	}
	if in.Prefix != "" && s.TCP {
		n, err := strconv.ParseUint(in.Prefix, 10, 16)
		if err != nil {
			return nil, malformed("prefix is no length of 16 bits")
		}
		s.Prefix = int(n)
	}
	digits := strings.Join(strings.Fields(in.Bytes), "")
	if len(digits) > 2*room.MaxSent {
		return nil, room.ErrMessageSize
	}
	if s.Bytes, err = hex.DecodeString(digits); err != nil {
		return nil, &badRequest{code: "bytes.hex", status: http.StatusUnprocessableEntity}
	}
	return place.Send(s)
}

// titleQuestion is what a trace is about.
func titleQuestion(file lookup.TraceFile) lookup.Question {
	for _, e := range file.Events {
		if x, ok := e.Fact.(lookup.LookupStarted); ok {
			return x.Question
		}
	}
	return lookup.Question{Name: lookup.Root, Type: lookup.TypeNS, Class: lookup.ClassIN}
}

// Resend sends a message that was made by hand: a form is answered with a
// redirect to the bytes of what came, JSON with the trace.
func (h *Handlers) Resend(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if !h.sends.Allow() { // many of them wait for a silence
		h.fail(w, r, room.ErrBusy)
		return
	}
	in, err := readResend(r)
	var rec *room.Recording
	if err == nil {
		var place *room.Room
		if place, err = h.cfg.Rooms.Enter(r.Context(), in.Room); err == nil {
			rec, err = h.send(place, in)
		}
	}
	if err != nil {
		h.fail(w, r, err)
		return
	}
	status := http.StatusCreated
	if !h.await(r, rec) {
		status = http.StatusAccepted
	}
	if r.Context().Err() != nil {
		return
	}
	to := "/lookups/" + rec.ID() + "/bytes"
	w.Header().Set("Location", to)
	if wantsJSON(r) {
		writeJSON(w, status, rec.File())
		return
	}
	stay := url.Values{}
	if guess := r.PostForm.Get("guess"); guess != "" && len(guess) < 16 {
		stay.Set("guess", guess)
	}
	h.stay(r, in.Room, stay)
	if len(stay) > 0 {
		w.Header().Set("Location", to+"?"+stay.Encode())
	}
	w.WriteHeader(http.StatusSeeOther)
}

func readResend(r *http.Request) (in resend, err error) {
	if isJSON(r.Header.Get("Content-Type")) {
		body, err := io.ReadAll(r.Body)
		if errors.As(err, new(*http.MaxBytesError)) {
			return in, tooLong()
		}
		if err != nil || json.Unmarshal(body, &in) != nil {
			return in, malformed("not a JSON object with trace, seq, to, transport and bytes")
		}
		return in, nil
	}
	if err := readForm(r); err != nil {
		return in, err
	}
	f := r.PostForm
	seq, err := strconv.Atoi(f.Get("seq"))
	if err != nil {
		return in, malformed("seq is not a number")
	}
	return resend{Trace: f.Get("trace"), Seq: seq, To: f.Get("to"), Transport: f.Get("transport"), Prefix: f.Get("prefix"), Bytes: f.Get("bytes"), Room: f.Get("room")}, nil
}

// fillBytes puts on the sheet about bytes which message it is about, and where
// it can be sent again.
func fillBytes(h *Handlers, r *http.Request, place *room.Room, page *templates.Page) error {
	q := r.URL.Query()
	n, err := strconv.Atoi(q.Get("n"))
	if err != nil {
		n = 0
	}
	page.Bytes = &templates.ByteSheet{N: n}
	if guess := q.Get("guess"); page.Words.Has("bits.guess." + guess) {
		page.Bytes.Guess = guess
	}
	for _, t := range place.Targets() {
		page.Bytes.Targets = append(page.Bytes.Targets, templates.SendingTo{Name: t.Name, Role: t.Role, Addr: t.Addr})
	}
	return nil
}
