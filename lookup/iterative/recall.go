package iterative

import (
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

// remember notes that a search in the cache made a part of the answer. What a
// validator looks for on its way is no part of it. With a DNAME the answer hangs
// on the letters of the question, so it is not remembered.
func (w *walk) remember(name lookup.Name, rrtype lookup.Type, s *message.Stored, leftSec uint32) {
	if w.memory == nil || w.fetching || len(w.stack) > 0 {
		return
	}
	if s.Type == lookup.TypeDNAME && rrtype != lookup.TypeDNAME {
		w.memory = nil
		return
	}
	w.memory.Parts = append(w.memory.Parts, message.Remembered{Name: name.Canonical(), Type: rrtype, Stored: s, LeftSec: leftSec})
}

// recollection is the memory of an answer that came from the cache alone. What
// was validated holds to the end of this second: signatures begin and end with
// one (RFC 4034 §3.1.5).
func (w *walk) recollection() *message.Memory {
	m := w.memory
	m.Signed = w.signed && !w.cacheOnly
	if w.validation != nil {
		m.Until = w.r.clock.Now().Truncate(time.Second).Add(time.Second)
	}
	return m
}

// Recall reports whether one of the searches for an answer that is remembered would
// find now what it found then, as Resolve would do it, and how many seconds
// that has left. It counts as use of the entry. It allocates nothing.
func (r *Resolver) Recall(m *message.Memory, part int) (leftSec uint32, ok bool) {
	if !m.Until.IsZero() && !r.clock.Now().Before(m.Until) {
		return 0, false
	}
	p := &m.Parts[part]
	var s *message.Stored
	if m.Signed {
		s, leftSec, ok = r.cache.FindSigned(lookup.Step{}, p.Name, p.Type)
	} else {
		s, leftSec, ok = r.cache.Find(lookup.Step{}, p.Name, p.Type)
	}
	return leftSec, ok && s == p.Stored && !(r.prefetch && leftSec <= s.TTLSec/prefetchPart)
}
