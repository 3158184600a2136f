package main

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/lookup/lab"
	"rootwalk/lookup/osnet"
	"rootwalk/lookup/page"
	"rootwalk/lookup/page/secure"
	"rootwalk/lookup/socket"
	"rootwalk/lookup/stub"
)

// leg is one part of a journey after the lookup. It reports its own facts to
// the journey's step and returns what it came to in a few words. The error
// ends the journey; errUnneeded says that this journey has no such part.
type leg func(ctx context.Context, j *journey) (detail string, err error)

// legs are the parts that there are, by name; each file journey_….go adds its
// own. A part that nobody has added is left out, without a fact.
var legs = map[lookup.Leg]leg{}

// errUnneeded is a leg that has nothing to do; the text goes with it.
var errUnneeded = errors.New("unneeded")

// journeyTime bounds everything after the lookup, in real time at the usual
// speed of links.
const journeyTime = 20 * time.Second

// journey is everything from an address to a page, and what its legs hand on to
// each other. A nil *journey is a lookup and nothing more.
type journey struct {
	to      lookup.Address
	network lookup.Network // of the learner's device
	sockets *socket.Registry
	device  []netip.Addr // its addresses, where they are known
	clock   *lookup.LessonClock
	lab     *lab.Lab        // nil on the real Internet
	tickets *secure.Tickets // of earlier connections of the same browser
	limits  fetchLimits     // Connect, Secure and Run of it; the last is for everything after the lookup
	stagger time.Duration   // between attempts to connect
	// meter has the context's connections count against the budget of a run; nil
	// for none.
	meter func(context.Context) context.Context
	// resolve looks up another name in the course of the journey, with all its
	// facts at the step: a redirect, an image of another site.
	resolve func(ctx context.Context, step lookup.Step, q lookup.Question)
	finding sync.Mutex                      // held while resolve runs, and for asked
	asked   map[lookup.Name][]lookup.Record // HTTPS records
	both    bool                            // families are tried, and HTTPS records asked for
	// ready starts what waits for somebody to come at an address; nil for nothing.
	ready func(to lookup.Address) error

	// What the browser remembers, and this visit of it.
	pages     *page.Browser
	version   string // of HTTP
	method    string
	visit     *page.Visit
	fetch     *page.Fetch
	response  page.Response
	resources []page.Response // that the page asked for, as far as they came

	// What is known once the lookup is over.
	step    lookup.Step          // below the root; the present leg's
	took    map[lookup.Leg]int64 // how long each leg took, in µs, "" the lookup; -1 for one that was unneeded
	lookups sync.WaitGroup       // that go on beside the journey
	own     *finding             // of the URL's own host
	addrs   []netip.AddrPort     // to go to: with later not nil hints, and what it finds comes to them
	later   *finding
	rec     *socket.Recorder
	browser *socket.Program

	// conn is the connection to the server: from LegConnect on the TCP socket,
	// from LegEncrypt on what TLS made of it, under socket.
	// LegRequest takes it over.
	conn   net.Conn
	socket *socket.Socket
	alpn   string // protocol that TLS agreed on: "h2", "http/1.1", "" for none
}

// run does the lookup and, with an address to go to, what follows it.
func (j *journey) run(ctx context.Context, step lookup.Step, find func(context.Context)) {
	if j == nil {
		find(ctx)
		return
	}
	step.Report(lookup.JourneyStarted{Address: j.to})
	began := time.Now()
	out := lookup.JourneyFinished{Outcome: "failed"}
	defer func() {
		out.ElapsedUs = time.Since(began).Microseconds()
		step.Report(out)
	}()
	j.prepare(ctx, step)
	if j.ready != nil && j.ready(j.to) != nil {
		return
	}
	j.took = map[lookup.Leg]int64{"": -1, lookup.LegConnect: -1, lookup.LegEncrypt: -1}
	if j.fetch != nil && j.fetch.Kept() { // nobody is asked, not even for the name
		j.step = step.Child()
		for _, name := range []lookup.Leg{lookup.LegRequest, lookup.LegDraw} {
			out.Last = name
			if err := j.leg(ctx, name, legs[name]); err != nil {
				return
			}
		}
		out.Outcome = "done"
		return
	}
	j.step = step.Child()
	j.rec = socket.Record(socket.Config{Step: j.step, Registry: j.sockets, Addrs: j.device})
	defer j.rec.Close()
	defer j.rec.Settle(j.limits.Run / 10)
	j.browser = j.rec.Program(lookup.SideClient, "device", socket.NewTable())
	defer j.openFiles()()
	ctx = socket.WithProgram(ctx, j.browser)
	defer j.lookups.Wait()
	ip, notAddr := netip.ParseAddr(j.to.Host)
	if notAddr == nil { // nothing to find
		j.own = j.beside(func() []netip.AddrPort { return []netip.AddrPort{netip.AddrPortFrom(ip, uint16(j.to.Port))} })
	} else {
		whole := ctx // it may go on when ctx is that of what follows
		j.own = j.beside(func() []netip.AddrPort {
			j.finding.Lock()
			defer j.finding.Unlock()
			find(whole)
			return foundIn(step.Events(), uint16(j.to.Port))
		})
	}
	there := j.locate(ctx)
	if notAddr != nil && j.later == nil {
		j.took[""] = time.Since(began).Microseconds()
	}
	if !there || ctx.Err() != nil {
		j.abandon(page.Stopped("lookup", 0, errNoAddress))
		return
	}
	ctx, cancel := context.WithTimeout(ctx, j.limits.Run)
	defer cancel()
	if j.meter != nil {
		ctx = j.meter(ctx)
	}
	defer func() {
		if j.conn != nil {
			j.conn.Close()
		}
	}()
	for _, name := range lookup.Legs() {
		run := legs[name]
		if run == nil {
			continue
		}
		out.Last = name
		if err := j.leg(ctx, name, run); err != nil {
			if name == lookup.LegConnect || name == lookup.LegEncrypt {
				j.abandon(err)
			}
			return
		}
	}
	out.Outcome = "done"
}

// abandon ends the fetch that prepare began where its request is never sent.
func (j *journey) abandon(err error) {
	if j.fetch != nil {
		j.fetch.Fail(err)
	}
}

// leg runs one part, between the facts that it began and how it ended.
func (j *journey) leg(ctx context.Context, name lookup.Leg, run leg) error {
	began := time.Now()
	var to netip.AddrPort
	if len(j.addrs) > 0 {
		to = j.addrs[0]
	}
	j.step.Report(lookup.LegStarted{Leg: name, Addr: to})
	done := lookup.LegFinished{Leg: name, Outcome: "failed"}
	defer func() {
		done.ElapsedUs = time.Since(began).Microseconds()
		j.step.Report(done)
	}()
	detail, err := run(ctx, j)
	done.Detail = detail
	if err != nil && !errors.Is(err, errUnneeded) {
		done.Stop = j.pages.Stop(err)
	}
	switch {
	case err == nil:
		done.Outcome = "done"
		j.took[name] = time.Since(began).Microseconds()
	case errors.Is(err, errUnneeded):
		done.Outcome = "unneeded"
		err = nil
	case detail == "":
		done.Detail = lookup.Printable(err.Error())
	}
	return err
}

// maxAddrs is how many addresses of a name a device tries.
const maxAddrs = 8

// foundIn is where the name of the last lookup leads, in the order in which
// addresses are to be tried: the order of a race between families if there was one
// (RFC 8305 §4), then what came after it was decided, in the order of the answer.
func foundIn(events []lookup.Event, port uint16) []netip.AddrPort {
	var order, records []netip.AddrPort
search:
	for _, e := range slices.Backward(events) {
		switch f := e.Fact.(type) {
		case lookup.RaceDecided:
			for _, a := range f.Order {
				order = append(order, netip.AddrPortFrom(a, port))
			}
		case lookup.LookupStarted:
			break search
		case lookup.LookupFinished:
			if records != nil {
				break search
			}
			for _, r := range f.Records {
				if r.Type != lookup.TypeA && r.Type != lookup.TypeAAAA {
					continue
				}
				if a, err := netip.ParseAddr(r.Data); err == nil {
					records = append(records, netip.AddrPortFrom(a, port))
				}
			}
		}
	}
	for _, a := range records {
		if !slices.Contains(order, a) {
			order = append(order, a)
		}
	}
	return order[:min(len(order), maxAddrs)]
}

// journey is what an ask wants besides the lookup, nil for nothing.
func (in *labInternet) journey(ask room.Ask) *journey {
	if ask.URL.Host == "" {
		return nil
	}
	return &journey{
		pages: in.pages, version: ask.HTTP,
		to: ask.URL, both: ask.Errand == lookup.ErrandConnect, network: in.lab.Device(), sockets: in.sockets, device: in.lab.DeviceAddrs(), clock: in.clock, lab: in.lab, tickets: in.tickets,
		limits: fetchLimits{Connect: in.slowly(journeyTime / 4), Secure: in.slowly(journeyTime / 4), Run: in.slowly(journeyTime)}, stagger: in.slowly(attemptDelay), ready: in.unseal,
		resolve: func(ctx context.Context, step lookup.Step, q lookup.Question) {
			in.stub.Run(ctx, step, stub.Order{Question: q, Errand: errandFor(ask, q)})
		},
	}
}

// journey is the same on the real Internet: through the policy for ports 80 and
// 443, under the budget of a page.
func (in *realInternet) journey(ask room.Ask) *journey {
	if ask.URL.Host == "" {
		return nil
	}
	return &journey{
		pages: in.pages, version: ask.HTTP,
		to: ask.URL, both: ask.Errand == lookup.ErrandConnect, network: in.outward, clock: in.clock, tickets: in.tickets, limits: in.fetches, stagger: attemptDelay,
		meter: func(ctx context.Context) context.Context {
			ctx, _ = osnet.Within(ctx, in.fetches.budget())
			return ctx
		},
		resolve: func(ctx context.Context, step lookup.Step, q lookup.Question) {
			in.stub.Run(ctx, step, stub.Order{Question: q, Errand: errandFor(ask, q)})
		},
	}
}

// errandFor is what a further name is wanted for in the course of a journey: its
// addresses as those of the first, anything else as it is asked.
func errandFor(ask room.Ask, q lookup.Question) lookup.Errand {
	if q.Type == lookup.TypeA {
		return ask.Errand
	}
	return lookup.ErrandPlain
}
