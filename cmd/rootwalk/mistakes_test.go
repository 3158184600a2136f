package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"rootwalk/lookup"
	"rootwalk/static"
)

// Every mistake that somebody can make in a zone, a delegation or a lab file is
// told in both languages.
func TestEveryMistakeHasWords(t *testing.T) {
	code := regexp.MustCompile(`(?:mistake\((?:n, )?|Code[:=] ?|m\.Code = |m\.Code, m\.Params\["type"\] = |r\.wrong\(|wrong\("\w+", [^,]+, )"([a-zA-Z.]*[a-zA-Z])"`)
	codes := map[string]bool{} // keys of words
	// Moving zones and cuts has mistakes, and words, of its own.
	moves := []string{"place.go", "move.go", "cut.go", "domain.go"}
	for _, glob := range []string{"../../lookup/lab/auth/*.go", "../../lookup/lab/hosting/*.go"} {
		files, err := filepath.Glob(glob)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			family := "zone.mistake."
			if slices.Contains(moves, filepath.Base(f)) {
				family = "moves.wrong."
			}
			for _, m := range code.FindAllStringSubmatch(string(text), -1) {
				codes[family+m[1]] = true
			}
		}
	}
	if len(codes) < 45 {
		t.Errorf("only %d mistakes were found: %v", len(codes), codes)
	}
	for _, lang := range []string{"en", "ko"} {
		w, err := lookup.ParseWords(lang, static.File("i18n/"+lang+".json"))
		if err != nil {
			t.Fatal(err)
		}
		for c := range codes {
			if !w.Has(c) {
				t.Errorf("%s has no words for the mistake %q", lang, c)
			}
		}
	}
}
