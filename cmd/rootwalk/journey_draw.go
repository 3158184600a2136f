package main

import (
	"context"
	"errors"
	"fmt"

	"rootwalk/lookup"
	"rootwalk/lookup/draw"
)

func init() { legs[lookup.LegDraw] = drawPage }

// drawPage draws what came, as it came. Nothing of it is executed, wherever it is from.
func drawPage(_ context.Context, j *journey) (string, error) {
	if j.response.Status != 200 {
		return fmt.Sprint(j.response.Status), errUnneeded
	}
	in, err := draw.Read(j.step.Events())
	if errors.Is(err, draw.ErrNoPage) {
		return "", errUnneeded
	}
	// What came from the HTTP cache, or is longer than a trace keeps of it.
	in.Take(j.response.At.Key(), j.response.Media, j.response.Status, j.response.Body)
	for _, r := range j.resources {
		in.Take(r.At.Key(), r.Media, r.Status, r.Body)
	}
	draw.New(in, draw.Window{}, draw.Limits{}).Draw(j.step)
	return "", nil
}
