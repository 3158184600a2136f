package page

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/lookuptest"
)

// Whoever runs first: streams stand in the order of the document, and so do fetches.
func TestStreamsStandInTheOrderOfTheDocument(t *testing.T) {
	const pictures = 40
	for range 5 {
		w := newCity(t, Limits{}, gallery(pictures, 10))
		_, facts, err := w.browse(t, "2", "https://example.com/", Request{})
		if err != nil {
			t.Fatal(err)
		}
		sent, begun := lookuptest.Facts[lookup.RequestSent](facts), lookuptest.Facts[lookup.FetchStarted](facts)
		if len(sent) != len(begun) || len(sent) < 10 {
			t.Fatalf("%d requests of %d fetches", len(sent), len(begun))
		}
		for i := range sent {
			if sent[i].N != i+1 || begun[i].N != i+1 || sent[i].Stream != 2*i+1 || sent[i].URL != begun[i].URL {
				t.Errorf("%d: %+v, %+v", i, sent[i], begun[i])
			}
		}
	}
}

// A fetch that fails, or has no need of a connection, keeps nobody waiting; nor does
// one whose connection is not there yet.
func TestNobodyWaitsForAFetchBefore(t *testing.T) {
	list := make([]URL, 6)
	for i := range list {
		list[i] = new(town).at(t, fmt.Sprintf("http://s%d.example/", i))
	}
	all := make(chan struct{}, len(list))
	trace := lookup.NewTrace(lookup.TraceConfig{ID: "t"})
	v := NewBrowser(&hands{noon}, Limits{Connects: len(list)}).Visit(trace.Root(), "1.1", func(ctx context.Context, _ lookup.Step, a URL) (*Link, error) {
		all <- struct{}{}
		for len(all) < len(list) && ctx.Err() == nil { // until all of them are asked for
			time.Sleep(time.Millisecond)
		}
		return nil, http.ErrServerClosed
	})
	defer v.Close()
	v.Side(len(list))
	v.FetchAll(t.Context(), list)
	if n := len(all); n != len(list) {
		t.Errorf("%d connections were asked for at once", n)
	}
	for i, f := range lookuptest.Facts[lookup.FetchStarted](factsOf(trace)) {
		if f.URL != list[i].Href {
			t.Errorf("%d: %s", i, f.URL)
		}
	}
}
