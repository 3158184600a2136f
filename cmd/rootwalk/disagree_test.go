package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup/lookuptest/fakenet"
)

// difference is what the four say to one question.
type difference struct {
	question fakenet.Question
	said     [4]heard // in the order of contestants
}

func differenceOf(question fakenet.Question, answers [][]heard, q int) difference {
	return difference{question, [4]heard{answers[0][q], answers[1][q], answers[2][q], answers[3][q]}}
}

func (d difference) String() string {
	var b strings.Builder
	b.WriteString(d.question.String())
	for i, s := range d.said {
		fmt.Fprintf(&b, "\n    %s (%d ms) %v", contestants[i], s.Millis, s)
	}
	return b.String()
}

// unanimous reports whether the three others agree.
func (d difference) unanimous() bool { return d.said[0].same(d.said[1]) && d.said[1].same(d.said[2]) }

// settled reports whether the three agree and Rootwalk with them, which always
// has to say something. Passed is the time since the first question.
func (d difference) settled(passed time.Duration) bool {
	ours := d.said[3]
	return d.unanimous() && ours.same(d.said[0]) && ours.Rcode != "TIMEOUT" && d.lasts(passed)
}

// lasts reports whether Rootwalk's TTL lies among those of the others, which have
// counted down since each of them was asked.
func (d difference) lasts(passed time.Duration) bool {
	least, most := d.said[0].TTL, d.said[0].TTL
	for _, other := range d.said[1:3] {
		least, most = min(least, other.TTL), max(most, other.TTL)
	}
	sec := uint32(passed/time.Second) + 1
	return d.said[3].TTL <= most+sec && d.said[3].TTL+sec >= least
}

// dispute is a question that is looked at more closely, and all that was heard.
type dispute struct {
	mode     fakenet.Mode
	question fakenet.Question
	entry    *disagreement     // nil: the three have to agree
	file     map[string]string // master files by zone
	all      []difference      // the last one counts
	passed   time.Duration     // since the first question of the last one
}

func (p *dispute) heard(d difference) { p.all = append(p.all, d) }

func (p *dispute) String() string {
	s := ""
	for i, d := range p.all {
		if i > 0 {
			s += "\n  then "
		}
		s += d.String()
	}
	return s
}

// wrong are the complaints about what was heard, none where all is as it has
// to be.
func (p *dispute) wrong() (out []string) {
	last := p.all[len(p.all)-1]
	ours := last.said[3]
	switch {
	case p.entry != nil:
		out = p.entry.wrong(last, p.file)
	case !last.unanimous():
		out = append(out, "the three do not agree, and this case is not in "+disagreementsFile)
	case !ours.same(last.said[0]) || ours.Rcode == "TIMEOUT":
		out = append(out, "the three agree, Rootwalk does not")
	case !last.lasts(p.passed):
		out = append(out, "Rootwalk's TTL is not among those of the others")
	}
	for _, before := range p.all[:len(p.all)-1] {
		r := before.said[3]
		if !r.failed() && !r.same(ours) && !(p.question.Type == dns.TypeANY && partOf(r, p.question, p.file)) {
			out = append(out, "Rootwalk said something else before")
		}
	}
	return out
}

const disagreementsFile = "testdata/disagreements.txt"

// disagreement is one line of the list of cases in which the three do not agree.
type disagreement struct {
	line          int
	modes         []string
	question      string
	said          [4]string // as saying writes them; Rootwalk's may also be "as" one of the others
	reason, right string    // of the paragraph it is in
}

// disagreements is that list.
type disagreements []*disagreement

func (l disagreements) find(m fakenet.Mode, q fakenet.Question) *disagreement {
	for _, d := range l {
		if d.question == q.String() && slices.Contains(d.modes, m.Name) {
			return d
		}
	}
	return nil
}

// wrong are the complaints about what the four say to a question of the list.
func (e *disagreement) wrong(d difference, file map[string]string) (out []string) {
	at := fmt.Sprintf("%s:%d: ", disagreementsFile, e.line)
	if d.unanimous() {
		return append(out, at+"the three agree: this is no such case any more")
	}
	for i, want := range e.said {
		if other, ok := strings.CutPrefix(want, "as "); ok {
			if !d.said[i].same(d.said[slices.Index(contestants, other)]) {
				out = append(out, at+contestants[i]+" does not say what "+other+" says")
			}
		} else if got := saying(d.said[i], strings.HasSuffix(want, " part") && partOf(d.said[i], d.question, file)); got != want {
			out = append(out, fmt.Sprintf("%s%s says %s, which is not %s", at, contestants[i], got, want))
		}
	}
	return out
}

// saying is what a resolver says in the words of the list: "fails", or the rcode,
// AD, and the number of records, or "part" for some of what is at the name.
func saying(h heard, part bool) string {
	if h.failed() {
		return "fails"
	}
	s := h.Rcode
	if h.AD {
		s += " AD"
	}
	switch n := len(h.Answer); {
	case part:
		s += " part"
	case n > 0:
		s += fmt.Sprintf(" %d", n)
	}
	return s
}

// partOf reports whether an answer is some of the records that are at the name,
// in its zone or at its cut in the zone above, and nothing else (RFC 8482 §4.1).
func partOf(h heard, q fakenet.Question, file map[string]string) bool {
	there := map[string]bool{}
	for zone := q.Name; zone != ""; _, zone, _ = strings.Cut(zone, ".") {
		p := dns.NewZoneParser(strings.NewReader(file[zone]), zone, "")
		for rr, ok := p.Next(); ok; rr, ok = p.Next() {
			if strings.EqualFold(rr.Header().Name, q.Name) {
				there[normal(rr)] = true
			}
		}
		if p.Err() != nil {
			return false
		}
	}
	for _, r := range h.Answer {
		if !there[r] {
			return false
		}
	}
	return len(h.Answer) > 0
}

// readDisagreements reads the list. Its form is explained at its beginning.
func readDisagreements(t *testing.T) disagreements {
	t.Helper()
	b, err := os.ReadFile(filepath.FromSlash(disagreementsFile))
	if err != nil {
		t.Fatal(err)
	}
	l, err := parseDisagreements(string(b))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

var rfcSection = regexp.MustCompile(`RFC \d+ §\d`)

func parseDisagreements(text string) (disagreements, error) {
	var out disagreements
	reason, right := "", ""
	number := 0
	var asked []string
	for _, q := range fakenet.Questions() {
		asked = append(asked, q.String())
	}
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		fail := func(format string, args ...any) error {
			return fmt.Errorf("%s:%d: %s", disagreementsFile, number, fmt.Sprintf(format, args...))
		}
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if s, ok := strings.CutPrefix(line, "reason:"); ok {
			reason, right = strings.TrimSpace(s), ""
			continue
		}
		if s, ok := strings.CutPrefix(line, "right:"); ok {
			right = strings.TrimSpace(s)
			continue
		}
		cells := strings.Split(line, "|")
		if len(cells) != 2+len(contestants) {
			return nil, fail("%d columns", len(cells))
		}
		if reason == "" || !rfcSection.MatchString(right) {
			return nil, fail("no reason, or no RFC's section that says who is right")
		}
		e := &disagreement{line: number, question: strings.Join(strings.Fields(cells[1]), " "), reason: reason, right: right}
		for _, word := range strings.Split(cells[0], ";") {
			modes := modesNamed(strings.TrimSpace(word))
			if modes == nil {
				return nil, fail("no mode %q", word)
			}
			e.modes = append(e.modes, modes...)
		}
		if !slices.Contains(asked, e.question) {
			return nil, fail("%q is not asked", e.question)
		}
		for i, cell := range cells[2:] {
			e.said[i] = strings.Join(strings.Fields(cell), " ")
			other, as := strings.CutPrefix(e.said[i], "as ")
			if e.said[i] == "" || as && (i != 3 || !slices.Contains(fakenet.Yardsticks, other)) {
				return nil, fail("%s says %q", contestants[i], e.said[i])
			}
		}
		for _, m := range fakenet.Modes {
			for _, other := range out {
				if other.question == e.question && slices.Contains(e.modes, m.Name) && slices.Contains(other.modes, m.Name) {
					return nil, fail("also in line %d", other.line)
				}
			}
		}
		out = append(out, e)
	}
	return out, nil
}

// modesNamed are the modes of a word of the list.
func modesNamed(word string) (out []string) {
	for _, m := range fakenet.Modes {
		if word == m.Name || word == "all" || word == "validating" && m.Validate || word == "plain" && !m.Validate {
			out = append(out, m.Name)
		}
	}
	return out
}

// The list and what is made of it, without any resolver.
func TestDisagreements(t *testing.T) {
	listed := readDisagreements(t)
	if len(listed) == 0 {
		t.Fatal("nothing is listed")
	}
	rr := func(rcode string, ad bool, answer ...string) heard {
		return heard{Rcode: rcode, AD: ad, Answer: answer, TTL: 300}
	}
	yes, no, nothing := rr("NOERROR", false, "a. 0 IN A 192.0.2.1"), rr("SERVFAIL", false), rr("TIMEOUT", false)
	checked := rr("NOERROR", true, "a. 0 IN A 192.0.2.1")
	late := yes
	late.TTL = 3600
	file := map[string]string{"a.": "@ 300 A 192.0.2.1\n@ 300 TXT x\n"}
	entry := func(said ...string) *disagreement { return &disagreement{line: 7, said: [4]string(said)} }
	for name, c := range map[string]struct {
		entry *disagreement
		heard [][4]heard
		want  string // in the first complaint, "" for none
	}{
		"agreed":                 {nil, [][4]heard{{yes, yes, yes, yes}}, ""},
		"all fail":               {nil, [][4]heard{{nothing, no, no, no}}, ""},
		"ours fails":             {nil, [][4]heard{{yes, yes, yes, no}}, "Rootwalk does not"},
		"ours is silent":         {nil, [][4]heard{{no, no, no, nothing}}, "Rootwalk does not"},
		"AD is missing":          {nil, [][4]heard{{checked, checked, checked, yes}}, "Rootwalk does not"},
		"AD is too much":         {nil, [][4]heard{{yes, yes, yes, checked}}, "Rootwalk does not"},
		"wrong TTL":              {nil, [][4]heard{{yes, yes, yes, late}}, "TTL"},
		"not listed":             {nil, [][4]heard{{yes, no, yes, yes}}, "not in"},
		"settled":                {nil, [][4]heard{{yes, no, yes, yes}, {yes, yes, yes, yes}}, ""},
		"failed before":          {nil, [][4]heard{{yes, yes, yes, no}, {yes, yes, yes, yes}}, ""},
		"wrong before":           {nil, [][4]heard{{no, no, no, yes}, {no, no, no, no}}, "before"},
		"wrong before the last":  {nil, [][4]heard{{yes, no, yes, yes}, {yes, no, yes, checked}, {yes, yes, yes, yes}}, "before"},
		"listed":                 {entry("NOERROR 1", "fails", "NOERROR 1", "as unbound"), [][4]heard{{yes, no, yes, yes}}, ""},
		"listed, silent":         {entry("NOERROR 1", "fails", "NOERROR 1", "as unbound"), [][4]heard{{yes, nothing, yes, yes}}, ""},
		"listed, gone":           {entry("NOERROR 1", "fails", "NOERROR 1", "as unbound"), [][4]heard{{yes, yes, yes, yes}}, "no such case any more"},
		"listed, another's way":  {entry("NOERROR 1", "fails", "NOERROR 1", "as unbound"), [][4]heard{{yes, no, yes, no}}, "rootwalk does not say"},
		"listed, other answers":  {entry("NOERROR 1", "fails", "NOERROR 1", "as unbound"), [][4]heard{{yes, no, no, yes}}, "named says fails"},
		"listed, with AD":        {entry("NOERROR 1", "fails", "fails", "as unbound"), [][4]heard{{checked, no, no, checked}}, "NOERROR AD 1"},
		"a part":                 {entry("NOERROR part", "fails", "fails", "NOERROR part"), [][4]heard{{yes, no, no, yes}}, ""},
		"a part of another zone": {entry("fails", "NOERROR", "fails", "NOERROR part"), [][4]heard{{no, rr("NOERROR", false), no, rr("NOERROR", false, "a. 0 IN A 192.0.2.2")}}, "rootwalk says NOERROR 1"},
	} {
		p := &dispute{question: fakenet.Question{Name: "a.", Type: dns.TypeA}, entry: c.entry, file: file}
		for _, h := range c.heard {
			p.heard(difference{p.question, h})
		}
		got := p.wrong()
		if c.want == "" && len(got) > 0 || c.want != "" && (len(got) == 0 || !strings.Contains(got[0], c.want)) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	b, err := os.ReadFile(filepath.FromSlash(disagreementsFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{
		"all | www.plain.com. A | fails | fails | fails | as unbound",
		"reason: x\nright: the second\nall | www.plain.com. A | fails | fails | fails | as unbound",
		"reason: x\nright: RFC 1 §1\nall | www.plain.com. A | fails | fails | as unbound",
		"reason: x\nright: RFC 1 §1\nsome | www.plain.com. A | fails | fails | fails | as unbound",
		"reason: x\nright: RFC 1 §1\nall | www.plain.com. MX | fails | fails | fails | as unbound",
		"reason: x\nright: RFC 1 §1\nall | www.plain.com. A | fails | as unbound | fails | as unbound",
		string(bytes.Join([][]byte{b, b}, nil)),
	} {
		if _, err := parseDisagreements(bad); err == nil {
			t.Errorf("read: %.80q", bad)
		}
	}
}
