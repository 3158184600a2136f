package export

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
)

// Dig writes every message of a trace in the format of dig: a header, then the
// sections as zone file lines. Queries are left out; a response that cannot be
// read says so.
func Dig(w io.Writer, events iter.Seq[lookup.Event], started time.Time) error {
	out := bufio.NewWriter(w)
	for e := range events {
		if r, ok := replyOf(e.Fact); ok && len(r.Message) > 0 {
			digReply(out, r, started.Add(e.At))
		}
		// A response at a time, so that a running trace shows them as they come.
		if err := out.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// replyOf is the response that a fact carries.
func replyOf(f lookup.Fact) (lookup.Reply, bool) {
	switch x := f.(type) {
	case lookup.AnswerReceived:
		return x.Reply, true
	case lookup.AliasReceived:
		return x.Reply, true
	case lookup.ReferralReceived:
		return x.Reply, true
	case lookup.NodataReceived:
		return x.Reply, true
	case lookup.NxdomainReceived:
		return x.Reply, true
	case lookup.TruncationReceived:
		return x.Reply, true
	case lookup.FailureReceived:
		return x.Reply, true
	case lookup.LameReceived:
		return x.Reply, true
	}
	return lookup.Reply{}, false
}

func digReply(out *bufio.Writer, r lookup.Reply, at time.Time) {
	fmt.Fprintf(out, "; <<>> rootwalk <<>> @%s %s\n", r.Server.Addr.Addr(), lookup.Printable(r.Question.String()))
	var m dns.Msg
	if err := m.Unpack(r.Message); err != nil {
		fmt.Fprintf(out, ";; Warning: a message of %d bytes that is malformed: %s\n", len(r.Message), lookup.Printable(err.Error()))
	}
	if len(r.Message) >= 12 {
		bits, counts := binary.BigEndian.Uint16(r.Message[2:]), r.Message[4:]
		fmt.Fprintf(out, ";; ->>HEADER<<- opcode: %s, status: %s, id: %d\n", opcodeText(bits>>11&15), r.Rcode, binary.BigEndian.Uint16(r.Message))
		fmt.Fprintf(out, ";; flags:%s; QUERY: %d, ANSWER: %d, AUTHORITY: %d, ADDITIONAL: %d\n", flagsText(bits),
			binary.BigEndian.Uint16(counts), binary.BigEndian.Uint16(counts[2:]), binary.BigEndian.Uint16(counts[4:]), binary.BigEndian.Uint16(counts[6:]))
	}
	if opt := m.IsEdns0(); opt != nil {
		flags := ""
		if opt.Do() {
			flags = " do"
		}
		fmt.Fprintf(out, "\n;; OPT PSEUDOSECTION:\n; EDNS: version: %d, flags:%s; udp: %d\n", opt.Version(), flags, opt.UDPSize())
	}
	if len(m.Question) > 0 {
		out.WriteString("\n;; QUESTION SECTION:\n")
		for _, q := range m.Question {
			zoneLine(out, q.Name+"\t\t"+lookup.Class(q.Qclass).String()+"\t"+lookup.Type(q.Qtype).String(), ";")
		}
	}
	section(out, "ANSWER", m.Answer)
	section(out, "AUTHORITY", m.Ns)
	section(out, "ADDITIONAL", m.Extra)
	server := r.Server.Name.Short()
	if r.Server.Name == "" {
		server = r.Server.Addr.Addr().String()
	}
	fmt.Fprintf(out, "\n;; Query time: %d msec\n;; SERVER: %s#%d(%s) (%s)\n;; WHEN: %s\n;; MSG SIZE  rcvd: %d\n\n",
		(r.RTTUs+500)/1000, r.Server.Addr.Addr(), r.Server.Addr.Port(), lookup.Printable(server), strings.ToUpper(lookup.Printable(r.Transport)),
		at.UTC().Format("Mon Jan 02 15:04:05 MST 2006"), len(r.Message))
}

// section writes the records of a section; OPT is no record of it (RFC 6891
// §6.1.1).
func section(out *bufio.Writer, name string, records []dns.RR) {
	titled := false
	for _, rr := range records {
		if rr.Header().Rrtype == dns.TypeOPT {
			continue
		}
		if !titled {
			fmt.Fprintf(out, "\n;; %s SECTION:\n", name)
			titled = true
		}
		zoneLine(out, rr.String(), "")
	}
}

// zoneLine writes a line of a zone file. Only its tabs are left as they are.
func zoneLine(out *bufio.Writer, line, prefix string) {
	out.WriteString(prefix)
	for i, part := range strings.Split(line, "\t") {
		if i > 0 {
			out.WriteByte('\t')
		}
		out.WriteString(lookup.Printable(part))
	}
	out.WriteByte('\n')
}

func opcodeText(code uint16) string {
	switch code {
	case 0:
		return "QUERY"
	case 4:
		return "NOTIFY"
	case 5:
		return "UPDATE"
	}
	return fmt.Sprintf("OPCODE%d", code)
}

// flagsText names the bits in dig's order and spelling.
func flagsText(bits uint16) string {
	var b strings.Builder
	for _, f := range []struct {
		bit  uint16
		name string
	}{{1 << 15, "qr"}, {1 << 10, "aa"}, {1 << 9, "tc"}, {1 << 8, "rd"}, {1 << 7, "ra"}, {1 << 5, "ad"}, {1 << 4, "cd"}} {
		if bits&f.bit != 0 {
			b.WriteString(" " + f.name)
		}
	}
	return b.String()
}
