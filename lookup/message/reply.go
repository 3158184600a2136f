package message

import (
	"fmt"

	"github.com/miekg/dns"

	"rootwalk/lookup"
)

// Reply is a response as a recursive resolver sends it: AA=0, RA=1.
type Reply struct {
	ID        uint16
	Opcode    int
	Question  []dns.Question // echoed as it came: at most one
	RD, CD    bool           // copied from the query (RFC 1035 §4.1.1, RFC 4035 §3.2.2)
	DO        bool           // signatures and denials are wanted; copied too (RFC 3225 §3)
	AD        bool           // all of it is validated (RFC 4035 §3.2.3)
	OPT       bool           // the query had EDNS, so the response has as well (RFC 6891 §7)
	Rcode     lookup.Rcode
	Answer    []Set
	Authority []Set
	Extended  []lookup.ExtendedError // go into the OPT record, if there is one (RFC 8914 §2)
}

// Pack writes the response into at most size octets. What does not fit is
// replaced by an empty response with TC=1: a part of an RRset is of no use to
// anybody (RFC 2181 §9).
//
// The letters of the question come back as they were written; records of the
// same name point to it, whatever the case of the letters that the cache has
// (RFC 4343 §4.1). So nothing else of the response hangs on them.
func (r Reply) Pack(size int) ([]byte, error) {
	b, err := r.pack(size)
	if err == nil && len(r.Question) == 1 {
		_, err = dns.PackDomainName(r.Question[0].Name, b, headerLen, nil, false)
	}
	return b, err
}

func (r Reply) pack(size int) ([]byte, error) {
	var asked lookup.Name
	m := dns.Msg{Compress: true}
	if len(r.Question) == 1 {
		asked = lookup.Name(r.Question[0].Name).Canonical()
		m.Question = []dns.Question{{Name: string(asked), Qtype: r.Question[0].Qtype, Qclass: r.Question[0].Qclass}}
	}
	m.Id, m.Response, m.Opcode = r.ID, true, r.Opcode
	m.RecursionDesired, m.RecursionAvailable, m.CheckingDisabled = r.RD, true, r.CD
	m.Rcode = int(r.Rcode)
	m.AuthenticatedData = r.AD
	m.Answer, m.Ns = records(r.Answer, r.DO), records(r.Authority, r.DO)
	if r.DO {
		m.Ns = appendCopies(m.Ns, Proofs(r.Answer, r.Authority), leastTTL(r.Answer, r.Authority))
	}
	for _, section := range [2][]dns.RR{m.Answer, m.Ns} {
		for _, rr := range section { // copies
			if h := rr.Header(); asked.Equal(lookup.Name(h.Name)) {
				h.Name = string(asked)
			}
		}
	}
	if r.OPT {
		opt := &dns.OPT{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeOPT}}
		opt.SetUDPSize(UDPSize)
		opt.SetDo(r.DO)
		for _, e := range r.Extended {
			opt.Option = append(opt.Option, &dns.EDNS0_EDE{InfoCode: e.Code, ExtraText: e.Text})
		}
		m.Extra = []dns.RR{opt}
	} else if r.Rcode > 15 {
		m.Rcode = int(lookup.RcodeServFail) // the higher bits live in the OPT record
	}
	b, err := m.Pack()
	if err != nil {
		return nil, fmt.Errorf("pack response: %w", err)
	}
	if len(b) > size && len(r.Extended) > 0 {
		// Texts are for people and go first (RFC 8914 §3).
		for _, o := range m.Extra[0].(*dns.OPT).Option {
			o.(*dns.EDNS0_EDE).ExtraText = ""
		}
		if b, err = m.Pack(); err != nil {
			return nil, fmt.Errorf("pack response: %w", err)
		}
	}
	if len(b) > size {
		m.Truncated, m.Answer, m.Ns = true, nil, nil
		if b, err = m.Pack(); err != nil {
			return nil, fmt.Errorf("pack truncated response: %w", err)
		}
	}
	return b, nil
}

// records are the records of sets with the set's TTL, copied, since the
// originals belong to a cache.
func records(sets []Set, signatures bool) []dns.RR {
	var out []dns.RR
	for _, s := range sets {
		out = appendCopies(out, s.RRs, s.TTLSec)
		if signatures {
			out = appendCopies(out, s.Sigs, s.TTLSec)
		}
	}
	return out
}

// leastTTL is the lowest TTL of sets that have a proof: it lives as long as what it is for.
func leastTTL(lists ...[]Set) uint32 {
	ttl := uint32(1<<31 - 1)
	for _, sets := range lists {
		for _, s := range sets {
			if len(s.Proof) > 0 {
				ttl = min(ttl, s.TTLSec)
			}
		}
	}
	return ttl
}

func appendCopies(out, rrs []dns.RR, ttlSec uint32) []dns.RR {
	for _, rr := range rrs {
		c := dns.Copy(rr)
		c.Header().Ttl = ttlSec
		out = append(out, c)
	}
	return out
}
