package hosting

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/lab/auth"
	"rootwalk/lookup/message"
)

// Bounds of what a secondary takes from its primary.
const (
	askTries            = 2
	askWait             = 700 * time.Millisecond // for a response over UDP
	connectWait         = 1500 * time.Millisecond
	streamWait          = 10 * time.Second // for a whole transfer
	maxTransferOctets   = 8 << 20
	maxTransferMessages = 20_000
	maxReportedRecords  = 200 // of one message, in a fact
)

// wait is a waiting time on links as slow as these.
func (o *Operator) wait(d time.Duration) time.Duration {
	return time.Duration(float64(d) * o.cfg.Slow)
}

// newID is a query id that nobody guesses (RFC 5452 section 9.2).
func newID() uint16 {
	var b [2]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	return binary.BigEndian.Uint16(b[:])
}

// exchange sends one message over UDP from a server's address to another's and
// waits for the response with its id and question. sent is told the port that it
// leaves from, before it does.
func (o *Operator) exchange(from, to *site, m *dns.Msg, sent func(from netip.AddrPort, wire []byte)) (response *dns.Msg, wire []byte, err error) {
	out, err := m.Pack()
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(o.ctx, o.wait(askWait))
	defer cancel()
	conn, err := from.Host.DialFrom(ctx, "udp", netip.AddrPortFrom(from.Addrs[0], 0), o.server(to).Addr.String())
	if err != nil {
		return nil, nil, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.SetReadDeadline(time.Unix(1, 0)) })()
	sent(portOf(conn), out)
	if _, err := conn.Write(out); err != nil {
		return nil, nil, err
	}
	in := make([]byte, 65535)
	for {
		n, err := conn.Read(in)
		if err != nil {
			return nil, nil, err
		}
		r := new(dns.Msg)
		if r.Unpack(in[:n]) == nil && r.Response && r.Id == m.Id && r.Opcode == m.Opcode &&
			(len(r.Question) == 0 || r.Question[0].Qtype == m.Question[0].Qtype && strings.EqualFold(r.Question[0].Name, m.Question[0].Name)) {
			return r, slices.Clone(in[:n]), nil
		}
	}
}

func portOf(conn net.Conn) netip.AddrPort {
	if a, ok := conn.LocalAddr().(interface{ AddrPort() netip.AddrPort }); ok {
		ap := a.AddrPort()
		return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
	}
	return netip.AddrPort{}
}

// transferError says why no zone came of a transfer.
type transferError struct {
	refused bool
	reason  string // as TransferFailed has it
}

func (e *transferError) Error() string {
	if e.refused {
		return "hosting: the transfer was refused"
	}
	return "hosting: the transfer failed: " + e.reason
}

// fetched is what a transfer brought: a whole zone, or the changes from the own
// version to it; neither if there is nothing newer.
type fetched struct {
	records []dns.RR
	changes []auth.Change
}

// stream asks for a copy over TCP and reads the messages of the response.
type stream struct {
	o       *Operator
	step    lookup.Step
	zone    lookup.Name
	client  string
	server  lookup.Server
	typ     uint16
	have    *dns.SOA // IXFR
	records []dns.RR
}

// fetch asks a server for a zone from one of the client's addresses.
func (s *stream) fetch(host Host, local netip.AddrPort) (fetched, error) {
	var conn net.Conn
	fail := func(reason string) (fetched, error) {
		s.step.Report(lookup.TransferFailed{Zone: s.zone, Client: s.client, Server: s.server, Type: lookup.Type(s.typ), Reason: reason})
		return fetched{}, &transferError{reason: reason}
	}
	dialing, cancel := context.WithTimeout(s.o.ctx, s.o.wait(connectWait))
	conn, err := host.DialFrom(dialing, "tcp", local, s.server.Addr.String())
	cancel()
	if err != nil {
		return fail("unreachable")
	}
	defer conn.Close()
	defer context.AfterFunc(s.o.ctx, func() { conn.Close() })()
	conn.SetDeadline(time.Now().Add(s.o.wait(streamWait)))

	q := new(dns.Msg)
	q.Id = newID()
	q.Question = []dns.Question{{Name: string(s.zone), Qtype: s.typ, Qclass: dns.ClassINET}}
	have := uint32(0)
	if s.have != nil {
		q.Ns = []dns.RR{s.have}
		have = s.have.Serial
	}
	out, err := q.Pack()
	if err != nil {
		return fail("malformed")
	}
	began := time.Now()
	s.step.Report(lookup.TransferRequested{Zone: s.zone, Client: s.client, Server: s.server, Type: lookup.Type(s.typ), Have: have, From: portOf(conn), Message: out})
	if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(out))), out...)); err != nil {
		return fail("broken")
	}
	octets := 0
	for number := 1; ; number++ {
		var size [2]byte
		if _, err := io.ReadFull(conn, size[:]); err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) && number == 1 {
				return fail("unreachable")
			}
			return fail("broken")
		}
		wire := make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := io.ReadFull(conn, wire); err != nil {
			return fail("broken")
		}
		m := new(dns.Msg)
		if m.Unpack(wire) != nil || !m.Response || m.Id != q.Id || m.Opcode != dns.OpcodeQuery {
			return fail("malformed")
		}
		if m.Rcode != dns.RcodeSuccess || number == 1 && len(m.Answer) == 0 {
			s.step.Report(lookup.TransferRefused{Zone: s.zone, Client: s.client, Server: s.server, Type: lookup.Type(s.typ), Rcode: lookup.Rcode(m.Rcode), Message: wire})
			return fetched{}, &transferError{refused: true}
		}
		s.records = append(s.records, m.Answer...)
		last, ok := s.complete()
		s.step.Report(lookup.TransferReceived{Zone: s.zone, Client: s.client, Server: s.server, Number: number, Records: reported(m.Answer), Last: last, SinceUs: time.Since(began).Microseconds(), Message: wire})
		if octets += len(wire); octets > maxTransferOctets || number >= maxTransferMessages || len(s.records) > 2*auth.MaxZoneRecords {
			return fail("tooBig")
		}
		if !ok {
			return fail("malformed")
		}
		if last {
			break
		}
	}
	f, err := s.understand()
	if err != nil {
		return fail("malformed")
	}
	return f, nil
}

// complete reports whether the records so far are a whole response, and whether
// they can become one. The end is the SOA that stood at the beginning; in an
// incremental transfer it stands there once more in between, as the newest
// version's beginning of additions.
func (s *stream) complete() (last, ok bool) {
	first, ok := s.records[0].(*dns.SOA)
	if !ok || !strings.EqualFold(first.Hdr.Name, string(s.zone)) {
		return false, false
	}
	if len(s.records) == 1 {
		// Alone it says "you are up to date"; a whole zone may also begin so.
		return s.typ == dns.TypeIXFR && lookup.Serial(first.Serial).Compare(lookup.Serial(s.have.Serial)) != lookup.SerialNewer, true
	}
	ends := 0
	for _, rr := range s.records[1:] {
		if soa, is := rr.(*dns.SOA); is && soa.Serial == first.Serial {
			ends++
		}
	}
	want := 1
	if s.incremental() {
		want = 2
	}
	_, closed := s.records[len(s.records)-1].(*dns.SOA)
	return closed && ends >= want, ends <= want
}

// incremental reports whether the response is one of differences: its second
// record is the SOA of the version that the client has (RFC 1995 section 4).
func (s *stream) incremental() bool {
	if s.typ != dns.TypeIXFR || len(s.records) < 2 {
		return false
	}
	soa, ok := s.records[1].(*dns.SOA)
	return ok && soa.Serial == s.have.Serial
}

// understand sorts the records of a whole response.
func (s *stream) understand() (fetched, error) {
	if len(s.records) == 1 {
		return fetched{}, nil
	}
	body := s.records[:len(s.records)-1]
	if !s.incremental() {
		return fetched{records: body}, nil
	}
	var changes []auth.Change
	at := 1
	for at < len(body) {
		var c auth.Change
		var ok bool
		if c.From, ok = body[at].(*dns.SOA); !ok {
			return fetched{}, errOutOfStep
		}
		for at++; at < len(body) && !isSOA(body[at]); at++ {
			c.Deleted = append(c.Deleted, body[at])
		}
		if at == len(body) {
			return fetched{}, errOutOfStep
		}
		c.To = body[at].(*dns.SOA)
		for at++; at < len(body) && !isSOA(body[at]); at++ {
			c.Added = append(c.Added, body[at])
		}
		if len(changes) > 0 && changes[len(changes)-1].To.Serial != c.From.Serial {
			return fetched{}, errOutOfStep
		}
		changes = append(changes, c)
	}
	return fetched{changes: changes}, nil
}

func isSOA(rr dns.RR) bool { return rr.Header().Rrtype == dns.TypeSOA }

// reported are records as facts have them.
func reported(rrs []dns.RR) []lookup.Record { return reportedUpTo(rrs, maxReportedRecords) }

func reportedUpTo(rrs []dns.RR, most int) []lookup.Record {
	out := make([]lookup.Record, 0, min(len(rrs), most))
	for _, rr := range rrs[:min(len(rrs), most)] {
		out = append(out, message.Record(rr, rr.Header().Ttl))
	}
	return out
}
