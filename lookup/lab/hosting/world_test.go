package hosting

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rootwalk/lookup"
	"rootwalk/lookup/lab/auth"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// loopback is a host with addresses of 127.0.0.0/8 on this machine.
type loopback struct{}

func (loopback) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, network, addr)
}

func (loopback) DialFrom(ctx context.Context, network string, local netip.AddrPort, addr string) (net.Conn, error) {
	d := net.Dialer{}
	if local.IsValid() {
		d.LocalAddr = net.TCPAddrFromAddrPort(local)
		if network == "udp" {
			d.LocalAddr = net.UDPAddrFromAddrPort(local)
		}
	}
	return d.DialContext(ctx, network, addr)
}

func (loopback) ListenPacket(ctx context.Context, network, addr string) (net.PacketConn, error) {
	return new(net.ListenConfig).ListenPacket(ctx, network, addr)
}

func (loopback) Listen(ctx context.Context, network, addr string) (net.Listener, error) {
	return new(net.ListenConfig).Listen(ctx, network, addr)
}

func (loopback) Caps() lookup.Caps { return lookup.Caps{} }

const zoneText = `$ORIGIN example.test.
$TTL 300
@ SOA ns1 hostmaster 2026010100 3600 600 86400 60
@ NS ns1
@ NS ns2
ns1 A 127.0.0.2
ns2 A 127.0.0.3
www A 192.0.2.1
many A 192.0.2.2
many A 192.0.2.3
t TXT "some text, so that the zone is longer than one message of a transfer takes"
`

// world is two name servers, an operator, and a clock that moves when told.
type world struct {
	*Operator
	t       *testing.T
	clock   *lookup.LessonClock
	real    time.Time
	servers map[string]*auth.Server
	traces  chan *lookup.Trace
}

const (
	ns1 = lookup.Name("ns1.example.test.")
	ns2 = lookup.Name("ns2.example.test.")
	our = lookup.Name("example.test.")
)

// newWorldOf is an operator of a zone on servers that nobody can ask.
func newWorldOf(t testing.TB, text string) *Operator {
	t.Helper()
	zone := parse(t, text)
	catalog, err := auth.NewCatalog(zone)
	if err != nil {
		t.Fatal(err)
	}
	c := Config{Clock: lookup.NewLessonClock(func() time.Time { return time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC) }),
		File:  func(name string) (string, bool) { return text, name == zone.Origin() },
		Zones: []Hosted{{Zone: zone, Servers: []lookup.Name{ns1, ns2}}}}
	for i, name := range []lookup.Name{ns1, ns2} {
		c.Sites = append(c.Sites, Site{Name: name, Server: auth.NewServer(auth.Config{Catalog: catalog}), Host: nowhere{}, Addrs: []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, byte(2 + i)})}})
	}
	op, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(op.Close)
	return op
}

// nowhere is a host whose network leads nowhere.
type nowhere struct{ loopback }

func (nowhere) DialFrom(context.Context, string, netip.AddrPort, string) (net.Conn, error) {
	return nil, net.ErrClosed
}

// newWorld starts ns1 at 127.0.0.2 and ns2 at 127.0.0.3, on one port.
func newWorld(t *testing.T, change ...func(*Config)) *world {
	t.Helper()
	zone := parse(t, zoneText)
	w := &world{t: t, real: time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC), servers: map[string]*auth.Server{}, traces: make(chan *lookup.Trace, 100)}
	w.clock = lookup.NewLessonClock(func() time.Time { return w.real })
	c := Config{Clock: w.clock, Client: loopback{}, MessageSize: 120, Zones: []Hosted{{Zone: zone, Servers: []lookup.Name{ns1, ns2}, Managed: true}}}
	for try := 0; ; try++ {
		port, err := freePort()
		if err == nil {
			c.Port = port
			c.Sites = nil
			err = w.listen(&c, zone)
		}
		if err == nil {
			break
		}
		for _, s := range w.servers {
			s.Close()
		}
		if try == 20 {
			t.Skip("no port is free at 127.0.0.2 and 127.0.0.3:", err)
		}
	}
	for _, f := range change {
		f(&c)
	}
	op, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	w.Operator = op
	op.Start(func(title string) (lookup.Step, func()) {
		trace := lookup.NewTrace(lookup.TraceConfig{ID: title, Title: title})
		return trace.Root(), func() { trace.Finish(); w.traces <- trace }
	}, func() {})
	t.Cleanup(func() {
		op.Close()
		for _, s := range w.servers {
			s.Close()
		}
	})
	return w
}

func (w *world) listen(c *Config, zone *auth.Zone) error {
	catalog, err := auth.NewCatalog(zone)
	if err != nil {
		return err
	}
	for i, name := range []lookup.Name{ns1, ns2} {
		addr := netip.AddrFrom4([4]byte{127, 0, 0, byte(2 + i)})
		s := auth.NewServer(auth.Config{Catalog: catalog})
		w.servers[string(name)] = s
		if err := s.Listen(context.Background(), loopback{}, netip.AddrPortFrom(addr, c.Port).String()); err != nil {
			return err
		}
		c.Sites = append(c.Sites, Site{Name: name, Server: s, Host: loopback{}, Addrs: []netip.Addr{addr}})
	}
	return nil
}

func freePort() (uint16, error) {
	ln, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		return 0, err
	}
	defer ln.Close()
	return uint16(ln.Addr().(*net.TCPAddr).Port), nil
}

func parse(t testing.TB, text string) *auth.Zone {
	t.Helper()
	z, err := auth.ParseZone("test.zone", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// version is the zone with another serial and texts exchanged.
func version(t testing.TB, serial uint32, oldnew ...string) *auth.Zone {
	t.Helper()
	text := strings.NewReplacer(append(oldnew, "2026010100", fmt.Sprint(serial))...).Replace(zoneText)
	return parse(t, text)
}

// trace is the next trace that ends.
func (w *world) trace() []lookup.Fact {
	w.t.Helper()
	select {
	case tr := <-w.traces:
		var facts []lookup.Fact
		for _, e := range tr.Events() {
			facts = append(facts, e.Fact)
		}
		return facts
	case <-time.After(20 * time.Second):
		w.t.Fatal("no trace ends")
		return nil
	}
}

// copyAt is the state of a server's copy.
func (w *world) copyAt(name lookup.Name) lookup.ZoneCopy {
	w.t.Helper()
	for _, s := range w.States() {
		for _, c := range s.Copies {
			if s.Zone == our && c.Server.Name == name {
				return c
			}
		}
	}
	w.t.Fatalf("%s has no copy", name)
	return lookup.ZoneCopy{}
}

// kinds writes facts as their kinds, one after the other, repeats once.
func kinds(facts []lookup.Fact) string {
	var out []string
	for _, f := range facts {
		if k := lookup.Kind(f); len(out) == 0 || out[len(out)-1] != k {
			out = append(out, k)
		}
	}
	return strings.Join(out, " ")
}

func find[F lookup.Fact](t *testing.T, facts []lookup.Fact) F {
	t.Helper()
	for _, f := range facts {
		if f, ok := f.(F); ok {
			return f
		}
	}
	var none F
	t.Fatalf("no %T in %s", none, kinds(facts))
	return none
}

func all[F lookup.Fact](facts []lookup.Fact) (out []F) {
	for _, f := range facts {
		if f, ok := f.(F); ok {
			out = append(out, f)
		}
	}
	return out
}

// skip moves lesson time.
func (w *world) skip(d time.Duration) {
	w.t.Helper()
	if err := w.clock.Skip(d); err != nil {
		w.t.Fatal(err)
	}
}
