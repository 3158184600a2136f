package page

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/http2/hpack"

	"rootwalk/lookup"
)

// How HTTP/2 carries requests and responses (RFC 9113 §8).

// requestFields are the fields of a request, pseudo-fields first, names in lower
// case (RFC 9113 §8.3.1).
func (f *Fetch) requestFields(header http.Header) []hpack.HeaderField {
	out := []hpack.HeaderField{
		{Name: ":method", Value: f.request.Method}, {Name: ":scheme", Value: f.at.Scheme},
		{Name: ":authority", Value: f.at.Authority()}, {Name: ":path", Value: f.at.Path},
		{Name: "user-agent", Value: "rootwalk"},
	}
	for _, name := range order {
		v := header.Get(name)
		if v == "" {
			continue
		}
		if name == "Cookie" {
			// One field for each, so that those that stay the same are in the table (§8.2.3).
			for pair := range strings.SplitSeq(v, "; ") {
				out = append(out, hpack.HeaderField{Name: "cookie", Value: pair})
			}
			continue
		}
		out = append(out, hpack.HeaderField{Name: strings.ToLower(name), Value: v})
	}
	return out
}

// plain are fields as facts have them.
func plain(fields []hpack.HeaderField) []lookup.Field {
	out := make([]lookup.Field, len(fields))
	for i, f := range fields {
		out[i] = lookup.Field{Name: f.Name, Value: f.Value}
	}
	return out
}

// ofConnection are the fields that HTTP/2 has no use for: a message with one is
// malformed (RFC 9113 §8.2.2).
var ofConnection = []string{"connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade"}

// checkFields refuses what no field of HTTP/2 may be (RFC 9113 §8.2); pseudo says
// whether pseudo-fields are allowed, as in a head and not in a trailer section.
func checkFields(fields []hpack.HeaderField, pseudo bool) error {
	ordinary := false
	for _, f := range fields {
		name, isPseudo := strings.CutPrefix(f.Name, ":")
		switch {
		case isPseudo && (!pseudo || ordinary):
			return fmt.Errorf("%w: %.40q where no pseudo-field may be", ErrMalformed, f.Name)
		case !isToken(name) || name != strings.ToLower(name):
			return fmt.Errorf("%w: %.40q is no name of a field", ErrMalformed, f.Name)
		case strings.ContainsAny(f.Value, "\x00\r\n") || strings.Trim(f.Value, " \t") != f.Value:
			return fmt.Errorf("%w: the value of %.40q", ErrMalformed, f.Name)
		case slices.Contains(ofConnection, name):
			return fmt.Errorf("%w: %.40q is about a connection of HTTP/1.1", ErrMalformed, f.Name)
		}
		ordinary = ordinary || !isPseudo
	}
	return nil
}

// headOf makes the head of a response from its fields (RFC 9113 §8.3.2). ended
// says that the stream ends with it.
func headOf(fields []hpack.HeaderField, block []byte, method string, ended bool) (*head, error) {
	if err := checkFields(fields, true); err != nil {
		return nil, err
	}
	h := &head{version: "HTTP/2", length: -1, header: http.Header{}, raw: block, fields: plain(fields), framing: "frames", keep: true}
	status := ""
	for _, f := range fields {
		switch {
		case f.Name == ":status" && status == "":
			status = f.Value
		case strings.HasPrefix(f.Name, ":"):
			return nil, fmt.Errorf("%w: %.40q in a response", ErrMalformed, f.Name)
		default:
			h.header.Add(f.Name, f.Value)
		}
	}
	n, err := strconv.Atoi(status)
	if err != nil || len(status) != 3 || n < 100 {
		return nil, fmt.Errorf("%w: %.20q is no status", ErrMalformed, status)
	}
	h.status = n
	switch {
	case n == http.StatusSwitchingProtocols: // RFC 9113 §8.6
		return nil, ErrUpgrade
	case n < 200 && ended:
		return nil, fmt.Errorf("%w: an interim response ends the stream", ErrMalformed)
	}
	if lengths := h.header.Values("Content-Length"); len(lengths) > 0 {
		if h.length, err = contentLength(lengths); err != nil {
			return nil, err
		}
	}
	if n < 200 || n == http.StatusNoContent || n == http.StatusNotModified || method == http.MethodHead {
		h.framing = "none"
	}
	return h, nil
}

// checkLength holds the body against the length that the head announced (RFC 9113
// §8.1.1).
func (h *head) checkLength(body int) error {
	if h.framing == "frames" && h.length >= 0 && h.length != int64(body) {
		return fmt.Errorf("%w: %d octets of body where %d were announced", ErrMalformed, body, h.length)
	}
	return nil
}
