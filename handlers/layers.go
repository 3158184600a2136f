package handlers

import (
	"context"
	"net/http"
	"strconv"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/templates"
)

// The layers of caches: which resolver the device uses, presets, and what the
// zone's own servers have.

func init() {
	commands["resolver"] = (*Handlers).liveResolver
	commands["prepare"] = (*Handlers).livePrepare
	commands["layers"] = (*Handlers).liveLayers
	fill["caches"] = (*Handlers).fillCaches
}

// liveResolver is {"do":"resolver","resolver":"R2"}.
func (h *Handlers) liveResolver(c call) (reply, error) {
	var in struct {
		Resolver string `json:"resolver"`
	}
	if err := c.fields(&in); err != nil {
		return reply{}, err
	}
	return reply{}, c.place.UseResolver(in.Resolver)
}

// livePrepare is {"do":"prepare","preset":"warm","name":…,"type":…}. The reply
// comes when the caches are as they should be.
func (h *Handlers) livePrepare(c call) (reply, error) {
	var in struct {
		Preset string `json:"preset"`
	}
	if err := c.fields(&in); err != nil {
		return reply{}, err
	}
	q, err := question(c.Name, c.Type)
	if err != nil {
		return reply{}, err
	}
	return reply{}, c.place.Prepare(c.ctx, in.Preset, q)
}

// liveLayers is {"do":"layers","name":…,"type":…}: the result says what the
// servers of the name's zone have now.
func (h *Handlers) liveLayers(c call) (reply, error) {
	q, err := question(c.Name, c.Type)
	if err != nil {
		return reply{}, err
	}
	l, ok := c.place.Layers(q)
	if !ok {
		return reply{}, room.ErrNoLayers
	}
	return reply{Result: l}, nil
}

// Resolver is liveResolver as a form.
func (h *Handlers) Resolver(w http.ResponseWriter, r *http.Request) {
	h.control(w, r, func(place *room.Room) error { return place.UseResolver(r.PostForm.Get("resolver")) })
}

// Prepare is livePrepare as a form.
func (h *Handlers) Prepare(w http.ResponseWriter, r *http.Request) {
	h.control(w, r, func(place *room.Room) error {
		q, err := question(r.PostForm.Get("name"), r.PostForm.Get("type"))
		if err != nil {
			return err
		}
		// The lookups belong to the room: they go on if the reader leaves.
		return place.Prepare(context.WithoutCancel(r.Context()), r.PostForm.Get("preset"), q)
	})
}

// fillCaches puts on a page what the zone's servers have for its question.
func (h *Handlers) fillCaches(r *http.Request, place *room.Room, page *templates.Page) error {
	q := lookup.Question{Name: "www.example.co.kr.", Type: lookup.TypeA, Class: lookup.ClassIN}
	if page.View != nil && page.View.Question != nil {
		q = *page.View.Question
	}
	if l, ok := place.Layers(q); ok {
		page.Layers = &templates.Layers{Resolvers: l.Resolvers, Resolver: l.Resolver, Holdings: l.Holdings, Presets: room.Presets}
	}
	if n, err := strconv.Atoi(r.URL.Query().Get("of")); err == nil && n > 0 {
		page.Of = n
	}
	page.Traces = h.fillers(page)
	return nil
}

// maxFillers bounds how many traces are looked into for one page.
const maxFillers = 24

// fillers are the traces, other than the page's own, that filled the caches on
// it, as far as they are still kept.
func (h *Handlers) fillers(page *templates.Page) map[string][]lookup.Event {
	out := map[string][]lookup.Event{}
	take := func(trace string) {
		if _, have := out[trace]; have || trace == "" || trace == page.TraceID || len(out) == maxFillers {
			return
		}
		if rec, err := h.cfg.Rooms.Trace(trace); err == nil {
			out[trace] = rec.File().Events
		}
	}
	take(page.SourceTrace())
	for _, c := range page.Caches {
		for _, e := range c.Entries {
			take(e.Trace)
		}
	}
	if page.View != nil && !page.Recorded {
		for _, c := range page.View.Caches {
			for _, r := range c.Rows {
				take(r.Trace)
			}
		}
	}
	return out
}
