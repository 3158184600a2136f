package iterative_test

import (
	"context"
	"testing"

	"go.uber.org/goleak"

	"rootwalk/lookup"
	"rootwalk/lookup/cache"
	"rootwalk/lookup/iterative"
	"rootwalk/lookup/lab"
	"rootwalk/lookup/lab/auth"
	"rootwalk/lookup/lookuptest"
	"rootwalk/lookup/message"
	"rootwalk/lookup/transport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSmoke(t *testing.T) {
	w := lookuptest.NewWire()
	all, err := lab.Zones()
	if err != nil {
		t.Fatal(err)
	}
	var zones []*auth.Zone
	for _, z := range all {
		zones = append(zones, z)
	}
	hints, err := w.Serve(zones)
	if err != nil {
		t.Fatal(err)
	}
	clock := lookuptest.NewClock()
	c := cache.New(cache.Config{Name: "R1", Clock: clock})
	r := iterative.New(iterative.Config{
		Host: "R1", Clock: clock, Cache: c, Hints: hints, Seed: 1,
		Asker: transport.New(transport.Config{Network: w, Party: lookup.Party{By: lookup.RoleResolver, Host: "R1"}}),
	})
	for _, n := range []lookup.Name{"www.example.co.kr.", "www.example.co.kr.", "mail.example.co.kr.", "www.chain.example.", "www.old.dname.example.", "nope.nx.example.", "a.loop.example.", "cross.loop.example.", "x.grow.loop.example.", "x.circle1.example.", "www.sidewalk.org."} {
		tr := lookup.NewTrace(lookup.TraceConfig{ID: "t"})
		r.Resolve(context.Background(), tr.Root(), message.Request{Question: lookup.Question{Name: n, Type: lookup.TypeA, Class: lookup.ClassIN}})
		t.Log("\n" + lookuptest.Transcript(tr.Events()))
	}
}
