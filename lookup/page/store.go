package page

import (
	"net/http"
	"strings"
	"sync"
	"time"

	"rootwalk/lookup"
)

// Store is a browser's HTTP cache, private to it (RFC 9111), on lesson time. It
// is safe for concurrent use and keeps MaxStored responses and MaxStoredBytes of
// bodies; what was used longest ago makes room.
type Store struct {
	clock lookup.Clock

	mu    sync.Mutex
	kept  map[string]*stored // by URL without fragment
	bytes int
	turn  int
}

// Bounds of a store.
const (
	MaxStored      = 200
	MaxStoredBytes = 8 << 20
	MaxStoredBody  = 1 << 20
)

type stored struct {
	status              int
	header              http.Header
	body                []byte // decoded
	requested, received time.Time
	vary                map[string]string // request fields that chose it (§4.1)
	used                int
}

// NewStore makes an empty cache.
func NewStore(clock lookup.Clock) *Store {
	return &Store{clock: clock, kept: map[string]*stored{}}
}

// find is what is kept for a request, with its freshness now.
func (s *Store) find(url string, request http.Header) (*stored, Freshness, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.kept[url]
	if e == nil || !e.matches(request) {
		return nil, Freshness{}, false
	}
	s.turn++
	e.used = s.turn
	same := *e
	return &same, FreshnessOf(e.header, e.requested, e.received, s.clock.Now()), true
}

func (e *stored) matches(request http.Header) bool {
	for name, value := range e.vary {
		if request.Get(name) != value {
			return false
		}
	}
	return true
}

// put keeps a response.
func (s *Store) put(url string, request http.Header, e stored) Freshness {
	e.vary = map[string]string{}
	for _, line := range e.header.Values("Vary") {
		for name := range strings.SplitSeq(line, ",") {
			if name = http.CanonicalHeaderKey(strings.TrimSpace(name)); name != "" {
				e.vary[name] = request.Get(name)
			}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turn++
	e.used = s.turn
	s.drop(url)
	s.kept[url] = &e
	s.bytes += len(e.body)
	for len(s.kept) > MaxStored || s.bytes > MaxStoredBytes {
		s.drop(s.longestUnused())
	}
	return FreshnessOf(e.header, e.requested, e.received, s.clock.Now())
}

// refresh takes the fields of a 304 into what is kept (RFC 9111 §3.2, §4.3.4).
func (s *Store) refresh(url string, fields http.Header, requested, received time.Time) (*stored, Freshness, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.kept[url]
	if e == nil {
		return nil, Freshness{}, false
	}
	header := e.header.Clone()
	for name, values := range fields {
		switch name {
		case "Content-Encoding", "Content-Type", "Content-Range", "Content-Length", "Transfer-Encoding", "Connection", "Etag":
		default:
			header[name] = values
		}
	}
	e.header, e.requested, e.received = header, requested, received
	same := *e
	return &same, FreshnessOf(header, requested, received, s.clock.Now()), true
}

// Forget empties the cache.
func (s *Store) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.kept)
	s.bytes = 0
}

// invalidate drops what an unsafe method has made doubtful (RFC 9111 §4.4).
func (s *Store) invalidate(url string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(url)
}

func (s *Store) drop(url string) {
	if e := s.kept[url]; e != nil {
		s.bytes -= len(e.body)
		delete(s.kept, url)
	}
}

func (s *Store) longestUnused() string {
	url, used := "", 0
	for u, e := range s.kept {
		if url == "" || e.used < used {
			url, used = u, e.used
		}
	}
	return url
}
