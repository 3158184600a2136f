package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/page"
)

// labPreloaded are the hosts of the lab that browsers know from the start to be
// reached over https only.
var labPreloaded = []lookup.Name{"www.signed.example."}

func init() { legs[lookup.LegRequest] = request }

// prepare reads the URL as a browser does and consults what it remembers: the HSTS
// list may make https of http, and with a fresh response in the HTTP cache
// nobody is asked at all. It comes before the lookup.
func (j *journey) prepare(ctx context.Context, step lookup.Step) {
	if j.pages == nil {
		return
	}
	a, err := page.Read(j.to.URL)
	if err != nil {
		return // what lookup.ParseURL takes and a browser does not: the request leg says so
	}
	j.visit = j.pages.Visit(step, j.version, j.openLink)
	if j.both {
		j.visit.Ask(func(step lookup.Step, name lookup.Name) []lookup.Record { return j.records(ctx, step, name) })
	}
	j.fetch = j.visit.Start(a, page.Request{Method: j.method})
	a = j.fetch.At()
	j.to.Scheme, j.to.Port = a.Scheme, int(j.fetch.Port())
}

// request sends the request over the connection that is there, and follows
// redirects over others.
func request(ctx context.Context, j *journey) (string, error) {
	if j.fetch == nil {
		return "", page.Stopped("url", 0, errors.New("a browser does not read this as a URL"))
	}
	if !j.fetch.Kept() {
		// The visit closes it from now on.
		conn := j.conn
		j.conn = nil
		defer j.visit.Close()
		err := j.visit.Adopt(j.fetch.At(), &page.Link{Conn: conn, Number: j.socket.Conn(), Protocol: j.alpn,
			LookupUs: j.took[""], ConnectUs: j.took[lookup.LegConnect], SecureUs: j.took[lookup.LegEncrypt]})
		if err != nil {
			return "", err
		}
	}
	res, err := j.visit.Follow(ctx, j.fetch)
	if err != nil {
		return "", err
	}
	j.response = res
	// What becomes of a resource is told; the page is there without it.
	j.resources = j.visit.FetchAll(ctx, page.Resources(res))
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	return fmt.Sprintf("%d", res.Status), nil
}

// openLink opens a further connection in the course of a journey: a lookup, a
// TCP connection, TLS if the URL wants it.
func (j *journey) openLink(ctx context.Context, step lookup.Step, a page.URL) (*page.Link, error) {
	link := &page.Link{LookupUs: -1, SecureUs: -1}
	began := time.Now()
	p := a.Place()
	host := cmp.Or(p.Host, a.Host)
	look := func() []netip.AddrPort { return j.findHost(ctx, step, host, p.Port) }
	addrs, later := hinted(p), (*finding)(nil)
	if len(addrs) > 0 {
		later = j.beside(look)
	} else {
		if addrs = look(); len(addrs) == 0 {
			return nil, page.Stopped("lookup", 0, fmt.Errorf("no address of %s was found", host))
		}
		if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err != nil {
			link.LookupUs = time.Since(began).Microseconds()
		}
	}
	began = time.Now()
	s, _, err := j.dial(ctx, step, host, addrs, later)
	if err != nil {
		return nil, err
	}
	link.ConnectUs, link.Number = time.Since(began).Microseconds(), s.Conn()
	link.Conn = s
	if a.Scheme == "https" {
		began = time.Now()
		secured, err := j.secured(ctx, step, s, s.Descriptor().Socket, strings.Trim(a.Host, "[]"))
		if err != nil {
			s.Close()
			return nil, err
		}
		link.Conn, link.Protocol = secured, secured.ConnectionState().NegotiatedProtocol
		link.SecureUs = time.Since(began).Microseconds()
	}
	return link, nil
}

// records asks for the HTTPS records of a name, once in a journey.
func (j *journey) records(ctx context.Context, step lookup.Step, name lookup.Name) []lookup.Record {
	j.finding.Lock()
	defer j.finding.Unlock()
	if known, ok := j.asked[name]; ok {
		return known
	}
	before := len(step.Events())
	j.resolve(ctx, step.Child(), lookup.Question{Name: name, Type: lookup.TypeHTTPS, Class: lookup.ClassIN})
	var out []lookup.Record
	for _, e := range step.Events()[before:] {
		if f, ok := e.Fact.(lookup.LookupFinished); ok && f.Question.Type == lookup.TypeHTTPS {
			out = f.Records
		}
	}
	if j.asked == nil {
		j.asked = map[lookup.Name][]lookup.Record{}
	}
	j.asked[name] = out
	return out
}

// find looks a name up in the course of a journey, one at a time: what is found
// is read from the facts.
func (j *journey) find(ctx context.Context, step lookup.Step, name lookup.Name, port uint16) []netip.AddrPort {
	j.finding.Lock()
	defer j.finding.Unlock()
	below := step.Child()
	before := len(step.Events())
	j.resolve(ctx, below, lookup.Question{Name: name, Type: lookup.TypeA, Class: lookup.ClassIN})
	return foundIn(step.Events()[before:], port)
}
