package draw

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/lookuptest"
)

const ms = time.Millisecond

// What waits for what, from when to when: the document comes at 1 ms, 2 ms, … in pieces of
// 60 octets.
func TestWhatHoldsWhat(t *testing.T) {
	css := resource(2, "a.css", "text/css", "p{}", 0, 30*ms)
	late := resource(3, "b.css", "text/css", "p{}", 0, 50*ms)
	js := resource(4, "a.js", "text/javascript", "1", 0, 20*ms)
	js2 := resource(5, "b.js", "text/javascript", "1", 0, 10*ms)
	failed := Source{N: 6, URL: "http://www.example.co.kr/dir/x.css", Wanted: "", Asked: true, Ended: 25 * ms}
	for name, c := range map[string]struct {
		html    string
		others  []Source
		want    string
		moments string // first, read, render, parsed, deferred, loaded
	}{
		"nothing": {"<p>x", nil, "", "1 1 1 1 1 1"},
		"style":   {"<link rel=stylesheet href=a.css><p>x", []Source{css}, "a.css holds rendering 1-30 by style", "1 1 30 1 1 30"},
		"script":  {"<script src=a.js></script><p>x", []Source{js}, "a.js holds parser 1-20 by script", "1 1 20 20 20 20"},
		"script after style": {"<link rel=stylesheet href=a.css><script src=a.js></script><p>x", []Source{css, js},
			"a.css holds rendering 1-30 by style; a.css holds script 1-30 by styleBefore; a.js holds parser 1-30 by styleBefore", "1 2 30 30 30 30"},
		"inline after style": {"<link rel=stylesheet href=a.css><script>1</script><p>x", []Source{css},
			"a.css holds rendering 1-30 by style; a.css holds script 1-30 by styleBefore; <script> holds parser 1-30 by styleBefore", "1 1 30 30 30 30"},
		"defer":         {"<script defer src=a.js></script><p>x", []Source{js}, "", "1 1 1 1 20 20"},
		"defer order":   {"<script defer src=a.js></script><script defer src=b.js></script><p>x", []Source{js, js2}, "b.js holds script 10-20 by deferOrder", "1 2 2 2 20 20"},
		"async":         {"<script async src=a.js></script><p>x", []Source{js}, "", "1 1 1 1 1 20"},
		"module":        {"<script type=module src=a.js></script><p>x", []Source{js}, "", "1 1 1 1 20 20"},
		"data":          {"<script type=application/json>{}</script><p>x", nil, "", "1 1 1 1 1 1"},
		"other media":   {"<link rel=stylesheet media=print href=a.css><p>x", []Source{css}, "", "1 1 1 1 1 30"},
		"failed style":  {"<link rel=stylesheet href=x.css><p>x", []Source{failed}, "x.css holds rendering 1-25 by style", "1 1 25 1 1 25"},
		"nobody asked":  {"<link rel=stylesheet href=http://other.example/a.css><script src=http://other.example/a.js></script><p>x", nil, "", "1 2 2 2 2 2"},
		"late style":    {"<body><p>x<link rel=stylesheet href=b.css><p>y", []Source{late}, "", "1 1 1 1 1 50"},
		"comes in time": {strings.Repeat("<!-- 60 octets of a comment before the script of this page -->", 40) + "<script src=a.js></script>", []Source{js}, "", "1 42 42 42 42 42"},
	} {
		_, all := drawn(t, c.html, 60, c.others...)
		var got []string
		for _, h := range lookuptest.Facts[lookup.ResourceHeld](all) {
			url := strings.TrimPrefix(h.URL, "http://www.example.co.kr/dir/")
			if url == "" {
				url = "<script>"
			}
			got = append(got, fmt.Sprintf("%s holds %s %d-%d by %s", url, h.Held, h.FromUs/1000, h.ToUs/1000, h.Rule))
		}
		if s := strings.Join(got, "; "); s != c.want {
			t.Errorf("%s: %s, want %s", name, s, c.want)
		}
		m := only[lookup.MomentsReckoned](t, all)
		if s := fmt.Sprint(m.FirstUs/1000, m.ReadUs/1000, m.RenderUs/1000, m.ParsedUs/1000, m.DeferredUs/1000, m.LoadedUs/1000); s != c.moments {
			t.Errorf("%s: %s, want %s", name, s, c.moments)
		}
	}
}

// The page of a trace: what was typed, wherever redirects led, and what it asked for.
func TestReadTakesThePageOfATrace(t *testing.T) {
	trace := lookup.NewTrace(lookup.TraceConfig{ID: "t"})
	step := trace.Root()
	fetch := func(n int, url, why, to string, status int, media, body string) {
		step.Report(lookup.FetchStarted{N: n, URL: url, Method: "GET", Why: why})
		out := "done"
		if to != "" {
			out = "redirect"
		} else {
			step.Report(lookup.BodyArrived{N: n, Size: 2, Of: 2})
			step.Report(lookup.BodyFinished{N: n, Decoded: len(body), Data: lookup.Octets(body), Media: media, Whole: true})
		}
		step.Report(lookup.FetchFinished{N: n, URL: url, Status: status, Outcome: out})
		if to != "" {
			step.Report(lookup.RedirectFollowed{N: n, To: to, Status: status})
		}
	}
	if _, err := Read(trace.Events()); err != ErrNoPage {
		t.Errorf("%v", err)
	}
	fetch(1, "http://a.example/", "typed", "http://a.example/p#part", 302, "", "")
	fetch(2, "http://a.example/p#part", "redirect", "", 200, "text/html", `<link rel=stylesheet href=/s.css><p id=p>x`)
	fetch(3, "http://a.example/s.css", "resource", "http://a.example/t.css", 301, "", "")
	fetch(4, "http://a.example/t.css", "redirect", "", 200, "text/css", `p { color: red }`)
	fetch(5, "http://a.example/none.png", "resource", "", 404, "text/html", "no")
	in, err := Read(trace.Events())
	if err != nil || in.Document.N != 2 || in.Document.URL != "http://a.example/p" || len(in.Document.Arrivals) != 2 || len(in.Others) != 2 || in.Others[0].N != 4 || in.Others[1].state() != "missing" {
		t.Fatalf("%+v, %v", in, err)
	}
	p := New(in, Window{}, Limits{})
	p.Draw(step)
	if c := p.styles[find(t, p, "p")].colour; c.String() != "#ff0000" {
		t.Errorf("the redirected sheet has no effect: %v", c)
	}

	// A drawing with a change can itself be drawn again, with no octets but its own.
	for i := range in.Others {
		in.Others[i].Carried = false
	}
	in.Document.Carried = false
	second := lookup.NewTrace(lookup.TraceConfig{ID: "u"})
	p = New(in, Window{Width: 500, Height: 400}, Limits{})
	p.Draw(second.Root())
	if err := p.Change(second.Root(), lookup.PageChange{Kind: "colour", Node: find(t, p, "p"), Value: "lime"}); err != nil {
		t.Fatal(err)
	}
	again, err := Read(second.Events())
	if err != nil || len(again.Changes) != 1 || again.Window != (Window{500, 400}) || string(again.Document.Data) != string(in.Document.Data) {
		t.Fatalf("%+v, %v", again, err)
	}
	q := New(again, Window{}, Limits{})
	q.Draw(lookup.Step{})
	if err := q.Change(lookup.Step{}, again.Changes[0]); err != nil || sketch(p) != sketch(q) {
		t.Errorf("%v: another page than before: %s", err, diff(sketch(q), sketch(p)))
	}
}

func TestTakeFillsWhatATraceHasNot(t *testing.T) {
	in := Input{Document: came("<p>", 3)}
	in.Document.Data, in.Document.Size = nil, 0
	in.Take(in.Document.URL, "text/html", 200, []byte("<p>whole"))
	in.Take("http://nobody.example/", "text/html", 200, []byte("x"))
	if string(in.Document.Data) != "<p>whole" || in.Document.Carried || in.Document.Size != 8 {
		t.Errorf("%+v", in.Document)
	}
}
