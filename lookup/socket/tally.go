package socket

import (
	"net/netip"
	"slices"
	"sync"
	"time"

	"rootwalk/lookup"
)

// Tally counts what TCP connections of one host cost on the wire, from frames. It
// may be used by several goroutines.
type Tally struct {
	addrs []netip.Addr
	hole  func(Hole)

	mu    sync.Mutex
	conns map[uint16]*tallied // by port of the host
	sum   Sum
	syn   map[uint16]time.Time
}

// maxTallied bounds the connections that are followed.
const maxTallied = 256

// Sum is what was counted so far.
type Sum struct {
	Connections    int
	Sent, Received int           // octets of IP packets that left the host, and that reached it
	Packets        int           // that left the host or its peers
	Lost           int           // on any link
	Again          int           // segments with data that were sent once more
	RTT            time.Duration // from the first SYN to its answer; 0 if none came
	Holes          int
	Held           time.Duration // all holes together
}

// Hole is a stretch in which octets of a connection had arrived and could not be
// read, because some before them were missing.
type Hole struct {
	Port   uint16 // of the host
	Waited time.Duration
	Octets int // that waited
}

// tallied is one connection.
type tallied struct {
	known  bool
	next   uint32          // the octet of the peer that the host waits for
	ahead  map[uint32]int  // what came too early: length by sequence number
	since  time.Time       // the hole began
	most   map[bool]uint32 // end of what was sent, by whether the host sent it
	marked map[bool]bool
}

// NewTally counts for a host with some addresses; hole, if not nil, is called for
// each hole when it is filled, without locks.
func NewTally(addrs []netip.Addr, hole func(Hole)) *Tally {
	return &Tally{addrs: addrs, hole: hole, conns: map[uint16]*tallied{}, syn: map[uint16]time.Time{}}
}

// Sum is what was counted so far.
func (t *Tally) Sum() Sum {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.sum
}

// See takes a frame of a link, or the arrival of one at a host.
func (t *Tally) See(f lookup.Frame, arrival bool) {
	p := parse(f.Data)
	if p == nil || p.Protocol != "tcp" {
		return
	}
	ours := slices.Contains(t.addrs, p.Src.Addr())
	if !ours && !slices.Contains(t.addrs, p.Dst.Addr()) {
		return
	}
	port := p.Dst.Port()
	if ours {
		port = p.Src.Port()
	}
	size := len(f.Data) - 14
	t.mu.Lock()
	c := t.conns[port]
	if c == nil {
		if len(t.conns) == maxTallied {
			t.mu.Unlock()
			return
		}
		c = &tallied{ahead: map[uint32]int{}, most: map[bool]uint32{}, marked: map[bool]bool{}}
		t.conns[port] = c
		t.sum.Connections++
	}
	var filled []Hole
	switch {
	case arrival && !ours:
		t.sum.Received += size
		if at, asked := t.syn[port]; asked && p.flags&flagSYN != 0 && t.sum.RTT == 0 {
			t.sum.RTT = f.At.Sub(at)
		}
		filled = t.arrive(c, p, port, f.At)
	case arrival:
	case f.Fate != "sent":
		t.sum.Lost++
	case f.First:
		t.sum.Packets++
		if ours {
			t.sum.Sent += size
			if p.flags&flagSYN != 0 && t.sum.RTT == 0 {
				t.syn[port] = f.At
			}
		}
		if end := p.Seq + uint32(p.Length); p.Length > 0 {
			if c.marked[ours] && int32(end-c.most[ours]) <= 0 {
				t.sum.Again++
			} else {
				c.most[ours], c.marked[ours] = end, true
			}
		}
	}
	t.mu.Unlock()
	if t.hole != nil {
		for _, h := range filled {
			t.hole(h)
		}
	}
}

// arrive follows what the host can read; the lock is held.
func (t *Tally) arrive(c *tallied, p *parsed, port uint16, at time.Time) (filled []Hole) {
	if p.flags&flagSYN != 0 {
		c.next, c.known = p.Seq+1, true
		return nil
	}
	if p.Length == 0 || !c.known {
		return nil
	}
	end := p.Seq + uint32(p.Length)
	if int32(p.Seq-c.next) > 0 { // too early
		if len(c.ahead) == 0 {
			c.since = at
		}
		c.ahead[p.Seq] = max(c.ahead[p.Seq], p.Length)
		return nil
	}
	if int32(end-c.next) > 0 {
		c.next = end
	}
	if len(c.ahead) == 0 {
		return nil
	}
	octets := 0
	for moved := true; moved; {
		moved = false
		for seq, n := range c.ahead {
			if int32(seq-c.next) <= 0 {
				if last := seq + uint32(n); int32(last-c.next) > 0 {
					c.next = last
				}
				octets += n
				delete(c.ahead, seq)
				moved = true
			}
		}
	}
	if octets == 0 {
		return nil
	}
	h := Hole{Port: port, Waited: at.Sub(c.since), Octets: octets}
	c.since = at // what is still ahead waits for another hole
	t.sum.Holes++
	t.sum.Held += h.Waited
	return []Hole{h}
}

// Loss decides which packets with data from the host's peers get lost: a share in
// percent of them, by a seed and by the count of such packets, so that the same
// traffic loses the same packets. It may be called by several goroutines.
func Loss(seed uint64, percent int, addrs []netip.Addr) func(frame []byte) bool {
	var mu sync.Mutex
	n := uint64(0)
	return func(frame []byte) bool {
		p := parse(frame)
		if p == nil || p.Protocol != "tcp" || p.Length == 0 || !slices.Contains(addrs, p.Dst.Addr()) {
			return false
		}
		mu.Lock()
		n++
		x := seed + n*0x9e3779b97f4a7c15 // splitmix64
		mu.Unlock()
		x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
		x = (x ^ x>>27) * 0x94d049bb133111eb
		return (x^x>>31)%100 < uint64(percent)
	}
}
