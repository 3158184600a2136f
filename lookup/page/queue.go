package page

import (
	"context"
	"sync"
)

// queued is the place of a fetch among those that a page asks for at once: whichever
// goroutine runs first, streams are opened in the order of the document, and connections
// asked for. A nil one is that of a fetch by itself.
type queued struct {
	before *queued       // nil for the first
	passed chan struct{} // closed once the next may go on
	once   sync.Once
}

func (o *queued) next() *queued { return &queued{before: o, passed: make(chan struct{})} }

// wait returns when the fetch before has its connection or its stream, or needs none
// any more, and at the latest when the context ends.
func (o *queued) wait(ctx context.Context) {
	if o == nil || o.before == nil {
		return
	}
	select {
	case <-o.before.passed:
	case <-ctx.Done():
	}
}

// pass lets the next one go on.
func (o *queued) pass() {
	if o != nil {
		o.once.Do(func() { close(o.passed) })
	}
}
