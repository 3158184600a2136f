package sign

import (
	"crypto"
	"crypto/ecdsa"
	"encoding/asn1"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/miekg/dns"
)

// Signer signs the RRsets of one zone one at a time, for a server that signs
// what it sends. It works on wire format, and makes the very octets that [Zone]
// makes with the same options and times. It heeds two faults: Stripped, of the
// whole zone, and Tampered of type A at one name, whose signature is then over
// the neighbouring address.
type Signer struct {
	zone     []byte // canonical
	ksk, zsk key
	stripped bool
	tampered []byte // the name whose addresses were changed after they were signed
	times    func() (inception, expiration time.Time)
}

// NewSigner makes the keys of a zone from the options. Times says from when to
// when a signature made now is valid; it is asked each time, and instead of the
// options' own.
func NewSigner(zone string, o Options, times func() (inception, expiration time.Time)) (*Signer, error) {
	if o.Algorithm == 0 {
		o.Algorithm = dns.ECDSAP256SHA256
	}
	zone = dns.CanonicalName(zone)
	s := &Signer{times: times, stripped: slices.Contains(o.Faults, Fault{Kind: Stripped})}
	var err error
	if s.zone, err = wireName(zone); err != nil {
		return nil, err
	}
	for _, f := range o.Faults {
		if f.Kind == Tampered && f.Type == dns.TypeA {
			if s.tampered, err = wireName(f.Name); err != nil {
				return nil, err
			}
		}
	}
	if s.ksk, err = newKey(zone, flagsKSK, 0, o); err != nil {
		return nil, err
	}
	s.zsk = s.ksk
	if o.Separate {
		if s.zsk, err = newKey(zone, flagsZSK, 0, o); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func wireName(name string) ([]byte, error) {
	var wire [256]byte
	end, err := dns.PackDomainName(dns.CanonicalName(name), wire[:], 0, nil, false)
	if err != nil {
		return nil, fmt.Errorf("sign: %s: %w", name, err)
	}
	return slices.Clone(wire[:end]), nil
}

// DNSKEYs are the zone's keys: the one that signs the keys, then the one that
// signs the rest if that is another.
func (s *Signer) DNSKEYs() []*dns.DNSKEY {
	if s.ksk.record == s.zsk.record {
		return []*dns.DNSKEY{s.ksk.record}
	}
	return []*dns.DNSKEY{s.ksk.record, s.zsk.record}
}

// Keys is the RDATA of the DNSKEY records.
func (s *Signer) Keys() [][]byte {
	var out [][]byte
	for _, k := range s.DNSKEYs() {
		public, _ := base64.StdEncoding.DecodeString(k.PublicKey) // we encoded it
		data := binary.BigEndian.AppendUint16(nil, k.Flags)
		out = append(out, append(append(data, k.Protocol, k.Algorithm), public...))
	}
	return out
}

// DS is the RDATA of the DS record for the parent: with SHA-256, and the digest
// of another key where wrong is set.
func (s *Signer) DS(wrong bool) []byte {
	ds := s.ksk.record.ToDS(dns.SHA256)
	if wrong {
		ds.Digest = flipped(ds.Digest)
	}
	digest, _ := hex.DecodeString(ds.Digest) // the library encoded it
	return append(append(binary.BigEndian.AppendUint16(nil, ds.KeyTag), ds.Algorithm, ds.DigestType), digest...)
}

// Epoch changes when the times of new signatures do.
func (s *Signer) Epoch() uint64 {
	inception, _ := s.times()
	return uint64(inception.Unix())
}

// Sign makes the RDATA of the RRSIG over an RRset (RFC 4034 §3.1.8.1). The owner
// and the records are in canonical form, the records in canonical order.
func (s *Signer) Sign(owner []byte, covered uint16, ttl uint32, records [][]byte) []byte {
	if s.stripped {
		return nil
	}
	k := s.zsk
	if covered == dns.TypeDNSKEY {
		k = s.ksk
	}
	labels := 0
	for at := 0; owner[at] != 0; at += 1 + int(owner[at]) {
		labels++
	}
	if owner[0] == 1 && owner[1] == '*' {
		labels-- // RFC 4034 §3.1.3
	}
	inception, expiration := s.times()
	head := binary.BigEndian.AppendUint16(nil, covered)
	head = append(head, k.made, byte(labels))
	head = binary.BigEndian.AppendUint32(head, ttl)
	head = binary.BigEndian.AppendUint32(head, uint32(expiration.Unix()))
	head = binary.BigEndian.AppendUint32(head, uint32(inception.Unix()))
	head = binary.BigEndian.AppendUint16(head, k.record.KeyTag())
	head = append(head, s.zone...)
	signed := slices.Clone(head)
	for i, data := range records {
		if covered == dns.TypeA && i == 0 && slices.Equal(owner, s.tampered) {
			data = slices.Clone(data)
			data[len(data)-1] ^= 1
		}
		signed = append(signed, owner...)
		signed = binary.BigEndian.AppendUint16(signed, covered)
		signed = binary.BigEndian.AppendUint16(signed, dns.ClassINET)
		signed = binary.BigEndian.AppendUint32(signed, ttl)
		signed = binary.BigEndian.AppendUint16(signed, uint16(len(data)))
		signed = append(signed, data...)
	}
	signature, err := k.octets(signed)
	if err != nil {
		return nil // a key that made signatures before does not fail to
	}
	head[2] = k.record.Algorithm
	return append(head, signature...)
}

// octets signs octets, in the form that DNSSEC wants for the algorithm.
func (k key) octets(signed []byte) ([]byte, error) {
	hash := crypto.Hash(0)
	switch k.made {
	case dns.ECDSAP256SHA256, dns.RSASHA256:
		hash = crypto.SHA256
	case dns.ECDSAP384SHA384:
		hash = crypto.SHA384
	case dns.RSASHA512:
		hash = crypto.SHA512
	case dns.RSASHA1, dns.RSASHA1NSEC3SHA1:
		hash = crypto.SHA1
	}
	digest := signed
	if hash != 0 { // Ed25519 hashes by itself
		h := hash.New()
		h.Write(signed)
		digest = h.Sum(nil)
	}
	signature, err := k.signer.Sign(nil, digest, hash)
	if err != nil {
		return nil, err
	}
	private, ok := k.signer.(*ecdsa.PrivateKey)
	if !ok {
		return signature, nil
	}
	var point struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(signature, &point); err != nil {
		return nil, err
	}
	size := (private.Curve.Params().BitSize + 7) / 8 // RFC 6605 §4: two numbers of fixed size
	out := make([]byte, 2*size)
	point.R.FillBytes(out[:size])
	point.S.FillBytes(out[size:])
	return out, nil
}
