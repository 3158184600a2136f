package export

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"go.uber.org/goleak"

	"rootwalk/lookup"
)

var update = flag.Bool("update", false, "write the golden files")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func trace(t testing.TB, name string) lookup.TraceFile {
	t.Helper()
	data, err := os.ReadFile("../../static/test/traces/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	file, err := lookup.ReadTraceFile(data)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func words(t testing.TB, lang string) *lookup.Words {
	t.Helper()
	data, err := os.ReadFile("../../static/i18n/" + lang + ".json")
	if err != nil {
		t.Fatal(err)
	}
	w, err := lookup.ParseWords(lang, data)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs from\n%s\nlook at `go test ./lookup/export -update` and git diff", path, got)
	}
}

func TestTranscriptGolden(t *testing.T) {
	for _, c := range []struct {
		golden, trace, lang string
		o                   Options
	}{
		{"walk.en.txt", "walk", "en", Options{}},
		{"walk.ko.txt", "walk", "ko", Options{}},
		{"walk.answer.txt", "walk", "en", Options{Level: LevelAnswer}},
		{"walk.steps.ansi.txt", "walk", "en", Options{Colour: true, Level: LevelSteps}},
		{"walk.bytes.txt", "walk", "ko", Options{Level: LevelBytes}},
		{"variety.en.txt", "variety", "en", Options{}},
		{"variety.ansi.txt", "variety", "en", Options{Colour: true}},
	} {
		var b bytes.Buffer
		if err := Transcript(&b, slices.Values(trace(t, c.trace).Events), words(t, c.lang), c.o); err != nil {
			t.Fatal(err)
		}
		golden(t, c.golden, b.Bytes())
	}
}

func TestDigGolden(t *testing.T) {
	for _, c := range []struct {
		golden, trace string
		level         Level
	}{
		{"walk.dig.txt", "walk", LevelSteps}, {"variety.dig.txt", "variety", LevelSteps},
		{"walk.answer.dig.txt", "walk", LevelAnswer}, {"walk.bytes.dig.txt", "walk", LevelBytes}, {"closed.facts.dig.txt", "closed", LevelFacts},
		{"localhost.dig.txt", "localhost", LevelAnswer},
	} {
		file := trace(t, c.trace)
		var b bytes.Buffer
		if err := Dig(&b, slices.Values(file.Events), file.Started, c.level); err != nil {
			t.Fatal(err)
		}
		golden(t, c.golden, b.Bytes())
	}
}

func TestJSONReadsBack(t *testing.T) {
	var b bytes.Buffer
	if err := JSON(&b, trace(t, "variety")); err != nil {
		t.Fatal(err)
	}
	back, err := lookup.ReadTraceFile(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if len(back.Events) != len(trace(t, "variety").Events) {
		t.Error("events were lost")
	}
}

// lineWriter wants one whole line a write, as a terminal that is watched does.
type lineWriter struct {
	t     *testing.T
	lines int
}

func (w *lineWriter) Write(b []byte) (int, error) {
	if bytes.Count(b, []byte("\n")) != 1 || b[len(b)-1] != '\n' {
		w.t.Errorf("a write of %q is not one line", b)
	}
	w.lines++
	return len(b), nil
}

func TestTranscriptShowsEachLineAtOnce(t *testing.T) {
	w := &lineWriter{t: t}
	events := trace(t, "walk").Events
	seen := 0
	follow := func(yield func(lookup.Event) bool) {
		for _, e := range events {
			if w.lines != seen {
				t.Fatalf("%d events were yielded, %d lines are out", seen, w.lines)
			}
			seen++
			if !yield(e) {
				return
			}
		}
	}
	if err := Transcript(w, follow, words(t, "en"), Options{}); err != nil {
		t.Fatal(err)
	}
}

type brokenWriter struct{}

var errBroken = errors.New("pipe is broken")

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestWriteErrorsEndTheFollowing(t *testing.T) {
	file := trace(t, "walk")
	for name, export := range map[string]func(io.Writer, func(func(lookup.Event) bool)) error{
		"transcript": func(w io.Writer, s func(func(lookup.Event) bool)) error {
			return Transcript(w, s, words(t, "en"), Options{})
		},
		"dig": func(w io.Writer, s func(func(lookup.Event) bool)) error { return Dig(w, s, file.Started, LevelBytes) },
	} {
		taken := 0
		err := export(brokenWriter{}, func(yield func(lookup.Event) bool) {
			for _, e := range file.Events {
				taken++
				if !yield(e) {
					return
				}
			}
		})
		if !errors.Is(err, errBroken) || taken == len(file.Events) {
			t.Errorf("%s: error %v after %d of %d events", name, err, taken, len(file.Events))
		}
	}
	if err := JSON(brokenWriter{}, file); !errors.Is(err, errBroken) {
		t.Errorf("JSON: error %v", err)
	}
}

// Whatever a zone holds, the terminal sees only characters.
func FuzzTranscriptIsSafeForATerminal(f *testing.F) {
	f.Add("\x1b]0;title\x07.example.", "\u202egnp.exe\r\n\x9b31m", []byte{0, 1, 0x84, 0, 0, 1, 0, 1, 0, 0, 0, 0, 4, 0x1b, '[', '2', 'J', 0, 0, 1, 0, 1})
	en := words(f, "en")
	f.Fuzz(func(t *testing.T, name, data string, message []byte) {
		q := lookup.Question{Name: lookup.Name(name), Type: lookup.TypeTXT, Class: lookup.ClassIN}
		records := []lookup.Record{{Name: lookup.Name(name), Type: lookup.TypeTXT, Class: lookup.ClassIN, Data: data}}
		reply := lookup.Reply{Party: lookup.Party{By: lookup.RoleResolver, Host: data}, Server: lookup.Server{Name: lookup.Name(name)}, Question: q, Transport: data, Message: message}
		events := slices.Values([]lookup.Event{
			{Fact: lookup.LookupStarted{Question: q, Host: name, Network: data}},
			{Seq: 1, Fact: lookup.AnswerReceived{Reply: reply, Records: records}},
			{Seq: 2, Fact: lookup.RecordDiscarded{Host: name, Record: records[0], Reason: "notAsked"}},
			{Seq: 3, Fact: lookup.LimitReached{Host: name, Limit: lookup.Outcome(data)}},
		})
		for _, export := range []func(io.Writer) error{
			func(w io.Writer) error { return Transcript(w, events, en, Options{}) },
			func(w io.Writer) error { return Dig(w, events, time.Unix(0, 0), LevelBytes) },
		} {
			var b strings.Builder
			if err := export(&b); err != nil {
				t.Fatal(err)
			}
			for _, r := range b.String() {
				if r != '\n' && r != '\t' && !unicode.IsPrint(r) || r == unicode.ReplacementChar {
					t.Fatalf("character %U reaches the terminal", r)
				}
			}
		}
	})
}
