package iterative_test

import (
	"testing"

	"github.com/miekg/dns"

	"rootwalk/lookup"
)

// A parent says in its referral what is to be known of the child's keys (RFC
// 4035 §3.1.4.1): the DS set, or that there is none. Nobody is asked for it
// again. A client that asks for a DS gets the set, but for a denial the zone is
// asked: the SOA that belongs to it is not in a referral.
func TestReferralsBringTheDS(t *testing.T) {
	b := signedBench(t, nil)
	askedForDS := func() int {
		n := 0
		for _, p := range b.wire.Log() {
			var m dns.Msg
			if err := m.Unpack(p.Message); err != nil {
				t.Fatal(err)
			}
			if m.Question[0].Qtype == dns.TypeDS {
				n++
			}
		}
		return n
	}
	for _, c := range []struct {
		name     lookup.Name
		security lookup.Security
	}{{"www.secure.example.", lookup.Secure}, {"www.plain.example.", lookup.Insecure}, {"www.nsec3.example.", lookup.Secure}} {
		if r := b.resolve(c.name, lookup.TypeA); r.Outcome != lookup.OutcomeAnswer || r.Security != c.security {
			t.Errorf("%s: %s, %s", c.name, r.Outcome, r.Security)
		}
	}
	if n := askedForDS(); n != 0 {
		t.Errorf("%d questions for a DS that referrals had brought", n)
	}
	for _, c := range []struct {
		name    lookup.Name
		outcome lookup.Outcome
	}{{"secure.example.", lookup.OutcomeAnswer}, {"plain.example.", lookup.OutcomeNodata}} {
		if r := b.resolve(c.name, lookup.TypeDS); r.Outcome != c.outcome || r.Security != lookup.Secure || c.outcome == lookup.OutcomeNodata && len(r.Authority) == 0 {
			t.Errorf("%s DS: %+v", c.name, r)
		}
	}
	if n := askedForDS(); n != 1 {
		t.Errorf("%d questions for a DS that is there, and one that is not", n)
	}
}
