package page

import (
	"slices"
	"strconv"
	"strings"

	"rootwalk/lookup"
)

// binding is what an HTTPS record says (RFC 9460 §2).
type binding struct {
	priority int
	target   lookup.Name
	alpn     []string // with the default of the scheme (§7.1.2)
	port     uint16   // 0 where none is said
}

// readBinding reads the data of an HTTPS record in the form of zone files (RFC 9460
// §2.1): 1 . alpn="h2,h3" port="8443". A record with a key that must be understood and
// is not, is not used (§8).
func readBinding(data string) (b binding, ok bool) {
	fields := splitQuoted(data, ' ')
	fields = slices.DeleteFunc(fields, func(s string) bool { return s == "" })
	if len(fields) < 2 {
		return b, false
	}
	priority, err := strconv.ParseUint(fields[0], 10, 16)
	if err != nil {
		return b, false
	}
	b.priority, b.target = int(priority), lookup.Name(fields[1])
	standard := true
	for _, f := range fields[2:] {
		key, value, _ := strings.Cut(f, "=")
		if text, quoted := unquote(value); quoted {
			value = text
		}
		switch key {
		case "alpn":
			b.alpn = strings.Split(value, ",")
		case "no-default-alpn":
			standard = false
		case "port":
			n, err := strconv.ParseUint(value, 10, 16)
			if err != nil || n == 0 {
				return b, false
			}
			b.port = uint16(n)
		case "mandatory":
			for need := range strings.SplitSeq(value, ",") {
				if !slices.Contains([]string{"alpn", "no-default-alpn", "port", "ipv4hint", "ipv6hint"}, need) {
					return b, false
				}
			}
		}
	}
	if standard && b.priority > 0 {
		b.alpn = append(b.alpn, "http/1.1")
	}
	return b, true
}

// record asks for the HTTPS records of the host, if the visit does, and takes what
// they say: a host that has one is reached over https (RFC 9460 §9.5), in a protocol
// and at a port that the best of them names. It returns that port, 0 for none.
func (f *Fetch) record() (port uint16) {
	name := f.at.Name()
	if f.visit.records == nil || name == "" || f.at.Port != defaultPort(f.at.Scheme) {
		return 0
	}
	if e, fresh, found := f.visit.browser.Store.find(f.at.Key(), nil); found && e != nil && fresh.Fresh() {
		return 0 // nobody is asked
	}
	var all []binding
	for _, rr := range f.visit.records(f.step, name) {
		if rr.Type != lookup.TypeHTTPS {
			continue
		}
		if b, ok := readBinding(rr.Data); ok {
			all = append(all, b)
		}
	}
	said := lookup.ServiceRead{N: f.n, Name: name, Reason: "none", URL: f.at.Href}
	defer func() { f.step.Report(said) }()
	if len(all) == 0 {
		return 0
	}
	slices.SortStableFunc(all, func(x, y binding) int { return x.priority - y.priority })
	for _, b := range all {
		said.Priority, said.Target, said.ALPN, said.Port = b.priority, b.target, b.alpn, int(b.port)
		switch {
		case b.priority == 0 || b.target != lookup.Root && !b.target.Equal(name):
			said.Reason = "host"
		case !slices.ContainsFunc(b.alpn, func(p string) bool { return slices.Contains(Protocols(f.visit.version), p) }):
			said.Reason = "protocol"
		default:
			said.Reason = "used"
		}
		if said.Reason == "used" {
			port = b.port
			break
		}
	}
	if f.at.Scheme == "http" && said.Reason == "used" {
		f.at = f.at.WithScheme("https")
		said.Reason, said.URL = "upgraded", f.at.Href
	}
	return port
}
