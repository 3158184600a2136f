package lookup

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Span is a named run of bytes of a DNS message (RFC 1035 §4.1): one field.
// Spans of a message are in order, do not overlap, and together cover every
// byte of it; what does not parse is one last span named MALFORMED.
type Span struct {
	At      int       `json:"at"`
	Len     int       `json:"len"`
	Section string    `json:"section"`          // "header", "question", "answer", "authority", "additional"
	Record  int       `json:"record"`           // index in the section, 0 in the header
	Name    string    `json:"name"`             // "ID", "FLAGS", "QNAME", "TTL", "RDATA", "PREFERENCE", …
	Text    string    `json:"text"`             // the value, ASCII with escapes
	Type    Type      `json:"type,omitzero"`    // for the fields of RDATA: the record's type
	Points  []Pointer `json:"points,omitempty"` // compression pointers inside (RFC 1035 §4.1.4)
}

// Pointer is a compression pointer: two bytes at At that stand for the rest of
// a name, which begins at To.
type Pointer struct {
	At int `json:"at"`
	To int `json:"to"`
}

// maxSpans bounds the anatomy of a hostile message.
const maxSpans = 4000

// Anatomy names the fields of a DNS message. It never fails: it goes as far as
// the bytes make sense. Message of more than 65535 bytes are cut there.
func Anatomy(msg []byte) []Span {
	if len(msg) > 0xffff {
		msg = msg[:0xffff]
	}
	a := anatomist{msg: msg, section: "header"}
	a.message()
	if a.at < len(msg) {
		a.spans = append(a.spans, Span{At: a.at, Len: len(msg) - a.at, Section: a.section, Record: a.record, Name: "MALFORMED", Text: strconv.Itoa(len(msg)-a.at) + " bytes"})
	}
	return a.spans
}

type anatomist struct {
	msg     []byte
	at      int
	section string
	record  int
	spans   []Span
}

// field takes the next n bytes as a span; false if they are not there.
func (a *anatomist) field(name string, n int, text func(b []byte) string) bool {
	if a.at+n > len(a.msg) || len(a.spans) >= maxSpans {
		return false
	}
	a.spans = append(a.spans, Span{At: a.at, Len: n, Section: a.section, Record: a.record, Name: name, Text: text(a.msg[a.at : a.at+n])})
	a.at += n
	return true
}

func decimal(b []byte) string {
	n := 0
	for _, c := range b {
		n = n<<8 | int(c)
	}
	return strconv.Itoa(n)
}

func hexadecimal(b []byte) string { return fmt.Sprintf("0x%x", b) }

func typeText(b []byte) string  { return Type(binary.BigEndian.Uint16(b)).String() }
func classText(b []byte) string { return Class(binary.BigEndian.Uint16(b)).String() }

// flagsText names the bits that are set and the two codes (RFC 1035 §4.1.1,
// RFC 4035 §3 for AD and CD).
func flagsText(b []byte) string {
	v := binary.BigEndian.Uint16(b)
	var set []string
	for _, f := range []struct {
		bit  uint16
		name string
	}{{1 << 15, "QR"}, {1 << 10, "AA"}, {1 << 9, "TC"}, {1 << 8, "RD"}, {1 << 7, "RA"}, {1 << 5, "AD"}, {1 << 4, "CD"}} {
		if v&f.bit != 0 {
			set = append(set, f.name)
		}
	}
	if op := v >> 11 & 15; op != 0 {
		set = append(set, "OPCODE="+strconv.Itoa(int(op)))
	}
	if v&(1<<15) != 0 || v&15 != 0 { // in a query the code means nothing
		set = append(set, Rcode(v&15).String())
	}
	if len(set) == 0 {
		return "0"
	}
	return strings.Join(set, " ")
}

func (a *anatomist) message() {
	if !a.field("ID", 2, hexadecimal) || !a.field("FLAGS", 2, flagsText) {
		return
	}
	var counts [4]int
	for i, name := range []string{"QDCOUNT", "ANCOUNT", "NSCOUNT", "ARCOUNT"} {
		if !a.field(name, 2, decimal) {
			return
		}
		counts[i] = int(binary.BigEndian.Uint16(a.msg[a.at-2:]))
	}
	a.section = "question"
	for a.record = 0; a.record < counts[0]; a.record++ {
		if !a.name("QNAME", 0) || !a.field("QTYPE", 2, typeText) || !a.field("QCLASS", 2, classText) {
			return
		}
	}
	for i, section := range []string{"answer", "authority", "additional"} {
		a.section = section
		for a.record = 0; a.record < counts[i+1]; a.record++ {
			if !a.resource() {
				return
			}
		}
	}
	a.record = 0
}

// name takes a possibly compressed name as one span.
func (a *anatomist) name(field string, rrtype Type) bool {
	text, size, points, ok := readName(a.msg, a.at)
	if !ok || len(a.spans) >= maxSpans {
		return false
	}
	a.spans = append(a.spans, Span{At: a.at, Len: size, Section: a.section, Record: a.record, Name: field, Text: text, Type: rrtype, Points: points})
	a.at += size
	return true
}

// readName reads the name at an offset: its text, the bytes it takes there,
// and the pointer that ends it, if any. A pointer must go backwards, so
// reading always ends (RFC 1035 §4.1.4).
func readName(msg []byte, at int) (text string, size int, points []Pointer, ok bool) {
	var b strings.Builder
	octets, limit, here := 0, at, true
	for i := at; ; {
		if i >= len(msg) {
			return "", 0, nil, false
		}
		switch c := int(msg[i]); {
		case c == 0:
			if here {
				size = i + 1 - at
			}
			if b.Len() == 0 {
				return ".", size, points, true
			}
			return b.String(), size, points, true
		case c&0xc0 == 0xc0:
			if i+1 >= len(msg) {
				return "", 0, nil, false
			}
			to := c&0x3f<<8 | int(msg[i+1])
			if to >= limit {
				return "", 0, nil, false
			}
			if here {
				size, here = i+2-at, false
				points = []Pointer{{At: i, To: to}}
			}
			i, limit = to, to
		case c&0xc0 != 0 || i+1+c > len(msg):
			return "", 0, nil, false
		default:
			if octets += c + 1; octets+1 > MaxName {
				return "", 0, nil, false
			}
			b.WriteString(EscapeLabel(msg[i+1 : i+1+c]))
			b.WriteByte('.')
			i += 1 + c
		}
	}
}

// resource takes one resource record (RFC 1035 §4.1.3), OPT included
// (RFC 6891 §6.1.2).
func (a *anatomist) resource() bool {
	if !a.name("NAME", 0) || a.at+10 > len(a.msg) {
		return false
	}
	rrtype := Type(binary.BigEndian.Uint16(a.msg[a.at:]))
	length := int(binary.BigEndian.Uint16(a.msg[a.at+8:]))
	a.field("TYPE", 2, typeText)
	if rrtype == TypeOPT {
		a.field("UDPSIZE", 2, decimal)
		a.field("EXTRCODE", 1, decimal)
		a.field("VERSION", 1, decimal)
		a.field("EDNSFLAGS", 2, func(b []byte) string {
			if b[0]&0x80 != 0 {
				return "DO"
			}
			return "0x" + fmt.Sprintf("%x", b)
		})
	} else {
		a.field("CLASS", 2, classText)
		a.field("TTL", 4, decimal)
	}
	if !a.field("RDLENGTH", 2, decimal) || a.at+length > len(a.msg) {
		return false
	}
	if length == 0 {
		return true
	}
	from, end := len(a.spans), a.at+length
	start := a.at
	if !a.rdata(rrtype, end) || a.at != end {
		// Not what its type says: the whole data as one field (RFC 3597 §5).
		a.spans, a.at = a.spans[:from], start
		if !a.field("RDATA", length, func(b []byte) string { return `\# ` + strconv.Itoa(len(b)) + " " + fmt.Sprintf("%x", b) }) {
			return false
		}
	}
	for i := from; i < len(a.spans); i++ {
		a.spans[i].Type = rrtype
	}
	return true
}

// rdata takes the fields of the data of well-known types.
func (a *anatomist) rdata(rrtype Type, end int) bool {
	ok := true
	name := func(field string) { ok = ok && a.name(field, rrtype) && a.at <= end }
	number := func(field string, size int) { ok = ok && a.at+size <= end && a.field(field, size, decimal) }
	rest := func(field string, text func([]byte) string) { ok = ok && a.at < end && a.field(field, end-a.at, text) }
	switch rrtype {
	case TypeA, TypeAAAA:
		if size := end - a.at; rrtype == TypeA && size != 4 || rrtype == TypeAAAA && size != 16 {
			return false
		}
		rest("RDATA", func(b []byte) string { ip, _ := netip.AddrFromSlice(b); return ip.String() })
	case TypeNS, TypeCNAME, TypePTR, TypeDNAME:
		name("RDATA")
	case TypeMX:
		number("PREFERENCE", 2)
		name("EXCHANGE")
	case TypeSOA:
		name("MNAME")
		name("RNAME")
		for _, f := range []string{"SERIAL", "REFRESH", "RETRY", "EXPIRE", "MINIMUM"} {
			number(f, 4)
		}
	case TypeSRV:
		number("PRIORITY", 2)
		number("WEIGHT", 2)
		number("PORT", 2)
		name("TARGET")
	case TypeTXT, TypeHINFO:
		for ok && a.at < end {
			size := 1 + int(a.msg[a.at])
			ok = a.at+size <= end && a.field("STRING", size, func(b []byte) string { return `"` + EscapeString(b[1:]) + `"` })
		}
	case TypeCAA:
		number("CAAFLAGS", 1)
		if ok = ok && a.at < end && a.at+1+int(a.msg[a.at]) <= end; ok {
			a.field("TAG", 1+int(a.msg[a.at]), func(b []byte) string { return EscapeString(b[1:]) })
		}
		if ok && a.at < end {
			rest("VALUE", func(b []byte) string { return `"` + EscapeString(b) + `"` })
		}
	case TypeSVCB, TypeHTTPS:
		number("PRIORITY", 2)
		name("TARGET")
		for ok && a.at < end {
			if ok = a.at+4 <= end; ok {
				size := 4 + int(binary.BigEndian.Uint16(a.msg[a.at+2:]))
				ok = a.at+size <= end && a.field("SVCPARAM", size, svcParamText)
			}
		}
	case TypeOPT:
		for ok && a.at < end {
			if ok = a.at+4 <= end; ok {
				size := 4 + int(binary.BigEndian.Uint16(a.msg[a.at+2:]))
				ok = a.at+size <= end && a.field("OPTION", size, optionText)
			}
		}
	default:
		return false
	}
	return ok
}

var svcParamNames = []string{"mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint"}

// svcParamText is one service parameter (RFC 9460 §14.3.2), its value plain
// where that is easily said.
func svcParamText(b []byte) string {
	key, value := int(binary.BigEndian.Uint16(b)), b[4:]
	name := "key" + strconv.Itoa(key)
	if key < len(svcParamNames) {
		name = svcParamNames[key]
	}
	switch {
	case key == 1:
		var ids []string
		for len(value) > 0 && int(value[0]) < len(value) {
			ids = append(ids, EscapeString(value[1:1+int(value[0])]))
			value = value[1+int(value[0]):]
		}
		return name + "=" + strings.Join(ids, ",")
	case key == 3 && len(value) == 2:
		return name + "=" + decimal(value)
	case key == 4 && len(value)%4 == 0 || key == 6 && len(value)%16 == 0:
		size := 4
		if key == 6 {
			size = 16
		}
		var hints []string
		for ; len(value) >= size; value = value[size:] {
			ip, _ := netip.AddrFromSlice(value[:size])
			hints = append(hints, ip.String())
		}
		return name + "=" + strings.Join(hints, ",")
	case len(value) == 0:
		return name
	}
	return name + "=" + fmt.Sprintf("%x", value)
}

// EscapeString writes the octets of a character-string: printable ASCII as it
// is, quotes and backslashes escaped, all else \DDD (RFC 1035 §5.1).
func EscapeString(octets []byte) string {
	var b strings.Builder
	for _, c := range octets {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c >= 0x7f:
			fmt.Fprintf(&b, "\\%03d", c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
