package auth

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/miekg/dns"
)

// Bounds of a zone file. They are far above any lesson and far below what would
// hurt: a room may edit its zones, and a zone file is then a stranger's bytes.
const (
	MaxZoneOctets  = 1 << 20
	MaxZoneRecords = 20_000
	MaxZoneNames   = 40_000 // owners and the empty non-terminals above them
	MaxRRset       = 1_000  // records of one owner and type
)

// ParseZone reads a zone from a master file (RFC 1035 section 5). The file must
// name its zone itself: its first record is the SOA, with an absolute owner or
// after $ORIGIN. $INCLUDE is refused.
//
// It checks what a server relies on: one SOA, at the apex; NS at the apex; every
// owner inside the zone; an alias alone at its name; one TTL for an RRset; only
// addresses below a delegation; nothing below a DNAME. Errors begin with
// "file:line:".
func ParseZone(file string, r io.Reader) (*Zone, error) { return ParseZoneLines(file, r, nil) }

// ParseZoneLines is ParseZone that tells each record, in the order of the file,
// and the line that it ends on. What it told is of use only if it returns a zone.
// Errors are of type *Mistake.
func ParseZoneLines(file string, r io.Reader, each func(rr dns.RR, line int)) (*Zone, error) {
	lines := &lineReader{from: io.LimitReader(r, MaxZoneOctets+1), line: 1}
	parser := dns.NewZoneParser(lines, "", file)
	parser.SetIncludeAllowed(false)
	b := newBuilder()
	// A record may end the file without a newline, and its closing line counts
	// as read by then: the line before the next byte is the record's own.
	for {
		rr, ok := parser.Next()
		if !ok {
			break
		}
		b.line = lines.recordLine()
		if err := b.add(rr); err != nil {
			return nil, at(file, b.line, err)
		}
		if each != nil {
			each(rr, b.line)
		}
	}
	if err := parser.Err(); err != nil {
		return nil, locate(file, err)
	}
	if lines.err != nil {
		return nil, at(file, lines.line, lines.err)
	}
	if err := b.finish(); err != nil {
		return nil, at(file, lines.line, err)
	}
	return b.zone, nil
}

// lineReader counts lines as the parser takes bytes one at a time, so that an
// error found in a whole record can say where it stands.
type lineReader struct {
	from  io.Reader
	buf   [4096]byte
	has   []byte
	taken int
	line  int
	ended bool // the last byte taken was a newline
	err   error
}

func (l *lineReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	b, err := l.ReadByte()
	if err != nil {
		return 0, err
	}
	p[0] = b
	return 1, nil
}

func (l *lineReader) ReadByte() (byte, error) {
	for len(l.has) == 0 {
		if l.err != nil {
			return 0, l.err
		}
		n, err := l.from.Read(l.buf[:])
		if l.taken += n; l.taken > MaxZoneOctets {
			l.err = mistake("size", fmt.Sprintf("zone file is larger than %d octets", MaxZoneOctets), "most", strconv.Itoa(MaxZoneOctets))
			return 0, l.err
		}
		l.has = l.buf[:n]
		if err != nil && n == 0 {
			if !errors.Is(err, io.EOF) {
				l.err = err
			}
			return 0, err
		}
	}
	if l.ended {
		l.line++
	}
	b := l.has[0]
	l.has = l.has[1:]
	l.ended = b == '\n'
	return b, nil
}

// recordLine is the line of the record just returned: the parser has taken its
// newline and nothing after it.
func (l *lineReader) recordLine() int { return l.line }

// builder grows a zone record by record.
type builder struct {
	zone  *Zone
	names map[string]*name // one copy of each name
	wire  []byte

	line  int // of the record that is added, 0 for none
	lines map[*node]int
}

// mistake is one about a name, at the line of its last record.
func (b *builder) mistake(n *node, code, text string, about ...string) *Mistake {
	m := mistake(code, text, about...)
	m.Line = b.lines[n]
	return m
}

func newBuilder() *builder {
	return &builder{zone: &Zone{nodes: map[string]*node{}}, names: map[string]*name{}, lines: map[*node]int{}, wire: make([]byte, 1<<16+512)}
}

// add takes the next record.
func (b *builder) add(rr dns.RR) error {
	h := rr.Header()
	if h.Class != dns.ClassINET {
		return mistake("class", fmt.Sprintf("%s is not of class IN", h.Name), "name", h.Name)
	}
	if b.zone.records++; b.zone.records > MaxZoneRecords {
		return mistake("records", fmt.Sprintf("more than %d records", MaxZoneRecords), "most", strconv.Itoa(MaxZoneRecords))
	}
	end, err := dns.PackRR(rr, b.wire, 0, nil, false)
	if err != nil {
		return err
	}
	// The parser lets a relative name without $ORIGIN and a record without data
	// through; neither can be served.
	owner, err := b.intern(b.wire[:end])
	if err != nil || h.Name == "" || end < len(owner.wire)+10 {
		return mistake("relative", fmt.Sprintf("%q is no absolute name: is there no $ORIGIN?", h.Name), "name", h.Name)
	}
	data := b.wire[len(owner.wire)+10 : end] // after type, class, TTL, RDLENGTH
	if _, unknown := rr.(*dns.RFC3597); len(data) == 0 && !unknown {
		return mistake("data.missing", fmt.Sprintf("%s: no data", owner), "type", dns.Type(h.Rrtype).String())
	}

	if b.zone.apex == nil {
		if h.Rrtype != typeSOA {
			return errNoSOA
		}
		b.zone.apex = b.insert(owner)
	} else if h.Rrtype == typeSOA {
		return mistake("soa.second", "a second SOA")
	}
	if !owner.under(b.zone.apex.name) {
		return mistake("outside", fmt.Sprintf("%s lies outside the zone %s", owner, b.zone.apex.name), "name", owner.String(), "zone", b.zone.apex.name.String())
	}
	if h.Ttl > 1<<31-1 {
		return mistake("ttl.large", fmt.Sprintf("TTL %d is above 2^31-1 (RFC 2181 section 8)", h.Ttl), "ttl", strconv.FormatUint(uint64(h.Ttl), 10))
	}
	parsed, err := b.data(h.Rrtype, data)
	if err != nil {
		return mistake("data", fmt.Sprintf("%s: %v", owner, err), "type", dns.Type(h.Rrtype).String(), "token", owner.String())
	}
	at := b.insert(owner)
	if b.line > 0 {
		b.lines[at] = b.line
	}
	if len(b.zone.nodes) > MaxZoneNames {
		return mistake("names", fmt.Sprintf("more than %d names", MaxZoneNames), "most", strconv.Itoa(MaxZoneNames))
	}
	return at.add(h.Rrtype, h.Ttl, parsed)
}

// add puts a record into its RRset.
func (n *node) add(typ uint16, ttl uint32, data rdata) error {
	if typ != typeRRSIG && typ != typeNSEC {
		for _, s := range n.rrsets {
			alias := s.typ == typeCNAME || typ == typeCNAME
			if alias && s.typ != typ && s.typ != typeRRSIG && s.typ != typeNSEC {
				return mistake("alias.alone", fmt.Sprintf("%s: a CNAME stands alone at its name (RFC 1034 section 3.6.2)", n.name), "name", n.name.String())
			}
		}
	}
	set := n.find(typ)
	if set == nil {
		n.rrsets = append(n.rrsets, &rrset{typ: typ, ttl: ttl, rrs: []rdata{data}, at: n})
		return nil
	}
	if typ == typeCNAME || typ == typeDNAME {
		return mistake("alias.second", fmt.Sprintf("%s: a second %s (RFC 2181 section 10.1, RFC 6672 section 2.4)", n.name, dns.TypeToString[typ]), "name", n.name.String(), "type", dns.TypeToString[typ])
	}
	if set.ttl != ttl {
		return mistake("ttl.differs", fmt.Sprintf("%s: the records of one RRset have one TTL (RFC 2181 section 5.2): %d and %d", n.name, set.ttl, ttl),
			"name", n.name.String(), "type", dns.Type(typ).String(), "one", strconv.FormatUint(uint64(set.ttl), 10), "other", strconv.FormatUint(uint64(ttl), 10))
	}
	if len(set.rrs) >= MaxRRset {
		return mistake("set", fmt.Sprintf("%s: more than %d records of one type", n.name, MaxRRset), "name", n.name.String(), "most", strconv.Itoa(MaxRRset))
	}
	for i := range set.rrs {
		if set.rrs[i].equal(&data) {
			return mistake("twice", fmt.Sprintf("%s: the same %s record twice (RFC 2181 section 5)", n.name, dns.Type(typ)), "name", n.name.String(), "type", dns.Type(typ).String())
		}
	}
	set.rrs = append(set.rrs, data)
	return nil
}

func (d *rdata) equal(o *rdata) bool {
	if string(d.head) != string(o.head) || string(d.tail) != string(o.tail) || len(d.names) != len(o.names) {
		return false
	}
	for i := range d.names {
		if !d.names[i].equal(o.names[i]) {
			return false
		}
	}
	return true
}

// data cuts record data at its names.
func (b *builder) data(typ uint16, wire []byte) (rdata, error) {
	var d rdata
	cut := func(head, names int) error {
		if len(wire) < head {
			return errNameFormat
		}
		d.head = append([]byte(nil), wire[:head]...)
		wire = wire[head:]
		for range names {
			n, err := b.intern(wire)
			if err != nil {
				return err
			}
			d.names = append(d.names, n)
			wire = wire[len(n.wire):]
		}
		d.tail = append([]byte(nil), wire...)
		return nil
	}
	switch typ {
	case typeNS, typeCNAME, typePTR:
		if err := cut(0, 1); err != nil {
			return d, err
		}
		d.target = d.names[0]
	case typeSOA:
		if err := cut(0, 2); err != nil {
			return d, err
		}
		if len(d.tail) != 20 {
			return d, errors.New("malformed SOA")
		}
	case typeMX:
		if err := cut(2, 1); err != nil {
			return d, err
		}
		d.target = d.names[0]
	case typeSRV: // the name is never compressed (RFC 2782), but it leads to a host
		d.head = append([]byte(nil), wire...)
		if len(wire) < 7 {
			return d, errNameFormat
		}
		target, err := b.intern(wire[6:])
		if err != nil {
			return d, err
		}
		d.target = target
	case typeDNAME: // never compressed (RFC 6672 section 2.5)
		d.head = append([]byte(nil), wire...)
		target, err := b.intern(wire)
		if err != nil {
			return d, err
		}
		d.target = target
	default:
		size := map[uint16]int{typeA: 4, typeAAAA: 16}[typ]
		if size > 0 && len(wire) != size {
			return d, errors.New("not an address")
		}
		d.head = append([]byte(nil), wire...)
	}
	return d, nil
}

// intern reads a name at the beginning of wire and keeps one copy of each.
func (b *builder) intern(wire []byte) (*name, error) {
	n, err := newName(wire)
	if err != nil {
		return nil, err
	}
	if old := b.names[string(n.wire)]; old != nil {
		return old, nil
	}
	b.names[string(n.wire)] = n
	return n, nil
}

// insert returns the node of a name, making it and the empty non-terminals above
// it as needed.
func (b *builder) insert(n *name) *node {
	if have := b.zone.nodes[string(n.wire)]; have != nil {
		return have
	}
	made := &node{name: n}
	b.zone.nodes[string(n.wire)] = made
	if b.zone.apex != nil && n.under(b.zone.apex.name) {
		made.parent = b.insert(parentOf(n))
		if n.isWildcard() {
			made.parent.wildcard = made
		}
	}
	return made
}

// finish checks the zone as a whole and works out what answers need.
func (b *builder) finish() error {
	z := b.zone
	if z.apex == nil {
		return mistake("empty", "no records")
	}
	if z.apex.find(typeNS) == nil {
		return mistake("ns.none", fmt.Sprintf("%s has no NS records", z.apex.name), "zone", z.apex.name.String())
	}
	z.soa = z.apex.find(typeSOA)
	minimum := binary.BigEndian.Uint32(z.soa.rrs[0].tail[16:])
	z.negative = &rrset{typ: typeSOA, ttl: min(z.soa.ttl, minimum), rrs: z.soa.rrs, at: z.apex}

	for _, n := range z.nodes {
		for up := n; up != z.apex; up = up.parent {
			if up.find(typeNS) != nil {
				n.cut = up
			}
			if up != n && up.find(typeDNAME) != nil || n != z.apex && z.apex.find(typeDNAME) != nil {
				return b.mistake(n, "dname.below", fmt.Sprintf("%s lies below a DNAME (RFC 6672 section 2.4)", n.name), "name", n.name.String())
			}
		}
		if n.cut == nil {
			continue
		}
		for _, s := range n.rrsets {
			switch s.typ {
			case typeA, typeAAAA:
			case typeCDS: // no record of the child's: a note of the registry's that it is to have no DS
				if n != n.cut || !s.deletesDS() {
					return b.mistake(n, "cut.data", fmt.Sprintf("%s CDS lies at or below the delegation of %s, in another zone", n.name, n.cut.name), "name", n.name.String(), "type", "CDS", "cut", n.cut.name.String())
				}
			case typeNS, typeDS, typeNSEC, typeRRSIG:
				if n != n.cut {
					return b.mistake(n, "cut.below", fmt.Sprintf("%s lies below the delegation of %s: only addresses may (RFC 1034 section 4.2.1)", n.name, n.cut.name), "name", n.name.String(), "cut", n.cut.name.String())
				}
			default:
				return b.mistake(n, "cut.data", fmt.Sprintf("%s %s lies at or below the delegation of %s, in another zone", n.name, dns.Type(s.typ), n.cut.name), "name", n.name.String(), "type", dns.Type(s.typ).String(), "cut", n.cut.name.String())
			}
		}
	}
	for _, n := range z.nodes {
		for _, s := range n.rrsets {
			for i := range s.rrs {
				s.rrs[i].host = z.host(s.typ, s.rrs[i].target)
			}
		}
	}
	return nil
}

// host finds the addresses of a host that a record names, if this zone has any.
func (z *Zone) host(typ uint16, target *name) *hostAt {
	if typ != typeNS && typ != typeMX && typ != typeSRV || !target.under(z.apex.name) {
		return nil
	}
	at, exact := z.find(target)
	if !exact {
		if at.wildcard == nil || at.cut != nil || at.find(typeDNAME) != nil {
			return nil
		}
		at = at.wildcard
	}
	if at.find(typeA) == nil && at.find(typeAAAA) == nil {
		return nil
	}
	return &hostAt{at: at, glue: at.cut != nil}
}

// presentationName reads a name in presentation format; a missing final dot is
// forgiven.
func presentationName(s string) (*name, error) {
	if !strings.HasSuffix(s, ".") {
		s += "."
	}
	var wire [maxNameOctets + 1]byte
	end, err := dns.PackDomainName(s, wire[:], 0, nil, false)
	if err != nil {
		return nil, err
	}
	return newName(wire[:end])
}
