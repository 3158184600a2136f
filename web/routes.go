package web

import (
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"rootwalk/handlers"
	"rootwalk/static"
)

// routes is the whole map of the site.
func routes(h *handlers.Handlers, own *origins) http.Handler {
	r := chi.NewRouter()
	r.Use(recovered, headers, own.guard, middleware.GetHead) // HEAD wherever there is GET (RFC 9110 §9.1)
	r.NotFound(h.NotFound)
	r.MethodNotAllowed(func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Allow", allowed(r, req.URL.Path))
		h.MethodNotAllowed(w, req)
	})

	// A time limit would end the socket's context, so it is outside.
	r.Get("/live", h.Live)

	r.Group(func(r chi.Router) {
		r.Use(middleware.Timeout(requestTime), crossOrigin())
		r.Get("/healthz", h.Health)
		r.Get("/dns-query", h.DoH)
		r.Post("/dns-query", h.DoH)
		r.Method(http.MethodGet, "/static/*", http.StripPrefix("/static", static.Handler()))

		r.Group(func(r chi.Router) {
			r.Use(middleware.Compress(5, "text/html", "application/json", "application/schema+json"))
			r.Get("/", h.Home)
			r.Post("/lookups", h.StartLookup)
			r.Get("/lookups/{id}", h.Lookup) // {id} or {id}.json
			r.Get("/lookups/{id}/{detail}", h.Detail)
			r.Post("/lookups/{id}/predict", h.Predict)
			r.Post("/lookups/{id}/whatif", h.StartWhatIf)
			r.Post("/lookups/{id}/trust", h.StartTrust)
			r.Post("/lookups/{id}/draw", h.Redraw)
			r.Get("/lookups/{id}/framed/*", h.Framed)
			r.Post("/faults", h.ChangeFaults)
			r.Post("/spoof", h.Spoof)
			r.Post("/connect", h.Connect)
			r.Post("/versions", h.Versions)
			r.Post("/stores", h.Stores)
			r.Post("/connect/turn", h.ConnectTurn)
			r.Post("/clock", h.Clock)
			r.Post("/flush", h.Flush)
			r.Post("/copies", h.Copies)
			r.Post("/zones", h.Zones)
			r.Get("/lab", h.ExportLab)
			r.Post("/lab", h.ImportLab)
			r.Post("/moves", h.Moves)
			r.Post("/resend", h.Resend)
			r.Get("/lookups/{id}/files/{name}", h.File)
			r.Post("/traces", h.Import)
			r.Get("/glossary", h.Glossary)
			r.Get("/glossary/{term}", h.Term)
			r.Post("/resolver", h.Resolver)
			r.Post("/prepare", h.Prepare)
			r.Get("/schema/trace.json", h.Schema)
		})
	})
	return r
}

// allowed lists the methods of an address, as a 405 must (RFC 9110 §15.5.6).
func allowed(r chi.Routes, path string) string {
	var methods []string
	for _, m := range []string{http.MethodGet, http.MethodPost} {
		if r.Match(chi.NewRouteContext(), m, path) {
			methods = append(methods, m)
			if m == http.MethodGet {
				methods = append(methods, http.MethodHead)
			}
		}
	}
	return strings.Join(methods, ", ")
}
