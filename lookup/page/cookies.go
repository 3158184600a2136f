package page

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/publicsuffix"

	"rootwalk/lookup"
)

// Cookies is a browser's cookie store (RFC 6265 §5.3) on lesson time. It is safe
// for concurrent use and bounded: MaxCookies in all, MaxCookiesPerHost for one
// domain, MaxCookie octets for one.
type Cookies struct {
	clock lookup.Clock

	mu    sync.Mutex
	kept  map[cookieKey]*Cookie
	count int // of all ever stored, for the order of creation
}

// Bounds of a store (RFC 6265 §6.1 asks for at least 3000, 50 and 4096).
const (
	MaxCookies        = 3000
	MaxCookiesPerHost = 50
	MaxCookie         = 4096
)

type cookieKey struct{ name, domain, path string }

// Cookie is one that is kept.
type Cookie struct {
	Name, Value string
	Domain      string // without a leading dot
	Path        string
	HostOnly    bool // for Domain itself only, not below it
	Secure      bool
	HTTPOnly    bool
	SameSite    string    // "Strict", "Lax", "None", or "" for the default
	Until       time.Time // lesson time; zero: until the browser is closed

	order int
}

// Why a cookie is not stored.
const (
	CookieMalformed = "malformed" // RFC 6265 §5.2
	CookieForeign   = "foreign"   // its Domain is not the host's (§5.3 step 6)
	CookieSuffix    = "suffix"    // its Domain is a public suffix (§5.3 step 5)
	CookiePlain     = "plain"     // Secure, but it came over http
	CookiePrefix    = "prefix"    // its name promises what it does not keep: __Secure-, __Host-
	CookieTooBig    = "tooBig"
)

// NewCookies makes an empty store.
func NewCookies(clock lookup.Clock) *Cookies {
	return &Cookies{clock: clock, kept: map[cookieKey]*Cookie{}}
}

// Store takes one Set-Cookie field of a response from a. It returns the cookie
// as it is kept, or why it is refused. One that has expired already is removed;
// its Until is then in the past.
func (c *Cookies) Store(a URL, field string) (Cookie, string) {
	if len(field) > MaxCookie {
		return Cookie{}, CookieTooBig
	}
	raw, err := http.ParseSetCookie(field)
	if err != nil {
		return Cookie{}, CookieMalformed
	}
	now := c.clock.Now()
	host := strings.TrimSuffix(strings.ToLower(a.Host), ".")
	k := Cookie{Name: raw.Name, Value: raw.Value, Domain: host, HostOnly: true, Secure: raw.Secure, HTTPOnly: raw.HttpOnly, Path: raw.Path}
	switch raw.SameSite {
	case http.SameSiteLaxMode:
		k.SameSite = "Lax"
	case http.SameSiteStrictMode:
		k.SameSite = "Strict"
	case http.SameSiteNoneMode:
		k.SameSite = "None"
	}
	if domain := strings.TrimPrefix(strings.ToLower(raw.Domain), "."); domain != "" {
		if a.Addr().IsValid() && domain != host || !domainMatch(host, domain) {
			return k, CookieForeign
		}
		// A public suffix of one label that no list knows counts as one too: the
		// lab has such.
		if suffix, _ := publicsuffix.PublicSuffix(domain); suffix == domain {
			if domain != host {
				return k, CookieSuffix
			}
		} else {
			k.Domain, k.HostOnly = domain, false
		}
	}
	if !strings.HasPrefix(k.Path, "/") {
		k.Path = defaultPath(a)
	}
	if k.Secure && a.Scheme != "https" {
		return k, CookiePlain
	}
	lower := strings.ToLower(k.Name)
	if strings.HasPrefix(lower, "__secure-") && !k.Secure ||
		strings.HasPrefix(lower, "__host-") && (!k.Secure || !k.HostOnly || k.Path != "/") {
		return k, CookiePrefix
	}
	switch {
	case raw.MaxAge > 0:
		k.Until = now.Add(min(time.Duration(min(raw.MaxAge, 1<<31))*time.Second, 400*24*time.Hour)) // 6265bis §5.5
	case raw.MaxAge < 0: // net/http says so for 0 and below
		k.Until = now.Add(-time.Second)
	case !raw.Expires.IsZero():
		k.Until = raw.Expires
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	key := cookieKey{k.Name, k.Domain, k.Path}
	if old := c.kept[key]; old != nil {
		k.order = old.order
	} else {
		c.count++
		k.order = c.count
	}
	if !k.Until.IsZero() && !k.Until.After(now) {
		delete(c.kept, key)
		return k, ""
	}
	c.kept[key] = &k
	c.makeRoom(k.Domain, now)
	return k, ""
}

// For lists the cookies that a request to a carries, longest path and oldest
// first (RFC 6265 §5.4).
func (c *Cookies) For(a URL) []Cookie {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.clock.Now()
	host := strings.TrimSuffix(strings.ToLower(a.Host), ".")
	path, _, _ := strings.Cut(a.Path, "?")
	var out []Cookie
	for key, k := range c.kept {
		switch {
		case !k.Until.IsZero() && !k.Until.After(now):
			delete(c.kept, key)
		case k.HostOnly && k.Domain != host, !domainMatch(host, k.Domain), !pathMatch(path, k.Path), k.Secure && a.Scheme != "https":
		default:
			out = append(out, *k)
		}
	}
	slices.SortFunc(out, func(x, y Cookie) int {
		return cmp.Or(cmp.Compare(len(y.Path), len(x.Path)), cmp.Compare(x.order, y.order))
	})
	return out
}

// Forget empties the store.
func (c *Cookies) Forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.kept)
}

// makeRoom keeps the bounds: what has expired goes first, then the oldest of the
// domain, then the oldest of all (RFC 6265 §5.3, the end). The lock is held.
func (c *Cookies) makeRoom(domain string, now time.Time) {
	same := 0
	for _, k := range c.kept {
		if k.Domain == domain {
			same++
		}
	}
	if same <= MaxCookiesPerHost && len(c.kept) <= MaxCookies {
		return
	}
	for key, k := range c.kept {
		if !k.Until.IsZero() && !k.Until.After(now) {
			delete(c.kept, key)
		}
	}
	c.dropOldest(MaxCookiesPerHost, func(k *Cookie) bool { return k.Domain == domain })
	c.dropOldest(MaxCookies, func(*Cookie) bool { return true })
}

// dropOldest leaves room of those that are meant; the lock is held.
func (c *Cookies) dropOldest(room int, meant func(*Cookie) bool) {
	var keys []cookieKey
	for key, k := range c.kept {
		if meant(k) {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(x, y cookieKey) int { return cmp.Compare(c.kept[x].order, c.kept[y].order) })
	for len(keys) > room {
		delete(c.kept, keys[0])
		keys = keys[1:]
	}
}

// domainMatch is RFC 6265 §5.1.3 for names.
func domainMatch(host, domain string) bool {
	return host == domain || strings.HasSuffix(host, "."+domain)
}

// pathMatch is RFC 6265 §5.1.4.
func pathMatch(path, of string) bool {
	return path == of || strings.HasPrefix(path, of) && (strings.HasSuffix(of, "/") || path[len(of)] == '/')
}

// defaultPath is the directory of the page (RFC 6265 §5.1.4).
func defaultPath(a URL) string {
	path, _, _ := strings.Cut(a.Path, "?")
	if i := strings.LastIndexByte(path, '/'); i > 0 {
		return path[:i]
	}
	return "/"
}
