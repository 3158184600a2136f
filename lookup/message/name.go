// Package message stands between DNS messages as miekg/dns reads and writes
// them and the vocabulary of package lookup. It is the one package that its
// siblings share: the types with which cache, transport, iterative, listener
// and stub hand each other questions, RRsets and responses live here.
//
// Everything is a value that is not changed once it was handed on, so all of
// it may be used by several goroutines. Nothing here panics on any input.
package message

import (
	"strings"

	"github.com/miekg/dns"

	"rootwalk/lookup"
)

// NameOf is a name of miekg/dns in the one presentation form that
// [lookup.Name] has: the library escapes a few characters more than we do.
func NameOf(s string) lookup.Name {
	if strings.IndexByte(s, '\\') < 0 {
		if s == "" {
			return lookup.Root
		}
		if s[len(s)-1] != '.' {
			s += "."
		}
		return lookup.Name(s)
	}
	var b strings.Builder
	var label []byte
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '.':
			b.WriteString(lookup.EscapeLabel(label))
			b.WriteByte('.')
			label = label[:0]
		case c == '\\' && i+3 < len(s) && isDigit(s[i+1]) && isDigit(s[i+2]) && isDigit(s[i+3]):
			label = append(label, (s[i+1]-'0')*100+(s[i+2]-'0')*10+(s[i+3]-'0'))
			i += 3
		case c == '\\' && i+1 < len(s):
			i++
			label = append(label, s[i])
		default:
			label = append(label, c)
		}
	}
	if len(label) > 0 {
		b.WriteString(lookup.EscapeLabel(label))
		b.WriteByte('.')
	}
	return lookup.Name(b.String())
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// Owner is the name a record belongs to.
func Owner(rr dns.RR) lookup.Name { return NameOf(rr.Header().Name) }

// TypeOf is the type of a record.
func TypeOf(rr dns.RR) lookup.Type { return lookup.Type(rr.Header().Rrtype) }

// Substitute applies a DNAME to a name below its owner (RFC 6672 §2.2): the
// owner at the end of name is replaced by target. It fails for a name that is
// not below owner, and where the result would be longer than a name may be.
func Substitute(name, owner, target lookup.Name) (lookup.Name, bool) {
	if !name.Below(owner) {
		return "", false
	}
	prefix := name
	if owner != lookup.Root {
		prefix = name[:len(name)-len(owner)]
	}
	out := prefix + target
	if target == lookup.Root {
		out = prefix
	}
	if WireLen(out) > lookup.MaxName {
		return "", false
	}
	return out, true
}

// WireLen is the number of octets that a name takes uncompressed in a message
// (RFC 1035 §3.1).
func WireLen(name lookup.Name) int {
	if name == lookup.Root || name == "" {
		return 1
	}
	n := 1
	for i := 0; i < len(name); i++ {
		if name[i] == '\\' {
			if i+3 < len(name) && isDigit(name[i+1]) && isDigit(name[i+2]) && isDigit(name[i+3]) {
				i += 3
			} else {
				i++
			}
		}
		n++ // an octet of a label, or for its dot the length octet
	}
	return n
}
