package handlers

import (
	"net/http"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/templates"
)

func init() { fill["journey"] = (*Handlers).fillJourney }

// journeyTries are journeys worth putting on a line.
var journeyTries = []templates.RequestTry{
	{URL: "http://www.example.co.kr/", Note: "journey.try.http"},
	{URL: "https://www.example.co.kr/", Note: "journey.try.https"},
	{URL: "https://www.example.co.kr/page", Note: "journey.try.page"},
	{URL: "http://www.example.co.kr/secure", Note: "journey.try.secure"},
	{URL: "http://www.example.co.kr/slow", Note: "journey.try.slow"},
}

// fillJourney puts a journey on its sheet, and beside it the two runs that the
// address names.
func (h *Handlers) fillJourney(r *http.Request, place *room.Room, page *templates.Page) error {
	file, err := h.file(page.TraceID)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	j := &templates.Journey{Line: lookup.TimelineOf(file.Events), Events: file.Events, URL: journeyTries[1].URL, Tries: journeyTries, Chosen: q.Get("change")}
	page.Journey = j
	if j.Line == nil {
		return nil
	}
	j.URL = j.Line.URL
	if file.Network == lookup.NetworkLab && j.Line.Ended {
		j.Changes = place.JourneyChanges()
	}
	if q.Get("left") == "" || q.Get("right") == "" {
		return nil
	}
	side := func(id string) (*templates.JourneyRun, error) {
		file, err := h.file(id)
		return &templates.JourneyRun{ID: id, Line: lookup.TimelineOf(file.Events), Events: file.Events}, err
	}
	if j.Left, err = side(q.Get("left")); err == nil {
		j.Right, err = side(q.Get("right"))
	}
	return err
}
