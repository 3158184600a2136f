package page

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"rootwalk/lookup"
)

// Bounds of a connection that speaks HTTP/2. What it reads in all is bounded by
// Limits.Raw, like everything.
const (
	maxIdleFrames    = 400 // frames that bring nothing: empty DATA, PING, SETTINGS, PRIORITY, unknown ones, …
	maxContinuations = 16  // frames of one field block after the first
	maxToldFrames    = 600 // past that frames are only counted
	keptFrame        = 9 + 256
)

// What we announce in our first SETTINGS frame (RFC 9113 §6.5.2).
const (
	ownWindow = 65535 // for the connection, too: that one cannot be set otherwise
	ownFrame  = 16384
)

// Errors of connections that speak HTTP/2.
var (
	ErrFlood    = errors.New("page: the server sends frames that bring nothing")
	ErrNoHTTP2  = errors.New("page: the server did not agree to HTTP/2")
	ErrProtocol = errors.New("page: the server breaks the rules of HTTP/2")
	ErrReset    = errors.New("page: the server gave the stream up")

	// errUnprocessed says that a request was certainly not acted on and may be
	// sent again (RFC 9113 §8.7).
	errUnprocessed = errors.New("page: the server did not take the request up")
)

// session is one connection that speaks HTTP/2 (RFC 9113), as a client. Several
// goroutines may send requests; one of its own reads, until the connection ends.
type session struct {
	visit *Visit
	step  lookup.Step
	line  *line

	// Frames are made, told and written one after the other: the coding of fields
	// depends on their order.
	writing sync.Mutex
	framer  *http2.Framer // writes to out
	out     bytes.Buffer
	coded   bytes.Buffer
	encoder *hpack.Encoder
	coding  table

	// Of the reading goroutine.
	reader  *http2.Framer
	seen    []byte // the frame that is being read, as far as it is kept
	decoder *decoder
	block   block
	recv    int64 // what the server may still send on the connection
	done    chan struct{}

	mu       sync.Mutex
	wake     chan struct{} // closed when something has changed that somebody may wait for
	streams  map[uint32]*stream
	opening  int
	next     uint32
	send     int64 // what we may still send on the connection
	peer     peer
	gone     bool  // a GOAWAY came, or our own was sent
	err      error // why it is over
	reason   string
	code     string
	idle     int
	told     int
	count    map[lookup.Side]int
	untold   int
	requests int
}

// peer is what the server has announced.
type peer struct {
	streams uint32
	window  int64
	frame   int
}

// block is a field block that is not whole yet.
type block struct {
	stream uint32
	data   []byte
	frames int
	ends   bool // the stream, too
}

// violation ends a connection: with a code for the server and a reason for facts.
type violation struct {
	code   http2.ErrCode
	reason string
	err    error
}

func (v *violation) Error() string { return v.err.Error() }
func (v *violation) Unwrap() error { return v.err }

func broken(code http2.ErrCode, format string, args ...any) error {
	return &violation{code, "malformed", fmt.Errorf("%w: %s", ErrProtocol, fmt.Sprintf(format, args...))}
}

// newSession begins to speak HTTP/2 on a connection: preface and SETTINGS (RFC
// 9113 §3.4). The server's SETTINGS are not waited for.
func newSession(v *Visit, l *line) (*session, error) {
	s := &session{
		visit: v, step: v.step, line: l, coding: table{most: maxTable}, decoder: newDecoder(), recv: ownWindow, done: make(chan struct{}), wake: make(chan struct{}),
		streams: map[uint32]*stream{}, next: 1, send: 65535, peer: peer{streams: 100, window: 65535, frame: 16384}, count: map[lookup.Side]int{},
	}
	s.encoder = hpack.NewEncoder(&s.coded)
	s.framer = http2.NewFramer(&s.out, nil)
	s.reader = http2.NewFramer(io.Discard, seeing{s})
	s.reader.SetMaxReadFrameSize(ownFrame)
	s.step.Report(lookup.PrefaceSent{Conn: l.Number, Data: []byte(http2.ClientPreface)})
	err := s.put([]byte(http2.ClientPreface), func() (decorate, error) {
		return func(f *lookup.FrameExchanged) { f.Settings = ownSettings() }, s.framer.WriteSettings(
			http2.Setting{ID: http2.SettingEnablePush, Val: 0}, http2.Setting{ID: http2.SettingInitialWindowSize, Val: ownWindow},
			http2.Setting{ID: http2.SettingMaxFrameSize, Val: ownFrame}, http2.Setting{ID: http2.SettingMaxHeaderListSize, Val: MaxHead})
	}, nil)
	go s.read()
	return s, err
}

func ownSettings() []lookup.SettingValue {
	return []lookup.SettingValue{{Name: "ENABLE_PUSH", Value: 0}, {Name: "INITIAL_WINDOW_SIZE", Value: ownWindow}, {Name: "MAX_FRAME_SIZE", Value: ownFrame}, {Name: "MAX_HEADER_LIST_SIZE", Value: MaxHead}}
}

// usable reports whether another request can be sent.
func (s *session) usable() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err == nil && !s.gone
}

// used reports whether a request has been sent.
func (s *session) used() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests > 0
}

// changed wakes whoever waits; the lock is held.
func (s *session) changed() {
	close(s.wake)
	s.wake = make(chan struct{})
}

// decorate puts into the fact of a frame that is sent what its octets alone do not
// say.
type decorate func(*lookup.FrameExchanged)

// write makes frames, tells them and writes them in one go. make is called with
// the right to write; it makes frames with the framer. On a connection that is
// over nothing is made.
func (s *session) write(make func() (decorate, error)) error {
	s.mu.Lock()
	err := s.err
	s.mu.Unlock()
	if err != nil {
		return err
	}
	return s.put(nil, make, nil)
}

// put is write on any connection: octets go before the frames, and then is called
// when they have been told and not written yet.
func (s *session) put(before []byte, make func() (decorate, error), then func()) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.out.Reset()
	more, err := make()
	if err != nil {
		s.over(&violation{http2.ErrCodeInternal, "failed", err}, false)
		return err
	}
	for raw := s.out.Bytes(); len(raw) >= 9; {
		f, n := frameOf(raw)
		f.From, f.Left, f.StreamLeft, f.Table = lookup.SideClient, -1, -1, -1
		if more != nil {
			more(&f)
		}
		s.tell(f, raw[:n])
		raw = raw[n:]
	}
	if s.out.Len() == 0 {
		return nil
	}
	if then != nil {
		then()
	}
	s.line.SetWriteDeadline(time.Now().Add(s.visit.browser.limits.FirstByte))
	if _, err := s.line.Write(append(before, s.out.Bytes()...)); err != nil {
		s.over(&violation{http2.ErrCodeInternal, "failed", err}, false)
		return err
	}
	return nil
}

// frameOf reads the header of a frame (RFC 9113 §4.1), and how long the whole is.
func frameOf(raw []byte) (f lookup.FrameExchanged, n int) {
	f.Length = int(raw[0])<<16 | int(raw[1])<<8 | int(raw[2])
	kind, flags := http2.FrameType(raw[3]), http2.Flags(raw[4])
	f.Stream = (int(raw[5])<<24 | int(raw[6])<<16 | int(raw[7])<<8 | int(raw[8])) & (1<<31 - 1)
	f.Type = "UNKNOWN"
	if kind <= http2.FrameContinuation {
		f.Type = kind.String()
	}
	flag := func(bit http2.Flags, name string, of ...http2.FrameType) {
		for _, t := range of {
			if t == kind && flags.Has(bit) {
				f.Flags = append(f.Flags, name)
			}
		}
	}
	flag(1, "END_STREAM", http2.FrameData, http2.FrameHeaders)
	flag(1, "ACK", http2.FrameSettings, http2.FramePing)
	flag(4, "END_HEADERS", http2.FrameHeaders, http2.FramePushPromise, http2.FrameContinuation)
	flag(8, "PADDED", http2.FrameData, http2.FrameHeaders, http2.FramePushPromise)
	flag(32, "PRIORITY", http2.FrameHeaders)
	f.Ack = (kind == http2.FrameSettings || kind == http2.FramePing) && flags.Has(1)
	return f, min(9+f.Length, len(raw))
}

// tell reports a frame.
func (s *session) tell(f lookup.FrameExchanged, raw []byte) {
	s.mu.Lock()
	s.count[f.From]++
	told := s.told < maxToldFrames
	if told {
		s.told++
	} else {
		s.untold++
	}
	if st := s.streams[uint32(f.Stream)]; st != nil && f.N == 0 {
		f.N = st.fetch.n
	}
	s.mu.Unlock()
	if !told {
		return
	}
	f.Conn = s.line.Number
	f.Frame = bytes.Clone(raw[:min(len(raw), keptFrame)])
	s.step.Report(f)
}

// over ends the connection, once: every stream fails, and nothing is read any
// more. say tells the server why (RFC 9113 §5.4.1).
func (s *session) over(err error, say bool) {
	v := &violation{http2.ErrCodeNo, "closed", err}
	errors.As(err, &v)
	s.mu.Lock()
	if s.err != nil {
		s.mu.Unlock()
		return
	}
	s.err = err
	if s.reason == "" {
		s.reason = v.reason
	}
	streams := make([]*stream, 0, len(s.streams))
	for _, st := range s.streams {
		streams = append(streams, st)
	}
	s.gone = true
	if say {
		s.code = v.code.String()
	}
	s.mu.Unlock()
	for _, st := range streams {
		st.finish(err)
	}
	if say {
		_ = s.put(nil, func() (decorate, error) {
			return func(f *lookup.FrameExchanged) { f.Code = v.code.String() }, s.framer.WriteGoAway(0, v.code, nil)
		}, nil)
	}
	s.line.Close()
	s.mu.Lock()
	s.changed()
	s.mu.Unlock()
}

// errDone is the end of a connection that is no longer needed.
var errDone = errors.New("page: the visit is over")

// close says goodbye and returns when nothing of the connection runs any more.
func (s *session) close() {
	s.over(&violation{http2.ErrCodeNo, "done", errDone}, true)
	<-s.done
}

// seeing keeps what is read of a frame.
type seeing struct{ s *session }

func (r seeing) Read(b []byte) (int, error) {
	n, err := r.s.line.r.Read(b)
	if room := keptFrame - len(r.s.seen); room > 0 {
		r.s.seen = append(r.s.seen, b[:min(n, room)]...)
	}
	return n, err
}

// read takes frames until the connection ends.
func (s *session) read() {
	defer close(s.done)
	defer s.ended()
	for first := true; ; first = false {
		s.seen = s.seen[:0]
		frame, err := s.reader.ReadFrame()
		var ofStream http2.StreamError
		switch {
		case errors.As(err, &ofStream):
			err = s.streamBroken(ofStream)
		case err != nil:
			err = s.readError(err)
		default:
			settings, is := frame.(*http2.SettingsFrame)
			if first && (!is || settings.IsAck()) {
				err = broken(http2.ErrCodeProtocol, "it does not begin with SETTINGS")
				break
			}
			err = s.takeFrame(frame)
		}
		if err != nil {
			v := (*violation)(nil)
			s.over(err, errors.As(err, &v))
			return
		}
	}
}

// readError is what an error of reading means for the connection.
func (s *session) readError(err error) error {
	var code http2.ConnectionError
	switch {
	case errors.As(err, &code):
		detail := s.reader.ErrorDetail()
		if detail == nil {
			detail = err
		}
		return broken(http2.ErrCode(code), "%v", detail)
	case errors.Is(err, http2.ErrFrameTooLarge):
		return broken(http2.ErrCodeFrameSize, "a frame larger than was allowed")
	case errors.Is(err, ErrBudget):
		return &violation{http2.ErrCodeEnhanceYourCalm, "flood", err}
	case errors.Is(err, io.EOF):
		return io.ErrUnexpectedEOF
	}
	return err
}

// streamBroken gives one stream up after a frame that breaks a rule, and goes on.
func (s *session) streamBroken(e http2.StreamError) error {
	if f, n := s.justSeen(); n > 0 {
		s.tell(f, s.seen)
	}
	if err := s.nothing(); err != nil {
		return err
	}
	return s.giveUp(e.StreamID, e.Code, fmt.Errorf("%w: %v", ErrProtocol, e.Code))
}

func (s *session) justSeen() (lookup.FrameExchanged, int) {
	if len(s.seen) < 9 {
		return lookup.FrameExchanged{}, 0
	}
	f, n := frameOf(s.seen)
	f.From, f.Left, f.StreamLeft, f.Table = lookup.SideServer, -1, -1, -1
	return f, n
}

// nothing counts a frame that brings nothing.
func (s *session) nothing() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.idle++; s.idle > maxIdleFrames {
		return &violation{http2.ErrCodeEnhanceYourCalm, "flood", ErrFlood}
	}
	return nil
}

// find is a stream that is not closed, nil for others.
func (s *session) find(id uint32) *stream {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.streams[id]
}

// giveUp ends a stream with an error, and tells the server by RST_STREAM.
func (s *session) giveUp(id uint32, code http2.ErrCode, why error) error {
	st := s.find(id)
	err := s.write(func() (decorate, error) {
		return func(f *lookup.FrameExchanged) { f.Code = code.String() }, s.framer.WriteRSTStream(id, code)
	})
	if st != nil {
		st.finish(why)
	}
	return err
}

// ended reports how it was.
func (s *session) ended() {
	s.mu.Lock()
	f := lookup.SessionEnded{Conn: s.line.Number, Reason: s.reason, Code: s.code, Streams: s.requests, Sent: s.count[lookup.SideClient], Received: s.count[lookup.SideServer], Untold: s.untold}
	if s.err != nil && !errors.Is(s.err, errDone) {
		f.Detail = cut(lookup.Printable(s.err.Error()), 200)
	}
	s.mu.Unlock()
	s.step.Report(f)
}

// await waits until something has changed; ctx ends it.
func (s *session) await(ctx context.Context, wake <-chan struct{}, stop <-chan struct{}) error {
	select {
	case <-wake:
		return nil
	case <-stop:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
