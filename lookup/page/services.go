package page

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"rootwalk/lookup"
)

// Services are the other places at which origins say that they can be reached (RFC
// 7838), on lesson time. It is safe for concurrent use and keeps MaxServices
// origins; past that the one that expires first makes room.
type Services struct {
	clock lookup.Clock

	mu    sync.Mutex
	known map[string][]Service // by origin, as the origin prefers them
}

// Bounds of Services.
const (
	MaxServices    = 500
	maxAlternative = 8        // of one field
	maxServiceAge  = 30 * day // what is longer counts as that
	day            = 24 * time.Hour
)

// Service is one such place.
type Service struct {
	Protocol string // by ALPN: "h2", "h3"
	Host     string // "" is the origin's own
	Port     uint16
	Until    time.Time // lesson time
}

// NewServices knows none.
func NewServices(clock lookup.Clock) *Services {
	return &Services{clock: clock, known: map[string][]Service{}}
}

// Note takes the Alt-Svc field of a response from a. It returns what is known of
// the origin now, or why the field is ignored: "plain" (it came over http, where
// anybody could have put it), "malformed".
func (s *Services) Note(a URL, field string) (now []Service, ignored string) {
	if a.Scheme != "https" {
		return nil, IgnoredPlain
	}
	list, ok := parseAltSvc(field, s.clock.Now())
	if !ok {
		return nil, IgnoredMalformed
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.known, a.Origin()) // a new field replaces what was known (§3.1)
	if len(list) == 0 {
		return nil, ""
	}
	if len(s.known) >= MaxServices {
		first := ""
		for origin, l := range s.known {
			if first == "" || l[0].Until.Before(s.known[first][0].Until) {
				first = origin
			}
		}
		delete(s.known, first)
	}
	s.known[a.Origin()] = list
	return slices.Clone(list), ""
}

// Of lists what is known of an origin and has not expired.
func (s *Services) Of(a URL) []Service {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now()
	list := slices.DeleteFunc(s.known[a.Origin()], func(x Service) bool { return !x.Until.After(now) })
	if len(list) == 0 {
		delete(s.known, a.Origin())
		return nil
	}
	s.known[a.Origin()] = list
	return slices.Clone(list)
}

// Forget empties it.
func (s *Services) Forget() { s.forget("") }

func (s *Services) forget(origin string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if origin == "" {
		clear(s.known)
	}
	delete(s.known, origin)
}

func (s *Services) remembered() []lookup.RememberedService {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now()
	var out []lookup.RememberedService
	for origin, list := range s.known {
		for _, x := range list {
			if x.Until.After(now) {
				out = append(out, lookup.RememberedService{Origin: origin, Protocol: x.Protocol, Host: x.Host, Port: int(x.Port), Until: x.Until})
			}
		}
	}
	slices.SortStableFunc(out, func(x, y lookup.RememberedService) int { return cmp.Compare(x.Origin, y.Origin) })
	return out
}

// parseAltSvc reads an Alt-Svc field value (RFC 7838 §3): "clear", or alternatives
// such as h2=":8443"; ma=3600. Parameters that nobody knows are ignored.
func parseAltSvc(field string, now time.Time) (list []Service, ok bool) {
	if strings.TrimSpace(field) == "clear" {
		return nil, true
	}
	for _, one := range splitQuoted(field, ',') {
		params := splitQuoted(one, ';')
		protocol, authority, found := strings.Cut(strings.TrimSpace(params[0]), "=")
		authority, quoted := unquote(authority)
		at := strings.LastIndexByte(authority, ':')
		if !found || !quoted || !isToken(protocol) || at < 0 {
			return nil, false
		}
		port, err := strconv.ParseUint(authority[at+1:], 10, 16)
		host := authority[:at]
		if err != nil || port == 0 || len(host) > 253 || strings.ContainsFunc(host, notHost) {
			return nil, false
		}
		x := Service{Protocol: protocol, Host: strings.ToLower(host), Port: uint16(port), Until: now.Add(day)}
		for _, p := range params[1:] {
			name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
			if !strings.EqualFold(name, "ma") {
				continue
			}
			if text, q := unquote(value); q {
				value = text
			}
			n, err := strconv.ParseUint(value, 10, 32)
			if err != nil {
				return nil, false
			}
			x.Until = now.Add(min(time.Duration(n)*time.Second, maxServiceAge))
		}
		if len(list) < maxAlternative && x.Until.After(now) {
			list = append(list, x)
		}
	}
	return list, true
}

// notHost reports what no host has in it (RFC 3986 §3.2.2); it goes into a field.
func notHost(r rune) bool { return r <= ' ' || r >= 0x7F || strings.ContainsRune(`/@\"`, r) }

// splitQuoted cuts a text at a separator that stands outside of quotes.
func splitQuoted(s string, sep byte) []string {
	var out []string
	from, inside := 0, false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			inside = !inside
		case s[i] == '\\' && inside:
			i++
		case s[i] == sep && !inside:
			out = append(out, s[from:i])
			from = i + 1
		}
	}
	return append(out, s[from:])
}

// unquote reads a quoted string (RFC 9110 §5.6.4); ok is false for any other.
func unquote(s string) (string, bool) {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return s, false
	}
	var b strings.Builder
	for i := 1; i < len(s)-1; i++ {
		if s[i] == '\\' && i < len(s)-2 {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String(), true
}
