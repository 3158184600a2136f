package export

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"rootwalk/lookup"
)

// The HTTP Archive format, version 1.2
// (https://w3c.github.io/web-performance/specs/HAR/Overview.html): what
// browsers and other tools show as a waterfall. Fields that begin with an
// underscore are Chrome's. Times are in milliseconds; -1 is a phase that did
// not take place.

type har struct {
	Log harLog `json:"log"`
}

type harLog struct {
	Version string     `json:"version"`
	Creator harAgent   `json:"creator"`
	Browser harAgent   `json:"browser"`
	Pages   []harPage  `json:"pages"`
	Entries []harEntry `json:"entries"`
	Comment string     `json:"comment,omitempty"`
}

type harAgent struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

type harPage struct {
	StartedDateTime string         `json:"startedDateTime"`
	ID              string         `json:"id"`
	Title           string         `json:"title"`
	PageTimings     harPageTimings `json:"pageTimings"`
}

type harPageTimings struct {
	OnContentLoad float64 `json:"onContentLoad"`
	OnLoad        float64 `json:"onLoad"`
}

type harEntry struct {
	Pageref         string      `json:"pageref"`
	StartedDateTime string      `json:"startedDateTime"`
	Time            float64     `json:"time"`
	Request         harRequest  `json:"request"`
	Response        harResponse `json:"response"`
	Cache           harCache    `json:"cache"`
	Timings         harTimings  `json:"timings"`
	ServerIPAddress string      `json:"serverIPAddress,omitempty"`
	Connection      string      `json:"connection,omitempty"`
	Comment         string      `json:"comment,omitempty"`
	ResourceType    string      `json:"_resourceType"`
	FromCache       string      `json:"_fromCache,omitempty"`
}

type harRequest struct {
	Method      string      `json:"method"`
	URL         string      `json:"url"`
	HTTPVersion string      `json:"httpVersion"`
	Cookies     []harCookie `json:"cookies"`
	Headers     []harPair   `json:"headers"`
	QueryString []harPair   `json:"queryString"`
	HeadersSize int         `json:"headersSize"`
	BodySize    int         `json:"bodySize"`
}

type harResponse struct {
	Status       int         `json:"status"`
	StatusText   string      `json:"statusText"`
	HTTPVersion  string      `json:"httpVersion"`
	Cookies      []harCookie `json:"cookies"`
	Headers      []harPair   `json:"headers"`
	Content      harContent  `json:"content"`
	RedirectURL  string      `json:"redirectURL"`
	HeadersSize  int         `json:"headersSize"`
	BodySize     int         `json:"bodySize"`
	TransferSize int         `json:"_transferSize"`
	Error        string      `json:"_error,omitempty"`
}

type harPair struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type harCookie struct {
	Name     string `json:"name"`
	Value    string `json:"value"`
	Path     string `json:"path,omitempty"`
	Domain   string `json:"domain,omitempty"`
	Expires  string `json:"expires,omitempty"`
	HTTPOnly bool   `json:"httpOnly,omitempty"`
	Secure   bool   `json:"secure,omitempty"`
}

type harContent struct {
	Size        int    `json:"size"`
	Compression *int   `json:"compression,omitempty"`
	MimeType    string `json:"mimeType"`
	Text        string `json:"text,omitempty"`
	Encoding    string `json:"encoding,omitempty"`
	Comment     string `json:"comment,omitempty"`
}

// harCache says by a comment what the cache knew: a trace does not tell when an
// entry was last used, which the format wants to know of one.
type harCache struct {
	Comment string `json:"comment,omitempty"`
}

type harTimings struct {
	Blocked float64 `json:"blocked"`
	DNS     float64 `json:"dns"`
	Connect float64 `json:"connect"` // with TLS in it
	Send    float64 `json:"send"`
	Wait    float64 `json:"wait"`
	Receive float64 `json:"receive"`
	SSL     float64 `json:"ssl"`
}

// harPageID is the one page that a journey has.
const harPageID = "page_1"

// HAR writes the fetches of a trace as an HTTP Archive.
func HAR(w io.Writer, file lookup.TraceFile) error {
	out := har{Log: harLog{
		Version: "1.2", Creator: harAgent{"Rootwalk", strconv.Itoa(file.Version)}, Browser: harAgent{"Rootwalk", strconv.Itoa(file.Version)},
		Pages: []harPage{}, Entries: []harEntry{}, Comment: "network: " + file.Network,
	}}
	fetches := fetchesOf(file.Events)
	for _, f := range fetches {
		out.Log.Entries = append(out.Log.Entries, f.entry(file.Started))
	}
	if len(fetches) > 0 {
		p := harPage{StartedDateTime: harTime(file.Started.Add(fetches[0].at)), ID: harPageID, Title: file.Title, PageTimings: harPageTimings{-1, -1}}
		for _, e := range file.Events { // the last part of the journey ends with the page
			if end, ok := e.Fact.(lookup.LegFinished); ok && end.Outcome == "done" && (end.Leg == lookup.LegRequest || end.Leg == lookup.LegDraw) {
				p.PageTimings.OnLoad = millis((e.At - fetches[0].at).Microseconds())
			}
		}
		out.Log.Pages = append(out.Log.Pages, p)
	}
	data, err := json.MarshalIndent(out, "", " ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(data, '\n'))
	return err
}

// fetched is what a trace tells of one fetch.
type fetched struct {
	lookup.FetchStarted
	at     time.Duration // since the trace began
	last   time.Duration // of the last fact of the journey
	url    string        // https where the HSTS list made it that
	sent   *lookup.RequestSent
	head   *lookup.HeadReceived
	body   *lookup.BodyFinished
	end    *lookup.FetchFinished
	store  *lookup.StoreConsulted
	remote netip.AddrPort
	// Of a fetch that never came to a request.
	lookupUs, connectUs, secureUs int64
}

// fetchesOf gathers the fetches of a trace, in their order.
func fetchesOf(events []lookup.Event) []*fetched {
	var all []*fetched
	by := map[int]*fetched{}
	remotes := map[int]netip.AddrPort{} // by the number of the connection
	var looked time.Duration
	for _, e := range events {
		switch f := e.Fact.(type) {
		case lookup.FetchStarted:
			x := &fetched{FetchStarted: f, at: e.At, url: f.URL, lookupUs: -1, connectUs: -1, secureUs: -1}
			all, by[f.N] = append(all, x), x
		case lookup.CallReturned:
			if f.Conn > 0 && f.Call == "connect" && f.Side == lookup.SideClient && f.Remote.IsValid() {
				remotes[f.Conn] = f.Remote
			}
		case lookup.PacketSent: // which says so itself
			if f.Protocol == "tcp" && f.From == lookup.SideClient && f.Conn > 0 {
				remotes[f.Conn] = f.Dst
			}
		case lookup.LookupStarted:
			looked = e.At
		}
		if len(all) == 0 {
			continue
		}
		now := all[len(all)-1]
		now.last = e.At
		switch f := e.Fact.(type) {
		case lookup.LookupFinished:
			now.lookupUs = (e.At - looked).Microseconds()
		case lookup.LegFinished:
			switch {
			case f.Outcome == "unneeded":
			case f.Leg == lookup.LegConnect:
				now.connectUs = f.ElapsedUs
			case f.Leg == lookup.LegEncrypt:
				now.secureUs = f.ElapsedUs
			}
		case lookup.HstsConsulted:
			if x := by[f.N]; x != nil && f.Upgraded {
				x.url = f.URL
			}
		case lookup.RequestSent:
			if x := by[f.N]; x != nil {
				x.sent, x.remote = &f, remotes[f.Conn]
			}
		case lookup.HeadReceived:
			if x := by[f.N]; x != nil {
				x.head = &f // the last is the final one
			}
		case lookup.BodyFinished:
			if x := by[f.N]; x != nil {
				x.body = &f
			}
		case lookup.FetchFinished:
			if x := by[f.N]; x != nil {
				x.end, x.url = &f, f.URL
			}
		case lookup.StoreConsulted:
			if x := by[f.N]; x != nil {
				x.store = &f
			}
		}
	}
	return all
}

func (f *fetched) entry(began time.Time) harEntry {
	e := harEntry{Pageref: harPageID, StartedDateTime: harTime(began.Add(f.at)), Timings: f.timings(), Request: f.request(), Response: f.response(), ResourceType: f.kind()}
	for _, v := range []float64{e.Timings.Blocked, e.Timings.DNS, e.Timings.Connect, e.Timings.Send, e.Timings.Wait, e.Timings.Receive} {
		e.Time += max(v, 0) // ssl is in connect
	}
	e.Time = round(e.Time)
	if f.remote.IsValid() {
		e.ServerIPAddress = f.remote.Addr().String()
	}
	if f.sent != nil && f.sent.Conn > 0 {
		e.Connection = strconv.Itoa(f.sent.Conn)
	}
	if s := f.store; s != nil && s.Verdict != "none" {
		e.Cache.Comment = s.Verdict + " by " + s.Rule + ": " + strconv.FormatInt(s.AgeSec, 10) + " s of " + strconv.FormatInt(s.LifetimeSec, 10) + " s"
	}
	if f.end != nil && f.end.Outcome == "cached" && f.sent == nil {
		e.FromCache = "memory"
	}
	return e
}

// timings are the phases: what lies between the start and the first octet and is
// none of them was spent waiting.
func (f *fetched) timings() harTimings {
	t := harTimings{Blocked: -1, DNS: -1, Connect: -1, SSL: -1}
	if f.end == nil { // it ended before there was a request
		t.DNS, t.SSL = millis(f.lookupUs), millis(f.secureUs)
		if f.connectUs >= 0 {
			t.Connect = millis(f.connectUs + max(f.secureUs, 0))
		}
		return t
	}
	d := f.end
	t.DNS, t.SSL = millis(d.LookupUs), millis(d.SecureUs)
	if d.ConnectUs >= 0 {
		t.Connect = millis(d.ConnectUs + max(d.SecureUs, 0))
	}
	before := max(d.LookupUs, 0) + max(d.ConnectUs, 0) + max(d.SecureUs, 0) + max(d.SendUs, 0)
	t.Send, t.Wait, t.Receive = millis(max(d.SendUs, 0)), millis(max(d.WaitUs, 0)), millis(max(d.ReceiveUs, 0))
	switch {
	case d.FirstUs >= 0:
		t.Blocked = millis(max(d.FirstUs-before-max(d.WaitUs, 0), 0))
	case d.Outcome == "cached":
		t.Receive = millis(d.TotalUs)
	case d.SendUs >= 0: // it waited for an answer until it gave up
		t.Wait = millis(max(d.TotalUs-before, 0))
	}
	return t
}

func (f *fetched) request() harRequest {
	r := harRequest{Method: f.Method, URL: f.url, Cookies: []harCookie{}, Headers: []harPair{}, QueryString: queryOf(f.url), HeadersSize: -1, BodySize: -1}
	if f.sent == nil {
		return r
	}
	r.Method, r.HTTPVersion, r.Headers, r.BodySize = f.sent.Method, f.sent.Version, pairsOf(f.sent.Fields), max(f.sent.Body, 0)
	r.HeadersSize = headSize(f.sent.Head)
	for _, h := range f.sent.Fields {
		if strings.EqualFold(h.Name, "Cookie") {
			cookies, _ := http.ParseCookie(h.Value) // what is none is in the headers all the same
			for _, c := range cookies {
				r.Cookies = append(r.Cookies, harCookie{Name: c.Name, Value: c.Value})
			}
		}
	}
	return r
}

func (f *fetched) response() harResponse {
	r := harResponse{Cookies: []harCookie{}, Headers: []harPair{}, HeadersSize: -1, BodySize: -1, Content: harContent{MimeType: "x-unknown"}}
	if f.end != nil && f.end.Outcome == "failed" {
		r.Error = f.end.Detail
	}
	if f.head == nil {
		if f.end != nil {
			r.Status = status(f.end.Status)
			if f.end.Outcome == "cached" {
				r.BodySize = 0
			}
		}
		return r
	}
	h := f.head
	r.Status, r.StatusText, r.HTTPVersion, r.Headers, r.HeadersSize, r.BodySize = status(h.Status), h.Phrase, h.Version, pairsOf(h.Fields), headSize(h.Head), 0
	for _, field := range h.Fields {
		switch {
		case strings.EqualFold(field.Name, "Location"):
			r.RedirectURL = field.Value
		case strings.EqualFold(field.Name, "Content-Type"):
			r.Content.MimeType = field.Value
		case strings.EqualFold(field.Name, "Set-Cookie"):
			if c, err := http.ParseSetCookie(field.Value); err == nil {
				k := harCookie{Name: c.Name, Value: c.Value, Path: c.Path, Domain: c.Domain, HTTPOnly: c.HttpOnly, Secure: c.Secure}
				if !c.Expires.IsZero() {
					k.Expires = harTime(c.Expires)
				}
				r.Cookies = append(r.Cookies, k)
			}
		}
	}
	if b := f.body; b != nil {
		r.BodySize = max(b.Wire, 0)
		r.Content = contentOf(b, r.Content.MimeType)
	}
	r.TransferSize = max(r.HeadersSize, 0) + r.BodySize
	return r
}

func contentOf(b *lookup.BodyFinished, media string) harContent {
	c := harContent{Size: max(b.Decoded, 0), MimeType: media}
	if saved := b.Decoded - b.Wire; saved != 0 {
		c.Compression = &saved
	}
	data := b.Data
	if len(data) < b.Decoded {
		c.Comment = "the trace has the first " + strconv.Itoa(len(data)) + " octets"
		for cut := 0; cut < utf8.UTFMax-1 && !utf8.Valid(data); cut++ { // it may end within a character
			data = data[:len(data)-1]
		}
		if !utf8.Valid(data) {
			data = b.Data
		}
	}
	if c.Text = string(data); !utf8.Valid(data) {
		c.Text, c.Encoding = base64.StdEncoding.EncodeToString(data), "base64"
	}
	return c
}

// kind is the type of a resource as Chrome names it.
func (f *fetched) kind() string {
	if f.Why != "resource" {
		return "document"
	}
	media := ""
	if f.head != nil {
		for _, h := range f.head.Fields {
			if strings.EqualFold(h.Name, "Content-Type") {
				media = strings.ToLower(h.Value)
			}
		}
	}
	for kind, part := range map[string]string{"stylesheet": "text/css", "image": "image/", "script": "javascript", "font": "font/"} {
		if strings.Contains(media, part) {
			return kind
		}
	}
	return "other"
}

// pairsOf are the fields of a head. Pseudo-header fields of HTTP/2 are none (RFC 9113
// §8.3): an archive has what they say in places of its own, and a browser that serves
// a page from one refuses such names.
func pairsOf(fields []lookup.Field) []harPair {
	out := make([]harPair, 0, len(fields))
	for _, f := range fields {
		if !strings.HasPrefix(f.Name, ":") {
			out = append(out, harPair(f))
		}
	}
	return out
}

// queryOf are the parts of a query as a form has them, in their order.
func queryOf(address string) []harPair {
	out := []harPair{}
	u, err := url.Parse(address)
	if err != nil || u.RawQuery == "" {
		return out
	}
	for part := range strings.SplitSeq(u.RawQuery, "&") {
		name, value, _ := strings.Cut(part, "=")
		out = append(out, harPair{unescaped(name), unescaped(value)})
	}
	return out
}

func unescaped(s string) string {
	if t, err := url.QueryUnescape(s); err == nil {
		return t
	}
	return s
}

// headSize is -1 where the octets of a head are not known.
func headSize(head []byte) int {
	if len(head) == 0 {
		return -1
	}
	return len(head)
}

// status is a status as the format has it, 0 for what is none.
func status(n int) int {
	if n < 100 || n > 999 {
		return 0
	}
	return n
}

func millis(us int64) float64 {
	if us < 0 {
		return -1
	}
	return float64(us) / 1000
}

func round(ms float64) float64 { return float64(int64(ms*1000+.5)) / 1000 }

func harTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
