package lookup

import "time"

// Remembered is what a browser remembers of the Web from one visit to the next, by
// lesson time. None of it is a cache of the DNS. Lists are in a fixed order.
type Remembered struct {
	Hosts     []RememberedHost
	Cookies   []RememberedCookie
	Responses []RememberedResponse
	Services  []RememberedService
	Now       time.Time
}

// RememberedHost is one that is reached over https only (RFC 6797).
type RememberedHost struct {
	Host       Name
	Subdomains bool
	Preloaded  bool      // the browser came with it: it cannot be forgotten
	Until      time.Time // zero if preloaded
}

// RememberedCookie is a cookie (RFC 6265).
type RememberedCookie struct {
	Key          string // by which it is forgotten
	Name, Value  string
	Domain, Path string
	HostOnly     bool
	Secure       bool
	HTTPOnly     bool
	SameSite     string    // "Strict", "Lax", "None", "" for the default
	Until        time.Time // zero: until the browser is closed
}

// RememberedResponse is a response in the HTTP cache (RFC 9111).
type RememberedResponse struct {
	URL             string
	Status, Size    int
	AgeSec, LiveSec int64  // its age, and for how long it is fresh in all
	Rule            string // that says so: "max-age", "expires", "heuristic", "none", "noCache"
	Etag            string
	Fresh           bool
}

// RememberedService is another place at which an origin can be reached (RFC 7838).
type RememberedService struct {
	Origin   string
	Protocol string
	Host     string // "" is the origin's own
	Port     int
	Until    time.Time
}
