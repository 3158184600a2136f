package lookuptest

import (
	"context"
	"fmt"
	"hash/fnv"
	"net/netip"
	"strings"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/cache"
	"rootwalk/lookup/dnssec"
	"rootwalk/lookup/iterative"
	"rootwalk/lookup/lab"
	"rootwalk/lookup/listener"
	"rootwalk/lookup/message"
	"rootwalk/lookup/stub"
	"rootwalk/lookup/transport"
)

// hostsFile is that of the device.
const hostsFile = `127.0.0.1    localhost
::1          localhost
192.0.2.129  gateway.home.example  gateway
`

// World is a lab internet with two recursive resolvers and a learner's
// device, put together as the program does it.
type World struct {
	Lab       *lab.Lab
	Clock     *Clock
	Device    *cache.Cache
	Caches    map[string]*cache.Cache        // of "device", "R1" and "R2", and of "browser" if there is one
	Resolvers map[string]*iterative.Resolver // "R1" and "R2"
	Stub      *stub.Stub
	InFlight  *stub.InFlight

	listeners map[string]*listener.Listener
	askers    []*transport.Client
	outside   outsider
}

// WorldConfig says how a World differs from the usual.
type WorldConfig struct {
	Limits     iterative.Limits
	Browser    bool          // one with a cache of its own runs on the device
	StubServer []string      // resolvers in the order in which the device asks; R1, R2 if empty
	Timeout    time.Duration // of the device, 10 s if 0
	Attempts   int           // of the device, 1 if 0

	// ResolutionDelay is as in stub.Config, 10 s if 0: longer than any answer takes.
	ResolutionDelay time.Duration

	// Resolver, if set, changes what each resolver is made from.
	Resolver func(c *iterative.Config)

	// Aggressive lets validators answer from denials that they have (RFC 8198).
	Aggressive bool
	// NegativeAnchors are names at and below which nothing is validated (RFC 7646).
	NegativeAnchors []lookup.Name

	StaleFor time.Duration // as in cache.Config, for the resolvers' caches

	// Transport, if set, changes what each resolver asks with.
	Transport func(c *transport.Config)

	// RealTimes lets resolvers learn the round-trip times that they measure.
	// Otherwise every address has one that follows from its digits, so that
	// servers are chosen alike in every run.
	RealTimes bool
}

// NewWorld starts a world without link delays. Close ends it.
func NewWorld(c WorldConfig) (*World, error) {
	clock := NewClock()
	l, err := lab.New(lab.Config{Seed: 1, Now: clock.Now})
	if err != nil {
		return nil, err
	}
	w := &World{
		Lab: l, Clock: clock, InFlight: &stub.InFlight{},
		Caches: map[string]*cache.Cache{}, Resolvers: map[string]*iterative.Resolver{}, listeners: map[string]*listener.Listener{},
	}
	if err := w.start(c); err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

func (w *World) start(c WorldConfig) error {
	w.outside.InFlight = w.InFlight
	hints, err := Hints()
	if err != nil {
		return err
	}
	if len(c.StubServer) == 0 {
		c.StubServer = []string{"R1", "R2"}
	}
	if c.Timeout == 0 {
		c.Timeout = 10 * time.Second
	}
	if c.Attempts == 0 {
		c.Attempts = 1
	}
	if c.ResolutionDelay == 0 {
		c.ResolutionDelay = 10 * time.Second
	}
	w.Caches["device"] = cache.New(cache.Config{Name: "device", Clock: w.Clock})
	for seed, host := range []string{"R1", "R2"} {
		w.Caches[host] = cache.New(cache.Config{Name: host, Clock: w.Clock, StaleFor: c.StaleFor})
		way := transport.Config{Network: w.Lab.Resolver(host), Party: lookup.Party{By: lookup.RoleResolver, Host: host}}
		if c.Transport != nil {
			c.Transport(&way)
		}
		client := transport.New(way)
		w.askers = append(w.askers, client)
		var asker iterative.Asker = client
		if !c.RealTimes {
			asker = evenTimes{asker}
		}
		anchors, err := dnssec.ParseAnchors("lab", strings.NewReader(w.Lab.Anchor()))
		if err == nil {
			anchors, err = anchors.WithNegative(c.NegativeAnchors...)
		}
		if err != nil {
			return err
		}
		config := iterative.Config{
			Validator: dnssec.New(dnssec.Config{Host: host, Clock: w.Clock, Anchors: anchors, Aggressive: c.Aggressive}), ValidateWanted: true,
			Host: host, Asker: asker, Clock: w.Clock, Cache: w.Caches[host], Hints: hints, Limits: c.Limits, Seed: uint64(seed) + 1,
		}
		if c.Resolver != nil {
			c.Resolver(&config)
		}
		r := iterative.New(config)
		w.Resolvers[host] = r
		ln, err := listener.Listen(context.Background(), listener.Config{
			Network: w.Lab.Resolver(host), Addrs: []netip.AddrPort{netip.AddrPortFrom(w.Lab.ResolverAddr(host), 53)}, Resolver: r, Tracer: &w.outside,
		})
		if err != nil {
			return err
		}
		w.listeners[host] = ln
	}
	var servers []lookup.Server
	for _, host := range c.StubServer {
		servers = append(servers, lookup.Server{Name: lookup.Name(host + "."), Addr: netip.AddrPortFrom(w.Lab.ResolverAddr(host), 53), Role: lookup.RoleResolver})
	}
	order := []string{"device", "R1", "R2"}
	var browser stub.Cache
	if c.Browser {
		order = append([]string{"browser"}, order...)
		w.Caches["browser"] = cache.New(cache.Config{Name: "browser", Clock: w.Clock, MaxTTL: stub.BrowserMaxTTL})
		browser = w.Caches["browser"]
	}
	way := transport.Config{Network: w.Lab.Device(), Party: lookup.Party{By: lookup.RoleResolver, Host: "device"}}
	var own iterative.Asker = transport.New(way)
	if !c.RealTimes {
		own = evenTimes{own}
	}
	walker := iterative.New(iterative.Config{Host: "device", Asker: own, Clock: w.Clock, Cache: w.Caches["device"], Hints: hints, Limits: c.Limits, Seed: 1})
	w.Resolvers["device"] = walker
	w.Stub = stub.New(stub.Config{
		Browser: browser,
		Host:    "device", Network: "lab", Servers: servers, Cache: w.Caches["device"], Hosts: stub.ParseHosts(hostsFile),
		Asker:  transport.New(transport.Config{Network: w.Lab.Device(), Party: lookup.Party{By: lookup.RoleStub, Host: "device"}}),
		Lesson: w.Clock.Read, InFlight: w.InFlight, Timeout: c.Timeout, Attempts: c.Attempts,
		Search: []lookup.Name{"classroom.test.", "example.co.kr."}, ResolutionDelay: c.ResolutionDelay, Seed: 1, Walker: walker,
		Snapshots: func() []lookup.CacheSnapshot {
			var all []lookup.CacheSnapshot
			for _, name := range order {
				all = append(all, w.Caches[name].Snapshot())
			}
			return all
		},
	})
	return nil
}

// Lookup runs one lookup from the device and returns its trace, finished.
func (w *World) Lookup(ctx context.Context, q lookup.Question) (stub.Result, *lookup.Trace) {
	return w.Run(ctx, stub.Order{Question: q})
}

// Run is Lookup for a question with an errand.
func (w *World) Run(ctx context.Context, o stub.Order) (stub.Result, *lookup.Trace) {
	tr := lookup.NewTrace(lookup.TraceConfig{ID: "t", Title: o.Question.String(), Network: "lab"})
	defer tr.Finish()
	return w.Stub.Run(ctx, tr.Root(), o), tr
}

// CloseResolver stops a resolver: its host answers port unreachable from then
// on.
func (w *World) CloseResolver(host string) { w.listeners[host].Close() }

// Close ends everything and waits for it.
func (w *World) Close() {
	for _, l := range w.listeners {
		l.Close()
	}
	for _, r := range w.Resolvers {
		r.Close()
	}
	for _, a := range w.askers {
		a.Close()
	}
	w.Lab.Close()
}

// Hints are the lab's root hints in the vocabulary.
func Hints() ([]lookup.NameServer, error) {
	servers, err := lab.Hints()
	if err != nil {
		return nil, err
	}
	var out []lookup.NameServer
	for _, s := range servers {
		out = append(out, lookup.NameServer{Name: lookup.Name(s.Name), Addrs: s.Addrs, Glue: lookup.GlueHint})
	}
	return out, nil
}

// evenTimes replaces measured times by ones that follow from the address.
type evenTimes struct{ iterative.Asker }

func (e evenTimes) Ask(ctx context.Context, step lookup.Step, q message.Query) (*message.Response, error) {
	r, err := e.Asker.Ask(ctx, step, q)
	h := fnv.New32a()
	fmt.Fprint(h, q.Server.Addr.Addr())
	r.RTT = time.Duration(5+h.Sum32()%40) * time.Millisecond
	return r, err
}
