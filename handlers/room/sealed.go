package room

import "rootwalk/lookup"

// Sealed is an internet with a resolver that can be asked over HTTPS (RFC 8484).
type Sealed interface {
	// SealedQuery is the URL of a question at that resolver.
	SealedQuery(q lookup.Question) (string, error)
}

// Sealed reports whether this room has such a resolver.
func (r *Room) Sealed() bool {
	_, ok := r.internet.(Sealed)
	return ok
}

// SealedQuery is the URL of a question at a resolver of this room.
func (r *Room) SealedQuery(q lookup.Question) (string, error) {
	if x, ok := r.internet.(Sealed); ok {
		return x.SealedQuery(q)
	}
	return "", ErrUnknownNetwork
}
