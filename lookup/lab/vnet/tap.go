package vnet

import (
	"time"
)

// Fate is what became of a frame at the moment a tap saw it.
type Fate uint8

const (
	Sent       Fate = iota // normal: the frame is on the wire
	Duplicated             // a second copy of a frame already seen
	Corrupted              // on the wire with one flipped bit
	Lost                   // dropped by chance
	Filtered               // dropped by an Impairment's Drop
	Down                   // dropped, the wire is down
	QueueFull              // dropped, too many frames waiting
	Oversize               // dropped, longer than the segment's MTU allows, or shorter than a header
)

func (f Fate) String() string {
	switch f {
	case Sent:
		return "sent"
	case Duplicated:
		return "duplicated"
	case Corrupted:
		return "corrupted"
	case Lost:
		return "lost"
	case Filtered:
		return "filtered"
	case Down:
		return "link down"
	case QueueFull:
		return "queue full"
	case Oversize:
		return "wrong size"
	}
	return "unknown"
}

// Way says on which side of the switch something happened to a frame.
type Way uint8

const (
	Tx Way = iota // from a port into the segment
	Rx            // from the segment to a port
)

func (w Way) String() string {
	if w == Tx {
		return "tx"
	}
	return "rx"
}

// Capture is one frame as a tap saw it. Every frame is seen once when its
// sender sends it (Way Tx, with its fate there). It is seen again only when
// something happens to it behind the switch (Way Rx, fate not Sent).
type Capture struct {
	At      time.Time
	Segment *Segment
	Port    *Port // the sender for Tx, the receiver for Rx
	Way     Way
	Fate    Fate
	Frame   []byte // the complete Ethernet frame without FCS; never changes, must not be changed
}

type tap struct {
	see      func(Capture)
	arrivals bool // also what reaches a host's stack
}

// Tap calls see for every frame of the segment until stop is called. A call
// already under way may still end after stop has returned. see runs in
// the sender's goroutine, possibly inside a TCP stack and from several
// goroutines at once: it must be quick and must not use sockets of the Net.
func (s *Segment) Tap(see func(Capture)) (stop func()) { return s.tap(&tap{see: see}) }

// TapArrivals is Tap that also sees every frame a second time as it is handed to
// the stack of the host it came to: Way Rx, fate Sent. What a stack does about a
// frame comes after that.
func (s *Segment) TapArrivals(see func(Capture)) (stop func()) {
	return s.tap(&tap{see: see, arrivals: true})
}

func (s *Segment) tap(t *tap) (stop func()) {
	s.changeTaps(func(old []*tap) []*tap { return append(old, t) })
	return func() {
		s.changeTaps(func(old []*tap) []*tap {
			for i, o := range old {
				if o == t {
					return append(old[:i], old[i+1:]...)
				}
			}
			return old
		})
	}
}

// changeTaps replaces the list with a changed copy, so that frames read it
// without a lock.
func (s *Segment) changeTaps(change func([]*tap) []*tap) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []*tap
	if old := s.taps.Load(); old != nil {
		list = append(list, *old...)
	}
	if list = change(list); len(list) == 0 {
		s.taps.Store(nil)
		return
	}
	s.taps.Store(&list)
}

// show lets the taps see a frame.
func (s *Segment) show(p *Port, way Way, fate Fate, frame []byte) {
	taps := s.taps.Load()
	if taps == nil {
		return
	}
	c := Capture{At: time.Now(), Segment: s, Port: p, Way: way, Fate: fate, Frame: frame}
	for _, t := range *taps {
		if t.arrivals || way == Tx || fate != Sent {
			t.see(c)
		}
	}
}
