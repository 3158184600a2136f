package iterative_test

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/dnssec"
	"rootwalk/lookup/iterative"
	"rootwalk/lookup/lab/sign"
	"rootwalk/lookup/lookuptest"
	"rootwalk/lookup/message"
)

// signedZone is a zone of a signed internet, its server's address and how it is signed.
type signedZone struct {
	name, addr, text string
	options          sign.Options
	unsigned         bool
}

const signedHead = "@ 3600 SOA ns hostmaster 1 7200 900 1209600 300\n@ 3600 NS ns\n"

func signedInternet(epoch time.Time) []signedZone {
	zone := func(name, addr, text string, o sign.Options) signedZone {
		o.Inception, o.Expiration = epoch.Add(-24*time.Hour), epoch.Add(24*14*time.Hour)
		return signedZone{name: name, addr: addr, text: signedHead + "ns 3600 A " + addr + "\n" + text, options: o}
	}
	hosts := "www 300 A 192.0.2.80\n*.wild 300 A 192.0.2.81\nalias 300 CNAME www.nsec3.example.\ntwice 300 CNAME alias.nsec3.example.\nmoved 300 DNAME wild\nbad 300 A 192.0.2.82\n"
	plain := zone("plain.example.", "192.0.2.14", hosts, sign.Options{})
	plain.unsigned = true
	return []signedZone{ // children first
		zone("secure.example.", "192.0.2.11", hosts, sign.Options{Faults: []sign.Fault{{Kind: sign.Tampered, Name: "bad.secure.example."}}}),
		zone("nsec3.example.", "192.0.2.12", hosts, sign.Options{Algorithm: dns.ED25519, NSEC3: &sign.NSEC3{}}),
		zone("expired.example.", "192.0.2.13", hosts, sign.Options{Faults: []sign.Fault{{Kind: sign.Expired}}}),
		plain,
		zone("example.", "192.0.2.10", "secure NS ns.secure\nns.secure A 192.0.2.11\nnsec3 NS ns.nsec3\nns.nsec3 A 192.0.2.12\nexpired NS ns.expired\nns.expired A 192.0.2.13\nplain NS ns.plain\nns.plain A 192.0.2.14\n", sign.Options{Algorithm: dns.ED25519}),
		zone(".", rootAddr.String(), "example. 3600 NS ns.example.\nns.example. 3600 A 192.0.2.10\n", sign.Options{Algorithm: dns.ED25519, Separate: true}),
	}
}

// signedBench is a bench in front of a signed internet.
func signedBench(t testing.TB, edit func(*iterative.Config)) *bench {
	t.Helper()
	return newSignedBench(t, false, edit)
}

// newSignedBench is signedBench with a say in aggressive use of denials.
func newSignedBench(t testing.TB, eager bool, edit func(*iterative.Config)) *bench {
	t.Helper()
	servers := map[string]*sign.Server{}
	ds := map[string][]dns.RR{} // by parent
	for _, z := range signedInternet(lookuptest.NewClock().Now()) {
		var records []dns.RR
		p := dns.NewZoneParser(strings.NewReader("$TTL 3600\n"+z.text), z.name, z.name)
		for rr, ok := p.Next(); ok; rr, ok = p.Next() {
			records = append(records, rr)
		}
		if err := p.Err(); err != nil {
			t.Fatal(err)
		}
		records = append(records, ds[z.name]...)
		if !z.unsigned {
			s, err := sign.Zone(records, z.options)
			if err != nil {
				t.Fatal(err)
			}
			records = s.Records
			parent := "anchor"
			if _, above, _ := strings.Cut(z.name, "."); above != "" {
				parent = above
			} else if z.name != "." {
				parent = "."
			}
			for _, d := range s.DS {
				d.Hdr.Ttl = 3600
				ds[parent] = append(ds[parent], d)
			}
		}
		servers[z.addr] = sign.NewServer(z.name, records)
	}
	anchors, err := dnssec.NewAnchors(ds["anchor"]...)
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t, func(c *iterative.Config) {
		c.Validator = dnssec.New(dnssec.Config{Host: c.Host, Clock: c.Clock, Anchors: anchors, Aggressive: eager})
		if edit != nil {
			edit(c)
		}
	})
	for addr, s := range servers {
		serveSigned(b, addr, s)
	}
	return b
}

func serveSigned(b *bench, addr string, s *sign.Server) {
	b.wire.Handle(netip.AddrPortFrom(netip.MustParseAddr(addr), 53), func(p lookuptest.Packet) [][]byte {
		q := new(dns.Msg)
		if err := q.Unpack(p.Message); err != nil {
			b.Error(err)
			return nil
		}
		opt := q.IsEdns0()
		r := s.Respond(q.Question[0].Name, q.Question[0].Qtype, opt != nil && opt.Do())
		m := new(dns.Msg)
		m.SetReply(q)
		m.Compress, m.Rcode, m.Authoritative, m.Answer, m.Ns, m.Extra = true, r.Rcode, r.Authoritative, r.Answer, r.Authority, r.Additional
		if opt != nil {
			m.SetEdns0(1232, opt.Do())
		}
		if !p.TCP {
			m.Truncate(1232)
		}
		out, err := m.Pack()
		if err != nil {
			b.Error(err)
			return nil
		}
		return [][]byte{out}
	})
}

// judged is the last verdict of the last lookup, whose trace has to be in order.
func (b *bench) judged() string {
	b.Helper()
	b.trace.Finish()
	if err := lookuptest.CheckTrace(b.trace); err != nil {
		b.Error(err)
	}
	out := ""
	for _, e := range b.trace.Events() {
		if f, ok := e.Fact.(lookup.ChainJudged); ok {
			out = strings.TrimSpace(string(f.Verdict) + " " + f.Reason)
		}
	}
	return out
}

func TestAnswersAreValidated(t *testing.T) {
	b := signedBench(t, nil)
	for _, c := range []struct {
		name     lookup.Name
		rrtype   lookup.Type
		outcome  lookup.Outcome
		security lookup.Security
		judged   string
		ede      int
	}{
		{"www.secure.example.", lookup.TypeA, lookup.OutcomeAnswer, lookup.Secure, "secure", -1},
		{"no.secure.example.", lookup.TypeA, lookup.OutcomeNxdomain, lookup.Secure, "secure", -1},
		{"www.secure.example.", lookup.TypeAAAA, lookup.OutcomeNodata, lookup.Secure, "secure", -1},
		{"x.wild.secure.example.", lookup.TypeA, lookup.OutcomeAnswer, lookup.Secure, "secure", -1},
		{"x.moved.secure.example.", lookup.TypeA, lookup.OutcomeAnswer, lookup.Secure, "secure", -1},
		{"alias.secure.example.", lookup.TypeA, lookup.OutcomeAnswer, lookup.Secure, "secure", -1}, // two zones
		{"no.nsec3.example.", lookup.TypeA, lookup.OutcomeNxdomain, lookup.Secure, "secure", -1},
		{"secure.example.", lookup.TypeDS, lookup.OutcomeAnswer, lookup.Secure, "secure", -1},
		{"example.", lookup.Type(dns.TypeDNSKEY), lookup.OutcomeAnswer, lookup.Secure, "secure", -1},
		{"www.plain.example.", lookup.TypeA, lookup.OutcomeAnswer, lookup.Insecure, "insecure unsignedZone", -1},
		{"no.plain.example.", lookup.TypeA, lookup.OutcomeNxdomain, lookup.Insecure, "insecure unsignedZone", -1},
		{"alias.plain.example.", lookup.TypeA, lookup.OutcomeAnswer, lookup.Insecure, "secure", -1}, // from an unsigned zone into a signed one
		{"bad.secure.example.", lookup.TypeA, lookup.OutcomeServfail, lookup.Bogus, "bogus signatureWrong", 6},
		{"www.expired.example.", lookup.TypeA, lookup.OutcomeServfail, lookup.Bogus, "bogus expired", 7},
	} {
		for _, from := range []string{"servers", "cache"} {
			r := b.resolve(c.name, c.rrtype)
			if r.Outcome != c.outcome || r.Security != c.security || b.judged() != c.judged {
				t.Errorf("%s %s from %s: %s, %s (%s), want %s, %s (%s)", c.name, c.rrtype, from, r.Outcome, r.Security, b.judged(), c.outcome, c.security, c.judged)
				t.Log(lookuptest.Transcript(b.trace.Events()))
			}
			if c.ede >= 0 && !slices.ContainsFunc(r.Extended, func(e lookup.ExtendedError) bool { return int(e.Code) == c.ede }) {
				t.Errorf("%s from %s: extended errors %v, want %d (RFC 8914)", c.name, from, r.Extended, c.ede)
			}
			if r.Outcome == lookup.OutcomeServfail && len(r.Answer)+len(r.Authority) > 0 {
				t.Errorf("%s: a bogus answer was handed out", c.name)
			}
			if from == "cache" && r.Queries > 0 {
				t.Errorf("%s: %d queries for what was just answered", c.name, r.Queries)
			}
		}
	}
}

// CD=1 gets what there is (RFC 4035 §3.2.2), and does not spoil it for others.
func TestUncheckedAnswersAreHandedOut(t *testing.T) {
	b := signedBench(t, nil)
	q := lookup.Question{Name: "bad.secure.example.", Type: lookup.TypeA, Class: lookup.ClassIN}
	ask := func(unchecked bool) message.Resolution {
		return b.resolver.Resolve(t.Context(), lookup.Step{}, message.Request{Question: q, Unchecked: unchecked})
	}
	for range 2 {
		if r := ask(true); r.Outcome != lookup.OutcomeAnswer || r.Security != "" || len(r.Answer) != 1 || len(r.Answer[0].Sigs) != 1 {
			t.Errorf("CD=1: %+v", r)
		}
		if r := ask(false); r.Outcome != lookup.OutcomeServfail || r.Security != lookup.Bogus {
			t.Errorf("CD=0: %+v", r)
		}
	}
}

// Signatures run out in lesson time, also of what the cache holds.
func TestValidationFollowsLessonTime(t *testing.T) {
	b := signedBench(t, nil)
	if r := b.resolve("www.secure.example.", lookup.TypeA); r.Security != lookup.Secure {
		t.Fatalf("%+v", r)
	}
	b.clock.Skip(15 * 24 * time.Hour)
	if r := b.resolve("www.secure.example.", lookup.TypeA); r.Security != lookup.Bogus || b.judged() != "bogus expired" {
		t.Errorf("a day after the signatures ran out: %s, %s", r.Outcome, b.judged())
	}
}

// Without a validator nothing changes: no DO bit, no further query.
func TestWithoutValidatorNothingIsAskedFor(t *testing.T) {
	b := signedBench(t, func(c *iterative.Config) { c.Validator = nil })
	r := b.resolve("www.secure.example.", lookup.TypeA)
	if r.Outcome != lookup.OutcomeAnswer || r.Security != "" || r.Queries != 3 {
		t.Errorf("%+v", r)
	}
	for _, p := range b.wire.Log() {
		q := new(dns.Msg)
		if err := q.Unpack(p.Message); err != nil || q.IsEdns0() == nil || q.IsEdns0().Do() {
			t.Errorf("%v %v", q, err)
		}
	}
}

// A chain costs a DNSKEY query for each zone once: the DS came with the referral.
func TestValidationCostsFewQueries(t *testing.T) {
	b := signedBench(t, nil)
	if r := b.resolve("www.secure.example.", lookup.TypeA); r.Queries != 6 { // three to the answer; DNSKEY three times
		t.Errorf("cold: %d queries", r.Queries)
		t.Log(lookuptest.Transcript(b.trace.Events()))
	}
	if r := b.resolve("x.wild.secure.example.", lookup.TypeA); r.Queries != 1 {
		t.Errorf("warm: %d queries", r.Queries)
	}
	if r := b.resolve("www.nsec3.example.", lookup.TypeA); r.Queries != 3 { // referral, answer, DNSKEY
		t.Errorf("sibling: %d queries", r.Queries)
	}
}

// What other denials prove is not asked for (RFC 8198), and only that.
func TestDenialsAnswerFurtherQuestions(t *testing.T) {
	b := newSignedBench(t, true, nil)
	for _, c := range []struct {
		name    lookup.Name
		rrtype  lookup.Type
		outcome lookup.Outcome
		asked   bool
	}{
		{"no.secure.example.", lookup.TypeA, lookup.OutcomeNxdomain, true},   // moved ... ns
		{"no2.secure.example.", lookup.TypeA, lookup.OutcomeNxdomain, false}, // the same span, the same wildcard
		{"deep.below.no3.secure.example.", lookup.TypeMX, lookup.OutcomeNxdomain, false},
		{"zzz.secure.example.", lookup.TypeA, lookup.OutcomeNxdomain, true}, // another span
		{"zzzz.secure.example.", lookup.TypeA, lookup.OutcomeNxdomain, false},
		{"www.secure.example.", lookup.TypeAAAA, lookup.OutcomeNodata, false}, // the record of the last span stands there
		{"ns.secure.example.", lookup.TypeMX, lookup.OutcomeNodata, true},
		{"ns.secure.example.", lookup.TypeAAAA, lookup.OutcomeNodata, false},
		{"www.secure.example.", lookup.TypeA, lookup.OutcomeAnswer, true}, // what the record says is there
		{"x.wild.secure.example.", lookup.TypeA, lookup.OutcomeAnswer, true},
		{"no.nsec3.example.", lookup.TypeA, lookup.OutcomeNxdomain, true},
		{"no.plain.example.", lookup.TypeA, lookup.OutcomeNxdomain, true}, // not signed: nothing is proved
		{"no2.plain.example.", lookup.TypeA, lookup.OutcomeNxdomain, true},
	} {
		r := b.resolve(c.name, c.rrtype)
		told := ""
		for _, e := range b.trace.Events() {
			if f, ok := e.Fact.(lookup.DenialSynthesised); ok {
				told = string(f.Outcome)
			}
		}
		if r.Outcome != c.outcome || (r.Queries > 0) != c.asked || (told != "") == c.asked {
			t.Errorf("%s %s: %s with %d queries, told %q", c.name, c.rrtype, r.Outcome, r.Queries, told)
			t.Log(lookuptest.Transcript(b.trace.Events()))
		}
		if !c.asked && (r.Security != lookup.Secure || len(r.Authority) != 1 || len(r.Authority[0].Proof) == 0 || b.judged() != "secure") {
			t.Errorf("%s %s: %s without a proof for who asks", c.name, c.rrtype, r.Security)
		}
	}
	// NSEC3: any name whose hash lies in the spans that are known.
	asked := 0
	for i := range 60 {
		if r := b.resolve(lookup.Name("n"+string(rune('a'+i%26))+string(rune('a'+i/26))+".nsec3.example."), lookup.TypeA); r.Outcome != lookup.OutcomeNxdomain || r.Security != lookup.Secure {
			t.Errorf("%d: %+v", i, r)
		} else if r.Queries > 0 {
			asked++
		}
	}
	if asked > 12 { // the zone has ten hashes, and so ten spans
		t.Errorf("%d of 60 names were asked for", asked)
	}
	// They hold as long as a denial does: 300 s here, the MINIMUM of the SOA.
	b.clock.Skip(299 * time.Second)
	if r := b.resolve("no4.secure.example.", lookup.TypeA); r.Queries != 0 || r.Authority[0].TTLSec > 1 {
		t.Errorf("before the end: %+v", r)
	}
	b.clock.Skip(time.Second)
	if r := b.resolve("no5.secure.example.", lookup.TypeA); r.Queries == 0 {
		t.Errorf("after the end: %+v", r)
	}
}

// Without the switch every name is asked for.
func TestDenialsAnswerNothingElseByDefault(t *testing.T) {
	b := signedBench(t, nil)
	for _, name := range []lookup.Name{"no.secure.example.", "no2.secure.example."} {
		if r := b.resolve(name, lookup.TypeA); r.Queries == 0 {
			t.Errorf("%s: no query", name)
		}
	}
}

// A resolver that validates for who asks for it leaves all others alone, and
// does not hand them what it found out for the one, nor the other way round.
func TestValidationOnlyWhereWanted(t *testing.T) {
	b := signedBench(t, func(c *iterative.Config) { c.ValidateWanted = true })
	ask := func(name lookup.Name, do, cd bool) message.Resolution {
		q := lookup.Question{Name: name, Type: lookup.TypeA, Class: lookup.ClassIN}
		return b.resolver.Resolve(t.Context(), lookup.Step{}, message.Request{Question: q, DNSSEC: do, Unchecked: cd})
	}
	if r := ask("www.secure.example.", false, false); r.Queries != 3 || r.Security != "" || r.Outcome != lookup.OutcomeAnswer {
		t.Errorf("plain: %+v", r)
	}
	for _, p := range b.wire.Log() {
		q := new(dns.Msg)
		if err := q.Unpack(p.Message); err != nil || q.IsEdns0() == nil || q.IsEdns0().Do() || len(q.IsEdns0().Option) > 0 {
			t.Errorf("%v %v", q, err)
		}
	}
	if r := ask("www.secure.example.", true, false); r.Security != lookup.Secure || r.Queries == 0 || len(r.Answer[0].Sigs) != 1 {
		t.Errorf("checked, with an answer without signatures in the cache: %+v", r)
	}
	if r := ask("www.secure.example.", false, false); r.Queries != 0 || r.Security != "" {
		t.Errorf("plain again: %+v", r)
	}
	if r := ask("bad.secure.example.", true, false); r.Outcome != lookup.OutcomeServfail || r.Security != lookup.Bogus {
		t.Errorf("checked: %+v", r)
	}
	if r := ask("bad.secure.example.", false, false); r.Outcome != lookup.OutcomeAnswer || r.Security != "" {
		t.Errorf("who does not ask for checks gets what there is: %+v", r)
	}
	if r := ask("bad.secure.example.", true, true); r.Outcome != lookup.OutcomeAnswer || len(r.Answer[0].Sigs) != 1 {
		t.Errorf("so does who asks with CD=1: %+v", r)
	}
	if r := ask("bad.secure.example.", true, false); r.Outcome != lookup.OutcomeServfail {
		t.Errorf("and it stays wrong: %+v", r)
	}
}

// Queries that ask for signatures say what can be made of them (RFC 6975).
func TestQueriesSayWhatIsUnderstood(t *testing.T) {
	b := signedBench(t, nil)
	b.resolve("www.secure.example.", lookup.TypeA)
	for _, p := range b.wire.Log() {
		q := new(dns.Msg)
		if err := q.Unpack(p.Message); err != nil {
			t.Fatal(err)
		}
		text := ""
		for _, o := range q.IsEdns0().Option {
			switch o := o.(type) {
			case *dns.EDNS0_DAU:
				text += fmt.Sprint("DAU", o.AlgCode)
			case *dns.EDNS0_DHU:
				text += fmt.Sprint(" DHU", o.AlgCode)
			case *dns.EDNS0_N3U:
				text += fmt.Sprint(" N3U", o.AlgCode)
			}
		}
		if text != "DAU[8 10 13 14 15] DHU[1 2 4] N3U[1]" {
			t.Errorf("%s", text)
		}
	}
}

// refusing is an asker that a rate keeps from some questions.
type refusing struct {
	iterative.Asker
	refuses func(q lookup.Question) bool
}

func (r *refusing) Ask(ctx context.Context, step lookup.Step, q message.Query) (*message.Response, error) {
	if r.refuses != nil && r.refuses(q.Question) {
		return &message.Response{}, &message.SpentError{Limit: lookup.OutcomeRateLimit, Max: 7}
	}
	return r.Asker.Ask(ctx, step, q)
}

// A rate that keeps the chain of trust from being asked for says nothing about the
// data: they are not handed out, but they are not called bogus, and a moment later
// they are asked for again.
func TestARateIsNoVerdict(t *testing.T) {
	for _, refused := range []lookup.Name{".", "example.", "secure.example.", "nsec3.example."} {
		for name, outcome := range map[lookup.Name]lookup.Outcome{"www.secure.example.": lookup.OutcomeAnswer, "alias.secure.example.": lookup.OutcomeAnswer, "twice.secure.example.": lookup.OutcomeAnswer, "no.secure.example.": lookup.OutcomeNxdomain} {
			for _, from := range []string{"servers", "cache"} {
				asker := &refusing{}
				b := signedBench(t, func(c *iterative.Config) { asker.Asker, c.Asker = c.Asker, asker })
				q := lookup.Question{Name: name, Type: lookup.TypeA, Class: lookup.ClassIN}
				if from == "cache" {
					b.resolver.Resolve(t.Context(), lookup.Step{}, message.Request{Question: q, Unchecked: true})
				}
				asker.refuses = func(q lookup.Question) bool { return q.Name == refused && q.Type == lookup.Type(dns.TypeDNSKEY) }
				r := b.resolve(name, lookup.TypeA)
				judged, wanted := b.judged(), ""
				if refused == "nsec3.example." {
					if name == "www.secure.example." || name == "no.secure.example." {
						continue // it has nothing to do with that zone
					}
					wanted = "secure" // the alias, not what it leads to
				}
				if r.Outcome != lookup.OutcomeRateLimit || r.Rcode != lookup.RcodeServFail || r.Security != lookup.Indeterminate || len(r.Answer)+len(r.Authority) > 0 || judged != wanted {
					t.Errorf("%s from %s without %s: %s, %s, judged %q\n%s", name, from, refused, r.Outcome, r.Security, judged, lookuptest.Transcript(b.trace.Events()))
				}
				if len(r.Extended) != 1 || r.Extended[0].Code != 0 || r.Extended[0].Text != "servers are asked at most 7 times a second" {
					t.Errorf("%s without %s: %v", name, refused, r.Extended)
				}
				asker.refuses = nil
				if r := b.resolve(name, lookup.TypeA); r.Outcome != outcome || r.Security != lookup.Secure {
					t.Errorf("%s without %s, a moment later: %s, %s", name, refused, r.Outcome, r.Security)
				}
			}
		}
	}
}
