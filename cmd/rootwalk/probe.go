package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"sync"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
	"rootwalk/lookup/osnet"
	"rootwalk/lookup/transport"
)

// Errors of a probe: there is a network, but not for DNS.
var (
	errSilent      = errors.New("no root server answers")
	errIntercepted = errors.New("somebody on the way answers in the place of the root servers")
)

// probeTime is how long root servers have to answer a probe.
const probeTime = 1500 * time.Millisecond

// probe finds out whether root servers can be asked from here, by the question
// that a resolver begins with anyway (RFC 9609 §3): the first authoritative
// answer of three servers will do. It returns whom it asked.
func (in *realInternet) probe(ctx context.Context) (asked []string, err error) {
	var four, six []lookup.Server
	for _, i := range rand.Perm(len(in.hints)) {
		for _, a := range in.hints[i].Addrs {
			s := lookup.Server{Name: in.hints[i].Name, Addr: netip.AddrPortFrom(a, 53), Role: lookup.RoleRoot}
			switch {
			case in.network.Check(s.Addr) != nil:
			case a.Is4():
				four = append(four, s)
			default:
				six = append(six, s)
			}
		}
	}
	servers := append(four[:min(2, len(four)):min(2, len(four))], six[:min(1, len(six))]...)
	if len(four) == 0 {
		servers = six[:min(3, len(six))]
	}
	if len(servers) == 0 {
		return nil, errors.New("none of the root servers' addresses may be asked")
	}
	client := transport.New(transport.Config{Network: in.network})
	ctx, _ = osnet.Within(ctx, osnet.Budget{Connects: 2 * len(servers), Bytes: 64 << 10, Time: 2 * probeTime})
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	var (
		wg      sync.WaitGroup
		mu      sync.Mutex
		reached bool
		answers int
	)
	for _, s := range servers {
		asked = append(asked, s.Addr.Addr().String())
		wg.Go(func() {
			r, err := client.Ask(ctx, lookup.Step{}, message.Query{
				Server: s, Zone: lookup.Root, Question: lookup.Question{Name: lookup.Root, Type: lookup.TypeNS, Class: lookup.ClassIN}, Try: 1, Timeout: probeTime,
			})
			if err != nil {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			answers++
			if r.Verdict == message.Answer && r.AA {
				reached = true
				cancel()
			}
		})
	}
	wg.Wait()
	switch {
	case reached:
		return asked, nil
	case answers > 0:
		return asked, fmt.Errorf("%w (%s)", errIntercepted, strings.Join(asked, ", "))
	}
	return asked, fmt.Errorf("%w within %v (%s)", errSilent, probeTime, strings.Join(asked, ", "))
}

// probeAdvice says what to do where the probe failed.
func probeAdvice(err error) error {
	switch {
	case errors.Is(err, errSilent):
		return fmt.Errorf("%w: this network lets no DNS out to port 53, as in many schools; the lab needs no network: leave -net internet out", err)
	case errors.Is(err, errIntercepted):
		return fmt.Errorf("%w: a walk from the root cannot be made here; the lab needs no network: leave -net internet out", err)
	}
	return err
}
