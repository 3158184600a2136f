package lookup

import (
	"net/netip"
	"strconv"
	"strings"
)

// The trees that lead from an address back to a name (RFC 1035 §3.5, RFC 3596
// §2.5).
const (
	reverse4 = "in-addr.arpa."
	reverse6 = "ip6.arpa."
)

// ReverseName is the name under which the PTR record of an address is: its
// octets, or its hexadecimal digits, from the last to the first. An IPv4 address
// in IPv6 form counts as IPv4.
func ReverseName(a netip.Addr) Name {
	const digits = "0123456789abcdef"
	a = a.Unmap()
	var b strings.Builder
	if a.Is4() {
		octets := a.As4()
		for i := 3; i >= 0; i-- {
			b.WriteString(strconv.Itoa(int(octets[i])))
			b.WriteByte('.')
		}
		return Name(b.String() + reverse4)
	}
	octets := a.As16()
	for i := 15; i >= 0; i-- {
		b.WriteByte(digits[octets[i]&15])
		b.WriteByte('.')
		b.WriteByte(digits[octets[i]>>4])
		b.WriteByte('.')
	}
	return Name(b.String() + reverse6)
}

// ParseAddress reads an address that was typed where a name is expected: four
// decimal numbers, or IPv6 in any of its forms, also in the brackets of a URL
// (RFC 3986 §3.2.2). A name may look like an IPv4 address as well; who means the
// name writes the final dot.
func ParseAddress(typed string) (netip.Addr, bool) {
	s := strings.TrimSpace(typed)
	if len(s) > 64 {
		return netip.Addr{}, false
	}
	if inner, ok := strings.CutPrefix(s, "["); ok {
		if inner, ok = strings.CutSuffix(inner, "]"); !ok || !strings.Contains(inner, ":") {
			return netip.Addr{}, false
		}
		s = inner
	}
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		return netip.Addr{}, false
	}
	return a, true
}

// ParseQuestion reads what a person typed into the two fields of a question. An
// address is asked about by its reverse name, and by its PTR record unless a type
// other than A or AAAA was named: addresses have no address. The address is the
// zero Addr where a name was typed. The error is a *NameError or a *TypeError.
func ParseQuestion(name, rrtype string) (Question, netip.Addr, error) {
	t, err := ParseType(rrtype)
	if a, ok := ParseAddress(name); ok {
		if err != nil {
			return Question{}, netip.Addr{}, err
		}
		if t == TypeA || t == TypeAAAA {
			t = TypePTR
		}
		return Question{Name: ReverseName(a), Type: t, Class: ClassIN}, a, nil
	}
	n, nameErr := ParseName(name)
	if nameErr != nil {
		return Question{}, netip.Addr{}, nameErr
	}
	if err != nil {
		return Question{}, netip.Addr{}, err
	}
	return Question{Name: n, Type: t, Class: ClassIN}, netip.Addr{}, nil
}
