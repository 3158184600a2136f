package handlers

import (
	"encoding/json"
	"errors"
	"time"
	"unicode/utf8"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
)

// Bounds of one command.
const (
	maxCommand   = 16 << 10 // bytes
	maxCommandID = 32
)

// command is what a page asks for over its socket, with the fields that more
// than one kind of command has, or that were there first.
type command struct {
	ID       string `json:"id"`
	Do       string `json:"do"` // a key of commands
	Name     string `json:"name"`
	Type     string `json:"type"`
	Network  string `json:"network"`
	URL      string `json:"url"`    // lookup: go on to this address of the Web; name and type are then its
	Gate     bool   `json:"gate"`   // hold the trace at each decision point
	DO       bool   `json:"dnssec"` // ask for signatures and check them
	CD       bool   `json:"cd"`     // hand on what fails the check
	Trace    string `json:"trace"`
	After    *int   `json:"after"` // follow: seq of the last event that is known; all if missing
	Decision string `json:"decision"`
	Seconds  int    `json:"seconds"`
	Rate     int    `json:"rate"`
	Cache    string `json:"cache"`
}

// decodeCommand reads a command and checks what is the same for all of them.
// The id is returned even where the rest is bad, so that the error can name
// it.
func decodeCommand(data []byte) (command, error) {
	var c command
	if len(data) > maxCommand {
		return c, malformed("longer than 16 KiB")
	}
	if !utf8.Valid(data) { // RFC 6455 §8.1; the library leaves it to us
		return c, malformed("not UTF-8")
	}
	err := json.Unmarshal(data, &c)
	if len(c.ID) > maxCommandID {
		c.ID = ""
		return c, malformed("the id is longer than 32 bytes")
	}
	if err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) {
			return c, malformed("member " + wrong.Field + " has the wrong type")
		}
		return c, malformed("not a JSON object")
	}
	if c.ID == "" {
		return c, malformed("a command needs an id")
	}
	return c, nil
}

// question is what a person asked, read from text; an address is asked about by
// its reverse name.
func question(name, rrtype string) (lookup.Question, error) {
	q, _, err := lookup.ParseQuestion(name, rrtype)
	return q, err
}

// skips are the jumps of the lesson clock that a page offers, in seconds.
var skips = []int{10, 60, 300, 3600, 86400}

func skip(r *room.Room, seconds int) error {
	for _, s := range skips {
		if s == seconds {
			if err := r.Skip(time.Duration(s) * time.Second); err != nil {
				return &badRequest{code: "clock.range", status: 422}
			}
			return nil
		}
	}
	return &badRequest{code: "clock.range", status: 422}
}

func setRate(r *room.Room, rate int) error {
	if err := r.SetRate(rate); err != nil {
		return &badRequest{code: "clock.range", status: 422}
	}
	return nil
}

// flush empties a cache; with a name, one entry of it.
func flush(r *room.Room, cache, name, rrtype string) error {
	if name == "" {
		return r.Flush(cache, "", 0)
	}
	q, err := question(name, rrtype)
	if err != nil {
		return err
	}
	return r.Flush(cache, q.Name, q.Type)
}
