package lab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/lab/auth"
	"rootwalk/lookup/lab/vnet"
)

// Config describes a lab. The zero value is a lab without delays.
type Config struct {
	// Seed decides everything that chance decides in the lab: the same seed and
	// the same packets give the same losses.
	Seed uint64
	// Speed multiplies the delays of the links: 1 is as planned (a full walk takes
	// some tens of milliseconds), 0 is none, 10 is slow motion.
	Speed float64
	// Rotate makes the name servers rotate the addresses of an answer; without it
	// they keep the order of the zone file.
	Rotate bool
	// Now is lesson time, which signatures follow; nil is time.Now.
	Now func() time.Time
	// Wrap is put around the listener of every TCP server on a web machine, so
	// that somebody can record it; nil for nothing.
	Wrap func(host string, ln net.Listener) net.Listener
	// Timers is the clock of the stacks of all machines and devices, so that a
	// lesson can let TIME-WAIT or a retransmission timer run out; nil for real
	// time, or with a Speed above 1 for a clock that is slower by as much: else
	// the stacks would send again what is still on its way.
	Timers *vnet.SkipClock
	// TimeWait is how long a closed connection stays in TIME-WAIT [5 s on machines,
	// 60 s on devices].
	TimeWait time.Duration
	// Buffer is the size of a TCP socket's buffers, in octets [64 KiB].
	Buffer int
	// Flat gives every zone servers of its own, so that every zone cut costs a
	// referral: the internet that textbooks draw.
	Flat bool
}

// Lab is one lab internet. All methods may be called by several goroutines.
type Lab struct {
	net       *vnet.Net
	hosts     map[string]*vnet.Host // by machine name
	routers   map[string]*vnet.Router
	segments  map[string]*vnet.Segment
	servers   map[string]*auth.Server     // by server name
	desks     map[string]*desk            // by machine name
	sockets   map[string][]net.PacketConn // of name servers, by server name; none while one is stopped
	links     map[string]*link            // by segment for networks, by machine name
	faults    faults
	plan      []nameServer
	services  services
	config    Config
	device    *Device
	keys      *keyring
	authority *authority

	mu      sync.Mutex
	closed  bool
	devices map[int]*Device // by last octet
}

// New builds a lab and starts all its servers. Close ends it.
func New(c Config) (*Lab, error) {
	plan, shipped := nameServers, catalogs
	if c.Flat {
		plan, shipped = flatServers(), flatCatalogs
	}
	keys := newKeyring(c.Seed, c.Now)
	catalogs, err := keys.catalogs(shipped)
	if err != nil {
		return nil, fmt.Errorf("lab: %w", err)
	}
	sites, err := sites()
	if err != nil {
		return nil, fmt.Errorf("lab: %w", err)
	}
	if c.Timers == nil && c.Speed > 1 {
		c.Timers = vnet.NewSkipClock()
	}
	l := &Lab{
		net:       vnet.New(c.Seed, vnet.WithSpeed(0)),
		hosts:     map[string]*vnet.Host{},
		routers:   map[string]*vnet.Router{},
		segments:  map[string]*vnet.Segment{},
		servers:   map[string]*auth.Server{},
		plan:      plan,
		devices:   map[int]*Device{},
		desks:     map[string]*desk{},
		sockets:   map[string][]net.PacketConn{},
		links:     map[string]*link{},
		keys:      keys,
		services:  services{open: map[serviceKey]net.Listener{}, wrap: c.Wrap},
		authority: newAuthority(c.Now),
		config:    c,
	}
	l.cable()
	err = errors.Join(l.installMachines(sites), l.routes())
	if err == nil {
		err = l.startNameServers(c, catalogs)
	}
	if err == nil {
		err = l.startWeb(sites)
	}
	if err == nil {
		l.device, err = l.AddDevice("device")
	}
	if err == nil {
		err = l.meet()
	}
	if err != nil {
		l.Close()
		return nil, fmt.Errorf("lab: %w", err)
	}
	l.SetSpeed(c.Speed)
	return l, nil
}

// cable makes the segments and the routers with their links.
func (l *Lab) cable() {
	for _, name := range []string{lanSegment, accessSegment} {
		l.segments[name] = l.net.Segment(name)
	}
	for _, n := range networks {
		if n.segment == "isp" {
			l.segments["isp"] = l.net.Segment("isp")
			l.segments[exchangeSegment] = l.net.Segment(exchangeSegment)
			continue
		}
		l.segments[n.segment] = l.net.Segment(n.segment)
	}
	home := l.net.NewRouter(homeRouter)
	l.routers[homeRouter] = home
	home.Attach(l.segments[lanSegment], prefixes(lanGateway4, lanGateway6)...)
	line := home.Attach(l.segments[accessSegment], prefixes(accessHome4, accessHome6)...)
	l.slow(accessSegment, line, accessDelay)
	for _, n := range networks {
		r := l.net.NewRouter(n.router)
		l.routers[n.router] = r
		r.Attach(l.segments[n.segment], prefixes(n.on...)...)
		l.slow(n.segment, r.Attach(l.segments[exchangeSegment], prefixes(n.exchange4, n.exchange6)...), n.delay)
		if n.segment == "isp" {
			r.Attach(l.segments[accessSegment], prefixes(accessISP4, accessISP6)...)
		}
	}
}

// slow gives a link its name and its delay in both directions.
func (l *Lab) slow(name string, p *vnet.Port, d time.Duration) {
	l.links[name] = &link{port: p, base: d}
	l.links[name].impair(nil, nil)
}

// installMachines plugs every machine in, with all the addresses of its servers.
func (l *Lab) installMachines(sites []site) error {
	extra := map[string][]netip.Prefix{}
	have := map[netip.Addr]bool{}
	give := func(machine string, a netip.Addr) {
		if !have[a] { // several names may share an address
			have[a] = true
			extra[machine] = append(extra[machine], netip.PrefixFrom(a, a.BitLen()))
		}
	}
	for _, s := range l.plan {
		for _, a := range s.addrs() {
			give(s.machine, a)
		}
	}
	for _, s := range sites {
		for _, a := range s.addrs {
			m, _ := webMachine(a)
			give(m.name, a)
		}
	}
	for _, m := range machines {
		opts := l.hostOptions(5 * time.Second)
		h := l.net.NewHost(m.name, opts)
		l.hosts[m.name] = h
		l.slow(m.name, h.Attach(l.segments[m.segment], append(prefixes(m.addrs...), extra[m.name]...)...), 0)
		for _, gateway := range gatewaysOn(m) {
			if err := h.Route(everything(gateway), gateway); err != nil {
				return err
			}
		}
	}
	return nil
}

// startNameServers starts every authoritative server: a UDP socket for each of
// its addresses, and one TCP listener for all servers of a machine.
func (l *Lab) startNameServers(c Config, catalogs map[string]*auth.Catalog) error {
	for i, s := range l.plan {
		server := auth.NewServer(auth.Config{
			Identity: s.name,
			Version:  "rootwalk lab",
			Catalog:  catalogs[s.zones],
			Rotate:   c.Rotate,
			Seed:     c.Seed + uint64(i),
		})
		l.servers[s.name] = server
		if l.desks[s.machine] == nil {
			l.desks[s.machine] = &desk{servers: map[netip.Addr]*auth.Server{}}
		}
		for _, a := range s.addrs() {
			l.desks[s.machine].servers[a] = server
		}
		if err := l.listen(s); err != nil {
			return err
		}
	}
	for machine, d := range l.desks {
		if err := d.open(l.hosts[machine]); err != nil {
			return fmt.Errorf("%s: %w", machine, err)
		}
	}
	return nil
}

// listen opens the UDP sockets of a server and answers there until they are
// closed.
func (l *Lab) listen(s nameServer) error {
	for _, a := range s.addrs() {
		pc, err := l.hosts[s.machine].ListenPacket(context.Background(), "udp", netip.AddrPortFrom(a, 53).String())
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		l.sockets[s.name] = append(l.sockets[s.name], pc)
		go l.servers[s.name].ServePacket(pc)
	}
	return nil
}

func (l *Lab) startWeb(sites []site) error {
	w := &webServer{sites: sites, now: l.keys.now}
	return errors.Join(
		l.ServeTCP(HTTPPort, func(_ WebMachine, ln net.Listener) { w.serve(ln, nil) }),
		l.ServeTCP(HTTPSPort, func(_ WebMachine, ln net.Listener) { w.serve(ln, l.authority.config("h2", "http/1.1")) }),
		l.ServeTCP(OtherPort, func(_ WebMachine, ln net.Listener) { w.serve(ln, l.authority.config("h2", "http/1.1")) }),
	)
}

// Close stops everything and returns when nothing of the lab runs any more.
// Closing twice is harmless.
func (l *Lab) Close() {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.net.Close() // every socket of every machine ends with net.ErrClosed
	for _, d := range l.desks {
		d.accepting.Wait()
	}
	for _, s := range l.servers {
		s.Close()
	}
	l.services.stop()
}

// SetSpeed changes Config.Speed while the lab runs.
func (l *Lab) SetSpeed(factor float64) {
	l.net.SetSpeed(factor)
	if l.config.Timers != nil {
		l.config.Timers.Slow(max(1, factor))
	}
}

// Segments lists the links of the lab, where frames can be tapped.
func (l *Lab) Segments() []*vnet.Segment { return l.net.Segments() }

// Record begins a tape of everything that goes over the links.
func (l *Lab) Record() *vnet.Tape { return l.net.Record() }

// Segment finds a link by name, nil if there is none.
func (l *Lab) Segment(name string) *vnet.Segment { return l.segments[name] }

// Router finds a router by name, nil if there is none.
func (l *Lab) Router(name string) *vnet.Router { return l.routers[name] }

// NameServer finds an authoritative server by its name, such as
// "ns1.example.co.kr", so that a lesson can exchange its zones or break it; nil
// if there is none.
func (l *Lab) NameServer(name string) *auth.Server { return l.servers[name] }

// Resolver is the network as a recursive resolver's machine sees it: "R1" or
// "R2". Nothing runs there until somebody starts a resolver. It is nil for any
// other name.
func (l *Lab) Resolver(name string) lookup.Network {
	if h := l.hosts[name]; h != nil && (name == "R1" || name == "R2") {
		return h
	}
	return nil
}

// ResolverAddr is the IPv4 address of a resolver's machine, the zero Addr for
// any other name.
func (l *Lab) ResolverAddr(name string) netip.Addr {
	if l.Resolver(name) == nil {
		return netip.Addr{}
	}
	return l.hosts[name].Addrs()[0].Addr()
}

var errClosed = fmt.Errorf("lab: %w", net.ErrClosed)

// hostOptions are those of every host of the lab.
func (l *Lab) hostOptions(timeWait time.Duration) vnet.HostOptions {
	o := vnet.HostOptions{SocketBuffer: 64 << 10, TimeWait: timeWait, Clock: l.config.Timers}
	if l.config.TimeWait > 0 {
		o.TimeWait = l.config.TimeWait
	}
	if l.config.Buffer > 0 {
		o.SocketBuffer = l.config.Buffer
	}
	return o
}
