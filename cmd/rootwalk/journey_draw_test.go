package main

import (
	"testing"

	"rootwalk/lookup"
	"rootwalk/lookup/lookuptest"
)

// One trace runs from what was typed to the last paint, over each shape of page that the
// lab has, in both languages.
func TestJourneyDrawsThePage(t *testing.T) {
	var urls []string
	for _, name := range []string{"text", "article", "blocking", "deferred", "slow"} {
		urls = append(urls, "http://www.example.co.kr/draw/"+name, "http://www.example.co.kr/draw/ko/"+name)
	}
	trips, in := surf(t, "", urls...)
	for i, facts := range trips {
		whole(t, facts)
		end := lookuptest.Facts[lookup.DrawingFinished](facts)
		if len(end) != 1 || end[0].Outcome != "done" || end[0].Ops == 0 || end[0].Layers == 0 {
			t.Fatalf("%s: %+v", urls[i], end)
		}
		if c := lookuptest.Facts[lookup.TreeCompared](facts); len(c) != 1 || !c[0].Equal {
			t.Errorf("%s: %+v", urls[i], c)
		}
		for _, m := range lookuptest.Facts[lookup.ConstructMissed](facts) {
			t.Errorf("%s: %+v", urls[i], m) // the lab's own pages hold nothing that is not understood
		}
		if last := end[0]; len(lookuptest.Facts[lookup.StageFinished](facts)) != len(lookup.DrawStages()) || last.Nodes == 0 {
			t.Errorf("%s: not every stage is told", urls[i])
		}
	}
	// The article grows in the pieces that it came in.
	if grown := lookuptest.Facts[lookup.TreeGrown](trips[2]); len(grown) < 3 {
		t.Errorf("the article grew %d times", len(grown))
	}
	held := func(facts []lookup.Fact, thing, rule string) (out []lookup.ResourceHeld) {
		for _, h := range lookuptest.Facts[lookup.ResourceHeld](facts) {
			if h.Held == thing && h.Rule == rule && h.ToUs > h.FromUs {
				out = append(out, h)
			}
		}
		return out
	}
	if h := held(trips[4], "parser", "script"); len(h) != 1 || h[0].URL != "http://www.example.co.kr/draw/clock.js" {
		t.Errorf("blocking: %+v", h)
	}
	if h := held(trips[6], "parser", "script"); len(h) != 0 {
		t.Errorf("deferred: %+v", h)
	}
	rules := map[string]int{}
	for _, s := range lookuptest.Facts[lookup.ScriptScheduled](trips[6]) {
		rules[s.Rule]++
	}
	if rules["defer"] != 2 || rules["async"] != 1 {
		t.Errorf("deferred: %v", rules)
	}
	if h := held(trips[8], "rendering", "style"); len(h) != 1 || len(held(trips[8], "script", "styleBefore")) != 1 || len(held(trips[8], "parser", "styleBefore")) != 1 {
		t.Errorf("slow: %+v", h)
	}

	// What the HTTP cache has is drawn too, from its octets, which the trace then has.
	trip(t, in, "", "http://www.example.co.kr/page")
	again := trip(t, in, "", "http://www.example.co.kr/page")
	whole(t, again)
	if taken := lookuptest.Facts[lookup.SourceTaken](again); len(taken) != 4 || len(lookuptest.Facts[lookup.PacketSent](again)) != 0 {
		t.Errorf("%d sources from the cache", len(taken))
	}
	if end := lookuptest.Facts[lookup.DrawingFinished](again); len(end) != 1 || end[0].Outcome != "done" {
		t.Errorf("%+v", end)
	}

	// The page of an error is drawn as well; what is no HTML has no tree.
	for url, want := range map[string]string{"http://www.example.co.kr/missing": "unsuited", "http://www.example.co.kr/chunked": "unsuited", "http://www.example.co.kr/redirect/302": "done"} {
		facts := trip(t, in, "", url)
		whole(t, facts)
		if end := lookuptest.Facts[lookup.DrawingFinished](facts); len(end) != 1 || end[0].Outcome != want {
			t.Errorf("%s: %+v", url, end)
		}
	}
}
