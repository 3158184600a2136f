package message

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/miekg/dns"

	"rootwalk/lookup"
)

// maxRecordText bounds the presentation form of one record's data: every octet of a
// hostile 64-KiB TXT could need four characters.
const maxRecordText = 16 << 10

// Record is a record in the vocabulary, with a TTL of its own: what a cache
// hands out has less left than what it was given.
func Record(rr dns.RR, ttlSec uint32) lookup.Record {
	h := rr.Header()
	return lookup.Record{Name: NameOf(h.Name), Type: lookup.Type(h.Rrtype), Class: lookup.Class(h.Class), TTLSec: ttlSec, Data: RecordText(rr)}
}

// RecordText is the data of a record in presentation form (RFC 1035 §5.1, RFC 3597
// §5 for unknown types): ASCII with escapes, at most 16 KiB.
func RecordText(rr dns.RR) string {
	var s string
	switch rr := rr.(type) {
	case *dns.A:
		if a, ok := netip.AddrFromSlice(rr.A.To4()); ok {
			return a.String()
		}
	case *dns.AAAA:
		if a, ok := netip.AddrFromSlice(rr.AAAA.To16()); ok {
			return a.String()
		}
	case *dns.NS:
		return string(NameOf(rr.Ns))
	case *dns.CNAME:
		return string(NameOf(rr.Target))
	case *dns.DNAME:
		return string(NameOf(rr.Target))
	case *dns.PTR:
		return string(NameOf(rr.Ptr))
	case *dns.RFC3597:
		if len(rr.Rdata) == 0 {
			return `\# 0`
		}
		s = `\# ` + strconv.Itoa(len(rr.Rdata)/2) + " " + rr.Rdata
	default:
		s = strings.TrimPrefix(rr.String(), rr.Header().String())
	}
	return ascii(s)
}

// ascii makes sure that no byte above the printable range reaches a terminal
// or page, whichever type the library wrote, and cuts what is too long.
func ascii(s string) string {
	if len(s) > maxRecordText {
		s = s[:maxRecordText-4] + " ..."
	}
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] >= 0x7f {
			var b strings.Builder
			for j := 0; j < len(s) && b.Len() < maxRecordText; j++ {
				if c := s[j]; c < ' ' || c >= 0x7f {
					fmt.Fprintf(&b, "\\%03d", c)
				} else {
					b.WriteByte(c)
				}
			}
			return b.String()
		}
	}
	return s
}

// Addr is the address that an A or AAAA record holds.
func Addr(rr dns.RR) (netip.Addr, bool) {
	switch rr := rr.(type) {
	case *dns.A:
		return netip.AddrFromSlice(rr.A.To4())
	case *dns.AAAA:
		return netip.AddrFromSlice(rr.AAAA.To16())
	}
	return netip.Addr{}, false
}

// Set is an RRset (RFC 2181 §5): all records of one name and type, which live
// and die together. A set of type ANY is what an ANY query got, of any types
// (RFC 8482).
type Set struct {
	Name        lookup.Name
	Type        lookup.Type
	TTLSec      uint32 // of the whole set: what the records themselves say is not looked at again
	RRs         []dns.RR
	Credibility lookup.Credibility

	Sigs  []dns.RR // the RRSIG records that cover the set (RFC 4035 §2.2)
	Proof []dns.RR // of a denial, or of a set from a wildcard: NSEC or NSEC3 records with their RRSIG
}

// TTL is how long a record may be kept: a TTL with the top bit set counts as 0
// (RFC 2181 §8).
func TTL(rr dns.RR) uint32 {
	if ttl := rr.Header().Ttl; ttl < 1<<31 {
		return ttl
	}
	return 0
}

// Sets groups records into sets in order of first appearance. Where TTLs
// differ inside a set the lowest counts (RFC 2181 §5.2). Records beyond max of
// one set are left out.
func Sets(rrs []dns.RR, max int, credibility lookup.Credibility) []Set {
	var sets []Set
next:
	for _, rr := range rrs {
		name, rrtype := Owner(rr), TypeOf(rr)
		for i := range sets {
			if s := &sets[i]; s.Type == rrtype && s.Name.Equal(name) {
				if len(s.RRs) < max {
					s.RRs = append(s.RRs, rr)
					s.TTLSec = min(s.TTLSec, TTL(rr))
				}
				continue next
			}
		}
		sets = append(sets, Set{Name: name, Type: rrtype, TTLSec: TTL(rr), RRs: []dns.RR{rr}, Credibility: credibility})
	}
	return sets
}

// Records are the records of sets in the vocabulary, in order. Never nil.
func Records(sets ...Set) []lookup.Record {
	n := 0
	for _, s := range sets {
		n += len(s.RRs)
	}
	out := make([]lookup.Record, 0, n)
	for _, s := range sets {
		for _, rr := range s.RRs {
			out = append(out, Record(rr, s.TTLSec))
		}
	}
	return out
}

// Alias is one step from a name to another (RFC 1034 §3.6.2, RFC 6672 §2).
type Alias struct {
	Owner, Target lookup.Name
	Via           lookup.Type // CNAME or DNAME
}

// CNAME makes the record that a DNAME stands for at one name (RFC 6672 §3.1).
func CNAME(owner, target lookup.Name, ttlSec uint32) dns.RR {
	return &dns.CNAME{
		Hdr:    dns.RR_Header{Name: string(owner), Rrtype: dns.TypeCNAME, Class: dns.ClassINET, Ttl: ttlSec},
		Target: string(target),
	}
}
