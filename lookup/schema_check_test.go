package lookup

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestGoldenTracesAreReadAsForeignFiles(t *testing.T) {
	for name, data := range goldenTraces(t) {
		f, err := ReadForeignTraceFile(data)
		if err != nil || len(f.Events) == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestHostileFilesAreRefused(t *testing.T) {
	whole := compactJSON(t, string(goldenTraces(t)["walk"]))
	swap := func(old, new string) string {
		changed := strings.Replace(whole, old, new, 1)
		if changed == whole {
			t.Fatalf("the golden trace has no %s", old)
		}
		return changed
	}
	event := func(seq int, kind, fact string) string {
		return fmt.Sprintf(`{"seq":%d,"atUs":0,"step":1,"parent":0,"kind":%q,"fact":%s}`, seq, kind, fact)
	}
	file := func(events ...string) string {
		return `{"id":"t1","version":1,"network":"lab","started":"2026-11-28T00:00:00Z","title":"x","events":[` + strings.Join(events, ",") + `]}`
	}
	truncated := event(0, "trace.truncated", `{"limit":"events","max":1}`)
	message := base64.StdEncoding.EncodeToString(make([]byte, 60_000))
	var heavy []string
	for i := range 80 {
		heavy = append(heavy, event(i, "response.rejected", `{"by":"stub","host":"device","query":0,"from":"192.0.2.1:53","reason":"id","message":"`+message+`"}`))
	}
	for what, data := range map[string]string{
		"nothing":              "",
		"no JSON":              "{",
		"a list":               "[]",
		"a page":               "<html>",
		"no events":            file(),
		"events null":          strings.Replace(file(), "[]", "null", 1),
		"a gap":                file(event(1, "trace.truncated", `{"limit":"events","max":1}`)),
		"time going backwards": swap(`"atUs":1300`, `"atUs":0,"x":1`),
		"a kind of tomorrow":   file(event(0, "socket.melted", `{}`)),
		"a fact that is text":  file(event(0, "trace.truncated", `"x"`)),
		"bidi in a title":      swap(`"title":"`, `"title":"\u202e`),
		"an escape sequence":   swap(`"host":"device"`, `"host":"\u001b[2J"`),
		"a zero byte":          swap(`"host":"device"`, `"host":"\u0000"`),
		"a huge title":         strings.Replace(file(truncated), `"title":"x"`, `"title":"`+strings.Repeat("x", 400)+`"`, 1),
		"a huge name":          swap(`"name":"www.example.co.kr."`, `"name":"`+strings.Repeat("a", 1025)+`"`),
		"a huge text":          swap(`"host":"device"`, `"host":"`+strings.Repeat("a", 90_001)+`"`),
		"a number as name":     swap(`"name":"www.example.co.kr."`, `"name":7`),
		"too many messages":    file(heavy...),
		"too large":            whole + strings.Repeat(" ", MaxTraceFile),
		"deep":                 strings.Repeat("[", 20_000),
		"no such address":      swap(`"addr":"192.0.2.53:53"`, `"addr":"999.0.2.53:53"`),
	} {
		if _, err := ReadForeignTraceFile([]byte(data)); err == nil {
			t.Errorf("%s was read", what)
		} else if Printable(err.Error()) != err.Error() {
			t.Errorf("%s: the error shows what it should not: %q", what, err)
		}
	}
	if _, err := ReadForeignTraceFile([]byte(file(truncated))); err != nil {
		t.Errorf("a small file: %v", err)
	}
}

// What is read can be encoded again, and says the same.
func FuzzForeignTraceFile(f *testing.F) {
	for _, data := range goldenTraces(f) {
		if len(data) < 60_000 {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := ReadForeignTraceFile(data)
		if err != nil {
			return
		}
		again, err := json.Marshal(file)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := ReadTraceFile(again); err != nil || len(back.Events) != len(file.Events) {
			t.Fatalf("%v", err)
		}
	})
}
