package templates

import (
	"net/netip"
	"strconv"
	"strings"

	"rootwalk/lookup"
)

// chainLink is one question of a run that needed several, or what led to the
// next one.
type chainLink struct {
	Why      string // why it was asked, in words
	Question string
	Result   string // "" while it is open
	Bad      bool   // nothing of use came
	FromUs   int64  // since the run began
	ToUs     int64
	Stub     int // packets the device sent for it
	Resolver int // packets its resolver sent for it
	Cached   bool
	rrtype   lookup.Type
	step     lookup.StepID // below which it was asked; 0 for whatever comes
}

// errandChain is a run as a chain of questions.
type errandChain struct {
	Links []chainLink
	Notes []string // what the device decided, in sentences
	Race  *raceChart
}

// chainOf reads the chain of questions from the facts of a run.
func chainOf(p Page) *errandChain {
	if p.View == nil || len(p.View.events) == 0 {
		return nil
	}
	b := &chainBuilder{p: p, above: map[lookup.StepID]lookup.StepID{}, current: -1}
	for _, e := range p.View.events {
		b.above[e.Step] = e.Parent
		b.event(e)
	}
	if !b.several {
		return nil
	}
	if b.race {
		b.chain.Race = raceChartOf(p, b.chain.Links, b.paused, b.decided)
	}
	return &b.chain
}

type chainBuilder struct {
	p       Page
	chain   errandChain
	above   map[lookup.StepID]lookup.StepID
	current int // the open link, -1 for none
	began   int64
	q       lookup.Question
	several bool
	race    bool
	paused  int64
	decided int64
}

// maxLinks bounds a chain; a run of ours has some ten.
const maxLinks = 64

func (b *chainBuilder) open(e lookup.Event, why, question string) *chainLink {
	if len(b.chain.Links) == maxLinks {
		b.chain.Links = b.chain.Links[:maxLinks-1]
	}
	b.chain.Links = append(b.chain.Links, chainLink{Why: why, Question: question, FromUs: e.At.Microseconds() - b.began})
	b.current = len(b.chain.Links) - 1
	return &b.chain.Links[b.current]
}

func (b *chainBuilder) close(e lookup.Event, i int, result string, bad bool) {
	if i < 0 || b.chain.Links[i].Result != "" {
		return
	}
	l := &b.chain.Links[i]
	l.Result, l.Bad, l.ToUs, l.Cached = result, bad, e.At.Microseconds()-b.began, l.Stub+l.Resolver == 0
	if b.current == i {
		b.current = -1
	}
}

// link is the link that an event belongs to: by its step where several are open at
// the same time, else the open one.
func (b *chainBuilder) link(e lookup.Event) int {
	for step, n := e.Step, 0; step != 0 && n < 64; step, n = b.above[step], n+1 {
		for i := range b.chain.Links {
			if b.chain.Links[i].step == step {
				return i
			}
		}
	}
	return b.current
}

func (b *chainBuilder) note(f lookup.Fact) {
	b.several = true
	if len(b.chain.Notes) == maxLinks {
		return
	}
	b.chain.Notes = append(b.chain.Notes, b.p.Words.Line(f.Line()))
}

func (b *chainBuilder) event(e lookup.Event) {
	switch f := e.Fact.(type) {
	case lookup.LookupStarted:
		b.q, b.began = f.Question, e.At.Microseconds()
		b.open(e, b.p.T("chains.asked"), f.Question.String())
	case lookup.AddressReversed:
		b.several = true
		if b.current >= 0 {
			b.chain.Links[b.current].Why = b.p.T("chains.reversed", "addr", f.Addr.String())
		}
	case lookup.ModeChosen:
		b.note(f)
	case lookup.SearchPlanned:
		b.note(f)
		b.chain.Links, b.current = b.chain.Links[:0], -1 // what was typed is not asked as such
	case lookup.SearchTried:
		b.open(e, b.p.T("chains.tried", "n", number(f.N), "of", number(f.Of)), f.Name.Short()+" "+b.q.Type.String())
	case lookup.SearchMissed:
		b.close(e, b.current, b.p.T("block.outcome."+string(f.Outcome)), true)
	case lookup.TargetsOrdered:
		var found []string
		for _, t := range f.Targets {
			found = append(found, strconv.Itoa(t.Priority)+" "+t.Name.Short())
		}
		b.close(e, b.current, strings.Join(found, ", "), len(found) == 0)
		b.note(f)
	case lookup.TargetWanted:
		b.open(e, b.p.T("chains.wanted", "via", f.Via.String()), f.Target.Short()+" "+f.Type.String())
	case lookup.TargetFound:
		if len(f.Addrs) > 0 {
			b.close(e, b.current, joinAddrs(f.Addrs), false)
		} else {
			b.close(e, b.current, b.p.T("block.outcome."+string(f.Outcome)), true)
		}
	case lookup.RaceBegun:
		b.note(f)
		b.race, b.chain.Links, b.current = true, b.chain.Links[:0], -1
		for i, t := range f.Types[:min(len(f.Types), 2)] {
			l := b.open(e, b.p.T("chains.raced"), f.Name.Short()+" "+t.String())
			l.rrtype, l.step = t, e.Step+lookup.StepID(i)+1 // the device opens a step for each, in this order
		}
		b.current = -1
	case lookup.RacePaused:
		b.paused = e.At.Microseconds() - b.began
		b.note(f)
	case lookup.RaceDecided:
		b.decided = e.At.Microseconds() - b.began
		b.note(f)
	case lookup.AliasFollowed:
		b.note(f)
	case lookup.QuerySent:
		if i := b.link(e); i >= 0 {
			if f.By == lookup.RoleStub {
				b.chain.Links[i].Stub++
			} else {
				b.chain.Links[i].Resolver++
			}
		}
	case lookup.AnswerReceived:
		if i := b.link(e); i >= 0 && f.By == lookup.RoleStub && b.race {
			b.close(e, i, answerText(f.Records), false)
		}
	case lookup.NodataReceived:
		if i := b.link(e); i >= 0 && f.By == lookup.RoleStub && b.race {
			b.close(e, i, b.p.T("block.outcome.nodata"), true)
		}
	case lookup.CacheHit:
		if i := b.link(e); i >= 0 && b.race && f.Cache != "R1" && f.Cache != "R2" {
			b.close(e, i, answerText(f.Entry.Records), false)
		}
	case lookup.LookupFinished:
		for i := range b.chain.Links {
			result := answerText(f.Records)
			if f.Outcome != lookup.OutcomeAnswer {
				result = b.p.T("block.outcome." + string(f.Outcome))
			}
			b.close(e, i, result, f.Outcome != lookup.OutcomeAnswer)
		}
	}
}

// answerText is the data at the end of an answer.
func answerText(records []lookup.Record) string {
	first, more := lastGroup(records)
	if first == nil {
		return ""
	}
	text := shorten(first.Data)
	if more > 0 {
		text += " +" + number(more)
	}
	return text
}

// linkCost is what a question cost, in words.
func linkCost(p Page, l chainLink) string {
	if l.Cached {
		return p.T("chains.cached")
	}
	return p.T("chains.cost", "stub", number(l.Stub), "resolver", number(l.Resolver), "us", strconv.FormatInt(l.ToUs-l.FromUs, 10))
}

// raceChart is a race on a time axis, in units of its viewBox.
type raceChart struct {
	Bars           []raceBar
	PauseX, PauseW string // the Resolution Delay; "" for none
	DecideX        string
	DecideText     string
	Anchor         string
}

type raceBar struct {
	Type, X, W, Y, TextY, Time, TimeX, Anchor string
}

const (
	raceLeft  = 52.
	raceWidth = 290.
)

func raceChartOf(p Page, links []chainLink, paused, decided int64) *raceChart {
	total := float64(max(decided, 1))
	for _, l := range links {
		total = max(total, float64(l.ToUs))
	}
	x := func(us int64) float64 { return raceLeft + raceWidth*float64(us)/total }
	c := &raceChart{DecideX: coordinate(x(decided)), DecideText: p.Words.Micros(decided), Anchor: "middle"}
	if x(decided) > raceLeft+raceWidth-40 {
		c.Anchor = "end"
	}
	for i, l := range links {
		y := 30 + 34*float64(i)
		bar := raceBar{Type: l.rrtype.String(), X: coordinate(x(l.FromUs)), W: coordinate(max(x(l.ToUs)-x(l.FromUs), 1)), Y: coordinate(y), TextY: coordinate(y + 15), Time: p.Words.Micros(l.ToUs), TimeX: coordinate(x(l.ToUs) - 6), Anchor: "end"}
		if x(l.ToUs)-x(l.FromUs) < 70 {
			bar.TimeX, bar.Anchor = coordinate(x(l.ToUs)+6), "start"
		}
		c.Bars = append(c.Bars, bar)
	}
	if paused > 0 && decided > paused {
		c.PauseX, c.PauseW = coordinate(x(paused)), coordinate(max(x(decided)-x(paused), 1))
	}
	return c
}

// errandForm is one thing to try on the sheet of chains.
type errandForm struct {
	Key, Errand, Name, Type string
}

// errandForms are the things to try, about the name on show where that makes
// sense.
func errandForms(p Page) []errandForm {
	name, rrtype := "www.dual.example", lookup.TypeA
	if p.View != nil && p.View.Question != nil {
		name, rrtype = p.View.Question.Name.Short(), p.View.Question.Type
	}
	mail := errandForm{"mail", "targets", "mx.example", "MX"}
	if rrtype == lookup.TypeMX {
		mail.Name = name
	}
	connect := errandForm{"connect", "connect", "www.dual.example", "A"}
	if (rrtype == lookup.TypeA || rrtype == lookup.TypeAAAA) && !strings.HasSuffix(name, ".arpa") {
		connect.Name = name
	}
	return []errandForm{
		mail,
		{"srv", "targets", "_http._tcp.srv.example", "SRV"},
		{"https", "targets", "types.example", "HTTPS"},
		connect,
		{"search", "search", "library", "A"},
		{"absolute", "search", "library.", "A"},
		{"reverse", "", "203.0.113.10", "PTR"},
		{"alias", "", "www.chain.example", "A"},
	}
}

// joinAddrs joins addresses for one cell; past four the rest are counted.
func joinAddrs(addrs []netip.Addr) string {
	var b strings.Builder
	for i, a := range addrs {
		if i == 4 {
			b.WriteString(" +" + number(len(addrs)-4))
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(a.String())
	}
	return b.String()
}
