package lab

import (
	"errors"
	"net/netip"

	"rootwalk/lookup"
	"rootwalk/lookup/lab/vnet"
)

// ErrLANFull is returned by AddDevice when all addresses of the LAN are taken.
var ErrLANFull = errors.New("lab: the LAN has no address left")

// Device is a learner's device on the LAN. It reaches the home router and, past
// it, the whole lab; other learners' devices do not see its frames, nor it
// theirs (its port is isolated, as at a real provider).
type Device struct {
	Name    string
	Network lookup.Network // the device's own view of the network
	Addrs   []netip.Addr   // IPv4 first

	lab   *Lab
	octet int
	host  *vnet.Host
}

// Device is the network of the learner's device that every lab has.
func (l *Lab) Device() lookup.Network { return l.device.Network }

// AddDevice plugs another learner's device into the LAN. There is room for 125;
// then the error is ErrLANFull. Close takes it away again.
func (l *Lab) AddDevice(name string) (*Device, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, errClosed
	}
	octet := firstDevice
	for l.devices[octet] != nil {
		if octet++; octet > lastDevice {
			return nil, ErrLANFull
		}
	}
	gateway4, gateway6 := netip.MustParsePrefix(lanGateway4), netip.MustParsePrefix(lanGateway6)
	a4, a6 := deviceAddrs(octet)
	h := l.net.NewHost(name, l.hostOptions(0))
	port := h.Attach(l.segments[lanSegment], netip.PrefixFrom(a4, gateway4.Bits()), netip.PrefixFrom(a6, gateway6.Bits()))
	port.SetIsolated(true)
	for _, gateway := range []netip.Addr{gateway4.Addr(), gateway6.Addr()} {
		if err := h.Route(everything(gateway), gateway); err != nil {
			h.Close()
			return nil, err
		}
	}
	d := &Device{Name: name, Network: h, Addrs: []netip.Addr{a4, a6}, lab: l, octet: octet, host: h}
	l.devices[octet] = d
	return d, nil
}

// Close unplugs the device; its sockets end. Closing twice is harmless.
func (d *Device) Close() {
	d.host.Close()
	d.lab.mu.Lock()
	defer d.lab.mu.Unlock()
	if d.lab.devices[d.octet] == d {
		delete(d.lab.devices, d.octet)
	}
}

// deviceAddrs are a device's two addresses: 192.0.2.130 and 2001:db8:1:1::130 belong
// together, the digits being the same to the eye.
func deviceAddrs(octet int) (v4, v6 netip.Addr) {
	b4 := netip.MustParsePrefix(lanGateway4).Addr().As4()
	b4[3] = byte(octet)
	b6 := netip.MustParsePrefix(lanGateway6).Addr().As16()
	b6[14] = byte(octet / 100)
	b6[15] = byte(octet/10%10<<4 | octet%10)
	return netip.AddrFrom4(b4), netip.AddrFrom16(b6)
}
