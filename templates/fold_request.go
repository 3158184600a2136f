package templates

import (
	"strings"

	"rootwalk/lookup"
)

// RequestView is what a journey's trace tells of HTTP. The server alone draws it.
type RequestView struct {
	URL     *lookup.UrlRead // as it was typed; nil where no URL was read
	Fetches []*FetchView
	Frames  []*FramesView // one for each connection that spoke HTTP/2
	SpanUs  int64         // from the start of the first fetch to the end of the last
	Version string
	Ended   bool
	Stops   []lookup.Line // what kept the journey from going on
	fromUs  int64
}

// FetchView is the way of one resource.
type FetchView struct {
	lookup.FetchStarted
	AtUs  int64 // from the start of the first fetch
	Lines []FetchLine
	Sent  []FetchMessage // requests, with the connection they went over
	Got   []FetchMessage // heads of responses, interim ones too
	Body  *lookup.BodyFinished
	End   *lookup.FetchFinished

	Attempts []*AttemptView // to connect, where there were several addresses
}

// AttemptView is an address that was tried, in the time of the journey.
type AttemptView struct {
	lookup.AttemptStarted
	AtUs int64
	End  *lookup.AttemptFinished
}

// FetchLine is a sentence about a fetch, with the time it was said.
type FetchLine struct {
	AtUs int64
	Line lookup.Line
	Look string // "", "good", "bad"
}

// FetchMessage is the head of a message, as it was on the wire; in HTTP/2 its
// fields, which were coded there.
type FetchMessage struct {
	Head   string
	Conn   int
	Stream int
	Nth    int
	Status int
}

// messageHead is the text of a head.
func messageHead(stream int, head []byte, fields []lookup.Field) string {
	if stream == 0 {
		return printable(head)
	}
	var b strings.Builder
	for _, f := range fields {
		b.WriteString(printable([]byte(f.Name+": "+f.Value)) + "\n")
	}
	return b.String()
}

// FoldRequest folds a trace; nil for one that has no fetch.
func FoldRequest(events []lookup.Event) *RequestView {
	v := &RequestView{Stops: stopsOf(events)}
	by := map[int]*FetchView{}
	var last *FetchView // what facts without a number belong to
	steps := map[lookup.StepID]*FetchView{}
	of := func(e lookup.Event) *FetchView { // what opened a connection belongs to
		if x := steps[e.Step]; x != nil || len(v.Fetches) == 0 {
			return x
		}
		return v.Fetches[0]
	}
	frames := framesFold{view: v}
	for _, e := range events {
		frames.add(e)
		at := e.At.Microseconds()
		note := func(n int, f lookup.Fact, look string) {
			x := by[n]
			if x == nil {
				x = last
			}
			if x != nil {
				x.Lines = append(x.Lines, FetchLine{AtUs: at - v.fromUs, Line: f.Line(), Look: look})
			}
		}
		switch f := e.Fact.(type) {
		case lookup.UrlRead:
			if v.URL == nil {
				v.URL = &f
			}
		case lookup.FetchStarted:
			if len(v.Fetches) == 0 {
				v.fromUs = at
			}
			last = &FetchView{FetchStarted: f, AtUs: at - v.fromUs}
			by[f.N], steps[e.Step] = last, last
			v.Fetches = append(v.Fetches, last)
		case lookup.FetchFinished:
			if x := by[f.N]; x != nil {
				x.End = &f
				v.SpanUs = max(v.SpanUs, at-v.fromUs)
			}
		case lookup.AttemptStarted:
			if x := of(e); x != nil {
				x.Attempts = append(x.Attempts, &AttemptView{AttemptStarted: f, AtUs: at - v.fromUs})
				x.Lines = append(x.Lines, FetchLine{AtUs: at - v.fromUs, Line: f.Line()})
			}
		case lookup.AttemptFinished:
			if x := of(e); x != nil {
				for _, a := range x.Attempts {
					if a.Nth == f.Nth && a.Addr == f.Addr && a.End == nil {
						a.End = &f
						break
					}
				}
				x.Lines = append(x.Lines, FetchLine{AtUs: at - v.fromUs, Line: f.Line(), Look: map[string]string{"won": "good", "failed": "bad"}[f.Outcome]})
			}
		case lookup.RequestSent:
			if x := by[f.N]; x != nil {
				x.Sent = append(x.Sent, FetchMessage{Head: messageHead(f.Stream, f.Head, f.Fields), Conn: f.Conn, Stream: f.Stream, Nth: f.Nth})
				v.Version = f.Version
			}
			note(f.N, f, "")
		case lookup.HeadReceived:
			if x := by[f.N]; x != nil {
				x.Got = append(x.Got, FetchMessage{Head: messageHead(f.Stream, f.Head, f.Fields), Conn: f.Conn, Stream: f.Stream, Status: f.Status})
			}
			note(f.N, f, "")
		case lookup.BodyFinished:
			if x := by[f.N]; x != nil {
				x.Body = &f
			}
			note(f.N, f, map[bool]string{true: "good", false: "bad"}[f.Whole])
		case lookup.HstsConsulted:
			note(f.N, f, map[bool]string{true: "good"}[f.Upgraded])
		case lookup.HstsStored:
			note(0, f, "good")
		case lookup.HstsForgotten:
			note(0, f, "")
		case lookup.HstsIgnored:
			note(0, f, "bad")
		case lookup.ChunkReceived:
			note(f.N, f, "")
		case lookup.RedirectFollowed:
			note(f.N, f, "")
		case lookup.RedirectStopped:
			note(f.N, f, "bad")
		case lookup.CookieStored:
			note(f.N, f, "good")
		case lookup.CookieRefused:
			note(f.N, f, "bad")
		case lookup.CookiesSent:
			note(f.N, f, "")
		case lookup.ServiceStored:
			note(f.N, f, "good")
		case lookup.ServicesForgotten:
			note(f.N, f, "")
		case lookup.ServiceIgnored:
			note(f.N, f, "bad")
		case lookup.ServiceChosen:
			note(f.N, f, map[bool]string{true: "good"}[f.Reason == "followed"])
		case lookup.ServiceRead:
			note(f.N, f, map[bool]string{true: "good"}[f.Reason == "upgraded" || f.Reason == "used"])
		case lookup.ServiceFailed:
			note(f.N, f, "bad")
		case lookup.StoreConsulted:
			note(f.N, f, map[bool]string{true: "good"}[f.Verdict == "fresh"])
		case lookup.StoreFilled:
			note(f.N, f, "")
		case lookup.StoreRefreshed:
			note(f.N, f, "good")
		case lookup.StoreSkipped:
			note(f.N, f, "")
		case lookup.JourneyFinished:
			v.Ended = true
		}
	}
	if len(v.Fetches) == 0 && v.URL == nil {
		return nil
	}
	return v
}

// printable is a head as people read it: what is no text is a dot.
func printable(head []byte) string {
	out := make([]rune, 0, len(head))
	for _, r := range string(head) {
		switch {
		case r == '\r':
		case r == '\n' || r >= ' ' && r != 0x7F && r != 0xFFFD && !isControl(r):
			out = append(out, r)
		default:
			out = append(out, '·')
		}
	}
	return string(out)
}

// isControl reports whether a rune would turn the text around it or hide it.
func isControl(r rune) bool {
	return r >= 0x80 && r < 0xA0 || r >= 0x200B && r <= 0x200F || r >= 0x2028 && r <= 0x202E || r >= 0x2066 && r <= 0x2069 || r == 0xFEFF
}
