package room

import (
	"context"
	"errors"

	"rootwalk/lookup"
)

// Versioned is an internet of which others can be made, to fetch the same page in
// several versions of HTTP.
type Versioned interface {
	// Versions fetches a page in all ways that are compared, one after the other. It
	// ends by itself, and soon after ctx is done.
	Versions(ctx context.Context, step lookup.Step, ask VersionsAsk)
}

// VersionsAsk is what is compared.
type VersionsAsk struct {
	URL     lookup.Address // of https
	Percent int            // of packets lost on the way to the device: 0 to MaxVersionsLoss
}

// MaxVersionsLoss bounds the loss, in percent: beyond it a connection hardly gets
// anywhere.
const MaxVersionsLoss = 20

// ErrNoVersions says that pages cannot be compared here.
var ErrNoVersions = errors.New("pages can be compared in the lab only")

// CompareVersions fetches a page in several versions of HTTP and returns the
// recording of it at once.
func (r *Room) CompareVersions(ask VersionsAsk) (*Recording, error) {
	x, ok := r.internet.(Versioned)
	if !ok {
		return nil, ErrNoVersions
	}
	ask.Percent = min(max(ask.Percent, 0), MaxVersionsLoss)
	select {
	case r.rooms.experiments <- struct{}{}:
	default:
		return nil, ErrBusy
	}
	rec, err := r.record(plan{title: "side by side: " + ask.URL.URL, network: lookup.NetworkLab, apart: true, run: func(ctx context.Context, step lookup.Step) {
		defer func() { <-r.rooms.experiments }()
		x.Versions(ctx, step, ask)
	}})
	if err != nil {
		<-r.rooms.experiments
	}
	return rec, err
}

// CanCompareVersions reports whether CompareVersions is possible here.
func (r *Room) CanCompareVersions() bool {
	_, ok := r.internet.(Versioned)
	return ok
}
