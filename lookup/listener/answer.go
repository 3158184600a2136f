package listener

import (
	"context"
	"encoding/binary"
	"net/netip"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

// minUDP is what every client can take over UDP (RFC 1035 §4.2.1).
const minUDP = 512

// How a query came, as facts name it.
const (
	overUDP   = "udp"
	overTCP   = "tcp"
	overHTTPS = "https"
)

// exchange is one query on its way to its response.
type exchange struct {
	client    netip.AddrPort
	transport string
	query     []byte
	size      int // octets that the response may have
	reply     message.Reply
	send      func(response []byte) error
}

// answer answers a query by send, which is called at most once, and reports
// whether the query was one: what is no query gets no response.
func (l *Listener) answer(ctx context.Context, b []byte, client netip.AddrPort, transport string, send func(response []byte) error) bool {
	if !isQuery(b) {
		return false
	}
	x := &exchange{client: client, transport: transport, query: b, size: minUDP, send: send, reply: message.Reply{
		ID: binary.BigEndian.Uint16(b), Opcode: int(binary.BigEndian.Uint16(b[2:]) >> 11 & 15),
		RD: b[2]&1 != 0, Rcode: lookup.RcodeFormErr,
	}}
	if transport != overUDP {
		x.size = message.MaxSize
	}
	var m dns.Msg
	switch err := m.Unpack(b); {
	case x.reply.Opcode != dns.OpcodeQuery:
		x.reply.Rcode = lookup.RcodeNotImp
		if l.c.Strict && (x.reply.Opcode == dns.OpcodeUpdate || x.reply.Opcode == dns.OpcodeNotify) {
			x.reply.Rcode = lookup.RcodeRefused // known, but not for strangers
		}
	case err != nil || len(m.Question) != 1 || len(m.Answer)+len(m.Ns) > 0:
		// FORMERR, without the question: who knows what it was.
	default:
		x.reply.Question, x.reply.CD = m.Question, m.CheckingDisabled
		opt := m.IsEdns0()
		if opt != nil {
			x.reply.OPT, x.reply.DO = true, opt.Do()
			if transport == overUDP {
				x.size = max(minUDP, min(int(opt.UDPSize()), message.UDPSize))
			}
		}
		if opt != nil && opt.Version() != 0 {
			x.reply.Rcode = lookup.RcodeBadVers // RFC 6891 §6.1.3
			break
		}
		x.reply.AD = m.AuthenticatedData
		l.attend(ctx, x, message.QuestionOf(m.Question[0]))
		return true
	}
	x.finish()
	return true
}

// isQuery is false for what is too short, and for a response: answering one
// could go on for ever.
func isQuery(b []byte) bool { return len(b) >= 12 && b[2]&0x80 == 0 }

// attend has a question answered, by the reception where there is one, else
// by the resolver.
func (l *Listener) attend(ctx context.Context, x *exchange, q lookup.Question) {
	if l.c.Reception != nil {
		l.c.Reception(ctx, Arrival{Client: x.client, Transport: x.transport, Question: q, Message: x.query}, func(ctx context.Context, r Resolver, step lookup.Step) Sent {
			found := l.resolve(ctx, x, q, r, step)
			response := x.finish()
			if response != nil && x.transport == overUDP {
				l.again.keep(x.query, response, found.Memory)
			}
			return Sent{Message: response, Resolution: found, Truncated: len(response) > 2 && response[2]&2 != 0}
		})
		return
	}
	var step lookup.Step
	if l.c.Tracer != nil {
		step = l.c.Tracer.StepFor(x.client, x.reply.ID, q)
	}
	found := l.resolve(ctx, x, q, l.c.Resolver, step)
	if l.c.Tracer != nil {
		l.c.Tracer.Resolved(x.client, x.reply.ID, q, found.Queries)
	}
	if response := x.finish(); response != nil && x.transport == overUDP {
		l.again.keep(x.query, response, found.Memory)
	}
}

// resolve finds out about a question and puts the result into the reply.
func (l *Listener) resolve(ctx context.Context, x *exchange, q lookup.Question, r Resolver, step lookup.Step) message.Resolution {
	var found message.Resolution
	switch {
	case q.Type == lookup.TypeOPT || q.Type >= 249 && q.Type <= 254:
		// Types that are no data: transfers, signatures, mail of old.
		found.Outcome, found.Rcode = lookup.OutcomeRefused, lookup.RcodeRefused
	case l.c.Strict && q.Class != lookup.ClassIN:
		// CHAOS would tell what runs here (RFC 4892 §3.1).
		found.Outcome, found.Rcode = lookup.OutcomeRefused, lookup.RcodeRefused
	case l.c.Strict && q.Type == lookup.TypeANY:
		found = minimal(q.Name)
	default:
		found = r.Resolve(ctx, step, message.Request{Question: q, Client: x.client, CacheOnly: !x.reply.RD, Unchecked: x.reply.CD, DNSSEC: x.reply.DO,
			Remember: l.again != nil && x.transport == overUDP})
	}
	x.reply.Rcode, x.reply.Answer, x.reply.Authority, x.reply.Extended = found.Rcode, found.Answer, found.Authority, found.Extended
	// AD goes to those who show that they know it (RFC 6840 §5.8).
	x.reply.AD = found.Security == lookup.Secure && !x.reply.CD && (x.reply.DO || x.reply.AD)
	return found
}

// minimal answers ANY with a record that says why there is no more (RFC 8482
// §4.2): everything that is known of a name would make a small query, with a
// forged source, a large response to somebody else.
func minimal(name lookup.Name) message.Resolution {
	const ttlSec = 3600
	rr := &dns.HINFO{Hdr: dns.RR_Header{Name: string(name), Rrtype: dns.TypeHINFO, Class: dns.ClassINET, Ttl: ttlSec}, Cpu: "RFC8482"}
	return message.Resolution{Outcome: lookup.OutcomeAnswer, Answer: []message.Set{{Name: name, Type: lookup.TypeHINFO, TTLSec: ttlSec, RRs: []dns.RR{rr}}}}
}

// finish sends the reply and returns what was sent, nil if nothing was.
func (x *exchange) finish() []byte {
	response, err := x.reply.Pack(x.size)
	if err != nil {
		// A record that cannot be written again: the client gets to know
		// that we failed.
		x.reply.Answer, x.reply.Authority, x.reply.Extended, x.reply.Rcode = nil, nil, nil, lookup.RcodeServFail
		if response, err = x.reply.Pack(x.size); err != nil {
			return nil
		}
	}
	if x.send(response) != nil {
		return nil
	}
	return response
}

// brief answers a query without any work: a header and, where it can be read,
// the question. It is never longer than the query.
func brief(b []byte, rcode lookup.Rcode, truncated bool) []byte {
	if !isQuery(b) {
		return nil
	}
	end := 12
	if at := 12; binary.BigEndian.Uint16(b[4:]) == 1 {
		for at < len(b) && b[at] > 0 && b[at] < 64 {
			at += 1 + int(b[at])
		}
		if at < 12+lookup.MaxName && at+5 <= len(b) && b[at] == 0 {
			end = at + 5
		}
	}
	out := append([]byte(nil), b[:end]...)
	out[2] |= 0x80                 // QR; the opcode and RD stay
	out[2] &^= 6                   // AA, TC
	out[3] = byte(rcode)&15 | 0x80 // RA
	if truncated {
		out[2] |= 2
	}
	clear(out[4:12])
	if end > 12 {
		out[5] = 1
	}
	return out
}
