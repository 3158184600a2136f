package main

import (
	"errors"
	"slices"
	"testing"
	"time"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/lookup/lab"
	"rootwalk/lookup/lookuptest"
	"rootwalk/lookup/page"
	"rootwalk/templates"
)

// The same page of thirteen parts, as each version brings it.
func TestGalleryInEachVersion(t *testing.T) {
	for _, c := range []struct {
		version, url, spoken string
		conns                int
	}{
		{"", "https://www.example.co.kr/gallery", "HTTP/2", 1},
		{"2", "http://www.example.co.kr/gallery", "HTTP/2", 1},
		{"1.1", "https://www.example.co.kr/gallery", "HTTP/1.1", 1},
		{"", "http://www.example.co.kr/gallery", "HTTP/1.1", 1},
	} {
		trips, _ := surf(t, c.version, c.url)
		whole(t, trips[0])
		used := map[int]bool{}
		sent := lookuptest.Facts[lookup.RequestSent](trips[0])
		for _, s := range sent {
			used[s.Conn] = true
			if s.Version != c.spoken || (s.Stream > 0) != (c.spoken == "HTTP/2") {
				t.Errorf("%v: %+v", c, s)
			}
		}
		if len(sent) != 13 || len(used) != c.conns {
			t.Errorf("%v: %d requests on %d connections", c, len(sent), len(used))
		}
		for _, f := range lookuptest.Facts[lookup.FetchFinished](trips[0]) {
			if f.Outcome != "done" {
				t.Errorf("%v: %+v", c, f)
			}
		}
		if end := lookuptest.Facts[lookup.SessionEnded](trips[0]); (len(end) == 1 && end[0].Reason == "done") != (c.spoken == "HTTP/2") {
			t.Errorf("%v: %+v", c, end)
		}
	}
}

// Who asks for HTTP/2 and does not get it is told so.
func TestServerWithoutHTTP2(t *testing.T) {
	trips, _ := surf(t, "2", "https://tls12.tls.wild.example/")
	end := trips[0][len(trips[0])-1].(lookup.JourneyFinished)
	h := lookuptest.Facts[lookup.HandshakeFinished](trips[0])
	if len(h) != 1 || h[0].ALPN == "h2" && end.Outcome != "done" || h[0].ALPN != "h2" && end.Outcome == "done" {
		t.Errorf("%+v, %+v", h, end)
	}
}

// Two families: the one that is broken costs a quarter of a second, not the page.
func TestBothFamilies(t *testing.T) {
	open := func(faults ...lookup.Fault) []lookup.Event {
		t.Helper()
		in, err := openLab(labConfig{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		if err := in.SetFaults(faults...); err != nil {
			t.Fatal(err)
		}
		to, err := lookup.ParseURL("http://www.dual.example/")
		if err != nil {
			t.Fatal(err)
		}
		trace := lookup.NewTrace(lookup.TraceConfig{ID: "t"})
		q := lookup.Question{Name: "www.dual.example.", Type: lookup.TypeA, Class: lookup.ClassIN}
		in.Lookup(t.Context(), trace.Root(), room.Ask{Question: q, URL: to, Errand: lookup.ErrandConnect})
		trace.Finish()
		if end, ok := trace.Events()[len(trace.Events())-1].Fact.(lookup.JourneyFinished); !ok || end.Outcome != "done" {
			t.Fatalf("%+v", trace.Events()[len(trace.Events())-1].Fact)
		}
		return trace.Events()
	}
	outcomes := func(events []lookup.Event) (begun []lookup.AttemptStarted, ended map[int]lookup.AttemptFinished) {
		ended = map[int]lookup.AttemptFinished{}
		for _, e := range events {
			switch f := e.Fact.(type) {
			case lookup.AttemptStarted:
				begun = append(begun, f)
			case lookup.AttemptFinished:
				ended[f.Nth] = f
			}
		}
		return begun, ended
	}
	begun, ended := outcomes(open())
	if begun[0].Addr.Addr().Is4() || len(ended) != len(begun) || ended[1].Outcome != "won" && len(begun) == 1 {
		t.Errorf("%+v %+v", begun, ended)
	}
	events := open(lookup.Fault{Kind: lookup.FaultNoIPv6, At: "link:web-1"})
	begun, ended = outcomes(events)
	if len(begun) != 2 || begun[0].Addr.Addr().Is4() || begun[0].Why != "first" || !begun[1].Addr.Addr().Is4() || begun[1].Why != "delay" || ended[1].Outcome != "abandoned" || ended[2].Outcome != "won" {
		t.Errorf("%+v %+v", begun, ended)
	}
	if ended[1].ElapsedUs < attemptDelay.Microseconds() {
		t.Errorf("given up after %d µs", ended[1].ElapsedUs)
	}
	view := templates.FoldRequest(events)
	if len(view.Fetches) == 0 || len(view.Fetches[0].Attempts) != 2 || view.Fetches[0].Attempts[0].End == nil {
		t.Errorf("%+v", view.Fetches)
	}
	begun, ended = outcomes(open(lookup.Fault{Kind: lookup.FaultNoIPv4, At: "link:web-1"}))
	if len(begun) == 0 || ended[1].Outcome != "won" {
		t.Errorf("%+v %+v", begun, ended)
	}
}

// A page in four ways: what each costs is counted on the wire, and losses come
// from the seed.
func TestVersionsSideBySide(t *testing.T) {
	in, err := openLab(labConfig{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	to, err := lookup.ParseURL("https://www.example.co.kr/gallery")
	if err != nil {
		t.Fatal(err)
	}
	compare := func(percent int) *templates.Versions {
		trace := lookup.NewTrace(lookup.TraceConfig{ID: "t"})
		in.Versions(t.Context(), trace.Root(), room.VersionsAsk{URL: to, Percent: percent})
		trace.Finish()
		v := templates.FoldVersions(trace.Events())
		if v == nil || len(v.Runs) != len(lookup.Runs()) {
			t.Fatalf("%+v", v)
		}
		for i, r := range v.Runs {
			if r.Run != lookup.Runs()[i] || r.Measured == nil || r.Measured.Outcome != "done" || r.Measured.Requests != 13 || r.View == nil || len(r.View.Fetches) != 13 {
				t.Fatalf("%s: %+v", r.Run, r.Measured)
			}
		}
		return v
	}
	v := compare(0)
	for i, conns := range []int{13, 1, 6, 1} {
		m := v.Runs[i].Measured
		if m.Connections != conns || m.Lost != 0 || m.Holes != 0 || m.Received < 12*15_000 || m.Sent == 0 || m.Packets == 0 {
			t.Errorf("%+v", m)
		}
	}
	// A connection costs packets of its own, and certificates.
	if one, kept := v.Runs[0].Measured, v.Runs[1].Measured; one.Packets <= kept.Packets || one.Sent <= kept.Sent {
		t.Errorf("%+v and %+v", one, kept)
	}
	v = compare(5)
	for _, r := range v.Runs {
		if r.Measured.Lost == 0 || r.Measured.Again == 0 {
			t.Errorf("%+v", r.Measured)
		}
	}
	if streams := v.Runs[3]; len(streams.Holes) != streams.Measured.Holes {
		t.Errorf("%d holes told, %d counted", len(streams.Holes), streams.Measured.Holes)
	}
}

// A site says that it is at another port too; the next visit goes there, until that
// runs out or nobody is there.
func TestAnotherPlaceInTheLab(t *testing.T) {
	port := func(facts []lookup.Fact) (port uint16) {
		whole(t, facts)
		for _, f := range lookuptest.Facts[lookup.CallMade](facts) {
			if f.Call == "connect" {
				port = f.Addr.Port()
			}
		}
		return port
	}
	const url = "https://www.example.co.kr/other"
	trips, in := surf(t, "", url, url)
	if first, second := port(trips[0]), port(trips[1]); first != 443 || second != lab.OtherPort {
		t.Errorf("port %d, then %d", first, second)
	}
	if s := lookuptest.Facts[lookup.RequestSent](trips[1]); len(s) != 1 || !slices.Contains(s[0].Fields, lookup.Field{Name: "alt-used", Value: "www.example.co.kr:8443"}) {
		t.Errorf("%+v", s)
	}
	if all := in.Remembered(); len(all.Services) != 1 || len(all.Hosts) == 0 {
		t.Errorf("%+v", all)
	}
	at, err := page.Read(url)
	if err != nil {
		t.Fatal(err)
	}
	if _, why := in.pages.Services.Note(at, `h2=":8444"; ma=60`); why != "" { // where nobody is
		t.Fatal(why)
	}
	third := trip(t, in, "", url)
	if f := lookuptest.Facts[lookup.ServiceFailed](third); len(f) != 1 || port(third) != 443 {
		t.Errorf("%+v, port %d", f, port(third))
	}
	if err := in.clock.Skip(2 * time.Minute); err != nil {
		t.Fatal(err)
	}
	if all := in.Remembered(); len(all.Services) != 0 {
		t.Errorf("%+v", all.Services)
	}
	if err := in.ForgetRemembered("dns", ""); !errors.Is(err, room.ErrUnknownStore) {
		t.Errorf("%v", err)
	}
}

// A host with an HTTPS record is reached over https from the first request on.
func TestHTTPSRecordInTheLab(t *testing.T) {
	in, err := openLab(labConfig{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	to, err := lookup.ParseURL("http://www.types.example/")
	if err != nil {
		t.Fatal(err)
	}
	trace := lookup.NewTrace(lookup.TraceConfig{ID: "t"})
	in.Lookup(t.Context(), trace.Root(), room.Ask{Question: lookup.Question{Name: "www.types.example.", Type: lookup.TypeA, Class: lookup.ClassIN}, URL: to, Errand: lookup.ErrandConnect})
	trace.Finish()
	var facts []lookup.Fact
	for _, e := range trace.Events() {
		facts = append(facts, e.Fact)
	}
	whole(t, facts)
	read, sent := lookuptest.Facts[lookup.ServiceRead](facts), lookuptest.Facts[lookup.RequestSent](facts)
	if len(read) != 1 || read[0].Reason != "upgraded" || len(sent) != 1 || sent[0].URL != "https://www.types.example/" || sent[0].Version != "HTTP/2" {
		t.Errorf("%+v, %+v", read, sent)
	}
	if v := templates.Fold(trace.Events()); v.Question == nil || v.Question.Type != lookup.TypeA || v.Outcome != lookup.OutcomeAnswer {
		t.Errorf("the drawing is of %+v", v.Question)
	}
}
