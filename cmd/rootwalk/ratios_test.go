package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup/lookuptest/fakenet"
)

// TestRatios measures Rootwalk beside Unbound, Knot Resolver and BIND, in one
// run and in the same namespaces, and prints a table:
//
//	ROOTWALK_RATIOS=1 go test -count=1 -v -run Ratios ./cmd/rootwalk
//
// Every resolver has one thread (GOMAXPROCS=1 for Rootwalk). Whatever else the
// machine does comes and goes, so each figure is taken several times, Rootwalk's
// always right beside Unbound's, first the one, then the other in front; the
// ratio is the median of those of such pairs. ROOTWALK_RATIOS=cold or =rate
// measures a part. It asserts nothing about times: what a figure is worth depends
// on the machine.
func TestRatios(t *testing.T) {
	part := os.Getenv("ROOTWALK_RATIOS")
	if part == "" {
		t.Skip("ROOTWALK_RATIOS=1 makes it measure")
	}
	f := startFakeInternet(t, "dnsperf")
	r := &ratios{fakeInternet: f, t: t, figures: map[string][][]float64{}}
	plain, validating := fakenet.Mode{IPv4: true, IPv6: true}, fakenet.Mode{IPv4: true, IPv6: true, Validate: true}
	if part != "rate" {
		f.delayLines(t)
		for round := range coldRounds {
			r.cold("cold, 10 ms round trips", plain, round)
			r.cold("cold, 10 ms round trips, validating", validating, round)
		}
	}
	if part != "cold" {
		r.throughput(plain)
	}
	r.print()
}

// How often each is measured.
const (
	coldRounds = 3
	rounds     = 7
)

// turn is the order in which the contestants are measured in a round: the first
// and the last are beside each other, and each of them is first in every other
// round. The others are measured in few rounds: they are there for orientation.
func turn(round, othersUntil int) []int {
	last := len(contestants) - 1
	pair := []int{0, last}
	if round%2 == 1 {
		pair = []int{last, 0}
	}
	if round < othersUntil {
		for i := 1; i < last; i++ {
			pair = append(pair, i)
		}
	}
	return pair
}

// ratios is what was measured: figures by name, for each contestant one of each round.
type ratios struct {
	*fakeInternet
	t       *testing.T
	order   []string
	figures map[string][][]float64
}

func (r *ratios) note(name string, contestant int, v float64) {
	if r.figures[name] == nil {
		r.figures[name] = make([][]float64, len(contestants))
		r.order = append(r.order, name)
	}
	r.figures[name][contestant] = append(r.figures[name][contestant], v)
}

func median(of []float64) float64 {
	if len(of) == 0 {
		return math.NaN()
	}
	of = slices.Sorted(slices.Values(of))
	return (of[(len(of)-1)/2] + of[len(of)/2]) / 2
}

func (r *ratios) print() {
	r.t.Logf("%-48s %s   rootwalk:unbound (lowest to highest, pairs)", "medians", strings.Join(contestants, "     "))
	for _, name := range r.order {
		line := fmt.Sprintf("%-48s", name)
		for _, v := range r.figures[name] {
			line += fmt.Sprintf(" %10.4g", median(v))
		}
		theirs, ours := r.figures[name][0], r.figures[name][len(contestants)-1]
		var pairs []float64
		for i := range min(len(theirs), len(ours)) {
			pairs = append(pairs, ours[i]/theirs[i])
		}
		r.t.Logf("%s   %.2f (%.2f to %.2f, %d)", line, median(pairs), slices.Min(pairs), slices.Max(pairs), len(pairs))
	}
}

// delayLines gives every resolver a second way to the world, that takes 5 ms
// each way.
func (f *fakeInternet) delayLines(t *testing.T) {
	t.Helper()
	var lines []delayLine
	for i, name := range contestants {
		lines = append(lines, delayLine{Here: fmt.Sprintf("slow%d", i), There: "slow" + strconv.Itoa(i) + "r", Namespace: f.prefix + name, MillisEachWay: 5})
	}
	in, err := json.Marshal(lines)
	if err != nil {
		t.Fatal(err)
	}
	order := filepath.Join(t.TempDir(), "delay.json")
	if err := os.WriteFile(order, in, 0o644); err != nil {
		t.Fatal(err)
	}
	if line := f.background(t, "world", true, "sh", "-c", helperVariable+"=delay exec "+os.Args[0]+" <"+order); line != "ready" {
		t.Fatalf("the delay lines say %q", line)
	}
	for i, name := range contestants {
		here, there := fmt.Sprintf("slow%d", i), fmt.Sprintf("slow%dr", i)
		f.batch("world", "link set "+here+" up", fmt.Sprintf("route add 185.13.%d.2/32 dev %s", 64+i, here), fmt.Sprintf("route add 2a02:2d8:1:%d::2/128 dev %s", 64+i, here))
		f.batch(name, "link set "+there+" up", fmt.Sprintf("addr add 185.13.%d.2/32 dev %s", 64+i, there), fmt.Sprintf("addr add 2a02:2d8:1:%d::2/128 dev %s nodad", 64+i, there))
	}
}

// slow sends a resolver's packets over its delay line, or no longer.
func (f *fakeInternet) slow(i int, on bool) {
	ip := func(command string) {
		f.ip(append([]string{"-n", f.prefix + contestants[i]}, strings.Fields(command)...)...)
	}
	if on {
		ip(fmt.Sprintf("route replace default dev slow%dr src 185.13.%d.2", i, 64+i))
		ip(fmt.Sprintf("-6 route replace default dev slow%dr src 2a02:2d8:1:%d::2 metric 5", i, 64+i))
		return
	}
	ip(fmt.Sprintf("route replace default via 185.12.%d.1", 64+i))
	ip("-6 route del default metric 5")
}

// sent is how many UDP datagrams and TCP connections a resolver's namespace has
// sent and opened.
func (f *fakeInternet) sentBy(t *testing.T, i int) (datagrams, connections int) {
	t.Helper()
	out, err := f.command(contestants[i], "cat", "/proc/net/snmp", "/proc/net/snmp6").Output()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		switch {
		case fields[0] == "Udp6OutDatagrams":
			n, _ := strconv.Atoi(fields[1])
			datagrams += n
		case fields[0] != "Udp:" && fields[0] != "Tcp:":
		case fields[1][0] < '0' || fields[1][0] > '9':
			names = fields
		default:
			for k, name := range names {
				n, _ := strconv.Atoi(fields[k])
				switch name {
				case "OutDatagrams":
					datagrams += n
				case "ActiveOpens":
					connections += n
				}
			}
		}
	}
	return datagrams, connections
}

// cold asks 200 names of every resolver, one after the other, with nothing in
// its cache, and counts what it asks others.
func (r *ratios) cold(what string, m fakenet.Mode, round int) {
	t := r.t
	var questions []fakenet.Question
	for _, name := range fakenet.PopularNames() {
		questions = append(questions, fakenet.Question{Name: name, Type: dns.TypeA})
	}
	for _, i := range turn(round, 1) {
		name := contestants[i]
		r.slow(i, true)
		before, tcpBefore := 0, 0
		t.Run(fmt.Sprint(name, " ", what, " ", round+1), func(t *testing.T) {
			before, tcpBefore = r.sentBy(t, i)
			at := r.contestant(t, i, m, 5400).String()
			began := time.Now()
			answers := r.ask(t, []asking{{Server: at, Questions: questions, AtOnce: 1}})[0]
			took := time.Since(began)
			after, tcpAfter := r.sentBy(t, i)
			for k, a := range answers {
				if a.Rcode != "NOERROR" || len(a.Answer) != 1 {
					t.Errorf("%v: %v", questions[k], a)
				}
			}
			// Each question was answered by one datagram; so was the one that
			// waited for the resolver to come up.
			replies := len(questions)
			r.note(what+": queries a name", i, float64(after-before-replies+tcpAfter-tcpBefore)/float64(len(questions)))
			r.note(what+": seconds", i, took.Seconds())
		})
		r.slow(i, false)
	}
}

// contestant is resolver, with one thread for each.
func (r *ratios) contestant(t *testing.T, i int, m fakenet.Mode, port uint16, more ...string) netip.AddrPort {
	t.Setenv("GOMAXPROCS", "1")
	return netip.MustParseAddrPort(r.resolver(t, i, m, port, more...))
}

// What dnsperf says in the end.
var (
	ratePerf = regexp.MustCompile(`Queries per second:\s+([\d.]+)`)
	allPerf  = regexp.MustCompile(`Queries completed:\s+(\d+)`)
)

// processorSeconds is how long a process has had a processor, in user and kernel mode.
func processorSeconds(t *testing.T, pid string) float64 {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		t.Fatal(err)
	}
	f := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	user, _ := strconv.ParseFloat(f[11], 64)
	kernel, _ := strconv.ParseFloat(f[12], 64)
	return (user + kernel) / 100 // USER_HZ
}

// throughput measures answers a second, from the cache and with a question to a
// server for each, and how much memory the process then has.
func (r *ratios) throughput(m fakenet.Mode) {
	t := r.t
	dir := t.TempDir()
	file := func(name string, write func(b *bytes.Buffer)) string {
		var b bytes.Buffer
		write(&b)
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	hot := file("hot", func(b *bytes.Buffer) {
		for _, name := range fakenet.PopularNames() {
			fmt.Fprintf(b, "%s A\n", name)
		}
	})
	perf := func(to netip.AddrPort, file string, seconds int, more ...string) (perSecond, answers float64) {
		out, err := r.command("client", append([]string{"dnsperf", "-s", to.Addr().String(), "-p", fmt.Sprint(to.Port()), "-d", file, "-l", fmt.Sprint(seconds), "-c", "1", "-T", "1", "-t", "2"}, more...)...).CombinedOutput()
		rate, all := ratePerf.FindSubmatch(out), allPerf.FindSubmatch(out)
		if err != nil || rate == nil || all == nil {
			t.Fatalf("%v\n%s", err, out)
		}
		perSecond, _ = strconv.ParseFloat(string(rate[1]), 64)
		answers, _ = strconv.ParseFloat(string(all[1]), 64)
		return perSecond, answers
	}
	at := make([]netip.AddrPort, 0, len(contestants))
	for i := range contestants {
		at = append(at, r.contestant(t, i, m, 5401))
		perf(at[i], hot, 1) // fills the cache
	}
	// rate notes the answers a second, and the processor's time that each took: on a
	// machine with other work that varies less.
	rate := func(what string, i int, to netip.AddrPort, file, atOnce string) {
		pid := r.processAt(t, contestants[i], to)
		before := processorSeconds(t, pid)
		v, answers := perf(to, file, 2, "-q", atOnce)
		r.note(what+": answers a second", i, v)
		r.note(what+": microseconds of a processor", i, (processorSeconds(t, pid)-before)*1e6/answers)
	}
	for round := range rounds {
		for _, i := range turn(round, 3) {
			rate("from the cache", i, at[i], hot, "100")
		}
	}
	r.memory("resident MiB, 200 names in the cache", at)
	// Rootwalk once more, with the trace of each query recorded and those of the
	// last thousand kept.
	keeping := slices.Clone(at)
	last := len(contestants) - 1
	keeping[last] = r.contestant(t, last, m, 5402, "-traces", filepath.Join(dir, "traces"))
	perf(keeping[last], hot, 1)
	for round := range rounds {
		for _, i := range turn(round, 0) {
			rate("from the cache, traces kept", i, keeping[i], hot, "100")
		}
	}
	r.memory("resident MiB, traces kept", keeping)
	// Each round begins where no round has been: nothing is in any cache.
	for round := range rounds {
		part := file(fmt.Sprint("cold", round), func(b *bytes.Buffer) {
			for i := range 100_000 {
				fmt.Fprintf(b, "n%d.miss.com A\n", round*100_000+i)
			}
		})
		for _, i := range turn(round, 3) {
			rate("not from the cache", i, at[i], part, "50")
		}
	}
	r.memory("resident MiB, after that", at)
}

// memory notes the resident memory of whatever listens at the addresses.
func (r *ratios) memory(name string, at []netip.AddrPort) {
	for i, to := range at {
		status, _ := os.ReadFile("/proc/" + r.processAt(r.t, contestants[i], to) + "/status")
		if kib := regexp.MustCompile(`VmRSS:\s+(\d+)`).FindSubmatch(status); kib != nil {
			v, _ := strconv.ParseFloat(string(kib[1]), 64)
			r.note(name, i, v/1024)
		}
	}
}
