package handlers

import (
	"net/http"

	"rootwalk/handlers/room"
)

// Stores makes the device's browser forget something, and leads back.
func (h *Handlers) Stores(w http.ResponseWriter, r *http.Request) {
	place, err := h.formRoom(w, r)
	if err == nil {
		err = place.ForgetRemembered(r.PostForm.Get("store"), r.PostForm.Get("key"))
	}
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.seeUnder(w, r, place, room.Under{}, "request")
}
