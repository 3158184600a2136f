package main

import (
	"io"

	"rootwalk/handlers/room"
	"rootwalk/lookup/lab/vnet"
)

// Tap records the frames of all links of the lab.
func (in *labInternet) Tap() (room.Frames, func()) {
	t := in.lab.Record()
	return tape{t}, t.Stop
}

// tape is a tape of the lab as rooms see it.
type tape struct{ t *vnet.Tape }

func (t tape) Links() []room.Link {
	var out []room.Link
	for _, l := range t.t.Links() {
		out = append(out, room.Link{Name: l.Name, Frames: l.Frames, Bytes: l.Bytes, Skipped: l.Skipped})
	}
	return out
}

func (t tape) WritePcapng(w io.Writer, link string, keyLog []byte) error {
	return t.t.WritePcapng(w, link, keyLog)
}
func (t tape) Size() int { return t.t.Size() }
