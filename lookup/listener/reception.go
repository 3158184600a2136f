package listener

import (
	"context"
	"net/netip"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

// Arrival is a question as it came to a listener.
type Arrival struct {
	Client    netip.AddrPort
	Transport string // "udp", "tcp" or "https"
	Question  lookup.Question
	Message   lookup.Message // the query; the caller's own only until the reception returns
}

// Answer has the question answered by a resolver, which reports into a step,
// and sends the response. It is to be called once.
type Answer func(ctx context.Context, r Resolver, step lookup.Step) Sent

// Sent is what became of a question.
type Sent struct {
	Message    lookup.Message // the response; nil if it could not be sent
	Truncated  bool           // TC=1
	Resolution message.Resolution
}

// Reception takes in the questions of a listener, one call each, from many
// goroutines: it says which resolver answers and where that is recorded. A
// question for which it does not call answer gets no response. It must return
// soon after ctx is done.
type Reception func(ctx context.Context, a Arrival, answer Answer)

// Recalled is an answer that was given again without a resolver having been
// asked: from the same entries of its cache as before. What the resolver would have
// reported follows from them.
type Recalled struct {
	Client   netip.AddrPort
	Query    lookup.Message // both the caller's own only until the call returns
	Response lookup.Message
	Memory   *message.Memory // not to be changed
	RD, CD   bool
	DO       bool
	Began    time.Time // real time
	Elapsed  time.Duration
}
