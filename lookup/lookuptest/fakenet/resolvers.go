package fakenet

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
)

// Mode is how a resolver is to work.
type Mode struct {
	Name       string
	IPv4, IPv6 bool // the families in which it may ask
	Validate   bool
}

// Modes are the ways in which all resolvers are compared.
var Modes = []Mode{
	{"both", true, true, false}, {"both, validating", true, true, true},
	{"IPv4", true, false, false}, {"IPv4, validating", true, false, true},
	{"IPv6", false, true, false}, {"IPv6, validating", false, true, true},
}

// Yardsticks are the resolvers of Debian that Rootwalk is compared with, by the
// name of the program. All get one thread, the same root hints and the same
// trust anchor; else they are as Debian has them.
var Yardsticks = []string{"unbound", "kresd", "named"}

// Yardstick writes a resolver's configuration into a directory of its own, and
// returns the command that runs it in the foreground.
func Yardstick(program, dir string, at netip.AddrPort, m Mode, anchor string) ([]string, error) {
	hints, key, conf := filepath.Join(dir, "hints"), filepath.Join(dir, "root.key"), filepath.Join(dir, "conf")
	for name, text := range map[string]string{hints: Hints(), key: anchor + "\n"} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			return nil, err
		}
	}
	yesNo := func(b bool) string {
		if b {
			return "yes"
		}
		return "no"
	}
	var b strings.Builder
	var args []string
	switch program {
	case "unbound":
		args = []string{"unbound", "-d", "-p", "-c", conf}
		fmt.Fprintf(&b, "server:\n directory: %q\n chroot: \"\"\n username: \"\"\n pidfile: \"\"\n use-syslog: no\n logfile: \"\"\n verbosity: 0\n num-threads: 1\n", dir)
		fmt.Fprintf(&b, " interface: %s\n port: %d\n access-control: 0.0.0.0/0 allow\n access-control: ::/0 allow\n root-hints: %q\n", at.Addr(), at.Port(), hints)
		fmt.Fprintf(&b, " do-ip4: %s\n do-ip6: %s\n", yesNo(m.IPv4), yesNo(m.IPv6))
		if m.Validate {
			fmt.Fprintf(&b, " trust-anchor-file: %q\n module-config: \"validator iterator\"\n", key)
		} else {
			b.WriteString(" module-config: \"iterator\"\n")
		}
		b.WriteString("remote-control:\n control-enable: no\n")
	case "kresd":
		args = []string{"kresd", "-n", "-c", conf, dir}
		fmt.Fprintf(&b, "log_level('err')\nnet.listen('%s', %d)\nnet.ipv4 = %v\nnet.ipv6 = %v\ncache.size = 64 * MB\n", at.Addr(), at.Port(), m.IPv4, m.IPv6)
		fmt.Fprintf(&b, "modules.load('hints')\nhints.root_file('%s')\n", hints)
		b.WriteString("modules.unload('ta_update')\nmodules.unload('ta_signal_query')\ntrust_anchors.remove('.')\n")
		if m.Validate {
			fmt.Fprintf(&b, "trust_anchors.add('%s')\n", strings.ReplaceAll(anchor, "\t", " "))
		}
	case "named":
		args = []string{"named", "-g", "-n", "1", "-c", conf}
		four, six := Server{Addrs: []netip.Addr{at.Addr()}}.families()
		switch {
		case !m.IPv6:
			args = append(args, "-4")
		case !m.IPv4:
			args = append(args, "-6")
		}
		fmt.Fprintf(&b, "options { directory %q; pid-file none; session-keyfile none; recursion yes; allow-query { any; }; allow-recursion { any; }; listen-on port %d { %s }; listen-on-v6 port %d { %s }; dnssec-validation %s; };\ncontrols { };\n",
			dir, at.Port(), four, at.Port(), six, yesNo(m.Validate))
		b.WriteString("logging { channel quiet { stderr; severity error; }; category default { quiet; }; category lame-servers { null; }; category dnssec { null; }; };\n")
		fmt.Fprintf(&b, "zone \".\" { type hint; file %q; };\n", hints)
		if m.Validate {
			f := strings.Fields(anchor) // . 3600 IN DS tag algorithm type digest
			fmt.Fprintf(&b, "trust-anchors { . static-ds %s %s %s \"%s\"; };\n", f[4], f[5], f[6], strings.Join(f[7:], ""))
		}
	default:
		return nil, fmt.Errorf("%s is no resolver that is known here", program)
	}
	return args, os.WriteFile(conf, []byte(b.String()), 0o644)
}

// Hints are the root servers in the form of the file named.root.
func Hints() string {
	var b strings.Builder
	for _, s := range servers(rootNS(), ".") {
		fmt.Fprintf(&b, ". 3600000 NS %s\n%s 3600000 A %s\n%s 3600000 AAAA %s\n", s.name, s.name, s.host.V4, s.name, s.host.V6)
	}
	return b.String()
}
