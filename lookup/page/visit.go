package page

import (
	"bufio"
	"context"
	"errors"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"rootwalk/lookup"
)

// Visit is one journey of a browser: a page with all that belongs to it. Its
// methods must not be called concurrently. Close must be called.
type Visit struct {
	browser  *Browser
	open     Open
	step     lookup.Step
	version  string // one of Versions, "" for what servers agree to
	parallel int    // connections to one host at once, where each carries one request at a time

	records func(step lookup.Step, name lookup.Name) []lookup.Record // nil: nobody asks

	read atomic.Int64 // octets from all connections

	mu        sync.Mutex
	fetches   int
	redirects int
	connects  int
	idle      map[string][]*line
	sessions  map[string]*session // by origin: the one for the next request
	all       []*session
	gates     map[string]*sync.Mutex // of origins that one connection is enough for: it is opened once
}

// Errors of a visit.
var (
	ErrBudget   = errors.New("page: this visit has read as much as it may")
	ErrConnects = errors.New("page: this visit has opened as many connections as it may")
)

// Versions are those of HTTP that a visit can be made to speak. Without one, over
// TLS a server chooses between HTTP/2 and HTTP/1.1, and elsewhere it is 1.1.
func Versions() []string { return []string{"1.0", "1.1", "2"} }

// Protocols are what is offered by ALPN (RFC 7301) for a version, best first.
func Protocols(version string) []string {
	switch version {
	case "":
		return []string{"h2", "http/1.1"}
	case "2":
		return []string{"h2"}
	}
	return []string{"http/1.1"}
}

// Parallel is how many connections to one host browsers open at once for
// HTTP/1.1.
const Parallel = 6

// Visit begins a journey. Version is one of Versions, or "".
func (b *Browser) Visit(step lookup.Step, version string, open Open) *Visit {
	return &Visit{browser: b, open: open, step: step, version: version, parallel: 1, idle: map[string][]*line{}, sessions: map[string]*session{}, gates: map[string]*sync.Mutex{}}
}

// Side lets FetchAll use up to n connections to one host at once, where each
// carries one request at a time.
func (v *Visit) Side(n int) { v.parallel = max(n, 1) }

// Ask has the visit ask for the HTTPS records of hosts (RFC 9460). records may be
// called by several goroutines.
func (v *Visit) Ask(records func(step lookup.Step, name lookup.Name) []lookup.Record) {
	v.records = records
}

// classic is the version that is spoken where it is not HTTP/2.
func (v *Visit) classic() string {
	if v.version == "1.0" {
		return "1.0"
	}
	return "1.1"
}

// Close closes the connections that are still open and returns when nothing of
// them runs any more.
func (v *Visit) Close() {
	for _, lines := range v.idle {
		for _, l := range lines {
			l.Close()
		}
	}
	clear(v.idle)
	for _, s := range v.all {
		s.close()
	}
	v.all = nil
	clear(v.sessions)
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
	v.step.Report(lookup.UrlRead{Typed: a.Typed, URL: a.Href, Assumed: a.Assumed, Parts: a.Parts, Notes: append([]string{}, a.Notes...), Host: a.Host, Port: int(a.Port)})
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
func (v *Visit) Adopt(a URL, l *Link) error {
	v.mu.Lock()
	v.connects++
	v.mu.Unlock()
	way, err := v.lay(a, l)
	if err == nil && way.session == nil {
		v.give(a, way.line)
	}
	return err
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

// FetchAll fetches resources that a page asks for: all at once over connections
// that carry many requests, else in order over as many connections as Side allows.
// They begin in the order of the list, and so are streams opened; a connection is asked
// for once the one before has been. It returns what came, in their order; what became of
// each is told too.
func (v *Visit) FetchAll(ctx context.Context, list []URL) []Response {
	out := make([]Response, len(list))
	var work sync.WaitGroup
	free := make(chan struct{}, v.width(list))
	var last *queued
	for i, a := range list {
		select {
		case free <- struct{}{}:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
		f := v.begin(a, Request{Method: http.MethodGet, Why: "resource"})
		last = last.next()
		f.order = last
		work.Go(func() {
			out[i], _ = v.Follow(ctx, f)
			<-free
		})
	}
	work.Wait()
	return out
}

// width is how many resources are fetched at the same time.
func (v *Visit) width(list []URL) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, a := range list {
		if v.sessions[a.Origin()] != nil {
			return min(len(list), MaxResources)
		}
	}
	return min(len(list), v.parallel)
}

// turn decides whether a redirect is followed, and reports that.
func (v *Visit) turn(f *Fetch, res Response, been map[string]bool) (Turn, error) {
	location := field(res.Fields, "Location")
	t, err := Redirect(f.at, f.request.Method, res.Status, location)
	limit := v.browser.limits.Redirects
	v.mu.Lock()
	nth := v.redirects + 1
	v.mu.Unlock()
	switch {
	case err != nil:
	case been[t.Method+" "+t.To.Key()] && !f.setCookie: // with another cookie the same URL may lead elsewhere
		err = ErrLoop
	case nth > limit:
		err = ErrTooMany
	}
	if err != nil {
		f.step.Report(lookup.RedirectStopped{N: f.n, Status: res.Status, Location: cut(location, 200), Reason: stopReason(err), Limit: limit})
		return Turn{}, err
	}
	v.mu.Lock()
	v.redirects++
	v.mu.Unlock()
	f.step.Report(lookup.RedirectFollowed{N: f.n, Nth: nth, Status: res.Status, From: f.at.Href, To: t.To.Href, Before: f.request.Method, After: t.Method, Rule: t.Rule})
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
	left := l.visit.browser.limits.Raw - l.visit.read.Load()
	if left <= 0 {
		return 0, ErrBudget
	}
	if int64(len(b)) > left {
		b = b[:left]
	}
	n, err := l.Link.Read(b)
	l.visit.read.Add(int64(n))
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

// way is what a request goes over: a line that it has for itself, or a session
// that it shares.
type way struct {
	line    *line
	session *session
	reused  bool
}

// take gives a connection to a host: one that is there, or a new one.
func (v *Visit) take(ctx context.Context, f *Fetch) (way, error) {
	a := f.at
	v.mu.Lock()
	gate := v.gates[a.Origin()]
	v.mu.Unlock()
	if gate != nil { // who comes second uses what the first opens
		gate.Lock()
		defer gate.Unlock()
	}
	v.mu.Lock()
	if s := v.sessions[a.Origin()]; s != nil {
		if s.usable() {
			v.mu.Unlock()
			return way{line: s.line, session: s, reused: s.used()}, nil
		}
		delete(v.sessions, a.Origin())
	}
	if idle := v.idle[a.Origin()]; len(idle) > 0 {
		l := idle[len(idle)-1]
		v.idle[a.Origin()] = idle[:len(idle)-1]
		v.mu.Unlock()
		f.order.pass()
		return way{line: l, reused: l.used > 0}, nil
	}
	if v.connects >= v.browser.limits.Connects {
		v.mu.Unlock()
		return way{}, ErrConnects
	}
	v.connects++
	v.mu.Unlock()
	if gate == nil { // nobody waits for this connection
		f.order.pass()
	}
	to := a
	to.Port, to.place = f.Port(), f.Place()
	link, err := v.open(ctx, f.step, to)
	if err != nil {
		return way{}, err
	}
	return v.lay(a, link)
}

// lay begins to use a new connection in the version that was agreed on. Without
// TLS nobody can agree: HTTP/2 is then spoken only where that was asked for, as by
// prior knowledge (RFC 9113 §3.3).
func (v *Visit) lay(a URL, link *Link) (way, error) {
	l := &line{Link: link, visit: v}
	l.r = bufio.NewReaderSize(l, 4096)
	if v.version == "2" && a.Scheme == "https" && link.Protocol != "h2" {
		l.Close()
		return way{}, ErrNoHTTP2
	}
	if link.Protocol != "h2" && v.version != "2" {
		return way{line: l}, nil
	}
	s, err := newSession(v, l)
	v.mu.Lock()
	v.all = append(v.all, s)
	v.sessions[a.Origin()] = s
	if v.gates[a.Origin()] == nil {
		v.gates[a.Origin()] = new(sync.Mutex)
	}
	v.mu.Unlock()
	return way{line: l, session: s}, err
}

// give takes a connection back for the next request to the same origin.
func (v *Visit) give(a URL, l *line) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.idle[a.Origin()] = append(v.idle[a.Origin()], l)
}

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
