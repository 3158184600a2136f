package templates

import "github.com/a-h/templ"

// Detail is a detail sheet of sheet 2: one aspect of a trace or of the room's
// lab, drawn large, at /lookups/{id}/{key}. Its page is started by the module
// static/js/sheets/{key}.js, and called by the word "detail.{key}".
type Detail struct {
	Key string
	// Words are the first parts of keys that the page's script needs besides
	// the common ones; static.Parts must know them.
	Words []string
	// Begins says that a group begins here: finding a name, connection and page, keeping.
	Begins  bool
	Content func(Page) templ.Component
}

// details are the detail sheets in the order in which they are offered.
var details = []Detail{
	{Key: "bytes", Content: BytesSheet},
	{Key: "hierarchy", Content: HierarchyContent},
	{Key: "chains", Content: ChainsContent},
	{Key: "caches", Words: []string{"caches"}, Content: CachesDetail},
	{Key: "whatif", Content: WhatIfContent},
	{Key: "trust", Content: TrustContent},
	{Key: "faults", Content: FaultsContent},
	{Key: "spoof", Content: SpoofContent},
	{Key: "transfer", Content: transferSheet},
	{Key: "zones", Content: zonesSheet},
	{Key: "moves", Content: movesSheet},
	{Key: "journey", Begins: true, Content: journeySheet},
	{Key: "connect", Content: connectSheet},
	{Key: "encrypt", Content: encryptSheet},
	{Key: "request", Content: requestSheet},
	{Key: "draw", Words: []string{"frame"}, Content: drawSheet},
	{Key: "print", Begins: true, Content: PrintSheet},
}

// FindDetail is the detail sheet with a key.
func FindDetail(key string) (Detail, bool) {
	for _, d := range details {
		if d.Key == key {
			return d, true
		}
	}
	return Detail{}, false
}

// detailHref leads to a detail sheet of the trace on show; "" is the drawing.
func detailHref(p Page, key string) string {
	to := "/"
	switch {
	case p.TraceID != "" && (!p.Recorded || key != ""):
		to = "/lookups/" + p.TraceID
	case key != "":
		to = "/lookups/example"
	}
	if key != "" {
		to += "/" + key
	}
	if p.Room != "" && p.Room != "main" {
		to += "?room=" + p.Room // a room's name needs no escaping (room.checkName)
	}
	return to
}
