package templates

import (
	"encoding/binary"
	"slices"

	"rootwalk/lookup"
)

// Trust is what the sheet of the chain of trust shows besides the trace: the same
// question asked with CD=1, where that was done.
type Trust struct {
	Beside *Run
	Names  []string // of the lab's signed zones, worth trying
}

// chain is one validation of a trace: from the trust anchor to the verdict.
type chain struct {
	Name    lookup.Name // what is validated: while it goes on, what was asked
	Type    lookup.Type
	Judged  *lookup.ChainJudged // nil while it goes on
	Verdict lookup.Fact
	Seq     int // of the verdict
	Rows    []*link
}

// link is one link of a chain: a thing that vouches for the next.
type link struct {
	Kind  string // "anchor", "keys", "ds", "unsigned", "data", "missing", "denial", "made", "broken"
	State string // "holds", "broken", "ends" (nothing below has to be signed), "known" (from an earlier lookup)
	Zone  lookup.Name
	Name  lookup.Name // whose records it is about
	Type  lookup.Type
	Seq   int // event with which it is known
	Facts []lookup.Fact

	Keys   []lookup.ZoneKey
	By     uint16
	Digest *lookup.DigestCompared
	Sig    *lookup.SignatureChecked
	Denial *lookup.DenialChecked
	Told   int // event with the message that brought the records, -1 for none
}

// say adds a fact to a link; it is inked no earlier than the last of them.
func (l *link) say(seq int, f lookup.Fact) {
	l.Facts = append(l.Facts, f)
	l.Seq = max(l.Seq, seq)
}

// maxChains bounds the validations that are drawn of one trace.
const maxChains = 6

// chains are the validations of a trace, as its facts tell them.
func chains(v *View) []*chain {
	if v == nil {
		return nil
	}
	var out []*chain
	var c *chain
	var pending []lookup.Fact // checks of denials, which come before what they prove
	add := func(seq int, l *link, facts ...lookup.Fact) *link {
		l.Told = -1
		for _, f := range facts {
			l.say(seq, f)
		}
		c.Rows = append(c.Rows, l)
		return l
	}
	last := func(kind string, name lookup.Name) *link {
		for i := len(c.Rows) - 1; i >= 0; i-- {
			if l := c.Rows[i]; l.Kind == kind && l.Name.Equal(name) {
				return l
			}
		}
		return nil
	}
	begin := func() {
		if c == nil {
			c = &chain{}
			if q := v.Question; q != nil {
				c.Name, c.Type = q.Name, q.Type
			}
			out = append(out, c)
		}
	}
	for seq, e := range v.events {
		switch e.Fact.(type) {
		case lookup.DenialSynthesised, lookup.AnchorChosen:
			if len(out) == maxChains && c == nil {
				return out
			}
			begin()
		}
		if c == nil {
			continue
		}
		switch f := e.Fact.(type) {
		case lookup.DenialSynthesised:
			add(seq, &link{Kind: "made", State: "holds", Zone: f.Zone, Name: f.Question.Name, Type: f.Question.Type}, f)
		case lookup.AnchorChosen:
			state := map[string]string{"trust": "holds", "negative": "ends", "none": "ends"}[f.Use]
			if last("anchor", f.Zone) == nil {
				add(seq, &link{Kind: "anchor", State: state, Zone: f.Zone, Name: f.Zone}, f)
			}
		case lookup.DigestCompared:
			kind := "ds"
			if f.Source == "anchor" {
				kind = "anchor"
			}
			l := last(kind, f.Zone)
			if l == nil {
				l = add(seq, &link{Kind: kind, State: "holds", Zone: f.Zone, Name: f.Zone})
			}
			if l.Digest != nil && l.Digest.Result == "equal" {
				break // one that fits is enough
			}
			l.say(seq, f)
			l.Digest = &f
			switch f.Result {
			case "equal":
				l.State = "holds"
			case "unsupported":
				l.State = "ends"
			case "different", "noKey":
				l.State = "broken"
			}
		case lookup.KeyMatched:
			if l := last(map[string]string{"ds": "ds", "anchor": "anchor"}[f.Source], f.Zone); l != nil {
				l.say(seq, f)
			}
		case lookup.KeysTrusted:
			l := last("keys", f.Zone)
			if l == nil {
				l = add(seq, &link{Kind: "keys", State: "known", Zone: f.Zone, Name: f.Zone, Type: typeDNSKEY})
			} else if l.Keys != nil {
				break // told before
			}
			l.Keys, l.By = f.Keys, f.By
			l.say(seq, f)
		case lookup.SignatureChecked:
			c.signature(seq, f, &pending, add, last)
		case lookup.SignatureMissing:
			kind := "missing"
			if f.Type == typeDNSKEY {
				kind = "keys"
			}
			add(seq, &link{Kind: kind, State: "broken", Zone: f.Zone, Name: f.Name, Type: f.Type}, f)
		case lookup.DenialChecked:
			kind, state := "denial", "holds"
			if f.Claim == "unsigned" {
				kind, state = "unsigned", "ends"
			}
			switch f.Result {
			case "proved":
			case "optOut", "iterations":
				state = "ends"
			default:
				state = "broken"
			}
			l := add(seq, &link{Kind: kind, State: state, Zone: f.Zone, Name: f.Name, Type: f.Type, Denial: &f}, append(pending, f)...)
			for _, p := range pending {
				if s, ok := p.(lookup.SignatureChecked); ok && (l.Sig == nil || s.Result != "valid") {
					l.Sig = &s
				}
			}
			pending = nil
		case lookup.DelegationJudged:
			l := last("unsigned", f.Child)
			switch {
			case f.Result == "noCut" && l != nil: // no zone begins there: nothing to draw
				c.Rows = slices.DeleteFunc(c.Rows, func(r *link) bool { return r == l })
			case l != nil:
				l.say(seq, f)
			default:
				if l = last("ds", f.Child); l != nil {
					l.say(seq, f)
				}
			}
		case lookup.ChainJudged:
			c.Judged, c.Verdict, c.Seq, c.Name, c.Type = &f, f, seq, f.Name, f.Type
			c.finish(seq)
			c.messages(v, seq)
			c, pending = nil, nil
		}
	}
	if c != nil {
		c.messages(v, len(v.events))
	}
	return out
}

// typeDNSKEY is the type of keys; the vocabulary has no constant for it.
const typeDNSKEY lookup.Type = 48

// signature puts a check where it belongs.
func (c *chain) signature(seq int, f lookup.SignatureChecked, pending *[]lookup.Fact, add func(int, *link, ...lookup.Fact) *link, last func(string, lookup.Name) *link) {
	state := "holds"
	if f.Result != "valid" {
		state = "broken"
	}
	if f.Result == "unsupported" {
		state = "ends"
	}
	kind := "data"
	switch f.Type {
	case typeNSEC, typeNSEC3:
		*pending = append(*pending, f)
		return
	case lookup.TypeDS:
		kind = "ds"
	case typeDNSKEY:
		kind = "keys"
	}
	if l := last(kind, f.Name); l != nil && l.Type == f.Type && (l.Sig == nil || l.Sig.Result != "valid") {
		l.Sig = &f // a further signature of the same set: one that holds is enough
		l.State = state
		l.say(seq, f)
		return
	} else if l != nil && l.Type == f.Type {
		return
	}
	add(seq, &link{Kind: kind, State: state, Zone: f.Signer, Name: f.Name, Type: f.Type, Sig: &f}, f)
}

const (
	typeNSEC  lookup.Type = 47
	typeNSEC3 lookup.Type = 50
)

// finish gives a chain that is broken without a broken link one that says so.
func (c *chain) finish(seq int) {
	if c.Judged.Verdict != lookup.Bogus || slices.ContainsFunc(c.Rows, func(l *link) bool { return l.State == "broken" }) {
		return
	}
	l := &link{Kind: "broken", State: "broken", Zone: c.Judged.At, Name: c.Judged.At, Told: -1}
	l.say(seq, c.Verdict)
	c.Rows = append(c.Rows, l)
}

// messages finds, for each link, the response that brought its records: the
// last one of this trace before the verdict.
func (c *chain) messages(v *View, end int) {
	for _, l := range c.Rows {
		name, rrtype := l.Name, l.Type
		switch l.Kind {
		case "anchor", "broken", "made":
			continue
		case "ds", "unsigned":
			rrtype = lookup.TypeDS
		case "data", "denial", "missing":
			name, rrtype = c.Name, c.Type
		}
		for seq, e := range v.events[:end] {
			if r, ok := e.Fact.(lookup.ReferralReceived); ok && l.Kind == "ds" && r.Child.Equal(l.Name) {
				l.Told = seq
			}
			if r, ok := e.Fact.(interface{ Answered() lookup.Reply }); ok {
				if a := r.Answered(); a.By == lookup.RoleResolver && a.Question.Name.Equal(name) && a.Question.Type == rrtype && len(a.Message) > 0 {
					if _, referral := e.Fact.(lookup.ReferralReceived); !referral {
						l.Told = seq
					}
				}
			}
		}
	}
}

// overall is the verdict on all chains of a trace: the worst (RFC 4035 §4.3);
// nil where nothing was judged.
func overall(all []*chain) *chain {
	var worst *chain
	for _, c := range all {
		if c.Judged != nil && (worst == nil || worse(c.Judged.Verdict) >= worse(worst.Judged.Verdict)) {
			worst = c
		}
	}
	return worst
}

// asked is what the device asked of DNSSEC, nil for nothing.
func asked(v *View) *lookup.ValidationAsked {
	if v == nil {
		return nil
	}
	for _, e := range v.events {
		if f, ok := e.Fact.(lookup.ValidationAsked); ok {
			return &f
		}
	}
	return nil
}

// reply is the message with which the device got its result: its AD bit, and the
// extended errors in words (RFC 8914).
func reply(v *View) (authentic, came bool, errors []lookup.ExtendedError) {
	for _, e := range v.events {
		switch f := e.Fact.(type) {
		case lookup.ResolutionFinished:
			errors = f.Extended
		case interface{ Answered() lookup.Reply }:
			if a := f.Answered(); a.By == lookup.RoleStub && len(a.Message) > 3 {
				came = true
				authentic = binary.BigEndian.Uint16(a.Message[2:])&(1<<5) != 0
			}
		}
	}
	return authentic, came, errors
}

// crossed counts the messages of a trace and their octets.
func crossed(v *View) (messages, octets int) {
	for _, e := range v.events {
		if b := lookup.WireMessage(e.Fact); len(b) > 0 {
			messages++
			octets += len(b)
		}
	}
	return messages, octets
}

// flagBit is a flag as it stands in a header.
func flagBit(on bool) string {
	if on {
		return "1"
	}
	return "0"
}

// typeList are types in the order of a type bit map.
func typeList(types []lookup.Type) string {
	text := ""
	for i, t := range types {
		if i > 0 {
			text += ", "
		}
		text += t.String()
	}
	return text
}
