package socket

import (
	"net/netip"
	"slices"
	"time"

	"rootwalk/lookup"
)

// Where no packets can be seen, as on the real Internet, states follow from what
// the calls came to ("inferred"). The system is asked after every call: what it
// says is held against that, and is taken where it is further on the way.

// infer says a state that follows from what a call did.
func (s *Socket) infer(to netip.AddrPort, state lookup.TCPState) {
	if s.protocol != "tcp" {
		return
	}
	if s.watch == nil {
		s.follow(0, to)
	}
	if s.watch != nil {
		s.watch.infer(s.side, state)
	}
}

func (w *watch) infer(side lookup.Side, state lookup.TCPState) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.turn(w.ends[side], state, "inferred")
}

// turn reports a state that no packet of ours explains.
func (w *watch) turn(e *end, state lookup.TCPState, source string) {
	if e.state == state {
		return
	}
	w.rec.step.Report(lookup.StateEntered{Conn: w.number, Host: e.host, Side: e.side, From: e.state, To: state, Source: source, Cause: -1})
	e.state = state
	e.changes++
}

// seen reports whether packets of the connection can be seen.
func (w *watch) seen() bool { return w.rec.registry != nil }

// What a program's own end of the stream, and the peer's, make of a state (RFC
// 9293 §3.3.2). Whether the peer has acknowledged, the system knows.
var (
	afterOurs  = map[lookup.TCPState]lookup.TCPState{lookup.TCPEstablished: lookup.TCPFinWait1, lookup.TCPCloseWait: lookup.TCPLastAck}
	afterPeers = map[lookup.TCPState]lookup.TCPState{lookup.TCPEstablished: lookup.TCPCloseWait, lookup.TCPFinWait1: lookup.TCPClosing, lookup.TCPFinWait2: lookup.TCPTimeWait}
)

// over says that one direction is over: by our own close or shutdown, or by
// the peer's FIN, which read() has told.
func (s *Socket) over(after map[lookup.TCPState]lookup.TCPState) {
	w := s.watch
	if w == nil || w.seen() || s.protocol != "tcp" {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	e := w.ends[s.side]
	if to, ok := after[e.state]; ok {
		w.turn(e, to, "inferred")
	}
}

// leave has our own end of the stream be over by what end does. Who else uses the
// socket must not ask the system meanwhile: it is in one state or the other.
func (s *Socket) leave(end func() error) error {
	w := s.watch
	if w == nil || w.seen() {
		return end()
	}
	leaving := func(now bool) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.ends[s.side].leaving = now
	}
	leaving(true)
	err := end()
	s.over(afterOurs)
	leaving(false)
	return err
}

// byItself are the states that a kernel can come to from each without a call of
// the program.
var byItself = map[lookup.TCPState][]lookup.TCPState{
	lookup.TCPSynSent:     {lookup.TCPEstablished, lookup.TCPCloseWait, lookup.TCPClosed},
	lookup.TCPEstablished: {lookup.TCPCloseWait, lookup.TCPClosed},
	lookup.TCPFinWait1:    {lookup.TCPFinWait2, lookup.TCPClosing, lookup.TCPTimeWait, lookup.TCPClosed},
	lookup.TCPFinWait2:    {lookup.TCPTimeWait, lookup.TCPClosed},
	lookup.TCPClosing:     {lookup.TCPTimeWait, lookup.TCPClosed},
	lookup.TCPCloseWait:   {lookup.TCPClosed},
	lookup.TCPLastAck:     {lookup.TCPClosed},
	lookup.TCPTimeWait:    {lookup.TCPClosed},
}

// ask holds an inferred state against what the system says, and takes that where
// the kernel has gone on by itself. It never waits.
func (w *watch) ask(side lookup.Side) {
	w.mu.Lock()
	stack, changes := w.ends[side].stack, w.ends[side].changes
	w.mu.Unlock()
	if stack == nil || w.protocol != "tcp" {
		return
	}
	s := stack.SocketSnapshot()
	if s.Source == "" || s.State == "" {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	e := w.ends[side]
	if e.leaving || e.changes != changes { // what was asked is of another moment
		return
	}
	if slices.Contains(byItself[e.state], s.State) {
		w.turn(e, s.State, s.Source)
		e.compared = e.state // it is the system's own word
		return
	}
	if e.compared != e.state || e.state != s.State {
		e.compared = e.state
		w.rec.step.Report(lookup.StateCompared{Conn: w.number, Host: e.host, Side: side, Derived: e.state, Stack: s.State, Equal: e.state == s.State, Source: s.Source})
	}
}

// askEnd asks until the connection is in no state that the peer's next segment is
// sure to leave, but no longer than limit.
func (w *watch) askEnd(side lookup.Side, limit time.Duration) {
	for until := time.Now().Add(limit); ; time.Sleep(2 * time.Millisecond) {
		w.ask(side)
		switch w.state(side) {
		case lookup.TCPFinWait1, lookup.TCPClosing, lookup.TCPLastAck:
		default:
			return
		}
		if !time.Now().Before(until) {
			return
		}
	}
}
