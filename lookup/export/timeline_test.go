package export

import (
	"bytes"
	"strings"
	"testing"

	"rootwalk/lookup"
	"rootwalk/static"
)

// Every bar of a time line stands on the same scale, in both languages, whatever
// the texts before it are.
func TestTimelineInATerminal(t *testing.T) {
	line := &lookup.Timeline{SpanUs: 96000, FirstUs: 72000, StartUs: 72000, SentUs: 24000, Phases: []lookup.Phase{
		{Key: "lookup", What: "www.한글.example " + strings.Repeat("긴", 40), FromUs: 0, ToUs: 48000},
		{Key: "connect", What: "192.0.2.1:80", FromUs: 48000, ToUs: 48001, Failed: true},
		{Key: "secure", What: "\x1b[31mTLS 1.3", FromUs: 48000, ToUs: 94000, Saved: true},
		{Key: "wait", FromUs: 95999, ToUs: 96000},
	}}
	for _, lang := range []string{"en", "ko"} {
		words, err := lookup.ParseWords(lang, static.File("i18n/"+lang+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := Timeline(&b, line, words); err != nil {
			t.Fatal(err)
		}
		rows := strings.Split(strings.Trim(b.String(), "\n"), "\n")
		if len(rows) != 1+4+2 || strings.ContainsAny(b.String(), "\x1b") || strings.Contains(b.String(), "{total") {
			t.Fatalf("%s", b.String())
		}
		for i, want := range []string{
			strings.Repeat("━", 24) + strings.Repeat(" ", 24), strings.Repeat(" ", 24) + "×" + strings.Repeat(" ", 23), strings.Repeat(" ", 24) + strings.Repeat("━", 23) + " ", strings.Repeat(" ", 47) + "━",
			strings.Repeat("━", 36) + strings.Repeat(" ", 12), strings.Repeat(" ", 24) + strings.Repeat("━", 12) + strings.Repeat(" ", 12),
		} {
			before, rest, _ := strings.Cut(rows[1+i], "│")
			if got, _, _ := strings.Cut(rest, "│"); got != want || width(before) != labelWidth+3 {
				t.Errorf("%s, row %d: %q after %d columns, want %q", lang, i, got, width(before), want)
			}
		}
	}
	if err := Timeline(&bytes.Buffer{}, &lookup.Timeline{FirstUs: -1, Phases: []lookup.Phase{{Key: "lookup"}}}, nilWords(t)); err != nil {
		t.Error(err)
	}
}

func nilWords(t *testing.T) *lookup.Words {
	t.Helper()
	w, err := lookup.ParseWords("en", []byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	return w
}
