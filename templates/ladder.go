package templates

import (
	"strings"

	"rootwalk/lookup"
)

// rung is one message of the ladder.
type rung struct {
	n     int
	role  string // whose hue
	style string // which line: query, referral, answer, negative, failed, lost, local
	place string // from where to where: classes of the style sheet
	title string
	why   string
	tag   string // what the message carries, in short
	step  step
}

// rungStyles says how each kind of balloon is drawn, as the drawing does.
var rungStyles = map[string]string{
	"query": "query", "referral": "referral", "answer": "answer", "alias": "answer", "nodata": "negative", "nxdomain": "negative",
	"truncation": "referral", "failure": "failed", "lame": "failed", "rejected": "failed", "timeout": "lost", "unreachable": "lost",
}

// rungs are the balloons of the page's trace as steps of a ladder between
// three uprights: the device, the resolvers, the name servers.
func rungs(p Page) []rung {
	out := make([]rung, 0, len(p.View.Balloons))
	for _, b := range steps(p) {
		r := rung{n: b.N, role: string(b.Role), style: rungStyles[b.Kind], title: b.Title, why: b.Why, tag: tagOf(p, b.Balloon), step: b}
		switch r.style {
		case "":
			r.style = "local"
			if b.Outcome == "broken" || b.Outcome == string(lookup.Bogus) {
				r.role = "error"
			}
		case "failed", "lost":
			r.role = "error"
		}
		from, to := upright(b.From), upright(b.To)
		switch {
		case from == to:
			r.place = "at-" + number(from)
		case from < to:
			r.place = "span-" + number(from) + " right"
		default:
			r.place = "span-" + number(to) + " left"
		}
		out = append(out, r)
	}
	return out
}

// upright is the column of a plate: 1 the device, 2 resolvers, 3 servers.
func upright(plate string) int {
	switch {
	case asks(plate):
		return 1
	case strings.HasPrefix(plate, "zone:"):
		return 3
	default:
		return 2
	}
}
