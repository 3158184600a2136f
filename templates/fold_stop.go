package templates

import "rootwalk/lookup"

// stopsOf is why a journey ended before its page was there: the part that failed,
// and what the policy of the network kept from going out on the way to that. Of
// the resources of a page that is there, each fetch tells.
func stopsOf(events []lookup.Event) []lookup.Line {
	var refused, out []lookup.Line
	for _, e := range events {
		switch f := e.Fact.(type) {
		case lookup.DialRefused:
			refused = append(refused, f.Line())
		case lookup.LegFinished:
			if f.Outcome == "failed" && f.Reason != "" {
				out = append(append(out, refused...), f.Line())
			}
		}
	}
	return out
}
