package templates

import (
	"encoding/hex"
	"slices"
	"strconv"

	"rootwalk/lookup"
)

// FramesView is a connection that spoke HTTP/2: its streams and its frames.
type FramesView struct {
	Conn    int
	Streams []*StreamView // in the order in which they were opened; the first is the connection itself
	Frames  []FrameView
	FromUs  int64 // of the first frame and the last, from the start of the first fetch
	ToUs    int64
	End     *lookup.SessionEnded
}

// StreamView is one stream with the marks of its frames on the time line.
type StreamView struct {
	Stream int
	N      int    // fetch
	URL    string // of the fetch
	Octets int    // of its DATA frames from the server
	Marks  []FrameMark
}

// FrameMark is a frame on the line of its stream.
type FrameMark struct {
	At   int // thousandths of the whole
	Kind string
	From lookup.Side
}

// FrameView is a frame in the list.
type FrameView struct {
	lookup.FrameExchanged
	AtUs int64
	Line lookup.Line
}

// framesFold folds what a trace tells of HTTP/2.
type framesFold struct {
	view *RequestView
	urls map[int]string
}

func (x *framesFold) conn(n int) *FramesView {
	for _, c := range x.view.Frames {
		if c.Conn == n {
			return c
		}
	}
	c := &FramesView{Conn: n, FromUs: -1}
	x.view.Frames = append(x.view.Frames, c)
	return c
}

func (x *framesFold) add(e lookup.Event) {
	at := e.At.Microseconds() - x.view.fromUs
	switch f := e.Fact.(type) {
	case lookup.FetchStarted:
		if x.urls == nil {
			x.urls = map[int]string{}
		}
		x.urls[f.N] = f.URL
	case lookup.FrameExchanged:
		c := x.conn(f.Conn)
		if c.FromUs < 0 {
			c.FromUs = at
		}
		c.ToUs = max(at, c.FromUs+1)
		c.Frames = append(c.Frames, FrameView{FrameExchanged: f, AtUs: at, Line: f.Line()})
		i := slices.IndexFunc(c.Streams, func(s *StreamView) bool { return s.Stream == f.Stream })
		if i < 0 {
			i = len(c.Streams)
			c.Streams = append(c.Streams, &StreamView{Stream: f.Stream, N: f.N, URL: x.urls[f.N]})
		}
		if f.Type == "DATA" && f.From == lookup.SideServer {
			c.Streams[i].Octets += f.Length
		}
	case lookup.SessionEnded:
		if len(x.view.Frames) > 0 {
			x.conn(f.Conn).End = &f
		}
	}
}

// markKind is what a frame looks like on a time line.
func markKind(f lookup.FrameExchanged) string {
	switch f.Type {
	case "DATA":
		return "data"
	case "HEADERS", "CONTINUATION":
		return "headers"
	case "RST_STREAM", "GOAWAY":
		return "end"
	}
	return "control"
}

// lanes are the streams with their marks: where each frame stands in time.
func (c *FramesView) lanes() []*StreamView {
	for _, s := range c.Streams {
		s.Marks = nil
	}
	for _, f := range c.Frames {
		for _, s := range c.Streams {
			if s.Stream == f.Stream {
				s.Marks = append(s.Marks, FrameMark{At: int(985 * (f.AtUs - c.FromUs) / max(c.ToUs-c.FromUs, 1)), Kind: markKind(f.FrameExchanged), From: f.From})
			}
		}
	}
	return c.Streams
}

// octets is the frame in hexadecimal, sixteen octets a line.
func (f FrameView) octets() string {
	out := make([]byte, 0, 3*len(f.Frame))
	for i, b := range f.Frame {
		switch {
		case i > 0 && i%16 == 0:
			out = append(out, '\n')
		case i > 0:
			out = append(out, ' ')
		}
		out = hex.AppendEncode(out, []byte{b})
	}
	if left := 9 + f.Length - len(f.Frame); left > 0 {
		out = append(out, "\n+"+strconv.Itoa(left)...)
	}
	return string(out)
}

// markY puts what the client sends into the upper half of a line, what the server
// sends into the lower.
func markY(m FrameMark) string {
	if m.From == lookup.SideClient {
		return "1"
	}
	return "7"
}

func frameWay(from lookup.Side) string {
	if from == lookup.SideClient {
		return "→"
	}
	return "←"
}
