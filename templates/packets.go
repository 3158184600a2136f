package templates

import (
	"encoding/binary"
	"strings"

	"rootwalk/lookup"
)

// Packet is one message of a walk as it can be compared with those of another:
// who sent it to whom, about what, and what came of it.
type Packet struct {
	Balloon *Balloon
	From    string // id of a plate
	To      string
	Kind    string // of the balloon: "query", "referral", "answer", "timeout", …
	About   string // the question
	Server  lookup.Server
	Family  string // "IPv4" or "IPv6"
	Bytes   int    // of the message, 0 for one that did not come
	Flags   string // "RD", "RA AA"; "" where there is no message
	AtUs    int64  // since the device began
	Tag     string
	Alone   bool // nothing like it is in the other walk
}

// packets are the messages of a view, in order; a query that nobody answered is
// followed by what ended the wait.
func packets(p Page, v *View) []Packet {
	if v == nil {
		return nil
	}
	q := Page{Words: p.Words, View: v}
	var out []Packet
	asked := map[string]lookup.QuerySent{} // the last query to a plate, by host and plate
	for i := range v.Balloons {
		b := &v.Balloons[i]
		style := rungStyles[b.Kind]
		if style == "" {
			continue // inside a host
		}
		x := Packet{Balloon: b, From: b.From, To: b.To, Kind: b.Kind, AtUs: max(b.AtUs-v.StartedUs, 0), Tag: tagOf(q, b)}
		host, other := b.From, b.To
		if b.Kind == "query" {
			sent, ok := v.fact(b.Message).(lookup.QuerySent)
			if !ok {
				continue // chosen, but never sent
			}
			asked[host+" "+other] = sent
			x.about(sent.Question, sent.Server, sent.Message)
		} else {
			if b.Host != b.From {
				host, other = b.To, b.From
			}
			if sent, ok := asked[host+" "+other]; ok {
				x.about(sent.Question, sent.Server, nil)
			}
			if r, ok := v.fact(b.Seq).(interface{ Answered() lookup.Reply }); ok {
				x.about(r.Answered().Question, r.Answered().Server, r.Answered().Message)
			}
		}
		out = append(out, x)
	}
	return out
}

func (x *Packet) about(q lookup.Question, s lookup.Server, m lookup.Message) {
	x.About, x.Server, x.Family, x.Bytes, x.Flags = q.String(), s, "IPv6", len(m), flagsOf(m)
	if s.Addr.Addr().Is4() {
		x.Family = "IPv4"
	}
}

// flagsOf names the flags that are set in a message, and DO of its OPT record
// (RFC 1035 §4.1.1, RFC 4035 §3, RFC 3225 §3).
func flagsOf(m lookup.Message) string {
	if len(m) < 12 {
		return ""
	}
	flags := binary.BigEndian.Uint16(m[2:])
	var set []string
	for _, f := range []struct {
		bit  uint16
		name string
	}{{1 << 10, "AA"}, {1 << 9, "TC"}, {1 << 8, "RD"}, {1 << 7, "RA"}, {1 << 5, "AD"}, {1 << 4, "CD"}} {
		if flags&f.bit != 0 {
			set = append(set, f.name)
		}
	}
	for _, s := range lookup.Anatomy(m) {
		if s.Section == "additional" && s.Text == "DO" {
			set = append(set, "DO")
		}
	}
	return strings.Join(set, " ")
}

// like is what two messages must have in common to count as the same one in two
// walks: not the server, which chance chooses, nor IDs and ports.
func (x Packet) like() string {
	flags := x.Flags
	if x.Kind != "query" {
		flags = ""
	}
	return strings.Join([]string{x.Kind, x.From, x.To, strings.ToLower(x.About), x.Balloon.Transport, x.Family, flags}, "|")
}

// maxCompared bounds how many messages of each walk are compared.
const maxCompared = 200

// pair is a row of two walks side by side: one message, or the same one in both.
type pair struct{ Left, Right *Packet }

// compare lines the messages of two walks up, by the longest sequence that they
// have in common, and marks those that only one of them has.
func compare(left, right []Packet) []pair {
	left, right = left[:min(len(left), maxCompared)], right[:min(len(right), maxCompared)]
	n, m := len(left), len(right)
	longest := make([][]int, n+1)
	for i := range longest {
		longest[i] = make([]int, m+1)
	}
	for i := n - 1; i >= 0; i-- {
		for j := m - 1; j >= 0; j-- {
			if left[i].like() == right[j].like() {
				longest[i][j] = longest[i+1][j+1] + 1
			} else {
				longest[i][j] = max(longest[i+1][j], longest[i][j+1])
			}
		}
	}
	var rows []pair
	for i, j := 0, 0; i < n || j < m; {
		switch {
		case i < n && j < m && left[i].like() == right[j].like():
			rows = append(rows, pair{&left[i], &right[j]})
			i, j = i+1, j+1
		case j == m || i < n && longest[i+1][j] >= longest[i][j+1]:
			left[i].Alone = true
			rows = append(rows, pair{Left: &left[i]})
			i++
		default:
			right[j].Alone = true
			rows = append(rows, pair{Right: &right[j]})
			j++
		}
	}
	return rows
}
