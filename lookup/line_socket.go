package lookup

import (
	"net/netip"
	"strconv"
)

// The sentences of sockets and journeys. They are said by the server only.

// place is an address and a port in a sentence.
func place(a netip.AddrPort) string {
	if !a.IsValid() {
		return "-"
	}
	return a.String()
}

func (d Descriptor) number() string { return strconv.Itoa(d.FD) }

func (f DescriptorOpened) Line() Line {
	return line("descriptor.opened", "host", f.Host, "fd", f.number(), "of", f.Of, "name", f.Name)
}

func (f DescriptorClosed) Line() Line {
	return line("descriptor.closed", "host", f.Host, "fd", f.number(), "of", f.Of)
}

// Calls lists the calls that facts are about.
func Calls() []string {
	return []string{"socket", "bind", "listen", "accept", "connect", "write", "read", "recv", "shutdown", "close", "abort"}
}

func (f CallMade) Line() Line {
	return line("call.made."+f.Call, "host", f.Host, "fd", f.number(), "protocol", f.Protocol, "addr", place(f.Addr), "size", num(f.Size))
}

func (f CallReturned) Line() Line {
	key := "call.returned.done"
	switch {
	case f.Errno != "" || f.Result < 0:
		key = "call.returned.failed"
	case (f.Call == "read" || f.Call == "recv") && f.Result == 0:
		key = "call.returned.end"
	}
	errno := f.Errno
	if errno == "" {
		errno = f.Detail
	}
	return line(key, "host", f.Host, "fd", f.number(), "call", f.Call, "result", num(f.Result), "errno", errno, "blocked", num(f.BlockedUs), "local", place(f.Local), "remote", place(f.Remote))
}

// what a packet is in a sentence: "SYN ACK", "UDP", "ICMP host unreachable".
func (p Packet) what() string {
	switch p.Protocol {
	case "tcp":
		return p.Flags
	case "udp":
		return "UDP"
	}
	return "ICMP " + p.Text
}

func (p Packet) line(key string, more ...string) Line {
	return line(key, append([]string{"from", place(p.Src), "to", place(p.Dst), "what", p.what(), "seq", strconv.FormatInt(p.RelSeq, 10), "ack", strconv.FormatInt(p.RelAck, 10), "length", num(p.Length), "link", p.Link}, more...)...)
}

func (f PacketSent) Line() Line {
	if f.Again {
		return f.line("packet.sent.again")
	}
	return f.line("packet.sent")
}

func (f PacketArrived) Line() Line { return f.line("packet.arrived") }

func (f PacketLost) Line() Line { return f.line("packet.lost", "fate", f.Fate) }

func (f StateEntered) Line() Line {
	return line("state.entered", "host", f.Host, "from", string(f.From), "to", string(f.To), "source", f.Source)
}

func (f StateCompared) Line() Line {
	key := "state.compared.different"
	if f.Equal {
		key = "state.compared.equal"
	}
	return line(key, "host", f.Host, "derived", string(f.Derived), "stack", string(f.Stack), "source", f.Source)
}

func (f BuffersMeasured) Line() Line {
	return line("buffers.measured", "host", f.Host, "waiting", num(f.Written-f.Acked), "unread", num(f.Arrived-f.Read), "window", num(f.Window), "cwnd", num(f.Cwnd))
}

func (f JourneyStarted) Line() Line {
	return line("journey.started", "url", shown(f.URL), "scheme", f.Scheme, "host", f.Host, "port", num(f.Port), "path", shown(f.Path))
}

func (f LegStarted) Line() Line {
	return line("leg.started."+string(f.Leg), "addr", place(f.Addr))
}

func (f LegFinished) Line() Line {
	return f.Stop.line("leg.finished."+f.Outcome, "leg", string(f.Leg), "detail", shown(f.Detail), "elapsed", num(f.ElapsedUs))
}

func (f JourneyFinished) Line() Line {
	return line("journey.finished."+f.Outcome, "leg", string(f.Last), "elapsed", num(f.ElapsedUs))
}

// socketKeys lists the keys of these sentences.
func socketKeys() []string {
	keys := []string{"descriptor.opened", "descriptor.closed", "call.returned.done", "call.returned.failed", "call.returned.end",
		"packet.sent", "packet.sent.again", "packet.arrived", "packet.lost", "state.entered", "state.compared.equal", "state.compared.different", "buffers.measured",
		"journey.started", "journey.finished.done", "journey.finished.failed", "leg.finished.done", "leg.finished.failed", "leg.finished.unneeded"}
	for _, c := range Calls() {
		keys = append(keys, "call.made."+c)
	}
	for _, l := range Legs() {
		keys = append(keys, "leg.started."+string(l))
	}
	return keys
}
