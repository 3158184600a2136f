package templates

import (
	"encoding/json"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"rootwalk/lookup"
)

// variety is a trace that has every kind of fact, told as a lookup in which
// much goes wrong: what a folder or an element has to cope with.
func variety(t *testing.T) lookup.TraceFile {
	t.Helper()
	began := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	now := began
	tr := lookup.NewTrace(lookup.TraceConfig{ID: "tvariety", Title: "www.shop.example A", Network: "lab", Now: func() time.Time { return now }})
	step := tr.Root()
	say := func(afterMs int, f lookup.Fact) int {
		now = now.Add(time.Duration(afterMs) * time.Millisecond)
		return step.Report(f)
	}
	ip, ap := netip.MustParseAddr, netip.MustParseAddrPort
	question := func(name lookup.Name, t lookup.Type) lookup.Question {
		return lookup.Question{Name: name, Type: t, Class: lookup.ClassIN}
	}
	rr := func(name lookup.Name, t lookup.Type, ttl uint32, data string) lookup.Record {
		return lookup.Record{Name: name, Type: t, Class: lookup.ClassIN, TTLSec: ttl, Data: data}
	}
	header := func(id byte, flags1, flags2 byte) lookup.Message {
		return lookup.Message{0, id, flags1, flags2, 0, 0, 0, 0, 0, 0, 0, 0}
	}

	q := question("www.shop.example.", lookup.TypeA)
	stub, resolver := lookup.Party{By: lookup.RoleStub, Host: "device"}, lookup.Party{By: lookup.RoleResolver, Host: "R1"}
	r1 := lookup.Server{Name: "R1.", Addr: ap("192.0.2.53:53"), Role: lookup.RoleResolver}
	tldA := lookup.Server{Name: "a.nic.example.", Addr: ap("198.51.100.20:53"), Role: lookup.RoleTLD}
	tldB := lookup.Server{Name: "b.nic.example.", Addr: ap("[2001:db8::21]:53"), Role: lookup.RoleTLD}
	auth := lookup.Server{Name: "ns.dnshost.net.", Addr: ap("203.0.113.70:53"), Role: lookup.RoleAuthoritative}
	lame := lookup.Server{Name: "ns2.dnshost.net.", Addr: ap("203.0.113.71:53"), Role: lookup.RoleAuthoritative}
	entry := func(name lookup.Name, ty lookup.Type, kind lookup.CacheKind, ttl uint32, ago time.Duration, from lookup.Server, zone lookup.Name, c lookup.Credibility, records ...lookup.Record) lookup.CacheEntry {
		return lookup.CacheEntry{Name: name, Type: ty, Kind: kind, Records: records, TTLSec: ttl, StoredAt: now.Add(-ago), Credibility: c, Zone: zone, From: from, PaidBy: q, Trace: "tvariety"}
	}
	root := lookup.Server{Name: "a.root-servers.net.", Addr: ap("198.41.0.4:53"), Role: lookup.RoleRoot}
	tldEntry := entry("example.", lookup.TypeNS, lookup.CachePositive, 172800, time.Hour, root, ".", lookup.CredibilityReferral,
		rr("example.", lookup.TypeNS, 172800, "a.nic.example."), rr("example.", lookup.TypeNS, 172800, "b.nic.example."))
	tldAddr := entry("a.nic.example.", lookup.TypeA, lookup.CachePositive, 172800, time.Hour, root, ".", lookup.CredibilityAdditional, rr("a.nic.example.", lookup.TypeA, 172800, "198.51.100.20"))
	old := entry("WWW.shop.example.", lookup.TypeA, lookup.CachePositive, 300, 20*time.Minute, auth, "shop.example.", lookup.CredibilityAnswerAA, rr("www.shop.example.", lookup.TypeA, 300, "203.0.113.9"))

	say(0, lookup.LookupStarted{Question: q, Host: "device", Network: "lab", Lesson: lookup.ClockReading{Real: began, Lesson: began.Add(time.Hour), Rate: 60}})
	say(0, lookup.CacheOpened{Snapshot: lookup.CacheSnapshot{Cache: "device", At: now}})
	say(0, lookup.CacheOpened{Snapshot: lookup.CacheSnapshot{Cache: "R1", At: now, Entries: []lookup.CacheEntry{old, tldAddr, tldEntry}, Dropped: 2}})
	say(1, lookup.HostsSearched{Host: "device", Name: q.Name, Found: []lookup.Record{}})
	say(0, lookup.CacheMissed{Cache: "device", Name: q.Name, Type: lookup.TypeA})
	sq := say(1, lookup.QuerySent{Party: stub, Server: r1, Question: q, Transport: "udp", From: ap("192.0.2.10:50001"), ID: 1, Try: 1, TimeoutMs: 2000, Message: header(1, 1, 0)})
	home := step
	step = step.Child()
	say(1, lookup.ResolutionStarted{Host: "R1", Client: "192.0.2.10:50001", Question: q})
	say(0, lookup.CacheExpired{Cache: "R1", Name: q.Name, Type: lookup.TypeA, Kind: lookup.CachePositive, TTLSec: 300, AgeSec: 1200})
	say(0, lookup.CacheHit{Cache: "R1", Entry: tldEntry, LeftSec: 169200, AgeSec: 3600, Use: "servers"})
	say(0, lookup.CacheHit{Cache: "R1", Entry: tldAddr, LeftSec: 169200, AgeSec: 3600, Use: "address"})
	known := lookup.ServersListed{Host: "R1", Name: q.Name, Zone: "example.", Source: "cache", Servers: []lookup.NameServer{
		{Name: "a.nic.example.", Addrs: []netip.Addr{ip("198.51.100.20")}, Glue: lookup.GlueCache}, {Name: "b.nic.example.", Addrs: []netip.Addr{ip("2001:db8::21")}, Glue: lookup.GlueCache},
		{Name: "c.nic.example.", Glue: lookup.GlueNone}, {Name: "d.nic.example.", Glue: lookup.GlueNone}, {Name: "e.nic.example.", Glue: lookup.GlueNone}, {Name: "f.nic.example.", Glue: lookup.GlueNone}}}
	say(0, known)
	say(0, known) // heard twice, known once

	say(0, lookup.PrefetchStarted{Host: "R1", Question: q, LeftSec: 3})
	say(0, lookup.RootPrimed{Host: "R1", Servers: known.Servers, TTLSec: 518400})
	say(0, lookup.ResolutionJoined{Host: "R1", Question: q})
	say(0, lookup.QuestionMinimised{Host: "R1", Zone: "example.", Question: q, Asked: question("shop.example.", lookup.TypeA)})
	say(0, lookup.EdnsDropped{Host: "R1", Server: tldA, Reason: "formErr"})

	ask := func(s lookup.Server, zone lookup.Name, qu lookup.Question, transport string, try int, reason string) int {
		say(1, lookup.ServerChosen{Host: "R1", Zone: zone, Server: s, Reason: reason, Candidates: []lookup.Candidate{{Name: s.Name, Addr: s.Addr.Addr(), State: "measured", SRTTUs: 9000}}})
		if transport == "tcp" {
			say(6, lookup.ConnectionOpened{Party: resolver, Server: s, From: ap("192.0.2.53:41000"), ElapsedUs: 6000})
		}
		return say(0, lookup.QuerySent{Party: resolver, Server: s, Zone: zone, Question: qu, Transport: transport, From: ap("192.0.2.53:41000"), ID: 2, Try: try, TimeoutMs: 800, Message: header(2, 0, 0)})
	}
	reply := func(query int, s lookup.Server, zone lookup.Name, qu lookup.Question, transport string, aa bool, rcode lookup.Rcode) lookup.Reply {
		flags := byte(0x80)
		if aa {
			flags |= 4
		}
		return lookup.Reply{Party: resolver, Query: query, Server: s, Zone: zone, Question: qu, Transport: transport, RTTUs: 9000, AA: aa, Rcode: rcode, Message: header(2, flags, byte(rcode))}
	}

	// A timer runs out, a stranger answers, the network refuses, a server is unwell.
	query := ask(tldA, "example.", q, "udp", 1, "fastest")
	say(3, lookup.ResponseRejected{Party: resolver, Query: query, From: ap("198.51.100.66:53"), Reason: "address", Message: header(2, 0x80, 0)})
	say(800, lookup.QueryTimedOut{Party: resolver, Query: query, Server: tldA, Try: 1, WaitedUs: 803000})
	query = ask(tldA, "example.", q, "udp", 2, "retry")
	say(1, lookup.QueryFailed{Party: resolver, Query: query, Server: tldA, Transport: "udp", Reason: "unreachable", WaitedUs: 1000})
	query = ask(tldB, "example.", q, "udp", 1, "next")
	say(9, lookup.FailureReceived{Reply: reply(query, tldB, "example.", q, "udp", false, lookup.RcodeServFail)})
	query = ask(tldB, "example.", q, "udp", 1, "only")
	say(9, lookup.ReferralReceived{Reply: reply(query, tldB, "example.", q, "udp", false, lookup.RcodeNoError), Child: "Shop.example.",
		Servers: []lookup.NameServer{{Name: "ns.dnshost.net.", Glue: lookup.GlueNone}, {Name: "ns2.dnshost.net.", Glue: lookup.GlueNone}}})
	say(0, lookup.RecordDiscarded{Host: "R1", Server: tldB, Record: rr("www.bank.test.", lookup.TypeA, 300, "198.51.100.99"), Section: "additional", Reason: "outOfZone"})
	say(0, lookup.CacheStored{Cache: "R1", Entry: entry("shop.example.", lookup.TypeNS, lookup.CachePositive, 86400, 0, tldB, "example.", lookup.CredibilityReferral, rr("shop.example.", lookup.TypeNS, 86400, "ns.dnshost.net."))})
	say(0, lookup.ServersListed{Host: "R1", Name: q.Name, Zone: "shop.example.", Source: "referral", Servers: []lookup.NameServer{{Name: "ns.dnshost.net.", Glue: lookup.GlueNone}, {Name: "ns2.dnshost.net.", Glue: lookup.GlueNone}}})

	// Side walks for the servers' addresses: one finds it, one does not.
	walk := step
	step = walk.Child()
	say(0, lookup.AddressWanted{Host: "R1", Zone: "shop.example.", Server: "ns.dnshost.net.", Type: lookup.TypeA})
	say(0, lookup.CacheMissed{Cache: "R1", Name: "ns.dnshost.net.", Type: lookup.TypeA})
	say(0, lookup.ServersListed{Host: "R1", Name: "ns.dnshost.net.", Zone: ".", Source: "hints", Servers: []lookup.NameServer{{Name: "a.root-servers.net.", Addrs: []netip.Addr{ip("198.41.0.4"), ip("2001:503:ba3e::2:30")}, Glue: lookup.GlueHint}}})
	host := question("ns.dnshost.net.", lookup.TypeA)
	query = ask(root, ".", host, "udp", 1, "only")
	say(9, lookup.AnswerReceived{Reply: reply(query, root, ".", host, "udp", true, lookup.RcodeNoError), Records: []lookup.Record{rr("ns.dnshost.net.", lookup.TypeA, 3600, "203.0.113.70")}})
	say(0, lookup.AddressFound{Host: "R1", Server: "ns.dnshost.net.", Addrs: []netip.Addr{ip("203.0.113.70")}})
	step = walk.Child()
	say(0, lookup.AddressWanted{Host: "R1", Zone: "shop.example.", Server: "ns2.dnshost.net.", Type: lookup.TypeA})
	host = question("ns2.dnshost.net.", lookup.TypeA)
	query = ask(root, ".", host, "udp", 1, "only")
	say(9, lookup.NxdomainReceived{Reply: reply(query, root, ".", host, "udp", true, lookup.RcodeNXDomain), Denied: "ns2.dnshost.net.", SOA: []lookup.Record{rr(".", lookup.TypeSOA, 86400, "a.root-servers.net. nstld.example. 1 1800 900 604800 86400")}, NegativeSec: 900})
	say(0, lookup.CacheStored{Cache: "R1", Entry: entry("ns2.dnshost.net.", lookup.TypeA, lookup.CacheNxdomain, 900, 0, root, ".", lookup.CredibilityAuthorityAA)})
	say(0, lookup.AddressMissing{Host: "R1", Server: "ns2.dnshost.net.", Outcome: lookup.OutcomeNxdomain})
	step = walk

	// A lame server, a truncated response and TCP, an alias, no data, a long answer.
	query = ask(lame, "shop.example.", q, "udp", 1, "untried")
	say(9, lookup.LameReceived{Reply: reply(query, lame, "shop.example.", q, "udp", false, lookup.RcodeNoError), Reason: "notAuthoritative"})
	inside := lookup.Server{Name: "ns3.dnshost.net.", Addr: ap("169.254.169.254:53"), Role: lookup.RoleAuthoritative}
	say(1, lookup.ServerChosen{Host: "R1", Zone: "shop.example.", Server: inside, Reason: "next", Candidates: []lookup.Candidate{{Name: inside.Name, Addr: inside.Addr.Addr(), State: "untried"}}})
	say(0, lookup.QueryBlocked{Party: resolver, Server: inside, Transport: "udp", Reason: "special", Text: "link-local"})
	say(0, lookup.QueryBlocked{Party: resolver, Server: inside, Transport: "tcp", Reason: "special", Text: "link-local"}) // without having been chosen
	query = ask(auth, "shop.example.", q, "udp", 1, "next")
	say(9, lookup.TruncationReceived{Reply: reply(query, auth, "shop.example.", q, "udp", true, lookup.RcodeNoError)})
	say(6, lookup.ConnectionOpened{Party: resolver, Server: auth, From: ap("192.0.2.53:41001"), ElapsedUs: 6000})
	query = say(0, lookup.QuerySent{Party: resolver, Server: auth, Zone: "shop.example.", Question: q, Transport: "tcp", From: ap("192.0.2.53:41001"), ID: 3, Try: 1, TimeoutMs: 800, Message: header(3, 0, 0)})
	say(9, lookup.AliasReceived{Reply: reply(query, auth, "shop.example.", q, "tcp", true, lookup.RcodeNoError), Owner: q.Name, Target: "a-rather-long-label-of-a-content-network.cdn.net.", Via: lookup.TypeCNAME})
	step = walk.Child()
	say(0, lookup.AliasFollowed{Host: "R1", From: "WWW.shop.example.", To: "a-rather-long-label-of-a-content-network.cdn.net.", Via: lookup.TypeCNAME})
	canonical := question("a-rather-long-label-of-a-content-network.cdn.net.", lookup.TypeA)
	query = ask(auth, "cdn.net.", canonical, "udp", 1, "explore")
	say(9, lookup.NodataReceived{Reply: reply(query, auth, "cdn.net.", canonical, "udp", true, lookup.RcodeNoError), NegativeSec: 0})
	query = ask(auth, "cdn.net.", canonical, "udp", 1, "next")
	say(9, lookup.TruncationReceived{Reply: reply(query, auth, "cdn.net.", canonical, "udp", true, lookup.RcodeNoError)})
	say(0, lookup.ConnectionReused{Party: resolver, Server: auth, From: ap("192.0.2.53:41001"), IdleUs: 27000})
	query = say(0, lookup.QuerySent{Party: resolver, Server: auth, Zone: "cdn.net.", Question: canonical, Transport: "tcp", From: ap("192.0.2.53:41001"), ID: 4, Try: 1, TimeoutMs: 800, Message: header(4, 0, 0)})
	say(9, lookup.NodataReceived{Reply: reply(query, auth, "cdn.net.", canonical, "tcp", true, lookup.RcodeNoError), NegativeSec: 0})
	query = ask(auth, "cdn.net.", canonical, "tcp", 1, "retry")
	records := []lookup.Record{rr(canonical.Name, lookup.TypeA, 30, "203.0.113.80"), rr(canonical.Name, lookup.TypeA, 30, "203.0.113.81"), rr(canonical.Name, lookup.TypeA, 30, "203.0.113.82")}
	say(9, lookup.AnswerReceived{Reply: reply(query, auth, "cdn.net.", canonical, "tcp", true, lookup.RcodeNoError), Records: records})
	say(0, lookup.CacheKept{Cache: "R1", Name: canonical.Name, Type: lookup.TypeA, Have: lookup.CredibilityAnswerAA, Offered: lookup.CredibilityAdditional})
	say(0, lookup.CacheStored{Cache: "R1", Entry: entry(q.Name, lookup.TypeA, lookup.CachePositive, 30, 0, auth, "cdn.net.", lookup.CredibilityAnswerAA, records...), Replaced: true})
	say(0, lookup.CacheEvicted{Cache: "R1", Name: "a.nic.example.", Type: lookup.TypeA, Max: 4})
	say(0, lookup.LimitReached{Host: "R1", Limit: lookup.OutcomeQueryLimit, Max: 12, Name: canonical.Name})

	// A chain of trust that ends badly: a DS that fits, a signature that has run out, a denial.
	dnskey := lookup.ZoneKey{KeyTag: 20326, Algorithm: "RSASHA256", Flags: 257, Bits: 2048}
	say(0, lookup.ValidationAsked{Host: "device", DO: true})
	say(0, lookup.AnchorChosen{Host: "R1", Name: canonical.Name, Zone: ".", Use: "trust", Keys: []uint16{20326, 38696}})
	say(0, lookup.DigestCompared{Host: "R1", Zone: ".", Source: "anchor", KeyTag: 20326, Algorithm: "RSASHA256", DigestType: "SHA-256",
		Expected: "e06d44b80b8f1d39a95c0b0d7c65d08458e880409bbc683457104237c7f8ec8d", Computed: "e06d44b80b8f1d39a95c0b0d7c65d08458e880409bbc683457104237c7f8ec8d", Result: "equal"})
	say(0, lookup.KeyMatched{Host: "R1", Zone: ".", Source: "anchor", Key: dnskey})
	say(0, lookup.KeysTrusted{Host: "R1", Zone: ".", By: 20326, Keys: []lookup.ZoneKey{dnskey}, Until: began.Add(96 * time.Hour)})
	say(0, lookup.DelegationJudged{Host: "R1", Zone: ".", Child: "net.", Result: "signed"})
	say(0, lookup.DenialChecked{Host: "R1", Zone: ".", Name: "cdn.net.", Type: lookup.TypeDS, Claim: "unsigned", Method: "NSEC3", Iterations: 1, Encloser: "net.", Result: "optOut",
		Spans: []lookup.DenialSpan{{From: "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom", To: "35mthgpgcu1qg68fab165klnsnk3dpvl", Name: "cdn.net.", Hash: "2t7b4g4vsa5smi47k61mv5bv1a22bojr", Use: "covers", OptOut: true}}})
	say(0, lookup.DenialSynthesised{Host: "R1", Question: question("no.cdn.net.", lookup.TypeA), Zone: "cdn.net.", Outcome: lookup.OutcomeNxdomain, LeftSec: 250})
	say(0, lookup.SignatureMissing{Host: "R1", Zone: "cdn.net.", Name: canonical.Name, Type: lookup.TypeAAAA})
	say(0, lookup.SignatureChecked{Host: "R1", Name: canonical.Name, Type: lookup.TypeA, Signer: "cdn.net.", KeyTag: 4711, Algorithm: "ED25519",
		Inception: began.Add(-30 * 24 * time.Hour), Expiration: began.Add(-24 * time.Hour), At: began.Add(time.Hour), Result: "expired"})
	say(0, lookup.ChainJudged{Host: "R1", Name: q.Name, Type: lookup.TypeA, Verdict: lookup.Bogus, Reason: "expired", At: canonical.Name, EDE: 7})
	// Errands: more than one question for one purpose.
	step = home
	say(0, lookup.ExperimentPrepared{Host: "device", Of: "tbase", Change: "ttl", Value: "5", Seed: 7, Restored: 3, Before: 1, SkipSec: 10})
	say(0, lookup.AddressReversed{Host: "device", Addr: ip("203.0.113.10"), Name: "10.113.0.203.in-addr.arpa."})
	say(0, lookup.ModeChosen{Host: "device", Mode: lookup.ErrandIterative})
	say(0, lookup.SearchPlanned{Host: "device", Typed: "library.", Ndots: 1, Search: []lookup.Name{"classroom.test."}, Names: []lookup.Name{"library.classroom.test.", "library."}, Reason: "fewDots"})
	say(0, lookup.SearchTried{Host: "device", Name: "library.classroom.test.", N: 1, Of: 2})
	say(0, lookup.SearchMissed{Host: "device", Name: "library.classroom.test.", Outcome: lookup.OutcomeNxdomain, Left: 1})
	say(0, lookup.TargetsOrdered{Host: "device", Owner: "mx.example.", Via: lookup.TypeMX, Rule: "priority", Targets: []lookup.Target{{Name: "mx1.mx.example.", Priority: 10}, {Name: "mx2.mx.example.", Priority: 20}}})
	say(0, lookup.TargetWanted{Host: "device", Via: lookup.TypeMX, Target: "mx1.mx.example.", Type: lookup.TypeA, N: 1, Of: 2})
	say(0, lookup.TargetFound{Host: "device", Via: lookup.TypeMX, Target: "mx1.mx.example.", Type: lookup.TypeA, Outcome: lookup.OutcomeAnswer, Addrs: []netip.Addr{ip("203.0.113.150")}})
	say(0, lookup.RaceBegun{Host: "device", Name: q.Name, Types: []lookup.Type{lookup.TypeAAAA, lookup.TypeA}})
	say(0, lookup.RacePaused{Host: "device", Name: q.Name, Have: lookup.TypeA, Missing: lookup.TypeAAAA, DelayMs: 50})
	say(9, lookup.RaceDecided{Host: "device", Name: q.Name, Reason: "both", Order: []netip.Addr{ip("2001:db8::9"), ip("203.0.113.9")}, WaitedUs: 9000, AfterUs: 30000})
	all := append([]lookup.Record{rr(q.Name, lookup.TypeCNAME, 60, string(canonical.Name))}, records...)
	step = walk
	say(1, lookup.ResolutionFinished{Host: "R1", Question: q, Outcome: lookup.OutcomeAnswer, Records: all, Queries: 12, ElapsedUs: 900000})
	step = home
	answer := reply(sq, r1, "", q, "udp", false, lookup.RcodeNoError)
	answer.Party = stub
	say(1, lookup.AnswerReceived{Reply: answer, Records: all})
	say(0, lookup.CacheStored{Cache: "device", Entry: entry(q.Name, lookup.TypeA, lookup.CachePositive, 30, 0, r1, "", lookup.CredibilityAnswer, records...)})
	say(0, lookup.TraceTruncated{Limit: "events", Max: 4096})
	say(0, lookup.LookupFinished{Question: q, Host: "device", Outcome: lookup.OutcomeAnswer, Records: all, StubQueries: 1, ResolverQueries: 12, ElapsedUs: now.Sub(began).Microseconds()})
	return tr.File()
}

// The variety has every kind, or it would not be one.
func TestVarietyHasEveryKind(t *testing.T) {
	file := variety(t)
	seen := map[string]bool{}
	for _, e := range file.Events {
		seen[lookup.Kind(e.Fact)] = true
	}
	// A query from outside stands where the device's lookup does: traces of
	// its own have those facts, and so has a message edited by hand.
	for name, recorded := range goldenTraces(t) {
		if strings.HasPrefix(name, "outside") || strings.HasPrefix(name, "edited") {
			for _, e := range recorded.Events {
				seen[lookup.Kind(e.Fact)] = true
			}
		}
	}
	for _, f := range lookup.Examples() {
		if k := lookup.Kind(f); !seen[k] && !lookup.DrawnByServer(f) {
			t.Errorf("no %s in it", k)
		}
	}
	data, err := json.MarshalIndent(file, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "../static/test/traces/variety.json", append(data, '\n'))
	if _, err := os.Stat("../static/test/views/variety.json"); err != nil && !*update {
		t.Error(err)
	}
}
