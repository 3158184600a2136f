package page

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Bounds of a body.
var (
	ErrTooLong = errors.New("page: the body is longer than is read")
	ErrBomb    = errors.New("page: the body unpacks to more than is kept")
	ErrCoding  = errors.New("page: a content coding that was not asked for")
)

// arrivals says what a body reader tells about what came. Every function may be
// nil.
type arrivals struct {
	chunk func(size, of int) // the head of a chunk is read
	some  func(size, of int) // octets of the body came
}

// readBody reads a body as its head frames it (RFC 9112 §6.3), at most limit
// octets. What was read until an error is returned with it.
func readBody(r *bufio.Reader, h *head, limit int, tell arrivals) ([]byte, error) {
	b := bodyReader{r: r, limit: limit, tell: tell}
	switch h.framing {
	case "length":
		err := b.take(h.length)
		return b.out, err
	case "chunked":
		err := b.chunks()
		return b.out, err
	case "close":
		err := b.take(-1)
		return b.out, err
	}
	return nil, nil
}

type bodyReader struct {
	r     *bufio.Reader
	out   []byte
	limit int
	tell  arrivals
}

// take reads n octets, or until the end of the connection if n is -1.
func (b *bodyReader) take(n int64) error {
	for n != 0 {
		if len(b.out) >= b.limit {
			return ErrTooLong
		}
		buf := make([]byte, min(16<<10, b.limit-len(b.out)))
		if n > 0 && int64(len(buf)) > n {
			buf = buf[:n]
		}
		got, err := b.r.Read(buf)
		if got > 0 {
			b.out = append(b.out, buf[:got]...)
			if b.tell.some != nil {
				b.tell.some(got, len(b.out))
			}
			if n > 0 {
				n -= int64(got)
			}
		}
		switch {
		case err == nil:
		case errors.Is(err, io.EOF) && n < 0:
			return nil
		case errors.Is(err, io.EOF) && n > 0:
			return io.ErrUnexpectedEOF
		case n != 0:
			return err
		}
	}
	return nil
}

// maxChunkLine bounds the line of a chunk with its extensions, and a line of the
// trailer section.
const maxChunkLine = 4096

// chunks reads a chunked body (RFC 9112 §7.1). Extensions and trailers are read
// and dropped.
func (b *bodyReader) chunks() error {
	overhead := 0
	line := func() (string, error) {
		s, err := readLine(b.r)
		overhead += len(s)
		if err == nil && (len(s) > maxChunkLine || overhead > MaxHead+16*len(b.out)) {
			return "", ErrHeadSize // chunks of one octet are allowed, extensions without end are not
		}
		return strings.TrimRight(string(s), "\r\n"), err
	}
	for {
		s, err := line()
		if err != nil {
			return err
		}
		digits, _, _ := strings.Cut(s, ";")
		digits = strings.TrimRight(digits, " \t")
		size, err := strconv.ParseUint(digits, 16, 31)
		if err != nil || strings.Trim(digits, "0123456789abcdefABCDEF") != "" {
			return fmt.Errorf("%w: %.20q is no size of a chunk", ErrMalformed, digits)
		}
		if b.tell.chunk != nil {
			b.tell.chunk(int(size), len(b.out)+int(size))
		}
		if size == 0 {
			break
		}
		if err := b.take(int64(size)); err != nil {
			return err
		}
		if s, err = line(); err != nil {
			return err
		}
		if s != "" {
			return fmt.Errorf("%w: a chunk is longer than it says", ErrMalformed)
		}
	}
	for {
		if s, err := line(); err != nil || s == "" {
			return err
		}
	}
}

// decode undoes the content coding (RFC 9110 §8.4.1) and gives at most limit
// octets. "deflate" is the zlib format; the bare one, which some servers send, is
// understood too.
func decode(coding string, data []byte, limit int) ([]byte, error) {
	var r io.Reader
	switch coding = strings.ToLower(strings.TrimSpace(coding)); coding {
	case "", "identity":
		return data, nil
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			return nil, fmt.Errorf("%w: gzip: %v", ErrMalformed, err)
		}
		r = z
	case "deflate":
		if z, err := zlib.NewReader(bytes.NewReader(data)); err == nil {
			r = z
		} else {
			r = flate.NewReader(bytes.NewReader(data))
		}
	default:
		return nil, fmt.Errorf("%w: %.40q", ErrCoding, coding)
	}
	out, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	switch {
	case len(out) > limit:
		return out[:limit], ErrBomb
	case err != nil:
		return out, fmt.Errorf("%w: %s: %v", ErrMalformed, coding, err)
	}
	return out, nil
}
