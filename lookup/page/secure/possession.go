package secure

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"strings"

	"rootwalk/lookup"
)

// possession checks that the server has the private key of its certificate: in
// TLS 1.3 it signs the transcript (RFC 9846 §4.4.3), in 1.2 its key share (RFC
// 8422 §5.4).
func (o *observer) possession(msg, before []byte) {
	if len(o.chain) == 0 {
		return
	}
	cert, err := x509.ParseCertificate(o.chain[0])
	if err != nil {
		return
	}
	r := reader{b: msg}
	r.bytes(4)
	var signed []byte
	if o.modern {
		signed = append([]byte(strings.Repeat(" ", 64)+"TLS 1.3, server CertificateVerify\x00"), before...)
	} else {
		from := r.at
		r.bytes(3) // named curve
		r.vector(1)
		if r.bad {
			return
		}
		signed = append(append(append([]byte(nil), o.hello.random...), o.answer.random...), msg[from:r.at]...)
	}
	scheme, signature := r.bytes(2), r.vector(2)
	if r.bad {
		return
	}
	name := coded(signatureSchemes)(uint64(u16(scheme)))
	o.step.Report(lookup.CertificateChecked{
		Check: "possession", Passed: signs(cert.PublicKey, u16(scheme), signed, signature), Wanted: lookup.Printable(clip(cert.Subject.String())), Found: name + ", " + keyName(cert),
	})
}

// signs reports whether a signature is right; false also for schemes that are
// not known here.
func signs(key any, scheme uint16, signed, signature []byte) bool {
	h := map[uint16]crypto.Hash{
		0x0401: crypto.SHA256, 0x0501: crypto.SHA384, 0x0601: crypto.SHA512, 0x0403: crypto.SHA256, 0x0503: crypto.SHA384, 0x0603: crypto.SHA512,
		0x0804: crypto.SHA256, 0x0805: crypto.SHA384, 0x0806: crypto.SHA512,
	}[scheme]
	digest := func() []byte {
		s := h.New()
		s.Write(signed)
		return s.Sum(nil)
	}
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		return scheme&0xff == 3 && h != 0 && ecdsa.VerifyASN1(k, digest(), signature)
	case ed25519.PublicKey:
		return scheme == 0x0807 && ed25519.Verify(k, signed, signature)
	case *rsa.PublicKey:
		switch {
		case scheme&0xff == 1 && h != 0:
			return rsa.VerifyPKCS1v15(k, h, digest(), signature) == nil
		case scheme>>8 == 8 && h != 0:
			return rsa.VerifyPSS(k, h, digest(), signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil
		}
	}
	return false
}
