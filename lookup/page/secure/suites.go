package secure

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	_ "crypto/sha256" // the hashes of the suites
	_ "crypto/sha512"
	"crypto/tls"
	"encoding/binary"
	"hash"

	"golang.org/x/crypto/chacha20poly1305"
)

// suite is what a cipher suite is made of.
type suite struct {
	hash   crypto.Hash
	keyLen int
	chacha bool
}

var suites = map[uint16]suite{
	tls.TLS_AES_128_GCM_SHA256:                        {hash: crypto.SHA256, keyLen: 16},
	tls.TLS_AES_256_GCM_SHA384:                        {hash: crypto.SHA384, keyLen: 32},
	tls.TLS_CHACHA20_POLY1305_SHA256:                  {hash: crypto.SHA256, keyLen: 32, chacha: true},
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256:       {hash: crypto.SHA256, keyLen: 16},
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384:       {hash: crypto.SHA384, keyLen: 32},
	tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256:         {hash: crypto.SHA256, keyLen: 16},
	tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384:         {hash: crypto.SHA384, keyLen: 32},
	tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: {hash: crypto.SHA256, keyLen: 32, chacha: true},
	tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256:   {hash: crypto.SHA256, keyLen: 32, chacha: true},
}

// offered12 are the suites of TLS 1.2 that the client offers: all with
// ephemeral keys and authenticated encryption. Others are of the past.
var offered12 = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
}

func (s suite) aead(key []byte) (cipher.AEAD, error) {
	if s.chacha {
		return chacha20poly1305.New(key)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func (s suite) sum(parts ...[]byte) []byte {
	h := s.hash.New()
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

// extract is HKDF-Extract (RFC 5869 §2.2); nil stands for zeros.
func (s suite) extract(salt, secret []byte) []byte {
	if secret == nil {
		secret = make([]byte, s.hash.Size())
	}
	out, err := hkdf.Extract(func() hash.Hash { return s.hash.New() }, secret, salt)
	if err != nil {
		return nil
	}
	return out
}

// expandLabel is HKDF-Expand-Label (RFC 9846 §7.1).
func (s suite) expandLabel(secret []byte, label string, context []byte, n int) []byte {
	info := binary.BigEndian.AppendUint16(nil, uint16(n))
	info = append(info, byte(len("tls13 ")+len(label)))
	info = append(info, "tls13 "+label...)
	info = append(info, byte(len(context)))
	info = append(info, context...)
	out, err := hkdf.Expand(func() hash.Hash { return s.hash.New() }, secret, string(info), n)
	if err != nil {
		return nil
	}
	return out
}

// prf is the pseudorandom function of TLS 1.2 (RFC 5246 §5).
func (s suite) prf(secret []byte, label string, seed []byte, n int) []byte {
	mac := func(parts ...[]byte) []byte {
		m := hmac.New(s.hash.New, secret)
		for _, p := range parts {
			m.Write(p)
		}
		return m.Sum(nil)
	}
	whole := append([]byte(label), seed...)
	var out []byte
	for a := mac(whole); len(out) < n; a = mac(a) {
		out = append(out, mac(a, whole)...)
	}
	return out[:n]
}

// keys protect the records of one direction and epoch.
type keys struct {
	secret  string // its name
	key, iv []byte
	aead    cipher.AEAD
	modern  bool // TLS 1.3
	chacha  bool
	number  uint64 // of the next record
}

// trafficKeys are those that a traffic secret gives (RFC 9846 §7.3).
func (s suite) trafficKeys(name string, secret []byte) *keys {
	k := &keys{secret: name, modern: true, key: s.expandLabel(secret, "key", nil, s.keyLen), iv: s.expandLabel(secret, "iv", nil, 12)}
	k.aead, _ = s.aead(k.key) // the length is right
	return k
}

// blockKeys are those of TLS 1.2, client's and server's, from the key block (RFC
// 5246 §6.3).
func (s suite) blockKeys(main, clientRandom, serverRandom []byte) (client, server *keys) {
	ivLen := 4 // the rest is in the record (RFC 5288 §3)
	if s.chacha {
		ivLen = 12 // RFC 7905 §2
	}
	seed := append(append([]byte(nil), serverRandom...), clientRandom...)
	block := s.prf(main, "key expansion", seed, 2*s.keyLen+2*ivLen)
	next := func(n int) []byte {
		out := block[:n:n]
		block = block[n:]
		return out
	}
	client, server = &keys{secret: "master_secret", chacha: s.chacha}, &keys{secret: "master_secret", chacha: s.chacha}
	client.key, server.key = next(s.keyLen), next(s.keyLen)
	client.iv, server.iv = next(ivLen), next(ivLen)
	client.aead, _ = s.aead(client.key)
	server.aead, _ = s.aead(server.key)
	return client, server
}

// opened is a record without its protection.
type opened struct {
	number     uint64
	kind       uint8 // the true content type
	content    []byte
	padding    int
	nonce, aad []byte
	tag        int
}

// open takes the protection off a record; false if the tag is wrong. Record
// numbers count also then, as they do for the receiver.
func (k *keys) open(header, fragment []byte) (o opened, ok bool) {
	if k.aead == nil {
		return o, false
	}
	o.number, o.tag, o.kind = k.number, k.aead.Overhead(), header[0]
	k.number++
	sealed := fragment
	if k.modern || k.chacha {
		o.nonce = append([]byte(nil), k.iv...)
		for i := range 8 {
			o.nonce[4+i] ^= byte(o.number >> (56 - 8*i))
		}
	} else {
		if len(fragment) < 8 {
			return o, false
		}
		o.nonce = append(append([]byte(nil), k.iv...), fragment[:8]...)
		sealed = fragment[8:]
	}
	if len(sealed) < o.tag {
		return o, false
	}
	if k.modern {
		o.aad = append([]byte(nil), header...)
	} else {
		o.aad = binary.BigEndian.AppendUint64(nil, o.number)
		o.aad = append(o.aad, header[:3]...)
		o.aad = binary.BigEndian.AppendUint16(o.aad, uint16(len(sealed)-o.tag))
	}
	plain, err := k.aead.Open(nil, o.nonce, sealed, o.aad)
	if err != nil {
		return o, false
	}
	o.content = plain
	if k.modern { // TLSInnerPlaintext (RFC 9846 §5.2)
		end := len(plain)
		for end > 0 && plain[end-1] == 0 {
			end--
		}
		if end == 0 {
			return o, false
		}
		o.kind, o.content, o.padding = plain[end-1], plain[:end-1], len(plain)-end
	}
	return o, true
}
