package socket

import (
	"strings"
	"sync"
	"time"

	"rootwalk/lookup"
)

// watch follows one connection: what its packets and its programs do.
type watch struct {
	rec      *Recorder
	pair     pair
	number   int
	protocol string // "tcp" or "udp"

	// mu is taken inside stacks (taps): nothing under it may ask one.
	mu      sync.Mutex
	ends    map[lookup.Side]*end
	packets int  // reported
	flying  int  // packets sent that have neither arrived nor got lost
	over    bool // nothing is reported any more
	left    bool // the client has closed its socket
	woken   chan struct{}
}

// end is one end of a connection.
type end struct {
	side lookup.Side
	host string
	machine
	window        int
	written, read int64
	stack         lookup.Snapshotter // nil where there is none to ask
	compared      lookup.TCPState    // last state that was compared
	measured      lookup.BuffersMeasured
	measurements  int
	leaving       bool // its program closes it right now; where no packets are seen
	changes       int  // of its state, likewise
}

func newWatch(r *Recorder, number int, p pair, protocol, clientHost string) *watch {
	w := &watch{rec: r, pair: p, number: number, protocol: protocol, woken: make(chan struct{}, 1)}
	w.ends = map[lookup.Side]*end{
		lookup.SideClient: {side: lookup.SideClient, host: clientHost, machine: machine{state: lookup.TCPClosed, sendScale: -1, peerScale: -1}},
		lookup.SideServer: {side: lookup.SideServer, host: p.server.Addr().String(), machine: machine{state: lookup.TCPListen, sendScale: -1, peerScale: -1}},
	}
	return w
}

// see takes a frame of this connection, or an ICMP error about it: about says
// whose packet it is, or is quoted.
func (w *watch) see(f lookup.Frame, p *parsed, about lookup.Side, arrival bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over {
		return
	}
	from := about
	if p.quoted != nil {
		from = ""
	}
	p.Conn, p.From, p.Link = w.number, from, f.Link
	if p.quoted != nil {
		// It matters where it arrives: at the end that is told.
		if arrival && f.Fate == "sent" {
			if p.Text != "port unreachable" && w.flying > 0 { // a router kept the packet that it is about
				w.flying--
			}
			w.report(p, true, lookup.PacketArrived{Packet: p.Packet})
			w.wake()
		}
		return
	}
	me, peer := w.ends[from], w.ends[from.Other()]
	w.relate(p, me, peer)
	switch {
	case f.Fate == "corrupted" || f.Fate == "duplicated":
		// What arrives of it tells.
	case f.Fate != "sent":
		if f.First { // it left the stack, and got no further
			w.sent(p, me)
		}
		w.flying--
		w.report(p, true, lookup.PacketLost{Packet: p.Packet, Fate: f.Fate})
	case arrival:
		w.flying--
		if p.broken {
			w.report(p, true, lookup.PacketLost{Packet: p.Packet, Fate: "corrupted"})
			return
		}
		w.arrived(p, peer)
	case f.First:
		me.host, _, _ = strings.Cut(f.From, ".")
		w.sent(p, me)
	}
}

// relate fills in what follows from the initial sequence numbers.
func (w *watch) relate(p *parsed, me, peer *end) {
	iss := me.iss
	if p.flags&flagSYN != 0 {
		iss = p.Seq
	}
	if w.protocol != "tcp" {
		return
	}
	if me.started || p.flags&flagSYN != 0 {
		p.RelSeq = int64(p.Seq - iss)
	}
	if p.flags&flagACK != 0 && peer.started {
		p.RelAck = int64(p.Ack - peer.iss)
	}
	p.Scaled = p.Window
	if p.flags&flagSYN == 0 && me.sendScale > 0 && peer.sendScale >= 0 { // RFC 7323 §2.2: both offered it
		p.Scaled = p.Window << me.sendScale
	}
}

// sent is what left an end's network card.
func (w *watch) sent(p *parsed, me *end) {
	w.flying++
	var entered []lookup.TCPState
	was := me.state
	if w.protocol == "tcp" {
		p.Again, entered = me.machine.sent(p)
		if p.flags&flagSYN != 0 { // the scale is known only now
			p.Scaled = p.Window
		}
		me.window = p.Scaled
	}
	seq := w.report(p, len(entered) > 0 || p.Again, lookup.PacketSent{Packet: p.Packet})
	w.enter(me, was, entered, seq)
	if p.Again || len(entered) > 0 {
		w.wake()
	}
}

// arrived is what reached the other end's stack.
func (w *watch) arrived(p *parsed, peer *end) {
	var entered []lookup.TCPState
	was := peer.state
	if w.protocol == "tcp" {
		entered = peer.machine.arrived(p)
	}
	seq := w.report(p, len(entered) > 0, lookup.PacketArrived{Packet: p.Packet})
	w.enter(peer, was, entered, seq)
	w.wake()
}

// report says a packet; past the bound only what matters.
func (w *watch) report(p *parsed, matters bool, f lookup.Fact) int {
	if w.packets++; w.packets > w.rec.maxPackets && !matters || w.packets > 2*w.rec.maxPackets {
		return -1
	}
	return w.rec.step.Report(f)
}

func (w *watch) enter(e *end, was lookup.TCPState, entered []lookup.TCPState, cause int) {
	for _, s := range entered {
		w.rec.step.Report(lookup.StateEntered{Conn: w.number, Host: e.host, Side: e.side, From: was, To: s, Source: "packets", Cause: cause})
		was = s
	}
}

// wake has the stack asked soon.
func (w *watch) wake() {
	select {
	case w.woken <- struct{}{}:
	default:
	}
}

// maxMeasurements bounds what is measured of one end.
const maxMeasurements = 150

// measure reports what an end holds, if that is new. It must not run inside a
// stack.
func (w *watch) measure(side lookup.Side) {
	w.mu.Lock()
	e := w.ends[side]
	stack := e.stack
	w.mu.Unlock()
	var s lookup.SocketSnapshot
	s.Unread = -1
	if stack != nil {
		s = stack.SocketSnapshot()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	sent, acked := e.out()
	m := lookup.BuffersMeasured{
		Conn: w.number, Host: e.host, Side: side, Written: e.written, Sent: sent, Acked: acked, Arrived: e.got(), Read: e.read, Unread: s.Unread, Window: e.window,
		Cwnd: s.CwndSegments, Ssthresh: s.SsthreshSegments, RTTUs: s.RTT.Microseconds(), RTOUs: s.RTO.Microseconds(), Source: s.Source,
	}
	if m.Written < sent { // a server whose calls nobody sees
		m.Written = sent
	}
	if m == e.measured || e.measurements >= maxMeasurements {
		return
	}
	e.measured = m
	e.measurements++
	w.rec.step.Report(m)
}

// ending reports whether the client has closed and one of the ends is on its way
// to the end.
func (w *watch) ending() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.protocol != "tcp" {
		return false
	}
	if s := w.ends[lookup.SideClient].state; s == lookup.TCPEstablished || s == lookup.TCPCloseWait {
		return w.left // its FIN leaves a moment after the call
	}
	for _, e := range w.ends {
		switch e.state {
		case lookup.TCPFinWait1, lookup.TCPFinWait2, lookup.TCPClosing, lookup.TCPCloseWait, lookup.TCPLastAck:
			return true
		}
	}
	return false
}

// rest waits until no end is in a state that the other end's next segment is
// sure to leave, but no longer than limit.
func (w *watch) rest(limit time.Duration) {
	for until := time.Now().Add(limit); time.Now().Before(until); time.Sleep(500 * time.Microsecond) {
		passing := false
		w.mu.Lock()
		for _, e := range w.ends {
			passing = passing || e.state == lookup.TCPFinWait1 || e.state == lookup.TCPClosing || e.state == lookup.TCPLastAck
		}
		w.mu.Unlock()
		if !passing {
			return
		}
	}
}

// compare holds the derived state of an end against the stack's; settle is how
// long the two may take to agree, as packets may be under way.
func (w *watch) compare(side lookup.Side, settle time.Duration) {
	until := time.Now().Add(settle)
	for {
		w.mu.Lock()
		e := w.ends[side]
		derived, stack, host := e.state, e.stack, e.host
		w.mu.Unlock()
		if stack == nil || w.protocol != "tcp" {
			return
		}
		s := stack.SocketSnapshot()
		if s.Source == "" || s.State == "" {
			return
		}
		w.mu.Lock()
		changed := e.state != derived
		if !changed && untold(derived, s.State) {
			w.rec.step.Report(lookup.StateEntered{Conn: w.number, Host: host, Side: side, From: derived, To: s.State, Source: s.Source, Cause: -1})
			e.state, derived = s.State, s.State
		}
		if !changed && (s.State == derived || time.Now().After(until)) {
			if e.compared != derived || s.State != derived {
				e.compared = derived
				w.rec.step.Report(lookup.StateCompared{Conn: w.number, Host: host, Side: side, Derived: derived, Stack: s.State, Equal: s.State == derived, Source: s.Source})
			}
			w.mu.Unlock()
			return
		}
		w.mu.Unlock()
		time.Sleep(500 * time.Microsecond)
	}
}

// state is the derived state of an end.
func (w *watch) state(side lookup.Side) lookup.TCPState {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ends[side].state
}

// land waits until no packet is under way any more, for a while at the most.
func (w *watch) land(atMost time.Duration) {
	for until := time.Now().Add(atMost); time.Now().Before(until); time.Sleep(500 * time.Microsecond) {
		w.mu.Lock()
		flying := w.flying
		w.mu.Unlock()
		if flying <= 0 {
			return
		}
	}
}

// agree waits until no packet is under way and the stack of each end has read what
// arrived: it is in the state that follows, and holds the octets. For a while at
// the most.
func (w *watch) agree(atMost time.Duration) {
	for until := time.Now().Add(atMost); time.Now().Before(until); time.Sleep(500 * time.Microsecond) {
		if w.agrees() {
			return
		}
	}
}

// agrees tells whether that is so now. The packets are looked at last: what a
// stack answers leaves before its state is seen.
func (w *watch) agrees() bool {
	equal := true
	before := map[lookup.Side]lookup.TCPState{}
	for _, side := range [...]lookup.Side{lookup.SideClient, lookup.SideServer} {
		w.mu.Lock()
		e := w.ends[side]
		derived, stack, unread := e.state, e.stack, e.got()-e.read
		w.mu.Unlock()
		before[side] = derived
		if stack != nil && w.protocol == "tcp" {
			s := stack.SocketSnapshot()
			equal = equal && (s.State == "" || s.State == derived || untold(derived, s.State)) && (!receives[derived] || s.Unread < 0 || int64(s.Unread) >= unread)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for side, state := range before {
		equal = equal && w.ends[side].state == state
	}
	return equal && w.flying <= 0
}

// receives are the states in which octets that arrive are kept for the program
// (RFC 9293 §3.10.7.4).
var receives = map[lookup.TCPState]bool{lookup.TCPEstablished: true, lookup.TCPFinWait1: true, lookup.TCPFinWait2: true, lookup.TCPCloseWait: true}

// untold reports whether no segment tells of the way from one state to another: a
// timer is over, or an ICMP error ended the attempt.
func untold(from, to lookup.TCPState) bool {
	return to == lookup.TCPClosed && (from == lookup.TCPTimeWait || from == lookup.TCPSynSent)
}

// finish ends the reports at a moment at which no packet is under way, so that of
// each that was told as sent it is told what became of it; in any case after a
// while.
func (w *watch) finish(atMost time.Duration) {
	for until := time.Now().Add(atMost); ; time.Sleep(500 * time.Microsecond) {
		w.mu.Lock()
		w.over = w.flying <= 0 || time.Now().After(until)
		over := w.over
		w.mu.Unlock()
		if over {
			return
		}
	}
}
