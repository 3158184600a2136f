package listener

import (
	"context"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/iterative"
	"rootwalk/lookup/osnet"
)

// TestBurst: many queries at once, some of which can be recalled, from clients
// some of which may not ask or ask too often; each gets its own response.
func TestBurst(t *testing.T) {
	for _, at := range []string{"127.0.0.1:0", "0.0.0.0:0"} { // with batches and without
		w := newTwoWays(t, 0)
		w.fill()
		r := iterative.New(iterative.Config{Host: "R1", Clock: w.clock, Cache: w.cache, Asker: nobody{}, Seed: 1, Hints: iterative.Hints()})
		var recalled atomic.Int64
		l, err := Listen(context.Background(), Config{Network: anywhere(t), Addrs: []netip.AddrPort{netip.MustParseAddrPort(at)}, Resolver: r, Recalled: func(Recalled) { recalled.Add(1) }})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		names := []string{"www.example.", "mx.example.", "alias.example.", "a.no.example.", "never.example."}
		want := map[uint16]string{}
		conn, err := net.Dial("udp", netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), l.Addrs()[0].Port()).String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(30 * time.Second))
		for range 5 {
			for id := range uint16(60) { // below MaxQueries: none is dropped
				q := new(dns.Msg).SetQuestion(names[int(id)%len(names)], dns.TypeA)
				q.Id = id
				want[id] = q.Question[0].Name
				conn.Write(mustPack(q))
			}
			b := make([]byte, 4096)
			for len(want) > 0 {
				n, err := conn.Read(b)
				var m dns.Msg
				if err != nil || m.Unpack(b[:n]) != nil {
					t.Fatalf("%d left: %v", len(want), err)
				}
				if len(m.Question) != 1 || want[m.Id] != m.Question[0].Name || (len(m.Answer) > 0) != (m.Question[0].Name == "www.example." || m.Question[0].Name == "alias.example.") {
					t.Fatalf("asked %q: %v", want[m.Id], &m)
				}
				delete(want, m.Id)
			}
		}
		if n := recalled.Load(); n < 50 {
			t.Errorf("%s: %d recalled", at, n)
		}
	}
}

// TestRecallComesAfterTheLimits: who may not ask, or not so often, is not
// answered because the answer is at hand.
func TestRecallComesAfterTheLimits(t *testing.T) {
	w, query := recallable(t)
	l := w.quick
	l.c.ACL = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	l.pace = newPace(Config{Rate: 3, now: w.clock.Now}, 24, 56)
	stranger := netip.MustParseAddrPort("198.51.100.1:5")
	if b, ok := l.atOnce(query, stranger, nil); !ok || b[3]&15 != byte(lookup.RcodeRefused) || len(b) > len(query) {
		t.Errorf("a stranger gets %x", b)
	}
	answered := 0
	for range 10 {
		if b, ok := l.atOnce(query, someone, nil); ok && b != nil && b[2]&2 == 0 {
			answered++
		}
	}
	if answered != 3 {
		t.Errorf("%d answers at a rate of 3", answered)
	}
}

// anywhere is this machine's network, for listening on any address.
func anywhere(t testing.TB) lookup.Network {
	t.Helper()
	n, err := osnet.New(osnet.Config{ListenAnywhere: true})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
