package listener

import (
	"encoding/binary"
	"net/netip"
	"sync"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

// Recaller is a resolver that can tell, at the price of a look into its cache,
// whether an answer that it gave is the one that it would give now;
// iterative.Resolver is one. It is asked about each part of the memory: whether
// that is still so, and how many seconds it has left.
type Recaller interface {
	Recall(m *message.Memory, part int) (leftSec uint32, ok bool)
}

// Bounds of what is kept for answering again.
const (
	maxKept      = 1 << 14 // responses
	maxKeptBytes = 4 << 20 // octets of them
	maxParts     = 8       // searches in the cache for each
)

// answers are responses as they were packed, so that the next client that asks
// the same gets the same octets without a message being taken apart, looked up
// and packed. Whether a response still holds the resolver's cache decides each
// time, so nothing in here can be out of date; what differs between one client
// and the next (ID, letter case of the question, the TTLs a second
// later) is written over a copy. It is safe for concurrent use.
type answers struct {
	cache Recaller
	tell  func(Recalled) // nil if nobody wants to know

	mu    sync.RWMutex
	m     map[string]*kept // by shape
	bytes int
}

// kept is one response.
type kept struct {
	memory   *message.Memory
	response []byte
	ttls     []int // where its TTLs stand, if all of them are what the one part has left; nil where they have to be as they are
}

// newAnswers is nil where answers cannot be recalled, or have to be told about.
func newAnswers(c Config) *answers {
	r, ok := c.Resolver.(Recaller)
	if !ok || c.Reception != nil && c.Recalled == nil || c.Tracer != nil {
		return nil
	}
	return &answers{cache: r, tell: c.Recalled, m: map[string]*kept{}}
}

// shape is what a response hangs on beside the cache: the question in small
// letters and five bits of the query.
type shape struct {
	b    [lookup.MaxName + 5]byte
	n    int
	size int // octets that the response may have over UDP
}

// The bits of a shape.
const (
	withRD = 1 << iota
	withCD
	withAD
	withOPT
	withDO
)

// Options of clients that change nothing in a response: cookies, which are not
// given out here (RFC 7873 §5.2.1), and padding (RFC 7830).
const (
	optionCookie  = 10
	optionPadding = 12
)

// of reads a query of the plain sort, the one that nearly all are. It is false
// for anything else, malformed or merely rare, which then goes the long way.
func (s *shape) of(b []byte) bool {
	if len(b) < 12 || b[2]&^1 != 0 || b[3]&^0x30 != 0 ||
		binary.BigEndian.Uint32(b[4:]) != 1<<16 || binary.BigEndian.Uint16(b[8:]) != 0 || b[10] != 0 || b[11] > 1 {
		return false
	}
	at := 12
	for at < len(b) && b[at] > 0 {
		next := at + 1 + int(b[at])
		if b[at] > 63 || next >= len(b) || next-12 >= lookup.MaxName {
			return false
		}
		at = next
	}
	at++
	if at+4 > len(b) {
		return false
	}
	for i, c := range b[12:at] { // the length of a label is below any letter
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		s.b[i] = c
	}
	s.n = at - 12 + copy(s.b[at-12:], b[at:at+4])
	if b[at+2] != 0 || b[at+3] != 1 {
		return false // another class
	}
	at += 4
	s.size = minUDP
	bits := b[2] & 1
	if b[3]&0x10 != 0 {
		bits |= withCD
	}
	if b[3]&0x20 != 0 {
		bits |= withAD
	}
	if b[11] == 1 {
		opt := b[at:]
		if len(opt) < 11 || opt[0] != 0 || opt[1] != 0 || opt[2] != byte(lookup.TypeOPT) || opt[6] != 0 || opt[7]&0x7f != 0 || opt[8] != 0 ||
			int(binary.BigEndian.Uint16(opt[9:])) != len(opt)-11 || !harmless(opt[11:]) {
			return false
		}
		s.size = max(minUDP, min(int(binary.BigEndian.Uint16(opt[3:])), message.UDPSize))
		bits |= withOPT
		if opt[7]&0x80 != 0 {
			bits |= withDO
		}
	} else if at != len(b) {
		return false
	}
	s.b[s.n] = bits
	s.n++
	return true
}

// harmless reports whether EDNS options can be read and change nothing.
func harmless(options []byte) bool {
	for len(options) > 0 {
		if len(options) < 4 {
			return false
		}
		code, size := binary.BigEndian.Uint16(options), int(binary.BigEndian.Uint16(options[2:]))
		if code != optionCookie && code != optionPadding || size > len(options)-4 {
			return false
		}
		options = options[4+size:]
	}
	return true
}

// recall appends to out the response to a query over UDP, if one is kept that still
// holds and that fits. The result is the one that the long way would have, octet by
// octet. It allocates nothing where out has room.
func (a *answers) recall(query []byte, client netip.AddrPort, out []byte) ([]byte, bool) {
	if a == nil {
		return nil, false
	}
	var began time.Time
	if a.tell != nil {
		began = time.Now()
	}
	var s shape
	if !s.of(query) {
		return nil, false
	}
	a.mu.RLock()
	k := a.m[string(s.b[:s.n])]
	a.mu.RUnlock()
	if k == nil || len(k.response) > s.size {
		return nil, false
	}
	var leftSec uint32
	for i := range k.memory.Parts {
		var ok bool
		if leftSec, ok = a.cache.Recall(k.memory, i); !ok {
			a.forget(&s, k)
			return nil, false
		}
		if k.ttls == nil && leftSec != k.memory.Parts[i].LeftSec {
			return nil, false // the long way makes the next one
		}
	}
	begin := len(out)
	out = append(out, k.response...)
	b := out[begin:]
	copy(b, query[:2])
	copy(b[12:], query[12:12+s.n-5])
	for _, at := range k.ttls {
		binary.BigEndian.PutUint32(b[at:], leftSec)
	}
	if a.tell != nil {
		bits := s.b[s.n-1]
		a.tell(Recalled{
			Client: client, Query: query, Response: b, Memory: k.memory, Began: began, Elapsed: time.Since(began),
			RD: bits&withRD != 0, CD: bits&withCD != 0, DO: bits&withDO != 0,
		})
	}
	return out, true
}

// keep remembers the response that a query got, if it is of a sort that can be
// given again.
func (a *answers) keep(query, response []byte, memory *message.Memory) {
	var s shape
	if a == nil || memory == nil || len(memory.Parts) > maxParts || len(response) > message.UDPSize || response[2]&2 != 0 || !s.of(query) {
		return
	}
	if a.tell != nil && !memory.Until.IsZero() {
		return // a verdict has a story of its own
	}
	k := &kept{memory: memory, response: response}
	if len(memory.Parts) == 1 && memory.Until.IsZero() {
		k.ttls, _ = ttls(response, memory.Parts[0].LeftSec)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if old := a.m[string(s.b[:s.n])]; old != nil {
		a.remove(string(s.b[:s.n]), old)
	}
	for key, other := range a.m { // any: what is asked for is soon there again
		if len(a.m) < maxKept && a.bytes+len(response) <= maxKeptBytes {
			break
		}
		a.remove(key, other)
	}
	a.m[string(s.b[:s.n])] = k
	a.bytes += len(response)
}

// forget drops what no longer holds.
func (a *answers) forget(s *shape, k *kept) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.m[string(s.b[:s.n])] == k {
		a.remove(string(s.b[:s.n]), k)
	}
}

// remove takes a response out; the lock is held.
func (a *answers) remove(key string, k *kept) {
	delete(a.m, key)
	a.bytes -= len(k.response)
}

// ttls is where the TTLs of a response's records stand, the OPT record left out;
// false if one of them is another than ttlSec.
func ttls(b []byte, ttlSec uint32) (at []int, ok bool) {
	at = []int{}
	i := 12
	name := func() {
		for i < len(b) && b[i] > 0 && b[i] < 0xc0 {
			i += 1 + int(b[i])
		}
		if i < len(b) && b[i] >= 0xc0 {
			i++
		}
		i++
	}
	name()
	i += 4
	records := int(binary.BigEndian.Uint16(b[6:])) + int(binary.BigEndian.Uint16(b[8:])) + int(binary.BigEndian.Uint16(b[10:]))
	for range records {
		name()
		if i+10 > len(b) {
			return nil, false
		}
		if lookup.Type(binary.BigEndian.Uint16(b[i:])) != lookup.TypeOPT {
			if binary.BigEndian.Uint32(b[i+4:]) != ttlSec {
				return nil, false
			}
			at = append(at, i+4)
		}
		i += 10 + int(binary.BigEndian.Uint16(b[i+8:]))
	}
	return at, i == len(b)
}
