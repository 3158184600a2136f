package handlers

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/a-h/templ"
	"golang.org/x/time/rate"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/templates"
)

// ExampleID is the trace id of the recorded example.
const ExampleID = "example"

// Config is what the handlers work with.
type Config struct {
	Rooms *room.Rooms
	Words map[string]*lookup.Words // by language; "en" must be there
	// Assets are the files that a page loads, by its entry module:
	// "js/main.js" for the sheet, "js/sheets/caches.js" for a detail sheet.
	Assets  func(entry string) templates.Assets
	Example lookup.TraceFile // the recorded lookup that a first visit shows
	Schema  []byte           // JSON Schema of a trace file

	// Origins are the origins that may open a socket or send a form, such as
	// "http://127.0.0.1:8080". It is asked anew each time.
	Origin func(origin string) bool

	Outside Outside

	// Framed is an HTML document as it can be shown from another address: with a
	// script of ours, and its resources at the addresses that to gives. Measure is
	// that script.
	Framed  func(body []byte, at, script string, to func(url string) (string, bool)) []byte
	Measure []byte

	// Offline is the script and the styles of a file that replays a trace, and
	// OfflineWords whether it needs a family of words.
	Offline      func() (script, style []byte)
	OfflineWords func(family string) bool

	MaxSockets int           // live connections at once over all rooms; 400 if 0
	Patience   time.Duration // how long a request waits for its lookup; 15 s if 0
}

// Handlers has a method for each route.
type Handlers struct {
	cfg     Config
	example *templates.View
	sockets *sockets
	imports *rate.Limiter // files read, over all rooms
	sends   *rate.Limiter // messages made by hand, over all rooms
}

// New checks the configuration and prepares what all pages share.
func New(cfg Config) *Handlers {
	if cfg.MaxSockets == 0 {
		cfg.MaxSockets = 400
	}
	if cfg.Patience == 0 {
		cfg.Patience = 15 * time.Second // before browsers and proxies give up
	}
	cfg.Example.ID = ExampleID // it was recorded as some lookup of a terminal
	return &Handlers{cfg: cfg, example: templates.Fold(cfg.Example.Events), sockets: newSockets(cfg.MaxSockets), imports: rate.NewLimiter(2, 30), sends: rate.NewLimiter(20, 60)}
}

// Close ends all live connections and waits for them. Rooms are closed by
// whoever made them.
func (h *Handlers) Close() { h.sockets.close() }

// render writes a page.
func (h *Handlers) render(w http.ResponseWriter, r *http.Request, status int, page templ.Component) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Add("Vary", "Accept-Language, Cookie")
	w.WriteHeader(status)
	_ = page.Render(r.Context(), w) // the reader went away: nothing to tell anybody
}

// writeJSON writes a value as JSON.
func writeJSON(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		http.Error(w, "the answer could not be encoded", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	w.WriteHeader(status)
	_, _ = w.Write(b)
}

// Health is 200 while the program can run lookups: the lab of the main room
// is up, or comes up for the asking.
func (h *Handlers) Health(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if _, err := h.cfg.Rooms.Enter(r.Context(), room.Main); err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte("the lab is not up: " + err.Error() + "\n"))
		return
	}
	_, _ = w.Write([]byte("ok\n"))
}

// Schema serves the JSON Schema of trace files.
func (h *Handlers) Schema(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/schema+json")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(h.cfg.Schema)
}
