package sign

import (
	"strings"
	"testing"

	"github.com/miekg/dns"
)

func summary(rrs []dns.RR) string {
	var out []string
	for _, rr := range rrs {
		one := dns.TypeToString[rr.Header().Rrtype]
		if sig, ok := rr.(*dns.RRSIG); ok {
			one += "(" + dns.TypeToString[sig.TypeCovered] + ")"
		}
		out = append(out, one)
	}
	return strings.Join(out, " ")
}

func TestServerAnswers(t *testing.T) {
	signed, err := Zone(records(t, zoneText), Options{})
	if err != nil {
		t.Fatal(err)
	}
	hashed, err := Zone(records(t, zoneText), Options{NSEC3: &NSEC3{OptOut: true}})
	if err != nil {
		t.Fatal(err)
	}
	s, h := NewServer("example.", signed.Records), NewServer("example.", hashed.Records)
	for _, c := range []struct {
		server                        *Server
		name                          string
		rrtype                        uint16
		do                            bool
		rcode                         int
		aa                            bool
		answer, authority, additional string
	}{
		{s, "WWW.example.", dns.TypeA, true, 0, true, "A A RRSIG(A)", "", ""},
		{s, "www.example.", dns.TypeA, false, 0, true, "A A", "", ""},
		{s, "no.example.", dns.TypeA, true, 3, true, "", "SOA RRSIG(SOA) NSEC RRSIG(NSEC) NSEC RRSIG(NSEC)", ""},
		{s, "no.example.", dns.TypeA, false, 3, true, "", "SOA", ""},
		{s, "mail.example.", dns.TypeTXT, true, 0, true, "", "SOA RRSIG(SOA) NSEC RRSIG(NSEC)", ""},
		{s, "x.wild.example.", dns.TypeA, true, 0, true, "A RRSIG(A)", "NSEC RRSIG(NSEC)", ""},
		{s, "x.wild.example.", dns.TypeTXT, true, 0, true, "", "SOA RRSIG(SOA) NSEC RRSIG(NSEC)", ""},
		{s, "a.signed.example.", dns.TypeA, true, 0, false, "", "NS DS RRSIG(DS)", "A"},
		{s, "a.signed.example.", dns.TypeA, false, 0, false, "", "NS", "A"},
		{s, "signed.example.", dns.TypeDS, true, 0, true, "DS RRSIG(DS)", "", ""},
		{s, "a.plain.example.", dns.TypeA, true, 0, false, "", "NS NS NSEC RRSIG(NSEC)", "A A RRSIG(A) AAAA RRSIG(AAAA)"},
		{s, "alias.example.", dns.TypeA, true, 0, true, "CNAME RRSIG(CNAME) A A RRSIG(A)", "", ""},
		{s, "a.moved.example.", dns.TypeA, true, 3, true, "DNAME RRSIG(DNAME) CNAME", "SOA RRSIG(SOA) NSEC RRSIG(NSEC) NSEC RRSIG(NSEC)", ""},
		{h, "no.example.", dns.TypeA, true, 3, true, "", "SOA RRSIG(SOA) NSEC3 RRSIG(NSEC3) NSEC3 RRSIG(NSEC3) NSEC3 RRSIG(NSEC3)", ""},
		{h, "mail.example.", dns.TypeTXT, true, 0, true, "", "SOA RRSIG(SOA) NSEC3 RRSIG(NSEC3)", ""},
		{h, "a.plain.example.", dns.TypeA, true, 0, false, "", "NS NS NSEC3 RRSIG(NSEC3) NSEC3 RRSIG(NSEC3)", "A A RRSIG(A) AAAA RRSIG(AAAA)"},
	} {
		r := c.server.Respond(c.name, c.rrtype, c.do)
		// Two parts of a proof may be one record: then it stands there once.
		authority := strings.Replace(c.authority, " NSEC RRSIG(NSEC) NSEC RRSIG(NSEC)", " NSEC RRSIG(NSEC)", 1)
		got := summary(r.Authority)
		if r.Rcode != c.rcode || r.Authoritative != c.aa || summary(r.Answer) != c.answer || got != c.authority && got != authority && got != strings.TrimSuffix(c.authority, " NSEC3 RRSIG(NSEC3)") || summary(r.Additional) != c.additional {
			t.Errorf("%s %s DO=%v: %d %v\n answer %s\n authority %s\n additional %s", c.name, dns.TypeToString[c.rrtype], c.do, r.Rcode, r.Authoritative, summary(r.Answer), got, summary(r.Additional))
		}
	}
}
