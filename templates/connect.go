package templates

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"rootwalk/lookup"
)

// Connect is the sheet about sockets and connections.
type Connect struct {
	View    *ConnectView // nil where the trace tells nothing of sockets
	Scripts []string
	Script  string // of the trace on show, "" for none
	Open    bool   // its programs wait for the next call
	URL     string // to begin a journey with
	Text    string
}

// shownRows bounds the rows that are drawn before the one on show.
const shownRows = 200

// Shown are the rows up to the one on show.
func (v *ConnectView) Shown() []ConnectRow {
	return v.Rows[max(0, v.At-shownRows):v.At]
}

// Now is the row on show.
func (v *ConnectView) Now() ConnectRow { return v.Rows[v.At-1] }

// stepHref leads to another row.
func (p Page) stepHref(n int) string { return p.With("at", strconv.Itoa(n)) }

// scriptGroups are the scripts by what they are about.
func scriptGroups(all []string) [][]string {
	var out [][]string
	for _, group := range [][]string{
		{"connectOnly", "echo", "stream", "cut", "window", "loss"}, {"clientFirst", "serverFirst", "both", "halfClose", "reset", "three", "dns"}, {"refused", "timeout", "unreachable", "timeWait"}, {"five", "backlog", "udp"},
	} {
		var have []string
		for _, key := range group {
			if slices.Contains(all, key) {
				have = append(have, key)
			}
		}
		if len(have) > 0 {
			out = append(out, have)
		}
	}
	return out
}

var scriptGroupKeys = []string{"data", "end", "error", "server"}

// queue is how much of a direction's octets is where, for its bar.
type queue struct {
	Key string // "unsent", "flying", "unread"
	N   int64
}

// queued are what an end's kernel holds.
func queued(m lookup.BuffersMeasured) []queue {
	return []queue{{"unsent", max(m.Written-m.Sent, 0)}, {"flying", max(m.Sent-m.Acked, 0)}, {"unread", max(m.Arrived-m.Read, 0)}}
}

// octetBar is a bar for some octets, of 100: a root scale, so that one octet can
// be seen beside 64 KiB.
func octetBar(n int64) string {
	w := 0
	for ; w < 100 && int64(w*w)*7 < n; w++ {
	}
	return strconv.Itoa(w)
}

// socketText is what a descriptor stands for.
func (p Page) socketText(d ConnectFD) string {
	switch {
	case d.Of == "file":
		return p.T("connect.of.file", "name", d.Name)
	case d.Of == "pipe":
		return p.T("connect.of.pipe." + d.Name)
	case d.Listening:
		return p.T("connect.of.listening", "local", d.Local)
	case (d.Of == "tcp" || d.Of == "udp") && d.Remote != "":
		return p.T("connect.of.connected", "protocol", strings.ToUpper(d.Of), "local", d.Local, "remote", d.Remote)
	case d.Of == "tcp" || d.Of == "udp":
		return p.T("connect.of.socket", "protocol", strings.ToUpper(d.Of), "local", orDash(d.Local))
	}
	return p.T("connect.of." + d.Of)
}

func orDash(s string) string {
	if s == "" || strings.HasSuffix(s, ":0") {
		return "—"
	}
	return s
}

// benchCalls are the calls that a learner may choose, by side.
func benchCalls(side lookup.Side) []string {
	if side == lookup.SideServer {
		return []string{"accept", "read", "recv", "write", "shutdown", "close", "abort", "socket", "bind", "listen"}
	}
	return []string{"socket", "connect", "write", "read", "recv", "shutdown", "close", "abort"}
}

// benchSockets are the descriptors of a side that calls can be made on.
func benchSockets(e ConnectEnd) []ConnectFD {
	var out []ConnectFD
	for _, d := range e.FDs {
		if d.Socket != 0 {
			out = append(out, d)
		}
	}
	return out
}

// plot is the congestion window over time as an SVG path, and where octets were
// sent again; ok is false for fewer than three points.
type plot struct {
	Path     string
	Marks    []float64
	Top      int
	Duration int64
}

const (
	plotWidth  = 560.0
	plotHeight = 110.0
)

func plotOf(points []ConnectPoint) (out plot, ok bool) {
	n := 0
	for _, pt := range points {
		out.Top = max(out.Top, pt.Cwnd)
		if !pt.Again {
			n++
		}
	}
	if n < 3 || out.Top == 0 {
		return out, false
	}
	first := points[0].AtUs
	out.Duration = max(points[len(points)-1].AtUs-first, 1)
	x := func(at int64) float64 { return float64(at-first) / float64(out.Duration) * plotWidth }
	var b strings.Builder
	for _, pt := range points {
		if pt.Again {
			out.Marks = append(out.Marks, x(pt.AtUs))
			continue
		}
		y := plotHeight - float64(pt.Cwnd)/float64(out.Top)*(plotHeight-10)
		if b.Len() == 0 {
			fmt.Fprintf(&b, "M%.1f %.1f", x(pt.AtUs), y)
			continue
		}
		fmt.Fprintf(&b, "H%.1fV%.1f", x(pt.AtUs), y)
	}
	out.Path = b.String()
	return out, true
}

// octetRows are octets as rows of sixteen.
func octetRows(b lookup.Octets) []string {
	var out []string
	for len(b) > 0 {
		n := min(len(b), 16)
		out = append(out, fmt.Sprintf("% x", []byte(b[:n])))
		b = b[n:]
	}
	return out
}

// tcpOption is a TCP option in a few words.
func tcpOption(o lookup.TCPOption) string {
	if o.Text == "" {
		return o.Kind
	}
	return o.Kind + " " + o.Text
}

// sinceStart is a time since the beginning, for the margin.
func sinceStart(us int64) string {
	switch {
	case us < 10_000:
		return strconv.FormatFloat(float64(us)/1000, 'f', 2, 64)
	case us < 1_000_000:
		return strconv.FormatFloat(float64(us)/1000, 'f', 1, 64)
	}
	return strconv.FormatInt(us/1000, 10)
}
