package export

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/lookuptest"
)

func harOf(t *testing.T, facts ...lookup.Fact) (har, []byte) {
	t.Helper()
	file := lookup.TraceFile{ID: "t", Version: 1, Network: "lab", Title: "http://h/", Started: time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC)}
	for i, f := range facts {
		file.Events = append(file.Events, lookup.Event{Seq: i, At: time.Duration(i) * time.Millisecond, Fact: f})
	}
	var b bytes.Buffer
	if err := HAR(&b, file); err != nil {
		t.Fatal(err)
	}
	for _, p := range lookuptest.CheckHAR(b.Bytes()) {
		t.Error(p)
	}
	var h har
	if err := json.Unmarshal(b.Bytes(), &h); err != nil {
		t.Fatal(err)
	}
	return h, b.Bytes()
}

func TestHARTimings(t *testing.T) {
	h, _ := harOf(t,
		lookup.FetchStarted{N: 1, URL: "https://h/a?x=1&y=%20z&x", Method: "GET", Why: "typed"},
		lookup.RequestSent{N: 1, Conn: 3, Version: "HTTP/1.1", Method: "GET", URL: "https://h/a", Head: []byte("GET..."), Fields: []lookup.Field{{Name: "Cookie", Value: "a=1; b=2"}}},
		lookup.HeadReceived{N: 1, Status: 103, Version: "HTTP/1.1"},
		lookup.HeadReceived{N: 1, Status: 302, Version: "HTTP/1.1", Phrase: "Found", Head: []byte("HTTP/1.1 302"), Fields: []lookup.Field{
			{Name: "location", Value: "/b"}, {Name: "Set-Cookie", Value: "c=3; Path=/; HttpOnly; Secure; Expires=Wed, 21 Oct 2026 07:28:00 GMT"}, {Name: "Content-Type", Value: "text/plain"}}},
		lookup.BodyFinished{N: 1, Wire: 4, Decoded: 6, Data: lookup.Octets("a\xed\x95"), Whole: true},
		lookup.FetchFinished{N: 1, URL: "https://h/a?x=1&y=%20z&x", Status: 302, Outcome: "redirect", LookupUs: 1000, ConnectUs: 2000, SecureUs: 3000, SendUs: 100, WaitUs: 400, ReceiveUs: 500, FirstUs: 6700, TotalUs: 7300},
		lookup.FetchStarted{N: 2, URL: "https://h/b", Method: "GET", Why: "redirect"},
		lookup.StoreConsulted{N: 2, Verdict: "fresh", Rule: "max-age", AgeSec: 3, LifetimeSec: 60},
		lookup.FetchFinished{N: 2, URL: "https://h/b", Status: 200, Outcome: "cached", LookupUs: -1, ConnectUs: -1, SecureUs: -1, SendUs: -1, WaitUs: -1, ReceiveUs: -1, FirstUs: -1, TotalUs: 250},
		lookup.LegFinished{Leg: lookup.LegRequest, Outcome: "done"},
		lookup.JourneyFinished{Outcome: "done"},
	)
	if len(h.Log.Entries) != 2 || h.Log.Pages[0].PageTimings.OnLoad != 9 || h.Log.Pages[0].StartedDateTime != "2026-01-02T03:04:05.006Z" {
		t.Fatalf("%+v", h.Log)
	}
	a, b := h.Log.Entries[0], h.Log.Entries[1]
	if a.Timings != (harTimings{Blocked: .2, DNS: 1, Connect: 5, SSL: 3, Send: .1, Wait: .4, Receive: .5}) || a.Time != 7.2 {
		t.Errorf("%+v in %v", a.Timings, a.Time)
	}
	if b.Timings != (harTimings{Blocked: -1, DNS: -1, Connect: -1, SSL: -1, Receive: .25}) || b.FromCache != "memory" || b.Response.BodySize != 0 || b.Response.Status != 200 || !strings.Contains(b.Cache.Comment, "3 s of 60 s") {
		t.Errorf("%+v", b)
	}
	r := a.Response
	if r.Status != 302 || r.RedirectURL != "/b" || r.HeadersSize != 12 || r.BodySize != 4 || r.Content.Size != 6 || *r.Content.Compression != 2 || r.Content.Text != "a" || len(r.Cookies) != 1 || r.Cookies[0].Expires != "2026-10-21T07:28:00.000Z" || !r.Cookies[0].HTTPOnly {
		t.Errorf("%+v", r)
	}
	if q := a.Request; len(q.Cookies) != 2 || len(q.QueryString) != 3 || q.QueryString[1] != (harPair{"y", " z"}) || q.HeadersSize != 6 || a.Connection != "3" {
		t.Errorf("%+v", q)
	}
}

// What a stranger's trace has becomes text of a file that fits the format.
func TestHARTakesAnything(t *testing.T) {
	hostile := "\x00\xff</script>\u2028\u202e\"'"
	_, text := harOf(t,
		lookup.FetchStarted{N: 1, URL: hostile, Method: hostile, Why: "typed"},
		lookup.RequestSent{N: 1, Method: hostile, URL: hostile, Version: hostile, Fields: []lookup.Field{{Name: "cookie", Value: hostile}, {Name: hostile}}},
		lookup.HeadReceived{N: 1, Status: 7, Phrase: hostile, Fields: []lookup.Field{{Name: "set-cookie", Value: hostile}, {Name: "content-type", Value: hostile}}},
		lookup.HeadReceived{N: 9},
		lookup.BodyFinished{N: 1, Data: lookup.Octets(hostile), Decoded: len(hostile)},
		lookup.FetchFinished{N: 1, URL: hostile, LookupUs: -1, ConnectUs: 1 << 40, SecureUs: -5, FirstUs: 1, WaitUs: 1 << 40, TotalUs: -1},
		lookup.FetchStarted{N: 2, URL: "http://h/", Why: "resource"},
		lookup.LookupFinished{}, lookup.LegFinished{Leg: lookup.LegConnect, Outcome: "failed", ElapsedUs: 3000}, lookup.JourneyFinished{Outcome: "failed"},
	)
	if bytes.Contains(text, []byte("</script>")) || bytes.Contains(text, []byte("\u2028")) {
		t.Errorf("%s", text)
	}
	if h, _ := harOf(t); len(h.Log.Entries) != 0 {
		t.Errorf("%+v", h)
	}
}

func TestKeyLogIsThatOfEachHandshake(t *testing.T) {
	hello := func(first byte) lookup.HandshakeExchanged {
		m := make(lookup.Octets, 60)
		m[randomAt] = first
		return lookup.HandshakeExchanged{Type: "client_hello", Message: m}
	}
	secret := func(name, source string) lookup.SecretDerived {
		return lookup.SecretDerived{Name: name, Source: source, Value: lookup.Octets{0xab}}
	}
	events := []lookup.Event{
		{Step: 1, Fact: hello(1)}, {Step: 2, Fact: hello(2)}, {Step: 2, Fact: secret("master_secret", "log")}, {Step: 1, Fact: secret("client_handshake_traffic_secret", "log")},
		{Step: 1, Fact: secret("early_secret", "computed")}, {Step: 3, Fact: secret("master_secret", "log")}, {Step: 1, Fact: lookup.HandshakeStarted{}}, {Step: 1, Fact: secret("master_secret", "log")},
		{Step: 1, Fact: lookup.HandshakeExchanged{Type: "client_hello", Message: lookup.Octets{1}}},
	}
	want := "CLIENT_RANDOM 02" + strings.Repeat("00", 31) + " ab\nCLIENT_HANDSHAKE_TRAFFIC_SECRET 01" + strings.Repeat("00", 31) + " ab\n"
	if got := string(KeyLog(events)); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
