package lookup

import "time"

// URLPart is one part of a URL, as a browser writes it.
type URLPart struct {
	Name  string `json:"name"` // "scheme", "user", "password", "host", "port", "path", "query", "fragment"; "mark" for what stands between
	Text  string `json:"text"`
	Shown string `json:"shown"` // of a host in A-labels: what people read, else ""
	From  int    `json:"from"`  // octets from the start of the URL
	To    int    `json:"to"`
}

// Field is one field line of a message of HTTP, as it was on the wire (RFC 9110
// §5).
type Field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// UrlRead says how a browser reads what was typed (URL Standard §4.4).
type UrlRead struct {
	Typed   string    `json:"typed"`
	URL     string    `json:"url"`
	Assumed string    `json:"assumed"` // the scheme that was put before it, "" if it was typed
	Parts   []URLPart `json:"parts"`
	Notes   []string  `json:"notes"` // what was odd about it: "unit", "solidus", "backslash", "credentials", "ipv4NonDecimal", "ipv4EmptyPart", "odd"
	Host    string    `json:"host"`
	Port    int       `json:"port"`
}

// FetchStarted begins the way of one resource: a cache, a connection, a request
// and a response.
type FetchStarted struct {
	N      int    `json:"n"` // number of the fetch in this trace, from 1
	URL    string `json:"url"`
	Method string `json:"method"`
	Why    string `json:"why"` // "typed", "redirect", "resource"
}

// FetchFinished says what came of it and where the time went. A phase that did
// not take place is -1.
type FetchFinished struct {
	N         int    `json:"n"`
	URL       string `json:"url"`
	Status    int    `json:"status"`  // 0 without a response
	Outcome   string `json:"outcome"` // "done", "redirect", "cached", "failed"
	Detail    string `json:"detail"`  // of a failure, in English
	Stop             // of a failure
	Reused    bool   `json:"reused"` // over a connection that was there
	LookupUs  int64  `json:"lookupUs"`
	ConnectUs int64  `json:"connectUs"`
	SecureUs  int64  `json:"secureUs"`
	SendUs    int64  `json:"sendUs"`
	WaitUs    int64  `json:"waitUs"`    // from the last octet of the request to the first of the response: one definition of time to first byte
	ReceiveUs int64  `json:"receiveUs"` // from the first octet of the response to the last
	FirstUs   int64  `json:"firstUs"`   // from the start of the fetch to the first octet: the other definition
	TotalUs   int64  `json:"totalUs"`
}

// HstsConsulted says whether a host is known to be reached over https only (RFC
// 6797 §8.3).
type HstsConsulted struct {
	N        int       `json:"n"`
	Host     Name      `json:"host"`
	Entry    Name      `json:"entry"`  // the host that the list has, "" for none
	Source   string    `json:"source"` // "header", "preload", "" for none
	Until    time.Time `json:"until"`  // lesson time
	Upgraded bool      `json:"upgraded"`
	URL      string    `json:"url"` // after that
}

// HstsStored says that a host asked to be reached over https only from now on.
type HstsStored struct {
	Host       Name      `json:"host"`
	Subdomains bool      `json:"subdomains"`
	Until      time.Time `json:"until"` // lesson time
}

// HstsForgotten says that a host took that back (max-age=0).
type HstsForgotten struct {
	Host Name `json:"host"`
}

// HstsIgnored says that a Strict-Transport-Security field has no effect.
type HstsIgnored struct {
	Host   string `json:"host"`
	Value  string `json:"value"`
	Reason string `json:"reason"` // "plain", "address", "malformed"
}

// RequestSent says that a request is in the hands of the connection.
type RequestSent struct {
	N       int     `json:"n"`
	Conn    int     `json:"conn"`   // number of the connection in this trace
	Stream  int     `json:"stream"` // of HTTP/2, else 0
	Nth     int     `json:"nth"`    // request on this connection, from 1
	Version string  `json:"version"`
	Method  string  `json:"method"`
	URL     string  `json:"url"`
	Fields  []Field `json:"fields"`
	Head    Octets  `json:"head"` // request line and fields, as sent; in HTTP/2 the coded field block
	Body    int     `json:"body"` // octets
}

// HeadReceived says that the head of a response is there. An interim response
// (1xx) is one of its own.
type HeadReceived struct {
	N       int     `json:"n"`
	Conn    int     `json:"conn"`
	Stream  int     `json:"stream"` // of HTTP/2, else 0
	Version string  `json:"version"`
	Status  int     `json:"status"`
	Phrase  string  `json:"phrase"`
	Fields  []Field `json:"fields"`
	Head    Octets  `json:"head"`
	Framing string  `json:"framing"` // how the end of the body is known: "none", "length", "chunked", "close" (RFC 9112 §6.3), "frames" (RFC 9113 §8.1)
	Length  int64   `json:"length"`  // of "length", and of "frames" where it was announced, else -1
	Keep    bool    `json:"keep"`    // the connection outlives this response
}

// ChunkReceived says that a chunk of a chunked body is there (RFC 9112 §7.1).
type ChunkReceived struct {
	N    int `json:"n"`
	Size int `json:"size"` // 0 for the last
	Of   int `json:"of"`   // octets of the body so far
}

// BodyArrived says that octets of a body came.
type BodyArrived struct {
	N    int `json:"n"`
	Size int `json:"size"`
	Of   int `json:"of"` // so far
}

// BodyFinished says that a body is whole, or why it never will be.
type BodyFinished struct {
	N       int    `json:"n"`
	Coding  string `json:"coding"`  // Content-Encoding that was undone, "" for none
	Wire    int    `json:"wire"`    // octets that came, framing not counted
	Decoded int    `json:"decoded"` // octets after that
	Media   string `json:"media"`   // Content-Type
	Data    Octets `json:"data"`    // decoded, as far as it is kept
	Whole   bool   `json:"whole"`
	Reason  string `json:"reason"` // of one that is not: "cut", "tooBig", "bomb", "malformed", "timeout"
}

// RedirectFollowed says where a response sends the browser, and with which
// method (RFC 9110 §15.4).
type RedirectFollowed struct {
	N      int    `json:"n"`
	Nth    int    `json:"nth"` // redirect of this journey, from 1
	Status int    `json:"status"`
	From   string `json:"from"`
	To     string `json:"to"`
	Before string `json:"before"` // the method
	After  string `json:"after"`
	Rule   string `json:"rule"` // "same", "seeOther", "postToGet"
}

// RedirectStopped says why a redirect is not followed.
type RedirectStopped struct {
	N        int    `json:"n"`
	Status   int    `json:"status"`
	Location string `json:"location"`
	Reason   string `json:"reason"` // "loop", "tooMany", "scheme", "malformed", "missing"
	Limit    int    `json:"limit"`
}

// CookieStored says that a cookie is kept, or with an Until in the past that it
// is gone.
type CookieStored struct {
	N        int       `json:"n"`
	Name     string    `json:"name"`
	Domain   string    `json:"domain"`
	Path     string    `json:"path"`
	HostOnly bool      `json:"hostOnly"`
	Secure   bool      `json:"secure"`
	HTTPOnly bool      `json:"httpOnly"`
	SameSite string    `json:"sameSite"`
	Until    time.Time `json:"until"` // lesson time; zero: until the browser is closed
	Gone     bool      `json:"gone"`
}

// CookieRefused says that a cookie is not kept.
type CookieRefused struct {
	N      int    `json:"n"`
	Field  string `json:"field"`
	Reason string `json:"reason"` // "malformed", "foreign", "suffix", "plain", "prefix", "tooBig"
}

// CookiesSent says which cookies a request carries.
type CookiesSent struct {
	N     int      `json:"n"`
	Names []string `json:"names"`
}

// StoreConsulted says what the browser's HTTP cache has for a URL (RFC 9111
// §4). It is no cache of the DNS.
type StoreConsulted struct {
	N           int    `json:"n"`
	URL         string `json:"url"`
	Verdict     string `json:"verdict"` // "none", "fresh", "stale"
	Rule        string `json:"rule"`    // "max-age", "expires", "heuristic", "none", "noCache"
	AgeSec      int64  `json:"ageSec"`
	LifetimeSec int64  `json:"lifetimeSec"`
	Etag        string `json:"etag"`     // what it may ask with
	Modified    string `json:"modified"` // Last-Modified
}

// StoreFilled says that a response is kept in the HTTP cache.
type StoreFilled struct {
	N           int    `json:"n"`
	URL         string `json:"url"`
	Rule        string `json:"rule"`
	LifetimeSec int64  `json:"lifetimeSec"`
	Size        int    `json:"size"`
}

// StoreRefreshed says that a kept response is good for another while: 304 (RFC
// 9111 §4.3.4).
type StoreRefreshed struct {
	N           int    `json:"n"`
	URL         string `json:"url"`
	Rule        string `json:"rule"`
	LifetimeSec int64  `json:"lifetimeSec"`
	Saved       int    `json:"saved"` // octets of the body that did not come again
}

// StoreSkipped says why a response is not kept.
type StoreSkipped struct {
	N      int    `json:"n"`
	URL    string `json:"url"`
	Reason string `json:"reason"` // "method", "status", "noStore", "vary", "size"
}

func (UrlRead) fact()          {}
func (FetchStarted) fact()     {}
func (FetchFinished) fact()    {}
func (HstsConsulted) fact()    {}
func (HstsStored) fact()       {}
func (HstsForgotten) fact()    {}
func (HstsIgnored) fact()      {}
func (RequestSent) fact()      {}
func (HeadReceived) fact()     {}
func (ChunkReceived) fact()    {}
func (BodyArrived) fact()      {}
func (BodyFinished) fact()     {}
func (RedirectFollowed) fact() {}
func (RedirectStopped) fact()  {}
func (CookieStored) fact()     {}
func (CookieRefused) fact()    {}
func (CookiesSent) fact()      {}
func (StoreConsulted) fact()   {}
func (StoreFilled) fact()      {}
func (StoreRefreshed) fact()   {}
func (StoreSkipped) fact()     {}

func (FetchFinished) lasting() {}

func (UrlRead) drawnByServer()          {}
func (FetchStarted) drawnByServer()     {}
func (FetchFinished) drawnByServer()    {}
func (HstsConsulted) drawnByServer()    {}
func (HstsStored) drawnByServer()       {}
func (HstsForgotten) drawnByServer()    {}
func (HstsIgnored) drawnByServer()      {}
func (RequestSent) drawnByServer()      {}
func (HeadReceived) drawnByServer()     {}
func (ChunkReceived) drawnByServer()    {}
func (BodyArrived) drawnByServer()      {}
func (BodyFinished) drawnByServer()     {}
func (RedirectFollowed) drawnByServer() {}
func (RedirectStopped) drawnByServer()  {}
func (CookieStored) drawnByServer()     {}
func (CookieRefused) drawnByServer()    {}
func (CookiesSent) drawnByServer()      {}
func (StoreConsulted) drawnByServer()   {}
func (StoreFilled) drawnByServer()      {}
func (StoreRefreshed) drawnByServer()   {}
func (StoreSkipped) drawnByServer()     {}

func (f RequestSent) octets() int  { return len(f.Head) }
func (f HeadReceived) octets() int { return len(f.Head) }
func (f BodyFinished) octets() int { return len(f.Data) }
