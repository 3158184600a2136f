package page

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"rootwalk/lookup"
)

// maxInterim is how many interim responses are read before the final one.
const maxInterim = 5

// maxArrivals is how often octets of one body are told one by one; past that
// only the end is.
const maxArrivals = 64

// order is the order of the fields that a request begins with.
var order = []string{"Accept", "Accept-Encoding", "Cookie", "If-None-Match", "If-Modified-Since", "Content-Type", "Content-Length", "Alt-Used"}

// maxAgain is how often a request is sent again that a server did not take up.
const maxAgain = 2

// exchange sends the request and reads the response over some connection. The
// head is nil if none came.
func (f *Fetch) exchange(ctx context.Context, header http.Header) (*head, []byte, error) {
	f.order.wait(ctx)
	for try := 0; ; try++ {
		way, err := f.visit.take(ctx, f)
		for err != nil && ctx.Err() == nil && f.Abandon(err) {
			way, err = f.visit.take(ctx, f)
		}
		if err != nil {
			return nil, nil, err
		}
		l, reused := way.line, way.reused
		if !reused {
			f.done.LookupUs, f.done.ConnectUs, f.done.SecureUs = l.LookupUs, l.ConnectUs, l.SecureUs
		}
		f.done.Reused = reused
		if way.session != nil {
			h, body, again, err := way.session.roundTrip(ctx, f, header, reused)
			if again && try < maxAgain && ctx.Err() == nil {
				continue
			}
			return h, body, err
		}
		h, body, begun, err := f.over(ctx, l, header)
		if err == nil && h.keep && f.visit.classic() == "1.1" {
			f.visit.give(f.at, l)
			return h, body, nil
		}
		if err == nil && !h.keep {
			l.awaitEnd()
		}
		l.Close()
		// The server may have closed an idle connection at the same moment: that
		// is no failure of a request that may be repeated (RFC 9112 §9.3.1).
		if err != nil && reused && !begun && ctx.Err() == nil && slices.Contains([]string{http.MethodGet, http.MethodHead}, f.request.Method) {
			continue
		}
		return h, body, err
	}
}

// over does it over one connection; begun says that octets of a response came.
func (f *Fetch) over(ctx context.Context, l *line, header http.Header) (h *head, body []byte, begun bool, err error) {
	limits := f.visit.browser.limits
	stop := context.AfterFunc(ctx, func() { l.SetDeadline(time.Unix(1, 0)) })
	defer stop()

	request, fields := f.write(header)
	sending := time.Now()
	if deadline, ok := ctx.Deadline(); ok {
		l.SetDeadline(deadline)
	}
	if _, err := l.Write(append(bytes.Clone(request), f.request.Body...)); err != nil {
		return nil, nil, false, fmt.Errorf("the request could not be sent: %w", err)
	}
	l.used++
	sent := time.Now()
	f.done.SendUs = sent.Sub(sending).Microseconds()
	f.step.Report(lookup.RequestSent{N: f.n, Conn: l.Number, Nth: l.used, Version: "HTTP/" + f.visit.classic(), Method: f.request.Method, URL: f.at.Key(),
		Fields: fields, Head: request, Body: len(f.request.Body)})

	// Whichever comes first: the end of the visit, or of the wait for its first
	// octet. A context that ended already has set its own.
	patience := sent.Add(limits.FirstByte)
	if deadline, ok := ctx.Deadline(); ctx.Err() == nil && (!ok || patience.Before(deadline)) {
		l.SetReadDeadline(patience)
	}
	var first time.Time
	for interim := 0; ; interim++ {
		h, err = readHead(l.r, f.request.Method, func() {
			if begun = true; first.IsZero() {
				first = time.Now()
				f.done.WaitUs, f.done.FirstUs = first.Sub(sent).Microseconds(), first.Sub(f.started).Microseconds()
			}
		})
		if err != nil {
			if timedOut(err) && ctx.Err() == nil && !time.Now().Before(patience) {
				reason := map[bool]string{false: "firstByte", true: "headTime"}[begun]
				err = Stopped(reason, limits.FirstByte, err)
			}
			return nil, nil, begun, fmt.Errorf("no response: %w", err)
		}
		f.step.Report(lookup.HeadReceived{N: f.n, Conn: l.Number, Version: h.version, Status: h.status, Phrase: h.phrase, Fields: h.fields, Head: h.raw,
			Framing: h.framing, Length: h.length, Keep: h.keep})
		if h.status == http.StatusSwitchingProtocols {
			return nil, nil, begun, ErrUpgrade
		}
		if h.status >= 200 {
			break
		}
		if interim == maxInterim {
			return nil, nil, begun, ErrInterim
		}
	}
	if deadline, ok := ctx.Deadline(); ok && ctx.Err() == nil {
		l.SetReadDeadline(deadline)
	}
	body, err = f.body(l, h)
	f.done.ReceiveUs = since(first)
	return h, body, begun, err
}

// write makes the request line and the fields (RFC 9112 §3, RFC 9110 §7.2).
func (f *Fetch) write(header http.Header) ([]byte, []lookup.Field) {
	fields := []lookup.Field{{Name: "Host", Value: f.at.Authority()}, {Name: "User-Agent", Value: "rootwalk"}}
	for _, name := range order {
		if v := header.Get(name); v != "" {
			fields = append(fields, lookup.Field{Name: name, Value: v})
		}
	}
	path := f.at.Path
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/%s\r\n", f.request.Method, path, f.visit.classic())
	for _, field := range fields {
		fmt.Fprintf(&b, "%s: %s\r\n", field.Name, field.Value)
	}
	b.WriteString("\r\n")
	return b.Bytes(), fields
}

// body reads and decodes the body and reports its end.
func (f *Fetch) body(l *line, h *head) ([]byte, error) {
	told := 0
	tell := arrivals{
		chunk: func(size, of int) {
			if told++; told <= maxArrivals || size == 0 {
				f.step.Report(lookup.ChunkReceived{N: f.n, Size: size, Of: of})
			}
		},
		some: func(size, of int) {
			if told++; told <= maxArrivals {
				f.step.Report(lookup.BodyArrived{N: f.n, Size: size, Of: of})
			}
		},
	}
	raw, err := readBody(l.r, h, f.visit.browser.limits.Body, tell)
	if h.framing == "none" {
		return nil, err
	}
	return f.bodyEnd(h, raw, err)
}

// bodyEnd decodes what came of a body and reports its end; err is what ended it
// early, nil for nothing.
func (f *Fetch) bodyEnd(h *head, raw []byte, err error) ([]byte, error) {
	limits := f.visit.browser.limits
	coding := h.header.Get("Content-Encoding")
	body := raw
	if err == nil {
		body, err = decode(coding, raw, limits.Body)
	} else if part, partErr := decode(coding, raw, limits.Body); partErr == nil || len(part) > 0 {
		body = part
	}
	f.step.Report(lookup.BodyFinished{N: f.n, Coding: coding, Wire: len(raw), Decoded: len(body), Media: h.header.Get("Content-Type"),
		Data: body[:min(len(body), limits.Shown)], Whole: err == nil, Reason: endReason(err)})
	return body, err
}
