package dnssec

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/lab/sign"
)

// A small internet of signed zones, and an authoritative server for each that
// knows RFC 4035 §3.1 and RFC 5155 §7.2. It finds spans with the library's own
// functions, not with those under test, where it has such.

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

type fixedClock time.Time

func (c fixedClock) Now() time.Time { return time.Time(c) }

// testZone is what one server holds.
type testZone struct {
	apex   string
	byName map[string]map[uint16][]dns.RR // signatures under the type that they cover, beside the records
	names  map[string]bool                // empty non-terminals too
	nsecs  []*dns.NSEC                    // canonical order
	nsec3s []*dns.NSEC3
	signed *sign.Signed
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
		z := &testZone{apex: name, byName: map[string]map[uint16][]dns.RR{}, names: map[string]bool{}}
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
		z.load(rrs)
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

func (z *testZone) load(rrs []dns.RR) {
	for _, rr := range rrs {
		name, rrtype := dns.CanonicalName(rr.Header().Name), rr.Header().Rrtype
		switch rr := rr.(type) {
		case *dns.RRSIG:
			rrtype = rr.TypeCovered
		case *dns.NSEC:
			z.nsecs = append(z.nsecs, rr)
		case *dns.NSEC3:
			rr.NextDomain = strings.ToUpper(rr.NextDomain) // as from a message: the library compares it so
			z.nsec3s = append(z.nsec3s, rr)
		}
		if z.byName[name] == nil {
			z.byName[name] = map[uint16][]dns.RR{}
		}
		z.byName[name][rrtype] = append(z.byName[name][rrtype], rr)
		if rrtype == dns.TypeNSEC3 {
			continue
		}
		for n := name; dns.IsSubDomain(z.apex, n); {
			z.names[n] = true
			off, end := dns.NextLabel(n, 0)
			if end || n == z.apex {
				break
			}
			n = n[off:]
		}
	}
	slices.SortFunc(z.nsecs, func(a, b *dns.NSEC) int {
		x, _ := wireOf(a.Hdr.Name)
		y, _ := wireOf(b.Hdr.Name)
		return x.compare(y)
	})
}

func up(name string) string {
	off, end := dns.NextLabel(name, 0)
	if end {
		return "."
	}
	return name[off:]
}

// denies is the record that stands at a name, or over it, with its signatures.
func (z *testZone) denies(name string, match bool) []dns.RR {
	if len(z.nsec3s) > 0 {
		for _, n := range z.nsec3s {
			if match && n.Match(name) || !match && n.Cover(name) {
				return z.byName[dns.CanonicalName(n.Hdr.Name)][dns.TypeNSEC3]
			}
		}
		return nil
	}
	if match {
		return z.byName[name][dns.TypeNSEC]
	}
	var best *dns.NSEC
	at, _ := wireOf(name)
	for _, n := range z.nsecs {
		if owner, _ := wireOf(n.Hdr.Name); owner.compare(at) < 0 {
			best = n
		}
	}
	if best == nil {
		return nil
	}
	return z.byName[dns.CanonicalName(best.Hdr.Name)][dns.TypeNSEC]
}

// absence is the proof that a name is not there, but for its wildcard.
func (z *testZone) absence(name string) (proof []dns.RR, encloser string) {
	encloser, next := name, name
	for !z.names[encloser] {
		next, encloser = encloser, up(encloser)
	}
	if len(z.nsec3s) == 0 {
		return z.denies(name, false), encloser
	}
	// An encloser that opt-out left out has no record: the closest provable one.
	for z.denies(encloser, true) == nil && encloser != z.apex {
		next, encloser = encloser, up(encloser)
	}
	return append(slices.Clone(z.denies(encloser, true)), z.denies(next, false)...), encloser
}

func (z *testZone) soa() []dns.RR { return z.byName[z.apex][dns.TypeSOA] }

// ask answers a question as the zone's server with DO=1.
func (z *testZone) ask(name string, rrtype uint16) (r Response, kind lookup.CacheKind) {
	for hops := 0; hops < 8; hops++ {
		for n := name; n != z.apex; n = up(n) {
			if d := z.byName[n][dns.TypeDNAME]; n != name && d != nil {
				target := strings.TrimSuffix(name, n) + d[0].(*dns.DNAME).Target
				r.Answer = append(append(r.Answer, d...), &dns.CNAME{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeCNAME, Class: dns.ClassINET, Ttl: 3600}, Target: target})
				return r, ""
			}
			if z.byName[n][dns.TypeNS] != nil && (n != name || rrtype != dns.TypeDS) {
				r.Authority = append(r.Authority, z.byName[n][dns.TypeNS]...)
				if ds := z.byName[n][dns.TypeDS]; ds != nil {
					r.Authority = append(r.Authority, ds...)
				} else if m := z.denies(n, true); m != nil {
					r.Authority = append(r.Authority, m...)
				} else {
					p, _ := z.absence(n)
					r.Authority = append(r.Authority, p...)
				}
				return r, ""
			}
		}
		sets := z.byName[name]
		if set := sets[rrtype]; set != nil {
			r.Answer = append(r.Answer, set...)
			return r, lookup.CachePositive
		}
		if cname := sets[dns.TypeCNAME]; cname != nil {
			r.Answer = append(r.Answer, cname...)
			name = cname[0].(*dns.CNAME).Target
			if !dns.IsSubDomain(z.apex, name) {
				return r, ""
			}
			continue
		}
		if z.names[name] {
			r.Authority = append(slices.Clone(z.soa()), z.denies(name, true)...)
			if z.denies(name, true) == nil { // an empty non-terminal under NSEC, or hidden by opt-out
				p, _ := z.absence(name)
				if len(z.nsec3s) == 0 {
					p = z.denies(name, false)
				}
				r.Authority = append(r.Authority, p...)
			}
			return r, lookup.CacheNodata
		}
		proof, encloser := z.absence(name)
		wildcard := "*." + encloser
		if encloser == "." {
			wildcard = "*."
		}
		if source := z.byName[wildcard]; source != nil {
			set := source[rrtype]
			if set == nil {
				set = source[dns.TypeCNAME]
			}
			if set == nil {
				r.Authority = append(append(append(slices.Clone(z.soa()), proof...), z.denies(wildcard, true)...), r.Authority...)
				return r, lookup.CacheNodata
			}
			for _, rr := range set {
				c := dns.Copy(rr)
				c.Header().Name = name
				r.Answer = append(r.Answer, c)
			}
			if len(z.nsec3s) > 0 { // only the record over the next closer name
				proof = z.denies(nextCloser(name, encloser), false)
			}
			r.Authority = append(r.Authority, proof...)
			if cname, ok := set[0].(*dns.CNAME); ok && rrtype != dns.TypeCNAME {
				name = cname.Target
				continue
			}
			return r, lookup.CachePositive
		}
		r.Authority = append(append(append(slices.Clone(z.soa()), proof...), z.denies(wildcard, false)...), r.Authority...)
		return r, lookup.CacheNxdomain
	}
	return r, ""
}

func nextCloser(name, encloser string) string {
	n := name
	for up(n) != encloser {
		n = up(n)
	}
	return n
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

// Fetch implements Fetcher.
func (w *testWorld) Fetch(_ context.Context, _ lookup.Step, name lookup.Name, rrtype lookup.Type) (Response, error) {
	w.asked++
	if w.missing[string(name)+" "+rrtype.String()] {
		return Response{}, fmt.Errorf("no answer")
	}
	r, _ := w.zoneFor(string(name), uint16(rrtype)).ask(string(name), uint16(rrtype))
	r = unique(r)
	if w.bend != nil {
		w.bend(string(name), rrtype.String(), &r)
	}
	return r, nil
}

// unique leaves out what stands twice, as a server does.
func unique(r Response) Response {
	only := func(rrs []dns.RR) []dns.RR {
		var out []dns.RR
		for _, rr := range rrs {
			if !slices.ContainsFunc(out, func(o dns.RR) bool { return o.String() == rr.String() }) {
				out = append(out, rr)
			}
		}
		return out
	}
	return Response{Answer: only(r.Answer), Authority: only(r.Authority)}
}

// respond is the response to a question, after the world's bending.
func (w *testWorld) respond(q lookup.Question) (Response, lookup.CacheKind) {
	r, kind := w.zoneFor(string(q.Name), uint16(q.Type)).ask(string(q.Name), uint16(q.Type))
	r = unique(r)
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
		"iter501.example.":  {text: plainText, options: sign.Options{NSEC3: &sign.NSEC3{Iterations: 501}}},
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
