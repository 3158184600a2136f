package main

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"rootwalk/lookup"
	"rootwalk/lookup/lookuptest"
)

// journeyed is a journey as the file of its trace.
func journeyed(t *testing.T, in *labInternet, version, url string) lookup.TraceFile {
	t.Helper()
	return lookup.TraceFile{ID: "tbase", Title: url, Network: "lab", Events: travel(t, in, version, url)}
}

// Each change of a journey does what it says, and the run without it does not.
func TestEveryChangeOfAJourney(t *testing.T) {
	in, err := openLab(labConfig{Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	of := journeyed(t, in, "", "https://www.example.co.kr/page")
	start := journeyed(t, in, "", "https://www.example.co.kr/") // no cache of HTTP keeps it
	conns := func(f []lookup.Fact) int {
		used := map[int]bool{}
		for _, r := range lookuptest.Facts[lookup.RequestSent](f) {
			used[r.Conn] = true
		}
		return len(used)
	}
	resumed := func(f []lookup.Fact) (n int) {
		for _, h := range lookuptest.Facts[lookup.HandshakeFinished](f) {
			if h.Resumed {
				n++
			}
		}
		return n
	}
	handshakes := func(f []lookup.Fact) int { return len(lookuptest.Facts[lookup.HandshakeFinished](f)) }
	queries := func(f []lookup.Fact) int { return len(lookuptest.Facts[lookup.QuerySent](f)) }
	for _, c := range []struct {
		key           string
		base, changed func(f []lookup.Fact) bool
	}{
		{"again", func(f []lookup.Fact) bool { return queries(f) == 4 && resumed(f) == 0 }, func(f []lookup.Fact) bool { return queries(f) == 0 && resumed(f) == 1 }},
		{"scheme", func(f []lookup.Fact) bool { return handshakes(f) == 1 }, func(f []lookup.Fact) bool { return handshakes(f) == 0 }},
		{"http10", func(f []lookup.Fact) bool { return conns(f) == 1 }, func(f []lookup.Fact) bool { return conns(f) == 4 && resumed(f) == 3 }},
		{"lossy", func(f []lookup.Fact) bool { return true }, func(f []lookup.Fact) bool {
			return len(lookuptest.Facts[lookup.PacketLost](f))+len(lookuptest.Facts[lookup.QueryTimedOut](f)) > 0
		}},
	} {
		if !slices.Contains(in.JourneyChanges(), c.key) {
			t.Errorf("%s is not offered", c.key)
		}
		from := of
		if c.key == "again" {
			from = start
		}
		base, changed := experimented(t, in, from, c.key, false)
		for i, f := range []lookup.TraceFile{base, changed} {
			facts := factsOf(f.Events)
			if ok := []func([]lookup.Fact) bool{c.base, c.changed}[i](facts); !ok {
				t.Errorf("%s, run %d: %d queries, %d connections, %d handshakes, %d of them resumed", c.key, i, queries(facts), conns(facts), handshakes(facts), resumed(facts))
			}
			if first, ok := f.Events[0].Fact.(lookup.ExperimentPrepared); !ok || (first.Change == c.key) != (i == 1) {
				t.Errorf("%s, run %d begins with %+v", c.key, i, f.Events[0].Fact)
			}
			if line := lookup.TimelineOf(f.Events); line == nil || !line.Ended || !line.Done && c.key != "lossy" {
				t.Errorf("%s, run %d: %+v", c.key, i, line)
			}
		}
	}
	if len(in.JourneyChanges()) != 4 {
		t.Errorf("%q: some are not tested", in.JourneyChanges())
	}
	if _, err := in.Experiment(of, "minimise", false); err == nil {
		t.Error("a journey is run as a lookup")
	}
}

// The page runs a journey again and shows both on one scale.
func TestJourneysAreComparedOnThePage(t *testing.T) {
	s := startSite(t)
	res, _ := s.do("POST", "/lookups", "application/x-www-form-urlencoded", url.Values{"url": {"http://www.example.co.kr/"}, "network": {"lab"}, "then": {"journey"}}.Encode())
	at, _, _ := strings.Cut(res.Header.Get("Location"), "?")
	_, page := s.get(at)
	for _, key := range []string{"again", "scheme", "http10", "lossy"} {
		if !strings.Contains(page, `value="`+key+`"`) {
			t.Errorf("%s is not offered", key)
		}
	}
	res, _ = s.do("POST", strings.TrimSuffix(at, "/journey")+"/whatif", "application/x-www-form-urlencoded", url.Values{"change": {"again"}}.Encode())
	to := res.Header.Get("Location")
	if res.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to, at+"?") {
		t.Fatalf("%d %s", res.StatusCode, to)
	}
	if _, page := s.get(to); strings.Count(page, `class="whole"`) != 3 || !strings.Contains(page, `class="phases-table counts"`) {
		t.Errorf("%d bars", strings.Count(page, `class="whole"`))
	}
}
