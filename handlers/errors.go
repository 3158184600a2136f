package handlers

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/templates"
)

// problem maps an error to what a person is told and to a status. It is the
// one place where errors of the inside meet the outside; what is not known
// here is logged and told in general words.
func problem(err error) (templates.Problem, int) {
	var name *lookup.NameError
	var typ *lookup.TypeError
	var web *lookup.URLError
	var roomName *room.NameError
	var bad *badRequest
	switch {
	case errors.As(err, &name):
		p := templates.Problem{Code: name.Code, Field: "name", Params: map[string]string{"label": name.Label, "at": strconv.Itoa(name.At), "size": strconv.Itoa(name.Size)}}
		if name.Code == "label.empty" && name.Label == "" {
			p.Code = "label.emptyFirst"
		}
		return p, http.StatusUnprocessableEntity
	case errors.As(err, &typ):
		return templates.Problem{Code: typ.Code, Field: "type", Params: map[string]string{"type": typ.Text}}, http.StatusUnprocessableEntity
	case errors.As(err, &web):
		return templates.Problem{Code: "url." + web.Why, Params: map[string]string{"text": web.Text}}, http.StatusUnprocessableEntity
	case errors.As(err, &roomName):
		return templates.Problem{Code: "room.name", Params: map[string]string{"room": lookup.Printable(roomName.Name)}}, http.StatusUnprocessableEntity
	case errors.As(err, &bad):
		return templates.Problem{Code: bad.code, Params: bad.params}, bad.status
	case errors.Is(err, room.ErrUnknownTrace):
		return templates.Problem{Code: "trace.unknown"}, http.StatusNotFound
	case errors.Is(err, room.ErrUnknownCache):
		return templates.Problem{Code: "cache.unknown"}, http.StatusUnprocessableEntity
	case errors.Is(err, room.ErrUnknownResolver):
		return templates.Problem{Code: "resolver.unknown"}, http.StatusUnprocessableEntity
	case errors.Is(err, room.ErrUnknownPreset):
		return templates.Problem{Code: "preset.unknown"}, http.StatusUnprocessableEntity
	case errors.Is(err, room.ErrNoLayers):
		return templates.Problem{Code: "layers.none"}, http.StatusUnprocessableEntity
	case errors.Is(err, context.DeadlineExceeded):
		return templates.Problem{Code: "time.up"}, http.StatusServiceUnavailable
	case errors.Is(err, room.ErrUnknownNetwork):
		return templates.Problem{Code: "network.unknown"}, http.StatusUnprocessableEntity
	case errors.Is(err, room.ErrCannotSend):
		return templates.Problem{Code: "bytes.network"}, http.StatusUnprocessableEntity
	case errors.Is(err, room.ErrUnknownTarget):
		return templates.Problem{Code: "bytes.target"}, http.StatusUnprocessableEntity
	case errors.Is(err, room.ErrNoMessage):
		return templates.Problem{Code: "bytes.none"}, http.StatusNotFound
	case errors.Is(err, room.ErrMessageSize):
		return templates.Problem{Code: "bytes.size"}, http.StatusUnprocessableEntity
	case errors.Is(err, room.ErrUnknownChange):
		return templates.Problem{Code: "change.unknown"}, http.StatusUnprocessableEntity
	case errors.Is(err, room.ErrNoExperiment):
		return templates.Problem{Code: "change.impossible"}, http.StatusUnprocessableEntity
	case errors.Is(err, room.ErrFault):
		return templates.Problem{Code: "fault.unknown"}, http.StatusUnprocessableEntity
	case errors.Is(err, room.ErrNoSpoof):
		return templates.Problem{Code: "spoof.nowhere"}, http.StatusUnprocessableEntity
	case errors.Is(err, room.ErrNoStores):
		return templates.Problem{Code: "store.none"}, http.StatusConflict
	case errors.Is(err, room.ErrUnknownStore):
		return templates.Problem{Code: "store.unknown"}, http.StatusUnprocessableEntity
	case errors.Is(err, room.ErrNoVersions):
		return templates.Problem{Code: "request.nowhere"}, http.StatusConflict
	case errors.Is(err, room.ErrNoDrawing):
		return templates.Problem{Code: "draw.nowhere"}, http.StatusUnprocessableEntity
	case errors.Is(err, room.ErrNoRedraw):
		return templates.Problem{Code: "draw.value"}, http.StatusUnprocessableEntity
	case errors.Is(err, room.ErrNoBench):
		return templates.Problem{Code: "connect.nowhere"}, http.StatusConflict
	case errors.Is(err, room.ErrNoScript):
		return templates.Problem{Code: "connect.script"}, http.StatusUnprocessableEntity
	case errors.Is(err, room.ErrNoTurn):
		return templates.Problem{Code: "connect.turn"}, http.StatusConflict
	case errors.Is(err, room.ErrOverTurn):
		return templates.Problem{Code: "connect.over"}, http.StatusConflict
	case errors.Is(err, room.ErrNoFaults):
		return templates.Problem{Code: "fault.nowhere"}, http.StatusUnprocessableEntity
	case errors.Is(err, room.ErrRiddle):
		return templates.Problem{Code: "fault.riddle"}, http.StatusConflict
	case errors.Is(err, room.ErrNoReach):
		return templates.Problem{Code: "network.closed", Field: "network"}, http.StatusConflict
	case errors.Is(err, room.ErrNothing):
		return templates.Problem{Code: "zone.nothing"}, http.StatusConflict
	case errors.Is(err, room.ErrTaken):
		return templates.Problem{Code: "zone.taken"}, http.StatusConflict
	case errors.Is(err, room.ErrNoPlace):
		return templates.Problem{Code: "zone.noPlace"}, http.StatusUnprocessableEntity
	case errors.Is(err, room.ErrNoZones):
		return templates.Problem{Code: "zones.none"}, http.StatusConflict
	case errors.Is(err, room.ErrUnknownZone):
		return templates.Problem{Code: "zone.unknown"}, http.StatusNotFound
	case errors.Is(err, room.ErrUnknownServer):
		return templates.Problem{Code: "server.unknown"}, http.StatusUnprocessableEntity
	case errors.Is(err, room.ErrUnknownRecord):
		return templates.Problem{Code: "record.unknown"}, http.StatusUnprocessableEntity
	case errors.Is(err, room.ErrUnknownAct):
		return templates.Problem{Code: "command.unknown", Params: map[string]string{"command": "…"}}, http.StatusBadRequest
	case errors.Is(err, room.ErrBusy):
		return templates.Problem{Code: "busy", Params: map[string]string{"seconds": "2"}}, http.StatusServiceUnavailable
	case errors.Is(err, room.ErrFull):
		return templates.Problem{Code: "room.full"}, http.StatusServiceUnavailable
	case errors.Is(err, room.ErrGone):
		return templates.Problem{Code: "room.closed"}, http.StatusServiceUnavailable
	}
	slog.Error("request failed", "error", err)
	return templates.Problem{Code: "internal"}, http.StatusInternalServerError
}

// badRequest is a request that makes no sense whatever the state of things.
type badRequest struct {
	code   string
	status int
	params map[string]string
}

func (e *badRequest) Error() string { return "bad request: " + e.code }

func malformed(why string) error {
	return &badRequest{code: "command.malformed", status: http.StatusBadRequest, params: map[string]string{"why": lookup.Printable(why)}}
}

// errorBody is a problem as JSON, with the English words for people who read
// it in a terminal.
type errorBody struct {
	Code   string            `json:"code"`
	Field  string            `json:"field,omitempty"`
	Params map[string]string `json:"params,omitempty"`
	Text   string            `json:"text"`
}

func (h *Handlers) errorBody(p templates.Problem) errorBody {
	return errorBody{Code: p.Code, Field: p.Field, Params: p.Params, Text: h.cfg.Words["en"].With("error."+p.Code, p.Params)}
}

// fail answers with a problem: as JSON where that was asked for, else as a
// page.
func (h *Handlers) fail(w http.ResponseWriter, r *http.Request, err error) {
	p, status := problem(err)
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "2")
	}
	if wantsJSON(r) {
		writeJSON(w, status, map[string]errorBody{"error": h.errorBody(p)})
		return
	}
	page := h.page(r, "")
	h.render(w, r, status, templates.Error(templates.ErrorPage{Page: page, Status: status, Problem: p}))
}

// NotFound is the page for addresses that lead nowhere.
func (h *Handlers) NotFound(w http.ResponseWriter, r *http.Request) {
	h.fail(w, r, &badRequest{code: "page.unknown", status: http.StatusNotFound})
}

// MethodNotAllowed is the answer to a method that an address does not take.
func (h *Handlers) MethodNotAllowed(w http.ResponseWriter, r *http.Request) {
	h.fail(w, r, &badRequest{code: "method.wrong", status: http.StatusMethodNotAllowed, params: map[string]string{"method": lookup.Printable(r.Method)}})
}
