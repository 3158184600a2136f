package listener

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/osnet"
)

// clock is a time that moves when it is told to.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

// loopback is this machine's network, for listening on loopback.
func loopback(t testing.TB) lookup.Network {
	t.Helper()
	n, err := osnet.New(osnet.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestPace(t *testing.T) {
	c := &clock{at: time.Unix(1_000_000, 0)}
	p := newPace(Config{Rate: 20, now: c.now}, 24, 56)
	addr := netip.MustParseAddr
	allowed := func(client string, n int) (ok int) {
		for range n {
			if within, _ := p.take(addr(client)); within {
				ok++
			}
		}
		return ok
	}
	if got := allowed("192.0.2.1", 30); got != 20 {
		t.Errorf("%d of 30 queries at once", got)
	}
	if got := allowed("192.0.2.200", 5); got != 0 {
		t.Errorf("%d from the same /24, which has used its share", got)
	}
	if got := allowed("192.0.3.1", 30) + allowed("2001:db8::1", 30); got != 40 {
		t.Errorf("%d from two other networks", got)
	}
	if got := allowed("2001:db8:0:ff::1", 3) + allowed("2001:db8:0:100::1", 3); got != 3 {
		t.Errorf("%d from the same and the next /56", got)
	}
	c.at = c.at.Add(49 * time.Millisecond)
	if got := allowed("192.0.2.1", 3); got != 0 {
		t.Errorf("%d after 49 ms", got)
	}
	c.at = c.at.Add(time.Millisecond)
	if got := allowed("192.0.2.1", 3); got != 1 {
		t.Errorf("%d after 50 ms", got)
	}
	c.at = c.at.Add(time.Hour)
	if got := allowed("192.0.2.1", 30); got != 20 {
		t.Errorf("%d after an hour: unused time is not saved up", got)
	}
	slips := 0
	for range 100 {
		if ok, slip := p.take(addr("192.0.2.1")); ok {
			t.Fatal("more than its share")
		} else if slip {
			slips++
		}
	}
	if slips != 50 {
		t.Errorf("%d of 100 slipped", slips)
	}
	var none *pace
	if ok, _ := none.take(addr("192.0.2.1")); !ok || !none.wait(t.Context(), addr("192.0.2.1")) {
		t.Error("no pace holds somebody back")
	}
}

// However many networks ask, what is remembered is bounded; those that have
// been quiet are forgotten first.
func TestPaceIsBounded(t *testing.T) {
	c := &clock{at: time.Unix(1_000_000, 0)}
	p := newPace(Config{Rate: 1, now: c.now}, 32, 64)
	client := func(i int) netip.Addr {
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], uint32(i))
		return netip.AddrFrom4(b)
	}
	for i := range maxPaces {
		if ok, _ := p.take(client(i)); !ok {
			t.Fatalf("network %d", i)
		}
	}
	if ok, _ := p.take(client(maxPaces)); ok {
		t.Error("one network more")
	}
	c.at = c.at.Add(2 * time.Second)
	if ok, _ := p.take(client(maxPaces)); !ok {
		t.Error("once the others are quiet")
	}
}

func TestWaitingEndsWithItsContext(t *testing.T) {
	c := &clock{at: time.Unix(1_000_000, 0)} // stands still: it is never due
	p := newPace(Config{Rate: 1, now: c.now}, 24, 56)
	a := netip.MustParseAddr("192.0.2.1")
	ctx, cancel := context.WithCancel(t.Context())
	for range 3600 {
		p.each.Queue(p.network(a))
	}
	cancel()
	if p.wait(ctx, a) {
		t.Error("an hour passed")
	}
}

func TestUDPBeyondTheRate(t *testing.T) {
	c := &clock{at: time.Unix(1_000_000, 0)}
	l, err := Listen(t.Context(), Config{Network: loopback(t), Addrs: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")}, Resolver: echo{}, Rate: 3, now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := net.Dial("udp", l.Addrs()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	got := map[uint16]bool{} // TC by ID
	for id := uint16(1); id <= 8; id++ {
		m := new(dns.Msg).SetQuestion("www.example.", dns.TypeA)
		m.Id = id
		b, _ := m.Pack()
		conn.Write(b)
		if id > 3 && id%2 == 1 {
			continue // no response comes to these
		}
		buf := make([]byte, 1500)
		n, err := conn.Read(buf)
		if err != nil {
			t.Fatalf("query %d: %v", id, err)
		}
		var r dns.Msg
		if err := r.Unpack(buf[:n]); err != nil || !r.Response || r.Rcode != 0 || id > 3 && (n > len(b) || len(r.Answer) > 0 || len(r.Question) != 1 || !r.RecursionAvailable) {
			t.Errorf("query %d: %d octets, %v\n%v", id, n, err, &r)
		}
		got[r.Id] = r.Truncated
	}
	want := map[uint16]bool{1: false, 2: false, 3: false, 4: true, 6: true, 8: true}
	if len(got) != len(want) {
		t.Fatalf("%v, want %v", got, want)
	}
	for id, tc := range want {
		if got[id] != tc {
			t.Errorf("%v, want %v", got, want)
		}
	}
}

func TestStrangersAreToldSo(t *testing.T) {
	l, err := Listen(t.Context(), Config{
		Network: loopback(t), Addrs: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")}, Resolver: echo{}, ACL: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("fe80::/10")},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	q := new(dns.Msg).SetQuestion("www.example.", dns.TypeA).SetEdns0(1232, false)
	r, _, err := new(dns.Client).Exchange(q, l.Addrs()[0].String())
	if err != nil || r.Rcode != dns.RcodeRefused || len(r.Question) != 1 || len(r.Answer) > 0 {
		t.Errorf("over UDP: %v %v", r, err)
	}
	if _, _, err := (&dns.Client{Net: "tcp"}).Exchange(q, l.Addrs()[0].String()); err == nil {
		t.Error("over TCP: a response")
	}
	for client, want := range map[string]bool{"192.0.2.9": true, "192.0.3.9": false, "fe80::1%eth0": true, "::1": false} {
		if got := l.permits(netip.MustParseAddr(client)); got != want {
			t.Errorf("%s: %v", client, got)
		}
	}
}

func TestStrict(t *testing.T) {
	for _, strict := range []bool{false, true} {
		l, err := Listen(t.Context(), Config{Network: loopback(t), Addrs: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")}, Resolver: echo{}, Strict: strict})
		if err != nil {
			t.Fatal(err)
		}
		ask := func(name string, qtype, class uint16, opcode int) *dns.Msg {
			t.Helper()
			q := new(dns.Msg).SetQuestion(name, qtype)
			q.Question[0].Qclass, q.Opcode = class, opcode
			r, _, err := new(dns.Client).Exchange(q, l.Addrs()[0].String())
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		for _, c := range []struct {
			what          string
			qtype, class  uint16
			opcode        int
			plain, strict int
		}{
			{"CHAOS", dns.TypeTXT, dns.ClassCHAOS, 0, 0, dns.RcodeRefused},
			{"AXFR", dns.TypeAXFR, dns.ClassINET, 0, dns.RcodeRefused, dns.RcodeRefused},
			{"IXFR", dns.TypeIXFR, dns.ClassINET, 0, dns.RcodeRefused, dns.RcodeRefused},
			{"UPDATE", dns.TypeSOA, dns.ClassINET, dns.OpcodeUpdate, dns.RcodeNotImplemented, dns.RcodeRefused},
			{"NOTIFY", dns.TypeSOA, dns.ClassINET, dns.OpcodeNotify, dns.RcodeNotImplemented, dns.RcodeRefused},
			{"STATUS", dns.TypeSOA, dns.ClassINET, dns.OpcodeStatus, dns.RcodeNotImplemented, dns.RcodeNotImplemented},
			{"A", dns.TypeA, dns.ClassINET, 0, 0, 0},
		} {
			want := c.plain
			if strict {
				want = c.strict
			}
			if r := ask("version.bind.", c.qtype, c.class, c.opcode); r.Rcode != want {
				t.Errorf("strict %v, %s: %s", strict, c.what, dns.RcodeToString[r.Rcode])
			}
		}
		if strict {
			r := ask("www.example.", dns.TypeANY, dns.ClassINET, 0)
			if h, ok := r.Answer[0].(*dns.HINFO); !ok || h.Cpu != "RFC8482" || len(r.Answer) != 1 || r.Answer[0].Header().Name != "www.example." {
				t.Errorf("ANY:\n%v", r)
			}
		}
		l.Close()
	}
}

// What is answered without work is never longer than what was sent.
func FuzzBrief(f *testing.F) {
	b, _ := new(dns.Msg).SetQuestion("www.example.", dns.TypeA).SetEdns0(1232, true).Pack()
	f.Add(b)
	f.Add(append(b[:12:12], 0xc0, 0x0c, 0, 1, 0, 1))
	f.Add(b[:20])
	f.Fuzz(func(t *testing.T, b []byte) {
		r := brief(b, lookup.RcodeRefused, true)
		if (r != nil) != isQuery(b) {
			t.Fatal("answered, or not")
		}
		if r == nil {
			return
		}
		var m dns.Msg
		if err := m.Unpack(r); err != nil || len(r) > len(b) || !m.Response || !m.Truncated || m.Authoritative || m.Rcode != dns.RcodeRefused || r[0] != b[0] || r[1] != b[1] {
			t.Fatalf("% x: % x, %v", b, r, err)
		}
	})
}
