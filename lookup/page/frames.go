package page

import (
	"errors"
	"math"

	"golang.org/x/net/http2"

	"rootwalk/lookup"
)

// takeFrame does what a frame of the server demands, and tells it. An error ends
// the connection. It runs in the reading goroutine alone.
func (s *session) takeFrame(frame http2.Frame) error {
	f, _ := s.justSeen()
	id := frame.Header().StreamID
	switch x := frame.(type) {
	case *http2.SettingsFrame:
		return s.settings(f, x)
	case *http2.HeadersFrame:
		s.block = block{stream: id, data: append([]byte{}, x.HeaderBlockFragment()...), ends: x.StreamEnded()}
		return s.blockPart(f, x.HeadersEnded())
	case *http2.ContinuationFrame:
		s.block.data = append(s.block.data, x.HeaderBlockFragment()...)
		s.block.frames++
		return s.blockPart(f, x.HeadersEnded())
	case *http2.DataFrame:
		return s.data(f, x)
	case *http2.WindowUpdateFrame:
		return s.windowUpdate(f, x)
	case *http2.RSTStreamFrame:
		return s.resetBy(f, x)
	case *http2.GoAwayFrame:
		return s.goAway(f, x)
	case *http2.PingFrame:
		s.tell(f, s.seen)
		if err := s.nothing(); err != nil || x.IsAck() {
			return err
		}
		answer := x.Data
		return s.write(func() (decorate, error) { return nil, s.framer.WritePing(true, answer) })
	case *http2.PushPromiseFrame:
		s.tell(f, s.seen)
		return broken(http2.ErrCodeProtocol, "a push, which was forbidden")
	}
	s.tell(f, s.seen) // PRIORITY, and what nobody knows (RFC 9113 §5.5)
	return s.nothing()
}

// unused reports whether a stream has never been opened: nothing may come on it.
func (s *session) unused(id uint32) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return id%2 == 0 || id >= s.next
}

// settings takes what the server announces and says so (RFC 9113 §6.5.3).
func (s *session) settings(f lookup.FrameExchanged, x *http2.SettingsFrame) error {
	tableSize := int64(-1)
	err := x.ForeachSetting(func(one http2.Setting) error {
		if len(f.Settings) < 32 {
			f.Settings = append(f.Settings, lookup.SettingValue{Name: lookup.Printable(one.ID.String()), Value: int64(one.Val)})
		}
		if err := one.Valid(); err != nil {
			code := http2.ErrCodeProtocol
			var c http2.ConnectionError
			if errors.As(err, &c) {
				code = http2.ErrCode(c)
			}
			return broken(code, "%v", one)
		}
		if one.ID == http2.SettingHeaderTableSize {
			tableSize = int64(one.Val)
		}
		return s.setting(one)
	})
	s.tell(f, s.seen)
	if err == nil {
		err = s.nothing()
	}
	if err != nil || x.IsAck() {
		return err
	}
	return s.write(func() (decorate, error) {
		if tableSize >= 0 {
			s.encoder.SetMaxDynamicTableSizeLimit(uint32(min(tableSize, maxTable)))
		}
		return nil, s.framer.WriteSettingsAck()
	})
}

func (s *session) setting(one http2.Setting) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch one.ID {
	case http2.SettingEnablePush:
		if one.Val != 0 { // RFC 9113 §6.5.2: not from a server
			return broken(http2.ErrCodeProtocol, "%v", one)
		}
	case http2.SettingMaxConcurrentStreams:
		s.peer.streams = one.Val
	case http2.SettingMaxFrameSize:
		s.peer.frame = int(one.Val)
	case http2.SettingInitialWindowSize:
		change := int64(one.Val) - s.peer.window
		s.peer.window = int64(one.Val)
		for _, st := range s.streams { // RFC 9113 §6.9.2: it may become negative
			if st.send += change; st.send > math.MaxInt32 {
				return broken(http2.ErrCodeFlowControl, "%v", one)
			}
		}
	}
	s.changed()
	return nil
}

// blockPart takes a part of a field block, and with the last one what it says.
func (s *session) blockPart(f lookup.FrameExchanged, whole bool) error {
	b := &s.block
	if len(b.data) > MaxHead || b.frames > maxContinuations {
		s.tell(f, s.seen)
		return &violation{http2.ErrCodeEnhanceYourCalm, "flood", ErrHeadSize}
	}
	if s.unused(b.stream) {
		s.tell(f, s.seen)
		return broken(http2.ErrCodeProtocol, "fields on stream %d, which nobody has opened", b.stream)
	}
	st := s.find(b.stream)
	if st != nil {
		st.begun()
	}
	if !whole {
		s.tell(f, s.seen)
		return nil
	}
	fields, coded, err := s.decoder.decode(b.data)
	if err != nil {
		s.tell(f, s.seen)
		if errors.Is(err, ErrHeadSize) {
			return &violation{http2.ErrCodeEnhanceYourCalm, "flood", err}
		}
		return &violation{http2.ErrCodeCompression, "malformed", err}
	}
	f.Fields, f.Table = coded, s.decoder.table.used
	s.tell(f, s.seen)
	if st == nil { // closed: it was given up, and the server did not know yet
		return s.nothing()
	}
	if err := st.takeFields(fields, b.data, b.ends); err != nil {
		return s.giveUp(b.stream, http2.ErrCodeProtocol, err)
	}
	return nil
}

// data takes a part of a body. What it took of the windows is given back when half
// of one is used up; as no frame is as large as the other half, a window is never
// overrun here.
func (s *session) data(f lookup.FrameExchanged, x *http2.DataFrame) error {
	n := int64(x.Header().Length)
	id := x.Header().StreamID
	s.recv -= n
	st := s.find(id)
	f.Left = s.recv
	if st != nil {
		st.recv -= n
		f.StreamLeft = st.recv
	}
	s.tell(f, s.seen)
	if s.unused(id) {
		return broken(http2.ErrCodeProtocol, "data on stream %d, which nobody has opened", id)
	}
	if len(x.Data()) == 0 && !x.StreamEnded() || st == nil {
		if err := s.nothing(); err != nil {
			return err
		}
	}
	if st != nil {
		if code, err := st.takeData(x.Data(), x.StreamEnded()); err != nil {
			if err := s.giveUp(id, code, err); err != nil {
				return err
			}
			st = nil
		} else if x.StreamEnded() {
			st = nil
		}
	}
	if s.recv < ownWindow/2 {
		if err := s.giveBack(nil); err != nil {
			return err
		}
	}
	if st != nil && st.recv < ownWindow/2 {
		return s.giveBack(st)
	}
	return nil
}

// giveBack opens a window again: that of a stream, or of the connection.
func (s *session) giveBack(st *stream) error {
	return s.write(func() (decorate, error) {
		if st == nil {
			more := ownWindow - s.recv
			s.recv = ownWindow
			return func(f *lookup.FrameExchanged) { f.Value, f.Left = more, ownWindow }, s.framer.WriteWindowUpdate(0, uint32(more))
		}
		more := ownWindow - st.recv
		st.recv = ownWindow
		return func(f *lookup.FrameExchanged) { f.Value, f.StreamLeft = more, ownWindow }, s.framer.WriteWindowUpdate(st.id, uint32(more))
	})
}

// windowUpdate lets us send more.
func (s *session) windowUpdate(f lookup.FrameExchanged, x *http2.WindowUpdateFrame) error {
	id, more := x.Header().StreamID, int64(x.Increment)
	f.Value = more
	if id != 0 && s.unused(id) {
		s.tell(f, s.seen)
		return broken(http2.ErrCodeProtocol, "a window for stream %d, which nobody has opened", id)
	}
	s.mu.Lock()
	st := s.streams[id]
	over := false
	if id == 0 {
		s.send += more
		f.Left, over = s.send, s.send > math.MaxInt32
	} else if st != nil {
		st.send += more
		f.StreamLeft, over = st.send, st.send > math.MaxInt32
	}
	s.changed()
	s.mu.Unlock()
	s.tell(f, s.seen)
	if err := s.nothing(); err != nil {
		return err
	}
	switch {
	case over && id == 0:
		return broken(http2.ErrCodeFlowControl, "a window of more than 2^31-1 octets")
	case over:
		return s.giveUp(id, http2.ErrCodeFlowControl, broken(http2.ErrCodeFlowControl, "a window of more than 2^31-1 octets"))
	}
	return nil
}

// resetBy ends a stream as the server wants.
func (s *session) resetBy(f lookup.FrameExchanged, x *http2.RSTStreamFrame) error {
	f.Code = x.ErrCode.String()
	s.tell(f, s.seen)
	if s.unused(x.Header().StreamID) {
		return broken(http2.ErrCodeProtocol, "RST_STREAM for stream %d, which nobody has opened", x.Header().StreamID)
	}
	if st := s.find(x.Header().StreamID); st != nil {
		if x.ErrCode == http2.ErrCodeRefusedStream {
			st.finish(errUnprocessed)
		} else {
			st.finish(&resetError{x.ErrCode.String()})
		}
	}
	return s.nothing()
}

// resetError is RST_STREAM with a code.
type resetError struct{ code string }

func (e *resetError) Error() string { return ErrReset.Error() + ": " + e.code }
func (e *resetError) Unwrap() error { return ErrReset }

// goAway lets nothing begin any more; what the server will not take up may be sent
// again elsewhere (RFC 9113 §6.8).
func (s *session) goAway(f lookup.FrameExchanged, x *http2.GoAwayFrame) error {
	f.Code, f.Value = x.ErrCode.String(), int64(x.LastStreamID)
	s.tell(f, s.seen)
	s.mu.Lock()
	if s.err == nil { // or it is the answer to ours
		s.code, s.reason = x.ErrCode.String(), "goaway"
	}
	s.gone = true
	var left []*stream
	for id, st := range s.streams {
		if id > x.LastStreamID {
			left = append(left, st)
		}
	}
	s.changed()
	s.mu.Unlock()
	for _, st := range left {
		st.finish(errUnprocessed)
	}
	return s.nothing()
}
