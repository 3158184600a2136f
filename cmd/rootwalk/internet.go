package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"time"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/lookup/cache"
	"rootwalk/lookup/dnssec"
	"rootwalk/lookup/iterative"
	"rootwalk/lookup/lab"
	"rootwalk/lookup/lab/hosting"
	"rootwalk/lookup/listener"
	"rootwalk/lookup/page"
	"rootwalk/lookup/page/secure"
	"rootwalk/lookup/socket"
	"rootwalk/lookup/stub"
	"rootwalk/lookup/transport"
)

// hostsFile is what the learner's device has been told by hand.
const hostsFile = `
127.0.0.1   localhost
::1         localhost
192.0.2.80  printer.classroom.test  # a line for the lesson: no query is sent for it
`

// labConfig is what a lab and the resolvers on it are started with.
type labConfig struct {
	Speed  float64 // factor on link delays
	Seed   uint64  // 0 for a random one
	DNSSEC dnssecConfig

	setup setup // how it differs from the usual, for an experiment
}

// labInternet joins a lab with what runs on it: two recursive resolvers, each
// with a cache and a listener on its own host, and a device that asks them.
type labInternet struct {
	lab       *lab.Lab
	clock     *lookup.LessonClock
	stub      *stub.Stub
	layers    layers
	caches    []*cache.Cache                       // browser, device, R1, R2
	resolvers []*iterative.Resolver                // R1, R2
	keys      map[string]*dnssec.Validator         // by resolver: what its validator has verified
	listeners []*listener.Listener                 // of R1 and R2; nil while its program is stopped
	serve     []func() (*listener.Listener, error) // starts them
	faults    sync.Mutex                           // held while faults change
	speed     float64                              // factor on link delays
	slow      float64                              // factor on timers
	operator  *hosting.Operator
	sockets   *socket.Registry // who records which connection
	tickets   *secure.Tickets
	pages     *page.Browser // of the device
	sealed    sealedResolver
}

// slowly is how long a timer runs on these links: timers follow them, or slow
// motion would be all timeouts.
func (in *labInternet) slowly(d time.Duration) time.Duration {
	return time.Duration(float64(d) * in.slow)
}

// openLab starts a lab and everything on it.
func openLab(c labConfig) (_ *labInternet, err error) {
	hints := iterative.Hints() // every resolver is configured with them (RFC 9609 §2.1)
	clock := lookup.NewLessonClock(time.Now)
	in := &labInternet{clock: clock, keys: map[string]*dnssec.Validator{}, tickets: secure.NewTickets(), speed: c.Speed, slow: max(1, c.Speed)}
	in.pages = page.NewBrowser(clock, page.Limits{FirstByte: in.slowly(5 * time.Second), Whole: in.slowly(journeyTime)}, labPreloaded...)
	in.sockets = socket.NewRegistry(func(see func(lookup.Frame, bool)) func() { return in.lab.TapFrames(see) })
	l, err := lab.New(lab.Config{Seed: c.Seed, Speed: c.Speed, Rotate: true, Flat: c.setup.flat, Now: clock.Now, Wrap: in.sockets.Listener})
	if err != nil {
		return nil, err
	}
	in.lab = l
	defer func() {
		if err != nil {
			err = errors.Join(err, in.Close())
		}
	}()
	if in.operator, err = l.Operator(clock, in.slow); err != nil {
		return in, err
	}
	wait := in.slowly
	flights := new(stub.InFlight)
	device := cache.New(cache.Config{Name: "device", Clock: in.clock, MaxEntries: 500})
	browser := cache.New(cache.Config{Name: "browser", Clock: in.clock, MaxEntries: 100, MaxTTL: stub.BrowserMaxTTL})
	in.caches = []*cache.Cache{browser, device}

	anchors, err := dnssec.ParseAnchors("lab", strings.NewReader(l.Anchor()))
	if err == nil {
		anchors, err = c.DNSSEC.negative(anchors)
	}
	if err != nil {
		return in, err
	}
	var servers []lookup.Server
	for i, name := range labResolvers {
		host := l.Resolver(name)
		known := cache.New(cache.Config{Name: name, Clock: in.clock, MaxEntries: 2000})
		in.caches = append(in.caches, known)
		seed := c.Seed
		if seed != 0 {
			seed += uint64(i)
		}
		config := iterative.Config{
			Host: name, Clock: in.clock, Cache: known, Hints: hints, Seed: seed, PreferIPv4: !c.setup.ipv6Only, NoIPv4: c.setup.ipv6Only,
			Repeatable: c.setup.repeatable, Minimise: c.setup.minimise, Priming: c.setup.priming,
			Asker: transport.New(c.setup.asking(host, lookup.Party{By: lookup.RoleResolver, Host: name}, c.Seed)),
			Limits: iterative.Limits{
				Time:         wait(4500 * time.Millisecond), // less than the device waits, so that it hears why
				FirstTimeout: wait(800 * time.Millisecond), MinTimeout: wait(300 * time.Millisecond), MaxTimeout: wait(1500 * time.Millisecond),
			},
		}
		if c.DNSSEC.Mode != validateOff {
			// With auto, who does not ask for signatures sees the walk without them.
			in.keys[name] = dnssec.New(dnssec.Config{Host: name, Clock: in.clock, Anchors: anchors, Aggressive: bool(c.DNSSEC.Aggressive)})
			config.Validator = in.keys[name]
			config.ValidateWanted = c.DNSSEC.Mode != validateOn
		}
		resolver := iterative.New(config)
		in.resolvers = append(in.resolvers, resolver)
		addr := netip.AddrPortFrom(l.ResolverAddr(name), 53)
		if c.setup.ipv6Only {
			addr = netip.AddrPortFrom(l.ResolverAddrs(name)[1], 53)
		}
		serve := func() (*listener.Listener, error) {
			return listener.Listen(context.Background(), listener.Config{Network: host, Addrs: []netip.AddrPort{addr}, Resolver: resolver, Tracer: flights,
				MaxConnsPerIP: listener.DefaultMaxConns, // all pages of a room are one device
			})
		}
		in.serve = append(in.serve, serve)
		serving, err := serve()
		if err != nil {
			return in, fmt.Errorf("resolver %s: %w", name, err)
		}
		in.listeners = append(in.listeners, serving)
		servers = append(servers, lookup.Server{Name: lookup.Name(name + "."), Addr: addr, Role: lookup.RoleResolver})
	}
	in.stub = stub.New(stub.Config{
		Host: "device", Network: in.Network(), Servers: servers, Browser: browser, Cache: device, Hosts: stub.ParseHosts(hostsFile),
		Asker:  transport.New(c.setup.asking(socket.Through(l.Device()), lookup.Party{By: lookup.RoleStub, Host: "device"}, c.Seed)),
		Search: searchList, ResolutionDelay: wait(stub.DefaultResolutionDelay), Seed: c.Seed, Walker: in.walker(c, device, hints),
		First:  in.layers.first,
		Lesson: in.clock.Read, Snapshots: in.Snapshots, InFlight: flights, Timeout: wait(5 * time.Second),
	})
	return in, nil
}

func (in *labInternet) Network() string { return "lab" }

func (in *labInternet) Lookup(ctx context.Context, step lookup.Step, ask room.Ask) {
	in.journey(ask).run(ctx, step, func(ctx context.Context) {
		in.stub.Run(ctx, step, stub.Order{Question: ask.Question, Errand: ask.Errand, Typed: ask.Typed, Reversed: ask.Reversed, DO: ask.DO, CD: ask.CD})
	})
}

// Outside is the resolver that programs outside may ask.
func (in *labInternet) Outside() (listener.Resolver, string, []lookup.CacheSnapshot) {
	return in.resolvers[0], "R1", in.Snapshots()
}

func (in *labInternet) Snapshots() []lookup.CacheSnapshot {
	all := make([]lookup.CacheSnapshot, 0, len(in.caches))
	for _, c := range in.caches {
		all = append(all, c.Snapshot())
	}
	return all
}

func (in *labInternet) Flush(name string, owner lookup.Name, t lookup.Type) error {
	err := flush(in.caches, name, owner, t)
	if owner == "" || t == lookup.TypeDS || t.String() == "DNSKEY" {
		in.forgetKeys(name)
	}
	return err
}

// forgetKeys lets resolvers verify the keys of zones anew: who has no records any
// more has no keys either.
func (in *labInternet) forgetKeys(name string) {
	for of, v := range in.keys {
		if name == "all" || name == of {
			v.Forget()
		}
	}
}

// flush empties the cache of a name, or all for "all"; an owner narrows it to
// one entry.
func flush(caches []*cache.Cache, name string, owner lookup.Name, t lookup.Type) error {
	found := false
	for _, c := range caches {
		if name != "all" && name != c.Name() {
			continue
		}
		found = true
		if owner == "" {
			c.FlushAll()
		} else {
			c.Flush(owner, t)
		}
	}
	if !found {
		return room.ErrUnknownCache
	}
	return nil
}

func (in *labInternet) Clock() *lookup.LessonClock { return in.clock }

// Close ends the resolvers before the network below them.
func (in *labInternet) Close() error {
	var errs []error
	in.sealed.close()
	in.faults.Lock()
	defer in.faults.Unlock()
	for _, l := range in.listeners {
		if l != nil {
			errs = append(errs, l.Close())
		}
	}
	in.serve = nil
	in.Halt()
	in.lab.Close()
	return errors.Join(errs...)
}
