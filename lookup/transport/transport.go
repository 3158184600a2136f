// Package transport asks one server one question: over UDP from a fresh
// socket, over TCP if the response was truncated. It believes only what a
// server that saw the query can have sent (RFC 5452 §9), takes the response
// apart ([Classify]) and reports every packet as a fact.
//
// Which server, how often and how long to wait is the caller's business.
package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

// Defaults of a Config.
const (
	DefaultTCPTimeout = 3 * time.Second

	// maxRejected bounds the facts about strangers' packets in one exchange;
	// later ones are ignored in silence.
	maxRejected = 8
)

// Config is what a Client is made from.
type Config struct {
	Network    lookup.Network
	Party      lookup.Party  // in whose name facts are reported
	TCPTimeout time.Duration // for one question over TCP in all, 3 s if 0

	// MixedCase sends names in random letter case and believes over UDP only
	// who repeats it. A server that does not is asked over TCP once and is
	// left alone with it for a day.
	MixedCase bool
	// NearMisses is after how many packets that were not believed a question is
	// asked over TCP: somebody may be guessing. 0 for never.
	NearMisses int
	// KeepTCP is how long, in real time, a TCP connection stays open for the
	// next question to its server (RFC 7766 §6.2.1); 0 for not at all. The
	// client must then be closed.
	KeepTCP time.Duration
	// Cookies sends and checks DNS cookies (RFC 7873, RFC 9018).
	Cookies bool

	// Admit, if set, is asked before a query leaves. An error that is a refusal,
	// as of a network with a policy, keeps it back.
	Admit func(to netip.AddrPort, zone lookup.Name) error

	// TCPOnly asks every question over TCP at once (RFC 7766 §5 allows it).
	TCPOnly bool
	// Seed, if not 0, makes message IDs repeatable. They are then no protection
	// any more (RFC 5452 §9.2): for networks where nobody else is.
	Seed uint64
	// IDs, if set, numbers the messages: a way that can be guessed, for a lesson
	// about guessing. It is called from several goroutines.
	IDs func() uint16
}

// Client asks questions. It is safe for concurrent use.
type Client struct {
	c     Config
	peers *peers
	kept  *kept
}

// New makes a client.
func New(c Config) *Client {
	if c.TCPTimeout <= 0 {
		c.TCPTimeout = DefaultTCPTimeout
	}
	return &Client{c, newPeers(), &kept{idle: c.KeepTCP}}
}

// Close closes the connections that are kept open. A closed client still asks.
func (c *Client) Close() { c.kept.close() }

// exchange is one question to one server.
type exchange struct {
	*Client
	step lookup.Step
	q    message.Query
	sent int
	got  int // octets received

	doubted string // why a response over UDP was doubted, "" if none was
}

// room is how many octets may still come; more than any message has if there
// is no bound.
func (x *exchange) room() int {
	if x.q.MaxBytes <= 0 {
		return message.MaxSize
	}
	return x.q.MaxBytes - x.got
}

// Ask sends one query and waits for its response, at most q.Timeout long. A
// truncated response is asked for again over TCP. The error is one of
// message.ErrTimeout, ErrUnreachable, ErrNoRoute, ErrBlocked and ErrTooMuch, a
// *message.SpentError, or the context's; the response is never nil and always says how many packets were sent.
func (c *Client) Ask(ctx context.Context, step lookup.Step, q message.Query) (*message.Response, error) {
	x := &exchange{Client: c, step: step, q: q}
	if q.Edited != nil {
		return x.edited(ctx)
	}
	if c.c.TCPOnly {
		r, err := x.tcp(ctx)
		return x.count(r), err
	}
	r, err := x.udp(ctx)
	if c.c.Cookies && err == nil && r.Rcode == rcodeBadCookie {
		r, err = x.udp(ctx) // with the cookie that it has just told us (RFC 7873 §5.3)
	}
	switch {
	case err == nil && (r.Verdict == message.Truncation || c.c.Cookies && r.Rcode == rcodeBadCookie), errors.Is(err, errDoubt):
		r, err = x.tcp(ctx)
	}
	return x.count(r), err
}

// count notes in a response what the exchange cost; there is one in any case.
func (x *exchange) count(r *message.Response) *message.Response {
	if r == nil {
		r = &message.Response{Server: x.q.Server}
	}
	r.Sent, r.Bytes = x.sent, x.got
	return r
}

// newID is the ID of the next message. A repeatable one follows from what is
// asked of whom, not from what was asked before: lookups that go on at the same
// time do not change each other's.
func (x *exchange) newID(transport string) uint16 {
	if x.c.IDs != nil {
		return x.c.IDs()
	}
	if x.c.Seed == 0 {
		return message.NewID()
	}
	h := fnv.New64a()
	fmt.Fprint(h, x.c.Seed, x.c.Party, x.q.Question.Key(), x.q.Server.Addr, x.q.Try, transport, x.sent)
	return uint16(h.Sum64() >> 24)
}

// buffers hold one UDP message each. Larger datagrams than we announced are
// cut, do not parse, and are rejected.
var buffers = sync.Pool{New: func() any { b := make([]byte, 4096); return &b }}

// flight is a query on its way.
type flight struct {
	id        uint16
	seq       int // of its QuerySent
	transport string
	from      netip.AddrPort
	start     time.Time

	server netip.Addr
	plain  []byte // the query before its letters were mixed
	query  []byte
	mixed  bool
	cookie []byte // the client's part of what was sent, nil for none
	opt    int    // where in the query the length of the EDNS options stands, 0 for no OPT record
}

func (f flight) peer() peerKey { return peerKey{f.from.Addr(), f.server} }

// errDoubt is a response that only somebody who saw the query, or guessed well,
// can have sent, and that yet is not quite right. A connection settles it: over
// TCP nobody else can answer.
var errDoubt = errors.New("doubtful response")

func (x *exchange) udp(ctx context.Context) (*message.Response, error) {
	if err := x.admit(ctx, "udp"); err != nil {
		return nil, err
	}
	start := time.Now()
	f := flight{id: x.newID("udp"), seq: -1, transport: "udp", start: start}
	if err := x.pack(&f); err != nil {
		return nil, err
	}
	conn, err := x.c.Network.DialContext(ctx, "udp", x.q.Server.Addr.String())
	if err != nil {
		return nil, x.failed(ctx, f, err, true)
	}
	defer conn.Close()
	stop := guard(ctx, conn, start.Add(x.q.Timeout))
	defer stop()
	f.from = addrPort(conn.LocalAddr())
	x.dress(&f)
	f = x.send(f, f.query, x.q.Timeout)
	if _, err := conn.Write(f.query); err != nil {
		return nil, x.failed(ctx, f, err, false)
	}
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	for rejected := 0; ; {
		n, err := conn.Read(*buf)
		if err != nil {
			return nil, x.failed(ctx, f, err, false)
		}
		if x.got += n; x.room() < 0 {
			return nil, x.failed(ctx, f, message.ErrTooMuch, false)
		}
		r, reason := x.believe((*buf)[:n], f)
		if r != nil {
			return r, nil
		}
		if rejected++; rejected <= maxRejected {
			x.rejected((*buf)[:n], f, reason)
		}
		if reason == "case" || reason == "cookie" || rejected == x.c.NearMisses {
			x.doubted = reason
			return nil, errDoubt
		}
	}
}

// dress adds to a query what only its server can bring back. The socket stands
// by now, so our own address is known.
func (x *exchange) dress(f *flight) {
	f.server, f.plain = x.q.Server.Addr.Addr(), f.query
	if !x.c.MixedCase && !x.c.Cookies || x.q.Edited != nil {
		return
	}
	known := x.peers.get(f.peer())
	if x.c.MixedCase && !known.anyCase {
		f.query, f.mixed = bytes.Clone(f.query), true
		mixCase(f.query)
	}
	if x.c.Cookies && !x.q.Plain {
		f.cookie = x.peers.clientCookie(f.peer())
		f.query = addOptions(f.query, f.opt, cookieOption(append(bytes.Clone(f.cookie), known.cookie...)))
	}
}

func (x *exchange) pack(f *flight) (err error) {
	if x.q.Edited != nil {
		x.packEdited(f)
		return nil
	}
	size := uint16(message.UDPSize)
	if x.q.Plain {
		size = 0
	}
	f.query, err = message.PackQuery(f.id, x.q.Question, x.q.Recursive && !x.q.CacheOnly, size)
	if err != nil {
		return err
	}
	if x.q.Unchecked {
		f.query[3] |= 0x10 // CD
	}
	if size > 0 {
		f.opt = len(f.query) - 2
	}
	if x.q.DNSSEC && size > 0 {
		f.query[f.opt-2] |= 0x80 // DO, in the flags of the OPT record (RFC 3225 §3)
		f.query = addOptions(f.query, f.opt, x.q.Understood)
	}
	return nil
}

// send reports that a query leaves. It must be called just before it does, so
// that whatever the query causes comes later in the trace.
func (x *exchange) send(f flight, query []byte, timeout time.Duration) flight {
	x.sent++
	if x.q.Sending != nil {
		x.q.Sending(f.from, f.id)
	}
	f.start = time.Now()
	f.seq = x.step.Report(lookup.QuerySent{
		Party: x.c.Party, Server: x.q.Server, Zone: x.q.Zone, Question: x.q.Question, Transport: f.transport,
		From: f.from, ID: f.id, Try: x.q.Try, TimeoutMs: int(timeout.Milliseconds()), Message: query,
	})
	return f
}

// rejected reports bytes that were not believed.
func (x *exchange) rejected(b []byte, f flight, reason string) {
	if x.step.Recording() {
		x.step.Report(lookup.ResponseRejected{Party: x.c.Party, Query: f.seq, From: x.q.Server.Addr, Reason: reason, Message: append(lookup.Message{}, b...)})
	}
}

// refusal is the error of a network that has a policy and did not let a
// connection out; *osnet.Refused is one. The rule is a Reason of
// lookup.QueryBlocked.
type refusal interface {
	error
	Refusal() (rule, text string)
}

// budgeted is a refusal that knows how much there was of what is used up.
type budgeted interface{ Budget() int }

// spent are the rules that say that a budget or a rate is used up, with what that
// ends a lookup in.
var spent = map[string]lookup.Outcome{
	"connects": lookup.OutcomeQueryLimit, "bytes": lookup.OutcomeByteLimit, "time": lookup.OutcomeTimeLimit,
	"serverRate": lookup.OutcomeRateLimit, "zoneRate": lookup.OutcomeRateLimit,
}

// admit asks whether a query may leave now: before anything else is used for it,
// so that one that may not costs nothing.
func (x *exchange) admit(ctx context.Context, transport string) error {
	if x.c.Admit == nil {
		return nil
	}
	if err := x.c.Admit(x.q.Server.Addr, x.q.Zone); err != nil {
		return x.failed(ctx, flight{seq: -1, transport: transport, start: time.Now()}, err, true)
	}
	return nil
}

// failed turns an error of the network into a fact and one of the errors of
// package message. dialing says that no query has left yet.
func (x *exchange) failed(ctx context.Context, f flight, err error, dialing bool) error {
	waited := time.Since(f.start).Microseconds()
	var blocked refusal
	if errors.As(err, &blocked) {
		reason, text := blocked.Refusal()
		x.step.Report(lookup.QueryBlocked{Party: x.c.Party, Server: x.q.Server, Transport: f.transport, Reason: reason, Text: text})
		if of, ok := blocked.(budgeted); ok && spent[reason] != "" {
			return &message.SpentError{Limit: spent[reason], Max: of.Budget(), Server: reason == "serverRate"}
		}
		return message.ErrBlocked
	}
	if out := ctx.Err(); out != nil {
		if !dialing && errors.Is(out, context.DeadlineExceeded) {
			x.step.Report(lookup.QueryTimedOut{Party: x.c.Party, Query: f.seq, Server: x.q.Server, Try: x.q.Try, WaitedUs: waited})
		}
		return out
	}
	if !dialing && errors.Is(err, os.ErrDeadlineExceeded) {
		x.step.Report(lookup.QueryTimedOut{Party: x.c.Party, Query: f.seq, Server: x.q.Server, Try: x.q.Try, WaitedUs: waited})
		return message.ErrTimeout
	}
	out, reason := message.ErrUnreachable, "other"
	switch {
	case errors.Is(err, message.ErrTooMuch):
		out = message.ErrTooMuch
	case errors.Is(err, syscall.ECONNREFUSED):
		reason = "refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		reason = "reset"
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EAFNOSUPPORT), errors.Is(err, syscall.EADDRNOTAVAIL):
		reason = "unreachable"
		if dialing {
			out = message.ErrNoRoute
		}
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), errors.Is(err, syscall.ETIMEDOUT):
		reason = "unreachable"
	case errors.Is(err, errClosed), errors.Is(err, net.ErrClosed):
		reason = "closed"
	}
	x.step.Report(lookup.QueryFailed{Party: x.c.Party, Query: f.seq, Server: x.q.Server, Transport: f.transport, Reason: reason, WaitedUs: waited})
	return out
}

// guard makes reads and writes of a connection end at the deadline, and at
// once when ctx is done. The returned function must be called in the end; it
// reports whether the connection may be used again.
func guard(ctx context.Context, conn net.Conn, deadline time.Time) func() bool {
	if d, ok := ctx.Deadline(); ok && d.Before(deadline) {
		deadline = d
	}
	conn.SetDeadline(deadline)
	if ctx.Done() == nil {
		return func() bool { return true }
	}
	return context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
}

func addrPort(a net.Addr) netip.AddrPort {
	var p netip.AddrPort
	switch a := a.(type) {
	case *net.UDPAddr:
		p = a.AddrPort()
	case *net.TCPAddr:
		p = a.AddrPort()
	default:
		p, _ = netip.ParseAddrPort(a.String())
	}
	return netip.AddrPortFrom(p.Addr().Unmap(), p.Port())
}
