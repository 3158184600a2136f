package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/lookup/listener"
	"rootwalk/lookup/message"
	"rootwalk/lookup/osnet"
)

// netBoth is what -net of serve takes besides the networks themselves.
const netBoth = "both"

// Bounds of what all pages together may look up on the real Internet.
const (
	realPerMinute = 200
	realBurst     = 20
	realAtOnce    = 10

	realCacheEntries = 5000 // of one room's resolver
	realMaxTTL       = 24 * time.Hour
	realMaxDenialTTL = time.Hour
)

// askRates are how many queries a second strangers' servers get from all rooms
// together; 0 is no bound.
type askRates struct{ Server, Zone float64 }

// flags declares the flags of a page's rates.
func (r *askRates) flags(fs *flag.FlagSet) (names []string) {
	fs.Float64Var(&r.Server, "server-rate", osnet.DefaultServerRate, "`queries` a second to one server, from all rooms together; 0 is no bound (-net internet)")
	fs.Float64Var(&r.Zone, "zone-rate", osnet.DefaultZoneRate, "`queries` a second to all servers of one zone, from all rooms together; 0 is no bound (-net internet)")
	return []string{"server-rate", "zone-rate"}
}

// check refuses what is no rate.
func (r askRates) check() error {
	for name, v := range map[string]float64{"server-rate": r.Server, "zone-rate": r.Zone} {
		if !(v >= 0 && v <= 1e6) {
			return fmt.Errorf("-%s %v: must be from 0 to 1000000", name, v)
		}
	}
	return nil
}

// access is the program's way to the real Internet, for all rooms: whether
// there is one, and how much may go over it. It is safe for concurrent use.
type access struct {
	conf   realConfig
	chosen bool // -net internet: meant where no network is named
	rate   *rate.Limiter
	slots  chan struct{}

	mu    sync.Mutex
	state string
	asked []string
}

// newAccess checks the configuration. Nothing is sent yet.
func newAccess(c realConfig, rates askRates, chosen bool) (*access, error) {
	c.CacheEntries, c.MaxTTL, c.MaxDenialTTL = realCacheEntries, realMaxTTL, realMaxDenialTTL
	c.Rates = osnet.NewRates(rates.Server, rates.Zone)
	in, err := openReal(c, nil)
	if err != nil {
		return nil, err
	}
	return &access{
		conf: c, chosen: chosen, state: room.ReachProbing,
		rate: rate.NewLimiter(rate.Limit(realPerMinute)/60, realBurst), slots: make(chan struct{}, realAtOnce),
	}, in.Close()
}

// probe finds out, once, whether root servers can be asked from here.
func (a *access) probe(ctx context.Context) {
	state, asked := room.ReachNone, []string{}
	if in, err := openReal(a.conf, nil); err == nil {
		var addrs []string
		addrs, err = in.probe(ctx)
		asked = append(asked, addrs...)
		switch {
		case err == nil:
			state = room.ReachOpen
		case errors.Is(err, errIntercepted):
			state = room.ReachIntercepted
		case errors.Is(err, errSilent):
			state = room.ReachClosed
		}
		_ = in.Close()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.state, a.asked = state, asked
}

func (a *access) known() (state string, asked []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.state, a.asked
}

func (a *access) open() bool {
	state, _ := a.known()
	return state == room.ReachOpen
}

// enter takes one of the lookups that may go on at once.
func (a *access) enter() (leave func(), err error) {
	if !a.open() {
		return nil, room.ErrNoReach
	}
	select {
	case a.slots <- struct{}{}:
	default:
		return nil, room.ErrBusy
	}
	var once sync.Once
	leave = func() { once.Do(func() { <-a.slots }) }
	if !a.rate.Allow() {
		leave()
		return nil, room.ErrBusy
	}
	return leave, nil
}

// bothInternet is a room's lab with the real Internet beside it. Both follow the
// room's clock; their caches have nothing in common.
type bothInternet struct {
	*labInternet
	access *access

	mu   sync.Mutex
	real *realInternet // opened when it is first wanted
	err  error
	gone bool
}

// device is the way to the real Internet, opened if need be.
func (in *bothInternet) device() (*realInternet, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.gone {
		return nil, room.ErrGone
	}
	if in.real == nil && in.err == nil {
		in.real, in.err = openDevice(in.access.conf, in.clock)
	}
	return in.real, in.err
}

func (in *bothInternet) Network() string {
	if in.access.chosen && in.access.open() {
		return netInternet
	}
	return netLab
}

func (in *bothInternet) Enter(network string) (leave func(), err error) {
	switch network {
	case netLab:
		return func() {}, nil
	case netInternet:
		if leave, err = in.access.enter(); err != nil {
			return nil, err
		}
		if _, err = in.device(); err != nil {
			leave()
		}
		return leave, err
	}
	return nil, room.ErrUnknownNetwork
}

func (in *bothInternet) Lookup(ctx context.Context, step lookup.Step, ask room.Ask) {
	if ask.Network != netInternet {
		in.labInternet.Lookup(ctx, step, ask)
		return
	}
	real, err := in.device()
	if err != nil {
		return // the room is closing: nobody will read it
	}
	real.Lookup(ctx, step, ask)
}

func (in *bothInternet) Reach() room.Reach {
	state, asked := in.access.known()
	r := room.Reach{State: state, Asked: asked, Private: in.access.conf.AllowPrivate, Chosen: in.access.chosen, Caches: []lookup.CacheSnapshot{}}
	if r.Asked == nil {
		r.Asked = []string{}
	}
	in.mu.Lock()
	real := in.real
	in.mu.Unlock()
	if real != nil {
		r.Caches, r.Caps = real.Snapshots(), real.network.Caps()
	}
	return r
}

// internetPrefix stands in front of the names of the real Internet's caches.
const internetPrefix = netInternet + "/"

// Flush empties a cache of the lab, or one of the real Internet: "internet/R1".
func (in *bothInternet) Flush(name string, owner lookup.Name, t lookup.Type) error {
	name, there := strings.CutPrefix(name, internetPrefix)
	in.mu.Lock()
	real := in.real
	in.mu.Unlock()
	var err error
	if real != nil && (there || name == "all") {
		err = real.Flush(name, owner, t)
	} else if there {
		err = room.ErrUnknownCache
	}
	if there {
		return err
	}
	return errors.Join(err, in.labInternet.Flush(name, owner, t))
}

// Outside is the resolver of the network that is meant where none is named.
func (in *bothInternet) Outside() (listener.Resolver, string, []lookup.CacheSnapshot) {
	if in.Network() == netInternet {
		if real, err := in.device(); err == nil {
			return metered{real.resolver, in.access}, "R1", real.Snapshots()
		}
	}
	return in.labInternet.Outside()
}

func (in *bothInternet) Close() error {
	in.mu.Lock()
	in.gone = true
	real := in.real
	in.mu.Unlock()
	var err error
	if real != nil {
		err = real.Close()
	}
	return errors.Join(err, in.labInternet.Close())
}

// metered answers programs outside within the bounds that pages have; beyond
// them only from the cache.
type metered struct {
	r      listener.Resolver
	access *access
}

func (m metered) Resolve(ctx context.Context, step lookup.Step, req message.Request) message.Resolution {
	leave, err := m.access.enter()
	if err != nil {
		req.CacheOnly = true
	} else {
		defer leave()
	}
	return m.r.Resolve(ctx, step, req)
}
