package main

import (
	"context"
	"errors"

	"rootwalk/lookup"
	"rootwalk/lookup/socket"
)

func init() { legs[lookup.LegConnect] = connect }

// connect opens the TCP connection: the addresses one after the other, until one
// answers.
func connect(ctx context.Context, j *journey) (string, error) {
	j.browser = j.rec.Program(lookup.SideClient, "device", socket.NewTable())
	var failed error
	for _, to := range j.addrs {
		within, cancel := context.WithTimeout(ctx, j.limit/4)
		s, err := j.browser.Dial(within, j.network, "tcp", to)
		cancel()
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		j.conn, j.socket = s, s
		j.addrs[0] = to
		return to.String(), nil
	}
	return "", failed
}
