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
	{URL: "http://www.example.co.kr/chain/3", Note: "request.try.chain"},
	{URL: "http://www.example.co.kr/loop", Note: "request.try.loop"},
	{URL: "http://www.example.co.kr/secure", Note: "request.try.secure"},
	{URL: "http://www.example.co.kr/cached", Note: "request.try.cached"},
	{URL: "http://www.example.co.kr/cookie", Note: "request.try.cookie"},
	{URL: "http://www.example.co.kr/chunked", Note: "request.try.chunked"},
	{URL: "http://www.example.co.kr/gzip", Note: "request.try.gzip"},
	{URL: "http://www.example.co.kr/slow", Note: "request.try.slow"},
}

// fillRequest puts on a page what its trace tells of HTTP.
func (h *Handlers) fillRequest(_ *http.Request, _ *room.Room, page *templates.Page) error {
	file, err := h.file(page.TraceID)
	if err != nil {
		return err
	}
	q := &templates.Request{View: templates.FoldRequest(file.Events), URL: requestTries[0].URL, Tries: requestTries}
	for _, e := range file.Events {
		if f, ok := e.Fact.(lookup.JourneyStarted); ok {
			q.URL = f.URL
			break
		}
	}
	page.Request = q
	return nil
}
