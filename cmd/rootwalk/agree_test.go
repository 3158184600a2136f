package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup/cache"
	"rootwalk/lookup/lookuptest/fakenet"
)

// Rootwalk beside Unbound, Knot Resolver and BIND, each in a namespace of its
// own, on one fake Internet of real name servers:
//
//	client ──── unbound  ──── world
//	       ──── kresd    ────
//	       ──── named    ────
//	       ──── rootwalk ────

// contestants are the four resolvers, Rootwalk last.
var contestants = append(append([]string(nil), fakenet.Yardsticks...), "rootwalk")

// fakeInternet is the fake Internet with four namespaces for resolvers.
type fakeInternet struct {
	*namespaces
	world *fakenet.World
}

// service is where a resolver listens: an address of its namespace on the
// client's side.
func serviceOf(resolver int, six bool) netip.Addr {
	if six {
		return netip.MustParseAddr(fmt.Sprintf("fd77:%d::1", resolver+1))
	}
	return netip.MustParseAddr(fmt.Sprintf("192.168.%d.1", 77+resolver))
}

// startFakeInternet makes the namespaces and starts all name servers.
func startFakeInternet(t *testing.T, tools ...string) *fakeInternet {
	n := needNamespaces(t, append([]string{"nsd", "knotd", "named", "dig", "unbound", "kresd"}, tools...), append([]string{"world", "client"}, contestants...))
	world, err := fakenet.Build(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	f := &fakeInternet{n, world}
	lines := []string{"link set lo up"}
	for _, a := range fakenet.Addresses() {
		lines = append(lines, "addr add "+a.String()+" dev lo")
	}
	for _, h := range fakenet.Hosts {
		if h.Program == fakenet.Absent { // packets to it are lost, and nobody says so
			for _, a := range h.Addrs() {
				lines = append(lines, "route add blackhole "+a.String())
			}
		}
	}
	n.batch("world", lines...)
	n.batch("client", "link set lo up")
	for i, name := range contestants {
		n.link(name, "toworld", "world", "to"+name)
		n.link(name, "toclient", "client", "to"+name)
		near4, far4 := fmt.Sprintf("185.12.%d.1", 64+i), fmt.Sprintf("185.12.%d.2", 64+i)
		near6, far6 := fmt.Sprintf("2a02:2d8:0:%d::1", 64+i), fmt.Sprintf("2a02:2d8:0:%d::2", 64+i)
		n.batch("world", "link set to"+name+" up", "addr add "+near4+"/24 dev to"+name, "addr add "+near6+"/64 dev to"+name+" nodad")
		n.batch("client", "link set to"+name+" up", fmt.Sprintf("addr add 192.168.%d.2/24 dev to%s", 77+i, name), fmt.Sprintf("addr add fd77:%d::2/64 dev to%s nodad", i+1, name))
		n.batch(name, "link set lo up", "link set toworld up", "link set toclient up",
			"addr add "+far4+"/24 dev toworld", "addr add "+far6+"/64 dev toworld nodad",
			"route add default via "+near4, "route add default via inet6 "+near6,
			"addr add "+serviceOf(i, false).String()+"/24 dev toclient", "addr add "+serviceOf(i, true).String()+"/64 dev toclient nodad")
	}
	n.build()
	for _, s := range fakenet.Servers() {
		if s.Program == fakenet.Crooked {
			f.serveCrooked(s)
			continue
		}
		n.serve(s, func(zone string) string { return world.Files[zone] })
	}
	return f
}

// serveCrooked starts the crooked server, which is a part of this program.
func (f *fakeInternet) serveCrooked(s fakenet.Server) {
	f.t.Helper()
	files := map[string]string{}
	for _, z := range s.Zones {
		files[z] = f.world.Files[z]
	}
	in, err := json.Marshal(map[string]any{"Server": s, "Files": files})
	if err != nil {
		f.t.Fatal(err)
	}
	name := filepath.Join(f.t.TempDir(), "crooked.json")
	if err := os.WriteFile(name, in, 0o644); err != nil {
		f.t.Fatal(err)
	}
	if line := f.background(f.t, "world", true, "sh", "-c", helperVariable+"=crooked exec "+os.Args[0]+" <"+name); line != "ready" {
		f.t.Fatalf("the crooked server says %q", line)
	}
}

// resolver starts a resolver in one of the modes and returns where it listens.
func (f *fakeInternet) resolver(t *testing.T, i int, m fakenet.Mode, port uint16) string {
	t.Helper()
	at := netip.AddrPortFrom(serviceOf(i, !m.IPv4), port)
	name, dir := contestants[i], t.TempDir()
	if name == "rootwalk" {
		anchor := filepath.Join(dir, "root.key")
		if err := os.WriteFile(anchor, []byte(f.world.Anchor()+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		onOff := map[bool]string{true: "on", false: "off"}
		args := []string{f.program, "dns", "-net", "internet", "-addr", at.String(), "-ip4", onOff[m.IPv4], "-ip6", onOff[m.IPv6], "-dnssec", onOff[m.Validate]}
		if m.Validate {
			args = append(args, "-trust-anchors", anchor)
		}
		if got := f.background(t, name, true, args...); got != at.String() {
			t.Fatalf("listens on %q", got)
		}
		return at.String()
	}
	args, err := fakenet.Yardstick(name, dir, at, m, f.world.Anchor())
	if err != nil {
		t.Fatal(err)
	}
	f.background(t, name, false, args...)
	f.await("client", at.Addr().String(), fmt.Sprint(port), ".")
	return at.String()
}

// ask carries out orders from the client's namespace.
func (f *fakeInternet) ask(t *testing.T, orders []asking) [][]heard {
	t.Helper()
	in, err := json.Marshal(orders)
	if err != nil {
		t.Fatal(err)
	}
	cmd := f.command("client", "env", helperVariable+"=ask", os.Args[0])
	cmd.Stdin = bytes.NewReader(in)
	var log strings.Builder
	cmd.Stderr = &log
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, log.String())
	}
	var all [][]heard
	if err := json.Unmarshal(out, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// atOnce is how many questions a resolver has to answer at a time. Dead
// servers take long, and nothing else is to wait for that.
const atOnce = 64

func TestResolversAgree(t *testing.T) {
	f := startFakeInternet(t)
	questions := fakenet.Questions()
	var orders []asking
	before := map[netip.AddrPort]int{} // Rootwalk's open files, having answered once
	for k, m := range fakenet.Modes {
		for i := range contestants {
			orders = append(orders, asking{Server: f.resolver(t, i, m, uint16(5300+k)), DO: m.Validate, Questions: questions, AtOnce: atOnce})
		}
	}
	var first []asking
	for i := len(contestants) - 1; i < len(orders); i += len(contestants) {
		first = append(first, asking{Server: orders[i].Server, Questions: questions[:1], AtOnce: 1})
	}
	f.ask(t, first)
	for _, o := range first {
		at := netip.MustParseAddrPort(o.Server)
		before[at] = openFiles(t, f.processAt(t, "rootwalk", at))
	}
	began := time.Now()
	all := f.ask(t, orders)
	t.Logf("%d questions to each of %d resolvers in %v", len(questions), len(orders), time.Since(began).Round(time.Second))
	f.askAgain(t, orders, all)
	for at, was := range before {
		f.closed(t, at, was)
	}
	for k, m := range fakenet.Modes {
		answers := all[k*len(contestants):][:len(contestants)]
		agreed, wrong := 0, 0
		differ := map[string]int{}
		for q, question := range questions {
			d := differenceOf(question, answers, q)
			if d.unanimous() {
				agreed++
			} else {
				differ[d.reason()]++
			}
			if d.reason() == "" {
				t.Logf("%s: %v", m.Name, d)
			}
			if !d.acceptable() {
				wrong++
				t.Errorf("%s: %v", m.Name, d)
			}
		}
		t.Logf("%s: %d agreed, %d wrong", m.Name, agreed, wrong)
		for reason, n := range differ {
			if reason == "" {
				reason = "for a reason that is not listed"
			}
			t.Logf("    %d times %s", n, reason)
		}
	}
}

// closed waits until Rootwalk has no more files open than before all the
// questions about servers that are broken, silent or malicious.
func (f *fakeInternet) closed(t *testing.T, at netip.AddrPort, was int) {
	t.Helper()
	pid, deadline := f.processAt(t, "rootwalk", at), time.Now().Add(15*time.Second)
	for {
		is := openFiles(t, pid)
		if is <= was {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("%v: %d open files, %d before the questions", at, is, was)
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// askAgain asks all four once more what Rootwalk does not seem to agree about:
// with so many resolvers on a small machine a packet may have been late. Failures
// are forgotten before that.
func (f *fakeInternet) askAgain(t *testing.T, orders []asking, all [][]heard) {
	var again []asking
	var at [][]int
	for i := range orders {
		first := i - i%len(contestants)
		o := orders[i]
		o.Questions = nil
		var places []int
		for q, question := range orders[i].Questions {
			if d := differenceOf(question, all[first:first+len(contestants)], q); !d.acceptable() {
				if i == first {
					t.Logf("%s: asked again: %v", fakenet.Modes[i/len(contestants)].Name, d)
				}
				o.Questions, places = append(o.Questions, question), append(places, q)
			}
		}
		again, at = append(again, o), append(at, places)
	}
	if !slices.ContainsFunc(at, func(places []int) bool { return len(places) > 0 }) {
		return
	}
	time.Sleep(cache.DefaultFailureTTL + time.Second)
	for i, heard := range f.ask(t, again) {
		for k, q := range at[i] {
			all[i][q] = heard[k]
		}
	}
}

// difference is what the four say to one question.
type difference struct {
	question fakenet.Question
	said     [4]heard // in the order of contestants
}

func differenceOf(question fakenet.Question, answers [][]heard, q int) difference {
	return difference{question, [4]heard{answers[0][q], answers[1][q], answers[2][q], answers[3][q]}}
}

func (d difference) String() string {
	var b strings.Builder
	b.WriteString(d.question.String())
	for i, s := range d.said {
		fmt.Fprintf(&b, "\n    %s (%d ms) %v", contestants[i], s.Millis, s)
	}
	return b.String()
}

// unanimous reports whether the three others agree.
func (d difference) unanimous() bool { return d.said[0].same(d.said[1]) && d.said[1].same(d.said[2]) }

// acceptable reports whether Rootwalk says what the others agree on, or where
// they do not, what at least one of them says.
func (d difference) acceptable() bool {
	ours := d.said[3]
	if d.question.Type == dns.TypeANY { // RFC 8482 §4: any part of it will do
		for _, other := range d.said[:3] {
			if ours.Rcode == other.Rcode && len(ours.Answer) > 0 && containsAll(other.Answer, ours.Answer) {
				return true
			}
		}
		return false
	}
	if d.unanimous() && !d.lasts() {
		return false
	}
	return ours.same(d.said[0]) || ours.same(d.said[1]) || ours.same(d.said[2])
}

// lasts reports whether Rootwalk's TTL lies among those of the others, which have
// counted down since each of them was asked.
func (d difference) lasts() bool {
	least, most := d.said[0].TTL, d.said[0].TTL
	for _, other := range d.said[1:3] {
		least, most = min(least, other.TTL), max(most, other.TTL)
	}
	const passed = 120 // seconds, at most, from the first question to the last
	return d.said[3].TTL <= most+passed && d.said[3].TTL+passed >= least
}

func containsAll(all, some []string) bool {
	for _, s := range some {
		if !slices.Contains(all, s) {
			return false
		}
	}
	return true
}

// differences are the reasons why Unbound, Knot Resolver and BIND do not agree
// among themselves, by the zone of the question and its type ("" for all).
var differences = []struct{ zone, rrtype, reason string }{
	{".", "ANY", "ANY is answered with any part of what is there, or not at all (RFC 8482)"},
	{"p256.se.", "DNSKEY", "Knot Resolver, where it does not validate, does not take a child's keys from a server that has the parent too"},
	{"wild3.org.", "A", "Knot Resolver does not always find the proof of an answer from a wildcard with NSEC3 again in its cache"},
	{"formerr.org.", "", "Knot Resolver does not always ask again without EDNS"},
	{"notimp.org.", "", "Unbound asks again without EDNS, BIND and Knot Resolver take NOTIMP for a failure"},
	{"poison.org.", "", "Knot Resolver believes nothing of a response with strangers' records, the others the rest of it"},
	{"nosoa.org.", "", "Knot Resolver does not take a denial without SOA"},
	{"longdname.com.", "", "Knot DNS answers NXDOMAIN, NSD YXDOMAIN, and Knot Resolver hands on what it got"},
	{"halfdead.net.", "", "Unbound waits for the dead server for longer than the client does"},
	{"closed.net.", "", "Unbound waits for the dead server for longer than the client does"},
	{"wrongid.org.", "", "Unbound waits for the server with wrong IDs for longer than the client does"},
	{"servfailhalf.org.", "", "Unbound waits for the failing server for longer than the client does"},
}

// reason is why the others differ, "" where that is not known.
func (d difference) reason() string {
	if d.unanimous() {
		return "agreed"
	}
	for _, known := range differences {
		if dns.IsSubDomain(known.zone, d.question.Name) && (known.rrtype == "" || known.rrtype == dns.TypeToString[d.question.Type]) {
			return known.reason
		}
	}
	return ""
}
