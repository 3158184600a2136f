package lookuptest

import (
	"fmt"
	"slices"
	"strings"

	"rootwalk/lookup"
)

// volatile are the parameters of a sentence that differ from run to run.
var volatile = map[string]bool{"rtt": true, "elapsed": true, "srtt": true, "waited": true, "client": true, "network": true, "bytes": false}

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
		keys := make([]string, 0, len(l.Params))
		for k := range l.Params {
			if !volatile[k] {
				keys = append(keys, k)
			}
		}
		slices.Sort(keys)
		for _, k := range keys {
			fmt.Fprintf(&b, " %s=%q", k, l.Params[k])
		}
		b.WriteByte('\n')
	}
	return b.String()
}
