package transport

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"

	"github.com/miekg/dns"

	"rootwalk/lookup"
)

// What makes a forged response harder to guess than by ID and port alone:
// letters of the name in random case, which a server repeats as it got them
// (draft-vixie-dnsext-dns0x20 §3), and cookies (RFC 7873).

// Sizes of cookies (RFC 7873 §4).
const (
	clientCookieLen    = 8
	minServerCookieLen = 8
	maxServerCookieLen = 32

	rcodeBadCookie = 23
	optionCookie   = 10
)

// questionEnd is where the name in the question section of a query of ours
// ends.
func questionEnd(query []byte) int {
	at := 12
	for query[at] != 0 {
		at += 1 + int(query[at])
	}
	return at + 1
}

// mixCase gives each letter of the name in a query a random case.
func mixCase(query []byte) {
	name := query[12:questionEnd(query)]
	random := make([]byte, (len(name)+7)/8)
	rand.Read(random)
	for i, c := range name {
		// Length octets are below 64, so no letters.
		if letter := c | 0x20; letter >= 'a' && letter <= 'z' && c >= 'A' {
			name[i] = letter
			if random[i/8]>>(i%8)&1 != 0 {
				name[i] = letter &^ 0x20
			}
		}
	}
}

// sameCase reports whether a response repeats the name of its query letter by
// letter; also if it repeats nothing.
func sameCase(response, query []byte) bool {
	if len(response) < 12 || binary.BigEndian.Uint16(response[4:]) == 0 {
		return true
	}
	return bytes.HasPrefix(response[12:], query[12:questionEnd(query)])
}

// withName is a response with the name in its question section, to which the
// names in its records point, written as the question has it.
func withName(response, plain []byte) []byte {
	end := questionEnd(plain)
	if len(response) < end || binary.BigEndian.Uint16(response[4:]) == 0 || !sameName(response[12:end], plain[12:end]) {
		return response
	}
	out := bytes.Clone(response)
	copy(out[12:end], plain[12:end])
	return out
}

// ownCase writes the name asked for as it was asked for, where a server has
// repeated it in full and not by a pointer.
func ownCase(m *dns.Msg, name lookup.Name) {
	for _, section := range [3][]dns.RR{m.Answer, m.Ns, m.Extra} {
		for _, rr := range section {
			if h := rr.Header(); len(h.Name) == len(name) && name.Equal(lookup.Name(h.Name)) {
				h.Name = string(name)
			}
		}
	}
}

// sameName compares names on the wire, of equal length, ignoring the case of
// ASCII letters (RFC 4343 §3).
func sameName(a, b []byte) bool {
	for i := range a {
		c, d := a[i], b[i]
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if d >= 'A' && d <= 'Z' {
			d |= 0x20
		}
		if c != d {
			return false
		}
	}
	return true
}

// addOptions puts EDNS options, in wire format, behind those that a query's OPT
// record has. It is the last record; at is where its RDLENGTH stands.
func addOptions(query []byte, at int, options []byte) []byte {
	binary.BigEndian.PutUint16(query[at:], binary.BigEndian.Uint16(query[at:])+uint16(len(options)))
	return append(query, options...)
}

// cookieOption is the COOKIE option (RFC 7873 §4).
func cookieOption(cookie []byte) []byte {
	out := binary.BigEndian.AppendUint16(nil, optionCookie)
	return append(binary.BigEndian.AppendUint16(out, uint16(len(cookie))), cookie...)
}

// cookieOf is the COOKIE option of a response; nil if it has none, or one whose
// length is wrong.
func cookieOf(m *dns.Msg) []byte {
	opt := m.IsEdns0()
	if opt == nil {
		return nil
	}
	for _, o := range opt.Option {
		if c, ok := o.(*dns.EDNS0_COOKIE); ok {
			b, err := hex.DecodeString(c.Cookie)
			if n := len(b) - clientCookieLen; err != nil || n < minServerCookieLen || n > maxServerCookieLen {
				return nil
			}
			return b
		}
	}
	return nil
}

// guessed checks that a response brings back what only a server that saw the
// query can know. It returns the reason as in lookup.ResponseRejected, "" if
// all is well, and remembers the server's cookie.
func (x *exchange) guessed(b []byte, f flight, m *dns.Msg) string {
	if f.mixed && f.transport == "udp" && !sameCase(b, f.query) {
		return "case"
	}
	if f.cookie == nil {
		return ""
	}
	got := cookieOf(m)
	switch {
	case got != nil && !bytes.Equal(got[:clientCookieLen], f.cookie):
		return "cookie" // RFC 7873 §5.3
	case got != nil:
		x.peers.change(f.peer(), func(p *peer) { p.cookie = got[clientCookieLen:] })
	case x.peers.get(f.peer()).cookie == nil:
		// It does not know cookies, as far as we know.
	case f.transport == "udp":
		return "cookie" // it does, so this is somebody else (RFC 7873 §5.3)
	default:
		x.peers.change(f.peer(), func(p *peer) { p.cookie = nil }) // it has forgotten how
	}
	return ""
}
