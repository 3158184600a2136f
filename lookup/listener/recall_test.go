package listener

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/cache"
	"rootwalk/lookup/iterative"
	"rootwalk/lookup/message"
)

// lesson is a lesson clock that moves when it is told to.
type lesson struct{ at time.Time }

func (c *lesson) Now() time.Time { return c.at }

// nobody is an Internet without servers.
type nobody struct{}

func (nobody) Ask(context.Context, lookup.Step, message.Query) (*message.Response, error) {
	return &message.Response{Sent: 1}, message.ErrUnreachable
}

// wax is a seal that holds until an instant: a validator that finds everything
// secure before it and bogus from then on.
type wax struct {
	clock *lesson
	until time.Time
}

func (w wax) Begin() message.Validation { return w }
func (w wax) Understood() []byte        { return nil }

func (w wax) Validate(_ context.Context, _ lookup.Step, _ message.Fetch, e message.Evidence) message.Validated {
	if w.clock.at.Before(w.until) {
		return message.Validated{Security: lookup.Secure, TTLSec: min(e.TTLSec, 50)}
	}
	return message.Validated{Security: lookup.Bogus, Extended: []lookup.ExtendedError{{Code: dns.ExtendedErrorCodeSignatureExpired}}}
}

func (w wax) Synthesise(lookup.Question) (message.Denial, bool) { return message.Denial{}, false }

// longWay is a resolver whose answers cannot be recalled.
type longWay struct{ Resolver }

// twoWays are two listeners in front of one resolver: one recalls answers.
type twoWays struct {
	testing.TB
	clock    *lesson
	cache    *cache.Cache
	quick    *Listener
	long     *Listener
	recalled map[string]int // queries answered by recalling, by a word about them
}

func newTwoWays(t testing.TB, validated time.Duration) *twoWays {
	w := &twoWays{TB: t, clock: &lesson{time.Date(2026, 3, 1, 9, 0, 0, 3e8, time.UTC)}, recalled: map[string]int{}}
	w.cache = cache.New(cache.Config{Name: "R1", Clock: w.clock})
	c := iterative.Config{Host: "R1", Clock: w.clock, Cache: w.cache, Asker: nobody{}, Seed: 1, Hints: iterative.Hints()}
	if validated > 0 {
		c.Validator = wax{w.clock, w.clock.at.Add(validated)}
	}
	r := iterative.New(c)
	for _, of := range []struct {
		l **Listener
		r Resolver
	}{{&w.quick, r}, {&w.long, longWay{r}}} {
		l, err := Listen(context.Background(), Config{Resolver: of.r})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		*of.l = l
	}
	return w
}

var someone = netip.MustParseAddrPort("192.0.2.1:1234")

func (w *twoWays) theLongWay(query []byte) (out []byte) {
	w.long.answer(context.Background(), query, someone, overUDP, func(b []byte) error { out = b; return nil })
	return out
}

// ask asks as serveUDP does, and says whether the answer was recalled.
func (w *twoWays) ask(query []byte) (out []byte, recalled bool) {
	if b, ok := w.quick.again.recall(query, someone, nil); ok {
		return b, true
	}
	w.quick.answer(context.Background(), query, someone, overUDP, func(b []byte) error { out = b; return nil })
	return out, false
}

// same asks both ways, several times, and compares the octets.
func (w *twoWays) same(query []byte, words ...string) {
	w.Helper()
	w.theLongWay(query) // what is not in the cache is now known to fail
	want := w.theLongWay(query)
	for range 3 {
		got, recalled := w.ask(query)
		if !bytes.Equal(got, want) {
			w.Fatalf("%v at %v, recalled %v:\n got %x\nwant %x\nquery %x", words, w.clock.at, recalled, got, want, query)
		}
		if recalled {
			for _, word := range words {
				w.recalled[word]++
			}
		}
	}
}

// fill puts what there is to ask for into the cache.
func (w *twoWays) fill() {
	store := func(kind lookup.CacheKind, name lookup.Name, rrtype lookup.Type, ttlSec uint32, lines ...string) {
		item := message.Stored{Set: message.Set{Name: name, Type: rrtype, TTLSec: ttlSec, Credibility: lookup.CredibilityAnswer}, Kind: kind}
		for _, l := range lines {
			rr, err := dns.NewRR(l)
			if err != nil {
				w.Fatal(err)
			}
			switch rr.Header().Rrtype {
			case dns.TypeRRSIG:
				item.Sigs = append(item.Sigs, rr)
			case dns.TypeNSEC:
				item.Proof = append(item.Proof, rr)
			default:
				item.RRs = append(item.RRs, rr)
			}
		}
		w.cache.Store(lookup.Step{}, item)
	}
	sig := func(name, of string) string {
		return name + " 300 RRSIG " + of + " 13 2 300 20300101000000 20200101000000 1 example. AAAA"
	}
	txt := func(n int) (lines []string) {
		for i := range n {
			lines = append(lines, fmt.Sprintf(`big%d.example. 60 TXT "%d%s"`, n, i, strings.Repeat("x", 180)))
		}
		return lines
	}
	store(lookup.CachePositive, "www.example.", lookup.TypeA, 300, "wWw.eXample. 300 A 192.0.2.1", "www.example. 300 A 192.0.2.2", sig("www.example.", "A"))
	store(lookup.CachePositive, "mx.example.", lookup.TypeMX, 7, "mx.example. 7 MX 10 mx.EXAMPLE.", "mx.example. 7 MX 20 a.mx.example.")
	store(lookup.CachePositive, "one.example.", lookup.TypeA, 1, "one.example. 1 A 192.0.2.1")
	store(lookup.CachePositive, "never.example.", lookup.TypeA, 0, "never.example. 0 A 192.0.2.1")
	store(lookup.CachePositive, "alias.example.", lookup.TypeCNAME, 20, "alias.example. 20 CNAME far.example.net.", sig("alias.example.", "CNAME"))
	w.clock.at = w.clock.at.Add(500 * time.Millisecond)
	store(lookup.CachePositive, "far.example.net.", lookup.TypeA, 20, "far.example.net. 20 A 192.0.2.9", sig("far.example.net.", "A"))
	store(lookup.CachePositive, "old.example.", lookup.TypeDNAME, 40, "old.example. 40 DNAME example.", sig("old.example.", "DNAME"))
	store(lookup.CacheNxdomain, "no.example.", lookup.TypeA, 30, "example. 30 SOA ns.example. a.example. 1 2 3 4 30", sig("example.", "SOA"), "mz.example. 30 NSEC np.example. A", sig("mz.example.", "NSEC"))
	store(lookup.CacheNodata, "www.example.", lookup.TypeAAAA, 30, "example. 30 SOA ns.example. a.example. 1 2 3 4 30", "www.example. 30 NSEC x.example. A", sig("www.example.", "NSEC"))
	store(lookup.CacheNodata, "bare.example.", lookup.TypeAAAA, 30)
	store(lookup.CachePositive, "big3.example.", lookup.TypeTXT, 60, txt(3)...)
	store(lookup.CachePositive, "big8.example.", lookup.TypeTXT, 60, txt(8)...)
	store(lookup.CachePositive, `a\.b\032c.example.`, lookup.TypeA, 60, `a\.b\032c.example. 60 A 192.0.2.1`)
}

// questions are what is asked, in words.
var questions = []struct {
	name, word string
	rrtype     uint16
}{
	{"www.example.", "set", dns.TypeA}, {"www.example.", "nodata", dns.TypeAAAA}, {"www.example.", "missing", dns.TypeTXT}, {"mx.example.", "mx", dns.TypeMX},
	{"one.example.", "ttl 1", dns.TypeA}, {"never.example.", "ttl 0", dns.TypeA}, {"alias.example.", "alias", dns.TypeA}, {"alias.example.", "cname", dns.TypeCNAME},
	{"www.old.example.", "dname", dns.TypeA}, {"no.example.", "nxdomain", dns.TypeMX}, {"a.b.no.example.", "below nxdomain", dns.TypeA}, {"bare.example.", "bare", dns.TypeAAAA},
	{"big3.example.", "big", dns.TypeTXT}, {"big8.example.", "too big", dns.TypeTXT}, {`a\.b\032c.example.`, "escapes", dns.TypeA}, {".", "root", dns.TypeNS},
	{"www.example.", "any", dns.TypeANY}, {"www.example.", "transfer", dns.TypeAXFR},
}

// clientQuery makes a query as some client might, and says what is special about it.
func clientQuery(r *rand.Rand) (query []byte, words []string) {
	q := questions[r.IntN(len(questions))]
	say := func(word string) { words = append(words, word) }
	say(q.word)
	m := new(dns.Msg).SetQuestion(q.name, q.rrtype)
	m.Id = uint16(r.Uint32())
	chance := func(n int) bool { return r.IntN(n) == 0 }
	if chance(5) {
		m.RecursionDesired = false
		say("RD=0")
	}
	if chance(5) {
		m.CheckingDisabled = true
		say("CD")
	}
	if chance(5) {
		m.AuthenticatedData = true
		say("AD")
	}
	if chance(30) {
		m.Question[0].Qclass = dns.ClassCHAOS
		say("CH")
	}
	if chance(3) {
		mixed := []byte(q.name)
		for i, c := range mixed {
			if c >= 'a' && c <= 'z' && chance(2) {
				mixed[i] = c - 'a' + 'A'
			}
		}
		m.Question[0].Name = string(mixed)
		say("case")
	}
	if !chance(3) {
		say("EDNS")
		m.SetEdns0([]uint16{0, 100, 512, 700, 1232, 4096}[r.IntN(6)], chance(2))
		opt := m.IsEdns0()
		if opt.Do() {
			say("DO")
		}
		option := func(o dns.EDNS0, word string) { opt.Option = append(opt.Option, o); say(word) }
		if chance(4) {
			option(&dns.EDNS0_COOKIE{Code: dns.EDNS0COOKIE, Cookie: "0123456789abcdef"}, "cookie")
		}
		if chance(20) {
			option(&dns.EDNS0_COOKIE{Code: dns.EDNS0COOKIE, Cookie: "012345"}, "short cookie")
		}
		if chance(4) {
			option(&dns.EDNS0_PADDING{Padding: make([]byte, r.IntN(100))}, "padding")
		}
		if chance(20) {
			option(&dns.EDNS0_NSID{Code: dns.EDNS0NSID}, "NSID")
		}
		if chance(20) {
			option(&dns.EDNS0_SUBNET{Code: dns.EDNS0SUBNET, Family: 1, SourceNetmask: 8, Address: []byte{10, 0, 0, 0}}, "subnet")
		}
		if chance(20) {
			option(&dns.EDNS0_LOCAL{Code: 65001, Data: []byte{1, 2}}, "local")
		}
		if chance(30) {
			opt.SetVersion(1)
			say("version 1")
		}
	}
	query, err := m.Pack()
	if err != nil {
		panic(err)
	}
	return query, words
}

// TestRecallIsTheLongWay: whatever is asked, at whatever age of the cache, the answer
// that is recalled has the octets that the long way gives.
func TestRecallIsTheLongWay(t *testing.T) {
	for _, validated := range []time.Duration{0, 12 * time.Second} {
		w := newTwoWays(t, validated)
		r := rand.New(rand.NewPCG(1, uint64(validated)))
		for range 3 { // lives of the cache
			w.fill()
			for range 45 {
				for range 120 {
					query, words := clientQuery(r)
					w.same(query, words...)
				}
				w.clock.at = w.clock.at.Add(time.Duration(r.IntN(900)) * time.Millisecond)
				switch r.IntN(12) {
				case 0: // there are new data
					w.fill()
				case 1:
					w.cache.Flush("www.example.", lookup.TypeA)
				case 2:
					w.cache.FlushAll()
					w.fill()
				}
			}
		}
		wanted := strings.Fields("set nodata mx alias cname nxdomain bare big escapes RD=0 CD AD case EDNS DO cookie padding")
		for _, word := range append(wanted, "short cookie", "below nxdomain", "ttl 1") {
			if w.recalled[word] == 0 {
				t.Errorf("validated %v: nothing of the sort %q was recalled", validated, word)
			}
		}
		for _, word := range []string{"missing", "dname", "ttl 0", "too big", "root", "any", "transfer", "CH", "NSID", "subnet", "local", "version 1"} {
			if w.recalled[word] > 0 {
				t.Errorf("validated %v: %q was recalled", validated, word)
			}
		}
	}
}

// TestRecallAges: a TTL counts down in what is recalled, and at its end the
// entry is no answer any more.
func TestRecallAges(t *testing.T) {
	w := newTwoWays(t, 0)
	w.fill()
	query, _ := new(dns.Msg).SetQuestion("one.example.", dns.TypeA).Pack()
	w.cache.Flush("one.example.", lookup.TypeA)
	rr, _ := dns.NewRR("one.example. 5 A 192.0.2.1")
	w.cache.Store(lookup.Step{}, message.Stored{Set: message.Set{Name: "one.example.", Type: lookup.TypeA, TTLSec: 5, RRs: []dns.RR{rr}, Credibility: lookup.CredibilityAnswer}, Kind: lookup.CachePositive})
	w.ask(query)
	for i := range 5 {
		b, recalled := w.ask(query)
		var m dns.Msg
		if err := m.Unpack(b); err != nil || !recalled || m.Answer[0].Header().Ttl != uint32(5-i) {
			t.Errorf("after %d s: recalled %v, %v", i, recalled, &m)
		}
		w.clock.at = w.clock.at.Add(time.Second)
	}
	if _, recalled := w.ask(query); recalled {
		t.Error("recalled after its TTL")
	}
}

// TestRecallIsBounded: what is kept for recalling has an end.
func TestRecallIsBounded(t *testing.T) {
	w := newTwoWays(t, 0)
	w.fill()
	response := w.theLongWay(mustPack(new(dns.Msg).SetQuestion("big3.example.", dns.TypeTXT).SetEdns0(1232, false)))
	memory := &message.Memory{Parts: []message.Remembered{{Name: "big3.example.", Type: lookup.TypeTXT}}}
	for i := range maxKept + 500 {
		w.quick.again.keep(mustPack(new(dns.Msg).SetQuestion(fmt.Sprintf("n%d.example.", i), dns.TypeTXT)), response, memory)
	}
	a := w.quick.again
	total := 0
	for _, k := range a.m {
		total += len(k.response)
	}
	if len(a.m) > maxKept || a.bytes > maxKeptBytes || total != a.bytes || len(a.m) == 0 {
		t.Errorf("%d responses, %d octets counted, %d there", len(a.m), a.bytes, total)
	}
}

// TestRecallIsForNobodyWatching: where questions are received, or followed by a
// tracer, each goes the long way, with its facts.
func TestRecallIsForNobodyWatching(t *testing.T) {
	r := iterative.New(iterative.Config{})
	if newAnswers(Config{Resolver: r}) == nil {
		t.Error("nothing is recalled for a resolver alone")
	}
	if newAnswers(Config{Resolver: r, Reception: func(context.Context, Arrival, Answer) {}}) != nil {
		t.Error("a reception would miss questions")
	}
	if newAnswers(Config{Resolver: r, Reception: func(context.Context, Arrival, Answer) {}, Recalled: func(Recalled) {}}) == nil {
		t.Error("nothing is recalled although somebody is told")
	}
	if newAnswers(Config{Resolver: r, Tracer: watcher{}}) != nil {
		t.Error("a tracer would miss questions")
	}
}

type watcher struct{}

func (watcher) StepFor(netip.AddrPort, uint16, lookup.Question) lookup.Step { return lookup.Step{} }
func (watcher) Resolved(netip.AddrPort, uint16, lookup.Question, int)       {}

func mustPack(m *dns.Msg) []byte {
	b, err := m.Pack()
	if err != nil {
		panic(err)
	}
	return b
}

// FuzzRecall: no octets that come to the port get another answer for being
// asked again.
func FuzzRecall(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		query, _ := clientQuery(r)
		f.Add(query)
	}
	w := newTwoWays(f, 0)
	w.fill()
	f.Fuzz(func(t *testing.T, query []byte) {
		if len(query) > maxQuery {
			return
		}
		w.theLongWay(query)
		want := w.theLongWay(query)
		for range 2 {
			if got, recalled := w.ask(query); !bytes.Equal(got, want) {
				t.Errorf("recalled %v:\n got %x\nwant %x\nquery %x", recalled, got, want, query)
			}
		}
	})
}

// TestRecallAllocatesNothing, on the way from a query to its response.
func TestRecallAllocatesNothing(t *testing.T) {
	w, query := recallable(t)
	out := make([]byte, 0, message.UDPSize)
	if n := testing.AllocsPerRun(100, func() {
		if _, ok := w.quick.again.recall(query, someone, out); !ok {
			t.Fatal("not recalled")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func recallable(t testing.TB) (*twoWays, []byte) {
	w := newTwoWays(t, 0)
	w.fill()
	query := mustPack(new(dns.Msg).SetQuestion("www.example.", dns.TypeA).SetEdns0(1232, false))
	w.ask(query)
	return w, query
}

func BenchmarkRecall(b *testing.B) {
	w, query := recallable(b)
	out := make([]byte, 0, message.UDPSize)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := w.quick.again.recall(query, someone, out); !ok {
			b.Fatal("not recalled")
		}
	}
}

func BenchmarkTheLongWay(b *testing.B) {
	w, query := recallable(b)
	b.ReportAllocs()
	for b.Loop() {
		w.theLongWay(query)
	}
}
