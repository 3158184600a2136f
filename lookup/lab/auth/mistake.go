package auth

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/miekg/dns"
)

// Mistake is what is wrong with a zone, in words that can be said in another
// language too: Code is what kind of thing it is, Params what it is about.
type Mistake struct {
	File   string
	Line   int    // 0 where it stands in no file
	Code   string // "ttl.differs"; the end of a key of words
	Params map[string]string
	Text   string // English
}

func (m *Mistake) Error() string {
	switch {
	case m.File == "":
		return m.Text
	case m.Line == 0:
		return m.File + ": " + m.Text
	}
	return fmt.Sprintf("%s:%d: %s", m.File, m.Line, m.Text)
}

// mistake makes one; about lists names of parameters and their values.
func mistake(code, text string, about ...string) *Mistake {
	m := &Mistake{Code: code, Text: text}
	if len(about) > 0 {
		m.Params = map[string]string{}
		for i := 0; i+1 < len(about); i += 2 {
			m.Params[about[i]] = about[i+1]
		}
	}
	return m
}

// at says in which file and line an error of a zone is.
func at(file string, line int, err error) error {
	m := &Mistake{Code: "other", Text: err.Error()}
	if known := (*Mistake)(nil); errors.As(err, &known) {
		clone := *known
		m = &clone
	}
	m.File = file
	if m.Line == 0 {
		m.Line = line
	}
	return m
}

var (
	atLine = regexp.MustCompile(`^(?:.*?: )?dns: (.*) at line: (\d+):\d+$`)
	quoted = regexp.MustCompile(`^(.*): ("(?:[^"\\]|\\.)*")$`)
	ofType = regexp.MustCompile(`^bad ([A-Z0-9]+)\b ?(.*)$`)
)

// locate turns the parser's "bad A A: "192.0.2.256" at line: 3:12" into a
// Mistake.
func locate(file string, err error) error {
	found := atLine.FindStringSubmatch(err.Error())
	if found == nil {
		return &Mistake{File: file, Code: "other", Text: err.Error()}
	}
	m := &Mistake{File: file, Code: "syntax", Text: found[1], Params: map[string]string{}}
	m.Line, _ = strconv.Atoi(found[2])
	what := found[1]
	if q := quoted.FindStringSubmatch(what); q != nil {
		what = q[1]
		if token, err := strconv.Unquote(q[2]); err == nil {
			m.Params["token"] = strings.TrimSpace(token)
		}
	}
	lower := strings.ToLower(what)
	typed := ofType.FindStringSubmatch(what)
	switch {
	case strings.Contains(lower, "brace"):
		m.Code = "brace"
	case strings.Contains(lower, "$include"):
		m.Code = "include"
	case strings.Contains(lower, "$generate"):
		m.Code = "generate"
	case strings.Contains(lower, "garbage after"):
		m.Code = "garbage"
	case strings.Contains(lower, "missing ttl"):
		m.Code = "ttl.missing"
	case strings.Contains(lower, "$ttl") || strings.Contains(lower, "not a ttl") || strings.Contains(lower, "ttl: "):
		m.Code = "ttl"
	case strings.Contains(lower, "owner") || strings.Contains(lower, "origin"):
		m.Code = "owner"
	case strings.Contains(lower, "quote") || strings.Contains(lower, "string"):
		m.Code = "string"
	case typed != nil && dns.StringToType[typed[1]] != 0:
		m.Code, m.Params["type"] = "data", typed[1]
		if typed[1] == "A" || typed[1] == "AAAA" {
			m.Code = "data." + typed[1]
		}
		if m.Params["token"] == "" {
			m.Code = "data.missing"
		}
	case strings.Contains(lower, "unknown rr type") || strings.Contains(lower, "not a type") || strings.Contains(lower, "expecting rr type"):
		m.Code = "type"
	}
	return m
}

// RecordMistake is an error of the parser about a single record as a Mistake, in
// no file.
func RecordMistake(err error) error {
	if err == nil {
		return mistake("data.missing", "no record")
	}
	return locate("", err)
}
