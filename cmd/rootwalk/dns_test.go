package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
)

// startDNS runs the dns command until the test ends and returns its address.
func startDNS(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r, w := io.Pipe()
	ended := make(chan int, 1)
	var errs bytes.Buffer
	go func() {
		ended <- run(ctx, append([]string{"dns", "-addr", "127.0.0.1:0"}, args...), noEnv, w, &errs)
		w.Close()
	}()
	line, err := bufio.NewReader(r).ReadString('\n')
	t.Cleanup(func() {
		cancel()
		if status := <-ended; status != exitOK || errs.Len() > 0 {
			t.Errorf("dns ended with status %d: %s", status, errs.String())
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

func TestDNSServesTheLab(t *testing.T) {
	at := startDNS(t, "-lab-speed", "0")
	for _, c := range []struct {
		network, name string
		rrtype        uint16
		rcode, count  int
		truncated     bool
	}{
		{"udp", "www.example.co.kr.", dns.TypeA, dns.RcodeSuccess, 1, false},
		{"udp", "nobody.nx.example.", dns.TypeA, dns.RcodeNameError, 0, false},
		{"udp", "t4k.big.test.", dns.TypeTXT, dns.RcodeSuccess, 0, true},
		{"tcp", "t4k.big.test.", dns.TypeTXT, dns.RcodeSuccess, 1, false},
	} {
		q := new(dns.Msg)
		q.SetQuestion(c.name, c.rrtype)
		m, _, err := (&dns.Client{Net: c.network, Timeout: 10 * time.Second}).Exchange(q, at)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if m.Rcode != c.rcode || len(m.Answer) != c.count || m.Truncated != c.truncated || !m.RecursionAvailable {
			t.Errorf("%s over %s:\n%v", c.name, c.network, m)
		}
	}
}

// The resolver of the real Internet sends nothing until it is asked, and what
// needs no asking is answered at once.
func TestDNSOnTheInternetIsQuietAtFirst(t *testing.T) {
	at := startDNS(t, "-net", "internet", "-ip6", "off")
	q := new(dns.Msg)
	q.SetQuestion("www.example.org.", dns.TypeA)
	q.RecursionDesired = false
	m, _, err := (&dns.Client{Timeout: 10 * time.Second}).Exchange(q, at)
	if err != nil {
		t.Fatal(err)
	}
	if m.Rcode != dns.RcodeRefused {
		t.Errorf("RD=0 with an empty cache:\n%v", m)
	}
}

// TestValidationNeedsAnAnchorThatFits: with the published root servers it is
// on, with others only where their trust anchors are given too.
func TestValidationNeedsAnAnchorThatFits(t *testing.T) {
	anchors := filepath.Join(t.TempDir(), "anchors")
	if err := os.WriteFile(anchors, []byte(". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		config realConfig
		want   bool
	}{
		{realConfig{DNSSEC: dnssecConfig{Mode: validateAuto}}, true},
		{realConfig{DNSSEC: dnssecConfig{Mode: validateOff}}, false},
		{realConfig{DNSSEC: dnssecConfig{Mode: validateAuto}, HintsFile: "x"}, false},
		{realConfig{DNSSEC: dnssecConfig{Mode: validateOn}, HintsFile: "x"}, true},
		{realConfig{DNSSEC: dnssecConfig{Mode: validateAuto}, HintsFile: "x", TrustAnchors: anchors}, true},
		{realConfig{DNSSEC: dnssecConfig{Mode: validateOff}, TrustAnchors: anchors}, false},
	} {
		v, err := c.config.validator(lookup.NewLessonClock(time.Now))
		if err != nil || (v != nil) != c.want {
			t.Errorf("%+v: validates %v, %v", c.config, v != nil, err)
		}
	}
}

func TestDNSFlagsThatMakeNoSense(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	hints := filepath.Join(t.TempDir(), "hints")
	if err := os.WriteFile(hints, []byte(". NS a.example.\na.example. A 1.2.3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args   string
		status int
		want   string
	}{
		{"dns -addr localhost:53", exitUsage, "IP address and a port"},
		{"dns -addr 127.0.0.1", exitUsage, "IP address and a port"},
		{"dns example.com", exitUsage, "rootwalk lookup"},
		{"dns -net moon", exitUsage, "lab or internet"},
		{"dns -net internet -lab-speed 2", exitUsage, "-lab-speed means nothing"},
		{"dns -ip6 off", exitUsage, "-ip6 means nothing"},
		{"dns -net internet -ip6 no", exitUsage, "on or off"},
		{"dns -net internet -ip4 off -ip6 off", exitProgram, "nothing is left"},
		{"dns -net internet -root-hints " + hints, exitProgram, "line 2: 1.2.3 is not"},
		{"dns -net internet -root-hints " + hints + "-not", exitProgram, "root hints: open"},
		{"dns -net internet -addr " + taken.Addr().String(), exitProgram, "rootwalk dns -addr 127.0.0.1:"},
		{"dns -lab-speed -1", exitUsage, "-lab-speed"},
		{"dns -net internet -dnssec maybe", exitUsage, "on, off or auto"},
		{"dns -trust-anchors x", exitUsage, "-trust-anchors means nothing"},
		{"dns -net internet -trust-anchors " + hints, exitProgram, "trust anchors: "},
		{"dns -net internet -trust-anchors " + hints + "-not", exitProgram, "trust anchors: open"},
		{"dns -net internet -negative-trust-anchors a..b", exitProgram, "negative trust anchors: "},
		{"lookup -net internet -seed 1 www.example.org", exitUsage, "-seed means nothing"},
		{"lookup -net moon www.example.org", exitUsage, "lab or internet"},
	} {
		var out, errs bytes.Buffer
		status := run(t.Context(), strings.Fields(c.args), noEnv, &out, &errs)
		if status != c.status || !strings.Contains(errs.String(), c.want) || strings.Count(errs.String(), "\n") != 1 || out.Len() > 0 {
			t.Errorf("%s: status %d, %q, %q", c.args, status, errs.String(), out.String())
		}
	}
	var out bytes.Buffer
	env := func(k string) (string, bool) { return "moon", k == "ROOTWALK_NET" }
	if status := run(t.Context(), []string{"dns"}, env, io.Discard, &out); status != exitUsage || !strings.Contains(out.String(), "moon") {
		t.Errorf("ROOTWALK_NET=moon: status %d, %s", status, out.String())
	}
	out.Reset()
	if status := run(t.Context(), []string{"dns", "-h"}, noEnv, &out, io.Discard); status != exitOK || !strings.Contains(out.String(), "dig @127.0.0.1") {
		t.Errorf("dns -h: status %d, %s", status, out.String())
	}
}

// In the lab -dnssec on tells the chain of trust; a broken one ends in no answer,
// and with -cd in the answer that was not believed.
func TestLookupChecksSignatures(t *testing.T) {
	for _, c := range []struct {
		args   []string
		status int
		want   []string
	}{
		{[]string{"-dnssec", "on", "www.signed.example"}, exitOK, []string{"Secure: ", "203.0.113.24"}},
		{[]string{"-dnssec", "on", "www.plain.signed.example"}, exitOK, []string{"Insecure: "}},
		{[]string{"-dnssec", "on", "www.example.co.kr"}, exitOK, []string{"203.0.113.10"}},
		{[]string{"-dnssec", "on", "nobody.signed.example"}, exitNxdomain, []string{"Secure: "}},
		{[]string{"-dnssec", "on", "www.tampered.example"}, exitFailed, []string{"SERVFAIL"}},
		{[]string{"-dnssec", "on", "-cd", "www.tampered.example"}, exitOK, []string{"203.0.113.27", "CD=1"}},
		{[]string{"-dnssec", "on", "-negative-trust-anchors", "tampered.example", "www.tampered.example"}, exitOK, []string{"validation is turned off"}},
		{[]string{"www.tampered.example"}, exitOK, []string{"203.0.113.27"}},
	} {
		var out, errs strings.Builder
		status := run(t.Context(), append([]string{"lookup", "-lab-speed", "0"}, c.args...), func(string) (string, bool) { return "", false }, &out, &errs)
		if status != c.status || errs.Len() > 0 {
			t.Errorf("%v: status %d, want %d\n%s%s", c.args, status, c.status, errs.String(), out.String())
		}
		for _, w := range c.want {
			if !strings.Contains(out.String(), w) {
				t.Errorf("%v: no %q in\n%s", c.args, w, out.String())
			}
		}
		if checked := strings.Contains(out.String(), "DNSKEY"); checked != slices.Contains(c.args, "on") && !slices.Contains(c.args, "-cd") && !slices.Contains(c.args, "-negative-trust-anchors") {
			t.Errorf("%v: keys asked for: %t", c.args, checked)
		}
	}
}
