package handlers

import (
	"context"
	"encoding/json"
	"net/http"

	"rootwalk/handlers/room"
)

// commands are all that a page can ask for over its socket. Each reads its own
// fields, does one thing, and says what came of it.
var commands = map[string]func(*Handlers, call) (reply, error){
	"lookup":   (*Handlers).liveLookup,
	"follow":   (*Handlers).liveFollow,
	"unfollow": (*Handlers).liveUnfollow,
	"release":  (*Handlers).liveRelease,
	"predict":  (*Handlers).livePredict,
	"observe":  (*Handlers).liveObserve,
	"leave":    (*Handlers).liveLeave,
	"skip":     (*Handlers).liveSkip,
	"rate":     (*Handlers).liveRate,
	"flush":    (*Handlers).liveFlush,
}

// call is one command with where it came from.
type call struct {
	command
	raw    []byte // the whole object: fields that are only this command's
	place  *room.Room
	viewer *room.Viewer
	ctx    context.Context // done when the connection ends
}

// fields reads the command's own fields into a struct.
func (c call) fields(into any) error {
	if err := json.Unmarshal(c.raw, into); err != nil {
		return malformed("a member of " + printable(c.Do) + " has the wrong type")
	}
	return nil
}

// reply is the answer to one command.
type reply struct {
	ID     string     `json:"id"`
	OK     bool       `json:"ok,omitempty"`
	Trace  string     `json:"trace,omitempty"`  // that the command began or follows
	Result any        `json:"result,omitempty"` // what it found out, where there is more to say
	Error  *errorBody `json:"error,omitempty"`
}

// carryOut does what a command says and returns the reply to it. err is what
// was wrong with the command itself.
func (h *Handlers) carryOut(c call, err error) []byte {
	var out reply
	if err == nil {
		out, err = h.do(c)
		out.OK = err == nil && out.Trace == ""
	}
	if err != nil {
		p, _ := problem(err)
		body := h.errorBody(p)
		out = reply{Error: &body}
	}
	out.ID = c.ID
	b, err := json.Marshal(out)
	if err != nil {
		return []byte(`{"error":{"code":"internal","text":"the reply could not be encoded"}}`)
	}
	return b
}

func (h *Handlers) do(c call) (reply, error) {
	act := commands[c.Do]
	if act == nil {
		return reply{}, &badRequest{code: "command.unknown", status: http.StatusBadRequest, params: map[string]string{"command": printable(c.Do)}}
	}
	return act(h, c)
}

// liveLookup runs a lookup and follows it.
func (h *Handlers) liveLookup(c call) (reply, error) {
	ask, err := asked(c.Name, c.Type, c.URL)
	if err != nil {
		return reply{}, err
	}
	ask.Network, ask.Gated, ask.DO, ask.CD = c.Network, c.Gate, c.DO, c.CD
	rec, err := c.place.Lookup(ask)
	if err != nil {
		return reply{}, err
	}
	c.viewer.Follow(rec, -1)
	return reply{Trace: rec.ID()}, nil
}

func (h *Handlers) liveFollow(c call) (reply, error) {
	rec, err := h.cfg.Rooms.Trace(c.Trace)
	if err != nil {
		return reply{}, err
	}
	after := -1
	if c.After != nil {
		after = *c.After
	}
	c.viewer.Follow(rec, after)
	return reply{Trace: rec.ID()}, nil
}

func (h *Handlers) liveUnfollow(c call) (reply, error) {
	c.viewer.Unfollow(c.Trace)
	return reply{}, nil
}

// liveRelease opens the gate of a held recording.
func (h *Handlers) liveRelease(c call) (reply, error) {
	rec, err := h.cfg.Rooms.Trace(c.Trace)
	if err != nil {
		return reply{}, err
	}
	if !rec.Release(c.Decision) {
		return reply{}, &badRequest{code: "decision.unknown", status: http.StatusConflict}
	}
	return reply{}, nil
}

func (h *Handlers) liveSkip(c call) (reply, error) { return reply{}, skip(c.place, c.Seconds) }
func (h *Handlers) liveRate(c call) (reply, error) { return reply{}, setRate(c.place, c.Rate) }
func (h *Handlers) liveFlush(c call) (reply, error) {
	return reply{}, flush(c.place, c.Cache, c.Name, c.Type)
}
