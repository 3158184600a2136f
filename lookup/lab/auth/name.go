package auth

import "errors"

// Sizes of names, RFC 1035 section 2.3.4.
const (
	maxNameOctets  = 255
	maxLabelOctets = 63
	maxNameLabels  = 127
)

// name is a domain name in uncompressed wire format and lower case, with what
// the encoder and the zone tree need worked out once: where each label begins,
// and a hash of every suffix.
//
// DNS names compare without regard to ASCII case (RFC 4343); folding once here
// makes every later comparison a comparison of bytes.
type name struct {
	wire   []byte
	starts []uint8  // starts[i] is where label i begins in wire
	hashes []uint32 // hashes[i] is the hash of the suffix beginning at label i
}

var (
	errNameTooLong = errors.New("name is longer than 255 octets (RFC 1035 section 2.3.4)")
	errNameFormat  = errors.New("malformed name")
)

// labels counts the labels of n; the root has none.
func (n *name) labels() int { return len(n.starts) }

// suffix is the wire format of n without its first i labels.
func (n *name) suffix(i int) []byte {
	if i >= len(n.starts) {
		return n.wire[len(n.wire)-1:]
	}
	return n.wire[n.starts[i]:]
}

// equal reports whether two names are the same name.
func (n *name) equal(o *name) bool {
	return n == o || string(n.wire) == string(o.wire)
}

// under reports whether n is top or lies below it.
func (n *name) under(top *name) bool {
	extra := n.labels() - top.labels()
	return extra >= 0 && string(n.suffix(extra)) == string(top.wire)
}

// newName makes a name of its own from uncompressed wire octets.
func newName(wire []byte) (*name, error) {
	n := &name{}
	if _, err := n.set(wire); err != nil {
		return nil, err
	}
	return n, nil
}

// set reads an uncompressed name from the beginning of wire into n, reusing n's
// memory, and returns how many octets it took. Compression pointers are refused:
// nothing a server reads for its own use may have them.
func (n *name) set(wire []byte) (int, error) {
	n.wire, n.starts = n.wire[:0], n.starts[:0]
	at := 0
	for {
		if at >= len(wire) {
			return 0, errNameFormat
		}
		length := int(wire[at])
		if length > maxLabelOctets {
			return 0, errNameFormat
		}
		if at+1+length > maxNameOctets {
			return 0, errNameTooLong
		}
		if at+1+length > len(wire) {
			return 0, errNameFormat
		}
		if length == 0 {
			n.wire = append(n.wire, 0)
			n.hash()
			return at + 1, nil
		}
		n.starts = append(n.starts, uint8(at))
		n.wire = append(n.wire, wire[at])
		for _, b := range wire[at+1 : at+1+length] {
			n.wire = append(n.wire, fold(b))
		}
		at += 1 + length
	}
}

// hash fills in the suffix hashes, from the right: FNV-1a over the labels.
func (n *name) hash() {
	n.hashes = append(n.hashes[:0], make([]uint32, len(n.starts))...)
	h := uint32(2166136261)
	end := len(n.wire) - 1
	for i := len(n.starts) - 1; i >= 0; i-- {
		for _, b := range n.wire[n.starts[i]:end] {
			h = (h ^ uint32(b)) * 16777619
		}
		n.hashes[i] = h
		end = int(n.starts[i])
	}
}

// parentOf is n without its first label; n must have one.
func parentOf(n *name) *name {
	p, err := newName(n.suffix(1))
	if err != nil { // a suffix of a name is a name
		panic(err)
	}
	return p
}

// isWildcard reports whether the first label of n is the single octet "*".
func (n *name) isWildcard() bool {
	return len(n.wire) > 2 && n.wire[0] == 1 && n.wire[1] == '*'
}

// replaceSuffix is the name a DNAME makes of n: its ending old, which n must lie
// below, is exchanged for target (RFC 6672 section 2.3). The result may be too
// long to be a name.
func (n *name) replaceSuffix(old, target *name) (*name, error) {
	keep := len(n.wire) - len(old.wire)
	if keep+len(target.wire) > maxNameOctets {
		return nil, errNameTooLong
	}
	wire := make([]byte, 0, keep+len(target.wire))
	wire = append(wire, n.wire[:keep]...)
	return newName(append(wire, target.wire...))
}

// String is n in presentation format, for messages about zones.
func (n *name) String() string {
	if n.labels() == 0 {
		return "."
	}
	var out []byte
	for i := range n.starts {
		label := n.wire[n.starts[i]:]
		for _, b := range label[1 : 1+int(label[0])] {
			switch {
			case b == '.' || b == '\\':
				out = append(out, '\\', b)
			case b <= ' ' || b >= 0x7f:
				out = append(out, '\\', '0'+b/100, '0'+b/10%10, '0'+b%10)
			default:
				out = append(out, b)
			}
		}
		out = append(out, '.')
	}
	return string(out)
}

// fold is the lower-case form of one octet; only ASCII letters have case
// (RFC 4343 section 3).
func fold(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		return b + ('a' - 'A')
	}
	return b
}
