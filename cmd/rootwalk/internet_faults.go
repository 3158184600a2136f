package main

import (
	"context"
	"errors"
	"net"
	"time"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
)

// linkProbeTime is how long a probe of a link may take.
const linkProbeTime = 1500 * time.Millisecond

// What can be broken in a lab, and how long its links take.

var _ room.Faulty = (*labInternet)(nil)

func (in *labInternet) FaultPlaces() []lookup.FaultPlace { return in.lab.FaultPlaces() }
func (in *labInternet) Faults() []lookup.Fault           { return in.lab.Faults() }
func (in *labInternet) Cases() []lookup.FaultCase        { return in.lab.Cases() }

// SetFaults breaks the lab, and stops or starts the resolvers that run on it.
func (in *labInternet) SetFaults(list ...lookup.Fault) error {
	in.faults.Lock()
	defer in.faults.Unlock()
	if in.serve == nil {
		return net.ErrClosed
	}
	err := in.lab.SetFaults(list...)
	for i, name := range []string{"R1", "R2"} {
		stopped := in.lab.Stopped(name)
		switch {
		case stopped && in.listeners[i] != nil:
			err = errors.Join(err, in.listeners[i].Close())
			in.listeners[i] = nil
		case !stopped && in.listeners[i] == nil:
			l, failed := in.serve[i]()
			if failed == nil {
				in.listeners[i] = l
			}
			err = errors.Join(err, failed)
		}
	}
	return err
}

// Afresh is a morning on which everything has just been switched on.
func (in *labInternet) Afresh() {
	for _, c := range in.caches {
		c.FlushAll()
	}
	in.forgetKeys("all")
	for _, r := range in.resolvers {
		r.Forget()
	}
}

func (in *labInternet) Measure(ctx context.Context) []lookup.LinkTime {
	return in.lab.Measure(ctx, in.slowly(linkProbeTime))
}
