package templates

import (
	"net/url"
	"strings"

	"rootwalk/lookup"
)

// Page is everything a page is drawn from. Handlers fill it; templates only
// read it.
type Page struct {
	Words  *lookup.Words // of the page's language
	Theme  string        // "light", "dark", or "" to follow the system
	Room   string        // the room's name
	Path   string        // path and query of this page, for links back to it
	Other  *lookup.Words // of the other language
	Depth  string        // "basic" leaves expert detail out
	Mode   string        // "", or "projector"
	Assets Assets

	Form  Form
	Clock lookup.ClockReading
	// Caches are the room's caches now; nil where the page is about no room.
	Caches []lookup.CacheSnapshot

	Layers *Layers // of the detail sheet of caches; nil where they cannot be arranged

	Outside *Outside // nil where programs outside may not ask, or not this room

	TraceID  string      // "" for none
	TraceURL string      // where the trace file is
	Predict  *Predict    // what the trace asks, nil for nothing
	Recorded bool        // the trace is the recorded example, not a lookup of this room
	Imported bool        // and it was read from somebody's file
	View     *View       // the trace, folded; nil for none
	Spoof    *Spoof      // on the sheet about forged responses
	Faults   *FaultBench // on the fault bench
	Reach    *Reach      // the real internet beside the lab; nil where it is not offered

	Bytes     *ByteSheet // of the detail sheet about bytes
	Captured  Captured   // what is known of the frames on the links
	Address   string     // where the trace is shown, for others to open
	Worksheet bool       // on paper, without the answers
	Offline   bool       // a file that replays without a server
	// Traces are the events of other traces that filled the caches shown, by id.
	Traces map[string][]lookup.Event
	// Of is the event whose records' sources are asked for; 0 for none.
	Of int

	Detail string // key of the detail sheet, "" for the drawing

	WhatIf   *WhatIf    // for the sheet that compares runs
	Trust    *Trust     // for the sheet of the chain of trust
	Census   *Census    // every name server there is; nil where nobody knows
	Transfer *Transfer  // on the sheet of zone transfers
	Zones    *ZonesPage // on the sheet of zones
	Moves    *MovesPage // on the sheet on which zones are moved
	Connect  *Connect   // on the sheet of connections
	Request  *Request   // on the sheet of requests
	Draw     *Draw      // on the sheet on which a page is drawn
	Journey  *Journey   // on the sheet of a whole journey

	Handshake int  // on the sheet of TLS: which one of the trace, from 1; 0 for the last
	Sealed    bool // there is a resolver that can be asked over HTTPS
}

// Assets are the addresses of the files that a page loads.
type Assets struct {
	Main    string   // the module that starts the page
	Styles  []string // style sheets, in order
	Modules []string // every module that Main imports, for modulepreload
}

// Layers is what the detail sheet of caches shows besides them.
type Layers struct {
	Resolvers []string
	Resolver  string // the one the device asks first
	Holdings  []lookup.Holding
	Presets   []string
}

// Form is the name form as it was sent, with what was wrong.
type Form struct {
	Name, Type string
	Network    string // as it was sent, "" where it was not
	DO, CD     bool   // of the trace on show, or as they were sent
	Error      *Problem
	Examples   []Example
}

// Example is a name worth trying.
type Example struct {
	Name, Type string
	Note       string // key of a word: what it shows
}

// Problem is something that a person can put right.
type Problem struct {
	Code   string            // a key: "error." + Code in the word files
	Field  string            // "name", "type", or "" for the whole
	Params map[string]string // for the blanks of the text
}

// Lang is the page's language.
func (p Page) Lang() string { return p.Words.Lang() }

// T is a text in the page's language.
func (p Page) T(key string, pairs ...string) string { return p.Words.Say(key, pairs...) }

// OtherLang is the language that the switch leads to.
func (p Page) OtherLang() string {
	if p.Lang() == "ko" {
		return "en"
	}
	return "ko"
}

// With is this page's address with one query parameter set.
func (p Page) With(name, value string) string {
	path, query, _ := strings.Cut(p.Path, "?")
	q, err := url.ParseQuery(query)
	if err != nil {
		q = url.Values{}
	}
	q.Set(name, value)
	return path + "?" + q.Encode()
}

// ErrorPage is a page about something that did not work.
type ErrorPage struct {
	Page
	Status  int
	Problem Problem
}

// otherDepth is the depth that the switch leads to.
func (p Page) otherDepth() string {
	if p.Depth == "basic" {
		return "expert"
	}
	return "basic"
}
