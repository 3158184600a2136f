package secure

import (
	"crypto/tls"
	"fmt"
	"strings"
)

// The names of code points, as the registries of IANA have them.

// Content types (RFC 9846 §5.1).
const (
	typeChangeCipherSpec = 20
	typeAlert            = 21
	typeHandshake        = 22
	typeApplicationData  = 23
)

var contentTypes = map[uint8]string{
	typeChangeCipherSpec: "change_cipher_spec", typeAlert: "alert", typeHandshake: "handshake", typeApplicationData: "application_data", 24: "heartbeat",
}

func contentType(t uint8) string { return named(contentTypes, t) }

// Handshake types (RFC 9846 §4, RFC 5246 §7.4).
const (
	helloRequest        = 0
	clientHello         = 1
	serverHello         = 2
	newSessionTicket    = 4
	endOfEarlyData      = 5
	encryptedExtensions = 8
	certificate         = 11
	serverKeyExchange   = 12
	certificateRequest  = 13
	serverHelloDone     = 14
	certificateVerify   = 15
	clientKeyExchange   = 16
	finished            = 20
	certificateStatus   = 22
	keyUpdate           = 24
	messageHash         = 254
)

var handshakeTypes = map[uint8]string{
	helloRequest: "hello_request", clientHello: "client_hello", serverHello: "server_hello", newSessionTicket: "new_session_ticket", endOfEarlyData: "end_of_early_data",
	encryptedExtensions: "encrypted_extensions", certificate: "certificate", serverKeyExchange: "server_key_exchange", certificateRequest: "certificate_request",
	serverHelloDone: "server_hello_done", certificateVerify: "certificate_verify", clientKeyExchange: "client_key_exchange", finished: "finished",
	certificateStatus: "certificate_status", keyUpdate: "key_update", messageHash: "message_hash",
}

// retryRequest is a ServerHello with a random of its own (RFC 9846 §4.1.3).
const retryRequest = "hello_retry_request"

// Extensions.
const (
	extServerName        = 0
	extStatusRequest     = 5
	extGroups            = 10
	extPointFormats      = 11
	extSignatures        = 13
	extALPN              = 16
	extTimestamps        = 18
	extExtendedMain      = 23
	extTicket            = 35
	extPreSharedKey      = 41
	extEarlyData         = 42
	extVersions          = 43
	extCookie            = 44
	extPSKModes          = 45
	extSignaturesCert    = 50
	extKeyShare          = 51
	extEncryptedHello    = 0xfe0d
	extRenegotiation     = 0xff01
	extCertificateAuths  = 47
	extPostHandshakeAuth = 49
)

var extensions = map[uint16]string{
	extServerName: "server_name", extStatusRequest: "status_request", extGroups: "supported_groups", extPointFormats: "ec_point_formats", extSignatures: "signature_algorithms",
	extALPN: "application_layer_protocol_negotiation", extTimestamps: "signed_certificate_timestamp", 21: "padding", 22: "encrypt_then_mac", extExtendedMain: "extended_master_secret",
	27: "compress_certificate", 28: "record_size_limit", extTicket: "session_ticket", extPreSharedKey: "pre_shared_key", extEarlyData: "early_data", extVersions: "supported_versions",
	extCookie: "cookie", extPSKModes: "psk_key_exchange_modes", extCertificateAuths: "certificate_authorities", extPostHandshakeAuth: "post_handshake_auth",
	extSignaturesCert: "signature_algorithms_cert", extKeyShare: "key_share", 57: "quic_transport_parameters", extEncryptedHello: "encrypted_client_hello", extRenegotiation: "renegotiation_info",
}

var versions = map[uint16]string{0x0300: "SSL 3.0", 0x0301: "1.0", 0x0302: "1.1", 0x0303: "1.2", 0x0304: "1.3"}

var groups = map[uint16]string{
	23: "secp256r1", 24: "secp384r1", 25: "secp521r1", 29: "x25519", 30: "x448", 256: "ffdhe2048", 257: "ffdhe3072",
	4587: "SecP256r1MLKEM768", 4588: "X25519MLKEM768", 4589: "SecP384r1MLKEM1024",
}

var signatureSchemes = map[uint16]string{
	0x0201: "rsa_pkcs1_sha1", 0x0203: "ecdsa_sha1", 0x0401: "rsa_pkcs1_sha256", 0x0501: "rsa_pkcs1_sha384", 0x0601: "rsa_pkcs1_sha512",
	0x0403: "ecdsa_secp256r1_sha256", 0x0503: "ecdsa_secp384r1_sha384", 0x0603: "ecdsa_secp521r1_sha512",
	0x0804: "rsa_pss_rsae_sha256", 0x0805: "rsa_pss_rsae_sha384", 0x0806: "rsa_pss_rsae_sha512", 0x0807: "ed25519", 0x0808: "ed448",
	0x0809: "rsa_pss_pss_sha256", 0x080a: "rsa_pss_pss_sha384", 0x080b: "rsa_pss_pss_sha512", 0x0904: "mldsa44", 0x0905: "mldsa65", 0x0906: "mldsa87",
}

var alerts = map[uint8]string{
	0: "close_notify", 10: "unexpected_message", 20: "bad_record_mac", 22: "record_overflow", 40: "handshake_failure", 42: "bad_certificate",
	43: "unsupported_certificate", 44: "certificate_revoked", 45: "certificate_expired", 46: "certificate_unknown", 47: "illegal_parameter", 48: "unknown_ca",
	49: "access_denied", 50: "decode_error", 51: "decrypt_error", 70: "protocol_version", 71: "insufficient_security", 80: "internal_error",
	86: "inappropriate_fallback", 90: "user_canceled", 100: "no_renegotiation", 109: "missing_extension", 110: "unsupported_extension", 112: "unrecognized_name",
	113: "bad_certificate_status_response", 115: "unknown_psk_identity", 116: "certificate_required", 120: "no_application_protocol",
}

func named[T ~uint8 | ~uint16](m map[T]string, v T) string {
	if s, ok := m[v]; ok {
		return s
	}
	return fmt.Sprintf("unknown (%d)", v)
}

// greased reports a value that means nothing, on purpose (RFC 8701).
func greased(v uint64) bool { return v&0x0f0f == 0x0a0a && byte(v>>8) == byte(v) }

func suiteName(v uint64) string {
	switch {
	case v == 0x00ff:
		return "TLS_EMPTY_RENEGOTIATION_INFO_SCSV"
	case greased(v):
		return "GREASE"
	}
	s := tls.CipherSuiteName(uint16(v))
	if strings.HasPrefix(s, "0x") {
		return hex16(v)
	}
	return s
}

func coded(m map[uint16]string) func(v uint64) string {
	return func(v uint64) string {
		switch s, ok := m[uint16(v)]; {
		case ok:
			return s
		case greased(v):
			return "GREASE"
		}
		return hex16(v)
	}
}

func versionText(v uint64) string {
	if s, ok := versions[uint16(v)]; ok {
		if strings.HasPrefix(s, "SSL") {
			return s
		}
		return "TLS " + s
	}
	return coded(nil)(v)
}
