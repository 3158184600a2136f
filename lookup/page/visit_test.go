package page

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rootwalk/lookup"
	"rootwalk/lookup/lookuptest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// town is a plain and an encrypted server that answer for every name, and a
// browser that visits them.
type town struct {
	clock   *hands
	browser *Browser
	plain   *httptest.Server
	secure  *httptest.Server
	opened  int
}

func newTown(t *testing.T, limits Limits, h http.Handler) *town {
	w := &town{clock: &hands{noon}}
	w.browser = NewBrowser(w.clock, limits, "preloaded.example.")
	w.plain, w.secure = httptest.NewServer(h), httptest.NewTLSServer(h)
	t.Cleanup(w.plain.Close)
	t.Cleanup(w.secure.Close)
	return w
}

func (w *town) open(ctx context.Context, _ lookup.Step, a URL) (*Link, error) {
	w.opened++
	server := w.plain
	if a.Scheme == "https" {
		server = w.secure
	}
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", server.Listener.Addr().String())
	if err != nil {
		return nil, err
	}
	if a.Scheme == "https" {
		c = tls.Client(c, &tls.Config{InsecureSkipVerify: true}) // the name is whatever the test says
	}
	return &Link{Conn: c, Number: w.opened, LookupUs: -1, ConnectUs: 1, SecureUs: -1}, nil
}

// visit goes somewhere and returns the facts too.
func (w *town) visit(t *testing.T, version, url string, r Request) (Response, []lookup.Fact, error) {
	t.Helper()
	trace := lookup.NewTrace(lookup.TraceConfig{ID: "t"})
	v := w.browser.Visit(trace.Root(), version, w.open)
	defer v.Close()
	res, err := v.Go(t.Context(), url, r)
	trace.Finish()
	var facts []lookup.Fact
	for _, e := range trace.Events() {
		facts = append(facts, e.Fact)
	}
	return res, facts, err
}

func TestRedirectsAreFollowedAsTheRFCSays(t *testing.T) {
	w := newTown(t, Limits{}, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		var status int
		if n, _ := fmt.Sscanf(r.URL.Path, "/%d", &status); n == 1 {
			rw.Header().Set("Location", "/end")
			rw.WriteHeader(status)
			return
		}
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(rw, "%s %s", r.Method, body)
	}))
	for status, want := range map[int]string{301: "GET ", 302: "GET ", 303: "GET ", 307: "POST a=1", 308: "POST a=1"} {
		res, facts, err := w.visit(t, "", fmt.Sprintf("http://example.com/%d", status), Request{Method: "POST", Body: []byte("a=1"), Media: "application/x-www-form-urlencoded"})
		if err != nil || string(res.Body) != want || res.At.Href != "http://example.com/end" {
			t.Errorf("%d: %q at %s, %v", status, res.Body, res.At.Href, err)
		}
		turns, sent := lookuptest.Facts[lookup.RedirectFollowed](facts), lookuptest.Facts[lookup.RequestSent](facts)
		if len(turns) != 1 || turns[0].Status != status || len(sent) != 2 || sent[1].Conn != sent[0].Conn || sent[1].Nth != 2 {
			t.Errorf("%d: %+v %+v", status, turns, sent)
		}
	}
}

func TestRedirectsEnd(t *testing.T) {
	w := newTown(t, Limits{Redirects: 5}, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		to := map[string]string{"/a": "/b", "/b": "/a", "/js": "javascript:alert(1)", "/bad": "http://[", "/none": "", "/file": "file:///etc/passwd"}[r.URL.Path]
		switch r.URL.Path {
		case "/more":
			to = r.URL.Path + "?" + r.URL.RawQuery + "x"
		case "/cookie": // the second time another end: no loop
			if _, err := r.Cookie("seen"); err == nil {
				fmt.Fprint(rw, "welcome back")
				return
			}
			http.SetCookie(rw, &http.Cookie{Name: "seen", Value: "1"})
			to = "/cookie"
		}
		if to != "" {
			rw.Header().Set("Location", to)
		}
		rw.WriteHeader(302)
	}))
	for path, want := range map[string]struct {
		err    error
		reason string
	}{"/a": {ErrLoop, "loop"}, "/more?": {ErrTooMany, "tooMany"}, "/js": {ErrScheme, "scheme"}, "/file": {ErrScheme, "scheme"}, "/bad": {ErrNoURL, "malformed"}, "/none": {ErrNoLocation, "missing"}} {
		_, facts, err := w.visit(t, "", "http://example.com"+path, Request{})
		stopped := lookuptest.Facts[lookup.RedirectStopped](facts)
		if !errors.Is(err, want.err) || len(stopped) != 1 || stopped[0].Reason != want.reason {
			t.Errorf("%s: %v, %+v", path, err, stopped)
		}
		if n := len(lookuptest.Facts[lookup.RequestSent](facts)); n > 6 {
			t.Errorf("%s: %d requests", path, n)
		}
	}
	if res, _, err := w.visit(t, "", "http://example.com/cookie", Request{}); err != nil || string(res.Body) != "welcome back" {
		t.Errorf("%q %v", res.Body, err)
	}
}

func TestVersionsDifferInConnections(t *testing.T) {
	w := newTown(t, Limits{}, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			http.Redirect(rw, r, "/page", http.StatusFound)
			return
		}
		fmt.Fprintf(rw, "%s %s", r.Proto, r.Host)
	}))
	for version, conns := range map[string]int{"1.0": 2, "1.1": 1} {
		w.opened = 0
		res, facts, err := w.visit(t, version, "http://example.com/", Request{})
		if err != nil || string(res.Body) != "HTTP/"+version+" example.com" || w.opened != conns {
			t.Errorf("%s: %q, %d connections, %v", version, res.Body, w.opened, err)
		}
		for _, h := range lookuptest.Facts[lookup.HeadReceived](facts) {
			if h.Keep != (version == "1.1") || h.Version != "HTTP/"+version {
				t.Errorf("%s: %+v", version, h)
			}
		}
		ends := lookuptest.Facts[lookup.FetchFinished](facts)
		if len(ends) != 2 || ends[0].Outcome != "redirect" || ends[1].Outcome != "done" || ends[1].Reused != (version == "1.1") || ends[1].WaitUs < 0 || ends[1].FirstUs < ends[1].WaitUs {
			t.Errorf("%s: %+v", version, ends)
		}
	}
}

func TestHSTSFirstVisitGap(t *testing.T) {
	w := newTown(t, Limits{}, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Strict-Transport-Security", "max-age=3600")
		if r.TLS == nil {
			http.Redirect(rw, r, "https://"+r.Host+"/", http.StatusMovedPermanently)
		}
	}))
	secure := func(want ...string) []lookup.Fact {
		t.Helper()
		_, facts, err := w.visit(t, "", "http://example.com/", Request{})
		var urls []string
		for _, s := range lookuptest.Facts[lookup.RequestSent](facts) {
			urls = append(urls, s.URL)
		}
		if err != nil || strings.Join(urls, " ") != strings.Join(want, " ") {
			t.Errorf("%v, %v; want %v", urls, err, want)
		}
		return facts
	}
	facts := secure("http://example.com/", "https://example.com/") // the gap
	if ignored := lookuptest.Facts[lookup.HstsIgnored](facts); len(ignored) != 1 || ignored[0].Reason != IgnoredPlain {
		t.Errorf("%+v", ignored)
	}
	facts = secure("https://example.com/")
	if c := lookuptest.Facts[lookup.HstsConsulted](facts); len(c) != 1 || !c[0].Upgraded || c[0].Source != "header" {
		t.Errorf("%+v", c)
	}
	w.clock.at = noon.Add(time.Hour)
	w.browser.Store.Forget() // a permanent redirect would be kept as well
	secure("http://example.com/", "https://example.com/")
	_, facts, err := w.visit(t, "", "http://www.preloaded.example/", Request{})
	if c := lookuptest.Facts[lookup.HstsConsulted](facts); err != nil || len(c) != 1 || c[0].Source != "preload" || len(lookuptest.Facts[lookup.RequestSent](facts)) != 1 {
		t.Errorf("%+v %v", c, err)
	}
}

func TestStoreAndRevalidate(t *testing.T) {
	asked, full := 0, 0
	w := newTown(t, Limits{}, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		asked++
		rw.Header()["Date"] = []string{noon.Format(http.TimeFormat)}
		rw.Header().Set("Cache-Control", "max-age=60")
		rw.Header().Set("ETag", `"v1"`)
		if r.Header.Get("If-None-Match") == `"v1"` {
			rw.WriteHeader(http.StatusNotModified)
			return
		}
		full++
		io.WriteString(rw, "content")
	}))
	get := func(outcome, verdict string, wantAsked, wantFull int) {
		t.Helper()
		res, facts, err := w.visit(t, "", "http://example.com/x#part", Request{})
		end, looked := lookuptest.Facts[lookup.FetchFinished](facts), lookuptest.Facts[lookup.StoreConsulted](facts)
		if err != nil || string(res.Body) != "content" || end[0].Outcome != outcome || looked[0].Verdict != verdict || asked != wantAsked || full != wantFull {
			t.Errorf("%q %v %+v %+v, asked %d, full %d", res.Body, err, end, looked, asked, full)
		}
	}
	get("done", "none", 1, 1)
	get("cached", "fresh", 1, 1)
	w.clock.at = noon.Add(60 * time.Second)
	get("cached", "stale", 2, 1)
	w.visit(t, "", "http://example.com/x", Request{Method: "POST"}) // an unsafe method makes it doubtful
	get("done", "none", 4, 3)
}

func TestBodies(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write(bytes.Repeat([]byte("a"), 5000))
	z.Close()
	w := newTown(t, Limits{Body: 10_000}, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/length":
			rw.Header().Set("Content-Length", "5")
			io.WriteString(rw, "hello")
		case "/chunked":
			for range 3 {
				io.WriteString(rw, "chunk")
				rw.(http.Flusher).Flush()
			}
		case "/gzip":
			rw.Header().Set("Content-Encoding", "gzip")
			rw.Write(packed.Bytes())
		case "/none":
			rw.WriteHeader(204)
		case "/early":
			rw.WriteHeader(103)
			io.WriteString(rw, "late")
		}
	}))
	for path, want := range map[string]struct {
		framing, body string
		wire          int
	}{"/length": {"length", "hello", 5}, "/chunked": {"chunked", "chunkchunkchunk", 15}, "/gzip": {"length", strings.Repeat("a", 5000), packed.Len()}, "/none": {"none", "", 0}, "/early": {"length", "late", 4}} {
		res, facts, err := w.visit(t, "", "http://example.com"+path, Request{})
		heads, ends := lookuptest.Facts[lookup.HeadReceived](facts), lookuptest.Facts[lookup.BodyFinished](facts)
		last := heads[len(heads)-1]
		if err != nil || string(res.Body) != want.body || last.Framing != want.framing {
			t.Errorf("%s: %.20q %+v %v", path, res.Body, last, err)
		}
		if want.framing != "none" && (len(ends) != 1 || !ends[0].Whole || ends[0].Wire != want.wire || ends[0].Decoded != len(want.body)) {
			t.Errorf("%s: %+v", path, ends)
		}
	}
	_, facts, _ := w.visit(t, "", "http://example.com/chunked", Request{})
	if chunks := lookuptest.Facts[lookup.ChunkReceived](facts); len(chunks) != 4 || chunks[3].Size != 0 || chunks[3].Of != 15 {
		t.Errorf("%+v", chunks)
	}
}

// bad answers every connection with one piece of bytes, or does worse.
func bad(t *testing.T, act func(c net.Conn)) (open Open) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			buf := make([]byte, 4096)
			c.SetDeadline(time.Now().Add(20 * time.Second))
			c.Read(buf)
			act(c)
			c.Close()
		}
	}()
	t.Cleanup(func() { ln.Close(); <-done })
	return func(ctx context.Context, _ lookup.Step, a URL) (*Link, error) {
		var d net.Dialer
		c, err := d.DialContext(ctx, "tcp", ln.Addr().String())
		return &Link{Conn: c}, err
	}
}

func TestHostileServersStayWithinTheBounds(t *testing.T) {
	limits := Limits{Body: 20_000, Raw: 100_000, FirstByte: 2 * time.Second, Whole: 4 * time.Second, Connects: 3}
	says := func(s string) func(net.Conn) { return func(c net.Conn) { io.WriteString(c, s) } }
	forever := func(head, piece string) func(net.Conn) {
		return func(c net.Conn) {
			if _, err := io.WriteString(c, head); err != nil {
				return
			}
			for {
				if _, err := io.WriteString(c, piece); err != nil {
					return
				}
			}
		}
	}
	drip := func(head string) func(net.Conn) {
		return func(c net.Conn) {
			io.WriteString(c, head)
			for range 200 {
				time.Sleep(50 * time.Millisecond)
				if _, err := io.WriteString(c, "x"); err != nil {
					return
				}
			}
		}
	}
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	z.Write(make([]byte, 5<<20))
	z.Close()
	ok := "HTTP/1.1 200 OK\r\n"
	for name, c := range map[string]struct {
		act    func(net.Conn)
		want   error
		reason string // of the body
	}{
		"silent":            {func(c net.Conn) { io.Copy(io.Discard, c) }, nil, ""},
		"closes":            {func(net.Conn) {}, io.EOF, ""},
		"no http":           {says("SSH-2.0-OpenSSH\r\n\r\n"), ErrMalformed, ""},
		"http 2":            {says("HTTP/2 200\r\n\r\n"), ErrMalformed, ""},
		"status":            {says("HTTP/1.1 99 no\r\n\r\n"), ErrMalformed, ""},
		"status words":      {says("HTTP/1.1 +20 no\r\n\r\n"), ErrMalformed, ""},
		"folded":            {says(ok + "A: b\r\n c\r\n\r\n"), ErrMalformed, ""},
		"blank before":      {says(ok + "A : b\r\n\r\n"), ErrMalformed, ""},
		"no colon":          {says(ok + "nothing\r\n\r\n"), ErrMalformed, ""},
		"nul":               {says(ok + "A: \x00\r\n\r\n"), ErrMalformed, ""},
		"bare CR":           {says(ok + "A: b\rC: d\r\n\r\n"), ErrMalformed, ""},
		"two lengths":       {says(ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"), ErrMalformed, ""},
		"negative length":   {says(ok + "Content-Length: -1\r\n\r\nab"), ErrMalformed, ""},
		"plus length":       {says(ok + "Content-Length: +1\r\n\r\nab"), ErrMalformed, ""},
		"huge length":       {says(ok + "Content-Length: 99999999999999999999\r\n\r\nab"), ErrMalformed, ""},
		"unknown coding":    {says(ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), ErrMalformed, ""},
		"chunk size":        {says(ok + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n"), ErrMalformed, "malformed"},
		"chunk sign":        {says(ok + "Transfer-Encoding: chunked\r\n\r\n+5\r\nhello\r\n0\r\n\r\n"), ErrMalformed, "malformed"},
		"chunk too long":    {says(ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n"), ErrMalformed, "malformed"},
		"chunk overflow":    {says(ok + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n"), ErrMalformed, "malformed"},
		"cut length":        {says(ok + "Content-Length: 10\r\n\r\nabc"), io.ErrUnexpectedEOF, "cut"},
		"cut chunk":         {says(ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nab"), io.ErrUnexpectedEOF, "cut"},
		"cut head":          {says(ok + "A: b\r\n"), io.ErrUnexpectedEOF, ""},
		"bomb":              {says(ok + fmt.Sprintf("Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n", bomb.Len()) + bomb.String()), ErrBomb, "bomb"},
		"no gzip":           {says(ok + "Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"), ErrMalformed, "malformed"},
		"unasked coding":    {says(ok + "Content-Encoding: br\r\nContent-Length: 3\r\n\r\nabc"), ErrCoding, "malformed"},
		"upgrade":           {says("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n"), ErrUpgrade, ""},
		"interims":          {says(strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 50)), ErrInterim, ""},
		"endless body":      {forever(ok+"\r\n", strings.Repeat("x", 4096)), ErrTooLong, "tooBig"},
		"endless chunks":    {forever(ok+"Transfer-Encoding: chunked\r\n\r\n", "5\r\nhello\r\n"), ErrTooLong, "tooBig"},
		"endless extension": {forever(ok+"Transfer-Encoding: chunked\r\n\r\n5;", strings.Repeat("x", 4096)), ErrHeadSize, "malformed"},
		"endless trailers":  {forever(ok+"Transfer-Encoding: chunked\r\n\r\n0\r\n", "A: b\r\n"), ErrHeadSize, "malformed"},
		"endless line":      {forever(ok+"A: ", strings.Repeat("x", 4096)), ErrHeadSize, ""},
		"endless fields":    {forever(ok, "A: b\r\n"), ErrHeadSize, ""},
		"endless interims":  {forever("", "HTTP/1.1 100 Continue\r\n\r\n"), ErrInterim, ""},
		"dripping head":     {drip(ok + "A: "), nil, ""},
		"dripping body":     {drip(ok + "\r\n"), nil, "timeout"},
		"redirects away":    {says("HTTP/1.1 302 Found\r\nLocation: /again\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"), ErrLoop, ""},
		"more connections": {func(c net.Conn) {
			fmt.Fprintf(c, "HTTP/1.1 302 Found\r\nLocation: /%d\r\nConnection: close\r\n\r\n", time.Now().UnixNano())
		}, ErrConnects, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := NewBrowser(&hands{noon}, limits)
			trace := lookup.NewTrace(lookup.TraceConfig{ID: "t"})
			v := b.Visit(trace.Root(), "", bad(t, c.act))
			defer v.Close()
			_, err := v.Go(t.Context(), "http://example.com/", Request{})
			trace.Finish()
			if err == nil {
				t.Fatal("it was taken")
			}
			if c.want == nil && !timedOut(err) || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			var facts []lookup.Fact
			for _, e := range trace.Events() {
				facts = append(facts, e.Fact)
			}
			if ends := lookuptest.Facts[lookup.BodyFinished](facts); c.reason != "" && (len(ends) == 0 || ends[len(ends)-1].Whole || ends[len(ends)-1].Reason != c.reason) {
				t.Errorf("%+v, want %s", ends, c.reason)
			}
			if len(facts) > 200 {
				t.Errorf("%d facts", len(facts))
			}
			ends := lookuptest.Facts[lookup.FetchFinished](facts)
			if len(ends) != len(lookuptest.Facts[lookup.FetchStarted](facts)) {
				t.Errorf("a fetch did not end: %+v", ends)
			}
			if read := v.read.Load(); read > limits.Raw {
				t.Errorf("%d octets read", read)
			}
		})
	}
}

// A server may close an idle connection at the moment when the next request is
// sent. That request is sent again, once.
func TestIdleConnectionThatWasClosed(t *testing.T) {
	n := 0
	w := newTown(t, Limits{}, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		n++
		fmt.Fprint(rw, n)
	}))
	trace := lookup.NewTrace(lookup.TraceConfig{ID: "t"})
	v := w.browser.Visit(trace.Root(), "", w.open)
	defer v.Close()
	if _, err := v.Go(t.Context(), "http://example.com/a", Request{}); err != nil {
		t.Fatal(err)
	}
	w.plain.CloseClientConnections()
	res, err := v.Go(t.Context(), "http://example.com/b", Request{})
	if err != nil || string(res.Body) != "2" || w.opened != 2 {
		t.Errorf("%q %v, %d connections", res.Body, err, w.opened)
	}
}

func BenchmarkVisit(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Cache-Control", "no-store")
		rw.Write(bytes.Repeat([]byte("a"), 2000))
	}))
	defer server.Close()
	browser := NewBrowser(&hands{noon}, Limits{Connects: 1 << 30, Raw: 1 << 40, Whole: time.Hour})
	open := func(ctx context.Context, _ lookup.Step, a URL) (*Link, error) {
		c, err := net.Dial("tcp", server.Listener.Addr().String())
		return &Link{Conn: c}, err
	}
	v := browser.Visit(lookup.Step{}, "", open)
	defer v.Close()
	a, _ := Read("http://example.com/")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Follow(b.Context(), v.Start(a, Request{})); err != nil {
			b.Fatal(err)
		}
	}
}
