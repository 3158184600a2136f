package room

import (
	"context"
	"errors"

	"rootwalk/lookup"
)

// MaxSent bounds a message that is sent as it stands, in bytes.
const MaxSent = 4096

// Sender is an internet in which a message can be sent as somebody made it by
// hand.
type Sender interface {
	// Targets are the servers that may be sent one.
	Targets() []Target
	// Send sends a message from the learner's device and reports everything
	// from LookupStarted to LookupFinished. It ends by itself.
	Send(ctx context.Context, step lookup.Step, s Sending)
}

// Target is a server that a message can be sent to.
type Target struct {
	Name string      `json:"name"` // "R1", "ns1.example.co.kr"
	Role lookup.Role `json:"role"`
	Addr string      `json:"addr"`
}

// Sending is a message that somebody made by hand from one that was recorded.
type Sending struct {
	To     string // name of a target
	TCP    bool
	Prefix int    // over TCP: the length in front of it, -1 for its own
	Bytes  []byte // 1 to MaxSent

	Of       string // id of the trace that it was made from
	OfSeq    int    // its event there
	Original lookup.Message
	Question lookup.Question // what the original was about
}

// Errors of sending.
var (
	ErrCannotSend    = errors.New("messages cannot be sent by hand on this network")
	ErrUnknownTarget = errors.New("no such server")
	ErrNoMessage     = errors.New("that event carries no message")
	ErrMessageSize   = errors.New("a message to send has 1 to 4096 bytes")
)

// Targets are the servers that messages can be sent to by hand; none where
// that cannot be done.
func (r *Room) Targets() []Target {
	if s, ok := r.internet.(Sender); ok {
		return s.Targets()
	}
	return nil
}

// Send sends a message as it stands and returns the recording at once.
func (r *Room) Send(s Sending) (*Recording, error) {
	sender, ok := r.internet.(Sender)
	if !ok {
		return nil, ErrCannotSend
	}
	if len(s.Bytes) < 1 || len(s.Bytes) > MaxSent || s.Prefix < -1 || s.Prefix > 0xffff {
		return nil, ErrMessageSize
	}
	known := false
	for _, t := range sender.Targets() {
		known = known || t.Name == s.To
	}
	if !known {
		return nil, ErrUnknownTarget
	}
	title := s.Question.String() + ", edited" // a name in a list, like the others in no language
	return r.record(plan{title: title, network: r.ground(), run: func(ctx context.Context, step lookup.Step) { sender.Send(ctx, step, s) }})
}
