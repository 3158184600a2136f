package main

import (
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"rootwalk/lookup"
	"rootwalk/lookup/lookuptest"
)

// 50 journeys at once in one lab: every trace has all of its own facts, and none
// of another's.
func TestManyJourneysAtOnce(t *testing.T) {
	in, err := openLab(labConfig{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	url := func(i int) string { return fmt.Sprintf("https://www.example.co.kr/?n=%d", i) }
	trip(t, in, "", url(0)) // so that all of them resume, and find the name in a cache
	alone := trip(t, in, "", url(0))
	const journeys = 50
	all := make([][]lookup.Fact, journeys)
	var work sync.WaitGroup
	for i := range journeys {
		work.Go(func() { all[i] = trip(t, in, "", url(i+1)) })
	}
	work.Wait()
	taken := map[netip.AddrPort]int{}
	for i, facts := range all {
		whole(t, facts)
		for what, n := range map[string][2]int{
			"requests":     {len(lookuptest.Facts[lookup.RequestSent](facts)), len(lookuptest.Facts[lookup.RequestSent](alone))},
			"heads":        {len(lookuptest.Facts[lookup.HeadReceived](facts)), len(lookuptest.Facts[lookup.HeadReceived](alone))},
			"bodies":       {len(lookuptest.Facts[lookup.BodyFinished](facts)), len(lookuptest.Facts[lookup.BodyFinished](alone))},
			"handshakes":   {len(lookuptest.Facts[lookup.HandshakeFinished](facts)), 1},
			"lookups":      {len(lookuptest.Facts[lookup.LookupFinished](facts)), 1},
			"legs":         {len(lookuptest.Facts[lookup.LegFinished](facts)), len(lookuptest.Facts[lookup.LegStarted](facts))},
			"secrets":      {len(lookuptest.Facts[lookup.SecretDerived](facts)), len(lookuptest.Facts[lookup.SecretDerived](alone))},
			"arrivals":     {len(lookuptest.Facts[lookup.PacketArrived](facts)), len(lookuptest.Facts[lookup.PacketSent](facts))},
			"Finished":     {len(lookuptest.Facts[lookup.FinishedCompared](facts)), 2},
			"server calls": {accepts(facts), 1},
		} {
			if n[0] != n[1] {
				t.Errorf("journey %d: %d %s, want %d", i+1, n[0], what, n[1])
			}
		}
		own := netip.AddrPort{}
		states := map[lookup.Side]lookup.TCPState{}
		for _, f := range facts {
			switch f := f.(type) {
			case lookup.CallReturned:
				if f.Call == "connect" {
					own = f.Local
				}
			case lookup.RequestSent:
				if !strings.HasSuffix(f.URL, fmt.Sprintf("?n=%d", i+1)) {
					t.Errorf("journey %d has the request of another: %s", i+1, f.URL)
				}
			case lookup.PacketArrived:
				if mine := f.Src.Port() == own.Port() || f.Dst.Port() == own.Port(); own.IsValid() && !mine {
					t.Errorf("journey %d on port %d has a packet of another: %v → %v", i+1, own.Port(), f.Src, f.Dst)
				}
			case lookup.StateEntered:
				states[f.Side] = f.To
			}
		}
		if other, is := taken[own]; is || !own.IsValid() {
			t.Errorf("journeys %d and %d have the same socket %v", i+1, other, own)
		}
		taken[own] = i + 1
		for side, state := range states { // both ends may close at the same moment (RFC 9293 §3.6)
			if state != lookup.TCPClosed && state != lookup.TCPTimeWait {
				t.Errorf("journey %d: the %s ended in %s", i+1, side, state)
			}
		}
	}
}

func accepts(facts []lookup.Fact) (n int) {
	for _, c := range lookuptest.Facts[lookup.CallReturned](facts) {
		if c.Call == "accept" {
			n++
		}
	}
	return n
}

// BenchmarkJourney is a whole journey on links without delay, from empty caches:
// walk, connection, TLS with its certificates, request and page, every fact
// recorded.
func BenchmarkJourney(b *testing.B) {
	for _, c := range []struct{ name, url string }{{"http", "http://www.example.co.kr/"}, {"https", "https://www.example.co.kr/"}, {"page", "https://www.example.co.kr/page"}} {
		b.Run(c.name, func(b *testing.B) {
			in, err := openLab(labConfig{Seed: 1})
			if err != nil {
				b.Fatal(err)
			}
			defer in.Close()
			b.ReportAllocs()
			for b.Loop() {
				if err := in.Flush("all", "", 0); err != nil {
					b.Fatal(err)
				}
				in.pages.Forget()
				in.tickets.Forget()
				facts := trip(b, in, "", c.url)
				if end, ok := facts[len(facts)-1].(lookup.JourneyFinished); !ok || end.Outcome != "done" {
					b.Fatalf("%+v", facts[len(facts)-1])
				}
			}
		})
	}
}
