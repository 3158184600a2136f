package templates

import (
	"strconv"

	"rootwalk/lookup"
)

// Request is the sheet about requests.
type Request struct {
	View    *RequestView // nil where the trace tells nothing of HTTP
	URL     string       // to begin a journey with
	Version string       // of HTTP that was chosen, "" for none
	Both    bool         // families are to be tried
	Tries   []RequestTry

	Versions *Versions
	// Remembered is what the room's browser remembers, nil where there is none.
	Remembered *lookup.Remembered
}

// HTTPVersions are those that can be chosen; without a choice it is what the server
// agrees to.
var HTTPVersions = []string{"1.0", "1.1", "2"}

// RequestTry is a journey worth making.
type RequestTry struct {
	URL  string
	Note string // key of a word: what it shows
}

// phase is one part of the time of a fetch.
type phase struct {
	Key      string
	Us       int64
	From, To int // in thousandths of the whole, for the bar
}

// phases are the parts of a fetch that took place. Those before the request end
// where it was sent, as they were measured one after the other.
func (v *RequestView) phases(f *FetchView) []phase {
	if f.End == nil || v.SpanUs <= 0 {
		return nil
	}
	parts := []phase{{Key: "lookup", Us: f.End.LookupUs}, {Key: "connect", Us: f.End.ConnectUs}, {Key: "secure", Us: f.End.SecureUs},
		{Key: "send", Us: f.End.SendUs}, {Key: "wait", Us: f.End.WaitUs}, {Key: "receive", Us: f.End.ReceiveUs}}
	sum := int64(0)
	for _, p := range parts {
		sum += max(p.Us, 0)
	}
	at := f.AtUs + max(f.End.TotalUs-sum, 0)
	if f.End.Reused || f.End.LookupUs < 0 && f.End.ConnectUs < 0 {
		at = f.AtUs
	}
	var out []phase
	for _, p := range parts {
		if p.Us < 0 {
			continue
		}
		p.From = int(1000 * at / v.SpanUs)
		at += p.Us
		p.To = min(max(int(1000*at/v.SpanUs), p.From+3), 1000)
		p.From = min(p.From, p.To-3)
		out = append(out, p)
	}
	return out
}

// attemptBar is an attempt on the time line of the waterfall, in thousandths.
type attemptBar struct {
	*AttemptView
	Y, From, To int
}

// attempts are the addresses that were tried for a fetch.
func (v *RequestView) attempts(f *FetchView) (out []attemptBar) {
	if v.SpanUs <= 0 {
		return nil
	}
	for i, a := range f.Attempts {
		b := attemptBar{AttemptView: a, Y: 1 + 6*i, From: int(1000 * a.AtUs / v.SpanUs)}
		to := v.SpanUs
		if a.End != nil {
			to = a.AtUs + a.End.ElapsedUs
		}
		b.To = min(max(int(1000*to/v.SpanUs), b.From+3), 1000)
		b.From = min(b.From, b.To-3)
		out = append(out, b)
	}
	return out
}

// outcome is how an attempt ended, "open" while it runs.
func (a *AttemptView) outcome() string {
	if a.End == nil {
		return "open"
	}
	return a.End.Outcome
}

// text is what is said of an attempt.
func (a *AttemptView) text(p Page) string {
	elapsed, errno := int64(0), "-"
	if a.End != nil {
		elapsed = a.End.ElapsedUs
		if a.End.Errno != "" {
			errno = lookup.Printable(a.End.Errno)
		}
	}
	return p.T("request.attempt."+a.outcome(), "addr", a.Addr.Addr().String(), "elapsed", itoa(elapsed), "errno", errno)
}

// status is how a fetch ended, for the table.
func (f *FetchView) status() string {
	switch {
	case f.End == nil:
		return ""
	case f.End.Status > 0:
		return strconv.Itoa(f.End.Status)
	}
	return "—"
}

// conn is the connection of the last request, 0 for none.
func (f *FetchView) conn() int {
	if len(f.Sent) == 0 {
		return 0
	}
	return f.Sent[len(f.Sent)-1].Conn
}

// stream is the stream of the last request, 0 without HTTP/2.
func (f *FetchView) stream() int {
	if len(f.Sent) == 0 {
		return 0
	}
	return f.Sent[len(f.Sent)-1].Stream
}

// text is the body as far as it is kept and is text.
func (f *FetchView) text() string {
	if f.Body == nil || len(f.Body.Data) == 0 {
		return ""
	}
	const most = 4000
	data := f.Body.Data
	return printable(data[:min(len(data), most)])
}
