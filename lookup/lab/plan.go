package lab

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Role says what a machine or a server is there for.
type Role string

const (
	RoleRoot          Role = "root"
	RoleTLD           Role = "tld"
	RoleAuthoritative Role = "authoritative"
	RoleResolver      Role = "resolver"
	RoleWeb           Role = "web"
	RoleRouter        Role = "router"
	RoleDevice        Role = "device"
)

// network is one network of the lab: a segment with a router at its edge.
// The AS numbers are the documentation ones (RFC 5398).
type network struct {
	segment  string
	as       uint32 // 0 at the exchange, which belongs to nobody
	router   string
	prefixes []netip.Prefix // where the machines have their own addresses; the router has the first address of each
}

// machine is one host of the lab: a TCP/IP stack with one network card.
type machine struct {
	name    string
	segment string
	addrs   []netip.Addr // its own; servers bring theirs as well
}

// nameServer is one authoritative server: a program on a machine with two
// addresses of its own. Several run on one machine, as they do in a data centre;
// each is a separate server to the outside.
type nameServer struct {
	name    string
	role    Role
	machine string
	v4, v6  string
	zones   string // separated by spaces
}

// The second-level zones, by who serves them.
const (
	hostedZones = "dnshost.net rotate.example dual.example chain.example dname.example moved.example wild.example " +
		"ent.example nodata.example nx.example nx-short.example mx.example nomail.example srv.example types.example " +
		"loop.example dangling.example sidewalk.org big.test short.test " +
		"113.0.203.in-addr.arpa 100.51.198.in-addr.arpa 2.0.192.in-addr.arpa 8.b.d.0.1.0.0.2.ip6.arpa 0.f.f.f.3.ip6.arpa"
	copiedZones  = "chain-two.org example.com sample.com google.com naver.com sample.co.kr"
	koreanZones  = "example.co.kr xn--bj0bj06e.kr cdn.net"
	brokenZones  = "halfdead.test closed.test lame.test" // only the second hosting server has them
	rootZones    = ". root-servers.net"
	gtldZones    = "com net gtld-servers.net"
	krZones      = "kr co.kr"
	orgZones     = "org"
	testZones    = "test example"
	reverseZones = "arpa in-addr.arpa ip6.arpa"
)

// nameServers is every authoritative server of the lab.
var nameServers = []nameServer{
	{"a.root-servers.net", RoleRoot, "root-1", "198.41.0.4", "2001:503:ba3e::2:30", rootZones},
	{"b.root-servers.net", RoleRoot, "root-1", "170.247.170.2", "2801:1b8:10::b", rootZones},
	{"c.root-servers.net", RoleRoot, "root-1", "192.33.4.12", "2001:500:2::c", rootZones},
	{"d.root-servers.net", RoleRoot, "root-1", "199.7.91.13", "2001:500:2d::d", rootZones},
	{"e.root-servers.net", RoleRoot, "root-1", "192.203.230.10", "2001:500:a8::e", rootZones},
	{"f.root-servers.net", RoleRoot, "root-1", "192.5.5.241", "2001:500:2f::f", rootZones},
	{"g.root-servers.net", RoleRoot, "root-1", "192.112.36.4", "2001:500:12::d0d", rootZones},
	{"h.root-servers.net", RoleRoot, "root-2", "198.97.190.53", "2001:500:1::53", rootZones},
	{"i.root-servers.net", RoleRoot, "root-2", "192.36.148.17", "2001:7fe::53", rootZones},
	{"j.root-servers.net", RoleRoot, "root-2", "192.58.128.30", "2001:503:c27::2:30", rootZones},
	{"k.root-servers.net", RoleRoot, "root-2", "193.0.14.129", "2001:7fd::1", rootZones},
	{"l.root-servers.net", RoleRoot, "root-2", "199.7.83.42", "2001:500:9f::42", rootZones},
	{"m.root-servers.net", RoleRoot, "root-2", "202.12.27.33", "2001:dc3::35", rootZones},

	{"a.gtld-servers.net", RoleTLD, "tld-1", "198.51.100.30", "2001:db8:7::30", gtldZones},
	{"b.gtld-servers.net", RoleTLD, "tld-2", "198.51.100.31", "2001:db8:7::31", gtldZones},
	{"d.dns.kr", RoleTLD, "tld-1", "198.51.100.4", "2001:db8:7::4", krZones},
	{"e.dns.kr", RoleTLD, "tld-2", "198.51.100.5", "2001:db8:7::5", krZones},
	{"g.dns.kr", RoleTLD, "tld-2", "198.51.100.7", "2001:db8:7::7", krZones},
	{"a.dns.org", RoleTLD, "tld-1", "198.51.100.40", "2001:db8:7::40", orgZones},
	{"b.dns.org", RoleTLD, "tld-2", "198.51.100.41", "2001:db8:7::41", orgZones},
	{"a.dns.test", RoleTLD, "tld-1", "198.51.100.50", "2001:db8:7::50", testZones},
	{"b.dns.test", RoleTLD, "tld-2", "198.51.100.51", "2001:db8:7::51", testZones},
	{"a.ns.arpa", RoleTLD, "tld-1", "198.51.100.60", "2001:db8:7::60", reverseZones},
	{"b.ns.arpa", RoleTLD, "tld-2", "198.51.100.61", "2001:db8:7::61", reverseZones},

	{"ns1.example.co.kr", RoleAuthoritative, "dns-1", "203.0.113.53", "2001:db8:53::53", koreanZones},
	{"ns2.example.co.kr", RoleAuthoritative, "dns-2", "203.0.113.54", "2001:db8:53::54", koreanZones},
	{"ns1.dnshost.net", RoleAuthoritative, "dns-1", "203.0.113.41", "2001:db8:53::41", hostedZones},
	{"ns2.dnshost.net", RoleAuthoritative, "dns-2", "203.0.113.42", "2001:db8:53::42", hostedZones + " " + brokenZones},
	{"ns1.shop.example", RoleAuthoritative, "dns-1", "203.0.113.45", "2001:db8:53::45", "shop.example mail.example"},
	{"ns2.shop.example", RoleAuthoritative, "dns-2", "203.0.113.46", "2001:db8:53::46", "shop.example mail.example"},
	{"ns1.c.test", RoleAuthoritative, "dns-1", "203.0.113.47", "2001:db8:53::47", "c.test b.c.test"},
	{"ns2.c.test", RoleAuthoritative, "dns-2", "203.0.113.48", "2001:db8:53::48", "c.test b.c.test"},
	{"ns1.sample.com", RoleAuthoritative, "dns-3", "198.51.100.141", "3fff:53::141", copiedZones},
	{"ns2.sample.com", RoleAuthoritative, "dns-4", "198.51.100.142", "3fff:53::142", copiedZones},
	{"ns1.sister.example", RoleAuthoritative, "dns-3", "198.51.100.143", "3fff:53::143", "sister.example brother.example"},
	{"ns2.sister.example", RoleAuthoritative, "dns-4", "198.51.100.144", "3fff:53::144", "sister.example brother.example"},
	{"ns1.y.test", RoleAuthoritative, "dns-3", "198.51.100.147", "3fff:53::147", "y.test"},
	{"ns2.y.test", RoleAuthoritative, "dns-4", "198.51.100.148", "3fff:53::148", "y.test"},
	{"ns1.x.y.test", RoleAuthoritative, "dns-3", "198.51.100.149", "3fff:53::149", "x.y.test"},
	{"ns2.x.y.test", RoleAuthoritative, "dns-4", "198.51.100.150", "3fff:53::150", "x.y.test"},
}

// addrs are the server's addresses, IPv4 first.
func (s nameServer) addrs() []netip.Addr {
	return []netip.Addr{netip.MustParseAddr(s.v4), netip.MustParseAddr(s.v6)}
}

// zoneNames are the names of the server's zones, with the final dot.
func (s nameServer) zoneNames() []string {
	names := strings.Fields(s.zones)
	for i, n := range names {
		if n != "." {
			names[i] = n + "."
		}
	}
	return names
}

// planServer finds a server by name.
func planServer(name string) (nameServer, error) {
	i := slices.IndexFunc(nameServers, func(s nameServer) bool { return s.name == name })
	if i < 0 {
		return nameServer{}, fmt.Errorf("lab: no name server %q", name)
	}
	return nameServers[i], nil
}
