package dnssec

import (
	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

// wire is a name as it is hashed, signed and ordered: uncompressed, in lower
// case, with the root label (RFC 4034 §6.2). It is at most 255 octets long and
// always well formed; "" is no name.
type wire string

const rootWire wire = "\x00"

// wireOf is the canonical wire form of a presentation name. It fails for what
// is no name: a record made by hand may hold anything.
func wireOf(presentation string) (wire, bool) {
	var buf [256]byte
	end, err := dns.PackDomainName(dns.Fqdn(presentation), buf[:], 0, nil, false)
	if err != nil || end > lookup.MaxName || end == 0 {
		return "", false
	}
	// Length octets are at most 63 and so no letters: all can be folded alike.
	for i, c := range buf[:end] {
		if 'A' <= c && c <= 'Z' {
			buf[i] = c + 'a' - 'A'
		}
	}
	return wire(buf[:end]), true
}

// name is the wire name in presentation form.
func (w wire) name() lookup.Name {
	if len(w) <= 1 {
		return lookup.Root
	}
	s, _, err := dns.UnpackDomainName([]byte(w), 0)
	if err != nil {
		return lookup.Root
	}
	return message.NameOf(s)
}

// parent is the name without its first label; the root is its own parent.
func (w wire) parent() wire {
	if len(w) <= 1 {
		return rootWire
	}
	return w[1+int(w[0]):]
}

// labels counts the labels, the root's not among them.
func (w wire) labels() int {
	n := 0
	for len(w) > 1 {
		w = w.parent()
		n++
	}
	return n
}

// suffix is the last n labels of the name and the root; the name itself if it
// has no more.
func (w wire) suffix(n int) wire {
	for drop := w.labels() - n; drop > 0; drop-- {
		w = w.parent()
	}
	return w
}

// in reports whether w is zone or below it.
func (w wire) in(zone wire) bool {
	for len(w) > len(zone) {
		w = w.parent()
	}
	return w == zone
}

// below reports whether w is in zone and not zone itself.
func (w wire) below(zone wire) bool { return w != zone && w.in(zone) }

// common is the longest name that both are in.
func (w wire) common(other wire) wire {
	for !other.in(w) {
		w = w.parent()
	}
	return w
}

// isWildcard reports whether the first label is an asterisk (RFC 4592 §2.1.1).
func (w wire) isWildcard() bool { return len(w) >= 2 && w[0] == 1 && w[1] == '*' }

// wildcard is the name with an asterisk before it; "" where it would be too
// long to exist.
func (w wire) wildcard() wire {
	if len(w)+2 > lookup.MaxName {
		return ""
	}
	return "\x01*" + w
}

// compare orders names canonically (RFC 4034 §6.1): by their labels from the
// right, each as unsigned octets, absent before present.
func (w wire) compare(other wire) int {
	var a, b [128]uint8
	i, j := w.starts(&a), other.starts(&b)
	for i > 0 && j > 0 {
		i--
		j--
		x, y := w.label(a[i]), other.label(b[j])
		if x != y {
			if x < y {
				return -1
			}
			return 1
		}
	}
	switch {
	case i < j:
		return -1
	case i > j:
		return 1
	}
	return 0
}

// starts fills in where each label begins and returns how many there are. A
// name has at most 127 labels.
func (w wire) starts(at *[128]uint8) int {
	n := 0
	for i := 0; i < len(w)-1 && n < len(at); i += 1 + int(w[i]) {
		at[n] = uint8(i)
		n++
	}
	return n
}

func (w wire) label(at uint8) string {
	i := int(at)
	return string(w[i+1 : i+1+int(w[i])])
}
