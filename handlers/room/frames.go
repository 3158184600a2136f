package room

import (
	"io"

	"rootwalk/lookup"
)

// Tapped is an internet whose links can be listened on.
type Tapped interface {
	// Tap records the frames of all links until stop is called.
	Tap() (frames Frames, stop func())
}

// Frames are what went over the links while something ran: its own frames and
// those of whatever ran beside it. They are bounded.
type Frames interface {
	Links() []Link
	// WritePcapng writes the frames of one link, in a form that Wireshark reads,
	// with the lines of a TLS key log that opens them.
	WritePcapng(w io.Writer, link string, keyLog []byte) error
	// Size is how many bytes they hold.
	Size() int
}

// Link is one link with how much was recorded there.
type Link struct {
	Name    string `json:"name"`
	Frames  int    `json:"frames"`
	Bytes   int    `json:"bytes"`
	Skipped int    `json:"skipped"` // frames past the bound
}

// tap records what goes over the links of an internet that lets it: of the
// lab, not of the real one beside it.
func (r *Recording) tap(in Internet, network string) (stop func()) {
	tapped, ok := in.(Tapped)
	if !ok || network != lookup.NetworkLab {
		return func() {}
	}
	r.captured, stop = tapped.Tap()
	return stop
}

// Frames are what went over the links during the run; nil where no frames
// were captured: on the real internet, and in a file; and while something of
// the trace is held back, which the frames would tell.
func (r *Recording) Frames() Frames {
	if r.hides() {
		return nil
	}
	return r.captured
}
