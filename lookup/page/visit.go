package page

import (
	"bufio"
	"context"
	"errors"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"rootwalk/lookup"
)

// Visit is one journey of a browser: a page with all that belongs to it. Its
// methods must not be called concurrently. Close must be called.
type Visit struct {
	browser *Browser
	open    Open
	step    lookup.Step
	version string // "1.0" or "1.1"

	fetches   int
	redirects int
	connects  int
	read      int64 // octets from all connections
	idle      map[string][]*line
}

// Errors of a visit.
var (
	ErrBudget   = errors.New("page: this visit has read as much as it may")
	ErrConnects = errors.New("page: this visit has opened as many connections as it may")
)

// Versions are those of HTTP that a visit speaks.
func Versions() []string { return []string{"1.0", "1.1"} }

// Visit begins a journey. Version is one of Versions, "" for 1.1.
func (b *Browser) Visit(step lookup.Step, version string, open Open) *Visit {
	if version == "" {
		version = "1.1"
	}
	return &Visit{browser: b, open: open, step: step, version: version, idle: map[string][]*line{}}
}

// Close closes the connections that are still open.
func (v *Visit) Close() {
	for _, lines := range v.idle {
		for _, l := range lines {
			l.Close()
		}
	}
	clear(v.idle)
}

// Go reads what was typed and fetches it, wherever redirects lead.
func (v *Visit) Go(ctx context.Context, typed string, r Request) (Response, error) {
	a, err := Read(typed)
	if err != nil {
		return Response{}, err
	}
	return v.Follow(ctx, v.Start(a, r))
}

// Start begins a fetch with what needs no network: the URL is read, the HSTS list
// and the HTTP cache are consulted. Follow must be called with what it returns.
func (v *Visit) Start(a URL, r Request) *Fetch {
	v.step.Report(lookup.UrlRead{Typed: a.Typed, URL: a.Href, Assumed: a.Assumed, Parts: a.Parts, Notes: a.Notes, Host: a.Host, Port: int(a.Port)})
	if r.Method == "" {
		r.Method = http.MethodGet
	}
	if r.Why == "" {
		r.Why = "typed"
	}
	return v.begin(a, r)
}

// Adopt makes a connection that is there already the one for the next request to
// the origin of a. Close closes it.
func (v *Visit) Adopt(a URL, l *Link) {
	v.connects++
	v.give(a, v.newLine(l))
}

// Follow does the rest of a fetch, wherever redirects lead.
func (v *Visit) Follow(ctx context.Context, f *Fetch) (Response, error) {
	ctx, cancel := context.WithTimeout(ctx, v.browser.limits.Whole)
	defer cancel()
	been := map[string]bool{}
	for {
		been[f.request.Method+" "+f.at.Key()] = true
		res, err := f.run(ctx)
		if err != nil || !IsRedirect(res.Status) {
			return res, err
		}
		turn, err := v.turn(f, res, been)
		if err != nil {
			return res, err
		}
		r := Request{Method: turn.Method, Why: "redirect"}
		if turn.KeepBody {
			r.Body, r.Media = f.request.Body, f.request.Media
		}
		f = v.begin(turn.To, r)
	}
}

// Fetch fetches one resource that a page asks for. Redirects are followed too.
func (v *Visit) Fetch(ctx context.Context, a URL) (Response, error) {
	return v.Follow(ctx, v.begin(a, Request{Method: http.MethodGet, Why: "resource"}))
}

// turn decides whether a redirect is followed, and reports that.
func (v *Visit) turn(f *Fetch, res Response, been map[string]bool) (Turn, error) {
	location := field(res.Fields, "Location")
	t, err := Redirect(f.at, f.request.Method, res.Status, location)
	limit := v.browser.limits.Redirects
	switch {
	case err != nil:
	case been[t.Method+" "+t.To.Key()] && !f.setCookie: // with another cookie the same URL may lead elsewhere
		err = ErrLoop
	case v.redirects >= limit:
		err = ErrTooMany
	}
	if err != nil {
		f.step.Report(lookup.RedirectStopped{N: f.n, Status: res.Status, Location: cut(location, 200), Reason: stopReason(err), Limit: limit})
		return Turn{}, err
	}
	v.redirects++
	f.step.Report(lookup.RedirectFollowed{N: f.n, Nth: v.redirects, Status: res.Status, From: f.at.Href, To: t.To.Href, Before: f.request.Method, After: t.Method, Rule: t.Rule})
	return t, nil
}

func stopReason(err error) string {
	switch {
	case errors.Is(err, ErrLoop):
		return "loop"
	case errors.Is(err, ErrTooMany):
		return "tooMany"
	case errors.Is(err, ErrScheme):
		return "scheme"
	case errors.Is(err, ErrNoLocation):
		return "missing"
	}
	return "malformed"
}

// line is a link in use by a visit.
type line struct {
	*Link
	visit *Visit
	r     *bufio.Reader
	used  int // requests sent
}

// Read counts what all connections of a visit bring.
func (l *line) Read(b []byte) (int, error) {
	left := l.visit.browser.limits.Raw - l.visit.read
	if left <= 0 {
		return 0, ErrBudget
	}
	if int64(len(b)) > left {
		b = b[:left]
	}
	n, err := l.Link.Read(b)
	l.visit.read += int64(n)
	return n, err
}

// endWait is how long a server that said it would close is given to do so.
const endWait = 500 * time.Millisecond

// awaitEnd reads the end of a connection that the server closes (RFC 9112 §9.6),
// so that it is the server that closes first.
func (l *line) awaitEnd() {
	l.SetReadDeadline(time.Now().Add(endWait))
	l.r.Peek(1) // io.EOF, or what nobody asked for
}

// take gives a connection to a host: one that is idle, or a new one.
func (v *Visit) take(ctx context.Context, step lookup.Step, a URL) (l *line, reused bool, err error) {
	if idle := v.idle[a.Origin()]; len(idle) > 0 {
		l = idle[len(idle)-1]
		v.idle[a.Origin()] = idle[:len(idle)-1]
		return l, l.used > 0, nil
	}
	if v.connects >= v.browser.limits.Connects {
		return nil, false, ErrConnects
	}
	v.connects++
	link, err := v.open(ctx, step, a)
	if err != nil {
		return nil, false, err
	}
	return v.newLine(link), false, nil
}

func (v *Visit) newLine(link *Link) *line {
	l := &line{Link: link, visit: v}
	l.r = bufio.NewReaderSize(l, 4096)
	return l
}

// give takes a connection back for the next request to the same origin.
func (v *Visit) give(a URL, l *line) { v.idle[a.Origin()] = append(v.idle[a.Origin()], l) }

func field(fields []lookup.Field, name string) string {
	i := slices.IndexFunc(fields, func(f lookup.Field) bool { return strings.EqualFold(f.Name, name) })
	if i < 0 {
		return ""
	}
	return fields[i].Value
}

func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}

// timedOut reports whether an error is the end of a time that was given.
func timedOut(err error) bool {
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded)
}

func since(t time.Time) int64 { return time.Since(t).Microseconds() }
