package lab

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"syscall"
	"time"
)

// gatewaysOn lists the addresses of a machine's router on its link, one for each
// family.
func gatewaysOn(m machine) (gateways []netip.Addr) {
	var has4, has6 bool
	for _, n := range networks {
		for _, p := range prefixes(n.on...) {
			if n.segment != m.segment || !m.onLink(p.Addr()) {
				continue
			}
			if has := &has4; p.Addr().Is4() && !*has {
				*has, gateways = true, append(gateways, p.Addr())
			}
			if has := &has6; p.Addr().Is6() && !*has {
				*has, gateways = true, append(gateways, p.Addr())
			}
		}
	}
	return gateways
}

// everything is the default route of an address's family.
func everything(a netip.Addr) netip.Prefix {
	if a.Is4() {
		return netip.PrefixFrom(netip.IPv4Unspecified(), 0)
	}
	return netip.PrefixFrom(netip.IPv6Unspecified(), 0)
}

// routes tells every router where everything is. They are static: what BGP would
// have worked out, written down.
func (l *Lab) routes() error {
	var errs []error
	route := func(router string, dst netip.Prefix, via string) {
		if gateway := netip.MustParsePrefix(via).Addr(); gateway.Is4() == dst.Addr().Is4() {
			errs = append(errs, l.routers[router].Route(dst, gateway))
		}
	}
	// The home router knows its LAN and sends everything else up the line; the
	// provider knows the LAN behind it.
	for _, gateway := range []string{accessISP4, accessISP6} {
		route(homeRouter, everything(netip.MustParsePrefix(gateway).Addr()), gateway)
	}
	for _, lan := range prefixes(lanGateway4, lanGateway6) {
		route("isp", lan.Masked(), accessHome4)
		route("isp", lan.Masked(), accessHome6)
	}
	for _, there := range networks {
		behind := l.announced(there)
		for _, here := range networks {
			if here.router == there.router {
				continue
			}
			for _, p := range behind {
				route(here.router, p, there.exchange4)
				route(here.router, p, there.exchange6)
			}
		}
	}
	// Inside the root network: which machine has which root server's address.
	for _, s := range nameServers {
		if s.role != RoleRoot {
			continue
		}
		for _, m := range machines {
			for _, own := range m.addrs {
				for _, a := range s.addrs() {
					if m.name == s.machine {
						route("rootnet", netip.PrefixFrom(a, a.BitLen()), own)
					}
				}
			}
		}
	}
	return errors.Join(errs...)
}

// announced lists the prefixes that others reach through a network's router.
func (l *Lab) announced(n network) []netip.Prefix {
	var out []netip.Prefix
	for _, p := range prefixes(n.on...) {
		out = append(out, p.Masked())
	}
	switch n.segment {
	case "isp":
		out = append(out, maskedAll(lanGateway4, lanGateway6, accessISP4, accessISP6)...)
	case "root":
		// A root server's address is announced in a prefix of its own, from many
		// places at once (anycast); here from one.
		for _, s := range nameServers {
			if s.role == RoleRoot {
				a4, a6 := s.addrs()[0], s.addrs()[1]
				out = append(out, netip.PrefixFrom(a4, 24).Masked(), netip.PrefixFrom(a6, 48).Masked())
			}
		}
	}
	return out
}

// meet lets the routers learn each other's link addresses before anybody looks:
// routers that have been up for a while know each other, and ARP over a slow
// link would double the time of the first exchange. Machines and devices are
// strangers still; their ARP is there to be seen.
//
// R1 sends a datagram to every router, which refuses it (ICMP), so that both
// directions are known.
func (l *Lab) meet() error {
	to := []string{accessHome4, accessHome6}
	for _, n := range networks {
		if n.segment != "isp" {
			to = append(to, n.exchange4, n.exchange6)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	deadline, _ := ctx.Deadline()
	for _, router := range prefixes(to...) {
		conn, err := l.hosts["R1"].DialContext(ctx, "udp", netip.AddrPortFrom(router.Addr(), discardPort).String())
		if err != nil {
			return err
		}
		conn.SetDeadline(deadline)
		conn.Write([]byte("hello"))
		_, err = conn.Read(make([]byte, 1))
		conn.Close()
		if !errors.Is(err, syscall.ECONNREFUSED) {
			return fmt.Errorf("router %s does not answer: %w", router.Addr(), err)
		}
	}
	return nil
}

// discardPort is a port nobody listens on.
const discardPort = 9

// prefixes reads prefixes written in this program; a bad one is a mistake in it.
func prefixes(text ...string) []netip.Prefix {
	out := make([]netip.Prefix, 0, len(text))
	for _, t := range text {
		out = append(out, netip.MustParsePrefix(t))
	}
	return out
}

func maskedAll(text ...string) []netip.Prefix {
	out := prefixes(text...)
	for i := range out {
		out[i] = out[i].Masked()
	}
	return out
}
