package auth

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/miekg/dns"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	over4 = netip.MustParseAddr("192.0.2.10")
	over6 = netip.MustParseAddr("2001:db8::10")
)

func mustZone(t testing.TB, text string) *Zone {
	t.Helper()
	z, err := ParseZone("test.zone", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func mustServer(t testing.TB, c Config, zones ...string) *Server {
	t.Helper()
	var parsed []*Zone
	for _, text := range zones {
		parsed = append(parsed, mustZone(t, text))
	}
	catalog, err := NewCatalog(parsed...)
	if err != nil {
		t.Fatal(err)
	}
	c.Catalog = catalog
	return NewServer(c)
}

func pack(t testing.TB, m *dns.Msg) []byte {
	t.Helper()
	b, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// question is "name type" with RD=0 and, for a size, EDNS.
func question(name, typ string, size uint16) *dns.Msg {
	m := new(dns.Msg)
	m.Id = 7
	m.Question = []dns.Question{{Name: name, Qtype: dns.StringToType[typ], Qclass: dns.ClassINET}}
	if size > 0 {
		m.SetEdns0(size, false)
	}
	return m
}

// ask puts one question to a server, not over the network.
func ask(t testing.TB, s *Server, m *dns.Msg, from netip.Addr, stream bool) *dns.Msg {
	t.Helper()
	response := s.Answer(nil, pack(t, m), from, stream)
	out := new(dns.Msg)
	if err := out.Unpack(response); err != nil {
		t.Fatalf("response does not parse: %v", err)
	}
	return out
}

// brief writes a response on a few lines: rcode and flags, then the records, each
// section with its letter.
func brief(m *dns.Msg) string {
	var b strings.Builder
	b.WriteString(dns.RcodeToString[m.Rcode])
	for _, f := range []struct {
		on   bool
		name string
	}{{m.Authoritative, " aa"}, {m.Truncated, " tc"}, {m.RecursionAvailable, " ra"}} {
		if f.on {
			b.WriteString(f.name)
		}
	}
	b.WriteByte('\n')
	for i, rrs := range [][]dns.RR{m.Answer, m.Ns, m.Extra} {
		for _, rr := range rrs {
			if rr.Header().Rrtype == dns.TypeOPT {
				continue
			}
			b.WriteString([]string{"an ", "ns ", "ar "}[i])
			b.WriteString(strings.Join(strings.Fields(strings.Replace(rr.String(), "\tIN\t", " ", 1)), " "))
			b.WriteByte('\n')
		}
	}
	return b.String()
}
