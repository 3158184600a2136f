package fakenet

import (
	"github.com/miekg/dns"

	"rootwalk/lookup/lab/sign"
)

func faulty(kind sign.Kind, name string, rrtype uint16) *sign.Options {
	return &sign.Options{Faults: []sign.Fault{{Kind: kind, Name: name, Type: rrtype}}}
}

// brokenZones are broken on purpose, each in one way.
var brokenZones = []Zone{
	// Servers.
	{Name: "lame.com.", For: "one of two servers has never heard of it (REFUSED)", NS: "ns1=nsd1 ns2=knot1", Serve: "nsd1", Text: www, Broken: true},
	{Name: "alllame.com.", For: "no server has heard of it", NS: "ns1=nsd1 ns2=knot1", Serve: "bind1", Text: www, Broken: true},
	{Name: "halfdead.net.", For: "one of two servers does not exist", NS: "ns1=silent1 ns2=nsd1", Serve: "nsd1", Text: www, Broken: true},
	{Name: "dead.net.", For: "no server exists", NS: "ns1=silent1 ns2=silent2", Serve: "bind1", Text: www, Broken: true},
	{Name: "closed.net.", For: "nobody listens at one of two servers", NS: "ns1=closed ns2=knot2", Serve: "knot2", Text: www, Broken: true},
	{Name: "allclosed.net.", For: "nobody listens at the only server", NS: "ns1=closed", Serve: "bind1", Text: www, Broken: true},
	{Name: "servfail.net.", For: "the server fails", NS: "ns1=crooked", Text: www, Broken: true},
	{Name: "tconly.net.", For: "truncated over UDP, and no TCP", NS: "ns1=crooked", Text: www, Broken: true},
	{Name: "formerr.org.", For: "FORMERR to EDNS", NS: "ns1=crooked", Text: www, Broken: true},
	{Name: "notimp.org.", For: "NOTIMP to EDNS", NS: "ns1=crooked", Text: www, Broken: true},
	{Name: "upward.org.", For: "refers to the root", NS: "ns1=crooked", Text: www, Broken: true},
	{Name: "poison.org.", For: "answers with records of other people's zones", NS: "ns1=crooked", Text: www, Broken: true},
	{Name: "nosoa.org.", For: "denies without an SOA", NS: "ns1=crooked", Text: www, Broken: true},
	{Name: "wrongid.org.", For: "answers with wrong IDs", NS: "ns1=crooked ns2=nsd2", Serve: "crooked nsd2", Text: www, Broken: true},
	{Name: "servfailhalf.org.", For: "one of two servers fails", NS: "ns1=crooked ns2=bind1", Serve: "crooked bind1", Text: www, Broken: true},

	// Delegations.
	{Name: "wrongglue.com.", For: "the parent has an old address of the only server", NS: "ns1=nsd2", ParentNS: "ns1=closed", Text: www, Broken: true},
	{Name: "noglue.org.", For: "a server inside the zone, and no glue", NS: "ns1=nsd1", NoGlue: true, Text: www, Broken: true},
	{Name: "mismatch.org.", For: "parent and child name other servers", NS: "ns2=knot1", ParentNS: "ns1=nsd1", Serve: "nsd1 knot1", Text: www + "ns1 A 193.108.88.53\nns1 AAAA 2600:1480:88::53\n", Broken: true},
	{Name: "childlame.org.", For: "the child names a server that has never heard of it", NS: "ns1=nsd1 ns2=bind1", ParentNS: "ns1=nsd1", Serve: "nsd1", Text: www, Broken: true},
	{Name: "circle1.org.", For: "its server is in circle2.com, whose server is here", NS: "ns.circle2.com.=nsd1", NoGlue: true, Text: www + "ns A 193.108.88.53\n", Broken: true},
	{Name: "circle2.com.", For: "the other half", NS: "ns.circle1.org.=nsd1", NoGlue: true, Text: www + "ns A 193.108.88.53\n", Broken: true},
	{Name: "nowhere.org.", For: "its server's name does not exist", NS: "ns.no-such-name.plain.com.=nsd1", NoGlue: true, Text: www, Broken: true},

	// Data.
	{Name: "loop.org.", For: "aliases in a circle", NS: cloud, Text: "www CNAME two\ntwo CNAME three\nthree CNAME www\nself CNAME self\n", Ask: "self A; two A", Broken: true},
	{Name: "loop.net.", For: "aliases in a circle through another zone", NS: twoHosts, Text: "www CNAME back.loop.com.\n", Broken: true},
	{Name: "loop.com.", For: "that zone", NS: cloud, Text: "back CNAME www.loop.net.\nwww CNAME www.loop.net.\n", Broken: true},
	{Name: "dangling.com.", For: "an alias to what is not there", NS: twoHosts, Text: "www CNAME www.no-such-domain.com.\nhost CNAME no-such-name.plain.com.\n", Ask: "host A; host TXT", Broken: true},
	{Name: "longdname.com.", For: "a DNAME that makes names too long (YXDOMAIN), on NSD", NS: "ns1=nsd1", Text: www + "old DNAME " + long63 + "." + long63 + "." + long63 + ".longdname.com.\n", Ask: long63 + ".old A; short.old A", Broken: true},
	{Name: "longdname.net.", For: "a DNAME that makes names too long (YXDOMAIN), on Knot DNS", NS: "ns1=knot1", Text: www + "old DNAME " + long63 + "." + long63 + "." + long63 + ".longdname.net.\n", Ask: long63 + ".old A; short.old A", Broken: true},

	// Signatures.
	{Name: "expired.se.", For: "signatures that have expired", NS: "ns1=nsd1", Sign: faulty(sign.Expired, "", 0), Text: www, Broken: true},
	{Name: "notyet.se.", For: "signatures of the future", NS: "ns1=knot1", Sign: faulty(sign.NotYetValid, "", 0), Text: www, Broken: true},
	{Name: "expiredone.se.", For: "one expired signature", NS: "ns1=nsd1", Sign: faulty(sign.Expired, "www.expiredone.se.", dns.TypeA), Text: www, Broken: true},
	{Name: "wrongds.se.", For: "a DS of another key", NS: "ns1=nsd1", Sign: faulty(sign.WrongDS, "", 0), Text: www, Broken: true},
	{Name: "stripped.se.", For: "a DS, and no signatures", NS: "ns1=nsd1", Sign: faulty(sign.Stripped, "", 0), Text: www, Broken: true},
	{Name: "strippedone.se.", For: "no signature of one RRset", NS: "ns1=nsd2", Sign: faulty(sign.Stripped, "www.strippedone.se.", dns.TypeA), Text: www, Broken: true},
	{Name: "tampered.se.", For: "an address changed after it was signed", NS: "ns1=nsd2", Sign: faulty(sign.Tampered, "www.tampered.se.", dns.TypeA), Text: www, Broken: true},
	{Name: "nodenial.se.", For: "no NSEC records", NS: "ns1=nsd1", Sign: faulty(sign.NoDenial, "", 0), Text: www, Broken: true},
	{Name: "unsupported.se.", For: "an algorithm that nobody knows: insecure", NS: "ns1=nsd1", Sign: &sign.Options{Unsupported: true}, Text: www, Broken: true},
	{Name: "iterations.se.", For: "NSEC3 with 2000 iterations (RFC 9276 §3.2)", NS: "ns1=nsd1", Sign: &sign.Options{NSEC3: &sign.NSEC3{Iterations: 2000}}, Text: www, Broken: true},
}

const long63 = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk"
