package draw

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"rootwalk/lookup"
	"rootwalk/lookup/lookuptest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// came is a document that came in pieces of some octets, one each millisecond.
func came(html string, size int) Source {
	s := Source{N: 1, URL: "http://www.example.co.kr/dir/page", Media: "text/html; charset=utf-8", Status: 200, Data: []byte(html), Size: len(html), Whole: true, Asked: true, Carried: true}
	for at := size; ; at += size {
		to := min(at, len(html))
		s.Ended = time.Duration(len(s.Arrivals)+1) * time.Millisecond
		s.Arrivals = append(s.Arrivals, Arrival{s.Ended, to})
		if to == len(html) {
			return s
		}
	}
}

// resource is one that was there at a time.
func resource(n int, url, media, data string, began, ended time.Duration) Source {
	return Source{N: n, URL: "http://www.example.co.kr/dir/" + url, Media: media, Status: 200, Data: []byte(data), Size: len(data), Whole: true, Asked: true, Carried: true, Began: began, Ended: ended, Arrivals: []Arrival{{ended, len(data)}}}
}

// drawn draws a document in a window 800 px wide.
func drawn(t testing.TB, html string, size int, others ...Source) (*Page, []lookup.Fact) {
	t.Helper()
	p := New(Input{Document: came(html, size), Others: others}, Window{Width: 800, Height: 600}, Limits{})
	return p, facts(func(step lookup.Step) { p.Draw(step) })
}

func facts(run func(lookup.Step)) (out []lookup.Fact) {
	trace := lookup.NewTrace(lookup.TraceConfig{ID: "t"})
	run(trace.Root())
	for _, e := range trace.Events() {
		out = append(out, e.Fact)
	}
	return out
}

func only[F lookup.Fact](t testing.TB, all []lookup.Fact) F {
	t.Helper()
	list := lookuptest.Facts[F](all)
	if len(list) != 1 {
		var zero F
		t.Fatalf("%d of %T", len(list), zero)
	}
	return list[0]
}

// find is the node of the first element with an id.
func find(t testing.TB, p *Page, id string) int {
	t.Helper()
	for n := range p.tree.nodes {
		if p.tree.nodes[n].kind == elementNode && p.tree.nodes[n].get("id") == id {
			return n
		}
	}
	t.Fatalf("nothing has the id %q", id)
	return 0
}

func boxFor(t testing.TB, p *Page, id string) *box {
	t.Helper()
	b := p.boxOf[find(t, p, id)]
	if b == nil {
		t.Fatalf("#%s has no box", id)
	}
	return b
}
