package lab

import (
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/lab/auth"
)

func mustZones(t testing.TB) map[string]*auth.Zone {
	t.Helper()
	all, err := Zones()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// records parses a zone file a second time, as text, to check what it says.
func records(t *testing.T, zone string) []dns.RR {
	t.Helper()
	text, ok := ZoneFile(zone)
	if !ok {
		t.Fatalf("no zone file for %s", zone)
	}
	var out []dns.RR
	p := dns.NewZoneParser(strings.NewReader(text), "", zone)
	for rr, ok := p.Next(); ok; rr, ok = p.Next() {
		out = append(out, rr)
	}
	if p.Err() != nil {
		t.Fatal(p.Err())
	}
	return out
}

// Zones on one server on purpose: their other server is what is broken.
var halfServed = []string{"halfdead.test.", "closed.test.", "lame.test."}

func TestZonesAreServed(t *testing.T) {
	served := map[string]int{}
	for _, s := range nameServers {
		for _, z := range s.zoneNames() {
			served[z]++
		}
	}
	for name := range mustZones(t) {
		want := 2
		if slices.Contains(halfServed, name) {
			want = 1
		}
		if served[name] < want {
			t.Errorf("%s is on %d servers, want at least %d (RFC 2182)", name, served[name], want)
		}
	}
}

// Every delegation leads where it says: the child's own NS are the same, the
// glue is the address the child has, and each address belongs to a server that
// has the child. What is broken on purpose is listed.
func TestDelegations(t *testing.T) {
	broken := map[string]bool{ // zone and address
		"halfdead.test. 203.0.113.60": true, "halfdead.test. 2001:db8:53::60": true,
		"dead.test. 203.0.113.60": true, "dead.test. 2001:db8:53::60": true,
		"dead.test. 203.0.113.61": true, "dead.test. 2001:db8:53::61": true,
		"closed.test. 203.0.113.10": true, "closed.test. 2001:db8:80::10": true,
		"lame.test. 198.51.100.141": true, "lame.test. 3fff:53::141": true,
		"alllame.test. 198.51.100.141": true, "alllame.test. 3fff:53::141": true,
		"alllame.test. 198.51.100.142": true, "alllame.test. 3fff:53::142": true,
	}
	unserved := []string{"dead.test.", "alllame.test.", "circle1.example.", "circle2.example."}
	all := mustZones(t)
	servers := map[netip.Addr][]string{}
	for _, s := range nameServers {
		for _, a := range s.addrs() {
			servers[a] = s.zoneNames()
		}
	}
	addresses := map[string][]netip.Addr{} // what authoritative data says of each host
	for name, z := range all {
		for _, rr := range records(t, name) {
			owner := strings.ToLower(rr.Header().Name)
			if authoritativeFor(all, owner) == name {
				addresses[owner] = z.Addrs(owner)
			}
		}
	}
	for name := range all {
		children := map[string][]string{}
		for _, rr := range records(t, name) {
			if ns, ok := rr.(*dns.NS); ok && strings.ToLower(ns.Hdr.Name) != name {
				child := strings.ToLower(ns.Hdr.Name)
				children[child] = append(children[child], strings.ToLower(ns.Ns))
			}
		}
		for child, hosts := range children {
			if zone := all[child]; zone == nil {
				if !slices.Contains(unserved, child) {
					t.Errorf("%s delegates %s, which nobody has", name, child)
				}
			} else if child != "root-servers.net." { // four of thirteen are named above
				var own []string
				for _, s := range zone.NameServers() {
					own = append(own, s.Name)
				}
				if slices.Sort(own); !slices.Equal(own, slices.Sorted(slices.Values(hosts))) {
					t.Errorf("%s says %s is at %v, the zone itself %v", name, child, hosts, own)
				}
			}
			for _, host := range hosts {
				glue := all[name].Addrs(host)
				real := addresses[host]
				if strings.HasSuffix(host, "."+child) && len(glue) == 0 && !strings.HasPrefix(child, "circle") {
					t.Errorf("%s has no glue for %s, a name server of %s inside it", name, host, child)
				}
				if len(glue) > 0 && len(real) > 0 && !slices.Equal(glue, real) {
					t.Errorf("glue of %s in %s is %v, its addresses are %v", host, name, glue, real)
				}
				if len(glue) == 0 {
					glue = real
				}
				for _, a := range glue {
					if slices.Contains(servers[a], child) == broken[child+" "+a.String()] {
						t.Errorf("%s at %s (%s) has the zone: %t", child, host, a, slices.Contains(servers[a], child))
					}
				}
			}
		}
	}
}

// authoritativeFor is the deepest zone a name is in.
func authoritativeFor(all map[string]*auth.Zone, name string) string {
	for {
		if all[name] != nil {
			return name
		}
		_, rest, ok := strings.Cut(name, ".")
		if !ok || rest == "" {
			return "."
		}
		name = rest
	}
}

// All addresses in the zones are documentation addresses, except those of the
// root servers, which are the published ones.
func TestAddressesAreDocumentationAddresses(t *testing.T) {
	documentation := prefixes("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20")
	roots := map[netip.Addr]bool{}
	for _, s := range nameServers {
		for _, a := range s.addrs() {
			roots[a] = s.role == RoleRoot
		}
	}
	for name := range mustZones(t) {
		for _, rr := range records(t, name) {
			var a netip.Addr
			switch rr := rr.(type) {
			case *dns.A:
				a, _ = netip.AddrFromSlice(rr.A.To4())
			case *dns.AAAA:
				a, _ = netip.AddrFromSlice(rr.AAAA)
			default:
				continue
			}
			if !roots[a] && !slices.ContainsFunc(documentation, func(p netip.Prefix) bool { return p.Contains(a) }) {
				t.Errorf("%s: %s", name, rr)
			}
		}
	}
}

func TestHints(t *testing.T) {
	hints, err := Hints()
	if err != nil {
		t.Fatal(err)
	}
	if len(hints) != 13 {
		t.Fatalf("%d root servers", len(hints))
	}
	for i, h := range hints {
		if h.Name != fmt.Sprintf("%c.root-servers.net.", 'a'+i) || len(h.Addrs) != 2 || !h.Addrs[0].Is4() || !h.Addrs[1].Is6() {
			t.Errorf("%+v", h)
		}
	}
	if got := fmt.Sprint(hints[1]); got != "{b.root-servers.net. [170.247.170.2 2801:1b8:10::b]}" {
		t.Errorf("b moved in 2023: %s", got)
	}
}

// The first walk's records are those of the drawings.
func TestFirstWalkRecords(t *testing.T) {
	var lines []string
	for _, zone := range []string{".", "co.kr.", "example.co.kr."} {
		for _, rr := range records(t, zone) {
			lines = append(lines, strings.Join(strings.Fields(rr.String()), " "))
		}
	}
	for _, want := range []string{
		"kr. 172800 IN NS d.dns.kr.",
		"d.dns.kr. 172800 IN A 198.51.100.4",
		"example.co.kr. 86400 IN NS ns1.example.co.kr.",
		"ns1.example.co.kr. 86400 IN A 203.0.113.53",
		"www.example.co.kr. 300 IN A 203.0.113.10",
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("missing: %s", want)
		}
	}
}

// Names that belong to others say in the zone itself that they are copies.
func TestLabCopiesSaySo(t *testing.T) {
	for _, zone := range []string{"sample.com.", "sample.co.kr.", "google.com.", "naver.com.", "example.com."} {
		said := map[string]bool{}
		for _, rr := range records(t, zone) {
			if txt, ok := rr.(*dns.TXT); ok && strings.HasPrefix(txt.Txt[0], "Lab copy") {
				said[txt.Hdr.Name] = true
			}
		}
		if !said[zone] || !said["www."+zone] {
			t.Errorf("%s and www do not both say that they are lab copies: %v", zone, said)
		}
	}
}

// The A-labels in the zone files are those of the words the comments speak of.
func TestInternationalisedNames(t *testing.T) {
	all := mustZones(t)
	for typed, zone := range map[string]string{"www.\ud55c\uae00.kr": "xn--bj0bj06e.kr.", "\uac00\ub098\ub2e4.\ud55c\uae00.kr": "xn--bj0bj06e.kr."} {
		name, err := lookup.ParseName(typed)
		if err != nil {
			t.Fatal(err)
		}
		if got := all[zone].Addrs(string(name.Canonical())); len(got) == 0 {
			t.Errorf("%s (%s) has no address in %s", typed, name, zone)
		}
	}
}

func TestReverseNamesExist(t *testing.T) {
	all := mustZones(t)
	for name := range all {
		if !strings.HasSuffix(name, ".arpa.") {
			continue
		}
		for _, rr := range records(t, name) {
			ptr, ok := rr.(*dns.PTR)
			if !ok || strings.HasSuffix(ptr.Ptr, ".isp.example.") { // the provider has no zone
				continue
			}
			zone := all[authoritativeFor(all, ptr.Ptr)]
			var back []string
			for _, a := range zone.Addrs(ptr.Ptr) {
				r, _ := dns.ReverseAddr(a.String())
				back = append(back, r)
			}
			if !slices.Contains(back, ptr.Hdr.Name) {
				t.Errorf("%s leads to %s, which has %v", ptr.Hdr.Name, ptr.Ptr, back)
			}
		}
	}
}

// The README lists every zone, and names only what exists.
func TestREADMEListsEveryZone(t *testing.T) {
	text, err := os.ReadFile("zones/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for name := range mustZones(t) {
		zone := strings.TrimSuffix(name, ".")
		if zone == "" {
			zone = "."
		}
		if !strings.Contains(string(text), "`"+zone+"`") {
			t.Errorf("zones/README.md does not mention `%s`", zone)
		}
	}
}
