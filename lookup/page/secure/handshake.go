package secure

import (
	"bytes"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"strconv"

	"rootwalk/lookup"
)

// retryRandom is the random of a HelloRetryRequest: SHA-256 of that word.
var retryRandom, _ = hex.DecodeString("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")

// isRetry reports whether a ServerHello is a HelloRetryRequest.
func isRetry(msg []byte) bool {
	return len(msg) >= 38 && msg[0] == serverHello && bytes.Equal(msg[6:38], retryRandom)
}

// messageType is what a handshake message is called.
func messageType(msg []byte) string {
	if len(msg) == 0 {
		return ""
	}
	if isRetry(msg) {
		return retryRequest
	}
	return named(handshakeTypes, msg[0])
}

// Anatomy names the fields of a handshake message, with its header. version is
// the one agreed on (0x0304, 0x0303), 0 while none is: some messages have
// another form in each. It never fails: fields that are no group are in order,
// do not overlap and cover every byte; what does not parse is one field named
// MALFORMED.
func Anatomy(msg []byte, version uint16) []lookup.WireField {
	a := &anatomist{b: msg, end: len(msg)}
	t := uint8(a.number("msg_type", 1, func(v uint64) string { return named(handshakeTypes, uint8(v)) }))
	a.vector("msg", 3, func() { a.body(t, version, isRetry(msg)) })
	return a.finish()
}

func (a *anatomist) body(t uint8, version uint16, retry bool) {
	modern := version == 0x0304
	switch t {
	case clientHello:
		a.number("legacy_version", 2, versionText)
		a.take("random", 32)
		a.opaque("legacy_session_id", 1, nil)
		a.list("cipher_suites", "cipher_suite", 2, 2, suiteName)
		a.list("legacy_compression_methods", "compression_method", 1, 1, compression)
		a.extensions(t, modern)
	case serverHello:
		a.number("legacy_version", 2, versionText)
		a.take("random", 32)
		switch {
		case retry:
			a.note("HelloRetryRequest")
		case a.at >= 8 && !a.bad && string(a.b[a.at-8:a.at-1]) == "DOWNGRD":
			a.note("… DOWNGRD: an older version on purpose")
		}
		a.opaque("legacy_session_id_echo", 1, nil)
		a.number("cipher_suite", 2, suiteName)
		a.number("legacy_compression_method", 1, compression)
		if a.left() > 0 { // an old server may leave them out
			if retry {
				t = messageHash // the form of its key_share is different
			}
			a.extensions(t, modern)
		}
	case encryptedExtensions:
		a.extensions(t, modern)
	case certificate:
		if modern {
			a.opaque("certificate_request_context", 1, nil)
		}
		a.vector("certificate_list", 3, func() {
			for i := 0; a.left() > 0; i++ {
				a.group("CertificateEntry", func() {
					a.opaque("cert_data", 3, certificateText)
					if modern {
						a.extensions(t, modern)
					}
				})
			}
		})
	case certificateRequest:
		if modern {
			a.opaque("certificate_request_context", 1, nil)
			a.extensions(t, modern)
			return
		}
		a.list("certificate_types", "certificate_type", 1, 1, nil)
		a.list("supported_signature_algorithms", "algorithm", 2, 2, coded(signatureSchemes))
		a.opaque("certificate_authorities", 2, nil)
	case certificateVerify:
		a.number("algorithm", 2, coded(signatureSchemes))
		a.opaque("signature", 2, nil)
	case finished:
		a.take("verify_data", a.left())
	case newSessionTicket:
		seconds := func(v uint64) string { return strconv.FormatUint(v, 10) + " s" }
		if !modern {
			a.number("ticket_lifetime_hint", 4, seconds)
			a.opaque("ticket", 2, nil)
			return
		}
		a.number("ticket_lifetime", 4, seconds)
		a.number("ticket_age_add", 4, nil)
		a.opaque("ticket_nonce", 1, nil)
		a.opaque("ticket", 2, nil)
		a.extensions(t, modern)
	case serverKeyExchange:
		// With ephemeral elliptic curves, the only kind that this client offers
		// (RFC 8422 §5.4).
		a.number("curve_type", 1, func(v uint64) string {
			if v == 3 {
				return "named_curve"
			}
			return strconv.FormatUint(v, 10)
		})
		a.number("namedcurve", 2, coded(groups))
		a.opaque("public", 1, nil)
		a.number("algorithm", 2, coded(signatureSchemes))
		a.opaque("signature", 2, nil)
	case clientKeyExchange:
		a.opaque("ecdh_Yc", 1, nil)
	case certificateStatus:
		a.number("status_type", 1, nil)
		a.opaque("response", 3, nil)
	case keyUpdate:
		a.number("request_update", 1, func(v uint64) string {
			return map[uint64]string{0: "update_not_requested", 1: "update_requested"}[v]
		})
	case helloRequest, serverHelloDone, endOfEarlyData:
	default:
		if a.left() > 0 {
			a.take("body", a.left())
		}
	}
}

func compression(v uint64) string {
	if v == 0 {
		return "null"
	}
	return strconv.FormatUint(v, 10)
}

// certificateText is what a certificate says in a few words.
func certificateText(der []byte) string {
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return fmt.Sprintf("%d bytes, not a certificate that can be read", len(der))
	}
	return c.Subject.String() + ", by " + c.Issuer.String()
}

// extensions takes the extensions of a message of type t.
func (a *anatomist) extensions(t uint8, modern bool) {
	a.vector("extensions", 2, func() {
		for a.left() > 0 {
			at := len(a.out)
			a.group("Extension", func() {
				kind := uint16(a.number("extension_type", 2, coded(extensions)))
				a.title(at, coded(extensions)(uint64(kind)))
				a.vector("extension_data", 2, func() { a.extension(kind, t, modern) })
			})
		}
	})
}

func text(b []byte) string { return string(b) }

func (a *anatomist) extension(kind uint16, t uint8, modern bool) {
	fromClient := t == clientHello
	switch {
	case a.left() == 0:
	case kind == extServerName && fromClient:
		a.vector("server_name_list", 2, func() {
			for a.left() > 0 {
				a.number("name_type", 1, func(v uint64) string {
					if v == 0 {
						return "host_name"
					}
					return strconv.FormatUint(v, 10)
				})
				a.opaque("HostName", 2, text)
			}
		})
	case kind == extALPN:
		a.vector("protocol_name_list", 2, func() {
			for a.left() > 0 {
				a.opaque("ProtocolName", 1, text)
			}
		})
	case kind == extGroups:
		a.list("named_group_list", "named_group", 2, 2, coded(groups))
	case kind == extSignatures || kind == extSignaturesCert:
		a.list("supported_signature_algorithms", "algorithm", 2, 2, coded(signatureSchemes))
	case kind == extPointFormats:
		a.list("ec_point_format_list", "ec_point_format", 1, 1, func(v uint64) string {
			if v == 0 {
				return "uncompressed"
			}
			return strconv.FormatUint(v, 10)
		})
	case kind == extVersions && fromClient:
		a.list("versions", "version", 1, 2, versionText)
	case kind == extVersions:
		a.number("selected_version", 2, versionText)
	case kind == extKeyShare && t == messageHash:
		a.number("selected_group", 2, coded(groups))
	case kind == extKeyShare && fromClient:
		a.vector("client_shares", 2, func() {
			for a.left() > 0 {
				a.keyShare()
			}
		})
	case kind == extKeyShare:
		a.keyShare()
	case kind == extPSKModes:
		a.list("ke_modes", "ke_mode", 1, 1, func(v uint64) string {
			return map[uint64]string{0: "psk_ke", 1: "psk_dhe_ke"}[v]
		})
	case kind == extPreSharedKey && fromClient:
		a.vector("identities", 2, func() {
			for a.left() > 0 {
				a.opaque("identity", 2, nil)
				a.number("obfuscated_ticket_age", 4, nil)
			}
		})
		a.vector("binders", 2, func() {
			for a.left() > 0 {
				a.opaque("PskBinderEntry", 1, nil)
			}
		})
	case kind == extPreSharedKey:
		a.number("selected_identity", 2, nil)
	case kind == extEarlyData && t == newSessionTicket:
		a.number("max_early_data_size", 4, nil)
	case kind == extCookie:
		a.opaque("cookie", 2, nil)
	case kind == extStatusRequest && fromClient:
		a.number("status_type", 1, func(v uint64) string {
			if v == 1 {
				return "ocsp"
			}
			return strconv.FormatUint(v, 10)
		})
		a.opaque("responder_id_list", 2, nil)
		a.opaque("request_extensions", 2, nil)
	case kind == extStatusRequest && modern:
		a.number("status_type", 1, nil)
		a.opaque("response", 3, nil)
	case kind == extRenegotiation:
		a.opaque("renegotiated_connection", 1, nil)
	default:
		a.take("data", a.left())
	}
}

func (a *anatomist) keyShare() {
	a.number("group", 2, coded(groups))
	a.opaque("key_exchange", 2, nil)
}

// hello is what a ClientHello or ServerHello says that others need.
type hello struct {
	random   []byte
	suite    uint16
	version  uint16 // of a ServerHello: the selected one
	group    uint16 // of a ServerHello: of its key share
	extended bool   // extended_master_secret (RFC 7627)
}

// readHello reads a ClientHello or ServerHello; false for one that cannot be
// read.
func readHello(msg []byte) (h hello, ok bool) {
	r := reader{b: msg}
	t := r.bytes(1)
	r.bytes(3)
	if v := r.bytes(2); v != nil {
		h.version = u16(v)
	}
	h.random = r.bytes(32)
	r.vector(1)
	if r.bad {
		return h, false
	}
	if t[0] == clientHello {
		r.vector(2)
		r.vector(1)
	} else {
		if s := r.bytes(2); s != nil {
			h.suite = u16(s)
		}
		r.bytes(1)
	}
	if r.bad || r.at == len(r.b) {
		return h, !r.bad
	}
	all := reader{b: r.vector(2)}
	for !r.bad && !all.bad && all.at < len(all.b) {
		kind, data := all.bytes(2), all.vector(2)
		if all.bad {
			break
		}
		switch {
		case u16(kind) == extVersions && t[0] == serverHello && len(data) == 2:
			h.version = u16(data)
		case u16(kind) == extKeyShare && t[0] == serverHello && len(data) >= 2:
			h.group = u16(data)
		case u16(kind) == extExtendedMain:
			h.extended = true
		}
	}
	return h, !r.bad && !all.bad
}

// reader takes bytes one after the other; bad once something was not there.
type reader struct {
	b   []byte
	at  int
	bad bool
}

func (r *reader) bytes(n int) []byte {
	if r.bad || n < 0 || n > len(r.b)-r.at {
		r.bad = true
		return nil
	}
	r.at += n
	return r.b[r.at-n : r.at : r.at]
}

func (r *reader) vector(lengthBytes int) []byte {
	n := 0
	for _, c := range r.bytes(lengthBytes) {
		n = n<<8 | int(c)
	}
	if r.bad {
		return nil
	}
	return r.bytes(n)
}

// certificatesOf are the certificates of a Certificate message, at most ten.
func certificatesOf(msg []byte, version uint16) [][]byte {
	r := reader{b: msg}
	r.bytes(4)
	if version == 0x0304 {
		r.vector(1)
	}
	list := reader{b: r.vector(3)}
	var out [][]byte
	for !r.bad && list.at < len(list.b) && len(out) < maxChain {
		der := list.vector(3)
		if version == 0x0304 {
			list.vector(2)
		}
		if list.bad {
			break
		}
		out = append(out, der)
	}
	return out
}
