package stub

import (
	"bufio"
	"net/netip"
	"strings"

	"rootwalk/lookup"
)

// maxHosts bounds the lines of a hosts file that count.
const maxHosts = 1000

// Hosts is a hosts file: names and addresses that a device knows without
// asking (RFC 952 began as one). It is immutable.
type Hosts struct {
	lines []hostLine
}

type hostLine struct {
	addr  netip.Addr
	names []lookup.Name
}

// ParseHosts reads the form of hosts(5): an address and its names on a line, #
// begins a comment. What is neither is skipped, as everywhere. The name
// localhost is there even if the text forgets it (RFC 6761 §6.3).
func ParseHosts(text string) *Hosts {
	h := &Hosts{}
	scanner := bufio.NewScanner(strings.NewReader(text))
	for scanner.Scan() && len(h.lines) < maxHosts {
		before, _, _ := strings.Cut(scanner.Text(), "#")
		fields := strings.Fields(before)
		if len(fields) < 2 {
			continue
		}
		addr, err := netip.ParseAddr(fields[0])
		if err != nil {
			continue
		}
		line := hostLine{addr: addr.WithZone("").Unmap()}
		for _, f := range fields[1:] {
			if name, err := lookup.ParseName(f); err == nil {
				line.names = append(line.names, name)
			}
		}
		if len(line.names) > 0 {
			h.lines = append(h.lines, line)
		}
	}
	for _, addr := range []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()} {
		if len(h.addresses("localhost.", addr.Is4())) == 0 {
			h.lines = append(h.lines, hostLine{addr, []lookup.Name{"localhost."}})
		}
	}
	return h
}

// has reports whether a hosts file can say anything about a type.
func (h *Hosts) has(t lookup.Type) bool {
	return t == lookup.TypeA || t == lookup.TypeAAAA || t == lookup.TypePTR
}

func (h *Hosts) addresses(name lookup.Name, is4 bool) []netip.Addr {
	var out []netip.Addr
	for _, l := range h.lines {
		if l.addr.Is4() != is4 {
			continue
		}
		for _, n := range l.names {
			if n.Equal(name) {
				out = append(out, l.addr)
				break
			}
		}
	}
	return out
}

// find returns the records that the file stands for, with TTL 0: it has none.
func (h *Hosts) find(q lookup.Question) []lookup.Record {
	found := []lookup.Record{}
	record := func(data string) {
		found = append(found, lookup.Record{Name: q.Name, Type: q.Type, Class: q.Class, Data: data})
	}
	switch q.Type {
	case lookup.TypeA, lookup.TypeAAAA:
		for _, a := range h.addresses(q.Name, q.Type == lookup.TypeA) {
			record(a.String())
		}
	case lookup.TypePTR:
		for _, l := range h.lines {
			if lookup.ReverseName(l.addr).Equal(q.Name) {
				record(string(l.names[0])) // the first name of a line is the official one
			}
		}
	}
	return found
}
