package templates

import (
	"strconv"

	"rootwalk/lookup"
)

// exchange takes the events of one question to one server.
func (f *folder) exchange(e lookup.Event) {
	switch x := e.Fact.(type) {
	case lookup.ServerChosen:
		f.host(x.Host, lookup.RoleResolver)
		f.open(e, Balloon{Kind: "query", Role: lookup.RoleResolver, Host: x.Host, From: x.Host, To: f.zonePlate(x.Zone), Zone: x.Zone})
	case lookup.ConnectionOpened:
		f.connected(e, x.Party, x.Server)
	case lookup.ConnectionReused:
		f.connected(e, x.Party, x.Server)
	case lookup.QuerySent:
		f.sent(e, x)
	case lookup.QueryTimedOut:
		f.lost(e, "timeout", x.Party, x.Query, x.Server, x.WaitedUs, "")
	case lookup.QueryFailed:
		f.lost(e, "unreachable", x.Party, x.Query, x.Server, x.WaitedUs, x.Transport)
	case lookup.QueryBlocked:
		f.blocked(e, x)
	case lookup.ResponseRejected:
		f.rejected(e, x)
	case lookup.ReferralReceived:
		b := f.reply(e, "referral", x.Reply, "answered")
		b.TagText, b.Outcome = shorten("NS "+x.Child.Short()), "noglue"
		for _, s := range x.Servers {
			if len(s.Addrs) > 0 {
				b.Outcome = ""
			}
		}
		f.listed(x.Child, x.Servers)
		f.zone(x.Child, x.Zone, e.Step)
	case lookup.AnswerReceived:
		f.reply(e, "answer", x.Reply, "answered").TagText = answerTag(x.Question, x.Records)
	case lookup.AliasReceived:
		f.reply(e, "alias", x.Reply, "answered").TagText = shorten(x.Via.String() + " " + x.Target.Short())
	case lookup.NodataReceived:
		b := f.reply(e, "nodata", x.Reply, "answered")
		b.TagKey, b.TagText = "tag.nodata", x.Question.Type.String()
	case lookup.NxdomainReceived:
		f.reply(e, "nxdomain", x.Reply, "answered").TagText = "NXDOMAIN"
	case lookup.TruncationReceived:
		f.reply(e, "truncation", x.Reply, "answered").TagText = "TC"
	case lookup.FailureReceived:
		f.reply(e, "failure", x.Reply, "failed").TagText = x.Rcode.String()
	case lookup.LameReceived:
		b := f.reply(e, "lame", x.Reply, "lame")
		b.TagKey, b.TagText = "tag.lame", x.Rcode.String()
	}
}

// pending is the current balloon if it is a query of this step that has not
// been sent yet.
func (f *folder) pending(e lookup.Event) *Balloon {
	if b := f.last(); b != nil && b.Kind == "query" && b.Message < 0 && b.Step == e.Step {
		return b
	}
	return nil
}

// connected opens a balloon where the connection is for a question that
// went to the same server before.
func (f *folder) connected(e lookup.Event, x lookup.Party, s lookup.Server) {
	if f.pending(e) != nil {
		return
	}
	f.host(x.Host, x.By)
	b := Balloon{Kind: "query", Role: x.By, Host: x.Host, From: x.Host, Transport: "tcp"}
	before := -1
	for i := len(f.v.Balloons) - 1; i >= 0 && before < 0; i-- {
		if q := &f.v.Balloons[i]; q.Kind == "query" && q.Host == x.Host {
			before = i
		}
	}
	switch {
	case before >= 0:
		b.To, b.Zone = f.v.Balloons[before].To, f.v.Balloons[before].Zone
	case x.By == lookup.RoleStub:
		if last := f.last(); last != nil && last.Kind == "edited" {
			b.Zone = last.Zone
		}
		b.To = f.target(x, s, b.Zone)
	}
	f.open(e, b)
}

// target is the plate of the server that a party speaks with: the resolver for
// the stub, the zone's servers for the resolver, and for the stub where it asks
// them itself.
func (f *folder) target(by lookup.Party, server lookup.Server, zone lookup.Name) string {
	if by.By != lookup.RoleStub || zone != "" {
		return f.zonePlate(zone)
	}
	id := server.Name.Short()
	if server.Name == "" {
		id = server.Addr.Addr().String()
	}
	f.host(id, lookup.RoleResolver)
	return id
}

func (f *folder) sent(e lookup.Event, x lookup.QuerySent) {
	if asks(x.Host) { // also where it walks by itself
		f.v.Counts.Stub++
	} else {
		f.v.Counts.Resolver++
	}
	f.host(x.Host, x.By)
	to := f.target(x.Party, x.Server, x.Zone)
	b := f.pending(e)
	if b == nil {
		b = f.open(e, Balloon{})
	} else {
		b.tell(e)
	}
	b.Kind, b.Role, b.Host, b.From, b.To, b.Zone = "query", x.By, x.Host, x.Host, to, x.Zone
	b.AtUs, b.Transport, b.TagText, b.Message = e.At.Microseconds(), x.Transport, x.Question.Type.String()+"?", e.Seq
	f.queries[e.Seq] = b.N - 1
	f.serve(to, x.Server, "asked")
}

// query is the balloon of a query by its seq, nil if there is none.
func (f *folder) query(seq int) *Balloon {
	if i, ok := f.queries[seq]; ok {
		return &f.v.Balloons[i]
	}
	return nil
}

// lost opens the balloon of a query that no response ended.
func (f *folder) lost(e lookup.Event, kind string, by lookup.Party, seq int, server lookup.Server, waited int64, transport string) {
	f.host(by.Host, by.By)
	b := Balloon{Kind: kind, Role: by.By, Host: by.Host, From: by.Host, RTTUs: waited, Transport: transport}
	lane := f.query(seq)
	if lane != nil {
		lane.Outcome = kind
	} else {
		lane = f.last()
	}
	if lane != nil && lane.Kind == "query" && lane.Host == by.Host {
		b.To, b.Zone, b.TagText = lane.To, lane.Zone, lane.TagText
		if transport == "" {
			b.Transport = lane.Transport
		}
	} else if by.By == lookup.RoleStub {
		b.To = f.target(by, server, "")
	}
	f.serve(b.To, server, "failed")
	f.open(e, b)
}

// blocked turns the balloon of a query that was about to leave into one of
// something inside its host: no packet, no line.
func (f *folder) blocked(e lookup.Event, x lookup.QueryBlocked) {
	f.host(x.Host, x.By)
	b, to := f.pending(e), ""
	switch {
	case b != nil:
		to = b.To
		b.tell(e)
	default:
		if x.By == lookup.RoleStub {
			to = f.target(x.Party, x.Server, "")
		}
		b = f.open(e, Balloon{})
	}
	b.Kind, b.Role, b.Host, b.From, b.To, b.AtUs = "blocked", x.By, x.Host, x.Host, x.Host, e.At.Microseconds()
	f.serve(to, x.Server, "failed")
}

// rejected opens the balloon of something that was not believed. It is drawn
// as coming from where the query went: who sent it nobody knows.
func (f *folder) rejected(e lookup.Event, x lookup.ResponseRejected) {
	f.host(x.Host, x.By)
	b := Balloon{Kind: "rejected", Host: x.Host, To: x.Host, TagKey: "tag.rejected"}
	if q := f.query(x.Query); q != nil {
		b.From, b.Zone, b.Transport = q.To, q.Zone, q.Transport
		if i, ok := f.plates[q.To]; ok {
			b.Role = f.v.Plates[i].Role
		}
	}
	opened := f.open(e, b)
	if len(x.Message) > 0 {
		opened.Message = e.Seq
	}
}

// reply opens the balloon of a response that was believed.
func (f *folder) reply(e lookup.Event, kind string, r lookup.Reply, state string) *Balloon {
	f.host(r.Host, r.By)
	from := f.target(r.Party, r.Server, r.Zone)
	f.serve(from, r.Server, state)
	if q := f.query(r.Query); q != nil {
		q.Outcome = kind
	}
	b := f.open(e, Balloon{Kind: kind, Role: r.Server.Role, Host: r.Host, From: from, To: r.Host, Zone: r.Zone, RTTUs: r.RTTUs, Transport: r.Transport})
	if len(r.Message) > 0 {
		b.Message = e.Seq
	}
	if r.By == lookup.RoleStub && len(r.Message) > 3 && r.Message[3]&0x20 != 0 {
		b.Outcome = "ad"
	}
	return b
}

// answerTag is the first record of the kind that ends the answer, and how many
// more there are: "A 203.0.113.10 +1".
func answerTag(q lookup.Question, records []lookup.Record) string {
	first, more := lastGroup(records)
	if first == nil {
		return q.Type.String()
	}
	tag := shorten(first.Type.String() + " " + first.Data)
	if more > 0 {
		tag = shorten(tag + " +" + strconv.Itoa(more))
	}
	return tag
}

// lastGroup is the first record of the RRset that ends an answer, behind its
// aliases, and how many more are in it; nil if there is none.
func lastGroup(records []lookup.Record) (first *lookup.Record, more int) {
	if len(records) == 0 {
		return nil, 0
	}
	from := len(records) - 1
	for from > 0 && records[from-1].Type == records[from].Type && records[from-1].Name.Equal(records[from].Name) {
		from--
	}
	return &records[from], len(records) - from - 1
}

// maxTag bounds the text of a tag, in characters.
const maxTag = 40

// shorten cuts a text to what a tag can hold.
func shorten(s string) string {
	if len(s) <= maxTag {
		return s
	}
	if r := []rune(s); len(r) > maxTag {
		return string(r[:maxTag-1]) + "…"
	}
	return s
}
