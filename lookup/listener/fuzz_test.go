package listener

import (
	"context"
	"net/netip"
	"testing"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

// echo answers every question with a record of its name.
type echo struct{}

func (echo) Resolve(_ context.Context, _ lookup.Step, req message.Request) message.Resolution {
	rr := message.CNAME(req.Question.Name, "www.example.", 60)
	return message.Resolution{Outcome: lookup.OutcomeAnswer, Answer: []message.Set{{Name: req.Question.Name, Type: lookup.TypeCNAME, TTLSec: 60, RRs: []dns.RR{rr}}}}
}

// FuzzAnswer: whatever is sent to the resolver's port, the response is a
// response with the same ID, and fits; or there is none.
func FuzzAnswer(f *testing.F) {
	for _, edit := range []func(m *dns.Msg){
		func(m *dns.Msg) {}, func(m *dns.Msg) { m.SetEdns0(4096, true) }, func(m *dns.Msg) { m.Question = nil },
		func(m *dns.Msg) { m.Response = true }, func(m *dns.Msg) { m.Opcode = dns.OpcodeUpdate }, func(m *dns.Msg) { m.Question[0].Qtype = dns.TypeAXFR },
	} {
		m := new(dns.Msg).SetQuestion("www.example.", dns.TypeA)
		edit(m)
		b, err := m.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, false)
		f.Add(b, true)
	}
	l := &Listener{c: Config{Resolver: echo{}}, ctx: context.Background()}
	f.Fuzz(func(t *testing.T, b []byte, stream bool) {
		var response []byte
		transport := overUDP
		if stream {
			transport = overTCP
		}
		l.answer(t.Context(), b, netip.MustParseAddrPort("192.0.2.130:4242"), transport, func(r []byte) error { response = r; return nil })
		if len(b) < 12 || b[2]&0x80 != 0 {
			if response != nil {
				t.Fatal("something that is no query was answered")
			}
			return
		}
		var m dns.Msg
		if err := m.Unpack(response); err != nil {
			t.Fatalf("response to % x: %v", b, err)
		}
		if !m.Response || m.Authoritative || !m.RecursionAvailable || response[0] != b[0] || response[1] != b[1] || !stream && len(response) > message.UDPSize {
			t.Fatalf("%v", &m)
		}
	})
}
