package hostile

import (
	"bytes"
	"io"
	"math"
	"net"
	"strings"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// ServerHTTP2 is one end of a connection whose client has sent its preface. It may go on
// for as long as the connection does, and must return when that is closed.
type ServerHTTP2 func(fr *http2.Framer, c net.Conn)

// AwaitRequest answers SETTINGS and reads until a request is there; 0 if none comes.
func AwaitRequest(fr *http2.Framer) uint32 {
	for {
		f, err := fr.ReadFrame()
		if err != nil {
			return 0
		}
		switch f := f.(type) {
		case *http2.SettingsFrame:
			if !f.IsAck() {
				fr.WriteSettingsAck()
			}
		case *http2.HeadersFrame:
			return f.StreamID
		}
	}
}

// Coded is a field block (RFC 7541) of pairs of names and values.
func Coded(pairs ...string) []byte {
	var b bytes.Buffer
	enc := hpack.NewEncoder(&b)
	for i := 0; i+1 < len(pairs); i += 2 {
		enc.WriteField(hpack.HeaderField{Name: pairs[i], Value: pairs[i+1]})
	}
	return b.Bytes()
}

// staticEntries is how many entries the static table of RFC 7541 has.
const staticEntries = 61

// HTTP2 are servers of HTTP/2 that do what none should (RFC 9113), by what they do.
func HTTP2() map[string]ServerHTTP2 {
	type server = ServerHTTP2
	// asked does something once a request is there.
	asked := func(act func(fr *http2.Framer, c net.Conn, id uint32)) server {
		return func(fr *http2.Framer, c net.Conn) {
			fr.WriteSettings()
			if id := AwaitRequest(fr); id != 0 {
				act(fr, c, id)
				io.Copy(io.Discard, c)
			}
		}
	}
	forever := func(act func(fr *http2.Framer, id uint32) error) server {
		return asked(func(fr *http2.Framer, _ net.Conn, id uint32) {
			for act(fr, id) == nil {
			}
		})
	}
	says := func(block []byte, ends bool) server {
		return asked(func(fr *http2.Framer, _ net.Conn, id uint32) {
			fr.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: block, EndHeaders: true, EndStream: ends})
		})
	}
	body := func(act func(fr *http2.Framer, id uint32)) server {
		return asked(func(fr *http2.Framer, _ net.Conn, id uint32) {
			fr.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: Coded(":status", "200", "content-length", "10"), EndHeaders: true})
			act(fr, id)
		})
	}
	flow := func(act func(fr *http2.Framer, id uint32) error) server {
		return asked(func(fr *http2.Framer, _ net.Conn, id uint32) {
			fr.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: Coded(":status", "200"), EndHeaders: true})
			for act(fr, id) == nil {
			}
		})
	}
	raw := func(kind http2.FrameType, flags http2.Flags, id uint32, payload []byte) server {
		return asked(func(fr *http2.Framer, _ net.Conn, _ uint32) { fr.WriteRawFrame(kind, flags, id, payload) })
	}
	// heard does something once a request is there, without a word of HTTP/2 before.
	heard := func(act func(c net.Conn)) server {
		return func(fr *http2.Framer, c net.Conn) {
			for f, err := fr.ReadFrame(); err == nil && f.Header().Type != http2.FrameHeaders; f, err = fr.ReadFrame() {
			}
			act(c)
		}
	}
	// A block that refers to one large entry again and again.
	var bomb bytes.Buffer
	enc := hpack.NewEncoder(&bomb)
	enc.WriteField(hpack.HeaderField{Name: ":status", Value: "200"})
	enc.WriteField(hpack.HeaderField{Name: "x", Value: strings.Repeat("v", 3000)})
	bomb.Write(bytes.Repeat([]byte{0x80 | (staticEntries + 1)}, 10_000))
	return map[string]server{
		"silent":             func(_ *http2.Framer, c net.Conn) { io.Copy(io.Discard, c) },
		"closes":             heard(func(net.Conn) {}),
		"http 1":             heard(func(c net.Conn) { io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n") }),
		"no settings":        func(fr *http2.Framer, c net.Conn) { fr.WritePing(false, [8]byte{}); io.Copy(io.Discard, c) },
		"settings ack first": func(fr *http2.Framer, c net.Conn) { fr.WriteSettingsAck(); io.Copy(io.Discard, c) },
		"settings push": func(fr *http2.Framer, c net.Conn) {
			fr.WriteSettings(http2.Setting{ID: http2.SettingEnablePush, Val: 1})
			io.Copy(io.Discard, c)
		},
		"settings window": func(fr *http2.Framer, c net.Conn) {
			fr.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 31})
			io.Copy(io.Discard, c)
		},
		"settings frame size": func(fr *http2.Framer, c net.Conn) {
			fr.WriteSettings(http2.Setting{ID: http2.SettingMaxFrameSize, Val: 1})
			io.Copy(io.Discard, c)
		},
		"settings length": raw(http2.FrameSettings, 0, 0, make([]byte, 5)),
		"no streams": func(fr *http2.Framer, c net.Conn) {
			fr.WriteSettings(http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: 0})
			io.Copy(io.Discard, c)
		},
		"large frame":        asked(func(_ *http2.Framer, c net.Conn, _ uint32) { c.Write([]byte{0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1}) }),
		"push":               raw(http2.FramePushPromise, 4, 1, append([]byte{0, 0, 0, 2}, Coded(":method", "GET")...)),
		"data on 0":          raw(http2.FrameData, 0, 0, []byte("x")),
		"data on 2":          raw(http2.FrameData, 0, 2, []byte("x")),
		"data on 99":         raw(http2.FrameData, 0, 99, []byte("x")),
		"fields on 99":       raw(http2.FrameHeaders, 5, 99, Coded(":status", "200")),
		"reset of 99":        raw(http2.FrameRSTStream, 0, 99, []byte{0, 0, 0, 8}),
		"window of 99":       raw(http2.FrameWindowUpdate, 0, 99, []byte{0, 0, 0, 8}),
		"window of 0":        raw(http2.FrameWindowUpdate, 0, 0, []byte{0, 0, 0, 0}),
		"stream window of 0": raw(http2.FrameWindowUpdate, 0, 1, []byte{0, 0, 0, 0}),
		"window overflow":    raw(http2.FrameWindowUpdate, 0, 0, []byte{0x7f, 0xff, 0xff, 0xff}),
		"stream overflow":    raw(http2.FrameWindowUpdate, 0, 1, []byte{0x7f, 0xff, 0xff, 0xff}),
		"data first":         raw(http2.FrameData, 0, 1, []byte("x")),
		"continuation alone": raw(http2.FrameContinuation, 4, 1, nil),
		"broken block":       says([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, true),
		"bad index":          says([]byte{0x88, 0xfe}, true),
		"bomb":               says(bomb.Bytes(), true),
		"no status":          says(Coded("server", "x"), true),
		"two statuses":       says(Coded(":status", "200", ":status", "200"), true),
		"status words":       says(Coded(":status", "+20"), true),
		"status 101":         says(Coded(":status", "101"), true),
		"pseudo later":       says(Coded("a", "b", ":status", "200"), true),
		"pseudo unknown":     says(Coded(":status", "200", ":path", "/"), true),
		"upper case":         says(Coded(":status", "200", "Server", "x"), true),
		"line in a value":    says(Coded(":status", "200", "a", "b\r\nc: d"), true),
		"nul in a value":     says(Coded(":status", "200", "a", "b\x00"), true),
		"connection":         says(Coded(":status", "200", "connection", "close"), true),
		"transfer-encoding":  says(Coded(":status", "200", "transfer-encoding", "chunked"), true),
		"bad length":         says(Coded(":status", "200", "content-length", "-1"), true),
		"short":              says(Coded(":status", "200", "content-length", "10"), true),
		"interim ends":       says(Coded(":status", "103"), true),
		"long":               body(func(fr *http2.Framer, id uint32) { fr.WriteData(id, true, make([]byte, 11)) }),
		"cut": body(func(fr *http2.Framer, id uint32) {
			fr.WriteData(id, false, make([]byte, 4))
			fr.WriteRSTStream(id, http2.ErrCodeInternal)
		}),
		"fields in the body": body(func(fr *http2.Framer, id uint32) {
			fr.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: Coded("a", "b"), EndHeaders: true})
		}),
		"pseudo in trailers": body(func(fr *http2.Framer, id uint32) {
			fr.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: Coded(":status", "200"), EndHeaders: true, EndStream: true})
		}),
		"stalls":         body(func(*http2.Framer, uint32) {}),
		"endless body":   flow(func(fr *http2.Framer, id uint32) error { return fr.WriteData(id, false, make([]byte, 1000)) }),
		"empty data":     flow(func(fr *http2.Framer, id uint32) error { return fr.WriteData(id, false, nil) }),
		"padding":        flow(func(fr *http2.Framer, id uint32) error { return fr.WriteDataPadded(id, false, nil, make([]byte, 100)) }),
		"pings":          forever(func(fr *http2.Framer, _ uint32) error { return fr.WritePing(false, [8]byte{}) }),
		"settings":       forever(func(fr *http2.Framer, _ uint32) error { return fr.WriteSettings() }),
		"priorities":     forever(func(fr *http2.Framer, id uint32) error { return fr.WritePriority(id, http2.PriorityParam{Weight: 1}) }),
		"windows":        forever(func(fr *http2.Framer, _ uint32) error { return fr.WriteWindowUpdate(0, 1) }),
		"goaways":        forever(func(fr *http2.Framer, _ uint32) error { return fr.WriteGoAway(math.MaxInt32, 0, nil) }),
		"unknown frames": forever(func(fr *http2.Framer, _ uint32) error { return fr.WriteRawFrame(0xbb, 0, 0, nil) }),
		"large unknown":  forever(func(fr *http2.Framer, _ uint32) error { return fr.WriteRawFrame(0xbb, 0, 0, make([]byte, 16000)) }),
		"interims": forever(func(fr *http2.Framer, id uint32) error {
			return fr.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: Coded(":status", "103"), EndHeaders: true})
		}),
		"continuations": asked(func(fr *http2.Framer, _ net.Conn, id uint32) {
			fr.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: Coded(":status", "200")})
			for fr.WriteContinuation(id, false, nil) == nil {
			}
		}),
		"large continuations": asked(func(fr *http2.Framer, _ net.Conn, id uint32) {
			fr.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: Coded(":status", "200")})
			for fr.WriteContinuation(id, false, bytes.Repeat([]byte{0x82}, 15000)) == nil {
			}
		}),
	}
}
