// Package hostile is a table of what name servers should never send: some eighty kinds
// of malformed, lying, poisoning and wasteful responses. Tests serve them to a
// resolver and see that it ends in bounded time and work, believes none of
// it, and keeps nothing of anybody else's zones. Beside them stand servers of HTTP/2
// that do what none should (HTTP2). Only tests import it; a Server is a function of its
// arguments and may be called from many goroutines, and so may those of HTTP2.
package hostile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/miekg/dns"
)

// Server is what the servers of example. may send: any number of messages for
// one query, made from the query and from an honest response to it.
type Server func(q *dns.Msg, honest []byte) [][]byte

// bent is an honest response with some octets changed.
func bent(edit func(b []byte) []byte) Server {
	return func(_ *dns.Msg, honest []byte) [][]byte { return [][]byte{edit(bytes.Clone(honest))} }
}

// lie is a well-formed response that edit has changed.
func lie(edit func(m *dns.Msg)) Server {
	return func(q *dns.Msg, honest []byte) [][]byte {
		m := new(dns.Msg)
		if err := m.Unpack(honest); err != nil {
			panic(err)
		}
		edit(m)
		b, err := m.Pack()
		if err != nil {
			panic(err)
		}
		return [][]byte{b}
	}
}

// says is a response with other records than the honest one.
func says(answer, authority, additional string) Server {
	return lie(func(m *dns.Msg) {
		m.Answer, m.Ns, m.Extra = nil, nil, nil
		for section, text := range map[*[]dns.RR]string{&m.Answer: answer, &m.Ns: authority, &m.Extra: additional} {
			for line := range strings.SplitSeq(text, "|") {
				if line != "" {
					add(section, line)
				}
			}
		}
	})
}

// record is a response whose answer is one record of these octets, after the
// question of the query.
func record(octets ...any) Server {
	return func(q *dns.Msg, _ []byte) [][]byte {
		m := new(dns.Msg).SetReply(q)
		m.Authoritative = true
		b, _ := m.Pack()
		binary.BigEndian.PutUint16(b[6:], 1)
		for _, o := range octets {
			switch o := o.(type) {
			case int:
				b = append(b, byte(o))
			case string:
				b = append(b, o...)
			case []byte:
				b = append(b, o...)
			}
		}
		return [][]byte{b}
	}
}

// The name in the question, as a compression pointer, and the fields behind
// the name of an A record.
const (
	asked = "\xc0\x0c"
	aIN   = "\x00\x01\x00\x01\x00\x00\x00\x3c"
)

func set16(at int, v uint16) Server {
	return bent(func(b []byte) []byte { binary.BigEndian.PutUint16(b[at:], v); return b })
}

func referral(ns string) Server {
	return lie(func(m *dns.Msg) {
		m.Authoritative, m.Answer, m.Ns, m.Extra = false, nil, nil, nil
		for line := range strings.SplitSeq(ns, "|") {
			section := &m.Ns
			if strings.Contains(line, " A ") || strings.Contains(line, " AAAA ") {
				section = &m.Extra
			}
			add(section, line)
		}
	})
}

func nxdomain(soa string) Server {
	return lie(func(m *dns.Msg) {
		m.Rcode, m.Answer = dns.RcodeNameError, nil
		if soa != "" {
			add(&m.Ns, soa)
		}
	})
}

// Servers are the kinds, by what is wrong. They are asked for www.example.; their own
// address is 203.0.113.66, and bank. is somebody else's zone.
var Servers = map[string]Server{
	// Messages that are none.
	"nothing":                   func(*dns.Msg, []byte) [][]byte { return nil },
	"no octet":                  bent(func(b []byte) []byte { return b[:0] }),
	"one octet":                 bent(func(b []byte) []byte { return b[:1] }),
	"half a header":             bent(func(b []byte) []byte { return b[:6] }),
	"a header":                  bent(func(b []byte) []byte { return b[:12] }),
	"zeros":                     bent(func(b []byte) []byte { clear(b[2:]); return b }),
	"ones":                      bent(func(b []byte) []byte { return append(b[:2], bytes.Repeat([]byte{0xff}, 500)...) }),
	"cut in the question":       bent(func(b []byte) []byte { return b[:15] }),
	"cut in a record":           bent(func(b []byte) []byte { return b[:len(b)-2] }),
	"garbage behind":            bent(func(b []byte) []byte { return append(b, "garbage"...) }),
	"4 KiB of garbage behind":   bent(func(b []byte) []byte { return append(b, bytes.Repeat([]byte("x"), 4096)...) }),
	"65535 questions":           set16(4, 65535),
	"65535 answers":             set16(6, 65535),
	"65535 servers":             set16(8, 65535),
	"65535 additional records":  set16(10, 65535),
	"fewer answers than it has": set16(6, 0),

	// Responses to something else.
	"another ID":    lie(func(m *dns.Msg) { m.Id++ }),
	"a query":       lie(func(m *dns.Msg) { m.Response = false }),
	"NOTIFY":        lie(func(m *dns.Msg) { m.Opcode = dns.OpcodeNotify }),
	"UPDATE":        lie(func(m *dns.Msg) { m.Opcode = dns.OpcodeUpdate }),
	"another name":  lie(func(m *dns.Msg) { m.Question[0].Name = "www.bank." }),
	"another type":  lie(func(m *dns.Msg) { m.Question[0].Qtype = dns.TypeAAAA }),
	"another class": lie(func(m *dns.Msg) { m.Question[0].Qclass = dns.ClassCHAOS }),
	"two questions": lie(func(m *dns.Msg) { m.Question = append(m.Question, m.Question[0]) }),
	"no question":   lie(func(m *dns.Msg) { m.Question = nil }),
	"a flood of other IDs": func(_ *dns.Msg, b []byte) [][]byte {
		return bytes.SplitN(bytes.Repeat([]byte("\xff\xff\x84\x00\x00\x00\x00\x00\x00\x00\x00\x00|"), 300), []byte("|"), 300)
	},

	// Names.
	"a pointer to itself":         record("\xc0\x1d", aIN, 0, 4, "\xcb\x00\x71\x42"),
	"pointers in a circle":        record("\xc0\x1f\xc0\x1d", aIN, 0, 4, "\xcb\x00\x71\x42"),
	"a pointer forward":           record("\xc0\x20", aIN, 0, 4, "\xcb\x00\x71\x42"),
	"a pointer behind the end":    record("\xff\xff", aIN, 0, 4, "\xcb\x00\x71\x42"),
	"half a pointer":              record("\xc0"),
	"a label of type 01":          record("\x41a\x00", aIN, 0, 4, "\xcb\x00\x71\x42"),
	"a label of type 10":          record("\x81a\x00", aIN, 0, 4, "\xcb\x00\x71\x42"),
	"a name without end":          record(bytes.Repeat([]byte("\x01a"), 40)),
	"a name of 300 octets":        record(bytes.Repeat([]byte("\x01a"), 150), 0, aIN, 0, 4, "\xcb\x00\x71\x42"),
	"a name made long by pointer": record(bytes.Repeat([]byte("\x01a"), 124), asked, aIN, 0, 4, "\xcb\x00\x71\x42"),
	"control characters":          record("\x05\x1b[31m\x07example\x00", aIN, 0, 4, "\xcb\x00\x71\x42"),

	// Lengths and data.
	"RDLENGTH behind the end":       record(asked, aIN, 0xff, 0xff, "\xcb\x00\x71\x42"),
	"an address of no octets":       record(asked, aIN, 0, 0),
	"an address of 3 octets":        record(asked, aIN, 0, 3, "\xcb\x00\x71"),
	"an address of 5 octets":        record(asked, aIN, 0, 5, "\xcb\x00\x71\x42\x00"),
	"an alias of no octets":         record(asked, "\x00\x05\x00\x01\x00\x00\x00\x3c", 0, 0),
	"an alias longer than its data": record(asked, "\x00\x05\x00\x01\x00\x00\x00\x3c", 0, 2, "\x07example\x00"),
	"an SOA that ends early":        record(asked, "\x00\x06\x00\x01\x00\x00\x00\x3c", 0, 4, "\x00\x00\x00\x01"),
	"a TXT string behind the end":   record(asked, "\x00\x10\x00\x01\x00\x00\x00\x3c", 0, 2, "\xffa"),
	"an NSEC bitmap that lies":      record(asked, "\x00\x2f\x00\x01\x00\x00\x00\x3c", 0, 4, "\x00\x00\xff\x01"),
	"an RRSIG of one octet":         record(asked, "\x00\x2e\x00\x01\x00\x00\x00\x3c", 0, 1, "\x00"),
	"an SVCB that lies":             record(asked, "\x00\x41\x00\x01\x00\x00\x00\x3c", 0, 7, "\x00\x01\x00\x00\x01\xff\xff"),
	"an OPT as answer":              record(0, "\x00\x29\x04\xd0\x00\x00\x00\x00", 0, 0),
	"an OPT of another name":        lie(func(m *dns.Msg) { m.SetEdns0(1232, false); m.Extra[0].Header().Name = "www.example." }),
	"two OPT records":               lie(func(m *dns.Msg) { m.SetEdns0(1232, false); m.SetEdns0(512, true) }),
	"an option that lies": bent(func(b []byte) []byte {
		binary.BigEndian.PutUint16(b[10:], 1)
		return append(b, "\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x04\x00\x0a\xff\xff"...)
	}),
	"rcode 15":               lie(func(m *dns.Msg) { m.Rcode = 15 }),
	"rcode 4095":             lie(func(m *dns.Msg) { m.SetEdns0(1232, false); m.Rcode = 4095 }),
	"an answer of class CH":  lie(func(m *dns.Msg) { m.Answer[0].Header().Class = dns.ClassCHAOS }),
	"an answer of class ANY": lie(func(m *dns.Msg) { m.Answer[0].Header().Class = dns.ClassANY }),
	"200 records": says(func() string {
		var b strings.Builder
		for i := range 200 {
			fmt.Fprintf(&b, "www.example. 60 A 203.0.113.%d|", i)
		}
		return b.String()
	}(), "", ""),

	// Aliases.
	"an alias of itself":         says("www.example. 60 CNAME www.example.", "", ""),
	"aliases in a circle":        says("www.example. 60 CNAME b.example.|b.example. 60 CNAME www.example.", "", ""),
	"two aliases":                says("www.example. 60 CNAME b.example.|www.example. 60 CNAME c.example.", "", ""),
	"an alias and an address":    says("www.example. 60 CNAME www.bank.|www.example. 60 A 203.0.113.66", "", ""),
	"an alias into another zone": says("www.example. 60 CNAME www.bank.|www.bank. 60 A 203.0.113.66", "", ""),
	"a DNAME of itself":          says("example. 60 DNAME example.", "", ""),
	"a DNAME that grows":         says("example. 60 DNAME x.example.", "", ""),
	"a DNAME of the root":        says(". 60 DNAME evil.example.|www.example. 60 CNAME www.evil.example.", "", ""),
	"a DNAME of another zone":    says("bank. 60 DNAME example.|www.example. 60 A 203.0.113.66", "", ""),

	// Poison.
	"an address of another zone":     says("www.bank. 60 A 203.0.113.66", "", ""),
	"servers of another zone":        says("www.example. 60 A 203.0.113.66", "bank. 60 NS ns.example.", "ns.example. 60 A 203.0.113.66"),
	"servers of the root":            says("www.example. 60 A 203.0.113.66", ". 60 NS ns.example.", "ns.example. 60 A 203.0.113.66"),
	"an address of a root server":    says("www.example. 60 A 203.0.113.66", "example. 60 NS a.root-servers.net.", "a.root-servers.net. 60 A 203.0.113.66"),
	"an address of another's server": says("www.example. 60 A 203.0.113.66", "example. 60 NS ns.bank.", "ns.bank. 60 A 203.0.113.66|www.bank. 60 A 203.0.113.66"),
	"a denial of the root":           nxdomain(". 86400 SOA a. b. 1 2 3 4 86400"),
	"a denial of another zone":       nxdomain("bank. 86400 SOA a. b. 1 2 3 4 86400"),
	"a denial without SOA":           nxdomain(""),
	"a denial of another name": lie(func(m *dns.Msg) {
		m.Rcode, m.Answer = dns.RcodeNameError, nil
		add(&m.Answer, "www.example. 60 CNAME www.bank.")
		add(&m.Ns, "bank. 60 SOA a. b. 1 2 3 4 60")
	}),
	"a referral to itself":          referral("example. 60 NS ns.example.|ns.example. 60 A 203.0.113.66"),
	"a referral upwards":            referral(". 60 NS ns.example.|ns.example. 60 A 203.0.113.66"),
	"a referral aside":              referral("bank. 60 NS ns.example.|ns.example. 60 A 203.0.113.66"),
	"a referral to two zones":       referral("www.example. 60 NS ns.www.example.|bank. 60 NS ns.example.|ns.www.example. 60 A 203.0.113.66"),
	"a referral to nowhere":         referral("www.example. 60 NS ns.www.example.|ns.www.example. 60 A 127.0.0.1|ns.www.example. 60 A 0.0.0.0|ns.www.example. 60 A 255.255.255.255|ns.www.example. 60 AAAA ::1|ns.www.example. 60 A 224.0.0.1"),
	"a referral to a server of its": referral("www.example. 60 NS ns.www.example."),
	"a referral with foreign glue":  referral("www.example. 60 NS ns.bank.|ns.bank. 60 A 203.0.113.66"),
	"a TTL with the top bit":        lie(func(m *dns.Msg) { m.Answer[0].Header().Ttl = 1 << 31 }),

	// What the network is told.
	"truncated always":         lie(func(m *dns.Msg) { m.Truncated = true }),
	"truncated without reason": lie(func(m *dns.Msg) { m.Truncated, m.Answer = true, nil }),
	"twice":                    func(_ *dns.Msg, b []byte) [][]byte { return [][]byte{b, b} },
	"a wrong one, then the right": func(_ *dns.Msg, b []byte) [][]byte {
		wrong := bytes.Clone(b)
		wrong[0] ^= 1
		return [][]byte{wrong, b}
	},
}

func add(section *[]dns.RR, lines ...string) {
	for _, l := range lines {
		rr, err := dns.NewRR(l)
		if err != nil {
			panic(err) // it is written above
		}
		*section = append(*section, rr)
	}
}
