package templates

import (
	"encoding/json"
	"testing"

	"rootwalk/lookup"
)

// What fields of messages are called in addresses, for static/test/edits.test.mjs:
// a link that the server makes has to lead to the same field in the browser.
func TestFieldKeysGolden(t *testing.T) {
	traces := goldenTraces(t)
	out := map[string][][]string{}
	for _, name := range []string{"lab-walk", "tcp", "dname", "edited"} {
		out[name] = [][]string{}
		for _, e := range traces[name].Events {
			raw, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			var told struct{ Fact struct{ Spans []lookup.Span } }
			if err := json.Unmarshal(raw, &told); err != nil {
				t.Fatal(err)
			}
			keys := []string{}
			for i := range told.Fact.Spans {
				keys = append(keys, fieldKey(told.Fact.Spans, i))
			}
			out[name] = append(out[name], keys)
		}
	}
	data, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "../static/test/field-keys.json", append(data, '\n'))
}
