package templates

import (
	"encoding/base64"
	"net/url"
	"strings"

	"rootwalk/lookup"
)

// sealedDNS is a query of the DNS and its response that crossed inside TLS, as HTTP
// (RFC 8484 §4.1).
type sealedDNS struct {
	request         string // first line of the request
	query, response []byte
	question        string // "www.example.co.kr A"
	name            string
	answer          string // the records, or what the rcode says
}

// mediaDNS is the media type of DNS messages (RFC 8484 §6).
const mediaDNS = "application/dns-message"

// maxSealed bounds what is read of a message in a URL, in octets.
const maxSealed = 4096

// sealedDNSOf finds the first DNS message in the requests of a trace; nil for none.
func sealedDNSOf(events []lookup.Event) *sealedDNS {
	var d *sealedDNS
	n := 0
	for _, e := range events {
		switch f := e.Fact.(type) {
		case lookup.RequestSent:
			if d != nil {
				continue
			}
			u, err := url.Parse(f.URL)
			if err != nil || u.Scheme != "https" {
				continue
			}
			text := strings.TrimRight(u.Query().Get("dns"), "=")
			query, err := base64.RawURLEncoding.DecodeString(text[:min(len(text), maxSealed)])
			if err != nil || len(query) < 12 {
				continue
			}
			line, _, _ := strings.Cut(string(f.Head), "\r\n")
			d, n = &sealedDNS{request: lookup.Printable(line), query: query}, f.N
			d.question, d.name = saidIn(query, "question"), nameIn(query)
		case lookup.BodyFinished:
			if d != nil && f.N == n && f.Media == mediaDNS {
				d.response = f.Data
				if d.answer = saidIn(f.Data, "answer"); d.answer == "" {
					d.answer = rcodeIn(f.Data)
				}
			}
		}
	}
	return d
}

// saidIn are the records of a section as people read them.
func saidIn(msg []byte, section string) string {
	var out []string
	record := -1
	for _, s := range lookup.Anatomy(msg) {
		if s.Section != section || s.Text == "" {
			continue
		}
		switch s.Name {
		case "QCLASS", "CLASS", "RDLENGTH":
			continue
		}
		if s.Record != record && len(out) > 0 {
			out = append(out, "·")
		}
		record = s.Record
		if len(out) > 40 {
			return strings.Join(out, " ") + " …"
		}
		out = append(out, lookup.Printable(s.Text))
	}
	return strings.Join(out, " ")
}

func nameIn(query []byte) string {
	for _, s := range lookup.Anatomy(query) {
		if s.Name == "QNAME" {
			return lookup.Printable(s.Text)
		}
	}
	return ""
}

// rcodeIn is the rcode in the header of a response (RFC 1035 §4.1.1).
func rcodeIn(msg []byte) string {
	if len(msg) < 4 {
		return ""
	}
	return lookup.Rcode(msg[3] & 15).String()
}

// sealed is how many records crossed of which nobody on the way can read the content.
func (s *secured) sealed() (n int) {
	for _, r := range s.records {
		if r.Epoch != "plain" {
			n++
		}
	}
	return n
}

// how is the key of a word for how a handshake went.
func (s *secured) how() string {
	switch {
	case s.finished.Outcome != "done":
		return "encrypt.handshake.failed"
	case s.finished.Resumed:
		return "encrypt.handshake.resumed"
	}
	return "encrypt.handshake.full"
}
