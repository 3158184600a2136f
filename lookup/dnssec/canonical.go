package dnssec

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

// maxSigned bounds the octets that are signed at once: an RRset arrives in one
// message of at most 64 KiB, and compression saves a bounded part of it.
const maxSigned = 256 << 10

var errSigned = errors.New("the RRset has no canonical form")

// Set is an RRset with the signatures that came with it (RFC 2181 §5, RFC 4035
// §2.2).
type Set struct {
	Name lookup.Name
	Type lookup.Type
	RRs  []dns.RR
	Sigs []*dns.RRSIG

	owner wire
}

// Sets groups the records of one section into sets, in order of first
// appearance; each signature goes to the set that it covers. Signatures
// without a set make one without records. Records of another class than IN,
// OPT and what is no proper record are left out.
func Sets(rrs []dns.RR) []Set {
	type key struct {
		owner  wire
		rrtype uint16
	}
	var sets []Set
	at := make(map[key]int, len(rrs))
	for _, rr := range rrs {
		if rr == nil {
			continue
		}
		h := rr.Header()
		if h.Class != dns.ClassINET || h.Rrtype == dns.TypeOPT {
			continue
		}
		owner, ok := wireOf(h.Name)
		if !ok {
			continue
		}
		k := key{owner, h.Rrtype}
		sig, isSig := rr.(*dns.RRSIG)
		if isSig {
			k.rrtype = sig.TypeCovered
		}
		i, known := at[k]
		if !known {
			i = len(sets)
			at[k] = i
			sets = append(sets, Set{Name: message.NameOf(h.Name), Type: lookup.Type(k.rrtype), owner: owner})
		}
		if isSig {
			sets[i].Sigs = append(sets[i].Sigs, sig)
		} else {
			sets[i].RRs = append(sets[i].RRs, rr)
		}
	}
	return sets
}

// NewSet is one set from its records and signatures.
func NewSet(name lookup.Name, rrtype lookup.Type, rrs []dns.RR, sigs []*dns.RRSIG) Set {
	owner, _ := wireOf(string(name))
	return Set{Name: name, Type: rrtype, RRs: rrs, Sigs: sigs, owner: owner}
}

// find is the set of one name and type, if it has records.
func find(sets []Set, owner wire, rrtype uint16) *Set {
	for i := range sets {
		if sets[i].owner == owner && sets[i].Type == lookup.Type(rrtype) && len(sets[i].RRs) > 0 {
			return &sets[i]
		}
	}
	return nil
}

// signedData is what a signature is made over (RFC 4034 §3.1.8.1): the RDATA
// of the RRSIG without the signature, then every record of the set in
// canonical form, in canonical order, each once.
func signedData(set *Set, sig *dns.RRSIG) ([]byte, error) {
	signer, ok := wireOf(sig.SignerName)
	if !ok || set.owner == "" || len(set.RRs) == 0 {
		return nil, errSigned
	}
	owner := set.owner
	if n := int(sig.Labels); n < owner.labels() {
		// The record came from a wildcard, whose name is what was signed
		// (RFC 4035 §5.3.2).
		if owner = owner.suffix(n).wildcard(); owner == "" {
			return nil, errSigned
		}
	}
	out := make([]byte, 0, 512)
	out = binary.BigEndian.AppendUint16(out, sig.TypeCovered)
	out = append(out, sig.Algorithm, sig.Labels)
	out = binary.BigEndian.AppendUint32(out, sig.OrigTtl)
	out = binary.BigEndian.AppendUint32(out, sig.Expiration)
	out = binary.BigEndian.AppendUint32(out, sig.Inception)
	out = binary.BigEndian.AppendUint16(out, sig.KeyTag)
	out = append(out, signer...)
	data := make([][]byte, 0, len(set.RRs))
	total := len(out)
	for _, rr := range set.RRs {
		d, err := canonicalData(rr)
		if err != nil {
			return nil, err
		}
		if total += len(owner) + 10 + len(d); total > maxSigned {
			return nil, errSigned
		}
		data = append(data, d)
	}
	slices.SortFunc(data, bytes.Compare) // RFC 4034 §6.3
	for i, d := range data {
		if i > 0 && bytes.Equal(d, data[i-1]) {
			continue // the same record twice is one (RFC 2181 §5)
		}
		out = append(out, owner...)
		out = binary.BigEndian.AppendUint16(out, uint16(set.Type))
		out = binary.BigEndian.AppendUint16(out, dns.ClassINET)
		out = binary.BigEndian.AppendUint32(out, sig.OrigTtl)
		out = binary.BigEndian.AppendUint16(out, uint16(len(d)))
		out = append(out, d...)
	}
	return out, nil
}

// canonicalData is the RDATA of a record in canonical form: names expanded,
// and in lower case for the types of RFC 4034 §6.2 item 3 less those that
// RFC 6840 §5.1 takes out (HINFO has no names; NSEC and RRSIG keep their case).
func canonicalData(rr dns.RR) ([]byte, error) {
	rr = lowered(rr)
	size := dns.Len(rr) + 64
	if size > maxSigned {
		return nil, errSigned
	}
	buf := make([]byte, size)
	end, err := dns.PackRR(rr, buf, 0, nil, false)
	if err != nil {
		return nil, errSigned
	}
	_, at, err := dns.UnpackDomainName(buf[:end], 0)
	if err != nil || at+10 > end || end-at-10 > 0xffff {
		return nil, errSigned
	}
	return buf[at+10 : end], nil
}

// lowered is the record with the names in its data in lower case, where its
// type asks for that; the record itself is not changed.
func lowered(rr dns.RR) dns.RR {
	switch x := rr.(type) {
	case *dns.NS:
		c := *x
		c.Ns = dns.CanonicalName(c.Ns)
		return &c
	case *dns.MD:
		c := *x
		c.Md = dns.CanonicalName(c.Md)
		return &c
	case *dns.MF:
		c := *x
		c.Mf = dns.CanonicalName(c.Mf)
		return &c
	case *dns.CNAME:
		c := *x
		c.Target = dns.CanonicalName(c.Target)
		return &c
	case *dns.SOA:
		c := *x
		c.Ns, c.Mbox = dns.CanonicalName(c.Ns), dns.CanonicalName(c.Mbox)
		return &c
	case *dns.MB:
		c := *x
		c.Mb = dns.CanonicalName(c.Mb)
		return &c
	case *dns.MG:
		c := *x
		c.Mg = dns.CanonicalName(c.Mg)
		return &c
	case *dns.MR:
		c := *x
		c.Mr = dns.CanonicalName(c.Mr)
		return &c
	case *dns.PTR:
		c := *x
		c.Ptr = dns.CanonicalName(c.Ptr)
		return &c
	case *dns.MINFO:
		c := *x
		c.Rmail, c.Email = dns.CanonicalName(c.Rmail), dns.CanonicalName(c.Email)
		return &c
	case *dns.MX:
		c := *x
		c.Mx = dns.CanonicalName(c.Mx)
		return &c
	case *dns.RP:
		c := *x
		c.Mbox, c.Txt = dns.CanonicalName(c.Mbox), dns.CanonicalName(c.Txt)
		return &c
	case *dns.AFSDB:
		c := *x
		c.Hostname = dns.CanonicalName(c.Hostname)
		return &c
	case *dns.RT:
		c := *x
		c.Host = dns.CanonicalName(c.Host)
		return &c
	case *dns.SIG:
		c := *x
		c.SignerName = dns.CanonicalName(c.SignerName)
		return &c
	case *dns.PX:
		c := *x
		c.Map822, c.Mapx400 = dns.CanonicalName(c.Map822), dns.CanonicalName(c.Mapx400)
		return &c
	case *dns.NAPTR:
		c := *x
		c.Replacement = dns.CanonicalName(c.Replacement)
		return &c
	case *dns.KX:
		c := *x
		c.Exchanger = dns.CanonicalName(c.Exchanger)
		return &c
	case *dns.SRV:
		c := *x
		c.Target = dns.CanonicalName(c.Target)
		return &c
	case *dns.DNAME:
		c := *x
		c.Target = dns.CanonicalName(c.Target)
		return &c
	}
	return rr
}
