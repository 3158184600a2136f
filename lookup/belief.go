package lookup

import (
	"bytes"
	"slices"
	"strings"
)

// Belief is something about connections that many people believe and that a run
// refutes. Its number is that of the list of misconceptions.
type Belief struct {
	Key   string // "M22"
	Sheet string // where a run that refutes it is begun: "connect", "encrypt", "request"
	// Script is what two programs do then, and URL where a journey goes: one of
	// them is given.
	Script, URL string
	refute      func(t *told) (pairs []string, ok bool)
}

// Beliefs are all of them, in the order of the sheets.
func Beliefs() []Belief {
	const page = "https://www.example.co.kr/"
	return []Belief{
		{Key: "M22", Sheet: "connect", Script: "connectOnly", refute: connectCarriesNothing},
		{Key: "M23", Sheet: "connect", Script: "five", refute: onePortForMany},
		{Key: "M24", Sheet: "connect", Script: "cut", refute: writeIsNoReceipt},
		{Key: "M25", Sheet: "connect", Script: "stream", refute: noBorders},
		{Key: "M26", Sheet: "connect", Script: "three", refute: endIsNotNothing},
		{Key: "M27", Sheet: "connect", Script: "timeWait", refute: closeIsNotTheEnd},
		{Key: "M28", Sheet: "connect", Script: "serverFirst", refute: firstToCloseWaits},
		{Key: "M29", Sheet: "connect", Script: "five", refute: numbersStayAtHome},
		{Key: "M31", Sheet: "encrypt", URL: page, refute: noSecretIsSent},
		{Key: "M32name", Sheet: "encrypt", URL: page, refute: nameIsReadable},
		{Key: "M32first", Sheet: "request", URL: "http://www.example.co.kr/secure", refute: firstVisitIsPlain},
	}
}

// Refutation is what one trace says against a belief.
type Refutation struct {
	Key   string   // of the belief
	Seen  string   // what the trace has, of RefutationKeys: a key of words
	Pairs []string // for the blanks of its words
}

// RefutationKeys are the keys of what a trace can have against a belief.
func RefutationKeys() []string {
	var out []string
	for _, b := range Beliefs() {
		if b.Key == "M28" {
			out = append(out, b.Key+".seen."+string(SideClient), b.Key+".seen."+string(SideServer))
			continue
		}
		out = append(out, b.Key+".seen")
	}
	return out
}

// Refutations are the beliefs that the facts of a trace refute.
func Refutations(events []Event) []Refutation {
	t := &told{events: events}
	var out []Refutation
	for _, b := range Beliefs() {
		pairs, ok := b.refute(t)
		if !ok {
			continue
		}
		r := Refutation{Key: b.Key, Seen: b.Key + ".seen", Pairs: pairs}
		if b.Key == "M28" { // the pair names the side
			r.Seen += "." + pairs[1]
		}
		out = append(out, r)
	}
	return out
}

// told is a trace, as those ask about it.
type told struct{ events []Event }

// M22: between connect() and the client's first write, packets cross, and none of
// them carries an octet of data.
func connectCarriesNothing(t *told) ([]string, bool) {
	packets, connected, number, socket := 0, false, 0, 0
	for _, e := range t.events {
		switch f := e.Fact.(type) {
		case PacketSent:
			if f.Protocol != "tcp" || number != 0 && f.Conn != number {
				continue
			}
			if f.Flags == "SYN" && number == 0 {
				number = f.Conn
			}
			if f.Length > 0 {
				return nil, false
			}
			packets++
		case CallReturned:
			if f.Side == SideClient && f.Call == "connect" && f.Errno == "" && !connected && number != 0 {
				connected, socket = true, f.Socket
			}
		case CallMade:
			if f.Side == SideClient && f.Call == "write" && f.Socket == socket && connected {
				return []string{"packets", num(packets)}, packets >= 2
			}
		}
	}
	return nil, false
}

// M23: several accepted sockets have the same local port, each another peer.
func onePortForMany(t *told) ([]string, bool) {
	peers := map[uint16]map[string]bool{}
	for _, e := range t.events {
		if f, ok := e.Fact.(CallReturned); ok && f.Call == "accept" && f.Accepted != 0 {
			port := f.Local.Port()
			if peers[port] == nil {
				peers[port] = map[string]bool{}
			}
			peers[port][f.Remote.String()] = true
		}
	}
	for port, all := range peers {
		if len(all) > 1 {
			return []string{"n", num(len(all)), "port", num(port)}, true
		}
	}
	return nil, false
}

// M24: write() returned, and what it was given had got lost on the way.
func writeIsNoReceipt(t *told) ([]string, bool) {
	for _, e := range t.events {
		w, ok := e.Fact.(CallReturned)
		if !ok || w.Call != "write" || w.Result <= 0 {
			continue
		}
		lost := 0
	after:
		for _, l := range t.events[e.Seq-t.events[0].Seq:] {
			switch f := l.Fact.(type) {
			case PacketLost:
				if f.From == w.Side && f.Length > 0 {
					lost++
				}
			case PacketArrived:
				if f.From == w.Side && f.Length > 0 {
					break after
				}
			}
		}
		// Nothing of it may have arrived before the call returned.
		if lost > 0 && !t.arrived(w.Side, w.Of, e.Seq) {
			return []string{"size", num(w.Result), "lost", num(lost)}, true
		}
	}
	return nil, false
}

func (t *told) arrived(from Side, since, until int) bool {
	for _, e := range t.events {
		if p, ok := e.Fact.(PacketArrived); ok && p.From == from && p.Length > 0 && e.Seq >= since && e.Seq < until {
			return true
		}
	}
	return false
}

// M25: the borders of reads are not those of writes.
func noBorders(t *told) ([]string, bool) {
	writes, reads := map[int]bool{}, map[int]bool{}
	written, read, w, r := 0, 0, 0, 0
	for _, e := range t.events {
		f, ok := e.Fact.(CallReturned)
		switch {
		case !ok || f.Result <= 0:
		case f.Side == SideClient && f.Call == "write":
			written += f.Result
			writes[written] = true
			w++
		case f.Side == SideServer && f.Call == "read":
			read += f.Result
			reads[read] = true
			r++
		}
	}
	differ := false
	for at := range reads {
		differ = differ || !writes[at]
	}
	return []string{"writes", num(w), "reads", num(r), "size", num(read)}, differ && w > 1 && read == written
}

// M26: on one socket nothing was there, then something, then the end; a reset is a
// third thing.
func endIsNotNothing(t *told) ([]string, bool) {
	type state struct{ none, some, end bool }
	sockets := map[[2]any]state{}
	found, reset := false, false
	for _, e := range t.events {
		f, ok := e.Fact.(CallReturned)
		if !ok || f.Call != "read" && f.Call != "recv" {
			continue
		}
		key := [2]any{f.Side, f.Socket}
		s := sockets[key]
		switch {
		case f.Errno == "EAGAIN":
			s.none = true
		case f.Errno == "ECONNRESET":
			reset = true
		case f.Result > 0:
			s.some = s.none
		case f.Result == 0 && f.Errno == "":
			s.end = s.some
		}
		sockets[key] = s
		found = found || s.end
	}
	return nil, found && reset
}

// M27: the descriptor is gone, the connection is in TIME-WAIT, and its port is
// taken.
func closeIsNotTheEnd(t *told) ([]string, bool) {
	closed, waits, wanted := map[Side]bool{}, map[Side]bool{}, map[int]string{}
	for _, e := range t.events {
		switch f := e.Fact.(type) {
		case CallMade:
			wanted[e.Seq] = place(f.Addr)
		case DescriptorClosed:
			closed[f.Side] = closed[f.Side] || f.Of == "tcp"
		case StateEntered:
			waits[f.Side] = waits[f.Side] || closed[f.Side] && f.To == TCPTimeWait
		case CallReturned:
			if f.Call == "bind" && f.Errno == "EADDRINUSE" && waits[f.Side] {
				return []string{"local", wanted[f.Of]}, true
			}
		}
	}
	return nil, false
}

// M28: of the two ends the one whose FIN went first waits.
func firstToCloseWaits(t *told) ([]string, bool) {
	first, conn := Side(""), 0
	waits := map[Side]bool{}
	for _, e := range t.events {
		switch f := e.Fact.(type) {
		case PacketSent:
			if first == "" && slices.Contains(strings.Fields(f.Flags), "FIN") {
				first, conn = f.From, f.Conn
			}
		case StateEntered:
			if f.To == TCPTimeWait && (conn == 0 || f.Conn == conn) {
				waits[f.Side] = true
			}
		}
	}
	return []string{"side", string(first)}, first != "" && waits[first] && !waits[first.Other()]
}

// M29: the first packets of two connections, made on descriptors of different
// numbers, differ in nothing but port, sequence number, time stamp, the
// datagram's identification and the checksums.
func numbersStayAtHome(t *told) ([]string, bool) {
	type first struct {
		fd   int
		head []byte
	}
	var all []first
	fds := map[uint16]int{} // by local port
	for _, e := range t.events {
		if f, ok := e.Fact.(CallReturned); ok && f.Call == "connect" && f.Side == SideClient && f.Errno == "" {
			fds[f.Local.Port()] = f.FD
		}
	}
	for _, e := range t.events {
		f, ok := e.Fact.(PacketSent)
		if !ok || f.Flags != "SYN" || f.Again || f.From != SideClient {
			continue
		}
		fd, known := fds[f.Src.Port()]
		head := withoutNumbers(f.Header)
		if !known || head == nil {
			continue
		}
		all = append(all, first{fd, head})
	}
	for i, a := range all {
		if !bytes.Equal(a.head, all[0].head) {
			return nil, false
		}
		if i > 0 && a.fd == all[i-1].fd {
			return nil, false
		}
	}
	if len(all) < 2 {
		return nil, false
	}
	return []string{"n", num(len(all)), "from", num(all[0].fd), "to", num(all[len(all)-1].fd), "size", num(len(all[0].head))}, true
}

// withoutNumbers is an IPv4 and TCP header with what has to differ from one
// connection to the next set to zero; nil where it is none.
func withoutNumbers(header []byte) []byte {
	if len(header) < 20 || header[0]>>4 != 4 || header[9] != 6 {
		return nil
	}
	h := bytes.Clone(header)
	ip := int(h[0]&15) * 4
	if ip < 20 || len(h) < ip+20 {
		return nil
	}
	clear(h[4:6])   // identification
	clear(h[10:12]) // checksum
	tcp := h[ip:]
	clear(tcp[0:2])   // source port
	clear(tcp[4:12])  // sequence and acknowledgment number
	clear(tcp[16:18]) // checksum
	for o := tcp[20:]; len(o) > 0 && o[0] != 0; {
		if o[0] == 1 {
			o = o[1:]
			continue
		}
		if len(o) < 2 || o[1] < 2 || int(o[1]) > len(o) {
			return nil
		}
		if o[0] == 8 { // time stamps
			clear(o[2:o[1]])
		}
		o = o[o[1]:]
	}
	return h
}

// minSecret is the shortest value that is looked for: shorter ones are found
// anywhere.
const minSecret = 12

// M31: none of the secrets and keys of the connection is anywhere in what crossed,
// neither in packets nor in records; the certificate was used for a signature.
func noSecretIsSent(t *told) ([]string, bool) {
	var secrets [][]byte
	signed := false
	for _, e := range t.events {
		switch f := e.Fact.(type) {
		case SecretDerived:
			for _, v := range []Octets{f.Value, f.Key} {
				if len(v) >= minSecret {
					secrets = append(secrets, v)
				}
			}
		case CertificateChecked:
			signed = signed || f.Check == "possession" && f.Passed
		}
	}
	searched := 0
	for _, e := range t.events {
		var crossed []Octets
		switch f := e.Fact.(type) {
		case PacketSent:
			crossed = []Octets{f.Payload}
		case FragmentExchanged:
			crossed = []Octets{f.Record}
		case HandshakeExchanged:
			crossed = []Octets{f.Message} // also after it has been decrypted
		}
		for _, c := range crossed {
			searched += len(c)
			for _, s := range secrets {
				if bytes.Contains(c, s) {
					return nil, false
				}
			}
		}
	}
	return []string{"secrets", num(len(secrets)), "octets", num(searched)}, len(secrets) > 0 && searched > 0 && signed
}

// M32: the name of the site stands in the client's first message, for everybody
// to read.
func nameIsReadable(t *told) ([]string, bool) {
	name := ""
	for _, e := range t.events {
		switch f := e.Fact.(type) {
		case HandshakeStarted:
			name = f.ServerName
		case FragmentExchanged:
			if at := bytes.Index(f.Record, []byte(name)); name != "" && f.Epoch == "plain" && f.From == SideClient && at >= 0 {
				return []string{"name", shown(name), "at", num(at)}, true
			}
		}
	}
	return nil, false
}

// M32: the first visit to a host that has HSTS goes over http, request and all.
func firstVisitIsPlain(t *told) ([]string, bool) {
	plain := map[string]string{} // by host
	for _, e := range t.events {
		switch f := e.Fact.(type) {
		case HstsConsulted:
			if !f.Upgraded {
				plain[string(f.Host)] = f.URL
			}
		case HstsStored:
			if url := plain[string(f.Host)]; url != "" && t.requested(url) {
				return []string{"url", shown(url), "host", f.Host.Short()}, true
			}
		}
	}
	return nil, false
}

func (t *told) requested(url string) bool {
	for _, e := range t.events {
		if f, ok := e.Fact.(RequestSent); ok && f.URL == url {
			return true
		}
	}
	return false
}
