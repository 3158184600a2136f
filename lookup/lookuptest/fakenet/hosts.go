package fakenet

// Hosts are the machines with name servers. Root and top-level servers stand at
// their true addresses, each of which is one of the published ones; the others
// look like addresses of hosting companies.
var Hosts = append(rootHosts(), []Host{
	{"gtld-a", "gtld", Knot, "192.5.6.30", "2001:503:a83e::2:30"},        // a.gtld-servers.net
	{"gtld-b", "gtld2", NSD, "192.33.14.30", "2001:503:231d::2:30"},      // b.gtld-servers.net
	{"org-a", "tld", BIND, "199.19.56.1", "2001:500:e::1"},               // a0.org.afilias-nst.info
	{"se-a", "tld2", NSD, "192.36.144.107", "2a01:3f0:0:301::53"},        // a.ns.se
	{"kr-b", "tld", BIND, "103.22.249.10", "2001:dcc:4::1"},              // kr
	{"nsd1", "nsd1", NSD, "193.108.88.53", "2600:1480:88::53"},           //
	{"nsd2", "nsd1", NSD, "193.108.89.53", "2600:1480:89::53"},           //
	{"knot1", "knot1", Knot, "193.108.90.53", "2600:1480:90::53"},        //
	{"knot2", "knot1", Knot, "193.108.91.53", "2600:1480:91::53"},        //
	{"bind1", "bind1", BIND, "193.108.92.53", "2600:1480:92::53"},        //
	{"v4only", "nsd1", NSD, "193.108.93.53", ""},                         //
	{"v6only", "knot1", Knot, "", "2600:1480:94::53"},                    //
	{"crooked", "crooked", Crooked, "193.108.95.53", "2600:1480:95::53"}, //
	{"closed", "", Nobody, "193.108.96.53", "2600:1480:96::53"},          // port unreachable
	{"silent1", "", Absent, "193.108.97.53", "2600:1480:97::53"},         // nothing there
	{"silent2", "", Absent, "193.108.98.53", "2600:1480:98::53"},         //
}...)

// rootHosts are the thirteen root servers; NSD has one half of them and Knot
// DNS the other.
func rootHosts() []Host {
	addrs := [...][2]string{
		{"198.41.0.4", "2001:503:ba3e::2:30"}, {"170.247.170.2", "2801:1b8:10::b"}, {"192.33.4.12", "2001:500:2::c"},
		{"199.7.91.13", "2001:500:2d::d"}, {"192.203.230.10", "2001:500:a8::e"}, {"192.5.5.241", "2001:500:2f::f"},
		{"192.112.36.4", "2001:500:12::d0d"}, {"198.97.190.53", "2001:500:1::53"}, {"192.36.148.17", "2001:7fe::53"},
		{"192.58.128.30", "2001:503:c27::2:30"}, {"193.0.14.129", "2001:7fd::1"}, {"199.7.83.42", "2001:500:9f::42"},
		{"202.12.27.33", "2001:dc3::35"},
	}
	var out []Host
	for i, a := range addrs {
		h := Host{Name: "root-" + string(rune('a'+i)), Process: "root1", Program: NSD, V4: a[0], V6: a[1]}
		if i%2 == 1 {
			h.Process, h.Program = "root2", Knot
		}
		out = append(out, h)
	}
	return out
}

// rootNS is the root's own list of servers: names in root-servers.net.
func rootNS() string {
	s := ""
	for i := range 13 {
		letter := string(rune('a' + i))
		s += " " + letter + ".root-servers.net.=root-" + letter
	}
	return s
}
