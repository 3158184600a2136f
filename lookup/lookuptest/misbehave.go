package lookuptest

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup/lab/auth"
	"rootwalk/lookup/message"
)

// misbehave takes the commands that change what a name server says.
func misbehave(w *World, command string, args []string) error {
	more := map[string]int{"rcode": 1, "noedns": 1, "cookies": 1, "lowercase": 0, "endless": 0, "deeper": 1}
	if n, ok := more[command]; ok && len(args) != 1+n {
		return errUsage
	}
	switch command {
	case "mute":
		return behave(w, args, func(auth.Exchange) ([]byte, time.Duration) { return nil, 0 })
	case "fix":
		return behave(w, args, nil)
	case "rcode":
		rcode, ok := dns.StringToRcode[args[1]]
		if !ok {
			return fmt.Errorf("no rcode %q", args[1])
		}
		return behave(w, args[:1], rewritten(func(q, _ *dns.Msg) *dns.Msg { return failing(q, rcode).SetEdns0(message.UDPSize, false) }))
	case "noedns":
		rcode, ok := dns.StringToRcode[args[1]]
		if !ok && args[1] != "silence" {
			return fmt.Errorf("no rcode %q", args[1])
		}
		return behave(w, args[:1], rewritten(func(q, honest *dns.Msg) *dns.Msg {
			switch {
			case q.IsEdns0() == nil:
				return honest
			case ok:
				return failing(q, rcode)
			}
			return nil
		}))
	case "lowercase":
		return behave(w, args, func(x auth.Exchange) ([]byte, time.Duration) {
			if len(x.Response) < 12 {
				return x.Response, 0
			}
			out := bytes.Clone(x.Response)
			for at := 12; at < len(out) && out[at] != 0; at += 1 + int(out[at]) {
				label := out[at+1 : min(at+1+int(out[at]), len(out))]
				copy(label, bytes.ToLower(label))
			}
			return out, 0
		})
	case "cookies":
		return behave(w, args[:1], func(x auth.Exchange) ([]byte, time.Duration) {
			return rewritten(func(q, honest *dns.Msg) *dns.Msg { return cookied(q, honest, args[1] == "forged" && !x.Stream) })(x)
		})
	case "add":
		if len(args) < 3 {
			return errUsage
		}
		rr, err := dns.NewRR(strings.Join(args[2:], " "))
		if err != nil || rr == nil {
			return fmt.Errorf("no record: %v", err)
		}
		return behave(w, args[:1], rewritten(func(_, honest *dns.Msg) *dns.Msg {
			section := map[string]*[]dns.RR{"answer": &honest.Answer, "authority": &honest.Ns, "additional": &honest.Extra}[args[1]]
			if section != nil {
				*section = append([]dns.RR{rr}, *section...)
			}
			return honest
		}))
	case "endless":
		return behave(w, args, rewritten(func(q, _ *dns.Msg) *dns.Msg {
			m := new(dns.Msg).SetReply(q)
			m.Authoritative = true
			name := q.Question[0].Name
			m.Answer = []dns.RR{&dns.CNAME{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeCNAME, Class: dns.ClassINET, Ttl: 60}, Target: "x." + name}}
			return m
		}))
	case "deeper":
		return behave(w, args[:1], deeper(args[1]))
	}
	return errors.New("no such command")
}

func failing(q *dns.Msg, rcode int) *dns.Msg { return new(dns.Msg).SetRcode(q, rcode) }

// rewritten is a behaviour on messages; nil is silence.
func rewritten(edit func(query, honest *dns.Msg) *dns.Msg) auth.Behaviour {
	return func(x auth.Exchange) ([]byte, time.Duration) {
		var q, honest dns.Msg
		if q.Unpack(x.Query) != nil || honest.Unpack(x.Response) != nil || len(q.Question) != 1 {
			return x.Response, 0
		}
		out := edit(&q, &honest)
		if out == nil {
			return nil, 0
		}
		out.Compress = true
		b, err := out.Pack()
		if err != nil {
			return nil, 0
		}
		return b, 0
	}
}

// cookied adds the server's cookie (RFC 7873 §5.2), after the client's one or
// after another.
func cookied(q, honest *dns.Msg, wrong bool) *dns.Msg {
	opt, answer := q.IsEdns0(), honest.IsEdns0()
	if opt == nil || answer == nil {
		return honest
	}
	for _, o := range opt.Option {
		c, ok := o.(*dns.EDNS0_COOKIE)
		if !ok || len(c.Cookie) < 16 {
			continue
		}
		client := c.Cookie[:16]
		if wrong {
			client = hex.EncodeToString([]byte("somebody"))
		}
		answer.Option = append(answer.Option, &dns.EDNS0_COOKIE{Code: dns.EDNS0COOKIE, Cookie: client + hex.EncodeToString([]byte("a server"))})
	}
	return honest
}

// deeper refers every question to the very server, for a zone one label longer
// than the last time, so that the referrals get nowhere.
func deeper(zone string) auth.Behaviour {
	var depth atomic.Int64
	depth.Store(int64(dns.CountLabel(zone)))
	return func(x auth.Exchange) ([]byte, time.Duration) {
		return rewritten(func(q, _ *dns.Msg) *dns.Msg {
			m := new(dns.Msg).SetReply(q)
			labels := dns.SplitDomainName(q.Question[0].Name)
			n := min(int(depth.Add(1)), len(labels))
			child := dns.Fqdn(strings.Join(labels[len(labels)-n:], "."))
			m.Ns = []dns.RR{&dns.NS{Hdr: dns.RR_Header{Name: child, Rrtype: dns.TypeNS, Class: dns.ClassINET, Ttl: 60}, Ns: "ns." + child}}
			if a := x.To.Addr().Unmap(); a.Is4() {
				m.Extra = []dns.RR{&dns.A{Hdr: dns.RR_Header{Name: "ns." + child, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 60}, A: a.AsSlice()}}
			} else {
				m.Extra = []dns.RR{&dns.AAAA{Hdr: dns.RR_Header{Name: "ns." + child, Rrtype: dns.TypeAAAA, Class: dns.ClassINET, Ttl: 60}, AAAA: a.AsSlice()}}
			}
			return m
		})(x)
	}
}

func behave(w *World, names []string, b auth.Behaviour) error {
	for _, name := range names {
		s, err := server(w, name)
		if err != nil {
			return err
		}
		s.SetBehaviour(b)
	}
	return nil
}
