package transport

import (
	"fmt"
	"strings"
	"testing"

	"github.com/miekg/dns"
	"go.uber.org/goleak"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// compose makes a response from lines: "an", "ns" or "ar" and a record, or
// "flags" with aa, tc and an rcode.
func compose(t testing.TB, q lookup.Question, text string) *dns.Msg {
	t.Helper()
	m := new(dns.Msg)
	m.Id, m.Response = 7, true
	m.Question = []dns.Question{{Name: string(q.Name), Qtype: uint16(q.Type), Qclass: uint16(q.Class)}}
	for line := range strings.Lines(text) {
		kind, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch kind {
		case "":
			continue
		case "flags":
			for _, f := range strings.Fields(rest) {
				switch f {
				case "aa":
					m.Authoritative = true
				case "tc":
					m.Truncated = true
				default:
					m.Rcode = dns.StringToRcode[f]
				}
			}
			continue
		}
		rr, err := dns.NewRR(rest)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		switch kind {
		case "an":
			m.Answer = append(m.Answer, rr)
		case "ns":
			m.Ns = append(m.Ns, rr)
		case "ar":
			m.Extra = append(m.Extra, rr)
		default:
			t.Fatalf("section %q", kind)
		}
	}
	return m
}

// brief tells what was made of a response.
func brief(r *message.Response) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v", r.Verdict)
	if r.Lame != "" {
		fmt.Fprintf(&b, " %s", r.Lame)
	}
	if len(r.Aliases) > 0 {
		fmt.Fprintf(&b, " at %s", r.Name)
	}
	for _, a := range r.Aliases {
		fmt.Fprintf(&b, "; %s %s", a.Via, a.Target)
	}
	if r.Child != "" {
		fmt.Fprintf(&b, " %s", r.Child)
		for _, s := range r.Servers {
			fmt.Fprintf(&b, "; %s %s %v", s.Name, s.Glue, s.Addrs)
		}
	}
	if r.Verdict == message.Nodata || r.Verdict == message.Nxdomain {
		fmt.Fprintf(&b, " %d", r.NegativeSec)
	}
	for _, s := range r.Keep {
		fmt.Fprintf(&b, "\nkeep %s %s %d %s", s.Name, s.Type, len(s.RRs), s.Credibility)
	}
	for _, d := range r.Discarded {
		fmt.Fprintf(&b, "\ndrop %s %s %s", message.Owner(d.RR), message.TypeOf(d.RR), d.Reason)
	}
	return b.String()
}

const soa = "ns example. 3600 SOA ns1.example. h.example. 1 2 3 4 300\n"

func TestClassify(t *testing.T) {
	for _, c := range []struct {
		what, zone, question, response, want string
	}{
		{"answer", "example.", "www.example. A", "flags aa\nan www.example. 60 A 203.0.113.1\nan WWW.example. 60 A 203.0.113.2",
			"answer\nkeep www.example. A 2 answerAA"},
		{"answer without authority is believed less", "example.", "www.example. A", "an www.example. 60 A 203.0.113.1",
			"answer\nkeep www.example. A 1 answer"},
		{"the zone's own servers beside an answer", "example.", "www.example. A", "flags aa\nan www.example. 60 A 203.0.113.1\nns example. 60 NS ns1.example.\nar ns1.example. 60 A 203.0.113.5\nar other.example. 60 A 203.0.113.6",
			"answer\nkeep www.example. A 1 answerAA\nkeep example. NS 1 authorityAA\nkeep ns1.example. A 1 additional\ndrop other.example. A notGlue"},
		{"poison: another zone's servers and address", "example.", "www.example. A", "flags aa\nan www.example. 60 A 203.0.113.1\nan www.bank.test. 60 A 203.0.113.66\nns bank.test. 60 NS ns.evil.example.\nns test. 60 NS ns.evil.example.\nar www.bank.test. 60 A 203.0.113.66",
			"answer\nkeep www.example. A 1 answerAA\ndrop www.bank.test. A outOfZone\ndrop bank.test. NS outOfZone\ndrop test. NS outOfZone\ndrop www.bank.test. A outOfZone"},
		{"poison: servers of a zone beside the one asked about", "test.", "www.a.test. A", "flags aa\nan www.a.test. 60 A 203.0.113.1\nns b.test. 60 NS ns.a.test.",
			"answer\nkeep www.a.test. A 1 answerAA\ndrop b.test. NS notAsked"},
		{"what was not asked", "example.", "www.example. A", "flags aa\nan www.example. 60 A 203.0.113.1\nan ftp.example. 60 A 203.0.113.2\nan www.example. 60 TXT x",
			"answer\nkeep www.example. A 1 answerAA\ndrop ftp.example. A notAsked\ndrop www.example. TXT notAsked"},
		{"any", "example.", "www.example. ANY", "flags aa\nan www.example. 60 HINFO RFC8482 x",
			"answer\nkeep www.example. ANY 1 answerAA"},
		{"chain inside the zone", "example.", "www.example. A", "flags aa\nan www.example. 60 CNAME web.example.\nan web.example. 60 A 203.0.113.1",
			"answer at web.example.; CNAME web.example.\nkeep www.example. CNAME 1 answerAA\nkeep web.example. A 1 answerAA"},
		{"chain in any order", "example.", "www.example. A", "flags aa\nan web.example. 60 A 203.0.113.1\nan www.example. 60 CNAME web.example.",
			"answer at web.example.; CNAME web.example.\nkeep www.example. CNAME 1 answerAA\nkeep web.example. A 1 answerAA"},
		{"the alias itself was asked for", "example.", "www.example. CNAME", "flags aa\nan www.example. 60 CNAME web.example.",
			"answer\nkeep www.example. CNAME 1 answerAA"},
		{"chain that leaves the zone is cut there", "example.", "www.example. A", "flags aa\nan www.example. 60 CNAME www.bank.test.\nan www.bank.test. 60 A 203.0.113.66",
			"alias at www.bank.test.; CNAME www.bank.test.\nkeep www.example. CNAME 1 answerAA\ndrop www.bank.test. A outOfZone"},
		{"alias to a name of the zone, with its denial", "example.", "www.example. A", "flags aa NXDOMAIN\nan www.example. 60 CNAME gone.example.\n" + soa,
			"nxdomain at gone.example.; CNAME gone.example. 300\nkeep www.example. CNAME 1 answerAA"},
		{"alias and NODATA", "example.", "www.example. A", "flags aa\nan www.example. 60 CNAME note.example.\n" + soa,
			"nodata at note.example.; CNAME note.example. 300\nkeep www.example. CNAME 1 answerAA"},
		{"a denial of a name elsewhere is not this server's business", "example.", "www.example. A", "flags aa NXDOMAIN\nan www.example. 60 CNAME gone.test.\nns test. 60 SOA a. b. 1 2 3 4 5",
			"alias at gone.test.; CNAME gone.test.\nkeep www.example. CNAME 1 answerAA\ndrop test. SOA outOfZone"},
		{"two CNAMEs", "example.", "www.example. A", "flags aa\nan www.example. 60 CNAME a.test.\nan www.example. 60 CNAME b.test.",
			"alias at a.test.; CNAME a.test.\nkeep www.example. CNAME 1 answerAA\ndrop www.example. CNAME unusable"},
		{"loop", "example.", "a.example. A", "flags aa\nan a.example. 60 CNAME b.example.\nan b.example. 60 CNAME a.example.",
			"alias at a.example.; CNAME b.example.; CNAME a.example.\nkeep a.example. CNAME 1 answerAA\nkeep b.example. CNAME 1 answerAA"},
		{"dname with the server's cname", "example.", "www.old.example. A", "flags aa\nan old.example. 60 DNAME new.example.\nan www.old.example. 0 CNAME www.new.example.\nan www.new.example. 60 A 203.0.113.1",
			"answer at www.new.example.; DNAME www.new.example.\nkeep old.example. DNAME 1 answerAA\nkeep www.new.example. A 1 answerAA"},
		{"dname alone", "example.", "www.old.example. A", "flags aa\nan old.example. 60 DNAME new.test.",
			"alias at www.new.test.; DNAME www.new.test.\nkeep old.example. DNAME 1 answerAA"},
		{"dname with a cname that says something else", "example.", "www.old.example. A", "flags aa\nan old.example. 60 DNAME new.test.\nan www.old.example. 0 CNAME www.evil.test.",
			"alias at www.new.test.; DNAME www.new.test.\nkeep old.example. DNAME 1 answerAA\ndrop www.old.example. CNAME notAsked"},
		{"dname above the zone asked", "a.example.", "www.a.example. A", "flags aa\nan example. 60 DNAME evil.test.",
			"lame notAuthoritative\ndrop example. DNAME outOfZone"},
		{"referral", "kr.", "www.example.co.kr. A", "ns example.co.kr. 60 NS ns1.example.co.kr.\nns example.co.kr. 60 NS ns.sister.kr.\nns example.co.kr. 60 NS ns.far.test.\nar ns1.example.co.kr. 60 A 203.0.113.1\nar ns1.example.co.kr. 60 AAAA 2001:db8::1\nar ns.sister.kr. 60 A 203.0.113.2\nar ns.far.test. 60 A 203.0.113.66",
			"referral example.co.kr.; ns1.example.co.kr. in-domain [203.0.113.1 2001:db8::1]; ns.sister.kr. sibling [203.0.113.2]; ns.far.test. none []\nkeep example.co.kr. NS 3 referral\nkeep ns1.example.co.kr. A 1 additional\nkeep ns1.example.co.kr. AAAA 1 additional\nkeep ns.sister.kr. A 1 additional\ndrop ns.far.test. A outOfZone"},
		{"a referral from the root may bring any address", ".", "www.example. A", "ns example. 60 NS a.dns.test.\nar a.dns.test. 60 A 203.0.113.1\nar x.test. 60 A 203.0.113.66\nar a.dns.test. 60 TXT x",
			"referral example.; a.dns.test. sibling [203.0.113.1]\nkeep example. NS 1 referral\nkeep a.dns.test. A 1 additional\ndrop x.test. A notGlue\ndrop a.dns.test. TXT notGlue"},
		{"glue that no server can have", "kr.", "www.x.kr. A", "ns x.kr. 60 NS ns.x.kr.\nar ns.x.kr. 60 A 0.0.0.0\nar ns.x.kr. 60 AAAA ff02::1\nar ns.x.kr. 60 A 127.0.0.1",
			"referral x.kr.; ns.x.kr. none []\nkeep x.kr. NS 1 referral\ndrop ns.x.kr. A unusable\ndrop ns.x.kr. AAAA unusable\ndrop ns.x.kr. A unusable"},
		{"two delegations in one", "kr.", "www.x.kr. A", "ns x.kr. 60 NS ns.x.kr.\nns y.kr. 60 NS ns.x.kr.",
			"referral x.kr.; ns.x.kr. none []\nkeep x.kr. NS 1 referral\ndrop y.kr. NS notAsked"},
		{"referral upward", "example.", "www.example. A", "ns . 60 NS a.root-servers.net.\nar a.root-servers.net. 60 A 203.0.113.1", "lame upward"},
		{"referral to the zone itself", "example.", "www.example. A", "ns example. 60 NS ns1.example.", "lame upward"},
		{"referral sideways", "example.", "www.example. A", "ns test. 60 NS ns1.test.", "lame notAuthoritative"},
		{"referral to a zone that does not hold the name", "example.", "www.example. A", "ns other.example. 60 NS ns1.example.", "lame notAuthoritative"},
		{"empty without authority", "example.", "www.example. A", "", "lame notAuthoritative"},
		{"nxdomain without authority", "example.", "www.example. A", "flags NXDOMAIN\n" + soa, "lame notAuthoritative"},
		{"refused", "example.", "www.example. A", "flags REFUSED", "lame refused"},
		{"not authoritative", "example.", "www.example. A", "flags NOTAUTH", "lame notAuthoritative"},
		{"servfail", "example.", "www.example. A", "flags SERVFAIL", "failure"},
		{"truncated", "example.", "www.example. A", "flags aa tc\nan www.example. 60 A 203.0.113.1", "truncation"},
		{"nodata", "example.", "www.example. AAAA", "flags aa\n" + soa, "nodata 300"},
		{"nodata without SOA is not kept", "example.", "www.example. AAAA", "flags aa", "nodata 0"},
		{"nxdomain", "example.", "no.example. A", "flags aa NXDOMAIN\n" + soa, "nxdomain 300"},
		{"the SOA of another zone counts for nothing", "example.", "no.example. A", "flags aa NXDOMAIN\nns test. 60 SOA a. b. 1 2 3 4 5\nns other.example. 60 SOA a. b. 1 2 3 4 5",
			"nxdomain 0\ndrop test. SOA outOfZone\ndrop other.example. SOA notAsked"},
		{"a child zone on the same server", "kr.", "no.co.kr. A", "flags aa NXDOMAIN\nns co.kr. 60 SOA a. b. 1 2 3 4 30", "nxdomain 30"},

		{"stub: chain across zones", "", "www.example. A", "an www.example. 60 CNAME www.test.\nan www.test. 60 A 203.0.113.1",
			"answer at www.test.; CNAME www.test.\nkeep www.example. CNAME 1 answer\nkeep www.test. A 1 answer"},
		{"stub: nodata", "", "www.example. AAAA", soa, "nodata 300"},
		{"stub: nxdomain behind an alias", "", "www.example. A", "flags NXDOMAIN\nan www.example. 60 CNAME gone.test.\nns test. 60 SOA a. b. 1 2 3 4 5",
			"nxdomain at gone.test.; CNAME gone.test. 5\nkeep www.example. CNAME 1 answer"},
		{"stub: refused", "", "www.example. A", "flags REFUSED", "failure"},
	} {
		name, rrtype, _ := strings.Cut(c.question, " ")
		ty, err := lookup.ParseType(rrtype)
		if err != nil {
			t.Fatal(err)
		}
		q := lookup.Question{Name: lookup.Name(name), Type: ty, Class: lookup.ClassIN}
		got := brief(Classify(q, lookup.Name(c.zone), c.zone == "", compose(t, q, c.response)))
		if got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.what, got, c.want)
		}
	}
}

func TestClassifyIsBounded(t *testing.T) {
	q := lookup.Question{Name: "n0.example.", Type: lookup.TypeA, Class: lookup.ClassIN}
	var b strings.Builder
	b.WriteString("flags aa\n")
	for i := range 50 {
		fmt.Fprintf(&b, "an n%d.example. 60 CNAME n%d.example.\n", i, i+1)
	}
	r := Classify(q, "example.", false, compose(t, q, b.String()))
	if r.Verdict != message.AliasOnly || len(r.Aliases) != maxAliases || len(r.Discarded) != maxDiscards {
		t.Errorf("%d aliases, %d discarded: %v", len(r.Aliases), len(r.Discarded), r.Verdict)
	}
	b.Reset()
	for i := range 30 {
		fmt.Fprintf(&b, "ns n0.example. 60 NS s%d.n0.example.\nar s0.n0.example. 60 A 203.0.113.%d\n", i, i)
	}
	r = Classify(q, "example.", false, compose(t, q, b.String()))
	if r.Verdict != message.Referral || len(r.Servers) != maxServers || len(r.Servers[0].Addrs) != maxAddresses {
		t.Errorf("%d servers, %d addresses", len(r.Servers), len(r.Servers[0].Addrs))
	}
	b.Reset()
	b.WriteString("flags aa\n")
	for i := range 200 {
		fmt.Fprintf(&b, "an n0.example. 60 A 203.0.113.%d\n", i)
	}
	if r = Classify(q, "example.", false, compose(t, q, b.String())); len(r.Answer[0].RRs) != maxRecords || !r.Cut || len(r.Keep) != 0 {
		t.Errorf("%d records, %d sets to keep", len(r.Answer[0].RRs), len(r.Keep))
	}
}

// FuzzClassify: whatever arrives, nothing from outside the zone asked is kept, a
// referral leads downwards towards the name, and bounds hold.
func FuzzClassify(f *testing.F) {
	q := lookup.Question{Name: "www.example.co.kr.", Type: lookup.TypeA, Class: lookup.ClassIN}
	for _, text := range []string{
		"flags aa\nan www.example.co.kr. 60 A 203.0.113.1",
		"flags aa\nan www.example.co.kr. 60 CNAME x.test.\nan x.test. 60 A 203.0.113.1",
		"flags aa\nan example.co.kr. 60 DNAME x.kr.\nan www.example.co.kr. 60 CNAME www.x.kr.",
		"ns example.co.kr. 60 NS ns1.example.co.kr.\nar ns1.example.co.kr. 60 A 203.0.113.1",
		"flags aa NXDOMAIN\nns co.kr. 60 SOA a. b. 1 2 3 4 30",
		"flags tc", "flags SERVFAIL", "ns . 60 NS a.root-servers.net.",
	} {
		b, err := compose(f, q, text).Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, uint8(0))
		f.Add(b, uint8(3))
	}
	zones := []lookup.Name{"kr.", ".", "example.co.kr.", "test."}
	f.Fuzz(func(t *testing.T, b []byte, how uint8) {
		zone := zones[int(how/2)%len(zones)]
		if len(b) < 2 {
			return
		}
		m, reason := parse(b, uint16(b[0])<<8|uint16(b[1]), q)
		if (m == nil) == (reason == "") {
			t.Fatalf("parsed %v but reason %q", m != nil, reason)
		}
		if m == nil {
			return
		}
		recursive := how%2 == 1
		r := Classify(q, zone, recursive, m)
		if r.Verdict == 0 {
			t.Fatal("no verdict")
		}
		if recursive {
			zone = lookup.Root
		}
		for _, s := range r.Keep {
			if !s.Name.In(zone) {
				t.Fatalf("kept %s %s, asked on behalf of %s", s.Name, s.Type, zone)
			}
		}
		if r.Verdict == message.Referral && (!r.Child.Below(zone) || !q.Name.In(r.Child) || len(r.Servers) == 0 || len(r.Servers) > maxServers) {
			t.Fatalf("referral from %s to %s with %d servers", zone, r.Child, len(r.Servers))
		}
		if r.Verdict == message.AliasOnly && len(r.Aliases) == 0 || len(r.Aliases) > maxAliases || len(r.Discarded) > maxDiscards {
			t.Fatalf("%v: %d aliases, %d discarded", r.Verdict, len(r.Aliases), len(r.Discarded))
		}
		if len(message.Records(r.Answer...)) > 4*maxRecords {
			t.Fatal("too many records")
		}
		for _, rec := range message.Records(r.Answer...) {
			for _, c := range []byte(string(rec.Name) + rec.Data) {
				if c < ' ' || c > '~' {
					t.Fatalf("byte %#x in %q", c, rec.Data)
				}
			}
		}
		// What was believed can be sent on.
		if _, err := (message.Reply{Question: m.Question, Answer: r.Answer, Authority: r.SOA}).Pack(message.MaxSize); err != nil && !strings.Contains(err.Error(), "pack") {
			t.Fatal(err)
		}
	})
}
