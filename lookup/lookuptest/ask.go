package lookuptest

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/stub"
)

// outsider is the resolvers' tracer: it knows the device's own lookups, and the
// one query of a program that a scenario asks with.
type outsider struct {
	*stub.InFlight

	mu   sync.Mutex
	step lookup.Step
}

func (o *outsider) StepFor(client netip.AddrPort, id uint16, q lookup.Question) lookup.Step {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.step.Recording() {
		return o.step
	}
	return o.InFlight.StepFor(client, id, q)
}

func (o *outsider) watch(step lookup.Step) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.step = step
}

// ask sends one query to R1 as dig would, from the device's address, and
// writes what R1 did for it, then its response.
func (w *World) ask(ctx context.Context, words []string, out *strings.Builder) error {
	m := new(dns.Msg)
	m.Id, m.RecursionDesired = 4711, true
	opt, network := &dns.OPT{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeOPT}}, "udp"
	opt.SetUDPSize(1232)
	for ; len(words) > 0 && words[0][0] == '+'; words = words[1:] {
		switch words[0] {
		case "+norec":
			m.RecursionDesired = false
		case "+cd":
			m.CheckingDisabled = true
		case "+ad":
			m.AuthenticatedData = true
		case "+do":
			opt.SetDo()
		case "+tcp":
			network = "tcp"
		case "+noedns":
			opt = nil
		default:
			return fmt.Errorf("no flag %s", words[0])
		}
	}
	if len(words) == 0 {
		return errUsage
	}
	q, err := question(words)
	if err != nil {
		return err
	}
	m.Question = []dns.Question{{Name: string(q.Name), Qtype: uint16(q.Type), Qclass: uint16(q.Class)}}
	if opt != nil {
		m.Extra = []dns.RR{opt}
	}
	tr := lookup.NewTrace(lookup.TraceConfig{ID: "outside", Network: "lab"})
	w.outside.watch(tr.Root())
	response, err := w.send(ctx, network, m)
	w.outside.watch(lookup.Step{})
	tr.Finish()
	if err != nil {
		return err
	}
	out.WriteString(Transcript(tr.Events()))
	out.WriteString(responseLine(response))
	return nil
}

// send exchanges a query for a response of R1.
func (w *World) send(ctx context.Context, network string, m *dns.Msg) (*dns.Msg, error) {
	query, err := m.Pack()
	if err != nil {
		return nil, err
	}
	conn, err := w.Lab.Device().DialContext(ctx, network, netip.AddrPortFrom(w.Lab.ResolverAddr("R1"), 53).String())
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(30 * time.Second))
	b := make([]byte, 1<<16)
	n := 0
	if network == "tcp" {
		if _, err = conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(query))), query...)); err == nil {
			if _, err = io.ReadFull(conn, b[:2]); err == nil {
				n, err = io.ReadFull(conn, b[:binary.BigEndian.Uint16(b)])
			}
		}
	} else if _, err = conn.Write(query); err == nil {
		n, err = conn.Read(b)
	}
	if err != nil {
		return nil, err
	}
	response := new(dns.Msg)
	return response, response.Unpack(b[:n])
}

// responseLine is a response on one line, as dig would tell it.
func responseLine(m *dns.Msg) string {
	var flags []string
	for _, f := range []struct {
		set  bool
		name string
	}{{m.Response, "qr"}, {m.Authoritative, "aa"}, {m.Truncated, "tc"}, {m.RecursionDesired, "rd"}, {m.RecursionAvailable, "ra"}, {m.AuthenticatedData, "ad"}, {m.CheckingDisabled, "cd"}} {
		if f.set {
			flags = append(flags, f.name)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "response rcode=%s flags=%q", dns.RcodeToString[m.Rcode], strings.Join(flags, " "))
	for _, section := range []struct {
		name string
		rrs  []dns.RR
	}{{"answer", m.Answer}, {"authority", m.Ns}} {
		var texts []string
		for _, rr := range section.rrs {
			text := strings.ReplaceAll(rr.String(), "\t", " ")
			if len(text) > 120 {
				text = fmt.Sprintf("%s… (%d)", text[:60], len(text))
			}
			texts = append(texts, text)
		}
		if len(texts) > 4 {
			texts = append(texts[:4], fmt.Sprintf("+%d", len(section.rrs)-4))
		}
		if len(texts) > 0 {
			fmt.Fprintf(&b, " %s=%s", section.name, strconv.Quote(strings.Join(texts, ", ")))
		}
	}
	if opt := m.IsEdns0(); opt != nil {
		edns := "udp " + strconv.Itoa(int(opt.UDPSize()))
		if opt.Do() {
			edns = "do " + edns
		}
		fmt.Fprintf(&b, " edns=%q", edns)
		for _, o := range opt.Option {
			if e, ok := o.(*dns.EDNS0_EDE); ok {
				fmt.Fprintf(&b, " ede=%q", strings.TrimSpace(fmt.Sprintf("%d (%s) %s", e.InfoCode, dns.ExtendedErrorCodeToString[e.InfoCode], e.ExtraText)))
			}
		}
	}
	return b.String() + "\n"
}
