package main

import (
	"bytes"
	"context"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/export"
)

// saidBy runs the lookup command and returns what it says.
func saidBy(t *testing.T, args string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if status := run(t.Context(), strings.Fields("lookup -lab-speed 0 -seed 1 "+args), noEnv, &out, &errs); status > exitFailed || errs.Len() > 0 {
		t.Fatalf("%s: %d %s", args, status, errs.String())
	}
	return out.String()
}

// Each level has what the one before has, and more.
func TestTraceLevels(t *testing.T) {
	for _, format := range []string{"text", "dig"} {
		size := 0
		for _, level := range export.Levels() {
			out := saidBy(t, "-format "+format+" -trace "+string(level)+" www.example.co.kr")
			if len(out) <= size || !strings.Contains(out, "203.0.113.10") {
				t.Errorf("%s %s has %d bytes, the level before %d:\n%s", format, level, len(out), size, out)
			}
			size = len(out)
		}
	}
	if out := saidBy(t, "-trace answer www.example.co.kr"); strings.Count(out, "\n") != 1 {
		t.Errorf("the answer alone:\n%s", out)
	}
	if out := saidBy(t, "-trace steps www.example.co.kr"); strings.Contains(out, " keeps ") || !strings.Contains(out, "asks") {
		t.Errorf("steps:\n%s", out)
	}
	if out := saidBy(t, "-trace bytes www.example.co.kr"); !strings.Contains(out, "07 65 78 61 6d 70 6c 65 02 63 6f") {
		t.Errorf("octets:\n%s", out)
	}
	// dig's own level is the answer, +trace's the steps, +qr's the queries.
	answer, steps, facts := saidBy(t, "-format dig www.example.co.kr"), saidBy(t, "-format dig -trace steps www.example.co.kr"), saidBy(t, "-format dig -trace facts www.example.co.kr")
	if n := strings.Count(answer, "Got answer"); n != 1 || strings.Contains(answer, "Sending") {
		t.Errorf("%d responses:\n%s", n, answer)
	}
	if n := strings.Count(steps, "Got answer"); n != 4 || strings.Count(facts, ";; Sending to") != 4 {
		t.Errorf("%d responses, %d queries", n, strings.Count(facts, ";; Sending to"))
	}
	if out := saidBy(t, "-format dig localhost"); !strings.Contains(out, "no message") || !strings.Contains(out, "127.0.0.1") {
		t.Errorf("from the hosts file:\n%s", out)
	}
}

// What validation found is told as delv tells it, after the response.
func TestDigFormatEndsInAVerdict(t *testing.T) {
	for args, want := range map[string]string{
		"www.signed.example":       "\n; fully validated\n",
		"www.plain.signed.example": "\n; unsigned answer\n",
		"www.expired.example":      "\n;; validating www.expired.example/A: expired at expired.example\n",
	} {
		if out := saidBy(t, "-dnssec on -format dig "+args); !strings.HasSuffix(out, want) || !strings.Contains(out, "; EDNS: version: 0, flags: do; udp: 1232") {
			t.Errorf("%s does not end in %q:\n%s", args, want, out)
		}
	}
	// Who wants no check, or asks for none, gets no verdict.
	for _, args := range []string{"-dnssec on -cd -format dig www.expired.example", "-format dig www.signed.example"} {
		if out := saidBy(t, args); strings.Contains(out, "validat") || !strings.Contains(out, "NOERROR") {
			t.Errorf("%s:\n%s", args, out)
		}
	}
	if out := saidBy(t, "-dnssec on -trace answer www.expired.example"); !strings.Contains(out, "Bogus: a signature needed for www.expired.example A has expired") {
		t.Errorf("as text:\n%s", out)
	}
}

func TestTraceLevelsThatMakeNoSense(t *testing.T) {
	for args, want := range map[string]string{
		"-trace much www.example.co.kr":               "answer steps facts bytes",
		"-trace steps -quiet www.example.co.kr":       "one of them",
		"-trace steps -format json www.example.co.kr": "means nothing",
	} {
		var out, errs bytes.Buffer
		if status := run(t.Context(), strings.Fields("lookup "+args), noEnv, &out, &errs); status != exitUsage || !strings.Contains(errs.String(), want) || out.Len() > 0 {
			t.Errorf("%s: %d %q", args, status, errs.String())
		}
	}
}

var (
	blanks  = regexp.MustCompile(`[ \t]+`)
	chances = regexp.MustCompile(`id: \d+|^;; (Query time|SERVER|WHEN|global options|communications).*|^; <<>>.*|^; COOKIE.*|^; \(\d server.*`)
	ttls    = regexp.MustCompile(`^([^;]\S*) \d+ IN `)
)

// comparable is dig's output without what differs from run to run: a TTL may go
// down by a second between two queries, and the size of a message depends on
// how its names are compressed.
func comparable(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		line = chances.ReplaceAllString(strings.TrimSpace(line), "")
		line = ttls.ReplaceAllString(blanks.ReplaceAllString(line, " "), "$1 TTL IN ")
		if strings.HasPrefix(line, ";; MSG SIZE") {
			line = ";; MSG SIZE rcvd"
		}
		if line != "" {
			out = append(out, line)
		}
	}
	return out
}

// The same messages as the real dig shows them.
func TestDigFormatIsDigs(t *testing.T) {
	needProgram(t, "dig")
	_, at := openSite(t)
	host, port, _ := strings.Cut(at, ":")
	for _, c := range []struct {
		name  string
		qtype uint16
		flags []string
		edit  func(m *dns.Msg)
	}{
		{"www.example.co.kr.", dns.TypeA, nil, nil},
		{"www.chain.example.", dns.TypeA, nil, nil},
		{"www.nodata.example.", dns.TypeAAAA, nil, nil},
		{"nobody.nx.example.", dns.TypeMX, nil, nil},
		{"mx.example.", dns.TypeMX, []string{"+noedns"}, func(m *dns.Msg) { m.Extra = nil }},
		{"types.example.", 65400, nil, nil},
		{"a.loop.example.", dns.TypeA, []string{"+cd"}, func(m *dns.Msg) { m.CheckingDisabled = true }},
		{"www.unknown.example.", dns.TypeA, []string{"+norec"}, func(m *dns.Msg) { m.RecursionDesired = false }},
		{"www.example.co.kr.", dns.TypeA, []string{"+dnssec"}, func(m *dns.Msg) { m.IsEdns0().SetDo() }},
	} {
		q := new(dns.Msg).SetQuestion(c.name, c.qtype)
		q.AuthenticatedData = true // as dig sends it
		q.SetEdns0(1232, false)
		if c.edit != nil {
			c.edit(q)
		}
		if _, _, err := new(dns.Client).Exchange(q, at); err != nil { // now it is known, or known to fail
			t.Fatal(err)
		}
		response, rtt, err := new(dns.Client).Exchange(q, at)
		if err != nil {
			t.Fatal(err)
		}
		b, err := response.Pack()
		if err != nil {
			t.Fatal(err)
		}
		fact := lookup.AnswerReceived{Reply: lookup.Reply{
			Party: lookup.Party{By: lookup.RoleStub, Host: "device"}, Question: lookup.Question{Name: lookup.Name(c.name), Type: lookup.Type(c.qtype), Class: lookup.ClassIN},
			Transport: "udp", RTTUs: rtt.Microseconds(), Message: b,
		}}
		var ours bytes.Buffer
		if err := export.Dig(&ours, slices.Values([]lookup.Event{{Fact: fact}}), time.Now(), export.LevelSteps); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		args := append([]string{"@" + host, "-p", port, c.name, dns.Type(c.qtype).String(), "+nocookie", "+tries=1"}, c.flags...)
		theirs, err := exec.CommandContext(ctx, "dig", args...).Output()
		cancel()
		if err != nil {
			t.Fatalf("dig %v: %v\n%s", args, err, theirs)
		}
		if want, got := comparable(string(theirs)), comparable(ours.String()); !slices.Equal(want, got) {
			t.Errorf("%s %v\ndig:\n%s\nours:\n%s", c.name, c.flags, strings.Join(want, "\n"), strings.Join(got, "\n"))
		}
	}
}
