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

// secured is the part of a trace that is about TLS: the last handshake in it.
type secured struct {
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
}

// saidMessage is a rung of the ladder.
type saidMessage struct {
	lookup.HandshakeExchanged
	at int64 // since the handshake began, in microseconds
}

// securedOf reads it from a trace, nil if there is none.
func securedOf(v *View) *secured {
	if v == nil {
		return nil
	}
	var s *secured
	var url, addr string
	var began int64
	for _, e := range v.events {
		switch f := e.Fact.(type) {
		case lookup.JourneyStarted:
			url = f.URL
		case lookup.LegStarted:
			if f.Addr.IsValid() {
				addr = f.Addr.String()
			}
		case lookup.HandshakeStarted:
			s, began = &secured{started: f, url: url, addr: addr}, e.At.Microseconds()
		}
		if s == nil {
			continue
		}
		switch f := e.Fact.(type) {
		case lookup.HandshakeExchanged:
			s.messages = append(s.messages, saidMessage{f, e.At.Microseconds() - began})
		case lookup.SecretDerived:
			s.secrets = append(s.secrets, f)
		case lookup.CertificateReceived:
			s.certs = append(s.certs, f)
		case lookup.CertificateChecked:
			s.checks = append(s.checks, f)
		case lookup.FragmentExchanged:
			s.records = append(s.records, f)
		case lookup.FinishedCompared:
			s.codes = append(s.codes, f)
		case lookup.AlertExchanged:
			s.alerts = append(s.alerts, f)
		case lookup.HandshakeFinished:
			s.finished = &f
		}
	}
	return s
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
