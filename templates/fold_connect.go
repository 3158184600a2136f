package templates

import (
	"strconv"
	"strings"

	"rootwalk/lookup"
)

// ConnectView is what a trace tells about sockets: a table of rows with time
// going down, and what stood in every table at one of them.
type ConnectView struct {
	Rows []ConnectRow
	At   int // number of the row on show, from 1

	Client, Server ConnectEnd
	Conns          []ConnectConn
	Equal, Unequal int // states that the stack called the same, and another
	Losses         int
	Repeats        int
	Points         []ConnectPoint // congestion window of the client
	Real           bool           // descriptors are the operating system's
	Stops          []lookup.Line  // what kept the journey from going on
}

// ConnectRow is one line: something that a program did, or a packet.
type ConnectRow struct {
	N    int
	Seq  int
	AtUs int64
	// Kind is "call", "return", "packet", "icmp", or "state" for nothing but that.
	Kind string
	Side lookup.Side // whose call; where a packet comes from
	Text string      // of a program: "connect(6, 203.0.113.10:8080)"
	Note string      // what came of it: "= 0"
	Bad  bool

	Way    string // of a packet: "right" or "left"
	Tag    string // "SYN", "ACK", "40 octets"
	Lost   string // how it got lost, "" for not
	Again  bool
	Packet lookup.Packet
	Data   lookup.Octets

	ClientState, ServerState lookup.TCPState // entered here, "" for none
}

// state is the state that a side entered here.
func (r ConnectRow) state(side lookup.Side) lookup.TCPState {
	if side == lookup.SideClient {
		return r.ClientState
	}
	return r.ServerState
}

// ConnectEnd is one program with its descriptors.
type ConnectEnd struct {
	Host string
	FDs  []ConnectFD
	Busy string // the call that it waits in
}

// ConnectFD is a row of a descriptor table.
type ConnectFD struct {
	FD            int
	Of, Name      string
	Local, Remote string
	Socket        int
	Listening     bool
	Conn          int
}

// ConnectConn is a connection with both its ends.
type ConnectConn struct {
	N              int
	Client, Server string
	Protocol       string
	States         map[lookup.Side]lookup.TCPState
	Buffers        map[lookup.Side]lookup.BuffersMeasured
}

// ConnectPoint is a measurement for the plot.
type ConnectPoint struct {
	AtUs  int64
	Cwnd  int
	Again bool
}

// FoldConnect folds what a trace tells about sockets; nil where it tells
// nothing. at is the row whose moment is shown, 0 or too large for the last.
func FoldConnect(events []lookup.Event, at int) *ConnectView {
	f := connectFolder{open: map[int]int{}, flying: map[string][]int{}, cause: map[int]int{}}
	for _, e := range events {
		f.row(e)
	}
	if len(f.rows) == 0 {
		return nil
	}
	v := &ConnectView{Rows: f.rows, At: at, Stops: stopsOf(events)}
	if at < 1 || at > len(f.rows) {
		v.At = len(f.rows)
	}
	until := len(events)
	if v.At < len(f.rows) {
		until = f.rows[v.At].Seq
	}
	t := connectTables{v: v, peers: map[int][2]string{}}
	for _, e := range events {
		if e.Seq < until {
			t.event(e)
		}
	}
	return v
}

// connectFolder makes the rows.
type connectFolder struct {
	rows   []ConnectRow
	open   map[int]int      // row by the seq of a call that has not returned
	flying map[string][]int // rows of packets under way
	cause  map[int]int      // row by the seq of a packet
}

func (f *connectFolder) add(e lookup.Event, r ConnectRow) int {
	r.N, r.Seq, r.AtUs = len(f.rows)+1, e.Seq, e.At.Microseconds()
	f.rows = append(f.rows, r)
	return len(f.rows) - 1
}

func packetKey(p lookup.Packet) string {
	return strconv.Itoa(p.Conn) + " " + string(p.From) + " " + strconv.FormatUint(uint64(p.Seq), 10) + " " + strconv.FormatUint(uint64(p.Ack), 10) + " " + p.Flags + " " + strconv.Itoa(p.Length)
}

func (f *connectFolder) row(e lookup.Event) {
	switch x := e.Fact.(type) {
	case lookup.CallMade:
		f.open[e.Seq] = f.add(e, ConnectRow{Kind: "call", Side: x.Side, Text: callText(x), Data: x.Data})
	case lookup.CallReturned:
		f.returned(e, x)
	case lookup.PacketSent:
		i := f.add(e, packetRow("packet", x.Packet))
		f.rows[i].Again = x.Again
		f.flying[packetKey(x.Packet)] = append(f.flying[packetKey(x.Packet)], i)
		f.cause[e.Seq] = i
	case lookup.PacketArrived:
		if i, ok := f.landed(x.Packet); ok {
			f.cause[e.Seq] = i
			return
		}
		kind := "packet"
		if x.Protocol == "icmp" {
			kind = "icmp"
		}
		f.cause[e.Seq] = f.add(e, packetRow(kind, x.Packet))
	case lookup.PacketLost:
		if i, ok := f.landed(x.Packet); ok {
			f.rows[i].Lost, f.rows[i].Packet.Link = x.Fate, x.Link
			return
		}
		i := f.add(e, packetRow("packet", x.Packet))
		f.rows[i].Lost = x.Fate
	case lookup.StateEntered:
		i, ok := f.cause[x.Cause]
		if !ok || x.Cause < 0 {
			if i = len(f.rows) - 1; i < 0 {
				return
			}
		}
		for j := i; j < len(f.rows); j++ {
			if f.rows[j].state(x.Side) != "" { // packets crossed: this came after that
				i = f.add(e, ConnectRow{Kind: "state", Side: x.Side})
				break
			}
		}
		if x.Side == lookup.SideClient {
			f.rows[i].ClientState = x.To
		} else {
			f.rows[i].ServerState = x.To
		}
	}
}

func (f *connectFolder) landed(p lookup.Packet) (int, bool) {
	key := packetKey(p)
	rows := f.flying[key]
	if len(rows) == 0 {
		return 0, false
	}
	f.flying[key] = rows[1:]
	return rows[0], true
}

func (f *connectFolder) returned(e lookup.Event, x lookup.CallReturned) {
	note, bad := returnText(x)
	i, ok := f.open[x.Of]
	delete(f.open, x.Of)
	if ok && i == len(f.rows)-1 { // nothing happened meanwhile
		f.rows[i].Note, f.rows[i].Bad = note, bad
		if len(x.Data) > 0 {
			f.rows[i].Data = x.Data
		}
		return
	}
	text := x.Call + "(" + fdText(x.FD) + ")"
	f.add(e, ConnectRow{Kind: "return", Side: x.Side, Text: text, Note: note, Bad: bad, Data: x.Data})
}

func fdText(fd int) string {
	if fd < 0 {
		return ""
	}
	return strconv.Itoa(fd)
}

// callText is a call as C has it.
func callText(f lookup.CallMade) string {
	fd := fdText(f.FD)
	switch f.Call {
	case "socket":
		kind := "SOCK_STREAM"
		if f.Protocol == "udp" {
			kind = "SOCK_DGRAM"
		}
		return "socket(" + f.Family + ", " + kind + ")"
	case "bind", "connect":
		return f.Call + "(" + fd + ", " + f.Addr.String() + ")"
	case "listen":
		return "listen(" + fd + ", " + strconv.Itoa(f.Size) + ")"
	case "write":
		return "write(" + fd + ", " + quoted(f.Data, 18) + ", " + strconv.Itoa(f.Size) + ")"
	case "read":
		return "read(" + fd + ", …, " + strconv.Itoa(f.Size) + ")"
	case "recv":
		return "recv(" + fd + ", …, " + strconv.Itoa(f.Size) + ", MSG_DONTWAIT)"
	case "shutdown":
		return "shutdown(" + fd + ", SHUT_WR)"
	case "abort":
		return "close(" + fd + ") SO_LINGER 0"
	}
	return f.Call + "(" + fd + ")"
}

// returnText is a result as C has it.
func returnText(f lookup.CallReturned) (string, bool) {
	switch {
	case f.Errno != "":
		return "= −1 " + f.Errno, true
	case f.Result < 0:
		return "= −1", true
	case (f.Call == "read" || f.Call == "recv") && f.Result > 0:
		return "= " + strconv.Itoa(f.Result) + " " + quoted(f.Data, 18), false
	}
	return "= " + strconv.Itoa(f.Result), false
}

// quoted is the beginning of some octets as a string of C.
func quoted(b lookup.Octets, max int) string {
	cut := len(b) > max
	if cut {
		b = b[:max]
	}
	var out strings.Builder
	out.WriteByte('"')
	for _, c := range string(b) {
		switch {
		case c == '\r':
			out.WriteString(`\r`)
		case c == '\n':
			out.WriteString(`\n`)
		case c == '"' || c == '\\':
			out.WriteRune('\\')
			out.WriteRune(c)
		case c < 32 || c == 127 || c == 0xfffd:
			out.WriteRune('·')
		default:
			out.WriteRune(c)
		}
	}
	out.WriteByte('"')
	if cut {
		out.WriteString("…")
	}
	return lookup.Printable(out.String())
}

func packetRow(kind string, p lookup.Packet) ConnectRow {
	r := ConnectRow{Kind: kind, Side: p.From, Packet: p, Way: "right", Data: p.Payload}
	if p.From != lookup.SideClient {
		r.Way = "left" // from the server, or a router's error to the client
	}
	switch {
	case p.Protocol == "udp":
		r.Tag = "UDP"
	case p.Protocol == "icmp":
		r.Tag = "ICMP " + p.Text
	default:
		r.Tag = p.Flags
	}
	return r
}

// numbers are a packet's sequence numbers, as they stand under its arrow.
func (r ConnectRow) numbers() string {
	if r.Packet.Protocol != "tcp" {
		if r.Packet.Length > 0 {
			return strconv.Itoa(r.Packet.Length)
		}
		return ""
	}
	out := "seq " + strconv.FormatInt(r.Packet.RelSeq, 10)
	if strings.Contains(r.Packet.Flags, "ACK") {
		out += " ack " + strconv.FormatInt(r.Packet.RelAck, 10)
	}
	if r.Packet.Length > 0 {
		out += " len " + strconv.Itoa(r.Packet.Length)
	}
	return out + " win " + strconv.Itoa(r.Packet.Scaled)
}

// connectTables are what stands in the tables at a moment.
type connectTables struct {
	v     *ConnectView
	peers map[int][2]string // addresses of accepted sockets, by number

	// Where no packets are seen a connection has its addresses from the call that
	// made it: dialing is that call's peer, dialed its number.
	dialing string
	dialed  int
}

func (t *connectTables) end(side lookup.Side) *ConnectEnd {
	if side == lookup.SideServer {
		return &t.v.Server
	}
	return &t.v.Client
}

func (t *connectTables) conn(n int) *ConnectConn {
	for i := range t.v.Conns {
		if t.v.Conns[i].N == n {
			return &t.v.Conns[i]
		}
	}
	t.v.Conns = append(t.v.Conns, ConnectConn{N: n, States: map[lookup.Side]lookup.TCPState{}, Buffers: map[lookup.Side]lookup.BuffersMeasured{}})
	return &t.v.Conns[len(t.v.Conns)-1]
}

func (t *connectTables) event(e lookup.Event) {
	switch x := e.Fact.(type) {
	case lookup.DescriptorOpened:
		end := t.end(x.Side)
		end.Host = x.Host
		t.v.Real = t.v.Real || x.Real
		end.FDs = append(end.FDs, ConnectFD{FD: x.FD, Of: x.Of, Name: x.Name, Socket: x.Socket, Listening: x.Name == "listening", Local: t.peers[x.Socket][0], Remote: t.peers[x.Socket][1]})
	case lookup.DescriptorClosed:
		end := t.end(x.Side)
		for i, d := range end.FDs {
			if d.FD == x.FD {
				end.FDs = append(end.FDs[:i:i], end.FDs[i+1:]...)
				break
			}
		}
	case lookup.CallMade:
		t.end(x.Side).Busy = callText(x)
		if x.Call == "connect" && x.Real && x.Protocol == "tcp" {
			t.dialing = x.Addr.String()
		}
	case lookup.CallReturned:
		end := t.end(x.Side)
		end.Busy = ""
		if x.Call == "connect" && t.dialed != 0 {
			if x.Local.IsValid() {
				t.conn(t.dialed).Client = x.Local.String()
			}
			t.dialed = 0
		}
		if x.Accepted != 0 {
			t.peers[x.Accepted] = [2]string{x.Local.String(), x.Remote.String()}
			return
		}
		for i := range end.FDs {
			d := &end.FDs[i]
			mine := d.Socket != 0 && d.Socket == x.Socket
			if mine && x.Local.IsValid() {
				d.Local = x.Local.String()
			}
			if mine && x.Remote.IsValid() {
				d.Remote = x.Remote.String()
			}
			if mine && x.Call == "listen" && x.Errno == "" {
				d.Listening = true
			}
		}
	case lookup.PacketSent:
		c := t.conn(x.Conn)
		if c.Protocol == "" {
			c.Protocol, c.Client, c.Server = x.Protocol, x.Src.String(), x.Dst.String()
			if x.From == lookup.SideServer {
				c.Client, c.Server = c.Server, c.Client
			}
		}
		if x.Again {
			t.v.Repeats++
			t.v.Points = append(t.v.Points, ConnectPoint{AtUs: e.At.Microseconds(), Again: true})
		}
	case lookup.PacketLost:
		t.v.Losses++
	case lookup.StateEntered:
		c := t.conn(x.Conn)
		c.States[x.Side] = x.To
		if c.Protocol == "" && t.dialing != "" {
			c.Protocol, c.Server, t.dialed, t.dialing = "tcp", t.dialing, x.Conn, ""
		}
	case lookup.StateCompared:
		if x.Equal {
			t.v.Equal++
		} else {
			t.v.Unequal++
		}
	case lookup.BuffersMeasured:
		c := t.conn(x.Conn)
		c.Buffers[x.Side] = x
		if x.Side == lookup.SideClient && x.Cwnd > 0 {
			t.v.Points = append(t.v.Points, ConnectPoint{AtUs: e.At.Microseconds(), Cwnd: x.Cwnd})
		}
	}
}
