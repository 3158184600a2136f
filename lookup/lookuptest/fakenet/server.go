package fakenet

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Server is one process: some hosts' addresses and all that they serve.
type Server struct {
	Process string
	Program Program
	Addrs   []netip.Addr
	Zones   []string
}

// Servers are the processes of the fake Internet, in order of the hosts.
func Servers() []Server {
	var out []Server
	for _, h := range Hosts {
		if h.Process == "" {
			continue
		}
		at := slices.IndexFunc(out, func(s Server) bool { return s.Process == h.Process })
		if at < 0 {
			at = len(out)
			out = append(out, Server{Process: h.Process, Program: h.Program})
		}
		out[at].Addrs = append(out[at].Addrs, h.Addrs()...)
	}
	for _, z := range Zones {
		for _, h := range z.ServedBy() {
			at := slices.IndexFunc(out, func(s Server) bool { return s.Process == h.Process })
			if at >= 0 && !slices.Contains(out[at].Zones, z.Name) {
				out[at].Zones = append(out[at].Zones, z.Name)
			}
		}
	}
	return out
}

// Addresses are all addresses at which something is: also those where nobody
// listens.
func Addresses() []netip.Addr {
	var out []netip.Addr
	for _, h := range Hosts {
		if h.Program != Absent {
			out = append(out, h.Addrs()...)
		}
	}
	return out
}

// Command writes a real server's configuration and zones into a directory of
// its own, and returns the command that runs it in the foreground, on port 53
// of its addresses.
func (s Server) Command(dir string, file func(zone string) string) ([]string, error) {
	names := make([]string, len(s.Zones))
	for i, z := range s.Zones {
		names[i] = filepath.Join(dir, fmt.Sprintf("%d.zone", i))
		if err := os.WriteFile(names[i], []byte(file(z)), 0o644); err != nil {
			return nil, err
		}
	}
	conf := filepath.Join(dir, "conf")
	var b strings.Builder
	var args []string
	switch s.Program {
	case NSD:
		args = []string{"nsd", "-d", "-c", conf}
		fmt.Fprintf(&b, "server:\n server-count: 1\n username: \"\"\n zonesdir: %q\n database: \"\"\n pidfile: \"\"\n xfrdir: %q\n xfrdfile: %q\n zonelistfile: %q\n rrl-ratelimit: 0\n", dir, dir, dir+"/xfrd", dir+"/list")
		for _, a := range s.Addrs {
			fmt.Fprintf(&b, " ip-address: %s\n", a)
		}
		b.WriteString("remote-control:\n control-enable: no\n")
		for i, z := range s.Zones {
			fmt.Fprintf(&b, "zone:\n name: %q\n zonefile: %q\n", z, names[i])
		}
	case Knot:
		args = []string{"knotd", "-c", conf}
		fmt.Fprintf(&b, "server:\n  rundir: %q\n  listen: [ %s ]\n  udp-workers: 1\n  tcp-workers: 1\n  background-workers: 1\n", dir, s.join("@53", ", "))
		fmt.Fprintf(&b, "log:\n  - target: stderr\n    any: warning\ndatabase:\n  storage: %q\n", dir)
		b.WriteString("template:\n  - id: default\n    journal-content: none\n    zonefile-load: whole\n    zonefile-sync: -1\n    semantic-checks: off\nzone:\n")
		for i, z := range s.Zones {
			fmt.Fprintf(&b, "  - domain: %q\n    file: %q\n", z, names[i])
		}
	case BIND:
		args = []string{"named", "-g", "-n", "1", "-c", conf}
		four, six := s.families()
		fmt.Fprintf(&b, "options { directory %q; pid-file none; session-keyfile none; recursion no; dnssec-validation no; allow-transfer { none; }; listen-on { %s }; listen-on-v6 { %s }; check-names primary ignore; check-integrity no; max-cache-size 8m; };\ncontrols { };\n", dir, four, six)
		b.WriteString("logging { channel quiet { stderr; severity error; }; category default { quiet; }; };\n")
		for i, z := range s.Zones {
			fmt.Fprintf(&b, "zone %q { type primary; file %q; };\n", z, names[i])
		}
	default:
		return nil, fmt.Errorf("%s is no program to run", s.Program)
	}
	return args, os.WriteFile(conf, []byte(b.String()), 0o644)
}

func (s Server) join(suffix, between string) string {
	var out []string
	for _, a := range s.Addrs {
		out = append(out, a.String()+suffix)
	}
	return strings.Join(out, between)
}

// families are the addresses in BIND's form.
func (s Server) families() (four, six string) {
	for _, a := range s.Addrs {
		if a.Is4() {
			four += a.String() + "; "
		} else {
			six += a.String() + "; "
		}
	}
	if four == "" {
		four = "none; "
	}
	if six == "" {
		six = "none; "
	}
	return four, six
}
