package room

import (
	"context"
	"errors"

	"rootwalk/lookup"
)

// Drawer is an internet that draws pages again with something changed on them. It
// needs no network for that: the trace has the octets.
type Drawer interface {
	// Redraw draws the page of a trace anew, then with one more change, and returns
	// the trace of that. It fails with ErrNoDrawing or ErrNoRedraw.
	Redraw(ctx context.Context, of lookup.TraceFile, c lookup.PageChange) (lookup.TraceFile, error)
}

// ErrNoDrawing says that nothing is drawn here, or not of that trace.
var ErrNoDrawing = errors.New("there is no page here to be drawn again")

// ErrNoRedraw says that a change cannot be made: no such element, or a value that
// is not understood.
var ErrNoRedraw = errors.New("the page cannot be changed so")

// Redraws reports whether pages can be drawn again in this room.
func (r *Room) Redraws() bool {
	_, ok := r.internet.(Drawer)
	return ok
}

// Redraw draws the page of a trace again with one thing changed, as a trace of its
// own. What somebody brought as a file stays what it is: octets of it would be in
// a trace of ours.
func (r *Room) Redraw(ctx context.Context, id string, c lookup.PageChange) (*Recording, error) {
	in, ok := r.internet.(Drawer)
	if !ok {
		return nil, ErrNoDrawing
	}
	of, err := r.rooms.Trace(id)
	if err != nil {
		return nil, err
	}
	if of.Imported() || !of.Whole() {
		return nil, ErrNoDrawing
	}
	select {
	case r.rooms.experiments <- struct{}{}:
		defer func() { <-r.rooms.experiments }()
	default:
		return nil, ErrBusy
	}
	file, err := in.Redraw(ctx, of.File(), c)
	if err != nil {
		return nil, err
	}
	return r.keepApart(file), nil
}
