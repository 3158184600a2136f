package templates

import (
	"strconv"

	"rootwalk/lookup"
)

// Journey is the sheet on which a whole journey lies on one line of time, can be
// run again with one thing changed, and leaves as files.
type Journey struct {
	Line    *lookup.Timeline // nil where the trace has no journey
	Events  []lookup.Event
	URL     string // to begin one with
	Tries   []RequestTry
	Changes []string // what can be changed; none where nothing can be run again
	Chosen  string
	Left    *JourneyRun // what is compared, nil before there is anything
	Right   *JourneyRun
}

// JourneyRun is one side of a comparison.
type JourneyRun struct {
	ID     string
	Line   *lookup.Timeline
	Events []lookup.Event
}

// phaseSheets are the detail sheets that phases lead to.
var phaseSheets = map[string]string{"lookup": "", "connect": "connect", "secure": "encrypt", "send": "request", "wait": "request", "receive": "request", "cache": "request", "draw": "draw"}

// drawnSheets are the detail sheets that there are; the table of them refers to this
// one, so it is read when the program starts.
var drawnSheets = map[string]bool{}

func init() {
	for _, d := range details {
		drawnSheets[d.Key] = true
	}
}

// phaseHref leads to the part of the sheet where a phase is drawn large; "" where
// there is none.
func phaseHref(p Page, id string, x lookup.Phase) string {
	key := phaseSheets[x.Key]
	if key != "" && !drawnSheets[key] {
		return ""
	}
	q := p
	q.TraceID, q.Recorded = id, false
	to := detailHref(q, key)
	switch {
	case x.Key == "secure" && x.Nth > 1:
		to = withQuery(to, "handshake", strconv.Itoa(x.Nth))
	case x.Fetch > 0:
		to += "#fetch-" + strconv.Itoa(x.Fetch)
	}
	return to
}

// withQuery adds a parameter to an address of ours.
func withQuery(to, name, value string) string {
	q := Page{Path: to}
	return q.With(name, value)
}

// lineRow is one row below the bar: what happened, when, and how long it took.
type lineRow struct {
	lookup.Phase
	Parts []lookup.Phase // of a request: send, wait, receive
}

// lineRows are the rows of a time line: the parts of a request are one row.
func lineRows(t *lookup.Timeline) []lineRow {
	var out []lineRow
	at := map[int]int{} // row of a fetch
	for _, x := range t.Phases {
		if x.Key != "send" && x.Key != "wait" && x.Key != "receive" {
			out = append(out, lineRow{x, []lookup.Phase{x}})
			continue
		}
		i, ok := at[x.Fetch]
		if !ok {
			i = len(out)
			at[x.Fetch] = i
			row := lineRow{Phase: x}
			row.Key = "request"
			out = append(out, row)
		}
		r := &out[i]
		r.Parts = append(r.Parts, x)
		r.FromUs, r.ToUs, r.Failed = min(r.FromUs, x.FromUs), max(r.ToUs, x.ToUs), r.Failed || x.Failed
	}
	return out
}

// bar is a rectangle of a bar that is 1000 wide.
type bar struct {
	Key      string
	X, Width string
	Failed   bool
}

// leastBar is the least width of a bar: what took time can be seen.
const leastBar = 3.

// barsOf places phases on a bar of the length span.
func barsOf(phases []lookup.Phase, span int64) []bar {
	if span <= 0 {
		return nil
	}
	var out []bar
	for _, x := range phases {
		from, to := 1000*float64(x.FromUs)/float64(span), 1000*float64(x.ToUs)/float64(span)
		w := min(max(to-from, leastBar), 1000)
		from = max(min(from, 1000-w), 0)
		out = append(out, bar{x.Key, coordinate(from), coordinate(w), x.Failed})
	}
	return out
}

// ticks are the places of the lines of a scale, and how far apart they are: some
// ten for the whole, a round number apart.
func ticks(span int64) (at []string, everyUs int64) {
	if span <= 0 {
		return nil, 0
	}
	everyUs = 10
	for _, f := range []int64{2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000, 200000, 500000} {
		if span/everyUs <= 12 {
			break
		}
		everyUs = 10 * f
	}
	for us := everyUs; us < span && len(at) < 40; us += everyUs {
		at = append(at, coordinate(1000*float64(us)/float64(span)))
	}
	return at, everyUs
}

// firstOctets are both definitions of time to first byte, as phases to be drawn.
func firstOctets(t *lookup.Timeline) []lookup.Phase {
	if t.FirstUs < 0 {
		return nil
	}
	return []lookup.Phase{
		{Key: "first", What: "start", FromUs: 0, ToUs: t.FirstUs},
		{Key: "first", What: "sent", FromUs: t.FirstUs - t.SentUs, ToUs: t.FirstUs},
	}
}

// sums are how long the phases of each kind took in all, in the order of a
// journey.
type sum struct {
	Key         string
	Left, Right int64
}

func phaseSums(left, right *lookup.Timeline) []sum {
	var out []sum
	for _, key := range []string{"lookup", "connect", "secure", "send", "wait", "receive", "draw"} {
		s := sum{Key: key}
		n := 0
		for i, t := range []*lookup.Timeline{left, right} {
			for _, x := range t.Phases {
				if x.Key != key {
					continue
				}
				n++
				if i == 0 {
					s.Left += x.Us()
				} else {
					s.Right += x.Us()
				}
			}
		}
		if n > 0 {
			out = append(out, s)
		}
	}
	return out
}

// crossing is one packet or message of a journey as it can be compared with those
// of another.
type crossing struct {
	AtUs  int64
	Like  string // what two of them have in common that count as the same
	Line  lookup.Line
	Lost  bool
	Bytes int
	Alone bool
}

// maxCrossings bounds what is compared of one journey.
const maxCrossings = 300

// crossings are the messages of DNS and the packets of TCP that a trace tells, in
// order, each once: as it was sent.
func crossings(events []lookup.Event) []crossing {
	var out []crossing
	began := int64(-1)
	for _, e := range events {
		if _, ok := e.Fact.(lookup.JourneyStarted); ok {
			began = e.At.Microseconds()
		}
		if began < 0 || len(out) >= maxCrossings {
			continue
		}
		x := crossing{AtUs: e.At.Microseconds() - began, Line: e.Fact.Line()}
		switch f := e.Fact.(type) {
		case lookup.QuerySent:
			x.Like, x.Bytes = "query "+f.Host+" "+string(f.Zone)+" "+f.Question.String()+" "+f.Transport, len(f.Message)
		case lookup.PacketSent:
			x.Like, x.Bytes = packetLike(f.Packet), f.Length
		case lookup.PacketLost:
			x.Like, x.Lost = "lost "+packetLike(f.Packet), true
		case lookup.QueryTimedOut:
			x.Like, x.Lost = "timeout "+f.Host, true
		default:
			continue
		}
		out = append(out, x)
	}
	return out
}

// packetLike is what two packets have in common that count as the same one in two
// runs: neither numbers nor ports, and of the length only whether there is any.
func packetLike(p lookup.Packet) string {
	text := p.Protocol + " " + string(p.From) + " " + p.Flags
	if p.Length > 0 {
		text += " data"
	}
	if p.Again {
		text += " again"
	}
	return text
}

// sideBySide is a row of two journeys side by side.
type sideBySide struct{ Left, Right *crossing }

// alongside lines two journeys up, by the longest sequence that they have in
// common, and marks what only one of them has.
func alongside(left, right []crossing) []sideBySide {
	var rows []sideBySide
	for _, at := range common(len(left), len(right), func(i, j int) bool { return left[i].Like == right[j].Like }) {
		row := sideBySide{}
		if at[0] >= 0 {
			row.Left = &left[at[0]]
			row.Left.Alone = at[1] < 0
		}
		if at[1] >= 0 {
			row.Right = &right[at[1]]
			row.Right.Alone = at[0] < 0
		}
		rows = append(rows, row)
	}
	return rows
}

// counted is one line of the table of counts.
type counted struct {
	Key, Left, Right string
	Differs          bool
}

// counts are what is counted and measured of both runs.
func (j *Journey) counts(p Page) []counted {
	l, r := countJourney(j.Left.Events), countJourney(j.Right.Events)
	out := []counted{}
	for i, key := range journeyCounts {
		out = append(out, counted{"journey.count." + key, number(l[i]), number(r[i]), l[i] != r[i]})
	}
	for _, s := range phaseSums(j.Left.Line, j.Right.Line) {
		out = append(out, counted{"journey.phase." + s.Key, p.Words.Micros(s.Left), p.Words.Micros(s.Right), false})
	}
	span := counted{"journey.count.time", p.Words.Micros(j.Left.Line.SpanUs), p.Words.Micros(j.Right.Line.SpanUs), true}
	return append(out, span)
}

// journeyCounts are the keys of what countJourney counts.
var journeyCounts = []string{"queries", "connections", "handshakes", "resumed", "requests", "packets", "lost", "octets"}

func countJourney(events []lookup.Event) (n [8]int) {
	for _, e := range events {
		switch f := e.Fact.(type) {
		case lookup.QuerySent:
			n[0]++
		case lookup.CallMade:
			if f.Call == "connect" && f.Side == lookup.SideClient && f.Protocol == "tcp" {
				n[1]++
			}
		case lookup.HandshakeFinished:
			n[2]++
			if f.Resumed {
				n[3]++
			}
		case lookup.RequestSent:
			n[4]++
		case lookup.PacketSent:
			n[5]++
			n[7] += f.Length
		case lookup.PacketLost:
			n[6]++
		}
	}
	return n
}

// change is what the runs that are compared differ in, "" for two that nobody
// changed on purpose.
func (j *Journey) change() string {
	for _, e := range j.Right.Events {
		if f, ok := e.Fact.(lookup.ExperimentPrepared); ok {
			return f.Change
		}
	}
	return ""
}

// running reports whether one of the two has not ended.
func (j *Journey) running() bool { return !j.Left.ended() || !j.Right.ended() }

func (r *JourneyRun) ended() bool { return r.Line != nil && r.Line.Ended }

// journeyFiles are what a journey can be kept as, by their addresses below the
// trace.
var journeyFiles = []string{"journey.har", "curl.sh", "trace.json", "transcript.txt", "keys.txt"}

// tickPlaces are the places of the lines of a scale on a bar that is 1000 wide.
func tickPlaces(span int64) []string {
	at, _ := ticks(span)
	return at
}

// everyText is how far apart they are, in microseconds.
func everyText(span int64) string {
	_, every := ticks(span)
	return itoa(every)
}

// journeyHref leads to the time line of another run.
func journeyHref(p Page, id string) string {
	p.TraceID, p.Recorded = id, false
	return detailHref(p, "journey")
}

// framesText is the key of the sentence about the frames of a journey.
func framesText(c Captured) string {
	if c.Why != "" {
		return "journey.frames." + c.Why
	}
	return "journey.frames.some"
}
