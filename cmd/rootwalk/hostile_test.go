package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"
	"go.uber.org/goleak"

	"rootwalk/lookup/lookuptest/fakenet"
	"rootwalk/lookup/lookuptest/hostile"
)

// The resolver as a process on the kernel's sockets, asked about zones whose
// servers send every kind of thing that they should not, all at about the same time:
//
//	resolver ──── world: a root server, an honest zone "bank.", and two zones of each kind
//
// The table of kinds speaks of www.example. at 203.0.113.66. Here each has zones and
// an address of its own, so names and addresses of the same length are put in their place: zoneNNN. is
// asked over UDP, overNNN. over TCP.

const (
	hostileRoot = "198.41.0.4"
	bankServer  = "193.108.101.10"
	bankAddr    = "193.108.101.11"
	victim      = "193.108.101.20"
)

// Kinds that need more than one query to do harm, with the packets that one
// client question may cost their victims.
var wasteful = []struct {
	zone, ask string
	at        string // whose queries count
	most      int
}{
	{"aliases", "n0.aliases.", "aliases", 7},                           // CNAME after CNAME
	{"deeper1", strings.Repeat("a.", 100) + "deeper1.", "deeper1", 50}, // delegation after delegation
	{"nxnsatt", "www.sub.nxnsatt.", "victim1", 15},                     // thirteen servers' names in another's zone
	{"loopref", "www.loopref.", "loopref", 50},                         // referred to itself
	{"silents", "www.silents.", "silents", 50},                         // nothing, ever
}

// kindNames are the kinds of the table, in an order.
func kindNames() []string { return slices.Sorted(maps.Keys(hostile.Servers)) }

// hostileAddr is where the servers of a kind are.
func hostileAddr(i int) netip.Addr {
	return netip.AddrFrom4([4]byte{193, 108, byte(102 + i/200), byte(1 + i%200)})
}

// zones of a kind: one over UDP, one over TCP, of seven octets like "example".
func hostileZones(i int) [2]string {
	return [2]string{fmt.Sprintf("zone%03d", i), fmt.Sprintf("over%03d", i)}
}

// hostileWorld answers for everybody.
type hostileWorld struct {
	kinds []string
	mu    sync.Mutex
	count map[string]int // queries for names below a top-level name, but for those to the root
}

// beHostile is the world's process.
func beHostile() error {
	w := &hostileWorld{kinds: kindNames(), count: map[string]int{}}
	addrs := []netip.Addr{netip.MustParseAddr(hostileRoot), netip.MustParseAddr(bankServer), netip.MustParseAddr(victim)}
	for i := range len(w.kinds) + len(wasteful) {
		addrs = append(addrs, hostileAddr(i))
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	return fakenet.Serve(ctx, addrs, func(query []byte, a fakenet.Arrival) ([][]byte, bool) {
		return w.answer(query, a.At.String(), a.TCP), true
	}, func() { fmt.Println("ready") })
}

// answer is what the server at an address sends for a query.
func (w *hostileWorld) answer(query []byte, at string, tcp bool) [][]byte {
	q := new(dns.Msg)
	if q.Unpack(query) != nil || len(q.Question) != 1 {
		return nil
	}
	name := strings.ToLower(q.Question[0].Name)
	labels := dns.SplitDomainName(name)
	top := ""
	if len(labels) > 0 {
		top = labels[len(labels)-1]
	}
	m := new(dns.Msg).SetReply(q)
	m.Authoritative = true
	pack := func() [][]byte {
		m.Compress = true
		b, err := m.Pack()
		if err != nil {
			panic(err)
		}
		return [][]byte{b}
	}
	say := func(section *[]dns.RR, line string) {
		rr, err := dns.NewRR(line)
		if err != nil {
			panic(err)
		}
		*section = append(*section, rr)
	}
	refer := func(zone, ns, addr string) [][]byte {
		m.Authoritative = false
		say(&m.Ns, zone+" 3600 NS "+ns)
		say(&m.Extra, ns+" 3600 A "+addr)
		return pack()
	}
	if at == hostileRoot {
		return w.root(m, name, top, say, refer, pack)
	}
	w.mu.Lock()
	w.count[top]++
	w.mu.Unlock()
	switch {
	case at == victim, at == bankServer:
		switch {
		case name == "www.bank." && q.Question[0].Qtype == dns.TypeA:
			say(&m.Answer, "www.bank. 3600 A "+bankAddr)
		case name == "bank." && q.Question[0].Qtype == dns.TypeNS:
			say(&m.Answer, "bank. 3600 NS ns.bank.")
		case name == "bank.", name == "www.bank.", name == "ns.bank.", name == "victim1.":
			say(&m.Ns, top+". 60 SOA a. b. 1 2 3 4 60")
		default:
			m.Rcode = dns.RcodeNameError
			say(&m.Ns, top+". 60 SOA a. b. 1 2 3 4 60")
		}
		return pack()
	case top == "aliases":
		n, _ := strconv.Atoi(strings.TrimPrefix(labels[0], "n"))
		say(&m.Answer, fmt.Sprintf("%s 60 CNAME n%d.aliases.", q.Question[0].Name, n+1))
		return pack()
	case top == "deeper1":
		w.mu.Lock()
		depth := min(w.count[top]+1, len(labels))
		w.mu.Unlock()
		child := strings.Join(labels[len(labels)-depth:], ".") + "."
		return refer(child, "ns."+child, at)
	case top == "nxnsatt":
		m.Authoritative = false
		for i := range 13 {
			say(&m.Ns, fmt.Sprintf("sub.nxnsatt. 3600 NS n%d.victim1.", i))
		}
		return pack()
	case top == "loopref":
		return refer("loopref.", "ns.loopref.", at)
	case top == "silents":
		return nil
	}
	for i, kind := range w.kinds {
		if z := hostileZones(i); top == z[0] || top == z[1] {
			if top == z[1] && !tcp {
				m.Truncated = true
				return pack()
			}
			return translated(query, q, hostile.Servers[kind], top, at)
		}
	}
	return nil
}

// root refers to the servers of a top-level name, and tells of counts.
func (w *hostileWorld) root(m *dns.Msg, name, top string, say func(*[]dns.RR, string), refer func(zone, ns, addr string) [][]byte, pack func() [][]byte) [][]byte {
	zone := top + "."
	switch top {
	case "":
		say(&m.Answer, ". 3600000 NS a.root-servers.net.")
		say(&m.Extra, "a.root-servers.net. 3600000 A "+hostileRoot)
		return pack()
	case "counts":
		w.mu.Lock()
		defer w.mu.Unlock()
		say(&m.Answer, fmt.Sprintf("%s 0 TXT %d", name, w.count[strings.TrimSuffix(name, ".counts.")]))
		return pack()
	case "bank":
		return refer(zone, "ns.bank.", bankServer)
	case "victim1":
		return refer(zone, "ns.victim1.", victim)
	}
	for i := range w.kinds {
		if z := hostileZones(i); top == z[0] || top == z[1] {
			return refer(zone, "ns."+zone, hostileAddr(i).String())
		}
	}
	for i, x := range wasteful {
		if top == x.zone {
			return refer(zone, "ns."+zone, hostileAddr(len(w.kinds)+i).String())
		}
	}
	m.Rcode = dns.RcodeNameError
	say(&m.Ns, ". 60 SOA a. b. 1 2 3 4 60")
	return pack()
}

// translated asks a kind of the table about its own names, and puts names and
// address of this world into what it sends.
func translated(query []byte, q *dns.Msg, h hostile.Server, top, at string) [][]byte {
	asked := q.Copy()
	name := strings.ToLower(q.Question[0].Name)
	asked.Question[0].Name = strings.TrimSuffix(name, top+".") + "example."
	m := new(dns.Msg).SetReply(asked)
	m.Authoritative = true
	a, err := dns.NewRR(asked.Question[0].Name + " 60 A 203.0.113.1")
	if err != nil {
		panic(err)
	}
	m.Answer = append(m.Answer, a)
	honest, err := m.Pack()
	if err != nil {
		panic(err)
	}
	own := netip.MustParseAddr(at).As4()
	length := len(name) + 1 // of the name in the question, on the wire
	var out [][]byte
	for _, r := range h(asked, honest) {
		r = bytes.ReplaceAll(r, []byte("\x07example"), []byte("\x07"+top))
		r = bytes.ReplaceAll(r, []byte{203, 0, 113, 66}, own[:])
		if len(r) >= 12+length && bytes.EqualFold(r[12:12+length], query[12:12+length]) {
			copy(r[12:], query[12:12+length]) // with the letters as they were asked
		}
		out = append(out, r)
	}
	return out
}

// beResolver is the program's dns command, which also says on SIGUSR1, in a file, how many
// goroutines it has, and whether any is left at the end.
func beResolver() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGUSR1)
	var wg sync.WaitGroup
	wg.Go(func() {
		for range asked {
			name := os.Getenv("ROOTWALK_TEST_COUNT")
			if os.WriteFile(name+".new", []byte(strconv.Itoa(runtime.NumGoroutine())), 0o600) == nil {
				os.Rename(name+".new", name)
			}
		}
	})
	status := dnsCommand(ctx, os.Args[1:], os.LookupEnv, os.Stdout, os.Stderr)
	stop()
	signal.Stop(asked)
	close(asked)
	wg.Wait()
	if status != exitOK {
		return fmt.Errorf("status %d", status)
	}
	return goleak.Find()
}

// goroutines is how many a resolver has.
func goroutines(t *testing.T, pid, file string) int {
	t.Helper()
	id, err := strconv.Atoi(pid)
	if err != nil {
		t.Fatal(err)
	}
	os.Remove(file)
	if err := syscall.Kill(id, syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if b, err := os.ReadFile(file); err == nil {
			n, err := strconv.Atoi(string(b))
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		if time.Now().After(deadline) {
			t.Fatal("the resolver does not count its goroutines")
		}
	}
}

func TestHostileServersAgainstTheProcess(t *testing.T) {
	n := needNamespaces(t, []string{"ss"}, []string{"world", "res"})
	n.link("res", "toworld", "world", "tores")
	kinds := kindNames()
	lines := []string{"link set lo up", "link set tores up", "addr add " + worldRouter4 + "/24 dev tores"}
	for _, a := range []string{hostileRoot, bankServer, victim} {
		lines = append(lines, "addr add "+a+"/32 dev lo")
	}
	for i := range len(kinds) + len(wasteful) {
		lines = append(lines, "addr add "+hostileAddr(i).String()+"/32 dev lo")
	}
	n.batch("world", lines...)
	n.batch("res", "link set lo up", "link set toworld up", "addr add "+resolver4+"/24 dev toworld", "route add default via "+worldRouter4)
	if line := n.background(t, "world", true, "env", helperVariable+"=hostile", os.Args[0]); line != "ready" {
		t.Fatalf("the world says %q", line)
	}
	hints, count := filepath.Join(t.TempDir(), "hints"), filepath.Join(t.TempDir(), "count")
	if err := os.WriteFile(hints, []byte(". 3600000 NS a.root-servers.net.\na.root-servers.net. 3600000 A "+hostileRoot+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	at := n.background(t, "res", true, "env", helperVariable+"=resolver", "ROOTWALK_TEST_COUNT="+count, os.Args[0],
		"-net", "internet", "-dnssec", "off", "-ip6", "off", "-root-hints", hints, "-addr", "127.0.0.1:5301")
	if at != "127.0.0.1:5301" {
		t.Fatalf("listens on %q", at)
	}
	ask := func(server string, atOnce int, questions ...fakenet.Question) []heard {
		t.Helper()
		return n.askFrom(t, "res", []asking{{Server: server, Questions: questions, AtOnce: atOnce}})[0]
	}
	a := func(name string) fakenet.Question { return fakenet.Question{Name: name, Type: dns.TypeA} }
	unpoisoned := func(when string) {
		t.Helper()
		said := ask(at, 1, a("www.bank."), fakenet.Question{Name: "bank.", Type: dns.TypeNS}, fakenet.Question{Name: ".", Type: dns.TypeNS}, a("no-such-name."), a("ns.bank."))
		for i, want := range []string{"NOERROR [www.bank. 0 IN A " + bankAddr + "]", "NOERROR [bank. 0 IN NS ns.bank.]", "NOERROR [. 0 IN NS a.root-servers.net.]", "NXDOMAIN []"} {
			if got := fmt.Sprintf("%s %v", said[i].Rcode, said[i].Answer); got != want {
				t.Errorf("%s: %s, want %s", when, got, want)
			}
		}
		for _, rr := range said[4].Answer {
			if !strings.HasSuffix(rr, " "+bankServer) {
				t.Errorf("%s: %s", when, rr)
			}
		}
	}
	unpoisoned("at first")
	pid := n.processAt(t, "res", netip.MustParseAddrPort(at))
	files, routines := openFiles(t, pid), goroutines(t, pid, count)

	var questions []fakenet.Question
	for i := range kinds {
		for _, z := range hostileZones(i) {
			questions = append(questions, a("www."+z+"."))
		}
	}
	for _, x := range wasteful {
		questions = append(questions, a(x.ask))
	}
	for i, h := range ask(at, 64, questions...) {
		what := questions[i].Name
		if i < 2*len(kinds) {
			what += " (" + kinds[i/2] + ")"
		}
		if h.Rcode == "TIMEOUT" {
			t.Errorf("%s: no response", what)
		}
		for _, rr := range h.Answer {
			if strings.Contains(rr, "bank. 0 IN A") && !strings.HasSuffix(rr, " "+bankAddr) {
				t.Errorf("%s: poison is handed on: %s", what, rr)
			}
		}
	}
	unpoisoned("afterwards")

	// Each within its packets; what the world counted, it is asked for.
	type bound struct {
		zone string
		most int
	}
	var bounds []bound
	for i := range kinds {
		for _, z := range hostileZones(i) {
			bounds = append(bounds, bound{z, 50})
		}
	}
	for _, x := range wasteful {
		bounds = append(bounds, bound{x.at, x.most})
	}
	var counts []fakenet.Question
	for _, b := range bounds {
		counts = append(counts, fakenet.Question{Name: b.zone + ".counts.", Type: dns.TypeTXT})
	}
	asked := 0
	for i, h := range ask(hostileRoot+":53", 4, counts...) {
		_, text, _ := strings.Cut(strings.Join(h.Answer, ""), `"`)
		got, err := strconv.Atoi(strings.Trim(text, `"`))
		if err != nil {
			t.Fatalf("%s: %v", counts[i].Name, h)
		}
		if asked += got; got > bounds[i].most {
			t.Errorf("%s: %d packets, %d at most", bounds[i].zone, got, bounds[i].most)
		}
		if got == 0 {
			t.Errorf("%s was never asked", bounds[i].zone)
		}
	}
	t.Logf("%d kinds, %d questions, %d packets to their servers", len(kinds)+len(wasteful), len(questions), asked)

	// Sockets close and goroutines end, each in its time.
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		f, r := openFiles(t, pid), goroutines(t, pid, count)
		if f <= files && r <= routines {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d open files and %d goroutines, %d and %d before", f, r, files, routines)
		}
	}
}
