package templates

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"rootwalk/lookup"
)

// origin is the place in a trace where what a cache keeps was heard: a message
// and the bytes of a record in it. The browser finds the same
// (static/elements/provenance/origin.js); static/test/origins.json holds the
// two together.
type origin struct {
	Seq     int    `json:"seq"`     // event with the message
	Section string `json:"section"` // "answer", "authority", "additional"
	Record  int    `json:"record"`  // index in the section
	At      int    `json:"at"`      // its bytes
	Len     int    `json:"len"`
	AA      bool   `json:"aa"`
}

// messageRecord is one record of a message with its bytes.
type messageRecord struct {
	section    string
	index      int
	name, kind string // as the spans say them
	at, len    int
	ttl        time.Duration
	data       string // its RDATA, as the spans say it
}

// recordsIn lists the records of a message in order.
func recordsIn(msg lookup.Message) []messageRecord {
	var out []messageRecord
	for _, s := range lookup.Anatomy(msg) {
		if s.Section == "header" || s.Section == "question" {
			continue
		}
		if n := len(out); n == 0 || out[n-1].section != s.Section || out[n-1].index != s.Record {
			out = append(out, messageRecord{section: s.Section, index: s.Record, at: s.At})
		}
		r := &out[len(out)-1]
		r.len = s.At + s.Len - r.at
		switch s.Name {
		case "NAME":
			r.name = s.Text
		case "TYPE":
			r.kind = s.Text
		case "TTL":
			sec, _ := strconv.ParseUint(s.Text, 10, 32)
			r.ttl = time.Duration(sec) * time.Second
		default:
			if s.Type != 0 {
				r.data = strings.TrimSpace(r.data + " " + s.Text)
			}
		}
	}
	return out
}

// originOf finds where a row of a cache was heard, in the events of the trace
// that stored it: the last response of the server that it came from, before it
// was stored, that has the record. What a browser keeps under the name of an
// alias is at the end of the aliases. nil if it is not there.
func originOf(events []lookup.Event, cache string, r Row) *origin {
	limit := len(events)
	for _, layer := range []string{cache, hostDevice} {
		i := slices.IndexFunc(events, func(e lookup.Event) bool {
			x, ok := e.Fact.(lookup.CacheStored)
			return ok && x.Cache == layer && x.Entry.Type == r.Type && x.Entry.Name.Equal(r.Name) && x.Entry.StoredAt.Equal(r.StoredAt)
		})
		if i >= 0 {
			limit = i
			break
		}
		if cache != cacheBrowser {
			break
		}
	}
	for i := limit - 1; i >= 0; i-- {
		reply, ok := replyOf(events[i].Fact)
		if !ok || reply.Server.Addr != r.From.Addr {
			continue
		}
		var found *messageRecord
		for _, m := range recordsIn(reply.Message) {
			kind, name := r.Type.String(), lookup.Name(m.name).Equal(r.Name)
			switch {
			case r.Kind != lookup.CachePositive:
				kind, name = "SOA", m.section == "authority"
			case cache == cacheBrowser && m.section == "answer":
				name = true
			}
			if m.kind == kind && name && (found == nil || cache == cacheBrowser) {
				found = &m
			}
		}
		if found != nil {
			return &origin{Seq: events[i].Seq, Section: found.section, Record: found.index, At: found.at, Len: found.len, AA: reply.AA}
		}
	}
	return nil
}

// replyOf is what a response fact has in common with others.
func replyOf(f lookup.Fact) (lookup.Reply, bool) {
	switch x := f.(type) {
	case lookup.AnswerReceived:
		return x.Reply, true
	case lookup.AliasReceived:
		return x.Reply, true
	case lookup.ReferralReceived:
		return x.Reply, true
	case lookup.NodataReceived:
		return x.Reply, true
	case lookup.NxdomainReceived:
		return x.Reply, true
	case lookup.TruncationReceived:
		return x.Reply, true
	case lookup.FailureReceived:
		return x.Reply, true
	case lookup.LameReceived:
		return x.Reply, true
	}
	return lookup.Reply{}, false
}

// credibilities are the ranks, most credible last (RFC 2181 §5.4.1).
var credibilities = []lookup.Credibility{
	lookup.CredibilityHint, lookup.CredibilityAdditional, lookup.CredibilityReferral, lookup.CredibilityAnswer, lookup.CredibilityAuthorityAA, lookup.CredibilityAnswerAA,
}

// shownOrigin is where a copy comes from, in words, for the page without a
// script.
type shownOrigin struct {
	ID, Title string
	Lines     []originLine
}

type originLine struct{ Term, Text, Href string }

// originID names the text about a row on its page.
func originID(layer string, r Row) string {
	return "origin-" + layer + "-" + strings.ToLower(r.Type.String()) + "-" + strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '.' || c == '-' {
			return c
		}
		return '_'
	}, string(r.Name.Canonical()))
}

// originHref leads to where it is said where a row comes from.
func originHref(p Page, layer string, r Row) string {
	if p.Detail == "caches" {
		return "#" + originID(layer, r)
	}
	return detailHref(p, "caches") + "#" + originID(layer, r)
}

// originLink leads from a fact that tells of records to where these come from; it
// is named by a word. Both are "" for other facts, and where there is no server
// to tell. The trace-transcript element says the same of events.
func originLink(p Page, seq int, f lookup.Fact) (label, href string) {
	if p.Offline {
		return "", ""
	}
	switch x := f.(type) {
	case lookup.CacheStored, lookup.CacheHit:
		return "transcript.source", sourceHref(p, seq)
	case lookup.LookupFinished:
		if len(x.Records) > 0 {
			return "transcript.source", sourceHref(p, seq)
		}
	default:
		if reply, ok := replyOf(f); ok && slices.ContainsFunc(recordsIn(reply.Message), func(r messageRecord) bool { return r.kind != "OPT" }) {
			return "bytes.records", sourceHref(p, seq)
		}
	}
	return "", ""
}

// maxOrigins bounds what a page tells in text.
const maxOrigins = 120

// shownOrigins are the origins of all copies on the page.
func shownOrigins(p Page, columns []layerColumn) []shownOrigin {
	var out []shownOrigin
	for _, c := range columns {
		for _, r := range slices.Concat(c.Copies, c.Others) {
			if len(out) < maxOrigins {
				out = append(out, showOrigin(p, c.Layer, r))
			}
		}
	}
	return out
}

func showOrigin(p Page, layer string, r cacheRow) shownOrigin {
	s := shownOrigin{ID: originID(layer, r.Row), Title: p.T("provenance.title", "name", r.Name.Short(), "type", r.Type.String(), "layer", layerName(p, layer))}
	add := func(key, text, href string) {
		s.Lines = append(s.Lines, originLine{p.T("provenance." + key), text, href})
	}
	add("server", serverText(p, r.From), "")
	events, v := p.eventsOf(r.Trace)
	if o := originOf(events, layer, r.Row); o != nil {
		msg := lookup.WireMessage(events[o.Seq].Fact)
		step := 0
		for _, b := range v.Balloons {
			if b.Seqs[0] <= o.Seq {
				step = b.N
			}
		}
		add("message", p.T("provenance.message.text", "step", number(step), "bytes", number(len(msg))), fmt.Sprintf("%s#s=%d&f=b%d", traceHref(p, r.Trace), step, o.At))
		add("bytes", p.T("provenance.bytes.text", "from", fmt.Sprintf("0x%02x", o.At), "to", fmt.Sprintf("0x%02x", o.At+o.Len-1), "hex", someHex(msg[o.At:o.At+o.Len])), "")
		add("section", p.T("bytes.section."+o.Section), "")
		aa := "0"
		if o.AA {
			aa = "1"
		}
		add("aa", p.T("provenance.aa."+aa), "")
	} else {
		add("message", p.T("provenance.message.gone"), "")
	}
	add("rank", p.T("provenance.rank.text", "rank", number(r.Credibility.Rank()+1), "of", number(len(credibilities)), "words", p.T("provenance.rank."+string(r.Credibility))), "")
	add("received", timeOfDay(r.StoredAt), "")
	add("ttl", p.T("provenance.ttl.text", "ttl", fmt.Sprint(r.TTLSec), "left", secondsOf(r.left)), "")
	add("paid", r.PaidBy.String(), traceHref(p, r.Trace))
	return s
}

// eventsOf are the events of a trace that the page knows, with what they fold
// to: its own, or one that filled a cache earlier.
func (p Page) eventsOf(trace string) ([]lookup.Event, *View) {
	if p.View != nil && (trace == p.TraceID || trace == "" || p.Recorded) {
		return p.View.events, p.View
	}
	if events, ok := p.Traces[trace]; ok {
		return events, Fold(events)
	}
	return nil, &View{}
}

// traceHref leads to the drawing of a trace of this room; "" where there is none.
func traceHref(p Page, trace string) string {
	if trace == "" || trace == p.TraceID || p.Recorded {
		return detailHref(p, "")
	}
	q := p
	q.TraceID = trace
	return detailHref(q, "")
}

func serverText(p Page, s lookup.Server) string {
	addr := s.Addr.Addr().String()
	if s.Name == "" {
		return addr
	}
	return s.Name.Short() + ", " + addr
}

// someHex is bytes as two digits each, with an ellipsis after so many.
func someHex(b []byte) string {
	const most = 48
	var parts []string
	for _, c := range b[:min(len(b), most)] {
		parts = append(parts, hex.EncodeToString([]byte{c}))
	}
	if len(b) > most {
		parts = append(parts, "…")
	}
	return strings.Join(parts, " ")
}
