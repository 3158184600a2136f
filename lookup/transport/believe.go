package transport

import (
	"encoding/binary"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

// believe checks that bytes are the response to a query: ID, QR, opcode and
// question must match (RFC 5452 §9.1; address and port the connected socket has
// checked). If they are, it reports what they amount to; if not it says why.
func (x *exchange) believe(b []byte, f flight) (*message.Response, string) {
	rtt := time.Since(f.start)
	text := b
	if f.mixed {
		text = withName(b, f.plain)
	}
	m, reason := parse(x.asked(text), f.id, x.q.Question)
	if m == nil {
		return nil, reason
	}
	if reason := x.guessed(b, f, m); reason != "" {
		return nil, reason
	}
	if f.mixed {
		ownCase(m, x.q.Question.Name)
	}
	if f.transport == "tcp" {
		m.Truncated = false // there is nothing larger to ask for
	}
	r := classify(x.q, m)
	r.Server, r.RTT, r.TCP = x.q.Server, rtt, f.transport == "tcp"
	if x.step.Recording() {
		x.report(r, lookup.Reply{
			Party: x.c.Party, Query: f.seq, Server: x.q.Server, Zone: x.q.Zone, Question: x.q.Question, Transport: f.transport,
			RTTUs: rtt.Microseconds(), AA: r.AA, Rcode: r.Rcode, Message: append(lookup.Message(nil), b...),
		})
	}
	return r, ""
}

// parse reads a message and checks that it is the response to the query. Where it
// is not, the message is nil and the reason as in lookup.ResponseRejected.
func parse(b []byte, id uint16, q lookup.Question) (*dns.Msg, string) {
	if len(b) < 12 {
		return nil, "malformed"
	}
	switch flags := binary.BigEndian.Uint16(b[2:]); {
	case binary.BigEndian.Uint16(b) != id:
		return nil, "id"
	case flags&(1<<15) == 0:
		return nil, "notResponse"
	case flags>>11&15 != 0:
		return nil, "opcode"
	}
	var m dns.Msg
	err := m.Unpack(b)
	switch {
	case err != nil && !(m.Truncated && len(m.Question) == 1):
		// A message cut in the middle of a record is still a truncated one.
		return nil, "malformed"
	case len(m.Question) == 0 && errorWithoutQuestion(&m):
		// Some servers send only the header when they refuse or fail.
	case len(m.Question) != 1 || !sameQuestion(m.Question[0], q):
		return nil, "question"
	}
	return &m, ""
}

func errorWithoutQuestion(m *dns.Msg) bool {
	switch m.Rcode {
	case dns.RcodeFormatError, dns.RcodeNotImplemented, dns.RcodeRefused, dns.RcodeServerFailure:
		return len(m.Answer) == 0 && len(m.Ns) == 0
	}
	return false
}

func sameQuestion(got dns.Question, want lookup.Question) bool {
	return got.Qtype == uint16(want.Type) && got.Qclass == uint16(want.Class) && message.NameOf(got.Name).Equal(want.Name)
}

// report says what a response amounts to, and what of it is not used.
func (x *exchange) report(r *message.Response, reply lookup.Reply) {
	switch r.Verdict {
	case message.Answer:
		x.step.Report(lookup.AnswerReceived{Reply: reply, Records: message.Records(r.Answer...)})
	case message.AliasOnly:
		last := r.Aliases[len(r.Aliases)-1]
		x.step.Report(lookup.AliasReceived{Reply: reply, Owner: last.Owner, Target: last.Target, Via: last.Via})
	case message.Referral:
		x.step.Report(lookup.ReferralReceived{Reply: reply, Child: r.Child, Servers: r.Servers})
	case message.Nodata:
		x.step.Report(lookup.NodataReceived{Reply: reply, SOA: soaRecord(r), NegativeSec: r.NegativeSec})
	case message.Nxdomain:
		x.step.Report(lookup.NxdomainReceived{Reply: reply, Denied: r.Name, SOA: soaRecord(r), NegativeSec: r.NegativeSec})
	case message.Truncation:
		x.step.Report(lookup.TruncationReceived{Reply: reply})
	case message.Failure:
		x.step.Report(lookup.FailureReceived{Reply: reply})
	case message.Lame:
		x.step.Report(lookup.LameReceived{Reply: reply, Reason: r.Lame})
	}
	for _, d := range r.Discarded {
		x.step.Report(lookup.RecordDiscarded{
			Host: x.c.Party.Host, Server: x.q.Server, Record: message.Record(d.RR, d.RR.Header().Ttl), Section: d.Section, Reason: d.Reason,
		})
	}
}

// soaRecord is the SOA of a denial with the TTL it came with, which is not
// always how long the denial may be kept.
func soaRecord(r *message.Response) []lookup.Record {
	records := message.Records(r.SOA...)
	for i := range records {
		records[i].TTLSec = r.SOA[0].RRs[0].Header().Ttl
	}
	return records
}
