package templates

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"rootwalk/lookup"
)

// drawEverything renders all that a trace is shown as, for a page in a
// language.
func drawEverything(t testing.TB, file lookup.TraceFile, lang string) (ladder []byte) {
	t.Helper()
	w := words(t, lang)
	for _, worksheet := range []bool{false, true} {
		p := Page{Words: w, Room: "main", Path: "/", View: Fold(file.Events), TraceID: "t1", Recorded: true, Imported: true, Address: "http://127.0.0.1/lookups/t1",
			Bytes: &ByteSheet{Targets: []SendingTo{{Name: "R1", Role: lookup.RoleResolver, Addr: "192.0.2.53"}}}, Worksheet: worksheet}
		for _, m := range largeMessages(p) {
			p.Bytes.N = m.N
			if err := BytesSheet(p).Render(t.Context(), io.Discard); err != nil {
				t.Fatal(err)
			}
		}
		for _, page := range []templ.Component{Sheet(p), PrintSheet(p), Offline(p, OfflineFile{})} {
			if err := page.Render(t.Context(), io.Discard); err != nil {
				t.Fatal(err)
			}
		}
		ladder = LadderSVG(p, p.Address)
	}
	return ladder
}

// wellFormed reads XML to its end.
func wellFormed(data []byte) error {
	for d := xml.NewDecoder(strings.NewReader(string(data))); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func TestEveryGoldenTraceIsDrawnInEveryWay(t *testing.T) {
	pure(t)
	for name, file := range goldenTraces(t) {
		for _, lang := range []string{"en", "ko"} {
			ladder := drawEverything(t, file, lang)
			if err := wellFormed(ladder); err != nil {
				t.Errorf("%s: the ladder is no XML: %v", name, err)
			}
			for _, part := range []string{"<title id=", "<desc id=", "Noto Sans CJK KR", `xml:lang="` + lang + `"`} {
				if !strings.Contains(string(ladder), part) {
					t.Errorf("%s: the ladder has no %s", name, part)
				}
			}
		}
	}
}

// Files that fit the schema and make no sense otherwise: values of one place
// stand in another. They are drawn, or not read.
func TestNonsenseIsDrawn(t *testing.T) {
	pure(t)
	rng := rand.New(rand.NewPCG(1, 2))
	strange := []any{"", ".", "..", "x", "zone:.", "device", "R1", "outside", "tcp", strings.Repeat("a.", 300), "192.0.2.1:53", "AAAA", "NXDOMAIN", "0", "AAAB", 0.0, -1.0, 1.0, 7.0, 4294967295.0, 65535.0, 9e15, true, false, nil, []any{}}
	var shake func(v any) any
	shake = func(v any) any {
		switch x := v.(type) {
		case map[string]any:
			for k := range x {
				x[k] = shake(x[k])
			}
		case []any:
			for i := range x {
				x[i] = shake(x[i])
			}
		default:
			if rng.IntN(500) == 0 {
				for range 20 { // one of its own kind, so that it has a chance
					if s := strange[rng.IntN(len(strange))]; reflect.TypeOf(s) == reflect.TypeOf(v) {
						return s
					}
				}
			}
		}
		return v
	}
	read := 0
	for _, name := range []string{"lab-walk", "tcp", "lame", "sidewalk", "edited", "hit"} {
		data, err := os.ReadFile("../static/test/traces/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		for range 40 {
			var file map[string]any
			if err := json.Unmarshal(data, &file); err != nil {
				t.Fatal(err)
			}
			for _, e := range file["events"].([]any) {
				event := e.(map[string]any)
				event["fact"] = shake(event["fact"])
				if rng.IntN(30) == 0 {
					event["step"], event["parent"] = rng.IntN(4), rng.IntN(4)
				}
			}
			shaken, err := json.Marshal(file)
			if err != nil {
				t.Fatal(err)
			}
			foreign, err := lookup.ReadForeignTraceFile(shaken)
			if err != nil {
				continue
			}
			if read++; read > 40 {
				return
			}
			if err := wellFormed(drawEverything(t, foreign, "ko")); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
	if read < 10 {
		t.Errorf("only %d files were read: the test tests nothing", read)
	}
}

// pure marks tests of functions that share nothing: the race detector finds nothing
// in them and takes ten times as long. CI runs them without it.
func pure(t *testing.T) {
	t.Helper()
	if underRace {
		t.Skip("nothing is shared here: run without -race")
	}
}
