package templates

import "strconv"

// Request is the sheet about requests.
type Request struct {
	View  *RequestView // nil where the trace tells nothing of HTTP
	URL   string       // to begin a journey with
	Tries []RequestTry
}

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

// text is the body as far as it is kept and is text.
func (f *FetchView) text() string {
	if f.Body == nil || len(f.Body.Data) == 0 {
		return ""
	}
	const most = 4000
	data := f.Body.Data
	return printable(data[:min(len(data), most)])
}
