package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/lab/vnet"
)

// Every server answers for each of its zones, on both addresses, over UDP and
// TCP, to a resolver and to the learner's device.
func TestEveryServerServesItsZones(t *testing.T) {
	l := startLab(t, Config{})
	from := map[string]lookup.Network{"R1": l.Resolver("R1"), "device": l.Device()}
	for _, s := range l.Servers() {
		for _, zone := range s.Zones {
			for _, a := range s.Addrs {
				for _, network := range []string{"udp", "tcp"} {
					for who, host := range from {
						m, err := dig(t.Context(), host, network, a, zone, dns.TypeSOA)
						if err != nil {
							t.Fatalf("%s asks %s (%s, %s) for %s: %v", who, s.Name, a, network, zone, err)
						}
						if !m.Authoritative || len(m.Answer) != 1 || m.Answer[0].Header().Name != zone {
							t.Errorf("%s asks %s (%s, %s) for %s: %v", who, s.Name, a, network, zone, m)
						}
					}
				}
			}
		}
	}
}

func TestServersKnowWhoTheyAre(t *testing.T) {
	l := startLab(t, Config{})
	for _, s := range nameServers {
		for _, a := range s.addrs() {
			m, err := dig(t.Context(), l.Resolver("R2"), "udp", a, "id.server.", dns.TypeTXT)
			if err != nil {
				t.Fatalf("%s: %v", s.name, err)
			}
			if len(m.Answer) != 1 || m.Answer[0].(*dns.TXT).Txt[0] != s.name {
				t.Errorf("%s at %s says %v", s.name, a, m.Answer)
			}
		}
	}
}

// The walk of the first lesson: root, kr, example.co.kr.
func TestWalkByHand(t *testing.T) {
	l := startLab(t, Config{})
	hints, err := Hints()
	if err != nil {
		t.Fatal(err)
	}
	server := hints[0].Addrs[0]
	var path []string
	for range 5 {
		m, err := dig(t.Context(), l.Resolver("R1"), "udp", server, "www.example.co.kr.", dns.TypeA)
		if err != nil {
			t.Fatal(err)
		}
		if m.Authoritative {
			path = append(path, m.Answer[0].String())
			break
		}
		path = append(path, m.Ns[0].Header().Name)
		i := slices.IndexFunc(m.Extra, func(rr dns.RR) bool {
			return rr.Header().Rrtype == dns.TypeA && rr.Header().Name == m.Ns[0].(*dns.NS).Ns
		})
		if i < 0 {
			t.Fatalf("no glue: %v", m)
		}
		server, _ = netip.AddrFromSlice(m.Extra[i].(*dns.A).A.To4())
	}
	want := "[kr. example.co.kr. www.example.co.kr.\t300\tIN\tA\t203.0.113.10]"
	if got := fmt.Sprint(path); got != want {
		t.Errorf("walked %s, want %s", got, want)
	}
}

func TestBrokenServers(t *testing.T) {
	l := startLab(t, Config{})
	r1 := l.Resolver("R1")
	t.Run("nothing listens on port 53", func(t *testing.T) {
		for _, server := range []string{"203.0.113.10", "2001:db8:80::10"} {
			if m, err := dig(t.Context(), r1, "udp", netip.MustParseAddr(server), "www.closed.test.", dns.TypeA); !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("%s: %v, %v", server, m, err)
			}
		}
	})
	t.Run("no host has the address", func(t *testing.T) {
		gone := make(chan netip.Addr, 64)
		l.Router("dnsnet").OnEvent(func(e vnet.RouterEvent) {
			if e.Verdict == vnet.HostUnreachable {
				select {
				case gone <- e.Dst:
				default:
				}
			}
		})
		missing := map[netip.Addr]bool{}
		for _, server := range []string{"203.0.113.60", "203.0.113.61", "2001:db8:53::60", "2001:db8:53::61"} {
			a := netip.MustParseAddr(server)
			missing[a] = true
			conn, err := r1.DialContext(t.Context(), "udp", netip.AddrPortFrom(a, 53).String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := conn.Write(make([]byte, 12)); err != nil {
				t.Error(err)
			}
		}
		for len(missing) > 0 { // the router asks three times, a second apart
			select {
			case a := <-gone:
				delete(missing, a)
			case <-time.After(20 * time.Second):
				t.Fatalf("nothing was heard of %v", missing)
			}
		}
	})
	t.Run("lame", func(t *testing.T) {
		for _, zone := range []string{"www.lame.test.", "www.alllame.test."} {
			m, err := dig(t.Context(), r1, "udp", netip.MustParseAddr("198.51.100.141"), zone, dns.TypeA)
			if err != nil || m.Rcode != dns.RcodeRefused {
				t.Errorf("%s: %v, %v", zone, m, err)
			}
		}
	})
}

// get fetches a page of a site at one address.
func get(host lookup.Network, site string, a netip.Addr) (string, error) {
	tr := &http.Transport{DisableKeepAlives: true, DialContext: host.DialContext}
	defer tr.CloseIdleConnections()
	r, err := http.NewRequest(http.MethodGet, "http://"+netip.AddrPortFrom(a, 80).String()+"/", nil)
	if err != nil {
		return "", err
	}
	r.Host = site
	response, err := tr.RoundTrip(r)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("status %s", response.Status)
	}
	return string(page), err
}

func TestEverySiteHasAPage(t *testing.T) {
	l := startLab(t, Config{})
	count := 0
	for _, s := range l.Servers() {
		if s.Role != RoleWeb {
			continue
		}
		for _, a := range s.Addrs {
			count++
			page, err := get(l.Device(), s.Name, a)
			if err != nil {
				t.Fatalf("%s at %s: %v", s.Name, a, err)
			}
			if !strings.Contains(page, "<h1>"+s.Name+"</h1>") || !strings.Contains(page, a.String()) {
				t.Errorf("%s at %s:\n%s", s.Name, a, page)
			}
		}
	}
	if count < 50 {
		t.Errorf("only %d addresses of web sites", count)
	}
	page, err := get(l.Device(), "<script>alert(1)</script>", netip.MustParseAddr("203.0.113.10"))
	if err == nil && strings.Contains(page, "<script>") {
		t.Errorf("the Host field got into the page unescaped:\n%s", page)
	}
}

// Every www in the zones has its server, so that a lookup can go on to a page.
func TestEveryWWWIsAWebSite(t *testing.T) {
	all, err := Zones()
	if err != nil {
		t.Fatal(err)
	}
	l := startLab(t, Config{})
	var sites []string
	for _, s := range l.Servers() {
		if s.Role == RoleWeb {
			sites = append(sites, s.Name+".")
		}
	}
	for _, z := range all {
		for owner, types := range z.Owners {
			if strings.HasPrefix(owner, "www.") && (slices.Contains(types, dns.TypeA) || slices.Contains(types, dns.TypeAAAA)) && !slices.Contains(sites, owner) {
				t.Errorf("%s has addresses and no web server", owner)
			}
		}
	}
}

func TestDevices(t *testing.T) {
	l := startLab(t, Config{})
	var all []*Device
	for {
		d, err := l.AddDevice(fmt.Sprintf("learner-%d", len(all)+1))
		if errors.Is(err, ErrLANFull) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, d)
	}
	if len(all) != lastDevice-firstDevice {
		t.Errorf("%d further devices", len(all))
	}
	last := all[len(all)-1]
	if got := fmt.Sprint(last.Addrs); got != "[192.0.2.254 2001:db8:1:1::254]" {
		t.Errorf("the last device has %s", got)
	}
	root := netip.MustParseAddr("198.41.0.4")
	if _, err := dig(t.Context(), last.Network, "udp", root, ".", dns.TypeSOA); err != nil {
		t.Error(err)
	}
	last.Close()
	last.Close()
	if _, err := last.Network.DialContext(t.Context(), "udp", "198.41.0.4:53"); err == nil {
		t.Error("a device that was unplugged opened a socket")
	}
	again, err := l.AddDevice("again")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dig(t.Context(), again.Network, "udp", root, ".", dns.TypeSOA); err != nil {
		t.Errorf("on an address that was used before: %v", err)
	}
}

func TestResolverAddr(t *testing.T) {
	l := startLab(t, Config{})
	for name, want := range map[string]string{"R1": "192.0.2.53", "R2": "192.0.2.54", "web-1": "invalid IP", "": "invalid IP"} {
		if got := l.ResolverAddr(name).String(); got != want {
			t.Errorf("resolver %q: %s, want %s", name, got, want)
		}
		if got := l.Resolver(name) != nil; got != (want != "invalid IP") {
			t.Errorf("resolver %q: %t", name, got)
		}
	}
}

// The planned delays, added up along the path of each exchange of the first
// walk. The plan is checked, not the clock.
func TestPlannedDelays(t *testing.T) {
	byName := map[string]network{}
	for _, n := range networks {
		byName[n.segment] = n
	}
	ms := func(segments ...string) (total float64) {
		for _, s := range segments {
			total += 2 * float64(byName[s].delay.Microseconds()) / 1000
		}
		return total
	}
	walk := ms("isp", "root") + ms("isp", "tld") + ms("isp", "dns") + 2*float64(accessDelay.Microseconds())/1000
	if walk < 20 || walk > 60 {
		t.Errorf("a cold walk is planned to take %.1f ms on the wire", walk)
	}
}

func TestCloseLeavesNothing(t *testing.T) {
	for range 3 {
		l, err := New(Config{Speed: 1})
		if err != nil {
			t.Fatal(err)
		}
		// Something under way while it closes.
		go dig(context.Background(), l.Device(), "udp", netip.MustParseAddr("198.41.0.4"), ".", dns.TypeSOA)
		if _, err := dig(t.Context(), l.Device(), "tcp", netip.MustParseAddr("198.41.0.4"), ".", dns.TypeSOA); err != nil {
			t.Error(err)
		}
		l.Close()
		l.Close()
		if _, err := l.AddDevice("late"); err == nil {
			t.Error("a closed lab took a device")
		}
	}
}

// memory is what is in use: heap and goroutine stacks.
func memory() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

func BenchmarkLabStart(b *testing.B) {
	if _, err := catalogs(); err != nil { // parsed once per process, not per lab
		b.Fatal(err)
	}
	b.ReportAllocs()
	before, goroutines := memory(), runtime.NumGoroutine()
	l, err := New(Config{})
	if err != nil {
		b.Fatal(err)
	}
	kib := float64(memory()-before) / 1024
	started := float64(runtime.NumGoroutine() - goroutines)
	l.Close()
	for b.Loop() {
		l, err := New(Config{})
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		l.Close()
		b.StartTimer()
	}
	b.ReportMetric(kib, "KiB/lab")
	b.ReportMetric(started, "goroutines/lab")
}

func BenchmarkLabClose(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		l, err := New(Config{})
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		l.Close()
	}
}

// BenchmarkFirstWalk is the three exchanges of a cold lookup, and the stub's, at
// the planned speed and without delays.
func BenchmarkFirstWalk(b *testing.B) {
	for _, speed := range []float64{0, 1} {
		b.Run(fmt.Sprintf("speed=%v", speed), func(b *testing.B) {
			l := startLab(b, Config{Speed: speed})
			for b.Loop() {
				for _, server := range []string{"198.41.0.4", "198.51.100.4", "203.0.113.53"} {
					if _, err := dig(b.Context(), l.Resolver("R1"), "udp", netip.MustParseAddr(server), "www.example.co.kr.", dns.TypeA); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
