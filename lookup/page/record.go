package page

import (
	"net/netip"
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
	hints    []netip.Addr
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
		case "ipv4hint", "ipv6hint":
			for text := range strings.SplitSeq(value, ",") {
				a, err := netip.ParseAddr(text)
				if err != nil || a.Is4() != (key == "ipv4hint") || a.Zone() != "" {
					return b, false
				}
				if len(b.hints) < maxHints {
					b.hints = append(b.hints, a)
				}
			}
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

// bindings are those of the HTTPS records among some, the best first.
func bindings(records []lookup.Record) (all []binding) {
	for _, rr := range records {
		if rr.Type != lookup.TypeHTTPS {
			continue
		}
		if b, ok := readBinding(rr.Data); ok {
			all = append(all, b)
		}
	}
	slices.SortStableFunc(all, func(x, y binding) int { return x.priority - y.priority })
	return all
}
