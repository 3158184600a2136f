package sign

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha512"
	"crypto/x509"
	_ "embed"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strconv"
	"sync"

	"github.com/miekg/dns"
)

// Two fixed RSA keys for teaching: making an RSA key from a seed takes far longer than
// signing a zone, so all zones with RSA share these two.
var (
	//go:embed keys/rsa-ksk.pem
	rsaKSK []byte
	//go:embed keys/rsa-zsk.pem
	rsaZSK []byte
)

var rsaKeys = sync.OnceValues(func() (keys [2]*rsa.PrivateKey, err error) {
	for i, text := range [2][]byte{rsaKSK, rsaZSK} {
		block, _ := pem.Decode(text)
		if block == nil {
			return keys, errors.New("sign: embedded RSA key is no PEM")
		}
		if keys[i], err = x509.ParsePKCS1PrivateKey(block.Bytes); err != nil {
			return keys, fmt.Errorf("sign: embedded RSA key: %w", err)
		}
	}
	return keys, nil
})

// Flags of a DNSKEY: a zone key, and one that is an entry to its zone (RFC 4034 §2.1.1).
const (
	flagsZSK = 256
	flagsKSK = 257
)

// key is a DNSKEY with its private half.
type key struct {
	record *dns.DNSKEY
	signer crypto.Signer
	made   uint8 // the algorithm that really signs: another than the record's for an unsupported one
}

// newKey derives a key of a zone from the seed.
func newKey(zone string, flags uint16, ttl uint32, o Options) (key, error) {
	k := key{made: o.Algorithm}
	if o.Unsupported {
		k.made = dns.ED25519
	}
	material := func(n, try int) []byte {
		sum := sha512.Sum512([]byte("rootwalk lab key\x00" + o.Seed + "\x00" + zone + "\x00" + strconv.Itoa(int(flags)) + "\x00" + strconv.Itoa(int(k.made)) + "\x00" + strconv.Itoa(try)))
		return sum[:n]
	}
	var public []byte
	switch k.made {
	case dns.ED25519:
		private := ed25519.NewKeyFromSeed(material(ed25519.SeedSize, 0))
		k.signer, public = private, private.Public().(ed25519.PublicKey)
	case dns.ECDSAP256SHA256, dns.ECDSAP384SHA384:
		curve := elliptic.P256()
		if k.made == dns.ECDSAP384SHA384 {
			curve = elliptic.P384()
		}
		var private *ecdsa.PrivateKey
		err := errors.New("no scalar")
		for try := 0; err != nil && try < 64; try++ { // a number at or above the order is no key: very rare
			private, err = ecdsa.ParseRawPrivateKey(curve, material(curve.Params().BitSize/8, try))
		}
		if err != nil {
			return k, fmt.Errorf("sign: %w", err)
		}
		point, err := private.PublicKey.Bytes()
		if err != nil {
			return k, fmt.Errorf("sign: %w", err)
		}
		k.signer, public = private, point[1:] // without the octet that says "uncompressed" (RFC 6605 §4)
	case dns.RSASHA1, dns.RSASHA1NSEC3SHA1, dns.RSASHA256, dns.RSASHA512:
		keys, err := rsaKeys()
		if err != nil {
			return k, err
		}
		private := keys[0]
		if flags == flagsZSK {
			private = keys[1]
		}
		e := big.NewInt(int64(private.E)).Bytes()
		k.signer, public = private, append(append([]byte{byte(len(e))}, e...), private.N.Bytes()...) // RFC 3110 §2
	default:
		return k, fmt.Errorf("sign: algorithm %d cannot be signed with", o.Algorithm)
	}
	algorithm := k.made
	if o.Unsupported {
		algorithm = UnsupportedAlgorithm
	}
	k.record = &dns.DNSKEY{
		Hdr:   dns.RR_Header{Name: zone, Rrtype: dns.TypeDNSKEY, Class: dns.ClassINET, Ttl: ttl},
		Flags: flags, Protocol: 3, Algorithm: algorithm, PublicKey: base64.StdEncoding.EncodeToString(public),
	}
	return k, nil
}

// unrandom leaves the random source out, so that ECDSA takes its number from key and message (RFC 6979).
type unrandom struct{ crypto.Signer }

func (u unrandom) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return u.Signer.Sign(nil, digest, opts)
}

// sign makes the RRSIG of one RRset.
func (k key) sign(set []dns.RR, zone string, ttl, inception, expiration uint32) (*dns.RRSIG, error) {
	sig := &dns.RRSIG{
		Hdr: dns.RR_Header{Ttl: ttl}, Algorithm: k.made, KeyTag: k.record.KeyTag(), SignerName: zone,
		Inception: inception, Expiration: expiration, OrigTtl: ttl,
	}
	if err := sig.Sign(unrandom{k.signer}, set); err != nil {
		return nil, fmt.Errorf("sign %s %s: %w", set[0].Header().Name, dns.TypeToString[set[0].Header().Rrtype], err)
	}
	sig.Algorithm = k.record.Algorithm
	return sig, nil
}
