package osnet

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"rootwalk/lookup"
)

// registered is every row of the two special-purpose registries of IANA, as
// they are published, besides multicast and what is deprecated without being in
// them. It is written down apart from the policy's own table.
var registered = strings.Fields(`
0.0.0.0/8 0.0.0.0/32 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.0.0/29 192.0.0.8/32 192.0.0.9/32
192.0.0.10/32 192.0.0.170/32 192.0.0.171/32 192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.88.99.2/32 192.168.0.0/16
192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 240.0.0.0/4 255.255.255.255/32
::1/128 ::/128 ::ffff:0:0/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 100:0:0:1::/64 2001::/23 2001::/32 2001:1::1/128 2001:1::2/128
2001:1::3/128 2001:2::/48 2001:3::/32 2001:4:112::/48 2001:10::/28 2001:20::/28 2001:30::/28 2001:db8::/32 2002::/16 2620:4f:8000::/48
3fff::/20 5f00::/16 fc00::/7 fe80::/10
224.0.0.0/4 ff00::/8 fec0::/10 ::/96 ::ffff:0:0:0/96 3ffe::/16 2d00::/8 2e00::/7 3000::/4 4000::/2 8000::/1`)

func strict(t testing.TB, c Config) *Network {
	t.Helper()
	n, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	n.policy.own = &ownAddrs{list: func() ([]net.Addr, error) {
		return []net.Addr{
			&net.IPNet{IP: net.ParseIP("9.9.1.20"), Mask: net.CIDRMask(24, 32)},
			&net.IPNet{IP: net.ParseIP("9.9.2.1"), Mask: net.CIDRMask(31, 32)},
			&net.IPNet{IP: net.ParseIP("2a00:1::20"), Mask: net.CIDRMask(64, 128)},
			&net.IPAddr{IP: net.ParseIP("9.9.3.1")}, // of a kind that this code does not know
		}, nil
	}}
	return n
}

func at(a netip.Addr) netip.AddrPort { return netip.AddrPortFrom(a, 53) }

func lastOf(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

func TestBothEndsOfEveryRegisteredBlockAreRefused(t *testing.T) {
	n := strict(t, Config{})
	for _, row := range registered {
		p := netip.MustParsePrefix(row)
		for _, a := range []netip.Addr{p.Addr(), lastOf(p)} {
			r := AsRefused(n.Check(at(a)))
			if r == nil {
				t.Errorf("%v of %s may be connected to", a, row)
			} else if r.Text == "" || r.Rule == RulePort || r.Rule == RuleFamily || r.Addr.Addr() != a.Unmap() {
				t.Errorf("%v of %s: %+v", a, row, r)
			}
		}
	}
	for i, b := range append(append([]block(nil), blocks4...), blocks6...) {
		if b.prefix != b.prefix.Masked() || b.text == "" {
			t.Errorf("row %d, %v", i, b.prefix)
		}
	}
}

func TestPublicAddressesPass(t *testing.T) {
	n := strict(t, Config{})
	for _, s := range strings.Fields(`
198.41.0.4 2001:503:ba3e::2:30 170.247.170.2 2801:1b8:10::b 192.33.4.12 2001:500:2::c 199.7.91.13 2001:500:2d::d 192.203.230.10
2001:500:a8::e 192.5.5.241 2001:500:2f::f 192.112.36.4 2001:500:12::d0d 198.97.190.53 2001:500:1::53 192.36.148.17 2001:7fe::53
192.58.128.30 2001:503:c27::2:30 193.0.14.129 2001:7fd::1 199.7.83.42 2001:500:9f::42 202.12.27.33 2001:dc3::35
1.0.0.0 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0
192.0.1.0 192.0.3.0 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 223.255.255.255 2001:200:: 2003:: 2400:: 2c0f:ffff:: 2620:4f:7fff::1
2a00:1::21 9.9.1.21 9.9.2.0 ::ffff:1.1.1.1`) {
		if err := n.Check(at(netip.MustParseAddr(s))); err != nil {
			t.Error(err)
		}
	}
}

func TestEachRuleSaysWhy(t *testing.T) {
	n := strict(t, Config{NoIPv6: true})
	for _, c := range []struct {
		addr, rule, text string
	}{
		{"169.254.169.254:53", "special", "blocked: 169.254.169.254 is link-local"},
		{"[::ffff:127.0.0.1]:53", "special", "blocked: 127.0.0.1 is loopback"},
		{"10.0.0.1:53", "special", "blocked: 10.0.0.1 is private-use"},
		{"[fe80::1%eth0]:53", "special", "blocked: fe80::1 is link-local"},
		{"[64:ff9b::7f00:1]:53", "special", "blocked: 64:ff9b::7f00:1 is IPv4-IPv6 translation"},
		{"224.0.0.251:53", "multicast", "blocked: 224.0.0.251 is multicast"},
		{"[4000::1]:53", "unallocated", "blocked: 4000::1 is given to nobody"},
		{"[2a00:1::5efe:a00:1]:53", "embedded", "blocked: 2a00:1::5efe:a00:1 is an ISATAP address: it leads to an IPv4 address inside"},
		{"[2a00:1::200:5efe:808:808]:53", "embedded", "blocked: 2a00:1::200:5efe:808:808 is an ISATAP address: it leads to an IPv4 address inside"},
		{"168.63.129.16:53", "metadata", "blocked: 168.63.129.16 is a cloud's metadata service"},
		{"9.9.1.20:53", "own", "blocked: 9.9.1.20 is an address of this machine"},
		{"[2a00:1::20]:53", "own", "blocked: 2a00:1::20 is an address of this machine"},
		{"9.9.1.255:53", "own", "blocked: 9.9.1.255 is the broadcast address of this machine's network"},
		{"[2a00:1::21]:53", "family", "blocked: 2a00:1::21 is IPv6, which is switched off"},
		{"1.1.1.1:80", "port", "blocked: 1.1.1.1:80: port 80 is not one that may be used"},
	} {
		to := netip.MustParseAddrPort(c.addr)
		r := AsRefused(n.Check(to))
		if r == nil || string(r.Rule) != c.rule || r.Error() != c.text {
			t.Errorf("%s: %v, want %s: %s", c.addr, r, c.rule, c.text)
		}
	}
	if r := AsRefused(n.Check(netip.AddrPort{})); r == nil || r.Rule != RuleUnallocated {
		t.Errorf("no address: %v", r)
	}
	if AsRefused(errors.New("else")) != nil {
		t.Error("every error is a refusal")
	}
}

func TestAllowPrivateKeepsWhatIsNobodysNetwork(t *testing.T) {
	n := strict(t, Config{AllowPrivate: true, Ports: []uint16{53, 5300}, NoIPv4: false})
	for _, s := range strings.Fields("127.0.0.1 ::1 10.1.2.3 172.16.0.1 192.168.0.1 100.64.0.1 169.254.1.1 192.0.2.53 2001:db8::1 3fff::1 fd00::1 fe80::1 9.9.1.20 198.18.0.1") {
		if err := n.Check(netip.AddrPortFrom(netip.MustParseAddr(s), 5300)); err != nil {
			t.Error(err)
		}
	}
	for _, s := range strings.Fields(`0.0.0.0 0.1.2.3 255.255.255.255 224.0.0.1 240.0.0.1 168.63.129.16 169.254.169.254 fd00:ec2::254 100.100.100.200 9.9.1.255
:: ff02::1 4000::1 64:ff9b::1.2.3.4 2002::1 2001::1 fec0::1 2a00:1::5efe:a00:1`) {
		if n.Check(at(netip.MustParseAddr(s))) == nil {
			t.Errorf("%s may be connected to", s)
		}
	}
}

func TestAnExceptionSaysWhatItExempts(t *testing.T) {
	for _, c := range []struct {
		prefix  string
		private bool
		err     string // part of it, "" for none
	}{
		{"127.0.0.1/32", false, ""},
		{"10.3.0.0/16", false, ""},
		{"10.0.0.0/8", false, ""},
		{"9.9.1.20/32", false, ""},
		{"2001:db8::/32", false, ""},
		{"5000::/16", false, ""},
		{"::ffff:10.0.0.0/104", false, ""},
		{"0.0.0.0/0", true, ""},
		{"0.0.0.0/0", false, "wider"},
		{"::/0", false, "wider"},
		{"8.0.0.0/6", false, "wider"},
		{"9.9.1.0/24", false, "wider"},
		{"::ffff:0:0/95", true, "IPv4"},
		{"10.0.0.1/8", false, "10.0.0.0/8"},
		{"224.0.0.251/32", true, "multicast"},
		{"0.0.0.0/8", true, "this network"},
		{"255.255.255.255/32", true, "broadcast"},
	} {
		_, err := New(Config{AllowPrivate: c.private, Allow: []netip.Prefix{netip.MustParsePrefix(c.prefix)}})
		if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %v, want %q", c.prefix, err, c.err)
		}
	}
	if _, err := New(Config{Allow: []netip.Prefix{{}}}); err == nil {
		t.Error("the zero prefix was taken")
	}
	if _, err := New(Config{NoIPv4: true, NoIPv6: true}); err == nil {
		t.Error("a network without addresses was made")
	}
	prefix := func(s string) Config { return Config{Allow: []netip.Prefix{netip.MustParsePrefix(s)}} }
	for _, c := range []struct {
		allow, addr string
		out         bool
	}{
		{"10.3.0.0/16", "10.3.255.255", true},
		{"10.3.0.0/16", "10.4.0.0", false},
		{"169.254.0.0/16", "169.254.1.1", true},
		{"169.254.0.0/16", "169.254.169.254", false}, // a secret store is no part of a network
		{"169.254.169.254/32", "169.254.169.254", true},
		{"9.9.1.20/32", "9.9.1.20", true},
		{"2a00:1::5efe:a00:1/128", "2a00:1::5efe:a00:1", true},
		{"5000::/16", "5000::1", true},
	} {
		if err := strict(t, prefix(c.allow)).Check(at(netip.MustParseAddr(c.addr))); (err == nil) != c.out {
			t.Errorf("with %s, %s: %v", c.allow, c.addr, err)
		}
	}
}

// A list of interfaces that cannot be read, or is read a second time, changes
// nothing about the rest.
func TestOwnAddressesThatCannotBeListed(t *testing.T) {
	n := strict(t, Config{})
	n.policy.own = &ownAddrs{list: func() ([]net.Addr, error) { return nil, errors.New("no") }}
	if err := n.Check(netip.MustParseAddrPort("9.9.1.20:53")); err != nil {
		t.Error(err)
	}
	if n.Check(netip.MustParseAddrPort("127.0.0.1:53")) == nil {
		t.Error("loopback may be connected to")
	}
}

func FuzzPolicy(f *testing.F) {
	for _, row := range registered {
		f.Add(netip.MustParsePrefix(row).Addr().AsSlice(), uint16(53))
	}
	f.Add([]byte{198, 41, 0, 4}, uint16(53))
	n := strict(f, Config{})
	rows := make([]netip.Prefix, len(registered))
	for i, row := range registered {
		rows[i] = netip.MustParsePrefix(row)
	}
	f.Fuzz(func(t *testing.T, b []byte, port uint16) {
		a, _ := netip.AddrFromSlice(b)
		err := n.Check(netip.AddrPortFrom(a, port))
		a = a.Unmap()
		if err != nil {
			if r := AsRefused(err); r == nil || r.Text == "" {
				t.Errorf("%v: %v", a, err)
			}
			return
		}
		if !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsMulticast() || port != 53 {
			t.Errorf("%v port %d may be connected to", a, port)
		}
		for _, p := range rows {
			if p.Contains(a) {
				t.Errorf("%v of %v may be connected to", a, p)
			}
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	n, _ := New(Config{})
	to := netip.MustParseAddrPort("[2001:503:ba3e::2:30]:53")
	for b.Loop() {
		if n.Check(to) != nil {
			b.Fatal("refused")
		}
	}
}

// Every rule has its sentence on the page.
func TestEveryRuleHasItsLine(t *testing.T) {
	keys := lookup.LineKeys()
	for _, r := range Rules() {
		if key := (lookup.QueryBlocked{Reason: string(r)}).Line().Key; !slices.Contains(keys, key) {
			t.Errorf("no line %s", key)
		}
	}
}
