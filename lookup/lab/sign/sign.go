package sign

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// UnsupportedAlgorithm is what zones with Options.Unsupported claim to be signed with: a
// number that IANA has given to nobody.
const UnsupportedAlgorithm uint8 = 100

// NSEC3 are the parameters of a zone that denies with hashes (RFC 5155).
type NSEC3 struct {
	Iterations uint16 // additional; RFC 9276 §3.1 wants 0
	Salt       string // hexadecimal, "" for none
	OptOut     bool   // unsigned delegations get no record (RFC 5155 §6)
}

// Kind is a way in which a signed zone may be broken.
type Kind string

// The faults.
const (
	Expired     Kind = "expired"     // signatures that ended an hour before Inception
	NotYetValid Kind = "notYetValid" // signatures that begin an hour after Expiration
	Stripped    Kind = "stripped"    // no signatures
	Tampered    Kind = "tampered"    // records changed after they were signed
	NoDenial    Kind = "noDenial"    // NSEC or NSEC3 records left out
	WrongDS     Kind = "wrongDS"     // the DS for the parent has the digest of another key
)

// Fault breaks a zone, or one RRset of it.
type Fault struct {
	Kind Kind
	Name string // owner; "" for every name
	Type uint16 // 0 for every type
}

// Options say how to sign. The zero value signs with one P-256 key and NSEC.
type Options struct {
	Seed        string // keys follow from it and from the zone's name
	Algorithm   uint8  // 5, 7, 8, 10, 13 (the default), 14 or 15
	Separate    bool   // a KSK that signs the keys and a ZSK that signs the rest, instead of one key for all
	Unsupported bool   // claim UnsupportedAlgorithm
	NSEC3       *NSEC3 // nil for NSEC

	Inception, Expiration time.Time // of the signatures; two weeks around the epoch of the lab if zero
	Faults                []Fault
}

// Signed is a signed zone.
type Signed struct {
	Zone    string
	Records []dns.RR      // what was given, with keys, signatures and denials, in canonical order
	DS      []*dns.DS     // what the parent should have, SHA-256
	Keys    []*dns.DNSKEY // as in Records
}

// WriteTo writes the zone as a master file. A record of a type that has no name
// has its class by name all the same: not every server reads CLASS1 (RFC 3597 §5).
func (s *Signed) WriteTo(w io.Writer) (int64, error) {
	var n int64
	for _, rr := range s.Records {
		text := rr.String()
		if _, ok := rr.(*dns.RFC3597); ok {
			text = strings.Replace(text, "\tCLASS1\t", "\tIN\t", 1)
		}
		m, err := io.WriteString(w, text+"\n")
		if n += int64(m); err != nil {
			return n, err
		}
	}
	return n, nil
}

// set is one RRset on its way.
type set struct {
	rrs  []dns.RR
	sigs []dns.RR
}

// node is one owner name.
type node struct {
	name   string
	labels [][]byte // from the right, in lower case
	sets   map[uint16]*set
	cut    bool // NS that is not the apex's
	hidden bool // below a cut: glue
}

// signer is the state of one signing.
type signer struct {
	o                     Options
	zone                  string
	soa                   *dns.SOA
	nodes                 []*node // canonical order
	ksk, zsk              key
	inception, expiration uint32
}

// Zone signs the records of one zone. The SOA among them says which; all others must be at or
// below its owner. DS records of signed children have to be among them. The
// records given are not changed.
func Zone(records []dns.RR, o Options) (*Signed, error) {
	if o.Algorithm == 0 {
		o.Algorithm = dns.ECDSAP256SHA256
	}
	if o.Inception.IsZero() {
		o.Inception = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if o.Expiration.IsZero() {
		o.Expiration = o.Inception.Add(14 * 24 * time.Hour)
	}
	s := &signer{o: o, inception: uint32(o.Inception.Unix()), expiration: uint32(o.Expiration.Unix())}
	if err := s.read(records); err != nil {
		return nil, err
	}
	if err := s.keys(); err != nil {
		return nil, err
	}
	s.deny()
	out := &Signed{Zone: s.zone, Keys: []*dns.DNSKEY{s.ksk.record}}
	if o.Separate {
		out.Keys = append(out.Keys, s.zsk.record)
	}
	for _, n := range s.nodes {
		for _, rrtype := range n.types() {
			set := n.sets[rrtype]
			if err := s.sign(n, rrtype, set); err != nil {
				return nil, err
			}
			if s.faulty(NoDenial, n, rrtype) && (rrtype == dns.TypeNSEC || rrtype == dns.TypeNSEC3) {
				continue
			}
			out.Records = append(append(out.Records, set.rrs...), set.sigs...)
		}
	}
	ds := s.ksk.record.ToDS(dns.SHA256)
	if slices.ContainsFunc(o.Faults, func(f Fault) bool { return f.Kind == WrongDS }) {
		ds.Digest = flipped(ds.Digest)
	}
	out.DS = []*dns.DS{ds}
	return out, nil
}

// flipped is a hexadecimal text with another first digit.
func flipped(digest string) string {
	if digest[0] == '0' {
		return "1" + digest[1:]
	}
	return "0" + digest[1:]
}

// read puts the records into the tree.
func (s *signer) read(records []dns.RR) error {
	for _, rr := range records {
		if soa, ok := rr.(*dns.SOA); ok {
			if s.soa != nil {
				return errors.New("sign: two SOA records")
			}
			s.soa, s.zone = soa, dns.CanonicalName(soa.Hdr.Name)
		}
	}
	if s.soa == nil {
		return errors.New("sign: no SOA record")
	}
	for _, rr := range records {
		h := rr.Header()
		if !dns.IsSubDomain(s.zone, h.Name) || h.Class != dns.ClassINET {
			return fmt.Errorf("sign: %s is not in the zone %s", h.Name, s.zone)
		}
		switch h.Rrtype {
		case dns.TypeRRSIG, dns.TypeNSEC, dns.TypeNSEC3, dns.TypeNSEC3PARAM, dns.TypeDNSKEY:
			return fmt.Errorf("sign: %s is signed already: it has %s", s.zone, dns.TypeToString[h.Rrtype])
		}
		s.add(dns.Copy(rr))
	}
	// In canonical order all that is below a cut follows it.
	cut := ""
	for _, n := range s.nodes {
		if cut != "" && dns.IsSubDomain(cut, n.name) {
			n.hidden = true
			continue
		}
		if n.cut = n.sets[dns.TypeNS] != nil && n.name != s.zone; n.cut {
			cut = n.name
		}
	}
	return nil
}

// add puts one record at its node; sets keep one TTL (RFC 2181 §5.2).
func (s *signer) add(rr dns.RR) {
	h := rr.Header()
	n := s.node(h.Name)
	at := n.sets[h.Rrtype]
	if at == nil {
		at = &set{}
		n.sets[h.Rrtype] = at
	}
	if len(at.rrs) > 0 {
		h.Ttl = at.rrs[0].Header().Ttl
	}
	at.rrs = append(at.rrs, rr)
}

// node finds or makes the node of a name, in canonical order.
func (s *signer) node(name string) *node {
	labels := labelsOf(name)
	at, found := slices.BinarySearchFunc(s.nodes, labels, func(n *node, l [][]byte) int { return compare(n.labels, l) })
	if !found {
		s.nodes = slices.Insert(s.nodes, at, &node{name: dns.CanonicalName(name), labels: labels, sets: map[uint16]*set{}})
	}
	return s.nodes[at]
}

// types are a node's types in numerical order.
func (n *node) types() []uint16 {
	var out []uint16
	for t := range n.sets {
		out = append(out, t)
	}
	slices.Sort(out)
	return out
}

// keys makes the keys and puts them at the apex.
func (s *signer) keys() (err error) {
	if s.ksk, err = newKey(s.zone, flagsKSK, s.soa.Hdr.Ttl, s.o); err != nil {
		return err
	}
	s.zsk = s.ksk
	s.add(s.ksk.record)
	if s.o.Separate {
		if s.zsk, err = newKey(s.zone, flagsZSK, s.soa.Hdr.Ttl, s.o); err != nil {
			return err
		}
		s.add(s.zsk.record)
	}
	return nil
}

// signs reports whether a set gets a signature: a parent signs of a
// delegation only the DS and the denial (RFC 4035 §2.2).
func (n *node) signs(rrtype uint16) bool {
	return !n.hidden && (!n.cut || rrtype == dns.TypeDS || rrtype == dns.TypeNSEC || rrtype == dns.TypeNSEC3)
}

// sign signs one set, and breaks it if that is asked for.
func (s *signer) sign(n *node, rrtype uint16, set *set) error {
	if !n.signs(rrtype) || s.faulty(Stripped, n, rrtype) {
		return nil
	}
	k := s.zsk
	if rrtype == dns.TypeDNSKEY {
		k = s.ksk
	}
	inception, expiration := s.inception, s.expiration
	span := expiration - inception
	switch {
	case s.faulty(Expired, n, rrtype):
		expiration = s.inception - 3600
		inception = expiration - span
	case s.faulty(NotYetValid, n, rrtype):
		inception = s.expiration + 3600
		expiration = inception + span
	}
	sig, err := k.sign(set.rrs, s.zone, set.rrs[0].Header().Ttl, inception, expiration)
	if err != nil {
		return err
	}
	set.sigs = []dns.RR{sig}
	if s.faulty(Tampered, n, rrtype) {
		tamper(set, sig)
	}
	return nil
}

// tamper changes what was signed: an address by one bit, and where there is no
// address the signature.
func tamper(set *set, sig *dns.RRSIG) {
	switch rr := set.rrs[0].(type) {
	case *dns.A:
		rr.A = slices.Clone(rr.A)
		rr.A[len(rr.A)-1] ^= 1
	case *dns.AAAA:
		rr.AAAA = slices.Clone(rr.AAAA)
		rr.AAAA[len(rr.AAAA)-1] ^= 1
	default:
		first := "A"
		if strings.HasPrefix(sig.Signature, first) {
			first = "B"
		}
		sig.Signature = first + sig.Signature[1:]
	}
}

func (s *signer) faulty(k Kind, n *node, rrtype uint16) bool {
	return slices.ContainsFunc(s.o.Faults, func(f Fault) bool {
		return f.Kind == k && (f.Name == "" || dns.CanonicalName(f.Name) == n.name) && (f.Type == 0 || f.Type == rrtype)
	})
}
