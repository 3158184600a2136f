package lookup

import "testing"

func TestBeliefsHaveWords(t *testing.T) {
	for _, lang := range []string{"en", "ko"} {
		w := words(t, lang)
		for _, b := range Beliefs() {
			for _, end := range []string{".said", ".true"} {
				if !w.Has("belief." + b.Key + end) {
					t.Errorf("%s: no words for %s%s", lang, b.Key, end)
				}
			}
		}
		for _, key := range RefutationKeys() {
			if !w.Has("belief." + key) {
				t.Errorf("%s: no words for %s", lang, key)
			}
		}
	}
	if got := Refutations(nil); len(got) != 0 {
		t.Errorf("nothing happened, and it refutes %v", got)
	}
}
