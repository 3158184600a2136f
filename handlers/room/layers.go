package room

import (
	"context"
	"errors"
	"slices"
	"time"

	"rootwalk/lookup"
)

// Layered is an internet in which the layers of caches can be arranged: the
// device may be told which resolver to use, and the zone files behind all
// copies can be looked into. The lab is one, the real Internet is not.
type Layered interface {
	Resolvers() []string           // names of those that the device may use
	Resolver() string              // the one it asks first
	UseResolver(name string) error // ErrUnknownResolver for any other
	Holdings(q lookup.Question) []lookup.Holding
}

// Errors of this file.
var (
	ErrUnknownResolver = errors.New("no such resolver")
	ErrUnknownPreset   = errors.New("no such preset")
	ErrNoLayers        = errors.New("this network's layers cannot be arranged")
)

// Presets are the states that caches can be brought into, by real lookups.
var Presets = []string{"cold", "tld", "resolver", "warm", "two"}

// apart is how much lesson time lies between the two lookups of preset "two".
const apart = 2 * time.Minute

// prepareTime bounds one preset, in real time.
const prepareTime = 20 * time.Second

// LayerState is how the layers are arranged.
type LayerState struct {
	Resolvers []string `json:"resolvers"`
	Resolver  string   `json:"resolver"`
}

func (r *Room) layerState() *LayerState {
	in, ok := r.internet.(Layered)
	if !ok {
		return nil
	}
	return &LayerState{Resolvers: in.Resolvers(), Resolver: in.Resolver()}
}

// Layers is what a page shows of a room's layers besides its caches.
type Layers struct {
	LayerState
	Holdings []lookup.Holding `json:"holdings"`
}

// Layers is how the layers are now, for a question; ok is false where they
// cannot be arranged.
func (r *Room) Layers(q lookup.Question) (Layers, bool) {
	in, ok := r.internet.(Layered)
	if !ok {
		return Layers{}, false
	}
	l := Layers{LayerState: *r.layerState()}
	if !r.holding() { // what comes out of a held lookup stands in the zone file
		l.Holdings = in.Holdings(q)
	}
	if l.Holdings == nil {
		l.Holdings = []lookup.Holding{}
	}
	return l, true
}

// UseResolver tells the room's device which resolver to ask first.
func (r *Room) UseResolver(name string) error {
	in, ok := r.internet.(Layered)
	if !ok {
		return ErrNoLayers
	}
	if err := in.UseResolver(name); err != nil {
		return err
	}
	r.changed()
	return nil
}

// Prepare brings the room's caches into a state, by emptying them and by real
// lookups, each of which is recorded like any other: what is then in a cache
// has a trace that paid for it. It returns when that is done.
//
//	cold      every cache is empty
//	tld       the resolver knows the servers of the name's top-level domain
//	resolver  the resolver has the answer, the device has not
//	warm      everybody has it
//	two       R1 and R2 have it, R2 since two lesson minutes earlier
func (r *Room) Prepare(ctx context.Context, preset string, q lookup.Question) error {
	in, ok := r.internet.(Layered)
	if !ok {
		return ErrNoLayers
	}
	ctx, cancel := context.WithTimeout(ctx, prepareTime)
	defer cancel()
	p := preparation{ctx: ctx, room: r}
	if !slices.Contains(Presets, preset) {
		return ErrUnknownPreset
	}
	p.flush("all")
	switch preset {
	case "cold":
	case "tld":
		top := q.Name
		for top.CountLabels() > 1 {
			top = top.Parent()
		}
		p.lookup(lookup.Question{Name: top, Type: lookup.TypeNS, Class: lookup.ClassIN})
		p.flush("browser", "device")
	case "resolver":
		p.lookup(q)
		p.flush("browser", "device")
	case "warm":
		p.lookup(q)
	case "two":
		was, all := in.Resolver(), in.Resolvers()
		if len(all) < 2 {
			return ErrUnknownPreset
		}
		for i, name := range []string{all[1], all[0]} { // the one in use more often has the newer copy
			if i > 0 {
				p.do(func() error { return r.Skip(apart) })
			}
			p.do(func() error { return in.UseResolver(name) })
			p.lookup(q)
			p.flush("browser", "device")
		}
		if err := in.UseResolver(was); err != nil {
			return err
		}
	}
	r.changed()
	return p.err
}

// preparation does one thing after the other until one fails.
type preparation struct {
	ctx  context.Context
	room *Room
	err  error
}

func (p *preparation) do(what func() error) {
	if p.err == nil {
		p.err = what()
	}
}

func (p *preparation) flush(caches ...string) {
	for _, c := range caches {
		p.do(func() error { return p.room.internet.Flush(c, "", 0) })
	}
}

// lookup waits for a lookup's end, or for the preparation's.
func (p *preparation) lookup(q lookup.Question) {
	p.do(func() error {
		rec, err := p.room.Lookup(Ask{Question: q})
		if err != nil {
			return err
		}
		select {
		case <-rec.Done():
			return nil
		case <-p.ctx.Done():
			return p.ctx.Err()
		}
	})
}
