package lab

import (
	"net/netip"
	"strings"
	"time"
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

// network is one network of the lab: a segment (a switch) and the router that
// joins it to the others. All addresses but the root servers' are documentation
// addresses (RFC 5737, 3849, 9637), the AS numbers too (RFC 5398).
type network struct {
	segment string
	as      uint32 // 0 at the exchange, which is nobody's
	router  string
	// on is the router's address in each prefix of the segment; the machines have
	// it as their gateway.
	on []string
	// exchange is the router's addresses at the exchange, "" inside the provider.
	exchange4, exchange6 string
	// delay is the time a packet takes between the exchange and this network, one
	// way.
	delay time.Duration
}

// The exchange: one switch where the border routers of all networks meet.
const exchangeSegment = "ix"

var networks = []network{
	{segment: "isp", as: 64496, router: "isp", on: []string{"192.0.2.1/26", "2001:db8:1::1/64"},
		exchange4: "203.0.113.225/28", exchange6: "2001:db8:ffff::1/64"},
	{segment: "root", as: 64497, router: "rootnet", on: []string{"203.0.113.241/28", "2001:db8:6::1/64"},
		exchange4: "203.0.113.226/28", exchange6: "2001:db8:ffff::2/64", delay: 4400 * time.Microsecond},
	{segment: "tld", as: 64498, router: "tldnet", on: []string{"198.51.100.1/25", "2001:db8:7::1/64"},
		exchange4: "203.0.113.227/28", exchange6: "2001:db8:ffff::3/64", delay: 1800 * time.Microsecond},
	{segment: "dns", as: 64499, router: "dnsnet", on: []string{"203.0.113.33/27", "2001:db8:53::1/64", "198.51.100.129/27", "3fff:53::1/64"},
		exchange4: "203.0.113.228/28", exchange6: "2001:db8:ffff::4/64", delay: 6400 * time.Microsecond},
	{segment: "web", as: 64500, router: "webnet", on: []string{"203.0.113.1/27", "2001:db8:80::1/64", "203.0.113.129/26", "2001:db8:81::1/64", "3fff:80::1/64"},
		exchange4: "203.0.113.229/28", exchange6: "2001:db8:ffff::5/64", delay: 7500 * time.Microsecond},
}

// The learner's end: a LAN behind a home router, and the access line from there
// to the provider. There is no address translation in the lab, so the LAN has
// public (documentation) addresses.
const (
	homeRouter = "home"

	lanSegment    = "lan"
	lanGateway4   = "192.0.2.129/25"
	lanGateway6   = "2001:db8:1:1::1/64"
	accessSegment = "access"
	accessHome4   = "192.0.2.66/30"
	accessHome6   = "2001:db8:1:2::2/64"
	accessISP4    = "192.0.2.65/30"
	accessISP6    = "2001:db8:1:2::1/64"
	accessDelay   = 1150 * time.Microsecond // one way

	firstDevice = 130 // the last octet of the first learner's device
	lastDevice  = 254
)

// machine is one computer: a TCP/IP stack with one network card. Its servers
// bring their own addresses besides the machine's.
type machine struct {
	name    string
	segment string
	addrs   []string // with the prefix that is on its link
}

var machines = []machine{
	{"R1", "isp", []string{"192.0.2.53/26", "2001:db8:1::53/64"}},
	{"R2", "isp", []string{"192.0.2.54/26", "2001:db8:1::54/64"}},
	{"root-1", "root", []string{"203.0.113.242/28", "2001:db8:6::2/64"}},
	{"root-2", "root", []string{"203.0.113.243/28", "2001:db8:6::3/64"}},
	{"tld-1", "tld", []string{"198.51.100.2/25", "2001:db8:7::2/64"}},
	{"tld-2", "tld", []string{"198.51.100.3/25", "2001:db8:7::3/64"}},
	{"dns-1", "dns", []string{"203.0.113.34/27", "2001:db8:53::2/64"}},
	{"dns-2", "dns", []string{"203.0.113.35/27", "2001:db8:53::3/64"}},
	{"dns-3", "dns", []string{"198.51.100.130/27", "3fff:53::2/64"}},
	{"dns-4", "dns", []string{"198.51.100.131/27", "3fff:53::3/64"}},
	{"web-1", "web", []string{"203.0.113.2/27", "2001:db8:80::2/64", "3fff:80::2/64"}},
	{"web-2", "web", []string{"203.0.113.190/26", "2001:db8:81::2/64"}},
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
		"loop.example dangling.example sidewalk.org big.test short.test copies.example classroom.test " + signedZones + " " +
		"113.0.203.in-addr.arpa 100.51.198.in-addr.arpa 2.0.192.in-addr.arpa 8.b.d.0.1.0.0.2.ip6.arpa 0.f.f.f.3.ip6.arpa"
	signedZones = "signed.example plain.signed.example rsa.example ed25519.example nsec3.example optout.example plain.optout.example iterations.example " +
		"newalg.example expired.example notyet.example forgotten.example wrongds.example stripped.example tampered.example"
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
