package templates

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"rootwalk/lookup"
)

// kinds are the kinds of balloons, each with the variants that its words may
// tell apart.
var kinds = map[string][]string{
	"query": nil, "referral": nil, "answer": nil, "alias": nil, "nodata": nil, "nxdomain": nil, "truncation": nil, "failure": nil, "lame": nil,
	"rejected": nil, "timeout": nil, "unreachable": nil, "sidewalk": nil, "restart": nil, "limit": nil, "blocked": nil, "edited": nil, "errand": nil,
	"check": nil, "verdict": {"secure", "insecure", "bogus", "indeterminate"},
	"cache": {"miss", "hints", "known", "expired", "found", "hit", "address", "denial", "failure", "stale", "browser"},
}

// Whatever the kind, and whoever speaks with whom, there is a title and a
// reason; the plainest key is the last resort.
func TestEveryKindHasATitleAndAReason(t *testing.T) {
	seen := map[string]bool{}
	for _, file := range goldenTraces(t) {
		for _, b := range Fold(file.Events).Balloons {
			seen[b.Kind] = true
			if _, known := kinds[b.Kind]; !known {
				t.Errorf("balloon of unknown kind %q", b.Kind)
			}
		}
	}
	for _, lang := range []string{"en", "ko"} {
		w := words(t, lang)
		for kind := range kinds {
			if !seen[kind] {
				t.Errorf("no golden trace has a balloon of kind %q", kind)
			}
			for _, part := range []string{"title", "why"} {
				if key := "step." + kind + "." + part; !w.Has(key) {
					t.Errorf("%s: no words for %s", lang, key)
				}
			}
		}
		for _, outcome := range lookup.Outcomes() {
			if key := "block.outcome." + string(outcome); outcome != lookup.OutcomeAnswer && !w.Has(key) {
				t.Errorf("%s: no words for %s", lang, key)
			}
		}
	}
}

// Every text about a step can be reached: its key is one that some balloon
// asks for.
func TestNoWordsAboutStepsAreLost(t *testing.T) {
	ends := map[string]bool{"": true}
	for _, who := range []string{"", ".stub", ".self", ".resolver", ".outside"} {
		variants := []string{"", ".root", ".tld", ".auth", ".resolver", ".tcp", ".https", ".again", ".edited", ".same", ".restart", ".minimised", ".noglue", ".far", ".cached", ".servfail", ".refused", ".upward", ".notAuthoritative"}
		for _, v := range append(append([]string{"broken", "dnssec.keys", "dnssec.keys.root", "dnssec.ds", "dnssec.checked", "dnssec.unchecked", "dnssec.ad", "dnssec.bogus"}, kinds["cache"]...), kinds["verdict"]...) {
			variants = append(variants, "."+v)
		}
		for _, k := range lookup.LineKeys() { // what a check says
			if noun, _, _ := strings.Cut(k, "."); slices.Contains([]string{"anchor", "digest", "keys", "signature", "denial", "delegation"}, noun) {
				variants = append(variants, "."+k, "."+k+".root")
			}
		}
		for _, k := range lookup.LineKeys() {
			for _, family := range []string{"query.failed.", "query.blocked.", "response.rejected.", "limit.reached."} {
				if end, ok := strings.CutPrefix(k, family); ok {
					variants = append(variants, "."+end)
				}
			}
		}
		for _, k := range lookup.LineKeys() { // what a device does between two questions is told by its line
			for _, family := range []string{"address.reversed", "experiment.", "mode.", "search.", "targets.", "target.", "race."} {
				if strings.HasPrefix(k, family) {
					variants = append(variants, "."+k)
				}
			}
		}
		for _, v := range variants {
			ends[who+v] = true
		}
	}
	for _, key := range words(t, "en").Keys() {
		rest, ok := strings.CutPrefix(key, "step.")
		if !ok || rest == "trust" || rest == "trust.bogus" || rest == "ready" || rest == "asking" || rest == "none" {
			continue
		}
		kind, rest, _ := strings.Cut(rest, ".")
		part, _, _ := strings.Cut(rest, ".")
		if _, known := kinds[kind]; !known || part != "title" && part != "why" || !ends[strings.TrimPrefix(rest, part)] {
			t.Errorf("no step asks for %s", key)
		}
	}
}

// The browser chooses the same words for each step
// (static/test/steps-golden.test.mjs).
func TestStepWordsGolden(t *testing.T) {
	type chosen struct {
		Title string            `json:"title"`
		Why   string            `json:"why"`
		Tag   string            `json:"tag"`
		Blank map[string]string `json:"params"`
	}
	out := map[string][]chosen{}
	for name := range goldenTraces(t) {
		p := finished(t, "ko", name)
		for i := range p.View.Balloons {
			b := &p.View.Balloons[i]
			out[name] = append(out[name], chosen{
				Title: firstKey(p.Words, stepKeys("step."+b.Kind+".title", p.View, b)), Why: firstKey(p.Words, stepKeys("step."+b.Kind+".why", p.View, b)),
				Tag: tagOf(p, b), Blank: stepParams(p, b),
			})
		}
	}
	data, err := json.MarshalIndent(out, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "../static/test/steps.json", append(data, '\n'))
}
