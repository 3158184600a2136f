package page

import (
	"context"
	"net"
	"time"

	"rootwalk/lookup"
)

// Browser is what a browser remembers from one visit to the next. Its parts are
// safe for concurrent use, and so is it.
type Browser struct {
	HSTS    *HSTS
	Cookies *Cookies
	Store   *Store

	Services *Services

	clock  lookup.Clock
	limits Limits
}

// Limits bound one visit. A zero is the default in brackets.
type Limits struct {
	Redirects int           // followed [20, as browsers do]
	Connects  int           // connections opened [8]
	Raw       int64         // octets read from all connections [2 MiB]
	Body      int           // octets of one body, as they come and unpacked [256 KiB]
	Shown     int           // octets of one body that a trace keeps [64 KiB]
	FirstByte time.Duration // of waiting for a response [5 s]
	Whole     time.Duration // [15 s]
}

func (l Limits) orDefault() Limits {
	set := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	set(&l.Redirects, 20)
	set(&l.Connects, 8)
	set(&l.Body, 256<<10)
	set(&l.Shown, 64<<10)
	if l.Raw == 0 {
		l.Raw = 2 << 20
	}
	if l.FirstByte == 0 {
		l.FirstByte = 5 * time.Second
	}
	if l.Whole == 0 {
		l.Whole = 15 * time.Second
	}
	return l
}

// NewBrowser makes a browser that has been nowhere, on lesson time. The preloaded
// hosts are in its HSTS list from the start.
func NewBrowser(clock lookup.Clock, limits Limits, preloaded ...lookup.Name) *Browser {
	return &Browser{HSTS: NewHSTS(clock, preloaded...), Cookies: NewCookies(clock), Store: NewStore(clock), Services: NewServices(clock), clock: clock, limits: limits.orDefault()}
}

// Forget makes it a browser that has been nowhere.
func (b *Browser) Forget() {
	b.HSTS.Forget()
	b.Cookies.Forget()
	b.Store.Forget()
	b.Services.Forget()
}

// Link is a connection on which requests can be sent: over TCP, or TLS over TCP.
type Link struct {
	net.Conn
	Number   int    // of the connection in the trace
	Protocol string // that was agreed on by ALPN (RFC 7301): "h2", "http/1.1"; "" for nothing

	// How long it took to have it, in µs; -1 for what did not take place.
	LookupUs, ConnectUs, SecureUs int64
}

// Open opens a link to the host of a URL: it looks the name up, connects, and
// encrypts if the scheme is https. What it does is its own to report.
type Open func(ctx context.Context, step lookup.Step, a URL) (*Link, error)

// Request is what a visit asks for. Zero members mean GET, and a journey that
// somebody typed.
type Request struct {
	Method string
	Body   []byte
	Media  string // of the body
	Why    string // "typed", "redirect", "resource"
}

// Response is what came. It is whole unless the error beside it says otherwise.
type Response struct {
	At     URL // after all redirects
	Status int
	Fields []lookup.Field
	Media  string
	Body   []byte // decoded
	Cached bool
}
