// Package fakenet is a small Internet of real name servers for tests: NSD, Knot
// DNS and BIND on the true addresses of root and top-level servers, zones that
// are well, zones that are signed, and zones that are broken on purpose. The
// tables say what there is and what for: [Hosts] and [Zones]. [Build] makes
// master files of them, with delegations, glue and signatures; [Server] has the
// command that serves them. Where processes run, and in which network, is the
// test's business. Only tests import it.
package fakenet

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/lab/sign"
)

// Program is what runs on a host.
type Program string

// The programs. Nobody is a host that is there and has no name server, so that
// its kernel says "port unreachable"; a host that is Absent is not there at all,
// and packets to it are lost.
const (
	NSD     Program = "nsd"
	Knot    Program = "knotd"
	BIND    Program = "named"
	Crooked Program = "crooked" // ours: it does what no real server can be made to do
	Nobody  Program = "nobody"
	Absent  Program = "absent"
)

// Host is one name server's machine. Hosts with the same Process share one
// process.
type Host struct {
	Name    string
	Process string
	Program Program
	V4, V6  string // "" for none
}

// Addrs are a host's addresses.
func (h Host) Addrs() []netip.Addr {
	var out []netip.Addr
	for _, s := range []string{h.V4, h.V6} {
		if s != "" {
			out = append(out, netip.MustParseAddr(s))
		}
	}
	return out
}

// Zone is one zone of the fake Internet.
type Zone struct {
	Name string
	For  string // what it is there for, in a line

	// NS are its name servers, with spaces between. "ns1=nsd1" is a server
	// inside the zone, with the addresses of that host and glue; a name with a
	// final dot is a server that another zone has the addresses of.
	NS string
	// Text is the rest of the zone in master file form; names are relative.
	Text string
	// Ask are the questions to ask about it: "www A". The apex's own types, a
	// name that does not exist, and www are asked of every zone.
	Ask string

	Sign *sign.Options // nil for unsigned

	// How it is broken. The zero values are right.
	ParentNS string // what the parent says instead of NS
	Serve    string // the hosts that really have the zone, if not those of NS
	NoGlue   bool   // the parent has no addresses
	NoDS     bool   // signed, and the parent does not know
	Broken   bool   // on purpose: counted

	Popular bool // one of many alike, for measuring; not asked about one by one
}

// Count is how many zones there are, how many are signed and sound, and how many
// are broken on purpose.
func Count() (all, signed, broken int) {
	for _, z := range Zones {
		if z.Popular {
			continue
		}
		all++
		if z.Sign != nil && !z.Broken {
			signed++
		}
		if z.Broken {
			broken++
		}
	}
	return all, signed, broken
}

// Question is a question to be asked of every resolver.
type Question struct {
	Name string
	Type uint16
}

func (q Question) String() string { return q.Name + " " + dns.Type(q.Type).String() }

// usual is asked of every zone.
const usual = "@ SOA; @ NS; @ DNSKEY; @ DS; @ A; www A; www AAAA; www TXT; no-such-name A; no.such.name.at.all A"

// Questions are all questions about the fake Internet.
func Questions() []Question {
	var out []Question
	for _, z := range Zones {
		if z.Popular {
			continue
		}
		for _, one := range strings.Split(usual+";"+z.Ask, ";") {
			f := strings.Fields(one)
			if len(f) == 0 {
				continue
			}
			t, err := lookup.ParseType(f[1])
			if err != nil {
				panic("fakenet: " + z.Name + ": " + one)
			}
			q := Question{absolute(f[0], z.Name), uint16(t)}
			if !slices.Contains(out, q) {
				out = append(out, q)
			}
		}
	}
	return out
}

func absolute(name, origin string) string {
	switch {
	case name == "@":
		return origin
	case strings.HasSuffix(name, "."):
		return name
	case origin == ".":
		return name + "."
	}
	return name + "." + origin
}

// server is one word of a zone's NS.
type server struct {
	name string
	host *Host // nil for a server of another zone
}

func servers(spec, zone string) []server {
	var out []server
	for _, word := range strings.Fields(spec) {
		name, host, inside := strings.Cut(word, "=")
		s := server{name: absolute(name, zone)}
		if inside {
			s.host = hostNamed(host)
		}
		out = append(out, s)
	}
	return out
}

func hostNamed(name string) *Host {
	for i := range Hosts {
		if Hosts[i].Name == name {
			return &Hosts[i]
		}
	}
	panic("fakenet: no host " + name)
}

// hostOf finds the host behind a server's absolute name.
func hostOf(name string) *Host {
	for _, z := range Zones {
		for _, s := range append(servers(z.NS, z.Name), servers(z.ParentNS, z.Name)...) {
			if s.host != nil && s.name == name {
				return s.host
			}
		}
	}
	panic("fakenet: no host for " + name)
}

// ServedBy are the hosts that have a zone.
func (z Zone) ServedBy() []*Host {
	var out []*Host
	if z.Serve != "" {
		for _, name := range strings.Fields(z.Serve) {
			out = append(out, hostNamed(name))
		}
		return out
	}
	for _, s := range servers(z.NS, z.Name) {
		h := s.host
		if h == nil {
			h = hostOf(s.name)
		}
		if !slices.Contains(out, h) {
			out = append(out, h)
		}
	}
	return out
}

// parentOf is the closest zone above.
func parentOf(name string) string {
	best := "."
	for _, z := range Zones {
		if z.Name != name && dns.IsSubDomain(z.Name, name) && len(z.Name) > len(best) {
			best = z.Name
		}
	}
	return best
}

// World is the fake Internet as files.
type World struct {
	Files  map[string]string // master file by zone
	Signed map[string]*sign.Signed
}

// Build writes and signs all zones. Signatures are good for two weeks around
// now, but for those whose fault it is not to be.
func Build(now time.Time) (*World, error) {
	w := &World{Files: map[string]string{}, Signed: map[string]*sign.Signed{}}
	order := slices.Clone(Zones)
	// Children first: their DS records go into the parent.
	slices.SortStableFunc(order, func(a, b Zone) int { return dns.CountLabel(b.Name) - dns.CountLabel(a.Name) })
	for _, z := range order {
		text := w.text(z)
		if z.Sign == nil {
			w.Files[z.Name] = text
			continue
		}
		records, err := parse(z.Name, text)
		if err != nil {
			return nil, err
		}
		o := *z.Sign
		o.Seed = "fakenet"
		o.Inception, o.Expiration = now.Add(-24*time.Hour).Truncate(time.Second), now.Add(14*24*time.Hour).Truncate(time.Second)
		signed, err := sign.Zone(records, o)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", z.Name, err)
		}
		var b strings.Builder
		if _, err := signed.WriteTo(&b); err != nil {
			return nil, err
		}
		w.Files[z.Name], w.Signed[z.Name] = b.String(), signed
	}
	return w, nil
}

// text is a zone before it is signed.
func (w *World) text(z Zone) string {
	var b strings.Builder
	written := map[string]bool{} // glue that several children share is there once
	line := func(format string, args ...any) {
		if l := fmt.Sprintf(format, args...) + "\n"; !written[l] {
			written[l] = true
			b.WriteString(l)
		}
	}
	primary := servers(z.NS, z.Name)[0].name
	line("$ORIGIN %s\n$TTL 3600", z.Name)
	line("@ SOA %s %s 2026 7200 900 1209600 300", primary, absolute("hostmaster", z.Name))
	addresses := func(s server) {
		if s.host == nil {
			return
		}
		for _, a := range s.host.Addrs() {
			line("%s %s %s", s.name, map[bool]string{true: "A", false: "AAAA"}[a.Is4()], a)
		}
	}
	for _, s := range servers(z.NS, z.Name) {
		line("@ NS %s", s.name)
		if dns.IsSubDomain(z.Name, s.name) {
			addresses(s)
		}
	}
	b.WriteString(z.Text + "\n")
	for _, child := range Zones {
		if child.Name == "." || parentOf(child.Name) != z.Name {
			continue
		}
		spec := child.NS
		if child.ParentNS != "" {
			spec = child.ParentNS
		}
		for _, s := range servers(spec, child.Name) {
			line("%s NS %s", child.Name, s.name)
			if !child.NoGlue && dns.IsSubDomain(z.Name, s.name) {
				addresses(s)
			}
		}
		if signed := w.Signed[child.Name]; signed != nil && !child.NoDS {
			for _, ds := range signed.DS {
				line("%s", ds)
			}
		}
	}
	return b.String()
}

func parse(zone, text string) ([]dns.RR, error) {
	p := dns.NewZoneParser(strings.NewReader(text), zone, zone)
	var out []dns.RR
	for rr, ok := p.Next(); ok; rr, ok = p.Next() {
		out = append(out, rr)
	}
	return out, p.Err()
}

// Anchor is the root's trust anchor in master file form.
func (w *World) Anchor() string { return w.Signed["."].DS[0].String() }
