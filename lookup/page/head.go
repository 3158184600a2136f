package page

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"rootwalk/lookup"
)

// Bounds of a response's head.
const (
	MaxHead   = 64 << 10
	MaxFields = 200
	maxLine   = 16 << 10
)

// What can be wrong with a response.
var (
	ErrMalformed = errors.New("page: the response is no HTTP")
	ErrHeadSize  = errors.New("page: the head of the response is too big")
	ErrUpgrade   = errors.New("page: 101 without being asked for another protocol")
	ErrInterim   = errors.New("page: too many interim responses")
)

// head is the start line and the fields of a response, and how its body ends.
type head struct {
	version string // "HTTP/1.1"
	status  int
	phrase  string
	fields  []lookup.Field
	raw     []byte
	header  http.Header

	framing string // "none", "length", "chunked", "close" (RFC 9112 §6.3)
	length  int64  // of "length", else -1
	keep    bool   // whether the connection can be used again
}

// readHead reads the head of one response, interim or final (RFC 9112 §4, §5).
// first is called as soon as an octet of it is there.
func readHead(r *bufio.Reader, method string, first func()) (*head, error) {
	if _, err := r.Peek(1); err != nil {
		return nil, err
	}
	first()
	h := &head{length: -1, header: http.Header{}}
	line := func() (string, error) {
		s, err := readLine(r)
		h.raw = append(h.raw, s...)
		if len(h.raw) > MaxHead {
			return "", ErrHeadSize
		}
		if err != nil {
			return "", err
		}
		s = bytes.TrimSuffix(bytes.TrimSuffix(s, []byte("\n")), []byte("\r"))
		if bytes.ContainsAny(s, "\r\x00") { // RFC 9112 §2.2
			return "", fmt.Errorf("%w: a control character in a line", ErrMalformed)
		}
		return string(s), nil
	}
	start, err := line()
	if err != nil {
		return h, err
	}
	if err := h.startLine(start); err != nil {
		return h, err
	}
	for {
		s, err := line()
		if err != nil {
			return h, err
		}
		if s == "" {
			break
		}
		if len(h.fields) == MaxFields {
			return h, ErrHeadSize
		}
		name, value, found := strings.Cut(s, ":")
		if !found || !isToken(name) { // also refuses folded lines (RFC 9112 §5.2) and a blank before the colon (§5.1)
			return h, fmt.Errorf("%w: %.40q is no field line", ErrMalformed, s)
		}
		value = strings.Trim(value, " \t")
		h.fields = append(h.fields, lookup.Field{Name: name, Value: value})
		h.header.Add(name, value)
	}
	return h, h.judge(method)
}

// readLine is a line with its end, no longer than maxLine.
func readLine(r *bufio.Reader) ([]byte, error) {
	var out []byte
	for {
		part, err := r.ReadSlice('\n')
		out = append(out, part...)
		if len(out) > maxLine {
			return out, ErrHeadSize
		}
		if err == nil {
			return out, nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return out, err
		}
	}
}

// startLine reads "HTTP/1.1 200 OK" (RFC 9112 §4); the phrase may be missing.
func (h *head) startLine(s string) error {
	version, rest, found := strings.Cut(s, " ")
	if !found || version != "HTTP/1.1" && version != "HTTP/1.0" {
		return fmt.Errorf("%w: it begins with %.40q", ErrMalformed, s)
	}
	code, phrase, _ := strings.Cut(rest, " ")
	status, err := strconv.Atoi(code)
	if err != nil || len(code) != 3 || status < 100 {
		return fmt.Errorf("%w: %.20q is no status", ErrMalformed, code)
	}
	h.version, h.status, h.phrase = version, status, phrase
	return nil
}

// judge says where the body ends (RFC 9112 §6.3) and whether the connection
// stays (§9.3).
func (h *head) judge(method string) error {
	connection := strings.ToLower(strings.Join(h.header.Values("Connection"), ","))
	says := func(option string) bool {
		for o := range strings.SplitSeq(connection, ",") {
			if strings.TrimSpace(o) == option {
				return true
			}
		}
		return false
	}
	h.keep = !says("close") && (h.version == "HTTP/1.1" || says("keep-alive"))
	codings, lengths := h.header.Values("Transfer-Encoding"), h.header.Values("Content-Length")
	switch {
	case h.status < 200 || h.status == http.StatusNoContent || h.status == http.StatusNotModified || method == http.MethodHead:
		h.framing = "none"
		return nil
	case len(codings) > 0:
		// With both, the coding counts and the connection ends: somebody may have
		// been smuggling (§6.1).
		if len(lengths) > 0 || h.version == "HTTP/1.0" {
			h.keep = false
		}
		if len(codings) == 1 && strings.EqualFold(strings.TrimSpace(codings[0]), "chunked") {
			h.framing = "chunked"
			return nil
		}
		return fmt.Errorf("%w: transfer coding %.40q", ErrMalformed, strings.Join(codings, ", "))
	case len(lengths) > 0:
		n, err := contentLength(lengths)
		if err != nil {
			return err
		}
		h.framing, h.length = "length", n
		return nil
	}
	h.framing, h.keep = "close", false
	return nil
}

// contentLength reads Content-Length; several that agree count as one (RFC 9110
// §8.6), and a number of digits is all it may be.
func contentLength(lines []string) (int64, error) {
	n := int64(-1)
	for _, line := range lines {
		for one := range strings.SplitSeq(line, ",") {
			one = strings.TrimSpace(one)
			v, err := strconv.ParseInt(one, 10, 62)
			if err != nil || strings.Trim(one, "0123456789") != "" || n >= 0 && v != n {
				return 0, fmt.Errorf("%w: Content-Length %.40q", ErrMalformed, strings.Join(lines, ", "))
			}
			n = v
		}
	}
	return n, nil
}

// isToken is RFC 9110 §5.6.2.
func isToken(s string) bool {
	for _, c := range []byte(s) {
		alnum := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !alnum && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return s != ""
}
