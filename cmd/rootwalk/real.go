package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"time"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/lookup/cache"
	"rootwalk/lookup/dnssec"
	"rootwalk/lookup/iterative"
	"rootwalk/lookup/listener"
	"rootwalk/lookup/osnet"
	"rootwalk/lookup/page"
	"rootwalk/lookup/page/secure"
	"rootwalk/lookup/socket"
	"rootwalk/lookup/stub"
	"rootwalk/lookup/transport"
)

// The networks that there are, as -net names them.
const (
	netLab      = lookup.NetworkLab
	netInternet = lookup.NetworkInternet
)

// realConfig is what a resolver on the real Internet is started with.
type realConfig struct {
	IPv4, IPv6   onOff
	AllowPrivate bool
	HintsFile    string // "" for the published ones
	CacheEntries int

	// Rates bound how often strangers' servers are asked, over all rooms of a
	// page; nil for no bound.
	Rates *osnet.Rates
	// MaxTTL and MaxDenialTTL are how long data is kept at most; 0 for the
	// cache's own bounds.
	MaxTTL, MaxDenialTTL time.Duration

	QNameMin                  minimisation
	Priming, MixCase, Cookies onOff
	ServeStale, Prefetch      onOff

	DNSSEC       dnssecConfig
	TrustAnchors string // file, "" for the root's own

	Fetch fetchLimits // of pages
}

// dnssecConfig is what both networks have to say about validation.
type dnssecConfig struct {
	Mode            validation
	Aggressive      onOff  // RFC 8198
	NegativeAnchors string // names, with commas between
}

// dnssecFlags declares the flags of both networks.
func dnssecFlags(fs *flag.FlagSet, c *dnssecConfig) {
	c.Mode, c.Aggressive = validateAuto, true
	fs.Var(&c.Mode, "dnssec", "validate answers (RFC 4035): `on, off or auto`; auto is, in the lab, for who asks for signatures, and on the real Internet on, except with other root servers and no trust anchors for them")
	fs.Var(&c.Aggressive, "aggressive-nsec", "answer from signed denials that came with other answers (RFC 8198): `on or off`")
	fs.StringVar(&c.NegativeAnchors, "negative-trust-anchors", "", "`names`, with commas between, at and below which nothing is validated (RFC 7646)")
}

// negative adds the negative trust anchors.
func (c dnssecConfig) negative(anchors *dnssec.Anchors) (*dnssec.Anchors, error) {
	var names []lookup.Name
	for _, text := range strings.FieldsFunc(c.NegativeAnchors, func(r rune) bool { return r == ',' }) {
		name, err := lookup.ParseName(text)
		if err != nil {
			return nil, fmt.Errorf("negative trust anchors: %w", err)
		}
		names = append(names, name)
	}
	out, err := anchors.WithNegative(names...)
	if err != nil {
		return nil, fmt.Errorf("negative trust anchors: %w", err)
	}
	return out, nil
}

// validation says whether answers are validated.
type validation string

const (
	validateAuto validation = "auto" // where a trust anchor fits the root servers that are asked
	validateOn   validation = "on"
	validateOff  validation = "off"
)

func (v validation) String() string { return string(v) }

func (v *validation) Set(s string) error {
	switch n := validation(s); n {
	case validateAuto, validateOn, validateOff:
		*v = n
		return nil
	}
	return errors.New("must be on, off or auto")
}

// validator is what answers are validated with, nil for nothing. The root's
// published keys say nothing about other root servers, so with -root-hints
// alone there is no trust to begin with.
func (c realConfig) validator(clock lookup.Clock) (*dnssec.Validator, error) {
	if c.DNSSEC.Mode == validateOff || c.DNSSEC.Mode != validateOn && c.HintsFile != "" && c.TrustAnchors == "" {
		return nil, nil
	}
	anchors := dnssec.RootAnchors()
	if c.TrustAnchors != "" {
		f, err := os.Open(c.TrustAnchors)
		if err != nil {
			return nil, fmt.Errorf("trust anchors: %w", err)
		}
		defer f.Close()
		if anchors, err = dnssec.ParseAnchors(lookup.Printable(c.TrustAnchors), f); err != nil {
			return nil, fmt.Errorf("trust anchors: %w", err)
		}
	}
	anchors, err := c.DNSSEC.negative(anchors)
	if err != nil {
		return nil, err
	}
	return dnssec.New(dnssec.Config{Host: "R1", Clock: clock, Anchors: anchors, Aggressive: bool(c.DNSSEC.Aggressive)}), nil
}

// staleFor is how long past its TTL data may be handed out with -serve-stale
// (RFC 8767 §4: one to three days).
const staleFor = 24 * time.Hour

// realFlags declares the flags of -net internet and returns their names.
func realFlags(fs *flag.FlagSet, c *realConfig) (names []string) {
	c.IPv4, c.IPv6 = true, true
	fs.StringVar(&c.HintsFile, "root-hints", "", "`file` with other root servers than the published ones, in the form of named.root (-net internet)")
	fs.Var(&c.IPv4, "ip4", "ask servers over IPv4: `on or off` (-net internet)")
	fs.Var(&c.IPv6, "ip6", "ask servers over IPv6: `on or off` (-net internet)")
	fs.BoolVar(&c.AllowPrivate, "allow-private", false, "ask servers at private, loopback and other local addresses too; for a network of one's own, never for strangers (-net internet)")
	c.QNameMin, c.Priming, c.MixCase, c.Cookies = minimisation(iterative.MinimiseOn), true, true, true
	fs.Var(&c.QNameMin, "qname-min", "tell servers no more of a name than they need (RFC 9156): `off, on or strict` (-net internet)")
	fs.Var(&c.Priming, "priming", "ask for the list of root servers before the first walk (RFC 9609): `on or off` (-net internet)")
	fs.Var(&c.MixCase, "mix-case", "send names in random letter case, against forgers: `on or off` (-net internet)")
	fs.Var(&c.Cookies, "cookies", "send and check DNS cookies, against forgers (RFC 7873): `on or off` (-net internet)")
	fs.Var(&c.ServeStale, "serve-stale", "hand out expired data when no server is of use (RFC 8767): `on or off` (-net internet)")
	fs.Var(&c.Prefetch, "prefetch", "ask again for answers that are about to expire: `on or off` (-net internet)")
	fs.StringVar(&c.TrustAnchors, "trust-anchors", "", "`file` with other trust anchors than the root's published ones: DS or DNSKEY records; one that begins with \"; rootwalk:\" is kept up to date (RFC 5011) (-net internet)")
	return []string{"root-hints", "ip4", "ip6", "allow-private", "qname-min", "priming", "mix-case", "cookies", "serve-stale", "prefetch", "trust-anchors"}
}

// minimisation is a flag for how much of a name servers get to see.
type minimisation iterative.Minimisation

func (m minimisation) String() string { return string(m) }

func (m *minimisation) Set(s string) error {
	switch v := iterative.Minimisation(s); v {
	case iterative.MinimiseOff, iterative.MinimiseOn, iterative.MinimiseStrict:
		*m = minimisation(v)
		return nil
	}
	return errors.New("must be off, on or strict")
}

// onOff is a flag whose value is on or off.
type onOff bool

func (o onOff) String() string {
	if o {
		return "on"
	}
	return "off"
}

func (o *onOff) Set(s string) error {
	switch s {
	case "on":
		*o = true
	case "off":
		*o = false
	default:
		return errors.New("must be on or off")
	}
	return nil
}

// checkNet checks -net, and that no flag was given that means nothing there.
func checkNet(fs *flag.FlagSet, network string, real, lab []string) error {
	var idle []string
	switch network {
	case netLab:
		idle = real
	case netInternet:
		idle = lab
	default:
		return fmt.Errorf("-net %s: must be lab or internet", lookup.Printable(network))
	}
	var err error
	fs.Visit(func(f *flag.Flag) {
		for _, name := range idle {
			if f.Name == name && err == nil {
				err = fmt.Errorf("-%s means nothing with -net %s", name, network)
			}
		}
	})
	return err
}

// hints reads the root hints.
func (c realConfig) hints() ([]lookup.NameServer, error) {
	if c.HintsFile == "" {
		return iterative.Hints(), nil
	}
	f, err := os.Open(c.HintsFile)
	if err != nil {
		return nil, fmt.Errorf("root hints: %w", err)
	}
	defer f.Close()
	hints, err := iterative.ParseHints(f)
	if err != nil {
		return nil, fmt.Errorf("root hints %s: %w", lookup.Printable(c.HintsFile), err)
	}
	return hints, nil
}

// keepTCP is how long a connection to a server stays open for the next
// question: less than servers wait before they close it themselves.
const keepTCP = 4 * time.Second

// realInternet is one recursive resolver on the operating system's network.
type realInternet struct {
	network  *osnet.Network
	hints    []lookup.NameServer
	clock    *lookup.LessonClock
	cache    *cache.Cache
	asker    *transport.Client
	resolver *iterative.Resolver

	// What openDevice adds.
	tickets *secure.Tickets
	pages   *page.Browser
	fetches fetchLimits
	outward *osnet.Network // where a browser may connect to: ports 80 and 443
	device  *cache.Cache
	browser *cache.Cache // of the browser in front of the device
	stub    *stub.Stub
	serving *listener.Listener
	keeping func() // ends what keeps trust anchors up to date
}

// openReal makes a resolver called R1 on a clock, a new one for nil. Nothing is
// sent before it is asked.
func openReal(c realConfig, clock *lookup.LessonClock) (*realInternet, error) {
	hints, err := c.hints()
	if err != nil {
		return nil, err
	}
	network, err := osnet.New(osnet.Config{NoIPv4: !bool(c.IPv4), NoIPv6: !bool(c.IPv6), AllowPrivate: c.AllowPrivate})
	if err != nil {
		return nil, err
	}
	if clock == nil {
		clock = lookup.NewLessonClock(time.Now)
	}
	in := &realInternet{network: network, hints: hints, clock: clock}
	known := cache.Config{Name: "R1", Clock: in.clock, MaxEntries: c.CacheEntries, MaxTTL: c.MaxTTL, MaxNegativeTTL: c.MaxDenialTTL}
	if c.ServeStale {
		known.StaleFor = staleFor
	}
	in.cache = cache.New(known)
	in.asker = transport.New(transport.Config{
		Network: network, Party: lookup.Party{By: lookup.RoleResolver, Host: "R1"}, MixedCase: bool(c.MixCase), Cookies: bool(c.Cookies), NearMisses: 1, KeepTCP: keepTCP, Admit: c.Rates.Admit,
	})
	config := iterative.Config{
		Host: "R1", Clock: in.clock, Cache: in.cache, Hints: hints, NoIPv4: !bool(c.IPv4), NoIPv6: !bool(c.IPv6),
		// Where both families are there, IPv4 is the one that works: a broken
		// way for IPv6 says nothing and costs a timer each time.
		PreferIPv4: true,
		Meter: func(ctx context.Context) context.Context {
			ctx, _ = osnet.Within(ctx, osnet.DefaultBudget)
			return ctx
		},
		Minimise: iterative.Minimisation(c.QNameMin), Priming: bool(c.Priming), ServeStale: bool(c.ServeStale), Prefetch: bool(c.Prefetch),
		Asker: in.asker,
	}
	validator, err := c.validator(in.clock)
	if err != nil {
		return nil, err
	}
	if validator != nil { // a nil pointer in the interface would not be nil
		config.Validator = validator
	}
	in.resolver = iterative.New(config)
	if in.keeping, err = in.keepAnchors(c, validator); err != nil {
		return nil, errors.Join(err, in.Close())
	}
	return in, nil
}

// openDevice adds a device that asks the resolver as any program on this
// machine would: over UDP and TCP, on loopback.
func openDevice(c realConfig, clock *lookup.LessonClock) (*realInternet, error) {
	in, err := openReal(c, clock)
	if err != nil {
		return nil, err
	}
	local, err := osnet.New(osnet.Config{})
	if err != nil {
		return nil, err
	}
	flights := new(stub.InFlight)
	in.serving, err = listener.Listen(context.Background(), listener.Config{
		Network: local, Addrs: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")}, Resolver: in.resolver, Tracer: flights,
	})
	if err != nil {
		return nil, fmt.Errorf("resolver R1: %w", err)
	}
	at := in.serving.Addrs()[0]
	// The device may reach its resolver and nothing else.
	near, err := osnet.New(osnet.Config{Ports: []uint16{at.Port()}, Allow: []netip.Prefix{netip.PrefixFrom(at.Addr(), at.Addr().BitLen())}})
	if err != nil {
		return nil, errors.Join(err, in.Close())
	}
	in.outward, err = osnet.New(osnet.Config{NoIPv4: !bool(c.IPv4), NoIPv6: !bool(c.IPv6), AllowPrivate: c.AllowPrivate, Ports: []uint16{80, 443}})
	if err != nil {
		return nil, errors.Join(err, in.Close())
	}
	in.tickets = secure.NewTickets()
	in.fetches = c.Fetch.orDefault()
	in.pages = page.NewBrowser(in.clock, in.fetches.pages())
	in.device = cache.New(cache.Config{Name: "device", Clock: in.clock, MaxEntries: 500})
	in.browser = cache.New(cache.Config{Name: "browser", Clock: in.clock, MaxEntries: 100, MaxTTL: stub.BrowserMaxTTL})
	in.stub = stub.New(stub.Config{
		Host: "device", Network: netInternet, Browser: in.browser, Cache: in.device, Hosts: stub.ParseHosts(""),
		Servers: []lookup.Server{{Name: "R1.", Addr: at, Role: lookup.RoleResolver}},
		Asker:   transport.New(transport.Config{Network: socket.Through(near), Party: lookup.Party{By: lookup.RoleStub, Host: "device"}}),
		Lesson:  in.clock.Read, Snapshots: in.Snapshots, InFlight: flights,
		// Longer than the resolver takes at the most, so that it hears why.
		Timeout: iterative.DefaultLimits.Time + time.Second, Attempts: 1,
	})
	return in, nil
}

func (in *realInternet) Network() string { return netInternet }

func (in *realInternet) Lookup(ctx context.Context, step lookup.Step, ask room.Ask) {
	in.journey(ask).run(ctx, step, func(ctx context.Context) {
		in.stub.Run(ctx, step, stub.Order{Question: ask.Question, Errand: ask.Errand, Typed: ask.Typed, Reversed: ask.Reversed, DO: ask.DO, CD: ask.CD})
	})
}

func (in *realInternet) Clock() *lookup.LessonClock { return in.clock }

// Flush empties a cache, or all; a name narrows it to one entry.
func (in *realInternet) Flush(name string, owner lookup.Name, t lookup.Type) error {
	return flush([]*cache.Cache{in.browser, in.device, in.cache}, name, owner, t)
}

func (in *realInternet) Snapshots() []lookup.CacheSnapshot {
	return []lookup.CacheSnapshot{in.browser.Snapshot(), in.device.Snapshot(), in.cache.Snapshot()}
}

func (in *realInternet) Close() error {
	var err error
	if in.serving != nil {
		err = in.serving.Close()
	}
	in.keeping()
	in.resolver.Close()
	in.asker.Close()
	return err
}
