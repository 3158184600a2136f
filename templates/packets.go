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
	var rows []pair
	for _, at := range common(len(left), len(right), func(i, j int) bool { return left[i].like() == right[j].like() }) {
		row := pair{}
		if at[0] >= 0 {
			row.Left = &left[at[0]]
			row.Left.Alone = row.Left.Alone || at[1] < 0
		}
		if at[1] >= 0 {
			row.Right = &right[at[1]]
			row.Right.Alone = row.Right.Alone || at[0] < 0
		}
		rows = append(rows, row)
	}
	return rows
}

// common lines two sequences of n and m up by the longest sequence that they have
// in common: rows of an index of each, -1 for none.
func common(n, m int, same func(i, j int) bool) (rows [][2]int) {
	longest := make([][]int, n+1)
	for i := range longest {
		longest[i] = make([]int, m+1)
	}
	for i := n - 1; i >= 0; i-- {
		for j := m - 1; j >= 0; j-- {
			if same(i, j) {
				longest[i][j] = longest[i+1][j+1] + 1
			} else {
				longest[i][j] = max(longest[i+1][j], longest[i][j+1])
			}
		}
	}
	for i, j := 0, 0; i < n || j < m; {
		switch {
		case i < n && j < m && same(i, j):
			rows = append(rows, [2]int{i, j})
			i, j = i+1, j+1
		case j == m || i < n && longest[i+1][j] >= longest[i][j+1]:
			rows = append(rows, [2]int{i, -1})
			i++
		default:
			rows = append(rows, [2]int{-1, j})
			j++
		}
	}
	return rows
}
