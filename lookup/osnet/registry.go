package osnet

import "net/netip"

// block is a range of addresses that no name server of the public Internet
// has.
type block struct {
	prefix netip.Prefix
	rule   Rule
	text   string // what the registry calls it
	lift   lift
}

// lift says what can exempt a block.
type lift int

const (
	byPrefix lift = iota // Config.Allow
	byOwner              // Config.AllowPrivate as well: one's own network may use it
	byNobody
)

func special(prefix, text string, l lift) block {
	return block{netip.MustParsePrefix(prefix), RuleSpecial, text, l}
}

// blocks4 is the IANA IPv4 Special-Purpose Address Registry (RFC 6890, state of
// October 2025), and multicast. The texts are the registry's names. Also what
// the registry calls globally reachable is refused: anycast services of
// other protocols, and the sinks of AS112, are not who a delegation should
// lead to.
var blocks4 = []block{
	special("0.0.0.0/8", `"this network"`, byNobody),                        // RFC 791 §3.2
	special("0.0.0.0/32", `"this host on this network"`, byNobody),          // RFC 1122 §3.2.1.3
	special("10.0.0.0/8", "private-use", byOwner),                           // RFC 1918
	special("100.64.0.0/10", "shared address space", byOwner),               // RFC 6598
	special("127.0.0.0/8", "loopback", byOwner),                             // RFC 1122 §3.2.1.3
	special("169.254.0.0/16", "link-local", byOwner),                        // RFC 3927
	special("172.16.0.0/12", "private-use", byOwner),                        // RFC 1918
	special("192.0.0.0/24", "IETF protocol assignments", byPrefix),          // RFC 6890 §2.1
	special("192.0.0.0/29", "IPv4 service continuity prefix", byPrefix),     // RFC 7335
	special("192.0.0.8/32", "IPv4 dummy address", byPrefix),                 // RFC 7600
	special("192.0.0.9/32", "Port Control Protocol anycast", byPrefix),      // RFC 7723
	special("192.0.0.10/32", "TURN anycast", byPrefix),                      // RFC 8155
	special("192.0.0.170/32", "NAT64/DNS64 discovery", byPrefix),            // RFC 8880
	special("192.0.0.171/32", "NAT64/DNS64 discovery", byPrefix),            // RFC 8880
	special("192.0.2.0/24", "documentation (TEST-NET-1)", byOwner),          // RFC 5737
	special("192.31.196.0/24", "AS112-v4", byPrefix),                        // RFC 7535
	special("192.52.193.0/24", "AMT", byPrefix),                             // RFC 7450
	special("192.88.99.0/24", "deprecated 6to4 relay anycast", byPrefix),    // RFC 7526
	special("192.88.99.2/32", "6a44-relay anycast address", byPrefix),       // RFC 6751
	special("192.168.0.0/16", "private-use", byOwner),                       // RFC 1918
	special("192.175.48.0/24", "direct delegation AS112 service", byPrefix), // RFC 7534
	special("198.18.0.0/15", "benchmarking", byOwner),                       // RFC 2544
	special("198.51.100.0/24", "documentation (TEST-NET-2)", byOwner),       // RFC 5737
	special("203.0.113.0/24", "documentation (TEST-NET-3)", byOwner),        // RFC 5737
	special("240.0.0.0/4", "reserved", byPrefix),                            // RFC 1112 §4
	special("255.255.255.255/32", "limited broadcast", byNobody),            // RFC 919 §7

	{netip.MustParsePrefix("224.0.0.0/4"), RuleMulticast, "multicast", byNobody}, // RFC 5771
}

// blocks6 is the IANA IPv6 Special-Purpose Address Registry (state of October
// 2025), multicast, and the parts of 2000::/3 that nobody was given (IPv6
// Global Unicast Address Assignments). Mapped addresses (::ffff:0:0/96) never
// get here: they are judged as the IPv4 addresses that they are.
var blocks6 = []block{
	special("::1/128", "loopback", byOwner),                                            // RFC 4291 §2.5.3
	special("::/128", "the unspecified address", byNobody),                             // RFC 4291 §2.5.2
	special("::/96", "IPv4-compatible", byPrefix),                                      // RFC 4291 §2.5.5.1, deprecated
	special("64:ff9b::/96", "IPv4-IPv6 translation", byPrefix),                         // RFC 6052
	special("64:ff9b:1::/48", "IPv4-IPv6 translation", byPrefix),                       // RFC 8215
	special("100::/64", "discard-only", byPrefix),                                      // RFC 6666
	special("100:0:0:1::/64", "dummy prefix", byPrefix),                                // RFC 9780
	special("2001::/23", "IETF protocol assignments", byPrefix),                        // RFC 2928
	special("2001::/32", "Teredo", byPrefix),                                           // RFC 4380
	special("2001:1::1/128", "Port Control Protocol anycast", byPrefix),                // RFC 7723
	special("2001:1::2/128", "TURN anycast", byPrefix),                                 // RFC 8155
	special("2001:1::3/128", "DNS-SD Service Registration Protocol anycast", byPrefix), // RFC 9665
	special("2001:2::/48", "benchmarking", byOwner),                                    // RFC 5180
	special("2001:3::/32", "AMT", byPrefix),                                            // RFC 7450
	special("2001:4:112::/48", "AS112-v6", byPrefix),                                   // RFC 7535
	special("2001:10::/28", "deprecated (ORCHID)", byPrefix),                           // RFC 4843
	special("2001:20::/28", "ORCHIDv2", byPrefix),                                      // RFC 7343
	special("2001:30::/28", "Drone Remote ID Protocol Entity Tags", byPrefix),          // RFC 9374
	special("2001:db8::/32", "documentation", byOwner),                                 // RFC 3849
	special("2002::/16", "6to4", byPrefix),                                             // RFC 3056
	special("2620:4f:8000::/48", "direct delegation AS112 service", byPrefix),          // RFC 7534
	special("3fff::/20", "documentation", byOwner),                                     // RFC 9637
	special("5f00::/16", "Segment Routing (SRv6) SIDs", byPrefix),                      // RFC 9602
	special("fc00::/7", "unique-local", byOwner),                                       // RFC 4193
	special("fe80::/10", "link-local", byOwner),                                        // RFC 4291 §2.5.6
	special("fec0::/10", "site-local", byPrefix),                                       // RFC 3879, deprecated

	{netip.MustParsePrefix("ff00::/8"), RuleMulticast, "multicast", byNobody}, // RFC 4291 §2.7

	{netip.MustParsePrefix("2d00::/8"), RuleUnallocated, "given to nobody", byPrefix},
	{netip.MustParsePrefix("2e00::/7"), RuleUnallocated, "given to nobody", byPrefix},
	{netip.MustParsePrefix("3000::/4"), RuleUnallocated, "given to nobody", byPrefix},
}

// globalUnicast is all that may be assigned to hosts so far (RFC 4291 §2.4,
// RFC 3587).
var globalUnicast = netip.MustParsePrefix("2000::/3")

// metadata are the services inside clouds that hand secrets to whoever asks
// from the right machine, by the addresses that no other block covers for good.
var metadata = []netip.Addr{
	netip.MustParseAddr("168.63.129.16"),   // Azure
	netip.MustParseAddr("169.254.169.254"), // most clouds
	netip.MustParseAddr("169.254.170.2"),   // containers at AWS
	netip.MustParseAddr("169.254.170.23"),
	netip.MustParseAddr("100.100.100.200"), // Alibaba
	netip.MustParseAddr("192.0.0.192"),     // Oracle
	netip.MustParseAddr("fd00:ec2::254"),   // AWS
	netip.MustParseAddr("fd00:ec2::23"),
	netip.MustParseAddr("fd20:ce::254"), // Google
}

// blockAround is the narrowest block that holds all of a prefix, nil for none.
func blockAround(p netip.Prefix) *block {
	table := blocks6
	if p.Addr().Is4() {
		table = blocks4
	}
	var found *block
	for i := range table {
		b := &table[i]
		if b.prefix.Bits() <= p.Bits() && b.prefix.Contains(p.Addr()) && (found == nil || b.prefix.Bits() > found.prefix.Bits()) {
			found = b
		}
	}
	return found
}
