package listener

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

// told is a resolver that answers by a function.
type told func(ctx context.Context, req message.Request) message.Resolution

func (f told) Resolve(ctx context.Context, _ lookup.Step, req message.Request) message.Resolution {
	return f(ctx, req)
}

// overHTTP is a listener for HTTP only.
func overHTTP(t testing.TB, c Config) *Listener {
	t.Helper()
	if c.Resolver == nil {
		c.Resolver = echo{}
	}
	l, err := Listen(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func question(t testing.TB, edit func(*dns.Msg)) []byte {
	t.Helper()
	m := new(dns.Msg).SetQuestion("www.example.", dns.TypeCNAME)
	m.Id = 0 // as RFC 8484 §4.1 would have it
	if edit != nil {
		edit(m)
	}
	b, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func get(b []byte) *http.Request {
	return httptest.NewRequest("GET", "/dns-query?dns="+base64.RawURLEncoding.EncodeToString(b), nil)
}

func post(b []byte) *http.Request {
	r := httptest.NewRequest("POST", "/dns-query", bytes.NewReader(b))
	r.Header.Set("Content-Type", mediaType)
	return r
}

func ask(l *Listener, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	l.ServeHTTP(w, r)
	return w
}

func TestDoHAnswers(t *testing.T) {
	l := overHTTP(t, Config{})
	q := question(t, func(m *dns.Msg) { m.SetEdns0(512, false) })
	for _, r := range []*http.Request{get(q), post(q)} {
		w := ask(l, r)
		var m dns.Msg
		if err := m.Unpack(w.Body.Bytes()); err != nil || w.Code != 200 || w.Header().Get("Content-Type") != "application/dns-message" || w.Header().Get("Cache-Control") != "max-age=60" || len(m.Answer) != 1 || m.Id != 0 {
			t.Errorf("%s: %d %v %v\n%v", r.Method, w.Code, w.Header(), err, &m)
		}
		if len(w.Header()["Set-Cookie"]) > 0 {
			t.Error("a cookie")
		}
	}
	head := get(q)
	head.Method = "HEAD"
	if w := ask(l, head); w.Code != 200 || w.Body.Len() > 0 || w.Header().Get("Content-Length") == "" {
		t.Errorf("HEAD: %d, %d octets, %v", w.Code, w.Body.Len(), w.Header())
	}
	// What the resolver says is the message's business, not HTTP's.
	if w := ask(l, post(question(t, func(m *dns.Msg) { m.Question = nil }))); w.Code != 200 || w.Body.Bytes()[3]&15 != dns.RcodeFormatError || w.Header().Get("Cache-Control") != "max-age=0" {
		t.Errorf("FORMERR: %d %v", w.Code, w.Header())
	}
	// Over HTTP a response may be as large as there are any.
	big := overHTTP(t, Config{Resolver: told(func(_ context.Context, req message.Request) message.Resolution {
		set := message.Set{Name: req.Question.Name, Type: lookup.TypeTXT, TTLSec: 9}
		for range 100 {
			set.RRs = append(set.RRs, &dns.TXT{Hdr: dns.RR_Header{Name: string(req.Question.Name), Rrtype: dns.TypeTXT, Class: 1}, Txt: []string{strings.Repeat("x", 200)}})
		}
		return message.Resolution{Outcome: lookup.OutcomeAnswer, Answer: []message.Set{set}}
	})})
	if w := ask(big, get(q)); w.Body.Len() < 20_000 || w.Body.Bytes()[2]&2 != 0 || w.Header().Get("Cache-Control") != "max-age=9" {
		t.Errorf("%d octets, %v", w.Body.Len(), w.Header())
	}
}

func TestDoHRefusesWhatIsNoQuery(t *testing.T) {
	l := overHTTP(t, Config{ACL: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}}) // where httptest says that requests come from
	q := question(t, nil)
	text := base64.RawURLEncoding.EncodeToString(q)
	raw := func(method, query, kind string, body io.Reader) *http.Request {
		r := httptest.NewRequest(method, "/dns-query"+query, body)
		if kind != "" {
			r.Header.Set("Content-Type", kind)
		}
		return r
	}
	with := func(r *http.Request, name, value string) *http.Request { r.Header.Set(name, value); return r }
	for _, c := range []struct {
		what string
		r    *http.Request
		want int
	}{
		{"no parameter", raw("GET", "", "", nil), 400},
		{"an empty one", raw("GET", "?dns=", "", nil), 400},
		{"two of them", raw("GET", "?dns="+text+"&dns="+text, "", nil), 400},
		{"padding", raw("GET", "?dns="+base64.URLEncoding.EncodeToString(append(q, 0, 0)), "", nil), 400},
		{"the other alphabet", raw("GET", "?dns=%2b%2f"+text, "", nil), 400},
		{"an end of line", raw("GET", "?dns="+text[:8]+"%0A"+text[8:], "", nil), 400},
		{"no base64", raw("GET", "?dns=www.example", "", nil), 400},
		{"too short", get(q[:11]), 400},
		{"a response", get(question(t, func(m *dns.Msg) { m.Response = true })), 400},
		{"4 KiB and a byte", get(make([]byte, maxQuery+1)), 413},
		{"POST of 4 KiB and a byte", post(make([]byte, maxQuery+1)), 413},
		{"POST of nothing", post(nil), 400},
		{"no type", raw("POST", "", "", bytes.NewReader(q)), 415},
		{"another type", raw("POST", "", "application/json", bytes.NewReader(q)), 415},
		{"a malformed type", raw("POST", "", "application/dns-message; x", bytes.NewReader(q)), 415},
		{"a type with a parameter", raw("POST", "", "Application/DNS-Message; charset=x", bytes.NewReader(q)), 200},
		{"PUT", raw("PUT", "", mediaType, bytes.NewReader(q)), 405},
		{"a page of another site", with(get(q), "Sec-Fetch-Site", "cross-site"), 403},
		{"a page of ours", with(get(q), "Sec-Fetch-Site", "same-origin"), 200},
		{"typed by a person", with(get(q), "Sec-Fetch-Site", "none"), 200},
		{"4 KiB", post(append(q, make([]byte, maxQuery-len(q))...)), 200}, // FORMERR, or not: HTTP has done its part
	} {
		w := ask(l, c.r)
		if w.Code != c.want {
			t.Errorf("%s: %d, want %d: %s", c.what, w.Code, c.want, w.Body)
		}
		if w.Code == 405 && w.Header().Get("Allow") == "" {
			t.Errorf("%s: 405 without Allow", c.what)
		}
	}
	stranger := get(q)
	stranger.RemoteAddr = "[2001:db8::1]:4242"
	if w := ask(l, stranger); w.Code != 403 {
		t.Errorf("a stranger: %d", w.Code)
	}
}

func TestDoHHasLimits(t *testing.T) {
	c := &clock{at: time.Unix(1_000_000, 0)}
	l := overHTTP(t, Config{Rate: 20, now: c.now})
	q := question(t, nil)
	from := func(client string) int {
		r := get(q)
		r.RemoteAddr = client
		w := ask(l, r)
		if w.Code == 429 && w.Header().Get("Retry-After") != "1" {
			t.Error("429 without Retry-After")
		}
		return w.Code
	}
	for range 20 {
		if code := from("192.0.2.1:4242"); code != 200 {
			t.Fatal(code)
		}
	}
	if a, b := from("192.0.2.1:4243"), from("192.0.2.2:4242"); a != 429 || b != 200 {
		t.Errorf("the same client %d, another one %d", a, b)
	}

	began, end := make(chan struct{}), make(chan struct{})
	full := overHTTP(t, Config{MaxQueries: 1, Resolver: told(func(ctx context.Context, _ message.Request) message.Resolution {
		close(began)
		<-end
		return message.Resolution{Outcome: lookup.OutcomeServfail, Rcode: lookup.RcodeServFail}
	})})
	first := make(chan *httptest.ResponseRecorder)
	go func() { first <- ask(full, get(q)) }()
	<-began
	if w := ask(full, get(q)); w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("while busy: %d", w.Code)
	}
	close(end)
	if w := <-first; w.Code != 200 || w.Header().Get("Cache-Control") != "max-age=0" {
		t.Errorf("SERVFAIL: %d %v", w.Code, w.Header())
	}
}

// Close cancels what is being resolved and waits; a client that goes away ends
// its query.
func TestDoHEnds(t *testing.T) {
	began := make(chan struct{}, 1)
	slow := told(func(ctx context.Context, _ message.Request) message.Resolution {
		began <- struct{}{}
		<-ctx.Done()
		return message.Resolution{Outcome: lookup.OutcomeCanceled, Rcode: lookup.RcodeServFail}
	})
	l := overHTTP(t, Config{Resolver: slow})
	done := make(chan int, 1)
	go func() { done <- ask(l, get(question(t, nil))).Code }()
	<-began
	l.Close()
	if code := <-done; code != 200 {
		t.Errorf("what was under way: %d", code)
	}
	if w := ask(l, get(question(t, nil))); w.Code != 503 {
		t.Errorf("afterwards: %d", w.Code)
	}

	l = overHTTP(t, Config{Resolver: slow})
	ctx, leave := context.WithCancel(t.Context())
	go func() { done <- ask(l, get(question(t, nil)).WithContext(ctx)).Code }()
	<-began
	leave()
	<-done
}

func TestHowLongAResponseIsFresh(t *testing.T) {
	rr := func(s string) dns.RR {
		r, err := dns.NewRR(s)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for _, c := range []struct {
		rcode      int
		answer, ns []dns.RR
		want       uint32
	}{
		{0, []dns.RR{rr("a. 300 A 192.0.2.1"), rr("a. 60 A 192.0.2.2")}, nil, 60},
		{0, []dns.RR{rr("a. 0 A 192.0.2.1")}, nil, 0},
		{0, nil, []dns.RR{rr("a. 900 SOA b. c. 1 2 3 4 120")}, 120},
		{3, nil, []dns.RR{rr("a. 90 SOA b. c. 1 2 3 4 120")}, 90},
		{3, []dns.RR{rr("a. 30 CNAME b.")}, []dns.RR{rr("a. 90 SOA b. c. 1 2 3 4 120")}, 30},
		{0, nil, nil, 0},
		{2, []dns.RR{rr("a. 300 A 192.0.2.1")}, nil, 0},
	} {
		m := new(dns.Msg).SetQuestion("a.", dns.TypeA)
		m.Response, m.Rcode, m.Answer, m.Ns = true, c.rcode, c.answer, c.ns
		m.SetEdns0(1232, false) // whose TTL is none
		b, err := m.Pack()
		if err != nil {
			t.Fatal(err)
		}
		if got := freshSec(b); got != c.want {
			t.Errorf("%v: %d, want %d", m, got, c.want)
		}
	}
}

// FuzzDoH: whatever a request holds, the answer is a status of the list, and a
// DNS response with the query's ID where it is 200.
func FuzzDoH(f *testing.F) {
	q, _ := new(dns.Msg).SetQuestion("www.example.", dns.TypeA).Pack()
	f.Add("dns="+base64.RawURLEncoding.EncodeToString(q), "", []byte(nil), false)
	f.Add("dns=AAAA&x=%zz", "", []byte(nil), false)
	f.Add("", mediaType, q, true)
	f.Add("", "application/dns-message; charset=\"", q[:13], true)
	l := overHTTP(f, Config{Strict: true})
	f.Fuzz(func(t *testing.T, query, kind string, body []byte, asPost bool) {
		r := httptest.NewRequest("GET", "/dns-query", nil)
		if asPost {
			r = httptest.NewRequest("POST", "/dns-query", bytes.NewReader(body))
		}
		r.URL.RawQuery = query
		r.Header["Content-Type"] = []string{kind}
		w := ask(l, r)
		switch w.Code {
		case 200:
			var m dns.Msg
			sent := body
			if !asPost {
				sent, _ = base64.RawURLEncoding.DecodeString(r.URL.Query().Get("dns"))
			}
			if err := m.Unpack(w.Body.Bytes()); err != nil || !m.Response || len(sent) < 12 || w.Body.Bytes()[0] != sent[0] || w.Body.Bytes()[1] != sent[1] {
				t.Fatalf("%v: % x", err, w.Body.Bytes())
			}
		case 400, 413, 415:
			if asPost && w.Code == 400 && isQuery(body) && len(body) <= maxQuery {
				t.Fatal(errors.New("a query was refused"))
			}
		default:
			t.Fatal(w.Code)
		}
	})
}
