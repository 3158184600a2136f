package main

import (
	"context"
	"errors"
	"runtime"

	"rootwalk/lookup"
	"rootwalk/lookup/draw"
)

func init() { legs[lookup.LegDraw] = drawPage }

// drawing has a place for each page that is drawn at the same time: it is work for the
// processor alone.
var drawing = make(chan struct{}, runtime.GOMAXPROCS(0))

// drawPage draws what came, as it came, with whatever status: an error has a page too.
// Nothing of it is executed, wherever it is from.
func drawPage(ctx context.Context, j *journey) (string, error) {
	select {
	case drawing <- struct{}{}:
		defer func() { <-drawing }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	in, err := draw.Read(j.step.Events())
	if errors.Is(err, draw.ErrNoPage) {
		return "", errUnneeded
	}
	// What came from the HTTP cache, or is longer than a trace keeps of it.
	in.Take(j.response.At.Key(), j.response.Media, j.response.Status, j.response.Body)
	for _, r := range j.resources {
		if r.Status != 200 {
			continue // it failed, or was not asked for any more
		}
		in.Take(r.At.Key(), r.Media, r.Status, r.Body)
	}
	draw.New(in, draw.Window{}, draw.Limits{}).Draw(j.step)
	return "", nil
}
