package listener

import (
	"encoding/binary"
	"net/netip"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

// minUDP is what every client can take over UDP (RFC 1035 §4.2.1).
const minUDP = 512

// answer makes the response to a query; nil where there is none to send,
// because the message is no query.
func (l *Listener) answer(b []byte, client netip.AddrPort, stream bool) []byte {
	if len(b) < 12 || binary.BigEndian.Uint16(b[2:])&(1<<15) != 0 {
		return nil // too short, or a response: answering it could go on for ever
	}
	size := minUDP
	reply := message.Reply{
		ID: binary.BigEndian.Uint16(b), Opcode: int(binary.BigEndian.Uint16(b[2:]) >> 11 & 15),
		RD: b[2]&1 != 0, Rcode: lookup.RcodeFormErr,
	}
	var m dns.Msg
	switch err := m.Unpack(b); {
	case reply.Opcode != dns.OpcodeQuery:
		reply.Rcode = lookup.RcodeNotImp
	case err != nil || len(m.Question) != 1 || len(m.Answer)+len(m.Ns) > 0:
		// FORMERR, without the question: who knows what it was.
	default:
		reply.Question, reply.CD = m.Question, m.CheckingDisabled
		opt := m.IsEdns0()
		if opt != nil {
			reply.OPT = true
			size = max(minUDP, min(int(opt.UDPSize()), message.UDPSize))
		}
		if opt != nil && opt.Version() != 0 {
			reply.Rcode = lookup.RcodeBadVers // RFC 6891 §6.1.3
			break
		}
		l.resolve(&reply, message.QuestionOf(m.Question[0]), client)
	}
	if stream {
		size = message.MaxSize
	}
	response, err := reply.Pack(size)
	if err != nil {
		// A record that cannot be written again: the client gets to know
		// that we failed.
		reply.Answer, reply.Authority, reply.Extended, reply.Rcode = nil, nil, nil, lookup.RcodeServFail
		if response, err = reply.Pack(size); err != nil {
			return nil
		}
	}
	return response
}

// resolve has a question answered and puts the result into the reply.
func (l *Listener) resolve(reply *message.Reply, q lookup.Question, client netip.AddrPort) {
	switch q.Type {
	case lookup.TypeOPT, 249, 250, 251, 252, 253, 254:
		// Types that are no data: transfers, signatures, mail of old.
		reply.Rcode = lookup.RcodeRefused
		return
	}
	var step lookup.Step
	if l.c.Tracer != nil {
		step = l.c.Tracer.StepFor(client, reply.ID, q)
	}
	found := l.c.Resolver.Resolve(l.ctx, step, message.Request{Question: q, Client: client, CacheOnly: !reply.RD})
	reply.Rcode, reply.Answer, reply.Authority, reply.Extended = found.Rcode, found.Answer, found.Authority, found.Extended
	if l.c.Tracer != nil {
		l.c.Tracer.Resolved(client, reply.ID, q, found.Queries)
	}
}
