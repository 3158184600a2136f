package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/lookup/page"
	"rootwalk/lookup/page/secure"
	"rootwalk/lookup/socket"
)

// versionRuns are the ways in which a page comes, in the order of lookup.Runs.
var versionRuns = []struct {
	run, version string
	parallel     int
}{{"one", "1.0", 1}, {"kept", "1.1", 1}, {"six", "1.1", page.Parallel}, {"streams", "2", 1}}

// What a run may take.
const (
	versionsTime     = 30 * time.Second
	versionsDelay    = 15 * time.Millisecond // each way, on top of the links': so that round trips are seen
	versionsSeed     = 1
	versionsConnects = 40
)

// Versions fetches a page in every version, each time in a lab of its own with the
// same seed, with empty caches: the lookup alone has been done before.
func (in *labInternet) Versions(ctx context.Context, step lookup.Step, ask room.VersionsAsk) {
	for _, w := range versionRuns {
		if ctx.Err() != nil {
			return
		}
		r := versionRun{step: step.Child(), ask: ask, speed: in.speed,
			fact: lookup.RunStarted{Run: w.run, Version: w.version, Parallel: w.parallel, URL: ask.URL.URL, Percent: ask.Percent, Seed: versionsSeed}}
		r.run(ctx)
	}
}

// versionRun is one of the ways.
type versionRun struct {
	step  lookup.Step
	ask   room.VersionsAsk
	fact  lookup.RunStarted
	speed float64

	in    *labInternet
	tally *socket.Tally

	mu    sync.Mutex
	conns map[uint16]int // number of a connection by the device's port
}

func (r *versionRun) run(ctx context.Context) {
	out := lookup.RunMeasured{Run: r.fact.Run, Outcome: "failed"}
	fail := func(err error) {
		r.step.Report(r.fact)
		out.Detail = lookup.Printable(err.Error())
		r.step.Report(out)
	}
	in, err := openLab(labConfig{Speed: r.speed, Seed: versionsSeed})
	if err != nil {
		fail(err)
		return
	}
	defer in.Close()
	ctx, cancel := context.WithTimeout(ctx, in.slowly(versionsTime))
	defer cancel()
	r.in, r.conns = in, map[uint16]int{}
	a, err := page.Read(r.ask.URL.URL)
	if err != nil {
		fail(err)
		return
	}
	addrs, err := r.find(ctx, a)
	if err != nil {
		fail(err)
		return
	}
	r.tally = socket.NewTally(in.lab.DeviceAddrs(), r.filled)
	delay := time.Duration(float64(versionsDelay) * r.speed)
	in.lab.Interfere(delay, nil)
	if r.ask.Percent > 0 {
		in.lab.Lose(socket.Loss(versionsSeed, r.ask.Percent, in.lab.DeviceAddrs()))
	}
	stop := in.lab.TapFrames(r.tally.See)
	defer stop()

	r.step.Begin()
	r.step.Report(r.fact)
	browser := page.NewBrowser(in.clock, page.Limits{Connects: versionsConnects, FirstByte: in.slowly(10 * time.Second), Whole: in.slowly(versionsTime)})
	tickets := secure.NewTickets()
	began := time.Now()
	v := browser.Visit(r.step, r.fact.Version, func(ctx context.Context, _ lookup.Step, to page.URL) (*page.Link, error) {
		return r.open(ctx, to, addrs, tickets)
	})
	v.Side(r.fact.Parallel)
	res, err := v.Go(ctx, r.ask.URL.URL, page.Request{})
	if err == nil {
		v.FetchAll(ctx, page.Resources(res))
	}
	out.ElapsedUs = time.Since(began).Microseconds()
	v.Close()
	sum := r.tally.Sum()
	switch {
	case err != nil:
		out.Detail = lookup.Printable(err.Error())
	case ctx.Err() != nil:
		out.Detail = ctx.Err().Error()
	default:
		out.Outcome = "done"
	}
	for _, e := range r.step.Events() {
		switch f := e.Fact.(type) {
		case lookup.RunStarted:
			out.Requests = 0
		case lookup.FetchFinished:
			if f.Outcome == "done" {
				out.Requests++
			}
		}
	}
	out.Connections, out.RTTUs, out.Sent, out.Received = sum.Connections, sum.RTT.Microseconds(), sum.Sent, sum.Received
	out.Packets, out.Lost, out.Again, out.Holes, out.HeldUs = sum.Packets, sum.Lost, sum.Again, sum.Holes, sum.Held.Microseconds()
	r.step.Report(out)
}

// find looks the name up, which is no part of what is compared.
func (r *versionRun) find(ctx context.Context, a page.URL) ([]netip.AddrPort, error) {
	if ip := a.Addr(); ip.IsValid() {
		return []netip.AddrPort{netip.AddrPortFrom(ip, a.Port)}, nil
	}
	t := lookup.NewTrace(lookup.TraceConfig{ID: "before"})
	defer t.Finish()
	r.in.Lookup(ctx, t.Root(), room.Ask{Question: lookup.Question{Name: a.Name(), Type: lookup.TypeA, Class: lookup.ClassIN}})
	addrs := foundIn(t.Events(), a.Port)
	if len(addrs) == 0 {
		return nil, fmt.Errorf("no address of %s was found", a.Host)
	}
	return addrs, nil
}

// open opens one more connection, counted by the tally.
func (r *versionRun) open(ctx context.Context, a page.URL, addrs []netip.AddrPort, tickets *secure.Tickets) (*page.Link, error) {
	link := &page.Link{LookupUs: -1, SecureUs: -1}
	began := time.Now()
	conn, err := r.in.lab.Device().DialContext(ctx, "tcp", addrs[0].String())
	if err != nil {
		return nil, err
	}
	link.ConnectUs = time.Since(began).Microseconds()
	r.mu.Lock()
	link.Number = len(r.conns) + 1
	if local, ok := conn.LocalAddr().(*net.TCPAddr); ok {
		r.conns[uint16(local.Port)] = link.Number
	}
	r.mu.Unlock()
	link.Conn = conn
	if a.Scheme != "https" {
		return link, nil
	}
	roots, err := r.in.lab.Roots()
	if err != nil {
		conn.Close()
		return nil, err
	}
	began = time.Now()
	secured, err := secure.Client(ctx, conn, secure.Config{ServerName: secure.NameOf(strings.Trim(a.Host, "[]")), ALPN: page.Protocols(r.fact.Version), Now: r.in.clock.Now, Roots: roots, Tickets: tickets})
	if err != nil {
		conn.Close()
		return nil, err
	}
	link.SecureUs = time.Since(began).Microseconds()
	link.Conn, link.Protocol = secured, secured.ConnectionState().NegotiatedProtocol
	return link, nil
}

// filled tells of a hole in the octets of a connection, and of the requests that
// waited for it.
func (r *versionRun) filled(h socket.Hole) {
	r.mu.Lock()
	conn := r.conns[h.Port]
	r.mu.Unlock()
	if conn == 0 {
		return // during the handshake
	}
	r.step.Report(lookup.HoleFilled{Conn: conn, WaitedUs: h.Waited.Microseconds(), Octets: h.Octets, Requests: r.underWay(conn)})
}

// underWay counts the requests that were sent on a connection and not answered to
// the end.
func (r *versionRun) underWay(conn int) int {
	open := map[int]bool{}
	for _, e := range r.step.Events() {
		switch f := e.Fact.(type) {
		case lookup.RunStarted:
			clear(open)
		case lookup.RequestSent:
			if f.Conn == conn {
				open[f.N] = true
			}
		case lookup.FetchFinished:
			delete(open, f.N)
		}
	}
	return len(open)
}

var _ room.Versioned = (*labInternet)(nil)
