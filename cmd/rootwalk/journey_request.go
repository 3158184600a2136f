package main

import (
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
func (j *journey) prepare(step lookup.Step) {
	if j.pages == nil {
		return
	}
	a, err := page.Read(j.to.URL)
	if err != nil {
		return // what lookup.ParseURL takes and a browser does not: the request leg says so
	}
	j.visit = j.pages.Visit(step, j.version, j.openLink)
	j.fetch = j.visit.Start(a, page.Request{Method: j.method})
	a = j.fetch.At()
	j.to.Scheme, j.to.Port = a.Scheme, int(a.Port)
}

// request sends the request over the connection that is there, and follows
// redirects over others.
func request(ctx context.Context, j *journey) (string, error) {
	if j.fetch == nil {
		return "", errors.New("a browser does not read this as a URL")
	}
	if !j.fetch.Kept() {
		// The visit closes it from now on.
		conn := j.conn
		j.conn = nil
		j.visit.Adopt(j.fetch.At(), &page.Link{Conn: conn, Number: j.socket.Descriptor().Socket,
			LookupUs: j.took[""], ConnectUs: j.took[lookup.LegConnect], SecureUs: j.took[lookup.LegEncrypt]})
	}
	defer j.visit.Close()
	res, err := j.visit.Follow(ctx, j.fetch)
	if err != nil {
		return "", err
	}
	j.response = res
	for _, a := range page.Resources(res) {
		// What becomes of a resource is told; the page is there without it.
		part, err := j.visit.Fetch(ctx, a)
		if ctx.Err() != nil {
			return "", err
		}
		j.resources = append(j.resources, part)
	}
	return fmt.Sprintf("%d", res.Status), nil
}

// openLink opens a further connection in the course of a journey: a lookup, a
// TCP connection, TLS if the URL wants it.
func (j *journey) openLink(ctx context.Context, step lookup.Step, a page.URL) (*page.Link, error) {
	link := &page.Link{LookupUs: -1, SecureUs: -1}
	began := time.Now()
	addrs := []netip.AddrPort{netip.AddrPortFrom(a.Addr(), a.Port)}
	if name := a.Name(); name != "" {
		below := step.Child()
		before := len(step.Events())
		j.resolve(ctx, below, lookup.Question{Name: name, Type: lookup.TypeA, Class: lookup.ClassIN})
		if addrs = foundIn(step.Events()[before:], a.Port); len(addrs) == 0 {
			return nil, fmt.Errorf("no address of %s was found", a.Host)
		}
		link.LookupUs = time.Since(began).Microseconds()
	}
	began = time.Now()
	var failed error
	for _, to := range addrs {
		within, cancel := context.WithTimeout(ctx, j.limit/4)
		s, err := j.browser.Dial(within, j.network, "tcp", to)
		cancel()
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		link.ConnectUs, link.Number = time.Since(began).Microseconds(), s.Descriptor().Socket
		link.Conn = s
		if a.Scheme == "https" {
			began = time.Now()
			secured, err := j.secured(ctx, step, s, link.Number, strings.Trim(a.Host, "[]"))
			if err != nil {
				s.Close()
				return nil, err
			}
			link.Conn = secured
			link.SecureUs = time.Since(began).Microseconds()
		}
		return link, nil
	}
	return nil, failed
}
