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
	"rootwalk/lookup/message"
)

// Dig writes the messages of a trace in the format of dig: a header, then the
// sections as zone file lines. [LevelAnswer] is the response that the device got
// in the end and, where answers were validated, the verdict as delv tells it;
// [LevelSteps] is every response, as with dig +trace; [LevelFacts] the queries
// too, as with dig +qr, and [LevelBytes] the octets of all. A message that cannot
// be read says so.
func Dig(w io.Writer, events iter.Seq[lookup.Event], started time.Time, level Level) error {
	out := bufio.NewWriter(w)
	var last func()
	verdict := ""
	for e := range events {
		at := started.Add(e.At)
		switch f := e.Fact.(type) {
		case lookup.ChainJudged:
			verdict = digVerdict(f)
		case lookup.LookupFinished:
			digEnd(out, f, last, verdict)
		case lookup.QuerySent:
			if level.has(LevelFacts) {
				digQuery(out, f, level)
			}
		}
		if r, ok := replyOf(e.Fact); ok && len(r.Message) > 0 {
			if level.has(LevelSteps) {
				digReply(out, r, at, level)
			} else if r.By == lookup.RoleStub {
				last = func() { digReply(out, r, at, level) }
			}
		}
		// A message at a time, so that a running trace shows them as they come.
		if err := out.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// digVerdict is what validation found, in the words of delv.
func digVerdict(f lookup.ChainJudged) string {
	switch f.Verdict {
	case lookup.Secure:
		return "; fully validated"
	case lookup.Insecure:
		return "; unsigned answer"
	}
	why := string(f.Verdict)
	if f.Reason != "" {
		why = f.Reason
	}
	return fmt.Sprintf(";; validating %s/%s: %s at %s", lookup.Printable(f.Name.Short()), f.Type, lookup.Printable(why), lookup.Printable(f.At.Short()))
}

// digEnd writes what is left to say at the end.
func digEnd(out *bufio.Writer, f lookup.LookupFinished, last func(), verdict string) {
	switch {
	case last != nil:
		last()
	case f.StubQueries == 0 && len(f.Records) > 0:
		out.WriteString(";; no message: the device knew the answer itself\n")
		for _, r := range f.Records {
			zoneLine(out, fmt.Sprintf("%s\t%d\tIN\t%s\t%s", r.Name, r.TTLSec, r.Type, r.Data), "")
		}
	case f.StubQueries > 0 && f.Outcome == lookup.OutcomeUnreachable:
		out.WriteString(";; no servers could be reached\n")
	}
	if verdict != "" {
		out.WriteString(verdict + "\n")
	}
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

// digQuery writes a query, as dig +qr does.
func digQuery(out *bufio.Writer, q lookup.QuerySent, level Level) {
	fmt.Fprintf(out, ";; Sending to %s#%d(%s) (%s):\n", q.Server.Addr.Addr(), q.Server.Addr.Port(), lookup.Printable(digServer(q.Server)), strings.ToUpper(lookup.Printable(q.Transport)))
	digMessage(out, q.Message)
	fmt.Fprintf(out, "\n;; QUERY SIZE: %d\n", len(q.Message))
	if level.has(LevelBytes) {
		out.WriteString(dump(q.Message, ";; "))
	}
	out.WriteString("\n")
}

func digReply(out *bufio.Writer, r lookup.Reply, at time.Time, level Level) {
	fmt.Fprintf(out, "; <<>> rootwalk <<>> @%s %s\n;; Got answer:\n", r.Server.Addr.Addr(), lookup.Printable(r.Question.String()))
	digMessage(out, r.Message)
	fmt.Fprintf(out, "\n;; Query time: %d msec\n;; SERVER: %s#%d(%s) (%s)\n;; WHEN: %s\n;; MSG SIZE  rcvd: %d\n",
		(r.RTTUs+500)/1000, r.Server.Addr.Addr(), r.Server.Addr.Port(), lookup.Printable(digServer(r.Server)), strings.ToUpper(lookup.Printable(r.Transport)),
		at.UTC().Format("Mon Jan 02 15:04:05 MST 2006"), len(r.Message))
	if level.has(LevelBytes) {
		out.WriteString(dump(r.Message, ";; "))
	}
	out.WriteString("\n")
}

// digServer is what a server is called: dig shows what it was told.
func digServer(s lookup.Server) string {
	if s.Name == "" {
		return s.Addr.Addr().String()
	}
	return s.Name.Short()
}

// digMessage writes what is in a message.
func digMessage(out *bufio.Writer, b lookup.Message) {
	var m dns.Msg
	if err := m.Unpack(b); err != nil {
		fmt.Fprintf(out, ";; Warning: a message of %d bytes that is malformed: %s\n", len(b), lookup.Printable(err.Error()))
	}
	if len(b) >= 12 {
		bits, counts := binary.BigEndian.Uint16(b[2:]), b[4:]
		fmt.Fprintf(out, ";; ->>HEADER<<- opcode: %s, status: %s, id: %d\n", opcodeText(bits>>11&15), lookup.Rcode(m.Rcode), binary.BigEndian.Uint16(b))
		fmt.Fprintf(out, ";; flags:%s; QUERY: %d, ANSWER: %d, AUTHORITY: %d, ADDITIONAL: %d\n", flagsText(bits),
			binary.BigEndian.Uint16(counts), binary.BigEndian.Uint16(counts[2:]), binary.BigEndian.Uint16(counts[4:]), binary.BigEndian.Uint16(counts[6:]))
	}
	opt := m.IsEdns0()
	if opt != nil {
		flags := ""
		if opt.Do() {
			flags = " do"
		}
		fmt.Fprintf(out, "\n;; OPT PSEUDOSECTION:\n; EDNS: version: %d, flags:%s; udp: %d\n", opt.Version(), flags, opt.UDPSize())
		for _, o := range opt.Option {
			digOption(out, o)
		}
	}
	if len(m.Question) > 0 {
		if opt == nil {
			out.WriteString("\n")
		}
		out.WriteString(";; QUESTION SECTION:\n")
		for _, q := range m.Question {
			zoneLine(out, q.Name+"\t\t"+lookup.Class(q.Qclass).String()+"\t"+lookup.Type(q.Qtype).String(), ";")
		}
	}
	section(out, "ANSWER", m.Answer)
	section(out, "AUTHORITY", m.Ns)
	section(out, "ADDITIONAL", m.Extra)
}

// digOption writes an EDNS option on a line.
func digOption(out *bufio.Writer, o dns.EDNS0) {
	switch o := o.(type) {
	case *dns.EDNS0_EDE:
		text := ""
		if o.ExtraText != "" {
			text = ": (" + lookup.Printable(o.ExtraText) + ")"
		}
		fmt.Fprintf(out, "; EDE: %d (%s)%s\n", o.InfoCode, dns.ExtendedErrorCodeToString[o.InfoCode], text)
	case *dns.EDNS0_COOKIE:
		fmt.Fprintf(out, "; COOKIE: %s\n", lookup.Printable(o.Cookie))
	default:
		fmt.Fprintf(out, "; OPT=%d: %s\n", o.Option(), lookup.Printable(o.String()))
	}
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
		h := rr.Header()
		data := message.RecordText(rr)
		if u, ok := rr.(*dns.RFC3597); ok { // dig writes octets in capitals (RFC 3597 §5)
			data = fmt.Sprintf(`\# %d %s`, len(u.Rdata)/2, strings.ToUpper(u.Rdata))
		}
		zoneLine(out, fmt.Sprintf("%s\t%d\t%s\t%s\t%s", h.Name, h.Ttl, lookup.Class(h.Class), lookup.Type(h.Rrtype), data), "")
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
