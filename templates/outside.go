package templates

import (
	"strconv"
	"time"
)

// Outside is what the page of a room says about queries from outside; nil
// where programs outside may not ask.
type Outside struct {
	Host    string // address at which the resolver listens, "" where it does not
	Port    uint16
	DoH     string // address for DNS over HTTPS, "" for none
	Queries []OutsideQuery
}

// OutsideQuery is one query from outside, of those that were recorded.
type OutsideQuery struct {
	Trace, Title, Client string
	At                   time.Time
}

// command is what to type, up to the name.
func (o *Outside) command() string {
	return "dig @" + o.Host + " -p " + strconv.Itoa(int(o.Port)) + " "
}

func outsideCount(p Page) string {
	return p.T("outside.count", "count", strconv.Itoa(len(p.Outside.Queries)))
}

// current is the value of aria-current of a link to a trace.
func current(p Page, trace string) bool { return trace == p.TraceID }

// at is a time of day; the browser shows it in its own zone.
func (q OutsideQuery) at() string      { return q.At.UTC().Format("15:04:05") }
func (q OutsideQuery) machine() string { return q.At.UTC().Format(time.RFC3339) }
