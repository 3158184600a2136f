package export

import (
	"fmt"
	"io"
	"strings"

	"rootwalk/lookup"
)

// Curl writes the requests of a trace as commands for a POSIX shell, one a line,
// each after a comment of our own. What a trace has is hostile: every word of
// it stands in single quotes, which leave nothing to the shell (XCU §2.2.2), and
// what curl itself would take for something else (a file after "@", a pattern in
// brackets, a field that ends early) is switched off or left out. Octets that are
// no printable ASCII never come out as they are, so that pasting does nothing
// but paste.
func Curl(w io.Writer, events []lookup.Event) error {
	n := 0
	for _, e := range events {
		f, ok := e.Fact.(lookup.RequestSent)
		if !ok {
			continue
		}
		n++
		if _, err := io.WriteString(w, curlOf(n, f)); err != nil {
			return err
		}
	}
	if n == 0 {
		_, err := io.WriteString(w, "# no request was sent\n")
		return err
	}
	return nil
}

// curlVersions are the options for versions of HTTP.
var curlVersions = map[string]string{"HTTP/1.0": "--http1.0", "HTTP/1.1": "--http1.1", "HTTP/2": "--http2", "HTTP/3": "--http3"}

// curlOf is one request as a comment and a command.
func curlOf(n int, f lookup.RequestSent) string {
	words := []string{"curl", "--globoff", "--proto", "=http,https"}
	if v := curlVersions[f.Version]; v != "" {
		words = append(words, v)
	}
	switch {
	case f.Method == "HEAD":
		words = append(words, "--head")
	case f.Method != "GET" && isToken(f.Method):
		words = append(words, "--request", f.Method) // a token has no quote in it, but see below
	}
	left := 0
	for _, h := range f.Fields {
		switch {
		case strings.HasPrefix(h.Name, ":"), strings.EqualFold(h.Name, "Content-Length"): // curl makes its own
		case !isToken(h.Name) || !isVisible(h.Value):
			left++
		case strings.EqualFold(h.Name, "Accept-Encoding"):
			words = append(words, "--compressed", "--header", h.Name+": "+h.Value)
		case strings.TrimSpace(h.Value) == "":
			words = append(words, "--header", h.Name+";") // a field without a value
		default:
			words = append(words, "--header", h.Name+": "+h.Value)
		}
	}
	words = append(words, "--url", escapedURL(f.URL))
	comment := fmt.Sprintf("# request %d", n)
	if left > 0 {
		comment += fmt.Sprintf("; %d header fields left out that no command can hold safely", left)
	}
	if f.Body > 0 {
		comment += fmt.Sprintf("; its body of %d octets is not in the trace", f.Body)
	}
	for i, word := range words {
		words[i] = shellWord(word)
	}
	return comment + "\n" + strings.Join(words, " ") + "\n"
}

// shellWord quotes a word for a POSIX shell.
func shellWord(s string) string {
	plain := s != "" && strings.IndexFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.')
	}) < 0
	if plain {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// isToken reports whether a text is a token (RFC 9110 §5.6.2).
func isToken(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("!#$%&'*+-.^_`|~", r))
	}) < 0
}

// isVisible reports whether a text is printable ASCII.
func isVisible(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) < 0
}

// escapedURL is a URL with what is no printable ASCII, and blanks, in percent
// signs (RFC 3986 §2.1).
func escapedURL(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c > ' ' && c <= '~' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
