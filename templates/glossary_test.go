package templates

import (
	"encoding/json"
	"os"
	"sort"
	"strings"
	"testing"
)

func TestEveryTermIsComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, lang := range []string{"en", "ko"} {
		w := words(t, lang)
		forms := map[string]string{}
		for _, x := range terms {
			if lang == "en" && seen[x.Slug] {
				t.Errorf("%s twice", x.Slug)
			}
			seen[x.Slug] = true
			for _, part := range []string{"name", "text", "mistake"} {
				if key := "glossary." + x.Slug + "." + part; !w.Has(key) || w.Say(key) == "" {
					t.Errorf("%s: no %s", lang, key)
				}
			}
			if !w.Has("glossary.shape."+x.Shape) || !strings.Contains(render(t, termShape(x.Shape)), "d=") && !strings.Contains(render(t, termShape(x.Shape)), "<circle") {
				t.Errorf("%s: nothing draws %s (%q)", lang, x.Slug, x.Shape)
			}
			for _, f := range strings.Split(w.Say("terms."+x.Slug), ";") {
				if other := forms[f]; other != "" && f != "-" {
					t.Errorf("%s: %q is %s and %s", lang, f, other, x.Slug)
				}
				forms[f] = x.Slug
			}
		}
		for _, key := range w.Keys() {
			if rest, ok := strings.CutPrefix(key, "terms."); ok {
				if _, known := FindTerm(rest); !known {
					t.Errorf("%s: %s is no term", lang, key)
				}
			}
		}
	}
}

func TestTermsAreLinkedAsWords(t *testing.T) {
	for _, c := range []struct{ lang, text, want string }{
		{"en", "A referral crosses the zone cut, not a referrals-like thing.", "A [referral:referral] crosses the [zone cut:zone-cut], not a referrals-like thing."},
		{"en", "Delegations at glue.example and preglued: none. The TTL.", "[Delegations:delegation] at glue.example and preglued: none. The [TTL:ttl]."},
		{"en", "one TTL, two TTLs, a label, glue, EDNS", "one [TTL:ttl], two TTLs, a [label:label], [glue:glue], EDNS"},
		{"ko", "위임 응답은 존 경계를 건넙니다. 캐시의 TTL이 줄어듭니다.", "[위임 응답:referral]은 [존 경계:zone-cut]를 건넙니다. 캐시의 [TTL:ttl]이 줄어듭니다."},
		{"ko", "재위임은 아닙니다.", "재위임은 아닙니다."},
	} {
		got := ""
		for _, p := range withTerms(words(t, c.lang), c.text) {
			if p.Slug == "" {
				got += p.Text
			} else {
				got += "[" + p.Text + ":" + p.Slug + "]"
			}
		}
		if got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.lang, got, c.want)
		}
	}
}

// The browser links the same terms in every text about a step
// (static/test/terms.test.mjs).
func TestTermsGolden(t *testing.T) {
	type linkedText struct {
		Text   string  `json:"text"`
		Pieces []piece `json:"pieces"`
	}
	out := map[string][]linkedText{}
	for _, lang := range []string{"en", "ko"} {
		w := words(t, lang)
		keys := w.Keys()
		sort.Strings(keys)
		for _, key := range keys {
			if strings.HasPrefix(key, "step.") || strings.HasPrefix(key, "glossary.") || strings.HasPrefix(key, "caches.") {
				text := w.Say(key)
				if pieces := withTerms(w, text); len(pieces) > 1 {
					out[lang] = append(out[lang], linkedText{text, pieces})
				}
			}
		}
	}
	data, err := json.MarshalIndent(out, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "../static/test/terms.json", append(data, '\n'))
}

// Browsers complain of what is loaded ahead and not used, and rightly so.
func TestTheGlossaryLoadsNothingAhead(t *testing.T) {
	p := Page{Words: words(t, "en"), Detail: "glossary", Assets: Assets{Main: "/static/js/sheets/glossary.js"}}
	if got := early(p); len(got) != 0 {
		t.Errorf("%v", got)
	}
	script, err := os.ReadFile("../static/js/sheets/glossary.js")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(script), "words") || strings.Contains(string(script), "fetch(") {
		t.Error("the script asks for something now: load it ahead")
	}
	if p.Detail = "caches"; len(early(p)) == 0 {
		t.Error("other pages do not load their words ahead")
	}
}
