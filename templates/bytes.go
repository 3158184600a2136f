package templates

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"rootwalk/lookup"
)

// shownMessage is a message with its bytes and fields, for the page without a
// script.
type shownMessage struct {
	*Balloon
	Bytes  int
	Dump   string
	Fields []field
	Omit   int // fields left out
}

// field is one named run of bytes.
type field struct {
	Section, Name, Text, At, Points string
	First                           bool // begins its section
}

// A page without a script shows this much of one message, and no more than
// this many messages: a long trace must not make a page of megabytes.
const (
	dumpWidth   = 12 // bytes in a row: row one is exactly the header
	maxDump     = 1536
	maxFields   = 200
	maxMessages = 64
)

func messages(p Page) []shownMessage {
	if p.View == nil {
		return nil
	}
	var out []shownMessage
	for i := range p.View.Balloons {
		b := &p.View.Balloons[i]
		msg := lookup.WireMessage(p.View.fact(b.Message))
		if len(msg) == 0 {
			continue
		}
		if len(out) == maxMessages {
			break
		}
		m := shownMessage{Balloon: b, Bytes: len(msg), Dump: dump(msg)}
		spans := lookup.Anatomy(msg)
		if len(spans) > maxFields {
			m.Omit, spans = len(spans)-maxFields, spans[:maxFields]
		}
		section := ""
		for _, s := range spans {
			f := field{Section: s.Section, Name: s.Name, Text: s.Text, At: fmt.Sprintf("%04x", s.At), First: s.Section != section}
			if len(s.Points) > 0 {
				f.Points = p.T("bytes.points", "to", fmt.Sprintf("%04x", s.Points[0].To))
			}
			section = s.Section
			m.Fields = append(m.Fields, f)
		}
		out = append(out, m)
	}
	return out
}

// dump writes bytes as rows of an offset and twelve bytes.
func dump(msg []byte) string {
	var b strings.Builder
	shown := msg[:min(len(msg), maxDump)]
	for at := 0; at < len(shown); at += dumpWidth {
		fmt.Fprintf(&b, "%04x ", at)
		for _, c := range shown[at:min(at+dumpWidth, len(shown))] {
			b.WriteByte(' ')
			b.WriteString(hex.EncodeToString([]byte{c}))
		}
		b.WriteByte('\n')
	}
	if more := len(msg) - len(shown); more > 0 {
		b.WriteString("… +" + strconv.Itoa(more) + "\n")
	}
	return b.String()
}

// messageSections are the parts of a message (RFC 1035 §4.1).
var messageSections = []string{"header", "question", "answer", "authority", "additional"}
