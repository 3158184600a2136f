package lab

import (
	"net/netip"
	"slices"
	"time"

	"rootwalk/lookup"
)

// Kinds of facts that are signs of the same trouble.
var (
	noReply  = []string{"query.timedOut", "query.failed"}
	anAnswer = []string{"answer.received"}
)

// serverAddrs are the addresses of name servers by their names.
func serverAddrs(names ...string) (out []netip.Addr) {
	for _, s := range nameServers {
		if slices.Contains(names, s.name) {
			out = append(out, s.addrs()...)
		}
	}
	return out
}

func machineAddrs(names ...string) []netip.Addr {
	return addrsOn(func(m machine) bool { return slices.Contains(names, m.name) })
}

func networkAddrs(segment string) []netip.Addr {
	return addrsOn(func(m machine) bool { return m.segment == segment })
}

func ask(name string, t lookup.Type) lookup.Question {
	return lookup.Question{Name: lookup.Name(name), Type: t, Class: lookup.ClassIN}
}

// Cases are the shipped faults, a riddle each: what is wrong, which question
// shows it, who is to blame, and which signs prove it. They are numbered from
// one in this order; what they are called must not tell.
func (l *Lab) Cases() []lookup.FaultCase {
	var (
		ns1, ns2         = serverAddrs("ns1.example.co.kr"), serverAddrs("ns2.example.co.kr")
		host1, host2     = serverAddrs("ns1.dnshost.net"), serverAddrs("ns2.dnshost.net")
		shop1, shop2     = serverAddrs("ns1.shop.example"), serverAddrs("ns2.shop.example")
		sister1, sister2 = serverAddrs("ns1.sister.example"), serverAddrs("ns2.sister.example")
		sample1, sample2 = serverAddrs("ns1.sample.com"), serverAddrs("ns2.sample.com")
		www              = ask("www.example.co.kr.", lookup.TypeA)
		sister           = ask("www.sister.example.", lookup.TypeA)
		shop             = ask("www.shop.example.", lookup.TypeA)
		answers          = func(at []netip.Addr) lookup.Sign {
			return lookup.Sign{Key: "other", Kinds: anAnswer, By: lookup.RoleResolver, At: at}
		}
		silent = func(at []netip.Addr) lookup.Sign {
			return lookup.Sign{Key: "silent", Kinds: []string{"query.timedOut"}, By: lookup.RoleResolver, At: at}
		}
		r1, r2        = []netip.Addr{l.ResolverAddr("R1")}, []netip.Addr{l.ResolverAddr("R2")}
		server, fault = func(name string) string { return "server:" + name }, func(kind lookup.FaultKind, at string) []lookup.Fault { return []lookup.Fault{{Kind: kind, At: at}} }
		amount        = func(kind lookup.FaultKind, at string, n int) []lookup.Fault {
			return []lookup.Fault{{Kind: kind, At: at, Amount: n}}
		}
		failure, lame, nxd = []string{"failure.received"}, []string{"lame.received"}, []string{"nxdomain.received"}
		dead               = netip.MustParseAddr(glues[0].dead4)
		wrong              = shop1[0] // of the kr zone's other mistake
	)
	return []lookup.FaultCase{
		{Key: "ns-stopped", Complaint: "slow", Faults: fault(lookup.FaultStopped, server("ns1.example.co.kr")), Question: www, Culprit: server("ns1.example.co.kr"), Signs: []lookup.Sign{
			{Key: "refused", Kinds: []string{"query.failed"}, At: ns1, Reason: "refused"}, answers(ns2)}},
		{Key: "lame", Complaint: "slow", Faults: fault(lookup.FaultLame, server("ns1.sister.example")), Question: sister, Culprit: server("ns1.sister.example"), Signs: []lookup.Sign{
			{Key: "lame", Kinds: lame, At: sister1}, answers(sister2)}},
		{Key: "r1-stopped", Complaint: "slow", Faults: fault(lookup.FaultStopped, "resolver:R1"), Question: www, Culprit: "resolver:R1", Signs: []lookup.Sign{
			{Key: "refused", Kinds: []string{"query.failed"}, By: lookup.RoleStub, At: r1, Reason: "refused"},
			{Key: "other", Kinds: anAnswer, By: lookup.RoleStub, At: r2}}},
		{Key: "wrong-id", Complaint: "slow", Faults: fault(lookup.FaultWrongID, server("ns2.example.co.kr")), Question: www, Culprit: server("ns2.example.co.kr"), Signs: []lookup.Sign{
			{Key: "rejected", Kinds: []string{"response.rejected"}, At: ns2, Reason: "id"}, answers(ns1)}},
		{Key: "glue-dead", Complaint: "fails", Faults: fault(lookup.FaultGlueDead, "zone:kr."), Question: www, Culprit: "zone:kr.", Signs: []lookup.Sign{
			{Key: "glue", Kinds: []string{"referral.received"}, Data: dead.String()},
			{Key: "silent", Kinds: noReply, At: []netip.Addr{dead}}}},
		{Key: "no-tcp", Complaint: "slow", Faults: fault(lookup.FaultNoTCP, server("ns1.dnshost.net")), Question: ask("t4k.big.test.", lookup.TypeTXT), Culprit: server("ns1.dnshost.net"), Signs: []lookup.Sign{
			{Key: "truncated", Kinds: []string{"truncation.received"}, At: host1},
			{Key: "tcp", Kinds: []string{"query.failed"}, At: host1, Over: "tcp"},
			{Key: "other", Kinds: anAnswer, At: host2, Over: "tcp"}}},
		{Key: "servfail", Complaint: "slow", Faults: fault(lookup.FaultServfail, server("ns2.sample.com")), Question: ask("www.sample.co.kr.", lookup.TypeA), Culprit: server("ns2.sample.com"), Signs: []lookup.Sign{
			{Key: "servfail", Kinds: failure, At: sample2, Rcode: "SERVFAIL"}, answers(sample1)}},
		{Key: "ns-silent", Complaint: "slow", Faults: fault(lookup.FaultSilent, server("ns2.example.co.kr")), Question: www, Culprit: server("ns2.example.co.kr"), Signs: []lookup.Sign{
			silent(ns2), answers(ns1)}},
		{Key: "old-address", Complaint: "odd", Faults: fault(lookup.FaultOldAddr, server("ns2.shop.example")), Question: shop, Culprit: server("ns2.shop.example"), Signs: []lookup.Sign{
			{Key: "old", Kinds: anAnswer, At: shop2, Data: oldAddr}}},
		{Key: "tld-slow", Complaint: "slow", Faults: amount(lookup.FaultDelay, "link:tld", 300), Question: www, Culprit: "link:tld", Signs: []lookup.Sign{
			{Key: "slow", Kinds: []string{"referral.received"}, By: lookup.RoleResolver, At: networkAddrs("tld"), Slow: 550 * time.Millisecond},
			{Key: "quick", Kinds: []string{"referral.received"}, By: lookup.RoleResolver, At: networkAddrs("root")}}},
		{Key: "dns-down", Complaint: "fails", Faults: fault(lookup.FaultDown, "link:dns"), Question: www, Culprit: "link:dns", Signs: []lookup.Sign{
			{Key: "silent", Kinds: noReply, By: lookup.RoleResolver, At: ns1},
			{Key: "silent2", Kinds: noReply, By: lookup.RoleResolver, At: ns2},
			{Key: "before", Kinds: []string{"referral.received"}, At: networkAddrs("tld")}}},
		{Key: "tc-loop", Complaint: "slow", Faults: fault(lookup.FaultTC, server("ns2.sister.example")), Question: sister, Culprit: server("ns2.sister.example"), Signs: []lookup.Sign{
			{Key: "truncated", Kinds: []string{"truncation.received"}, At: sister2},
			{Key: "empty", Kinds: lame, At: sister2, Over: "tcp"}, answers(sister1)}},
		{Key: "refused", Complaint: "slow", Faults: fault(lookup.FaultRefused, server("ns1.shop.example")), Question: shop, Culprit: server("ns1.shop.example"), Signs: []lookup.Sign{
			{Key: "notServed", Kinds: lame, At: shop1, Reason: "refused"}, answers(shop2)}},
		{Key: "root-unplugged", Complaint: "slow", Faults: fault(lookup.FaultDown, "link:root-1"), Question: www, Culprit: "link:root-1", Signs: []lookup.Sign{
			{Key: "silent", Kinds: noReply, By: lookup.RoleResolver, At: machineAddrs("root-1")},
			{Key: "otherMachine", Kinds: []string{"referral.received"}, At: machineAddrs("root-2")}}},
		{Key: "glue-other", Complaint: "fails", Faults: fault(lookup.FaultGlueOther, "zone:kr."), Question: www, Culprit: "zone:kr.", Signs: []lookup.Sign{
			{Key: "glue", Kinds: []string{"referral.received"}, Data: wrong.String()},
			{Key: "notServed", Kinds: lame, At: []netip.Addr{wrong}, Reason: "refused"}}},
		{Key: "form-err", Complaint: "slow", Faults: fault(lookup.FaultFormErr, server("ns1.shop.example")), Question: shop, Culprit: server("ns1.shop.example"), Signs: []lookup.Sign{
			{Key: "formerr", Kinds: failure, At: shop1, Rcode: "FORMERR"},
			{Key: "plain", Kinds: anAnswer, At: shop1}}},
		{Key: "dns-lossy", Complaint: "slow", Faults: amount(lookup.FaultLoss, "link:dns", 45), Question: www, Culprit: "link:dns", Signs: []lookup.Sign{
			{Key: "lost", Kinds: []string{"query.timedOut"}, By: lookup.RoleResolver, At: networkAddrs("dns")},
			{Key: "later", Kinds: anAnswer, By: lookup.RoleResolver, At: networkAddrs("dns")},
			{Key: "before", Kinds: []string{"referral.received"}, At: networkAddrs("tld")}}},
		{Key: "r1-silent", Complaint: "slow", Faults: fault(lookup.FaultSilent, "resolver:R1"), Question: www, Culprit: "resolver:R1", Signs: []lookup.Sign{
			{Key: "silent", Kinds: []string{"query.timedOut"}, By: lookup.RoleStub, At: r1},
			{Key: "other", Kinds: anAnswer, By: lookup.RoleStub, At: r2}}},
		{Key: "old-zone", Complaint: "fails", Faults: fault(lookup.FaultOldGone, server("ns1.sister.example")), Question: sister, Culprit: server("ns1.sister.example"), Signs: []lookup.Sign{
			{Key: "denied", Kinds: nxd, By: lookup.RoleResolver, At: sister1}}},
		{Key: "line-slow", Complaint: "slow", Faults: amount(lookup.FaultDelay, "link:access", 300), Question: www, Culprit: "link:access", Signs: []lookup.Sign{
			{Key: "slow", Kinds: anAnswer, By: lookup.RoleStub, At: r1, Slow: 550 * time.Millisecond},
			{Key: "quick", Kinds: anAnswer, By: lookup.RoleResolver, Not: r1}}},
		{Key: "machine-unplugged", Complaint: "slow", Faults: fault(lookup.FaultDown, "link:dns-1"), Question: ask("www.chain.example.", lookup.TypeA), Culprit: "link:dns-1", Signs: []lookup.Sign{
			{Key: "silent", Kinds: noReply, By: lookup.RoleResolver, At: host1},
			{Key: "silent2", Kinds: noReply, By: lookup.RoleResolver, At: ns1},
			{Key: "otherMachine", Kinds: []string{"answer.received", "alias.received"}, By: lookup.RoleResolver, At: machineAddrs("dns-2")}}},
		{Key: "expired", Complaint: "fails", Faults: fault(lookup.FaultExpired, "zone:signed.example."), Question: ask("www.signed.example.", lookup.TypeA), DO: true, Culprit: "zone:signed.example.", Signs: []lookup.Sign{
			{Key: "expired", Kinds: []string{"signature.checked"}, Reason: "expired"}}},
	}
}
