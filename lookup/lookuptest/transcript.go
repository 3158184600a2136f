package lookuptest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"rootwalk/lookup"
)

// volatile are the parameters of a sentence that differ from run to run, or
// say again what another one says.
var volatile = map[string]bool{"rtt": true, "elapsed": true, "srtt": true, "waited": true, "client": true, "network": true, "idle": true}

// Transcript writes events as text, one line each, indented by the depth of
// their step: the key of the sentence and what fills its blanks, without
// times, ports and message IDs. Equal runs have equal transcripts.
func Transcript(events []lookup.Event) string {
	var b strings.Builder
	depth := map[lookup.StepID]int{}
	for _, e := range events {
		if _, ok := depth[e.Step]; !ok {
			depth[e.Step] = 0
			if e.Parent != 0 {
				depth[e.Step] = depth[e.Parent] + 1
			}
		}
		l := e.Fact.Line()
		b.WriteString(strings.Repeat("  ", depth[e.Step]))
		b.WriteString(l.Key)
		_, asked := l.Params["question"]
		keys := make([]string, 0, len(l.Params))
		for k, v := range l.Params {
			if volatile[k] || v == "" || asked && (k == "name" || k == "type") {
				continue
			}
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			v := l.Params[k]
			if len(v) > 200 {
				v = fmt.Sprintf("%s… (%d)", v[:40], len(v))
			}
			if strings.ContainsAny(v, " \"") {
				v = strconv.Quote(v)
			}
			fmt.Fprintf(&b, " %s=%s", k, v)
		}
		b.WriteByte('\n')
	}
	return b.String()
}
