package main

import (
	"encoding/json"
	"net/netip"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"rootwalk/lookup"
	"rootwalk/lookup/lab"
	"rootwalk/lookup/lookuptest/fakenet"
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

// wire joins the namespaces.
func (n *namespaces) wire(addrs []string) {
	n.t.Helper()
	n.link("res", "toworld", "world", "tores")
	n.link("res", "trap", "world", "pit")
	n.link("client", "tores", "res", "toclient")
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

// startWorld starts all name servers.
func startWorld(t *testing.T) *namespaces {
	n := needNamespaces(t, []string{"nsd", "knotd", "dig"}, []string{"world", "res", "client"})
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
	n.build()
	for i, key := range order {
		// Every other set of zones is Knot's, the others are NSD's.
		server := fakenet.Server{Program: []fakenet.Program{fakenet.NSD, fakenet.Knot}[i%2], Zones: groups[key].zones}
		for _, a := range groups[key].addrs {
			server.Addrs = append(server.Addrs, netip.MustParseAddr(a))
		}
		n.serve(server, func(zone string) string {
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
	t.Run("page", n.thePage)
	before["lo"] = n.sent("lo") // device and resolver speak over loopback
	quiet(t)
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
