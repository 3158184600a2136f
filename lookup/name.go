package lookup

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// Limits of a domain name on the wire (RFC 1035 §2.3.4).
const (
	MaxLabel = 63  // octets of one label
	MaxName  = 255 // octets of a name, length octets and root label included
)

// maxTyped bounds what a person may type before it is even looked at.
const maxTyped = 1024

// Name is a fully qualified domain name in presentation form (RFC 1035 §5.1,
// with \DDD escapes): ASCII only, always with the final dot, "." for the root.
// Letter case is kept and ignored when comparing: use Equal, or Canonical as
// a map key.
type Name string

// Root is the zero-length name at the top of the tree (RFC 1034 §3.1).
const Root Name = "."

// NameError says why a text is not a domain name, in a form that a page can
// put beside the field in any language: Code is a key, the rest parameters.
type NameError struct {
	Code  string // "name.empty", "name.long", "label.empty", "label.long", "label.idn", "name.character", "name.escape"
	Label string // the label concerned, or the one before an empty label
	At    int    // index of that label from the left, from 0
	Size  int    // octets, where a size is what is wrong
}

func (e *NameError) Error() string {
	switch e.Code {
	case "name.empty":
		return "no name given: type one such as www.example.co.kr, or a single dot for the root"
	case "name.long":
		return fmt.Sprintf("the name takes %d octets on the wire; at most %d are allowed (RFC 1035 §2.3.4)", e.Size, MaxName)
	case "label.empty":
		if e.Label == "" {
			return "a label cannot be empty: the name begins with a dot"
		}
		return fmt.Sprintf("a label cannot be empty: two dots in a row after %q", e.Label)
	case "label.long":
		return fmt.Sprintf("the label %q has %d octets; at most %d are allowed (RFC 1035 §2.3.4)", e.Label, e.Size, MaxLabel)
	case "label.idn":
		return fmt.Sprintf("the label %q cannot be written as an A-label (RFC 5891)", e.Label)
	case "name.escape":
		return fmt.Sprintf("the escape in label %q is not \\DDD with a value up to 255, nor \\ and one character", e.Label)
	default:
		return fmt.Sprintf("the label %q has a character that cannot be part of a typed name", e.Label)
	}
}

// ParseName reads what a person typed: surrounding space and a missing final
// dot are forgiven, U-labels become A-labels (RFC 5891, UTS #46 mapping), and
// the ideographic full stops count as dots. The error is a *NameError.
func ParseName(typed string) (Name, error) {
	s := strings.TrimSpace(typed)
	if s == "" {
		return "", &NameError{Code: "name.empty"}
	}
	if len(s) > maxTyped {
		return "", &NameError{Code: "name.long", Size: len(s)}
	}
	s = strings.NewReplacer("\u3002", ".", "\uff0e", ".", "\uff61", ".").Replace(s)
	if s == "." {
		return Root, nil
	}
	labels, err := splitLabels(trimFinalDot(s))
	if err != nil {
		return "", err
	}
	var b strings.Builder
	wire := 1 // the root label
	for i, label := range labels {
		if label == "" {
			before := ""
			if i > 0 {
				before = labels[i-1]
			}
			return "", &NameError{Code: "label.empty", Label: before, At: i}
		}
		text, size, err := canonicalLabel(label, i)
		if err != nil {
			return "", err
		}
		if size > MaxLabel {
			return "", &NameError{Code: "label.long", Label: label, At: i, Size: size}
		}
		wire += 1 + size
		b.WriteString(text)
		b.WriteByte('.')
	}
	if wire > MaxName {
		return "", &NameError{Code: "name.long", Size: wire}
	}
	return Name(b.String()), nil
}

// Absolute reports whether a typed name ends in a dot that says "from the root":
// no search list is to be applied to it (resolv.conf(5)).
func Absolute(typed string) bool {
	s := strings.NewReplacer("\u3002", ".", "\uff0e", ".", "\uff61", ".").Replace(strings.TrimSpace(typed))
	return s != trimFinalDot(s)
}

// trimFinalDot removes a final dot, unless it is escaped and so part of a
// label.
func trimFinalDot(s string) string {
	t := strings.TrimSuffix(s, ".")
	if backslashes := len(t) - len(strings.TrimRight(t, `\`)); backslashes%2 == 1 {
		return s
	}
	return t
}

// splitLabels cuts at dots that are not escaped.
func splitLabels(s string) ([]string, error) {
	var labels []string
	start := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			if i+1 >= len(s) {
				return nil, &NameError{Code: "name.escape", Label: s[start:], At: len(labels)}
			}
			i++
		case '.':
			labels = append(labels, s[start:i])
			start = i + 1
		}
	}
	return append(labels, s[start:]), nil
}

// canonicalLabel returns one label in presentation form and its size in
// octets on the wire.
func canonicalLabel(label string, at int) (string, int, error) {
	if !utf8.ValidString(label) {
		return "", 0, &NameError{Code: "name.character", Label: Printable(label), At: at}
	}
	for _, r := range label {
		if unicode.IsControl(r) || unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) && r > unicode.MaxASCII {
			return "", 0, &NameError{Code: "name.character", Label: Printable(label), At: at}
		}
	}
	if !isASCII(label) {
		a, err := idnaProfile.ToASCII(label)
		// Some characters are mapped to several, a dot among them.
		if err != nil || a == "" || !isASCII(a) || strings.Contains(a, ".") {
			return "", 0, &NameError{Code: "label.idn", Label: label, At: at}
		}
		return EscapeLabel([]byte(a)), len(a), nil
	}
	octets, ok := unescape(label)
	if !ok {
		return "", 0, &NameError{Code: "name.escape", Label: label, At: at}
	}
	return EscapeLabel(octets), len(octets), nil
}

// idnaProfile maps as browsers do (UTS #46, non-transitional) but leaves
// length to us, so that the message can name it.
var idnaProfile = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false), idna.VerifyDNSLength(false))

// IsALabel reports whether a label in lower case is the ASCII form of an
// internationalised one, as a registry takes it (RFC 5891 §4.2).
func IsALabel(label string) bool {
	u, err := idna.Registration.ToUnicode(label)
	return err == nil && u != label
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// unescape resolves \DDD and \X (RFC 1035 §5.1).
func unescape(label string) ([]byte, bool) {
	out := make([]byte, 0, len(label))
	for i := 0; i < len(label); i++ {
		if label[i] != '\\' {
			out = append(out, label[i])
			continue
		}
		rest := label[i+1:]
		switch {
		case rest == "":
			return nil, false
		case rest[0] < '0' || rest[0] > '9':
			out = append(out, rest[0])
			i++
		case len(rest) < 3 || rest[1] < '0' || rest[1] > '9' || rest[2] < '0' || rest[2] > '9':
			return nil, false
		default:
			v := int(rest[0]-'0')*100 + int(rest[1]-'0')*10 + int(rest[2]-'0')
			if v > 255 {
				return nil, false
			}
			out = append(out, byte(v))
			i += 3
		}
	}
	return out, true
}

// EscapeLabel writes the octets of a label in presentation form: printable
// ASCII stands for itself, everything else becomes \DDD, so that no terminal
// or page ever sees a control character of somebody's zone.
func EscapeLabel(octets []byte) string {
	plain := true
	for _, c := range octets {
		plain = plain && c > ' ' && c < 0x7f && !special(c)
	}
	if plain {
		return string(octets)
	}
	var b strings.Builder
	for _, c := range octets {
		switch {
		case c <= ' ' || c >= 0x7f:
			fmt.Fprintf(&b, "\\%03d", c)
		case special(c):
			b.WriteByte('\\')
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// special are the characters with a meaning in zone files (RFC 1035 §5.1).
// Like other implementations we leave @ and $ alone inside labels.
func special(c byte) bool { return strings.IndexByte(`."\();`, c) >= 0 }

// Printable makes any text safe to show: control, format and bidi characters
// and invalid UTF-8 become \u{…} or \x… escapes (trap: DNS data is hostile).
func Printable(s string) string {
	safe := true
	for _, r := range s {
		safe = safe && r != utf8.RuneError && unicode.IsPrint(r)
	}
	if safe {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n <= 1:
			fmt.Fprintf(&b, "\\x%02x", s[i])
		case r != utf8.RuneError && unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, "\\u{%x}", r)
		}
		i += n
	}
	return b.String()
}

// Canonical is the name in lower case, for comparing and as a map key
// (RFC 4343 §3: only ASCII letters fold).
func (n Name) Canonical() Name {
	for i := 0; i < len(n); i++ {
		if c := n[i]; c >= 'A' && c <= 'Z' {
			b := []byte(n)
			for ; i < len(b); i++ {
				if c := b[i]; c >= 'A' && c <= 'Z' {
					b[i] = c + 'a' - 'A'
				}
			}
			return Name(b)
		}
	}
	return n
}

// Equal compares ignoring letter case (RFC 4343).
func (n Name) Equal(m Name) bool {
	return len(n) == len(m) && (n == m || n.Canonical() == m.Canonical())
}

// Parent is the name without its first label; the root has itself as parent.
func (n Name) Parent() Name {
	for i := 0; i < len(n); i++ {
		switch n[i] {
		case '\\':
			i++
		case '.':
			if i+1 >= len(n) {
				return Root
			}
			return n[i+1:]
		}
	}
	return Root
}

// Labels are the labels from the left, without the root's empty one.
func (n Name) Labels() []string {
	if n == Root || n == "" {
		return nil
	}
	labels, _ := splitLabels(trimFinalDot(string(n)))
	return labels
}

// CountLabels is len(n.Labels()) without the allocation.
func (n Name) CountLabels() int {
	count := 0
	for n != Root && n != "" {
		count++
		n = n.Parent()
	}
	return count
}

// In reports whether n is zone or below it: "www.example." is in "example."
// and in ".". Both are compared ignoring case.
func (n Name) In(zone Name) bool {
	if zone == Root {
		return true
	}
	a, b := n.Canonical(), zone.Canonical()
	if !strings.HasSuffix(string(a), string(b)) {
		return false
	}
	if len(a) == len(b) {
		return true
	}
	// The suffix must begin at a label: walk, since a dot may be escaped.
	for m := a; m != Root; m = m.Parent() {
		if len(m) == len(b) {
			return m == b
		}
		if len(m) < len(b) {
			return false
		}
	}
	return false
}

// Below reports whether n is in zone and not zone itself.
func (n Name) Below(zone Name) bool { return !n.Equal(zone) && n.In(zone) }

// Unicode is the name with its A-labels shown as U-labels, without the final
// dot; labels that do not decode stay as they are. For display only.
func (n Name) Unicode() string {
	if n == Root {
		return "."
	}
	labels := n.Labels()
	for i, l := range labels {
		if len(l) > 4 && strings.EqualFold(l[:4], "xn--") {
			if u, err := idnaProfile.ToUnicode(l); err == nil && u != "" {
				labels[i] = Printable(u)
			}
		}
	}
	return strings.Join(labels, ".")
}

// Short is the name without its final dot, as people write it.
func (n Name) Short() string {
	if n == Root || n == "" {
		return "."
	}
	return strings.TrimSuffix(string(n), ".")
}
