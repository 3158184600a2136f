package page

import (
	"bufio"
	"bytes"
	"testing"
)

func FuzzResponse(f *testing.F) {
	for _, s := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.0 200\r\n\r\nrest", "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n5;a=b\nhello\n0\nA: b\n\n",
		"HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r := bufio.NewReaderSize(bytes.NewReader(data), 64)
		h, err := readHead(r, "GET", func() {})
		if err != nil {
			return
		}
		if len(h.raw) > MaxHead || len(h.fields) > MaxFields || h.status < 100 || h.status > 999 {
			t.Fatalf("%+v", h)
		}
		body, err := readBody(r, h, 1000, arrivals{})
		if len(body) > 1000 {
			t.Fatalf("%d octets", len(body))
		}
		if err == nil && h.framing == "length" && int64(len(body)) != h.length {
			t.Fatalf("%d octets of %d", len(body), h.length)
		}
		if out, _ := decode(h.header.Get("Content-Encoding"), body, 2000); len(out) > 2000 {
			t.Fatalf("%d octets unpacked", len(out))
		}
	})
}
