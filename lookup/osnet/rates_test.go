package osnet

import (
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rootwalk/lookup"
)

func TestAServerIsAskedSoOften(t *testing.T) {
	now := time.Unix(0, 0)
	r := newRates(3, 5, func() time.Time { return now })
	at := func(i int) netip.AddrPort { return netip.MustParseAddrPort(fmt.Sprintf("192.5.6.%d:53", i)) }
	for range 3 {
		if err := r.Admit(at(1), "com."); err != nil {
			t.Fatal(err)
		}
	}
	refusedBy(t, r.Admit(at(1), "com."), RuleServerRate, 3)
	refusedBy(t, r.Admit(netip.MustParseAddrPort("[::ffff:192.5.6.1]:53"), "net."), RuleServerRate, 3) // the same server
	// What the server refuses is not the zone's: two are left of five.
	for range 2 {
		if err := r.Admit(at(2), "COM."); err != nil {
			t.Fatal(err)
		}
	}
	refusedBy(t, r.Admit(at(2), "com."), RuleZoneRate, 5)
	refusedBy(t, r.Admit(at(3), "com."), RuleZoneRate, 5)
	if err := r.Admit(at(4), "net."); err != nil {
		t.Errorf("another zone on another server: %v", err)
	}
	// Nor is what the zone refuses the server's.
	for i := range 3 {
		if err := r.Admit(at(3), lookup.Name(fmt.Sprintf("zone%d.", i))); err != nil {
			t.Errorf("the server has had %d of 3: %v", i, err)
		}
	}
	refusedBy(t, r.Admit(at(3), "zone3."), RuleServerRate, 3)
	now = now.Add(time.Second)
	if err := r.Admit(at(1), "com."); err != nil {
		t.Errorf("a second later: %v", err)
	}
	for _, r := range []*Rates{nil, NewRates(0, 0)} {
		for range 1000 {
			if err := r.Admit(at(1), "com."); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// All users together get no more than the rate.
func TestRatesAreSharedByAll(t *testing.T) {
	now := time.Unix(0, 0)
	r := newRates(DefaultServerRate, DefaultZoneRate, func() time.Time { return now })
	var sent atomic.Int64
	var wg sync.WaitGroup
	for range 30 {
		wg.Go(func() {
			for i := range 13 {
				if r.Admit(netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 41, 0, byte(i)}), 53), lookup.Root) == nil {
					sent.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if n := sent.Load(); n != DefaultZoneRate {
		t.Errorf("%d queries left", n)
	}
}
