package listener_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/listener"
	"rootwalk/lookup/message"
)

// Who gets signatures and AD, and what CD is for (RFC 4035 §3.2, RFC 6840
// §5.7 and §5.8).
func TestFlagsOfDNSSEC(t *testing.T) {
	var unchecked atomic.Bool
	l := listener.Config{Resolver: resolver(func(_ context.Context, req message.Request) message.Resolution {
		unchecked.Store(req.Unchecked)
		r := found(req.Question.Name, 1)
		r.Answer[0].Sigs = []dns.RR{&dns.RRSIG{Hdr: dns.RR_Header{Name: string(req.Question.Name), Rrtype: dns.TypeRRSIG, Class: 1, Ttl: 60}, TypeCovered: dns.TypeTXT, SignerName: ".", Signature: "AAAA"}}
		r.Answer[0].Proof = []dns.RR{&dns.NSEC{Hdr: dns.RR_Header{Name: string(req.Question.Name), Rrtype: dns.TypeNSEC, Class: 1, Ttl: 60}, NextDomain: ".", TypeBitMap: []uint16{dns.TypeTXT}}}
		r.Security = lookup.Secure
		switch {
		case req.Unchecked:
			r.Security = ""
		case req.Question.Name == "insecure.example.":
			r.Security = lookup.Insecure
		}
		return r
	})}
	_, at := listen(t, l)
	for _, c := range []struct {
		why, name  string
		do, ad, cd bool
		wantAD     bool
		records    int
	}{
		{"neither DO nor AD", "secure.example.", false, false, false, false, 1},
		{"AD alone asks for the verdict only", "secure.example.", false, true, false, true, 1},
		{"DO asks for everything", "secure.example.", true, false, false, true, 3},
		{"not secure", "insecure.example.", true, true, false, false, 3},
		{"CD: nobody has validated", "secure.example.", true, true, true, false, 3},
	} {
		conn := dial(t, "udp", at)
		if _, err := conn.Write(query(c.name, func(m *dns.Msg) {
			m.SetEdns0(1232, c.do)
			m.AuthenticatedData, m.CheckingDisabled = c.ad, c.cd
		})); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 4096)
		n, err := conn.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		var m dns.Msg
		if err := m.Unpack(buf[:n]); err != nil {
			t.Fatal(err)
		}
		if m.AuthenticatedData != c.wantAD || m.CheckingDisabled != c.cd || len(m.Answer)+len(m.Ns) != c.records || m.IsEdns0().Do() != c.do || unchecked.Load() != c.cd {
			t.Errorf("%s: AD %v, CD %v, DO %v, %d records, unchecked %v", c.why, m.AuthenticatedData, m.CheckingDisabled, m.IsEdns0().Do(), len(m.Answer)+len(m.Ns), unchecked.Load())
		}
		for _, rr := range append(m.Answer, m.Ns...) {
			if rr.Header().Ttl != 42 {
				t.Errorf("%s: TTL of %s", c.why, rr)
			}
		}
	}
}
