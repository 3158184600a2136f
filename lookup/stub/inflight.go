package stub

import (
	"net/netip"
	"slices"
	"sync"

	"rootwalk/lookup"
)

// InFlight knows the queries of watched lookups, so that the resolver that
// receives one can report into the same trace: a listener's Tracer. The zero
// value is ready; a nil *InFlight knows nothing. It is safe for concurrent
// use.
type InFlight struct {
	mu      sync.Mutex
	flights map[flightKey][]*flight
}

// flightKey is what both sides see of a query.
type flightKey struct {
	id uint16
	q  lookup.Question // canonical
}

type flight struct {
	from    netip.AddrPort
	group   *group
	step    lookup.Step // below the lookup's, made when the resolver asks for it
	stepped bool
}

// group is the flights of one lookup.
type group struct {
	registry *InFlight
	step     lookup.Step
	q        lookup.Question

	keys    []flightKey // under the registry's lock
	queries int
}

// group begins a lookup.
func (f *InFlight) group(step lookup.Step, q lookup.Question) *group {
	return &group{registry: f, step: step, q: q.Key()}
}

// add registers a packet that is about to leave.
func (g *group) add(from netip.AddrPort, id uint16) {
	f := g.registry
	if f == nil {
		return
	}
	k := flightKey{id, g.q}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.flights == nil {
		f.flights = map[flightKey][]*flight{}
	}
	f.flights[k] = append(f.flights[k], &flight{from: from, group: g})
	g.keys = append(g.keys, k)
}

// land forgets the flights of a lookup and returns how many packets resolvers
// sent for it.
func (g *group) land() int {
	f := g.registry
	if f == nil {
		return 0
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, k := range g.keys {
		left := slices.DeleteFunc(f.flights[k], func(fl *flight) bool { return fl.group == g })
		if len(left) == 0 {
			delete(f.flights, k)
		} else {
			f.flights[k] = left
		}
	}
	g.keys = nil
	return g.queries
}

// find returns the flight of a client's query; the lock is held. An address on
// the way may have been translated (RFC 3022), so where no address and port
// fits, the only flight with this ID and question is the one.
func (f *InFlight) find(client netip.AddrPort, id uint16, q lookup.Question) *flight {
	flights := f.flights[flightKey{id, q.Key()}]
	for _, fl := range flights {
		if fl.from == client {
			return fl
		}
	}
	if len(flights) == 1 {
		return flights[0]
	}
	return nil
}

// StepFor returns a step below the lookup to which a client's query belongs;
// the zero Step if nobody watches it.
func (f *InFlight) StepFor(client netip.AddrPort, id uint16, q lookup.Question) lookup.Step {
	if f == nil {
		return lookup.Step{}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	fl := f.find(client, id, q)
	if fl == nil {
		return lookup.Step{}
	}
	if !fl.stepped {
		fl.stepped, fl.step = true, fl.group.step.Child()
	}
	return fl.step
}

// Resolved adds the packets that a resolver sent for a client's query.
func (f *InFlight) Resolved(client netip.AddrPort, id uint16, q lookup.Question, queries int) {
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if fl := f.find(client, id, q); fl != nil {
		fl.group.queries += queries
	}
}
