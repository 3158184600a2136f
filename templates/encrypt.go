package templates

import (
	"encoding/hex"
	"strconv"
	"strings"

	"rootwalk/lookup"
)

// The sheet of TLS: the handshake as a ladder, the keys, the certificates, the
// records, and what somebody on the way can read. All of it is in the facts.

// BrokenUnder and BrokenSites are the sites of the lab that have something
// special about their TLS; the first label says what.
const BrokenUnder = ".tls.wild.example"

// BrokenSites lists the labels, in the order in which they are offered.
var BrokenSites = []string{"tls12", "expired", "notyet", "wrong", "self", "unknown", "gap", "usage", "weak", "old"}

// soundSite is a site where all is well.
const soundSite = "www.example.co.kr"

// secured is one handshake of a trace, with what crossed under its keys.
type secured struct {
	nth      int // handshake of the trace, from 1
	started  lookup.HandshakeStarted
	finished *lookup.HandshakeFinished
	messages []saidMessage
	secrets  []lookup.SecretDerived
	certs    []lookup.CertificateReceived
	checks   []lookup.CertificateChecked
	records  []lookup.FragmentExchanged
	codes    []lookup.FinishedCompared
	alerts   []lookup.AlertExchanged
	url      string
	addr     string // where the connection goes
	octets   int    // of the records until the handshake was over
	tickets  int    // that the server sent for later
	dns      *sealedDNS
}

// saidMessage is a rung of the ladder.
type saidMessage struct {
	lookup.HandshakeExchanged
	at int64 // since the handshake began, in microseconds
}

// handshakesOf reads all handshakes of a trace, in the order in which they began.
func handshakesOf(v *View) []*secured {
	if v == nil {
		return nil
	}
	var all []*secured
	now := map[lookup.StepID]*secured{} // the last one of each step
	var url, addr string
	began := map[*secured]int64{}
	for _, e := range v.events {
		switch f := e.Fact.(type) {
		case lookup.JourneyStarted:
			url = f.URL
		case lookup.LegStarted:
			if f.Addr.IsValid() {
				addr = f.Addr.String()
			}
		case lookup.CallMade:
			if f.Call == "connect" && f.Side == lookup.SideClient && f.Addr.IsValid() {
				addr = f.Addr.String()
			}
		case lookup.HandshakeStarted:
			s := &secured{nth: len(all) + 1, started: f, url: url, addr: addr}
			all, now[e.Step], began[s] = append(all, s), s, e.At.Microseconds()
		}
		s := now[e.Step]
		if s == nil {
			continue
		}
		switch f := e.Fact.(type) {
		case lookup.HandshakeExchanged:
			s.messages = append(s.messages, saidMessage{f, e.At.Microseconds() - began[s]})
			if f.Type == "new_session_ticket" {
				s.tickets++
			}
		case lookup.SecretDerived:
			s.secrets = append(s.secrets, f)
		case lookup.CertificateReceived:
			s.certs = append(s.certs, f)
		case lookup.CertificateChecked:
			s.checks = append(s.checks, f)
		case lookup.FragmentExchanged:
			s.records = append(s.records, f)
			if s.finished == nil {
				s.octets += recordHeader + f.Length
			}
		case lookup.FinishedCompared:
			s.codes = append(s.codes, f)
		case lookup.AlertExchanged:
			s.alerts = append(s.alerts, f)
		case lookup.HandshakeFinished:
			s.finished = &f
		}
	}
	if len(all) > 0 {
		all[0].dns = sealedDNSOf(v.events)
	}
	return all
}

// recordHeader is the length of the header of a record (RFC 9846 §5.1).
const recordHeader = 5

// securedOf is the handshake that a page shows: the one that its address names,
// else the last; nil if the trace has none.
func securedOf(p Page) (shown *secured, all []*secured) {
	all = handshakesOf(p.View)
	if len(all) == 0 {
		return nil, nil
	}
	if n := p.Handshake; n >= 1 && n <= len(all) {
		return all[n-1], all
	}
	return all[len(all)-1], all
}

// resumption is the key of the sentence that says what became of a ticket.
func (s *secured) resumption() string {
	switch {
	case s.finished == nil:
		return "encrypt.resume.running"
	case s.finished.Resumed:
		return "encrypt.resume.taken"
	case s.started.Ticket:
		return "encrypt.resume.refused"
	}
	return "encrypt.resume.none"
}

// about is the key of what a message is for: "" where no word says it.
func (m saidMessage) about(p Page) string {
	if key := "encrypt.message." + m.Type; p.Words.Has(key) {
		return p.T(key)
	}
	return ""
}

// hexShown is how many octets of a field are written out.
const hexShown = 24

// octetText is the beginning of some octets in hexadecimal.
func octetText(b []byte, n int) string {
	text := hex.EncodeToString(b[:min(len(b), n)])
	if len(b) > n {
		text += "…"
	}
	return text
}

// fieldBytes are the octets of a field of a message, as far as they are kept.
func fieldBytes(msg []byte, f lookup.WireField) string {
	if f.Group || f.At >= len(msg) {
		return ""
	}
	return octetText(msg[f.At:min(len(msg), f.At+f.Len)], hexShown)
}

// indent is a class for the depth of a field.
func indent(f lookup.WireField) string { return "in-" + strconv.Itoa(min(f.Depth, 6)) }

// contentText is the content of a record as text, if it is text.
func contentText(f lookup.FragmentExchanged) string {
	if f.Inner != "application_data" {
		return octetText(f.Plain, 32)
	}
	return lookup.Printable(string(f.Plain[:min(len(f.Plain), 160)]))
}

// seenByAll is what somebody on the way can read: what crossed before keys were
// in force, and what no encryption hides.
func (s *secured) seenByAll(p Page) []string {
	out := []string{p.T("encrypt.seen.addr", "addr", s.addr)}
	name, offered, hidden, octets := "", "", 0, 0
	for _, m := range s.messages {
		if m.Epoch != "plain" {
			continue
		}
		for _, f := range m.Fields {
			switch {
			case m.From == lookup.SideClient && f.Name == "HostName":
				name = f.Text
			case m.From == lookup.SideClient && f.Name == "ProtocolName" && !strings.Contains(offered, f.Text):
				offered = strings.TrimPrefix(offered+", "+f.Text, ", ")
			}
		}
		if m.Type == "certificate" {
			out = append(out, p.T("encrypt.seen.certificate"))
		}
	}
	if name != "" {
		out = append(out, p.T("encrypt.seen.sni", "name", name))
	}
	if offered != "" {
		out = append(out, p.T("encrypt.seen.alpn", "alpn", offered))
	}
	for _, r := range s.records {
		if r.Epoch != "plain" && r.Type == "application_data" {
			hidden++
			octets += r.Length
		}
	}
	return append(out, p.T("encrypt.seen.sizes", "count", strconv.Itoa(hidden), "bytes", strconv.Itoa(octets)))
}

// unseen is what nobody on the way can read, of this connection.
func (s *secured) unseen(p Page) []string {
	var out []string
	for _, m := range s.messages {
		if m.Epoch != "plain" && m.Type == "certificate" {
			out = append(out, p.T("encrypt.unseen.certificate"))
		}
	}
	return append(out, p.T("encrypt.unseen.content"))
}

// secretText says how a secret came about.
func secretText(p Page, f lookup.SecretDerived) string { return p.Words.Line(f.Line()) }
