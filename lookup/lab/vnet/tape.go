package vnet

import (
	"fmt"
	"io"
	"sync"
)

// Bounds of one tape. A walk from the root takes some hundred frames on all
// links together.
const (
	tapeFrames = 4096
	tapeBytes  = 2 << 20 // of frames
)

// Tape keeps what every segment of a Net carries until it is stopped. Frames
// are shared with the network and with other tapes, so many tapes at once cost
// little more than one. It is bounded: past the bound frames are only counted.
// Its methods may be called from any goroutine.
type Tape struct {
	stops []func()

	mu      sync.Mutex
	tracks  []*track
	frames  int
	bytes   int
	stopped bool
}

// track is what one segment carried.
type track struct {
	segment  *Segment
	captures []Capture
	bytes    int
	skipped  int
}

// TapeLink says how much of one segment is on a tape.
type TapeLink struct {
	Name                   string
	Frames, Bytes, Skipped int
}

// Record begins a tape of all segments that the Net has now.
func (n *Net) Record() *Tape {
	t := &Tape{}
	for _, s := range n.Segments() {
		k := &track{segment: s}
		t.tracks = append(t.tracks, k)
		t.stops = append(t.stops, s.Tap(func(c Capture) { t.keep(k, c) }))
	}
	return t
}

func (t *Tape) keep(k *track, c Capture) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.stopped:
	case t.frames >= tapeFrames || t.bytes+len(c.Frame) > tapeBytes:
		t.bytes = tapeBytes // a smaller one later would make a gap look like a loss
		k.skipped++
	default:
		t.frames++
		t.bytes += len(c.Frame)
		k.bytes += len(c.Frame)
		k.captures = append(k.captures, c)
	}
}

// Stop ends the tape; what is on it stays. Stopping twice is harmless.
func (t *Tape) Stop() {
	for _, stop := range t.stops {
		stop()
	}
	t.mu.Lock()
	t.stopped = true
	t.mu.Unlock()
}

// Links lists the segments in the order in which they were made.
func (t *Tape) Links() []TapeLink {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make([]TapeLink, 0, len(t.tracks))
	for _, k := range t.tracks {
		out = append(out, TapeLink{k.segment.Name(), len(k.captures), k.bytes, k.skipped})
	}
	return out
}

// Size is about how much memory the tape holds, in octets.
func (t *Tape) Size() (n int) {
	const capture = 88 // octets of a Capture without its frame
	for _, l := range t.Links() {
		n += l.Bytes + capture*l.Frames
	}
	return n
}

// WritePcapng writes what one segment carried as a capture file of its own; see
// CaptureFile for why links are not mixed. Lines of a TLS key log come before the
// frames, so that Wireshark opens what they carry; none for no such block.
func (t *Tape) WritePcapng(w io.Writer, segment string, keyLog []byte) error {
	t.mu.Lock()
	var found *track
	var captures []Capture
	for _, k := range t.tracks {
		if k.segment.Name() == segment {
			found, captures = k, k.captures[:len(k.captures):len(k.captures)]
		}
	}
	t.mu.Unlock()
	if found == nil {
		return fmt.Errorf("vnet: no segment %q on this tape", segment)
	}
	c, err := newCaptureFile(w, found.segment)
	if err != nil {
		return err
	}
	if len(keyLog) > 0 {
		if err := c.TLSKeys(keyLog); err != nil {
			return err
		}
	}
	for _, f := range captures {
		c.write(f)
	}
	return c.Close()
}
