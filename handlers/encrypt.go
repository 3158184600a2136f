package handlers

import (
	"net/http"
	"strconv"

	"rootwalk/handlers/room"
	"rootwalk/templates"
)

func init() { fill["encrypt"] = fillEncrypt }

// fillEncrypt says which handshake of a trace is to be shown, and whether there is
// a resolver to be asked over HTTPS.
func fillEncrypt(_ *Handlers, r *http.Request, place *room.Room, page *templates.Page) error {
	page.Handshake, _ = strconv.Atoi(r.URL.Query().Get("handshake")) // what is none shows the last
	page.Sealed = place.Sealed()
	return nil
}
