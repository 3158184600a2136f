package templates

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"

	"rootwalk/lookup"
)

// Census is every name server of an internet that is known as a whole.
type Census struct {
	Servers []CensusServer
	New     []lookup.Name // zones that were not there in the beginning
}

// CensusServer is one of them.
type CensusServer struct {
	Name    lookup.Name
	Role    lookup.Role
	Machine string
	Addrs   []netip.Addr
	Zones   []lookup.Name
}

// zones counts the zones.
func (c *Census) zones() int {
	seen := map[lookup.Name]bool{}
	for _, s := range c.Servers {
		for _, z := range s.Zones {
			seen[z.Canonical()] = true
		}
	}
	return len(seen)
}

// hierarchy is what a run met of the servers and zones that there are.
type hierarchy struct {
	Asked, Named, Zones       int // servers asked, servers named in responses or known before, zones asked
	Groups                    []serverGroup
	Servers, AllZones         int // that there are; 0 where nobody knows
	New                       []lookup.Name
	Root                      []rootName
	RootMachines, RootAddrs   int
	Primed                    *primed
	askedServers, namedServer map[lookup.Name]bool
}

// serverGroup is the servers of one role.
type serverGroup struct {
	Role    lookup.Role
	Squares []serverSquare
	Asked   int
}

type serverSquare struct {
	Name  string
	State string // "asked", "named", "there"
}

// rootName is one of the names of the root servers.
type rootName struct {
	Name    string
	V4, V6  string
	Machine string // "" where nobody knows
	Asked   bool
}

// primed is a priming response, weighed.
type primed struct {
	Server                     string
	Bytes, Answers, Additional int
	TTLSec                     uint32
	Names, Addrs               int
	Parts                      []sizePart
	Ruler                      []sizeMark
	RTTUs                      int64
}

// sizePart is a section of a message, to scale.
type sizePart struct {
	Key   string
	Bytes int
	X, W  string
}

type sizeMark struct{ X, Text string }

// hierarchyOf reads what a run met.
func hierarchyOf(p Page) hierarchy {
	h := hierarchy{askedServers: map[lookup.Name]bool{}, namedServer: map[lookup.Name]bool{}}
	zones := map[lookup.Name]bool{}
	var hints, root []lookup.NameServer
	var priming *lookup.AnswerReceived
	var ttl uint32
	if p.View != nil {
		for _, e := range p.View.events {
			switch f := e.Fact.(type) {
			case lookup.QuerySent:
				if f.By == lookup.RoleResolver && f.Server.Role != lookup.RoleResolver {
					h.askedServers[f.Server.Name.Canonical()] = true
					zones[f.Zone.Canonical()] = true
				}
			case lookup.ServersListed:
				for _, s := range f.Servers {
					h.namedServer[s.Name.Canonical()] = true
				}
				if f.Zone == lookup.Root && len(hints) == 0 {
					hints = f.Servers
				}
			case lookup.AnswerReceived:
				if f.By == lookup.RoleResolver && f.Question.Name == lookup.Root && f.Question.Type == lookup.TypeNS {
					priming = &f
				}
			case lookup.RootPrimed:
				root, ttl = f.Servers, f.TTLSec
			}
		}
	}
	if len(root) == 0 {
		root = hints
	}
	for name := range h.askedServers {
		h.namedServer[name] = true
	}
	h.Asked, h.Named, h.Zones = len(h.askedServers), len(h.namedServer), len(zones)
	if p.Census != nil {
		h.survey(p.Census)
		if len(root) == 0 { // the walk began below the root: the hints are the lab's
			for _, s := range p.Census.Servers {
				if s.Role == lookup.RoleRoot {
					root = append(root, lookup.NameServer{Name: s.Name, Addrs: s.Addrs})
				}
			}
		}
	}
	h.roots(p.Census, root)
	if priming != nil && ttl > 0 {
		h.Primed = primedOf(*priming, h, ttl)
	}
	return h
}

// survey lists every server that there is, and what this run knew of it.
func (h *hierarchy) survey(c *Census) {
	h.Servers, h.AllZones, h.New = len(c.Servers), c.zones(), c.New
	for _, role := range []lookup.Role{lookup.RoleRoot, lookup.RoleTLD, lookup.RoleAuthoritative} {
		g := serverGroup{Role: role}
		for _, s := range c.Servers {
			if s.Role != role {
				continue
			}
			square := serverSquare{Name: s.Name.Short(), State: "there"}
			switch {
			case h.askedServers[s.Name.Canonical()]:
				square.State = "asked"
				g.Asked++
			case h.namedServer[s.Name.Canonical()]:
				square.State = "named"
			}
			g.Squares = append(g.Squares, square)
		}
		h.Groups = append(h.Groups, g)
	}
}

// roots lists the names of the root servers with their addresses.
func (h *hierarchy) roots(c *Census, root []lookup.NameServer) {
	machines := map[lookup.Name]string{}
	if c != nil {
		for _, s := range c.Servers {
			machines[s.Name.Canonical()] = s.Machine
		}
	}
	used := map[string]bool{}
	for _, s := range root {
		r := rootName{Name: s.Name.Short(), Machine: machines[s.Name.Canonical()], Asked: h.askedServers[s.Name.Canonical()]}
		for _, a := range s.Addrs {
			h.RootAddrs++
			if a.Is4() {
				r.V4 = a.String()
			} else {
				r.V6 = a.String()
			}
		}
		if r.Machine != "" && !used[r.Machine] {
			used[r.Machine] = true
			h.RootMachines++
		}
		h.Root = append(h.Root, r)
	}
	slices.SortFunc(h.Root, func(a, b rootName) int { return strings.Compare(a.Name, b.Name) })
}

// The ruler of a priming response, in units of its viewBox.
const (
	rulerLeft  = 8.
	rulerWidth = 344.
	rulerBytes = 1300.
)

func primedOf(f lookup.AnswerReceived, h hierarchy, ttl uint32) *primed {
	m := f.Message
	out := &primed{Server: f.Server.Name.Short(), Bytes: len(m), TTLSec: ttl, Names: len(h.Root), Addrs: h.RootAddrs, RTTUs: f.RTTUs}
	if len(m) >= 12 {
		out.Answers, out.Additional = int(binary.BigEndian.Uint16(m[6:])), int(binary.BigEndian.Uint16(m[10:]))
	}
	sizes := map[string]int{}
	for _, s := range lookup.Anatomy(m) {
		sizes[s.Section] += s.Len
	}
	x := rulerLeft
	for _, key := range []string{"header", "question", "answer", "authority", "additional"} {
		if sizes[key] == 0 {
			continue
		}
		w := rulerWidth * float64(sizes[key]) / rulerBytes
		out.Parts = append(out.Parts, sizePart{Key: key, Bytes: sizes[key], X: coordinate(x), W: coordinate(w)})
		x += w
	}
	for _, mark := range []int{512, 1232} {
		out.Ruler = append(out.Ruler, sizeMark{coordinate(rulerLeft + rulerWidth*float64(mark)/rulerBytes), number(mark)})
	}
	return out
}
