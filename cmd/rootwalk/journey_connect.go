package main

import (
	"cmp"
	"context"
	"net/netip"

	"rootwalk/lookup"
)

func init() { legs[lookup.LegConnect] = connect }

// connect opens the TCP connection, to whichever of the addresses answers first.
func connect(ctx context.Context, j *journey) (string, error) {
	s, to, err := j.dial(ctx, j.step, cmp.Or(j.place().Host, j.to.Host), j.addrs, j.later)
	for err != nil && j.another(ctx, err) { // nobody at that place
		s, to, err = j.dial(ctx, j.step, cmp.Or(j.place().Host, j.to.Host), j.addrs, j.later)
	}
	if err != nil {
		return "", err
	}
	j.conn, j.socket = s, s
	j.addrs = []netip.AddrPort{to}
	return to.String(), nil
}
