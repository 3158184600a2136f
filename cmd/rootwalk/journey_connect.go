package main

import (
	"context"

	"rootwalk/lookup"
	"rootwalk/lookup/socket"
)

func init() { legs[lookup.LegConnect] = connect }

// connect opens the TCP connection, to whichever of the addresses answers first.
func connect(ctx context.Context, j *journey) (string, error) {
	j.browser = j.rec.Program(lookup.SideClient, "device", socket.NewTable())
	s, to, err := j.dial(ctx, j.step, j.addrs)
	if err != nil {
		return "", err
	}
	j.conn, j.socket = s, s
	j.addrs[0] = to
	return to.String(), nil
}
