package templates

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"rootwalk/lookup"
)

// Every fact that tells of a record leads to where that record comes from: the
// sheet of caches says it for the event that it is asked about (?of=17), also
// for what has left its cache and for what no cache ever had.

// sourceHref leads to where it is said where the records of an event of the
// trace on show come from.
func sourceHref(p Page, seq int) string {
	to := "/lookups/" + url.PathEscape(p.TraceID) + "/caches?"
	if p.Room != "" && p.Room != "main" {
		to += "room=" + p.Room + "&"
	}
	return to + "of=" + strconv.Itoa(seq) + "#source"
}

// sources are where the records of the event asked about come from; nil where
// none is asked about, empty where the event tells of none.
func sources(p Page) []shownOrigin {
	if p.Of == 0 || p.View == nil {
		return nil
	}
	return sourcesOf(p, p.Of)
}

func sourcesOf(p Page, seq int) []shownOrigin {
	switch x := p.View.fact(seq).(type) {
	case nil:
		return []shownOrigin{}
	case lookup.CacheStored:
		return []shownOrigin{showEntry(p, x.Cache, x.Entry)}
	case lookup.CacheHit:
		return []shownOrigin{showEntry(p, x.Cache, x.Entry)}
	case lookup.LookupFinished:
		if from := answeredBy(p.View, x); from > 0 {
			return sourcesOf(p, from)
		}
		return []shownOrigin{}
	}
	return showRecords(p, p.View.events[seq])
}

// answeredBy is the event that gave the device its answer: the last response
// that it had, or the last copy that a cache on it had; 0 for neither.
func answeredBy(v *View, x lookup.LookupFinished) int {
	for i := len(v.events) - 1; i > 0; i-- {
		switch f := v.events[i].Fact.(type) {
		case lookup.AnswerReceived:
			if x.FromCache == "" && (f.By == "stub" || f.By == "outside") {
				return v.events[i].Seq
			}
		case lookup.CacheHit:
			if x.FromCache != "" && f.Cache == x.FromCache {
				return v.events[i].Seq
			}
		}
	}
	return 0
}

// showEntry says where a cache has something from, whether or not it still has it.
func showEntry(p Page, layer string, x lookup.CacheEntry) shownOrigin {
	row := Row{Name: x.Name, Type: x.Type, Kind: x.Kind, Records: x.Records, TTLSec: x.TTLSec, StoredAt: x.StoredAt, Credibility: x.Credibility, From: x.From, PaidBy: x.PaidBy, Trace: x.Trace}
	s := showOrigin(p, layer, cacheRow{Row: row, left: max(0, time.Duration(x.TTLSec)*time.Second-max(layersAt(p).Sub(x.StoredAt), 0))})
	if known, held := stillHeld(p, layer, row); known && !held {
		s.Lines = append(s.Lines, originLine{p.T("provenance.kept"), p.T("provenance.kept.gone"), ""})
	}
	return s
}

// stillHeld reports whether a cache is on the page, and has this very copy.
func stillHeld(p Page, layer string, r Row) (known, held bool) {
	for _, box := range layerBoxes(p) {
		if box.Cache != layer {
			continue
		}
		known = true
		for _, have := range box.Rows {
			held = held || have.Type == r.Type && have.Name.Equal(r.Name) && have.StoredAt.Equal(r.StoredAt)
		}
	}
	return known, held
}

// showRecords says of each record of a message what the message says, and how
// far it is believed by where it stands in it.
func showRecords(p Page, e lookup.Event) []shownOrigin {
	msg, out := lookup.WireMessage(e.Fact), []shownOrigin{}
	reply, believed := replyOf(e.Fact)
	for _, m := range recordsIn(msg) {
		if m.kind == "OPT" || len(out) == maxOrigins {
			continue
		}
		s := shownOrigin{ID: fmt.Sprintf("source-%s-%d", m.section, m.index), Title: shortText(m.name) + " " + m.kind + " " + m.data}
		add := func(key, text, href string) {
			s.Lines = append(s.Lines, originLine{p.T("provenance." + key), text, href})
		}
		if believed {
			add("server", serverText(p, reply.Server), "")
		}
		step := 0
		for _, b := range p.View.Balloons {
			if b.Seqs[0] <= e.Seq {
				step = b.N
			}
		}
		add("message", p.T("provenance.message.text", "step", number(step), "bytes", number(len(msg))), fmt.Sprintf("%s#s=%d&f=b%d", detailHref(p, ""), step, m.at))
		add("bytes", p.T("provenance.bytes.text", "from", fmt.Sprintf("0x%02x", m.at), "to", fmt.Sprintf("0x%02x", m.at+m.len-1), "hex", someHex(msg[m.at:m.at+m.len])), "")
		add("section", p.T("bytes.section."+m.section), "")
		if believed {
			aa := "0"
			if reply.AA {
				aa = "1"
			}
			add("aa", p.T("provenance.aa."+aa), "")
			rank := rankIn(e.Fact, m.section, reply.AA)
			add("rank", p.T("provenance.rank.text", "rank", number(rank.Rank()+1), "of", number(len(credibilities)), "words", p.T("provenance.rank."+string(rank))), "")
		}
		if p.View.Lesson != nil {
			since := p.View.Lesson.Lesson.Add(e.At * time.Duration(p.View.Lesson.Rate))
			add("came", timeOfDay(since), "")
			if left := m.ttl - max(layersAt(p).Sub(since), 0); left > 0 {
				add("ttl", p.T("provenance.ttl.text", "ttl", secondsOf(m.ttl), "left", secondsOf(left)), "")
			} else {
				add("ttl", p.T("provenance.ttl.over", "ttl", secondsOf(m.ttl)), "")
			}
		}
		if p.View.Question != nil {
			add("paid", p.View.Question.String(), detailHref(p, ""))
		}
		out = append(out, s)
	}
	return out
}

// rankIn is the rank that data has by where it stood (RFC 2181 §5.4.1).
func rankIn(f lookup.Fact, section string, aa bool) lookup.Credibility {
	_, referral := f.(lookup.ReferralReceived)
	switch {
	case section == "answer" && aa:
		return lookup.CredibilityAnswerAA
	case section == "answer":
		return lookup.CredibilityAnswer
	case section == "authority" && aa:
		return lookup.CredibilityAuthorityAA
	case section == "authority" && referral:
		return lookup.CredibilityReferral
	}
	return lookup.CredibilityAdditional
}

// shortText is a name as its field says it, without the last dot.
func shortText(name string) string {
	if name == "." {
		return name
	}
	return strings.TrimSuffix(name, ".")
}

// SourceTrace is the trace that stored what the event asked about tells of; ""
// where it is no copy of a cache.
func (p Page) SourceTrace() string {
	if p.Of == 0 || p.View == nil || p.Recorded {
		return ""
	}
	of := p.Of
	if x, ok := p.View.fact(of).(lookup.LookupFinished); ok {
		of = answeredBy(p.View, x)
	}
	switch x := p.View.fact(of).(type) {
	case lookup.CacheStored:
		return x.Entry.Trace
	case lookup.CacheHit:
		return x.Entry.Trace
	}
	return ""
}
