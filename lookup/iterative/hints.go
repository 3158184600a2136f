package iterative

import (
	"bufio"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"rootwalk/lookup"
)

//go:embed named.root
var publishedHints string

// Hints are the root servers as published: 13 names with an IPv4 and an IPv6
// address each (RFC 9609 §2.1). The list is the caller's.
func Hints() []lookup.NameServer {
	hints, err := ParseHints(strings.NewReader(publishedHints))
	if err != nil {
		panic("iterative: named.root: " + err.Error()) // part of the program, and tested
	}
	return hints
}

// Bounds of a hints file: the published one has 91 lines and 39 records.
const (
	maxHintsSize  = 64 << 10
	maxHintsNames = 32
)

// ParseHints reads root hints in the form of the file named.root: NS records of
// the root and A and AAAA records of the servers they name, one on a line, with
// comments behind a semicolon. TTLs are not used. An error names its line.
func ParseHints(r io.Reader) ([]lookup.NameServer, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxHintsSize+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxHintsSize {
		return nil, fmt.Errorf("more than %d bytes: not a list of root servers", maxHintsSize)
	}
	p := hintsParser{owner: lookup.Root, mentioned: map[lookup.Name]int{}}
	scanner := bufio.NewScanner(strings.NewReader(string(text)))
	scanner.Buffer(nil, maxHintsSize+1)
	for n := 1; scanner.Scan(); n++ {
		if err := p.line(n, scanner.Text()); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	if err := scanner.Err(); err != nil {
		return nil, err
	}
	return p.servers()
}

type hintsParser struct {
	owner     lookup.Name
	names     []lookup.Name // as NS records name them
	addrs     []hintedAddr
	mentioned map[lookup.Name]int // owners of addresses, with their first line
}

type hintedAddr struct {
	name lookup.Name
	addr netip.Addr
}

func (p *hintsParser) line(n int, line string) error {
	line, _, _ = strings.Cut(line, ";")
	fields := strings.Fields(line)
	if len(fields) == 0 {
		return nil
	}
	switch directive := strings.ToUpper(fields[0]); {
	case directive == "$TTL" && len(fields) == 2:
		return nil
	case directive == "$ORIGIN" && len(fields) == 2 && fields[1] == ".":
		return nil
	case strings.HasPrefix(directive, "$"):
		return fmt.Errorf("%s has no place in root hints", lookup.Printable(fields[0]))
	}
	if line[0] != ' ' && line[0] != '\t' {
		owner, err := hintsName(fields[0])
		if err != nil {
			return err
		}
		p.owner, fields = owner, fields[1:]
	}
	// TTL and class may be there, in either order (RFC 1035 §5.1).
	for len(fields) > 0 {
		if _, err := strconv.ParseUint(fields[0], 10, 32); err != nil && !strings.EqualFold(fields[0], "IN") {
			break
		}
		fields = fields[1:]
	}
	if len(fields) != 2 {
		return errors.New("not a record: want a name, a TTL, a type and its data (\". 3600000 NS a.root-servers.net.\")")
	}
	switch rrtype, data := strings.ToUpper(fields[0]), fields[1]; rrtype {
	case "NS":
		return p.ns(data)
	case "A", "AAAA":
		addr, err := netip.ParseAddr(data)
		if err != nil || addr.Is4() != (rrtype == "A") || addr.Zone() != "" || addr.Is4In6() {
			return fmt.Errorf("%s is not the data of %s record", lookup.Printable(data), article(rrtype))
		}
		if p.mentioned[p.owner] == 0 {
			p.mentioned[p.owner] = n
		}
		p.addrs = append(p.addrs, hintedAddr{p.owner, addr})
		return nil
	default:
		return fmt.Errorf("a record of type %s: root hints have NS, A and AAAA", lookup.Printable(fields[0]))
	}
}

func article(rrtype string) string { return "an " + rrtype } // both begin with the letter A

func (p *hintsParser) ns(data string) error {
	if p.owner != lookup.Root {
		return fmt.Errorf("name servers of %s: root hints are about the root", p.owner)
	}
	name, err := hintsName(data)
	if err != nil {
		return err
	}
	if slices.Contains(p.names, name) {
		return nil
	}
	if len(p.names) == maxHintsNames {
		return fmt.Errorf("more than %d name servers", maxHintsNames)
	}
	p.names = append(p.names, name)
	return nil
}

// hintsName reads a name of the file: what has no final dot is below the root
// all the same.
func hintsName(s string) (lookup.Name, error) {
	if s == "@" {
		return lookup.Root, nil
	}
	name, err := lookup.ParseName(s)
	return name.Canonical(), err
}

// servers joins names and addresses.
func (p *hintsParser) servers() ([]lookup.NameServer, error) {
	if len(p.names) == 0 {
		return nil, errors.New("no NS record of the root")
	}
	for _, a := range p.addrs {
		if !slices.Contains(p.names, a.name) {
			return nil, fmt.Errorf("line %d: an address of %s, which no NS record names", p.mentioned[a.name], a.name)
		}
	}
	var out []lookup.NameServer
	for _, name := range p.names {
		s := lookup.NameServer{Name: name, Glue: lookup.GlueHint}
		for _, a := range p.addrs {
			switch {
			case a.name != name || slices.Contains(s.Addrs, a.addr):
			case len(s.Addrs) == maxAddresses:
				return nil, fmt.Errorf("line %d: more than %d addresses of %s", p.mentioned[name], maxAddresses, name)
			default:
				s.Addrs = append(s.Addrs, a.addr)
			}
		}
		if len(s.Addrs) > 0 { // a root server without an address cannot be asked for its own
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		return nil, errors.New("no address of any root server")
	}
	return out, nil
}
