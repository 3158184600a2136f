package osnet

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// echo is a UDP and a TCP server on loopback that sends back what comes.
func echo(t *testing.T) (udp, tcp net.Addr) {
	t.Helper()
	pc, err := network(t).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l, err := network(t).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	t.Cleanup(func() { pc.Close(); l.Close(); wg.Wait() })
	wg.Go(func() {
		b := make([]byte, 4096)
		for {
			n, from, err := pc.ReadFrom(b)
			if err != nil {
				return
			}
			pc.WriteTo(b[:n], from)
		}
	})
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { defer c.Close(); io.Copy(c, c) })
		}
	})
	return pc.LocalAddr(), l.Addr()
}

func refusedBy(t *testing.T, err error, rule Rule, max int) {
	t.Helper()
	if r := AsRefused(err); r == nil || r.Rule != rule || r.Budget() != max || r.Error() == "" {
		t.Errorf("%v, want %s %d", err, rule, max)
	}
}

func TestARunHasSoManyConnections(t *testing.T) {
	udp, tcp := echo(t)
	for _, at := range []net.Addr{udp, tcp} {
		n := client(t, at)
		ctx, run := Within(t.Context(), Budget{Connects: 3})
		for range 3 {
			c, err := n.DialContext(ctx, at.Network(), at.String())
			if err != nil {
				t.Fatal(err)
			}
			c.Close() // what is closed does not come back
		}
		_, err := n.DialContext(ctx, at.Network(), at.String())
		refusedBy(t, err, RuleConnects, 3)
		if got, counts := run.Spent(), n.Counts(); got.Connects != 3 || counts.Dials != 3 || counts.Refused != 1 {
			t.Errorf("%+v, %+v", got, counts)
		}
		// Another run, and who is in none, have their own.
		other, _ := Within(t.Context(), Budget{Connects: 1})
		for _, ctx := range []context.Context{other, t.Context()} {
			c, err := n.DialContext(ctx, at.Network(), at.String())
			if err != nil {
				t.Fatal(err)
			}
			c.Close()
		}
	}
}

// What the policy refuses costs nothing of the budget: nothing was sent.
func TestWhatIsRefusedIsNotSpent(t *testing.T) {
	ctx, run := Within(t.Context(), Budget{Connects: 1})
	for range 3 {
		if _, err := network(t).DialContext(ctx, "udp", "169.254.169.254:53"); AsRefused(err) == nil || AsRefused(err).Rule != RuleSpecial {
			t.Error(err)
		}
	}
	if got := run.Spent(); got != (Spent{}) {
		t.Errorf("%+v", got)
	}
}

func TestARunMovesSoManyOctets(t *testing.T) {
	udp, tcp := echo(t)
	for _, at := range []net.Addr{udp, tcp} {
		n := client(t, at)
		ctx, run := Within(t.Context(), Budget{Bytes: 1000})
		one, err := n.DialContext(ctx, at.Network(), at.String())
		if err != nil {
			t.Fatal(err)
		}
		defer one.Close()
		two, err := n.DialContext(ctx, at.Network(), at.String())
		if err != nil {
			t.Fatal(err)
		}
		defer two.Close()
		b := make([]byte, 400)
		for _, c := range []net.Conn{one, two} { // both ways, over all connections
			if _, err := c.Write(b[:300]); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(c, b[:300]); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []net.Conn{one, two} {
			_, err := c.Write(b)
			refusedBy(t, err, RuleBytes, 1000)
			_, err = c.Read(b)
			refusedBy(t, err, RuleBytes, 1000)
		}
		_, err = n.DialContext(ctx, at.Network(), at.String())
		refusedBy(t, err, RuleBytes, 1000)
		if got := run.Spent(); got.Bytes != 1200 || got.Connects != 2 {
			t.Errorf("%+v", got)
		}
	}
}

func TestARunHasItsTime(t *testing.T) {
	udp, _ := echo(t)
	n := client(t, udp)
	ctx, run := Within(t.Context(), Budget{Time: time.Hour})
	c, err := n.DialContext(ctx, "udp", udp.String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	run.until = time.Now() // an hour later
	_, err = c.Write([]byte("x"))
	refusedBy(t, err, RuleTime, 3600_000)
	_, err = n.DialContext(ctx, "udp", udp.String())
	refusedBy(t, err, RuleTime, 3600_000)
}

// Many goroutines of one run get no more than its budget between them.
func TestABudgetIsSharedFairly(t *testing.T) {
	udp, _ := echo(t)
	n := client(t, udp)
	ctx, _ := Within(t.Context(), Budget{Connects: 10})
	var wg sync.WaitGroup
	var mu sync.Mutex
	made, refused := 0, 0
	for range 50 {
		wg.Go(func() {
			c, err := n.DialContext(ctx, "udp", udp.String())
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				made++
				c.Close()
			} else if AsRefused(err) != nil {
				refused++
			}
		})
	}
	wg.Wait()
	if made != 10 || refused != 40 {
		t.Errorf("%d made, %d refused", made, refused)
	}
}
