package dnssec

import (
	"cmp"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/lab/sign"
)

// A small internet of signed zones, each with a server that knows RFC 4035
// §3.1 and RFC 5155 §7.2.

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

type fixedClock time.Time

func (c fixedClock) Now() time.Time { return time.Time(c) }

// testZone is what one server holds.
type testZone struct {
	*sign.Server
	signed *sign.Signed // nil if it is not
}

type zoneSpec struct {
	text     string
	options  sign.Options
	unsigned bool // not signed at all
	noDS     bool // signed, but the parent does not know
}

type testWorld struct {
	zones   map[string]*testZone
	anchors *Anchors
	asked   int
	missing map[string]bool // "name TYPE" that cannot be fetched
	why     error           // they cannot, nil for any reason
	bend    func(name, rrtype string, r *Response)
}

// build signs the zones, children first, and hands their DS to the parents.
func build(t testing.TB, specs map[string]zoneSpec) *testWorld {
	t.Helper()
	w := &testWorld{zones: map[string]*testZone{}, missing: map[string]bool{}}
	var order []string
	for name := range specs {
		order = append(order, name)
	}
	slices.SortFunc(order, func(a, b string) int { return dns.CountLabel(b) - dns.CountLabel(a) })
	ds := map[string][]dns.RR{}
	for _, name := range order {
		spec := specs[name]
		rrs := parse(t, name, spec.text)
		for child, set := range ds {
			if parentZone(specs, child) == name {
				rrs = append(rrs, set...)
			}
		}
		z := &testZone{}
		if !spec.unsigned {
			signed, err := sign.Zone(rrs, spec.options)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			z.signed, rrs = signed, signed.Records
			if !spec.noDS {
				for _, d := range signed.DS {
					d.Hdr.Ttl = 3600
					ds[name] = append(ds[name], d)
				}
			}
		}
		z.Server = sign.NewServer(name, rrs)
		w.zones[name] = z
	}
	a, err := NewAnchors(ds["."]...)
	if err != nil {
		t.Fatal(err)
	}
	w.anchors = a
	return w
}

func parentZone(specs map[string]zoneSpec, child string) string {
	best := ""
	for name := range specs {
		if name != child && dns.IsSubDomain(name, child) && (best == "" || dns.CountLabel(name) > dns.CountLabel(best)) {
			best = name
		}
	}
	return best
}

func parse(t testing.TB, origin, text string) []dns.RR {
	t.Helper()
	p := dns.NewZoneParser(strings.NewReader("$TTL 3600\n"+text), origin, origin)
	var out []dns.RR
	for rr, ok := p.Next(); ok; rr, ok = p.Next() {
		out = append(out, rr)
	}
	if err := p.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// ask answers a question as the zone's server with DO=1, and says what the
// answer amounts to.
func (z *testZone) ask(name string, rrtype uint16) (Response, lookup.CacheKind) {
	r := z.Respond(name, rrtype, true)
	kind := lookup.CacheKind("")
	is := func(rrtype uint16) func(dns.RR) bool {
		return func(rr dns.RR) bool { return rr.Header().Rrtype == rrtype }
	}
	switch {
	case r.Rcode == dns.RcodeNameError:
		kind = lookup.CacheNxdomain
	case slices.ContainsFunc(r.Answer, is(rrtype)):
		kind = lookup.CachePositive
	case slices.ContainsFunc(r.Authority, is(dns.TypeSOA)):
		kind = lookup.CacheNodata
	}
	return Response{Answer: r.Answer, Authority: r.Authority}, kind
}

// zoneFor is the zone whose servers are asked.
func (w *testWorld) zoneFor(name string, rrtype uint16) *testZone {
	for n := name; ; n = up(n) {
		if z := w.zones[n]; z != nil && (rrtype != dns.TypeDS || n != name || name == ".") {
			return z
		}
		if n == "." {
			return nil
		}
	}
}

func up(name string) string {
	off, end := dns.NextLabel(name, 0)
	if end {
		return "."
	}
	return name[off:]
}

// Fetch implements Fetcher.
func (w *testWorld) Fetch(_ context.Context, _ lookup.Step, name lookup.Name, rrtype lookup.Type) (Response, error) {
	w.asked++
	if w.missing[string(name)+" "+rrtype.String()] {
		return Response{}, cmp.Or(w.why, errors.New("no answer"))
	}
	r, _ := w.zoneFor(string(name), uint16(rrtype)).ask(string(name), uint16(rrtype))
	if w.bend != nil {
		w.bend(string(name), rrtype.String(), &r)
	}
	return r, nil
}

// respond is the response to a question, after the world's bending.
func (w *testWorld) respond(q lookup.Question) (Response, lookup.CacheKind) {
	r, kind := w.zoneFor(string(q.Name), uint16(q.Type)).ask(string(q.Name), uint16(q.Type))
	if w.bend != nil {
		w.bend(string(q.Name), q.Type.String(), &r)
	}
	return r, kind
}

func (w *testWorld) validator(now time.Time, p Policy) *Validator {
	return New(Config{Host: "R1", Clock: fixedClock(now), Anchors: w.anchors, Policy: p})
}

// validate asks the world and judges what it says.
func (w *testWorld) validate(v *Validator, step lookup.Step, name string, rrtype uint16) (Judgement, lookup.CacheKind) {
	q := lookup.Question{Name: lookup.Name(name), Type: lookup.Type(rrtype), Class: lookup.ClassIN}
	r, kind := w.respond(q)
	return v.Validate(context.Background(), step, w, NewBudget(), q, kind, r), kind
}

const soaLine = "@ SOA ns hostmaster 1 7200 900 1209600 300\n@ NS ns\nns A 192.0.2.1\n"

const plainText = soaLine + `
@        MX    10 MAIL
mail     A     192.0.2.25
www      A     192.0.2.80
www      AAAA  2001:db8::80
WWW2     TXT   "upper case owner"
deep.a.b.c TXT "below empty non-terminals"
*.wild   A     192.0.2.90
x.wild   TXT   "closer than the wildcard"
*.text   TXT   "wildcard without an address"
alias    CNAME www
far      CNAME www.plain.example.
*.star   CNAME www
moved    DNAME secure.example.
unsigned.sub NS ns.unsigned.sub
ns.unsigned.sub A 192.0.2.77
`

// internet is the world that most tests look at. Its zones are signed once and
// not changed; what a test bends is its own.
func internet(t testing.TB) *testWorld {
	t.Helper()
	once.Do(func() { signedOnce = signInternet(t) })
	return &testWorld{zones: signedOnce.zones, anchors: signedOnce.anchors, missing: map[string]bool{}}
}

var (
	once       sync.Once
	signedOnce *testWorld
)

func signInternet(t testing.TB) *testWorld {
	t.Helper()
	broken := func(f ...sign.Fault) zoneSpec {
		return zoneSpec{text: plainText, options: sign.Options{Algorithm: dns.ED25519, Faults: f}}
	}
	delegations := ""
	specs := map[string]zoneSpec{
		"secure.example.":   {text: plainText, options: sign.Options{}},
		"rsa.example.":      {text: plainText, options: sign.Options{Algorithm: dns.RSASHA256, Separate: true}},
		"rsa512.example.":   {text: plainText, options: sign.Options{Algorithm: dns.RSASHA512}},
		"p384.example.":     {text: plainText, options: sign.Options{Algorithm: dns.ECDSAP384SHA384}},
		"sha1.example.":     {text: plainText, options: sign.Options{Algorithm: dns.RSASHA1NSEC3SHA1}},
		"nsec3.example.":    {text: plainText, options: sign.Options{Algorithm: dns.ED25519, Separate: true, NSEC3: &sign.NSEC3{}}},
		"salted.example.":   {text: plainText, options: sign.Options{NSEC3: &sign.NSEC3{Iterations: 100, Salt: "aabbccdd"}}},
		"iter101.example.":  {text: plainText, options: sign.Options{NSEC3: &sign.NSEC3{Iterations: 101}}},
		"iter2501.example.": {text: plainText, options: sign.Options{NSEC3: &sign.NSEC3{Iterations: 2501}}},
		"optout.example.":   {text: plainText, options: sign.Options{NSEC3: &sign.NSEC3{OptOut: true}}},
		"unknown.example.":  {text: plainText, options: sign.Options{Unsupported: true}},
		"plain.example.":    {text: plainText, unsigned: true},
		"nods.example.":     {text: plainText, noDS: true},
		"expired.example.":  broken(sign.Fault{Kind: sign.Expired}),
		"early.example.":    broken(sign.Fault{Kind: sign.NotYetValid}),
		"wrongds.example.":  broken(sign.Fault{Kind: sign.WrongDS}),
		"stripped.example.": broken(sign.Fault{Kind: sign.Stripped}),
		"faults.example.": broken(
			sign.Fault{Kind: sign.Expired, Name: "www.faults.example.", Type: dns.TypeA},
			sign.Fault{Kind: sign.NotYetValid, Name: "www.faults.example.", Type: dns.TypeAAAA},
			sign.Fault{Kind: sign.Tampered, Name: "mail.faults.example."},
			sign.Fault{Kind: sign.Stripped, Name: "ns.faults.example."},
		),
		"silent.example.": broken(sign.Fault{Kind: sign.NoDenial}),
	}
	for name := range specs {
		delegations += name + " NS ns." + name + "\nns." + name + " A 192.0.2.1\n"
	}
	specs["example."] = zoneSpec{text: soaLine + delegations, options: sign.Options{Algorithm: dns.ED25519, NSEC3: &sign.NSEC3{OptOut: true}}}
	specs["."] = zoneSpec{text: soaLine + "example. NS ns.example.\nns.example. A 192.0.2.1\ntest. NS ns.test.\nns.test. A 192.0.2.1\n", options: sign.Options{Algorithm: dns.RSASHA256, Separate: true}}
	specs["test."] = zoneSpec{text: plainText, unsigned: true}
	return build(t, specs)
}

// signerFor gives a key another public half, whose private one is known: the tests
// sign with the library what no zone should have.
func signerFor(t testing.TB, k *dns.DNSKEY) crypto.Signer {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := private.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	k.Algorithm, k.PublicKey = dns.ECDSAP256SHA256, base64.StdEncoding.EncodeToString(point[1:])
	return private
}
