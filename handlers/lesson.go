package handlers

import (
	"net/http"
	"net/url"
	"strconv"

	"rootwalk/handlers/room"
)

// The lesson's controls as forms, for pages without a socket. Each leads back
// to the page it was on.

// Clock skips time, or changes how fast it runs.
func (h *Handlers) Clock(w http.ResponseWriter, r *http.Request) {
	h.control(w, r, func(place *room.Room) error {
		if s := r.PostForm.Get("rate"); s != "" {
			rate, err := strconv.Atoi(s)
			if err != nil {
				return malformed("rate is not a number")
			}
			return setRate(place, rate)
		}
		seconds, err := strconv.Atoi(r.PostForm.Get("seconds"))
		if err != nil {
			return malformed("seconds is not a number")
		}
		return skip(place, seconds)
	})
}

// Flush empties a cache, or one entry of it.
func (h *Handlers) Flush(w http.ResponseWriter, r *http.Request) {
	h.control(w, r, func(place *room.Room) error {
		return flush(place, r.PostForm.Get("cache"), r.PostForm.Get("name"), r.PostForm.Get("type"))
	})
}

func (h *Handlers) control(w http.ResponseWriter, r *http.Request, do func(*room.Room) error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := readForm(r); err != nil {
		h.fail(w, r, err)
		return
	}
	place, err := h.cfg.Rooms.Enter(r.Context(), roomName(r))
	if err == nil {
		err = do(place)
	}
	if err != nil {
		h.fail(w, r, err)
		return
	}
	back, err := url.Parse(r.PostForm.Get("back"))
	if err != nil || back.Host != "" || back.Scheme != "" {
		back = &url.URL{Path: "/"}
	}
	http.Redirect(w, r, localPath(back), http.StatusSeeOther)
}
