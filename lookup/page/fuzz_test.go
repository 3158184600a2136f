package page

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"rootwalk/lookup"
	"rootwalk/lookup/lookuptest/hostile"
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

// Whatever a server of HTTP/2 says, a request ends, and within the bounds.
func FuzzFrames(f *testing.F) {
	var ok bytes.Buffer
	fr := http2.NewFramer(&ok, nil)
	fr.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 100})
	fr.WriteSettingsAck()
	fr.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: hostile.Coded(":status", "200", "content-length", "5", "a", "b"), EndHeaders: true})
	fr.WriteData(1, true, []byte("hello"))
	f.Add(ok.Bytes())
	fr.WriteGoAway(0, http2.ErrCodeNo, []byte("why"))
	fr.WritePing(false, [8]byte{1})
	fr.WriteRSTStream(1, http2.ErrCodeCancel)
	fr.WriteWindowUpdate(1, 1)
	fr.WriteContinuation(1, true, nil)
	f.Add(ok.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		client, server := net.Pipe()
		go io.Copy(io.Discard, server)
		go func() {
			server.Write(data)
			server.Close()
		}()
		trace := lookup.NewTrace(lookup.TraceConfig{ID: "t"})
		v := NewBrowser(&hands{noon}, Limits{Body: 1000, Connects: 1}).Visit(trace.Root(), "2", func(context.Context, lookup.Step, URL) (*Link, error) { return &Link{Conn: client}, nil })
		res, _ := v.Go(t.Context(), "http://example.com/", Request{})
		v.Close()
		trace.Finish()
		if len(res.Body) > 1000 || len(trace.Events()) > maxToldFrames+300 {
			t.Fatalf("%d octets, %d facts", len(res.Body), len(trace.Events()))
		}
	})
}

// The reader of how fields are coded agrees with the library that decodes them.
func FuzzShapes(f *testing.F) {
	f.Add(hostile.Coded(":status", "200", "server", "x", "a", "b"))
	f.Add([]byte{0x82, 0x20, 0x41, 0x01, 'x', 0x10, 0x01, 'n', 0x01, 'v'})
	f.Fuzz(func(t *testing.T, block []byte) {
		n := 0
		d := hpack.NewDecoder(maxTable, func(hpack.HeaderField) { n++ })
		if _, err := d.Write(block); err != nil || d.Close() != nil {
			return
		}
		fields, _, ok := shapes(block)
		if ok && len(fields) != n {
			t.Fatalf("%d fields read, %d decoded", len(fields), n)
		}
		if !ok && len(block) < 1000 {
			t.Fatal("a sound block was not understood")
		}
	})
}
