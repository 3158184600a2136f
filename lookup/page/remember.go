package page

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"rootwalk/lookup"
)

// What a browser remembers, as lists, and how it forgets.

// Stores are the keys of what a browser can be made to forget.
func Stores() []string { return []string{"hsts", "cookies", "responses", "services"} }

// ErrNoStore is a store that there is not.
var ErrNoStore = errors.New("page: no such store")

// Remembered is all that it remembers now.
func (b *Browser) Remembered() lookup.Remembered {
	return lookup.Remembered{Hosts: b.HSTS.remembered(), Cookies: b.Cookies.remembered(), Responses: b.Store.remembered(), Services: b.Services.remembered(), Now: b.clock.Now()}
}

// ForgetIn forgets one entry of a store by its key, or for "" all of it. An entry
// that is not there is forgotten already.
func (b *Browser) ForgetIn(store, key string) error {
	switch store {
	case "hsts":
		b.HSTS.forget(lookup.Name(key))
	case "cookies":
		b.Cookies.forget(key)
	case "responses":
		if key == "" {
			b.Store.Forget()
		} else {
			b.Store.invalidate(key)
		}
	case "services":
		b.Services.forget(key)
	default:
		return ErrNoStore
	}
	return nil
}

func (h *HSTS) remembered() []lookup.RememberedHost {
	var out []lookup.RememberedHost
	for _, p := range h.List() {
		out = append(out, lookup.RememberedHost{Host: p.Host, Subdomains: p.Subdomains, Until: p.Until})
	}
	for name := range h.preloaded {
		out = append(out, lookup.RememberedHost{Host: name, Subdomains: true, Preloaded: true})
	}
	slices.SortFunc(out, func(x, y lookup.RememberedHost) int { return cmp.Compare(x.Host, y.Host) })
	return out
}

func (h *HSTS) forget(host lookup.Name) {
	if host == "" {
		h.Forget()
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.hosts, host.Canonical())
}

// text is a cookie's key as a form can carry it: none of its parts has a newline.
func (k cookieKey) text() string { return k.name + "\n" + k.domain + "\n" + k.path }

func (c *Cookies) remembered() []lookup.RememberedCookie {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.clock.Now()
	var kept []*Cookie
	for key, k := range c.kept {
		if !k.Until.IsZero() && !k.Until.After(now) {
			delete(c.kept, key)
			continue
		}
		kept = append(kept, k)
	}
	slices.SortFunc(kept, func(x, y *Cookie) int { return cmp.Compare(x.order, y.order) })
	var out []lookup.RememberedCookie
	for _, k := range kept {
		out = append(out, lookup.RememberedCookie{Key: cookieKey{k.Name, k.Domain, k.Path}.text(), Name: k.Name, Value: k.Value, Domain: k.Domain, Path: k.Path,
			HostOnly: k.HostOnly, Secure: k.Secure, HTTPOnly: k.HTTPOnly, SameSite: k.SameSite, Until: k.Until})
	}
	return out
}

func (c *Cookies) forget(key string) {
	if key == "" {
		c.Forget()
		return
	}
	parts := strings.Split(strings.ReplaceAll(key, "\r\n", "\n"), "\n") // as forms send it
	if len(parts) != 3 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.kept, cookieKey{parts[0], parts[1], parts[2]})
}

func (s *Store) remembered() []lookup.RememberedResponse {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now()
	var out []lookup.RememberedResponse
	for url, e := range s.kept {
		fresh := FreshnessOf(e.header, e.requested, e.received, now)
		out = append(out, lookup.RememberedResponse{URL: url, Status: e.status, Size: len(e.body), AgeSec: int64(fresh.Age / time.Second), LiveSec: int64(fresh.Lifetime / time.Second),
			Rule: fresh.Rule, Etag: cut(e.header.Get("Etag"), 80), Fresh: fresh.Fresh()})
	}
	slices.SortFunc(out, func(x, y lookup.RememberedResponse) int { return cmp.Compare(x.URL, y.URL) })
	return out
}
