package main

import (
	"context"
	"errors"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/lookup/draw"
	"rootwalk/lookup/page"
)

// keptChanges is how many earlier changes of a page are made again with the next.
const keptChanges = 5

// Redraw draws the page of a trace anew, with the changes that it had and one more.
// It needs no network, so it is the same for pages of the real Internet: what is
// there is octets.
func (in *labInternet) Redraw(ctx context.Context, of lookup.TraceFile, c lookup.PageChange) (lookup.TraceFile, error) {
	input, err := draw.Read(of.Events)
	if err != nil {
		return lookup.TraceFile{}, errors.Join(room.ErrNoDrawing, err)
	}
	changes := append(input.Changes[max(0, len(input.Changes)-keptChanges):], c)
	input.Document.Carried = false // the new trace has its octets from nowhere else
	for i := range input.Others {
		input.Others[i].Carried = false
	}
	trace := lookup.NewTrace(lookup.TraceConfig{Title: of.Title, Network: of.Network, Now: in.clock.Now})
	defer trace.Finish()
	p := draw.New(input, draw.Window{}, draw.Limits{})
	p.Draw(trace.Root())
	for _, c := range changes {
		if ctx.Err() != nil {
			return lookup.TraceFile{}, ctx.Err()
		}
		if err := p.Change(trace.Root(), c); err != nil {
			return lookup.TraceFile{}, errors.Join(room.ErrNoRedraw, err)
		}
	}
	return trace.File(), nil
}

var _ room.Drawer = (*labInternet)(nil)

// framed is an HTML document as it can be shown from another address than its own.
func framed(body []byte, at, script string, to func(url string) (string, bool)) []byte {
	a, err := page.Read(at)
	if err != nil {
		return nil // a fetch had that address
	}
	return page.Framed(body, a, script, to)
}
