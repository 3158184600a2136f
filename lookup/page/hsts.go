package page

import (
	"strconv"
	"strings"
	"sync"
	"time"

	"rootwalk/lookup"
)

// HSTS is a browser's list of hosts that are reached over https only (RFC
// 6797), on lesson time. It is safe for concurrent use. It keeps MaxHSTS hosts;
// past that the one that expires first makes room.
type HSTS struct {
	clock     lookup.Clock
	preloaded map[lookup.Name]bool // host → also below it

	mu    sync.Mutex
	hosts map[lookup.Name]Pin
}

// MaxHSTS is how many hosts a list keeps besides the preloaded ones.
const MaxHSTS = 1000

// maxAge bounds max-age: what is longer counts as ten years.
const maxAge = 10 * 365 * 24 * time.Hour

// Pin is what the list knows of a host.
type Pin struct {
	Host       lookup.Name
	Subdomains bool
	Preloaded  bool
	Until      time.Time // lesson time; zero if preloaded
}

// NewHSTS makes a list that knows the preloaded hosts only, each with all below
// it, as the lists that browsers ship do.
func NewHSTS(clock lookup.Clock, preloaded ...lookup.Name) *HSTS {
	h := &HSTS{clock: clock, preloaded: map[lookup.Name]bool{}, hosts: map[lookup.Name]Pin{}}
	for _, name := range preloaded {
		h.preloaded[name.Canonical()] = true
	}
	return h
}

// Find is the entry by which a host is reached over https only: its own, or one
// above it with includeSubDomains (RFC 6797 §8.2).
func (h *HSTS) Find(host lookup.Name) (Pin, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.clock.Now()
	for name := host.Canonical(); name != lookup.Root; name = name.Parent() {
		if p, ok := h.hosts[name]; ok {
			switch {
			case !p.Until.After(now):
				delete(h.hosts, name)
			case p.Subdomains || name == host.Canonical():
				return p, true
			}
		}
		if h.preloaded[name] {
			return Pin{Host: name, Subdomains: true, Preloaded: true}, true
		}
	}
	return Pin{}, false
}

// List is all that the list has learnt, in no order.
func (h *HSTS) List() []Pin {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := make([]Pin, 0, len(h.hosts))
	now := h.clock.Now()
	for _, p := range h.hosts {
		if p.Until.After(now) {
			out = append(out, p)
		}
	}
	return out
}

// Forget empties the list but for what is preloaded.
func (h *HSTS) Forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	clear(h.hosts)
}

// Why a Strict-Transport-Security field is ignored.
const (
	IgnoredPlain     = "plain"     // it came over http (RFC 6797 §8.1)
	IgnoredAddress   = "address"   // the host is an address (§8.1.1)
	IgnoredMalformed = "malformed" // it breaks the grammar (§6.1)
)

// Note takes the Strict-Transport-Security field of a response. It returns what
// the list holds now, or why the field is ignored. A max-age of 0 forgets the
// host (§6.1.1); Until is then not after now.
func (h *HSTS) Note(from URL, field string) (pin Pin, ignored string) {
	if from.Scheme != "https" {
		return Pin{}, IgnoredPlain
	}
	host := from.Name()
	if host == "" {
		return Pin{}, IgnoredAddress
	}
	age, subdomains, ok := parseSTS(field)
	if !ok {
		return Pin{}, IgnoredMalformed
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.clock.Now()
	pin = Pin{Host: host.Canonical(), Subdomains: subdomains, Until: now.Add(age)}
	if age == 0 {
		delete(h.hosts, pin.Host)
		return pin, ""
	}
	if _, known := h.hosts[pin.Host]; !known && len(h.hosts) >= MaxHSTS {
		h.makeRoom()
	}
	h.hosts[pin.Host] = pin
	return pin, ""
}

// makeRoom drops the host that expires first; the lock is held.
func (h *HSTS) makeRoom() {
	var first Pin
	for _, p := range h.hosts {
		if first.Host == "" || p.Until.Before(first.Until) {
			first = p
		}
	}
	delete(h.hosts, first.Host)
}

// parseSTS reads a Strict-Transport-Security field value (RFC 6797 §6.1):
// max-age is required, no directive may come twice, unknown ones are ignored.
func parseSTS(field string) (age time.Duration, subdomains, ok bool) {
	seen := map[string]bool{}
	for directive := range strings.SplitSeq(field, ";") {
		name, value, hasValue := strings.Cut(strings.TrimSpace(directive), "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if name == "" {
			continue
		}
		if seen[name] {
			return 0, false, false
		}
		seen[name] = true
		value = strings.TrimSpace(value)
		switch name {
		case "max-age":
			if unquoted, found := strings.CutPrefix(value, `"`); found {
				if value, found = strings.CutSuffix(unquoted, `"`); !found {
					return 0, false, false
				}
			}
			if value == "" || strings.Trim(value, "0123456789") != "" {
				return 0, false, false
			}
			age = maxAge
			if n, err := strconv.ParseInt(value, 10, 64); err == nil && n < int64(maxAge/time.Second) {
				age = time.Duration(n) * time.Second
			}
		case "includesubdomains":
			if hasValue {
				return 0, false, false
			}
			subdomains = true
		}
	}
	return age, subdomains, seen["max-age"]
}
