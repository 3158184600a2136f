package page

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"rootwalk/lookup"
)

// Fetch is the way of one resource: HSTS, the HTTP cache, a connection, a request,
// a response, and what the response makes the browser remember.
type Fetch struct {
	visit   *Visit
	step    lookup.Step
	n       int
	at      URL
	request Request

	started   time.Time
	done      lookup.FetchFinished
	header    http.Header // of the request
	fresh     *Response   // from the HTTP cache: nobody is asked
	stale     *stored
	setCookie bool
	order     *queued // of a fetch beside others, nil for any other
	places    []Place // beside the origin itself, those that are left to try
}

// At is the URL that is fetched: https where the HSTS list says so.
func (f *Fetch) At() URL { return f.at }

// Kept reports whether the HTTP cache has a fresh response: nothing is sent.
func (f *Fetch) Kept() bool { return f.fresh != nil }

func (v *Visit) begin(a URL, r Request) *Fetch {
	v.mu.Lock()
	v.fetches++
	f := &Fetch{visit: v, n: v.fetches, at: a, request: r, started: time.Now()}
	v.mu.Unlock()
	f.step = v.step.Child()
	f.step.Report(lookup.FetchStarted{N: f.n, URL: a.Href, Method: r.Method, Why: r.Why})
	f.done = lookup.FetchFinished{N: f.n, LookupUs: -1, ConnectUs: -1, SecureUs: -1, SendUs: -1, WaitUs: -1, ReceiveUs: -1, FirstUs: -1}
	f.upgrade()
	if f.record(); len(f.places) == 0 {
		f.elsewhere()
	}
	f.header = f.fields()
	f.used()
	if r.Method == http.MethodGet {
		if res, fresh := f.consult(f.header); fresh {
			f.fresh = &res
		}
	}
	return f
}

// run does it all and reports the end, whatever happened.
func (f *Fetch) run(ctx context.Context) (Response, error) {
	defer f.order.pass()
	res, err := f.resource(ctx)
	f.finish(res, err)
	return res, err
}

// Fail ends a fetch that Start began and that Follow will not be called with: the
// way to the first request came to nothing.
func (f *Fetch) Fail(err error) { f.finish(Response{At: f.at}, err) }

// finish reports what came of it.
func (f *Fetch) finish(res Response, err error) {
	f.done.URL, f.done.Status, f.done.TotalUs = f.at.Href, res.Status, since(f.started)
	switch {
	case err != nil:
		f.done.Outcome, f.done.Detail, f.done.Stop = "failed", cut(err.Error(), 300), f.visit.browser.Stop(err)
	case res.Cached:
		f.done.Outcome = "cached"
	case IsRedirect(res.Status):
		f.done.Outcome = "redirect"
	default:
		f.done.Outcome = "done"
	}
	f.step.Report(f.done)
}

func (f *Fetch) resource(ctx context.Context) (Response, error) {
	b := f.visit.browser
	if f.fresh != nil {
		return *f.fresh, nil
	}
	header := f.header
	requested := b.clock.Now()
	h, body, err := f.exchange(ctx, header)
	if h == nil {
		return Response{At: f.at}, err
	}
	received := b.clock.Now()
	f.remember(h)
	res := Response{At: f.at, Status: h.status, Fields: h.fields, Media: h.header.Get("Content-Type"), Body: body}
	if err != nil {
		return res, err
	}
	if h.status == http.StatusNotModified && f.stale != nil {
		if e, fresh, ok := b.Store.refresh(f.at.Key(), h.header, requested, received); ok {
			f.step.Report(lookup.StoreRefreshed{N: f.n, URL: f.at.Key(), Rule: fresh.Rule, LifetimeSec: int64(fresh.Lifetime / time.Second), Saved: len(e.body)})
			return f.kept(e), nil
		}
	}
	f.keep(header, h, body, requested, received)
	return res, nil
}

// upgrade makes https of http where the HSTS list says so (RFC 6797 §8.3).
func (f *Fetch) upgrade() {
	name := f.at.Name()
	if f.at.Scheme != "http" || name == "" {
		return
	}
	said := lookup.HstsConsulted{N: f.n, Host: name}
	if pin, found := f.visit.browser.HSTS.Find(name); found {
		f.at = f.at.WithScheme("https")
		said.Entry, said.Until, said.Upgraded, said.Source = pin.Host, pin.Until, true, "header"
		if pin.Preloaded {
			said.Source = "preload"
		}
	}
	said.URL = f.at.Href
	f.step.Report(said)
}

// fields is what the request says beside its first line.
func (f *Fetch) fields() http.Header {
	h := http.Header{"Accept": {"text/html,*/*;q=0.8"}, "Accept-Encoding": {"gzip, deflate"}}
	cookies := f.visit.browser.Cookies.For(f.at)
	if len(cookies) > 0 {
		var pairs, names []string
		for _, c := range cookies {
			pairs, names = append(pairs, c.Name+"="+c.Value), append(names, c.Name)
		}
		h.Set("Cookie", strings.Join(pairs, "; "))
		f.step.Report(lookup.CookiesSent{N: f.n, Names: names})
	}
	if len(f.request.Body) > 0 || f.request.Method == http.MethodPost || f.request.Method == http.MethodPut {
		h.Set("Content-Length", strconv.Itoa(len(f.request.Body)))
		if f.request.Media != "" {
			h.Set("Content-Type", f.request.Media)
		}
	}
	return h
}

// consult looks into the HTTP cache. What is stale is asked about with what
// identifies it (RFC 9111 §4.3.1).
func (f *Fetch) consult(header http.Header) (Response, bool) {
	said := lookup.StoreConsulted{N: f.n, URL: f.at.Key(), Verdict: "none"}
	e, fresh, found := f.visit.browser.Store.find(f.at.Key(), header)
	if found {
		said.Rule, said.AgeSec, said.LifetimeSec = fresh.Rule, int64(fresh.Age/time.Second), int64(fresh.Lifetime/time.Second)
		said.Etag, said.Modified = e.header.Get("Etag"), e.header.Get("Last-Modified")
		said.Verdict = "stale"
		if fresh.Fresh() {
			said.Verdict = "fresh"
		} else {
			f.stale = e
			if said.Etag != "" {
				header.Set("If-None-Match", said.Etag)
			}
			if said.Modified != "" {
				header.Set("If-Modified-Since", said.Modified)
			}
		}
	}
	f.step.Report(said)
	if said.Verdict != "fresh" {
		return Response{}, false
	}
	return f.kept(e), true
}

func (f *Fetch) kept(e *stored) Response {
	r := Response{At: f.at, Status: e.status, Media: e.header.Get("Content-Type"), Body: e.body, Cached: true}
	for _, name := range slices.Sorted(maps.Keys(e.header)) {
		for _, v := range e.header[name] {
			r.Fields = append(r.Fields, lookup.Field{Name: name, Value: v})
		}
	}
	return r
}

// keep puts a response into the HTTP cache, or says why not.
func (f *Fetch) keep(request http.Header, h *head, body []byte, requested, received time.Time) {
	store := f.visit.browser.Store
	if f.request.Method != http.MethodGet && f.request.Method != http.MethodHead && h.status < 400 {
		store.invalidate(f.at.Key())
	}
	why := Storable(f.request.Method, h.status, h.header)
	if why == "" && len(body) > MaxStoredBody {
		why = SkippedSize
	}
	if why != "" {
		f.step.Report(lookup.StoreSkipped{N: f.n, URL: f.at.Key(), Reason: why})
		return
	}
	fresh := store.put(f.at.Key(), request, stored{status: h.status, header: h.header, body: body, requested: requested, received: received})
	f.step.Report(lookup.StoreFilled{N: f.n, URL: f.at.Key(), Rule: fresh.Rule, LifetimeSec: int64(fresh.Lifetime / time.Second), Size: len(body)})
}

// remember takes what the fields of a response make a browser remember.
func (f *Fetch) remember(h *head) {
	b := f.visit.browser
	for _, line := range h.header.Values("Set-Cookie") {
		c, why := b.Cookies.Store(f.at, line)
		if why != "" {
			f.step.Report(lookup.CookieRefused{N: f.n, Field: cut(line, 200), Reason: why})
			continue
		}
		f.setCookie = true
		f.step.Report(lookup.CookieStored{N: f.n, Name: c.Name, Domain: c.Domain, Path: c.Path, HostOnly: c.HostOnly, Secure: c.Secure,
			HTTPOnly: c.HTTPOnly, SameSite: c.SameSite, Until: c.Until, Gone: !c.Until.IsZero() && !c.Until.After(b.clock.Now())})
	}
	if lines := h.header.Values("Alt-Svc"); len(lines) > 0 {
		f.noteServices(strings.Join(lines, ", "))
	}
	// Only the first counts (RFC 6797 §8.1).
	if line := h.header.Get("Strict-Transport-Security"); line != "" {
		pin, why := b.HSTS.Note(f.at, line)
		switch {
		case why != "":
			f.step.Report(lookup.HstsIgnored{Host: f.at.Host, Value: cut(line, 200), Reason: why})
		case !pin.Until.After(b.clock.Now()):
			f.step.Report(lookup.HstsForgotten{Host: pin.Host})
		default:
			f.step.Report(lookup.HstsStored{Host: pin.Host, Subdomains: pin.Subdomains, Until: pin.Until})
		}
	}
}

// noteServices takes what an origin says of its other places.
func (f *Fetch) noteServices(field string) {
	list, why := f.visit.browser.Services.Note(f.at, field)
	switch {
	case why != "":
		f.step.Report(lookup.ServiceIgnored{N: f.n, Value: cut(field, 200), Reason: why})
	case len(list) == 0:
		f.step.Report(lookup.ServicesForgotten{N: f.n, Origin: f.at.Origin()})
	}
	for _, x := range list {
		f.step.Report(lookup.ServiceStored{N: f.n, Origin: f.at.Origin(), Protocol: x.Protocol, Host: x.Host, Port: int(x.Port), Until: x.Until})
	}
}

// endReason names what ended a body early.
func endReason(err error) string {
	switch {
	case err == nil:
		return ""
	case timedOut(err):
		return "timeout"
	case errors.Is(err, ErrBomb):
		return "bomb"
	case errors.Is(err, ErrTooLong), errors.Is(err, ErrBudget):
		return "tooBig"
	case errors.Is(err, ErrMalformed), errors.Is(err, ErrHeadSize), errors.Is(err, ErrCoding), errors.Is(err, ErrProtocol), errors.Is(err, ErrFlood):
		return "malformed"
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return "cut"
	}
	return "cut"
}
