package main

//lint:file-ignore SA1019 the WebSocket library is named by this project's owner; it is frozen, so few files know it

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"nhooyr.io/websocket"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
)

func TestMain(m *testing.M) {
	if part := os.Getenv(helperVariable); part != "" {
		os.Exit(helper(part))
	}
	goleak.VerifyTestMain(m)
}

// site is a running program with a client that follows no redirects.
type site struct {
	t      *testing.T
	p      *Program
	client *http.Client
	live   *http.Client // of sockets, where it differs
	at     string       // its address, where it is another process
}

func startSite(t *testing.T) *site {
	t.Helper()
	p, err := Start(Config{Addr: "127.0.0.1:0", LabSpeed: 0, Seed: 1, RoomIdle: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	tr := &http.Transport{}
	s := &site{t: t, p: p, client: &http.Client{Transport: tr, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	t.Cleanup(func() {
		tr.CloseIdleConnections()
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *site) url(path string) string {
	at := s.at
	if at == "" {
		at = s.p.URL()
	}
	return strings.TrimSuffix(at, "/") + path
}

func (s *site) do(method, path, contentType, body string, header ...string) (*http.Response, string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url(path), strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
		r.Header.Set(header[i], header[i+1])
	}
	res, err := s.client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res, string(b)
}

func (s *site) get(path string, header ...string) (*http.Response, string) {
	s.t.Helper()
	return s.do("GET", path, "", "", header...)
}

// lookup runs a question by JSON and returns its trace.
func (s *site) lookup(name, rrtype string) lookup.TraceFile {
	s.t.Helper()
	body, _ := json.Marshal(map[string]string{"name": name, "type": rrtype, "network": "lab"})
	res, text := s.do("POST", "/lookups", "application/json", string(body))
	if res.StatusCode != http.StatusCreated {
		s.t.Fatalf("%s %s: %d %s", name, rrtype, res.StatusCode, text)
	}
	f, err := lookup.ReadTraceFile([]byte(text))
	if err != nil {
		s.t.Fatal(err)
	}
	if want := "/lookups/" + f.ID; res.Header.Get("Location") != want {
		s.t.Errorf("Location %q, want %q", res.Header.Get("Location"), want)
	}
	return f
}

func finished(t *testing.T, f lookup.TraceFile) lookup.LookupFinished {
	t.Helper()
	end, ok := f.Events[len(f.Events)-1].Fact.(lookup.LookupFinished)
	if !ok {
		t.Fatalf("the last fact is a %T", f.Events[len(f.Events)-1].Fact)
	}
	return end
}

// asked lists the zones whose servers the resolvers sent a query to.
func asked(f lookup.TraceFile) (zones []string) {
	for _, e := range f.Events {
		if q, ok := e.Fact.(lookup.QuerySent); ok && q.By == lookup.RoleResolver {
			zones = append(zones, string(q.Zone))
		}
	}
	return zones
}

func TestTheFirstWalk(t *testing.T) {
	s := startSite(t)
	step := func(what, name string, wantStub int, want ...string) {
		t.Helper()
		f := s.lookup(name, "A")
		end := finished(t, f)
		if end.Outcome != lookup.OutcomeAnswer || end.StubQueries != wantStub || end.ResolverQueries != len(want) || fmt.Sprint(asked(f)) != fmt.Sprint(want) {
			t.Errorf("%s: %s after %d and %d queries, asked %v; want %d by the device and %v", what, end.Outcome, end.StubQueries, end.ResolverQueries, asked(f), wantStub, want)
		}
	}
	skip := func(seconds string) {
		t.Helper()
		if res, body := s.do("POST", "/clock", "application/x-www-form-urlencoded", "seconds="+seconds+"&back=/"); res.StatusCode != http.StatusSeeOther {
			t.Fatalf("skip: %d %s", res.StatusCode, body)
		}
	}
	step("cold", "www.example.co.kr", 1, ".", "kr.", "example.co.kr.") // kr's servers serve co.kr too: one level skipped
	step("again", "www.example.co.kr", 0)
	skip("300")
	step("after its TTL", "www.example.co.kr", 1, "example.co.kr.")
	step("another name of the zone", "ns2.example.co.kr", 1, "example.co.kr.")
	flush := func(cache string) {
		t.Helper()
		if res, _ := s.do("POST", "/flush", "application/x-www-form-urlencoded", "cache="+cache); res.StatusCode != http.StatusSeeOther {
			t.Fatal(res.StatusCode)
		}
	}
	flush("device")
	step("with the device's cache empty, but the browser's not", "www.example.co.kr", 0)
	flush("browser")
	step("with both of them empty", "www.example.co.kr", 1)
	flush("all")
	step("with all caches empty", "www.example.co.kr", 1, ".", "kr.", "example.co.kr.")
}

func TestPagesAndFiles(t *testing.T) {
	s := startSite(t)
	f := s.lookup("www.example.co.kr", "A")
	for path, want := range map[string]struct{ kind, text string }{
		"/":                             {"text/html; charset=utf-8", "www.example.co.kr"},
		"/?lang=ko":                     {"text/html; charset=utf-8", `lang="ko"`},
		"/lookups/" + f.ID:              {"text/html; charset=utf-8", "203.0.113.10"},
		"/lookups/" + f.ID + ".json":    {"application/json; charset=utf-8", `"kind":"referral.received"`},
		"/lookups/example":              {"text/html; charset=utf-8", "203.0.113.10"},
		"/schema/trace.json":            {"application/schema+json", `"$schema"`},
		"/healthz":                      {"text/plain; charset=utf-8", "ok"},
		"/static/js/main.js":            {"text/javascript; charset=utf-8", "customElements"},
		"/static/css/00-tokens.css":     {"text/css; charset=utf-8", "--ink"},
		"/static/i18n/ko.json":          {"application/json; charset=utf-8", "{"},
		"/lookups/" + f.ID + "?lang=ko": {"text/html; charset=utf-8", "질의"},
	} {
		res, body := s.get(path)
		if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != want.kind || !strings.Contains(body, want.text) {
			t.Errorf("GET %s: %d %s, has %q: %v", path, res.StatusCode, res.Header.Get("Content-Type"), want.text, strings.Contains(body, want.text))
		}
		if res.Header.Get("Content-Security-Policy") == "" {
			t.Errorf("GET %s: no content security policy", path)
		}
	}
	for path, want := range map[string]int{"/nowhere": 404, "/lookups/tnone": 404, "/lookups/tnone.json": 404, "/static/../go.mod": 404, "/static/static.go": 404, "/live": 403} {
		if res, _ := s.get(path); res.StatusCode != want {
			t.Errorf("GET %s: %d, want %d", path, res.StatusCode, want)
		}
	}
	for _, path := range []string{"/", "/healthz", "/lookups/example", "/lookups/example.json", "/schema/trace.json", "/static/js/main.js"} {
		if res, body := s.do("HEAD", path, "", ""); res.StatusCode != http.StatusOK || body != "" {
			t.Errorf("HEAD %s: %d, %d bytes", path, res.StatusCode, len(body))
		}
	}
	for request, allow := range map[string]string{"POST /": "GET, HEAD", "DELETE /lookups": "POST", "GET /flush": "POST", "PUT /static/js/main.js": "GET, HEAD", "BREW /healthz": "GET, HEAD"} {
		method, path, _ := strings.Cut(request, " ")
		if res, _ := s.do(method, path, "", ""); res.StatusCode != http.StatusMethodNotAllowed || res.Header.Get("Allow") != allow {
			t.Errorf("%s: %d, Allow %q, want %q", request, res.StatusCode, res.Header.Get("Allow"), allow)
		}
	}
	res, _ := s.get("/static/js/main.js")
	if res, _ := s.get("/static/js/main.js", "If-None-Match", res.Header.Get("ETag")); res.StatusCode != http.StatusNotModified {
		t.Errorf("with its ETag: %d", res.StatusCode)
	}
	res, _ = s.get("/static/js/main.js", "Accept-Encoding", "gzip")
	if res.Header.Get("Content-Encoding") != "gzip" {
		t.Error("not compressed")
	}
}

func TestAFormLeadsToTheDrawing(t *testing.T) {
	s := startSite(t)
	form := func(v url.Values) (*http.Response, string) {
		return s.do("POST", "/lookups", "application/x-www-form-urlencoded", v.Encode())
	}
	res, _ := form(url.Values{"name": {"한글.kr"}, "type": {"A"}})
	if res.StatusCode != http.StatusSeeOther {
		t.Fatal(res.StatusCode)
	}
	if _, body := s.get(res.Header.Get("Location")); !strings.Contains(body, "xn--bj0bj06e.kr") {
		t.Error("the drawing does not name the A-label")
	}
	res, _ = form(url.Values{"name": {"www.example"}, "type": {"A"}, "room": {"two"}, "lang": {"ko"}})
	if at := res.Header.Get("Location"); !strings.HasPrefix(at, "/lookups/t") || !strings.HasSuffix(at, "?lang=ko&room=two") {
		t.Errorf("a form of room two in Korean led to %q", at)
	} else if _, body := s.get(at); !strings.Contains(body, `data-room="two"`) || !strings.Contains(body, `lang="ko"`) {
		t.Error("the drawing is in another room or language")
	}
	if res, body := form(url.Values{"name": {""}, "type": {"A"}, "lang": {"ko"}}); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, `<html lang="ko"`) {
		t.Errorf("a bad name on a Korean page: %d in another language", res.StatusCode)
	}
	res, body := form(url.Values{"name": {"www..example"}, "type": {"A"}})
	if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, "www..example") || !strings.Contains(body, "two dots") {
		t.Errorf("a bad name: %d; the page has what was typed: %v", res.StatusCode, strings.Contains(body, "www..example"))
	}
	for body, code := range map[string]string{
		`{"name":"www..example"}`:              "label.empty",
		`{"name":""}`:                          "name.empty",
		`{"name":"a.example","type":"NOPE"}`:   "type.unknown",
		`{"name":"a.example","network":"x"}`:   "network.unknown",
		`{"name":"a.example","room":"../etc"}`: "room.name",
		`[`:                                    "command.malformed",
	} {
		res, text := s.do("POST", "/lookups", "application/json", body)
		var e struct{ Error struct{ Code, Text string } }
		if err := json.Unmarshal([]byte(text), &e); err != nil || res.StatusCode < 400 || e.Error.Code != code || e.Error.Text == "error."+code {
			t.Errorf("%s: %d %s", body, res.StatusCode, text)
		}
	}
	if res, _ := s.do("POST", "/lookups", "application/json", `{"name":"`+strings.Repeat("a", 70<<10)+`"}`); res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a huge body: %d", res.StatusCode)
	}
	if res, _ := form(url.Values{"name": {strings.Repeat("a", 70<<10)}}); res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a huge form: %d", res.StatusCode)
	}
}

// TestExamplesAreWorthTrying looks up every name that the page offers.
func TestExamplesAreWorthTrying(t *testing.T) {
	s := startSite(t)
	_, page := s.get("/")
	offered := regexp.MustCompile(`<option value="([^"]+)"[^>]* data-type="([^"]+)"`).FindAllStringSubmatch(page, -1)
	if len(offered) < 10 {
		t.Fatalf("the page offers %d names", len(offered))
	}
	for _, o := range offered {
		end := finished(t, s.lookup(html.UnescapeString(o[1]), o[2]))
		if end.Outcome != lookup.OutcomeAnswer && end.Outcome != lookup.OutcomeNxdomain && end.Outcome != lookup.OutcomeNodata {
			t.Errorf("%s %s: %s", o[1], o[2], end.Outcome)
		}
	}
}

func TestOtherSitesAreRefused(t *testing.T) {
	s := startSite(t)
	if res, _ := s.get("/", "Host", "evil.example"); res.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("another host: %d", res.StatusCode)
	}
	if res, _ := s.do("POST", "/lookups", "application/json", `{"name":"a.example"}`, "Origin", "http://evil.example"); res.StatusCode != http.StatusForbidden {
		t.Errorf("another origin: %d", res.StatusCode)
	}
	if res, _ := s.do("POST", "/flush", "application/x-www-form-urlencoded", "cache=all", "Sec-Fetch-Site", "cross-site"); res.StatusCode != http.StatusForbidden {
		t.Errorf("a cross-site form: %d", res.StatusCode)
	}
	if res, _ := s.do("POST", "/flush", "application/x-www-form-urlencoded", "cache=all&back=//evil.example/"); res.Header.Get("Location") != "/" {
		t.Errorf("a form led to %q", res.Header.Get("Location"))
	}
	for _, origin := range []string{"", "null", "http://evil.example", "https://" + strings.TrimPrefix(s.url(""), "http://") + ".evil.example"} {
		h := http.Header{}
		if origin != "" {
			h.Set("Origin", origin)
		}
		if c, _, err := websocket.Dial(t.Context(), s.url("/live"), &websocket.DialOptions{HTTPClient: s.client, HTTPHeader: h}); err == nil {
			c.CloseNow()
			t.Errorf("a socket from origin %q was let in", origin)
		}
	}
}

// liveSocket is a live connection as a page has it.
type liveSocket struct {
	t *testing.T
	c *websocket.Conn
}

func (s *site) socket() *liveSocket {
	s.t.Helper()
	client := s.live
	if client == nil {
		client = s.client
	}
	c, _, err := websocket.Dial(s.t.Context(), s.url("/live"), &websocket.DialOptions{HTTPClient: client, HTTPHeader: http.Header{"Origin": {s.url("")}}})
	if err != nil {
		s.t.Fatal(err)
	}
	c.SetReadLimit(4 << 20)
	s.t.Cleanup(func() { c.CloseNow() })
	return &liveSocket{s.t, c}
}

func (k *liveSocket) send(format string, args ...any) {
	k.t.Helper()
	if err := k.c.Write(k.t.Context(), websocket.MessageText, fmt.Appendf(nil, format, args...)); err != nil {
		k.t.Fatal(err)
	}
}

type frame struct {
	ID, Trace string
	OK, End   bool
	Error     *struct{ Code, Field, Text string }
	Events    []json.RawMessage
	Held      *struct{ Decision string }
	Room      *struct {
		Clock   lookup.ClockReading
		Outside []room.OutsideQuery
		Reach   *room.Reach
	}
}

func (k *liveSocket) read() frame {
	k.t.Helper()
	ctx, cancel := context.WithTimeout(k.t.Context(), 20*time.Second)
	defer cancel()
	_, b, err := k.c.Read(ctx)
	if err != nil {
		k.t.Fatal(err)
	}
	var f frame
	if err := json.Unmarshal(b, &f); err != nil {
		k.t.Fatalf("%s: %v", b, err)
	}
	return f
}

// follow reads events until the end of the trace, or until there are n.
func (k *liveSocket) follow(n int) (events []string, id string) {
	k.t.Helper()
	for n < 0 || len(events) < n {
		f := k.read()
		if f.Error != nil {
			k.t.Fatalf("%+v", f.Error)
		}
		if f.Trace != "" {
			id = f.Trace
		}
		for _, e := range f.Events {
			events = append(events, string(e))
		}
		if f.End {
			break
		}
	}
	return events, id
}

func TestTwoSocketsSeeTheSameAndACutOneResumes(t *testing.T) {
	s := startSite(t)
	a, b := s.socket(), s.socket()
	a.send(`{"id":"c1","do":"lookup","name":"www.example.co.kr","type":"A","network":"lab"}`)
	all, id := a.follow(-1)
	b.send(`{"id":"x","do":"follow","trace":%q,"after":-1}`, id)
	same, _ := b.follow(-1)
	if strings.Join(all, "\n") != strings.Join(same, "\n") {
		t.Error("two sockets saw different events")
	}
	if len(all) < 20 {
		t.Fatalf("%d events", len(all))
	}
	for cut := range all { // the connection breaks after each event in turn
		k := s.socket()
		k.send(`{"id":"x","do":"follow","trace":%q,"after":%d}`, id, cut)
		rest, _ := k.follow(-1)
		if strings.Join(rest, "\n") != strings.Join(all[cut+1:], "\n") {
			t.Fatalf("cut after event %d: %d events follow, want %d", cut, len(rest), len(all)-cut-1)
		}
		k.c.CloseNow()
	}
}

func TestAStalledSocketHurtsNobody(t *testing.T) {
	s := startSite(t)
	stuck := s.socket() // never reads
	reader := s.socket()
	for i := range 20 {
		reader.send(`{"id":"c%d","do":"lookup","name":"n%d.wild.example","type":"A"}`, i, i)
		events, id := reader.follow(-1)
		if len(events) < 10 {
			t.Fatalf("lookup %d: %d events", i, len(events))
		}
		stuck.send(`{"id":"f%d","do":"follow","trace":%q,"after":-1}`, i, id)
	}
}

func TestSocketCommands(t *testing.T) {
	s := startSite(t)
	k := s.socket()
	until := func(id string) frame {
		t.Helper()
		for {
			if f := k.read(); f.ID == id {
				return f
			}
		}
	}
	for i, c := range []struct{ send, code string }{
		{`"do":"skip","seconds":300`, ""},
		{`"do":"skip","seconds":7`, "clock.range"},
		{`"do":"rate","rate":60`, ""},
		{`"do":"rate","rate":7`, "clock.range"},
		{`"do":"flush","cache":"R1"`, ""},
		{`"do":"flush","cache":"R1","name":"www.example.co.kr","type":"A"`, ""},
		{`"do":"flush","cache":"R9"`, "cache.unknown"},
		{`"do":"follow","trace":"tnone"`, "trace.unknown"},
		{`"do":"release","trace":"tnone","decision":"d1"`, "trace.unknown"},
		{`"do":"lookup","name":"a..b"`, "label.empty"},
		{`"do":"lookup","name":"a.b","type":"X"`, "type.unknown"},
		{`"do":"lookup","name":"a.b","network":"internet"`, "network.unknown"},
		{`"do":"dance"`, "command.unknown"},
		{`"do":5`, "command.malformed"},
	} {
		id := fmt.Sprintf("c%d", i)
		k.send(`{"id":%q,%s}`, id, c.send)
		f := until(id)
		switch {
		case c.code == "" && !f.OK:
			t.Errorf("%s: %+v", c.send, f.Error)
		case c.code != "" && (f.Error == nil || f.Error.Code != c.code || f.Error.Text == "" || strings.HasPrefix(f.Error.Text, "error.")):
			t.Errorf("%s: %+v, want %s", c.send, f.Error, c.code)
		}
	}
	k.send(`{"id":"g","do":"lookup","name":"www.example.co.kr","gate":true}`)
	trace := until("g").Trace
	for d := 1; ; d++ {
		f := k.read()
		if f.End {
			if d < 3 {
				t.Error("the gate did not hold three decisions")
			}
			break
		}
		if f.Held == nil {
			d--
			continue
		}
		if f.Held.Decision != fmt.Sprintf("d%d", d) {
			t.Fatalf("held at %s, want d%d", f.Held.Decision, d)
		}
		k.send(`{"id":"r","do":"release","trace":%q,"decision":"d%d"}`, trace, d)
	}
}

func TestASocketThatMisbehavesIsCutOff(t *testing.T) {
	s := startSite(t)
	ends := func(k *liveSocket) bool {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		for {
			if _, _, err := k.c.Read(ctx); err != nil {
				return ctx.Err() == nil
			}
		}
	}
	binary := s.socket()
	if err := binary.c.Write(t.Context(), websocket.MessageBinary, []byte("{}")); err != nil || !ends(binary) {
		t.Error("a binary frame passed")
	}
	long := s.socket()
	_ = long.c.Write(t.Context(), websocket.MessageText, bytes.Repeat([]byte("a"), 17<<10))
	if !ends(long) {
		t.Error("a frame of 17 KiB passed")
	}
	fast := s.socket()
	for i := range 40 {
		if fast.c.Write(t.Context(), websocket.MessageText, fmt.Appendf(nil, `{"id":"%d","do":"x"}`, i)) != nil {
			break
		}
	}
	if !ends(fast) {
		t.Error("40 commands at once passed")
	}
}

func TestATakenPortSaysWhatToDo(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var out, errs bytes.Buffer
	status := run(t.Context(), []string{"-addr", l.Addr().String()}, noEnv, &out, &errs)
	if status != exitProgram || strings.Count(errs.String(), "\n") != 1 || !strings.Contains(errs.String(), "-addr") || !strings.Contains(errs.String(), l.Addr().String()) {
		t.Errorf("status %d, %q", status, errs.String())
	}
}

func noEnv(string) (string, bool) { return "", false }

func TestServeEndsWithinTwoSeconds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	out, w := io.Pipe()
	ended := make(chan int)
	go func() {
		ended <- run(ctx, []string{"serve"}, func(k string) (string, bool) { return "127.0.0.1:0", k == "ROOTWALK_ADDR" }, w, io.Discard)
		w.Close()
	}()
	line := make([]byte, 100)
	n, err := out.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	at := strings.TrimSpace(string(line[:n]))
	if !strings.HasPrefix(at, "http://127.0.0.1:") {
		t.Fatalf("printed %q", at)
	}
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	client := &http.Client{Transport: tr}
	c, _, err := websocket.Dial(ctx, at+"live", &websocket.DialOptions{HTTPClient: client, HTTPHeader: http.Header{"Origin": {strings.TrimSuffix(at, "/")}}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	silent := misbehave(t, at)
	defer silent.Close()
	cancel()
	select {
	case status := <-ended:
		if status != exitOK {
			t.Errorf("status %d", status)
		}
	case <-time.After(2 * time.Second): // the promise of the command's help
		t.Fatal("still running after two seconds")
	}
}

// misbehave opens a socket, breaks a rule on it, and returns when the server
// has said that it closes: it then waits for an answer, which never comes.
func misbehave(t *testing.T, at string) net.Conn {
	t.Helper()
	host := strings.TrimSuffix(strings.TrimPrefix(at, "http://"), "/")
	c, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(c, "GET /live HTTP/1.1\r\nHost: %[1]s\r\nOrigin: http://%[1]s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n", host)
	in := bufio.NewReader(c)
	res, err := http.ReadResponse(in, nil)
	if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(res, err)
	}
	if _, err := c.Write([]byte("\x82\x80\x00\x00\x00\x00")); err != nil { // a binary frame
		t.Fatal(err)
	}
	for { // until the close frame (RFC 6455 §5.2); none of ours is longer than 16 bits say
		var head [2]byte
		if _, err := io.ReadFull(in, head[:]); err != nil {
			t.Fatal(err)
		}
		if head[0] == 0x88 {
			return c
		}
		size := int64(head[1])
		if size == 126 {
			if _, err := io.ReadFull(in, head[:]); err != nil {
				t.Fatal(err)
			}
			size = int64(head[0])<<8 | int64(head[1])
		}
		if _, err := io.CopyN(io.Discard, in, size); err != nil {
			t.Fatal(err)
		}
	}
}
