package main

import (
	"slices"
	"sync"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
)

// labResolvers are the recursive resolvers of the lab, in the order in which a
// device asks them unless told otherwise.
var labResolvers = []string{"R1", "R2"}

// layers is how the layers of a lab's caches are arranged.
type layers struct {
	mu       sync.Mutex
	resolver string // the one to ask first, "" for the usual one
}

// first is the name of the resolver to ask first.
func (l *layers) first() lookup.Name {
	l.mu.Lock()
	defer l.mu.Unlock()
	return lookup.Name(l.resolver + ".")
}

// Resolvers are the resolvers that the device may use.
func (in *labInternet) Resolvers() []string { return slices.Clone(labResolvers) }

// Resolver is the one it asks first.
func (in *labInternet) Resolver() string {
	in.layers.mu.Lock()
	defer in.layers.mu.Unlock()
	if in.layers.resolver == "" {
		return labResolvers[0]
	}
	return in.layers.resolver
}

// UseResolver tells the device which one to ask first.
func (in *labInternet) UseResolver(name string) error {
	if !slices.Contains(labResolvers, name) {
		return room.ErrUnknownResolver
	}
	in.layers.mu.Lock()
	defer in.layers.mu.Unlock()
	in.layers.resolver = name
	return nil
}

// Holdings is what the servers of a name's zone have in their zone files.
func (in *labInternet) Holdings(q lookup.Question) []lookup.Holding { return in.lab.Holdings(q) }
