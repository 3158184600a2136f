package templates

import "strings"

// sheetQuestion is what the trace on show asked: "www.example.co.kr A".
func sheetQuestion(p Page) string {
	if p.View == nil || p.View.Question == nil {
		return ""
	}
	return p.View.Question.String()
}

// packetTitle is what a message is called in the list of steps.
func packetTitle(p Page, v *View, x Packet) string {
	q := Page{Words: p.Words, View: v}
	return q.first(stepKeys("step."+x.Kind+".title", v, x.Balloon), stepParams(q, x.Balloon))
}

// packetFacts are the measured and counted things of a message in one line.
func packetFacts(p Page, x Packet) string {
	facts := []string{p.Words.Micros(x.AtUs)}
	if x.Server.Addr.IsValid() {
		facts = append(facts, x.Server.Addr.Addr().String())
	}
	if x.Balloon.Transport != "" {
		facts = append(facts, strings.ToUpper(x.Balloon.Transport))
	}
	if x.Bytes > 0 {
		facts = append(facts, p.T("whatif.bytes", "n", number(x.Bytes)))
	}
	if x.Flags != "" {
		facts = append(facts, x.Flags)
	}
	return strings.Join(facts, "  ")
}
