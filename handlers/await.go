package handlers

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"rootwalk/handlers/room"
)

// await waits for the end of several things, as long as one request may wait in
// all. It reports whether all have come; what has not goes on without the
// request.
func await(r *http.Request, patience time.Duration, all ...<-chan struct{}) bool {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	ended := true
	for _, done := range all {
		select {
		case <-done: // a lookup ends by itself: it is bounded in time
			continue
		default:
		}
		select {
		case <-done:
		case <-ctx.Done():
			ended = false
		}
	}
	return ended
}

// await is the same for recordings, with the patience that is configured. Where
// the client has left, nobody reads an answer: r.Context().Err() tells.
func (h *Handlers) await(r *http.Request, recs ...*room.Recording) bool {
	all := make([]<-chan struct{}, len(recs))
	for i, rec := range recs {
		all[i] = rec.Done()
	}
	return await(r, h.cfg.Patience, all...)
}

// stay adds to a query what lets a page that a form leads to stay in its room, and
// in its language where cookies are refused.
func (h *Handlers) stay(r *http.Request, roomName string, to url.Values) {
	if roomName != "" && roomName != room.Main {
		to.Set("room", roomName)
	}
	if _, err := r.Cookie("lang"); err != nil && h.cfg.Words[r.PostForm.Get("lang")] != nil {
		to.Set("lang", r.PostForm.Get("lang"))
	}
}

// staying is the query that does so and nothing more.
func (h *Handlers) staying(r *http.Request, roomName string) string {
	to := url.Values{}
	h.stay(r, roomName, to)
	if len(to) == 0 {
		return ""
	}
	return "?" + to.Encode()
}
