package templates

import "rootwalk/lookup"

// hostOutside is a program outside that asked a resolver: it stands where
// otherwise the learner's device does.
const hostOutside = "outside"

// asks reports whether a host is the one whose question the trace is about.
func asks(host string) bool { return host == hostDevice || host == hostOutside }

// arrived opens the balloon of a query from outside; the trace begins with it.
func (f *folder) arrived(e lookup.Event, x lookup.QueryArrived) {
	f.begin(e, x.Question, x.Network, x.Lesson)
	f.v.Counts.Stub++
	f.host(hostOutside, lookup.RoleStub)
	f.host(x.Host, lookup.RoleResolver)
	f.open(e, Balloon{Kind: "query", Role: lookup.RoleStub, Host: hostOutside, From: hostOutside, To: x.Host, Transport: x.Transport, TagText: x.Question.Type.String() + "?"}).carry(e, x.Message)
}

// responded opens the balloon of the response to it; the trace ends with it.
func (f *folder) responded(e lookup.Event, x lookup.ResponseSent) {
	f.v.State, f.v.Outcome, f.v.Rcode, f.v.Records, f.v.ElapsedUs = "finished", x.Outcome, x.Rcode.String(), orEmpty(x.Records), x.ElapsedUs
	f.host(hostOutside, lookup.RoleStub)
	f.host(x.Host, lookup.RoleResolver)
	b := Balloon{Kind: x.Result(), Role: lookup.RoleResolver, Host: hostOutside, From: x.Host, To: hostOutside, RTTUs: x.ElapsedUs, Transport: x.Transport}
	switch b.Kind {
	case "answer":
		b.TagText = answerTag(x.Question, x.Records)
	case "nodata":
		b.TagKey, b.TagText = "tag.nodata", x.Question.Type.String()
	case "nxdomain":
		b.TagText = "NXDOMAIN"
	case "truncation":
		b.TagText = "TC"
	default:
		b.TagText = x.Rcode.String()
	}
	for i := range f.v.Balloons {
		if q := &f.v.Balloons[i]; q.Kind == "query" && q.Host == hostOutside {
			q.Outcome = b.Kind
		}
	}
	f.open(e, b).carry(e, x.Message)
}

// carry notes where the bytes of a balloon's message are.
func (b *Balloon) carry(e lookup.Event, m lookup.Message) {
	if len(m) > 0 {
		b.Message = e.Seq
	}
}
