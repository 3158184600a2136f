package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

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
	f.allThere()
	return f
}

// allThere makes sure that every real name server has every zone that it should
// have: what one of them could not read would be missing on one server only.
func (f *fakeInternet) allThere() {
	f.t.Helper()
	var orders []asking
	for _, s := range fakenet.Servers() {
		if s.Program == fakenet.Crooked {
			continue
		}
		o := asking{Server: netip.AddrPortFrom(s.Addrs[0], 53).String(), AtOnce: 1}
		for _, z := range s.Zones {
			o.Questions = append(o.Questions, fakenet.Question{Name: z, Type: dns.TypeSOA})
		}
		orders = append(orders, o)
	}
	for i, said := range f.askFrom(f.t, "world", orders) {
		for k, h := range said {
			if h.Rcode != "NOERROR" || len(h.Answer) == 0 {
				f.t.Errorf("%s does not have %s: %v", orders[i].Server, orders[i].Questions[k].Name, h)
			}
		}
	}
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

// resolver starts a resolver in one of the modes and returns where it listens,
// once it does. More are further arguments for Rootwalk.
func (f *fakeInternet) resolver(t *testing.T, i int, m fakenet.Mode, port uint16, more ...string) string {
	t.Helper()
	at := f.start(t, i, m, port, more...)
	f.up(at)
	return at
}

// up waits until a resolver answers.
func (f *fakeInternet) up(at string) {
	f.t.Helper()
	a := netip.MustParseAddrPort(at)
	f.await("client", a.Addr().String(), fmt.Sprint(a.Port()), ".")
}

// start starts a resolver and returns where it will listen.
func (f *fakeInternet) start(t *testing.T, i int, m fakenet.Mode, port uint16, more ...string) string {
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
		if got := f.background(t, name, true, append(args, more...)...); got != at.String() {
			t.Fatalf("listens on %q", got)
		}
		return at.String()
	}
	args, err := fakenet.Yardstick(name, dir, at, m, f.world.Anchor())
	if err != nil {
		t.Fatal(err)
	}
	f.background(t, name, false, args...)
	return at.String()
}

// ask carries out orders from the client's namespace.
func (f *fakeInternet) ask(t *testing.T, orders []asking) [][]heard {
	t.Helper()
	return f.askFrom(t, "client", orders)
}

// askFrom carries out orders from a namespace.
func (n *namespaces) askFrom(t *testing.T, ns string, orders []asking) [][]heard {
	t.Helper()
	in, err := json.Marshal(orders)
	if err != nil {
		t.Fatal(err)
	}
	cmd := n.command(ns, "env", helperVariable+"=ask", os.Args[0])
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
