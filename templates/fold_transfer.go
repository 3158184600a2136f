package templates

import (
	"slices"
	"time"

	"rootwalk/lookup"
)

// TransferView is what the trace of a zone transfer folds to. The server alone
// draws it.
type TransferView struct {
	Zone    lookup.Name
	Cause   string
	At      time.Time         // lesson time of the beginning
	Copies  []lookup.ZoneCopy // as they were then
	Rungs   []TransferRung
	Changes []TransferChange // what was changed where, in order
	Ended   bool             // everything that was begun has ended
	open    int
}

// TransferRung is one line of the ladder between the primary on the left and a
// secondary, or a stranger, on the right.
type TransferRung struct {
	Seq  int
	AtUs int64
	// Way is where it goes: "right" from the primary, "left" to it, "primary" or
	// "other" for what one side does by itself.
	Way string
	// Look is how it is drawn: "query", "answer", "stream", "notify", "error",
	// "done", "timer", "note".
	Look    string
	Other   string // who stands on the right
	Tag     string
	Line    lookup.Line
	Records []lookup.Record // of a message of the stream
	Message lookup.Message
}

// TransferChange is a difference between two versions of a zone at one server.
type TransferChange struct {
	Server         lookup.Name
	From, To       uint32
	Deleted, Added []lookup.Record
	Whole          int  // records of a whole new copy, 0 for a difference
	Primary        bool // made there, not copied
}

// FoldTransfer folds a trace of zone copies; nil if it is about something else.
func FoldTransfer(events []lookup.Event) *TransferView {
	if len(events) == 0 {
		return nil
	}
	opened, ok := events[0].Fact.(lookup.CopiesListed)
	if !ok {
		return nil
	}
	v := &TransferView{Zone: opened.Zone, Cause: opened.Cause, At: opened.Lesson.Lesson, Copies: opened.Copies}
	for _, e := range events {
		v.add(e)
	}
	v.Ended = v.open == 0
	return v
}

// add folds one event.
func (v *TransferView) add(e lookup.Event) {
	r := TransferRung{Seq: e.Seq, AtUs: e.At.Microseconds(), Line: e.Fact.Line(), Message: lookup.WireMessage(e.Fact)}
	is := func(way, look, other, tag string) { r.Way, r.Look, r.Other, r.Tag = way, look, other, tag }
	switch f := e.Fact.(type) {
	case lookup.ZoneChanged:
		is("primary", "done", "", "SOA "+serial(f.To))
		v.Changes = append(v.Changes, TransferChange{Server: f.Server.Name, From: f.From, To: f.To, Deleted: f.Deleted, Added: f.Added, Primary: true})
	case lookup.NotifySent:
		is("right", "notify", f.Server.Name.Short(), "NOTIFY")
	case lookup.NotifyReceived:
		is("other", "note", f.Server.Name.Short(), "")
		if !f.Accepted {
			r.Look = "error"
		}
	case lookup.NotifyAnswered:
		is("left", "answer", f.Server.Name.Short(), f.Rcode.String())
	case lookup.NotifyUnanswered:
		is("right", "error", f.Server.Name.Short(), "")
	case lookup.TimerDue:
		is("other", "timer", f.Server.Name.Short(), "")
	case lookup.TimerSet:
		is("other", "timer", f.Server.Name.Short(), "")
	case lookup.RefreshStarted:
		v.open++
		is("other", "note", f.Server.Name.Short(), "")
	case lookup.RefreshFinished:
		v.open--
		is("other", "done", f.Copy.Server.Name.Short(), "")
		if !slices.Contains([]string{"current", "updated", "replaced"}, f.Outcome) {
			r.Look = "error"
		}
	case lookup.SerialAsked:
		is("left", "query", f.Server.Name.Short(), "SOA?")
	case lookup.SerialReceived:
		is("right", "answer", f.Server.Name.Short(), "SOA "+serial(f.Serial))
		if f.Rcode != 0 {
			r.Look, r.Tag = "error", f.Rcode.String()
		}
	case lookup.SerialUnanswered:
		is("left", "error", f.Server.Name.Short(), "")
	case lookup.SerialCompared:
		is("other", "note", f.Server.Name.Short(), serial(f.Have)+" → "+serial(f.Offered))
	case lookup.TransferRequested:
		is("left", "query", f.Client, f.Type.String()+"?")
	case lookup.TransferReceived:
		is("right", "stream", f.Client, streamTag(f.Records))
		r.Records = f.Records
	case lookup.TransferRefused:
		is("right", "error", f.Client, f.Rcode.String())
	case lookup.TransferFailed:
		is("other", "error", f.Client, "")
	case lookup.TransferFellBack:
		is("other", "note", f.Client, "")
	case lookup.DiffApplied:
		is("other", "done", f.Server.Name.Short(), serial(f.From)+" → "+serial(f.To))
		v.Changes = append(v.Changes, TransferChange{Server: f.Server.Name, From: f.From, To: f.To, Deleted: f.Deleted, Added: f.Added})
	case lookup.ZoneReplaced:
		is("other", "done", f.Server.Name.Short(), "SOA "+serial(f.Serial))
		v.Changes = append(v.Changes, TransferChange{Server: f.Server.Name, To: f.Serial, Whole: f.Records})
	case lookup.ZoneExpired:
		is("other", "error", f.Server.Name.Short(), "SERVFAIL")
	case lookup.TraceTruncated, lookup.CopiesListed:
		is("primary", "note", "", "")
	default:
		return
	}
	v.Rungs = append(v.Rungs, r)
}

// streamTag says in short what a message of a transfer holds: its SOA records,
// and how many others stand around them.
func streamTag(records []lookup.Record) string {
	tag, others := "", 0
	add := func(s string) {
		if tag != "" {
			tag += " "
		}
		tag += s
	}
	for _, r := range records {
		if r.Type == lookup.TypeSOA {
			if others > 0 {
				add("+" + number(others))
				others = 0
			}
			add("SOA")
		} else {
			others++
		}
	}
	if others > 0 {
		add("+" + number(others))
	}
	return tag
}
