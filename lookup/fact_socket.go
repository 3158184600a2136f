package lookup

import "net/netip"

// Octets are bytes of the wire or of a program's memory, no DNS message. In
// JSON they are base64.
type Octets []byte

// Descriptor says which open file of which program a fact is about. Numbers of
// the lab are the lab's own, given as POSIX says: the lowest that is free.
type Descriptor struct {
	Host   string `json:"host"`   // where the program runs: "device", "web-1"
	Side   Side   `json:"side"`   // which end of the connection that is
	Socket int    `json:"socket"` // number of the socket in this trace, from 1; 0 where there is none
	FD     int    `json:"fd"`     // -1 while there is none
	Real   bool   `json:"real"`   // given by an operating system
}

// DescriptorOpened says that a program has one more open file.
type DescriptorOpened struct {
	Descriptor
	Of   string `json:"of"`   // "stdin", "stdout", "stderr", "file", "pipe", "udp", "tcp"
	Name string `json:"name"` // of a file: "/etc/hosts"; of a pipe: "read" or "write"
}

// DescriptorClosed says that the number is free again. What the kernel keeps
// of a connection may outlive it.
type DescriptorClosed struct {
	Descriptor
	Of string `json:"of"`
}

// CallMade says that a program entered the kernel. Until call.returned the
// program waits there.
type CallMade struct {
	Descriptor
	Call     string         `json:"call"`     // "socket", "bind", "listen", "accept", "connect", "write", "read", "recv" (of what is there, without waiting), "shutdown", "close", "abort"
	Protocol string         `json:"protocol"` // "tcp" or "udp"
	Family   string         `json:"family"`   // "AF_INET" or "AF_INET6"
	Addr     netip.AddrPort `json:"addr"`     // of bind and connect
	Size     int            `json:"size"`     // octets to write, room for octets to read, or the backlog
	Data     Octets         `json:"data"`     // what is written, as far as it is kept
}

// CallReturned says what a call came to.
type CallReturned struct {
	Descriptor
	Conn      int            `json:"conn"` // as of Packet; 0 before there is one, and for what nobody follows
	Of        int            `json:"of"`   // seq of call.made
	Call      string         `json:"call"`
	Result    int            `json:"result"`   // as in C: a descriptor, a number of octets, 0; -1 with an errno
	Errno     string         `json:"errno"`    // "ECONNREFUSED", "" for none
	Detail    string         `json:"detail"`   // an error that has no errno here
	Accepted  int            `json:"accepted"` // number of the new socket, of accept
	BlockedUs int64          `json:"blockedUs"`
	Local     netip.AddrPort `json:"local"`
	Remote    netip.AddrPort `json:"remote"`
	Data      Octets         `json:"data"` // what was read, as far as it is kept
}

// TCPOption is one option of a TCP header (RFC 9293 §3.1).
type TCPOption struct {
	Kind string `json:"kind"` // "mss", "wscale", "sackPermitted", "sack", "timestamps", or the number
	Text string `json:"text"` // its value: "1460", "3001-4001"
}

// Packet is what an IP packet carried, as it was on one link.
type Packet struct {
	Conn     int            `json:"conn"`     // number of the connection in this trace: from 1 for TCP, from 1001 for UDP sockets with a peer; 0 for what belongs to none
	Protocol string         `json:"protocol"` // "tcp", "udp" or "icmp"
	From     Side           `json:"from"`     // whose end it comes from; "" for a router
	Link     string         `json:"link"`
	Src      netip.AddrPort `json:"src"`
	Dst      netip.AddrPort `json:"dst"`
	TTL      int            `json:"ttl"` // or hop limit

	Seq     uint32      `json:"seq"`    // as on the wire
	Ack     uint32      `json:"ack"`    // 0 without the ACK flag
	RelSeq  int64       `json:"relSeq"` // from the sender's initial sequence number
	RelAck  int64       `json:"relAck"` // from the receiver's
	Flags   string      `json:"flags"`  // "SYN ACK"
	Window  int         `json:"window"` // field of the header
	Scaled  int         `json:"scaled"` // what it says in octets, after window scaling
	Options []TCPOption `json:"options"`
	Length  int         `json:"length"`  // octets of payload
	Payload Octets      `json:"payload"` // as far as it is kept
	Header  Octets      `json:"header"`  // IP and transport header
	Again   bool        `json:"again"`   // these octets were sent before: a retransmission
	Text    string      `json:"text"`    // of ICMP: "host unreachable"
}

// PacketSent says that a packet left its sender's network card.
type PacketSent struct{ Packet }

// PacketArrived says that it reached the link of who it is for.
type PacketArrived struct{ Packet }

// PacketLost says that it got lost, and where.
type PacketLost struct {
	Packet
	Fate string `json:"fate"` // "lost", "filtered", "link down", "queue full"
}

// StateEntered says that one end of a connection came to a state. It is
// derived from the packets that this end sent and received; StateCompared
// holds it against the stack.
type StateEntered struct {
	Conn   int      `json:"conn"`
	Host   string   `json:"host"`
	Side   Side     `json:"side"`
	From   TCPState `json:"from"`
	To     TCPState `json:"to"`
	Source string   `json:"source"` // "packets", "calls", "inferred", or who said so: "gvisor", "TCP_INFO"
	Cause  int      `json:"cause"`  // seq of the event that brought it about, -1 for none
}

// StateCompared says what the stack itself calls the state that was derived.
type StateCompared struct {
	Conn    int      `json:"conn"`
	Host    string   `json:"host"`
	Side    Side     `json:"side"`
	Derived TCPState `json:"derived"`
	Stack   TCPState `json:"stack"`
	Equal   bool     `json:"equal"`
	Source  string   `json:"source"` // "gvisor", "TCP_INFO"
}

// BuffersMeasured says what one end of a connection holds at an instant.
type BuffersMeasured struct {
	Conn     int    `json:"conn"`
	Host     string `json:"host"`
	Side     Side   `json:"side"`
	Written  int64  `json:"written"`  // octets that the program has handed to the kernel
	Sent     int64  `json:"sent"`     // of these on the wire, at least once
	Acked    int64  `json:"acked"`    // of these acknowledged by the peer
	Arrived  int64  `json:"arrived"`  // octets from the peer, in order
	Read     int64  `json:"read"`     // of these taken by the program
	Unread   int    `json:"unread"`   // in the receive queue as the stack counts it, -1 where it does not say
	Window   int    `json:"window"`   // last advertised to the peer, octets
	Cwnd     int    `json:"cwnd"`     // congestion window, segments
	Ssthresh int    `json:"ssthresh"` // slow start threshold, segments; 0 while there is none
	RTTUs    int64  `json:"rttUs"`    // smoothed
	RTOUs    int64  `json:"rtoUs"`
	Source   string `json:"source"` // of the stack's numbers
}

func (DescriptorOpened) fact() {}
func (DescriptorClosed) fact() {}
func (CallMade) fact()         {}
func (CallReturned) fact()     {}
func (PacketSent) fact()       {}
func (PacketArrived) fact()    {}
func (PacketLost) fact()       {}
func (StateEntered) fact()     {}
func (StateCompared) fact()    {}
func (BuffersMeasured) fact()  {}

func (DescriptorOpened) drawnByServer() {}
func (DescriptorClosed) drawnByServer() {}
func (CallMade) drawnByServer()         {}
func (CallReturned) drawnByServer()     {}
func (PacketSent) drawnByServer()       {}
func (PacketArrived) drawnByServer()    {}
func (PacketLost) drawnByServer()       {}
func (StateEntered) drawnByServer()     {}
func (StateCompared) drawnByServer()    {}
func (BuffersMeasured) drawnByServer()  {}

func (f CallMade) octets() int     { return len(f.Data) }
func (f CallReturned) octets() int { return len(f.Data) }
func (p Packet) octets() int       { return len(p.Payload) + len(p.Header) }
