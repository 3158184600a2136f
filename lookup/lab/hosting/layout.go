package hosting

import (
	"slices"
	"strings"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/lab/auth"
)

// layout is a zone file as lines, and which of them are which record: so that
// one record can be changed and all the rest, comments too, stays as somebody
// wrote it.
type layout struct {
	zone    lookup.Name
	lines   []string
	records []placed // in the order of the file
}

// placed is a record and where it stands.
type placed struct {
	rr          dns.RR
	first, last int    // lines, from 0
	origin      string // in force there
	borrowed    bool   // the line has no owner: it is that of the record before
	alone       bool   // no other record comes from these lines ($GENERATE makes many)
}

// layoutOf reads a zone file that can be parsed; any other is written anew.
func layoutOf(zone lookup.Name, text string, z *auth.Zone) *layout {
	if l := readLayout(zone, text); l != nil {
		return l
	}
	return readLayout(zone, write(z))
}

func readLayout(zone lookup.Name, text string) *layout {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	l := &layout{zone: zone, lines: strings.Split(strings.TrimSuffix(text, "\n"), "\n")}
	starts := l.scan()
	count := map[int]int{}
	_, err := auth.ParseZoneLines("zone", strings.NewReader(text), func(rr dns.RR, line int) {
		count[line-1]++
		l.records = append(l.records, placed{rr: normal(rr), last: line - 1})
	})
	if err != nil {
		return nil
	}
	for i := range l.records {
		r := &l.records[i]
		e, ok := starts[r.last]
		if !ok {
			return nil // the two readers disagree about the file
		}
		r.first, r.origin, r.borrowed, r.alone = e.first, e.origin, e.borrowed, count[r.last] == 1 && !e.directive
	}
	return l
}

// normal is a record as it comes out of a message: the same escapes in names
// however the file writes them.
func normal(rr dns.RR) dns.RR {
	wire := make([]byte, dns.Len(rr)+16)
	end, err := dns.PackRR(rr, wire, 0, nil, false)
	if err != nil {
		return rr
	}
	again, _, err := dns.UnpackRR(wire[:end], 0)
	if err != nil {
		return rr
	}
	return again
}

// entry is a stretch of lines that the parser takes as one.
type entry struct {
	first     int
	origin    string
	borrowed  bool
	directive bool
}

// scan finds the entries of a file by the line that they end on: what quotes and
// parentheses join (RFC 1035 section 5.1).
func (l *layout) scan() map[int]entry {
	out := map[int]entry{}
	origin := "" // ParseZone begins without one
	var open entry
	var words strings.Builder // of the entry, without comments
	depth, quoted, begun := 0, false, false
	for i, line := range l.lines {
		if !begun {
			open = entry{first: i, origin: origin, borrowed: strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t")}
			words.Reset()
		}
	chars:
		for j := 0; j < len(line); j++ {
			c := line[j]
			switch {
			case c == '\\':
				words.WriteByte(c)
				if j++; j < len(line) {
					words.WriteByte(line[j])
				}
				continue
			case c == '"':
				quoted = !quoted
			case quoted:
			case c == ';':
				break chars
			case c == '(':
				depth++
			case c == ')':
				depth = max(depth-1, 0)
			}
			words.WriteByte(c)
		}
		words.WriteByte(' ')
		fields := strings.Fields(words.String())
		if begun = depth > 0 || quoted; begun || len(fields) == 0 {
			continue
		}
		if strings.HasPrefix(fields[0], "$") && !open.borrowed {
			open.directive = true
			if strings.EqualFold(fields[0], "$ORIGIN") && len(fields) > 1 {
				if origin = fields[1]; !strings.HasSuffix(origin, ".") {
					origin += "." + strings.TrimPrefix(open.origin, ".") // relative to the one before
				}
			}
		}
		out[i] = open
	}
	return out
}

// find is the record with a key, -1 if there is none.
func (l *layout) find(key string) int {
	return slices.IndexFunc(l.records, func(r placed) bool { return recordKey(r.rr) == key })
}

// put is records in the place of others: those at the given indices go, and
// the lines of the new ones stand where the first of them stood, or at the end of
// the file. It reports false where the file does not let it; then it has to be written
// anew first.
func (l *layout) put(old []int, fresh []dns.RR) bool {
	slices.Sort(old)
	for _, i := range old {
		if !l.records[i].alone {
			return false
		}
	}
	lines := slices.Clone(l.lines)
	gone := make([]bool, len(lines))
	dropped := map[int]bool{}
	for _, i := range old {
		dropped[i] = true
		for k := l.records[i].first; k <= l.records[i].last; k++ {
			gone[k] = true
		}
	}
	// A line without an owner that comes after one that goes has to say its own.
	for i, r := range l.records {
		if r.borrowed && r.alone && !dropped[i] && i > 0 && dropped[i-1] {
			lines[r.first] = l.owner(r.rr.Header().Name, r.origin) + lines[r.first]
		} else if r.borrowed && !r.alone && i > 0 && dropped[i-1] {
			return false
		}
	}
	at, origin := len(lines), l.lastOrigin()
	if len(old) > 0 {
		at, origin = l.records[old[0]].first, l.records[old[0]].origin
	}
	var written []string
	for _, rr := range fresh {
		written = append(written, l.line(rr, origin))
	}
	var out []string
	for i := 0; i <= len(lines); i++ {
		if i == at {
			out = append(out, written...)
			// The record after them would take their owner.
			if next := slices.IndexFunc(l.records, func(r placed) bool { return r.first >= at && !gone[r.first] }); next >= 0 && len(fresh) > 0 {
				if r := l.records[next]; r.borrowed && !strings.HasPrefix(lines[r.first], l.owner(r.rr.Header().Name, r.origin)) {
					lines[r.first] = l.owner(r.rr.Header().Name, r.origin) + lines[r.first]
				}
			}
		}
		if i < len(lines) && !gone[i] {
			out = append(out, lines[i])
		}
	}
	l.lines = out
	return true
}

// lastOrigin is what is in force at the end of the file.
func (l *layout) lastOrigin() string {
	origin := ""
	probe := layout{zone: l.zone, lines: append(slices.Clone(l.lines), "x")}
	if e, ok := probe.scan()[len(l.lines)]; ok {
		origin = e.origin
	}
	return origin
}

// text is the file.
func (l *layout) text() string { return strings.Join(l.lines, "\n") + "\n" }

// line writes a record as the lines around it are written.
func (l *layout) line(rr dns.RR, origin string) string {
	h := rr.Header()
	return l.owner(h.Name, origin) + "\t" + ttlText(h.Ttl) + "\t" + dns.Type(h.Rrtype).String() + "\t" + dataText(rr)
}

// owner is a name as it is written below an origin.
func (l *layout) owner(name, origin string) string {
	name = nameText(name)
	switch {
	case strings.EqualFold(name, origin):
		return "@"
	case origin == "" || origin == ".":
		return name
	case len(name) > len(origin)+1 && strings.EqualFold(name[len(name)-len(origin)-1:], "."+origin):
		return name[:len(name)-len(origin)-1]
	}
	return name
}
