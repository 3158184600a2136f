package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/lab"
)

// The program on the kernel's own sockets, against NSD and Knot DNS on the real
// addresses of the root servers, in network namespaces that the test makes:
//
//	client ──── resolver ──── world
//	                 └─────── trap
//
// The world is the lab's zones with public addresses in the place of the
// documentation addresses, which the policy does not let out. Whatever the
// resolver sends to its own house goes into the trap, or over its loopback,
// where the kernel counts it.

const (
	worldRouter4, resolver4 = "185.12.64.1", "185.12.64.2"
	worldRouter6, resolver6 = "2a02:2d8:0:64::1", "2a02:2d8:0:64::2"
	service                 = "192.168.77.1" // where the resolver listens
)

// public turns the lab's documentation addresses into ones that look like those
// of the Internet; those of com's servers are the real ones.
var public = strings.NewReplacer(
	"198.51.100.30", "192.5.6.30", "2001:db8:7::30", "2001:503:a83e::2:30",
	"198.51.100.31", "192.33.14.30", "2001:db8:7::31", "2001:503:231d::2:30",
	"198.51.100.", "193.108.88.", "203.0.113.", "193.108.91.", "192.0.2.", "193.108.92.",
	"2001:db8:", "2600:1480:", "3fff:", "2a02:26f0:",
)

// evil are delegations to addresses that are nobody's name server, in the zone
// test. The last has one honest server.
const evil = `
evil127         NS      ns.evil127
ns.evil127              A       127.0.0.1
                        AAAA    ::1
evil10          NS      ns.evil10
ns.evil10               A       10.0.0.1
                        A       10.0.0.2
                        AAAA    ::ffff:10.0.0.3
evil169         NS      ns.evil169
ns.evil169              A       169.254.169.254
                        AAAA    fe80::1
evilown         NS      ns.evilown
ns.evilown              A       ` + resolver4 + `
                        AAAA    ` + resolver6 + `
evilserv        NS      ns.evilserv
ns.evilserv             A       ` + service + `
evilmany        NS      ns1.evilmany
                NS      ns2.evilmany
                NS      ns3.evilmany
ns1.evilmany            A       10.0.0.1
                        A       10.1.0.1
                        A       10.2.0.1
                        A       10.3.0.1
ns2.evilmany            A       169.254.0.1
                        A       169.254.1.1
ns3.evilmany            A       127.0.0.2
evilmix         NS      ns1.evilmix
                NS      ns2.evilmix
ns1.evilmix             A       10.0.0.1
                        A       169.254.169.254
ns2.evilmix             A       193.108.91.41
                        AAAA    2600:1480:53::41
`

const evilmix = `
$ORIGIN evilmix.test.
@ 3600 SOA ns2 hostmaster 1 7200 900 1209600 300
@ 3600 NS ns1
@ 3600 NS ns2
ns1 3600 A 10.0.0.1
ns2 3600 A 193.108.91.41
ns2 3600 AAAA 2600:1480:53::41
www 300 A 193.108.91.10
`

// namespaces is the world and what runs in it.
type namespaces struct {
	t       *testing.T
	prefix  string
	program string
}

func needNamespaces(t *testing.T) *namespaces {
	t.Helper()
	demanded := os.Getenv("ROOTWALK_CI") == "1"
	switch {
	case runtime.GOOS != "linux":
		t.Skip("network namespaces are Linux's")
	case testing.Short():
		t.Skip("starts a dozen name servers")
	case os.Getuid() != 0:
		t.Skip("network namespaces need root's rights")
	}
	for _, tool := range []string{"ip", "nsd", "knotd", "dig"} {
		if _, err := exec.LookPath(tool); err != nil {
			if demanded {
				t.Fatalf("%s is not installed, and ROOTWALK_CI=1 demands it", tool)
			}
			t.Skipf("%s is not installed", tool)
		}
	}
	n := &namespaces{t: t, prefix: "rw" + strconv.Itoa(os.Getpid())}
	if out, err := exec.Command("ip", "netns", "add", n.prefix+"world").CombinedOutput(); err != nil {
		t.Skipf("no network namespaces here: %s", bytes.TrimSpace(out))
	}
	t.Cleanup(func() { n.delete("world") })
	for _, name := range []string{"res", "client"} {
		n.ip("netns", "add", n.prefix+name)
		t.Cleanup(func() { n.delete(name) })
	}
	return n
}

func (n *namespaces) delete(name string) {
	if out, err := exec.Command("ip", "netns", "del", n.prefix+name).CombinedOutput(); err != nil {
		n.t.Errorf("%s: %s", name, out)
	}
}

func (n *namespaces) ip(args ...string) {
	n.t.Helper()
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		n.t.Fatalf("ip %s: %s", strings.Join(args, " "), out)
	}
}

// batch runs many ip commands in one namespace at once.
func (n *namespaces) batch(ns string, lines ...string) {
	n.t.Helper()
	cmd := exec.Command("ip", "-n", n.prefix+ns, "-batch", "-")
	cmd.Stdin = strings.NewReader(strings.Join(lines, "\n"))
	if out, err := cmd.CombinedOutput(); err != nil {
		n.t.Fatalf("%s: %s", ns, out)
	}
}

// command is a program inside a namespace.
func (n *namespaces) command(ns string, args ...string) *exec.Cmd {
	return exec.Command("ip", append([]string{"netns", "exec", n.prefix + ns}, args...)...)
}

// wire joins the namespaces.
func (n *namespaces) wire(addrs []string) {
	n.t.Helper()
	link := func(ns, name, other, otherName string) {
		n.ip("-n", n.prefix+ns, "link", "add", name, "type", "veth", "peer", "name", otherName, "netns", n.prefix+other)
	}
	link("res", "toworld", "world", "tores")
	link("res", "trap", "world", "pit")
	link("client", "tores", "res", "toclient")
	lines := []string{
		"link set lo up", "link set tores up", "link set pit up",
		"addr add " + worldRouter4 + "/24 dev tores", "addr add " + worldRouter6 + "/64 dev tores nodad",
	}
	for _, a := range addrs {
		lines = append(lines, "addr add "+a+" dev lo")
	}
	n.batch("world", lines...)
	// Without IPv6 in the trap nothing but what is sent there makes it count.
	if out, err := n.command("res", "sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/trap/disable_ipv6").CombinedOutput(); err != nil {
		n.t.Fatalf("%s", out)
	}
	n.batch("res", "link set lo up", "link set toworld up", "link set trap up", "link set toclient up",
		"addr add "+resolver4+"/24 dev toworld", "addr add "+resolver6+"/64 dev toworld nodad", "addr add "+service+"/24 dev toclient",
		"route add default via "+worldRouter4, "route add default via inet6 "+worldRouter6,
		"route add 10.0.0.0/8 dev trap", "route add 169.254.0.0/16 dev trap")
	n.batch("client", "link set lo up", "link set tores up", "addr add 192.168.77.2/24 dev tores")
}

// sent is how many packets left through a device of the resolver's namespace.
func (n *namespaces) sent(device string) int {
	n.t.Helper()
	out, err := exec.Command("ip", "-n", n.prefix+"res", "-s", "-j", "link", "show", "dev", device).Output()
	var links []struct {
		Stats64 struct {
			TX struct{ Packets int }
		}
	}
	if err == nil {
		err = json.Unmarshal(out, &links)
	}
	if err != nil || len(links) != 1 {
		n.t.Fatalf("%s: %v", out, err)
	}
	return links[0].Stats64.TX.Packets
}

// background runs a program until the test ends and returns its first line of
// output, if it is to have one.
func (n *namespaces) background(t *testing.T, ns string, wantLine bool, args ...string) string {
	t.Helper()
	cmd := n.command(ns, args...)
	var log bytes.Buffer
	cmd.Stderr = &log
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	first, rest := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(rest)
		line, _ := bufio.NewReader(out).ReadString('\n')
		first <- line
		io.Copy(io.Discard, out)
	}()
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		late := time.AfterFunc(10*time.Second, func() { cmd.Process.Kill(); t.Errorf("%s did not end", args[0]) })
		<-rest
		err := cmd.Wait()
		late.Stop()
		if wantLine && err != nil || t.Failed() && log.Len() > 0 {
			t.Logf("%s: %v\n%s", args[0], err, log.String())
		}
		if wantLine && err != nil {
			t.Errorf("%s did not end cleanly: %v", args[0], err)
		}
	})
	if !wantLine {
		return ""
	}
	return strings.TrimSpace(<-first)
}

// serve starts a name server with zones on addresses: every other set of zones
// is Knot's, the others are NSD's.
func (n *namespaces) serve(i int, addrs, zones []string, text func(zone string) string) {
	n.t.Helper()
	dir := n.t.TempDir()
	var files []string
	for k, z := range zones {
		name := filepath.Join(dir, fmt.Sprintf("%d.zone", k))
		if err := os.WriteFile(name, []byte(text(z)), 0o644); err != nil {
			n.t.Fatal(err)
		}
		files = append(files, name)
	}
	var conf strings.Builder
	name := filepath.Join(dir, "conf")
	args := []string{"nsd", "-d", "-c", name}
	if i%2 == 0 {
		fmt.Fprintf(&conf, "server:\n server-count: 1\n username: \"\"\n zonesdir: %q\n database: \"\"\n pidfile: \"\"\n xfrdir: %q\n xfrdfile: %q\n zonelistfile: %q\n rrl-ratelimit: 0\n", dir, dir, dir+"/xfrd", dir+"/list")
		for _, a := range addrs {
			fmt.Fprintf(&conf, " ip-address: %s\n", a)
		}
		conf.WriteString("remote-control:\n control-enable: no\n")
		for k, z := range zones {
			fmt.Fprintf(&conf, "zone:\n name: %q\n zonefile: %q\n", z, files[k])
		}
	} else {
		args = []string{"knotd", "-c", name}
		fmt.Fprintf(&conf, "server:\n  rundir: %q\n  listen: [ %s ]\n  udp-workers: 1\n  tcp-workers: 1\n  background-workers: 1\n", dir, strings.Join(addrs, "@53, ")+"@53")
		fmt.Fprintf(&conf, "log:\n  - target: stderr\n    any: warning\ndatabase:\n  storage: %q\n", dir)
		conf.WriteString("template:\n  - id: default\n    journal-content: none\n    zonefile-load: whole\n    zonefile-sync: -1\n    semantic-checks: off\nzone:\n")
		for k, z := range zones {
			fmt.Fprintf(&conf, "  - domain: %q\n    file: %q\n", z, files[k])
		}
	}
	if err := os.WriteFile(name, []byte(conf.String()), 0o644); err != nil {
		n.t.Fatal(err)
	}
	n.background(n.t, "world", false, args...)
	deadline := time.Now().Add(30 * time.Second)
	for {
		out, _ := n.command("world", "dig", "@"+addrs[len(addrs)-1], zones[len(zones)-1], "SOA", "+tcp", "+tries=1", "+time=2", "+norec").CombinedOutput()
		if bytes.Contains(out, []byte("status: NOERROR")) {
			return
		}
		if time.Now().After(deadline) {
			n.t.Fatalf("%s with %v does not answer:\n%s", args[0], zones, out)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// startWorld starts all name servers.
func startWorld(t *testing.T) *namespaces {
	n := needNamespaces(t)
	l, err := lab.New(lab.Config{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	all := l.Servers()
	l.Close()
	type group struct{ zones, addrs []string }
	groups, order := map[string]*group{}, []string{}
	var addrs []string
	for _, s := range all {
		var own []string
		for _, a := range s.Addrs {
			own = append(own, public.Replace(a.String()))
		}
		switch s.Role {
		case lab.RoleWeb:
			addrs = append(addrs, own...) // hosts without a name server
		case lab.RoleRoot, lab.RoleTLD, lab.RoleAuthoritative:
			key := strings.Join(s.Zones, " ")
			if groups[key] == nil {
				groups[key] = &group{zones: slices.Clone(s.Zones)}
				order = append(order, key)
			}
			g := groups[key]
			g.addrs = append(g.addrs, own...)
			addrs = append(addrs, own...)
			if s.Name == "ns1.dnshost.net" {
				g.zones = append(g.zones, "evilmix.test.")
			}
		}
	}
	slices.Sort(addrs)
	n.wire(slices.Compact(addrs))
	n.program = filepath.Join(t.TempDir(), "rootwalk")
	if out, err := exec.Command("go", "build", "-o", n.program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%s", out)
	}
	for i, key := range order {
		n.serve(i, groups[key].addrs, groups[key].zones, func(zone string) string {
			if zone == "evilmix.test." {
				return evilmix
			}
			text, ok := lab.ZoneFile(zone)
			if !ok {
				t.Fatalf("no zone %s", zone)
			}
			text = public.Replace(text)
			if zone == "test." {
				text += evil
			}
			return text
		})
	}
	t.Logf("%d name servers", len(order))
	return n
}

// dig asks the resolver from the client; it returns the status and the data of
// the answer section, sorted.
func (n *namespaces) dig(t *testing.T, name, rrtype string, options ...string) (status string, data []string) {
	t.Helper()
	args := append([]string{"dig", "@" + service, name, rrtype, "+tries=1", "+time=10", "+noall", "+comments", "+answer"}, options...)
	out, _ := n.command("client", args...).CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if _, after, ok := strings.Cut(line, "status: "); ok {
			status, _, _ = strings.Cut(after, ",")
		} else if f := strings.Fields(line); len(f) > 4 && f[0][0] != ';' {
			data = append(data, strings.Join(f[4:], " "))
		}
	}
	if status == "" {
		status = "no reply: " + string(out)
	}
	slices.Sort(data)
	return status, data
}

// Names of the fake Internet and what is known of them.
var fakeNames = []struct{ name, rrtype, status, data string }{
	{"www.example.co.kr.", "A", "NOERROR", "193.108.91.10"},
	{"www.xn--bj0bj06e.kr.", "A", "NOERROR", "193.108.91.11"},
	{"www.google.com.", "AAAA", "NOERROR", ""},
	{"www.chain.example.", "A", "NOERROR", "193.108.91.18"},
	{"www.old.dname.example.", "A", "NOERROR", "193.108.91.20"},
	{"www.sidewalk.org.", "A", "NOERROR", ""},
	{"www.brother.example.", "A", "NOERROR", ""},
	{"a.b.c.test.", "A", "NOERROR", ""},
	{"w.x.y.test.", "A", "NOERROR", ""},
	{"mx.example.", "MX", "NOERROR", "10 mx1.mx.example."},
	{"t4k.big.test.", "TXT", "NOERROR", ""},
	{"types.example.", "TYPE65400", "NOERROR", `\# 4 C0FFEE00`},
	{"anything.wild.example.", "A", "NOERROR", "193.108.91.19"},
	{"10.113.0.203.in-addr.arpa.", "PTR", "NOERROR", "www.example.co.kr."},
	{"www.halfdead.test.", "A", "NOERROR", ""},
	{"www.closed.test.", "A", "NOERROR", ""},
	{"www.lame.test.", "A", "NOERROR", ""},
	{"www.evilmix.test.", "A", "NOERROR", "193.108.91.10"},
	{".", "NS", "NOERROR", "a.root-servers.net."},
	{"com.", "NS", "NOERROR", "a.gtld-servers.net."},
	{"www.nodata.example.", "AAAA", "NOERROR", "none"},
	{"nobody.nx.example.", "A", "NXDOMAIN", "none"},
	{"no-such-tld.", "A", "NXDOMAIN", "none"},
	{"www.dead.test.", "A", "SERVFAIL", "none"},
	{"www.alllame.test.", "A", "SERVFAIL", "none"},
	{"a.loop.example.", "A", "SERVFAIL", "none"},
	{"www.circle1.example.", "A", "SERVFAIL", "none"},
	{"www.evil127.test.", "A", "SERVFAIL", "none"},
	{"www.evil10.test.", "A", "SERVFAIL", "none"},
	{"www.evil169.test.", "A", "SERVFAIL", "none"},
	{"www.evilown.test.", "A", "SERVFAIL", "none"},
	{"www.evilserv.test.", "A", "SERVFAIL", "none"},
	{"www.evilmany.test.", "A", "SERVFAIL", "none"},
}

func TestRealServersOnTheKernelsSockets(t *testing.T) {
	n := startWorld(t)
	before := map[string]int{"lo": n.sent("lo"), "trap": n.sent("trap")}
	quiet := func(t *testing.T) {
		t.Helper()
		for device, was := range before {
			if is := n.sent(device); is != was {
				t.Errorf("%d packets went to the resolver's own house over %s", is-was, device)
			}
		}
	}
	for _, mode := range []struct {
		name  string
		flags []string
		four  bool // there is a route for IPv4
	}{
		{"both", nil, true},
		{"IPv4 only", []string{"-ip6", "off"}, true},
		{"IPv6 only", []string{"-ip4", "off"}, true},
		{"no route for IPv4", nil, false},
	} {
		t.Run(mode.name, func(t *testing.T) {
			if !mode.four {
				n.batch("res", "route del default")
				defer n.batch("res", "route add default via "+worldRouter4)
			}
			at := n.background(t, "res", true, append([]string{n.program, "dns", "-net", "internet", "-dnssec", "off", "-addr", service + ":53"}, mode.flags...)...)
			if at != service+":53" {
				t.Fatalf("listens on %q", at)
			}
			for _, q := range fakeNames {
				if q.name == "www.dead.test." && mode.flags != nil {
					continue // four timers each time
				}
				status, data := n.dig(t, q.name, q.rrtype)
				switch {
				case status != q.status:
				case q.data == "none" && len(data) == 0, q.data == "" && len(data) > 0, slices.Contains(data, q.data):
					continue
				}
				t.Errorf("%s %s: %s %q, want %s %q", q.name, q.rrtype, status, data, q.status, q.data)
			}
			if status, data := n.dig(t, "t4k.big.test.", "TXT", "+tcp"); status != "NOERROR" || len(data) != 1 || len(data[0]) < 4000 {
				t.Errorf("over TCP: %s, %d records", status, len(data))
			}
			quiet(t)
		})
	}
	t.Run("validation", func(t *testing.T) {
		// These root servers stand at the true addresses and cannot sign with
		// the true keys: whoever validates, as is the default, believes none of it.
		n.background(t, "res", true, n.program, "dns", "-net", "internet", "-addr", service+":53")
		if status, data := n.dig(t, "www.example.co.kr.", "A"); status != "SERVFAIL" || len(data) != 0 {
			t.Errorf("validated: %s %q", status, data)
		}
		if status, data := n.dig(t, "www.example.co.kr.", "A", "+cd"); status != "NOERROR" || len(data) == 0 {
			t.Errorf("with CD=1: %s %q", status, data)
		}
	})
	t.Run("lookup", func(t *testing.T) {
		quiet(t)
		cmd := n.command("res", n.program, "lookup", "-net", "internet", "-dnssec", "off", "-format", "json", "www.chain.example")
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v", err)
		}
		file, err := lookup.ReadTraceFile(out)
		if err != nil {
			t.Fatal(err)
		}
		end := finished(t, file)
		if file.Network != "internet" || end.Outcome != lookup.OutcomeAnswer || end.StubQueries != 1 || end.ResolverQueries < 4 || end.Records[len(end.Records)-1].Data != "193.108.91.18" {
			t.Errorf("%s %+v", file.Network, end)
		}
		if zones := asked(file); !slices.Contains(zones, ".") || !slices.Contains(zones, "cdn.net.") {
			t.Errorf("asked %v", zones)
		}
		for _, e := range file.Events {
			if q, ok := e.Fact.(lookup.QuerySent); ok && q.By == lookup.RoleResolver && q.Server.Addr.Port() != 53 {
				t.Errorf("asked %v", q.Server.Addr)
			}
		}
		before["lo"] = n.sent("lo") // device and resolver speak over loopback
	})
	t.Run("blocked is told", func(t *testing.T) {
		out, err := n.command("res", n.program, "lookup", "-net", "internet", "-dnssec", "off", "www.evil169.test").CombinedOutput()
		if code := exitCode(err); code != exitFailed || !strings.Contains(string(out), "169.254.169.254 is no address of the public internet (link-local)") {
			t.Errorf("status %d\n%s", code, out)
		}
		before["lo"] = n.sent("lo")
		quiet(t)
	})
	t.Run("without a network", func(t *testing.T) {
		out, err := n.command("client", n.program, "lookup", "-net", "internet", "www.example.com").CombinedOutput()
		if code := exitCode(err); code != exitFailed || !strings.Contains(string(out), "no root server answers") || strings.Count(string(out), "\n") != 1 {
			t.Errorf("status %d\n%s", code, out)
		}
	})
	// The trap and loopback do count: with -allow-private the same names make packets.
	t.Run("allowed", func(t *testing.T) {
		n.background(t, "res", true, n.program, "dns", "-net", "internet", "-addr", service+":53", "-dnssec", "off", "-allow-private")
		if status, _ := n.dig(t, "www.evil10.test.", "A"); status != "SERVFAIL" {
			t.Error(status)
		}
		if status, _ := n.dig(t, "www.evilown.test.", "A"); status != "SERVFAIL" {
			t.Error(status)
		}
		for device, was := range before {
			if n.sent(device) == was {
				t.Errorf("nothing was sent although it was allowed: %s counts nothing", device)
			}
		}
	})
}

func exitCode(err error) int {
	if exit, ok := err.(*exec.ExitError); ok {
		return exit.ExitCode()
	}
	return 0
}
