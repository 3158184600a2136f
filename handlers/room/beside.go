package room

import (
	"context"
	"errors"

	"rootwalk/lookup"
)

// Beside is an internet that has another one beside it: the real one, next to
// the lab. Its Network is the one that is meant where none is named.
type Beside interface {
	// Reach is what is known of the real internet.
	Reach() Reach
	// Enter begins one lookup on a network; leave must be called when it has
	// ended. It is an error if the network is not there, or has too much to do.
	Enter(network string) (leave func(), err error)
}

// States of the real internet.
const (
	ReachProbing     = "probing"     // it is just being found out
	ReachOpen        = "open"        // root servers answer
	ReachClosed      = "closed"      // nothing comes back from port 53
	ReachIntercepted = "intercepted" // somebody on the way answers in their place
	ReachNone        = "none"        // there is nothing that may be asked
)

// Reach says whether the real internet can be asked from here, and what it can
// show.
type Reach struct {
	State   string      `json:"state"`
	Asked   []string    `json:"asked"`   // addresses that the probe was sent to
	Private bool        `json:"private"` // private and local addresses may be asked: -allow-private
	Chosen  bool        `json:"chosen"`  // meant where no network is named
	Caps    lookup.Caps `json:"caps"`

	Caches []lookup.CacheSnapshot `json:"caches"` // what is known there, in this room
}

// ErrNoReach is told to who wants to look up where nothing can be reached.
var ErrNoReach = errors.New("the real internet cannot be asked from here")

// enter checks the network of a lookup, the room's own for "".
func (r *Room) enter(network string) (string, func(), error) {
	own := r.internet.Network()
	if network == "" {
		network = own
	}
	if both, ok := r.internet.(Beside); ok {
		leave, err := both.Enter(network)
		return network, leave, err
	}
	if network != own {
		return "", nil, ErrUnknownNetwork
	}
	return network, func() {}, nil
}

// ground is the network that a room is made of, whatever is chosen for lookups:
// where things can be broken, sent by hand and listened to.
func (r *Room) ground() string {
	if _, ok := r.internet.(Beside); ok {
		return lookup.NetworkLab
	}
	return r.internet.Network()
}

// reach is what a room tells of the real internet, nil where it is not offered.
func (r *Room) reach() *Reach {
	both, ok := r.internet.(Beside)
	if !ok {
		return nil
	}
	reach := both.Reach()
	reach.Caches = r.discreet(reach.Caches)
	return &reach
}

// Refresh has all rooms tell their viewers anew what they are like.
func (rs *Rooms) Refresh() {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	for _, r := range rs.rooms {
		r.changed()
	}
}

// lookup runs one on a network that was entered.
func (r *Room) lookup(ask Ask, leave func()) func(ctx context.Context, step lookup.Step) {
	return func(ctx context.Context, step lookup.Step) {
		defer leave()
		r.internet.Lookup(ctx, step, ask)
	}
}
