package socket

import "rootwalk/lookup"

// machine derives the state of one end of a TCP connection from the segments
// that this end sent and received (RFC 9293 §3.3.2, §3.10). It needs nothing of
// the stack, so that the two can be held against each other.
type machine struct {
	state lookup.TCPState

	iss     uint32 // initial send sequence number
	nxt     uint32 // after the last octet ever sent (SND.NXT)
	una     uint32 // oldest octet not acknowledged (SND.UNA)
	fin     uint32 // number after our FIN
	started bool   // iss is known
	finSent bool

	irs      uint32   // initial receive sequence number
	rcv      uint32   // next octet wanted (RCV.NXT)
	later    []octets // arrived beyond a gap
	peerFIN  uint32   // number after the peer's FIN
	heard    bool     // irs is known
	hasFIN   bool     // peerFIN is known
	finTaken bool     // and all before it has arrived

	sendScale, peerScale int // from the SYNs, -1 for none
}

// octets is a range of sequence numbers.
type octets struct{ from, to uint32 }

// maxLater bounds the ranges kept beyond a gap.
const maxLater = 256

// before compares sequence numbers (RFC 9293 §3.4).
func before(a, b uint32) bool { return int32(a-b) < 0 }

// span is how many sequence numbers a segment takes.
func (p *parsed) span() uint32 {
	n := uint32(p.Length)
	if p.flags&flagSYN != 0 {
		n++
	}
	if p.flags&flagFIN != 0 {
		n++
	}
	return n
}

// sent takes a segment that this end sent; again is true for one whose numbers
// were all sent before.
func (m *machine) sent(p *parsed) (again bool, entered []lookup.TCPState) {
	enter := func(s lookup.TCPState) {
		m.state = s
		entered = append(entered, s)
	}
	if p.flags&flagRST != 0 {
		if m.state != lookup.TCPClosed && m.state != lookup.TCPListen {
			enter(lookup.TCPClosed)
		}
		return false, entered
	}
	if p.flags&flagSYN != 0 {
		again = m.started && p.Seq == m.iss
		if !again {
			m.iss, m.una, m.nxt, m.started, m.sendScale = p.Seq, p.Seq, p.Seq, true, p.scale
		}
	}
	end := p.Seq + p.span()
	if p.span() > 0 && m.started {
		again = again || !before(m.nxt, end)
		if before(m.nxt, end) {
			m.nxt = end
		}
	}
	switch {
	case p.flags&(flagSYN|flagACK) == flagSYN && m.state == lookup.TCPClosed:
		enter(lookup.TCPSynSent)
	case p.flags&(flagSYN|flagACK) == flagSYN|flagACK && (m.state == lookup.TCPListen || m.state == lookup.TCPClosed || m.state == lookup.TCPSynSent):
		enter(lookup.TCPSynReceived)
	}
	if p.flags&flagFIN != 0 && !m.finSent {
		m.finSent, m.fin = true, end
		switch m.state {
		case lookup.TCPEstablished, lookup.TCPSynReceived:
			enter(lookup.TCPFinWait1)
		case lookup.TCPCloseWait:
			// A FIN that does not acknowledge the peer's was on its way before the
			// stack had read that: both closed at once (RFC 9293 §3.6, figure 13).
			if m.hasFIN && before(p.Ack, m.peerFIN) {
				enter(lookup.TCPClosing)
			} else {
				enter(lookup.TCPLastAck)
			}
		}
	}
	return again, entered
}

// arrived takes a segment that reached this end.
func (m *machine) arrived(p *parsed) (entered []lookup.TCPState) {
	enter := func(s lookup.TCPState) {
		m.state = s
		entered = append(entered, s)
	}
	if p.flags&flagRST != 0 {
		switch m.state {
		case lookup.TCPClosed, lookup.TCPListen:
		case lookup.TCPSynSent: // §3.10.7.3: only one that acknowledges our SYN counts
			if p.flags&flagACK != 0 && p.Ack == m.nxt {
				enter(lookup.TCPClosed)
			}
		default:
			if p.Seq == m.rcv { // RFC 5961 §3.2: others are challenged
				enter(lookup.TCPClosed)
			}
		}
		return entered
	}
	if p.flags&flagSYN != 0 {
		if !m.heard {
			m.irs, m.rcv, m.heard, m.peerScale = p.Seq, p.Seq+1, true, p.scale
		}
	}
	if p.flags&flagACK != 0 && m.started && before(m.una, p.Ack) && !before(m.nxt, p.Ack) {
		m.una = p.Ack
	}
	ours := m.started && p.flags&flagACK != 0 && before(m.iss, p.Ack)
	switch {
	case m.state == lookup.TCPSynSent && p.flags&flagSYN != 0 && ours:
		enter(lookup.TCPEstablished)
	case m.state == lookup.TCPSynReceived && p.flags&flagSYN == 0 && ours:
		enter(lookup.TCPEstablished)
	}
	if m.finSent && p.flags&flagACK != 0 && !before(m.una, m.fin) {
		switch m.state {
		case lookup.TCPFinWait1:
			enter(lookup.TCPFinWait2)
		case lookup.TCPClosing:
			enter(lookup.TCPTimeWait)
		case lookup.TCPLastAck:
			enter(lookup.TCPClosed)
		}
	}
	m.take(p)
	if m.hasFIN && !m.finTaken && m.rcv == m.peerFIN {
		m.finTaken = true
		switch m.state {
		case lookup.TCPEstablished, lookup.TCPSynReceived:
			enter(lookup.TCPCloseWait)
		case lookup.TCPFinWait1:
			enter(lookup.TCPClosing)
		case lookup.TCPFinWait2:
			enter(lookup.TCPTimeWait)
		}
	}
	return entered
}

// take notes which octets have arrived, in whatever order.
func (m *machine) take(p *parsed) {
	if !m.heard || p.span() == 0 || p.flags&flagSYN != 0 {
		return
	}
	end := p.Seq + p.span()
	if p.flags&flagFIN != 0 {
		m.hasFIN, m.peerFIN = true, end
	}
	if len(m.later) < maxLater {
		m.later = append(m.later, octets{p.Seq, end})
	}
	for moved := true; moved; {
		moved = false
		kept := m.later[:0]
		for _, o := range m.later {
			switch {
			case !before(m.rcv, o.to): // all of it was here
			case before(m.rcv, o.from):
				kept = append(kept, o)
			default:
				m.rcv, moved = o.to, true
			}
		}
		m.later = kept
	}
}

// got is how many octets of the peer's stream have arrived in order.
func (m *machine) got() int64 {
	if !m.heard {
		return 0
	}
	n := int64(m.rcv - m.irs - 1)
	if m.finTaken {
		n--
	}
	return n
}

// out is how many octets of our stream went out, and how many of these the peer
// has acknowledged.
func (m *machine) out() (sent, acked int64) {
	count := func(to uint32) int64 {
		if !m.started || to == m.iss {
			return 0
		}
		n := int64(to - m.iss - 1)
		if m.finSent && !before(to, m.fin) {
			n--
		}
		return n
	}
	return count(m.nxt), count(m.una)
}
