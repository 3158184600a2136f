package auth

import (
	"net/netip"
	"time"
)

// Exchange is a query and the response a server is about to send. The slices
// belong to the server again once the behaviour has returned.
type Exchange struct {
	From     netip.AddrPort // the asker
	To       netip.AddrPort // the server's address that was asked
	Stream   bool           // over TCP
	Query    []byte
	Response []byte
}

// Behaviour has the last word on every response: it is how a lesson breaks a
// server. It returns the message to send and how long to wait first (real time,
// at most MaxDelay); no message means silence. It may edit x.Response in place
// and return it, or return another slice of at most 65,535 octets. It is called
// from several goroutines at once and must not block.
//
// A server that is lame needs no behaviour: its catalog lacks the zone.
type Behaviour func(x Exchange) (response []byte, delay time.Duration)

// MaxDelay is the longest a response is held back.
const MaxDelay = time.Minute

// maxDelayed is how many responses of one server may be waiting; those beyond
// are not sent at all.
const maxDelayed = 256

// behave asks the behaviour, if there is one.
func (s *Server) behave(x Exchange) (response []byte, delay time.Duration) {
	b := s.behaviour.Load()
	if b == nil {
		return x.Response, 0
	}
	response, delay = (*b)(x)
	if len(response) > maxStream {
		return nil, 0
	}
	return response, min(delay, MaxDelay)
}
