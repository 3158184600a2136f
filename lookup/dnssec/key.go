package dnssec

import (
	"crypto"
	"encoding/binary"

	"github.com/miekg/dns"

	"rootwalk/lookup"
)

// maxKeys bounds the keys of one zone that are looked at. Real zones have two
// to six.
const maxKeys = 64

// zoneKey is one DNSKEY record, read.
type zoneKey struct {
	flags     uint16
	algorithm uint8
	tag       uint16
	data      []byte           // RDATA
	public    crypto.PublicKey // nil if its algorithm is not supported or its octets are no key
}

// usable reports whether the key may sign zone data: the Zone Key bit (RFC
// 4034 §2.1.1), protocol 3 (§2.1.2) and no Revoke bit (RFC 5011 §2.1).
func (k *zoneKey) usable() bool {
	return k.flags&dns.ZONE != 0 && k.data[2] == 3 && k.flags&dns.REVOKE == 0
}

// readKey reads a DNSKEY record.
func readKey(p Policy, rr *dns.DNSKEY) (zoneKey, bool) {
	octets, ok := octets(rr.PublicKey)
	if !ok || len(octets) > 4096 {
		return zoneKey{}, false
	}
	data := binary.BigEndian.AppendUint16(make([]byte, 0, 4+len(octets)), rr.Flags)
	data = append(append(data, rr.Protocol, rr.Algorithm), octets...)
	k := zoneKey{flags: rr.Flags, algorithm: rr.Algorithm, tag: keyTag(data), data: data}
	if p.algorithm(rr.Algorithm) {
		k.public = publicKey(rr.Algorithm, octets)
	}
	return k, true
}

// keyTag is a checksum that narrows the search for a key; it identifies
// nothing (RFC 4034 appendix B).
func keyTag(data []byte) uint16 {
	var sum uint32
	for i, c := range data {
		if i&1 == 0 {
			sum += uint32(c) << 8
		} else {
			sum += uint32(c)
		}
	}
	return uint16(sum + sum>>16)
}

// Keys are the keys of one zone that a lookup may trust. They do not change.
type Keys struct {
	Zone lookup.Name
	zone wire
	keys []zoneKey
}

// readKeys reads the DNSKEY records of a set.
func readKeys(p Policy, set *Set) *Keys {
	k := &Keys{Zone: set.Name, zone: set.owner}
	for _, rr := range set.RRs {
		if rr, ok := rr.(*dns.DNSKEY); ok && len(k.keys) < maxKeys {
			if one, ok := readKey(p, rr); ok {
				k.keys = append(k.keys, one)
			}
		}
	}
	return k
}
