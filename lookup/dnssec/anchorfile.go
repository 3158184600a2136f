package dnssec

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/miekg/dns"

	"rootwalk/lookup"
)

// maxAnchorFile bounds a trust anchor file, in octets.
const maxAnchorFile = 256 << 10

// ParseAnchors reads trust anchors from a file: DS and DNSKEY records as in a
// zone file (root.key, and what Unbound keeps of RFC 5011), the same
// in Unbound's "trust-anchor:" lines, or BIND's trust-anchors { … } statement.
// Other statements of those programs are refused, so that nothing is taken for
// an anchor by mistake. Revoked keys are left out. Errors begin with "file:line:".
func ParseAnchors(file string, r io.Reader) (*Anchors, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxAnchorFile+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if len(text) > maxAnchorFile {
		return nil, fmt.Errorf("%s: larger than %d octets", file, maxAnchorFile)
	}
	var a *Anchors
	if statement.Match(text) {
		a, err = parseStatements(file, text)
	} else {
		a, err = parseRecords(file, text)
	}
	switch {
	case err != nil:
		return nil, err
	case len(a.trust) == 0:
		return nil, fmt.Errorf("%s:1: no trust anchor in it", file)
	}
	return a, nil
}

// statement recognises BIND's form.
var statement = regexp.MustCompile(`(?m)^[^;]*\b(trust-anchors|trusted-keys|managed-keys)\s*\{`)

// parseRecords reads zone file lines. Unbound's wrapping around them is taken
// off first, line by line, so that line numbers stay.
func parseRecords(file string, text []byte) (*Anchors, error) {
	var plain bytes.Buffer
	line := 0
	for s := bufio.NewScanner(bytes.NewReader(text)); s.Scan(); {
		line++
		if line > 1 {
			plain.WriteByte('\n')
		}
		l := strings.TrimSpace(s.Text())
		value, wrapped := strings.CutPrefix(l, "trust-anchor:")
		switch {
		case wrapped:
			if hash := strings.IndexByte(value, '#'); hash >= 0 {
				value = value[:hash]
			}
			l = strings.Trim(strings.TrimSpace(value), `"`)
		case l == "server:" || strings.HasPrefix(l, "#"):
			l = ""
		case strings.HasPrefix(l, "$"):
			return nil, fmt.Errorf("%s:%d: no directives in a trust anchor file", file, line)
		}
		plain.WriteString(l)
	}
	plain.WriteByte('\n')
	a := &Anchors{trust: map[wire][]*dns.DS{}}
	parser := dns.NewZoneParser(&plain, ".", file)
	parser.SetDefaultTTL(0)
	parser.SetIncludeAllowed(false)
	for n := 0; ; n++ {
		rr, ok := parser.Next()
		if !ok {
			break
		}
		if n == maxAnchors {
			return nil, fmt.Errorf("%s: more than %d records", file, maxAnchors)
		}
		if k, ok := rr.(*dns.DNSKEY); ok && k.Flags&dns.REVOKE != 0 {
			continue
		}
		if rr.Header().Class != dns.ClassINET {
			return nil, fmt.Errorf("%s: the record of %s is not of class IN", file, lookup.Printable(rr.Header().Name))
		}
		owner, ds, err := anchorOf(rr)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		a.trust[owner] = append(a.trust[owner], ds)
	}
	if err := parser.Err(); err != nil {
		if m := atLine.FindStringSubmatch(err.Error()); m != nil {
			return nil, fmt.Errorf("%s:%s: %s", file, m[2], lookup.Printable(m[1]))
		}
		return nil, fmt.Errorf("%s: %s", file, lookup.Printable(err.Error()))
	}
	return a, nil
}

var atLine = regexp.MustCompile(`^(?:.*?: )?dns: (.*) at line: (\d+):\d+$`)

// token is a word of BIND's language with the line that it stands on.
type token struct {
	text string
	line int
}

// parseStatements reads trust-anchors { name static-key|initial-key|static-ds|initial-ds
// n n n "…"; … }; and its older forms, whose entries are keys without the word.
func parseStatements(file string, text []byte) (*Anchors, error) {
	tokens, err := tokensOf(text)
	if err != nil {
		return nil, fmt.Errorf("%s:%w", file, err)
	}
	a := &Anchors{trust: map[wire][]*dns.DS{}}
	entries := 0
	for len(tokens) > 0 {
		t := tokens[0]
		if t.text == ";" {
			tokens = tokens[1:]
			continue
		}
		if t.text != "trust-anchors" && t.text != "trusted-keys" && t.text != "managed-keys" || len(tokens) < 2 || tokens[1].text != "{" {
			return nil, fmt.Errorf("%s:%d: expected a trust-anchors { … } statement, not %q", file, t.line, lookup.Printable(t.text))
		}
		bare := t.text == "trusted-keys"
		tokens = tokens[2:]
		for {
			var entry []token
			for len(tokens) > 0 && tokens[0].text != ";" && tokens[0].text != "}" && len(entry) < 64 {
				entry, tokens = append(entry, tokens[0]), tokens[1:]
			}
			if len(tokens) == 0 {
				return nil, fmt.Errorf("%s:%d: the statement is not closed", file, t.line)
			}
			end := tokens[0]
			tokens = tokens[1:]
			if end.text == "}" && len(entry) == 0 {
				break
			}
			if end.text != ";" {
				return nil, fmt.Errorf("%s:%d: a semicolon is missing", file, end.line)
			}
			if entries++; entries > maxAnchors {
				return nil, fmt.Errorf("%s:%d: more than %d anchors", file, end.line, maxAnchors)
			}
			rr, err := entryOf(entry, bare)
			if err != nil {
				return nil, fmt.Errorf("%s:%d: %w", file, end.line, err)
			}
			owner, ds, err := anchorOf(rr)
			if err != nil {
				return nil, fmt.Errorf("%s:%d: %w", file, end.line, err)
			}
			a.trust[owner] = append(a.trust[owner], ds)
		}
	}
	return a, nil
}

// entryOf turns one entry into the record that it is.
func entryOf(entry []token, bare bool) (dns.RR, error) {
	if len(entry) < 5 {
		return nil, errors.New("an anchor needs a name, a kind, three numbers and a value")
	}
	name, kind, rest := entry[0].text, "static-key", entry[1:]
	if !bare {
		kind, rest = entry[1].text, entry[2:]
	}
	rrtype := "DNSKEY"
	switch kind {
	case "static-key", "initial-key":
	case "static-ds", "initial-ds":
		rrtype = "DS"
	default:
		return nil, fmt.Errorf("%q is not static-key, initial-key, static-ds or initial-ds", lookup.Printable(kind))
	}
	if len(rest) < 4 {
		return nil, errors.New("an anchor needs three numbers and a value")
	}
	var b strings.Builder
	for _, t := range rest {
		b.WriteString(" " + t.text)
	}
	rr, err := dns.NewRR(dns.Fqdn(name) + " 0 IN " + rrtype + b.String())
	if err != nil || rr == nil {
		return nil, fmt.Errorf("not a %s: %s", rrtype, lookup.Printable(strings.TrimSpace(b.String())))
	}
	return rr, nil
}

// tokensOf cuts a text of BIND's language into words, quoted strings without their
// quotes, and braces and semicolons, without its three kinds of comment.
func tokensOf(text []byte) ([]token, error) {
	var out []token
	line := 1
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == '\n':
			line++
			i++
		case c == ' ' || c == '\t' || c == '\r':
			i++
		case c == '#' || c == '/' && i+1 < len(text) && text[i+1] == '/':
			for i < len(text) && text[i] != '\n' {
				i++
			}
		case c == '/' && i+1 < len(text) && text[i+1] == '*':
			end := bytes.Index(text[i+2:], []byte("*/"))
			if end < 0 {
				return nil, fmt.Errorf("%d: the comment is not closed", line)
			}
			line += bytes.Count(text[i:i+2+end], []byte("\n"))
			i += end + 4
		case c == '{' || c == '}' || c == ';':
			out = append(out, token{string(c), line})
			i++
		case c == '"':
			end := bytes.IndexByte(text[i+1:], '"')
			if end < 0 {
				return nil, fmt.Errorf("%d: the quote is not closed", line)
			}
			word := text[i+1 : i+1+end]
			out = append(out, token{strings.Join(strings.Fields(string(word)), ""), line})
			line += bytes.Count(word, []byte("\n"))
			i += end + 2
		default:
			from := i
			for i < len(text) && !bytes.ContainsRune([]byte(" \t\r\n{};\"#"), rune(text[i])) {
				i++
			}
			out = append(out, token{string(text[from:i]), line})
		}
	}
	return out, nil
}
