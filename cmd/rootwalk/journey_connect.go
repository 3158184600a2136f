package main

import (
	"context"
	"net/netip"

	"rootwalk/lookup"
)

func init() { legs[lookup.LegConnect] = connect }

// connect opens the TCP connection, to whichever of the addresses answers first.
func connect(ctx context.Context, j *journey) (string, error) {
	s, to, err := j.dial(ctx, j.step, j.to.Host, j.addrs)
	if err != nil && j.fetch != nil && j.fetch.Abandon(err) { // nobody at the other place: to the origin itself
		for i, a := range j.addrs {
			j.addrs[i] = netip.AddrPortFrom(a.Addr(), j.fetch.Port())
		}
		s, to, err = j.dial(ctx, j.step, j.to.Host, j.addrs)
	}
	if err != nil {
		return "", err
	}
	j.conn, j.socket = s, s
	j.addrs[0] = to
	return to.String(), nil
}
