package lookup

import (
	"encoding/json"
	"maps"
	"os"
	"testing"
)

func TestWordsFillBlanksAsTheBrowserDoes(t *testing.T) {
	file, err := os.ReadFile("testdata/words.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Lang, Text, Want string
		Params, Texts    map[string]string
	}
	if err := json.Unmarshal(file, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		texts := map[string]string{"k": c.Text}
		maps.Copy(texts, c.Texts)
		w := &Words{lang: c.Lang, texts: texts}
		if got := w.With("k", c.Params); got != c.Want {
			t.Errorf("%s %q with %v = %q, want %q", c.Lang, c.Text, c.Params, got, c.Want)
		}
	}
}

func TestMissingWordsShowTheirKey(t *testing.T) {
	w, err := ParseWords("en", []byte(`{"a":"b"}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := w.Say("step.unknown"); got != "step.unknown" {
		t.Errorf("got %q", got)
	}
	if _, err := ParseWords("en", []byte(`{"a":1}`)); err == nil {
		t.Error("a number passed for a text")
	}
}

func FuzzWords(f *testing.F) {
	f.Add("{x:을를} {{ {x:plural:a:b}", "kr.")
	f.Fuzz(func(t *testing.T, text, value string) {
		for _, lang := range []string{"en", "ko"} {
			w := &Words{lang: lang, texts: map[string]string{"k": text}}
			w.Say("k", "x", value)
		}
	})
}
