package main

import (
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/cache"
	"rootwalk/lookup/iterative"
	"rootwalk/lookup/lab"
	"rootwalk/lookup/transport"
)

// searchList is that of the learner's device (resolv.conf(5)).
var searchList = []lookup.Name{"classroom.test."}

// setup is how a lab and what runs on it differ from the usual. The zero value is
// the usual.
type setup struct {
	flat       bool      // every zone on servers of its own
	weak       *weakness // R1's defences against forged responses; nil for the usual
	bend       lab.Bend
	minimise   iterative.Minimisation
	priming    bool
	tcpOnly    bool
	ipv6Only   bool
	repeatable bool // what chance decides follows from the seed, what can be measured does not decide
}

// asking is how a host asks questions.
func (s setup) asking(network lookup.Network, party lookup.Party, seed uint64) transport.Config {
	c := transport.Config{Network: network, Party: party, TCPOnly: s.tcpOnly}
	if s.weak != nil && party.Host == "R1" {
		c = s.weak.asking(c)
	}
	if s.repeatable {
		c.Seed = seed
	}
	return c
}

// walker is a resolver on the learner's device itself, for an errand that does
// without another one.
func (in *labInternet) walker(c labConfig, device *cache.Cache, hints []lookup.NameServer) *iterative.Resolver {
	return iterative.New(iterative.Config{
		Host: "device", Clock: in.clock, Cache: device, Hints: hints, Seed: c.Seed, PreferIPv4: !c.setup.ipv6Only, NoIPv4: c.setup.ipv6Only,
		Repeatable: c.setup.repeatable, Minimise: c.setup.minimise,
		Asker: transport.New(c.setup.asking(in.lab.Device(), lookup.Party{By: lookup.RoleResolver, Host: "device"}, c.Seed)),
		Limits: iterative.Limits{
			Time:         in.slowly(5 * time.Second),
			FirstTimeout: in.slowly(800 * time.Millisecond), MinTimeout: in.slowly(300 * time.Millisecond), MaxTimeout: in.slowly(1500 * time.Millisecond),
		},
	})
}
