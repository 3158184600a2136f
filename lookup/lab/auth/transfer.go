package auth

import (
	"encoding/binary"
	"net/netip"
	"strings"

	"github.com/miekg/dns"

	"rootwalk/lookup"
)

// Transfers says what a server does about copies of its zones. Its functions
// are called from several goroutines at once and must not block.
type Transfers struct {
	// Allow reports whether somebody may copy a zone (RFC 5936 section 5): the
	// zone's name is lower case with the final dot. Without it nobody may.
	Allow func(zone string, from netip.AddrPort) bool

	// Changes lists what changed in a zone from the version with that serial to
	// the present one, oldest first. It reports false where that is not known any
	// more; then a whole zone is sent (RFC 1995 section 4).
	Changes func(zone string, serial uint32) ([]Change, bool)

	// Notified takes a NOTIFY (RFC 1996) and returns the rcode of the response.
	// Without it the opcode is not implemented.
	Notified func(Notice) (rcode int)

	// MessageSize is how many octets of records a message of a transfer takes, 16
	// KiB if 0. A record that is larger has a message of its own.
	MessageSize int
}

// Change is one difference between two versions of a zone, SOA records apart.
type Change struct {
	From, To       *dns.SOA
	Deleted, Added []dns.RR
}

// Notice is a NOTIFY as it arrived.
type Notice struct {
	Zone     string         // lower case, with the final dot
	Serial   uint32         // of the SOA record that came along
	Told     bool           // whether one did: it is a hint, no more (RFC 1996 section 3.7)
	From, To netip.AddrPort // who sent it, and the server's address that it came to
	ID       uint16
	Message  []byte // the server's buffer again after the call
}

// SetTransfers exchanges what the server does about copies; nil is nothing:
// it refuses AXFR and IXFR and does not know NOTIFY.
func (s *Server) SetTransfers(t *Transfers) { s.transfers.Store(t) }

// SetDown switches the server off or on: one that is off says nothing over
// UDP and closes connections.
func (s *Server) SetDown(down bool) { s.down.Store(down) }

// Down reports whether the server is switched off.
func (s *Server) Down() bool { return s.down.Load() }

// special answers what Answer does not know and one message can say: a NOTIFY,
// and IXFR over UDP, to which the SOA alone says "come again over TCP" (RFC
// 1995 section 4). It is nil for everything else.
func (s *Server) special(msg []byte, from, to netip.AddrPort) []byte {
	t := s.transfers.Load()
	if t == nil || len(msg) < headerOctets {
		return nil
	}
	flags := binary.BigEndian.Uint16(msg[2:])
	if flags&(flagQR|opcodeMask) == dns.OpcodeNotify<<11 && t.Notified != nil {
		return s.notified(t, msg, from, to)
	}
	q, zone := s.transferable(t, msg, from)
	if zone == nil || q.Question[0].Qtype != dns.TypeIXFR {
		return nil
	}
	m := transferMessage(q, true)
	m.Answer = []dns.RR{zone.SOA()}
	b, err := m.Pack()
	if err != nil {
		return nil
	}
	return b
}

// notified answers a NOTIFY about one of the server's zones.
func (s *Server) notified(t *Transfers, msg []byte, from, to netip.AddrPort) []byte {
	q := new(dns.Msg)
	if q.Unpack(msg) != nil || len(q.Question) != 1 {
		return nil // Answer says that it is malformed or unknown
	}
	m := new(dns.Msg)
	m.SetReply(q)
	m.Authoritative = true
	n, err := presentationName(q.Question[0].Name)
	switch {
	case err != nil || q.Question[0].Qclass != dns.ClassINET || q.Question[0].Qtype != dns.TypeSOA:
		m.Rcode = dns.RcodeRefused
	case s.zone(n) == nil:
		m.Rcode, m.Authoritative = dns.RcodeNotAuth, false
	default:
		notice := Notice{Zone: n.String(), From: from, To: to, ID: q.Id, Message: msg}
		if len(q.Answer) > 0 {
			if soa, ok := q.Answer[0].(*dns.SOA); ok {
				notice.Serial, notice.Told = soa.Serial, true
			}
		}
		m.Rcode = t.Notified(notice)
	}
	b, err := m.Pack()
	if err != nil {
		return nil
	}
	return b
}

// zone is the zone of exactly that name, nil if the server has none.
func (s *Server) zone(n *name) *Zone {
	if z := s.catalog.Load().deepest(n, 0); z != nil && z.apex.name.equal(n) {
		return z
	}
	return nil
}

// transferable reads a message as a request for a copy, and finds the zone if
// it may be copied; else the zone is nil.
func (s *Server) transferable(t *Transfers, msg []byte, from netip.AddrPort) (*dns.Msg, *Zone) {
	q := new(dns.Msg)
	if t == nil || t.Allow == nil || q.Unpack(msg) != nil || q.Response || q.Opcode != dns.OpcodeQuery || len(q.Question) != 1 {
		return q, nil
	}
	if typ := q.Question[0].Qtype; typ != dns.TypeAXFR && typ != dns.TypeIXFR || q.Question[0].Qclass != dns.ClassINET {
		return q, nil
	}
	n, err := presentationName(q.Question[0].Name)
	if err != nil {
		return q, nil
	}
	z := s.zone(n)
	if z == nil || z.expired || !t.Allow(z.Origin(), from) {
		return q, nil
	}
	return q, z
}

// transferStream is the response to AXFR or IXFR over TCP: framed messages, in
// order (RFC 5936 section 2.2, RFC 1995 section 4). It is nil where the message
// is something else, or the asker may not have the zone: Answer says so.
func (s *Server) transferStream(msg []byte, from netip.AddrPort) [][]byte {
	t := s.transfers.Load()
	if t == nil || len(msg) < headerOctets {
		return nil
	}
	q, zone := s.transferable(t, msg, from)
	if zone == nil {
		return nil
	}
	records := zone.RRs()
	records = append(records, records[0]) // SOA … SOA
	if q.Question[0].Qtype == dns.TypeIXFR {
		if len(q.Ns) != 1 {
			return nil
		}
		have, ok := q.Ns[0].(*dns.SOA)
		if !ok || !strings.EqualFold(have.Hdr.Name, q.Question[0].Name) {
			return nil
		}
		if part, ok := increments(t, zone, have.Serial); ok {
			records = part
		}
	}
	return cutStream(q, records, t.MessageSize)
}

// increments are the records of an incremental transfer, false where the whole
// zone has to be sent.
func increments(t *Transfers, zone *Zone, have uint32) ([]dns.RR, bool) {
	soa := zone.SOA()
	if lookup.Serial(soa.Serial).Compare(lookup.Serial(have)) != lookup.SerialNewer {
		return []dns.RR{soa}, true // nothing newer here
	}
	if t.Changes == nil {
		return nil, false
	}
	changes, ok := t.Changes(zone.Origin(), have)
	if !ok || len(changes) == 0 || changes[len(changes)-1].To.Serial != soa.Serial {
		return nil, false
	}
	out := []dns.RR{soa}
	for _, c := range changes {
		out = append(append(out, c.From), c.Deleted...)
		out = append(append(out, c.To), c.Added...)
	}
	return append(out, soa), true
}

// cutStream puts records into messages of about size octets, each with its
// length before it.
func cutStream(q *dns.Msg, records []dns.RR, size int) [][]byte {
	if size <= 0 {
		size = 16 << 10
	}
	var out [][]byte
	for len(records) > 0 {
		n, octets := 0, 0
		for n < len(records) && (n == 0 || octets+dns.Len(records[n]) <= size) {
			octets += dns.Len(records[n])
			n++
		}
		m := transferMessage(q, len(out) == 0)
		m.Answer, records = records[:n], records[n:]
		b, err := m.Pack()
		if err != nil || len(b) > maxStream {
			return nil
		}
		out = append(out, append(binary.BigEndian.AppendUint16(make([]byte, 0, 2+len(b)), uint16(len(b))), b...))
	}
	return out
}

// transferMessage begins a message of a transfer. Only the first repeats the
// question (RFC 5936 section 2.2.1).
func transferMessage(q *dns.Msg, first bool) *dns.Msg {
	m := &dns.Msg{Compress: true}
	m.Id, m.Response, m.Authoritative = q.Id, true, true
	if first {
		m.Question = q.Question
		if q.IsEdns0() != nil {
			m.SetEdns0(maxUDPResponse, false)
		}
	}
	return m
}
