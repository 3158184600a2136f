package handlers

import (
	"net/http"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/templates"
)

// requestTries are journeys worth making, each for one thing of HTTP.
var requestTries = []templates.RequestTry{
	{URL: "http://www.example.co.kr/page", Note: "request.try.page"},
	{URL: "https://www.example.co.kr/gallery", Note: "request.try.gallery"},
	{URL: "http://www.example.co.kr/chain/3", Note: "request.try.chain"},
	{URL: "http://www.example.co.kr/loop", Note: "request.try.loop"},
	{URL: "http://www.example.co.kr/secure", Note: "request.try.secure"},
	{URL: "http://www.example.co.kr/cached", Note: "request.try.cached"},
	{URL: "http://www.example.co.kr/cookie", Note: "request.try.cookie"},
	{URL: "https://www.example.co.kr/other", Note: "request.try.service"},
	{URL: "http://www.example.co.kr/chunked", Note: "request.try.chunked"},
	{URL: "http://www.example.co.kr/gzip", Note: "request.try.gzip"},
	{URL: "http://www.example.co.kr/slow", Note: "request.try.slow"},
}

// fillRequest puts on a page what its trace tells of HTTP.
func (h *Handlers) fillRequest(_ *http.Request, place *room.Room, page *templates.Page) error {
	file, err := h.file(page.TraceID)
	if err != nil {
		return err
	}
	q := &templates.Request{View: templates.FoldRequest(file.Events), URL: requestTries[0].URL, Tries: requestTries, Versions: versionsOf(place, file.Events)}
	typed := false
	for _, e := range file.Events {
		switch f := e.Fact.(type) {
		case lookup.JourneyStarted:
			if !typed {
				q.URL, typed = f.URL, true
			}
		case lookup.RaceBegun:
			q.Both = true
		}
	}
	if len(q.Versions.Runs) > 0 {
		q.View = nil // several in one trace: each has its own
	}
	if q.View != nil {
		q.Version = chosenVersion(file.Events, q.View.Version)
	}
	if all, ok := place.Remembered(); ok {
		q.Remembered = &all
	}
	page.Request = q
	return nil
}

// chosenVersion is the version of HTTP that somebody chose for a journey, as far as
// what was offered and spoken tells it; "" for none.
func chosenVersion(events []lookup.Event, spoken string) string {
	for _, e := range events {
		f, ok := e.Fact.(lookup.HandshakeStarted)
		switch {
		case !ok:
			continue
		case len(f.ALPN) != 1:
			return ""
		case f.ALPN[0] == "h2":
			return "2"
		case spoken == "HTTP/1.1":
			return "1.1"
		}
	}
	switch spoken {
	case "HTTP/1.0":
		return "1.0"
	case "HTTP/2":
		return "2"
	}
	return ""
}
