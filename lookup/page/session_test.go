package page

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"rootwalk/lookup"
	"rootwalk/lookup/lookuptest"
	"rootwalk/lookup/lookuptest/hostile"
)

// newCity is a town whose servers speak HTTP/2: over TLS by ALPN, elsewhere to
// whoever begins with it.
func newCity(t *testing.T, limits Limits, h http.Handler) *town {
	w := newTown(t, limits, h)
	w.plain.Close()
	w.secure.Close()
	start := func(secure bool) *httptest.Server {
		s := httptest.NewUnstartedServer(h)
		if s.EnableHTTP2 = true; secure {
			s.StartTLS()
		} else {
			s.Config.Protocols = new(http.Protocols)
			s.Config.Protocols.SetHTTP1(true)
			s.Config.Protocols.SetUnencryptedHTTP2(true)
			s.Start()
		}
		t.Cleanup(s.Close)
		return s
	}
	w.plain, w.secure = start(false), start(true)
	return w
}

// reach opens links as town.open does, and says by ALPN what is spoken.
func (w *town) reach(version string) Open {
	return func(ctx context.Context, _ lookup.Step, a URL) (*Link, error) {
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
		link := &Link{Conn: c, Number: w.opened, LookupUs: -1, ConnectUs: 1, SecureUs: -1}
		if a.Scheme == "https" {
			secured := tls.Client(c, &tls.Config{InsecureSkipVerify: true, NextProtos: Protocols(version)}) // the name is whatever the test says
			if err := secured.HandshakeContext(ctx); err != nil {
				c.Close()
				return nil, err
			}
			link.Conn, link.Protocol = secured, secured.ConnectionState().NegotiatedProtocol
		}
		return link, nil
	}
}

// browse opens a page with all its resources and returns the facts too.
func (w *town) browse(t *testing.T, version, url string, r Request) (Response, []lookup.Fact, error) {
	t.Helper()
	trace := lookup.NewTrace(lookup.TraceConfig{ID: "t"})
	v := w.browser.Visit(trace.Root(), version, w.reach(version))
	res, err := v.Go(t.Context(), url, r)
	if err == nil {
		v.FetchAll(t.Context(), Resources(res))
	}
	v.Close()
	trace.Finish()
	return res, factsOf(trace), err
}

func factsOf(trace *lookup.Trace) (facts []lookup.Fact) {
	for _, e := range trace.Events() {
		facts = append(facts, e.Fact)
	}
	return facts
}

// gallery is a page of n pictures of some octets each.
func gallery(n, size int) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Cache-Control", "no-store")
		if r.URL.Path != "/" {
			rw.Header().Set("Content-Type", "image/svg+xml")
			rw.Write(bytes.Repeat([]byte("p"), size))
			return
		}
		rw.Header().Set("Content-Type", "text/html")
		for i := range n {
			fmt.Fprintf(rw, "<img src=\"/%d\">", i)
		}
	})
}

func TestManyStreamsOnOneConnection(t *testing.T) {
	for _, c := range []struct{ version, url string }{{"", "https://example.com/"}, {"2", "https://example.com/"}, {"2", "http://example.com/"}} {
		var here atomic.Int64
		all := make(chan struct{})
		w := newCity(t, Limits{}, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/" { // none is answered before all are there
				if here.Add(1) == 5 {
					close(all)
				}
				select {
				case <-all:
				case <-r.Context().Done():
				}
			}
			gallery(5, 3000).ServeHTTP(rw, r)
		}))
		res, facts, err := w.browse(t, c.version, c.url, Request{})
		if err != nil || res.Status != 200 || w.opened != 1 {
			t.Fatalf("%v: %d, %d connections, %v", c, res.Status, w.opened, err)
		}
		streams := map[int]bool{}
		for _, s := range lookuptest.Facts[lookup.RequestSent](facts) {
			streams[s.Stream] = true
			if s.Version != "HTTP/2" || s.Fields[0] != (lookup.Field{Name: ":method", Value: "GET"}) {
				t.Errorf("%+v", s)
			}
		}
		for id := 1; id <= 11; id += 2 {
			if !streams[id] {
				t.Errorf("%v: no request on stream %d", c, id)
			}
		}
		for _, e := range lookuptest.Facts[lookup.FetchFinished](facts) {
			if e.Outcome != "done" || e.Status != 200 {
				t.Errorf("%+v", e)
			}
		}
		// What a client must say first, and what must be acknowledged.
		if p := lookuptest.Facts[lookup.PrefaceSent](facts); len(p) != 1 || string(p[0].Data) != "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" {
			t.Errorf("%+v", p)
		}
		var kinds []string
		most := 0
		for _, f := range lookuptest.Facts[lookup.FrameExchanged](facts) {
			kind := string(f.From) + " " + f.Type
			if f.Ack {
				kind += " ACK"
			}
			kinds = append(kinds, kind)
			if len(f.Frame) < 9 || f.Left < -1 || f.StreamLeft < -1 {
				t.Errorf("%+v", f)
			}
		}
		for _, kind := range []string{"client SETTINGS", "client SETTINGS ACK", "client HEADERS", "client GOAWAY", "server SETTINGS", "server SETTINGS ACK", "server HEADERS", "server DATA"} {
			if !slices.Contains(kinds, kind) {
				t.Errorf("%v: no %s among %v", c, kind, kinds)
			}
		}
		if kinds[0] != "client SETTINGS" {
			t.Errorf("it begins with %s", kinds[0])
		}
		for _, s := range lookuptest.Facts[lookup.StreamEntered](facts) {
			if most = max(most, s.Streams); s.State == "closed" && s.Streams < 0 {
				t.Errorf("%+v", s)
			}
		}
		if most != 5 {
			t.Errorf("never more than %d streams at once", most)
		}
		if end := lookuptest.Facts[lookup.SessionEnded](facts); len(end) != 1 || end[0].Reason != "done" || end[0].Streams != 6 || end[0].Untold != 0 || end[0].Sent+end[0].Received != len(kinds) {
			t.Errorf("%+v, %d frames", end, len(kinds))
		}
	}
}

// Fields that come again cost an octet each: they are in the table.
func TestFieldsThatComeAgainAreIndexed(t *testing.T) {
	w := newCity(t, Limits{}, gallery(1, 10))
	_, facts, err := w.browse(t, "2", "https://example.com/", Request{})
	if err != nil {
		t.Fatal(err)
	}
	sent := map[int]lookup.FrameExchanged{}
	for _, f := range lookuptest.Facts[lookup.FrameExchanged](facts) {
		if f.From == lookup.SideClient && f.Type == "HEADERS" {
			sent[f.Stream] = f
		}
	}
	of := func(stream int, name string) lookup.CodedField {
		i := slices.IndexFunc(sent[stream].Fields, func(f lookup.CodedField) bool { return f.Name == name })
		if i < 0 {
			t.Fatalf("no %s on stream %d: %+v", name, stream, sent[stream])
		}
		return sent[stream].Fields[i]
	}
	if m := of(1, ":method"); m.How != "indexed" || m.Index != 2 || m.Size != 1 { // RFC 7541 appendix A
		t.Errorf("%+v", m)
	}
	first, again := of(1, ":authority"), of(3, ":authority")
	if first.How != "incremental" || first.Index != 1 || again.How != "indexed" || again.Index <= staticEntries || again.Size != 1 || first.Size <= 1 {
		t.Errorf("%+v, then %+v", first, again)
	}
	if sent[1].Table <= 0 || sent[3].Table < sent[1].Table || sent[3].Length >= sent[1].Length {
		t.Errorf("table %d and %d, length %d and %d", sent[1].Table, sent[3].Table, sent[1].Length, sent[3].Length)
	}
}

// The sizes that we work out for a table are those of the library: an entry that
// we say is there can be referred to, one that we say went cannot.
func TestTheTableIsAsFullAsWeSay(t *testing.T) {
	var b bytes.Buffer
	enc := hpack.NewEncoder(&b)
	enc.SetMaxDynamicTableSize(300)
	dec, own := newDecoder(), table{most: maxTable}
	for i := range 40 {
		b.Reset()
		fields := []hpack.HeaderField{{Name: "x-" + strings.Repeat("n", i%7), Value: fmt.Sprint("value ", i)}, {Name: ":method", Value: "GET"}, {Name: "secret", Value: "s", Sensitive: true}}
		for _, f := range fields {
			enc.WriteField(f)
		}
		got, coded, err := dec.decode(bytes.Clone(b.Bytes()))
		if err != nil || len(got) != 3 {
			t.Fatal(got, err)
		}
		own.follow(b.Bytes(), fields)
		size := 0
		for _, c := range coded {
			size += c.Size
		}
		if own.used != dec.table.used || own.used > 300 || coded[1].How != "indexed" || coded[2].How != "never" || i > 0 && size != b.Len() {
			t.Fatalf("%d: %d and %d in the table, %d of %d octets: %+v", i, own.used, dec.table.used, size, b.Len(), coded)
		}
		if entries := len(own.sizes); entries == 0 || entries > 300/32 {
			t.Fatalf("%d entries", entries)
		}
	}
}

func TestWindowsOfALargeBody(t *testing.T) {
	w := newCity(t, Limits{Body: 1 << 20}, gallery(1, 300_000))
	_, facts, err := w.browse(t, "2", "https://example.com/", Request{})
	if err != nil {
		t.Fatal(err)
	}
	conn, stream, got := 0, 0, 0
	for _, f := range lookuptest.Facts[lookup.FrameExchanged](facts) {
		switch {
		case f.Type == "WINDOW_UPDATE" && f.From == lookup.SideClient && f.Stream == 0:
			conn += int(f.Value)
		case f.Type == "WINDOW_UPDATE" && f.From == lookup.SideClient:
			stream += int(f.Value)
		case f.Type == "DATA" && f.Stream == 3:
			got += f.Length
			if f.Left < 0 || f.StreamLeft < 0 || f.Left > ownWindow {
				t.Errorf("%+v", f)
			}
		}
	}
	if got != 300_000 || conn < 300_000-ownWindow || stream < 300_000-ownWindow {
		t.Errorf("%d octets, windows opened by %d and %d", got, conn, stream)
	}
}

// scripted is a server of HTTP/2 that does what a test says, with a framer on
// whose reading side preface and SETTINGS have been taken.
func scripted(t *testing.T, act func(fr *http2.Framer, c net.Conn)) (open Open, dials *atomic.Int64) {
	dials = new(atomic.Int64)
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
			c.SetDeadline(time.Now().Add(20 * time.Second))
			if _, err := io.ReadFull(c, make([]byte, len(http2.ClientPreface))); err == nil {
				act(http2.NewFramer(c, c), c)
			}
			c.Close()
		}
	}()
	t.Cleanup(func() { ln.Close(); <-done })
	return func(ctx context.Context, _ lookup.Step, a URL) (*Link, error) {
		dials.Add(1)
		var d net.Dialer
		c, err := d.DialContext(ctx, "tcp", ln.Addr().String())
		return &Link{Conn: c}, err
	}, dials
}

func TestBodyWaitsForTheWindows(t *testing.T) {
	body := bytes.Repeat([]byte("u"), 500)
	var got []byte
	open, _ := scripted(t, func(fr *http2.Framer, c net.Conn) {
		fr.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 40})
		id := hostile.AwaitRequest(fr)
		for len(got) < len(body) {
			f, err := fr.ReadFrame()
			if err != nil {
				return
			}
			if d, ok := f.(*http2.DataFrame); ok {
				got = append(got, d.Data()...)
				fr.WriteWindowUpdate(id, uint32(max(len(d.Data()), 1)))
			}
		}
		fr.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: hostile.Coded(":status", "204"), EndHeaders: true, EndStream: true})
		fr.ReadFrame()
	})
	trace := lookup.NewTrace(lookup.TraceConfig{ID: "t"})
	v := NewBrowser(&hands{noon}, Limits{}).Visit(trace.Root(), "2", open)
	// The window is small from the start for whoever has read SETTINGS: the first
	// part may come before that.
	res, err := v.Go(t.Context(), "http://example.com/", Request{Method: "POST", Body: body, Media: "text/plain"})
	v.Close()
	if err != nil || res.Status != 204 || !bytes.Equal(got, body) {
		t.Errorf("%d %v, %d octets came", res.Status, err, len(got))
	}
	for _, f := range lookuptest.Facts[lookup.FrameExchanged](factsOf(trace)) {
		if f.Type == "DATA" && f.From == lookup.SideClient && f.Left < 0 {
			t.Errorf("%+v", f)
		}
	}
}

// No more requests are open at once than the server allows.
func TestNoMoreStreamsThanAreAllowed(t *testing.T) {
	var now, most atomic.Int64
	w := newCity(t, Limits{}, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			most.Store(max(most.Load(), now.Add(1)))
			time.Sleep(5 * time.Millisecond)
			now.Add(-1)
		}
		gallery(8, 10).ServeHTTP(rw, r)
	}))
	w.secure.Close()
	w.secure = httptest.NewUnstartedServer(w.plain.Config.Handler)
	w.secure.EnableHTTP2 = true
	w.secure.Config.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: 2}
	w.secure.StartTLS()
	t.Cleanup(w.secure.Close)
	_, facts, err := w.browse(t, "2", "https://example.com/", Request{})
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	for _, s := range lookuptest.Facts[lookup.StreamEntered](facts) {
		told = max(told, s.Streams)
	}
	if most.Load() > 2 || told != 2 {
		t.Errorf("%d at once at the server, %d told", most.Load(), told)
	}
	for _, e := range lookuptest.Facts[lookup.FetchFinished](facts) {
		if e.Outcome != "done" {
			t.Errorf("%+v", e)
		}
	}
}

// A server that sends every request away must not make a client dial for ever.
func TestNoStormOfConnections(t *testing.T) {
	for name, act := range map[string]func(fr *http2.Framer, c net.Conn){
		"goaway": func(fr *http2.Framer, c net.Conn) {
			fr.WriteSettings()
			hostile.AwaitRequest(fr)
			fr.WriteGoAway(0, http2.ErrCodeNo, nil)
			fr.ReadFrame()
		},
		"refused": func(fr *http2.Framer, c net.Conn) {
			fr.WriteSettings()
			for {
				id := hostile.AwaitRequest(fr)
				if id == 0 {
					return
				}
				fr.WriteRSTStream(id, http2.ErrCodeRefusedStream)
			}
		},
		"closes": func(fr *http2.Framer, c net.Conn) { hostile.AwaitRequest(fr) },
	} {
		open, dials := scripted(t, act)
		trace := lookup.NewTrace(lookup.TraceConfig{ID: "t"})
		v := NewBrowser(&hands{noon}, Limits{Connects: 5}).Visit(trace.Root(), "2", open)
		_, err := v.Go(t.Context(), "http://example.com/", Request{})
		list := make([]URL, MaxResources)
		for i := range list {
			list[i], _ = Read(fmt.Sprintf("http://example.com/%d", i))
		}
		v.FetchAll(t.Context(), list)
		v.Close()
		sent := len(lookuptest.Facts[lookup.RequestSent](factsOf(trace)))
		if err == nil || dials.Load() > 5 || sent > (MaxResources+1)*(1+maxAgain) {
			t.Errorf("%s: %v, %d connections, %d requests", name, err, dials.Load(), sent)
		}
	}
}

func TestHostileServersOfHTTP2StayWithinTheBounds(t *testing.T) {
	limits := Limits{Body: 20_000, Raw: 100_000, FirstByte: 2 * time.Second, Whole: 4 * time.Second, Connects: 3}
	servers := hostile.HTTP2()
	wants := map[string]struct {
		want   error // nil: the time is up
		reason string
	}{
		"silent":              {nil, "done"},
		"closes":              {io.ErrUnexpectedEOF, "closed"},
		"http 1":              {ErrProtocol, "malformed"},
		"no settings":         {ErrProtocol, "malformed"},
		"settings ack first":  {ErrProtocol, "malformed"},
		"settings push":       {ErrProtocol, "malformed"},
		"settings window":     {ErrProtocol, "malformed"},
		"settings frame size": {ErrProtocol, "malformed"},
		"settings length":     {ErrProtocol, "malformed"},
		"no streams":          {nil, "done"},
		"large frame":         {ErrProtocol, "malformed"},
		"push":                {ErrProtocol, "malformed"},
		"data on 0":           {ErrProtocol, "malformed"},
		"data on 2":           {ErrProtocol, "malformed"},
		"data on 99":          {ErrProtocol, "malformed"},
		"fields on 99":        {ErrProtocol, "malformed"},
		"reset of 99":         {ErrProtocol, "malformed"},
		"window of 99":        {ErrProtocol, "malformed"},
		"window of 0":         {ErrProtocol, "malformed"},
		"stream window of 0":  {ErrProtocol, "done"},
		"window overflow":     {ErrProtocol, "malformed"},
		"stream overflow":     {ErrProtocol, "done"},
		"data first":          {ErrMalformed, "done"},
		"continuation alone":  {ErrProtocol, "malformed"},
		"broken block":        {errBlock, "malformed"},
		"bad index":           {errBlock, "malformed"},
		"bomb":                {ErrHeadSize, "flood"},
		"no status":           {ErrMalformed, "done"},
		"two statuses":        {ErrMalformed, "done"},
		"status words":        {ErrMalformed, "done"},
		"status 101":          {ErrUpgrade, "done"},
		"pseudo later":        {ErrMalformed, "done"},
		"pseudo unknown":      {ErrMalformed, "done"},
		"upper case":          {ErrMalformed, "done"},
		"line in a value":     {ErrMalformed, "done"},
		"nul in a value":      {ErrMalformed, "done"},
		"connection":          {ErrMalformed, "done"},
		"transfer-encoding":   {ErrMalformed, "done"},
		"bad length":          {ErrMalformed, "done"},
		"short":               {ErrMalformed, "done"},
		"interim ends":        {ErrMalformed, "done"},
		"long":                {ErrMalformed, "done"},
		"cut":                 {ErrReset, "done"},
		"fields in the body":  {ErrMalformed, "done"},
		"pseudo in trailers":  {ErrMalformed, "done"},
		"stalls":              {nil, "done"},
		"endless body":        {ErrTooLong, ""},
		"empty data":          {ErrFlood, "flood"},
		"padding":             {ErrFlood, "flood"},
		"pings":               {ErrFlood, "flood"},
		"settings":            {ErrFlood, "flood"},
		"priorities":          {ErrFlood, "flood"},
		"windows":             {ErrFlood, "flood"},
		"goaways":             {ErrFlood, "goaway"},
		"unknown frames":      {ErrFlood, "flood"},
		"large unknown":       {ErrBudget, "flood"},
		"interims":            {ErrInterim, ""},
		"continuations":       {ErrHeadSize, "flood"},
		"large continuations": {ErrHeadSize, "flood"},
	}
	for name := range servers {
		if _, ok := wants[name]; !ok {
			t.Errorf("nobody says what is to become of %q", name)
		}
	}
	for name, c := range wants {
		act := servers[name]
		if act == nil {
			t.Errorf("there is no server %q", name)
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			open, _ := scripted(t, act)
			trace := lookup.NewTrace(lookup.TraceConfig{ID: "t"})
			v := NewBrowser(&hands{noon}, limits).Visit(trace.Root(), "2", open)
			_, err := v.Go(t.Context(), "http://example.com/", Request{})
			v.Close()
			trace.Finish()
			if err == nil {
				t.Fatal("it was taken")
			}
			if c.want == nil && !timedOut(err) && !errors.Is(err, ErrProtocol) || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			facts := factsOf(trace)
			ends := lookuptest.Facts[lookup.SessionEnded](facts)
			if len(ends) == 0 || c.reason != "" && ends[0].Reason != c.reason {
				t.Errorf("%+v, want %s", ends, c.reason)
			}
			if fetches := lookuptest.Facts[lookup.FetchFinished](facts); len(fetches) != 1 {
				t.Errorf("%+v", fetches)
			}
			if read := v.read.Load(); read > limits.Raw || len(facts) > maxToldFrames+300 {
				t.Errorf("%d octets read, %d facts", read, len(facts))
			}
			if n := len(lookuptest.Facts[lookup.BodyArrived](facts)); n > maxArrivals {
				t.Errorf("%d parts of a body told", n)
			}
		})
	}
}
