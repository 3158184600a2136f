package page

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"rootwalk/lookup"
)

// stream is one request and its response on a connection that speaks HTTP/2 (RFC
// 9113 §5).
type stream struct {
	session *session
	fetch   *Fetch
	id      uint32
	send    int64 // what we may still send; of session.mu
	ours    bool  // our side has ended; of session.mu

	recv int64 // what the server may still send; of the reading goroutine

	mu       sync.Mutex
	head     *head
	interims int
	raw      []byte
	arrived  int
	firstAt  time.Time

	firstly sync.Once
	first   chan struct{} // closed with the first octet of a response
	finally sync.Once
	done    chan struct{}
	err     error // this and endAt once done is closed
	endAt   time.Time
}

// begun notes that octets of a response are there.
func (st *stream) begun() {
	st.firstly.Do(func() {
		st.mu.Lock()
		st.firstAt = time.Now()
		st.mu.Unlock()
		close(st.first)
	})
}

// finish ends the stream, once; a nil error means that its response is whole.
func (st *stream) finish(err error) {
	st.finally.Do(func() {
		s := st.session
		s.mu.Lock()
		delete(s.streams, st.id)
		left := len(s.streams)
		s.changed()
		s.mu.Unlock()
		st.err, st.endAt = err, time.Now()
		s.step.Report(lookup.StreamEntered{Conn: s.line.Number, Stream: int(st.id), N: st.fetch.n, State: "closed", Streams: left})
		close(st.done)
	})
}

// entered tells a state that is not the last.
func (st *stream) entered(state string) {
	s := st.session
	s.mu.Lock()
	n := len(s.streams)
	s.mu.Unlock()
	s.step.Report(lookup.StreamEntered{Conn: s.line.Number, Stream: int(st.id), N: st.fetch.n, State: state, Streams: n})
}

// takeFields takes a whole field block: a head, or the trailer section.
func (st *stream) takeFields(fields []hpack.HeaderField, coded []byte, ends bool) error {
	f := st.fetch
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.over() {
		return nil
	}
	if st.head != nil {
		if !ends {
			return fmt.Errorf("%w: fields in the middle of a body", ErrMalformed)
		}
		if err := checkFields(fields, false); err != nil {
			return err
		}
		return st.complete()
	}
	h, err := headOf(fields, coded, f.request.Method, ends)
	if err != nil {
		return err
	}
	f.step.Report(lookup.HeadReceived{N: f.n, Conn: st.session.line.Number, Stream: int(st.id), Version: h.version, Status: h.status, Fields: h.fields, Head: h.raw,
		Framing: h.framing, Length: h.length, Keep: true})
	if h.status < 200 {
		if st.interims++; st.interims > maxInterim {
			return ErrInterim
		}
		return nil
	}
	st.head = h
	if ends {
		return st.complete()
	}
	return nil
}

// takeData takes a part of the body. With an error goes the code that the server
// is told.
func (st *stream) takeData(data []byte, ends bool) (http2.ErrCode, error) {
	limit := st.session.visit.browser.limits.Body
	st.mu.Lock()
	defer st.mu.Unlock()
	switch {
	case st.over():
		return 0, nil
	case st.head == nil:
		return http2.ErrCodeProtocol, fmt.Errorf("%w: data before any head", ErrMalformed)
	case st.head.framing == "none" && len(data) > 0:
		return http2.ErrCodeProtocol, fmt.Errorf("%w: data where no body can be", ErrMalformed)
	}
	some := data[:min(len(data), limit-len(st.raw))]
	st.raw = append(st.raw, some...)
	if len(some) > 0 {
		if st.arrived++; st.arrived <= maxArrivals {
			st.fetch.step.Report(lookup.BodyArrived{N: st.fetch.n, Size: len(some), Of: len(st.raw)})
		}
	}
	if len(some) < len(data) {
		return http2.ErrCodeCancel, ErrTooLong
	}
	if ends {
		return http2.ErrCodeProtocol, st.complete()
	}
	return 0, nil
}

// over reports whether it has ended: nothing of it is taken any more.
func (st *stream) over() bool {
	select {
	case <-st.done:
		return true
	default:
		return false
	}
}

// complete ends a response that came to its end, if it is as long as it said.
func (st *stream) complete() error {
	if err := st.head.checkLength(len(st.raw)); err != nil {
		return err
	}
	s := st.session
	s.mu.Lock()
	ours := st.ours
	s.mu.Unlock()
	if !ours { // the server needs no more of the request (RFC 9113 §8.1)
		st.entered("halfClosedRemote")
	}
	st.finish(nil)
	return nil
}

// roundTrip sends a request on a stream of its own and reads the response. again
// says that it may be sent once more, elsewhere.
func (s *session) roundTrip(ctx context.Context, f *Fetch, header http.Header, reused bool) (h *head, body []byte, again bool, err error) {
	limits := s.visit.browser.limits
	sending := time.Now()
	st, err := s.start(ctx, f, header)
	f.order.pass()
	if err != nil {
		return nil, nil, errors.Is(err, errUnprocessed), err
	}
	if err := s.sendBody(ctx, st); err != nil {
		st.finish(err)
	}
	sent := time.Now()
	f.done.SendUs = sent.Sub(sending).Microseconds()
	patience := time.NewTimer(limits.FirstByte)
	defer patience.Stop()
	select {
	case <-st.first:
		select {
		case <-st.done:
		case <-ctx.Done():
			s.cancel(st, ctx.Err())
		}
	case <-st.done:
	case <-patience.C:
		s.cancel(st, Stopped("firstByte", limits.FirstByte, fmt.Errorf("no response: %w", os.ErrDeadlineExceeded)))
	case <-ctx.Done():
		s.cancel(st, ctx.Err())
	}
	<-st.done
	err = st.err
	st.mu.Lock()
	h, raw, firstAt := st.head, st.raw, st.firstAt
	st.mu.Unlock()
	if !firstAt.IsZero() {
		f.done.WaitUs = max(firstAt.Sub(sent).Microseconds(), 0)
		f.done.FirstUs, f.done.ReceiveUs = firstAt.Sub(f.started).Microseconds(), max(st.endAt.Sub(firstAt).Microseconds(), 0)
	}
	safe := slices.Contains([]string{http.MethodGet, http.MethodHead}, f.request.Method)
	again = errors.Is(err, errUnprocessed) || err != nil && reused && safe && firstAt.IsZero() && !timedOut(err) && ctx.Err() == nil
	if h == nil {
		if err != nil && !again {
			err = fmt.Errorf("no response: %w", err)
		}
		return nil, nil, again, err
	}
	if h.framing == "none" {
		return h, nil, false, err
	}
	body, err = f.bodyEnd(h, raw, err)
	return h, body, false, err
}

// start opens a stream as soon as the server allows another, and sends the fields
// of the request.
func (s *session) start(ctx context.Context, f *Fetch, header http.Header) (*stream, error) {
	for {
		s.mu.Lock()
		wake := s.wake
		switch {
		case s.err != nil || s.gone:
			s.mu.Unlock()
			return nil, errUnprocessed
		case len(s.streams)+s.opening < int(s.peer.streams):
			s.opening++
			s.mu.Unlock()
		default:
			s.mu.Unlock()
			if err := s.await(ctx, wake, nil); err != nil {
				return nil, err
			}
			continue
		}
		break
	}
	st := &stream{session: s, fetch: f, recv: ownWindow, first: make(chan struct{}), done: make(chan struct{})}
	ends := len(f.request.Body) == 0
	refused := false
	var then func()
	err := s.put(nil, func() (more decorate, err error) {
		s.mu.Lock()
		s.opening--
		if refused = s.err != nil || s.gone; refused {
			s.mu.Unlock()
			return nil, nil
		}
		st.id, st.send, st.ours = s.next, s.peer.window, ends
		s.next += 2
		s.requests++
		nth := s.requests
		frame := min(s.peer.frame, ownFrame)
		s.streams[st.id] = st
		s.mu.Unlock()
		more, then, err = s.requestFrames(st, header, nth, frame, ends)
		return more, err
	}, func() { then() })
	if refused {
		return nil, errUnprocessed
	}
	if err != nil {
		st.finish(err)
		return nil, fmt.Errorf("the request could not be sent: %w", err)
	}
	return st, nil
}

// requestFrames makes HEADERS, and CONTINUATION where the block is longer than a
// frame; the right to write is held.
func (s *session) requestFrames(st *stream, header http.Header, nth, frame int, ends bool) (more decorate, then func(), err error) {
	f := st.fetch
	fields := f.requestFields(header)
	s.coded.Reset()
	for _, field := range fields {
		if err := s.encoder.WriteField(field); err != nil {
			return nil, nil, err
		}
	}
	coded := bytes.Clone(s.coded.Bytes())
	told := s.coding.follow(coded, fields)
	used := s.coding.used
	rest := coded
	for first := true; first || len(rest) > 0; first = false {
		part := rest[:min(len(rest), frame)]
		rest = rest[len(part):]
		if first {
			err = s.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: st.id, BlockFragment: part, EndStream: ends, EndHeaders: len(rest) == 0})
		} else {
			err = s.framer.WriteContinuation(st.id, len(rest) == 0, part)
		}
		if err != nil {
			return nil, nil, err
		}
	}
	more = func(frame *lookup.FrameExchanged) {
		if frame.N = f.n; slices.Contains(frame.Flags, "END_HEADERS") {
			frame.Fields, frame.Table = told, used
		}
	}
	then = func() { // before it leaves, so that nothing of the response comes before it
		f.step.Report(lookup.RequestSent{N: f.n, Conn: s.line.Number, Stream: int(st.id), Nth: nth, Version: "HTTP/2", Method: f.request.Method, URL: f.at.Key(),
			Fields: plain(fields), Head: coded, Body: len(f.request.Body)})
		if ends {
			st.entered("halfClosedLocal")
		} else {
			st.entered("open")
		}
	}
	return more, then, nil
}

// sendBody sends the body as far as both windows let it.
func (s *session) sendBody(ctx context.Context, st *stream) error {
	for rest := st.fetch.request.Body; len(rest) > 0; {
		s.mu.Lock()
		wake := s.wake
		n := int(min(int64(len(rest)), s.send, st.send, int64(min(s.peer.frame, ownFrame))))
		over := s.err != nil
		if n > 0 && !over {
			s.send -= int64(n)
			st.send -= int64(n)
			st.ours = n == len(rest)
		}
		left, streamLeft := s.send, st.send
		s.mu.Unlock()
		if st.over() {
			return nil
		}
		if n <= 0 && !over {
			if err := s.await(ctx, wake, st.done); err != nil {
				return err
			}
			continue
		}
		part := rest[:n]
		if rest = rest[n:]; over {
			return errUnprocessed
		}
		err := s.write(func() (decorate, error) {
			return func(f *lookup.FrameExchanged) { f.N, f.Left, f.StreamLeft = st.fetch.n, left, streamLeft }, s.framer.WriteData(st.id, len(rest) == 0, part)
		})
		if err != nil {
			return err
		}
		if len(rest) == 0 {
			st.entered("halfClosedLocal")
		}
	}
	return nil
}

// cancel gives a stream up.
func (s *session) cancel(st *stream, err error) {
	if !st.over() {
		_ = s.giveUp(st.id, http2.ErrCodeCancel, err) // if that fails, the connection is over
	}
}
