package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/lookup/listener"
	"rootwalk/lookup/message"
	"rootwalk/lookup/osnet"
)

// defaultDNSListen is where -dns-listen on listens.
const defaultDNSListen = "127.0.0.1:5301"

// outsideConfig says how programs outside may ask the main room's resolver.
type outsideConfig struct {
	Listen netip.AddrPort // the zero value for not at all
	ACL    []netip.Prefix // who may ask besides this machine
	DoH    bool           // over HTTP too, at /dns-query
}

// parseOutside reads the flags -dns-listen and -dns-acl.
func parseOutside(listen, acl string, doh bool) (c outsideConfig, err error) {
	c.DoH = doh
	for _, s := range strings.FieldsFunc(acl, func(r rune) bool { return r == ',' || r == ' ' }) {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return c, fmt.Errorf("-dns-acl %s: must be prefixes such as 192.168.0.0/16, with commas between", lookup.Printable(s))
		}
		c.ACL = append(c.ACL, p.Masked())
	}
	switch listen {
	case "", "off":
		if len(c.ACL) > 0 && !doh {
			return c, errors.New("-dns-acl means nothing without -dns-listen or -doh")
		}
		return c, nil
	case "on":
		listen = defaultDNSListen
	}
	c.Listen, err = netip.ParseAddrPort(listen)
	switch {
	case err != nil:
		return c, fmt.Errorf("-dns-listen %s: must be on, off, or an IP address and a port, as in %s", lookup.Printable(listen), defaultDNSListen)
	case !c.Listen.Addr().Unmap().IsLoopback() && len(c.ACL) == 0:
		return c, fmt.Errorf("-dns-listen %v: others can reach this address: say who may ask, as in -dns-acl 192.168.0.0/16", c.Listen)
	}
	return c, nil
}

// Bounds of what programs outside may ask, over all of them but for the rate.
const (
	outsideRate    = 20 // queries a second from one /24 or /56
	outsideQueries = 64 // being answered at once
)

// openOutside lets programs outside ask; nil where none may.
func openOutside(c outsideConfig, rooms *room.Rooms) (*listener.Listener, error) {
	if !c.Listen.IsValid() && !c.DoH {
		return nil, nil
	}
	network, err := osnet.New(osnet.Config{ListenAnywhere: len(c.ACL) > 0})
	if err != nil {
		return nil, err
	}
	conf := listener.Config{Network: network, Reception: reception(rooms), Rate: outsideRate, MaxQueries: outsideQueries, Strict: true}
	if c.Listen.IsValid() {
		conf.Addrs = []netip.AddrPort{c.Listen}
	}
	if len(c.ACL) > 0 {
		conf.ACL = append([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}, c.ACL...)
	}
	l, err := listener.Listen(context.Background(), conf)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("-dns-listen %v is in use by another program: stop that one, or choose another port, as in -dns-listen 127.0.0.1:5302", c.Listen)
	case err != nil:
		return nil, fmt.Errorf("-dns-listen %v: %v", c.Listen, err) // what it is about is said: no advice about -addr
	}
	return l, nil
}

// answering is an internet with a resolver that programs outside may ask.
type answering interface {
	// Outside is the resolver, what facts call its host, and the caches of
	// its network.
	Outside() (r listener.Resolver, host string, caches []lookup.CacheSnapshot)
}

// reception has queries from outside answered by the main room's resolver, on
// its clock and with its cache, and recorded there.
func reception(rooms *room.Rooms) listener.Reception {
	return func(ctx context.Context, a listener.Arrival, answer listener.Answer) {
		began := time.Now()
		err := room.ErrGone
		for range 2 { // a room that nobody used may close at this very moment
			var place *room.Room
			if place, err = rooms.Enter(ctx, room.Main); err != nil {
				break
			}
			err = place.Outside(ctx, a.Question.String(), shownClient(a.Client), func(ctx context.Context, in room.Internet, step lookup.Step) {
				receive(ctx, in, step, a, answer, began)
			})
			if !errors.Is(err, room.ErrGone) {
				break
			}
		}
		if err != nil {
			answer(ctx, absent{}, lookup.Step{})
		}
	}
}

// receive answers one query and reports it: what the caches held, the query,
// how it was resolved, the response.
func receive(ctx context.Context, in room.Internet, step lookup.Step, a listener.Arrival, answer listener.Answer, began time.Time) {
	var resolver listener.Resolver = absent{}
	var caches []lookup.CacheSnapshot
	host := ""
	if open, ok := in.(answering); ok {
		resolver, host, caches = open.Outside()
	}
	if !step.Recording() {
		answer(ctx, resolver, step)
		return
	}
	for _, s := range caches {
		step.Report(lookup.CacheOpened{Snapshot: s})
	}
	client := shownClient(a.Client)
	if !a.Client.Addr().IsLoopback() {
		resolver = discreet{resolver}
	}
	record(ctx, place{host, in.Network(), in.Clock()}, client, resolver, step, a, answer, began)
}

// place is where a query from outside arrives.
type place struct {
	host, network string
	clock         *lookup.LessonClock
}

// record answers one query and reports it: the query, how it was resolved, the
// response.
func record(ctx context.Context, at place, client string, resolver listener.Resolver, step lookup.Step, a listener.Arrival, answer listener.Answer, began time.Time) {
	step.Report(lookup.QueryArrived{
		Host: at.host, Client: client, Transport: a.Transport, Question: a.Question, Network: at.network, Lesson: at.clock.Read(),
		Message: append(lookup.Message(nil), a.Message...), // a buffer that is used again
	})
	sent := answer(ctx, resolver, step.Child())
	if sent.Message == nil {
		return // it could not be sent: the program outside has gone
	}
	records := message.Records(sent.Resolution.Answer...)
	if sent.Truncated {
		records = nil
	}
	step.Report(lookup.ResponseSent{
		Host: at.host, Client: client, Transport: a.Transport, Question: a.Question, Outcome: sent.Resolution.Outcome, Rcode: sent.Resolution.Rcode,
		Records: records, Truncated: sent.Truncated, Queries: sent.Resolution.Queries, ElapsedUs: time.Since(began).Microseconds(), Message: sent.Message,
	})
}

// shownClient is what others get to see of who asked: a program on this
// machine with its port, of anybody else only the network.
func shownClient(c netip.AddrPort) string {
	a, bits := c.Addr().WithZone(""), 48
	switch {
	case !a.IsValid():
		return ""
	case a.IsLoopback():
		return c.String()
	case a.Is4():
		bits = 24
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return ""
	}
	return p.String()
}

// discreet keeps from the resolver, and so from its facts, who asked.
type discreet struct{ r listener.Resolver }

func (d discreet) Resolve(ctx context.Context, step lookup.Step, req message.Request) message.Resolution {
	req.Client = netip.AddrPort{}
	return d.r.Resolve(ctx, step, req)
}

// absent stands in where there is no resolver to ask.
type absent struct{}

func (absent) Resolve(context.Context, lookup.Step, message.Request) message.Resolution {
	return message.Resolution{Outcome: lookup.OutcomeServfail, Rcode: lookup.RcodeServFail}
}
