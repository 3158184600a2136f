package web

import (
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"rootwalk/handlers"
	"rootwalk/static"
)

// routes is the whole map of the site.
func routes(h *handlers.Handlers, own *origins) http.Handler {
	r := chi.NewRouter()
	r.Use(recovered, headers, own.guard)
	r.NotFound(h.NotFound)
	r.MethodNotAllowed(h.MethodNotAllowed)

	// A time limit would end the socket's context, so it is outside.
	r.Get("/live", h.Live)

	r.Group(func(r chi.Router) {
		r.Use(middleware.Timeout(requestTime), crossOrigin())
		r.Get("/healthz", h.Health)
		r.Handle("/static/*", http.StripPrefix("/static", static.Handler()))

		r.Group(func(r chi.Router) {
			r.Use(middleware.Compress(5, "text/html", "application/json", "application/schema+json"))
			r.Get("/", h.Home)
			r.Post("/lookups", h.StartLookup)
			r.Get("/lookups/{id}", h.Lookup) // {id} or {id}.json
			r.Post("/clock", h.Clock)
			r.Post("/flush", h.Flush)
			r.Get("/schema/trace.json", h.Schema)
		})
	})
	return r
}
