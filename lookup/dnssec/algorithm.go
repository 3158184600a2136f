package dnssec

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"math/big"
	"strconv"

	"github.com/miekg/dns"
)

// algorithmNames are the mnemonics of the IANA registry of DNSSEC algorithm
// numbers, for facts.
var algorithmNames = map[uint8]string{
	1: "RSAMD5", 3: "DSA", 5: "RSASHA1", 6: "DSA-NSEC3-SHA1", 7: "RSASHA1-NSEC3-SHA1", 8: "RSASHA256", 10: "RSASHA512",
	12: "ECC-GOST", 13: "ECDSAP256SHA256", 14: "ECDSAP384SHA384", 15: "ED25519", 16: "ED448", 253: "PRIVATEDNS", 254: "PRIVATEOID",
}

// AlgorithmName is an algorithm's mnemonic, or its number.
func AlgorithmName(a uint8) string {
	if s, ok := algorithmNames[a]; ok {
		return s
	}
	return strconv.Itoa(int(a))
}

var digestNames = map[uint8]string{1: "SHA-1", 2: "SHA-256", 3: "GOST R 34.11-94", 4: "SHA-384"}

// DigestName is the name of a DS digest type, or its number.
func DigestName(d uint8) string {
	if s, ok := digestNames[d]; ok {
		return s
	}
	return strconv.Itoa(int(d))
}

// algorithm reports whether signatures of an algorithm can be checked (RFC
// 8624 §3.1, RFC 9904, RFC 9905).
func (p Policy) algorithm(a uint8) bool {
	switch a {
	case dns.RSASHA256, dns.RSASHA512, dns.ECDSAP256SHA256, dns.ECDSAP384SHA384, dns.ED25519:
		return true
	case dns.RSASHA1, dns.RSASHA1NSEC3SHA1:
		return p.SHA1
	}
	return false
}

// digest reports whether a DS digest type can be compared.
func (p Policy) digest(d uint8) bool {
	switch d {
	case dns.SHA1, dns.SHA256, dns.SHA384:
		return true
	}
	return false
}

// digestOf is the digest of a DS record over owner and RDATA of a key (RFC
// 4034 §5.1.4).
func digestOf(digestType uint8, owner wire, data []byte) []byte {
	in := append([]byte(owner), data...)
	switch digestType {
	case dns.SHA1:
		d := sha1.Sum(in)
		return d[:]
	case dns.SHA256:
		d := sha256.Sum256(in)
		return d[:]
	case dns.SHA384:
		d := sha512.Sum384(in)
		return d[:]
	}
	return nil
}

// publicKey is a key that signatures are checked with; nil if the octets are
// not one of that algorithm.
func publicKey(algorithm uint8, octets []byte) crypto.PublicKey {
	switch algorithm {
	case dns.RSASHA1, dns.RSASHA1NSEC3SHA1, dns.RSASHA256, dns.RSASHA512:
		return rsaKey(octets)
	case dns.ECDSAP256SHA256:
		return ecdsaKey(elliptic.P256(), octets)
	case dns.ECDSAP384SHA384:
		return ecdsaKey(elliptic.P384(), octets)
	case dns.ED25519:
		if len(octets) == ed25519.PublicKeySize {
			return ed25519.PublicKey(octets)
		}
	}
	return nil
}

// rsaKey reads exponent and modulus (RFC 3110 §2). Bounded in both, since
// they decide the cost of a trial: 512 to 4096 bits (RFC 5702 §2) and an
// exponent of at most 31 bits.
func rsaKey(b []byte) crypto.PublicKey {
	if len(b) < 3 {
		return nil
	}
	n, at := int(b[0]), 1
	if n == 0 {
		n, at = int(b[1])<<8|int(b[2]), 3
	}
	if n == 0 || n > 4 || at+n >= len(b) || b[at] == 0 {
		return nil
	}
	e := uint64(0)
	for _, c := range b[at : at+n] {
		e = e<<8 | uint64(c)
	}
	modulus := b[at+n:]
	if e < 3 || e&1 == 0 || e > 1<<31-1 || modulus[0] == 0 || len(modulus) < 64 || len(modulus) > 512 {
		return nil
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(modulus), E: int(e)}
}

// ecdsaKey reads the point X | Y (RFC 6605 §4).
func ecdsaKey(curve elliptic.Curve, b []byte) crypto.PublicKey {
	size := (curve.Params().BitSize + 7) / 8
	if len(b) != 2*size {
		return nil
	}
	k, err := ecdsa.ParseUncompressedPublicKey(curve, append([]byte{4}, b...))
	if err != nil {
		return nil // not a point of the curve
	}
	return k
}

// verify reports whether signature is key's over the data.
func verify(algorithm uint8, key crypto.PublicKey, data, signature []byte) bool {
	var hash crypto.Hash
	var sum []byte
	switch algorithm {
	case dns.RSASHA1, dns.RSASHA1NSEC3SHA1:
		d := sha1.Sum(data)
		hash, sum = crypto.SHA1, d[:]
	case dns.RSASHA256, dns.ECDSAP256SHA256:
		d := sha256.Sum256(data)
		hash, sum = crypto.SHA256, d[:]
	case dns.RSASHA512:
		d := sha512.Sum512(data)
		hash, sum = crypto.SHA512, d[:]
	case dns.ECDSAP384SHA384:
		d := sha512.Sum384(data)
		hash, sum = crypto.SHA384, d[:]
	}
	switch k := key.(type) {
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(k, hash, sum, signature) == nil
	case *ecdsa.PublicKey:
		half := (k.Curve.Params().BitSize + 7) / 8
		if len(signature) != 2*half {
			return false
		}
		r, s := new(big.Int).SetBytes(signature[:half]), new(big.Int).SetBytes(signature[half:])
		return ecdsa.Verify(k, sum, r, s)
	case ed25519.PublicKey:
		return ed25519.Verify(k, data, signature)
	}
	return false
}

// octets reads the base64 in which miekg/dns keeps keys and signatures.
func octets(s string) ([]byte, bool) {
	b, err := base64.StdEncoding.DecodeString(s)
	return b, err == nil && len(b) > 0
}
