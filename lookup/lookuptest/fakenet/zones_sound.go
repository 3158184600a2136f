package fakenet

import (
	"fmt"
	"strings"

	"github.com/miekg/dns"

	"rootwalk/lookup/lab/sign"
)

// Ways of signing, by what is particular about them.
var (
	p256     = &sign.Options{}
	twoKeys  = &sign.Options{Separate: true}
	rsa256   = &sign.Options{Algorithm: dns.RSASHA256, Separate: true}
	rsa512   = &sign.Options{Algorithm: dns.RSASHA512}
	p384     = &sign.Options{Algorithm: dns.ECDSAP384SHA384}
	ed25519  = &sign.Options{Algorithm: dns.ED25519}
	nsec3    = &sign.Options{NSEC3: &sign.NSEC3{}}
	salted   = &sign.Options{NSEC3: &sign.NSEC3{Iterations: 5, Salt: "abcd"}}
	optOut   = &sign.Options{NSEC3: &sign.NSEC3{OptOut: true}}
	optOut25 = &sign.Options{Algorithm: dns.ED25519, NSEC3: &sign.NSEC3{OptOut: true}}
)

// Name servers that many zones share.
const (
	twoHosts = "ns1.dnshost.net. ns2.dnshost.net."
	cloud    = "a.clouddns.org. b.clouddns.org."
	gtld     = "a.gtld-servers.net.=gtld-a b.gtld-servers.net.=gtld-b"

	www = "www A 193.108.200.80\nwww AAAA 2600:1480:200::80\n"
)

// Zones is the fake Internet: what is there, and what for.
var Zones = append(append([]Zone{
	{Name: ".", For: "where trust and walks begin", NS: rootNS(), Sign: rsa256, Ask: "com A; nowhere NS; nowhere DS"},
	{Name: "root-servers.net.", For: "the root servers' own names", NS: rootNS(), Ask: "a A; m AAAA"},
	{Name: "com.", For: "NSEC3 with opt-out, as the real one", NS: gtld, Sign: optOut, Ask: "no-such-domain DS; no-such-domain NS"},
	{Name: "net.", For: "another zone of the same servers", NS: gtld, Sign: optOut25},
	{Name: "gtld-servers.net.", For: "names of servers below a zone that they serve", NS: gtld, Ask: "a A; b AAAA"},
	{Name: "org.", For: "NSEC3 without opt-out", NS: "a0.org.=org-a", Sign: nsec3, Ask: "no-such-domain DS"},
	{Name: "se.", For: "NSEC", NS: "a.ns.se.=se-a", Sign: p256, Ask: "no-such-domain DS; ns A"},
	{Name: "kr.", For: "registrations at two depths", NS: "b.dns.kr.=kr-b", Sign: optOut},
	{Name: "co.kr.", For: "a zone cut below a top-level domain, on the same server", NS: "b.dns.kr.", Sign: p256},

	// Hosting companies.
	{Name: "dnshost.net.", For: "names of servers that others use", NS: "ns1=nsd1 ns2=knot1", Sign: p256, Ask: "ns1 A; ns2 AAAA"},
	{Name: "clouddns.org.", For: "the same, unsigned, on other programs", NS: "a=bind1 b=nsd2", Ask: "a A; b AAAA"},

	// Unsigned.
	{Name: "plain.com.", For: "nothing particular", NS: twoHosts, Text: www + "@ MX 10 mail\nmail A 193.108.200.25\n", Ask: "@ MX; mail A; WwW A"},
	{Name: "plain.net.", For: "server names below the same parent", NS: twoHosts, Text: www},
	{Name: "glueless.com.", For: "servers whose addresses the parent does not have", NS: cloud, Text: www + "ns A 193.108.88.53\nns AAAA 2600:1480:88::53\n"},
	{Name: "glueless2.com.", For: "servers whose zone has servers without addresses itself", NS: "ns.glueless.com.=nsd1", Text: www, NoGlue: true},
	{Name: "mixed.com.", For: "one server inside, one elsewhere", NS: "ns1=knot2 b.clouddns.org.", Text: www},
	{Name: "wild.com.", For: "wildcards (RFC 4592)", NS: cloud, Text: www + "* A 193.108.200.42\n* TXT \"from a wildcard\"\n*.deep CNAME www.plain.com.\nthere MX 10 mail\n",
		Ask: "any.thing A; any TXT; any MX; there A; x.there A; a.deep A; a.b.deep AAAA; * A"},
	{Name: "ent.com.", For: "names without records above names with some", NS: twoHosts, Text: www + "a.b.c.d A 193.108.200.4\n_sip._tcp SRV 1 2 5060 www\n", Ask: "d A; c.d A; b.c.d AAAA; a.b.c.d A; _tcp A; _sip._tcp SRV"},
	{Name: "alias.com.", For: "a chain of aliases across zones and servers", NS: cloud, Text: "www CNAME www.alias.net.\nshort CNAME target\ntarget A 193.108.200.7\nmail CNAME no-such-name.plain.com.\ntxt CNAME www.plain.com.\n", Ask: "short A; short CNAME; mail A; txt TXT"},
	{Name: "alias.net.", For: "its middle", NS: twoHosts, Text: "www CNAME www.alias.se.\n"},
	{Name: "alias.se.", For: "its signed end", NS: "ns1=knot1", Sign: p256, Text: www + "back CNAME www.plain.com.\nfar CNAME www.wild.com.\nnone CNAME no-such-name.alias.se.\n", Ask: "back A; back AAAA; far A; none A; back CNAME"},
	{Name: "dname.com.", For: "a subtree elsewhere (RFC 6672)", NS: cloud, Text: www + "old DNAME plain.com.\n", Ask: "old DNAME; www.old A; nobody.old A; mail.old AAAA; old A"},
	{Name: "bigtxt.com.", For: "an answer too large for UDP", NS: twoHosts, Text: www + bigTXT(6000), Ask: "big TXT"},
	{Name: "many.com.", For: "an RRset of many records", NS: cloud, Text: www + manyA(30), Ask: "many A"},
	{Name: "types.com.", For: "types of all kinds", NS: twoHosts, Text: www + typesText, Ask: "@ CAA; t TYPE65400; t HINFO; t SSHFP; t NAPTR; t LOC; svc SVCB; svc HTTPS; t TLSA; @ ANY; www ANY"},
	{Name: "v4only.org.", For: "servers without IPv6", NS: "ns1=v4only", Text: www},
	{Name: "v6only.org.", For: "servers without IPv4", NS: "ns1=v6only", Text: www},
	{Name: "xn--bj0bj06e.kr.", For: "a name in Hangul", NS: twoHosts, Text: www},
	{Name: "example.co.kr.", For: "three referrals down", NS: twoHosts, Text: www},
	{Name: "sub.example.co.kr.", For: "a child on the server of its parent", NS: "ns1.dnshost.net.", Text: www},
	{Name: "oneshort.com.", For: "TTLs of one second, and of none", NS: twoHosts, Text: www + "one 1 A 193.108.200.1\nzero 0 A 193.108.200.2\n", Ask: "one A; zero A"},
}, soundSigned...), append(brokenZones, popular()...)...)

// soundSigned are signed zones with nothing wrong.
var soundSigned = []Zone{
	{Name: "rsa256.se.", For: "RSA/SHA-256, two keys", NS: "ns1=nsd1 ns2=knot1", Sign: rsa256, Text: www},
	{Name: "rsa512.se.", For: "RSA/SHA-512", NS: "ns1=knot2", Sign: rsa512, Text: www},
	{Name: "p256.se.", For: "ECDSA P-256, two keys", NS: "ns1=bind1", Sign: twoKeys, Text: www},
	{Name: "p384.se.", For: "ECDSA P-384", NS: "ns1=nsd2 ns2=bind1", Sign: p384, Text: www},
	{Name: "ed25519.se.", For: "Ed25519", NS: "ns1=nsd1", Sign: ed25519, Text: www},
	{Name: "child.p256.se.", For: "a signed child on the server of its parent", NS: "ns1=bind1", Sign: p256, Text: www},
	{Name: "plain.p256.se.", For: "an unsigned child of a signed zone", NS: "ns1=bind1", Text: www},
	{Name: "nsec3.com.", For: "NSEC3 with salt and iterations", NS: cloud, Sign: salted, Text: www + "a.b.c A 193.108.200.5\n", Ask: "c A; b.c TXT; x.b.c A"},
	{Name: "optout.org.", For: "opt-out in a zone of one's own", NS: twoHosts, Sign: optOut, Text: www, Ask: "no-such-name DS"},
	{Name: "plain.optout.org.", For: "an unsigned child under opt-out", NS: twoHosts, Text: www},
	{Name: "signed.optout.org.", For: "a signed child under opt-out", NS: twoHosts, Sign: ed25519, Text: www},
	{Name: "wild.se.", For: "answers from wildcards need a proof (RFC 4035 §5.3.4)", NS: twoHosts, Sign: p256, Text: www + "* A 193.108.200.43\n*.deep CNAME www.p256.se.\n", Ask: "any A; a.b A; any MX; x.deep A; x.deep AAAA; * A; deep A"},
	{Name: "wild3.org.", For: "the same with NSEC3", NS: "ns1=knot1", Sign: nsec3, Text: www + "* A 193.108.200.44\n", Ask: "any A; a.b A; any MX"},
	{Name: "dname.se.", For: "a signed DNAME; the CNAME is not", NS: "ns1=nsd2", Sign: p256, Text: www + "old DNAME p256.se.\nout DNAME plain.com.\n", Ask: "www.old A; nobody.old A; www.out A; old DNAME; old DS"},
	{Name: "chain.org.", For: "aliases from one signed zone to another, to an unsigned one, to a broken one", NS: cloud, Sign: p256, Text: "www CNAME www.ed25519.se.\nout CNAME www.plain.com.\nbad CNAME www.expired.se.\nnx CNAME no-such-name.p384.se.\n", Ask: "out A; bad A; nx A; out TXT"},
	{Name: "ent.se.", For: "empty non-terminals and NSEC", NS: twoHosts, Sign: p256, Text: www + "a.b.c A 193.108.200.6\n", Ask: "c A; b.c A; x.b.c A; a.b.c TXT"},
	{Name: "bigtxt.se.", For: "a signed answer over TCP", NS: "ns1=knot2 ns2=nsd1", Sign: rsa256, Text: www + bigTXT(5000), Ask: "big TXT"},
	{Name: "island.com.", For: "signed, but nobody says so: insecure", NS: twoHosts, Sign: p256, NoDS: true, Text: www},
	{Name: "types.se.", For: "types of all kinds, signed", NS: "ns1=nsd1", Sign: ed25519, Text: www + typesText, Ask: "@ CAA; t TYPE65400; t HINFO; t LOC; svc HTTPS; t TLSA; @ ANY; www ANY"},
}

const typesText = `
@ CAA 0 issue "ca.example"
t TYPE65400 \# 4 C0FFEE00
t HINFO "cpu" "os"
t SSHFP 4 2 1A2B3C4D1A2B3C4D1A2B3C4D1A2B3C4D1A2B3C4D1A2B3C4D1A2B3C4D1A2B3C4D
t NAPTR 10 20 "u" "sip+E2U" "!^.*$!sip:info@example.com!" .
t LOC 37 33 0.000 N 126 58 0.000 E 38.00m 1m 10000m 10m
t TLSA 3 1 1 1A2B3C4D1A2B3C4D1A2B3C4D1A2B3C4D1A2B3C4D1A2B3C4D1A2B3C4D1A2B3C4D
svc SVCB 1 www alpn=h2
svc HTTPS 1 . alpn=h3 port=8443
`

// bigTXT is a record of some n octets at the name big.
func bigTXT(n int) string {
	return "big TXT" + strings.Repeat(` "`+strings.Repeat("0123456789", 20)+`"`, n/200) + "\n"
}

// manyA are n addresses of the name many.
func manyA(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "many A 193.108.201.%d\n", i+1)
	}
	return b.String()
}
